"""The line among words and the calendar of absences: right for nothing, one value, all equal, and for any text."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.small_charts import CELL, NAMES, SPARK_HEIGHT, SPARK_WIDTH, absence_calendar, sparkline

START, END = date(2026, 9, 1), date(2026, 11, 27)
SCHOOL_DAYS = {START + timedelta(days=n) for n in range(88) if (START + timedelta(days=n)).weekday() < 5}


def points(drawn):
    found = re.findall(r'points="([^"]+)"', drawn)
    return [[tuple(map(int, pair.split(","))) for pair in one.split()] for one in found]


def test_a_line_goes_up_where_values_do_and_breaks_where_there_is_none():
    drawn = sparkline([3, Decimal("3.5"), None, 4, 5], title="средний балл")

    first, second = points(drawn)
    assert first[0][1] > first[1][1] > second[0][1] > second[1][1]
    assert [x for x, _ in first + second] == sorted(x for x, _ in first + second)
    assert f'cx="{second[1][0]}" cy="{second[1][1]}"' in drawn


@pytest.mark.parametrize("values", [[], [None, None]])
def test_nothing_is_drawn_of_nothing(values):
    assert sparkline(values, title="средний балл") == ""


@pytest.mark.parametrize("values", [[4], [4, 4, 4], [None, 4, None]])
def test_one_value_and_equal_ones_lie_in_the_middle(values):
    drawn = sparkline(values, title="средний балл")

    assert f'cy="{SPARK_HEIGHT // 2}"' in drawn
    assert {y for line in points(drawn) for _, y in line} <= {SPARK_HEIGHT // 2}


@given(st.lists(st.none() | st.floats(1, 5), max_size=60))
def test_a_line_stays_inside(values):
    for x, y in (point for line in points(sparkline(values, title="")) for point in line):
        assert 0 <= x <= SPARK_WIDTH and 0 <= y <= SPARK_HEIGHT


def test_the_words_are_escaped():
    assert "&lt;script&gt;" in sparkline([1], title='<script>"')
    assert "<script>" not in absence_calendar({START: "<script>"}, START, END, school_days=()).drawing


def test_every_absence_stands_once_with_its_letter_and_in_the_table():
    days = {date(2026, 9, 1): "Б", date(2026, 11, 27): "Н", date(2026, 10, 3): "У", date(2026, 12, 1): "Б"}

    chart = absence_calendar(days, START, END, school_days=SCHOOL_DAYS)

    letters = re.findall(r">([БУНО])</text>", chart.drawing)
    assert sorted(letters) == ["Б", "Н", "У"]  # that of December is outside
    assert chart.rows == [
        ("1 сентября", "болезнь"),
        ("3 октября", "уважительная причина"),  # a Saturday: its row is drawn
        ("27 ноября", "неуважительная причина"),
    ]
    assert chart.drawing.count("days__free") == len(SCHOOL_DAYS) - 2


def test_cells_lie_inside_and_never_upon_each_other():
    chart = absence_calendar({START: "Б"}, START, date(2027, 5, 26), school_days=SCHOOL_DAYS)

    places = re.findall(r'<rect[^>]* x="(\d+)" y="(\d+)"', chart.drawing)
    assert len(places) == len(set(places))
    assert all(NAMES <= int(x) <= chart.width - CELL and int(y) <= chart.height - CELL for x, y in places)


def test_months_are_named_over_their_first_weeks():
    chart = absence_calendar({}, START, END, school_days=SCHOOL_DAYS)

    assert re.findall(r'y="12" font-size="11" fill="#333">(\w+)<', chart.drawing) == ["сен", "окт", "ноя"]
    assert chart.is_empty
