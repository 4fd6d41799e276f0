"""Табель: who was absent when, over a month, a term or a year (design.md §5.3; domain.md §2, §4).

One object a table. The page, the sheet of paper and the file are three faces of it, so their figures cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, AbsenceChange, ClosedMonth, Reason, RollCall
from attendance.queries import ClassAbsences, MissedDay, Totals, class_absences, sum_of
from journal.calendar import Calendar, days_between
from journal.dates import WEEKDAYS_SHORT, month_year
from journal.lessons import Stay
from journal.models import SchoolClass, Term
from journal.text import initials

OFF_ROLL = "×"
NOT_MARKED = "—"
REASON_WORDS = {
    Reason.ILL: "болезнь",
    Reason.EXCUSED: "уважительная причина",
    Reason.UNEXCUSED: "неуважительная причина",
    Reason.LATE: "опоздание",
}


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
class Day:
    """A column of the month. `absent` and `partly` count pupils; `is_marked` says that the roll was called."""

    date: date
    no_school: str
    is_today: bool
    is_ahead: bool
    is_marked: bool
    absent: int
    partly: int

    @property
    def weekday(self) -> str:
        return WEEKDAYS_SHORT[self.date.weekday()]

    @property
    def absent_text(self) -> str:
        """«—» for a school day that nobody has marked: that nobody was absent is something else (domain.md §2)."""
        if self.no_school or self.is_ahead:
            return ""
        return str(self.absent) if self.absent or self.partly or self.is_marked else NOT_MARKED


@dataclass(frozen=True, slots=True)
class Cell:
    """A pupil on a day: «Б», «н2», «о», «Н?»; `look` is the reason that colours it, `title` tells it in words."""

    text: str = ""
    look: str = ""
    title: str = ""


EMPTY, OFF = Cell(), Cell(OFF_ROLL, "off", "не в классе")


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
class MonthRow:
    pupil: Person
    cells: list[Cell]
    total: Totals


@dataclass(frozen=True, slots=True)
class Closed:
    """Who closed the month, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LateChange:
    """A change of the register made after the month was closed."""

    at: datetime
    by: str
    pupil: str
    date: date
    lesson: int
    old: str
    new: str
    why: str

    @property
    def where(self) -> str:
        return f"{self.lesson} урок" if self.lesson else "весь день"


@dataclass(frozen=True)
class MonthTable:
    """Pupils × days of a month; no query is left inside."""

    school_class: SchoolClass
    month: date
    today: date
    days: list[Day]
    rows: list[MonthRow]
    total: Totals
    closed: Closed | None
    changes: list[LateChange] = field(default_factory=list)

    @property
    def title(self) -> str:
        return month_name(self.month)

    @property
    def period(self) -> str:
        """The title within a sentence: «ноябрь 2026»."""
        return month_year(self.month)

    @property
    def start(self) -> date:
        return self.days[0].date

    @property
    def end(self) -> date:
        return self.days[-1].date

    @property
    def until(self) -> date:
        """The last day that the totals count."""
        return max(self.start, min(self.end, self.today))

    @property
    def has_unknown(self) -> bool:
        return bool(self.total.unknown_days)

    @property
    def unmarked(self) -> int:
        """School days up to today on which nobody called the roll."""
        return sum(not (day.no_school or day.is_ahead or day.is_marked) for day in self.days)


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


# --- A month ---------------------------------------------------------------------------------------


def month_table(school_class: SchoolClass, month: date, calendar: Calendar, *, today: date) -> MonthTable:
    """The table of a month (its first day) of a class. Six queries, whatever the sizes."""
    start, end = max(month, calendar.year.date_from), min(last_day(month), calendar.year.date_to)
    absences = class_absences(school_class, start, end, calendar, today=today)
    closed, called = _closed_and_called(school_class, month, start, end)
    dates = list(days_between(start, end))
    rows = [
        MonthRow(person, _cells(absences, person.pupil_id, dates), absences.totals(person.pupil_id, start, end))
        for person in _people(absences, start, end)
    ]
    return MonthTable(
        school_class=school_class,
        month=month,
        today=today,
        days=[_day(day, absences, called, calendar, school_class.grade) for day in dates],
        rows=rows,
        total=sum_of(row.total for row in rows),
        closed=closed,
        changes=_late_changes(absences, closed, start, end),
    )


def _cells(absences: ClassAbsences, pupil_id: int, dates: Sequence[date]) -> list[Cell]:
    missed = absences.missed.get(pupil_id, {})
    stays = absences.own.enrolments[pupil_id]
    cells = []
    for day in dates:
        if day in missed:
            cells.append(_cell(missed[day], _unconfirmed(absences, pupil_id, day)))
        elif any(stay.holds(day) for stay in stays):
            cells.append(EMPTY)
        else:
            cells.append(OFF)
    return cells


def _unconfirmed(absences: ClassAbsences, pupil_id: int, day: date) -> set[int]:
    return {lesson for pupil, on, lesson in absences.unconfirmed if (pupil, on) == (pupil_id, day)}


def _cell(missed: MissedDay, unconfirmed: set[int]) -> Cell:
    """The whole day: a capital letter. Single lessons: a small letter with their number. Lateness: «о»."""
    words = _words(missed)
    if missed.day:
        open_ = bool(unconfirmed & {WHOLE_DAY, *missed.lessons})
        return Cell(LETTERS[missed.day] + "?" * open_, missed.day, words + ", причина не выяснена" * open_)
    parts = []
    counts = Counter(missed.lessons.values())
    for reason in ABSENCE_REASONS:
        if counts[reason]:
            lessons = {number for number, own in missed.lessons.items() if own == reason}
            open_ = bool(unconfirmed & {WHOLE_DAY, *lessons})
            parts.append(f"{LETTERS[reason].lower()}{counts[reason]}{'?' * open_}")
            words += ", причина не выяснена" * open_
    if missed.late:
        parts.append("о" if missed.late == 1 else f"о{missed.late}")
    if not parts:
        return EMPTY
    look = max(counts, key=lambda reason: (counts[reason], ABSENCE_REASONS.index(Reason(reason))), default=Reason.LATE)
    return Cell(" ".join(parts), look, words)


def _words(missed: MissedDay) -> str:
    """«весь день, болезнь», «уроки 1, 2: болезнь; опоздание»."""
    reasons = [reason for reason in ABSENCE_REASONS if reason in missed.lessons.values()]
    late = ["опоздание" if missed.late == 1 else f"опозданий: {missed.late}"] if missed.late else []
    if missed.day and len(reasons) <= 1:
        known = "" if missed.timetable_known else ", расписание не загружено"
        return "; ".join([f"весь день, {REASON_WORDS[Reason(missed.day)]}{known}", *late])
    found = []
    for reason in reasons:
        numbers = [str(number) for number, own in missed.lessons.items() if own == reason]
        found.append(f"{'уроки' if len(numbers) > 1 else 'урок'} {', '.join(numbers)}: {REASON_WORDS[reason]}")
    return "; ".join([*(["весь день"] if missed.day else []), *found, *late])


def _day(day: date, absences: ClassAbsences, called: set[date], calendar: Calendar, grade: int) -> Day:
    of_day = [days[day] for days in absences.missed.values() if day in days]
    return Day(
        date=day,
        no_school=calendar.why_no_school(day, grade),
        is_today=day == absences.until,
        is_ahead=day > absences.until,
        is_marked=day in called,
        absent=sum(bool(missed.day) for missed in of_day),
        partly=sum(bool(missed.lessons) and not missed.day for missed in of_day),
    )


def _closed_and_called(
    school_class: SchoolClass, month: date, start: date, end: date
) -> tuple[Closed | None, set[date]]:
    """Who closed the month, and the days on which the roll of the class was called. One query for both."""

    def shaped(rows: QuerySet, what: str, day: str, who: str, when: str) -> QuerySet:
        names = [f"{who}__{part}" for part in ("last_name", "first_name", "patronymic")]
        return rows.order_by().annotate(what=Value(what), day=F(day)).values_list("what", "day", when, *names)

    calls = RollCall.objects.filter(school_class=school_class, date__range=(start, end))
    closed = ClosedMonth.objects.filter(month=month)
    rows = shaped(calls, "call", "date", "taken_by", "taken_at").union(
        shaped(closed, "month", "month", "closed_by", "closed_at"), all=True
    )
    found, called = None, set()
    for what, day, at, *name in rows:
        if what == "call":
            called.add(day)
        else:
            found = Closed(initials(*(part or "" for part in name)), timezone.localtime(at))
    return found, called


def _late_changes(absences: ClassAbsences, closed: Closed | None, start: date, end: date) -> list[LateChange]:
    """What was changed in the closed month, the newest first; only of days on which the pupil was in this class.

    A press there says why, also where the month was opened and closed again since. One query.
    """
    pupils = {pupil.pk: pupil for pupil in absences.own.pupils}
    after = ~Q(why="") | Q(at__gt=closed.at) if closed else ~Q(why="")
    rows = AbsenceChange.objects.filter(after, pupil__in=list(pupils), date__range=(start, end)).select_related("by")
    return [
        LateChange(
            at=timezone.localtime(row.at),
            by=row.by.short_name if row.by else "",
            pupil=pupils[row.pupil_id].list_name,
            date=row.date,
            lesson=row.lesson,
            old=LETTERS.get(row.old, "") or "нет отметки",
            new=LETTERS.get(row.new, "") or "нет отметки",
            why=row.why,
        )
        for row in rows
        if absences.own.on_roll(row.pupil_id, row.date)
    ]


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
        for person in _people(absences, start, end)
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


def _people(absences: ClassAbsences, start: date, end: date) -> Iterator[Person]:
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
