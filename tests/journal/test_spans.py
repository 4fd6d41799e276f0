"""Putting a pupil into a group from a day on: stories, then any history against a calendar kept day by day."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from journal.services.spans import Span, put_in

START = date(2026, 9, 1)
LAST = 40


def day(number: int) -> date:
    return START + timedelta(days=number)


def span(group: int, first: int, last: int | None, pk: int | None = None) -> Span:
    return Span(group, day(first), None if last is None else day(last), pk)


def test_a_move_ends_the_old_group_the_day_before():
    assert put_in([span(1, 0, None, 7)], 2, day(10)) == [span(1, 0, 9, 7), span(2, 10, None)]


def test_a_membership_that_begins_on_the_day_is_replaced():
    assert put_in([span(1, 10, None, 7)], 2, day(10)) == [span(2, 10, None, 7)]


def test_out_of_a_group_that_never_held_leaves_nothing():
    assert put_in([span(1, 10, None, 7)], 0, day(10)) == []


def test_a_later_move_stays_as_it_is():
    known = [span(1, 0, 19, 7), span(2, 20, None, 8)]

    assert put_in(known, 3, day(10)) == [span(1, 0, 9, 7), span(3, 10, 19), span(2, 20, None, 8)]


def test_moving_a_known_move_forward_gives_one_span():
    known = [span(1, 0, 19, 7), span(2, 20, None, 8)]

    assert put_in(known, 2, day(10)) == [span(1, 0, 9, 7), span(2, 10, None)]


def test_taking_a_move_back_gives_one_span():
    known = [span(1, 0, 9, 7), span(2, 10, None, 8)]

    assert put_in(known, 1, day(10)) == [span(1, 0, None, 7)]


def test_a_group_ends_with_the_stay_in_the_class():
    assert put_in([], 1, day(5), day(30)) == [span(1, 5, 30)]


moves = st.lists(st.tuples(st.integers(0, 3), st.integers(0, LAST), st.none() | st.integers(0, LAST)), max_size=7)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(moves=moves)
def test_any_history_is_what_a_calendar_says(moves):
    """The calendar knows one group a day. A move paints the days from its own to the end of the stretch."""
    spans: list[Span] = []
    calendar = [0] * (LAST + 3)
    for group, start, until in moves:
        if until is not None and until < start:
            continue
        end = next((n for n in range(start, len(calendar)) if calendar[n] != calendar[start]), len(calendar))
        # Two spans side by side of one group never arise, so a change of the group is the end of a stretch.
        end = min(end, until + 1) if until is not None else end
        standing = calendar[start]
        spans = put_in(spans, group, day(start), None if until is None else day(until))
        if standing and until is not None:
            # What stood after the last day in the class goes with the stretch.
            tail = next((n for n in range(start, len(calendar)) if calendar[n] != standing), len(calendar))
            calendar[start:tail] = [0] * (tail - start)
        calendar[start:end] = [group] * (end - start)

        assert [next((s.group_id for s in spans if s.holds(day(n))), 0) for n in range(len(calendar))] == calendar
        ordered = sorted(spans, key=lambda s: s.first)
        assert all(a.last is not None and a.last < b.first for a, b in pairwise(ordered))
        assert all(s.last is None or s.first <= s.last for s in spans)
        assert all(
            not (a.group_id == b.group_id and b.first == a.last + timedelta(days=1))
            for a, b in pairwise(ordered)
            if a.last
        )
