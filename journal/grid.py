"""The body of the register as HTML, and the register as rows of text for files.

A grid of 30 × 40 cells is what such a page costs: the template engine takes ten times longer for it than
joining strings. Every string here is either a literal of ours, a number, or went through `conditional_escape`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from journal.models import NUMERIC_VALUES
from journal.queries.matrix import Matrix, SubjectCell
from journal.queries.register import Cell, Register, Row
from journal.text import decimal_text

_LINK = '<a href="cells/{pupil}/{lesson}/">'


def body_html(register: Register, *, cards_on: bool) -> SafeString:
    """Rows of the table. `cards_on` links the names of today's pupils to their cards."""
    controls = [bool(column.control) for column in register.columns]
    lessons = [column.lesson_id for column in register.columns]
    card = reverse("journal:pupil", args=[0]) if cards_on else ""
    parts: list[str] = []
    for number, row in enumerate(register.rows, start=1):
        parts.append(_name_html(number, row, card))
        for cell, lesson_id, control in zip(row.cells, lessons, controls, strict=True):
            parts.append(_cell_html(cell, control, lesson_id is not None).format(pupil=row.pupil_id, lesson=lesson_id))
        if register.with_marks:
            parts.append(_mean_html(row))
            parts.extend(_period_html(value) for value in row.period_marks)
        parts.append("</tr>\n")
    # Safe: see the head of the module; tests/journal/test_grid.py feeds names with markup.
    return mark_safe("".join(parts))


def dates_html(register: Register) -> SafeString:
    """Headings of the columns: the day, the lesson's number where a day has two, a sign for a control work."""
    parts = []
    for column in register.columns:
        title = ". ".join(filter(None, [capfirst(column.control), column.topic]))
        parts.append(
            f'<th scope="col" data-lesson="{column.lesson_id or ""}"'
            + (' class="is-control"' if column.control else "")
            + (f' title="{conditional_escape(title)}"' if title else "")
            + f">{column.date.day}"
            + (f'<sub>{column.number}<span class="visually-hidden"> урок</span></sub>' if column.shows_number else "")
            + ('<sup>к<span class="visually-hidden">онтрольная</span></sup>' if column.control else "")
            + "</th>"
        )
    # Safe: see the head of the module.
    return mark_safe("".join(parts))


@lru_cache(maxsize=2048)
def _cell_html(cell: Cell, control: bool, has_page: bool) -> str:
    """A cell with places for the ids of pupil and lesson; there are few different ones."""
    classes = [] if cell.is_own else ["is-off"]
    if control:
        classes.append("is-control")
    if not cell.values and not cell.letter:
        return f"<td{_class(classes)}></td>"
    inner = _escaped("/".join(cell.values))
    if cell.values:
        classes.append(_weight_class(cell.values))
    if cell.letter:
        sign = _escaped(cell.letter.sign)
        if cell.values:
            inner += f' <b class="a is-{_escaped(cell.letter.reason)}">{sign}</b>'
        else:
            classes += ["a", f"is-{_escaped(cell.letter.reason)}"]
            inner = sign
    if cell.has_comment:
        classes.append("has-note")
    if has_page:
        inner = f"{_LINK}{inner}</a>"
    return f"<td{_class(classes)}>{inner}</td>"


def _escaped(text: str) -> str:
    # Braces too: the result goes through str.format.
    return conditional_escape(text).replace("{", "&#123;").replace("}", "&#125;")


def _weight_class(values: tuple[str, ...]) -> str:
    """The heaviest look in the cell wins: a «2» is never hidden by a «5» beside it."""
    worst = min(values)
    return f"m{worst}" if worst in ("1", "2", "3", "5") else ""


def _class(names: list[str]) -> str:
    text = " ".join(filter(None, names))
    return f' class="{text}"' if text else ""


def _name_html(number: int, row: Row, card: str) -> str:
    name: str = conditional_escape(row.name)
    if card and row.is_here:
        name = f'<a href="{card.replace("/0/", f"/{row.pupil_id}/")}">{name}</a>'
    if row.note:
        name += f' <small class="register__note">{conditional_escape(row.note)}</small>'
    start = "<tr" if row.is_here else '<tr class="is-left"'
    return (
        f'{start} data-pupil="{row.pupil_id}"><th class="register__name" scope="row">'
        f'<span class="register__no">{number}</span>{name}</th>'
    )


def _mean_html(row: Row) -> str:
    if row.mean is None:
        return '<td class="register__mean"></td>'
    few = '?<span class="visually-hidden"> мало отметок</span>' if row.has_few else ""
    quiet = " is-few" if row.has_few else ""
    return (
        f'<td class="register__mean{quiet}"><details class="mean" name="mean">'
        f"<summary>{decimal_text(row.mean)}{few}</summary>"
        f'<span class="mean__how">{conditional_escape(workings(row))}</span></details></td>'
    )


def _period_html(value: str) -> str:
    return f'<td class="register__period">{conditional_escape(value)}</td>'


def matrix_html(matrix: Matrix) -> SafeString:
    """Rows of «все предметы»."""
    parts: list[str] = []
    card = reverse("journal:pupil", args=[0])
    for number, row in enumerate(matrix.rows, start=1):
        name: str = conditional_escape(row.name)
        if row.is_here:
            name = f'<a href="{card.replace("/0/", f"/{row.pupil_id}/")}">{name}</a>'
        parts.append(
            f'<tr><th class="register__name" scope="row"><span class="register__no">{number}</span>{name}</th>'
        )
        parts.extend(_subject_html(cell) for cell in row.cells)
        parts.append("</tr>\n")
    # Safe: see the head of the module.
    return mark_safe("".join(parts))


def _subject_html(cell: SubjectCell) -> str:
    """Mean above, period mark below; a risk has its sign, too few marks a question mark: never colour alone."""
    inner = ""
    if cell.mean is not None:
        inner = decimal_text(cell.mean)
        if cell.at_risk:
            inner = f'<span class="risk">▼<span class="visually-hidden">угроза двойки </span>{inner}</span>'
        if cell.has_few:
            inner = f'<span class="is-few">{inner}?<span class="visually-hidden"> мало отметок</span></span>'
    if cell.period_mark:
        inner += f"<b>{conditional_escape(cell.period_mark)}</b>"
    return f"<td>{inner}</td>"


def workings(row: Row) -> str:
    """How the mean came about: «(5·3 + 4·1) / 4 = 4,75»."""
    if row.mean is None:
        return ""
    terms = " + ".join(f"{value}·{_plain(weight)}" for value, weight in row.counted)
    total = sum((weight for _, weight in row.counted), Decimal(0))
    text = f"({terms}) / {_plain(total)} = {decimal_text(row.mean)}"
    return f"{text}; из другой группы или класса: {row.carried}" if row.carried else text


def _plain(number: Decimal) -> str:
    """«3», «1,5»: without the zeros that the database keeps."""
    return f"{number.normalize():f}".replace(".", ",")


def rows_for_file(register: Register) -> Iterator[list[str | int | Decimal | None]]:
    """The table of the page, heading first, as cells of a file."""
    dates = [f"{c.date:%d.%m}" + (f" ({c.number} ур.)" if c.shows_number else "") for c in register.columns]
    yield ["№", "Ученик", *dates, *(["Средний балл", *register.heads] if register.with_marks else [])]
    for number, row in enumerate(register.rows, start=1):
        name = f"{row.name} ({row.note})" if row.note else row.name
        cells: list[str | int | Decimal | None] = [number, name, *(_file_value(cell.text) for cell in row.cells)]
        if register.with_marks:
            mean = row.mean.quantize(Decimal("0.01"), ROUND_HALF_UP) if row.mean is not None else None
            cells += [mean, *(_file_value(value) for value in row.period_marks)]
        yield cells


def _file_value(text: str) -> str | int | None:
    return int(text) if text in NUMERIC_VALUES else text or None
