"""A block of cells copied from a spreadsheet, read against a class: which columns it has, whom each line is about, what
it would change. Pure functions: nothing is written and nothing is asked of the database here."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError

from journal.cells import GUARDIAN_CELLS, PUPIL_CELLS, TIE_CELLS, TITLES, Cell, text_of_cell, words_of_cell
from journal.models import Guardianship
from journal.queries.roll import RollRow
from journal.text import normalise

MAX_LINES, MAX_COLUMNS, MAX_LETTERS = 300, 20, 200_000
PUPIL, GUARDIAN, KINSHIP = "pupil", "guardian", "kinship"
OF_TIE = (*GUARDIAN_CELLS, *TIE_CELLS)
COLUMNS = {
    "": "не читать",
    PUPIL: "Ученик",
    **{name: TITLES[name] if name != "phone" else "Телефон ученика" for name in PUPIL_CELLS},
    GUARDIAN: "Представитель",
    KINSHIP: "Родство",
    **{name: TITLES[name] for name in OF_TIE},
    "phone_mobile:mother": "Мобильный матери",
    "email:mother": "E-mail матери",
    "phone_mobile:father": "Мобильный отца",
    "email:father": "E-mail отца",
}
"""What a column may be; «field:kinship» is the field of the guardian of this kinship."""
ALIASES = {
    PUPIL: ("ученик", "фио", "фио ученика", "фамилия имя", "фамилия и имя", "фамилия имя отчество", "ребенок"),
    "phone": ("телефон ученика", "телефон ребенка", "телефон"),
    "file_number": ("личное дело", "номер личного дела", "л д"),
    "address": ("адрес", "адрес проживания", "домашний адрес"),
    GUARDIAN: ("представитель", "родитель", "фио родителя", "фио представителя", "законный представитель"),
    KINSHIP: ("родство", "степень родства", "кем приходится"),
    "phone_mobile": ("мобильный", "мобильный телефон", "телефон мобильный", "телефон родителя", "сотовый"),
    "phone_home": ("домашний", "домашний телефон", "телефон домашний"),
    "email": ("e mail", "email", "почта", "электронная почта", "эл почта", "e mail родителя"),
    "informing": ("информирование", "форма информирования"),
    "informing_basis": ("основание",),
    "informing_since": ("с даты", "дата"),
    "phone_mobile:mother": ("телефон матери", "телефон мамы", "мама", "мобильный матери"),
    "email:mother": ("e mail матери", "почта мамы", "почта матери"),
    "phone_mobile:father": ("телефон отца", "телефон папы", "папа", "мобильный отца"),
    "email:father": ("e mail отца", "почта папы", "почта отца"),
}
KINSHIPS = {
    **{normalise(str(words)): key for key, words in Guardianship.Kinship.choices},
    "мама": "mother", "папа": "father", "бабуля": "grandmother", "дед": "grandfather", "опекунша": "guardian",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PasteChange:
    """One cell that would change."""

    line: int
    cell: Cell
    pupil: str
    who: str
    title: str
    seen: str
    old: str
    new: str
    value: Any


@dataclass(frozen=True, slots=True)
class PasteProblem:
    """A line, or a value in it, that will not be written, and why."""

    line: int
    words: str


@dataclass
class PastePlan:
    """What the block means. `columns`: the meaning of each; `sample`: the first lines of data."""

    columns: list[str]
    titles: list[str]
    sample: list[list[str]]
    changes: list[PasteChange] = field(default_factory=list)
    problems: list[PasteProblem] = field(default_factory=list)
    same: int = 0
    asks_columns: bool = False


class TooBig(Exception):
    """More than a class can be; the sentence says what to do."""


def read_block(text: str) -> list[list[str]]:
    """Lines of cells as a spreadsheet copies them: tabs between, quotes around what holds a line break."""
    if len(text) > MAX_LETTERS:
        raise TooBig("Скопировано слишком много. Вставьте строки одного класса.")
    delimiter = "\t" if "\t" in text else ";" if ";" in text else "\t"
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        rows = [line.split(delimiter) for line in text.splitlines()]
    lines = [[_tidy(cell) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    width = max(map(len, lines), default=0)
    if len(lines) > MAX_LINES or width > MAX_COLUMNS:
        raise TooBig(f"Помещается не больше {MAX_LINES} строк и {MAX_COLUMNS} столбцов. Вставьте строки одного класса.")
    return [line + [""] * (width - len(line)) for line in lines]


def plan_by_names(
    lines: Sequence[list[str]],
    roll: Sequence[RollRow],
    clean: Callable[[str, str], Any],
    chosen: Mapping[int, str] | None = None,
) -> PastePlan:
    """The block read by its columns: those of its heading, of `chosen`, or as far as they can be guessed."""
    titles = _heading(lines[0]) if lines else []
    has_heading = sum(bool(title) for title in titles) >= 2 or (len(titles) == 1 and bool(titles[0]))
    first = 2 if has_heading else 1
    data = [list(line) for line in lines[1 if has_heading else 0 :]]
    names = _Names([(row.pupil, row) for row in roll])
    columns = _columns(titles if has_heading else [""] * len(lines[0] if lines else []), data, names, chosen)
    plan = PastePlan(columns, list(lines[0]) if has_heading else [], data[:3])
    plan.asks_columns = PUPIL not in columns or len({*columns} - {"", PUPIL, GUARDIAN, KINSHIP}) == 0
    if plan.asks_columns:
        return plan
    reader = _Reader(plan, clean)
    for number, line in enumerate(data, start=first):
        row = names.find(line[columns.index(PUPIL)], number, plan)
        if row is not None:
            reader.read_line(number, line, row)
    return plan


def plan_by_place(
    lines: Sequence[list[str]], roll: Sequence[RollRow], clean: Callable[[str, str], Any], start: Cell
) -> PastePlan | None:
    """The block without names, laid from the cell `start`: downwards from pupil to pupil (from the first guardian of
    each to the first of the next), rightwards from field to field. None where the cell is not on the page."""
    fields = PUPIL_CELLS if start.kind == "p" else OF_TIE
    top, rank = _place_of(start, roll)
    if top is None:
        return None
    at = fields.index(start.field)
    width = len(lines[0]) if lines else 0
    columns = [fields[at + index] if at + index < len(fields) else "" for index in range(width)]
    plan = PastePlan(columns, [], [])
    if width > len(fields) - at:
        plan.problems.append(PasteProblem(1, f"Правее столбца «{TITLES[fields[-1]]}» ничего нет: лишнее не читается."))
    reader = _Reader(plan, clean)
    for number, line in enumerate(lines, start=1):
        if top + number - 1 >= len(roll):
            plan.problems.append(PasteProblem(number, "Строк больше, чем учеников ниже выбранной клетки."))
            break
        row = roll[top + number - 1]
        tie = None
        if start.kind == "l":
            if rank >= len(row.guardianships):
                plan.problems.append(PasteProblem(number, f"{row.pupil.list_name}: нет {rank + 1}-го представителя."))
                continue
            tie = row.guardianships[rank]
        reader.read_values(number, line, row, tie)
    return plan


class _Reader:
    """Turns lines into changes and problems of one plan."""

    def __init__(self, plan: PastePlan, clean: Callable[[str, str], Any]) -> None:
        self.plan, self.clean = plan, clean
        self.taken: dict[Cell, str] = {}

    def read_line(self, number: int, line: list[str], row: RollRow) -> None:
        """A line whose pupil is known by name; the guardian is told by name, by kinship, or is the only one."""
        by_column = dict(zip(self.plan.columns, line, strict=False))
        needs_tie = any(column in OF_TIE and text for column, text in by_column.items())
        tie = None
        if needs_tie:
            tie = self._guardian(number, row, by_column.get(GUARDIAN, ""), by_column.get(KINSHIP, ""))
        self.read_values(number, line, row, tie)

    def read_values(self, number: int, line: list[str], row: RollRow, tie: Guardianship | None) -> None:
        for column, text in zip(self.plan.columns, line, strict=False):
            if not text or column in ("", PUPIL, GUARDIAN, KINSHIP):
                continue
            name, _, kinship = column.partition(":")
            own = self._of_kinship(number, row, kinship) if kinship else tie
            if name in PUPIL_CELLS:
                self._value(number, Cell("p", row.pupil.pk, name), text, row, row.pupil, "")
            elif own is not None:
                owner = own.guardian if name in GUARDIAN_CELLS else own
                who = f"{own.guardian.list_name}, {own.get_kinship_display()}"
                self._value(number, Cell("l", own.pk, name), text, row, owner, who)

    def _value(self, number: int, cell: Cell, text: str, row: RollRow, owner: Any, who: str) -> None:
        stands = getattr(owner, cell.field)
        pupil, title = row.pupil.list_name, TITLES[cell.field]
        try:
            value = self.clean(cell.field, text)
        except ValidationError as error:
            self._problem(number, f"{pupil}: {' '.join(error.messages)}")
            return
        if cell in self.taken and self.taken[cell] != text_of_cell(cell.field, value):
            self._problem(number, f"{pupil}, {title}: выше уже стоит другое значение. Оставьте одну строку.")
            return
        if cell in self.taken:
            return
        self.taken[cell] = text_of_cell(cell.field, value)
        if value == stands:
            self.plan.same += 1
            return
        self.plan.changes.append(
            PasteChange(
                line=number, cell=cell, pupil=pupil, who=who, title=title, seen=text_of_cell(cell.field, stands),
                old=words_of_cell(cell.field, stands), new=words_of_cell(cell.field, value), value=value,
            )
        )  # fmt: skip

    def _guardian(self, number: int, row: RollRow, name: str, kinship: str) -> Guardianship | None:
        pupil = row.pupil.list_name
        if name:
            found = _Names([(tie.guardian, tie) for tie in row.guardianships]).find(name, number, self.plan, pupil)
            return found
        if kinship:
            return self._of_kinship(number, row, KINSHIPS.get(normalise(kinship), ""), kinship)
        if len(row.guardianships) == 1:
            return row.guardianships[0]
        if not row.guardianships:
            self._problem(number, f"{pupil}: представители не указаны.")
        else:
            names = ", ".join(tie.guardian.list_name for tie in row.guardianships)
            words = f"{pupil}: представителей несколько ({names}). Добавьте столбец «Представитель» или «Родство»."
            self._problem(number, words)
        return None

    def _of_kinship(self, number: int, row: RollRow, kinship: str, typed: str = "") -> Guardianship | None:
        found = [tie for tie in row.guardianships if tie.kinship == kinship]
        if len(found) == 1:
            return found[0]
        word = typed or str(Guardianship.Kinship(kinship).label)
        many = "больше одного" if found else "нет"
        self._problem(number, f"{row.pupil.list_name}: среди представителей {many} с родством «{word}».")
        return None

    def _problem(self, number: int, words: str) -> None:
        problem = PasteProblem(number, words)
        if problem not in self.plan.problems:
            self.plan.problems.append(problem)


class _Names:
    """People found by full name, by surname and name, or by initials; case and ё/е do not matter."""

    def __init__(self, people: list[tuple[Any, Any]]) -> None:
        self.people: dict[str, dict[int, Any]] = {}
        self.near = {normalise(name): p.full_name for p, _ in people for name in (p.full_name, p.list_name)}
        for person, meant in people:
            for name in {person.full_name, person.list_name, person.short_name}:
                self.people.setdefault(_name_key(name), {})[person.pk] = meant

    def holds(self, name: str) -> bool:
        return bool(name) and _name_key(name) in self.people

    def find(self, name: str, number: int, plan: PastePlan, of: str = "") -> Any:
        found = list(self.people.get(_name_key(name), {}).values())
        if len(found) == 1:
            return found[0]
        where = f"{of}: представителя" if of else "ученика"
        if found:
            words = f"«{name}»: таких здесь {len(found)}. Добавьте отчество."
        elif not name:
            words = f"Не указано имя {where}." if not of else f"{of}: не указан представитель."
        else:
            near = get_close_matches(normalise(name), self.near, n=1, cutoff=0.75)
            hint = f" Похоже на «{self.near[near[0]]}»: исправьте имя в таблице." if near else ""
            words = f"{where[0].upper()}{where[1:]} «{name}» здесь нет.{hint}"
        plan.problems.append(PasteProblem(number, words))
        return None


def _name_key(name: str) -> str:
    return normalise(name.replace(".", " ")).replace(" ", "")


def _tidy(cell: str) -> str:
    """One line; an apostrophe that our own files put before a sign goes."""
    text = " ".join(cell.split())
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _heading(line: Sequence[str]) -> list[str]:
    return [_column_of(title) for title in line]


def _column_of(title: str) -> str:
    bare = _bare(title)
    for column, aliases in ALIASES.items():
        if bare in aliases or bare == _bare(COLUMNS[column]):
            return column
    return ""


def _bare(title: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in normalise(title)).split())


def _columns(
    titles: list[str], data: Sequence[list[str]], names: _Names, chosen: Mapping[int, str] | None
) -> list[str]:
    """The person's choice over the heading over a guess; a meaning stands once."""
    columns = list(titles)
    if PUPIL not in columns and data:
        hits = [sum(names.holds(line[index]) for line in data) for index in range(len(columns))]
        best = max(range(len(hits)), key=hits.__getitem__)
        if hits[best] and not columns[best]:
            columns[best] = PUPIL
    for index, column in (chosen or {}).items():
        if index < len(columns) and column in COLUMNS:
            columns[index] = column
    return [column if column not in columns[:index] else "" for index, column in enumerate(columns)]


def _place_of(start: Cell, roll: Sequence[RollRow]) -> tuple[int | None, int]:
    for top, row in enumerate(roll):
        if start.kind == "p" and row.pupil.pk == start.row:
            return top, 0
        for rank, tie in enumerate(row.guardianships):
            if start.kind == "l" and tie.pk == start.row:
                return top, rank
    return None, 0
