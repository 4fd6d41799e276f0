"""Сводная ведомость успеваемости: every mark of the year in its place, on page, paper and in files alike."""

from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from journal.calendar import load_calendar
from journal.models import PeriodMark
from reports.analytics.summary_sheet import rows_for_file, summary_pdf, summary_sheet
from tests.factories import make_class, make_course, make_period_mark, make_pupil, make_subject, teacher_user
from tests.reports.extract_cast import MORNING, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def school_class(clock):
    clock(MORNING)
    found = make_class("7Б")
    make_course(found, "Алгебра")
    make_course(found, "История")
    return found


def sheet_of(school_class):
    return summary_sheet(school_class, load_calendar(school_class.year), today=TODAY)


def table(sheet):
    heads, *rows = rows_for_file(sheet)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_each_mark_stands_under_its_subject_and_period(school_class):
    pupil = make_pupil(school_class, last_name="Белов")
    make_period_mark(pupil, "4", "Алгебра", number=1)
    make_period_mark(pupil, "н/а", "История", number=1)
    make_period_mark(pupil, "5", "Алгебра")

    (row,) = table(sheet_of(school_class))

    assert {head: value for head, value in row.items() if value} == {
        "№": 1, "Ученик": "Белов Анна", "Алгебра, I": 4, "Алгебра, год": 5, "История, I": "н/а",
    }  # fmt: skip


def test_exam_and_final_mark_have_columns_once_somebody_has_them(school_class):
    pupil = make_pupil(school_class)
    assert [name for _, name in sheet_of(school_class).columns] == ["I", "II", "III", "IV", "год"]
    PeriodMark.objects.create(
        pupil=pupil, subject=make_subject("Алгебра"), year=school_class.year, kind="exam", value="4"
    )

    assert [name for _, name in sheet_of(school_class).columns] == ["I", "II", "III", "IV", "год", "экз."]


def test_who_came_or_left_is_named_with_the_date_and_brought_marks(school_class):
    make_pupil(school_class, last_name="Антонов", until=date(2026, 10, 12))
    came = make_pupil(school_class, last_name="Яковлев", since=date(2026, 11, 9))
    make_pupil(school_class, last_name="Будущий", since=date(2026, 12, 1))
    make_period_mark(came, "3", "Рисование", number=1)  # a subject this class does not have

    rows = table(sheet_of(school_class))

    assert [(row["Ученик"].split()[0], row["Примечание"]) for row in rows] == [
        ("Антонов", "по 12.10"), ("Яковлев", "с 09.11"),
    ]  # fmt: skip
    assert rows[1]["Рисование, I"] == 3


def test_page_paper_and_file_hold_the_same(client, school_class):
    pupil = make_pupil(school_class, last_name="Длинная" + "Фамилия" * 12)
    make_period_mark(pupil, "осв", "Алгебра", number=1)
    client.force_login(teacher_user(school_class))

    page = client.get(reverse("reports:marks_summary", args=[school_class.pk])).content.decode()
    paper = client.get(reverse("reports:marks_summary_pdf", args=[school_class.pk])).content
    book = client.get(reverse("reports:marks_summary_xlsx", args=[school_class.pk])).content

    assert '<td class="sum-first">осв</td>' in page
    assert "осв" in PdfReader(BytesIO(paper)).pages[0].extract_text()
    assert "осв" in [cell.value for cell in load_workbook(BytesIO(book)).active[2]]


def test_many_subjects_go_on_with_the_names_on_every_sheet(school_class):
    for number in range(20):
        make_course(school_class, f"Предмет {number:02}")
    make_pupil(school_class, last_name="Белов")
    sheet = sheet_of(school_class)

    made = summary_pdf(sheet, load_calendar(school_class.year), formed_on=TODAY)

    pages = [page.extract_text() for page in PdfReader(BytesIO(made.content)).pages]
    assert made.pages == len(sheet.sheets) == len(pages) and all("Белов" in page for page in pages)
    assert [one for some in sheet.sheets for one in some] == list(sheet.subjects)


def test_grade_one_and_other_classes(client, school_class):
    first = make_class("1А", year=school_class.year)
    client.force_login(teacher_user(first))

    assert "отметок не ставят" in client.get(reverse("reports:marks_summary", args=[first.pk])).content.decode()
    for name in ("marks_summary", "marks_summary_pdf", "marks_summary_csv"):
        assert client.get(reverse(f"reports:{name}", args=[school_class.pk])).status_code == 404
        assert client.get(reverse(f"reports:{name}", args=[first.pk])).status_code == 200


@pytest.mark.parametrize("size", [2, 25])
def test_it_takes_four_queries_for_any_class(school_class, size, django_assert_num_queries):
    for _ in range(size):
        make_period_mark(make_pupil(school_class), "5", "Алгебра", number=1)
    calendar = load_calendar(school_class.year)

    with django_assert_num_queries(4):
        sheet = summary_sheet(school_class, calendar, today=TODAY)
        assert len(sheet.body) > 0 and len(list(rows_for_file(sheet))) == size + 1
