"""Charts made on the server: plain numbers for an SVG template, the same on screen and on paper.

Coordinates are whole numbers: a template would print 12.5 with the Russian comma and break the drawing.
"""

from __future__ import annotations

import math
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


ROW_HEIGHT, ROW_BAR = 26, 14
ROW_LEFT, ROW_RIGHT, ROW_TOP, ROW_BOTTOM = 52, 240, 26, 22


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One horizontal bar: parts of a whole, words at its end, and whether it has reached the level."""

    label: str
    values: tuple[int, ...]
    whole: int
    note: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """A row as it is drawn: where its words stand, its rectangles, and a frame round those over the level."""

    row: LevelRow
    y: int
    title: str
    rects: tuple[Rect, ...]
    frame: Rect | None

    @property
    def drawing(self) -> SafeString:
        # Safe: whole numbers and class names of our own, no text from outside.
        shapes = (*self.rects, *((self.frame,) if self.frame else ()))
        return mark_safe(
            "".join(
                f'<rect class="{r.css}" x="{r.x}" y="{r.y}" width="{r.width}" height="{r.height}" rx="2"/>'
                for r in shapes
            )
        )


@dataclass(frozen=True, slots=True)
class LevelBars:
    """Everything reports/svg/level_bars.html draws: shares of a whole in percent, and a level across all rows."""

    series: tuple[Series, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[Text, ...]
    level_x: int
    level_name: str
    height: int
    width: int = WIDTH
    left: int = ROW_LEFT
    note_x: int = WIDTH - ROW_RIGHT + 14
    top: int = ROW_TOP

    @property
    def floor(self) -> int:
        return self.height - ROW_BOTTOM

    @property
    def is_empty(self) -> bool:
        return not any(any(lane.row.values) for lane in self.lanes)


def level_bars(rows: Sequence[LevelRow], series: Sequence[Series], *, level: int, name: str) -> LevelBars:
    """Bars from top to bottom, the first series at the left; the axis holds the level and the longest bar."""
    longest = max((100 * sum(row.values) / row.whole for row in rows if row.whole), default=0)
    end = min(100, 10 * math.ceil(max(longest, level * 1.25, 10) / 10))
    space = WIDTH - ROW_LEFT - ROW_RIGHT

    def at(percent: float) -> int:
        return ROW_LEFT + round(space * min(percent, end) / end)

    lanes = []
    for place, row in enumerate(rows):
        y = ROW_TOP + place * ROW_HEIGHT + (ROW_HEIGHT - ROW_BAR) // 2
        rects, done = [], 0
        for value, one in zip(row.values, series, strict=True):
            if value and row.whole:
                left, right = at(100 * done / row.whole), at(100 * (done + value) / row.whole)
                rects.append(Rect(left, y, max(2, right - left - (GAP_BETWEEN if done else 0)), ROW_BAR, one.css))
            done += value
        right = max((rect.x + rect.width for rect in rects), default=ROW_LEFT)
        frame = Rect(ROW_LEFT - 2, y - 3, right - ROW_LEFT + 4, ROW_BAR + 6, "chart__frame") if row.is_over else None
        lanes.append(Lane(row, y, _lane_words(row, series), tuple(rects), frame))
    height = ROW_TOP + ROW_HEIGHT * len(rows) + ROW_BOTTOM
    ticks = [Text(at(part), height - 6, f"{part} %") for part in range(0, end + 1, 10 if end <= 50 else 20)]
    return LevelBars(tuple(series), tuple(lanes), tuple(ticks), at(level), name, height)


def _lane_words(row: LevelRow, series: Sequence[Series]) -> str:
    parts = [f"{one.name} {value}" for one, value in zip(series, row.values, strict=True) if value]
    return f"{row.label}: {', '.join(parts) or 'нет'} из {row.whole}"


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
