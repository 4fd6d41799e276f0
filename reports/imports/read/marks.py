"""Cells of a journal: marks and absence letters, alone and together."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from journal.values import one_line

from .errors import BadValue

ABSENCE_LETTERS = {"Н": "Н", "H": "Н", "Б": "Б", "У": "У", "Y": "У", "О": "О", "O": "О"}
WORDS = {"н/а": "н/а", "осв": "осв", "зач": "зач", "зачет": "зач", "незач": "незач", "незачет": "незач"}
MARK_HINT = "Ожидаются 5, 4, 3, 2, 1, «4/5», н/а, осв, зач, незач, «.» и буквы Н, Б, У, О."
TOKEN = re.compile(r"н\s*/\s*а\.?(?!\w)|осв\.?(?!\w)|(?:не)?зач(?:[её]т)?\.?(?!\w)|\d+|[а-яёa-z]+|\S", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    marks: tuple[str, ...] = ()
    absence: str = ""


def parse_cell(value: object) -> Cell:
    """«4», «4/5», «Н», «Н 4», «н/а», «осв», «зач», «.» → marks and at most one absence letter."""
    if isinstance(value, datetime | date):
        raise BadValue(
            f"Excel превратил отметку в дату {value:%d.%m.%Y} (так бывает с «4/5»).",
            "Задайте столбцу формат «Текстовый» и впишите отметку заново.",
        )
    line = one_line(value)
    marks: list[str] = []
    absence = ""
    for token in TOKEN.findall(line):
        if token in "/,;|\\":
            continue
        if mark := _mark(token):
            marks.append(mark)
        elif letter := ABSENCE_LETTERS.get(token.upper()):
            if absence and absence != letter:
                raise BadValue(f"В ячейке «{line}» две разные буквы пропуска.", "Ожидается одна: Н, Б, У или О.")
            absence = letter
        else:
            raise BadValue(f"Неизвестная запись «{line}» в клетке журнала.", MARK_HINT)
    return Cell(tuple(marks), absence)


def _mark(token: str) -> str:
    if token in (".", "•"):
        return "."
    # «н/а» has the same stroke as «4/5»: the pattern takes it out before strokes are skipped.
    word = token.casefold().replace(" ", "").replace("ё", "е").rstrip(".")
    return word if word in ("1", "2", "3", "4", "5") else WORDS.get(word, "")


def parse_period_mark(value: object) -> str:
    """One value of a summary sheet, or nothing."""
    cell = parse_cell(value)
    if cell.absence or len(cell.marks) > 1 or cell.marks == (".",):
        raise BadValue(
            f"Итоговая отметка «{one_line(value)}» не понята.", "Ожидается 5, 4, 3, 2, н/а, осв, зач или незач."
        )
    return cell.marks[0] if cell.marks else ""
