"""Individual plans of a class, and the week of a pupil on a plan (domain.md §6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import F, Q

from journal.dates import WEEKDAYS, WEEKDAYS_SHORT
from journal.models import LAST_LESSON, Course, GroupMembership, IndividualPlan, Pupil, SchoolClass, TimetableSlot
from journal.text import normalise

SHOWN_LESSONS = 8


@dataclass(frozen=True)
class PlanRow:
    """A plan in the list of the class; no query is left inside."""

    plan: IndividualPlan
    pupil: Pupil
    courses: list[Course]
    is_now: bool

    @property
    def hours(self) -> Decimal:
        return sum((course.hours_per_week for course in self.courses), Decimal(0))


@dataclass(frozen=True, slots=True)
class ClassLesson:
    """A lesson of the class in the pupil's week: by a course that the plan leaves to the class, or replaces."""

    weekday: int
    number: int
    subject: str
    subject_id: int

    @property
    def place(self) -> str:
        """«вт 3»."""
        return f"{WEEKDAYS_SHORT[self.weekday - 1]} {self.number}"

    @property
    def words(self) -> str:
        """«Вторник, 3-й урок»."""
        return place_words(self.weekday, self.number)


@dataclass(frozen=True, slots=True)
class WeekCell:
    """A place in the pupil's week: the plan's own course, the lesson with the class, or both where they clash."""

    weekday: int
    number: int
    course_id: int | None = None
    with_class: str = ""

    @property
    def words(self) -> str:
        """«Вторник, 3-й урок»."""
        return place_words(self.weekday, self.number)


@dataclass
class Week:
    """The week of a pupil on a plan from a day on. `replaced` are the class's lessons that the plan takes out:
    (subject, its places)."""

    on: date
    weekdays: list[str]
    rows: list[tuple[int, list[WeekCell]]] = field(default_factory=list)
    replaced: list[tuple[str, list[str]]] = field(default_factory=list)
    seen: str = ""


def place_words(weekday: int, number: int) -> str:
    return f"{WEEKDAYS[weekday - 1].capitalize()}, {number}-й урок"


def plans_of_class(school_class: SchoolClass, today: date) -> list[PlanRow]:
    """Plans of the year of pupils who are on the roll now, those in force first. Two queries."""
    year = school_class.year
    day = min(max(today, year.date_from), year.date_to)
    here = school_class.enrolments.on_roll(day).values("pupil")
    rows = IndividualPlan.objects.filter(
        Q(date_to=None) | Q(date_to__gte=year.date_from), pupil__in=here, date_from__lte=year.date_to
    ).select_related("pupil")
    plans = sorted(rows, key=lambda plan: (plan.pupil.sort_name, plan.pupil_id, plan.date_from))
    courses: dict[int, list[Course]] = defaultdict(list)
    for course in Course.objects.filter(plan__in=[plan.pk for plan in plans]).select_related("subject", "teacher"):
        courses[course.plan_id or 0].append(course)
    found = [PlanRow(plan, plan.pupil, in_order(courses[plan.pk]), _holds(plan, day)) for plan in plans]
    return sorted(found, key=lambda row: not row.is_now)


def pupils_without_plan(school_class: SchoolClass, rows: Iterable[PlanRow], today: date) -> list[Pupil]:
    """Whom a plan can be made for. One query."""
    taken = {row.pupil.pk for row in rows if row.is_now}
    year = school_class.year
    day = min(max(today, year.date_from), year.date_to)
    enrolments = school_class.enrolments.on_roll(day).select_related("pupil")
    pupils = [row.pupil for row in enrolments if row.pupil_id not in taken]
    return sorted(pupils, key=lambda pupil: (pupil.sort_name, pupil.pk))


def courses_of_plan(plan: IndividualPlan) -> list[Course]:
    """Courses of the plan in the order of lists. One query."""
    return in_order(Course.objects.filter(plan=plan).select_related("subject", "teacher"))


def in_order(courses: Iterable[Course]) -> list[Course]:
    return sorted(courses, key=lambda course: (normalise(course.subject.name), course.pk))


def _holds(plan: IndividualPlan, day: date) -> bool:
    return plan.date_from <= day and (plan.date_to is None or plan.date_to >= day)


def class_week(pupil: Pupil, school_class: SchoolClass, on: date) -> list[ClassLesson]:
    """Lessons of the timetable that the pupil has with the class and in the own groups from the day on. Two queries."""
    groups = GroupMembership.objects.filter(
        Q(date_to=None) | Q(date_to__gte=on), pupil=pupil, group__year=school_class.year_id
    ).values("group")
    rows = TimetableSlot.objects.filter(
        Q(date_to=None) | Q(date_to__gte=on),
        Q(course__school_class=school_class) | Q(course__group__in=groups),
    )
    places = rows.annotate(name=F("course__subject__name"), subject=F("course__subject_id")).values_list(
        "weekday", "number", "name", "subject"
    )
    return [ClassLesson(*place) for place in sorted(set(places))]


def plan_slots(courses: Collection[Course], on: date) -> list[TimetableSlot]:
    """Places of the plan's courses from the day on. One query."""
    rows = TimetableSlot.objects.filter(Q(date_to=None) | Q(date_to__gte=on), course__in=courses)
    return list(rows.order_by("weekday", "number", "pk"))


def week_of(pupil: Pupil, courses: Collection[Course], school_class: SchoolClass, on: date, week_days: int) -> Week:
    """The pupil's week by plan and with the class. Three queries."""
    subjects = {course.subject_id for course in courses}
    lessons = class_week(pupil, school_class, on)
    slots = plan_slots(courses, on)
    own = {(slot.weekday, slot.number): slot.course_id for slot in slots}
    with_class = {(one.weekday, one.number): one.subject for one in lessons if one.subject_id not in subjects}
    last = max([SHOWN_LESSONS, *(number for _, number in own), *(number for _, number in with_class)])
    week = Week(on, [WEEKDAYS_SHORT[day] for day in range(week_days)], seen=slots_text(slots))
    for number in range(1, min(last, LAST_LESSON) + 1):
        cells = [
            WeekCell(day, number, own.get((day, number)), with_class.get((day, number), ""))
            for day in range(1, week_days + 1)
        ]
        week.rows.append((number, cells))
    replaced: dict[str, list[str]] = defaultdict(list)
    for one in lessons:
        if one.subject_id in subjects:
            replaced[one.subject].append(one.place)
    week.replaced = sorted(replaced.items(), key=lambda item: normalise(item[0]))
    return week


def slots_text(slots: Iterable[TimetableSlot]) -> str:
    """What the page shows of the timetable, to be compared when it is saved."""
    return " ".join(sorted(f"{slot.weekday}.{slot.number}.{slot.course_id}" for slot in slots))
