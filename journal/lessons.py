"""Which lessons a class, a group, a pupil has on which day. The one home of «own lessons» (domain.md §2).

Lessons of a day are the timetable's slots that hold on it, corrected by `Lesson` rows: a row with the same course
and number replaces the slot (held, replaced, cancelled), a row without a slot adds a lesson.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, Q, QuerySet

from journal.calendar import Calendar
from journal.lesson_rows import (
    COURSE_COLUMNS,
    OF_CLASS,
    OF_PUPIL,
    PLAN_ID,
    PUPIL_COLUMNS,
    RELATED_COLUMNS,
    SLOT_COLUMNS,
    PupilQueries,
    course_held,
    course_roll,
    course_slots,
    held_rows,
    roll_rows,
    slot_rows,
)
from journal.models import (
    Course,
    Enrolment,
    IndividualPlan,
    Lesson,
    Pupil,
    SchoolClass,
    Teacher,
)
from journal.models.people import EnrolmentQuerySet
from journal.text import initials


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
    control: str = ""
    """Title of the control work that the schedule has on this day."""


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when something holds, both days included; an open end is None."""

    date_from: date
    date_to: date | None

    def holds(self, day: date) -> bool:
        return self.date_from <= day and (self.date_to is None or day <= self.date_to)


Slot = tuple[int, int, str, Stay]
"""A place in the timetable: lesson number, course, room, and from when to when it holds."""

Roll = tuple[dict[int, Pupil], dict[int, list[Stay]], dict[int, list[tuple[int, Stay]]]]
"""Pupils in list order, their stays in the class, their groups."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An individual plan: in its subjects its courses stand instead of the class's, with or without a timetable."""

    stay: Stay
    subject_ids: frozenset[int]
    course_ids: frozenset[int]
    courses: tuple[Course, ...] = ()


@dataclass(frozen=True)
class ClassLessons:
    """Everything needed to tell the lessons of each pupil of a class between two dates; no query is left inside.

    `pupils` are all who were on the roll of the class for at least a day, in the order of class lists; `courses` are
    those with a lesson between the dates, with subject, group, teacher and plan loaded.
    """

    pupils: list[Pupil]
    courses: dict[int, Course]
    places: dict[date, list[LessonPlace]]
    enrolments: dict[int, list[Stay]]
    groups: dict[int, list[tuple[int, Stay]]]
    plans: dict[int, list[Plan]]
    split_subjects: frozenset[int]

    def on_roll(self, pupil_id: int, day: date) -> bool:
        return any(stay.holds(day) for stay in self.enrolments.get(pupil_id, ()))

    def last_day(self, pupil_id: int) -> date:
        """The day on which the pupil leaves the class (or classes): what comes later is the business of others."""
        return max(stay.date_to or date.max for stay in self.enrolments[pupil_id])

    def own(self, pupil_id: int, day: date) -> list[LessonPlace]:
        """The pupil's own lessons of the day, by number; none on a day off the roll or without school."""
        if not self.on_roll(pupil_id, day):
            return []
        rights = self._rights(pupil_id, day)
        return [place for place in self.places.get(day, ()) if is_own(self.courses[place.course_id], *rights)]

    def takes(self, pupil_id: int, course: Course, day: date) -> bool:
        """Is the course the pupil's own on the day: on the roll, in its group, not replaced by a plan?"""
        return self.on_roll(pupil_id, day) and is_own(course, *self._rights(pupil_id, day))

    def plan_courses(self, pupil_id: int, day: date) -> tuple[Course, ...]:
        """Courses of the individual plan that holds for the pupil on the day, also those without a lesson yet."""
        return next((plan.courses for plan in self.plans.get(pupil_id, ()) if plan.stay.holds(day)), ())

    def days_taken(self, pupil_id: int, course: Course, days: Collection[date]) -> Collection[date]:
        """Those of the days on which the course is the pupil's own."""
        stays = self.enrolments.get(pupil_id, [])
        if len(stays) == 1 and not course.group_id and not course.plan_id and not self.plans.get(pupil_id):
            # Nearly everybody: one stay in the class decides.
            return {day for day in days if stays[0].holds(day)}
        return {day for day in days if self.takes(pupil_id, course, day)}

    def _rights(self, pupil_id: int, day: date) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        return rights_on(self.groups.get(pupil_id, ()), self.plans.get(pupil_id, ()), day)

    def of_day(self, day: date) -> list[LessonPlace]:
        """All lessons of the class and its groups on the day (not of single pupils' plans), by number."""
        return [place for place in self.places.get(day, ()) if not self.courses[place.course_id].plan_id]


def rights_on(
    groups: Iterable[tuple[int, Stay]], plans: Iterable[Plan], day: date
) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """Groups, and subjects and courses of the plan, that hold for a pupil on the day."""
    own = frozenset(group for group, stay in groups if stay.holds(day))
    for plan in plans:
        if plan.stay.holds(day):
            return own, plan.subject_ids, plan.course_ids
    return own, frozenset(), frozenset()


def is_own(course: Any, groups: frozenset[int], plan_subjects: frozenset[int], plan_courses: frozenset[int]) -> bool:
    """Is the course (or any row with its key and those of subject, group and plan) of who has these rights?"""
    if course.plan_id:
        return course.pk in plan_courses
    if course.subject_id in plan_subjects:
        return False
    return course.group_id is None or course.group_id in groups


def class_lessons(school_class: SchoolClass, start: date, end: date, calendar: Calendar) -> ClassLessons:
    """Lessons of the class and of each of its pupils in start..end. Three queries, whatever the sizes."""
    return _assemble(OF_CLASS, school_class, start, end, calendar)


def pupil_lessons(pupil: Pupil, school_class: SchoolClass, start: date, end: date, calendar: Calendar) -> ClassLessons:
    """The same for one pupil in one class: what a family's page needs."""
    return _assemble(OF_PUPIL, school_class, start, end, calendar, pupil_id=pupil.pk)


def course_lessons(
    course: Course,
    classes: Sequence[SchoolClass],
    start: date,
    end: date,
    calendar: Calendar,
    *,
    of_plans: Iterable[Course] = (),
) -> ClassLessons:
    """The lessons of one course in start..end, and for pupils of `classes` whose they are. Three queries.

    `of_plans` are courses of this subject by individual plans of these pupils: they replace this one. Pupils who never
    take the course are among the pupils too.
    """
    values = {"start": start, "end": end, "course_id": course.pk}
    group_id = course.group_id or 0
    members: Iterable[tuple]
    if len(classes) == 1:
        members = course_roll(class_id=classes[0].pk, group_id=group_id, start=start, end=end)
    else:
        members = roll_rows(Enrolment.objects.filter(school_class__in=classes), start, end, group_id)
    pupils, stays, groups = _roll(members)
    slots: dict[int, list[Slot]] = defaultdict(list)
    for weekday, number, room, since, until in course_slots(**values):
        slots[weekday].append((number, course.pk, room, Stay(since, until)))
    days = calendar.school_days(start, end, classes[0].grade)
    return ClassLessons(
        pupils=list(pupils.values()),
        courses={course.pk: course},
        places=_by_day(slots, _held(course_held(**values)), days, calendar),
        enrolments=stays,
        groups=groups,
        plans=_plans([course, *of_plans]),
        split_subjects=frozenset([course.subject_id] if course.group_id else []),
    )


def own_lessons(pupil: Pupil, school_class: SchoolClass, day: date, calendar: Calendar) -> list[LessonPlace]:
    """The pupil's own lessons of one day (domain.md §2): subgroup at that date, plan, substitutions, days off."""
    return pupil_lessons(pupil, school_class, day, day, calendar).own(pupil.pk, day)


def teacher_lessons(teacher: Teacher, day: date, calendar: Calendar) -> list[tuple[Course, LessonPlace]]:
    """Lessons of the teacher's courses on the day and those where the teacher stands in, by number. Four queries.

    The courses come with their class, group with its classes, or plan with its pupil.
    """
    open_grades = {grade for grade in range(1, 12) if calendar.is_school_day(day, grade)}
    if not open_grades:
        return []
    stands_in = Lesson.objects.filter(substitute=teacher, date=day).values("course")
    # Last year's places of the timetable have no end of their own: their classes are of another year.
    this_year = Q(school_class__year=calendar.year) | Q(group__year=calendar.year) | Q(plan__isnull=False)
    audience = Course.objects.filter(Q(teacher=teacher) | Q(pk__in=stands_in)).filter(this_year)
    found, slots = _slots(slot_rows(audience, day, day, calendar.timetable_weekday(day)))
    places = _by_day(slots, _held(held_rows(list(found), day, day)), [day], calendar)
    courses = Course.objects.filter(pk__in=list(found)).for_lists().with_audience().in_bulk()
    rows = [(courses[place.course_id], place) for place in places.get(day, ())]
    return [
        (course, place)
        for course, place in rows
        if (not course.grades or course.grades & open_grades)
        and (course.teacher_id == teacher.pk or place.substitute == teacher.short_name)
    ]


def _assemble(
    queries: PupilQueries, school_class: SchoolClass, start: date, end: date, calendar: Calendar, **whose: int
) -> ClassLessons:
    values = {"class_id": school_class.pk, "start": start, "end": end, **whose}
    pupils, stays, groups = _roll(queries.roll(**values))
    days = calendar.school_days(start, end, school_class.grade)
    weekdays = {calendar.timetable_weekday(day) for day in days}
    if len(weekdays) > 1:
        rows = queries.slots(**values)
    else:  # of a day; of one without school only the courses
        rows = queries.slots_of_weekday(**values, weekday=min(weekdays, default=0))
    held = list(_held(queries.held(**values)))
    known, slots = _slots(rows, {place.course_id for place, _ in held})
    places = _by_day(slots, held, days, calendar)
    used = {place.course_id for of_day in places.values() for place in of_day}
    courses = {pk: course for pk, course in known.items() if pk in used}
    return ClassLessons(
        pupils=list(pupils.values()),
        courses=courses,
        places=places,
        enrolments=stays,
        groups=groups,
        plans=_plans(known.values()),
        split_subjects=frozenset(course.subject_id for course in courses.values() if course.group_id),
    )


def roll_of(enrolments: EnrolmentQuerySet, start: date, end: date, columns: Sequence[str]) -> Roll:
    """Pupils of the stays in list order, with these columns (the key first), their stays and groups. One query."""
    return _roll(roll_rows(enrolments, start, end, columns=columns), columns)


def _roll(rows: Iterable[tuple], columns: Sequence[str] = PUPIL_COLUMNS) -> Roll:
    """Pupils in list order, their stays in the class and in groups, from `roll_rows`."""
    pupils: dict[int, Pupil] = {}
    stays: dict[int, set[Stay]] = defaultdict(set)
    groups: dict[int, set[tuple[int, Stay]]] = defaultdict(set)
    for pupil_id, since, until, group, group_since, group_until, *values in rows:
        if pupil_id not in pupils:
            pupils[pupil_id] = Pupil.from_db(DEFAULT_DB_ALIAS, columns, values)
        stays[pupil_id].add(Stay(since, until))
        if group:
            groups[pupil_id].add((group, Stay(group_since, group_until)))
    return (
        pupils,
        {pk: list(found) for pk, found in stays.items()},
        {pk: list(found) for pk, found in groups.items()},
    )


def _plans(courses: Iterable[Course]) -> dict[int, list[Plan]]:
    """Plans by pupil, told by their courses, also on days when these have no lesson: the plan replaces the class
    in its subjects on every day it holds (domain.md §6)."""
    of_plan: dict[IndividualPlan, list[Course]] = defaultdict(list)
    for course in courses:
        if course.plan:
            of_plan[course.plan].append(course)
    plans: dict[int, list[Plan]] = defaultdict(list)
    for plan, own in of_plan.items():
        plans[plan.pupil_id].append(
            Plan(
                Stay(plan.date_from, plan.date_to),
                frozenset(course.subject_id for course in own),
                frozenset(course.pk for course in own),
                tuple(own),
            )
        )
    return plans


def _by_day(
    slots: Mapping[int, list[Slot]],
    held: Iterable[tuple[LessonPlace, bool]],
    days: Collection[date],
    calendar: Calendar,
) -> dict[date, list[LessonPlace]]:
    """Lessons by day from the timetable and from what was held or cancelled."""
    found: dict[tuple[date, int, int], LessonPlace | None] = {}
    for day in days:
        for number, course_id, room, stay in slots.get(calendar.timetable_weekday(day), ()):
            if stay.holds(day):
                found[day, number, course_id] = LessonPlace(day, number, course_id, room=room)

    school_days = set(days)
    for place, is_cancelled in held:
        if place.date in school_days:
            # A cancelled lesson also hides the slot of the timetable.
            found[place.date, place.number, place.course_id] = None if is_cancelled else place

    places: dict[date, list[LessonPlace]] = defaultdict(list)
    for key in sorted(found):
        if standing := found[key]:
            places[standing.date].append(standing)
    return dict(places)


def _slots(
    rows: Iterable[tuple], held: Collection[int] | None = None
) -> tuple[dict[int, Course], dict[int, list[Slot]]]:
    """Courses of `slot_rows`, with subject, group, teacher and plan, and their slots by weekday. Where it is known
    which are `held`, only those, the ones with a slot and those of plans."""
    courses: dict[int, Course] = {}
    slots: dict[int, list[Slot]] = defaultdict(list)
    known: dict[tuple[str, int], Model] = {}
    for row in rows:
        weekday, number, room, since, until, course_id = row[:6]
        wanted = weekday or held is None or course_id in held or row[PLAN_ID] is not None
        if wanted and course_id not in courses:
            courses[course_id] = _course(row[len(SLOT_COLUMNS) :], known)
        if weekday:
            slots[weekday].append((number, course_id, room, Stay(since, until)))
    return courses, slots


def _course(values: tuple, known: dict[tuple[str, int], Model]) -> Course:
    """The course of a row with what it points to; teachers and subjects are made once."""
    course = Course.from_db(DEFAULT_DB_ALIAS, COURSE_COLUMNS, values[: len(COURSE_COLUMNS)])
    begin = len(COURSE_COLUMNS)
    for name, columns in RELATED_COLUMNS:
        own, begin = values[begin : begin + len(columns)], begin + len(columns)
        field: Any = Course._meta.get_field(name)
        related = known.get((name, own[0]))
        if related is None and own[0] is not None:
            related = known[name, own[0]] = field.related_model.from_db(DEFAULT_DB_ALIAS, columns, own)
        field.set_cached_value(course, related)
    return course


def _held(rows: Iterable[tuple]) -> Iterator[tuple[LessonPlace, bool]]:
    """Places of `held_rows`, and whether each is cancelled. Plain values: a year of a class is thousands of rows."""
    for is_cancelled, day, number, course_id, pk, topic, room, control, *name in rows:
        substitute = initials(*name) if name[0] else ""
        yield LessonPlace(day, number, course_id, pk, topic, room, substitute, control or ""), is_cancelled


def pupils_of_day(school_class: SchoolClass, day: date) -> QuerySet:
    """Ids of the pupils on the roll of the class on the day, to filter other rows by."""
    return Enrolment.objects.filter(school_class=school_class).on_roll(day).values("pupil")
