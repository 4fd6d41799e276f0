"""Single values of cells, in all the shapes people type them."""

from datetime import date, datetime

import pytest

from journal.models import Course, Teacher
from journal.values import parse_date, parse_email, parse_phone, parse_sex, parse_snils, text_of
from reports.imports.plan.planner import shown
from reports.imports.read.errors import BadValue
from reports.imports.read.marks import Cell, parse_cell, parse_period_mark
from reports.imports.read.names import check_name, parse_class, split_full_name, tidy_name
from reports.imports.read.rows import PersonName


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2013, 9, 5), date(2013, 9, 5)),
        ("05.09.2013", date(2013, 9, 5)),
        (" 5.9.2013 г.", date(2013, 9, 5)),
        ("05/09/2013", date(2013, 9, 5)),
        ("2013-09-05", date(2013, 9, 5)),
        ("05.09.13", date(2013, 9, 5)),
        ("14.05.75", date(1975, 5, 14)),
        ("5 сентября 2013", date(2013, 9, 5)),
        ("принят 01.09.2020", date(2020, 9, 1)),
        (41522, date(2013, 9, 5)),
        ("41522", date(2013, 9, 5)),
        (41522.0, date(2013, 9, 5)),
        ("—", None),
        (None, None),
    ],
)
def test_dates_of_all_shapes(value, expected):
    assert parse_date(value, "Дата рождения", born=True) == expected


@pytest.mark.parametrize("value", ["31.02.2013", "30.13.2013", "вчера", "2013"])
def test_a_date_that_is_none_is_said_in_words(value):
    with pytest.raises(BadValue) as caught:
        parse_date(value, "Дата рождения", born=True)
    assert value in caught.value.what
    assert "ДД.ММ.ГГГГ" in caught.value.expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+7 935 476-25-24", "+7 935 476-25-24"),
        ("8 (8652) 67-46-30", "+7 8652 67-46-30"),
        ("89354762524", "+7 935 476-25-24"),
        (9354762524, "+7 935 476-25-24"),
        (89354762524.0, "+7 935 476-25-24"),
        ("8-935-476-25-24, 8-900-000-00-00", "+7 935 476-25-24"),
        ("67-46-30", "67-46-30"),
        ("нет", ""),
        ("-", ""),
        (None, ""),
    ],
)
def test_phones_of_all_shapes(value, expected):
    assert parse_phone(value) == expected


@pytest.mark.parametrize("value", ["123", "+7 935 476", "у бабушки", "+7 935 476-25-24 доб. 12", "+"])
def test_a_phone_that_is_none(value):
    with pytest.raises(BadValue, match="Телефон"):
        parse_phone(value)


def test_snils_is_checked_by_its_control_number():
    assert parse_snils("112-233-445 95") == "112-233-445 95"
    assert parse_snils(11223344595) == "112-233-445 95"
    with pytest.raises(BadValue, match="контрольное число"):
        parse_snils("112-233-445 96")
    with pytest.raises(BadValue, match="не 11 цифр"):
        parse_snils("112-233")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("М", "m"), ("муж", "m"), (" Муж. ", "m"), ("ж", "f"), ("жен", "f"), ("Женский", "f"), ("", "")],
)
def test_sex(value, expected):
    assert parse_sex(value) == expected


def test_sex_that_names_both_is_refused():
    with pytest.raises(BadValue, match="не понят"):
        parse_sex("муж/жен")


@pytest.mark.parametrize("value", ["7Б", "7 «Б»", '7 "Б"', "7-б", "7 Б класс", " 7б ", "07Б", "7 “Б”"])
def test_classes_of_all_shapes(value):
    assert parse_class(value) == "7Б"


def test_latin_twins_in_a_class_are_cyrillic():
    assert parse_class("10A") == "10А"


@pytest.mark.parametrize("value", ["77Б", "Б", "0А", "седьмой", "12А"])
def test_a_class_that_cannot_be(value):
    with pytest.raises(BadValue) as caught:
        parse_class(value)
    assert value in caught.value.what
    assert "7Б" in caught.value.expected


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("ИВАНОВА", "Иванова"),
        ("иванова-ПЕТРОВА".upper(), "Иванова-Петрова"),
        ("И В А Н О В", "Иванов"),
        ("И В А Н О В  П Ё Т Р", "Иванов Пётр"),
        ("Ивaнoв", "Иванов"),
        ("АЛИЕВ РУСЛАН МАМЕД ОГЛЫ", "Алиев Руслан Мамед оглы"),
        ("де Голль", "де Голль"),
    ],
)
def test_names_are_tidied(typed, tidy):
    assert tidy_name(typed) == tidy


def test_full_names():
    assert split_full_name("Иванов Иван Иванович") == PersonName("Иванов", "Иван", "Иванович")
    assert split_full_name("Ким  Алина") == PersonName("Ким", "Алина", "")
    with pytest.raises(BadValue, match="только одно слово"):
        split_full_name("Иванов")


@pytest.mark.parametrize("typed", ["Иван0в", "Иванов@", "12345"])
def test_what_is_not_a_name(typed):
    with pytest.raises(BadValue, match="не похоже на имя"):
        check_name(typed, "Фамилия")


def test_lost_letters_are_told_from_a_strange_name():
    with pytest.raises(BadValue) as caught:
        check_name("??????", "Фамилия")
    assert "потеряны при сохранении" in caught.value.what
    assert "UTF-8" in caught.value.expected


@pytest.mark.parametrize("value", ['=HYPERLINK("http://example.org")', "=A1+1", " =1"])
def test_a_formula_is_refused(value):
    with pytest.raises(BadValue) as caught:
        text_of(value)
    assert "формула" in caught.value.what
    assert "только значения" in caught.value.expected


def test_email():
    assert parse_email(" name@example.org ") == "name@example.org"
    with pytest.raises(BadValue, match="не адрес почты"):
        parse_email("name@")


@pytest.mark.parametrize(
    ("value", "marks", "absence"),
    [
        (4, ("4",), ""),
        (4.0, ("4",), ""),
        ("4/5", ("4", "5"), ""),
        ("4 5", ("4", "5"), ""),
        ("Н", (), "Н"),
        ("н", (), "Н"),
        ("H", (), "Н"),
        ("Б", (), "Б"),
        ("У", (), "У"),
        ("О", (), "О"),
        ("Н 4", ("4",), "Н"),
        ("5Н", ("5",), "Н"),
        ("н/а", ("н/а",), ""),
        ("Н/А", ("н/а",), ""),
        ("осв", ("осв",), ""),
        ("осв.", ("осв",), ""),
        ("зач", ("зач",), ""),
        ("зачёт", ("зач",), ""),
        ("незач", ("незач",), ""),
        (".", (".",), ""),
        ("3/.", ("3", "."), ""),
        ("", (), ""),
    ],
)
def test_journal_cells(value, marks, absence):
    assert parse_cell(value) == Cell(marks, absence)


@pytest.mark.parametrize("value", ["Ю", "6", "0", "45", "10", "4+", "нб", "Нет", "=4"])
def test_unknown_letters_in_a_journal(value):
    with pytest.raises(BadValue) as caught:
        parse_cell(value)
    assert caught.value.expected


def test_two_different_letters_in_one_cell():
    with pytest.raises(BadValue, match="две разные буквы"):
        parse_cell("НБ Н У".replace("НБ ", ""))


def test_a_mark_that_excel_made_a_date():
    with pytest.raises(BadValue, match=r"превратил отметку в дату 04\.05\.2026"):
        parse_cell(datetime(2026, 5, 4))


def test_period_marks():
    assert [parse_period_mark(v) for v in (5, "н/а", "осв", "", None)] == ["5", "н/а", "осв", "", ""]
    for wrong in ("4/5", "Н", "."):
        with pytest.raises(BadValue, match="Итоговая отметка"):
            parse_period_mark(wrong)


def test_a_teacher_still_to_be_created_is_shown_by_name():
    teacher = Teacher(last_name="Новикова", first_name="Анна", patronymic="Ильинична")
    assert "Новикова" in shown(Course(), "teacher", teacher)
