"""Bars as numbers: heights in proportion, layers upon each other, labels that never touch."""

import re
from itertools import pairwise

import pytest
from django.template.loader import render_to_string

from reports.charts import GAP_BETWEEN, LABEL_SPACE, Column, LevelRow, Series, level_bars, round_up, stacked_bars

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


# --- Horizontal bars with a level ---------------------------------------------------------------------


def levels(*rows, level=20):
    lines = [LevelRow(f"7{number}", values, 20, is_over=5 * values[0] >= 20) for number, values in enumerate(rows)]
    return level_bars(lines, SERIES, level=level, name=f"порог {level} %")


def test_a_bar_at_the_level_ends_at_its_line_and_has_a_frame():
    chart = levels((4, 0), (2, 1))
    over, under = chart.lanes

    assert over.rects[0].x + over.rects[0].width == chart.level_x
    assert over.frame and not under.frame
    assert under.rects[0].width == pytest.approx(over.rects[0].width / 2, abs=1)
    assert under.rects[1].x == under.rects[0].x + under.rects[0].width
    assert under.title == "71: болезнь 2, неуважительная 1 из 20"


@pytest.mark.parametrize(("rows", "level"), [([(1, 0)], 100), ([(20, 0)], 5), ([(10, 10)] * 40, 20), ([(0, 0)], 20)])
def test_level_and_bars_stay_inside_the_drawing(rows, level):
    chart = levels(*rows, level=level)
    ends = [rect.x + rect.width for lane in chart.lanes for rect in lane.rects]

    assert all(chart.left < place <= chart.note_x for place in (chart.level_x, *ends))
    assert chart.lanes[-1].y < chart.floor < chart.height


def test_bars_that_are_alike_are_drawn_alike_and_none_at_all_is_empty():
    alike = levels(*[(3, 1)] * 5)

    assert len({tuple((rect.x, rect.width) for rect in lane.rects) for lane in alike.lanes}) == 1
    assert not alike.is_empty
    assert levels((0, 0), (0, 0)).is_empty
    assert level_bars([], SERIES, level=20, name="порог").is_empty


def test_the_drawing_of_levels_has_whole_numbers_and_says_what_is_over_in_words():
    html = render_to_string("reports/svg/level_bars.html", {"chart": levels((7, 1), (1, 0)), "name": "Доля"})

    assert "порог 20 %" in html
    assert html.count("chart__frame") == 1
    assert not re.search(r'(?:x|y|width|height|x1|x2|y1|y2)="[^"]*[.,]', html)
