"""Classes of a year with everybody who leads, led or will lead them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from journal.models import AcademicYear, ClassTeacher, Enrolment, SchoolClass


@dataclass(frozen=True, slots=True)
class Appointment:
    """A class teacher from–to."""

    pk: int
    name: str
    date_from: date
    date_to: date | None
    is_acting: bool
    is_now: bool


@dataclass(frozen=True, slots=True)
class ManagedClass:
    pk: int
    name: str
    size: int
    teachers: list[Appointment]


def classes_of_year(year: AcademicYear, today: date) -> list[ManagedClass]:
    """Classes of the year by grade; their roll and teachers on the day, or on the nearest day of the year. Three
    queries."""
    day = min(max(today, year.date_from), year.roll_ends_on)
    classes = list(SchoolClass.objects.filter(year=year).order_by("grade", "letter"))
    rolls = Enrolment.objects.on_roll(day).filter(school_class__in=classes)
    sizes = dict(rolls.values_list("school_class").annotate(n=Count("pupil")).order_by())
    teachers: dict[int, list[Appointment]] = defaultdict(list)
    for row in ClassTeacher.objects.filter(school_class__in=classes).select_related("teacher").order_by("date_from"):
        shown = _appointment(row, day)
        if shown.is_now:
            teachers[row.school_class_id].append(shown)
    return [ManagedClass(row.pk, row.name, sizes.get(row.pk, 0), teachers[row.pk]) for row in classes]


def appointments_of(school_class: SchoolClass, today: date) -> list[Appointment]:
    """All who lead, led or will lead the class, the newest first. One query."""
    rows = ClassTeacher.objects.filter(school_class=school_class).select_related("teacher")
    return [_appointment(row, today) for row in rows.order_by("-date_from", "is_acting", "pk")]


def _appointment(row: ClassTeacher, day: date) -> Appointment:
    is_now = row.date_from <= day and (row.date_to is None or row.date_to >= day)
    return Appointment(row.pk, row.teacher.full_name, row.date_from, row.date_to, row.is_acting, is_now)
