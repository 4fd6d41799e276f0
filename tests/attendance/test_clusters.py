"""Absences that cluster on a weekday or on an edge of the day; chance and illness raise no alarm (domain.md §2)."""

import random
from datetime import date, timedelta
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendance.clusters import PartDay, at_least_tail, edge_clusters, hypergeometric_tail, weekday_cluster

TERM = [date(2026, 11, 2) + timedelta(days=number) for number in range(54) if number % 7 < 5]
"""Eight weeks, Monday to Friday: 40 days, 8 of each weekday."""
MONDAYS = [day for day in TERM if day.isoweekday() == 1]


def part(day, missed, own=6):
    return PartDay(day, frozenset(range(1, own + 1)), frozenset(missed))


def test_five_of_eight_mondays_cluster():
    found = weekday_cluster([*MONDAYS[:5], TERM[3]], lambda: TERM)

    assert (found.weekday, found.days, found.of) == (1, tuple(MONDAYS[:5]), 8)


@pytest.mark.parametrize(
    ("missed", "why"),
    [
        (MONDAYS[:3], "three days are too few"),
        (TERM[5:10], "an illness of a week misses each weekday once"),
        (TERM[:20], "an illness of a month misses four Mondays of twenty days"),
        ([*MONDAYS[:4], *TERM[1:5]], "four of eight are less than 60 %"),
        ([*MONDAYS[:4], TERM[1], TERM[7]], "four of six: chance makes such a weekday of one pupil in twenty"),
        ([], "nothing missed"),
    ],
)
def test_what_is_no_cluster_of_a_weekday(missed, why):
    assert weekday_cluster(missed, lambda: TERM) is None, why


def test_a_pupil_with_lessons_on_two_weekdays_only_is_judged_by_these():
    two_days = [day for day in TERM if day.isoweekday() in (1, 4)]

    assert weekday_cluster(MONDAYS[:5], lambda: two_days) is None  # half of the days: five of five are 1 in 20
    assert weekday_cluster(MONDAYS[:5], lambda: TERM) is not None


def test_first_lessons_missed_on_six_of_seven_days_cluster():
    days = [part(day, {1}) for day in TERM[:6]] + [part(TERM[8], {4})]

    [found] = edge_clusters(days)

    assert (found.is_first, found.days, found.of) == (True, tuple(TERM[:6]), 7)


def test_last_lessons_are_told_apart_from_first_ones():
    [found] = edge_clusters([part(day, {5, 6}) for day in TERM[:5]])

    assert not found.is_first


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ([part(day, {1}) for day in TERM[:4]], "four days are too few"),
        ([part(day, {1}) for day in TERM[:5]] + [part(day, {3}) for day in TERM[5:8]], "five of eight are under 70 %"),
        ([part(day, {1 if n % 2 else 6}) for n, day in enumerate(TERM[:8])], "now late, now early: neither edge"),
        ([part(day, {1}, own=2) for day in TERM[:6]], "of two lessons the first is missed every second time anyway"),
        ([part(day, {1, 2, 3, 4, 5}) for day in TERM[:9]], "whoever misses five of six nearly always misses the first"),
    ],
)
def test_what_is_no_cluster_of_edges(days, why):
    assert edge_clusters(days) == [], why


def test_the_tails_are_those_of_the_textbook():
    # C(8,4)/C(40,4) = 70/91390; three of three coins.
    assert isclose(hypergeometric_tail(4, drawn=4, marked=8, total=40), 70 / 91390)
    assert isclose(at_least_tail(3, [0.5] * 3), 1 / 8)
    assert isclose(at_least_tail(1, [0.5, 0.25]), 1 - 0.5 * 0.75)


@given(st.lists(st.floats(0, 1), max_size=12), st.integers(0, 13))
def test_a_tail_is_a_probability_that_shrinks(chances, at_least):
    tail, next_tail = at_least_tail(at_least, chances), at_least_tail(at_least + 1, chances)

    assert -1e-9 <= next_tail <= tail + 1e-9 <= 1 + 2e-9


@given(st.sets(st.sampled_from(TERM)))
def test_a_cluster_is_always_large_enough_and_the_larger_part(missed):
    found = weekday_cluster(missed, lambda: TERM)

    if found:
        assert len(found.days) >= 4 and 100 * len(found.days) >= 60 * len(missed)


# --- Wolf -----------------------------------------------------------------------------------------

PUPILS = 2000
MOST_ALARMS = 0.005
"""Of pupils who are absent by chance: one in two hundred a term; measured: a third of that."""


@pytest.mark.parametrize("days_missed", [3, 4, 5, 6, 8, 12])
def test_days_missed_by_chance_seldom_look_like_a_weekday(days_missed):
    chance = random.Random(days_missed)

    alarms = sum(weekday_cluster(chance.sample(TERM, days_missed), lambda: TERM) is not None for _ in range(PUPILS))

    # Given exactly so many days the rule itself allows one percent.
    assert alarms / PUPILS <= 0.01


def test_a_school_of_pupils_absent_by_chance_raises_few_alarms():
    """Five percent of days missed, single ones and illnesses of a week, and a lesson now and then."""
    chance = random.Random("wolf")
    alarms = 0
    for _ in range(PUPILS):
        missed = {day for day in TERM if chance.random() < 0.03}
        if chance.random() < 0.2:
            first = chance.randrange(len(TERM))
            missed |= set(TERM[first : first + 5])
        parts = [part(day, {chance.randint(1, 6)}) for day in TERM if day not in missed and chance.random() < 0.1]
        alarms += weekday_cluster(missed, lambda: TERM) is not None
        alarms += bool(edge_clusters(parts))

    assert alarms / PUPILS <= MOST_ALARMS


def test_real_clusters_are_found_among_the_noise():
    """Half of the Mondays missed, and a day in fifty besides: the rule is not deaf."""
    chance = random.Random("real")
    found = 0
    for _ in range(500):
        missed = {day for day in TERM if chance.random() < 0.02} | set(chance.sample(MONDAYS, 5))
        cluster = weekday_cluster(missed, lambda: TERM)
        found += cluster is not None and cluster.weekday == 1

    assert found / 500 >= 0.9
