"""What the reports count with: results of a class for a term and for the year, and the words of «как посчитано»."""

from datetime import date
from decimal import Decimal

import pytest

from journal.calendar import load_calendar
from journal.models import Term
from reports.analytics.figures import class_figures, left_out_words, mean_of_subjects, subject_figures
from reports.analytics.periods import chosen_period, last_finished, periods_of, previous_of
from reports.analytics.results import class_results
from reports.formulas import Group, subject_indicators
from tests.factories import make_class, make_course, make_lesson, make_mark, make_period_mark, make_pupil

FIRST_WEEK = date(2026, 9, 7)
NOVEMBER = date(2026, 11, 23)


@pytest.fixture
def school_class(db):
    return make_class("7Б")


def results(school_class, key, today=NOVEMBER):
    calendar = load_calendar(school_class.year)
    period = chosen_period(periods_of(calendar, school_class.grade, today), key)
    return class_results(school_class, period, calendar, today=today)


def of(found, pupil):
    return {found_name(found, pk): value for pk, value in found.values_of_pupil(pupil.pk).items()}


def found_name(found, subject_id):
    return next(one.name for one in found.subjects if one.subject_id == subject_id)


# --- Periods --------------------------------------------------------------------------------------


def test_periods_are_those_begun_and_the_year(school_class):
    calendar = load_calendar(school_class.year)

    found = periods_of(calendar, 7, NOVEMBER)

    assert [(one.key, one.day, one.is_over) for one in found] == [
        ("quarter-1", date(2026, 10, 23), True),
        ("quarter-2", NOVEMBER, False),
        ("year", NOVEMBER, False),
    ]
    assert periods_of(calendar, 7, date(2026, 8, 20)) == []
    assert [one.key for one in periods_of(calendar, 10, NOVEMBER)] == ["half_year-1", "year"]


def test_on_its_last_day_a_term_is_not_over(school_class):
    calendar = load_calendar(school_class.year)
    end = Term.objects.get(year=school_class.year, scheme="quarter", number=1).date_to

    assert not periods_of(calendar, 7, end)[0].is_over
    assert last_finished(periods_of(calendar, 7, end)) is None
    assert last_finished(periods_of(calendar, 7, NOVEMBER)).key == "quarter-1"


def test_the_period_asked_for_or_the_latest_term(school_class):
    periods = periods_of(load_calendar(school_class.year), 7, NOVEMBER)

    assert chosen_period(periods, "quarter-1").key == "quarter-1"
    assert chosen_period(periods, "quarter-4").key == "quarter-2"
    assert chosen_period([], "year") is None
    assert previous_of(periods, periods[1]).key == "quarter-1"
    assert previous_of(periods, periods[0]) is None
    assert previous_of(periods, periods[-1]) is None


# --- Results --------------------------------------------------------------------------------------


def test_a_finished_term_has_what_was_given_and_nothing_is_made_up(school_class):
    pupil, idle = make_pupil(school_class), make_pupil(school_class)
    course = make_course(school_class, "Алгебра")
    make_course(school_class, "История")
    make_mark(make_lesson(course, FIRST_WEEK), idle, "5")
    make_period_mark(pupil, "4", "Алгебра", number=1)
    make_period_mark(pupil, "н/а", "История", number=1)

    found = results(school_class, "quarter-1")

    assert of(found, pupil) == {"Алгебра": "4", "История": "н/а"}
    assert of(found, idle) == {}
    assert found.result(idle.pk, found.subjects[0].subject_id).mean == 5
    assert found.groups == {pupil.pk: {Group.NOT_ATTESTED}, idle.pk: {Group.NO_RESULT}}
    assert not found.is_forecast


def test_a_running_term_is_a_forecast_where_nothing_is_given(school_class):
    pupil = make_pupil(school_class)
    course = make_course(school_class, "Алгебра")
    make_course(school_class, "Физкультура")
    for day, value in ((16, "4"), (17, "5")):
        make_mark(make_lesson(course, date(2026, 11, day)), pupil, value)
    make_period_mark(pupil, "осв", "Физкультура", number=2)

    found = results(school_class, "quarter-2")

    algebra, sport = (one.subject_id for one in found.subjects)
    assert (found.result(pupil.pk, algebra).value, found.result(pupil.pk, algebra).is_forecast) == ("5", True)
    assert found.result(pupil.pk, algebra).mean == Decimal("4.5")
    assert (found.result(pupil.pk, sport).value, found.result(pupil.pk, sport).is_forecast) == ("осв", False)
    assert found.is_forecast


def test_only_those_on_the_roll_on_the_last_day_count(school_class):
    stayed = make_pupil(school_class)
    left = make_pupil(school_class, until=date(2026, 10, 1))
    came = make_pupil(school_class, since=date(2026, 11, 9))
    make_course(school_class, "Алгебра")
    for pupil in (stayed, left):
        make_period_mark(pupil, "2", number=1)

    assert [one.pupil_id for one in results(school_class, "quarter-1").pupils] == [stayed.pk]
    assert {one.pupil_id for one in results(school_class, "quarter-2").pupils} == {stayed.pk, came.pk}


def test_the_year_is_given_or_follows_from_terms_and_the_running_one(school_class):
    pupil, given = make_pupil(school_class), make_pupil(school_class)
    course = make_course(school_class, "Алгебра")
    make_mark(make_lesson(course), pupil, "5")
    for one in (pupil, given):
        make_period_mark(one, "4", number=1)
    make_period_mark(given, "3")

    found = results(school_class, "year")

    algebra = found.subjects[0].subject_id
    # (4 + 5 expected) / 2 = 4.5, a half up
    assert (found.result(pupil.pk, algebra).value, found.result(pupil.pk, algebra).is_forecast) == ("5", True)
    assert (found.result(given.pk, algebra).value, found.result(given.pk, algebra).is_forecast) == ("3", False)
    after = results(school_class, "year", today=date(2027, 6, 1))
    assert of(after, pupil) == {}


def test_the_year_of_a_pupil_with_the_running_term_given_counts_it_once(school_class):
    pupil = make_pupil(school_class)
    make_course(school_class, "Алгебра")
    make_period_mark(pupil, "3", number=1)
    make_period_mark(pupil, "4", number=2)

    found = results(school_class, "year")

    assert of(found, pupil) == {"Алгебра": "4"}  # (3 + 4) / 2 = 3.5


@pytest.mark.parametrize("size", [2, 12])
def test_the_number_of_queries_does_not_grow(school_class, size, django_assert_num_queries):
    courses = [make_course(school_class, name) for name in ("Алгебра", "История")[: 1 + size // 12]]
    lessons = [make_lesson(course) for course in courses]
    for _ in range(size):
        pupil = make_pupil(school_class)
        for course, lesson in zip(courses, lessons, strict=True):
            make_mark(lesson, pupil)
            make_period_mark(pupil, "4", course.subject.name, number=1)
    calendar = load_calendar(school_class.year)
    periods = {one.key: one for one in periods_of(calendar, 7, NOVEMBER)}

    with django_assert_num_queries(4):
        class_results(school_class, periods["quarter-2"], calendar, today=NOVEMBER)
    with django_assert_num_queries(5):
        class_results(school_class, periods["year"], calendar, today=NOVEMBER)


# --- «Как посчитано» ------------------------------------------------------------------------------

VECTOR = ["5"] * 5 + ["4"] * 9 + ["3"] * 6 + ["2"] * 2 + ["н/а", "осв", ""]


def test_every_number_says_how_it_came_about():
    success, quality, sou, mean = subject_figures(subject_indicators(VECTOR))

    out = "освобождены: 1, без отметки за период: 1"
    assert (success.shown, success.counted, success.left_out) == (
        "86,96\u00a0%", "«5», «4», «3»: 5 + 9 + 6 из 23", out
    )  # fmt: skip
    assert (quality.shown, quality.counted) == ("60,87\u00a0%", "«5» и «4»: 14 из 23")
    assert (sou.shown, sou.counted) == ("57,87\u00a0%", "(100·5 + 64·9 + 36·6 + 16·2 + 7·1) : 23")
    assert (mean.shown, mean.counted) == ("3,77", "(5·5 + 4·9 + 3·6 + 2·2) : 22")
    assert mean.left_out == f"{out}, н/а: 1"


def test_nobody_to_count_is_a_dash_and_no_zero():
    for figure in subject_figures(subject_indicators(["осв", "", None])):
        assert (figure.shown, figure.counted, figure.change_shown) == ("—", "", "")
    assert left_out_words(subject_indicators(["осв", "зач", "незач", ""])) == (
        "освобождены: 1, зачёт вместо отметки: 2, без отметки за период: 1"
    )


def test_a_change_is_the_difference_of_what_is_shown():
    now = subject_figures(subject_indicators(["5", "4", "3"]))
    before = subject_figures(subject_indicators(["5", "3", "3"]))

    assert now.after(before).quality.change_shown == "+33,34"  # 66,67 − 33,33
    assert before.after(now).quality.change_shown == "−33,34"
    assert now.after(now).quality.change_shown == "без изменений"
    assert now.after(None).quality.change_shown == ""


def test_the_class_is_counted_by_pupils():
    groups = {
        1: frozenset({Group.EXCELLENT}),
        2: frozenset({Group.GOOD, Group.ONE_FOUR}),
        3: frozenset({Group.FAILING, Group.NOT_ATTESTED}),
        4: frozenset({Group.NO_RESULT}),
    }

    success, quality = class_figures(groups)

    assert (success.shown, success.counted, success.left_out) == (
        "66,67\u00a0%", "без «2» и н/а: 2 из 3", "без результата: 1"
    )  # fmt: skip
    assert (quality.shown, quality.counted) == ("66,67\u00a0%", "отличники 1 и хорошисты 1 из 3")


def test_the_mean_of_subjects_has_a_name_of_its_own():
    figures = [subject_figures(subject_indicators(values)).quality for values in (["5"], ["3"], ["осв"])]

    found = mean_of_subjects("Качество в среднем по предметам", figures)

    assert (found.shown, found.counted) == ("50,00\u00a0%", "среднее из 2 предметов")
    assert mean_of_subjects("…", []).shown == "—"
