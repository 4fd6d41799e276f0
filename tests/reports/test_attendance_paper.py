"""Табель on paper: every pupil once, one page wide, the figures of the page; the school by classes."""

import io
import re
from collections import Counter
from datetime import date, datetime

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import AuditEvent
from attendance.month_table import month_table
from attendance.tables import year_table
from journal.calendar import load_calendar
from journal.models import AcademicYear, SchoolClass
from reports.attendance_summary import count_school
from reports.jobs import JobRun
from reports.models import Job
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_course,
    make_pupil,
    make_slot,
    make_user,
    teacher_user,
)
from tests.pages import enter

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 25)
Action = AuditEvent.Action


@pytest.fixture(autouse=True)
def wednesday(clock):
    clock(datetime(2026, 11, 25, 15, 0))


@pytest.fixture
def school_class():
    school_class = make_class("7Б")
    for number, name in enumerate(("Алгебра", "Физика", "История", "Химия", "Биология"), start=1):
        course = make_course(school_class, name)
        for weekday in range(1, 6):
            make_slot(course, weekday, number)
    return school_class


def pdf_url(school_class, span, query=""):
    return reverse(f"reports:attendance_{span}_pdf", args=[school_class.pk]) + query


def reader(answer) -> PdfReader:
    assert answer["Content-Type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.content))


def lines_of(document: PdfReader) -> list[str]:
    return [line for page in document.pages for line in page.extract_text().splitlines()]


def test_thirty_five_pupils_by_thirty_one_days_fit_the_page_each_once(client, school_class):
    names = [f"Ученикова{number:02d} Анна" for number in range(35)]
    for number in range(35):
        pupil = make_pupil(school_class, last_name=f"Ученикова{number:02d}")
        make_absence(pupil, date(2026, 10, 5), lesson=1, reason="unexcused", is_confirmed=False)
    answer = enter(client, teacher_user(school_class)).get(pdf_url(school_class, "month", "?month=2026-10"))
    document = reader(answer)
    text = "\n".join(lines_of(document))

    assert Counter(re.findall(r"Ученикова\d\d Анна", text)) == Counter(names)
    assert len(document.pages) == 1
    assert [page.mediabox.width > page.mediabox.height for page in document.pages] == [True]
    for words in ("Табель учёта посещаемости", "октябрь 2026", "7Б", "Классный руководитель", "стр. 1 из 1", "31"):
        assert words in text
    assert text.count("н1?") == 35
    event = AuditEvent.objects.get(action=Action.PRINT)
    assert (event.subject, event.class_id) == ("табель: октябрь 2026", school_class.pk)


def test_a_large_class_goes_over_the_page_and_loses_nobody(client, school_class):
    for number in range(70):
        make_pupil(school_class, last_name=f"Ученикова{number:02d}")
    document = reader(enter(client, teacher_user(school_class)).get(pdf_url(school_class, "year")))
    text = "\n".join(lines_of(document))

    assert len(document.pages) > 1
    assert Counter(re.findall(r"Ученикова\d\d", text)) == Counter(f"Ученикова{number:02d}" for number in range(70))
    # The headings stand on each page, and pages are numbered.
    assert text.count("I четверть") >= len(document.pages)
    assert f"стр. {len(document.pages)} из {len(document.pages)}" in text


def test_half_a_year_of_five_months_fits_too(client):
    school_class = make_class("10А")
    make_pupil(school_class, last_name="Старшова")
    document = reader(enter(client, teacher_user(school_class)).get(pdf_url(school_class, "term", "?term=1")))
    text = "\n".join(lines_of(document))

    assert len(document.pages) == 1
    assert [month in text for month in ("Сентябрь 2026", "Декабрь 2026", "I полугодие")] == [True] * 3


def numbers(words: list[str]) -> list[str]:
    return [word.replace(".", ",") for word in words if word not in ("", "None")]


def test_page_paper_and_file_show_the_same_figures(client, school_class):
    pupil = make_pupil(school_class, last_name="Орлова")
    make_absence(pupil, MONDAY)
    make_absence(pupil, date(2026, 11, 17), lesson=2, reason="excused")
    make_absence(pupil, date(2026, 10, 5), reason="unexcused")
    make_pupil(school_class, last_name="Яшина")
    client = enter(client, teacher_user(school_class))
    calendar = load_calendar(school_class.year)
    total = month_table(school_class, date(2026, 11, 1), calendar, today=TODAY).rows[0].total
    figures = [*total.days_figures(), *total.lessons_figures(), total.percent]
    shown = numbers([str(figure) for figure in figures if figure not in (0,)])

    page = client.get(reverse("attendance:table", args=[school_class.pk])).content.decode()
    row = page.split("Орлова Анна")[1].split("</tr>")[0]
    cells = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row)][-10:]
    assert numbers(cells) == shown == ["1", "1", "6", "5", "1", "92,9"]

    [line] = [one for one in lines_of(reader(client.get(pdf_url(school_class, "month")))) if "Орлова Анна" in one]
    assert line.split("Анна")[1].split()[2:] == shown

    file = client.get(reverse("attendance:table_xlsx", args=[school_class.pk]))
    _, values, *_ = load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True)
    assert numbers([str(value) for value in values[-10:] if value != 0]) == shown

    year = year_table(school_class, calendar, today=TODAY).rows[0].total
    assert year.lessons_all == 11
    file = client.get(reverse("attendance:table_year_xlsx", args=[school_class.pk]))
    _, values, *_ = load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True)
    assert values[2:10] == (1, 0, 5, 0, 1, 1, 6, 5)
    assert values[-10:-2] == (*year.days_figures(), *year.lessons_figures())


def test_a_name_with_markup_stays_a_name_on_paper(client, school_class):
    make_pupil(school_class, last_name="<b>О</b>&")
    text = "\n".join(lines_of(reader(enter(client, teacher_user(school_class)).get(pdf_url(school_class, "month")))))

    assert "<b>О</b>& Анна" in text


def test_a_month_that_is_not_there_has_no_paper_and_leaves_no_trace(client, school_class):
    client = enter(client, teacher_user(school_class))

    assert client.get(pdf_url(school_class, "month", "?month=2025-01")).status_code == 404
    assert client.get(pdf_url(school_class, "term", "?term=9")).status_code == 404
    assert client.get(pdf_url(make_class("7А", year=school_class.year), "year")).status_code == 404
    assert not AuditEvent.objects.filter(action=Action.PRINT).exists()


# --- The school by classes --------------------------------------------------------------------------


@pytest.fixture
def deputy(client):
    user = make_user(is_deputy=True)
    enter(client, user)
    return user


def counted(client, year: AcademicYear):
    client.post(reverse("reports:attendance_summary_start"), {"year": year.pk})
    return client.get(reverse("reports:attendance_summary")).context["choice"].summary


def test_the_school_is_the_sum_of_the_tables_of_its_classes(client, deputy, school_class):
    year = school_class.year
    other, senior = make_class("7А", year=year), make_class("10А", year=year)
    for index, one in enumerate((school_class, other, senior)):
        pupil = make_pupil(one)
        make_absence(pupil, MONDAY, reason=("ill", "excused", "unexcused")[index])
        make_absence(pupil, date(2026, 10, 5))
    summary = counted(client, year)

    names = [line.name for line in summary.lines]
    assert names == ["7А", "7Б", "7-е классы", "10А", "Вся школа"]
    calendar = load_calendar(year)
    for line in summary.lines:
        if line.class_id:
            own = SchoolClass.objects.select_related("year__school").get(pk=line.class_id)
            assert line.by_period["year"] == year_table(own, calendar, today=TODAY).total
            assert line.by_period["2026-11"] == month_table(own, date(2026, 11, 1), calendar, today=TODAY).total
    whole = summary.lines[-1].by_period
    assert (whole["year"].days_figures(), whole["2026-11"].days_figures()) == ((6, 4, 1, 1), (3, 1, 1, 1))
    # Seniors have half-years, the others quarters.
    assert [line.name for line, _ in summary.lines_of("quarter-2")] == ["7А", "7Б", "7-е классы", "Вся школа"]
    assert [line.name for line, _ in summary.lines_of("half_year-1")] == ["10А", "Вся школа"]
    assert [key for key, _ in summary.months] == ["2026-09", "2026-10", "2026-11"]


def test_the_ledger_is_kept_and_saved_as_a_file(client, deputy, school_class):
    make_absence(make_pupil(school_class), MONDAY)
    counted(client, school_class.year)
    page = client.get(f"{reverse('reports:attendance_summary')}?period=2026-11").content.decode()
    file = client.get(f"{reverse('reports:attendance_summary_xlsx')}?period=2026-11")
    heading, row, _ = load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True)
    by_terms = client.get(reverse("reports:attendance_summary_csv")).content.decode("utf-8-sig").splitlines()

    assert "Ноябрь 2026" in page
    assert dict(zip(heading, row, strict=True))["Уроков: Б"] == 5
    assert by_terms[0].startswith("Класс;I четверть, дней всего;I четверть, дней Б;")
    assert by_terms[1].startswith("7Б;0;0;0;0;100,0;1;1;5;5;")
    subjects = AuditEvent.objects.filter(action=Action.EXPORT).values_list("subject", flat=True)
    assert sorted(subjects) == ["посещаемость по классам: Ноябрь 2026", "посещаемость по классам: по периодам"]


def test_counting_goes_on_after_a_worker_was_lost(deputy, school_class):
    make_absence(make_pupil(school_class), MONDAY)
    total = {"days": {}, "lessons": {}, "unknown": {}, "own": 7, "late": 0}
    done = {str(school_class.pk): {"name": "7Б", "grade": 7, "periods": {"year": total}}}
    job = Job.objects.create(
        kind=Job.Kind.ATTENDANCE_SUMMARY,
        owner=deputy,
        status=Job.Status.RUNNING,
        params={"year": school_class.year.pk, "_state": {"rows": done}},
    )
    other = make_class("8А", year=school_class.year)
    count_school(JobRun(job))
    job.refresh_from_db()

    rows = job.params["_state"]["rows"]
    # What was counted before is not counted again.
    assert rows[str(school_class.pk)]["periods"]["year"]["own"] == 7
    assert str(other.pk) in rows
    assert (job.status, job.message) == (Job.Status.DONE, "Классов: 2.")


def test_of_an_uncounted_ledger_the_page_says_so_and_there_is_no_file(client, deputy, school_class):
    page = client.get(reverse("reports:attendance_summary")).content.decode()
    file = client.get(reverse("reports:attendance_summary_xlsx"), follow=True)

    assert "ещё не посчитана" in page
    assert "Нажмите «Посчитать», потом сохраните файл." in file.content.decode()


def test_the_ledger_is_the_deputys(client, school_class):
    for user in (teacher_user(school_class), make_user(is_operator=True)):
        enter(client, user)
        assert client.get(reverse("reports:attendance_summary")).status_code == 404
        assert client.post(reverse("reports:attendance_summary_start")).status_code == 404
    assert not Job.objects.exists()
