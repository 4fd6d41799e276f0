"""Class journals: a sheet a subject (or its subgroup); months over days over lesson numbers; topics below."""

import re
from datetime import date, datetime

from journal.values import GROUP_LETTERS, SUBJECT_LETTERS, limited, month_number, one_line, parse_date, text_of

from .errors import BadValue, Place, Problem
from .marks import parse_cell
from .names import check_name, parse_class, split_full_name, tidy_name
from .opening import Sheet
from .rows import FileContent, JournalCell, JournalLesson, JournalSheet, PersonName
from .tables import TOTAL_LINE, column_letter, title_key

LABELS = {
    "класс": "class", "предмет": "subject", "группа": "group", "подгруппа": "group", "учитель": "teacher",
    "преподаватель": "teacher",
}  # fmt: skip
LABELLED = re.compile(r"(класс|предмет|(?:под)?группа|учитель|преподаватель)\s*:\s*(.*)", re.IGNORECASE)
WHOLE_CLASS = {"", "весь класс", "класс", "все", "вся", "-", "—"}
HEAD_WITHIN = 15
LESSON_NUMBERS = {str(number) for number in range(1, 13)}
DAY_HINT = "Ожидается число месяца от 1 до 31."


def read_journal(sheet: Sheet, file: str, content: FileContent) -> bool:
    """A journal sheet into `content`; False if the sheet is not one."""
    labels = read_labels(sheet)
    months_row = _find_months(sheet)
    if months_row is None or not ("subject" in labels or "class" in labels):
        return False
    if "subject" not in labels and not _has_days(sheet, months_row + 1):
        return False  # a list of people with a column «Класс», where somebody is called like a month
    content.kind = content.kind or "journal"
    journal = _head(sheet, file, labels, content)
    if journal is None:
        return True
    grid = _Grid(sheet, file, months_row, journal, content)
    grid.read()
    content.journals.append(journal)
    return True


def read_labels(sheet: Sheet) -> dict[str, tuple[int, int, str]]:
    """«Предмет | Алгебра» or «Предмет: Алгебра» near the top: label → row, column, value."""
    labels: dict[str, tuple[int, int, str]] = {}
    for row, cells in enumerate(sheet.rows[:HEAD_WITHIN]):
        for column, value in enumerate(cells[:6]):
            text = _text(value)
            if found := LABELLED.fullmatch(_whole_text(value)):
                text, answer = found[1], found[2]
            else:
                answer = next((_whole_text(other) for other in cells[column + 1 :] if _text(other)), "")
            key = LABELS.get(title_key(text))
            if key and key not in labels:
                labels[key] = (row, column, answer)
    return labels


def _text(value: object) -> str:
    try:
        return one_line(value)
    except BadValue:
        return ""


def _whole_text(value: object) -> str:
    """Like `_text`, with double spaces left: they divide words that are typed letter by letter."""
    try:
        return text_of(value)
    except BadValue:
        return ""


def _find_months(sheet: Sheet) -> int | None:
    for row, cells in enumerate(sheet.rows[:HEAD_WITHIN]):
        texts = [_text(value) for value in cells]
        if any(text and month_number(text.split()[0]) for text in texts) and not any(
            len(text) > 20 for text in texts if text
        ):
            return row
    return None


def _has_days(sheet: Sheet, row: int) -> bool:
    cells = sheet.rows[row] if row < len(sheet.rows) else []
    return sum(_text(value).isdecimal() and len(_text(value)) <= 2 for value in cells) > 1


def _head(sheet: Sheet, file: str, labels: dict, content: FileContent) -> JournalSheet | None:
    """Class, subject, group and teacher; a sheet without class or subject cannot be used."""
    place = Place(file, sheet.name)
    values = {key: value for key, (_, _, value) in labels.items()}
    missing = [title for key, title in (("class", "Класс"), ("subject", "Предмет")) if not values.get(key)]
    if missing:
        wanted = " и ".join(f"«{title}»" for title in missing)
        content.problems.append(
            Problem(place, f"Над таблицей нет строки {wanted}.", "Ожидается, например: «Класс», рядом «7Б».")
        )
        return None
    values = {key: value if key == "teacher" else " ".join(value.split()) for key, value in values.items()}
    group = values.get("group", "")
    journal = JournalSheet(
        place=place, class_name="", subject=values["subject"], teacher=None,
        group="" if group.casefold() in WHOLE_CLASS else group,
    )  # fmt: skip
    label = "class"
    try:
        journal.class_name = parse_class(values["class"])
        label = "subject"
        limited(journal.subject, SUBJECT_LETTERS, "Предмет")
        label = "group"
        limited(journal.group, GROUP_LETTERS, "Группа")
        label = "teacher"
        if values.get("teacher"):
            journal.teacher = split_full_name(values["teacher"], "Учитель")
    except BadValue as bad:
        row, column, _ = labels[label]
        where = Place(file, sheet.name, row + 1, column_letter(column + 1))
        content.problems.append(Problem(where, bad.what, bad.expected))
        return None
    return journal


class _Grid:
    """The table of one sheet. Holds the walk's state, so that each step stays short."""

    def __init__(self, sheet: Sheet, file: str, months_row: int, journal: JournalSheet, content: FileContent):
        self.sheet, self.file, self.journal, self.content = sheet, file, journal, content
        self.months_row, self.days_row = months_row, months_row + 1
        self.columns: list[int] = []

    def read(self) -> None:
        first_pupil = self._read_lessons()
        if not self.columns:
            self._fail(self.days_row, None, "Под месяцами нет ни одного дня.", DAY_HINT)
            return
        after = self._read_pupils(first_pupil)
        if not self.journal.pupils:
            self._fail(first_pupil, None, "В таблице нет учеников.", "Ожидаются «Фамилия Имя» во втором столбце.")
        self._read_topics(after)

    def _fail(self, row: int, column: int | None, what: str, expected: str = "") -> None:
        self.content.problems.append(Problem(self._place(row, column), what, expected))

    def _place(self, row: int, column: int | None = None) -> Place:
        return Place(self.file, self.sheet.name, row + 1, "" if column is None else column_letter(column))

    # -- heading: months, days, numbers --

    def _read_lessons(self) -> int:
        numbers_row = self._numbers_row()
        month = 0
        width = len(self.sheet.rows[self.days_row]) if self.days_row < len(self.sheet.rows) else 0
        for column in range(width):
            text = _text(self.sheet.cell(self.months_row, column))
            if text and (named := month_number(text.split()[0])):
                month = named
            day = self.sheet.cell(self.days_row, column)
            if day in (None, "") or not month:
                continue
            lesson = self._read_lesson(column, month, day, numbers_row)
            if lesson:
                self.columns.append(column)
                self.journal.lessons.append(lesson)
        return (numbers_row or self.days_row) + 1

    def _numbers_row(self) -> int | None:
        """The row of lesson numbers, told by its label or by having nothing but small numbers."""
        row = self.days_row + 1
        cells = self.sheet.rows[row] if row < len(self.sheet.rows) else []
        if any("урок" in _text(value).casefold() for value in cells[:3]):
            return row
        return None

    def _read_lesson(self, column: int, month: int, day: object, numbers_row: int | None) -> JournalLesson | None:
        place = self._place(self.days_row, column)
        if isinstance(day, datetime | date):
            month, day = day.month, day.day
        text = _text(day)
        if not text.isdecimal() or len(text) > 2:
            return None  # «Средний балл», «I четв.» and other columns that are not lessons
        number = 0
        if numbers_row is not None:
            number_text = _text(self.sheet.cell(numbers_row, column))
            if number_text not in LESSON_NUMBERS:
                self._fail(numbers_row, column, f"Номер урока «{number_text}» не понят.", "Ожидается число от 1 до 12.")
                return None
            number = int(number_text)
        if not _day_exists(month, int(text)):
            self._fail(self.days_row, column, f"В {month}-м месяце нет {text}-го дня.", DAY_HINT)
            return None
        return JournalLesson(place, month, int(text), number)

    # -- pupils and their cells --

    def _read_pupils(self, first: int) -> int:
        for row in range(first, len(self.sheet.rows)):
            name_text = _text(self.sheet.cell(row, 1))
            if not name_text or TOTAL_LINE.match(name_text.casefold()):
                if self._is_end(row):
                    return row
                continue
            if title_key(name_text) == "дата" or title_key(self.sheet.cell(row, 2)).startswith("тема"):
                return row
            self._read_pupil(row, _whole_text(self.sheet.cell(row, 1)))
        return len(self.sheet.rows)

    def _is_end(self, row: int) -> bool:
        """An empty line, or totals, after the list has begun."""
        return bool(self.journal.pupils) and not _text(self.sheet.cell(row, 1))

    def _read_pupil(self, row: int, name_text: str) -> None:
        try:
            parts = check_name(name_text, "Фамилия, имя").split()
            if len(parts) < 2:
                raise BadValue(f"«{name_text}»: только одно слово.", "Ожидаются фамилия и имя через пробел.")
        except BadValue as bad:
            self._fail(row, 1, bad.what, bad.expected)
            return
        index = len(self.journal.pupils)
        self.journal.pupils.append((self._place(row), PersonName(parts[0], parts[1], " ".join(parts[2:]))))
        for lesson, column in enumerate(self.columns):
            value = self.sheet.cell(row, column)
            if value in (None, ""):
                continue
            place = self._place(row, column)
            try:
                cell = parse_cell(value)
            except BadValue as bad:
                self.content.problems.append(Problem(place, f"{tidy_name(name_text)}: {bad.what}", bad.expected))
                continue
            if cell.marks or cell.absence:
                self.journal.cells.append(JournalCell(place, index, lesson, cell.marks, cell.absence))

    # -- topics and homework --

    def _read_topics(self, start: int) -> None:
        columns = self._topic_columns(start)
        if columns is None:
            return
        row, date_column, topic_column, homework_column = columns
        lessons = self.journal.lessons
        free: dict[tuple[int, int], list[int]] = {}
        for index, lesson in enumerate(lessons):
            free.setdefault((lesson.month, lesson.day), []).append(index)
        for index in range(row + 1, len(self.sheet.rows)):
            if self.sheet.cell(index, date_column) in (None, ""):
                continue
            try:
                day = parse_date(self.sheet.cell(index, date_column), "Дата урока")
                topic = self._long_text(index, topic_column, 300)
                homework = self._long_text(index, homework_column, 1000)
            except BadValue as bad:
                self._fail(index, date_column, bad.what, bad.expected)
                continue
            if day is None:
                continue
            waiting = free.get((day.month, day.day))
            if not waiting:
                self._fail(index, date_column, f"Тема на {day:%d.%m.%Y}, а такого урока нет в таблице выше.",
                           "Сверьте дату темы с числами над отметками.")  # fmt: skip
                continue
            lesson = lessons[waiting.pop(0)]
            lesson.year, lesson.topic, lesson.homework = day.year, topic, homework

    def _topic_columns(self, start: int) -> tuple[int, int, int, int | None] | None:
        for row in range(start, min(start + 12, len(self.sheet.rows))):
            keys = [title_key(value) for value in self.sheet.rows[row]]
            topic = next((index for index, key in enumerate(keys) if key.startswith("тема")), None)
            day = next((index for index, key in enumerate(keys) if key.startswith("дата")), None)
            if topic is not None and day is not None:
                homework = next(
                    (index for index, key in enumerate(keys) if key.startswith(("домашн", "дз", "задан"))), None
                )
                return row, day, topic, homework
        return None

    def _long_text(self, row: int, column: int | None, limit: int) -> str:
        text = one_line(self.sheet.cell(row, column)) if column is not None else ""
        if len(text) > limit:
            raise BadValue(f"Текст длиннее {limit} знаков.", "Сократите его.")
        return text


def _day_exists(month: int, day: int) -> bool:
    try:
        date(2028, month, day)  # a leap year: 29 February is told apart later, when the year is known
    except ValueError:
        return False
    return True
