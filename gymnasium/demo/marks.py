"""Marks of every lesson, marks of finished terms, teachers' recommendations."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from gymnasium.demo import topics
from gymnasium.demo.curriculum import PROJECT, SPORT, SUBJECTS
from gymnasium.demo.world import Child, Form, Unit, World, moment
from journal.models import Course, Lesson, Mark, PeriodMark, Recommendation, Term

# Which part of the class is asked at a lesson: with one hour a week nearly half, else nobody gets a mark in time.
ASKED = {1: 0.36, 2: 0.21, 3: 0.14, 4: 0.12}
ASKED_OFTEN = 0.1
TEST_EVERY = 11
TOO_FEW = 3
OFTEN_ILL = 1.8  # others with few marks get theirs all the same
KIND_EASE = {"К": -0.25, "П": -0.1, "С": -0.1, "О": 0.15, "Д": 0.3}

Tally = dict[tuple[int, int], list[tuple[date, int, int]]]
"""Marks by pupil and subject: date, value, weight."""


def build_marks(world: World) -> None:
    """Grade 1 and a few subjects have lessons without marks (domain.md §3)."""
    rng = world.rng("sport")
    tally: Tally = defaultdict(list)
    for form in world.forms:
        if form.grade == 1:
            continue
        _exempt_somebody(form, rng)
        maker = _MarkMaker(world, form, tally)
        for unit in form.all_units:
            if SUBJECTS[unit.subject].has_marks:
                for course in unit.courses:
                    maker.mark_course(unit, course)
        Mark.objects.bulk_create(maker.rows, batch_size=2000)
    _period_marks(world, tally)
    _recommend(world)


def _exempt_somebody(form: Form, rng: Random) -> None:
    """Every third class, and 7Б, has a pupil who is exempt from sport."""
    if rng.random() < 0.35 or form.name == "7Б":
        children = [stay.child for stay in form.roll if stay.last == date.max and not stay.child.studies_at_home]
        rng.choice(children).exempt_from_sport = True


class _MarkMaker:
    """Marks of one class: the stronger the pupil the better, and nobody is forgotten for long."""

    def __init__(self, world: World, form: Form, tally: Tally) -> None:
        self.world, self.form, self.tally = world, form, tally
        self.rng = world.rng(f"marks {form.name}")
        self.terms = world.calendar.terms_for(form.grade)
        self.rows: list[Mark] = []

    def mark_course(self, unit: Unit, course: Course) -> None:
        asked: Counter[tuple[int, Child]] = Counter()
        lessons = [lesson for lesson in self.world.lessons[course.pk] if not lesson.is_cancelled]
        share = ASKED.get(unit.hours, ASKED_OFTEN)
        for number, lesson in enumerate(lessons, start=1):
            present = self.present(unit, course, lesson)
            if not present:
                continue
            term = sum(term.date_from <= lesson.date for term in self.terms)
            if lesson.topic.startswith("Контрольн"):
                kind, chosen = "К", present
            elif number % TEST_EVERY == 5 and unit.subject != SPORT:
                kind, chosen = self.rng.choice("ПС"), present
            else:
                count = max(1, round(share * len(present) * self.rng.uniform(0.6, 1.4)))
                chosen = sorted(present, key=lambda child: asked[term, child] + self.rng.random() * 2)[:count]
                kind = "Д" if self.rng.random() < 0.15 else "О"
            for child in chosen:
                asked[term, child] += 1
                self.put(unit, course, lesson, child, kind)
        if self.world.contradiction:
            self.contradict(unit, course, lessons)

    def present(self, unit: Unit, course: Course, lesson: Lesson) -> list[Child]:
        missing = self.world.missing
        return [
            stay.child
            for stay in self.world.audience[course.pk]
            if stay.holds(lesson.date)
            and lesson.number not in missing.get((stay.child.row.pk, lesson.date), ())
            and not (unit.subject == SPORT and stay.child.exempt_from_sport)
        ]

    def put(self, unit: Unit, course: Course, lesson: Lesson, child: Child, kind: str) -> None:
        values = [self.value(unit, child, kind)]
        if kind == "К" and unit.subject == "Русский язык":
            values.append(self.value(unit, child, kind))  # «4/5»: literacy and content
        elif kind == "Д" and self.rng.random() < 0.03:
            values = ["."]  # owes the work
        teacher = lesson.substitute or course.teacher
        hour, minute = divmod(8 * 60 + 40 + 55 * (lesson.number - 1) + self.rng.randint(0, 15), 60)
        for position, value in enumerate(values, start=1):
            self.rows.append(
                Mark(
                    lesson=lesson,
                    pupil=child.row,
                    position=position,
                    value=value,
                    kind=self.world.kinds[kind],
                    comment=self.comment(value),
                    set_by=teacher.user,
                    set_at=moment(lesson.date, hour, minute),
                )
            )
            if value.isdigit():
                place = (child.row.pk, course.subject_id)
                self.tally[place].append((lesson.date, int(value), int(self.world.kinds[kind].weight)))

    def value(self, unit: Unit, child: Child, kind: str) -> str:
        if unit.subject == PROJECT:
            return "незач" if self.rng.random() < 0.06 else "зач"
        ease = KIND_EASE[kind] + (0.0 if SUBJECTS[unit.subject].has_controls else 0.7)
        mean = child.strength + child.gifts[unit.subject] + ease
        return str(min(5, max(1, round(self.rng.gauss(mean, 0.62)))))

    def comment(self, value: str) -> str:
        if self.rng.random() > 0.06 or value == ".":
            return ""
        pool = topics.GOOD_COMMENTS if value == "5" else topics.POOR_COMMENTS if value == "2" else topics.COMMENTS
        return self.rng.choice(pool)

    def contradict(self, unit: Unit, course: Course, lessons: list[Lesson]) -> None:
        child, day, number = self.world.contradiction
        if not any(stay.child is child and stay.holds(day) for stay in self.world.audience[course.pk]):
            return
        for lesson in lessons:
            if (lesson.date, lesson.number) == (day, number):
                self.put(unit, course, lesson, child, "О")


def _period_marks(world: World, tally: Tally) -> None:
    rows: list[PeriodMark] = []
    for form in world.forms:
        if form.grade == 1:
            continue
        terms = world.finished_terms(form.grade)
        for unit in form.all_units:
            if not SUBJECTS[unit.subject].has_marks:
                continue
            for course in unit.courses:
                for stay in world.audience[course.pk]:
                    rows += _marks_of_terms(world, course, stay, terms, tally)
    PeriodMark.objects.bulk_create(rows, batch_size=2000)


def _marks_of_terms(world: World, course: Course, stay, terms: list[Term], tally: Tally) -> list[PeriodMark]:
    """For the terms at whose end the pupil was in the course; the year's mark when all four are there."""
    rows = []
    for term in terms:
        if not stay.holds(term.date_to):
            continue
        marks = [m for m in tally[stay.child.row.pk, course.subject_id] if term.date_from <= m[0] <= term.date_to]
        value = _term_value(course, stay.child, marks)
        if value:
            at = moment(term.date_to, 15, 10)
            row = PeriodMark(pupil=stay.child.row, subject=course.subject, year=world.year, term=term, value=value)
            row.set_by, row.set_at = course.teacher.user, min(at, moment(world.day, 8, 0))
            rows.append(row)
    is_whole_year = terms and terms[-1] == world.calendar.terms_for(10)[-1]
    return rows + ([_year_mark(rows)] if is_whole_year and rows else [])


def _term_value(course: Course, child: Child, marks: list[tuple[date, int, int]]) -> str:
    if child.exempt_from_sport and course.subject.name == SPORT:
        return "осв"
    if course.subject.name == PROJECT:
        return "зач"
    if not marks:
        return ""
    if len(marks) < TOO_FEW and child.frailty > OFTEN_ILL:
        return "н/а"
    mean = sum(value * weight for _, value, weight in marks) / sum(weight for *_, weight in marks)
    return "5" if mean >= 4.5 else "4" if mean >= 3.5 else "3" if mean >= 2.5 else "2"


def _year_mark(rows: list[PeriodMark]) -> PeriodMark:
    """The mean of the period marks, rounded half up."""
    numbers = [int(row.value) for row in rows if row.value.isdigit()]
    last = rows[-1]
    mean = Decimal(sum(numbers)) / len(numbers) if numbers else None
    value = str(mean.quantize(Decimal(1), ROUND_HALF_UP)) if mean else last.value
    return PeriodMark(
        pupil=last.pupil,
        subject=last.subject,
        year=last.year,
        kind=PeriodMark.Kind.YEAR,
        value=value,
        set_by=last.set_by,
        set_at=last.set_at,
    )


def _recommend(world: World) -> None:
    """A few words a class each month; the demo pupil has two."""
    rng = world.rng("recommendations")
    rows: list[Recommendation] = []
    demo = world.users["pupil7b"]
    for form in world.forms:
        children = form.children_on(world.day)
        chosen = rng.sample(children, len(children) // 4)
        chosen += [child for child in children if child.row.user_id == demo.pk] * 2
        units = [unit for unit in form.units if SUBJECTS[unit.subject].has_controls]
        for child in chosen:
            unit = rng.choice(units)
            course = next((c for c in unit.courses if _studies(world, c, child)), None)
            held = [lesson for lesson in world.lessons[course.pk] if lesson.topic] if course else []
            if not held:
                continue
            lesson = held[-rng.randint(1, min(len(held), 20))]
            text = rng.choice(topics.RECOMMENDATIONS).format(topic=lesson.topic.split(". ")[0])
            rows.append(
                Recommendation(
                    pupil=child.row,
                    subject=course.subject,
                    teacher=course.teacher,
                    date=lesson.date,
                    text=text,
                )
            )
    Recommendation.objects.bulk_create(rows, batch_size=500)


def _studies(world: World, course: Course, child: Child) -> bool:
    return any(stay.child is child and stay.holds(world.day) for stay in world.audience[course.pk])
