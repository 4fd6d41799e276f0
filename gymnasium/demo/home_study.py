"""One pupil of 7Б who studies at home: own courses with own hours instead of the class's."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from gymnasium.demo.curriculum import TALKS
from gymnasium.demo.world import Child, Form, Place, Stay, Unit, World
from journal.models import Course, IndividualPlan, Pupil, TimetableSlot

TWICE_A_WEEK = {"Русский язык", "Алгебра", "Иностранный язык (английский)"}
LESSONS_A_DAY = 4


def build_home_study(world: World) -> None:
    """The plan since October, its courses with the class's own teachers, and slots when these are free."""
    form = world.form("7Б")
    first = date(world.year.date_from.year, 10, 5)
    first = first if first < world.day else world.year.date_from
    child = _who(world, form)
    child.studies_at_home = True
    child.row.study_form = Pupil.StudyForm.HOME
    child.row.save(update_fields=["study_form"])
    plan = IndividualPlan.objects.create(
        pupil=child.row,
        kind=IndividualPlan.Kind.HOME,
        order_number="41-у",
        order_date=max(first - timedelta(days=4), world.year.date_from),
        date_from=first,
    )
    week = _FreePlaces(world, form)
    for unit in [unit for unit in form.units if unit.subject != TALKS]:
        course = _replace(world, unit, plan, child, first)
        own = Unit(unit.subject, [course], hours=1 + (unit.subject in TWICE_A_WEEK), first=first)
        own.places = [week.take(course) for _ in range(own.hours)]
        form.plan_units.append(own)
    TimetableSlot.objects.bulk_create(
        TimetableSlot(course=unit.courses[0], weekday=weekday, number=number, room="на дому", date_from=first)
        for unit in form.plan_units
        for weekday, number in unit.places
    )


def _who(world: World, form: Form) -> Child:
    """Somebody who is in the class all the time, in one group each, and has no login."""
    for stay in form.roll[10:]:
        child = stay.child
        is_steady = stay.first == world.year.date_from and stay.last == date.max
        joined = sum(s.child is child for unit in form.units for c in unit.courses for s in world.audience[c.pk])
        if is_steady and joined == len(form.units) and child.row.user_id is None:
            return child
    raise LookupError("в 7Б некому учиться на дому")


def _replace(world: World, unit: Unit, plan: IndividualPlan, child: Child, first: date) -> Course:
    """Takes the child out of the class's course, whose teacher goes on teaching it alone."""
    for course in unit.courses:
        stays = world.audience[course.pk]
        for index, stay in enumerate(stays):
            if stay.child is child:
                if first > stay.first:
                    stays[index] = Stay(child, stay.first, first - timedelta(days=1))
                else:
                    del stays[index]
                own = Course.objects.create(
                    subject=course.subject,
                    plan=plan,
                    teacher=course.teacher,
                    hours_per_week=1 + (unit.subject in TWICE_A_WEEK),
                )
                world.audience[own.pk].append(Stay(child, first))
                return own
    raise LookupError(unit.subject)


class _FreePlaces:
    """Hours when the teacher of a course is free and the pupil too, spread over the week."""

    def __init__(self, world: World, form: Form) -> None:
        self.busy = {
            (course.teacher, place)
            for other in world.forms
            for unit in other.units
            for course in unit.courses
            for place in unit.places
        }
        self.taken: set[Place] = set(form.units[0].places)  # «Разговоры о важном» stay with the class
        self.subjects: set[tuple[int, int]] = set()
        self.a_day: Counter[int] = Counter(day for day, _ in self.taken)

    def take(self, course: Course) -> Place:
        free = [
            (self.a_day[day] // LESSONS_A_DAY, number, self.a_day[day], day)
            for day in range(1, 6)
            for number in range(2, 9)
            if (day, number) not in self.taken
            and (course.teacher, (day, number)) not in self.busy
            and (day, course.subject_id) not in self.subjects
        ]
        _, number, _, day = min(free)
        self.taken.add((day, number))
        self.busy.add((course.teacher, (day, number)))
        self.subjects.add((day, course.subject_id))
        self.a_day[day] += 1
        return day, number
