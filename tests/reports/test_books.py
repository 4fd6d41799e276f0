"""The alphabetical book and the report on movement: what stands in them, as page, file and paper."""

import io
from datetime import date, datetime

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import AuditEvent
from journal.models import Pupil
from journal.services.movements import arrive, change_class, depart
from reports.books.alphabet import BookFilter, book_of, letters_of
from reports.books.movement import movement_report
from reports.models import Job
from tests.factories import make_class, make_order, make_pupil, make_user, make_year, teacher_user

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
START = date(2026, 9, 1)
Action = AuditEvent.Action


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def office(client):
    user = make_user(is_operator=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def year():
    return make_year()


def url(name):
    return reverse(f"reports:{name}")


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


# --- The alphabetical book ------------------------------------------------------------------------


def test_pupils_stand_by_letter_and_are_counted_within_it(year):
    seven_b = make_class("7Б", year=year)
    for last_name in ("Яшина", "Ёлкина", "Егорова", "Ежова"):
        make_pupil(seven_b, last_name=last_name)

    entries = book_of(BookFilter(year))

    assert [(entry.letter, entry.number, entry.name.split()[0]) for entry in entries] == [
        ("Е", 1, "Егорова"), ("Е", 2, "Ежова"), ("Е", 3, "Ёлкина"), ("Я", 1, "Яшина"),
    ]  # fmt: skip
    assert letters_of(BookFilter(year)) == [("Е", 3), ("Я", 1)]


def test_the_book_tells_who_left_where_to_and_by_which_order(year, office):
    seven_a, seven_b = make_class("7А", year=year), make_class("7Б", year=year)
    gone = make_pupil(seven_b, last_name="Авдеева")
    depart(pupil=gone, order=make_order(date(2026, 10, 16), "45-у", place="лицей № 3"), by=office)
    back = make_pupil(seven_b, last_name="Бокова")
    depart(pupil=back, order=make_order(date(2026, 9, 21), "40-у", place="лицей № 5"), by=office)
    arrive(pupil=back, school_class=seven_a, order=make_order(date(2026, 11, 9), "50-у"), by=office)

    first, second = book_of(BookFilter(year))

    assert (first.class_name, first.left, first.left_to) == ("7Б", "16.10.2026, приказ № 45-у", "лицей № 3")
    assert (second.class_name, second.left, second.left_to) == ("7А", "", "")


def test_a_year_and_a_class_have_their_own_pupils(year):
    seven_b, six_b = make_class("7Б", year=year), make_class("6Б", year=make_year(2025))
    now, before = make_pupil(seven_b, last_name="Нынешняя"), make_pupil(six_b, until=date(2026, 8, 31))
    other = make_pupil(make_class("7А", year=year))

    def pupils(chosen):
        return {entry.pupil_id for entry in book_of(chosen)}

    assert pupils(BookFilter(year)) == {now.pk, other.pk}
    assert pupils(BookFilter(year, seven_b)) == {now.pk}
    assert pupils(BookFilter()) == {now.pk, other.pk, before.pk}
    assert pupils(BookFilter(year, letter="Н")) == {now.pk}


def test_the_page_shows_a_letter_and_the_trail_tells_whose(client, office, year):
    seven_b = make_class("7Б", year=year)
    shown, hidden = make_pupil(seven_b, last_name="Авдеева"), make_pupil(seven_b, last_name="Яшина")

    html = client.get(url("alphabet_book")).content.decode()

    assert "Авдеева" in html and "Яшина" not in html
    assert "Яшина" in client.get(url("alphabet_book") + "?letter=Я").content.decode()
    assert "Авдеева" in client.get(url("alphabet_book") + "?letter=Ы").content.decode()
    looked = AuditEvent.objects.filter(action=Action.READ, subject="алфавитная книга")
    assert looked.filter(pupil_id=shown.pk).count() == 2
    assert looked.filter(pupil_id=hidden.pk).count() == 1


def test_the_book_as_a_table(client, office, year):
    make_pupil(make_class("7Б", year=year), last_name="Авдеева", address="=опасно")

    answer = client.get(url("alphabet_book_xlsx"))

    sheet = load_workbook(io.BytesIO(answer.content)).active
    heading, row = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert dict(zip(heading, row, strict=True))["Адрес"] == "'=опасно"
    assert row[:4] == ["А", 1, "Авдеева Анна", "ж"]
    assert AuditEvent.objects.filter(action=Action.EXPORT, subject="алфавитная книга").count() == 1


def test_the_book_on_paper_is_made_by_the_worker_and_printing_is_recorded(client, office, year):
    seven_b = make_class("7Б", year=year)
    pupils = [make_pupil(seven_b, last_name=name, patronymic="") for name in ("Авдеева", "Яшина")]

    page = client.post(url("alphabet_book_print"), {"year": year.pk}, follow=True)

    job = Job.objects.get(kind=Job.Kind.ALPHABET_BOOK)
    assert (job.status, job.message) == (Job.Status.DONE, "Учеников: 2, страниц: 2.")
    assert "Открыть файл для печати" in page.content.decode()
    answer = client.get(reverse("reports:job_result", args=[job.pk]))
    text = text_of(answer.getvalue())
    assert "Алфавитная книга: А" in text and "Авдеева Анна, ж." in text and "Алфавитная книга: Я" in text
    printed = AuditEvent.objects.filter(action=Action.PRINT).values_list("pupil_id", flat=True)
    assert set(printed) == {pupil.pk for pupil in pupils}


def test_an_empty_book_is_not_printed(client, office, year):
    client.post(url("alphabet_book_print"), {"year": year.pk})

    assert Job.objects.get().message == "Печатать нечего: таких учеников нет."


def test_a_result_closes_to_who_is_no_longer_of_the_office(client, office, year):
    make_pupil(make_class("7Б", year=year))
    client.post(url("alphabet_book_print"), {"year": year.pk})
    job = Job.objects.get()
    office.is_operator = False
    office.save()

    assert client.get(reverse("reports:job_result", args=[job.pk])).status_code == 404


# --- The report on movement -----------------------------------------------------------------------


@pytest.fixture
def moved(year, office):
    """7А and 7Б: one arrives, one leaves, one goes over, one leaves and comes back."""
    seven_a, seven_b = make_class("7А", year=year), make_class("7Б", year=year)
    _, leaves, over, back = (make_pupil(seven_b, last_name=f"Пупилова{number}") for number in range(4))
    new = Pupil(last_name="Новикова", first_name="Юлия", sex="f", birth_date=date(2013, 4, 2))
    arrive(pupil=new, school_class=seven_b, order=make_order(date(2026, 10, 12), "44-у"), by=office)
    depart(pupil=leaves, order=make_order(date(2026, 10, 16), "45-у", place="лицей № 3"), by=office)
    change_class(pupil=over, school_class=seven_a, order=make_order(date(2026, 10, 19), "46-у"), by=office)
    depart(pupil=back, order=make_order(date(2026, 9, 21), "40-у"), by=office)
    arrive(pupil=back, school_class=seven_b, order=make_order(date(2026, 11, 9), "50-у"), by=office)
    return seven_a, seven_b


def figures(count):
    return count.at_start, count.arrived, count.came, count.left, count.went, count.at_end


def test_the_report_counts_classes_parallels_and_the_school(moved, year):
    report = movement_report(year, START, TODAY)

    (parallel,) = report.parallels
    assert {row.name: figures(row.count) for row in parallel.classes} == {
        "7А": (0, 0, 1, 0, 0, 1),
        "7Б": (4, 2, 0, 2, 1, 3),
    }
    assert figures(parallel.total) == figures(report.total) == (4, 2, 1, 2, 1, 4)
    assert [line.order_number for line in report.lines] == ["50-у", "46-у", "45-у", "44-у", "40-у"]


def test_a_part_of_the_year_begins_with_who_was_there_on_its_first_day(moved, year):
    report = movement_report(year, date(2026, 10, 16), date(2026, 10, 31))

    # Who left on the first day is not on its roll any more.
    assert figures(report.total) == (3, 0, 1, 0, 1, 3)


def test_the_report_of_a_class(moved, year):
    seven_a, _ = moved
    report = movement_report(year, START, TODAY, seven_a)

    assert [row.name for row in report.parallels[0].classes] == ["7А"]
    assert [line.order_number for line in report.lines] == ["46-у"]


def test_the_report_as_page_table_and_paper(client, office, moved):
    html = client.get(url("movement_report")).content.decode()
    assert "на конец 4 ученика" in html and "лицей № 3" in html

    sheet = load_workbook(io.BytesIO(client.get(url("movement_report_xlsx")).content)).active
    rows = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert rows[1][:7] == ["7А", 0, 0, 1, 0, 0, 1]
    assert rows[4][:7] == ["Всего", 4, 2, 1, 2, 1, 4]

    answer = client.get(url("movement_report_pdf"))
    assert answer["Content-Type"] == "application/pdf"
    text = text_of(answer.content)
    assert "Отчёт о движении учеников" in text and "№ 45-у" in text and "лицей № 3" in text
    for action in (Action.READ, Action.EXPORT, Action.PRINT):
        assert AuditEvent.objects.filter(action=action, subject="отчёт о движении").count() == 4


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("date_from=2026-11-10&date_to=2026-10-10", "Первый день периода позже последнего"),
        ("date_from=2026-08-01&date_to=2026-10-10", "раньше учебного года"),
        ("date_from=2026-09-01&date_to=2027-03-01", "Период заканчивается позже, чем сегодня"),
        ("date_from=никогда&date_to=2026-10-10", "Укажите обе даты"),
    ],
)
def test_a_wrong_period_is_explained_and_the_year_is_shown(client, office, moved, query, words):
    html = client.get(f"{url('movement_report')}?{query}").content.decode()

    assert words in html
    assert "01.09.2026 – 23.11.2026" in html


# --- For whom, and at what cost -------------------------------------------------------------------

PAGES = ["alphabet_book", "alphabet_book_xlsx", "alphabet_book_csv", "movement_report", "movement_report_xlsx",
         "movement_report_csv", "movement_report_pdf"]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_the_books_are_of_the_office(client, year, name):
    seven_b = make_class("7Б", year=year)
    make_pupil(seven_b)
    client.force_login(teacher_user(seven_b), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(url(name)).status_code == 404
    assert client.post(url("alphabet_book_print"), {"year": year.pk}).status_code == 404
    assert not Job.objects.exists()


@pytest.mark.parametrize("pupils", [1, 30])
@pytest.mark.parametrize(("name", "queries"), [("alphabet_book", 9), ("movement_report", 8)])
def test_the_pages_cost_the_same_for_any_school(client, office, year, pupils, name, queries, django_assert_num_queries):
    seven_b = make_class("7Б", year=year)
    for number in range(pupils):
        pupil = make_pupil(seven_b, last_name=f"Авдеева{number}")
        depart(pupil=pupil, order=make_order(TODAY, f"{number}-у"), by=office)

    # session, user, teacher; years, classes; then the book (letters, pupils, stays, movements) or the report
    # (classes, stays, movements); trail
    with django_assert_num_queries(queries):
        client.get(url(name))
