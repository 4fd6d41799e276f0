"""The report on a class as people get it: page, PDF and workbook tell the same; nobody else's child is in it."""

import io
import re
from datetime import date, datetime

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pikepdf import Dictionary, Pdf
from pypdf import PdfReader

from accounts.models import AuditEvent
from tests.factories import (
    make_absence,
    make_class,
    make_course,
    make_guardian,
    make_lesson,
    make_mark,
    make_period_mark,
    make_pupil,
    make_slot,
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db
VECTOR = ["5"] * 5 + ["4"] * 9 + ["3"] * 6 + ["2"] * 2 + ["н/а", "осв", ""]
"""domain.md §4."""
NUMBERS = ("86,96", "60,87", "57,87", "3,77")


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 23, 9, 0))


@pytest.fixture
def school_class():
    return make_class("7Б", teacher=make_teacher(last_name="Золотова"))


@pytest.fixture
def teacher(client, school_class):
    return enter(client, teacher_user(school_class))


def address(school_class, name="class_report", query="?period=quarter-1"):
    return reverse(f"reports:{name}", args=[school_class.pk]) + query


def vector(school_class):
    """The class of the specification, in one subject."""
    course = make_course(school_class, "Алгебра", teacher=make_teacher(last_name="Шилова"))
    pupils = [make_pupil(school_class, last_name=f"Семёнов{number:02d}") for number in range(len(VECTOR))]
    for pupil, value in zip(pupils, VECTOR, strict=True):
        if value:
            make_period_mark(pupil, value, number=1)
    return course, pupils


def book_of(response):
    return load_workbook(io.BytesIO(response.content))


def rows_of(book, sheet):
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def pdf_words(response) -> str:
    pages = PdfReader(io.BytesIO(response.content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


# --- One object, three faces ----------------------------------------------------------------------


def test_the_vector_on_the_page_on_paper_and_in_the_files(teacher, school_class):
    course, pupils = vector(school_class)

    page = teacher.get(address(school_class))
    paper = teacher.get(address(school_class, "class_report_pdf"))
    book = book_of(teacher.get(address(school_class, "class_report_xlsx")))
    table = teacher.get(address(school_class, "class_report_csv")).content.decode("utf-8-sig")

    words, printed = words_of(page), pdf_words(paper)
    for number in NUMBERS:
        assert number in words
        assert number in printed
    assert "(100·5 + 64·9 + 36·6 + 16·2 + 7·1) : 23" in words
    assert "Не учтены: освобождены: 1, без отметки за период: 1." in words
    assert reverse("journal:course", args=[school_class.pk, course.pk]) in page.content.decode()
    row = rows_of(book, "Предметы")[1]
    assert row[:9] == ["Алгебра", "Шилова М. С.", 5, 9, 6, 2, 1, 1, 23]
    assert row[9:13] == [86.96, 60.87, 57.87, 3.77]
    assert table.splitlines()[1].startswith("Алгебра;Шилова М. С.;5;9;6;2;1;1;23;86,96;60,87;57,87;3,77")
    indicators = {row[0]: row[1] for row in rows_of(book, "Показатели")}
    assert indicators["Качество знаний класса"] == 60.87
    assert indicators["Учеников на конец периода"] == 25
    lists = rows_of(book, "Списки")
    assert [one[1] for one in lists if one[0] == "Неуспевающие"] == [one.list_name for one in pupils[20:22]]
    for pupil in pupils:  # each stands in a list, on every face
        assert pupil.list_name in words
        assert pupil.list_name in printed
        assert pupil.list_name in [one[1] for one in lists]


def test_every_indicator_is_the_same_everywhere(teacher, school_class):
    vector(school_class)
    make_slot(make_course(school_class, "История"), 1, 1)
    page = teacher.get(address(school_class))
    figures = page.context["report"].indicators
    book = rows_of(book_of(teacher.get(address(school_class, "class_report_xlsx"))), "Показатели")
    printed, words = pdf_words(teacher.get(address(school_class, "class_report_pdf"))), words_of(page)

    assert len(figures) == 8
    for figure in figures:
        value = next(row[1] for row in book if row[0] == figure.name)
        text = value if isinstance(value, str) else f"{value:.{figure.places}f}".replace(".", ",")
        shown = figure.shown.replace("\u00a0", " ")
        assert shown.removesuffix(" %") == text
        assert f"{figure.name} {shown}" in words
        assert f"{figure.name} {shown}" in printed.replace("\u00a0", " ")


def test_paper_has_its_heading_and_page_numbers(teacher, school_class):
    vector(school_class)

    response = teacher.get(address(school_class, "class_report_pdf"))

    reader = PdfReader(io.BytesIO(response.content))
    words = pdf_words(response)
    assert response["Content-Type"] == "application/pdf"
    assert reader.metadata.title == "Отчёт по классу 7Б, I четверть"
    assert reader.trailer["/Root"]["/Lang"] == "ru"
    assert "Аналитический отчёт по классу 7Б" in words
    assert "Классный руководитель: Золотова М. С." in words
    assert "сформирован 23.11.2026" in words
    assert f"стр. 1 из {len(reader.pages)}" in words


def test_the_charts_stand_on_paper_too_with_words_for_who_cannot_see_them(teacher, school_class):
    vector(school_class)

    with Pdf.open(io.BytesIO(teacher.get(address(school_class, "class_report_pdf")).content)) as document:
        figures = [one for one in document.objects if isinstance(one, Dictionary) and one.get("/S") == "/Figure"]
        named = {str(one.get("/Alt")) for one in figures}

    assert {"Отметки по предметам", "Успеваемость и качество, %", "Средний балл"} <= named
    assert "None" not in named


def test_a_forecast_says_so_on_every_face(teacher, school_class):
    course = make_course(school_class, "Алгебра")
    make_mark(make_lesson(course, date(2026, 11, 16)), make_pupil(school_class))
    make_period_mark(make_pupil(school_class), "осв", number=2)

    page = teacher.get(address(school_class, query=""))
    book = book_of(teacher.get(address(school_class, "class_report_xlsx", "?period=quarter-2")))
    name = teacher.get(address(school_class, "class_report_csv", "?period=quarter-2"))["Content-Disposition"]
    words, printed = words_of(page), pdf_words(teacher.get(address(school_class, "class_report_pdf", "")))

    assert page.context["report"].period.key == "quarter-2"
    for text in (words, printed):
        assert "прогноз на 23.11.2026" in text
        assert "Прогноз: период ещё идёт" in text
        assert "По предметам (прогноз)" in text
    assert page.content.decode().count('<td class="heat-word">осв</td>') == 1
    assert page.content.decode().count('<td class="heat-0">5,00</td>') == 1
    assert rows_of(book, "Показатели")[3][:2] == ["Вид", "прогноз на 23.11.2026"]
    for sheet in ("Предметы", "Списки", "Ученики × предметы"):
        assert rows_of(book, sheet)[1][-1] == "прогноз на 23.11.2026"
    assert "%D0%BF%D1%80%D0%BE%D0%B3%D0%BD%D0%BE%D0%B7" in name
    finished = words_of(teacher.get(address(school_class)))
    assert "Прогноз: период" not in finished
    assert "I четверть, 01.09.2026–23.10.2026 · итоги" in finished


def test_markup_and_formulas_in_names_stay_text(teacher, school_class):
    make_course(school_class, "<b>Алгебра</b>")
    pupil = make_pupil(school_class, last_name="<script>alert(1)</script>", first_name="=1+1")
    make_period_mark(pupil, "2", "<b>Алгебра</b>", number=1)
    make_absence(pupil, date(2026, 9, 7))

    html = teacher.get(address(school_class)).content.decode()
    book = book_of(teacher.get(address(school_class, "class_report_xlsx")))

    assert "<script>alert" not in html
    assert "<b>Алгебра" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3  # the list, the heat map, the absences
    assert not any(cell.data_type == "f" for sheet in book for row in sheet for cell in row)
    assert teacher.get(address(school_class, "class_report_pdf")).status_code == 200


def test_every_sheet_of_the_workbook_has_a_heading_that_stays_in_sight(teacher, school_class):
    vector(school_class)

    book = book_of(teacher.get(address(school_class, "class_report_xlsx")))

    assert book.sheetnames == [
        "Показатели", "Предметы", "Списки", "Ученики × предметы", "Сравнение", "Пропуски", "Движение",
    ]  # fmt: skip
    assert {sheet.freeze_panes for sheet in book} == {"B2"}
    assert all(sheet["A1"].font.bold for sheet in book)


# --- The parallel gives nothing away ---------------------------------------------------------------


@pytest.fixture
def parallel(school_class):
    """7А beside 7Б, with everything that could leak."""
    other = make_class("7А", year=school_class.year)
    for one, name in ((school_class, "Своев"), (other, "Чужаков")):
        course = make_course(one, "Алгебра")
        make_slot(course, 1, 1)
        for number, value in enumerate(("5", "4", "3", "2", "н/а")):
            pupil = make_pupil(one, last_name=f"{name}{number}")
            make_period_mark(pupil, value, number=1)
            make_mark(make_lesson(course, date(2026, 11, 16), number=number + 1), pupil)
            make_absence(pupil, date(2026, 9, 7))
    return other


def test_other_classes_are_numbers_only_for_a_class_teacher(teacher, school_class, parallel):
    for query in ("?period=quarter-1", "?period=quarter-2", "?period=year"):
        html = teacher.get(address(school_class, query=query)).content.decode()
        printed = pdf_words(teacher.get(address(school_class, "class_report_pdf", query)))
        book = book_of(teacher.get(address(school_class, "class_report_xlsx", query)))
        cells = " ".join(str(cell.value) for sheet in book for row in sheet for cell in row)

        for text in (html, printed, cells):
            assert "7А" in text
            assert "Своев0" in text
            assert "Чужаков" not in text
        assert f"/classes/{parallel.pk}/" not in html
        for row in parallel.enrolments.all():
            assert f"/pupils/{row.pupil_id}/" not in html
    # The numbers stand there, without the counts behind them.
    words = words_of(teacher.get(address(school_class)))
    assert "7А 60,00 40,00 3,50" in words


def test_the_deputy_goes_on_to_the_other_class(client, school_class, parallel):
    enter(client, make_user(is_deputy=True))

    html = client.get(address(school_class)).content.decode()

    assert f'href="{address(parallel)}"' in html
    assert "Чужаков" not in html
    assert "Чужаков0" in client.get(address(parallel)).content.decode()


# --- Links to pupils ------------------------------------------------------------------------------


def test_who_has_left_is_named_without_a_link_that_would_not_open(client, school_class):
    make_course(school_class, "Алгебра")
    stayed, left = make_pupil(school_class), make_pupil(school_class, until=date(2026, 11, 6))
    for pupil in (stayed, left):
        make_period_mark(pupil, "3", number=1)
    make_absence(left, date(2026, 9, 7))

    html = enter(client, teacher_user(school_class)).get(address(school_class)).content.decode()
    links = set(re.findall(r"/reports/pupils/\d+/report/", html))

    assert left.list_name in html
    assert links == {reverse("reports:pupil_report", args=[stayed.pk])}
    assert all(client.get(link).status_code == 200 for link in links)
    enter(client, make_user(is_deputy=True))
    link = f"{reverse('reports:pupil_report', args=[left.pk])}?period=quarter-1"
    assert f'href="{link}"' in client.get(address(school_class)).content.decode()
    assert client.get(link).status_code == 200


# --- States ---------------------------------------------------------------------------------------


def test_grade_one_has_no_marks_and_no_zeros(client):
    school_class = make_class("1А")
    make_absence(make_pupil(school_class), date(2026, 9, 7))
    enter(client, teacher_user(school_class))

    words = words_of(client.get(address(school_class)))

    assert "В первом классе учатся без отметок" in words
    assert "0,00" not in words
    assert "Списки" not in words
    assert "Пропуски" in words
    book = book_of(client.get(address(school_class, "class_report_xlsx")))
    assert book.sheetnames == ["Показатели", "Пропуски", "Движение"]
    assert "без отметок" in pdf_words(client.get(address(school_class, "class_report_pdf")))


def test_a_class_without_results_shows_dashes(teacher, school_class):
    make_course(school_class, "Алгебра")
    make_pupil(school_class)

    words = words_of(teacher.get(address(school_class)))

    assert "За этот период отметок ещё нет" in words
    assert "0,00" not in words
    assert "Расписание за этот период не загружено" in words
    assert teacher.get(address(school_class, "class_report_pdf")).status_code == 200


def test_an_empty_class_and_a_class_without_courses(teacher, school_class):
    words = words_of(teacher.get(address(school_class)))

    assert "У класса нет предметов с отметками" in words
    assert teacher.get(address(school_class, "class_report_pdf")).status_code == 200


def test_before_the_first_term_there_is_no_report(client, clock, school_class):
    user = make_user(is_deputy=True)
    clock(datetime(2026, 8, 20, 9, 0))
    enter(client, user)

    assert "Отчёта ещё нет" in words_of(client.get(address(school_class)))
    assert client.get(address(school_class, "class_report_pdf")).status_code == 404
    assert not AuditEvent.objects.filter(class_id=school_class.pk).exists()


@pytest.mark.parametrize("junk", ["абв", "quarter-4", "quarter-99", "9" * 300, "year%27--", "half_year-1", ""])
def test_a_period_that_is_none_is_the_latest_one(teacher, school_class, junk):
    vector(school_class)

    page = teacher.get(address(school_class, query=f"?period={junk}"))

    assert page.context["report"].period.key == "quarter-2"
    assert teacher.get(address(school_class, "class_report_csv", f"?period={junk}")).status_code == 200


def test_the_period_is_chosen_without_scripts(teacher, school_class):
    vector(school_class)

    html = teacher.get(address(school_class)).content.decode()

    assert '<form class="toolbar" method="get">' in html
    assert '<option value="quarter-1" selected>I четверть</option>' in html
    assert '<option value="year">2026/27 учебный год, идёт</option>' in html


# --- Who, and what is recorded ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["class_report", "class_report_pdf", "class_report_xlsx", "class_report_csv"])
def test_it_does_not_exist_for_others(client, school_class, name):
    _, pupils = vector(school_class)
    other = make_class("7А", year=school_class.year)
    subject_teacher = school_class.courses.get().teacher.user
    parent = make_user()
    make_guardian(pupils[0], user=parent)
    for user in (teacher_user(other), subject_teacher, parent, make_user(is_operator=True), make_user()):
        answer = enter(client, user).get(address(school_class, name))

        assert answer.status_code == 404
        assert "Семёнов" not in answer.content.decode()
    assert enter(client, make_user(is_deputy=True)).get(address(school_class, name)).status_code == 200


def test_reading_printing_and_saving_are_recorded(teacher, school_class):
    vector(school_class)
    for name in ("class_report", "class_report_pdf", "class_report_xlsx", "class_report_csv"):
        answer = teacher.get(address(school_class, name))
        assert "no-store" in answer["Cache-Control"]

    rows = AuditEvent.objects.filter(class_id=school_class.pk).order_by("pk")

    assert list(rows.values_list("action", "subject")) == [
        ("read", "отчёт по классу: I четверть"),
        ("print", "отчёт по классу: I четверть"),
        ("export", "отчёт по классу: I четверть"),
        ("export", "отчёт по классу: I четверть"),
    ]


# --- Cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "classes"), [(2, 2), (12, 4)])
@pytest.mark.parametrize(("key", "queries"), [("quarter-1", 20), ("quarter-2", 20), ("year", 21)])
def test_the_page_costs_the_same_for_any_class(client, size, classes, key, queries, django_assert_num_queries):
    year = make_year()
    for name in ("7А", "7Б", "7В", "7Г")[:classes]:
        school_class = make_class(name, year=year)
        courses = [make_course(school_class, f"Предмет {number}") for number in range(size)]
        make_slot(courses[0], 1, 1)
        lessons = [make_lesson(course, date(2026, 11, 16)) for course in courses[:1]]
        for _ in range(size):
            pupil = make_pupil(school_class)
            make_absence(pupil, date(2026, 9, 7))
            for course in courses:
                make_period_mark(pupil, "4", course.subject.name, number=1)
            for lesson in lessons:
                make_mark(lesson, pupil)
        make_pupil(school_class, since=date(2026, 11, 9))
    enter(client, teacher_user(school_class))
    client.get(address(school_class, query=f"?period={key}"))

    with django_assert_num_queries(queries):
        answer = client.get(address(school_class, query=f"?period={key}"))

    assert answer.context["report"].has_results
