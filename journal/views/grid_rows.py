"""The rows of the class's table as HTML.

Hundreds of fields are too many for template variables (design.md §7): plain strings take a tenth of the time. What
comes from people is escaped here; everything else is our own numbers and words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from journal.cells import GUARDIAN_CELLS, PUPIL_CELLS, TIE_CELLS, text_of_cell
from journal.forms.cells import CELL_FIELDS
from journal.models import Guardianship
from journal.queries.roll import RollRow

INFORMING = [(str(key), escape(str(words))) for key, words in Guardianship.Informing.choices]
SPANS = {"address": 4}
"""Columns a cell takes: the address of a pupil stands over four columns of the guardians."""
TYPES = {"phone": "tel", "phone_mobile": "tel", "phone_home": "tel", "email": "email"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A cell that was not saved: what the person typed, and why it stays unsaved."""

    text: str
    words: str


def texts_of(rows: Sequence[RollRow]) -> dict[str, str]:
    """What the table shows: name of the cell → text."""
    found = {}
    for row in rows:
        for field in PUPIL_CELLS:
            found[f"p{row.pupil.pk}-{field}"] = text_of_cell(field, getattr(row.pupil, field))
        for tie in row.guardianships:
            for field in GUARDIAN_CELLS:
                found[f"l{tie.pk}-{field}"] = text_of_cell(field, getattr(tie.guardian, field))
            for field in TIE_CELLS:
                found[f"l{tie.pk}-{field}"] = text_of_cell(field, getattr(tie, field))
    return found


def grid_rows(rows: Sequence[RollRow], texts: Mapping[str, str], troubles: Mapping[str, Trouble]) -> SafeString:
    """Table bodies, one a pupil: a line of the pupil's own facts and one for each guardian."""
    shared = _shared_guardians(rows)
    parts = [_body(row, texts, troubles, shared) for row in rows]
    # Safe: built from escaped texts and our own constants.
    return mark_safe("".join(parts))


def _body(row: RollRow, texts: Mapping[str, str], troubles: Mapping[str, Trouble], shared: set[int]) -> str:
    pupil = row.pupil
    link = reverse("journal:pupil", args=[pupil.pk])
    head = (
        f'<th scope="row" id="p{pupil.pk}" class="sheet__name"><span class="sheet__no">{row.number}</span>'
        f'<a href="{link}">{escape(pupil.list_name)}</a></th>'
    )
    own = "".join(_cell(f"p{pupil.pk}", field, texts, troubles) for field in PUPIL_CELLS)
    ties = "".join(_tie(tie, texts, troubles, tie.guardian_id in shared) for tie in row.guardianships)
    if not row.guardianships:
        ties = '<tr class="sheet__none"><td colspan="7">Представители не указаны.</td></tr>'
    return f'<tbody><tr class="sheet__pupil">{head}{own}</tr>{ties}</tbody>'


def _tie(tie: Guardianship, texts: Mapping[str, str], troubles: Mapping[str, Trouble], is_shared: bool) -> str:
    name, kinship = escape(tie.guardian.list_name), escape(tie.get_kinship_display())
    head = f'<th scope="row" id="l{tie.pk}" class="sheet__who">{name} <span class="muted">{kinship}</span></th>'
    # Twins in one class: what is typed for one of them stands for both.
    guardian = f' data-g="{tie.guardian_id}"' if is_shared else ""
    cells = "".join(_cell(f"l{tie.pk}", field, texts, troubles) for field in (*GUARDIAN_CELLS, *TIE_CELLS))
    return f'<tr class="sheet__tie"{guardian}>{head}{cells}</tr>'


def _cell(row: str, field: str, texts: Mapping[str, str], troubles: Mapping[str, Trouble]) -> str:
    key = f"{row}-{field}"
    trouble = troubles.get(key)
    text = trouble.text if trouble else texts[key]
    wrong = f' aria-invalid="true" aria-describedby="e-{key}"' if trouble else ""
    span = f' colspan="{SPANS[field]}"' if field in SPANS else ""
    error = f'<span class="sheet__error" id="e-{key}">{escape(trouble.words)}</span>' if trouble else ""
    named = f'name="{key}" aria-labelledby="c-{field} {row}"{wrong}'
    if field == "informing":
        options = "".join(
            f'<option value="{value}"{" selected" if value == text else ""}>{words}</option>'
            for value, words in INFORMING
        )
        control = f"<select {named}>{options}</select>"
    else:
        control = f'<input {_type(field)}{named} value="{escape(text)}"{_limit(field)} placeholder=" ">'
    paper = " sheet__paper" if field in ("informing_basis", "informing_since") else ""
    return f'<td class="sheet__{field}{paper}"{span}>{control}{error}</td>'


def _type(field: str) -> str:
    # Not type="email": the browser would refuse the whole form with words of its own.
    return f'inputmode="{TYPES[field]}" ' if field in TYPES else ""


def _limit(field: str) -> str:
    # Phones are tidied before they are measured, so they may be typed longer than they are stored.
    limit: Any = getattr(CELL_FIELDS[field], "max_length", None)
    return f' maxlength="{limit}"' if limit and field not in TYPES else ""


def _shared_guardians(rows: Sequence[RollRow]) -> set[int]:
    once: set[int] = set()
    shared: set[int] = set()
    for row in rows:
        for tie in row.guardianships:
            (shared if tie.guardian_id in once else once).add(tie.guardian_id)
    return shared
