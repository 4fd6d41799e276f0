"""The tables of attendance as HTML and as rows of a file.

Thirty pupils by forty columns are too many for template variables: plain strings take a tenth of the time. Only names
come from people, and they are escaped here; everything else is our own numbers and words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from attendance.month_table import OFF, Cell, Day, MonthTable
from attendance.queries import Totals
from attendance.tables import Person, Summary
from journal.dates import WEEKDAYS, day_month
from journal.files import Value

REASON_HEADS = ("всего", "Б", "У", "Н")
ABSENT, PARTLY = "Отсутствуют весь день", "Отсутствуют на части уроков"
TOTAL = "Всего по классу"


# --- Pages -----------------------------------------------------------------------------------------


def month_body(table: MonthTable, *, all_cards: bool) -> SafeString:
    """Rows of the month; a letter leads to the sheet of its day. `all_cards`: cards of those who left open too."""
    card = reverse("journal:pupil", args=[0])
    parts = []
    for row in table.rows:
        parts.append(f'<tr data-pupil="{row.pupil.pupil_id}">{_name(row.pupil, card, all_cards)}')
        for day, cell in zip(table.days, row.cells, strict=True):
            html = _cell(cell, bool(day.no_school), day.is_today, day.is_ahead)
            if cell.look and cell is not OFF:
                html = html.replace("@day", f"{day.date:%Y-%m-%d}").replace("@pupil", str(row.pupil.pupil_id))
            parts.append(html)
        parts.append(f"{total_cells(row.total)}</tr>\n")
    # Safe: see the head of the module; a test feeds names with markup.
    return mark_safe("".join(parts))


def month_heads(table: MonthTable) -> tuple[SafeString, SafeString]:
    """Cells of the days in the two rows of the heading: weekdays, then dates that lead to the sheets."""
    weekdays, dates = [], []
    for day in table.days:
        look = "".join([" is-off" if day.no_school else "", " is-today" if day.is_today else ""])
        weekdays.append(f'<td class="att__weekday{look}">{day.weekday}</td>')
        start = f'<th scope="col" data-day="{day.date:%Y-%m-%d}" class="att__date{look}"'
        if why := escape(day.no_school):
            dates.append(f'{start} title="{why}">{day.date.day}<span class="visually-hidden">, {why}</span></th>')
        else:
            words = f"{WEEKDAYS[day.date.weekday()]}, {day_month(day.date)}: открыть лист"
            dates.append(f'{start}><a href="../{day.date:%Y-%m-%d}/" title="{words}">{day.date.day}</a></th>')
    # Safe: our own words; the name of a day off is escaped.
    return mark_safe("".join(weekdays)), mark_safe("".join(dates))


def month_foot(table: MonthTable) -> SafeString:
    """Absent pupils by day, and the totals of the class."""
    absent = "".join(f"<td{_day_class(day)}{_unmarked(day)}>{day.absent_text}</td>" for day in table.days)
    partly = "".join(f"<td{_day_class(day)}>{_some(day.partly, not day.is_ahead)}</td>" for day in table.days)
    # Safe: our own words and numbers.
    return mark_safe(
        f'<tr class="sum"><th class="register__name" scope="row">{ABSENT}</th>{absent}{total_cells(table.total)}</tr>'
        f'<tr><th class="register__name" scope="row">{PARTLY}</th>{partly}<td colspan="10"></td></tr>'
    )


def summary_body(summary: Summary, *, all_cards: bool) -> SafeString:
    """Rows of a term or of a year."""
    card = reverse("journal:pupil", args=[0])
    # Safe: names are escaped in _name, the rest is numbers; a test feeds names with markup.
    return mark_safe(
        "".join(
            f"<tr>{_name(row.pupil, card, all_cards)}{_part_cells(summary, row.parts)}{total_cells(row.total)}</tr>\n"
            for row in summary.rows
        )
    )


def summary_foot(summary: Summary) -> SafeString:
    """The totals of the class."""
    cells = f"{_part_cells(summary, summary.sums)}{total_cells(summary.total)}"
    # Safe: our own words and numbers.
    return mark_safe(f'<tr class="sum"><th class="register__name" scope="row">{TOTAL}</th>{cells}</tr>')


def total_cells(total: Totals) -> SafeString:
    """Days and lessons: all, Б, У, Н; lateness; attendance. A reason that did not occur stays empty."""
    days, lessons = total.days_figures(), total.lessons_figures()
    cells = [*_group(days), *_group(lessons), f'<td class="edge">{total.late or ""}</td>']
    # Safe: numbers.
    return mark_safe(f"{''.join(cells)}<td>{percent_text(total.percent)}</td>")


def percent_text(percent: Decimal | None) -> str:
    return "—" if percent is None else f"{percent:f}".replace(".", ",")


def _part_cells(summary: Summary, parts: Iterable[Totals | None]) -> str:
    width = len(summary.part_heads)
    cells = []
    for total in parts:
        figures = summary.part_figures(total)
        off = " is-off" if total is None else ""
        cells += [*_group(figures[:width], off), *_group(figures[width:], off, "thin")]
    return "".join(cells)


def _group(figures: Sequence[int | str], off: str = "", edge: str = "edge") -> Iterator[str]:
    """A group of figures, the whole of it first."""
    first, *others = figures
    yield f'<td class="{edge} all{off}">{first}</td>'
    start = '<td class="is-off">' if off else "<td>"
    for figure in others:
        yield f"{start}{figure or ''}</td>"


def _name(pupil: Person, card: str, all_cards: bool) -> str:
    name: str = escape(pupil.name)
    if pupil.is_here or all_cards:
        name = f'<a href="{card.replace("/0/", f"/{pupil.pupil_id}/")}">{name}</a>'
    note = f' <small class="register__note">{pupil.note}</small>' if pupil.note else ""
    return f'<th class="register__name" scope="row"><span class="register__no">{pupil.number}</span>{name}{note}</th>'


@lru_cache(maxsize=1024)
def _cell(cell: Cell, is_off: bool, is_today: bool, is_ahead: bool) -> str:
    """A cell with places for the day and the pupil; there are few different ones."""
    classes = ["is-off"] if is_off else []
    classes += ["is-today"] if is_today else []
    if cell.look == "off":
        return f'<td class="{" ".join([*classes, "is-gone"])}" title="{cell.title}">{cell.text}</td>'
    if not cell.text:
        return f'<td class="{" ".join(classes)}"></td>' if classes else "<td></td>"
    classes += ["a", f"is-{cell.look}", *(["is-open"] if "?" in cell.text else []), *(["is-ahead"] if is_ahead else [])]
    return f'<td class="{" ".join(classes)}"><a href="../@day/#p@pupil" title="{cell.title}">{cell.text}</a></td>'


def _day_class(day: Day) -> str:
    names = [*(["is-off"] if day.no_school else []), *(["is-today"] if day.is_today else [])]
    return f' class="{" ".join(names)}"' if names else ""


def _unmarked(day: Day) -> str:
    return ' title="класс не отмечен"' if day.absent_text == "—" else ""


def _some(number: int, is_past: bool) -> str:
    return str(number) if number and is_past else ""


# --- Files -----------------------------------------------------------------------------------------


def month_rows(table: MonthTable) -> Iterator[list[Value]]:
    """The month as rows of a file, heading first."""
    yield ["№", "Ученик", *(f"{day.date:%d.%m} {day.weekday}" for day in table.days), *TOTAL_HEADS]
    for row in table.rows:
        yield [row.pupil.number, row.pupil.name_and_note, *(cell.text for cell in row.cells), *total_values(row.total)]
    absent = [int(text) if text.isdigit() else text for text in (day.absent_text for day in table.days)]
    yield [None, ABSENT, *absent, *total_values(table.total)]
    partly = [day.partly if day.partly and not day.is_ahead else None for day in table.days]
    yield [None, PARTLY, *partly, *[None] * len(TOTAL_HEADS)]


def summary_rows(summary: Summary) -> Iterator[list[Value]]:
    """A term or a year as rows of a file."""
    heads = [
        f"{part.label}, {what}: {head}"
        for part in summary.parts
        for what in ("дней", "уроков")
        for head in summary.part_heads
    ]
    yield ["№", "Ученик", *heads, *TOTAL_HEADS]
    lines = [(row.pupil.number, row.pupil.name_and_note, row.parts, row.total) for row in summary.rows]
    for number, name, parts, total in [*lines, (None, TOTAL, summary.sums, summary.total)]:
        figures = [figure for part in parts for figure in summary.part_figures(part)]
        yield [number, name, *figures, *total_values(total)]


TOTAL_HEADS = (
    *(f"Дней: {head}" for head in REASON_HEADS),
    *(f"Уроков: {head}" for head in REASON_HEADS),
    "Опозданий",
    "Посещаемость, %",
)


def total_values(total: Totals) -> list[Value]:
    """Totals as cells of a file, under TOTAL_HEADS."""
    percent = total.percent
    return [*total.days_figures(), *total.lessons_figures(), total.late, "—" if percent is None else percent]
