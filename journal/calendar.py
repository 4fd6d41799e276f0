"""What kind of day is it? School years, terms, school days of a class, working days of the staff.

Pure functions over a `Calendar` that is read once and passed on; today is always passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import holidays
from django.db.models import BigIntegerField, DateField, F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.prepared import Param, Prepared
from journal.models import AcademicYear, DayOff, School, Term, Vacation


@dataclass(frozen=True)
class Calendar:
    """One school year as plain values: no query is left inside."""

    year: AcademicYear
    school: School
    terms: tuple[Term, ...] = ()
    vacations: tuple[Vacation, ...] = ()
    exceptions: dict[date, DayOff] = field(default_factory=dict)

    def why_no_school(self, day: date, grade: int) -> str:
        """Why the grade has no school on the day («каникулы», «выходной»…), or an empty string (domain.md §2, §8)."""
        if not self.year.date_from <= day <= self.year.date_to:
            return "день вне учебного года"
        if exception := self.exceptions.get(day):
            return "" if exception.is_working else exception.name
        if day.isoweekday() > self.school.week_days:
            return "выходной"
        for vacation in self.vacations:
            if vacation.date_from <= day <= vacation.date_to and vacation.grade_from <= grade <= vacation.grade_to:
                return vacation.name
        return ""

    def is_school_day(self, day: date, grade: int) -> bool:
        return not self.why_no_school(day, grade)

    def timetable_weekday(self, day: date) -> int:
        """The weekday whose timetable holds on the day: a moved working day follows another one's."""
        exception = self.exceptions.get(day)
        return (exception and exception.timetable_weekday) or day.isoweekday()

    def school_days(self, start: date, end: date, grade: int) -> list[date]:
        return [day for day in days_between(start, end) if self.is_school_day(day, grade)]

    def school_day_before(self, day: date, grade: int) -> date | None:
        # One day back at a time: the day wanted is nearly always yesterday.
        day -= timedelta(days=1)
        while day >= self.year.date_from:
            if self.is_school_day(day, grade):
                return day
            day -= timedelta(days=1)
        return None

    def school_day_after(self, day: date, grade: int) -> date | None:
        later = days_between(day + timedelta(days=1), self.year.date_to)
        return next((d for d in later if self.is_school_day(d, grade)), None)

    def terms_for(self, grade: int) -> list[Term]:
        """Periods with marks of the grade: quarters or trimesters, half-years for seniors."""
        scheme = self.school.scheme_for(grade)
        return [term for term in self.terms if term.scheme == scheme]

    def term_on(self, day: date, grade: int) -> Term | None:
        """The period of the day; between two periods, the one that ended last; before the first, the first."""
        terms = self.terms_for(grade)
        begun = [term for term in terms if term.date_from <= day]
        return begun[-1] if begun else (terms[0] if terms else None)


def days_between(start: date, end: date) -> Iterator[date]:
    """Every day of start..end, both included."""
    for offset in range((end - start).days + 1):
        yield start + timedelta(days=offset)


def load_calendar(year: AcademicYear) -> Calendar:
    """The calendar of a year in one query (two where the year came without its school)."""
    terms, vacations, exceptions = [], [], {}
    for what, pk, text, first, last, low, high, flag, weekday in _calendar_rows(
        year_id=year.pk, first=year.date_from, last=year.date_to
    ):
        if what == "term":
            terms.append(
                Term(
                    pk=pk,
                    year_id=year.pk,
                    scheme=text,
                    number=low,
                    date_from=first,
                    date_to=last,
                    is_closed=flag,
                )
            )
        elif what == "vacation":
            vacations.append(
                Vacation(
                    pk=pk,
                    year_id=year.pk,
                    name=text,
                    date_from=first,
                    date_to=last,
                    grade_from=low,
                    grade_to=high,
                )
            )
        else:
            exceptions[first] = DayOff(pk=pk, date=first, name=text, is_working=flag, timetable_weekday=weekday or None)
    return Calendar(year, year.school, tuple(terms), tuple(vacations), exceptions)


def _terms_vacations_and_special_days() -> QuerySet:
    """In one shape: nearly every page needs them, three queries are too many."""

    def shaped(rows: QuerySet, what: str, **columns: Combinable) -> QuerySet:
        columns = {"low": Value(0), "high": Value(0), "flag": Value(False), "weekday": Value(0), **columns}
        names = ("what", "id", "text", "first", "last", "low", "high", "flag", "weekday")
        return rows.annotate(what=Value(what), **columns).order_by().values_list(*names)

    year, span = Param("year_id", BigIntegerField()), {"first": F("date_from"), "last": F("date_to")}
    of_year = (Param("first", DateField()), Param("last", DateField()))
    terms = shaped(
        Term.objects.filter(year=year), "term", text=F("scheme"), low=F("number"), flag=F("is_closed"), **span
    )
    vacations = shaped(
        Vacation.objects.filter(year=year),
        "vacation",
        text=F("name"),
        low=F("grade_from"),
        high=F("grade_to"),
        **span,
    )
    special = shaped(
        DayOff.objects.filter(date__range=of_year),
        "special",
        text=F("name"),
        first=F("date"),
        last=F("date"),
        flag=F("is_working"),
        weekday=Coalesce("timetable_weekday", 0),
    )
    return terms.union(vacations, special, all=True).order_by("first", "last")


_calendar_rows = Prepared(_terms_vacations_and_special_days)


def year_of(day: date) -> AcademicYear | None:
    """The school year that holds the day; in summer the one that has just ended."""
    return AcademicYear.objects.select_related("school").filter(date_from__lte=day).order_by("-date_from").first()


@cache
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("RU", years=year))


def is_working_day(day: date, exceptions: dict[date, DayOff]) -> bool:
    """A working day of the five-day week: the law's holidays, then the school's own exceptions (domain.md §8)."""
    if exception := exceptions.get(day):
        return exception.is_working
    return day.weekday() < 5 and day not in _public_holidays(day.year)


def next_working_day(day: date, exceptions: dict[date, DayOff]) -> date:
    """«Один рабочий день со дня, когда стало известно»: the end of this date is the deadline (domain.md §9)."""
    day += timedelta(days=1)
    while not is_working_day(day, exceptions):
        day += timedelta(days=1)
    return day


def notice_deadline(learned_on: date) -> date:
    """The last day to deal with a notice learned of on this day, by the school's own calendar. One query."""
    soon = learned_on + timedelta(days=60)
    exceptions = {row.date: row for row in DayOff.objects.filter(date__range=(learned_on, soon))}
    return next_working_day(learned_on, exceptions)
