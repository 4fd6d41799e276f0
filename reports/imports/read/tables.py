"""Tables with a heading: find the heading wherever it stands, know its columns by any of their names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from journal.values import one_line

from .errors import BadValue, Place, Problem
from .opening import Sheet

HEADING_WITHIN = 30

# Who a title speaks of, whatever word the school uses: «ФИО обучающегося» is «ФИО ученика».
PUPIL_WORDS = r"(?:ученик|учащ|обучающ|воспитанник|реб[её]н|ребёнк|школьник)\w*"
_LEGAL = r"(?:законн\w*\s*)?"
GUARDIAN_WORDS = rf"{_LEGAL}(?:родител|представител)\w*(?:\s*\(?{_LEGAL}(?:представител|законн)\w*\)?)?"

PUPIL_COLUMNS = {
    "last": ("Фамилия", "Фамилия ученика"),
    "first": ("Имя", "Имя ученика"),
    "middle": ("Отчество", "Отчество ученика", "Отчество (при наличии)"),
    "full_name": (
        "ФИО", "ФИО ученика", "Фамилия, имя, отчество", "Фамилия имя отчество ученика", "Фамилия, имя", "Ученик",
        "Список учеников", "Фамилия и имя",
    ),
    "sex": ("Пол", "Пол ученика"),
    "birth": ("Дата рождения", "Дата рождения ученика", "Д.р.", "Дата рожд.", "День рождения"),
    "file_number": ("Номер личного дела", "Личное дело", "Личное дело №", "№ личного дела", "Л/д"),
    "admitted": ("Дата приема в школу", "Дата приема", "Принят", "Дата приема в ОО", "Дата поступления"),
    "class": ("Класс", "Класс ученика", "Класс обучения"),
    "enrolled": ("Дата зачисления/перевода", "Дата зачисления", "Дата перевода", "Зачислен"),
    "order_number": ("Номер приказа", "№ приказа", "Приказ", "Приказ №"),
    "order_date": ("Дата приказа",),
    "snils": ("СНИЛС", "СНИЛС ученика"),
    "address": ("Адрес", "Адрес проживания", "Адрес регистрации", "Домашний адрес", "Место жительства"),
    "phone": ("Телефон ученика", "Мобильный телефон ученика"),
}  # fmt: skip
GUARDIAN_COLUMNS = {
    "last": ("Фамилия родителя",),
    "first": ("Имя родителя",),
    "middle": ("Отчество родителя",),
    "full_name": ("ФИО родителя", "Родитель", "Фамилия, имя, отчество родителя"),
    "sex": ("Пол родителя",),
    "birth": ("Дата рождения родителя", "Д.р. родителя"),
    "kinship": ("Степень родства родителя", "Тип родителя", "Родство родителя", "Кем приходится родителя"),
    "home_phone": ("Телефон домашний родителя", "Домашний телефон родителя"),
    "mobile_phone": (
        "Телефон мобильный родителя", "Мобильный телефон родителя", "Телефон родителя", "Сотовый телефон родителя",
        "Контактный телефон родителя", "Телефоны родителя",
    ),
    "email": ("E-mail родителя", "Электронная почта родителя", "Эл. почта родителя", "Почта родителя"),
}  # fmt: skip
# Titles that speak of the first guardian without saying so.
FIRST_GUARDIAN_SHORT = {
    "kinship": ("Степень родства", "Тип представителя", "Родство", "Кем приходится"),
    "home_phone": ("Телефон домашний", "Домашний телефон"),
    "mobile_phone": ("Телефон мобильный", "Мобильный телефон", "Телефон", "Контактный телефон", "Телефоны"),
    "email": ("E-mail", "Электронная почта", "Эл. почта", "Почта"),
}
STAFF_COLUMNS = {
    "last": ("Фамилия", "Фамилия сотрудника"),
    "first": ("Имя", "Имя сотрудника"),
    "middle": ("Отчество", "Отчество сотрудника"),
    "full_name": ("ФИО", "ФИО сотрудника", "Фамилия, имя, отчество", "Сотрудник", "ФИО учителя", "Учитель"),
    "position": ("Должность", "Должность сотрудника"),
    "email": ("E-mail", "Электронная почта", "Эл. почта", "Почта"),
    "phone": ("Телефон", "Мобильный телефон", "Телефон мобильный", "Телефон сотрудника"),
    "class": ("Классное руководство", "Классный руководитель", "Класс"),
}

TOTAL_LINE = re.compile(
    r"(итого|всего|средн(ий|яя|ее)|кол-во|количество|мальчиков|девочек|директор|классный руководитель|подпись|дата|"
    r"выгружено|сформирован\w*|составил\w*|исполнитель)\b"
)


def title_key(title: object) -> str:
    """A column title stripped to what distinguishes it: no case, spaces, signs, ё."""
    try:
        text = one_line(title).casefold().replace("ё", "е")
    except BadValue:
        return ""
    text = text.replace("№", "n")
    text = re.sub(GUARDIAN_WORDS, "родителя", text)
    text = re.sub(PUPIL_WORDS, "ученика", text)
    return re.sub(r"[^а-яa-z0-9]", "", text)


def _aliases(prefix: str, columns: dict[str, tuple[str, ...]], suffix: str = "") -> dict[str, str]:
    return {title_key(title) + suffix: prefix + key for key, titles in columns.items() for title in titles}


PEOPLE_ALIASES = {
    **_aliases("guardian1.", FIRST_GUARDIAN_SHORT),
    **_aliases("", PUPIL_COLUMNS),
    **_aliases("guardian1.", GUARDIAN_COLUMNS),
    **{alias: key for n in (1, 2, 3) for alias, key in _aliases(f"guardian{n}.", GUARDIAN_COLUMNS, str(n)).items()},
}
STAFF_ALIASES = _aliases("", STAFF_COLUMNS)


@dataclass(slots=True)
class Heading:
    """Where a heading stands and which known column is where."""

    row: int
    columns: dict[str, int]
    titles: dict[str, str]


def find_heading(rows: list[list[object]], aliases: dict[str, str]) -> Heading | None:
    """The row among the first thirty with most known titles (at least two); titles may span two rows."""
    best: Heading | None = None
    for index in range(min(len(rows), HEADING_WITHIN)):
        for titles in _titles_at(rows, index):
            heading = _read_heading(index, titles, aliases)
            if len(heading.columns) >= 2 and (best is None or len(heading.columns) > len(best.columns)):
                best = heading
    return best


def _titles_at(rows: list[list[object]], index: int) -> Iterator[list[str]]:
    """Titles of one row, and of one row under merged group titles («Родитель 1» over «Фамилия», «Имя»)."""
    lower = [_title(value) for value in rows[index]]
    yield lower
    if index and sum(bool(title) for title in lower) >= 2:
        group, titles = "", []
        for column, title in enumerate(lower):
            upper = _title(rows[index - 1][column]) if column < len(rows[index - 1]) else ""
            group = upper or group
            titles.append(f"{title} {group}" if title else upper)
        if titles != lower:
            yield titles


def _title(value: object) -> str:
    try:
        return one_line(value)
    except BadValue:
        return ""


def _read_heading(index: int, titles: list[str], aliases: dict[str, str]) -> Heading:
    columns: dict[str, int] = {}
    names: dict[str, str] = {}
    for column, title in enumerate(titles):
        key = aliases.get(title_key(title))
        if key and key not in columns:
            columns[key] = column
            names[key] = title
    return Heading(index, columns, names)


def column_letter(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class RowReader:
    """One row of a table: values by column key; what cannot be understood is collected with its address."""

    def __init__(self, sheet: Sheet, row: int, heading: Heading, file: str):
        self.sheet, self.row, self.heading = sheet, row, heading
        self.place = Place(file, sheet.name, row + 1)
        self.problems: list[Problem] = []

    def raw(self, key: str) -> object:
        column = self.heading.columns.get(key)
        if column is None:
            return None
        value = self.sheet.cell(self.row, column)
        return self.sheet.merged_value(self.row, column) if value is None else value

    def at(self, key: str) -> Place:
        column = self.heading.columns.get(key)
        if column is None:
            return self.place
        return self.place.at(f"{column_letter(column)} «{self.heading.titles[key]}»")

    def get(self, key: str, parse, *args, default="", **kwargs):
        """`parse(cell, …)`, or `default` and a problem with this cell's address."""
        try:
            return parse(self.raw(key), *args, **kwargs)
        except BadValue as bad:
            self.fail(key, bad.what, bad.expected)
            return default

    def fail(self, key: str, what: str, expected: str = "") -> None:
        self.problems.append(Problem(self.at(key), what, expected))

    @property
    def is_blank(self) -> bool:
        return all(self.sheet.cell(self.row, column) in (None, "") for column in self.heading.columns.values())

    @property
    def repeats_heading(self) -> bool:
        """A heading is repeated at the top of each printed page."""
        same = sum(
            title_key(self.sheet.cell(self.row, column)) == title_key(self.heading.titles[key])
            for key, column in self.heading.columns.items()
        )
        return same * 2 > len(self.heading.columns)

    @property
    def is_total(self) -> bool:
        """«Итого», «Всего учеников: 30» and signatures below the table."""
        if re.search(r"\d", str(self.raw("birth") or "")):
            return False  # who has a birth date is a person, whatever the surname begins with
        name = _title(self.raw("full_name") or self.raw("last")).casefold()
        if self.raw("position") and name and "." not in name and not TOTAL_LINE.match(name):
            return False  # a list of staff may begin with the column of posts: «директор» is no signature there
        words = [_title(value).casefold() for value in self.sheet.rows[self.row] if value not in (None, "")]
        return bool(words) and bool(TOTAL_LINE.match(words[0]))
