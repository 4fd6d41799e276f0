"""What can be wrong with a file, always with its place and with what was expected."""

from dataclasses import dataclass

from journal.values import BadValue

__all__ = ["BadValue", "Place", "Problem", "UnreadableFile"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file, sheet, row (as Excel numbers it) and column."""

    file: str
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def at(self, column: str) -> "Place":
        """The same row, another column."""
        return Place(self.file, self.sheet, self.row, column)

    @property
    def short(self) -> str:
        """For a column of a table: «ученики.xlsx, 7Б, строка 5»."""
        return ", ".join(filter(None, [self.file, self.sheet, f"строка {self.row}" if self.row else ""]))

    def __str__(self) -> str:
        parts = [f"файл «{self.file}»"]
        if self.sheet:
            parts.append(f"лист «{self.sheet}»")
        if self.row:
            parts.append(f"строка {self.row}")
        if self.column:  # an XML has no rows: there it is the element
            parts.append(f"столбец {self.column}" if self.row else f"элемент {self.column}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a person must know. An error keeps the row out; a note keeps nothing out."""

    place: Place
    what: str
    expected: str = ""
    is_note: bool = False

    def __str__(self) -> str:
        sentence = f"{self.place}: {self.what}"
        return f"{sentence} {self.expected}" if self.expected else sentence


class UnreadableFile(Exception):
    """The whole file cannot be used; the sentence tells the operator what to do."""

    def __init__(self, what: str, expected: str = ""):
        super().__init__(what)
        self.what = what
        self.expected = expected
