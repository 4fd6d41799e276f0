"""Charts of reports: lines, bars, stacked rows and a heat map, the same on the page and on paper.

Colours stand in the markup as attributes that suit paper in black and white, because WeasyPrint gives no style sheet
to a drawing; on the screen css/report-charts.css overrides them. Coordinates are whole numbers. Every chart keeps its
numbers, which the templates of templates/reports/svg/ show as a table for who cannot see the drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from journal.text import decimal_text
from reports.charts import Series

NOTHING = "—"
WIDTH, LEFT, RIGHT = 660, 214, 56
ROW, BAR = 24, 16
GREYS = (("#fff", "#000"), ("#ddd", "#000"), ("#aaa", "#000"), ("#666", "#fff"), ("#000", "#fff"))
"""Fill and ink of each layer on paper."""
LONGEST_LABEL = 28
LINE_WIDTH, LINE_HEIGHT, EDGE, FOOT, HEAD = 380, 190, 44, 26, 16
DASHES = ("", "7 4", "2 3")
FONT = 'font-family="Extract Serif, Inter, sans-serif"'

# Safe below, wherever a drawing is marked so: whole numbers and words of our own; labels are escaped.


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: `heads` and `rows` are its numbers as a table; `legend` has a class, a sign, a name and the fill that
    stands for it on paper (empty for a line: its sign shows the dashes)."""

    drawing: SafeString
    width: int
    height: int
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    legend: tuple[tuple[str, str, str, str], ...] = ()
    is_empty: bool = False


# --- Bars -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BarRow:
    label: str
    value: Decimal | None
    note: str = ""
    css: str = "is-accent"


def bars(rows: Sequence[BarRow], *, unit: str = "%", top: Decimal | int | None = None, decimals: int = 0) -> Drawing:
    """Bars from top to bottom, the number at the end of each; «—» where there is none."""
    known = [row.value for row in rows if row.value is not None]
    end = Decimal(top) if top is not None else max([*known, Decimal(1)])
    space, parts = WIDTH - LEFT - RIGHT, []
    for place, row in enumerate(rows):
        y = place * ROW + (ROW - BAR) // 2
        width = round(space * min(max(row.value, Decimal(0)), end) / end) if row.value is not None else 0
        fill = "#555" if row.css == "is-accent" else "#bbb"
        parts.append(_label(row.label, y))
        parts.append(
            f'<rect class="{row.css}" x="{LEFT}" y="{y}" width="{max(width, 1)}" height="{BAR}" fill="{fill}"/>'
        )
        words = escape(f"{_text(row.value, decimals)} {unit if row.value is not None else ''} {row.note}".strip())
        parts.append(f'<text x="{LEFT + width + 6}" y="{y + 12}" font-size="12" fill="#000" {FONT}>{words}</text>')
    numbers = tuple((row.label, (_text(row.value, decimals),)) for row in rows)
    drawn = mark_safe("".join(parts))
    return Drawing(drawn, WIDTH, len(rows) * ROW, ("", unit), numbers, is_empty=not known)


# --- Stacked rows ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StackRow:
    label: str
    values: tuple[int, ...]


def stacked(rows: Sequence[StackRow], series: Sequence[Series]) -> Drawing:
    """A bar a row, cut by the series, each as wide as its share of the longest bar; the counts stand inside."""
    longest = max((sum(row.values) for row in rows), default=0)
    space, parts = WIDTH - LEFT - 8, []
    for place, row in enumerate(rows):
        y, done = place * ROW + (ROW - BAR) // 2, 0
        parts.append(_label(row.label, y))
        for (fill, ink), value, one in zip(GREYS, row.values, series, strict=False):
            if not value:
                continue
            x, end = LEFT + round(space * done / longest), LEFT + round(space * (done + value) / longest)
            done += value
            parts.append(
                f'<g class="{one.css}"><title>{escape(f"{row.label}, {one.name}: {value}")}</title>'
                f'<rect x="{x}" y="{y}" width="{end - x - 1}" height="{BAR}" fill="{fill}" stroke="#000"'
                ' stroke-width="0.6"/>'
            )
            if end - x >= 16:
                parts.append(
                    f'<text x="{(x + end) // 2}" y="{y + 12}" font-size="11" text-anchor="middle" fill="{ink}" {FONT}>'
                    f"{value}</text>"
                )
            parts.append("</g>")
    numbers = tuple((row.label, tuple(str(value) for value in row.values)) for row in rows)
    return Drawing(
        mark_safe("".join(parts)),
        WIDTH,
        len(rows) * ROW,
        ("", *(one.name for one in series)),
        numbers,
        tuple((one.css, one.letter, one.name, fill) for one, (fill, _) in zip(series, GREYS, strict=False)),
        is_empty=not longest,
    )


def _label(text: str, y: int) -> str:
    short = text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"
    return (
        f'<text class="chart__name" x="{LEFT - 8}" y="{y + 12}" font-size="12" text-anchor="end" fill="#000" {FONT}>'
        f"{escape(short)}</text>"
    )


# --- Lines ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineSeries:
    name: str
    values: Sequence[Decimal | None]
    css: str = "is-a"


def lines(
    series: Sequence[LineSeries],
    labels: Sequence[str],
    *,
    low: Decimal | int | None = None,
    high: Decimal | int | None = None,
    unit: str = "",
    decimals: int = 2,
) -> Drawing:
    """Lines from left to right, told apart by their dashes too; a gap where a value is None."""
    known = [value for one in series for value in one.values if value is not None]
    bottom, top = Decimal(low if low is not None else min(known, default=0)), Decimal(
        high if high is not None else max(known, default=1)
    )  # fmt: skip
    top = top if top > bottom else bottom + 1
    step = (LINE_WIDTH - 2 * EDGE) / max(len(labels) - 1, 1)
    floor, space = LINE_HEIGHT - FOOT, LINE_HEIGHT - FOOT - HEAD

    def at(place: int, value: Decimal) -> tuple[int, int]:
        part = (min(max(value, bottom), top) - bottom) / (top - bottom)
        return round(EDGE + place * step), floor - round(space * part)

    parts = list(_grid(bottom, top, floor, space, unit))
    for index, one in enumerate(series):
        parts += _line(one, [None if value is None else at(place, value) for place, value in enumerate(one.values)],
                       DASHES[index % len(DASHES)], decimals, is_below=index > 0)  # fmt: skip
    for place, label in enumerate(labels):
        # The outer labels stay inside the drawing.
        x, anchor = round(EDGE + place * step), "middle"
        if len(labels) > 1 and place == 0:
            x, anchor = EDGE - 12, "start"
        elif len(labels) > 1 and place == len(labels) - 1:
            x, anchor = LINE_WIDTH - 6, "end"
        parts.append(
            f'<text x="{x}" y="{LINE_HEIGHT - 8}" font-size="11" text-anchor="{anchor}" fill="#333" {FONT}>'
            f"{escape(label)}</text>"
        )
    numbers = tuple(
        (label, tuple(_text(one.values[place], decimals) for one in series)) for place, label in enumerate(labels)
    )
    heads = ("", *(f"{one.name}, {unit}" if unit else one.name for one in series))
    legend = tuple((one.css, ("———", "– – –", "·····")[index % 3], one.name, "") for index, one in enumerate(series))
    drawn = mark_safe("".join(parts))
    return Drawing(
        drawn, LINE_WIDTH, LINE_HEIGHT, heads, numbers, legend if len(series) > 1 else (), is_empty=not known
    )


def _grid(bottom: Decimal, top: Decimal, floor: int, space: int, unit: str) -> Iterator[str]:
    for part in (Decimal(0), Decimal("0.5"), Decimal(1)):
        y, value = floor - round(space * part), bottom + (top - bottom) * part
        words = f"{value.normalize():f}".replace(".", ",")
        yield (
            f'<line x1="{EDGE - 8}" y1="{y}" x2="{LINE_WIDTH - 8}" y2="{y}" stroke="#bbb" stroke-width="0.7"/>'
            f'<text x="{EDGE - 12}" y="{y + 4}" font-size="11" text-anchor="end" fill="#333" {FONT}>{words}</text>'
        )


def _line(
    one: LineSeries, points: Sequence[tuple[int, int] | None], dash: str, decimals: int, *, is_below: bool
) -> Iterator[str]:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    yield f'<g class="{one.css}">'
    for run in _runs(points):
        if len(run) > 1:
            shape = " ".join(f"{x},{y}" for x, y in run)
            yield f'<polyline points="{shape}" fill="none" stroke="#000" stroke-width="1.8"{dashes}/>'
    for point, value in zip(points, one.values, strict=True):
        if point is not None and value is not None:
            x, y = point
            yield (
                f'<circle cx="{x}" cy="{y}" r="3" fill="#000"/><text x="{x}" y="{y + (16 if is_below else -7)}"'
                f' font-size="11" text-anchor="middle" fill="#000" {FONT}>{_text(value, decimals)}</text>'
            )
    yield "</g>"


def _runs(points: Iterable[tuple[int, int] | None]) -> Iterator[list[tuple[int, int]]]:
    run: list[tuple[int, int]] = []
    for point in points:
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


# --- Heat map -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeatRow:
    """`values`: a number, a word («н/а») or None a column; `url`: where the label leads."""

    label: str
    values: Sequence[Decimal | str | None]
    url: str = ""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A real table: `body` are its rows, made safe."""

    columns: tuple[str, ...]
    body: SafeString
    is_empty: bool


def heat_map(
    rows: Sequence[HeatRow], columns: Sequence[str], *, steps: Iterable[Decimal], decimals: int = 1
) -> HeatMap:
    """Rows × columns, a cell the darker the lower its number: `steps` from above are where the shade changes."""
    falling = sorted(steps, reverse=True)
    is_empty = all(value is None for row in rows for value in row.values)
    return HeatMap(tuple(columns), mark_safe("\n".join(_heat_row(row, falling, decimals) for row in rows)), is_empty)


def _heat_row(row: HeatRow, steps: Sequence[Decimal], decimals: int) -> str:
    label: str = escape(row.label)
    name = f'<a href="{escape(row.url)}">{label}</a>' if row.url else label
    cells = "".join(_heat_cell(value, steps, decimals) for value in row.values)
    return f'<tr><th class="register__name" scope="row">{name}</th>{cells}</tr>'


def _heat_cell(value: Decimal | str | None, steps: Sequence[Decimal], decimals: int) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, str):
        return f'<td class="heat-word">{escape(value)}</td>'
    shade = sum(value < step for step in steps)
    return f'<td class="heat-{shade}">{_text(value, decimals)}</td>'


def _text(value: Decimal | None, decimals: int) -> str:
    return NOTHING if value is None else decimal_text(Decimal(value), decimals)
