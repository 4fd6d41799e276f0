"""What a class teacher is told about absences: rows of Н, a large part of the month (domain.md §2)."""

from datetime import date, timedelta

import pytest

from attendance.models import Absence, Reason
from attendance.queries import marks_by_day
from attendance.signals import ManyMissed, UnexcusedRun, last_run, many_missed, unexcused_runs, window
from journal.calendar import load_calendar
from journal.lessons import class_lessons
from tests.factories import make_class, make_course, make_pupil, make_slot

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
ALL_LESSONS = "all_lessons"


@pytest.fixture
def school_class():
    """7Б with one lesson on each weekday but Wednesday: 21 school days in November, 17 lessons."""
    school_class = make_class("7Б")
    course = make_course(school_class)
    for weekday in (1, 2, 4, 5):
        make_slot(course, weekday, 1)
    return school_class


def absent(pupil, *days, reason=Reason.UNEXCUSED, lesson=0):
    for day in days:
        Absence.objects.create(pupil=pupil, date=day, lesson=lesson, reason=reason)


def read(school_class, today=FRIDAY):
    start, end = window(today)
    lessons = class_lessons(school_class, start, end, load_calendar(school_class.year))
    return lessons, marks_by_day([pupil.pk for pupil in lessons.pupils], start, today)


def test_a_row_is_the_last_one_that_is_long_enough():
    days = [FRIDAY + timedelta(days=number) for number in range(9)]

    assert last_run(days, {*days[:4], *days[5:8]}, 3) == tuple(days[5:8])
    assert last_run(days, {*days[:4], *days[5:7]}, 3) == tuple(days[:4])
    assert last_run(days, {*days[:2], *days[3:5]}, 3) == ()


def test_three_unexcused_days_in_a_row_are_told_across_a_day_without_lessons(school_class):
    pupil = make_pupil(school_class)
    days = (date(2026, 11, 17), date(2026, 11, 19), FRIDAY)  # Wednesday the 18th has no lessons
    absent(pupil, *days)

    assert unexcused_runs(*read(school_class), FRIDAY, ALL_LESSONS) == [UnexcusedRun(pupil, days)]


@pytest.mark.parametrize("reason", [Reason.ILL, Reason.EXCUSED])
def test_a_good_reason_breaks_the_row(school_class, reason):
    pupil = make_pupil(school_class)
    absent(pupil, date(2026, 11, 16), date(2026, 11, 17), FRIDAY)
    absent(pupil, date(2026, 11, 19), reason=reason)

    assert unexcused_runs(*read(school_class), FRIDAY, ALL_LESSONS) == []


def test_a_day_at_school_breaks_the_row(school_class):
    absent(make_pupil(school_class), date(2026, 11, 13), date(2026, 11, 16), date(2026, 11, 19))

    assert unexcused_runs(*read(school_class), FRIDAY, ALL_LESSONS) == []


def test_thirty_percent_of_the_months_lessons_are_told_whatever_the_reason(school_class):
    pupil, other = make_pupil(school_class), make_pupil(school_class)
    # 17 lessons in November: six are 35 %, five are 29 %.
    days = [date(2026, 11, day) for day in (2, 3, 5, 6, 9, 10)]
    absent(pupil, *days, reason=Reason.ILL)
    absent(other, *days[:5], reason=Reason.ILL)

    found = many_missed(*read(school_class), FRIDAY)

    assert found == [ManyMissed(pupil, date(2026, 11, 1), missed=6, lessons=17)]
    assert found[0].percent == 35


def test_october_does_not_count_in_november(school_class):
    pupil = make_pupil(school_class)
    absent(pupil, *(date(2026, 10, day) for day in (13, 15, 16, 19, 20, 22, 23)), reason=Reason.ILL)

    assert many_missed(*read(school_class, date(2026, 11, 2)), date(2026, 11, 2)) == []


def test_who_left_is_not_told(school_class):
    pupil = make_pupil(school_class, until=date(2026, 11, 19))
    absent(pupil, date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 19))

    assert unexcused_runs(*read(school_class), FRIDAY, ALL_LESSONS) == []
