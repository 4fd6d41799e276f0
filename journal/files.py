"""Tables as files: XLSX, and CSV as UTF-8 with BOM and «;» (domain.md §11)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from urllib.parse import quote

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

Value = str | int | Decimal | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def neutral(value: Value) -> Value:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it; signs it cannot hold go."""
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def table_response(
    suffix: str, name: str, rows: Iterable[Sequence[Value]], *, sheet: str, first_widths: Sequence[int] = (30,)
) -> HttpResponse:
    """A list as a file: `suffix` «xlsx» or «csv»; the first row is the heading."""
    if suffix == "csv":
        return csv_response(name, rows)
    return xlsx_response(name, rows, sheet=sheet, first_widths=first_widths)


def xlsx_response(
    name: str, rows: Iterable[Sequence[Value]], *, sheet: str, first_widths: Sequence[int]
) -> HttpResponse:
    """A workbook of one sheet whose first row is the heading; it and the first columns stay in sight."""
    book = Workbook(write_only=True)
    page = book.create_sheet(_sheet_name(sheet))
    for index, width in enumerate(first_widths):
        page.column_dimensions["ABCDEFGH"[index]].width = width
    page.freeze_panes = f"{'ABCDEFGH'[len(first_widths)]}2"
    for number, row in enumerate(rows):
        cells = [WriteOnlyCell(page, value=neutral(value)) for value in row]
        if number == 0:
            for cell in cells:
                cell.font = Font(bold=True)
        page.append(cells)
    content = io.BytesIO()
    book.save(content)
    return _attachment(content.getvalue(), f"{name}.xlsx", XLSX_TYPE)


def csv_response(name: str, rows: Iterable[Sequence[Value]]) -> HttpResponse:
    """The same rows for programs that read CSV; numbers with a decimal comma, as Russian Excel expects."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([_csv_text(value) for value in row])
    return _attachment(text.getvalue().encode("utf-8-sig"), f"{name}.csv", "text/csv; charset=utf-8")


def _csv_text(value: Value) -> str:
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return "" if value is None else str(neutral(value))


def _sheet_name(text: str) -> str:
    """Excel takes 31 characters and none of []:*?/\\."""
    return "".join(" " if char in "[]:*?/\\" else char for char in text)[:31] or "Лист"


def _attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"},
    )
