"""The list of staff."""

from journal.values import limited, optional, parse_email, parse_phone

from .errors import BadValue
from .names import parse_class
from .opening import Sheet
from .people import missing_columns, read_name
from .rows import FileContent, PersonName, StaffRow
from .tables import STAFF_ALIASES, RowReader, find_heading


def read_staff(sheet: Sheet, file: str, content: FileContent) -> bool:
    """Staff of a sheet into `content`; False if the sheet is not such a list."""
    heading = find_heading(sheet.rows, STAFF_ALIASES)
    if not heading or "position" not in heading.columns:
        return False
    content.kind = content.kind or "staff"
    if "full_name" not in heading.columns and not {"last", "first"} <= set(heading.columns):
        content.problems.append(missing_columns(file, sheet, heading, ["ФИО"]))
        return True
    for index in range(heading.row + 1, len(sheet.rows)):
        row = RowReader(sheet, index, heading, file)
        if row.is_blank or row.repeats_heading or row.is_total:
            continue
        _read_row(row, content)
    return True


def _read_row(row: RowReader, content: FileContent) -> None:
    name = read_name(row, "")
    member = StaffRow(
        place=row.place,
        name=name or PersonName("", ""),
        position=row.get("position", limited, 150, "Должность"),
        email=row.get("email", parse_email),
        phone=row.get("phone", parse_phone),
        class_name=row.get("class", _class_or_none),
    )
    content.problems += row.problems
    if name and not row.problems:
        content.staff.append(member)


def _class_or_none(value: object) -> str:
    text = optional(value)
    if not text:
        return ""
    try:
        return parse_class(text)
    except BadValue as bad:
        raise BadValue(f"Классное руководство: {bad.what}", bad.expected) from None
