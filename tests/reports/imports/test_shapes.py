"""The seven shapes, clean and with the dirt of domain.md §11."""

import io
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.imports.read import FileContent, read_file
from reports.imports.read.opening import Sheet, open_file
from reports.imports.read.recognise import read_sheets
from reports.imports.read.rows import PersonName
from tests import samples


def read(data: bytes, name: str = "файл.xlsx"):
    return read_file(name, data)


def pupils_of(rows, sheet="Лист1"):
    content = read(samples.workbook({sheet: rows}))
    assert [str(problem) for problem in content.problems] == []
    return content.pupils


def test_pupils_of_29_columns():
    content = read(samples.pupils_xlsx())
    assert (content.kind, content.problems) == ("pupils", [])
    first = content.pupils[0]
    assert first.name == PersonName("Аистова", "Вера", "Петровна")
    assert (first.sex, first.birth_date, first.class_name) == ("f", date(2013, 3, 4), "7Б")
    assert (first.admitted_on, first.enrolled_on, first.order_number) == (date(2020, 9, 1), date(2026, 8, 28), "12")
    mother = first.guardians[0]
    assert (str(mother.name), mother.kinship, mother.sex) == ("Аистова Нина Олеговна", "мать", "f")
    assert mother.birth_date == date(1984, 5, 14)
    assert [len(row.guardians) for row in content.pupils] == [1, 1, 1, 1, 0, 1, 1, 1, 1]


def test_representatives_with_a_repeated_heading():
    content = read(samples.representatives_xlsx())
    assert (content.kind, content.problems) == ("representatives", [])
    assert {row.class_name for row in content.pupils} == {"7Б"}, "the class stands in the title"
    sparrows = [row for row in content.pupils if row.name.last == "Воробьёв"]
    assert [row.guardians[0].kinship for row in sparrows] == ["мать", "бабушка"]
    assert sparrows[0].admitted_on == date(2020, 9, 1), "«принят 01.09.2020» is a date inside text"
    assert content.pupils[0].snils == "112-233-445 95"


def test_staff():
    content = read(samples.staff_xlsx())
    assert (content.kind, content.problems) == ("staff", [])
    assert [(row.name.last, row.class_name) for row in content.staff] == [
        ("Совин", ""), ("Орлова", "7Б"), ("Соколов", ""), ("Чайкина", "2А"),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8", "utf-16"])
def test_timetable(encoding):
    content = read(samples.timetable_xml(encoding=encoding), "расписание.xml")
    assert (content.kind, content.problems) == ("timetable", [])
    timetable = content.timetable
    assert (len(timetable.courses), len(timetable.cards), len(timetable.bells)) == (5, 10, 8)
    math = [card for card in timetable.cards if card.course.subject == "Математика"]
    assert [card.weekday for card in math] == [0, 1, 2, 3, 4], "a mask of five days is five lessons"
    halves = [course.groups for course in timetable.courses if course.subject == "Информатика"]
    assert halves == [(("7Б", "1 группа", "1"),), (("7Б", "2 группа", "1"),)]
    assert str(timetable.classes["7Б"]) == "Орлова Мария Сергеевна"


def test_timetable_of_two_alternating_weeks():
    data = samples.timetable_xml().replace(b'period="1" weeks="1"', b'period="1" weeks="01"')
    cards = read(data).timetable.cards
    assert {card.weeks for card in cards if card.number == 1} == {"2"}


def test_timetable_without_a_section():
    data = samples.timetable_xml().replace(b"cards>", b"karten>")
    problem = read(data, "расписание.xml").errors[0]
    assert "карточки расписания" in problem.what
    assert "Экспорт" in problem.expected


def test_journal():
    content = read(samples.journal_xlsx())
    assert (content.kind, content.problems) == ("journal", [])
    algebra, first_half = content.journals[0], content.journals[1]
    assert (algebra.class_name, algebra.subject, algebra.group) == ("7Б", "Алгебра", "")
    assert str(algebra.teacher) == "Орлова Мария Сергеевна"
    assert (first_half.subject, first_half.group) == ("Информатика", "1 группа")
    assert [(lesson.date_in(2026), lesson.number) for lesson in algebra.lessons] == [
        (date(2026, 9, 7), 1), (date(2026, 9, 9), 2), (date(2026, 9, 14), 1),
    ]  # fmt: skip
    assert [(lesson.topic, lesson.homework) for lesson in algebra.lessons] == [
        ("Тема 1", "§ 1"), ("Тема 2", ""), ("Тема 3", "§ 3"),
    ]  # fmt: skip
    cells = {(algebra.pupils[c.pupil][1].last, c.lesson): (c.marks, c.absence) for c in algebra.cells}
    assert cells["Аистова", 2] == (("4", "5"), "")
    assert cells["Воробьёв", 2] == (("4",), "Н")
    assert cells["Гусева", 1] == ((), "О")
    assert cells["Дятлов", 1] == (("осв",), "")


def test_journal_across_new_year_takes_the_year_from_the_topics_or_from_the_school_year():
    days = [(date(2026, 12, 29), 1), (date(2027, 1, 12), 1)]
    rows = samples.journal_sheet("Алгебра", "", "Орлова Мария Сергеевна", days, {"Аистова Вера": [5, 4]}, topics=False)
    lessons = read(samples.workbook({"Алгебра": rows})).journals[0].lessons
    assert [lesson.date_in(2026) for lesson in lessons] == [date(2026, 12, 29), date(2027, 1, 12)]


def test_two_lessons_of_one_day_keep_their_own_topics():
    days = [(date(2026, 9, 7), 1), (date(2026, 9, 7), 2)]
    rows = samples.journal_sheet("Труд", "", "Орлова Мария Сергеевна", days, {"Аистова Вера": [5, 4]})
    lessons = read(samples.workbook({"Труд": rows})).journals[0].lessons
    assert [(lesson.number, lesson.topic) for lesson in lessons] == [(1, "Тема 1"), (2, "Тема 2")]


def test_an_unknown_letter_names_pupil_and_cell():
    cells = {**samples.ALGEBRA, "Ежова Зоя": ["Ю", None, 5]}
    content = read(samples.journal_xlsx(cells), "журнал.xlsx")
    problem = content.errors[0]
    assert (problem.place.sheet, problem.place.row, problem.place.column) == ("Алгебра", 14, "C")
    assert "Ежова Зоя" in problem.what
    assert "«Ю»" in problem.what
    assert "Н, Б, У, О" in problem.expected
    assert len([cell for cell in content.journals[0].cells if cell.pupil == 5]) == 1, "the other cells are read"


def test_a_topic_on_a_day_without_a_lesson():
    rows = samples.journal_sheet(
        "Алгебра", "", "Орлова Мария Сергеевна", [(date(2026, 9, 7), 1)], {"Аистова Вера": [5]}
    )
    rows.append([2, "08.09.2026", "Лишняя тема", None])
    assert "08.09.2026" in read(samples.workbook({"Алгебра": rows})).errors[0].what


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("1 четверть", ("quarter", 1)), ("II четверть", ("quarter", 2)), ("1 полугодие", ("half_year", 1)),
        ("3-й триместр", ("trimester", 3)), ("2026/27 учебный год", ("year", 1)),
    ],
)  # fmt: skip
def test_summary(period, expected):
    summary = read(samples.summary_xlsx(period)).summaries[0]
    assert (summary.period_kind, summary.period_number) == expected
    assert summary.class_name == "7Б"
    assert len(summary.pupils) == 6
    values = {(str(mark.pupil), mark.subject): mark.value for mark in summary.marks}
    assert len(values) == 17, "an empty cell is no mark"
    assert values["Берёзкин Фёдор Ильич", "Информатика"] == "н/а"
    assert values["Гусева Дарья Андреевна", "Физическая культура"] == "осв"


# ---- dirt ----


def test_title_above_totals_below_other_order_and_case_of_the_heading():
    rows = [
        ["СПИСОК УЧАЩИХСЯ"], [],
        ["  дата  РОЖДЕНИЯ ", "ПОЛ", "КЛАСС", "Ф.И.О.  обучающегося", "Примечание"],
        ["05.09.13", "муж", "7 «Б»", "СИНИЦЫН ПЁТР", "x"],
        ["06.09.13", "жен", "7-б", "Г А Л К И Н А  А Н Н А", "x"],
        ["Итого", None, None, "2"],
        ["Директор", None, None, "Совин П. И."],
    ]  # fmt: skip
    found = pupils_of(rows)
    assert [(str(p.name), p.sex, p.class_name, p.birth_date) for p in found] == [
        ("Синицын Пётр", "m", "7Б", date(2013, 9, 5)), ("Галкина Анна", "f", "7Б", date(2013, 9, 6)),
    ]  # fmt: skip


def test_a_surname_that_begins_like_a_total_is_no_total():
    rows = [
        ["ФИО", "Класс", "Дата рождения"],
        ["Среднев Иван", "7Б", "05.09.2013"],
        ["Директоров Олег", "7Б", "06.09.2013"],
    ]
    assert len(pupils_of(rows)) == 2


def test_merged_cells_of_the_pupil_belong_to_the_row_above():
    rows = [
        ["Список класса 7 «Б»"],
        ["ФИО", "Дата рождения", "Тип представителя", "ФИО представителя", "Телефон представителя"],
        ["Синицын Пётр", "05.09.2013", "мать", "Синицына Анна", "9354762524"],
        [None, None, "отец", "Синицын Олег", "9354762525"],
    ]
    found = pupils_of(rows)
    assert [[guardian.kinship for guardian in pupil.guardians] for pupil in found] == [["мать", "отец"]]


def test_heading_in_two_rows():
    rows = [
        ["Ученик", None, None, "Класс", "Родитель 1", None, None],
        ["Фамилия", "Имя", "Дата рождения", None, "Фамилия", "Имя", "Телефон"],
        ["Синицын", "Пётр", "05.09.2013", "7Б", "Синицына", "Анна", "9354762524"],
    ]
    found = pupils_of(rows)
    assert (str(found[0].name), found[0].class_name) == ("Синицын Пётр", "7Б")
    assert str(found[0].guardians[0].name) == "Синицына Анна"


def test_missing_columns_are_named_with_those_found():
    content = read(samples.workbook({"Лист1": [["Фамилия", "Имя", "Класс", "СНИЛС"], ["Синицын", "Пётр", "7Б", ""]]}))
    problem = content.errors[0]
    assert problem.what == "Нет столбцов: «Дата рождения»."
    assert "«Фамилия», «Имя», «Класс», «СНИЛС»" in problem.expected
    assert content.pupils == []


def test_two_sheets_are_both_read_and_a_foreign_one_is_noted():
    heading = ["ФИО", "Класс", "Дата рождения"]
    book = samples.workbook({
        "7Б": [heading, ["Синицын Пётр", "7Б", "05.09.2013"]],
        "7А": [heading, ["Галкин Олег", "7А", "05.09.2013"]],
        "Обложка": [["Гимназия"], ["2026"]],
        "Пусто": [],
    })  # fmt: skip
    content = read(book)
    assert [row.class_name for row in content.pupils] == ["7Б", "7А"]
    assert content.errors == []
    assert [problem.place.sheet for problem in content.problems] == ["Обложка"]


def test_a_hidden_sheet_is_left_out_and_said():
    heading = ["ФИО", "Класс", "Дата рождения"]
    old = [heading, ["Галкин Олег", "7А", "05.09.2012"]]
    new = [heading, ["Синицын Пётр", "7Б", "05.09.2013"]]
    content = read(samples.workbook({"Новый": new, "Старый": old}, hidden=["Старый"]))
    assert [str(row.name) for row in content.pupils] == ["Синицын Пётр"]
    assert "Скрытый лист" in content.problems[0].what


def test_a_hidden_column_is_read():
    book = openpyxl.load_workbook(io.BytesIO(samples.pupils_xlsx()))
    book.active.column_dimensions["E"].hidden = True  # the birth date
    out = io.BytesIO()
    book.save(out)
    assert read(out.getvalue()).pupils[0].birth_date == date(2013, 3, 4)


def test_formulas_are_refused_where_they_matter_only():
    rows = [
        ["№", "ФИО", "Класс", "Дата рождения"],
        ["=A1+1", "=B9", "7Б", "05.09.2013"],
        ["=A2+1", "Галкин Олег", "7Б", "05.09.2013"],
    ]
    content = read(samples.workbook({"Лист1": rows}))
    assert [str(row.name) for row in content.pupils] == ["Галкин Олег"]
    problem = content.errors[0]
    assert (problem.place.row, problem.place.column) == (2, "B «ФИО»")
    assert "формула" in problem.what


def test_every_bad_cell_of_a_row_is_named_with_its_address():
    row = samples.pupil_row(samples.PUPILS[0], **{
        "Дата рождения ученика": "31.02.2013", "Класс": "77Б", "Телефон мобильный": "12", "Пол ученика": "х",
    })  # fmt: skip
    content = read(samples.workbook({"Ученики": [samples.PUPIL_HEADING, row]}), "ученики.xlsx")
    assert content.pupils == []
    assert [problem.place.column for problem in content.errors] == [
        "E «Дата рождения ученика»", "H «Класс»", "D «Пол ученика»", "S «Телефон мобильный»",
    ]  # fmt: skip
    assert str(content.errors[1]).startswith(
        "файл «ученики.xlsx», лист «Ученики», строка 2, столбец H «Класс»: Класс «77Б»"
    )


def test_a_row_without_a_birth_date_or_name_is_named():
    rows = [
        ["Фамилия", "Имя", "Класс", "Дата рождения"],
        ["Синицын", "Пётр", "7Б", None],
        ["Галкин", None, "7Б", "05.09.2013"],
    ]
    content = read(samples.workbook({"Лист1": rows}))
    assert [(p.place.row, p.what) for p in content.errors] == [(2, "Нет даты рождения."), (3, "Имя: пусто.")]


def test_a_text_too_long_for_the_register_is_an_error_not_a_crash():
    rows = [["ФИО", "Класс", "Дата рождения", "Адрес"], ["Синицын Пётр", "7Б", "05.09.2013", "у" * 301]]
    assert "301" in read(samples.workbook({"Лист1": rows})).errors[0].what


# ---- whatever stands in the cells ----

JUNK = [
    None, "", " ", "-", "=1", "@x", "Ю", 0, 1, -5, 3.7, 1e20, float("inf"), float("nan"), True, "7Б", "Итого", "ФИО",
    "Класс", "Предмет", "Сентябрь", "Тема", "Дата", "№ урока", "4/5", "н/а", "1 четверть", "год", "Предмет: x",
    "Класс:", "31.02.2020", "00.00.0000", "99999999", "9" * 30, "а" * 500, datetime(2026, 1, 1), date(2013, 1, 1),
    time(8), timedelta(1),
]  # fmt: skip
SAMPLES = {
    kind: open_file(data, heading_score=lambda rows: 0)
    for kind, data in {
        "pupils": samples.pupils_xlsx(),
        "representatives": samples.representatives_xlsx(),
        "staff": samples.staff_xlsx(),
        "journal": samples.journal_xlsx(),
        "summary": samples.summary_xlsx(),
    }.items()
}


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(SAMPLES)),
    changes=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30), st.sampled_from(JUNK)), min_size=1, max_size=30),
)
def test_no_content_of_cells_stops_the_reading(kind, changes):
    sheets = [Sheet(sheet.name, [list(row) for row in sheet.rows]) for sheet in SAMPLES[kind]]
    for row, column, value in changes:
        rows = sheets[0].rows
        cells = rows[row % len(rows)]
        if cells:
            cells[column % len(cells)] = value
    content = FileContent("файл")
    read_sheets("файл", sheets, content)
    assert all(problem.what and problem.place.file == "файл" for problem in content.problems)


def test_a_subject_too_long_for_the_register_is_an_error_of_its_cell():
    rows = samples.journal_sheet(
        "Х" * 101, "", "Орлова Мария Сергеевна", [(date(2026, 9, 7), 1)], {"Аистова Вера": [5]}
    )
    problem = read(samples.workbook({"Лист": rows})).errors[0]
    assert (problem.place.row, "101" in problem.what) == (2, True)
