"""Tables of pupils: 29 columns with two guardians, a row a guardian, or a short CSV.

All three are one table seen with different columns, so one reader serves them.
"""

import re

from journal.values import (
    GUARDIAN_AGES,
    PUPIL_AGES,
    limited,
    one_line,
    optional,
    parse_date,
    parse_email,
    parse_phone,
    parse_sex,
    parse_snils,
    text_of,
)

from .errors import BadValue, Place, Problem
from .names import check_name, parse_class, split_full_name
from .opening import Sheet
from .rows import FileContent, GuardianRow, PersonName, PupilRow
from .tables import PEOPLE_ALIASES, Heading, RowReader, find_heading

CLASS_IN_TITLE = re.compile(
    r"класса?\s*:?\s*(\d{1,2}\s*[-–]?\s*[«\"“„]?\s*[А-Яа-яЁё]\b)|(\d{1,2}\s*[-–]?\s*[«\"“„]?\s*[А-Яа-яЁё])[»\"”]?\s*класс",
    re.IGNORECASE,
)
KINSHIP_SEX = {"мать": "f", "отец": "m", "бабушка": "f", "дедушка": "m", "тетя": "f",
               "тётя": "f", "дядя": "m", "мачеха": "f", "отчим": "m", "сестра": "f",
               "брат": "m"}  # fmt: skip
KINSHIP_SYNONYMS = {"мама": "мать", "папа": "отец", "бабуля": "бабушка", "дед": "дедушка", "тетя": "тётя"}


def read_people(sheet: Sheet, file: str, content: FileContent) -> bool:
    """Pupils of a sheet into `content`; False if the sheet is not such a table."""
    heading = find_heading(sheet.rows, PEOPLE_ALIASES)
    if not heading or not _looks_like_people(heading):
        return False
    content.kind = content.kind or _kind_of(heading)
    titled_class = class_of_title(sheet, heading.row)
    if missing := _missing_columns(heading, titled_class):
        content.problems.append(missing_columns(file, sheet, heading, missing))
        return True
    previous: PupilRow | None = None
    for index in range(heading.row + 1, len(sheet.rows)):
        row = RowReader(sheet, index, heading, file)
        if row.is_blank or row.repeats_heading or row.is_total:
            continue
        previous = _read_row(row, titled_class, previous, content) or previous
    return True


def _looks_like_people(heading: Heading) -> bool:
    columns = heading.columns
    return len(columns) >= 3 and ("full_name" in columns or "last" in columns or "birth" in columns)


def _kind_of(heading: Heading) -> str:
    if "guardian1.kinship" in heading.columns and "guardian1.full_name" in heading.columns:
        return "representatives"
    return "pupils" if "guardian1.last" in heading.columns else "pupils_short"


def _missing_columns(heading: Heading, titled_class: str) -> list[str]:
    columns = heading.columns
    missing = []
    if "full_name" not in columns:
        missing += [title for key, title in (("last", "Фамилия"), ("first", "Имя")) if key not in columns]
    if "birth" not in columns:
        missing.append("Дата рождения")
    if "class" not in columns and not titled_class:
        missing.append("Класс")
    return missing


def missing_columns(file: str, sheet: Sheet, heading: Heading, missing: list[str]) -> Problem:
    """The words for a table without columns it cannot do without."""
    found = ", ".join(f"«{title}»" for title in heading.titles.values())
    wanted = ", ".join(f"«{title}»" for title in missing)
    return Problem(
        Place(file, sheet.name, heading.row + 1),
        f"Нет столбцов: {wanted}.",
        f"Добавьте их в таблицу. Сейчас узнаны: {found}.",
    )


def class_of_title(sheet: Sheet, heading_row: int) -> str:
    """The class named above the heading («Список класса 7Б») or by the sheet's own name."""
    for row in sheet.rows[:heading_row]:
        for value in row:
            try:
                found = CLASS_IN_TITLE.search(one_line(value))
                if found:
                    return parse_class(found[1] or found[2])
            except BadValue:
                continue
    try:
        return parse_class(sheet.name)
    except BadValue:
        return ""


def _read_row(row: RowReader, titled_class: str, previous: PupilRow | None, content: FileContent) -> PupilRow | None:
    """One row as a pupil; a row with only a guardian (merged cells) belongs to the pupil above it."""
    if previous and not any(row.raw(key) not in (None, "") for key in ("full_name", "last", "first", "birth")):
        guardians = read_guardians(row)
        if guardians and not row.problems:
            previous.guardians += guardians
        content.problems += row.problems
        return None
    name = read_name(row, "")
    birth = row.get("birth", parse_date, "Дата рождения", born=True, ages=PUPIL_AGES, default=None)
    class_name = row.get("class", _class_or, titled_class)
    pupil = PupilRow(
        place=row.place,
        name=name or PersonName("", ""),
        class_name=class_name,
        birth_date=birth,
        sex=row.get("sex", parse_sex),
        file_number=row.get("file_number", limited, 30, "Личное дело №"),
        admitted_on=row.get("admitted", parse_date, "Дата приёма", default=None),
        enrolled_on=row.get("enrolled", parse_date, "Дата зачисления", default=None),
        order_number=row.get("order_number", limited, 30, "Номер приказа"),
        order_date=row.get("order_date", parse_date, "Дата приказа", default=None),
        snils=row.get("snils", parse_snils),
        address=row.get("address", limited, 300, "Адрес"),
        phone=row.get("phone", parse_phone),
        guardians=read_guardians(row),
        cells=_cells_of(row),
    )
    _require(row, pupil)
    content.problems += row.problems
    if row.problems:
        return None
    content.pupils.append(pupil)
    return pupil


# The register's name of a field → the key of its column.
PUPIL_CELLS = {
    "last_name": "last", "first_name": "first", "patronymic": "middle", "birth_date": "birth", "sex": "sex",
    "file_number": "file_number", "admitted_on": "admitted", "address": "address", "phone": "phone", "snils": "snils",
    "class": "class", "enrolled": "enrolled", "birth": "birth",
}  # fmt: skip
GUARDIAN_CELLS = {
    "last_name": "last", "first_name": "first", "patronymic": "middle", "birth_date": "birth", "sex": "sex",
    "phone_home": "home_phone", "phone_mobile": "mobile_phone", "email": "email", "kinship": "kinship",
}  # fmt: skip


def _cells_of(row: RowReader, names: dict[str, str] = PUPIL_CELLS, prefix: str = "") -> dict[str, Place]:
    """Addresses of single cells, for what is found out only against the register."""
    known = row.heading.columns
    full_name = f"{prefix}full_name"
    found = {field: row.at(prefix + key) for field, key in names.items() if prefix + key in known}
    if full_name in known:
        found = dict.fromkeys(("last_name", "first_name", "patronymic"), row.at(full_name)) | found
    return found


def _class_or(value: object, titled_class: str) -> str:
    text = optional(value)
    return parse_class(text) if text else titled_class


def _require(row: RowReader, pupil: PupilRow) -> None:
    """What no pupil can be without; an earlier problem of the same cell is enough."""
    failed = {problem.place.column for problem in row.problems}
    if pupil.birth_date is None and row.at("birth").column not in failed:
        row.fail("birth", "Нет даты рождения.", "Без неё ученика нельзя отличить от однофамильца: впишите ДД.ММ.ГГГГ.")
    if not pupil.class_name and row.at("class").column not in failed:
        row.fail("class", "Нет класса.", "Впишите класс, например 7Б.")


def read_name(row: RowReader, prefix: str) -> PersonName | None:
    """A name from three columns or from one; a problem is recorded where it is not a name."""
    if f"{prefix}full_name" in row.heading.columns and _is_filled(row.raw(f"{prefix}full_name")):
        return row.get(f"{prefix}full_name", _full_name, default=None)
    last = row.get(f"{prefix}last", _name_part, "Фамилия", required=True)
    first = row.get(f"{prefix}first", _name_part, "Имя", required=True)
    middle = row.get(f"{prefix}middle", _name_part, "Отчество")
    return PersonName(last, first, middle) if last and first else None


def _is_filled(value: object) -> bool:
    """Something is typed there; a formula too, which is refused later with its address."""
    try:
        return bool(optional(value))
    except BadValue:
        return True


def _full_name(value: object) -> PersonName:
    # Double spaces divide spaced-out words, so the line is not squeezed here.
    return split_full_name(text_of(value))


def _name_part(value: object, what: str, *, required: bool = False) -> str:
    text = optional(value)
    if text:
        return check_name(text, what, is_part=True)
    if required:
        raise BadValue(f"{what}: пусто.", "Впишите, как в документе.")
    return ""


def read_guardians(row: RowReader) -> list[GuardianRow]:
    """Guardians named in the row, none, one or up to three."""
    guardians = []
    for number in (1, 2, 3):
        prefix = f"guardian{number}."
        keys = [f"{prefix}{key}" for key in ("full_name", "last", "first")]
        if any(_is_filled(row.raw(key)) for key in keys):
            guardian = _read_guardian(row, prefix)
            if guardian:
                guardians.append(guardian)
    return guardians


def _read_guardian(row: RowReader, prefix: str) -> GuardianRow | None:
    name = read_name(row, prefix)
    kinship = row.get(f"{prefix}kinship", _kinship)
    sex = row.get(f"{prefix}sex", parse_sex, "Пол родителя")
    guardian = GuardianRow(
        place=row.place,
        name=name or PersonName("", ""),
        sex=sex or KINSHIP_SEX.get(kinship, ""),
        birth_date=row.get(
            f"{prefix}birth", parse_date, "Дата рождения родителя", born=True, ages=GUARDIAN_AGES, default=None
        ),
        kinship=kinship,
        home_phone=row.get(f"{prefix}home_phone", parse_phone, "Телефон домашний"),
        mobile_phone=row.get(f"{prefix}mobile_phone", parse_phone, "Телефон"),
        email=row.get(f"{prefix}email", parse_email),
        cells=_cells_of(row, GUARDIAN_CELLS, prefix),
    )
    return guardian if name else None


def _kinship(value: object) -> str:
    word = optional(value).casefold()
    return KINSHIP_SYNONYMS.get(word, word)
