"""Absentees of the whole school: distinct pupils a day, by reason; who misses a lesson or two is counted apart."""

from datetime import date

import pytest

from attendance.models import Absence, Reason
from attendance.school import Absent, absent_by_class, absent_by_day
from tests.factories import MONDAY, make_class, make_pupil

pytestmark = pytest.mark.django_db


def absent(pupil, reason=Reason.ILL, *lessons, day=MONDAY):
    for lesson in lessons or (0,):
        Absence.objects.create(pupil=pupil, date=day, lesson=lesson, reason=reason)


def test_a_pupil_counts_once_by_the_whole_day_or_by_three_lessons(django_assert_num_queries):
    school_class = make_class("7Б")
    whole, three, two, late = (make_pupil(school_class) for _ in range(4))
    absent(whole)
    absent(three, Reason.EXCUSED, 1, 2, 3)
    absent(two, Reason.UNEXCUSED, 1, 2)
    absent(late, Reason.LATE, 1)

    with django_assert_num_queries(3):
        by_day, by_class = absent_by_day(MONDAY, MONDAY), absent_by_class(MONDAY)

    assert by_day == {MONDAY: {Reason.ILL: 1, Reason.EXCUSED: 1}}
    assert by_class == {school_class.pk: Absent(by_day[MONDAY], partly=1)}


@pytest.mark.parametrize(
    ("lessons", "expected"),
    [
        ({Reason.ILL: (1, 2), Reason.UNEXCUSED: (3,)}, Reason.ILL),
        ({Reason.ILL: (1, 2), Reason.UNEXCUSED: (3, 4)}, Reason.UNEXCUSED),
        ({Reason.ILL: (1, 2), Reason.EXCUSED: (3, 4)}, Reason.EXCUSED),
        ({Reason.ILL: (0,), Reason.UNEXCUSED: (1, 2, 3)}, Reason.ILL),
    ],
)
def test_the_reason_of_the_day_is_that_of_most_lessons_and_a_tie_is_the_worse(lessons, expected):
    school_class = make_class("7Б")
    pupil = make_pupil(school_class)
    for reason, numbers in lessons.items():
        absent(pupil, reason, *numbers)

    assert absent_by_day(MONDAY, MONDAY)[MONDAY] == {expected: 1}
    assert absent_by_class(MONDAY)[school_class.pk].by_reason == {expected: 1}


def test_a_pupil_counts_in_the_class_of_that_day():
    before, after = make_class("7А"), make_class("7Б")
    pupil = make_pupil(before, until=date(2026, 11, 15))
    pupil.enrolments.create(school_class=after, date_from=MONDAY)
    absent(pupil)
    absent(pupil, day=date(2026, 11, 13))

    assert set(absent_by_class(MONDAY)) == {after.pk}
    assert set(absent_by_class(date(2026, 11, 13))) == {before.pk}
