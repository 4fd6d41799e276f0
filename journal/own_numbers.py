"""How many own lessons each pupil of a class had, over a month or a year: the figures of tables, not their lessons.

The rule is that of `journal.lessons` (domain.md §2). What is read is leaner (numbers, no topics, rooms or teachers),
and what is the same is worked out once: pupils of the same groups share their lessons, and most days of a weekday are
alike. A test compares the result with `ClassLessons.own`, day by day.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from django.db.models import FilteredRelation, Q

from journal.calendar import Calendar
from journal.lesson_rows import audience_of
from journal.lessons import Plan, Stay, is_own, rights_on, roll_of
from journal.models import Course, Enrolment, Lesson, Pupil, SchoolClass

NAMES = ("id", "last_name", "first_name", "patronymic", "sort_name")
"""What tables tell of a pupil."""

Places = frozenset[tuple[int, int]]
"""The lessons of a day: (number, course)."""
Rights = tuple[frozenset[int], frozenset[int], frozenset[int]]
"""Groups, and subjects and courses of the plan."""


@dataclass(frozen=True, slots=True)
class CourseKey:
    """Of a course, what tells whose lesson it is."""

    pk: int
    subject_id: int
    group_id: int | None
    plan_id: int | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days, both included, on which a pupil is on the roll and has the same rights."""

    first: date
    last: date
    rights: Rights


@dataclass
class OwnNumbers:
    """Numbers of the own lessons of every pupil of a class between two dates; no query is left inside.

    `pupils` are all who were on the roll for at least a day, in the order of class lists, with their names only.
    """

    pupils: list[Pupil]
    enrolments: dict[int, list[Stay]]
    stretches: dict[int, list[Stretch]]
    courses: dict[int, CourseKey]
    places: dict[date, Places]
    """Of the days with lessons, in order."""
    _days: list[date] = field(default_factory=list)
    _known: dict[tuple[Rights, Places], frozenset[int]] = field(default_factory=dict)
    _sums: dict[Rights, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._days = list(self.places)

    def on_roll(self, pupil_id: int, day: date) -> bool:
        return any(stay.holds(day) for stay in self.enrolments.get(pupil_id, ()))

    def numbers(self, pupil_id: int, day: date) -> frozenset[int]:
        """Numbers of the pupil's own lessons of the day; none off the roll or without school."""
        places, rights = self.places.get(day), self.rights(pupil_id, day)
        return self._numbers(rights, places) if places and rights else frozenset()

    def rights(self, pupil_id: int, day: date) -> Rights | None:
        """Groups and plan of the pupil on the day; None off the roll."""
        return next((one.rights for one in self.stretches.get(pupil_id, ()) if one.first <= day <= one.last), None)

    def count(self, pupil_id: int, start: date, end: date) -> int:
        """Own lessons of the pupil in start..end, while on the roll."""
        total = 0
        for stretch in self.stretches.get(pupil_id, ()):
            sums = self._sums_of(stretch.rights)
            first = bisect_left(self._days, max(start, stretch.first))
            last = bisect_right(self._days, min(end, stretch.last))
            if first < last:
                total += sums[last] - sums[first]
        return total

    def _sums_of(self, rights: Rights) -> list[int]:
        """Lessons of these rights before each of the days, and in all."""
        if rights not in self._sums:
            counts = (len(self._numbers(rights, places)) for places in self.places.values())
            self._sums[rights] = list(accumulate(counts, initial=0))
        return self._sums[rights]

    def _numbers(self, rights: Rights, places: Places) -> frozenset[int]:
        key = (rights, places)
        if key not in self._known:
            self._known[key] = frozenset(
                number for number, course_id in places if is_own(self.courses[course_id], *rights)
            )
        return self._known[key]


def own_numbers(school_class: SchoolClass, start: date, end: date, calendar: Calendar) -> OwnNumbers:
    """Own lessons of the pupils of a class in start..end as numbers. Three queries, whatever the sizes."""
    rows = Enrolment.objects.filter(school_class=school_class)
    pupils, stays, groups = roll_of(rows, start, end, columns=NAMES)
    days = calendar.school_days(start, end, school_class.grade)
    courses, plans, slots = _courses_and_slots(school_class, list(pupils), start, end)
    return OwnNumbers(
        pupils=list(pupils.values()),
        enrolments=stays,
        stretches={
            pk: list(_stretches(found, groups.get(pk, ()), plans.get(pk, ()), start, end))
            for pk, found in stays.items()
        },
        courses=courses,
        places=_places(days, slots, _held(list(courses), start, end), calendar),
    )


def _stretches(
    stays: Iterable[Stay], groups: Iterable[tuple[int, Stay]], plans: Iterable[Plan], start: date, end: date
) -> Iterator[Stretch]:
    """The days of each stay, cut where a group or a plan begins or ends."""
    day = timedelta(days=1)
    dated = [*(stay for _, stay in groups), *(plan.stay for plan in plans)]
    begins = {one.date_from for one in dated} | {one.date_to + day for one in dated if one.date_to}
    for stay in stays:
        first, last = max(stay.date_from, start), min(stay.date_to or end, end)
        cuts = [first, *sorted(cut for cut in begins if first < cut <= last)]
        for since, until in zip(cuts, [*(cut - day for cut in cuts[1:]), last], strict=True):
            if since <= until:
                yield Stretch(since, until, rights_on(groups, plans, since))


def _courses_and_slots(
    school_class: SchoolClass, pupil_ids: list[int], start: date, end: date
) -> tuple[dict[int, CourseKey], dict[int, list[Plan]], dict[int, list[tuple[int, int, Stay]]]]:
    """Courses, plans by pupil, and by weekday the places of the timetable (number, course, stay). One query."""
    in_force = Q(slots__date_to=None) | Q(slots__date_to__gte=start)
    rows: Any = (
        Course.objects.filter(pk__in=audience_of(school_class, pupil_ids).values("pk"))
        .annotate(slot=FilteredRelation("slots", condition=in_force & Q(slots__date_from__lte=end)))
        .values_list(
            *("pk", "subject_id", "group_id", "plan_id", "plan__pupil", "plan__date_from", "plan__date_to"),
            *("slot__weekday", "slot__number", "slot__date_from", "slot__date_to"),
        )
    )
    courses: dict[int, CourseKey] = {}
    of_plan: dict[tuple[int, Stay], set[CourseKey]] = defaultdict(set)
    slots: dict[int, list[tuple[int, int, Stay]]] = defaultdict(list)
    stays: dict[tuple[date, date | None], Stay] = {}
    for pk, subject, group, plan, pupil, plan_from, plan_to, weekday, number, since, until in rows:
        course = courses.setdefault(pk, CourseKey(pk, subject, group, plan))
        if plan:
            of_plan[pupil, Stay(plan_from, plan_to)].add(course)
        if weekday:
            slots[weekday].append((number, pk, stays.setdefault((since, until), Stay(since, until))))
    plans: dict[int, list[Plan]] = defaultdict(list)
    for (pupil, stay), own in of_plan.items():
        plans[pupil].append(
            Plan(stay, frozenset(course.subject_id for course in own), frozenset(course.pk for course in own))
        )
    return courses, plans, slots


def _held(course_ids: list[int], start: date, end: date) -> Iterable[tuple[date, int, int, bool]]:
    """(date, number, course, is cancelled) of the lessons written down. One query."""
    rows = Lesson.objects.filter(course__in=course_ids, date__range=(start, end)).order_by()
    return rows.values_list("date", "number", "course_id", "is_cancelled")


def _places(
    days: list[date],
    slots: dict[int, list[tuple[int, int, Stay]]],
    held: Iterable[tuple[date, int, int, bool]],
    calendar: Calendar,
) -> dict[date, Places]:
    """The lessons of each school day: the timetable, corrected by what was held or cancelled."""
    given: dict[date, set[tuple[int, int]]] = defaultdict(set)
    cancelled: dict[date, set[tuple[int, int]]] = defaultdict(set)
    for day, number, course_id, is_cancelled in held:
        (cancelled if is_cancelled else given)[day].add((number, course_id))
    alike: dict[Places, Places] = {}  # equal days become one object: comparing them later costs nothing
    found: dict[date, Places] = {}
    for day in days:
        planned = {
            (number, course_id)
            for number, course_id, stay in slots.get(calendar.timetable_weekday(day), ())
            if stay.holds(day)
        }
        places = frozenset((planned | given.get(day, set())) - cancelled.get(day, set()))
        if places:
            found[day] = alike.setdefault(places, places)
    return found
