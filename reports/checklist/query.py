"""The checklist of one class, and the matrix of all of them. Plain values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts.models import User
from journal.calendar import year_of
from journal.models import SchoolClass
from reports.checklist.facts import ClassFacts, facts_of
from reports.checklist.items import ITEMS, Item, Part
from reports.checklist.places import OF_PUPIL, office_url, place_url

OFFICE = {"office", "courses", "timetable"}
SORT_NAME = "class"
SHOWN = 12
"""Names that a line shows at once; the rest unfolds."""


@dataclass(frozen=True, slots=True)
class Named:
    """A gap with the page that mends just it; without one, only the name."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of an item with its page."""

    label: str
    done: int
    total: int
    names: list[Named]
    url: str
    words: str

    @property
    def first(self) -> list[Named]:
        return self.names[:SHOWN]

    @property
    def rest(self) -> list[Named]:
        return self.names[SHOWN:]


@dataclass(frozen=True, slots=True)
class Line:
    item: Item
    parts: list[Shown]

    @property
    def done(self) -> int:
        return sum(part.done for part in self.parts)

    @property
    def total(self) -> int:
        return sum(part.total for part in self.parts)

    @property
    def lacking(self) -> int:
        return self.total - self.done

    @property
    def is_complete(self) -> bool:
        return self.lacking == 0


@dataclass(frozen=True)
class Checklist:
    """One class: its items, those that lack something first."""

    school_class: SchoolClass
    lines: list[Line]

    @property
    def ready(self) -> int:
        return sum(line.is_complete for line in self.lines)

    @property
    def required_left(self) -> int:
        return sum(line.item.is_required and not line.is_complete for line in self.lines)


@dataclass(frozen=True, slots=True)
class Cell:
    """How many are missing; None where the item does not concern the class."""

    key: str
    lacking: int | None


@dataclass(frozen=True, slots=True)
class ClassRow:
    school_class: SchoolClass
    cells: list[Cell]

    @property
    def ready(self) -> int:
        return sum(cell.lacking == 0 for cell in self.cells)

    @property
    def asked(self) -> int:
        return sum(cell.lacking is not None for cell in self.cells)

    @property
    def left(self) -> int:
        return self.asked - self.ready


def class_checklist(school_class: SchoolClass, today: date, user: User) -> Checklist:
    """The checklist of one class. Thirteen queries at most, whatever the size."""
    (facts,) = facts_of([school_class], _day(school_class, today), sees_sensitive=user.sees_sensitive)
    lines = [
        Line(item, [_shown(item, part, facts, user) for part in parts])
        for item in ITEMS
        if (parts := item.find(facts)) is not None
    ]
    return Checklist(school_class, sorted(lines, key=lambda line: (line.is_complete, not line.item.is_required)))


def all_checklists(today: date, user: User, *, sort: str = SORT_NAME, grade: int | None = None) -> list[ClassRow]:
    """A row a class of the year, by class or by how much of an item is missing. The number of queries is constant."""
    year = year_of(today)
    if year is None:
        return []
    classes = SchoolClass.objects.kept_by(user).filter(year=year).select_related("year__school")
    chosen = [one for one in classes.order_by("grade", "letter") if grade in (None, one.grade)]
    facts = facts_of(chosen, min(today, year.date_to), sees_sensitive=user.sees_sensitive)
    rows = [ClassRow(one.school_class, [_cell(item, one) for item in shown_items(user, one)]) for one in facts]
    if sort == "left":
        return sorted(rows, key=lambda row: -row.left)
    if sort != SORT_NAME:
        return sorted(rows, key=lambda row: -next((c.lacking or 0 for c in row.cells if c.key == sort), 0))
    return rows


def shown_items(user: User, facts: ClassFacts | None = None) -> list[Item]:
    """Items of the matrix: the sensitive block only for who may see it, where the school keeps it."""
    keeps = facts is None or facts.sensitive is not None
    return [item for item in ITEMS if item.key != "sensitive" or (user.sees_sensitive and keeps)]


def _day(school_class: SchoolClass, today: date) -> date:
    """In summer the roll of the last day of the year is the one to show."""
    return min(today, school_class.year.date_to)


def _cell(item: Item, facts: ClassFacts) -> Cell:
    parts = item.find(facts)
    return Cell(item.key, None if parts is None else sum(len(part.gaps) for part in parts))


def _shown(item: Item, part: Part, facts: ClassFacts, user: User) -> Shown:
    class_id = facts.school_class.pk
    if item.place in OFFICE:
        url, words = office_url(item.place, user, class_id)
    else:
        url, words = place_url(item.place, class_id=class_id, subject_id=part.subject_id), "Исправить"
    of_pupil = OF_PUPIL.get(item.place, "")
    names = [
        Named(gap.name, place_url(of_pupil, class_id=class_id, pupil_id=gap.pupil_id) if of_pupil else "")
        for gap in part.gaps
    ]
    if of_pupil:
        words = "Таблица класса" if item.place == "table" else "Список класса"
    return Shown(part.label, part.done, part.total, names, url, words)


def file_rows(rows: Sequence[ClassRow], items: Sequence[Item]) -> list[list[str | int | None]]:
    """The matrix as a file; what does not concern a class is empty."""
    head: list[str | int | None] = ["Класс", "Готово", "Из", *(item.label for item in items)]
    return [head, *([row.school_class.name, row.ready, row.asked, *(c.lacking for c in row.cells)] for row in rows)]
