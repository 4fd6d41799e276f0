"""Charts of reports: whole numbers, the same numbers in words, empty and long labels, one value and all alike."""

import re
from decimal import Decimal

import pytest
from django.template.loader import render_to_string

from reports.charts import Series
from reports.report_charts import BarRow, HeatRow, LineSeries, StackRow, bars, heat_map, lines, stacked

SERIES = (Series("5", "«5»", "mark-5"), Series("4", "«4»", "mark-4"))
LONG = "Основы духовно-нравственной культуры народов России"


def numbers_of(drawing: str, attribute: str) -> list[str]:
    return re.findall(rf'(?<![-\w]){attribute}="([^"]*)"', drawing)


def coordinates(drawing: str) -> list[str]:
    points = " ".join(numbers_of(drawing, "points")).replace(",", " ").split()
    return [
        *points,
        *(one for name in ("x", "y", "x1", "y1", "cx", "cy", "width", "height") for one in numbers_of(drawing, name)),
    ]


@pytest.mark.parametrize(
    "chart",
    [
        bars([BarRow("7А", Decimal("33.333")), BarRow(LONG, None)]),
        stacked([StackRow("Алгебра", (7, 2)), StackRow(LONG, (0, 1))], SERIES),
        lines([LineSeries("а", [Decimal("3.333"), None, Decimal("4.1")])], ["I", "II", "III"]),
    ],
)
def test_coordinates_are_whole_and_labels_stay_inside(chart):
    assert all(re.fullmatch(r"\d+", one) for one in coordinates(chart.drawing))
    assert all(0 <= int(one) <= chart.width for one in numbers_of(chart.drawing, "x"))
    assert LONG not in re.sub(r"<title>.*?</title>", "", chart.drawing)


def test_a_bar_is_as_long_as_its_share():
    chart = bars([BarRow("а", Decimal(50)), BarRow("б", Decimal(100)), BarRow("в", None)], top=100)

    half, whole, none = (int(one) for one in numbers_of(chart.drawing, "width"))
    assert whole == 2 * half
    assert none == 1
    assert chart.rows == (("а", ("50",)), ("б", ("100",)), ("в", ("—",)))


def test_layers_lie_one_after_the_other_with_their_counts():
    chart = stacked([StackRow("Алгебра", (10, 30))], SERIES)

    drawn = "".join(re.findall(r"<rect[^>]*>", chart.drawing))
    (x1, x2), (w1, w2) = numbers_of(drawn, "x"), numbers_of(drawn, "width")
    assert int(x2) == int(x1) + int(w1) + 1
    assert abs(int(w2) - 3 * int(w1)) <= 4
    assert "Алгебра, «4»: 30" in chart.drawing
    assert len(set(numbers_of(chart.drawing, "fill"))) > 2  # told apart without colours


def test_a_gap_breaks_the_line_and_a_second_line_is_dashed():
    gap = lines([LineSeries("а", [Decimal(3), Decimal(4), None, Decimal(5)])], ["1", "2", "3", "4"], low=2, high=5)
    two = lines([LineSeries("а", [Decimal(3), Decimal(4)]), LineSeries("б", [Decimal(4), Decimal(3)])], ["1", "2"])

    assert gap.drawing.count("<polyline") == 1
    assert gap.drawing.count("<circle") == 3
    assert two.drawing.count("stroke-dasharray") == 1
    assert [name for _, _, name, _ in two.legend] == ["а", "б"]


@pytest.mark.parametrize(
    ("chart", "is_empty"),
    [
        (bars([]), True),
        (bars([BarRow("а", None)]), True),
        (stacked([], SERIES), True),
        (stacked([StackRow("а", (0, 0))], SERIES), True),
        (lines([LineSeries("а", [None])], ["I"]), True),
        (lines([LineSeries("а", [Decimal(4)])], ["I"]), False),
        (lines([LineSeries("а", [Decimal(4), Decimal(4)])], ["I", "II"]), False),
    ],
)
def test_empty_one_value_and_all_alike(chart, is_empty):
    assert chart.is_empty is is_empty


def test_the_numbers_stand_beside_the_drawing_and_not_on_paper():
    chart = lines([LineSeries("средний балл", [Decimal("3.456"), None])], ["I <b>", "II"], unit="")

    page = render_to_string("reports/svg/_drawing.html", {"chart": chart, "name": "Балл", "first": "Период"})
    paper = render_to_string("reports/svg/_drawing.html", {"chart": chart, "name": "Балл", "on_paper": True})

    assert '<td class="num">3,46</td>' in page
    assert '<td class="num">—</td>' in page
    assert "<table" not in paper
    assert "<b>" not in chart.drawing
    assert "style=" not in page


def test_a_heat_map_is_shaded_by_thresholds_and_keeps_words():
    steps = (Decimal("4.5"), Decimal("3.5"), Decimal("2.5"))
    row = HeatRow(
        "<i>Иванов</i>", [Decimal("4.5"), Decimal("4.49"), Decimal("2.5"), Decimal("2.49"), "н/а", None], "/p/1/"
    )

    chart = heat_map([row], list("абвгде"), steps=steps, decimals=2)

    assert re.findall(r'<td(?: class="([^"]*)")?>', chart.body) == [
        "heat-0",
        "heat-1",
        "heat-2",
        "heat-3",
        "heat-word",
        "",
    ]
    assert '<a href="/p/1/">&lt;i&gt;Иванов&lt;/i&gt;</a>' in chart.body
    assert heat_map([HeatRow("а", [None])], ["х"], steps=steps).is_empty
