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

from django.db.models import F, FilteredRelation, Q, QuerySet

from journal.calendar import Calendar
from journal.models import (
    Course,
    Enrolment,
    IndividualPlan,
    Lesson,
    Pupil,
    SchoolClass,
    Teacher,
    TimetableSlot,
)
from journal.models.classes import CourseQuerySet
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


PUPIL_COLUMNS = tuple(field.attname for field in Pupil._meta.concrete_fields)

Slot = tuple[int, int, str, Stay]
"""A place in the timetable: lesson number, course, room, and from when to when it holds."""


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
    return _assemble(Enrolment.objects.filter(school_class=school_class), school_class, start, end, calendar)


def pupil_lessons(pupil: Pupil, school_class: SchoolClass, start: date, end: date, calendar: Calendar) -> ClassLessons:
    """The same for one pupil in one class: what a family's page needs."""
    enrolments = Enrolment.objects.filter(school_class=school_class, pupil=pupil)
    return _assemble(enrolments, school_class, start, end, calendar)


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
    enrolments = Enrolment.objects.filter(school_class__in=classes)
    pupils, stays, groups = roll_of(enrolments, start, end, group_id=course.group_id or 0)
    slots: dict[int, list[Slot]] = defaultdict(list)
    rows = TimetableSlot.objects.filter(Q(date_to=None) | Q(date_to__gte=start), course=course, date_from__lte=end)
    for weekday, number, room, since, until in rows.values_list("weekday", "number", "room", "date_from", "date_to"):
        slots[weekday].append((number, course.pk, room, Stay(since, until)))
    days = calendar.school_days(start, end, classes[0].grade)
    return ClassLessons(
        pupils=list(pupils.values()),
        courses={course.pk: course},
        places=_by_day(slots, _held([course.pk], start, end), days, calendar),
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
    found, places = _places(audience, day, day, min(open_grades), calendar)
    courses = Course.objects.filter(pk__in=list(found)).for_lists().with_audience().in_bulk()
    rows = [(courses[place.course_id], place) for place in places.get(day, ())]
    return [
        (course, place)
        for course, place in rows
        if (not course.grades or course.grades & open_grades)
        and (course.teacher_id == teacher.pk or place.substitute == teacher.short_name)
    ]


def _assemble(
    enrolments: EnrolmentQuerySet, school_class: SchoolClass, start: date, end: date, calendar: Calendar
) -> ClassLessons:
    pupils, stays, groups = roll_of(enrolments, start, end)
    known, places = _places(audience_of(school_class, list(pupils)), start, end, school_class.grade, calendar)
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


def roll_of(
    enrolments: EnrolmentQuerySet,
    start: date,
    end: date,
    group_id: int | None = None,
    columns: Sequence[str] = PUPIL_COLUMNS,
) -> tuple[dict[int, Pupil], dict[int, list[Stay]], dict[int, list[tuple[int, Stay]]]]:
    """Pupils in list order, their stays in the class and in groups (or in the one group). One query: a row an
    enrolment and membership. `columns` are what is loaded of a pupil, the key first."""
    member = "pupil__group_memberships"
    within = Q(**{f"{member}__date_from__lte": end}) & (
        Q(**{f"{member}__date_to": None}) | Q(**{f"{member}__date_to__gte": start})
    )
    if group_id is not None:
        within &= Q(**{f"{member}__group": group_id})
    # Plain values: a pupil in four groups comes four times, and is made once.
    rows = (
        enrolments.overlapping(start, end)
        .annotate(member=FilteredRelation(member, condition=within))
        .order_by("pupil__sort_name", "pupil_id", "date_from")
        .values_list(
            *("pupil_id", "date_from", "date_to"),
            *("member__group", "member__date_from", "member__date_to"),
            *(f"pupil__{column}" for column in columns),
        )
    )
    pupils: dict[int, Pupil] = {}
    stays: dict[int, set[Stay]] = defaultdict(set)
    groups: dict[int, set[tuple[int, Stay]]] = defaultdict(set)
    for pupil_id, since, until, group, group_since, group_until, *values in rows:
        if pupil_id not in pupils:
            pupils[pupil_id] = Pupil.from_db(rows.db, columns, values)
        stays[pupil_id].add(Stay(since, until))
        if group:
            groups[pupil_id].add((group, Stay(group_since, group_until)))
    return (
        pupils,
        {pk: list(found) for pk, found in stays.items()},
        {pk: list(found) for pk, found in groups.items()},
    )


def audience_of(school_class: SchoolClass, pupil_ids: list[int]) -> CourseQuerySet:
    """Courses of the class, of its groups and of its pupils' plans; conditions on own columns keep to indexes."""
    plans = IndividualPlan.objects.filter(pupil__in=pupil_ids).values("pk")
    return Course.objects.of_class(school_class) | Course.objects.filter(plan__in=plans)


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


def _places(
    audience: CourseQuerySet, start: date, end: date, grade: int, calendar: Calendar
) -> tuple[dict[int, Course], dict[date, list[LessonPlace]]]:
    """The courses of the audience and their lessons by day: slots that hold, corrected by Lesson rows."""
    days = calendar.school_days(start, end, grade)
    known, slots = _slots(audience, start, end, {calendar.timetable_weekday(day) for day in days})
    return known, _by_day(slots, _held(audience.values("pk"), start, end), days, calendar)


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
    audience: CourseQuerySet, start: date, end: date, weekdays: set[int]
) -> tuple[dict[int, Course], dict[int, list[Slot]]]:
    """All courses of the audience and, by weekday, their slots (number, course, room, stay) that hold in start..end.
    One query: a row a slot, and one for a course that has none."""
    in_force = Q(slots__date_to=None) | Q(slots__date_to__gte=start)
    rows: Any = (
        Course.objects.filter(pk__in=audience.values("pk"))
        .select_related("subject", "group", "teacher", "plan")
        .annotate(
            slot=FilteredRelation(
                "slots", condition=in_force & Q(slots__date_from__lte=end, slots__weekday__in=weekdays or {0})
            )
        )
        .annotate(
            weekday=F("slot__weekday"),
            number=F("slot__number"),
            room=F("slot__room"),
            since=F("slot__date_from"),
            until=F("slot__date_to"),
        )
    )
    courses: dict[int, Course] = {}
    slots: dict[int, list[Slot]] = defaultdict(list)
    for row in rows:
        course = courses.setdefault(row.pk, row)
        if row.weekday:
            slots[row.weekday].append((row.number, course.pk, row.room, Stay(row.since, row.until)))
    return courses, slots


def _held(course_ids: QuerySet | list[int], start: date, end: date) -> Iterator[tuple[LessonPlace, bool]]:
    """Lesson rows as places, and whether each is cancelled. Plain values: a year of a class is thousands of rows."""
    same_day = Q(course__control_works__date=F("date"))
    rows = Lesson.objects.filter(course__in=course_ids, date__range=(start, end)).annotate(
        work=FilteredRelation("course__control_works", condition=same_day)
    )
    who = ("substitute__last_name", "substitute__first_name", "substitute__patronymic")
    fields = ("is_cancelled", "date", "number", "course_id", "pk", "topic", "room", "work__title", *who)
    for is_cancelled, day, number, course_id, pk, topic, room, control, *name in rows.values_list(*fields):
        substitute = initials(*name) if name[0] else ""
        yield LessonPlace(day, number, course_id, pk, topic, room, substitute, control or ""), is_cancelled


def pupils_of_day(school_class: SchoolClass, day: date) -> QuerySet:
    """Ids of the pupils on the roll of the class on the day, to filter other rows by."""
    return Enrolment.objects.filter(school_class=school_class).on_roll(day).values("pupil")
