"""Two people on one sheet at the same moment: exactly one press wins, the other is told what stands."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from attendance.facts import own_lesson, stands_at
from attendance.models import Absence, AbsenceChange
from attendance.services import Changed, Mismatch, Press, Statement, mark_absence, state_fact
from journal.calendar import load_calendar
from tests.factories import MONDAY, make_class, make_course, make_pupil, make_slot, make_user, teacher_user

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 20


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


def both(first, second):
    """Run two calls at one moment, each on its own connection; their results or the exceptions."""
    gate = Barrier(2)

    def run(call):
        try:
            gate.wait()
            return call()
        except (Mismatch, Changed) as mismatch:
            return mismatch
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, [first, second]))


def press_of(school_class, calendar, text, user, key=None):
    press = Press.parse(text, key)
    return lambda: mark_absence(school_class=school_class, day=MONDAY, press=press, calendar=calendar, by=user)


def test_one_of_two_different_presses_wins_and_the_other_is_told():
    school_class, colleague = make_class(), make_user()
    teacher, calendar = teacher_user(school_class), load_calendar(school_class.year)
    for _ in range(ROUNDS):
        pupil = make_pupil(school_class)

        results = both(
            press_of(school_class, calendar, f"{pupil.pk}:0::ill", teacher),
            press_of(school_class, calendar, f"{pupil.pk}:0::excused", colleague),
        )

        (loser,) = [result for result in results if isinstance(result, Mismatch)]
        assert Absence.objects.get(pupil=pupil).reason == loser.reason
        assert AbsenceChange.objects.filter(pupil=pupil).count() == 1


def test_the_same_press_sent_twice_at_once_acts_once():
    school_class = make_class()
    teacher, calendar = teacher_user(school_class), load_calendar(school_class.year)
    for _ in range(ROUNDS):
        pupil, key = make_pupil(school_class), uuid4()
        press = press_of(school_class, calendar, f"{pupil.pk}:0::ill", teacher, key)

        results = both(press, press)

        assert [result.reason for result in results] == ["ill", "ill"]
        assert AbsenceChange.objects.filter(pupil=pupil).count() == 1


def test_presses_on_different_lessons_of_one_pupil_are_both_kept():
    school_class, colleague = make_class(), make_user()
    teacher, calendar = teacher_user(school_class), load_calendar(school_class.year)
    for _ in range(ROUNDS):
        pupil = make_pupil(school_class)

        both(
            press_of(school_class, calendar, f"{pupil.pk}:1::ill", teacher),
            press_of(school_class, calendar, f"{pupil.pk}:2::late", colleague),
        )

        assert set(Absence.objects.filter(pupil=pupil).values_list("lesson", "reason")) == {(1, "ill"), (2, "late")}


@pytest.fixture
def lesson():
    """A lesson of 7Б at this moment: what its teacher states at once with the class teacher, for twenty pupils."""
    school_class = make_class()
    course = make_course(school_class)
    make_slot(course, 1, 2)
    pupils = [make_pupil(school_class) for _ in range(ROUNDS)]
    lesson = own_lesson(course, MONDAY, 2)
    assert lesson and [pupil.pk for pupil in lesson.pupils] == [pupil.pk for pupil in pupils]
    return lesson


def fact_of(lesson, pupil):
    seen = stands_at([pupil.pk], MONDAY, 2)[pupil.pk].stamp
    statement = Statement(pupil.pk, seen, "absent")
    return lambda: state_fact(lesson=lesson, statement=statement, by=lesson.course.teacher.user)


def test_a_fact_and_the_class_teachers_whole_day_never_overwrite_each_other_unseen(lesson):
    school_class = lesson.course.school_class
    teacher, calendar = teacher_user(school_class), load_calendar(school_class.year)
    for pupil in lesson.pupils:
        fact, day = both(fact_of(lesson, pupil), press_of(school_class, calendar, f"{pupil.pk}:0::ill", teacher))

        assert day.reason == "ill"
        places = set(Absence.objects.filter(pupil=pupil).values_list("lesson", "reason", "is_confirmed"))
        if isinstance(fact, Changed):  # the day came first, and the subject teacher is told
            assert (places, fact.stands.whole.reason) == ({(0, "ill", True)}, "ill")
        else:  # the fact came first, and the reason of the day answered it
            assert places == {(0, "ill", True), (2, "ill", True)}
            assert list(AbsenceChange.objects.filter(pupil=pupil, lesson=2).values_list("new", flat=True)) == [
                "ill",
                "unexcused",
            ]


def test_a_fact_and_a_press_at_the_same_lesson_leave_one_and_tell_the_other(lesson):
    school_class = lesson.course.school_class
    teacher, calendar = teacher_user(school_class), load_calendar(school_class.year)
    for pupil in lesson.pupils:
        results = both(fact_of(lesson, pupil), press_of(school_class, calendar, f"{pupil.pk}:2::excused", teacher))

        assert sum(isinstance(one, Mismatch | Changed) for one in results) == 1
        assert AbsenceChange.objects.filter(pupil=pupil).count() == 1
