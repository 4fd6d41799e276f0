"""Charts made on the server: plain numbers for an SVG template, the same on screen and on paper.

Coordinates are whole numbers: a template would print 12.5 with the Russian comma and break the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 720, 200
LEFT, BOTTOM, TOP = 30, 24, 8
GAP_BETWEEN = 2
LABEL_SPACE = 92
"""How far apart labels under the bars must stand, so that they never touch, also in the large type of phones."""


@dataclass(frozen=True, slots=True)
class Series:
    """One layer of the bars: what it means in a letter and in words, and the class that colours it."""

    letter: str
    name: str
    css: str


@dataclass(frozen=True, slots=True)
class Column:
    """One bar: its label under the axis (may stay empty), its name in words, a number a series."""

    label: str
    title: str
    values: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Rect:
    x: int
    y: int
    width: int
    height: int
    css: str


@dataclass(frozen=True, slots=True)
class Bar:
    title: str
    rects: tuple[Rect, ...]

    @property
    def drawing(self) -> SafeString:
        """The rectangles as SVG. A hundred of them through a template cost more than all queries of the page."""
        # Safe: whole numbers and class names of our own, no text from outside.
        return mark_safe(
            "".join(
                f'<rect class="{r.css}" x="{r.x}" y="{r.y}" width="{r.width}" height="{r.height}" rx="2"/>'
                for r in self.rects
            )
        )


@dataclass(frozen=True, slots=True)
class Text:
    x: int
    y: int
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class StackedBars:
    """Everything reports/svg/stacked_bars.html draws, and the numbers once more for its table."""

    series: tuple[Series, ...]
    columns: tuple[Column, ...]
    bars: tuple[Bar, ...]
    grid: tuple[Text, ...]
    labels: tuple[Text, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM

    @property
    def is_empty(self) -> bool:
        return not any(column.total for column in self.columns)


def stacked_bars(columns: Sequence[Column], series: Sequence[Series]) -> StackedBars:
    """Bars from left to right, the first series at the bottom."""
    top = round_up(max((column.total for column in columns), default=0))
    step = (WIDTH - LEFT) / max(len(columns), 1)
    width = max(2, min(20, round(step * 0.68)))
    floor, space = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    bars, centres = [], []
    for place, column in enumerate(columns):
        left = round(LEFT + step * place + (step - width) / 2)
        centres.append(left + width // 2)
        bars.append(Bar(_in_words(column, series), _stack(column, series, left, width, floor, space / top)))
    grid = [Text(LEFT - 6, floor - round(space * part) + 4, str(round(top * part)), "end") for part in (0.5, 1)]
    return StackedBars(tuple(series), tuple(columns), tuple(bars), tuple(grid), _labels(columns, centres))


def round_up(number: int) -> int:
    """The end of an axis: the next even number of one digit and zeros, so that its half is whole too."""
    power = 10 ** max(0, len(str(number)) - 1)
    while True:
        for top in (step * power for step in range(1, 10)):
            if top >= max(number, 4) and top % 2 == 0:
                return top
        power *= 10


def _stack(
    column: Column, series: Sequence[Series], left: int, width: int, floor: int, scale: float
) -> tuple[Rect, ...]:
    rects: list[Rect] = []
    for value, one in zip(column.values, series, strict=True):
        if not value:
            continue
        height = max(2, round(value * scale) - (GAP_BETWEEN if rects else 0))
        floor -= height + (GAP_BETWEEN if rects else 0)
        rects.append(Rect(left, floor, width, height, one.css))
    return tuple(rects)


def _labels(columns: Sequence[Column], centres: Sequence[int]) -> tuple[Text, ...]:
    """Labels that have room, from the right: the last one («сегодня») always stands."""
    kept: list[Text] = []
    room = WIDTH
    for column, centre in reversed(list(zip(columns, centres, strict=True))):
        half = LABEL_SPACE // 2
        if not column.label or (kept and centre + half > room):
            continue
        if not kept:
            kept.append(Text(WIDTH, HEIGHT - 6, column.label, "end"))
            room = WIDTH - LABEL_SPACE
        else:
            kept.append(Text(centre, HEIGHT - 6, column.label))
            room = centre - half
    return tuple(reversed(kept))


def _in_words(column: Column, series: Sequence[Series]) -> str:
    parts = [f"{one.name} {value}" for one, value in zip(series, column.values, strict=True) if value]
    return f"{column.title}: {', '.join(parts) or 'нет'}"
