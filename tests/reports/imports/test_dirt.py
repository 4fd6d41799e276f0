"""Dirt × shape: every kind of dirt of domain.md §11 on every file shape that can have it.

A dirty file means exactly what the clean one means; where it cannot be known, an exact sentence says so and no other
row is hurt.
"""

from __future__ import annotations

import csv
import io
from dataclasses import fields, is_dataclass
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.models import Guardian, Pupil
from journal.text import normalise
from reports.imports.read import FileContent, read_file
from reports.imports.read.errors import Place
from reports.imports.read.names import split_full_name, tidy_name
from reports.imports.read.opening import Sheet
from reports.imports.read.recognise import read_sheets
from tests.dirt import CASES, DIRT, SHAPES, clean, dirty
from tests.imports import load, load_school, look, people_table, words

# The reader gives back what stands in the file; that these mean the same people is known only against the register.
MEANT_BY_THE_REGISTER = {"no ё", "no patronymic"}
# Titles of columns are names of subjects there; the register knows them in any letters.
SUBJECTS_SHOUTED = ("summary", "headings shouted")


def meaning(value: Any) -> Any:
    """What was read, without the places where it stood."""
    if isinstance(value, Place):
        return None
    if is_dataclass(value):
        skipped = {"place", "cells"} if not hasattr(value, "lessons") else {"place"}
        return {one.name: meaning(getattr(value, one.name)) for one in fields(value) if one.name not in skipped}
    if isinstance(value, dict):
        return {key: meaning(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [meaning(one) for one in value]
    return value


@pytest.mark.parametrize(("shape", "dirt"), CASES)
def test_a_dirty_file_reads_like_the_clean_one(shape, dirt):
    read = read_file(*dirty(shape, dirt))
    assert [str(problem) for problem in read.errors] == []
    if dirt not in MEANT_BY_THE_REGISTER and (shape, dirt) != SUBJECTS_SHOUTED:
        wanted = meaning(read_file(*clean(shape)))
        found = meaning(read)
        assert {**found, "problems": []} == {**wanted, "problems": []}


@pytest.mark.django_db
@pytest.mark.parametrize("shape", SHAPES)
def test_a_dirty_file_changes_nothing_of_what_the_clean_one_wrote(shape):
    load_school()
    wanted = look(clean(shape), conflicts="").counts()
    for dirt in (dirt for one, dirt in CASES if one == shape):
        preview = look(dirty(shape, dirt), conflicts="")
        asked = (preview.questions, preview.conflicts)
        assert ([str(one) for one in preview.errors], *asked) == ([], [], []), dirt
        assert [row for row in preview.rows if row.status != "unchanged"] == [], dirt
        assert preview.counts() == wanted, dirt


def test_the_table_is_whole():
    """Nobody takes a case out unseen: 7 shapes, 28 kinds of dirt."""
    assert (len(SHAPES), len(DIRT)) == (7, 28)
    assert len(CASES) == 135


# ---- what cannot be known is said, with its address, and hurts nothing else ----

PUPIL = ["Щеглова Анна Ильинична", "7Б", "05.06.2013", "ж", "8 900 000-00-00"]
HEADING = ["ФИО", "Класс", "Дата рождения", "Пол", "Телефон ученика"]
AMBIGUOUS = [
    (0, "ЩЕГЛОВА", "A «ФИО»", "ФИО «ЩЕГЛОВА»: только одно слово."),
    (0, "Щ Е Г Л О В А А Н Н А", "A «ФИО»", "ФИО «Щ Е Г Л О В А А Н Н А»: только одно слово."),
    (0, "ВАН ДЕР ВААЛЬС АННА МАРИЯ ЛУИЗА", "A «ФИО»",
     "ФИО «ВАН ДЕР ВААЛЬС АННА МАРИЯ ЛУИЗА»: непонятно, где кончается фамилия."),
    (0, "Щегл0ва Анна", "A «ФИО»", "ФИО «Щегл0ва Анна» не похоже на имя человека."),
    (0, "=A3", "A «ФИО»", "В ячейке формула, а нужен готовый текст."),
    (1, "7", "B «Класс»", None),
    (1, "7Б/7А", "B «Класс»", "Класс «7Б/7А» не понят."),
    (1, "=B3", "B «Класс»", "В ячейке формула, а нужен готовый текст."),
    (2, "05.06.75", "C «Дата рождения»", "Дата рождения: «05.06.75» — ни 1975, ни 2075 год не подходит."),
    (2, "31.06.2013", "C «Дата рождения»", "Дата рождения: такого дня нет — «31.06.2013»."),
    (2, "июнь 2013", "C «Дата рождения»", "Дата рождения: «июнь 2013» не дата."),
    (2, "=TODAY()", "C «Дата рождения»", "В ячейке формула, а нужен готовый текст."),
    (3, "муж/жен", "D «Пол»", "Пол: «муж/жен» не понят."),
    (4, "8 900", "E «Телефон ученика»", "Телефон: в «8 900» 4 цифры."),
    (4, "спросить у мамы", "E «Телефон ученика»", "Телефон: «спросить у мамы» не номер."),
    (4, "7.9E+10", "E «Телефон ученика»", None),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("column", "value", "where", "sentence"), AMBIGUOUS, ids=[str(row[1]) for row in AMBIGUOUS])
def test_what_cannot_be_known_is_said_with_its_address(column, value, where, sentence):
    load_school()
    row = [*PUPIL[:column], value, *PUPIL[column + 1 :]]
    good = ["Чижова Инна Олеговна", "7Б", "06.06.2013", "ж", "8 900 000-00-01"]
    preview = look(people_table(row, good, heading=HEADING))
    if sentence is not None:
        assert words(preview) == [sentence]
    (problem,) = preview.errors
    assert (problem.place.row, problem.place.column) == (2, where)
    assert problem.expected
    assert [one.title for one in preview.rows if one.kind == "pupil"] == ["Чижова Инна Олеговна, 7Б"]


FORMULAS = {
    # shape → row and column (from 1) of a cell that matters, and what else must still be read
    "pupils": (2, 5, "E «Дата рождения ученика»", lambda content: len(content.pupils) == 8),
    "representatives": (3, 8, "H «ФИО представителя»", lambda content: len(content.pupils) == 5),
    "staff": (3, 1, "A «Фамилия»", lambda content: len(content.staff) == 3),
    "journal": (9, 3, "C", lambda content: len(content.journals) == 4),
    "summary": (3, 3, "C «Алгебра»", lambda content: len(content.summaries[0].marks) == 16),
}


@pytest.mark.parametrize("shape", FORMULAS)
def test_a_formula_where_a_value_is_needed(shape):
    row, column, where, rest_is_read = FORMULAS[shape]
    book = openpyxl.load_workbook(io.BytesIO(SHAPES[shape].make()))
    book.worksheets[0].cell(row, column).value = "=A1"
    out = io.BytesIO()
    book.save(out)
    content = read_file(SHAPES[shape].name, out.getvalue())
    (problem,) = content.errors
    assert "В ячейке формула" in problem.what
    assert (problem.place.row, problem.place.column) == (row, where)
    assert rest_is_read(content)


@pytest.mark.parametrize(
    ("typed", "last", "first", "middle"),
    [
        ("ВАН ДЕЙК АННА", "ван Дейк", "Анна", ""),
        ("ВАН ДЕР ВААЛЬС АННА ИВАНОВНА", "ван дер Ваальс", "Анна", "Ивановна"),
        ("ван Дейк Анна Петровна", "ван Дейк", "Анна", "Петровна"),
        ("ВАН ЛИ", "Ван", "Ли", ""),
        ("ВАН ЛИ ИВАНОВИЧ", "Ван", "Ли", "Иванович"),
        ("ФОН БЕРГ КАРЛ КАРЛОВИЧ", "фон Берг", "Карл", "Карлович"),
        ("АЛИЕВ РУСЛАН МАМЕД ОГЛЫ", "Алиев", "Руслан", "Мамед оглы"),
        ("АЛИЕВ РУСЛАН МАМЕД-ОГЛЫ", "Алиев", "Руслан", "Мамед-оглы"),
        ("ИВАНОВ-ПЕТРОВ ИВАН", "Иванов-Петров", "Иван", ""),
        ("ИВАНОВ - ПЕТРОВ Иван", "Иванов-Петров", "Иван", ""),
        ("иванова-петрова анна", "Иванова-Петрова", "Анна", ""),
        ("О'Нил Шон", "О'Нил", "Шон", ""),
        ("МакДональд Рональд", "МакДональд", "Рональд", ""),
    ],
)
def test_capitals_become_the_usual_form(typed, last, first, middle):
    name = split_full_name(typed)
    assert (name.last, name.first, name.middle) == (last, first, middle)


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("ВАН", "Ван"), ("ОГЛЫ", "Оглы"), ("ВАН ДЕЙК", "ван Дейк"), ("ВАН ДЕР ВААЛЬС", "ван дер Ваальс"),
        ("МАМЕД ОГЛЫ", "Мамед оглы"), ("ли", "Ли"),
    ],
)  # fmt: skip
def test_a_column_of_its_own(typed, tidy):
    assert tidy_name(typed, is_part=True) == tidy


# ---- any order of columns, any white space, any case ----


def _mess(draw_bits, text: Any) -> Any:
    """The same text in other spaces and letters, by three random bits."""
    if not isinstance(text, str) or not text or any(char.isdigit() for char in text):
        return text
    spaced = f"  {text} " if draw_bits & 1 else text.replace(" ", "\u00a0 ")
    return {0: spaced, 2: spaced.upper(), 4: spaced.lower(), 6: spaced.title()}[draw_bits & 6]


@settings(max_examples=60, deadline=None)
@given(shape=st.sampled_from(["pupils", "representatives", "csv", "staff"]), data=st.data())
def test_any_order_and_dress_of_columns_means_the_same(shape, data):
    rows = _rows_of(shape)
    order = data.draw(st.permutations(range(len(rows[SHAPES[shape].heading]))))
    bits = data.draw(st.lists(st.sampled_from(range(8)), min_size=40, max_size=40))
    heading = SHAPES[shape].heading
    messed = [
        [_mess(bits[(number * 7 + column) % 40], row[column]) if column < len(row) and number >= heading else
         row[column] if column < len(row) else None for column in order]
        if number >= heading else row
        for number, row in enumerate(rows)
    ]  # fmt: skip
    wanted, found = _read_rows(shape, rows), _read_rows(shape, messed)
    assert [str(problem) for problem in found.errors] == []
    for name in ("pupils", "staff"):
        assert _folded(meaning(getattr(found, name))) == _folded(meaning(getattr(wanted, name)))


def _rows_of(shape: str) -> list[list[Any]]:
    if SHAPES[shape].is_csv:
        return [list(row) for row in csv.reader(io.StringIO(SHAPES[shape].make().decode("cp1251")), delimiter=";")]
    sheet = openpyxl.load_workbook(io.BytesIO(SHAPES[shape].make())).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def _read_rows(shape: str, rows: list[list[Any]]) -> FileContent:
    content = FileContent("файл")
    read_sheets("файл", [Sheet("7Б" if shape == "representatives" else "Лист", rows)], content)
    return content


def _folded(value: Any) -> Any:
    """Addresses, positions and e-mails keep the letters they were typed in: compared without case."""
    if isinstance(value, dict):
        return {key: _folded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_folded(one) for one in value]
    return normalise(value) if isinstance(value, str) else value


@pytest.mark.django_db
def test_a_new_child_in_capitals_is_written_in_the_usual_letters():
    load_school()
    row = ["ЩЕГЛОВА-ПТИЦЫНА АННА ИЛЬИНИЧНА", "7 «Б»", "05.06.13", "ж", "89000000000", "Щ Е Г Л О В А  И Н Н А"]
    load(people_table(row, heading=[*HEADING, "Родитель"]))
    child = Pupil.objects.get(birth_date="2013-06-05")
    assert (child.full_name, child.phone) == ("Щеглова-Птицына Анна Ильинична", "+7 900 000-00-00")
    assert Guardian.objects.get(guardianships__pupil=child).full_name == "Щеглова Инна"
