"""Which lessons a class, a group, a pupil has on which day. The one home of «own lessons» (domain.md §2).

Lessons of a day are the timetable's slots that hold on it, corrected by `Lesson` rows: a row with the same course
and number replaces the slot (held, replaced, cancelled), a row without a slot adds a lesson.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from journal.calendar import Calendar
from journal.models import (
    Course,
    Enrolment,
    GroupMembership,
    IndividualPlan,
    Lesson,
    Pupil,
    SchoolClass,
    StudyGroup,
    TimetableSlot,
)


@dataclass(frozen=True, slots=True)
class LessonPlace:
    """A lesson on a date. `lesson_id` is None while only the timetable knows of it."""

    date: date
    number: int
    course_id: int
    lesson_id: int | None = None
    topic: str = ""
    room: str = ""
    substitute: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when something holds, both days included; an open end is None."""

    date_from: date
    date_to: date | None

    def holds(self, day: date) -> bool:
        return self.date_from <= day and (self.date_to is None or day <= self.date_to)


@dataclass(frozen=True)
class ClassLessons:
    """Everything needed to tell the lessons of each pupil of a class between two dates; no query is left inside.

    `pupils` are all who were on the roll of the class for at least a day, in the order of class lists.
    """

    pupils: list[Pupil]
    courses: dict[int, Course]
    places: dict[date, list[LessonPlace]]
    enrolments: dict[int, list[Stay]]
    groups: dict[int, list[tuple[int, Stay]]]
    plans: dict[int, list[tuple[Stay, frozenset[int], frozenset[int]]]]
    split_subjects: frozenset[int]

    def on_roll(self, pupil_id: int, day: date) -> bool:
        return any(stay.holds(day) for stay in self.enrolments.get(pupil_id, ()))

    def own(self, pupil_id: int, day: date) -> list[LessonPlace]:
        """The pupil's own lessons of the day, by number; none on a day off the roll or without school."""
        if not self.on_roll(pupil_id, day):
            return []
        groups = {group for group, stay in self.groups.get(pupil_id, ()) if stay.holds(day)}
        plan_subjects: frozenset[int] = frozenset()
        plan_courses: frozenset[int] = frozenset()
        for stay, subjects, courses in self.plans.get(pupil_id, ()):
            if stay.holds(day):
                plan_subjects, plan_courses = subjects, courses
        return [
            place
            for place in self.places.get(day, ())
            if _is_own(self.courses[place.course_id], groups, plan_subjects, plan_courses)
        ]

    def of_day(self, day: date) -> list[LessonPlace]:
        """All lessons of the class and its groups on the day (not of single pupils' plans), by number."""
        return [place for place in self.places.get(day, ()) if not self.courses[place.course_id].plan_id]


def _is_own(course: Course, groups: set[int], plan_subjects: frozenset[int], plan_courses: frozenset[int]) -> bool:
    if course.plan_id:
        return course.pk in plan_courses
    if course.subject_id in plan_subjects:
        return False
    return course.group_id is None or course.group_id in groups


def class_lessons(school_class: SchoolClass, start: date, end: date, calendar: Calendar) -> ClassLessons:
    """Lessons of the class and of each of its pupils in start..end. Seven queries, whatever the sizes."""
    enrolments = list(
        Enrolment.objects.filter(school_class=school_class)
        .overlapping(start, end)
        .select_related("pupil")
        .order_by("pupil__sort_name", "pupil_id", "date_from")
    )
    pupils = list({row.pupil_id: row.pupil for row in enrolments}.values())
    stays: dict[int, list[Stay]] = defaultdict(list)
    for row in enrolments:
        stays[row.pupil_id].append(Stay(row.date_from, row.date_to))
    return _assemble(
        pupils=pupils,
        stays=stays,
        courses=Course.objects.of_class(school_class),
        start=start,
        end=end,
        grade=school_class.grade,
        calendar=calendar,
    )


def pupil_lessons(pupil: Pupil, school_class: SchoolClass, start: date, end: date, calendar: Calendar) -> ClassLessons:
    """The same for one pupil in one class: what a family's page needs."""
    enrolments = Enrolment.objects.filter(pupil=pupil, school_class=school_class).overlapping(start, end)
    return _assemble(
        pupils=[pupil],
        stays={pupil.pk: [Stay(row.date_from, row.date_to) for row in enrolments]},
        courses=Course.objects.of_class(school_class),
        start=start,
        end=end,
        grade=school_class.grade,
        calendar=calendar,
    )


def own_lessons(pupil: Pupil, school_class: SchoolClass, day: date, calendar: Calendar) -> list[LessonPlace]:
    """The pupil's own lessons of one day (domain.md §2): subgroup at that date, plan, substitutions, days off."""
    return pupil_lessons(pupil, school_class, day, day, calendar).own(pupil.pk, day)


def _assemble(*, pupils, stays, courses, start, end, grade, calendar) -> ClassLessons:
    ids = [pupil.pk for pupil in pupils]
    within = Q(date_to=None) | Q(date_to__gte=start)
    memberships = GroupMembership.objects.filter(within, pupil__in=ids, date_from__lte=end)
    groups: dict[int, list[tuple[int, Stay]]] = defaultdict(list)
    for row in memberships:
        groups[row.pupil_id].append((row.group_id, Stay(row.date_from, row.date_to)))

    plans: dict[int, list[tuple[Stay, frozenset[int], frozenset[int]]]] = defaultdict(list)
    plan_rows = IndividualPlan.objects.filter(within, pupil__in=ids, date_from__lte=end)
    for plan in plan_rows.prefetch_related("courses__subject", "courses__teacher"):
        own = list(plan.courses.all())
        subjects = frozenset(course.subject_id for course in own)
        plans[plan.pupil_id].append(
            (Stay(plan.date_from, plan.date_to), subjects, frozenset(course.pk for course in own))
        )

    of_plans = Q(plan__pupil__in=ids) if plans else Q(pk__in=[])
    known = {
        course.pk: course
        for course in (courses | Course.objects.filter(of_plans)).for_lists()
    }
    return ClassLessons(
        pupils=pupils,
        courses=known,
        places=_places(known, start, end, grade, calendar),
        enrolments=stays,
        groups=groups,
        plans=plans,
        split_subjects=frozenset(course.subject_id for course in known.values() if course.group_id),
    )


def _places(
    courses: Iterable[int], start: date, end: date, grade: int, calendar: Calendar
) -> dict[date, list[LessonPlace]]:
    """Lessons by day: slots that hold, replaced and completed by Lesson rows."""
    ids = list(courses)
    slots: dict[int, list[TimetableSlot]] = defaultdict(list)
    slot_rows = TimetableSlot.objects.filter(Q(date_to=None) | Q(date_to__gte=start), course__in=ids)
    for slot in slot_rows.filter(date_from__lte=end):
        slots[slot.weekday].append(slot)

    found: dict[tuple[date, int, int], LessonPlace | None] = {}
    for day in calendar.school_days(start, end, grade):
        for slot in slots[calendar.timetable_weekday(day)]:
            if slot.date_from <= day and (slot.date_to is None or day <= slot.date_to):
                found[day, slot.number, slot.course_id] = LessonPlace(day, slot.number, slot.course_id, room=slot.room)

    rows = Lesson.objects.filter(course__in=ids, date__range=(start, end)).select_related("substitute")
    for row in rows:
        if not calendar.is_school_day(row.date, grade):
            continue
        # A cancelled lesson also hides the slot of the timetable.
        found[row.date, row.number, row.course_id] = None if row.is_cancelled else LessonPlace(
            row.date, row.number, row.course_id, row.pk, row.topic, row.room,
            row.substitute.short_name if row.substitute else "",
        )  # fmt: skip

    places: dict[date, list[LessonPlace]] = defaultdict(list)
    for key in sorted(found):
        if place := found[key]:
            places[place.date].append(place)
    return dict(places)


def groups_of(school_class: SchoolClass) -> list[StudyGroup]:
    """Study groups in which the class takes part, with their subjects."""
    return list(school_class.groups.select_related("subject").order_by("subject__name", "name"))
