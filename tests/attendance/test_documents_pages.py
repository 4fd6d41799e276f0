"""The pages of documents: for whom, what they cost, two steps that save what was shown, the scan."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, timedelta

import pytest
from openpyxl import load_workbook

from accounts.models import AuditEvent
from attendance.models import Absence, AbsenceDocument, ClosedMonth, Scan
from attendance.services.scans import keep_scan
from tests.attendance.papers import fields, hidden, jpeg, pdf, save, scan_of, url
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
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))


@pytest.fixture(autouse=True)
def wednesday_morning(clock):
    clock(datetime(2026, 11, 18, 8, 20))


@pytest.fixture
def seven_b():
    return make_class("7Б")


@pytest.fixture
def teacher(client, seven_b):
    return enter(client, teacher_user(seven_b))


# --- A new document -------------------------------------------------------------------------------


def test_the_preview_tells_days_and_lessons_and_writes_nothing(teacher, seven_b):
    course, pupil = make_course(seven_b), make_pupil(seven_b)
    for weekday in range(1, 6):
        for number in (1, 2):
            make_slot(course, weekday, number)
    make_absence(pupil, MONDAY, reason="unexcused")
    make_absence(pupil, TUESDAY, lesson=2, reason="unexcused", is_confirmed=False)

    page = teacher.post(url("document_new", seven_b), fields(pupil))

    words = words_of(page)
    assert "Затронет 5 дней, 9 уроков. Из них впереди 2 дня" in words
    assert "вт 17 ноября урок 2 Н причина не выяснена Б" in words
    assert "пт 20 ноября весь день · впереди ничего Б справка" in words
    assert (AbsenceDocument.objects.count(), Absence.objects.count()) == (0, 2)

    answer = teacher.post(url("document_new", seven_b), hidden(page), follow=True)
    assert "Сохранено: справка. Затронуто: 5 дней, 9 уроков." in words_of(answer)
    document = AbsenceDocument.objects.get()
    assert (document.reason, document.number, document.added_by) == ("ill", "518", teacher_user(seven_b))
    assert Absence.objects.filter(document=document).count() == 5


def test_a_confirmation_of_an_old_preview_shows_the_new_one_and_writes_nothing(teacher, seven_b):
    pupil = make_pupil(seven_b)
    page = teacher.post(url("document_new", seven_b), fields(pupil))
    make_absence(pupil, MONDAY, reason="unexcused")

    again = teacher.post(url("document_new", seven_b), hidden(page))

    assert "записи изменились" in words_of(again)
    assert "пн 16 ноября" in words_of(again)
    assert not AbsenceDocument.objects.exists()


def test_the_form_comes_back_with_everything_typed_and_the_scan(teacher, seven_b):
    pupil = make_pupil(seven_b)
    address = url("document_new", seven_b)
    wrong = teacher.post(address, {**fields(pupil, date_to="2026-11-01", note="принесут"), "upload": scan_of(pdf())})
    assert "Последний день раньше первого" in words_of(wrong)
    assert "Скан приложен: PDF" in words_of(wrong)
    html = wrong.content.decode()
    token = re.search(r'name="scan" value="([^"]+)"', html)[1]
    assert 'value="принесут"' in html and 'value="2026-11-01"' in html

    preview = teacher.post(address, {**fields(pupil, note="принесут"), "scan": token})
    carried = hidden(preview)
    back = teacher.post(address, {**carried, "edit": "1"})
    assert "Скан приложен: PDF" in words_of(back)
    teacher.post(address, carried)

    document = AbsenceDocument.objects.get()
    assert bytes(document.scan.file.content).startswith(b"%PDF-")
    assert Scan.objects.count() == 1


def test_a_link_fills_the_form_and_nonsense_fills_nothing(teacher, seven_b):
    pupil, stranger = make_pupil(seven_b), make_pupil(make_class("7А", year=seven_b.year))
    address = url("document_new", seven_b)

    html = teacher.get(address, {"pupil": pupil.pk, "from": "2026-11-16", "kind": "note"}).content.decode()
    assert f'<option value="{pupil.pk}" selected>' in html
    assert 'value="2026-11-16"' in html and '<option value="note" selected>' in html

    html = teacher.get(address, {"pupil": stranger.pk, "from": "вчера", "kind": "<b>"}).content.decode()
    assert stranger.list_name not in html
    assert html.count('value="2026-11-18"') == 2


@pytest.mark.parametrize(
    ("kind", "reason", "letter"), [("certificate", "", "ill"), ("note", "", "excused"), ("note", "ill", "ill")]
)
def test_the_reason_follows_the_kind_unless_it_is_chosen(teacher, seven_b, kind, reason, letter):
    save(teacher, url("document_new", seven_b), fields(make_pupil(seven_b), kind=kind, reason=reason))

    assert AbsenceDocument.objects.get().reason == letter


def test_a_pupil_of_another_class_cannot_be_chosen(teacher, seven_b):
    stranger = make_pupil(make_class("7А", year=seven_b.year))

    for name, data in (
        ("document_new", fields(stranger)),
        ("document_order", {**fields(stranger), "pupils": [stranger.pk]}),
    ):
        page = teacher.post(url(name, seven_b), data)
        assert "этого класса" in words_of(page)
        assert stranger.list_name not in page.content.decode()
    assert not AbsenceDocument.objects.exists()


def test_a_closed_month_is_refused_to_the_teacher_and_asked_of_the_deputy(client, seven_b):
    pupil, deputy = make_pupil(seven_b), make_user(is_deputy=True)
    make_absence(pupil, date(2026, 10, 15), reason="unexcused")
    ClosedMonth.objects.create(month=date(2026, 10, 1), closed_by=deputy)
    data = fields(pupil, date_from="2026-10-12", date_to="2026-10-16")

    page = enter(client, teacher_user(seven_b)).post(url("document_new", seven_b), data)
    assert "Пропуски октября 2026 закрыты" in words_of(page) and "заместитель директора" in words_of(page)
    page = enter(client, deputy).post(url("document_new", seven_b), data)
    assert "напишите в поле «Почему меняете закрытый месяц»" in words_of(page)
    save(client, url("document_new", seven_b), {**data, "why": "поздно принесли"})

    assert Absence.objects.get().reason == "ill"


# --- An order about several -----------------------------------------------------------------------


def test_an_order_takes_all_chosen_and_goes_for_one_or_for_all(teacher, seven_b):
    pupils = [make_pupil(seven_b) for _ in range(3)]
    data = {
        **fields(pupils[0], reason="excused", date_from="2026-11-19", date_to="2026-11-20"),
        "upload": scan_of(jpeg()),
    }
    address = url("document_order", seven_b)
    page = teacher.post(address, {**data, "pupils": [one.pk for one in pupils]})
    assert "Затронет 6 дней" in words_of(page)
    html = page.content.decode()
    carried = {**hidden(page), "pupils": re.findall(r'name="pupils" value="(\d+)"', html)}
    answer = teacher.post(address, carried, follow=True)

    rows = list(AbsenceDocument.objects.order_by("pupil__sort_name"))
    assert [row.pupil for row in rows] == pupils
    assert len({(row.batch, row.scan_id, row.kind) for row in rows}) == 1
    assert pupils[2].list_name in words_of(answer)

    gone = url("document_remove", seven_b, rows[0].pk)
    teacher.post(gone, {"confirm": hidden(teacher.get(gone))["confirm"]})
    assert Absence.objects.filter(pupil=pupils[0]).count() == 0
    assert Absence.objects.count() == 4
    gone = url("document_remove", seven_b, rows[1].pk)
    page = teacher.get(gone, {"whole": "1"})
    assert "2 ученика" in words_of(page)
    teacher.post(gone, hidden(page))
    assert (Absence.objects.count(), AbsenceDocument.objects.in_force().count()) == (0, 0)


# --- One document ---------------------------------------------------------------------------------


def test_extending_shows_the_new_days_and_a_note_needs_no_preview(teacher, seven_b):
    pupil = make_pupil(seven_b)
    save(teacher, url("document_new", seven_b), fields(pupil, date_to="2026-11-19"))
    document = AbsenceDocument.objects.get()
    address = url("document_edit", seven_b, document.pk)
    seen = re.search(r'name="seen" value="(\w+)"', teacher.get(address).content.decode())[1]
    wanted = {**fields(pupil, reason="ill"), "seen": seen}

    page = teacher.post(address, wanted)
    assert "Затронет 1 день" in words_of(page)
    teacher.post(address, hidden(page))
    document.refresh_from_db()
    assert document.date_to == FRIDAY

    stale = teacher.post(address, {**wanted, "note": "оригинал"})
    assert "документ изменили" in words_of(stale)
    seen = re.search(r'name="seen" value="(\w+)"', teacher.get(address).content.decode())[1]
    answer = teacher.post(address, {**wanted, "seen": seen, "note": "оригинал"}, follow=True)
    assert "исправлен: примечание: пусто → оригинал" in words_of(answer)
    assert "исправлен: по: 19.11.2026 → 20.11.2026" in words_of(answer)


def test_the_removal_tells_which_past_days_become_days_of_presence(teacher, seven_b, clock):
    pupil = make_pupil(seven_b)
    save(teacher, url("document_new", seven_b), fields(pupil, date_from="2026-11-19"))
    document = AbsenceDocument.objects.get()
    clock(datetime(2026, 11, 20, 15, 0))
    enter(teacher, teacher_user(seven_b))  # the session of Wednesday is over
    page = teacher.get(url("document_remove", seven_b, document.pk))

    assert "которые отметил сам документ: 2" in words_of(page)
    answer = teacher.post(url("document_remove", seven_b, document.pk), hidden(page), follow=True)
    assert "Отменён 20.11.2026 15:00" in words_of(answer)
    assert not Absence.objects.exists()
    assert AuditEvent.objects.filter(object_type="absence_document").count() == 2


def test_the_page_tells_what_stood_before_and_what_was_changed_since(teacher, seven_b):
    pupil = make_pupil(seven_b)
    make_absence(pupil, MONDAY, reason="unexcused", is_confirmed=False)
    make_absence(pupil, TUESDAY, reason="excused")
    save(teacher, url("document_new", seven_b), fields(pupil, date_to="2026-11-17"))
    Absence.objects.filter(date=TUESDAY).update(document=None, reason="unexcused")
    document = AbsenceDocument.objects.get()

    words = words_of(teacher.get(url("document", seven_b, document.pk)))

    assert "пн 16 ноября весь день Н причина не выяснена Б" in words
    assert "вт 17 ноября весь день У Н изменено после документа" in words
    event = AuditEvent.objects.filter(action="read", pupil_id=pupil.pk).latest("pk")
    assert (event.subject, event.class_id) == ("документ о пропусках", seven_b.pk)


def test_documents_of_another_class_do_not_exist(client, seven_b):
    pupil = make_pupil(seven_b, last_name="Скрытова")
    document = AbsenceDocument.objects.create(
        pupil=pupil, kind="note", reason="ill", date_from=MONDAY, date_to=MONDAY, added_by=teacher_user(seven_b),
        scan=keep_scan(content=jpeg(), by=teacher_user(seven_b)),
    )  # fmt: skip
    seven_a = make_class("7А", year=seven_b.year)
    enter(client, teacher_user(seven_a))
    for name in ("document", "document_edit", "document_remove", "document_scan"):
        for school_class in (seven_a, seven_b):
            answer = client.get(url(name, school_class, document.pk))
            assert answer.status_code == 404
            assert "Скрытова" not in answer.content.decode()
    assert "Скрытова" not in client.get(url("documents", seven_a)).content.decode()
    client.post(url("document_remove", seven_a, document.pk), {"confirm": "x"})
    assert AbsenceDocument.objects.in_force().count() == 1


def test_the_class_before_does_not_see_documents_of_a_pupil_who_left(client, seven_b):
    pupil = make_pupil(seven_b, until=MONDAY, last_name="Ушедшева")
    save(enter(client, make_user(is_deputy=True)), url("document_new", seven_b), fields(pupil, date_to="2026-11-16"))
    assert "Ушедшева" in client.get(url("documents", seven_b)).content.decode()

    enter(client, teacher_user(seven_b))
    assert "Ушедшева" not in client.get(url("documents", seven_b)).content.decode()
    document = AbsenceDocument.objects.get()
    assert client.get(url("document", seven_b, document.pk)).status_code == 404


# --- The list -------------------------------------------------------------------------------------


@pytest.fixture
def papers(seven_b):
    """state → the document of a pupil of that name."""
    spans = {
        "now": (WEDNESDAY, date(2026, 12, 4)),
        "ending": (MONDAY, FRIDAY),
        "past": (date(2026, 10, 5), date(2026, 10, 6)),
        "removed": (MONDAY, MONDAY),
    }
    made = {}
    for state, (start, end) in spans.items():
        made[state] = AbsenceDocument.objects.create(
            pupil=make_pupil(seven_b, last_name=state), kind="certificate", reason="ill", date_from=start,
            date_to=end, added_by=teacher_user(seven_b), number="=1+1",
            removed_at=datetime(2026, 11, 17, 9).astimezone() if state == "removed" else None,
            removed_by=teacher_user(seven_b) if state == "removed" else None,
        )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("", {"now", "ending", "past"}),
        ("now", {"now", "ending"}),
        ("ending", {"ending"}),
        ("past", {"past"}),
        ("removed", {"removed"}),
    ],
)
def test_the_list_is_filtered_on_the_page_and_in_the_file(teacher, seven_b, papers, state, shown):
    page = teacher.get(url("documents", seven_b), {"state": state})
    assert {row.document.pupil.last_name for row in page.context["rows"]} == shown

    file = teacher.get(url("documents_xlsx", seven_b), {"state": state})
    sheet = load_workbook(io.BytesIO(file.content)).active
    assert {row[0].value.split()[0] for row in sheet.iter_rows(min_row=2)} == shown
    assert sheet["F2"].value == "'=1+1"
    assert AuditEvent.objects.latest("pk").action == "export"


def test_the_list_is_filtered_by_pupil(teacher, seven_b, papers):
    page = teacher.get(url("documents", seven_b), {"pupil": papers["past"].pupil_id})

    assert [row.document for row in page.context["rows"]] == [papers["past"]]


def test_long_illness_without_a_paper_is_told_with_a_link(teacher, seven_b):
    ill, well, papered, short = (
        make_pupil(seven_b, last_name=name) for name in ("Больна", "Была", "Ссправкой", "Коротко")
    )
    friday = MONDAY - timedelta(days=3)  # over a weekend
    for day in (friday, MONDAY, TUESDAY):
        make_absence(ill, day)
        make_absence(papered, day)
    for n in range(3):
        make_absence(well, date(2026, 11, 9) + timedelta(days=n))
    for day in (MONDAY, TUESDAY):
        make_absence(short, day)
    data = fields(papered, date_from="2026-11-13", date_to="2026-11-17")
    save(teacher, url("document_new", seven_b), data)

    page = teacher.get(url("documents", seven_b))

    assert [(one.name.split()[0], one.words, one.days) for one in page.context["ill"]] == [
        ("Больна", "болеет", 3), ("Была", "болела", 3),
    ]  # fmt: skip
    assert f"?pupil={ill.pk}&amp;from=2026-11-13&amp;to=2026-11-17&amp;kind=certificate" in page.content.decode()


@pytest.mark.parametrize("pupils", [2, 12])
def test_pages_cost_the_same_for_any_class(teacher, seven_b, pupils, django_assert_num_queries):
    for _ in range(pupils):
        pupil = make_pupil(seven_b)
        make_absence(pupil, MONDAY)
    save(teacher, url("document_new", seven_b), fields(pupil))
    document = AbsenceDocument.objects.get()

    # session, user, own classes; calendar, pupils, documents, illness; audit
    with django_assert_num_queries(8):
        teacher.get(url("documents", seven_b))
    # session, user, own classes; calendar, document; absences, holds, history; audit
    with django_assert_num_queries(9):
        teacher.get(url("document", seven_b, document.pk))
    with django_assert_num_queries(6):
        teacher.get(url("document_new", seven_b))
    with django_assert_num_queries(6):
        teacher.get(url("document_order", seven_b))
