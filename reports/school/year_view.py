"""The calendar of a year as a person reads it: twelve months, each day with what it is. Plain values out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from journal.calendar import Calendar
from journal.models import AcademicYear, DayOff, Scheme, Term, Vacation

MONTH_NAMES = (
    "", "Январь", "Февраль", "Март", "Апрель", "Май", "Июнь",
    "Июль", "Август", "Сентябрь", "Октябрь", "Ноябрь", "Декабрь",
)  # fmt: skip
EVERYBODY = (1, 11)


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of a month: its number, a sign beside the colour, and the words for both."""

    number: int
    css: str = ""
    sign: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    name: str
    year: int
    weeks: list[list[DayCell | None]]


@dataclass(frozen=True)
class YearPage:
    """Everything of the page «Календарь»."""

    year: AcademicYear
    years: list[AcademicYear]
    months: list[Month]
    terms: list[tuple[str, list[Term]]]
    vacations: list[Vacation]
    special: list[DayOff]
    approved_by: str
    week_days: str
    schemes: list[tuple[str, str]]
    next_name: str


def months_of(calendar: Calendar) -> list[Month]:
    """The months of the school year, from its first one to August."""
    first = calendar.year.date_from.replace(day=1)
    found = []
    for offset in range(12):
        number = (first.month - 1 + offset) % 12 + 1
        found.append(_month(calendar, first.year + (first.month - 1 + offset) // 12, number))
    return found


def _month(calendar: Calendar, year: int, month: int) -> Month:
    day = date(year, month, 1)
    weeks: list[list[DayCell | None]] = [[None] * day.weekday()]
    while day.month == month:
        if len(weeks[-1]) == 7:
            weeks.append([])
        weeks[-1].append(day_cell(calendar, day))
        day += timedelta(days=1)
    weeks[-1] += [None] * (7 - len(weeks[-1]))
    return Month(MONTH_NAMES[month], year, weeks)


def day_cell(calendar: Calendar, day: date) -> DayCell:
    """What the day is for the school; vacations of some grades only have a sign of their own."""
    if exception := calendar.exceptions.get(day):
        if exception.is_working:
            return DayCell(day.day, "is-working", "у", f"учебный день: {exception.name}")
        return DayCell(day.day, "is-holiday", "в", exception.name)
    resting = [one for one in calendar.vacations if one.date_from <= day <= one.date_to]
    whole = next((one for one in resting if (one.grade_from, one.grade_to) == EVERYBODY), None)
    if whole:
        return DayCell(day.day, "is-vacation", "к", whole.name)
    if day.isoweekday() > calendar.school.week_days:
        return DayCell(day.day, "is-weekend", "", "выходной")
    if resting:
        grades = ", ".join(f"{one.grade_from}–{one.grade_to}" for one in resting)
        return DayCell(day.day, "is-part", "ч", f"{resting[0].name}: {grades} классы")
    if not calendar.year.date_from <= day <= calendar.year.date_to:
        return DayCell(day.day, "is-outside", "", "вне учебного года")
    return DayCell(day.day)


def year_page(calendar: Calendar, years: list[AcademicYear], approved_by: str) -> YearPage:
    """The page from what was read already; no query."""
    year, school = calendar.year, calendar.school
    by_scheme: dict[str, list[Term]] = defaultdict(list)
    for term in calendar.terms:
        by_scheme[term.scheme].append(term)
    last = max(one.date_from.year for one in years)
    return YearPage(
        year=year,
        years=years,
        months=months_of(calendar),
        terms=[(Scheme(name).label.capitalize(), by_scheme[name]) for name in Scheme if by_scheme[name]],
        vacations=list(calendar.vacations),
        special=[calendar.exceptions[day] for day in sorted(calendar.exceptions)],
        approved_by=approved_by,
        week_days=school.get_week_days_display(),
        schemes=[
            ("1–9 классы", school.get_scheme_main_display()),
            ("10–11 классы", school.get_scheme_senior_display()),
        ],
        next_name=f"{last + 1}/{(last + 2) % 100:02d}",
    )
