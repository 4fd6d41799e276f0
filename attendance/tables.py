"""Табель: who was absent when, over a term or a year; a month is in month_table.py (design.md §5.3; domain.md §2, §4).

One object a table. The page, the sheet of paper and the file are three faces of it, so their figures cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from attendance.queries import ClassAbsences, Totals, class_absences, sum_of
from journal.calendar import Calendar
from journal.dates import month_year
from journal.lessons import Stay
from journal.models import SchoolClass, Term


def month_name(month: date) -> str:
    """«Ноябрь 2026»."""
    return month_year(month).capitalize()


def months_of(calendar: Calendar) -> list[date]:
    """First days of the months of a school year."""
    months = [calendar.year.date_from.replace(day=1)]
    while (following := next_month(months[-1])) <= calendar.year.date_to:
        months.append(following)
    return months


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def last_day(month: date) -> date:
    return next_month(month) - timedelta(days=1)


# --- What the tables consist of --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """A row's pupil. `note` tells when it came or left inside the period: «с 12.11», «по 20.11»."""

    pupil_id: int
    number: int
    name: str
    note: str
    is_here: bool

    @property
    def name_and_note(self) -> str:
        return f"{self.name} ({self.note})" if self.note else self.name


@dataclass(frozen=True, slots=True)
class Part:
    """A group of columns of a summary: a month of a term, or a term of a year. `query` leads one step down."""

    label: str
    start: date
    end: date
    query: str


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """`parts` are in the order of the columns; None where the pupil was not in the class, or the time is ahead."""

    pupil: Person
    parts: list[Totals | None]
    total: Totals


@dataclass(frozen=True)
class Summary:
    """Pupils × parts of a period: a term by months, or a year by terms (сводная ведомость посещаемости)."""

    school_class: SchoolClass
    title: str
    start: date
    end: date
    today: date
    is_year: bool
    parts: list[Part]
    rows: list[SummaryRow]
    sums: list[Totals | None]
    total: Totals
    terms: list[Term]
    term: Term | None = None

    @property
    def period(self) -> str:
        return self.title

    @property
    def until(self) -> date:
        """The last day that the totals count."""
        return max(self.start, min(self.end, self.today))

    @property
    def has_unknown(self) -> bool:
        return bool(self.total.unknown_days)

    @property
    def part_heads(self) -> tuple[str, ...]:
        """Columns of each part: of a term of the year all and ill (domain.md §4), of a month every reason."""
        return ("всего", "Б") if self.is_year else ("всего", "Б", "У", "Н")

    def part_figures(self, total: Totals | None) -> list[int | str]:
        """Days, then lessons, under `part_heads`."""
        width = len(self.part_heads)
        if total is None:
            return [""] * (2 * width)
        return [*total.days_figures()[:width], *total.lessons_figures()[:width]]


# --- A term, a year --------------------------------------------------------------------------------


def term_table(school_class: SchoolClass, term: Term, calendar: Calendar, *, today: date) -> Summary:
    """Pupils × months of a term: days and lessons by reason. Four queries."""
    parts = []
    for month in months_of(calendar):
        start, end = max(month, term.date_from), min(last_day(month), term.date_to)
        if start <= end:
            parts.append(Part(month_name(month), start, end, f"month={month:%Y-%m}"))
    return _summary(school_class, str(term), term.date_from, term.date_to, parts, calendar, today, term)


def year_table(school_class: SchoolClass, calendar: Calendar, *, today: date) -> Summary:
    """Сводная ведомость посещаемости: pupils × terms, all and ill (domain.md §4), and the year. Four queries."""
    parts = [
        Part(str(term), term.date_from, term.date_to, f"term={term.number}")
        for term in calendar.terms_for(school_class.grade)
    ]
    year = calendar.year
    return _summary(school_class, f"{year.name} учебный год", year.date_from, year.date_to, parts, calendar, today)


def _summary(
    school_class: SchoolClass,
    title: str,
    start: date,
    end: date,
    parts: list[Part],
    calendar: Calendar,
    today: date,
    term: Term | None = None,
) -> Summary:
    absences = class_absences(school_class, start, end, calendar, today=today)
    rows = [
        SummaryRow(
            person,
            [_part_totals(absences, person.pupil_id, part) for part in parts],
            absences.totals(person.pupil_id, start, end),
        )
        for person in people_of(absences, start, end)
    ]
    columns = [[row.parts[index] for row in rows] for index in range(len(parts))]
    return Summary(
        school_class=school_class,
        title=title,
        start=start,
        end=end,
        today=today,
        is_year=term is None,
        parts=parts,
        rows=rows,
        sums=[sum_of(filter(None, column)) if any(column) else None for column in columns],
        total=sum_of(row.total for row in rows),
        terms=calendar.terms_for(school_class.grade),
        term=term,
    )


def _part_totals(absences: ClassAbsences, pupil_id: int, part: Part) -> Totals | None:
    stays = absences.own.enrolments[pupil_id]
    if part.start > absences.until or not any(_overlaps(stay, part.start, part.end) for stay in stays):
        return None
    return absences.totals(pupil_id, part.start, part.end)


# --- Both ------------------------------------------------------------------------------------------


def people_of(absences: ClassAbsences, start: date, end: date) -> Iterator[Person]:
    for number, pupil in enumerate(absences.own.pupils, start=1):
        yield Person(
            pupil.pk,
            number,
            pupil.list_name,
            _note(absences.own.enrolments[pupil.pk], start, end),
            absences.own.on_roll(pupil.pk, absences.until),
        )


def _note(stays: Iterable[Stay], start: date, end: date) -> str:
    """When the pupil came or left inside the period: «с 12.11», «по 20.11»."""
    found = []
    for stay in sorted(stays, key=lambda one: one.date_from):
        if start < stay.date_from <= end:
            found.append(f"с {stay.date_from:%d.%m}")
        if stay.date_to and start <= stay.date_to < end:
            found.append(f"по {stay.date_to:%d.%m}")
    return ", ".join(found)


def _overlaps(stay: Stay, start: date, end: date) -> bool:
    return stay.date_from <= end and (stay.date_to is None or stay.date_to >= start)
