"""Results of every class of the school for a period.

Schemes differ: grades 1–9 have quarters (or trimesters), 10–11 half-years. A period of the school is one term of one
scheme, so it is about the grades of that scheme, or the year, which is about all. The page says which grades it holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from journal.calendar import Calendar
from journal.models import SchoolClass
from reports.analytics.many import many_results
from reports.analytics.periods import ReportPeriod, periods_of, previous_of
from reports.analytics.results import ClassResults
from reports.formulas import Indicators, subject_indicators


@dataclass(frozen=True, slots=True)
class SchoolPeriod:
    """A period with the grades that have it."""

    period: ReportPeriod
    before: ReportPeriod | None
    grades: tuple[int, ...]

    @property
    def name(self) -> str:
        """«I четверть, 1–9 классы»."""
        if self.period.is_year:
            return self.period.name
        first, last = self.grades[0], self.grades[-1]
        return f"{self.period.name}, {first}–{last} классы" if first != last else f"{self.period.name}, {first} классы"


@dataclass(frozen=True)
class SchoolResults:
    """Classes in the order of the school with results now and in the period before; no query is left inside."""

    period: SchoolPeriod
    classes: tuple[SchoolClass, ...]
    now: dict[int, ClassResults]
    earlier: dict[int, ClassResults]

    def values(
        self, classes: Iterable[SchoolClass], subject_id: int | None = None, *, before: bool = False
    ) -> list[str]:
        """Every result of the classes, of one subject or of all; empty where a pupil has none."""
        found = self.earlier if before else self.now
        values: list[str] = []
        for school_class in classes:
            results = found.get(school_class.pk)
            if results is None:
                continue
            if subject_id is not None:
                if any(one.subject_id == subject_id for one in results.subjects):
                    values += results.values_of_subject(subject_id)
                continue
            values += [result.value for result in results.results.values() if result.value]
        return values

    def indicators(
        self, classes: Iterable[SchoolClass], subject_id: int | None = None
    ) -> tuple[Indicators, Indicators | None]:
        """Now, and in the period before where there is one."""
        chosen = list(classes)
        now = subject_indicators(self.values(chosen, subject_id))
        if self.period.before is None:
            return now, None
        return now, subject_indicators(self.values(chosen, subject_id, before=True))

    @cached_property
    def is_forecast(self) -> bool:
        return any(results.is_forecast for results in self.now.values())

    @property
    def kind(self) -> str:
        """«прогноз на 23.11.2026», «итоги»."""
        period = self.period.period
        if self.is_forecast:
            return f"прогноз на {period.day:%d.%m.%Y}"
        return "итоги" if period.is_over else f"на {period.day:%d.%m.%Y}"

    @cached_property
    def grades(self) -> list[int]:
        return sorted({one.grade for one in self.classes})


def school_periods(calendar: Calendar, grades: Iterable[int], today: date) -> list[SchoolPeriod]:
    """Terms begun of every scheme in use, in order, and the year."""
    by_key: dict[str, tuple[ReportPeriod, ReportPeriod | None, list[int]]] = {}
    for grade in sorted(set(grades)):
        periods = periods_of(calendar, grade, today)
        for period in periods:
            entry = by_key.setdefault(period.key, (period, previous_of(periods, period), []))
            entry[2].append(grade)
    found = [SchoolPeriod(period, before, tuple(own)) for period, before, own in by_key.values()]
    return sorted(found, key=lambda one: (one.period.is_year, one.grades, one.period.start))


def chosen(periods: list[SchoolPeriod], key: str) -> SchoolPeriod | None:
    """The period of the key; else the last finished term of most classes, else the first there is."""
    finished = [one for one in periods if one.period.is_over and not one.period.is_year]
    usual = max(finished, key=lambda one: (len(one.grades), one.period.start), default=None)
    return next((one for one in periods if one.period.key == key), usual or (periods[0] if periods else None))


def school_results(period: SchoolPeriod, calendar: Calendar, *, today: date) -> SchoolResults:
    """Results of all classes of the period's grades. Five queries, whatever the sizes."""
    rows = SchoolClass.objects.filter(year=calendar.year, grade__in=period.grades).order_by("grade", "letter")
    classes = tuple(rows)
    wanted = [(one, period.period) for one in classes]
    if period.before:
        wanted += [(one, period.before) for one in classes]
    found = many_results(wanted, calendar, today=today) if wanted else {}
    now = {one.pk: found[one.pk, period.period.key] for one in classes}
    earlier = {one.pk: found[one.pk, period.before.key] for one in classes} if period.before else {}
    return SchoolResults(period, classes, now, earlier)
