"""The school's sign on its papers: what is accepted, what is kept of it, where it stands."""

import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageFile
from pypdf import PdfReader

from accounts.models import AuditEvent
from journal.logo import BOX, LARGEST, NotALogo, logo_of
from journal.models import School, SchoolLogo
from reports.extract import register
from tests.factories import make_user
from tests.reports.extract_cast import make_cast, pdf_text

pytestmark = pytest.mark.django_db
URL = "/reports/settings/documents/logo/"


def picture(size=(1200, 600), mode="RGBA", form="PNG", colour=(200, 0, 0, 128)) -> bytes:
    out = BytesIO()
    Image.new(mode, size, colour).save(out, form)
    return out.getvalue()


def torn_jpeg() -> bytes:
    out = BytesIO()
    Image.effect_noise((300, 300), 60).save(out, "JPEG")
    return out.getvalue()[:5000]


def vast_png() -> bytes:
    """A small file of 900 million dots."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (30000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def put(client, content, name="знак.png"):
    return client.post(URL, {"picture": SimpleUploadedFile(name, content)}, follow=True).content.decode()


@pytest.fixture
def deputy(client):
    user = make_user(is_deputy=True)
    client.force_login(user)
    return user


def test_what_is_kept_is_a_small_grey_picture_on_white():
    with Image.open(BytesIO(logo_of(picture()))) as kept:
        assert (kept.format, kept.mode) == ("PNG", "L")
        assert kept.size == (480, 240) and kept.size <= BOX
        assert 120 < kept.getpixel((5, 5)) < 200  # half transparent: the white shows through


def test_nothing_but_the_picture_is_kept():
    out, hidden = BytesIO(), Image.Exif()
    hidden[0x010E] = "Taken at the home of the Petrovs"
    Image.new("RGB", (300, 300)).save(out, "JPEG", exif=hidden)
    assert b"Petrovs" in out.getvalue()

    assert b"Petrovs" not in logo_of(out.getvalue())


@pytest.fixture
def lenient_pillow(monkeypatch):
    """As WeasyPrint leaves it for the whole process."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "пустой"),
        (b"%PDF-1.7", "не PNG и не JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "не PNG и не JPEG"),
        (torn_jpeg(), "повреждён"),
        (b"\x89PNG" + b"0" * LARGEST, "больше 2 МБ"),
        (vast_png(), "слишком много точек"),
    ],
)
def test_what_is_no_picture_for_paper_is_refused_in_words(content, words, lenient_pillow):
    with pytest.raises(NotALogo, match=words):
        logo_of(content)
    assert ImageFile.LOAD_TRUNCATED_IMAGES  # of WeasyPrint's pictures it still may


def test_twenty_megabytes_are_refused_and_the_sign_stays(client, deputy):
    put(client, picture())
    before = SchoolLogo.objects.get().picture

    page = put(client, b"\x89PNG" + b"0" * 20 * 1024 * 1024)

    assert "Знак школы не изменён. Файл больше 2 МБ." in page
    assert bytes(SchoolLogo.objects.get().picture) == bytes(before)


def test_the_sign_is_put_shown_told_in_the_trail_and_taken_off(client, deputy):
    page = put(client, picture())

    assert "Знак школы сохранён" in page and f'src="{URL}"' in page
    shown = client.get(URL)
    assert shown["Content-Type"] == "image/png" and shown.content == bytes(SchoolLogo.objects.get().picture)

    page = client.post(URL, {"remove": "1"}, follow=True).content.decode()
    assert "Знак школы убран" in page and f'src="{URL}"' not in page
    assert client.get(URL).status_code == 404
    told = AuditEvent.objects.filter(subject="настройки: знак школы").order_by("pk")
    assert [(event.old["picture"], event.new["picture"]) for event in told] == [
        (None, "новый знак"),
        ("прежний знак", None),
    ]


def test_only_the_office_changes_it(client):
    client.force_login(make_user())

    assert client.post(URL, {"picture": SimpleUploadedFile("a.png", picture())}).status_code == 404
    assert not SchoolLogo.objects.exists()


def test_the_sign_stands_on_the_sheet_beside_the_qr_code():
    extract = make_cast().extract()
    plain = register.render(extract, "7Б-1")
    SchoolLogo.objects.create(school=School.load(), picture=logo_of(picture()))

    signed = register.render(extract, "7Б-1")

    def pictures(made):
        return [image.image.size for image in PdfReader(BytesIO(made.content)).pages[0].images]

    assert len(pictures(plain)) == 1
    assert len(pictures(signed)) == 2 and (480, 240) in pictures(signed)
    assert pdf_text(signed.content) == pdf_text(plain.content) and signed.pages == plain.pages
