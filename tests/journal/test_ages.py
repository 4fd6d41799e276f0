"""How old pupils are: the one rule that the card and the import share."""

from datetime import date

import pytest

from journal.ages import age_on, is_pupils_age, is_unusual, unusual_age

START = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("born", "age"),
    [(date(2019, 9, 1), 7), (date(2019, 9, 2), 6), (date(2019, 8, 31), 7), (date(2020, 2, 29), 6)],
)
def test_full_years_on_the_first_of_september(born, age):
    assert age_on(born, START) == age


@pytest.mark.parametrize(
    ("grade", "usual", "unusual"),
    [(1, [5, 7, 10], [4, 11, 15]), (9, [13, 15, 18], [12, 19]), (11, [15, 17, 20], [14, 21])],
)
def test_what_is_unusual_depends_on_the_grade(grade, usual, unusual):
    assert not any(is_unusual(age, grade) for age in usual)
    assert all(is_unusual(age, grade) for age in unusual)


def test_the_words_have_the_right_form():
    assert unusual_age(date(2011, 5, 14), 1, START, "1А") == "15 лет в 1А — необычно, проверьте дату рождения"
    assert unusual_age(date(2005, 5, 14), 11, START, "11А").startswith("21 год в 11А")
    assert unusual_age(date(2019, 5, 14), 1, START, "1А") == ""


def test_who_cannot_be_a_pupil():
    assert [is_pupils_age(age) for age in (4, 5, 21, 22)] == [False, True, True, False]
