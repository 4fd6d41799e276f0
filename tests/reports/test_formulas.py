"""Every vector of domain.md §3 and §4."""

from decimal import Decimal

import pytest

from journal.models import Scheme, School
from reports import formulas
from reports.formulas import Group, Thresholds, rounded

D = Decimal


def test_subject_vector_of_the_specification():
    marks = ["осв", None, *"5" * 5, *"4" * 9, *"3" * 6, *"2" * 2, "н/а"]
    assert len(marks) == 25

    found = formulas.subject_indicators(marks)

    assert found.n == 23
    assert [rounded(x) for x in (found.success, found.quality, found.sou, found.mean)] == [
        D("86.96"), D("60.87"), D("57.87"), D("3.77"),
    ]  # fmt: skip


@pytest.mark.parametrize("marks", [[], [None, ""], ["осв", "зач", None]])
def test_nobody_to_count_is_a_dash_and_not_zero(marks):
    found = formulas.subject_indicators(marks)

    assert (found.n, found.success, found.quality, found.sou, found.mean) == (0, None, None, None, None)


def test_only_not_attested_have_percents_but_no_mean():
    found = formulas.subject_indicators(["н/а", "н/а"])

    assert (found.n, found.success, found.quality, found.sou, found.mean) == (2, 0, 0, 7, None)


def test_weighted_mean_vector_of_the_specification():
    marks = [("5", D(3)), ("5", D(1)), ("4", D(5))]

    assert rounded(formulas.weighted_mean(marks)) == D("4.44")


def test_words_and_debts_do_not_move_the_mean():
    assert formulas.weighted_mean([("4", D(1)), ("н/а", D(3)), (".", D(3)), ("осв", D(1)), ("зач", D(1))]) == 4
    assert formulas.weighted_mean([("осв", D(1))]) is None


@pytest.mark.parametrize(
    ("mean", "mark"),
    [("4.50", 5), ("4.4999", 4), ("3.5", 4), ("3.49", 3), ("2.5", 3), ("2.49", 2), ("1", 2)],
)
def test_expected_mark_begins_exactly_at_its_threshold(mean, mark):
    assert formulas.expected_mark(D(mean), Thresholds()) == mark


def test_expected_mark_follows_the_schools_thresholds():
    strict = Thresholds(D("4.65"), D("3.65"), D("2.65"))

    assert formulas.expected_mark(D("4.6"), strict) == 4
    assert formulas.expected_mark(None, strict) is None


@pytest.mark.parametrize(
    ("mean", "disputed"),
    [("4.35", True), ("4.34", False), ("4.65", True), ("4.66", False), ("2.40", True), ("3.0", False)],
)
def test_disputed_is_within_the_margin_to_either_side(mean, disputed):
    assert formulas.is_disputed(D(mean), Thresholds()) is disputed


def test_few_marks_depend_on_the_length_of_the_period():
    school = School()

    assert formulas.has_few_marks(2, Scheme.QUARTER, school)
    assert not formulas.has_few_marks(3, Scheme.QUARTER, school)
    assert formulas.has_few_marks(4, Scheme.HALF_YEAR, school)
    assert not formulas.has_few_marks(5, Scheme.HALF_YEAR, school)


@pytest.mark.parametrize(
    ("marks", "year"),
    [
        (["4", "5"], 5),
        (["3", "4", "4", "3"], 4),
        (["4", "4", "5", "4"], 4),
        (["осв", "5"], 5),
        ([], None),
        (["н/а"], None),
    ],
)
def test_year_mark_rounds_a_half_up(marks, year):
    assert formulas.year_mark(marks) == year


@pytest.mark.parametrize(
    ("marks", "groups"),
    [
        ("5 5 5", {Group.EXCELLENT}),
        ("5 осв 5", {Group.EXCELLENT}),
        ("5 5 4", {Group.GOOD, Group.ONE_FOUR}),
        ("4 4 5", {Group.GOOD}),
        ("5 4 3", {Group.WITH_THREES, Group.ONE_THREE}),
        ("3 3 4", {Group.WITH_THREES}),
        ("5 2 4", {Group.FAILING}),
        ("5 н/а", {Group.NOT_ATTESTED}),
        ("2 н/а 5", {Group.FAILING, Group.NOT_ATTESTED}),
        ("осв зач", {Group.NO_RESULT}),
        ("", {Group.NO_RESULT}),
    ],
)
def test_lists_of_a_class_report(marks, groups):
    assert formulas.groups_of_pupil(marks.split()) == groups


def test_class_percents_are_over_pupils_with_a_result():
    pupils = [formulas.groups_of_pupil(marks.split()) for marks in ("5 5", "5 4", "4 3", "2 н/а", "осв")]

    assert formulas.class_quality(pupils) == 50
    assert formulas.class_success(pupils) == 75
    assert formulas.class_quality([formulas.groups_of_pupil([])]) is None
