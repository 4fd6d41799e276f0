"""From the bytes of a file to sheets of cells, or to words why not.

The type is told by the content; the name of a file decides nothing. Everything a hostile or broken file can do
is met here, before a parser sees it.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree as SafeXML
from defusedxml.common import DefusedXmlException

from .errors import UnreadableFile

MAX_BYTES = 20 * 2**20
MAX_XML_BYTES = 10 * 2**20
MAX_UNPACKED = 100 * 2**20
MAX_RATIO = 200
RATIO_MATTERS_FROM = 10 * 2**20
MAX_MEMBERS = 1_000
MAX_SHEETS = 100
MAX_ROWS = 20_000
MAX_COLUMNS = 400
MAX_BLANK_RUN = 2_000

MAX_MERGED = 20_000
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})"')

OLE_HEADER = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
SAVE_AS_XLSX = "Откройте его в Excel или LibreOffice и сохраните как «Книга Excel (.xlsx)»."


@dataclass(slots=True)
class Sheet:
    """Rows of raw values as they stand; row 1 of Excel is rows[0]."""

    name: str
    rows: list[list[object]] = field(default_factory=list)
    hidden: bool = False
    # Cells merged downwards: column → (first row, last row). Only the first holds the value.
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> object:
        cells = self.rows[row] if row < len(self.rows) else []
        return cells[column] if column < len(cells) else None

    def merged_value(self, row: int, column: int) -> object:
        """What stands over an empty cell that is merged with those above it; None for any other cell."""
        for first, last in self.merged.get(column, ()):
            if first < row <= last:
                return self.cell(first, column)
        return None

    @property
    def is_empty(self) -> bool:
        return not any(value not in (None, "") for row in self.rows for value in row)


def open_file(data: bytes, *, heading_score: Callable[[list[list[object]]], int]) -> list[Sheet] | Element:
    """Sheets of a workbook or of a CSV, or the root of an XML.

    `heading_score` says how many column titles are known in some rows: a CSV's delimiter and encoding are those
    with which its heading can be read.
    """
    if not data:
        raise UnreadableFile("Файл пуст.", "Выберите файл, в котором есть данные.")
    if len(data) > MAX_BYTES:
        raise UnreadableFile(
            f"Файл больше {MAX_BYTES // 2**20} МБ.", "Разделите его на части, например по классам или параллелям."
        )
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(OLE_HEADER):
        raise _old_or_encrypted(data)
    if data.startswith(b"PK"):
        return open_workbook(data)
    _refuse_other_kinds(head)
    if head.replace(b"\0", b"").lstrip(b"\xff\xfe").startswith((b"<?xml", b"<timetable", b"<!doctype timetable")):
        return open_xml(data)
    return [Sheet("", open_csv(data, heading_score))]


def _old_or_encrypted(data: bytes) -> UnreadableFile:
    if ENCRYPTED_STREAM in data:
        return UnreadableFile(
            "Файл защищён паролем.",
            "Откройте его в Excel, снимите пароль (Файл → Сведения → Защита книги → Зашифровать с паролем: "
            "оставьте поле пустым), сохраните и загрузите снова.",
        )
    return UnreadableFile("Это файл старого формата (Excel 97–2003).", SAVE_AS_XLSX)


def _refuse_other_kinds(head: bytes) -> None:
    if head.startswith(b"%pdf"):
        raise UnreadableFile("Это PDF, таблицу из него прочитать нельзя.", "Нужен исходный файл XLSX, CSV или XML.")
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        raise UnreadableFile("Это веб-страница, сохранённая под видом таблицы.", SAVE_AS_XLSX)
    if head.startswith((b"{\\rtf", b"\x89png", b"\xff\xd8\xff", b"gif8", b"rar!", b"7z\xbc\xaf")):
        raise UnreadableFile("Это не таблица.", "Нужен файл XLSX, CSV (с «;») или расписание aSc в XML.")


# ---- XLSX ----


def open_workbook(data: bytes) -> list[Sheet]:
    """Sheets of an XLSX, after the archive itself has been looked at."""
    _check_archive(data)
    import openpyxl  # slow to load, and only the worker that reads a file needs it

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        if len(book.worksheets) > MAX_SHEETS:
            raise UnreadableFile(
                f"В файле {len(book.worksheets)} листов.", f"Можно не больше {MAX_SHEETS}: разделите файл."
            )
        return [
            Sheet(sheet.title, list(_rows_of(sheet)), sheet.sheet_state != "visible", _merged_down(sheet))
            for sheet in book.worksheets
        ]
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, DefusedXmlException) or isinstance(error.__cause__, DefusedXmlException):
            raise UnreadableFile("Внутри файла опасное содержимое (сущности XML).", SAVE_AS_XLSX) from None
        # openpyxl meets a damaged part with whatever its insides raise: KeyError, TypeError, BadZipFile, …
        raise UnreadableFile(
            "Файл повреждён: его не удалось прочитать до конца.",
            "Скачайте или выгрузите его заново; если он открывается в Excel, сохраните его там ещё раз как .xlsx.",
        ) from error


def _check_archive(data: bytes) -> None:
    """Sizes and members by the archive's own table, without unpacking anything."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise UnreadableFile(
            "Файл повреждён: это начало таблицы Excel, но её конец утрачен.", "Скачайте или выгрузите файл заново."
        ) from None
    unpacked = sum(member.file_size for member in members)
    ratio = unpacked / len(data)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or (unpacked > RATIO_MATTERS_FROM and ratio > MAX_RATIO):
        raise UnreadableFile(
            f"Файл раскрывается до {unpacked // 2**20} МБ и {len(members)} частей: так выглядит «архивная бомба».",
            "Он не открыт. Если файл настоящий, скопируйте нужные столбцы в новую книгу и загрузите её.",
        )
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile("Архив защищён паролем.", "Сохраните файл без пароля и загрузите снова.")
    _check_workbook_parts({member.filename for member in members}, data)


def _check_workbook_parts(names: set[str], data: bytes) -> None:
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names or b"opendocument.spreadsheet" in data[:200]:
        raise UnreadableFile("Это таблица, но не в формате XLSX.", SAVE_AS_XLSX)
    if any(name.startswith("word/") for name in names):
        raise UnreadableFile("Это документ Word, а не таблица.", "Нужен файл XLSX, CSV или расписание aSc в XML.")
    if any(name.startswith("xl/") for name in names):
        raise UnreadableFile("Файл повреждён: в книге Excel нет оглавления.", "Скачайте или выгрузите файл заново.")
    raise UnreadableFile("Это архив, а не таблица.", "Распакуйте его и загрузите файлы по отдельности.")


def _rows_of(sheet) -> Iterator[list[object]]:
    """Rows without empty tails. The size a sheet states of itself is not believed."""
    sheet.reset_dimensions()
    blank_run = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = list(row)
        while cells and cells[-1] in (None, ""):
            cells.pop()
        blank_run = 0 if cells else blank_run + 1
        if blank_run > MAX_BLANK_RUN:  # a sheet coloured down to its last row is not a big one
            return
        if cells and number > MAX_ROWS:
            raise UnreadableFile(
                f"На листе «{sheet.title}» больше {MAX_ROWS} строк.",
                "Удалите пустые строки под таблицей (выделить → «Удалить») или разделите файл.",
            )
        if len(cells) > MAX_COLUMNS:
            raise UnreadableFile(
                f"На листе «{sheet.title}» в строке {number} больше {MAX_COLUMNS} столбцов.",
                "Удалите лишние столбцы справа от таблицы.",
            )
        yield cells


def _merged_down(sheet) -> dict[int, list[tuple[int, int]]]:
    """Merged cells of several rows. The reader that saves memory does not tell them: the sheet's own part does."""
    found: dict[int, list[tuple[int, int]]] = {}
    tail, number = b"", 0
    with sheet._get_source() as part:
        while chunk := part.read(2**20):
            text = tail + chunk
            for match in MERGED.finditer(text):
                number += 1
                (first_column, first), (_, last) = map(_coordinates, match.groups())
                if first < last <= MAX_ROWS and number <= MAX_MERGED:
                    found.setdefault(first_column, []).append((first, last))
            # A name that is cut in two is whole in the next round; a whole one must not be met twice.
            tail = text[text.rfind(b"<") :] if b"<" in text else b""
    return found


def _coordinates(name: bytes) -> tuple[int, int]:
    """«B7» → column 1, row 6."""
    letters = name.rstrip(b"0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column - 1, int(name[len(letters) :]) - 1


# ---- XML ----


def open_xml(data: bytes) -> Element:
    """The root of an XML document without a DTD."""
    if len(data) > MAX_XML_BYTES:
        raise UnreadableFile(
            f"Файл XML больше {MAX_XML_BYTES // 2**20} МБ.", "Выгрузите расписание без лишних разделов."
        )
    try:
        return SafeXML.fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise UnreadableFile(
            "В XML описаны сущности (DOCTYPE, ENTITY): такой файл опасен и не открыт.",
            "Выгрузите расписание из aSc заново: в настоящей выгрузке их не бывает.",
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise _broken_xml(error) from None


def _broken_xml(error: Exception) -> UnreadableFile:
    line = getattr(error, "position", (0, 0))[0]
    if "encoding" in str(error) or "invalid token" in str(error):
        return UnreadableFile(
            f"Кодировка файла не та, что названа в его первой строке (строка {line} не читается).",
            "Выгрузите расписание из aSc заново и не пересохраняйте его в текстовом редакторе.",
        )
    return UnreadableFile(
        f"Файл XML повреждён или обрезан (строка {line}).", "Выгрузите расписание из aSc заново и дождитесь конца."
    )


# ---- CSV ----


def open_csv(data: bytes, heading_score: Callable[[list[list[object]]], int]) -> list[list[object]]:
    """Rows of a CSV in UTF-8 (with or without BOM), UTF-16 or windows-1251, divided by «;», «,» or a tab."""
    text = _decode(data)
    best = max((_split(text, delimiter) for delimiter in (";", ",", "\t")), key=lambda rows: heading_score(rows[:30]))
    if heading_score(best[:30]) < 2:
        _refuse_wrong_encoding(data, text, heading_score)
    if len(best) > MAX_ROWS:
        raise UnreadableFile(f"В файле больше {MAX_ROWS} строк.", "Разделите его на части.")
    return best


def _decode(data: bytes) -> str:
    is_utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1251"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise UnreadableFile(
        "Это не текст и не таблица: прочитать файл не удалось.",
        "Нужен файл XLSX, CSV в кодировке UTF-8 или Windows-1251 либо расписание aSc в XML.",
    )


def _split(text: str, delimiter: str) -> list[list[object]]:
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error:
        return []


def _refuse_wrong_encoding(data: bytes, text: str, heading_score: Callable[[list[list[object]]], int]) -> None:
    """Words for a file whose heading appears only in another encoding; silence if it appears in none."""
    hint = "Сохраните файл как «CSV UTF-8 (разделитель — запятая)» или в кодировке Windows-1251."
    if "\ufffd" in text:
        raise UnreadableFile("Русские буквы потеряны при сохранении (вместо них «\ufffd»).", hint)
    readings = {"DOS (866)": ("cp866", data), "KOI8-R": ("koi8_r", data), "Mac": ("mac_cyrillic", data)}
    for name, (encoding, raw) in readings.items():
        reread = raw.decode(encoding, errors="replace")
        if any(heading_score(_split(reread, delimiter)[:30]) >= 2 for delimiter in (";", ",", "\t")):
            raise UnreadableFile(f"Файл в кодировке {name}.", hint)
    for encoding in ("cp1251", "latin-1", "cp1252"):
        try:
            reread = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if reread != text:
            raise UnreadableFile("Кодировка испорчена: файл дважды пересохранён (видно «Р¤РРћ» вместо «ФИО»).", hint)
