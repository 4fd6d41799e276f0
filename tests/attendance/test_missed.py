"""Missed days and lessons: the examples of domain.md §2, and a recount from first principles."""

from hypothesis import given
from hypothesis import strategies as st

from attendance.models import Reason
from attendance.queries import Totals, missed_on
from journal.models import School

ILL, EXCUSED, UNEXCUSED, LATE = Reason.ILL, Reason.EXCUSED, Reason.UNEXCUSED, Reason.LATE
REASONS = [ILL, EXCUSED, UNEXCUSED, LATE]


def test_all_five_own_lessons_of_six_missed_is_a_day():
    missed = missed_on([1, 2, 3, 4, 6], dict.fromkeys([1, 2, 3, 4, 6], ILL))

    assert (missed.day, len(missed.lessons)) == (ILL, 5)


def test_four_of_five_own_lessons_is_no_day():
    missed = missed_on([1, 2, 3, 4, 6], dict.fromkeys([1, 2, 3, 4], ILL))

    assert (missed.day, len(missed.lessons)) == ("", 4)


def test_the_reason_of_a_mixed_day_is_the_one_with_most_lessons():
    missed = missed_on([1, 2, 3, 4, 5], {1: EXCUSED, 2: EXCUSED, 3: UNEXCUSED, 4: UNEXCUSED, 5: UNEXCUSED})
    total = Totals()
    total.add(missed)

    assert missed.day == UNEXCUSED
    assert total.by_letter() == [("Б", 0, 0), ("У", 0, 2), ("Н", 1, 3)]


def test_a_tie_goes_to_unexcused_then_to_excused():
    assert missed_on([1, 2], {1: ILL, 2: UNEXCUSED}).day == UNEXCUSED
    assert missed_on([1, 2], {1: EXCUSED, 2: UNEXCUSED}).day == UNEXCUSED
    assert missed_on([1, 2], {1: ILL, 2: EXCUSED}).day == EXCUSED


def test_a_day_without_timetable_is_one_day_with_lessons_unknown():
    missed = missed_on([], {0: ILL})

    assert (missed.day, missed.lessons, missed.timetable_known) == (ILL, {}, False)


def test_lateness_is_presence_even_under_a_mark_of_the_whole_day():
    missed = missed_on([1, 2], {0: ILL, 1: LATE})

    assert (missed.day, list(missed.lessons), missed.late) == ("", [2], 1)


def test_three_lessons_are_a_day_where_the_school_says_so():
    rule = School.MissedDayRule.THREE_OR_MORE

    assert missed_on([1, 2, 3, 4], {1: ILL, 2: ILL, 3: ILL}, rule).day == ILL
    assert missed_on([1, 2, 3, 4], {1: ILL, 2: ILL}, rule).day == ""


@given(
    own=st.sets(st.integers(1, 8)),
    marks=st.dictionaries(st.integers(0, 8), st.sampled_from(REASONS)).filter(lambda marks: marks.get(0) != LATE),
)
def test_lessons_and_day_equal_a_recount(own, marks):
    missed = missed_on(own, marks)

    expected = {}
    for number in own:
        reason = marks[number] if number in marks else marks.get(0)
        if reason in (ILL, EXCUSED, UNEXCUSED):
            expected[number] = reason
    assert dict(missed.lessons) == expected
    if own:
        assert bool(missed.day) == (set(expected) == own)
    if missed.day and own:
        counts = [list(expected.values()).count(reason) for reason in (ILL, EXCUSED, UNEXCUSED)]
        assert list(expected.values()).count(missed.day) == max(counts)
