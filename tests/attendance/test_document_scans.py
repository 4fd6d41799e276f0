"""Scans of documents: what is refused, how one is kept, carried through the preview and given out."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

import pikepdf
import pytest
from PIL import ImageFile

from accounts.models import AuditEvent
from attendance import scans
from attendance.models import AbsenceDocument, Scan, ScanFile
from attendance.services.scans import forget_waiting, keep_scan
from tests.attendance.papers import fields, jpeg, pdf, save, scan_of, url
from tests.factories import (
    MONDAY,
    make_class,
    make_pupil,
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


def test_a_scan_is_given_out_as_a_file_only_and_leaves_a_trace(teacher, seven_b):
    pupil = make_pupil(seven_b)
    save(teacher, url("document_new", seven_b), {**fields(pupil), "upload": scan_of(jpeg(), "диагноз Иванова.exe")})
    document = AbsenceDocument.objects.get()

    answer = teacher.get(url("document_scan", seven_b, document.pk))

    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "no-store")
    assert "Иванов" not in document.scan.name
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.pupil_id, event.subject) == ("export", pupil.pk, "скан документа о пропусках")


def with_script(made):
    made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def with_file(made):
    made.attachments["вирус.exe"] = b"MZ"


BOMB = b"%PDF-1.7\n1 0 obj\n<</Length 1/Filter/FlateDecode>>\nstream\n" + zlib.compress(bytes(3 * 1024 * 1024), 9)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "пустой"),
        (b"MZ program", "не PDF и не JPEG"),
        (b"<html>%PDF-1.7", "не PDF и не JPEG"),
        (b"%PDF-1.7 and nothing more", "повреждён"),
        (pdf(encryption=pikepdf.Encryption(owner="o", user="u")), "защищён паролем"),
        (pdf(encryption=pikepdf.Encryption(owner="o", user="")), "защищён паролем"),
        (pdf(with_script), "программа или вложенный файл"),
        (pdf(with_file), "программа или вложенный файл"),
        (b"\xff\xd8\xff\xe0 no picture", "не открывается"),
        (jpeg()[:300], "не открывается"),
        (jpeg((300, 300))[:5000], "не открывается"),
    ],
    ids=["empty", "program", "page", "broken", "password", "owner", "script", "attached", "no picture", "cut", "torn"],
)  # fmt: skip
def test_what_is_no_sound_scan_is_refused_in_words(content, words, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it for the whole process
    with pytest.raises(scans.NotAScan, match=words):
        scans.type_of(content)


def test_a_pdf_that_unpacks_without_measure_is_refused(monkeypatch):
    monkeypatch.setattr(scans, "MOST_UNPACKED", 2 * 1024 * 1024)

    with pytest.raises(scans.NotAScan, match="слишком много места"):
        scans.type_of(BOMB)


def test_a_picture_of_too_many_points_and_a_file_too_large_are_refused(monkeypatch):
    monkeypatch.setattr(scans, "MOST_PIXELS", 1000)
    with pytest.raises(scans.NotAScan, match="слишком много точек"):
        scans.type_of(jpeg())
    with pytest.raises(scans.NotAScan, match="больше 10 МБ"):
        scans.type_of(b"%PDF-" + bytes(scans.LARGEST))


def test_a_picture_that_claims_a_billion_points_is_refused_in_the_same_words():
    content = jpeg()
    frame = content.index(b"\xff\xc0")  # its header tells height and width
    vast = content[: frame + 5] + (30000).to_bytes(2, "big") * 2 + content[frame + 9 :]

    with pytest.raises(scans.NotAScan, match="слишком много точек"):
        scans.type_of(vast)


def test_sound_scans_are_taken():
    assert (scans.type_of(pdf()), scans.type_of(jpeg())) == ("pdf", "jpeg")


def test_a_refused_scan_is_told_at_the_form(teacher, seven_b):
    page = teacher.post(url("document_new", seven_b), {**fields(make_pupil(seven_b)), "upload": scan_of(b"MZ")})

    assert "Это не PDF и не JPEG" in words_of(page)
    assert not Scan.objects.exists()


def test_a_scan_that_waits_in_vain_goes_and_one_of_a_document_stays(seven_b, clock):
    user = teacher_user(seven_b)
    kept, waiting = keep_scan(content=jpeg(), by=user), keep_scan(content=pdf(), by=user)
    AbsenceDocument.objects.create(
        pupil=make_pupil(seven_b), kind="note", reason="ill", date_from=MONDAY, date_to=MONDAY, added_by=user, scan=kept
    )
    forget_waiting()
    assert Scan.objects.count() == 2
    clock(datetime(2026, 11, 19, 9, 0))

    forget_waiting()

    assert list(Scan.objects.all()) == [kept]
    assert list(ScanFile.objects.values_list("scan", flat=True)) == [kept.pk]
    assert waiting.pk != kept.pk


def test_the_token_of_another_persons_scan_attaches_nothing(teacher, seven_b):
    from attendance.services.scans import token_of

    other = make_user()
    token = token_of(keep_scan(content=jpeg(), by=other), other)

    page = teacher.post(url("document_new", seven_b), {**fields(make_pupil(seven_b)), "scan": token})

    assert "Выберите файл ещё раз" in words_of(page)
    assert not AbsenceDocument.objects.exists()
