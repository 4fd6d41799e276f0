"""Signals: what of the absences a class teacher should look at (domain.md §2).

Pure functions over lessons and marks that were read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from attendance.models import Reason
from attendance.queries import missed_on
from journal.calendar import days_between
from journal.lessons import ClassLessons
from journal.models import Pupil, School

UNEXCUSED_DAYS = 3
MONTH_SHARE = 30
"""Percent of a month's lessons."""
LOOK_BACK = timedelta(days=21)

Marks = Mapping[int, Mapping[date, Mapping[int, str]]]
"""What `attendance.queries.marks_by_day` returns: pupil id → date → lesson number → reason."""


@dataclass(frozen=True, slots=True)
class UnexcusedRun:
    """Days missed whole without a good reason, one school day after the other."""

    pupil: Pupil
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class ManyMissed:
    """A large part of the month's lessons missed, for whatever reason."""

    pupil: Pupil
    month: date
    missed: int
    lessons: int

    @property
    def percent(self) -> int:
        return 100 * self.missed // self.lessons


def window(today: date) -> tuple[date, date]:
    """The days that signals look at: the month of today, and at least three weeks back."""
    first = today.replace(day=1)
    next_month = (first + timedelta(days=31)).replace(day=1)
    return min(first, today - LOOK_BACK), next_month - timedelta(days=1)


def last_run(days: Iterable[date], wanted: set[date], at_least: int) -> tuple[date, ...]:
    """The last row of neighbours among `days` that all are `wanted`, if it is long enough; else nothing."""
    run: list[date] = []
    last: tuple[date, ...] = ()
    for day in days:
        run = [*run, day] if day in wanted else []
        if len(run) >= at_least:
            last = tuple(run)
    return last


def unexcused_runs(lessons: ClassLessons, marks: Marks, today: date, rule: str) -> list[UnexcusedRun]:
    """Pupils who missed three school days in a row without a good reason in the last three weeks.

    Days without own lessons neither lengthen nor break a row.
    """
    found = []
    for pupil in _on_roll(lessons, today):
        reasons = {
            day: missed_on(_numbers(lessons, pupil, day), of_day, rule).day for day, of_day in _own(marks, pupil)
        }
        bad = {day for day, reason in reasons.items() if reason == Reason.UNEXCUSED}
        if len(bad) < UNEXCUSED_DAYS:
            continue
        recent = days_between(today - LOOK_BACK, today)
        study_days = [day for day in recent if day in bad or lessons.own(pupil.pk, day)]
        if run := last_run(study_days, bad, UNEXCUSED_DAYS):
            found.append(UnexcusedRun(pupil, run))
    return found


def many_missed(lessons: ClassLessons, marks: Marks, today: date) -> list[ManyMissed]:
    """Pupils who already missed 30 % of all the lessons of this month, those to come included."""
    month = today.replace(day=1)
    _, month_end = window(today)
    found = []
    for pupil in _on_roll(lessons, today):
        missed = sum(
            len(missed_on(_numbers(lessons, pupil, day), of_day).lessons)
            for day, of_day in _own(marks, pupil)
            if month <= day <= today
        )
        if not missed:
            continue
        own = sum(len(lessons.own(pupil.pk, day)) for day in days_between(month, month_end))
        if own and 100 * missed >= MONTH_SHARE * own:
            found.append(ManyMissed(pupil, month, missed, own))
    return sorted(found, key=lambda row: -row.missed / row.lessons)


def signals(lessons: ClassLessons, marks: Marks, today: date, school: School) -> list[UnexcusedRun | ManyMissed]:
    """All signals of the class, the gravest first; `lessons` must cover `window(today)`."""
    return [*unexcused_runs(lessons, marks, today, school.missed_day_rule), *many_missed(lessons, marks, today)]


def _on_roll(lessons: ClassLessons, today: date) -> list[Pupil]:
    return [pupil for pupil in lessons.pupils if lessons.on_roll(pupil.pk, today)]


def _numbers(lessons: ClassLessons, pupil: Pupil, day: date) -> set[int]:
    return {place.number for place in lessons.own(pupil.pk, day)}


def _own(marks: Marks, pupil: Pupil) -> Iterable[tuple[date, Mapping[int, str]]]:
    return marks.get(pupil.pk, {}).items()
