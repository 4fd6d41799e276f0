"""Broken, hostile and foreign files: each gets words that say what to do, and none raises."""

import io
import zipfile

import openpyxl
import pytest

from reports.imports.read import opening, read_file
from tests import samples


def only_problem(data: bytes, name: str = "файл.xlsx"):
    content = read_file(name, data)
    assert len(content.problems) == 1
    problem = content.problems[0]
    assert problem.expected, "the operator must be told what to do"
    assert problem.place.file == name
    return problem


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Файл пуст"),
        (samples.encrypted_xlsx(), "защищён паролем"),
        (samples.old_xls(), "старого формата"),
        (samples.pupils_xlsx()[:3000], "повреждён"),
        (samples.zip_of({"readme.txt": b"hello"}), "архив, а не таблица"),
        (samples.zip_of({"word/document.xml": b"<x/>"}), "документ Word"),
        (samples.zip_of({"[Content_Types].xml": b"", "xl/workbook.bin": b""}), "не в формате XLSX"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<html><table><tr><td>1</td></tr></table>", "веб-страница"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "не таблица"),
        (bytes(range(256)) * 4, "не текст и не таблица"),
        (samples.billion_laughs_xml(), "сущности"),
        (b'<?xml version="1.0"?><timetable><subjects>', "повреждён или обрезан"),
        (b'<?xml version="1.0"?><catalog/>', "не похож на расписание"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_files_that_cannot_be_used(data, words):
    assert words in only_problem(data).what


def test_a_zip_bomb_is_not_unpacked(monkeypatch):
    bomb = samples.zip_bomb()
    assert len(bomb) < 1_000_000

    def unpacked(*args, **kwargs):
        raise AssertionError("the bomb was opened")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpacked)
    assert "архивная бомба" in only_problem(bomb).what


def test_too_many_members_are_a_bomb_too():
    members = {f"xl/part{number}.xml": b"" for number in range(opening.MAX_MEMBERS + 1)}
    assert "архивная бомба" in only_problem(samples.zip_of(members)).what


def test_entities_inside_a_workbook_are_not_expanded():
    assert "опасное содержимое" in only_problem(samples.xlsx_with_entities()).what


def test_a_damaged_part_inside_a_workbook():
    good = samples.pupils_xlsx()
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"][:900]
    assert "повреждён" in only_problem(samples.zip_of(members)).what


def test_a_file_over_the_limit_says_the_limit(monkeypatch):
    monkeypatch.setattr(opening, "MAX_BYTES", 2**20)
    assert "больше 1 МБ" in only_problem(b"x" * (2**20 + 1)).what


def test_a_sheet_that_is_too_long_says_what_to_delete(monkeypatch):
    monkeypatch.setattr(opening, "MAX_ROWS", 5)
    assert "больше 5 строк" in only_problem(samples.pupils_xlsx()).what


def test_a_sheet_coloured_to_its_last_row_is_not_too_long():
    book = openpyxl.load_workbook(io.BytesIO(samples.pupils_xlsx()))
    book.active.cell(row=900_000, column=1).number_format = "0.00"
    out = io.BytesIO()
    book.save(out)
    content = read_file("ученики.xlsx", out.getvalue())
    assert (len(content.pupils), content.problems) == (9, [])


@pytest.mark.parametrize("encoding", ["cp1251", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_in_every_usual_encoding_and_delimiter(encoding, delimiter):
    content = read_file("список.csv", samples.pupils_csv(encoding=encoding, delimiter=delimiter))
    assert content.problems == []
    assert [str(row.name) for row in content.pupils][:2] == ["Аистова Вера Петровна", "Берёзкин Фёдор Ильич"]
    assert content.pupils[0].address == "г. Город, ул. Лесная, д. 4"


@pytest.mark.parametrize(("encoding", "name"), [("cp866", "DOS"), ("koi8_r", "KOI8-R"), ("mac_cyrillic", "Mac")])
def test_csv_in_a_wrong_encoding_names_it(encoding, name):
    problem = only_problem(samples.pupils_csv(encoding=encoding), "список.csv")
    assert name in problem.what
    assert "Windows-1251" in problem.expected


def test_csv_saved_twice_in_the_wrong_encoding():
    # latin-1 keeps every byte, so what was misread can be told for certain.
    twice = samples.pupils_csv(encoding="utf-8").decode("latin-1").encode("utf-8")
    assert "дважды пересохранён" in only_problem(twice, "список.csv").what


def test_csv_whose_letters_are_lost():
    lost = samples.pupils_csv(encoding="utf-8").decode("ascii", errors="replace").encode("utf-8")
    assert "буквы потеряны" in only_problem(lost, "список.csv").what


def test_xml_whose_encoding_is_not_the_declared_one():
    data = samples.timetable_xml().replace(b'encoding="windows-1251"', b'encoding="utf-8"')
    assert "Кодировка" in only_problem(data, "расписание.xml").what


def test_a_text_that_is_no_table():
    problem = only_problem("Уважаемые родители!\nСобрание в пятницу.".encode(), "письмо.txt")
    assert "не узнана" in problem.what
    assert "журнал класса" in problem.expected


def test_the_name_of_a_file_decides_nothing():
    content = read_file("отчёт.pdf", samples.staff_xlsx())
    assert (content.kind, len(content.staff)) == ("staff", 4)
