"""The queries behind `journal/lessons.py`: who is on the roll, which courses and slots there are, what was held.

Each is built by a function that takes values or params, and prepared for those who ask on every page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import BigIntegerField, DateField, F, FilteredRelation, IntegerField, Q, QuerySet

from accounts.prepared import Param, Prepared
from journal.models import (
    Course,
    Enrolment,
    IndividualPlan,
    Lesson,
    Pupil,
    StudyGroup,
    Subject,
    Teacher,
    TimetableSlot,
)
from journal.models.classes import CourseQuerySet
from journal.models.people import EnrolmentQuerySet

When = Any
"""A date, or the param of a prepared query."""

PUPIL_COLUMNS = [field.attname for field in Pupil._meta.concrete_fields]
SLOT_COLUMNS = ("weekday", "number", "room", "date_from", "date_to")
COURSE_COLUMNS = [field.attname for field in Course._meta.concrete_fields]
PLAN_ID = len(SLOT_COLUMNS) + COURSE_COLUMNS.index("plan_id")
RELATED_COLUMNS = [
    (name, [field.attname for field in model._meta.concrete_fields])
    for name, model in (("subject", Subject), ("group", StudyGroup), ("teacher", Teacher), ("plan", IndividualPlan))
]


def roll_rows(
    enrolments: EnrolmentQuerySet,
    start: When,
    end: When,
    group_id: int | Param | None = None,
    columns: Sequence[str] = PUPIL_COLUMNS,
) -> QuerySet:
    """A row an enrolment and membership (in the one group, if told), in list order. Dates are dates or params."""
    member = "pupil__group_memberships"
    within = Q(**{f"{member}__date_from__lte": end}) & (
        Q(**{f"{member}__date_to": None}) | Q(**{f"{member}__date_to__gte": start})
    )
    if group_id is not None:
        within &= Q(**{f"{member}__group": group_id})
    # Plain values: a pupil in four groups comes four times, and is made once.
    return (
        enrolments.overlapping(start, end)
        .annotate(member=FilteredRelation(member, condition=within))
        .order_by("pupil__sort_name", "pupil_id", "date_from")
        .values_list(
            *("pupil_id", "date_from", "date_to"),
            *("member__group", "member__date_from", "member__date_to"),
            *(f"pupil__{column}" for column in columns),
        )
    )


def audience_of(school_class: Any, pupils: Any) -> CourseQuerySet:
    """Courses of the class, of its groups and of its pupils' plans; conditions on own columns keep to indexes."""
    plans = IndividualPlan.objects.filter(pupil__in=pupils).values("pk")
    return Course.objects.of_class(school_class) | Course.objects.filter(plan__in=plans)


def slot_rows(audience: QuerySet, start: When, end: When, weekday: Any = None) -> QuerySet:
    """A row a slot of the audience's courses that holds in start..end (on one weekday, if told), and one for a course
    that has none. Dates and weekday are values or params."""
    in_force = (Q(slots__date_to=None) | Q(slots__date_to__gte=start)) & Q(slots__date_from__lte=end)
    if weekday is not None:
        in_force &= Q(slots__weekday=weekday)
    related = [f"{name}__{column}" for name, columns in RELATED_COLUMNS for column in columns]
    return (
        Course.objects.filter(pk__in=audience.values("pk"))
        .annotate(slot=FilteredRelation("slots", condition=in_force))
        .values_list(*(f"slot__{column}" for column in SLOT_COLUMNS), *COURSE_COLUMNS, *related)
    )


def held_rows(courses: Any, start: When, end: When) -> QuerySet:
    """Lesson rows of the courses in start..end. Dates are dates or params."""
    same_day = Q(course__control_works__date=F("date"))
    who = ("substitute__last_name", "substitute__first_name", "substitute__patronymic")
    fields = ("is_cancelled", "date", "number", "course_id", "pk", "topic", "room", "work__title", *who)
    return (
        Lesson.objects.filter(course__in=courses, date__range=(start, end))
        .annotate(work=FilteredRelation("course__control_works", condition=same_day))
        .values_list(*fields)
    )


class PupilQueries:
    """The three queries about the pupils of some stays and their lessons, composed once (accounts/prepared.py)."""

    def __init__(self, stays: Callable[[], EnrolmentQuerySet]) -> None:
        def audience() -> CourseQuerySet:
            return audience_of(_CLASS, stays().overlapping(_START, _END).values("pupil"))

        self.roll = Prepared(lambda: roll_rows(stays(), _START, _END))
        self.slots = Prepared(lambda: slot_rows(audience(), _START, _END))
        self.slots_of_weekday = Prepared(lambda: slot_rows(audience(), _START, _END, _WEEKDAY))
        self.held = Prepared(lambda: held_rows(audience().values("pk"), _START, _END))


_CLASS, _PUPIL, _COURSE, _GROUP = (
    Param(f"{name}_id", BigIntegerField()) for name in ("class", "pupil", "course", "group")
)
_START: When = Param("start", DateField())
_END: When = Param("end", DateField())
_WEEKDAY = Param("weekday", IntegerField())
OF_CLASS = PupilQueries(lambda: Enrolment.objects.filter(school_class=_CLASS))
OF_PUPIL = PupilQueries(lambda: Enrolment.objects.filter(school_class=_CLASS, pupil=_PUPIL))
course_roll = Prepared(lambda: roll_rows(Enrolment.objects.filter(school_class=_CLASS), _START, _END, _GROUP))
course_slots = Prepared(
    lambda: TimetableSlot.objects.filter(
        Q(date_to=None) | Q(date_to__gte=_START), course=_COURSE, date_from__lte=_END
    ).values_list(*SLOT_COLUMNS)
)
course_held = Prepared(lambda: held_rows(Course.objects.filter(pk=_COURSE).values("pk"), _START, _END))
