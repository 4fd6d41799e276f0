"""Every rule for control works (domain.md §7), with its exceptions."""

from datetime import date, timedelta

import pytest

from reports.analytics.school.control_rules import Rule, Work, broken_rules, by_week

DAY = date(2026, 11, 16)

FEWEST_DAYS = 17


def work(pk=1, day=DAY, **fields):
    fields = {
        "class_id": 7, "grade": 7, "subject_id": 1, "course_id": 1, "number": 3, "first": 1, "last": 6, "weekly": 5,
        **fields,
    }  # fmt: skip
    return Work(pk=pk, date=day, **fields)


def rules(*works):
    return [(one.work.pk, one.rule) for one in broken_rules(works, FEWEST_DAYS)]


def test_a_work_in_the_middle_of_the_day_breaks_nothing():
    assert rules(work()) == []


def test_two_subjects_on_a_day_break_the_rule_of_one_a_day():
    assert rules(work(1), work(2, subject_id=2, course_id=2)) == [(2, Rule.ONE_A_DAY)]
    assert rules(work(1), work(2, subject_id=2, course_id=2, class_id=8)) == []


def test_two_groups_in_one_subject_write_one_work_of_the_class():
    both = (work(1, course_id=1), work(2, course_id=2))
    assert rules(*both) == []
    assert by_week(both, {DAY: DAY}) == {(7, DAY): 1}


@pytest.mark.parametrize(
    ("number", "weekly", "broken"), [(1, 5, True), (6, 5, True), (2, 5, False), (1, 1, False), (None, 5, False)]
)
def test_the_edges_of_the_day_are_free_but_for_subjects_of_one_hour(number, weekly, broken):
    assert (Rule.EDGE in [rule for _, rule in rules(work(number=number, weekly=weekly))]) == broken


def test_a_class_with_one_lesson_that_day_has_no_edges():
    assert rules(work(number=3, first=3, last=3)) == []


@pytest.mark.parametrize(("days", "broken"), [(FEWEST_DAYS - 1, True), (FEWEST_DAYS, False)])
def test_a_subject_is_tested_once_in_two_weeks_and_a_half(days, broken):
    later = work(2, DAY + timedelta(days=days))
    assert rules(work(1), later) == ([(2, Rule.OFTEN)] if broken else [])
    assert rules(work(1), work(2, DAY + timedelta(days=days), class_id=8)) == []


def test_ten_percent_of_the_yearly_hours():
    # One hour a week is 34 a year: three works are within, the fourth is not.
    own = [work(n, DAY + timedelta(days=20 * n), weekly=1) for n in range(1, 5)]
    assert rules(*own) == [(4, Rule.SHARE)]
    assert rules(*[work(n, DAY + timedelta(days=20 * n), weekly=0) for n in range(1, 5)]) == []


def test_grade_one_has_none():
    assert rules(work(grade=1)) == [(1, Rule.GRADE_ONE)]
