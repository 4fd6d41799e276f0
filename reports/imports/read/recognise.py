"""What kind of file is it? Told by its content, whatever its name says."""

from xml.etree.ElementTree import Element

from .errors import Place, Problem, UnreadableFile
from .journals import read_journal
from .opening import Sheet, open_file
from .people import read_people
from .rows import FileContent
from .staff import read_staff
from .summaries import read_summary
from .tables import PEOPLE_ALIASES, STAFF_ALIASES, find_heading
from .timetable import read_timetable

KIND_NAMES = {
    "staff": "сотрудники",
    "pupils": "ученики",
    "pupils_short": "список учеников",
    "representatives": "представители",
    "timetable": "расписание",
    "journal": "журнал класса",
    "summary": "сводная ведомость",
}
# The order of the readers matters: a journal and a summary also have a column of names.
SHEET_READERS = (read_journal, read_summary, read_staff, read_people)
KNOWN_SHAPES = (
    "Можно загрузить: список учеников (столбцы ФИО, класс, дата рождения), представителей, сотрудников (с должностью), "
    "журнал класса, сводную ведомость или расписание aSc в XML."
)


def read_file(name: str, data: bytes) -> FileContent:
    """Everything that can be understood of one file. Never raises: what is wrong stands in `problems`."""
    content = FileContent(name)
    try:
        opened = open_file(data, heading_score=_heading_score)
    except UnreadableFile as unreadable:
        content.problems.append(Problem(Place(name), unreadable.what, unreadable.expected))
        return content
    if isinstance(opened, Element):
        if not read_timetable(opened, name, content):
            content.problems.append(
                Problem(Place(name), f"XML не похож на расписание aSc: он начинается с «{opened.tag}».", KNOWN_SHAPES)
            )
        return content
    read_sheets(name, opened, content)
    return content


def _heading_score(rows: list[list[object]]) -> int:
    found = [find_heading(rows, aliases) for aliases in (PEOPLE_ALIASES, STAFF_ALIASES)]
    return max((len(heading.columns) for heading in found if heading), default=0)


def read_sheets(name: str, sheets: list[Sheet], content: FileContent) -> None:
    """Each visible sheet by the first reader that knows it."""
    unknown = []
    for sheet in sheets:
        if sheet.is_empty:
            continue
        if sheet.hidden:
            content.problems.append(
                Problem(
                    Place(name, sheet.name), "Скрытый лист пропущен.", "Нужен — сделайте его видимым.", is_note=True
                )
            )
            continue
        if not any(reader(sheet, name, content) for reader in SHEET_READERS):
            unknown.append(sheet)
    for sheet in unknown:
        # A cover page beside a good sheet is usual; a file with nothing known is a mistake.
        what = "Лист не похож ни на одну известную таблицу" if sheet.name else "Таблица не узнана"
        content.problems.append(Problem(Place(name, sheet.name), f"{what}.", KNOWN_SHAPES, is_note=bool(content.kind)))
    if not content.kind and not unknown:
        content.problems.append(Problem(Place(name), "В файле нет ни одной заполненной таблицы.", KNOWN_SHAPES))
