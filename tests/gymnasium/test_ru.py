"""Russian filters: numbers, dates and names as people write them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.template import engines

from gymnasium.templatetags.ru import day_long, day_month, day_short, decimal_comma, plural, short_name

FORMS = "ученик,ученика,учеников"


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, "учеников"), (1, "ученик"), (2, "ученика"), (4, "ученика"), (5, "учеников"), (11, "учеников"),
        (12, "учеников"), (14, "учеников"), (20, "учеников"), (21, "ученик"), (22, "ученика"), (25, "учеников"),
        (100, "учеников"), (101, "ученик"), (111, "учеников"), (112, "учеников"), (1129, "учеников"), (-1, "ученик"),
        (None, "учеников"),
    ],
)  # fmt: skip
def test_plural_has_three_forms(number, word):
    assert plural(number, FORMS) == word


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (4.5, "4,50"), (Decimal("4.335"), "4,34"), (4.085, "4,09"), (5, "5,00"), (0, "0,00"), (-1.5, "−1,50"),
        (None, "—"), ("", "—"), ("нет", "—"),
    ],
)  # fmt: skip
def test_decimal_comma(number, text):
    assert decimal_comma(number) == text


def test_decimal_comma_with_one_place():
    assert decimal_comma(6.55, 1) == "6,6"


def test_days():
    monday, sunday = date(2026, 11, 23), date(2027, 5, 9)

    assert [day_short(monday), day_short(sunday)] == ["пн 23", "вс 9"]
    assert [day_long(monday), day_long(sunday)] == ["Понедельник, 23 ноября", "Воскресенье, 9 мая"]
    assert day_month(sunday) == "9 мая"


@dataclass
class Person:
    last_name: str
    first_name: str
    patronymic: str = ""


@pytest.mark.parametrize(
    ("person", "text"),
    [
        (Person("Орлова", "Мария", "Сергеевна"), "Орлова М. С."),
        (Person("Гаспарян", "Давид"), "Гаспарян Д."),
        ("Салтыков-Щедрин Михаил Евграфович", "Салтыков-Щедрин М. Е."),
        ("Мамедова Лейла Рашид кызы", "Мамедова Л. Р."),
        ("Неизвестный", "Неизвестный"),
        (None, ""),
        ("", ""),
    ],
)
def test_short_name(person, text):
    assert short_name(person).replace("\u00a0", " ") == text


def test_short_name_never_breaks_across_lines():
    assert " " not in short_name("Орлова Мария Сергеевна")


def test_filters_need_no_load_in_templates():
    text = engines["django"].from_string('{{ n }} {{ n|plural:"день,дня,дней" }}').render({"n": 3})

    assert text == "3 дня"
