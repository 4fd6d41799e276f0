"""The pupils of a class at a glance: mean, line over the year, lists they stand in. For the class teacher."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.safestring import SafeString

from journal.calendar import Calendar
from journal.models import SchoolClass
from journal.text import decimal_text
from reports.analytics.periods import ReportPeriod
from reports.analytics.pupil_trend import class_means
from reports.analytics.results import ClassResults, class_results
from reports.formulas import Group
from reports.small_charts import sparkline


@dataclass(frozen=True, slots=True)
class PupilRow:
    """`mean` is the plain mean of the subjects' weighted means; `notes` are the lists, with subjects where few."""

    pupil_id: int
    name: str
    mean: Decimal | None
    line: SafeString
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PupilList:
    rows: tuple[PupilRow, ...]
    is_forecast: bool


_NAMED = {Group.ONE_FOUR: {"4"}, Group.ONE_THREE: {"3"}, Group.FAILING: {"2", "1"}, Group.NOT_ATTESTED: {"н/а"}}
_ORDER = (
    Group.FAILING, Group.NOT_ATTESTED, Group.ONE_THREE, Group.EXCELLENT, Group.ONE_FOUR, Group.GOOD, Group.NO_RESULT
)  # fmt: skip


def pupil_list(school_class: SchoolClass, period: ReportPeriod, calendar: Calendar, *, today: date) -> PupilList:
    """Five queries for any class."""
    results = class_results(school_class, period, calendar, today=today)
    months = class_means(school_class, calendar.year.date_from, period.day)
    by_pupil: dict[int, list[Decimal | None]] = defaultdict(list)
    for first in sorted(months):
        for pupil in results.pupils:
            by_pupil[pupil.pupil_id].append(months[first].get(pupil.pupil_id))
    rows = tuple(
        PupilRow(
            pupil.pupil_id,
            pupil.name,
            _mean(results, pupil.pupil_id),
            sparkline(by_pupil[pupil.pupil_id], low=2, high=5, title=_words(by_pupil[pupil.pupil_id])),
            _notes(results, pupil.pupil_id),
        )
        for pupil in results.pupils
    )
    return PupilList(rows, results.is_forecast)


def _mean(results: ClassResults, pupil_id: int) -> Decimal | None:
    means = [m for one in results.subjects if (m := results.result(pupil_id, one.subject_id).mean) is not None]
    return sum(means, Decimal(0)) / len(means) if means else None


def _words(values: list[Decimal | None]) -> str:
    told = ", ".join("—" if value is None else decimal_text(value) for value in values)
    return f"Средний балл по месяцам: {told}"


def _notes(results: ClassResults, pupil_id: int) -> tuple[str, ...]:
    groups = results.groups[pupil_id]
    notes = []
    for group in _ORDER:
        if group not in groups or (group == Group.GOOD and Group.ONE_FOUR in groups):
            continue
        named = [
            one.name
            for one in results.subjects
            if results.result(pupil_id, one.subject_id).value in _NAMED.get(group, ())
        ]
        notes.append(f"{group}: {', '.join(named)}" if named else _ONE[group])
    return tuple(notes)


_ONE = {Group.EXCELLENT: "отличник", Group.GOOD: "хорошист", Group.NO_RESULT: "нет отметок"}
