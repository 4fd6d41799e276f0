"""Numbers without gaps, files byte for byte, the class in the background, hand-over."""

from datetime import timedelta
from hashlib import sha256

import pytest

from accounts.models import AuditEvent
from journal.models import Guardianship
from reports.extract import register
from reports.extract.register import ReservationLost, form_extract
from reports.models import Extract, ExtractFile, Job
from reports.pdf import Pdf
from tests.factories import make_class, make_guardian, make_lesson, make_mark, make_pupil, make_user, teacher_user
from tests.reports.extract_cast import MON, MORNING, make_cast, pdf_text

pytestmark = pytest.mark.django_db
SHEET = Pdf(b"%PDF-sheet", 2)


def sequences():
    return list(Extract.objects.order_by("sequence").values_list("sequence", flat=True))


# --- Numbers and files ----------------------------------------------------------------------------


def test_a_formed_extract_has_its_number_file_digest_and_trace():
    cast = make_cast()
    guardian = make_guardian(cast.pupil, informing=Guardianship.Informing.PAPER_NO_ACCESS)
    teacher = teacher_user(cast.school_class)

    row = form_extract(cast.extract(), by=teacher)

    row.refresh_from_db()
    content = bytes(row.file.content)
    assert (row.number, row.pages, row.guardian) == ("7Б-1", 2, guardian)
    assert row.sha256 == sha256(content).hexdigest()
    assert "Выписка № 7Б-1" in pdf_text(content)[0]
    event = AuditEvent.objects.get(action=AuditEvent.Action.PRINT)
    assert (event.actor, event.pupil_id, event.class_id) == (teacher, cast.pupil.pk, cast.school_class.pk)
    assert (event.subject, event.object_id) == ("выписка № 7Б-1", row.pk)


def test_the_same_press_sent_twice_makes_one_extract(clock):
    clock(MORNING)
    cast, teacher = make_cast(), make_user()
    first = form_extract(cast.extract(), by=teacher)

    assert form_extract(cast.extract(), by=teacher).pk == first.pk
    clock(MORNING + timedelta(minutes=2))
    assert form_extract(cast.extract(), by=teacher).sequence == 2


def test_an_abandoned_number_goes_to_the_next_extract():
    cast, teacher = make_cast(), make_user()
    other = make_pupil(cast.school_class)
    lost, kept = register.reserve(cast.all(), by=teacher)
    register.store(kept, SHEET, by=teacher)

    register.abandon([lost.pk, kept.pk])
    row = form_extract(cast.extract(other), by=make_user())

    assert (lost.sequence, kept.sequence, row.sequence) == (1, 2, 1)
    assert sequences() == [1, 2]
    with pytest.raises(ReservationLost):
        register.store(lost, SHEET, by=teacher)
    assert ExtractFile.objects.count() == 2


def test_a_number_in_work_is_not_given_to_anybody_else_nor_shown(clock):
    clock(MORNING)
    cast, teacher = make_cast(), make_user()
    [reserved] = register.reserve([cast.extract()], by=teacher)

    row = form_extract(cast.extract(make_pupil(cast.school_class)), by=teacher)

    assert (reserved.sequence, row.sequence) == (1, 2)
    assert list(register.formed_extracts()) == [row]
    clock(MORNING + register.RESERVED_FOR + timedelta(minutes=1))  # its worker is long dead
    assert form_extract(cast.extract(), by=teacher).sequence == 1


def test_a_sheet_is_given_out_again_byte_for_byte(client, clock):
    clock(MORNING)
    cast = make_cast()
    client.force_login(teacher_user(cast.school_class))
    answer = client.post(f"/reports/pupils/{cast.pupil.pk}/extract/print/")
    file = client.get(answer.url)
    first = file.content
    assert "object-src 'self'" in file["Content-Security-Policy"]  # or browsers refuse to show it
    assert "no-store" in file["Cache-Control"]

    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "2")

    assert client.get(answer.url).content == first
    assert sha256(first).hexdigest() == Extract.objects.get().sha256


# --- Pages ----------------------------------------------------------------------------------------


def class_url(cast, tail=""):
    return f"/reports/classes/{cast.school_class.pk}/extracts/{tail}"


def test_only_those_on_paper_are_printed_when_asked_so(client, clock):
    clock(MORNING)
    cast = make_cast()
    for informing in (Guardianship.Informing.PAPER_REFUSED, Guardianship.Informing.ELECTRONIC):
        make_guardian(make_pupil(cast.school_class), informing=informing)
    on_paper = Guardianship.objects.get(informing=Guardianship.Informing.PAPER_REFUSED).pupil
    client.force_login(teacher_user(cast.school_class))

    answer = client.post(class_url(cast, "print/"), {"who": "paper"})

    job = Job.objects.get(parent=None)
    assert answer.url == f"/reports/jobs/{job.pk}/"
    assert list(Extract.objects.values_list("pupil", flat=True)) == [on_paper.pk]


def test_only_those_ticked_are_printed(client, clock):
    clock(MORNING)
    cast = make_cast()
    stranger = make_pupil(make_class("7А", year=cast.school_class.year))
    make_pupil(cast.school_class)
    client.force_login(teacher_user(cast.school_class))

    nobody = client.post(class_url(cast, "print/"), {"who": "chosen", "pupil": [stranger.pk]}, follow=True)
    client.post(class_url(cast, "print/"), {"who": "chosen", "pupil": [cast.pupil.pk, stranger.pk, "x"]})

    assert "отметьте учеников в списке" in nobody.content.decode()
    assert list(Extract.objects.values_list("pupil", flat=True)) == [cast.pupil.pk]


def test_the_class_page_tells_who_is_due(client, clock):
    clock(MORNING)
    cast = make_cast()
    make_guardian(cast.pupil, last_name="Ермакова", informing=Guardianship.Informing.PAPER_NO_ACCESS)
    client.force_login(teacher_user(cast.school_class))

    before = client.get(class_url(cast)).content.decode()
    client.post(f"/reports/pupils/{cast.pupil.pk}/extract/print/")
    after = client.get(class_url(cast)).content.decode()
    clock(MORNING + timedelta(days=7))
    client.force_login(teacher_user(cast.school_class))
    week_later = client.get(class_url(cast)).content.decode()

    assert "пора напечатать: 1" in before and "ещё не было" in before
    assert "все получили вовремя" in after and "7Б-1" in after and "Ермакова" in after
    assert "пора напечатать: 1" in week_later


def test_hand_over_and_returned_slip_are_noted_taken_back_and_traced(client, clock):
    clock(MORNING)
    cast = make_cast()
    client.force_login(teacher_user(cast.school_class))
    row = form_extract(cast.extract(), by=teacher_user(cast.school_class))

    def press(what, done):
        client.post(f"/reports/extracts/{row.pk}/{what}/", {"done": done})
        row.refresh_from_db()
        return bool(row.handed_over_at), bool(row.returned_at)

    assert press("returned", "1") == (True, True)  # who returned the slip had the extract
    assert press("returned", "0") == (True, False)
    assert press("handed-over", "0") == (False, False)
    assert press("handed-over", "1") == (True, False)
    changes = AuditEvent.objects.filter(action=AuditEvent.Action.CHANGE, object_type="extract", object_id=row.pk)
    assert changes.count() == 4
    assert changes.first().old["handed_over_at"] == "" and changes.first().new["handed_over_at"]


def test_a_period_that_makes_no_sense_is_explained(client, clock):
    clock(MORNING)
    cast = make_cast()
    client.force_login(teacher_user(cast.school_class))
    page = f"/reports/pupils/{cast.pupil.pk}/extract/"

    def words(start, end):
        return client.get(page, {"date_from": start, "date_to": end}).content.decode()

    assert "Первый день периода позже последнего." in words("2026-11-20", "2026-11-10")
    assert "раньше учебного года (01.09.2026)" in words("2026-08-01", "2026-11-10")
    assert "Период заканчивается в будущем" in words("2026-11-01", "2026-12-10")
    assert "Укажите обе даты." in words("2026-11-01", "")
    client.post(f"{page}print/", {"date_from": "2026-11-20", "date_to": "2026-11-10"})
    assert not Extract.objects.exists()


def test_the_page_shows_the_same_as_the_paper_and_leaves_a_trace(client, clock):
    clock(MORNING)
    cast = make_cast()
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "4")
    client.force_login(teacher_user(cast.school_class))

    answer = client.get(f"/reports/pupils/{cast.pupil.pk}/extract/")

    assert answer.context["extract"] == cast.extract()
    assert "4,00" in answer.content.decode()
    event = AuditEvent.objects.get(action=AuditEvent.Action.READ, subject="выписка")
    assert event.pupil_id == cast.pupil.pk


def test_strangers_families_and_colleagues_find_nothing(client, clock):
    clock(MORNING)
    cast = make_cast()
    row = form_extract(cast.extract(), by=make_user())
    colleague = teacher_user(make_class("7А", year=cast.school_class.year))
    parent = make_user()
    make_guardian(cast.pupil, user=parent)

    for user in (colleague, parent, make_user(), make_user(is_operator=True)):
        client.force_login(user)
        for path in (class_url(cast), f"/reports/pupils/{cast.pupil.pk}/extract/", f"/reports/extracts/{row.pk}/file/"):
            answer = client.get(path)
            assert (answer.status_code, "Ермаков" in answer.content.decode()) == (404, False), (user, path)
        for path in (
            class_url(cast, "print/"),
            f"/reports/pupils/{cast.pupil.pk}/extract/print/",
            f"/reports/extracts/{row.pk}/handed-over/",
            f"/reports/extracts/{row.pk}/returned/",
        ):
            assert client.post(path, {"done": "1"}).status_code == 404
    row.refresh_from_db()
    assert (row.handed_over_at, Extract.objects.count()) == (None, 1)


def test_the_file_of_a_pupil_who_left_is_for_the_deputy(client, clock):
    clock(MORNING)
    cast = make_cast()
    row = form_extract(cast.extract(), by=make_user())
    cast.pupil.enrolments.update(date_to=MON)
    path = f"/reports/extracts/{row.pk}/file/"

    client.force_login(teacher_user(cast.school_class))
    assert client.get(path).status_code == 404
    page = client.get(class_url(cast)).content.decode()
    assert "7Б-1" in page and path not in page
    client.force_login(make_user(is_deputy=True))
    assert client.get(path).content == bytes(row.file.content)


def test_older_lines_of_the_register_are_one_press_away(client, clock):
    clock(MORNING)
    cast, owner = make_cast(), make_user(is_deputy=True)
    for _ in range(61):
        [row] = register.reserve([cast.extract()], by=owner)
        register.store(row, SHEET, by=owner)
    client.force_login(owner)

    page, whole = (client.get(class_url(cast) + tail).content.decode() for tail in ("", "?register=all"))

    assert (page.count("SHA-256"), "Весь реестр" in page) == (60, True)
    assert (whole.count("SHA-256"), "Весь реестр" in whole) == (61, False)


@pytest.mark.parametrize("pupils", [2, 28])
def test_the_class_page_costs_the_same_for_any_class(client, clock, pupils, django_assert_num_queries):
    clock(MORNING)
    cast = make_cast()
    for _ in range(pupils):
        make_guardian(make_pupil(cast.school_class), informing=Guardianship.Informing.PAPER_NO_ACCESS)
    owner = teacher_user(cast.school_class)
    for row in register.reserve(cast.all(), by=owner):
        register.store(row, SHEET, by=owner)
    client.force_login(owner)
    client.get(class_url(cast))

    with django_assert_num_queries(9):
        client.get(class_url(cast))
