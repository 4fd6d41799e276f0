"""«Отчёт классного руководителя»: computed values and one free comment that nobody loses."""

from datetime import datetime
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import AuditEvent
from journal.calendar import load_calendar
from reports.analytics.official import CommentChanged, comment_of, save_comment
from reports.analytics.periods import chosen_period, periods_of
from reports.models import ClassReportComment
from tests.factories import make_class, make_course, make_period_mark, make_pupil, make_user, teacher_user

MORNING = datetime(2026, 11, 23, 8, 20)


@pytest.fixture
def school_class(db, clock):
    clock(MORNING)
    return make_class("7Б")


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    client.force_login(user)
    return user


def address(school_class, tail="", query="?period=quarter-1"):
    return reverse(f"reports:official_report{tail}", args=[school_class.pk]) + query


def first_quarter(school_class):
    return chosen_period(periods_of(load_calendar(school_class.year), 7, MORNING.date()), "quarter-1")


def write(client, school_class, text, was=""):
    data = {"period": "quarter-1", "text": text, "was": was}
    return client.post(address(school_class, "_comment", ""), data)


def vector_class(school_class):
    """The vector of domain.md §4: 25 pupils, one exempt, one without a mark."""
    make_course(school_class, "Алгебра")
    for value in ["5"] * 5 + ["4"] * 9 + ["3"] * 6 + ["2"] * 2 + ["н/а", "осв", ""]:
        pupil = make_pupil(school_class)
        if value:
            make_period_mark(pupil, value, number=1)


def test_page_paper_and_workbook_tell_the_numbers_of_the_specification(client, teacher, school_class):
    vector_class(school_class)

    page = client.get(address(school_class)).content.decode()
    paper = client.get(address(school_class, "_pdf")).content
    book = load_workbook(BytesIO(client.get(address(school_class, "_xlsx")).content))

    text = " ".join("".join(one.extract_text() for one in PdfReader(BytesIO(paper)).pages).split())
    for shown in ("86,96", "60,87", "57,87", "3,77"):
        assert shown in page and shown in text
    how = page.partition('как посчитано<span class="visually-hidden">: Алгебра</span>')[2].partition("</details>")[0]
    assert "86,96" in how and "5 + 9 + 6 из 23" in how and "Не учтены: " in how
    row = next(row for row in book["Предметы"].iter_rows(values_only=True) if row[0] == "Алгебра")
    assert [float(value) for value in row[9:13]] == [86.96, 60.87, 57.87, 3.77]
    assert "На конец: 25" in text.replace("на конец", "На конец")


def test_the_last_finished_term_is_shown_first(client, teacher, school_class):
    assert client.get(address(school_class, query="")).context["report"].period.key == "quarter-1"
    assert client.get(address(school_class, query="?period=quarter-2")).context["report"].period.key == "quarter-2"
    assert client.get(address(school_class, query="?period=quarter-9")).context["report"].period.key == "quarter-1"


def test_a_comment_is_kept_shown_printed_and_traced(client, teacher, school_class):
    answer = write(client, school_class, "Класс дружный <b>&</b>\r\nхороший")

    assert answer.url == address(school_class)
    page = client.get(address(school_class)).content.decode()
    assert "Класс дружный &lt;b&gt;&amp;&lt;/b&gt;" in page
    paper = PdfReader(BytesIO(client.get(address(school_class, "_pdf")).content))
    assert "<b>&</b>" in "".join(one.extract_text() for one in paper.pages)
    event = AuditEvent.objects.get(object_type="classreportcomment")
    assert (event.old, event.new) == ({"text": ""}, {"text": "Класс дружный <b>&</b>\nхороший"})


def test_of_two_writers_nobody_loses_a_text(client, teacher, school_class):
    write(client, school_class, "первый")

    answer = write(client, school_class, "второй", was="")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "изменил другой человек" in page and ">второй</textarea>" in page and "первый" in page
    assert ClassReportComment.objects.get().text == "первый"
    # Having seen the other's text, the writer may put the own one in its place.
    assert write(client, school_class, "второй", was="первый").status_code == 302
    assert ClassReportComment.objects.get().text == "второй"


def test_the_same_text_sent_twice_is_no_conflict_and_no_second_trace(client, teacher, school_class):
    write(client, school_class, "текст")
    assert write(client, school_class, "текст").status_code == 302
    assert AuditEvent.objects.filter(object_type="classreportcomment").count() == 1


def test_a_comment_too_long_comes_back_whole(client, teacher, school_class):
    answer = write(client, school_class, "я" * 3001)

    assert answer.status_code == 422
    assert "длиннее 3000 знаков: их 3001" in answer.content.decode()
    assert "я" * 3001 in answer.content.decode()
    assert not ClassReportComment.objects.exists()


def test_the_year_has_a_comment_of_its_own(school_class):
    periods = {one.key: one for one in periods_of(load_calendar(school_class.year), 7, MORNING.date())}
    by = make_user()
    for key in ("quarter-1", "year"):
        save_comment(school_class=school_class, period=periods[key], text=key, was="", by=by)

    assert {key: comment_of(school_class, periods[key]).text for key in ("quarter-1", "quarter-2", "year")} == {
        "quarter-1": "quarter-1", "quarter-2": "", "year": "year",
    }  # fmt: skip
    with pytest.raises(CommentChanged):
        save_comment(school_class=school_class, period=periods["year"], text="иначе", was="", by=by)


def test_the_class_of_somebody_else_is_not_found_and_not_commented(client, school_class):
    make_pupil(school_class, last_name="Тайная")
    client.force_login(teacher_user(make_class("7А", year=school_class.year)))

    for tail in ("", "_pdf", "_xlsx", "_csv"):
        answer = client.get(address(school_class, tail))
        assert answer.status_code == 404 and "Тайная".encode() not in answer.content
    assert write(client, school_class, "чужое").status_code == 404
    assert not ClassReportComment.objects.exists()


def test_grade_one_has_movement_and_absences_only(client, clock, db):
    clock(MORNING)
    school_class = make_class("1А")
    make_pupil(school_class)
    client.force_login(teacher_user(school_class))

    page = client.get(address(school_class)).content.decode()

    assert "Пропуски" in page and "По предметам" not in page and "0,00" not in page
    assert client.get(address(school_class, "_pdf")).content[:5] == b"%PDF-"


@pytest.mark.parametrize("size", [2, 20])
def test_the_page_costs_the_same_for_any_class(client, teacher, school_class, size, django_assert_num_queries):
    make_course(school_class, "Алгебра")
    for _ in range(size):
        make_period_mark(make_pupil(school_class), "4", number=1)
    client.get(address(school_class))

    with django_assert_num_queries(21):
        client.get(address(school_class))
