"""The cells of the class's table: which facts of a pupil and of the guardians stand in it, and how each is written.

A cell is named by the row it stands in and its field: «p12-phone» is a field of pupil 12, «l7-email» one of the tie 7
between a pupil and a guardian, or of that guardian. So the same guardian of two children of a class has two cells, and
both name one value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models

from journal.models import Guardian, Guardianship, Pupil
from journal.values import BadValue, parse_date

PUPIL_CELLS = ("phone", "file_number", "address")
GUARDIAN_CELLS = ("phone_mobile", "phone_home", "email")
TIE_CELLS = ("informing", "informing_basis", "informing_since")
TITLES = {
    "phone": "Телефон", "file_number": "Личное дело", "address": "Адрес",
    "phone_mobile": "Мобильный", "phone_home": "Домашний", "email": "E-mail",
    "informing": "Информирование", "informing_basis": "Основание", "informing_since": "С даты",
}  # fmt: skip
KEY = re.compile(r"([pl])(\d{1,18})-([a-z_]{1,20})")


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the table: `row` is the pk of the pupil («p») or of the guardianship («l»)."""

    kind: str
    row: int
    field: str

    @classmethod
    def parse(cls, key: str) -> Cell | None:
        """The cell of this name, or None for what names none."""
        found = KEY.fullmatch(key)
        if not found:
            return None
        kind, row, field = found[1], int(found[2]), found[3]
        known = PUPIL_CELLS if kind == "p" else (*GUARDIAN_CELLS, *TIE_CELLS)
        return cls(kind, row, field) if field in known else None

    @property
    def key(self) -> str:
        return f"{self.kind}{self.row}-{self.field}"

    @property
    def model(self) -> type[models.Model]:
        if self.kind == "p":
            return Pupil
        return Guardian if self.field in GUARDIAN_CELLS else Guardianship


@dataclass(frozen=True, slots=True)
class CellEdit:
    """What the page showed in a cell (as text), and the value to put there."""

    cell: Cell
    seen: str
    value: Any


def text_of_cell(field: str, value: Any) -> str:
    """The value as the table shows it: days as ДД.ММ.ГГГГ, a choice by its key."""
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return "" if value is None else str(value)


def words_of_cell(field: str, value: Any) -> str:
    """The same for a person: a choice by its words."""
    text = text_of_cell(field, value)
    return str(Guardianship.Informing(text).label) if field == "informing" and text else text


def value_of_cell(field: str, text: str) -> Any:
    """What stood in the row if the table showed this text."""
    if field != "informing_since":
        return text
    try:
        return parse_date(text, TITLES[field])
    except BadValue:
        return text
