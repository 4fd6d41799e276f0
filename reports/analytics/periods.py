"""What a report may be about: a term, or the year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from journal.calendar import Calendar
from journal.models import Term

YEAR_KEY = "year"


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """`term` is None for the year. `day` is the last day that counts: the end of the period, or today while it lasts;
    the pupils of a report are those on the roll then (domain.md §4). Once it `is_over` its marks are final; before
    that, on the last day too, a report runs on the forecast."""

    key: str
    name: str
    start: date
    end: date
    day: date
    term: Term | None
    is_over: bool

    @property
    def is_year(self) -> bool:
        return self.term is None


def periods_of(calendar: Calendar, grade: int, today: date) -> list[ReportPeriod]:
    """Terms of the grade that have begun, in order, and the year; nothing before the year's first day."""
    year = calendar.year
    if today < year.date_from:
        return []
    found = [
        ReportPeriod(
            key=f"{term.scheme}-{term.number}",
            name=str(term),
            start=term.date_from,
            end=term.date_to,
            day=min(today, term.date_to),
            term=term,
            is_over=today > term.date_to,
        )
        for term in calendar.terms_for(grade)
        if term.date_from <= today
    ]
    whole = ReportPeriod(
        key=YEAR_KEY,
        name=f"{year.name} учебный год",
        start=year.date_from,
        end=year.date_to,
        day=min(today, year.date_to),
        term=None,
        is_over=today > year.date_to,
    )
    return [*found, whole]


def chosen_period(periods: Sequence[ReportPeriod], key: str) -> ReportPeriod | None:
    """The period of this key, else the latest term begun; None where no term has begun."""
    terms = [period for period in periods if not period.is_year]
    return next((period for period in periods if period.key == key), terms[-1] if terms else None)


def last_finished(periods: Sequence[ReportPeriod]) -> ReportPeriod | None:
    """The latest term that is over: what an official report is about; None before the first has ended."""
    return next((period for period in reversed(periods) if period.is_over and not period.is_year), None)


def previous_of(periods: Sequence[ReportPeriod], period: ReportPeriod) -> ReportPeriod | None:
    """The term before, with which a report is compared; the year has none here."""
    if period.is_year:
        return None
    at = [one.key for one in periods].index(period.key)
    return periods[at - 1] if at else None
