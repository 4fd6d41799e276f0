"""What a page of the school's analytics is made of. Page, paper and workbook are three faces of the same sections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from journal.files import Value
from reports.analytics.figures import Figure, SubjectFigures, left_out_words, subject_figures
from reports.formulas import Indicators, rounded

COUNT_HEADS = ("5", "4", "3", "2", "н/а", "осв", "N")
FIGURE_HEADS = ("Успеваемость, %", "Качество, %", "СОУ, %", "Средний балл")


@dataclass(frozen=True, slots=True)
class Cell:
    """`shown` on page and paper, `value` in files. `change` is a second line: the difference to the period before."""

    shown: str
    value: Value = None
    url: str = ""
    is_number: bool = False
    change: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The first cell is the row's heading. `counted` explains its numbers."""

    cells: tuple[Cell, ...]
    counted: tuple[str, ...] = ()
    is_sum: bool = False

    @property
    def head(self) -> Cell:
        return self.cells[0]

    @property
    def rest(self) -> tuple[Cell, ...]:
        return self.cells[1:]


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its heading, and what is drawn over it. `drawn` is a `report_charts.Drawing`, `heat` a `HeatMap`."""

    key: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    hint: str = ""
    empty: str = "Данных нет."
    drawn: Any = None
    drawn_name: str = ""
    heat: Any = None

    def for_file(self) -> list[list[Value]]:
        """The table as rows of a sheet, how the numbers came about in the last column."""
        counted = any(row.counted for row in self.rows)
        table: list[list[Value]] = [[*self.heads, *(["Как посчитано"] if counted else [])]]
        for row in self.rows:
            values: list[Value] = [cell.shown if cell.value is None else cell.value for cell in row.cells]
            table.append([*values, *(["; ".join(row.counted)] if counted else [])])
        return table

    @property
    def numbers(self) -> list[bool]:
        """Which columns hold numbers, for their alignment."""
        first = self.rows[0].cells if self.rows else ()
        return [cell.is_number for cell in first] or [False] * len(self.heads)

    @property
    def heading(self) -> list[tuple[str, bool]]:
        return list(zip(self.heads, self.numbers, strict=True))


@dataclass(frozen=True)
class AnalyticsPage:
    """`sub` tells period and kind («прогноз»); `notes` are sentences over the tables."""

    title: str
    sub: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
    is_forecast: bool = False
    more: dict[str, Any] = field(default_factory=dict)


def text(words: str, url: str = "") -> Cell:
    return Cell(words, words, url)


def number(value: int | None) -> Cell:
    """A count; nothing where it is 0, as in every table of results."""
    return Cell(str(value) if value else "", value or 0, is_number=True)


def figure(of: Figure) -> Cell:
    """A number of a report without its unit, which stands in the heading."""
    shown = of.shown.split("\u00a0")[0]
    return Cell(shown, rounded(of.value), is_number=True, change=of.change_shown if of.change else "")


def counts(of: Indicators) -> list[Cell]:
    """Cells under `COUNT_HEADS`; a «1» stands with the «2»."""
    found = of.counts
    twos = found.get("2", 0) + found.get("1", 0)
    values = (found.get("5", 0), found.get("4", 0), found.get("3", 0), twos, found.get("н/а", 0), found.get("осв", 0))
    return [number(value) for value in (*values, of.n)]


def figures(of: Indicators, before: Indicators | None) -> tuple[list[Cell], tuple[str, ...]]:
    """Cells under `FIGURE_HEADS`, and how they came about."""
    found: SubjectFigures = subject_figures(of)
    if before is not None:
        found = found.after(subject_figures(before))
    words = [f"{one.name}: {one.counted}" for one in found if one.counted]
    if out := left_out_words(of):
        words.append(f"не учтены: {out}")
    return [figure(one) for one in found], tuple(words)


def summed(values: Iterable[Sequence[str]]) -> list[str]:
    """Values of several groups of pupils in one list."""
    return [value for one in values for value in one]


def share(part: int, whole: int) -> Decimal | None:
    return Decimal(100 * part) / whole if whole else None
