"""«Что изменится»: what a division or a plan does to lessons, journal and absences, and that showing writes nothing."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from journal.calendar import load_calendar
from journal.models import Course, GroupMembership, IndividualPlan
from journal.services.groups import set_division
from journal.services.plans import PlanFacts, PlanSubject, open_plan
from reports.effects import effects_of, tried
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    teacher_user,
)
from tests.pages import words_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 18)


@pytest.fixture(autouse=True)
def wednesday(clock):
    clock(datetime(2026, 11, 18, 9, 0))


class World:
    """Two groups with lessons at different hours on Monday; the first one's lesson on the 16th was held."""

    def __init__(self, more: int = 0):
        self.school_class = make_class("7Б")
        self.subject = make_subject("Информатика")
        self.pupils = [make_pupil(self.school_class, last_name=f"Учеников{n}") for n in range(1 + more)]
        self.pupil = self.pupils[0]
        self.groups = [
            make_group(self.school_class, self.subject, "1 группа", self.pupils),
            make_group(self.school_class, self.subject, "2 группа"),
        ]
        self.courses = [make_course(subject=self.subject, group=group) for group in self.groups]
        for number, course in enumerate(self.courses, start=3):
            make_slot(course, 1, number)
        self.lesson = make_lesson(self.courses[0], MONDAY, 3)
        make_mark(self.lesson, self.pupil, "4")
        self.calendar = load_calendar(self.school_class.year)

    def effect(self, on: date):
        def write():
            seats = {pupil.pk: self.groups[1].pk for pupil in self.pupils}
            user = teacher_user(self.school_class)
            return set_division(school_class=self.school_class, subject=self.subject, on=on, seats=seats, by=user)

        _, trial = tried(self.school_class, self.calendar, TODAY, write)
        return effects_of(trial, [self.pupil.pk])[self.pupil.pk]

    def preview(self, client, user, on: date):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        url = reverse("reports:division_preview", args=[self.school_class.pk, self.subject.pk])
        seats = {f"to-{pupil.pk}": str(self.groups[1].pk) for pupil in self.pupils}
        seen = " ".join(f"{pupil.pk}:{self.groups[0].pk}" for pupil in self.pupils)
        day = on.isoformat()
        return client.post(url, {"on": day, "shown_on": day, "seen": seen, **seats})


def test_a_move_ahead_touches_nothing_that_was():
    effect = World().effect(date(2026, 11, 23))

    assert (effect.past_lost, effect.past_gained, effect.marks, effect.letters) == (0, 0, 0, 0)
    assert effect.ahead_lost == effect.ahead_gained > 20
    assert not effect.changes_totals


def test_a_move_back_in_time_tells_what_stops_being_own():
    world = World()
    world.pupil.absences.create(date=MONDAY, lesson=3, reason="ill")

    effect = world.effect(date(2026, 11, 9))

    # Two Mondays have passed: the 9th and the 16th, with a mark and a letter at the held lesson.
    assert (effect.past_lost, effect.past_gained, effect.marks, effect.letters) == (2, 2, 1, 1)
    assert (effect.before.lessons_all, effect.after.lessons_all) == (1, 0)
    assert (effect.before.days.total(), effect.after.days.total()) == (1, 0)


def test_a_letter_at_the_lesson_of_the_other_group_begins_to_count():
    world = World()
    world.pupil.absences.create(date=MONDAY, lesson=4, reason="unexcused")

    effect = world.effect(MONDAY)

    assert (effect.before.lessons_all, effect.after.lessons_all, effect.letters) == (0, 1, 1)


def test_showing_writes_nothing():
    world = World()
    before = list(GroupMembership.objects.values())

    world.effect(MONDAY)

    assert list(GroupMembership.objects.values()) == before


def test_the_page_says_it_in_words(client):
    world = World()
    world.pupil.absences.create(date=MONDAY, lesson=3, reason="ill")

    text = words_of(world.preview(client, teacher_user(world.school_class), MONDAY))

    assert "Учеников0 Анна 1 группа → 2 группа" in text
    assert "1 перестаёт быть своими, 1 становится" in text
    assert "с отметками: 1, с Б, У, Н: 1" in text
    assert "1 → 0" in text


def test_the_operator_reads_no_absences_and_no_marks(client):
    world = World()
    world.pupil.absences.create(date=MONDAY, lesson=3, reason="ill")

    text = words_of(world.preview(client, make_user(is_operator=True), MONDAY))

    assert "1 перестаёт быть своими" in text
    assert "с отметками" not in text and "1 → 0" not in text and "меняются" in text


@pytest.mark.parametrize("more", [1, 25])
def test_the_preview_costs_the_same_for_any_class(client, more):
    world = World(more)

    user = teacher_user(world.school_class)

    with CaptureQueriesContext(connection) as context:
        answer = world.preview(client, user, MONDAY)

    assert answer.status_code == 200
    queries = [query["sql"] for query in context.captured_queries if "SAVEPOINT" not in query["sql"]]
    # The page reads the class twice, before and after the change that it makes and takes back.
    assert len(queries) == 41


def test_a_division_taken_back_is_shown_first(client):
    world = World()
    url = reverse("reports:division_preview", args=[world.school_class.pk, world.subject.pk])
    client.force_login(teacher_user(world.school_class), backend="django.contrib.auth.backends.ModelBackend")
    sent = {"do": "dissolve", "on": "2026-11-23", "like": world.groups[1].pk}

    preview = client.post(url, sent)

    assert "1 группа → весь класс" in words_of(preview)
    assert not Course.objects.filter(school_class=world.school_class).exists()
    client.post(reverse("journal:division", args=[world.school_class.pk, world.subject.pk]), sent)
    assert Course.objects.get(school_class=world.school_class).slots.get().number == 4


# --- Plans ------------------------------------------------------------------------------------------


def test_a_plan_takes_the_lessons_of_the_class(client):
    school_class = make_class("7Б")
    pupil = make_pupil(school_class)
    course = make_course(school_class, "Физика")
    make_slot(course, 1, 2)
    make_mark(make_lesson(course, MONDAY, 2), pupil, "4")
    pupil.absences.create(date=MONDAY, reason="ill")
    facts = PlanFacts("home", "5-у", None, date(2026, 11, 9), None)
    subjects = [PlanSubject(course.subject, make_teacher(), Decimal(1))]
    calendar = load_calendar(school_class.year)

    _, trial = tried(
        school_class,
        calendar,
        TODAY,
        lambda: open_plan(pupil=pupil, facts=facts, subjects=subjects, by=teacher_user(school_class)),
    )
    effect = effects_of(trial, [pupil.pk])[pupil.pk]

    assert (effect.past_lost, effect.past_gained, effect.marks) == (2, 0, 1)
    assert (effect.before.lessons_all, effect.after.lessons_all) == (1, 0)
    # The whole-day letter stands on a day without lessons now: a day whose lessons are not known.
    assert (effect.before.unknown_days, effect.after.unknown_days) == (0, 1)
    assert not IndividualPlan.objects.exists()


def test_the_preview_of_a_plan_writes_nothing_and_the_save_does(client):
    school_class = make_class("7Б")
    pupil, teacher = make_pupil(school_class), make_teacher()
    subject = make_course(school_class, "Физика").subject
    client.force_login(teacher_user(school_class), backend="django.contrib.auth.backends.ModelBackend")
    sent = {
        "plan-kind": "home", "plan-order_number": "5-у", "plan-date_from": "2026-11-23",
        "subjects-TOTAL_FORMS": "1", "subjects-INITIAL_FORMS": "0",
        "subjects-0-subject": subject.pk, "subjects-0-teacher": teacher.pk, "subjects-0-hours": "1,5",
    }  # fmt: skip

    preview = client.post(reverse("reports:plan_add_preview", args=[pupil.pk]), sent)
    assert "ещё не записано" in words_of(preview)
    assert not IndividualPlan.objects.exists()
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', preview.content.decode()))
    answer = client.post(reverse("journal:plan_add", args=[pupil.pk]), {**carried, "do": "save"})

    plan = IndividualPlan.objects.get()
    assert answer.url == f"{reverse('journal:plan', args=[plan.pk])}#timetable"
    assert (plan.pupil, plan.date_from) == (pupil, MONDAY + timedelta(days=7))
    assert [(c.subject, c.teacher, c.hours_per_week) for c in plan.courses.all()] == [
        (subject, teacher, Decimal("1.5"))
    ]
