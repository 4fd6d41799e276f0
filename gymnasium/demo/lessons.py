"""What was taught: lessons with topics and homework, control works, substitutions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from gymnasium.demo import topics
from gymnasium.demo.curriculum import SUBJECTS, chair_of
from gymnasium.demo.world import Form, Place, Unit, World
from journal.models import ControlWork, Course, Homework, Lesson, Teacher

PLANNED_AHEAD = timedelta(days=21)

Controls = dict[tuple[int, date, int], str]
"""Titles of control works by course, date, number of the lesson."""


def build_lessons(world: World) -> None:
    """Lessons of all school days before today; the days to come have only substitutions and control works."""
    controls = _plan_controls(world)
    absent = _SickTeachers(world)
    rows: list[Lesson] = []
    for form in world.forms:
        days = world.past_days(form.grade)
        for unit in form.all_units:
            for course in unit.courses:
                made = _lessons_of(world, form, unit, course, days, controls)
                world.lessons[course.pk] = made
                rows += made
    for form in world.forms:
        rows += absent.replace(form, world.lessons)
    Lesson.objects.bulk_create(rows, batch_size=1000)
    _give_homework(world)


def unit_dates(unit: Unit, days: Iterable[date], world: World) -> list[tuple[date, int]]:
    """Days and numbers of the unit's lessons, oldest first."""
    numbers: dict[int, list[int]] = defaultdict(list)
    for weekday, number in unit.places:
        numbers[weekday].append(number)
    return [(day, number) for day in days for number in sorted(numbers[world.calendar.timetable_weekday(day)])]


def _lessons_of(
    world: World, form: Form, unit: Unit, course: Course, days: list[date], controls: Controls
) -> list[Lesson]:
    rows = []
    held = unit_dates(unit, [day for day in days if day >= unit.first], world)
    for index, (day, number) in enumerate(held):
        control = controls.get((course.pk, day, number))
        topic = control or topics.topic(unit.subject, form.grade, unit.hours, index)
        rows.append(Lesson(course=course, date=day, number=number, topic=topic))
    return rows


def _plan_controls(world: World) -> Controls:
    """The school's schedule of control works (domain.md §7), three weeks ahead: at most one a day and class, rarely
    on the first or last lesson, the same subject not sooner than in some weeks, none in grade 1."""
    planner = _ControlPlanner(world)
    for form in world.forms:
        if form.grade > 1:
            planner.plan(form)
    ControlWork.objects.bulk_create(planner.rows, batch_size=1000)
    return planner.titles


class _ControlPlanner:
    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng("control works")
        self.rows: list[ControlWork] = []
        self.titles: Controls = {}

    def plan(self, form: Form) -> None:
        last = min(self.world.day + PLANNED_AHEAD, self.world.year.date_to)
        days = self.world.calendar.school_days(self.world.year.date_from, last, form.grade)
        lengths: dict[int, int] = defaultdict(int)
        for weekday, number in [place for unit in form.units for place in unit.places]:
            lengths[weekday] = max(lengths[weekday], number)
        taken: set[date] = set()
        for unit in form.units:
            if SUBJECTS[unit.subject].has_controls:
                self.plan_unit(form, unit, unit_dates(unit, days, self.world), taken, lengths)

    def plan_unit(self, form: Form, unit: Unit, lessons, taken: set[date], lengths: dict[int, int]) -> None:
        # At most a tenth of the year's hours: the fewer hours a week, the longer the pause.
        pause = {1: 63, 2: 42}.get(unit.hours, 28)
        due = self.world.year.date_from + timedelta(days=self.rng.randint(14, 14 + pause // 2))
        made = 0
        for index, (day, number) in enumerate(lessons):
            is_edge = number in (1, lengths[self.world.calendar.timetable_weekday(day)]) and unit.hours > 1
            if day < due or day in taken or is_edge:
                continue
            made += 1
            title = topics.control_title(unit.subject, form.grade, unit.hours, made, index)
            for course in unit.courses:
                self.rows.append(ControlWork(course=course, date=day, title=title))
                self.titles[course.pk, day, number] = title
            taken.add(day)
            due = day + timedelta(days=pause + self.rng.randint(0, 9))


class _SickTeachers:
    """Teachers who were ill for some days, and who took their lessons; where nobody could, the lesson fell out."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng("substitutions")
        self.days: dict[Teacher, set[date]] = defaultdict(set)
        self.busy: dict[Place, set[Teacher]] = defaultdict(set)
        self.taken: set[tuple[Teacher, date, int]] = set()
        for form in world.forms:
            for unit in form.all_units:
                for place in unit.places:
                    self.busy[place].update(course.teacher for course in unit.courses)
        self.choose()

    def choose(self) -> None:
        """One run of illness for every third teacher; one teacher of 7Б is ill today, two more are in a full school."""
        leading = {form.teacher for form in self.world.forms}
        teachers = [course.teacher for form in self.world.forms for u in form.units for course in u.courses]
        teachers = [teacher for teacher in dict.fromkeys(teachers) if teacher not in leading]
        days = self.world.past_days(11)
        for teacher in teachers:
            if self.rng.random() < 0.35 and len(days) > 10:
                first = self.rng.randrange(len(days) - 4)
                self.days[teacher].update(days[first : first + self.rng.randint(2, 4)])
        weekday = self.world.calendar.timetable_weekday(self.world.day)
        of_7b = self.world.form("7Б").units
        length = max((number for unit in of_7b for day, number in unit.places if day == weekday), default=0)
        today = [
            course.teacher
            for unit in of_7b
            for course in unit.courses
            # Not the last lesson: it would fall out, and somebody is to be seen who stands in.
            if not unit.is_split and any(day == weekday and number < length for day, number in unit.places)
        ]
        ill = [teacher for teacher in today if teacher not in leading][:1]
        ill += self.rng.sample(teachers, 2) if self.world.size == "full" else []
        for teacher in ill:
            self.days[teacher] = {self.world.day, self.world.day + timedelta(days=1)}

    def replace(self, form: Form, held: dict[int, list[Lesson]]) -> list[Lesson]:
        """Marks the form's lessons that a colleague took; returns the rows of today and tomorrow."""
        ahead = []
        for unit in form.all_units:
            for course in unit.courses:
                if sick := self.days.get(course.teacher):
                    for lesson in held[course.pk]:
                        if lesson.date in sick:
                            self.find(form, unit, lesson)
                    ahead += self.rows_ahead(form, unit, course, sick)
        return ahead

    def rows_ahead(self, form: Form, unit: Unit, course: Course, sick: set[date]) -> list[Lesson]:
        days = [day for day in sorted(sick) if day >= self.world.day]
        days = [day for day in days if self.world.calendar.is_school_day(day, form.grade)]
        rows = [Lesson(course=course, date=day, number=n) for day, n in unit_dates(unit, days, self.world)]
        for lesson in rows:
            self.find(form, unit, lesson)
        return rows

    def find(self, form: Form, unit: Unit, lesson: Lesson) -> None:
        """A free teacher, of the same chair when there is one; the last lesson of a day is cancelled instead."""
        place = (self.world.calendar.timetable_weekday(lesson.date), lesson.number)
        is_last = not any((place[0], place[1] + 1) in other.places for other in form.units)
        group = lesson.course.group
        chair = chair_of(unit.subject, form.grade, group.name if group else "") if unit is not form.units[0] else ""
        near = [teacher for teacher in self.world.chairs.get(chair, []) if self.is_free(teacher, lesson, place)]
        anybody = [teacher for teacher in self.world.teachers[1:] if self.is_free(teacher, lesson, place)]
        if not anybody or (is_last and not near):
            lesson.is_cancelled, lesson.topic = True, ""
            return
        lesson.substitute = self.rng.choice(near or anybody)
        self.taken.add((lesson.substitute, lesson.date, lesson.number))

    def is_free(self, teacher: Teacher, lesson: Lesson, place: Place) -> bool:
        return (
            teacher not in self.busy[place]
            and lesson.date not in self.days.get(teacher, ())
            and (teacher, lesson.date, lesson.number) not in self.taken
        )


def _give_homework(world: World) -> None:
    """Homework at most lessons, to the next lesson of the course."""
    rng = world.rng("homework")
    rows: list[Homework] = []
    for form in world.forms:
        for unit in form.all_units:
            chance = topics.homework_chance(unit.subject, form.grade)
            ahead = world.calendar.school_days(
                world.day, min(world.day + timedelta(days=14), world.year.date_to), form.grade
            )
            coming = [day for day, _ in unit_dates(unit, ahead, world)]
            for course in unit.courses:
                held = [lesson for lesson in world.lessons[course.pk] if not lesson.is_cancelled]
                following = [lesson.date for lesson in held[1:]] + coming[:1] + [None]
                for number, (lesson, due) in enumerate(zip(held, following, strict=False), start=1):
                    if rng.random() < chance and not lesson.topic.startswith("Контрольн"):
                        text = topics.homework(unit.subject, form.grade, number, rng)
                        rows.append(Homework(lesson=lesson, text=text, due_on=due if due != lesson.date else None))
    Homework.objects.bulk_create(rows, batch_size=1000)
