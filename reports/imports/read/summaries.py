"""Summary sheets: pupils × subjects with the marks of one period."""

import re

from journal.values import one_line, text_of

from .errors import BadValue, Place, Problem
from .marks import parse_period_mark
from .names import parse_class, split_full_name
from .opening import Sheet
from .people import class_of_title
from .rows import FileContent, PeriodMarkRow, SummarySheet
from .tables import TOTAL_LINE, column_letter, title_key

PERIOD = re.compile(r"(\d|I{1,3}|IV)?\s*-?\s*(?:я|й|е|ая|ое|ый)?\s*(четверть|полугодие|триместр|год)\b", re.IGNORECASE)
KINDS = {"четверть": "quarter", "полугодие": "half_year", "триместр": "trimester", "год": "year"}
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4}
COUNTS = {"quarter": 4, "half_year": 2, "trimester": 3, "year": 1}
NAME_TITLES = {"фио", "фамилияимяотчество", "фамилияимя", "ученика", "фиоученика", "фамилияимяотчествоученика"}
NOT_SUBJECTS = re.compile(r"(n|пп|nпп|срб|среднийбалл\w*|итого\w*|качество|успеваемость|примечание|класс|)$")


def read_summary(sheet: Sheet, file: str, content: FileContent) -> bool:
    """A summary sheet into `content`; False if the sheet is not one."""
    heading = _find_heading(sheet)
    if heading is None:
        return False
    row, name_column = heading
    above = [_text(value) for cells in sheet.rows[:row] for value in cells]
    period = _find_period([*above, sheet.name])
    if period is None and not any("ведомость" in text.casefold() for text in above):
        return False
    content.kind = content.kind or "summary"
    class_name = _find_class(sheet, row, above)
    if period is None or not class_name:
        what = "класса" if period else "периода (например «1 четверть»)"
        content.problems.append(
            Problem(
                Place(file, sheet.name),
                f"Над таблицей нет {what}.",
                "Впишите над заголовком таблицы класс и период, например «7Б» и «1 четверть».",
            )
        )
        return True
    summary = SummarySheet(Place(file, sheet.name), class_name, *period)
    _read_table(sheet, file, row, name_column, summary, content)
    content.summaries.append(summary)
    return True


def _text(value: object) -> str:
    try:
        return one_line(value)
    except BadValue:
        return ""


def _find_heading(sheet: Sheet) -> tuple[int, int] | None:
    for row, cells in enumerate(sheet.rows[:15]):
        for column, value in enumerate(cells[:4]):
            if title_key(value) in NAME_TITLES:
                return row, column
    return None


def _find_period(texts: list[str]) -> tuple[str, int] | None:
    for text in texts:
        found = PERIOD.search(text)
        if not found:
            continue
        kind = KINDS[found[2].casefold()]
        number = found[1].upper() if found[1] else ""
        value = ROMAN.get(number) or int(number or 1)
        if (number or kind == "year") and value <= COUNTS[kind]:
            return kind, value
    return None


def _find_class(sheet: Sheet, heading_row: int, above: list[str]) -> str:
    for text in above:
        try:
            return parse_class(text)
        except BadValue:
            continue
    return class_of_title(sheet, heading_row)


def _read_table(
    sheet: Sheet, file: str, heading_row: int, name_column: int, summary: SummarySheet, content: FileContent
) -> None:
    subjects = {
        column: _text(value)
        for column, value in enumerate(sheet.rows[heading_row])
        if column > name_column and not NOT_SUBJECTS.match(title_key(value))
    }
    for row in range(heading_row + 1, len(sheet.rows)):
        name_text = _text(sheet.cell(row, name_column))
        first = next((_text(value) for value in sheet.rows[row] if _text(value)), "")
        if not name_text or TOTAL_LINE.match(name_text.casefold()) or TOTAL_LINE.match(first.casefold()):
            continue
        if title_key(name_text) in NAME_TITLES:
            continue
        place = Place(file, sheet.name, row + 1)
        try:
            # Double spaces divide words that are typed letter by letter.
            name = split_full_name(text_of(sheet.cell(row, name_column)))
        except BadValue as bad:
            content.problems.append(Problem(place.at(column_letter(name_column)), bad.what, bad.expected))
            continue
        summary.pupils.append((place, name))
        for column, subject in subjects.items():
            where = place.at(f"{column_letter(column)} «{subject}»")
            try:
                value = parse_period_mark(sheet.cell(row, column))
            except BadValue as bad:
                content.problems.append(Problem(where, f"{name}: {bad.what}", bad.expected))
                continue
            if value:
                summary.marks.append(PeriodMarkRow(where, name, subject, value))
