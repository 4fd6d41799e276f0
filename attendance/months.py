"""The months of a school year for the deputy: closed or open, and what is unfinished in each (domain.md §2)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q
from django.utils import timezone

from attendance.models import Absence, ClosedMonth, RollCall
from attendance.month_table import Closed
from attendance.tables import last_day, month_name, months_of
from journal.calendar import Calendar
from journal.models import ClassTeacher, SchoolClass


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Of a class and month: school days that nobody marked, and facts whose reason is not known yet."""

    class_id: int
    name: str
    teacher: str
    days: tuple[date, ...]
    facts: int


@dataclass(frozen=True, slots=True)
class MonthState:
    """A month of the year. `unfinished` are the classes with something to finish."""

    month: date
    is_over: bool
    has_begun: bool
    closed: Closed | None
    unfinished: tuple[Unfinished, ...]

    @property
    def name(self) -> str:
        return month_name(self.month)

    @property
    def unmarked_classes(self) -> int:
        return sum(bool(row.days) for row in self.unfinished)

    @property
    def unmarked_days(self) -> int:
        return sum(len(row.days) for row in self.unfinished)

    @property
    def facts(self) -> int:
        return sum(row.facts for row in self.unfinished)


def month_states(calendar: Calendar, today: date, *, only: date | None = None) -> list[MonthState]:
    """The months of the year (or the one), the latest first. Five queries, whatever the number of classes."""
    months = [month for month in months_of(calendar) if only in (None, month)]
    if not months:
        return []
    start, end = max(months[0], calendar.year.date_from), min(last_day(months[-1]), calendar.year.date_to)
    classes = sorted(SchoolClass.objects.filter(year=calendar.year), key=lambda row: (row.grade, row.letter))
    teachers = _teachers(classes, min(max(today, start), end))
    called, facts = _called(classes, start, end), _facts(start, end)
    closed = {
        row.month: Closed(row.closed_by.short_name, timezone.localtime(row.closed_at))
        for row in ClosedMonth.objects.filter(month__in=months).select_related("closed_by")
    }
    school_days = {grade: calendar.school_days(start, end, grade) for grade in {row.grade for row in classes}}
    found = []
    for month in reversed(months):
        unfinished = []
        for row in classes:
            past = [day for day in school_days[row.grade] if day.replace(day=1) == month and day < today]
            days = tuple(day for day in past if day not in called[row.pk])
            open_facts = facts.get((row.pk, month), 0)
            if days or open_facts:
                unfinished.append(Unfinished(row.pk, row.name, teachers.get(row.pk, ""), days, open_facts))
        found.append(MonthState(month, last_day(month) < today, month <= today, closed.get(month), tuple(unfinished)))
    return found


def _teachers(classes: list[SchoolClass], day: date) -> dict[int, str]:
    rows = ClassTeacher.objects.active_on(day).filter(school_class__in=classes).select_related("teacher")
    # Who stands in comes last and so is the one to ask.
    return {row.school_class_id: row.teacher.short_name for row in sorted(rows, key=lambda one: one.is_acting)}


def _called(classes: list[SchoolClass], start: date, end: date) -> dict[int, set[date]]:
    found: dict[int, set[date]] = defaultdict(set)
    rows = RollCall.objects.filter(school_class__in=classes, date__range=(start, end)).order_by()
    for class_id, day in rows.values_list("school_class_id", "date"):
        found[class_id].add(day)
    return found


def _facts(start: date, end: date) -> dict[tuple[int, date], int]:
    """Facts without a reason by the class of that day and the month."""
    still = Q(pupil__enrolments__date_to=None) | Q(pupil__enrolments__date_to__gte=F("date"))
    rows = Absence.objects.filter(still, is_confirmed=False, pupil__enrolments__date_from__lte=F("date"))
    found: dict[tuple[int, date], int] = defaultdict(int)
    for class_id, day in rows.between(start, end).order_by().values_list("pupil__enrolments__school_class", "date"):
        found[class_id, day.replace(day=1)] += 1
    return found
