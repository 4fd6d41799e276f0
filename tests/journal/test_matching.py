"""Near names and near dates, without a database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.matching import NEAR_LETTERS, dates_are_near, distance, names_are_near

WORDS = st.text(alphabet="абвгдеёж", max_size=8)


@given(WORDS, WORDS)
def test_distance_is_symmetric_and_never_less_than_the_difference_of_lengths(one, other):
    found = distance(one, other)
    assert found == distance(other, one)
    assert found >= min(abs(len(one) - len(other)), NEAR_LETTERS + 1)
    assert (found == 0) == (one == other)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        (("Иванов", "Пётр", "Ильич"), ("Иванов", "Петр", "Ильич"), True),
        (("Иванов", "Пётр", "Ильич"), ("Ивонов", "Пётр", "Ильич"), True),
        (("Иванов", "Пётр", "Ильич"), ("Иванова", "Петра", "Ильич"), False),
        (("Иванов", "Пётр", "Ильич"), ("Пётр", "Иванов", "Ильич"), True),
        (("Иванов", "Пётр", ""), ("Иванов", "Пётр", "Ильич"), True),
        (("Иванов", "Пётр", "Ильич"), ("Иванов", "Олег", "Ильич"), False),
    ],
)
def test_names(one, other, near):
    assert names_are_near(one, other) is near
    assert names_are_near(other, one) is near


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        (date(2013, 3, 4), date(2013, 4, 3), True),
        (date(2013, 3, 4), date(2013, 3, 14), True),
        (date(2013, 3, 12), date(2013, 3, 21), True),
        (date(2013, 3, 12), date(2014, 5, 21), False),
    ],
)
def test_dates(one, other, near):
    assert dates_are_near(one, other) is near
