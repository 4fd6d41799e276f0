"""Extracts of the school: who is due and why, the register, the check of a sheet, the extract of a transfer."""

import threading
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import AuditEvent
from journal.calendar import load_calendar
from journal.models import Guardianship, Term
from reports.extract import register
from reports.extract.query import pupil_extract
from reports.extract.register import form_extract, qr_text
from reports.extract.school_queue import school_queue, why_due
from reports.extract.transfer import form_transfer, render, transfer_extract
from reports.models import Extract, ExtractFile, Job
from tests.factories import (
    make_absence,
    make_class,
    make_guardian,
    make_lesson,
    make_mark,
    make_period_mark,
    make_pupil,
    make_user,
    teacher_user,
)
from tests.reports.extract_cast import MON, MORNING, PERIOD, TODAY, WED, make_cast, pdf_text

PAPER = Guardianship.Informing.PAPER_REFUSED


@pytest.fixture
def cast(db, clock):
    clock(MORNING)
    return make_cast()


@pytest.fixture
def deputy(client, cast):
    user = make_user(is_deputy=True)
    client.force_login(user)
    return user


def post(client, name, **data):
    return client.post(reverse(f"reports:{name}"), data)


# --- The queue ------------------------------------------------------------------------------------


def test_why_an_extract_is_due(cast):
    calendar = load_calendar(cast.school_class.year)
    end = Term.objects.get(year=cast.school_class.year, scheme="quarter", number=1).date_to
    after = end + timedelta(days=2)

    assert why_due(None, TODAY, calendar, 7) == "выписки ещё не было"
    assert why_due(TODAY - timedelta(days=7), TODAY, calendar, 7) == "прошло 7 дней и больше"
    assert why_due(TODAY - timedelta(days=6), TODAY, calendar, 7) == ""
    assert why_due(end - timedelta(days=1), after, calendar, 7) == "закончился учебный период"


def test_the_queue_is_of_all_classes_and_says_who_is_due(client, cast, deputy):
    other = make_class("5А", year=cast.school_class.year)
    make_guardian(cast.pupil, informing=PAPER)
    make_guardian(make_pupil(other, last_name="Бумажный"), informing=PAPER)
    make_guardian(make_pupil(other, last_name="Электронный"))
    make_guardian(make_pupil(other, last_name="Выбывший", until=MON), informing=PAPER)
    form_extract(cast.extract(), by=deputy)

    page = client.get(reverse("reports:extract_queue"))

    queue = page.context["queue"]
    assert [(one.name, one.pupils, len(one.waiting), one.due) for one in queue.classes] == [
        ("5А", 2, 1, 1), ("7Б", 1, 1, 0),
    ]  # fmt: skip
    text = page.content.decode()
    assert "Бумажный" in text and "Электронный" not in text and "Выбывший" not in text
    due = client.get(reverse("reports:extract_queue"), {"due": "1"}).content.decode()
    assert "Бумажный" in due and "Ермаков" not in due
    book = load_workbook(BytesIO(client.get(reverse("reports:extract_queue_xlsx")).content)).active
    assert [row[1] for row in book.iter_rows(min_row=2, values_only=True)] == ["Бумажный Анна", "Ермаков Тимофей"]


@pytest.mark.parametrize(("who", "expected"), [("due", {"Должный"}), ("chosen", {"Ермаков"}), ("school", None)])
def test_the_due_the_chosen_or_the_whole_school_are_printed(client, cast, deputy, who, expected):
    make_guardian(cast.pupil, informing=PAPER)
    form_extract(cast.extract(), by=deputy)
    other = make_class("5А", year=cast.school_class.year)
    due = make_pupil(other, last_name="Должный")
    # Two parents on paper: one sheet.
    make_guardian(due, informing=PAPER)
    make_guardian(due, informing=PAPER)
    make_pupil(other, last_name="Прочий")
    before = set(Extract.objects.values_list("pk", flat=True))

    answer = post(client, "extract_queue_print", who=who, pupil=[cast.pupil.pk])

    job = Job.objects.get(parent=None)
    assert answer.url == f"/reports/jobs/{job.pk}/" and job.status == Job.Status.DONE, job.message
    printed = [row.pupil.last_name for row in Extract.objects.exclude(pk__in=before).select_related("pupil")]
    assert len(printed) == len(set(printed))
    assert set(printed) == (expected or {"Ермаков", "Должный", "Прочий"})


def test_nobody_chosen_is_told(client, cast, deputy):
    answer = client.post(reverse("reports:extract_queue_print"), {"who": "chosen"}, follow=True)

    assert "Печатать некому" in answer.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("pupils", [1, 25])
def test_the_queue_costs_the_same_for_any_school(cast, pupils, django_assert_num_queries):
    for name in ("5А", "6А", "7А")[: 1 + pupils // 12]:
        school_class = make_class(name, year=cast.school_class.year)
        for _ in range(pupils):
            make_guardian(make_pupil(school_class), informing=PAPER)
    calendar = load_calendar(cast.school_class.year)

    with django_assert_num_queries(4):
        school_queue(calendar, TODAY)


# --- Parts of the sheet ---------------------------------------------------------------------------


def test_only_the_chosen_parts_stand_on_page_and_paper(client, cast):
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "4")
    make_absence(cast.pupil, WED)
    client.force_login(teacher_user(cast.school_class))
    chosen = {"with_blocks": "1", "blocks": ["absences", "timetable"]}

    page = client.get(reverse("reports:extract", args=[cast.pupil.pk]), chosen).content.decode()
    client.post(reverse("reports:extract_print", args=[cast.pupil.pk]), chosen)

    row = Extract.objects.get()
    text = " ".join(pdf_text(bytes(row.file.content)))
    assert row.blocks == ["absences", "timetable"]
    for shown in (page, text):
        assert "Пропуски" in shown and "Расписание уроков" in shown
        assert "Домашние задания" not in shown and "Средний за" not in shown and "Педагоги" not in shown
    # The next sheet begins with the same choice.
    again = client.get(reverse("reports:extract", args=[cast.pupil.pk])).content.decode()
    assert "2 из 8" in again


def test_a_sheet_of_nothing_is_refused_in_words(client, cast):
    client.force_login(teacher_user(cast.school_class))

    page = client.get(reverse("reports:extract", args=[cast.pupil.pk]), {"with_blocks": "1"}).content.decode()
    client.post(reverse("reports:extract_print", args=[cast.pupil.pk]), {"with_blocks": "1"})
    client.post(reverse("reports:extract_print", args=[cast.pupil.pk]), {"with_blocks": "1", "blocks": ["junk"]})

    assert "Отметьте хотя бы одну часть листа." in page
    assert not Extract.objects.exists()


def test_the_sheet_names_whom_it_is_for(cast):
    make_guardian(cast.pupil, last_name="Ермакова", first_name="Ольга", patronymic="Петровна", informing=PAPER)

    text = " ".join(pdf_text(register.render(cast.extract(), "7Б-1").content))

    assert "Кому: Ермаковой Ольге Петровне (мать)" in text


def test_two_guardians_on_paper_are_both_named_on_the_one_sheet(cast):
    for name in ("Ольга", "Илья"):
        make_guardian(cast.pupil, last_name="Гурин", first_name=name, patronymic="", informing=PAPER)
    cast.pupil.guardianships.filter(guardian__first_name="Илья").update(kinship="father")

    addressee = cast.extract().addressee

    assert "(мать), " in addressee and "(отец)" in addressee


# --- The register ---------------------------------------------------------------------------------


def test_the_register_is_filtered_and_several_are_handed_over_at_once(client, cast, deputy):
    rows = [form_extract(cast.extract(make_pupil(cast.school_class, last_name=name)), by=deputy)
            for name in ("Первый", "Второй", "Третий")]  # fmt: skip
    ids = [row.pk for row in rows[:2]]

    post(client, "extract_register_note", extract=ids, what="handed_over", back="/reports/extracts/register/")
    again = client.post(reverse("reports:extract_register_note"), {"extract": ids, "what": "handed_over"}, follow=True)

    assert "Отмечено выписок: 0" in again.content.decode()  # a second press changes nothing
    waiting = client.get(reverse("reports:extract_register_all"), {"state": "to_hand_over"}).content.decode()
    assert "Третий" in waiting and "Первый" not in waiting
    no_slip = client.get(reverse("reports:extract_register_all"), {"state": "no_slip"}).content.decode()
    assert "Первый" in no_slip and "Третий" not in no_slip
    assert AuditEvent.objects.filter(action="change", object_type="extract").count() == 2


def test_a_class_teacher_notes_only_the_own_class(client, cast):
    row = form_extract(cast.extract(), by=make_user())
    client.force_login(teacher_user(make_class("7А", year=cast.school_class.year)))

    answer = client.post(
        reverse("reports:extract_register_note"),
        {"extract": [row.pk], "what": "returned", "back": "//evil.example/"},
    )

    row.refresh_from_db()
    assert (answer.url, row.returned_at) == ("/", None)


def test_a_file_that_is_not_what_was_handed_out_is_not_given_again(client, cast, deputy):
    row = form_extract(cast.extract(), by=deputy)
    ExtractFile.objects.filter(pk=row.pk).update(content=b"%PDF-1.7 something else")

    answer = client.get(reverse("reports:extract_file", args=[row.pk]), follow=True)

    assert "повреждён" in answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_numbers_without_gaps(clock):
    clock(MORNING)
    cast, owner = make_cast(), make_user()
    pupils = [make_pupil(cast.school_class) for _ in range(6)]
    extracts = [pupil_extract(one, cast.school_class, PERIOD, formed_on=TODAY) for one in pupils]
    start, failures = threading.Barrier(6), []

    def take(extract):
        try:
            start.wait()
            for _ in range(3):
                [row] = register.reserve([extract], by=owner)
                if row.sequence % 2:
                    register.abandon([row.pk])
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(one,)) for one in extracts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = sorted(Extract.objects.values_list("sequence", flat=True))
    assert failures == [] and found == list(range(1, len(found) + 1))


# --- The check ------------------------------------------------------------------------------------


def verdict(client, **data):
    return client.post(reverse("reports:extract_check"), data).content.decode()


def test_a_genuine_sheet_an_altered_one_and_a_stranger(client, cast, deputy):
    row = form_extract(cast.extract(), by=deputy)

    for text in (f"{row.number} {row.code}", f"{row.code.lower()}, № 1", qr_text(row.number, TODAY, row.code)):
        page = verdict(client, text=text)
        assert "Подлинная" in page and "Ермаков" in page
    altered = verdict(client, text=f"{row.number} 000000000000")
    assert "Код не совпадает" in altered and "Ермаков" not in altered
    assert "Такой выписки нет" in verdict(client, text=f"7Б-999 {row.code}")
    assert AuditEvent.objects.filter(subject="проверка выписки: genuine", pupil_id=cast.pupil.pk).count() == 3


def test_the_file_itself_is_compared_by_its_digest(client, cast, deputy):
    row = form_extract(cast.extract(), by=deputy)
    content = bytes(row.file.content)

    def upload(name, data):
        return verdict(client, file=SimpleUploadedFile(name, data, "application/pdf"))

    assert "Подлинная" in upload("a.pdf", content)
    assert "Такой выписки нет" in upload("a.pdf", content + b" ")
    assert "Это не PDF" in upload("a.png", b"\x89PNG....")
    assert "больше 10 МБ" in upload("a.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024))


@pytest.mark.parametrize("text", ["", "привет", "7Б-1", "1A2B3C4D5E6F", "<script>"])
def test_what_cannot_be_checked_is_explained(client, cast, deputy, text):
    answer = client.post(reverse("reports:extract_check"), {"text": text})

    assert answer.status_code == 422 and "Введите номер и код с листа" in answer.content.decode()


def test_of_another_class_nothing_is_told(client, cast):
    row = form_extract(cast.extract(), by=make_user())
    client.force_login(teacher_user(make_class("7А", year=cast.school_class.year)))

    page = verdict(client, text=f"{row.number} {row.code}")

    assert "Такой выписки нет" in page and "Ермаков" not in page
    for stranger in (make_user(), make_user(is_operator=True)):
        client.force_login(stranger)
        assert client.get(reverse("reports:extract_check")).status_code == 404


# --- The extract of a transfer --------------------------------------------------------------------


def transfer_of(cast, **fields):
    fields = {"left_on": TODAY, "today": TODAY, "destination": "МБОУ СОШ № 5", "outgoing_number": "112", **fields}
    return transfer_extract(cast.pupil, cast.school_class, **fields)


@pytest.mark.parametrize(
    ("name", "sex", "given_to", "studied"),
    [
        ("Петрова Анна Ильинична", "f", "Петровой Анне Ильиничне", "Училась"),
        ("Петров Илья Львович", "m", "Петрову Илье Львовичу", "Учился"),
        ("Ким Женя", "", "Ким Женя", "Учился (училась)"),
    ],
)
def test_it_is_given_to_the_pupil_in_the_dative(cast, name, sex, given_to, studied):
    cast.pupil.last_name, cast.pupil.first_name, *rest = name.split()
    cast.pupil.patronymic, cast.pupil.sex = "".join(rest), sex

    text = " ".join(" ".join(pdf_text(render(transfer_of(cast), "7Б-1").content)).split())

    assert f"Дана: {given_to}, дата рождения 14.05.2013" in text and f"{studied} по 23.11.2026" in text


def test_its_code_covers_all_that_stands_on_it(cast):
    make_period_mark(cast.pupil, "4", number=1)
    before = transfer_of(cast)
    assert before.code == transfer_of(cast).code
    cast.pupil.period_marks.update(value="5")

    assert before.code not in {transfer_of(cast).code, transfer_of(cast, outgoing_number="113").code}
    row = form_transfer(before, by=make_user(is_deputy=True))
    text = " ".join(pdf_text(register.stored_file(row)))
    assert row.code == before.code and f"код содержания {before.code}" in text


def test_it_holds_results_of_finished_terms_and_marks_of_the_running_one(cast):
    make_mark(make_lesson(cast.algebra, date(2026, 9, 7)), cast.pupil, "3")
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "5")
    make_period_mark(cast.pupil, "4", number=1)
    make_absence(cast.pupil, date(2026, 9, 9))

    paper = transfer_of(cast)

    algebra = next(one for one in paper.subjects if one.subject == "Алгебра")
    assert (paper.terms, algebra.results) == (("I четверть",), ("4",))
    assert ([mark.value for mark in algebra.marks], algebra.mean) == (["5"], 5)
    assert paper.year_absences.days == 1
    assert transfer_of(cast, left_on=date(2026, 10, 1)).terms == ()


def test_it_is_formed_into_the_register_with_its_numbers(client, cast):
    school = cast.school_class.year.school
    school.director = "Директоров Д. Д."
    school.save()
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "5")
    client.force_login(teacher_user(cast.school_class))
    data = {"destination": "МБОУ СОШ № 5 <b>", "left_on": "2026-11-23", "outgoing_number": "112", "print": "1"}

    answer = client.post(reverse("reports:transfer_extract", args=[cast.pupil.pk]), data)

    row = Extract.objects.get()
    assert (row.kind, row.destination, row.outgoing_number) == ("transfer", "МБОУ СОШ № 5 <b>", "112")
    text = " ".join("".join(p.extract_text() for p in PdfReader(BytesIO(client.get(answer.url).content)).pages).split())
    for words in ("Исх. № 112", "В МБОУ СОШ № 5 <b>", "Директоров Д. Д.", "М. П.", row.code, "Ермаков"):
        assert words in text


def test_what_is_wrong_in_the_form_is_told_and_nothing_is_formed(client, cast):
    client.force_login(teacher_user(cast.school_class))
    address = reverse("reports:transfer_extract", args=[cast.pupil.pk])

    for data, words in (
        ({"left_on": "2026-11-23"}, "Напишите, в какую школу"),
        ({"destination": "СОШ", "left_on": "2026-12-23"}, "ещё не наступил"),
        ({"destination": "СОШ", "left_on": "2025-11-23"}, "раньше учебного года"),
        ({"destination": "СОШ", "left_on": "вчера"}, "не понята"),
    ):
        answer = client.post(address, {**data, "print": "1"})
        assert answer.status_code == 422 and words in answer.content.decode()
    assert not Extract.objects.exists()


def test_of_a_pupil_who_has_left_it_is_the_deputys(client, cast):
    cast.pupil.enrolments.update(date_to=MON)
    address = reverse("reports:transfer_extract", args=[cast.pupil.pk])

    client.force_login(teacher_user(cast.school_class))
    assert client.get(address).status_code == 404
    client.force_login(make_user(is_deputy=True))
    assert client.get(address).context["paper"].left_on == MON
    assert timezone.localdate() == TODAY
