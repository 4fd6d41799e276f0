"""Tables as files: XLSX, and CSV as UTF-8 with BOM and «;» (domain.md §11)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Value = str | int | float | Decimal | date | datetime | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NARROWEST, WIDEST = 8, 60
"""Characters of a column that is as wide as what stands in it."""


def both(route: str, view: Callable[..., Any], name: str, **kwargs: Any) -> list[URLPattern]:
    """The two addresses of a list as a file: «….xlsx» named `name`_xlsx, and «….csv» named `name`_csv."""
    return [
        path(f"{route}.{suffix}", view, {**kwargs, "suffix": suffix}, name=f"{name}_{suffix}")
        for suffix in ("xlsx", "csv")
    ]


def neutral(value: Value) -> Value:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it; signs it cannot hold go."""
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def table_response(
    suffix: str, name: str, rows: Iterable[Sequence[Value]], *, sheet: str, first_widths: Sequence[int] | None = None
) -> HttpResponse:
    """A list as a file: `suffix` «xlsx» or «csv»; the first row is the heading.

    Dates and numbers stay dates and numbers. Columns are as wide as their longest cell, the first column stays in
    sight; `first_widths` sets the widths of the first columns instead and keeps all of these in sight.
    """
    if suffix == "csv":
        return csv_response(name, rows)
    return xlsx_response(name, rows, sheet=sheet, first_widths=first_widths)


def xlsx_response(
    name: str, rows: Iterable[Sequence[Value]], *, sheet: str, first_widths: Sequence[int] | None = None
) -> HttpResponse:
    """A workbook of one sheet whose first row is the heading; it and the first columns stay in sight."""
    book = Workbook(write_only=True)
    _add_sheet(book, sheet, rows, first_widths)
    return _workbook(book, name)


def workbook_response(name: str, sheets: Iterable[tuple[str, Iterable[Sequence[Value]]]]) -> HttpResponse:
    """A workbook of several sheets (title, rows), each laid out as the one of `xlsx_response`."""
    book = Workbook(write_only=True)
    for title, rows in sheets:
        _add_sheet(book, title, rows)
    return _workbook(book, name)


def _add_sheet(
    book: Workbook, title: str, rows: Iterable[Sequence[Value]], first_widths: Sequence[int] | None = None
) -> None:
    table = [list(row) for row in rows]
    widths = list(first_widths) if first_widths is not None else _widths(table)
    page = book.create_sheet(_sheet_name(title))
    for index, width in enumerate(widths, start=1):
        page.column_dimensions[get_column_letter(index)].width = width
    page.freeze_panes = f"{get_column_letter(1 + (len(first_widths) if first_widths is not None else 1))}2"
    for number, row in enumerate(table):
        page.append([_cell(page, value, is_bold=number == 0) for value in row])


def _workbook(book: Workbook, name: str) -> HttpResponse:
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


def _cell(page, value: Value, *, is_bold: bool) -> WriteOnlyCell:
    if isinstance(value, datetime):  # a workbook knows no time zones: the school's own time
        value = timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    cell = WriteOnlyCell(page, value=neutral(value))
    if isinstance(value, datetime):
        cell.number_format = "DD.MM.YYYY HH:MM"
    elif isinstance(value, date):
        cell.number_format = "DD.MM.YYYY"
    if is_bold:
        cell.font = Font(bold=True)
    return cell


def _widths(table: Sequence[Sequence[Value]]) -> list[int]:
    columns = zip_longest(*table)
    return [min(WIDEST, max(NARROWEST, 2 + max(len(_csv_text(value)) for value in column))) for column in columns]


def _csv_text(value: Value) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value) if timezone.is_aware(value) else value:%d.%m.%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, Decimal | float):
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
