"""The dirt of domain.md §11, put onto clean samples: `dirty("pupils", "title above")` is a file of that shape with it.

Each kind of dirt is a function over the rows of a sheet; where a shape cannot have it, the table of the tests says so.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import openpyxl

from tests import samples

Rows = list[list[Any]]
EPOCH = date(1899, 12, 30)


@dataclass
class Shape:
    """A clean file and where things stand in it: columns by what they hold, counted from 0."""

    make: Callable[[], bytes]
    name: str
    heading: int = 0
    parts: tuple[int, ...] = ()
    full: tuple[int, ...] = ()
    patronymics: tuple[int, ...] = ()
    classes: tuple[int, ...] = ()
    sexes: tuple[int, ...] = ()
    born: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    phones: tuple[int, ...] = ()
    is_csv: bool = False
    labels: dict[str, str] = field(default_factory=dict)


SHAPES = {
    "pupils": Shape(
        samples.pupils_xlsx, "ученики.xlsx", parts=(0, 1, 2, 11, 12, 13), patronymics=(2, 13), classes=(7,),
        sexes=(3, 14), born=(4, 15), days=(6, 8, 10), phones=(18,),
    ),
    "representatives": Shape(
        samples.representatives_xlsx, "представители.xlsx", heading=1, full=(2, 7), patronymics=(2, 7), sexes=(3,),
        born=(4, 8), phones=(9,),
    ),
    "csv": Shape(
        samples.pupils_csv, "список.csv", full=(0, 4), patronymics=(0, 4), classes=(1,), sexes=(3,), born=(2,),
        phones=(5,), is_csv=True,
    ),
    "staff": Shape(samples.staff_xlsx, "сотрудники.xlsx", parts=(0, 1, 2), patronymics=(2,), classes=(5,)),
    "journal": Shape(samples.journal_xlsx, "журнал.xlsx", heading=7, full=(1,)),
    "summary": Shape(samples.summary_xlsx, "ведомость.xlsx", heading=1, full=(1,), patronymics=(1,), classes=()),
    "asc": Shape(samples.timetable_xml, "расписание.xml"),
}  # fmt: skip


def clean(shape: str) -> tuple[str, bytes]:
    return SHAPES[shape].name, SHAPES[shape].make()


def dirty(shape: str, dirt: str) -> tuple[str, bytes]:
    """The sample of the shape with this dirt on it."""
    one = SHAPES[shape]
    change = DIRT[dirt]
    if shape == "asc":
        return one.name, ASC[dirt](one.make())
    if one.is_csv:
        if dirt in ENCODINGS:
            return one.name, ENCODINGS[dirt](one.make())
        rows = [list(row) for row in csv.reader(io.StringIO(one.make().decode("cp1251")), delimiter=";")]
        rows = [["" if cell is None else _in_cp1251(cell) for cell in row] for row in change(rows, one)]
        return one.name, samples.csv_bytes(rows, encoding="cp1251")
    book = openpyxl.load_workbook(io.BytesIO(one.make()))
    sheets = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}
    if dirt in BOOKS:
        return one.name, BOOKS[dirt](sheets, one)
    return one.name, samples.workbook({title: change(rows, one) for title, rows in sheets.items()})


def _in_cp1251(cell: Any) -> str:
    return str(cell).encode("cp1251", errors="ignore").decode("cp1251")


# --- Rows -----------------------------------------------------------------------------------------


def _data(rows: Rows, shape: Shape) -> Iterator[list[Any]]:
    """Rows of people below the heading (of a journal: until the topics)."""
    for row in rows[shape.heading + 1 :]:
        if not any(row):
            return
        if row[0] != rows[shape.heading][0]:
            yield row


def _each(rows: Rows, shape: Shape, columns: tuple[int, ...], change: Callable[[Any], Any]) -> Rows:
    for row in _data(rows, shape):
        for column in columns:
            if column < len(row) and row[column] not in (None, ""):
                row[column] = change(row[column])
    return rows


def title_above(rows: Rows, shape: Shape) -> Rows:
    return [["МБОУ «Гимназия № 1»"], [None, "Выгружено 01.11.2026"], [], *rows]


def headings_shouted(rows: Rows, shape: Shape) -> Rows:
    for row in rows:
        if row == rows[shape.heading] or shape.heading > 1:
            row[:] = [f"  {cell.upper().replace(' ', '  ')} " if _is_title(cell, shape) else cell for cell in row]
    return rows


JOURNAL_TITLES = {"Класс", "Предмет", "Группа", "Учитель", "№", "Фамилия, имя", "№ урока", "Дата", "Тема урока",
                  "Домашнее задание", *samples.MONTHS.values()}  # fmt: skip


def _is_title(cell: Any, shape: Shape) -> bool:
    return isinstance(cell, str) and (shape.heading < 2 or cell in JOURNAL_TITLES)


def totals_below(rows: Rows, shape: Shape) -> Rows:
    people = sum(1 for _ in _data(rows, shape))
    end = shape.heading + 1 + people if shape.heading > 1 else len(rows)
    column = (shape.full or shape.parts)[0] if not shape.is_csv else 0
    total = [None] * column + [f"Итого: {people}"]
    signed = [None] * column + ["Классный руководитель", None, "/ Орлова М. С. /"]
    return [*rows[:end], total, [None] * column + ["Всего мальчиков 3, девочек 6"], signed, *rows[end:]]


def blank_lines(rows: Rows, shape: Shape) -> Rows:
    middle = shape.heading + 3
    return [*rows[: shape.heading + 1], [], *rows[shape.heading + 1 : middle], [None, ""], *rows[middle:]]


def capitals(rows: Rows, shape: Shape) -> Rows:
    return _each(rows, shape, (*shape.parts, *shape.full), str.upper)


def capital_surnames(rows: Rows, shape: Shape) -> Rows:
    """«АИСТОВА Вера Петровна»."""
    rows = _each(rows, shape, shape.parts[:1], str.upper)
    return _each(rows, shape, shape.full, lambda text: " ".join([text.split()[0].upper(), *text.split()[1:]]))


def small_letters(rows: Rows, shape: Shape) -> Rows:
    return _each(rows, shape, (*shape.parts, *shape.full), str.lower)


def spaced_letters(rows: Rows, shape: Shape) -> Rows:
    def spaced(text: str) -> str:
        return "  ".join(" ".join(word.upper()) for word in text.split())

    return _each(rows, shape, (*shape.parts, *shape.full), spaced)


def spaces_around(rows: Rows, shape: Shape) -> Rows:
    columns = (*shape.parts, *shape.full, *shape.classes, *shape.sexes)
    return _each(rows, shape, columns, lambda text: f"\u00a0 {str(text).replace(' ', '  ')}\u200b ")


def latin_letters(rows: Rows, shape: Shape) -> Rows:
    """Letters that look the same, of the other layout."""
    twins = str.maketrans("аеос", "aeoc")
    return _each(rows, shape, (*shape.parts, *shape.full), lambda text: text.translate(twins))


def quoted_class(rows: Rows, shape: Shape) -> Rows:
    for row in rows:
        row[:] = ["7 «Б»" if cell == "7Б" else "Список класса 7 «Б»" if cell == "Список класса 7Б" else
                  "2-а" if cell == "2А" else cell for cell in row]  # fmt: skip
    return rows


def sex_in_words(rows: Rows, shape: Shape) -> Rows:
    return _each(rows, shape, shape.sexes, lambda text: {"м": "муж", "ж": "жен."}[text.casefold()])


def no_patronymic(rows: Rows, shape: Shape) -> Rows:
    def shorten(text: str) -> str | None:
        return " ".join(text.split()[:2]) if shape.full else None

    for row in _data(rows, shape):
        for column in shape.patronymics:
            if column < len(row) and row[column] and row[0] is not None and "Берёзкин" not in str(row):
                row[column] = shorten(row[column])
    return rows


def no_yo(rows: Rows, shape: Shape) -> Rows:
    return _each(rows, shape, (*shape.parts, *shape.full), lambda text: text.replace("ё", "е").replace("Ё", "Е"))


def phones(rows: Rows, shape: Shape) -> Rows:
    turns = iter(range(10_000))

    def other(text: str) -> Any:
        digits = re.sub(r"\D", "", text)
        if "8652" in digits:
            return "8(8652)674630"
        shapes: list[Any] = [f"8{digits[1:]}", f"8 ({digits[1:4]}) {digits[4:7]}-{digits[7:]}", int(digits[1:]),
                             float(digits), f"{text}, 8 900 999-99-99", f"тел. {text}"]  # fmt: skip
        return shapes[next(turns) % len(shapes)]

    return _each(rows, shape, shape.phones, other)


def short_years(rows: Rows, shape: Shape) -> Rows:
    def short(value: Any) -> Any:
        text = f"{value:%d.%m.%Y}" if isinstance(value, datetime) else str(value)
        return re.sub(r"\.\d\d(\d\d)$", r".\1", text)

    return _each(rows, shape, (*shape.born, *shape.days), short)


def serial_dates(rows: Rows, shape: Shape) -> Rows:
    def serial(value: Any) -> Any:
        day = value.date() if isinstance(value, datetime) else datetime.strptime(str(value), "%d.%m.%Y").date()
        return (day - EPOCH).days

    return _each(rows, shape, (*shape.born, *shape.days), serial)


def words_for_dates(rows: Rows, shape: Shape) -> Rows:
    months = ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
              "декабря"]  # fmt: skip

    def word(value: Any) -> str:
        day = value if isinstance(value, datetime) else datetime.strptime(str(value), "%d.%m.%Y")
        return f"{day.day} {months[day.month - 1]} {day.year} г."

    return _each(rows, shape, (*shape.born, *shape.days), word)


def other_order(rows: Rows, shape: Shape) -> Rows:
    return [row[::-1] for row in _padded(rows)]


def _padded(rows: Rows) -> Rows:
    width = max(map(len, rows))
    return [[*row, *[None] * (width - len(row))] for row in rows]


def needless_columns(rows: Rows, shape: Shape) -> Rows:
    """Formulas in a column that nobody needs."""
    rows = _padded(rows)
    return [[*row, "Средний балл" if number == shape.heading else f"=A{number}+1"] for number, row in enumerate(rows)]


# --- Books, encodings, XML ------------------------------------------------------------------------


def several_sheets(sheets: dict[str, Rows], shape: Shape) -> bytes:
    """A cover before, an empty sheet behind; of one table, two halves."""
    (title, rows), *others = sheets.items()
    cover: dict[str, Rows] = {"Обложка": [["Гимназия № 1"], ["2026/27 учебный год"]]}
    if others or shape.heading:
        return samples.workbook({**cover, **sheets, "Пусто": []})
    half = len(rows) // 2
    return samples.workbook({**cover, title: rows[:half], "Ещё": [rows[0], *rows[half:]], "Пусто": []})


def hidden_columns(sheets: dict[str, Rows], shape: Shape) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(samples.workbook(sheets)))
    for sheet in book.worksheets:
        for letter in "BCE":
            sheet.column_dimensions[letter].hidden = True
        sheet.row_dimensions[sheet.max_row - 1].hidden = True
        sheet.auto_filter.ref = sheet.dimensions
    return _saved(book)


def merged_cells(sheets: dict[str, Rows], shape: Shape) -> bytes:
    """A title merged across; the class of a run of pupils, and a guardian's child, merged down."""
    book = openpyxl.load_workbook(io.BytesIO(samples.workbook(sheets)))
    for sheet in book.worksheets:
        rows = sheets[sheet.title]
        for column in (*shape.classes, *shape.full[:1], *shape.born[:1], *shape.sexes[:1]):
            begin = None
            for number in range(shape.heading + 1, len(rows) + 1):
                value = rows[number][column] if number < len(rows) and column < len(rows[number]) else object()
                if begin is not None and value != rows[begin][column]:
                    if number - begin > 1 and rows[begin][column]:
                        sheet.merge_cells(start_row=begin + 1, end_row=number, start_column=column + 1,
                                          end_column=column + 1)  # fmt: skip
                    begin = None
                begin = number if begin is None else begin
        if not any(sheet.cell(1, column).value for column in range(2, 7)):
            sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=6)
    return _saved(book)


def _saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xml(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda data: change(data.decode("cp1251")).encode("cp1251")


def _teachers(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    pattern = re.compile(r'((?:first|last)name=")([^"]*)')
    return _xml(lambda text: pattern.sub(lambda found: found[1] + change(found[2]), text))


def _as(encoding: str, bom: bytes = b"") -> Callable[[bytes], bytes]:
    def again(data: bytes) -> bytes:
        text = data.decode("cp1251").replace('encoding="windows-1251"', f'encoding="{encoding}"')
        return bom + text.encode(encoding)

    return again


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "utf-8": _as("utf-8"),
    "utf-8 with BOM": _as("utf-8", b"\xef\xbb\xbf"),
    "utf-16": _as("utf-16"),
    "tabs": lambda data: data.decode("cp1251").replace(";", "\t").encode("cp1251"),
    "line ends of Unix": lambda data: data.replace(b"\r\n", b"\n"),
}
BOOKS: dict[str, Callable[[dict[str, Rows], Shape], bytes]] = {
    "several sheets": several_sheets,
    "hidden columns": hidden_columns,
    "merged cells": merged_cells,
}
ASC: dict[str, Callable[[bytes], bytes]] = {
    **ENCODINGS,
    "capitals": _teachers(str.upper),
    "capital surnames": _xml(lambda text: re.sub(r'(lastname=")([^"]*)', lambda m: m[1] + m[2].upper(), text)),
    "small letters": _teachers(str.lower),
    "spaced letters": _teachers(lambda text: "  ".join(" ".join(word.upper()) for word in text.split())),
    "spaces around": _teachers(lambda text: f"  {text.replace(' ', '  ')} "),
    "latin letters": _teachers(lambda text: text.translate(str.maketrans("аеос", "aeoc"))),
    "quoted class": _xml(lambda text: text.replace('name="7Б"', 'name="7 «Б»"').replace('name="2А"', 'name="2-а"')),
    "no patronymic": _xml(lambda text: re.sub(r'(firstname="\w+)[^"]*', r"\1", text)),
    "no ё": _teachers(lambda text: text.replace("ё", "е")),
    "blank lines": _xml(lambda text: text.replace("\n", "\n\n  ")),
}
DIRT: dict[str, Callable[[Rows, Shape], Rows]] = {
    "title above": title_above, "headings shouted": headings_shouted, "totals below": totals_below,
    "blank lines": blank_lines, "capitals": capitals, "capital surnames": capital_surnames,
    "small letters": small_letters, "spaced letters": spaced_letters, "spaces around": spaces_around,
    "latin letters": latin_letters, "quoted class": quoted_class, "sex in words": sex_in_words,
    "no patronymic": no_patronymic, "no ё": no_yo, "phones": phones, "short years": short_years,
    "serial dates": serial_dates, "words for dates": words_for_dates, "other order": other_order,
    "needless columns": needless_columns,
    **dict.fromkeys((*ENCODINGS, *BOOKS), lambda rows, shape: rows),
}  # fmt: skip

# Dirt that a shape cannot have: it holds no such thing, or its places are what it is.
NEVER = {
    "pupils": {*ENCODINGS},
    "representatives": {*ENCODINGS, "short days"},
    "csv": {*BOOKS},
    "staff": {*ENCODINGS, "sex in words", "phones", "short years", "serial dates", "words for dates"},
    "journal": {*ENCODINGS, "sex in words", "phones", "short years", "serial dates", "words for dates", "other order",
                "no patronymic", "blank lines"},
    "summary": {*ENCODINGS, "sex in words", "phones", "short years", "serial dates", "words for dates", "other order"},
    "asc": {*DIRT} - {*ASC} | {"tabs"},
}  # fmt: skip
CASES = [(shape, dirt) for shape in SHAPES for dirt in DIRT if dirt not in NEVER[shape]]
