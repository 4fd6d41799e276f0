"""Bars as numbers: heights in proportion, layers upon each other, labels that never touch."""

from itertools import pairwise

import pytest
from django.template.loader import render_to_string

from reports.charts import GAP_BETWEEN, LABEL_SPACE, Column, Series, round_up, stacked_bars

SERIES = (Series("Б", "болезнь", "is-ill"), Series("Н", "неуважительная", "is-unexcused"))


def columns(*values, label=""):
    return [Column(label and f"{label}{number}", f"{number} ноября", one) for number, one in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("number", "top"), [(0, 4), (3, 4), (5, 6), (9, 10), (10, 10), (22, 30), (51, 60), (74, 80), (95, 100), (101, 200)]
)
def test_the_axis_ends_at_an_even_round_number(number, top):
    assert round_up(number) == top


def test_layers_stand_upon_each_other_and_are_in_proportion():
    chart = stacked_bars(columns((40, 10), (20, 0)), SERIES)
    first, second = (bar.rects for bar in chart.bars)

    assert [rect.css for rect in first] == ["is-ill", "is-unexcused"]
    assert first[0].y + first[0].height == chart.floor
    assert first[1].y + first[1].height == first[0].y - GAP_BETWEEN
    assert [rect.height for rect in second] == [first[0].height // 2]


def test_an_empty_day_has_no_bar_and_keeps_its_place():
    chart = stacked_bars(columns((1, 0), (0, 0), (1, 0)), SERIES)

    assert [len(bar.rects) for bar in chart.bars] == [1, 0, 1]
    assert chart.bars[1].title == "2 ноября: нет"


def test_labels_never_touch_and_the_last_one_stands():
    chart = stacked_bars(columns(*[(1, 1)] * 31, label="день "), SERIES)
    places = [label.x for label in chart.labels]

    assert chart.labels[-1].text == "день 31"
    assert len(places) > 3
    assert all(right - left >= LABEL_SPACE for left, right in pairwise(places))


def test_the_drawing_has_whole_numbers_and_the_table_has_all_of_them():
    chart = stacked_bars(columns((40, 10), (1234, 0)), SERIES)
    html = render_to_string("reports/svg/stacked_bars.html", {"chart": chart, "name": "Отсутствующие", "unit": "День"})
    drawing, table = html.split("<table", 1)

    assert "," not in "".join(part.split('"')[1] for part in drawing.split("height=")[1:])
    assert "style=" not in html
    assert '<th scope="row">2 ноября</th>' in table
    assert table.count('<td class="num">1234</td>') == 2
