"""The paper face: pages, fonts, text; and what bad input does to it."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
from pikepdf import Pdf as PikePdf
from pypdf import PdfReader

from journal.models import Guardianship, Homework, Recommendation
from reports import pdf
from reports.extract.register import render
from tests.factories import make_guardian, make_lesson, make_mark, make_pupil, make_teacher
from tests.reports.extract_cast import MON, control_kind, make_cast, pdf_text

pytestmark = pytest.mark.django_db


def advise(cast, text):
    Recommendation.objects.create(
        pupil=cast.pupil, subject=cast.algebra.subject, teacher=make_teacher(), date=MON, text=text
    )


def test_the_sheet_holds_its_contents_on_a_front_and_a_back():
    cast = make_cast()
    for day in (date(2026, 11, 2), date(2026, 11, 9), MON):
        make_mark(make_lesson(cast.algebra, day), cast.pupil, "4", kind=control_kind())
    extract = cast.extract()

    made = render(extract, "7Б-118")

    front, back = pdf_text(made.content)
    assert made.pages == 2
    for words in ("Выписка № 7Б-118", "Ермаков Тимофей Андреевич", "2–23 ноября 2026 · II четверть", "4,00"):
        assert words in front
    assert "Ознакомлен(а)" in front and "Классный руководитель" in front and extract.code in front
    for words in ("Расписание уроков", "Педагоги", "Шилова Мария Сергеевна", "Каникулы (проект)", "31 декабря – 10"):
        assert words in back
    assert "4.00" not in front  # a decimal comma everywhere


def test_title_language_and_embedded_fonts():
    cast = make_cast()

    reader = PdfReader(BytesIO(render(cast.extract(), "7Б-5").content))

    assert reader.metadata.title == "Выписка № 7Б-5 по успеваемости Ермакова Тимофея Андреевича, 7Б"
    assert reader.trailer["/Root"]["/Lang"] == "ru"
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert descriptors and all("/FontFile2" in one or "/FontFile3" in one for one in descriptors)
    assert all("+" in one["/FontName"] for one in descriptors)  # subsets


def test_one_pupil_of_the_class_and_nobody_else_is_on_the_sheet():
    cast = make_cast()
    lesson = make_lesson(cast.algebra, MON)
    names = ["Щукин", "Белова", "Юдина"]
    for name in names:
        other = make_pupil(cast.school_class, last_name=name)
        make_mark(lesson, other, "3")
        make_guardian(other, last_name=f"{name}-мать", informing=Guardianship.Informing.PAPER_NO_ACCESS)

    for extract in cast.all():
        text = " ".join(pdf_text(render(extract, "7Б-1").content))
        found = {name for name in [*names, "Ермаков"] if name in text}
        assert found == {extract.pupil.split()[0]}


# --- Bad input ------------------------------------------------------------------------------------


def test_a_pupil_without_marks_gets_a_sane_sheet():
    made = render(make_cast().extract(), "7Б-1")

    front = pdf_text(made.content)[0]
    assert made.pages == 2
    assert "Пропуски: нет" in front and "Пока не заданы." in front and "None" not in front


def test_a_period_without_lessons_says_so():
    cast = make_cast()
    cast.algebra.slots.all().delete()
    cast.history.slots.all().delete()

    assert "Уроков и отметок за этот период в журнале нет." in pdf_text(render(cast.extract(), "7Б-1").content)[0]


def test_sixty_marks_in_one_subject_all_stand_on_the_sheet():
    cast = make_cast()
    for number in range(1, 13):
        for day in range(5):
            lesson = make_lesson(cast.algebra, MON - timedelta(days=7) + timedelta(days=day), number)
            make_mark(lesson, cast.pupil, "5")

    made = render(cast.extract(), "7Б-1")

    text = " ".join(pdf_text(made.content))
    assert made.pages == 2
    assert sum(text.count(f"5 {day}.11") + text.count(f"5{day}.11") for day in range(9, 14)) == 60


def test_a_surname_of_ninety_letters_pushes_nothing_off_the_sheet():
    cast = make_cast()
    surname = "Оченьдлиннаяфамилия" * 4 + "Наконецконецтут"
    cast.pupil.last_name = surname
    cast.pupil.save()

    made = render(cast.extract(), "7Б-1")

    assert made.pages == 2
    lines = PdfReader(BytesIO(made.content)).pages[0].extract_text().splitlines()
    # In bold it is wider than the sheet, so under the heading it goes on in the next line; on the slip it fits.
    assert sum(surname in line for line in lines) == 1
    assert "".join(lines).replace(" ", "").count(surname) == 2
    assert any("Ознакомлен(а)" in line for line in lines)


def test_a_recommendation_of_three_pages_comes_out_whole():
    cast = make_cast()
    advise(cast, "\n".join(f"Шаг {number}: повторить правило и решить задачи." for number in range(1, 140)))

    made = render(cast.extract(), "7Б-1")

    text = " ".join(pdf_text(made.content))
    assert made.pages >= 3
    assert all(f"Шаг {number}:" in text for number in range(1, 140))
    assert text.count("Ознакомлен(а)") == 1


def test_html_in_texts_is_shown_as_text_and_loads_nothing():
    cast = make_cast()
    evil = '<img src="file:///etc/passwd"><b>жирно</b> & <script>1</script>'
    advise(cast, evil)
    Homework.objects.create(lesson=make_lesson(cast.algebra, MON), text=evil, due_on=date(2026, 11, 25))

    text = " ".join(pdf_text(render(cast.extract(), "7Б-1").content))

    assert text.count("<b>жирно</b> &") == 2
    assert text.count("<script>1</script>") == 2


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1/", "https://example.org/", "font:../../etc/passwd"]
)
def test_nothing_outside_our_fonts_is_ever_fetched(url):
    with pytest.raises((ValueError, FileNotFoundError)):
        pdf._fetcher().fetch(url)


# --- Joining --------------------------------------------------------------------------------------


def sheet(pages):
    from pikepdf import Pdf

    out = BytesIO()
    with Pdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=(595, 842))
        document.save(out)
    return pdf.Pdf(out.getvalue(), pages)


def test_each_part_begins_on_a_new_sheet_of_paper():
    whole = pdf.joined([sheet(2), sheet(3), sheet(1)], title="Выписки")

    assert whole.pages == 2 + 4 + 2
    assert PdfReader(BytesIO(whole.content)).metadata.title == "Выписки"
    assert pdf.joined([sheet(2), sheet(3)], title="Выписки", duplex=False).pages == 5


def test_a_part_with_missing_pages_stops_the_join():
    with pytest.raises(pdf.PageCountError):
        pdf.joined([sheet(2), replace(sheet(1), pages=2)], title="Выписки")


def test_a_sheet_is_pdf_ua_with_embedded_subset_fonts():
    made = render(make_cast().extract(), "7Б-1")

    with PikePdf.open(BytesIO(made.content)) as document:
        root = document.Root
        assert (str(root.Lang), bool(root.MarkInfo.Marked)) == ("ru", True)
        assert root.StructTreeRoot.K is not None
        assert str(document.docinfo["/Title"]).startswith("Выписка № 7Б-1 по успеваемости Ермакова")
        with document.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        fonts = [font for page in document.pages for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            described = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile2" in described or "/FontFile3" in described
            assert str(font.BaseFont)[7:8] == "+"  # six letters of a subset
