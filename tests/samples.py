"""Small files of every shape that schools have (domain.md §11), so that the project is tested on its own.

A tiny school: 7Б with six pupils and 2А with three. Everybody and everything here is invented.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import openpyxl

Rows = Sequence[Sequence[Any]]

PUPIL_HEADING = [
    "Фамилия ученика", "Имя ученика", "Отчество ученика", "Пол ученика", "Дата рождения ученика",
    "Номер личного дела", "Дата приема в школу", "Класс", "Дата зачисления/перевода", "Номер приказа", "Дата приказа",
    "Фамилия Родителя 1", "Имя Родителя 1", "Отчество Родителя 1", "Пол Родителя 1", "Дата рождения Родителя 1",
    "Степень родства", "Телефон домашний", "Телефон мобильный", "E-mail Родителя 1",
    "Фамилия Родителя 2", "Имя Родителя 2", "Отчество Родителя 2", "Пол Родителя 2", "Дата рождения Родителя 2",
    "Степень родства Родителя 2", "Телефон домашний Родителя 2", "Телефон мобильный Родителя 2", "E-mail Родителя 2",
]  # fmt: skip
REPRESENTATIVES_HEADING = [
    "Личное дело №", "Дата приёма", "ФИО", "Пол", "Дата рождения", "СНИЛС", "Тип представителя", "ФИО представителя",
    "Дата рождения представителя", "Телефон представителя", "E-mail представителя",
]  # fmt: skip
CSV_HEADING = ["ФИО", "Класс", "Дата рождения", "Пол", "Родитель", "Телефон", "Адрес"]
STAFF_HEADING = ["Фамилия", "Имя", "Отчество", "Должность", "E-mail", "Классное руководство"]

# surname, name, patronymic, sex, born, class, mother (or None)
PUPILS = [
    ("Аистова", "Вера", "Петровна", "Ж", date(2013, 3, 4), "7Б", ("Аистова", "Нина", "Олеговна")),
    ("Берёзкин", "Фёдор", "Ильич", "М", date(2013, 5, 6), "7Б", ("Берёзкина", "Алла", "Юрьевна")),
    ("Воробьёв", "Глеб", "Львович", "М", date(2013, 7, 8), "7Б", ("Воробьёва", "Инна", "Павловна")),
    ("Гусева", "Дарья", "Андреевна", "Ж", date(2013, 9, 10), "7Б", ("Гусева", "Ольга", "Сергеевна")),
    ("Дятлов", "Егор", "Максимович", "М", date(2013, 11, 12), "7Б", None),
    ("Ежова", "Зоя", "Романовна", "Ж", date(2013, 1, 2), "7Б", ("Ежова", "Майя", "Фёдоровна")),
    ("Журавлёв", "Иван", "Ильич", "М", date(2018, 2, 3), "2А", ("Журавлёва", "Рита", "Павловна")),
    ("Зябликов", "Кирилл", "Олегович", "М", date(2018, 4, 5), "2А", ("Зябликова", "Яна", "Игоревна")),
    ("Берёзкина", "Лада", "Ильинична", "Ж", date(2018, 6, 7), "2А", ("Берёзкина", "Алла", "Юрьевна")),
]
STAFF = [
    ("Совин", "Пётр", "Иванович", "директор", "director@example.org", None),
    ("Орлова", "Мария", "Сергеевна", "учитель (алгебра)", "orlova@example.org", "7Б"),
    ("Соколов", "Юрий", "Дмитриевич", "учитель (информатика)", "sokolov@example.org", None),
    ("Чайкина", "Тамара", "Львовна", "учитель начальных классов", "chaikina@example.org", "2А"),
]
SNILS = {"Аистова": "112-233-445 95"}


def workbook(sheets: dict[str, Rows], *, hidden: Iterable[str] = ()) -> bytes:
    """An XLSX with these sheets and rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        if title in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_bytes(rows: Rows, *, delimiter: str = ";", encoding: str = "cp1251") -> bytes:
    """A CSV as schools save it."""
    lines = [delimiter.join(f'"{cell}"' if delimiter in str(cell) else str(cell) for cell in row) for row in rows]
    return "\r\n".join(lines).encode(encoding)


def pupil_row(pupil: tuple, **changes: Any) -> list[Any]:
    """One row of 29 columns. `changes` are by the column's title."""
    last, first, middle, sex, born, class_name, mother = pupil
    values: dict[str, Any] = {
        "Фамилия ученика": last, "Имя ученика": first, "Отчество ученика": middle, "Пол ученика": sex,
        "Дата рождения ученика": f"{born:%d.%m.%Y}", "Номер личного дела": f"{last[0]}-{born.day}",
        "Дата приема в школу": "01.09.2020", "Класс": class_name, "Дата зачисления/перевода": "28.08.2026",
        "Номер приказа": "12", "Дата приказа": "28.08.2026",
    }  # fmt: skip
    if mother:
        values |= {
            "Фамилия Родителя 1": mother[0], "Имя Родителя 1": mother[1], "Отчество Родителя 1": mother[2],
            "Пол Родителя 1": "Ж", "Дата рождения Родителя 1": "14.05.1984", "Степень родства": "мать",
            "Телефон мобильный": phone_of(mother),
        }  # fmt: skip
    values |= changes
    return [values.get(title) for title in PUPIL_HEADING]


def phone_of(mother: tuple[str, str, str]) -> str:
    """A phone that is always the same for the same person."""
    digits = f"{sum(ord(letter) for letter in ''.join(mother)) % 10_000_000:07d}"
    return f"+7 900 {digits[:3]}-{digits[3:5]}-{digits[5:]}"


def pupils_xlsx(pupils: Sequence[tuple] = PUPILS, **changes: Any) -> bytes:
    """29 columns; dates of birth by turns as real dates and as text."""
    rows = []
    for index, pupil in enumerate(pupils):
        born = datetime.combine(pupil[4], datetime.min.time()) if index % 2 else f"{pupil[4]:%d.%m.%Y}"
        rows.append(pupil_row(pupil, **{"Дата рождения ученика": born, **changes}))
    return workbook({"Ученики": [PUPIL_HEADING, *rows]})


def representatives_xlsx(class_name: str = "7Б") -> bytes:
    """A row a guardian, a title above, the heading repeated; Воробьёв has a grandmother besides."""
    rows: list[list[Any]] = [[f"Список класса {class_name}"], REPRESENTATIVES_HEADING]
    for pupil in PUPILS:
        last, first, middle, sex, born, its_class, mother = pupil
        if its_class != class_name or not mother:
            continue
        start = [f"{last[0]}-{born.day}", "принят 01.09.2020", f"{last} {first} {middle}", sex, f"{born:%d.%m.%Y}",
                 SNILS.get(last)]  # fmt: skip
        rows.append([*start, "мать", " ".join(mother), "14.05.1984", phone_of(mother), None])
        if last == "Воробьёв":
            rows.append(REPRESENTATIVES_HEADING)
            rows.append([*start, "бабушка", "Воробьёва Клавдия Ивановна", "01.02.1955", "8 (8652) 67-46-30", None])
    return workbook({class_name: rows})


def pupils_csv(*, encoding: str = "cp1251", delimiter: str = ";") -> bytes:
    """Seven columns, with addresses."""
    rows: list[list[Any]] = [CSV_HEADING]
    for last, first, middle, sex, born, class_name, mother in PUPILS:
        parent = (" ".join(mother), phone_of(mother)) if mother else ("", "")
        address = f"г. Город, ул. Лесная, д. {born.day}"
        rows.append([f"{last} {first} {middle}", class_name, f"{born:%d.%m.%Y}", sex.lower(), *parent, address])
    return csv_bytes(rows, delimiter=delimiter, encoding=encoding)


def staff_xlsx() -> bytes:
    return workbook({"Сотрудники": [STAFF_HEADING, *STAFF]})


LESSONS = [
    # class, subject, group, teacher, [(day mask, number)]
    ("7Б", "Алгебра", "", "Орлова", [("10000", 1), ("00100", 2)]),
    ("7Б", "Информатика", "1 группа", "Соколов", [("10000", 2)]),
    ("7Б", "Информатика", "2 группа", "Орлова", [("10000", 2)]),
    ("7Б", "Физическая культура", "", "Соколов", [("10000", 3)]),
    ("2А", "Математика", "", "Чайкина", [("11111", 1)]),
]


def timetable_xml(lessons: Sequence[tuple] = LESSONS, *, encoding: str = "windows-1251") -> bytes:
    """An export of aSc Timetables."""
    teachers = {row[0]: f"*T{index}" for index, row in enumerate(STAFF)}
    classes = {name: f"*C{index}" for index, name in enumerate(dict.fromkeys(row[0] for row in lessons))}
    subjects = {name: f"*S{index}" for index, name in enumerate(dict.fromkeys(row[1] for row in lessons))}
    groups = {(name, ""): f"*G{index}" for index, name in enumerate(classes)}
    for class_name, _, group, _, _ in lessons:
        groups.setdefault((class_name, group), f"*G{len(groups)}")
    leaders = {row[5]: teachers[row[0]] for row in STAFF if row[5]}
    xml = [f'<?xml version="1.0" encoding="{encoding}"?>', '<timetable ascttversion="2023.9.1">', "<periods>"]
    xml += [f'<period name="{n}" period="{n}" starttime="{7 + n}:00" endtime="{7 + n}:40"/>' for n in range(1, 9)]
    xml += ["</periods>", "<subjects>"]
    xml += [f'<subject id="{key}" name="{name}" short="{name[:6]}"/>' for name, key in subjects.items()]
    xml += ["</subjects>", "<teachers>"]
    xml += [
        f'<teacher id="{teachers[row[0]]}" firstname="{row[1]} {row[2]}" lastname="{row[0]}" email="{row[4]}"/>'
        for row in STAFF if row[0] in {lesson[3] for lesson in lessons}
    ]  # fmt: skip
    xml += ["</teachers>", '<classrooms><classroom id="*R1" name="101" short="101"/></classrooms>', "<classes>"]
    xml += [f'<class id="{k}" name="{n}" teacherid="{leaders.get(n, "")}"/>' for n, k in classes.items()]
    xml += ["</classes>", "<groups>"]
    xml += [
        f'<group id="{key}" name="{group or "Весь класс"}" classid="{classes[name]}" entireclass="{int(not group)}" '
        f'divisiontag="{int(bool(group))}"/>'
        for (name, group), key in groups.items()
    ]
    xml += ["</groups>", "<lessons>"]
    cards = []
    for index, (class_name, subject, group, teacher, places) in enumerate(lessons):
        xml.append(
            f'<lesson id="*L{index}" classids="{classes[class_name]}" subjectid="{subjects[subject]}" '
            f'teacherids="{teachers[teacher]}" groupids="{groups[class_name, group]}" periodspercard="1"/>'
        )
        cards += [
            f'<card lessonid="*L{index}" classroomids="*R1" period="{number}" weeks="1" terms="1" days="{mask}"/>'
            for mask, number in places
        ]
    xml += ["</lessons>", "<cards>", *cards, "</cards>", "</timetable>"]
    return "\n".join(xml).encode("cp1251" if encoding == "windows-1251" else encoding)


MONTHS = {1: "Январь", 9: "Сентябрь", 10: "Октябрь", 11: "Ноябрь", 12: "Декабрь"}


def journal_sheet(
    subject: str,
    group: str,
    teacher: str,
    lessons: Sequence[tuple[date, int]],
    cells: dict[str, Sequence[Any]],
    *,
    class_name: str = "7Б",
    topics: bool = True,
) -> Rows:
    """One sheet: `cells` are pupil → values in the order of `lessons`."""
    months: list[Any] = [None, None]
    for index, (day, _) in enumerate(lessons):
        is_first = not index or lessons[index - 1][0].month != day.month
        months.append(MONTHS[day.month] if is_first else None)
    rows: list[list[Any]] = [
        ["Класс", class_name], ["Предмет", subject], ["Группа", group or "весь класс"], ["Учитель", teacher],
        [], months,
        ["№", "Фамилия, имя", *(day.day for day, _ in lessons)],
        [None, "№ урока", *(number for _, number in lessons)],
    ]  # fmt: skip
    rows += [[index, name, *values] for index, (name, values) in enumerate(cells.items(), 1)]
    if topics:
        rows += [[], ["№", "Дата", "Тема урока", "Домашнее задание"]]
        rows += [
            [index, f"{day:%d.%m.%Y}", f"Тема {index}", f"§ {index}" if index % 2 else None]
            for index, (day, _) in enumerate(lessons, 1)
        ]
    return rows


MON_7, WED_9, MON_14 = date(2026, 9, 7), date(2026, 9, 9), date(2026, 9, 14)
HALF_1 = ["Аистова Вера", "Берёзкин Фёдор", "Воробьёв Глеб"]
HALF_2 = ["Гусева Дарья", "Дятлов Егор", "Ежова Зоя"]
ALGEBRA = {
    "Аистова Вера": [5, None, "4/5"],
    "Берёзкин Фёдор": ["Б", "Б", 4],
    "Воробьёв Глеб": ["Н", 3, "Н 4"],
    "Гусева Дарья": [None, "О", "."],
    "Дятлов Егор": ["У", "осв", "зач"],
    "Ежова Зоя": [None, None, "н/а"],
}


def journal_xlsx(algebra: dict[str, Sequence[Any]] = ALGEBRA) -> bytes:
    """7Б: a subject of the whole class, one in two subgroups, PE.

    Берёзкин misses the whole of 7 September (three lessons, Б); Воробьёв two lessons of it (Н); Дятлов one (У).
    """
    informatics = [(MON_7, 2), (MON_14, 2)]
    sport = {name: [None, None] for name in [*HALF_1, *HALF_2]}
    sport["Берёзкин Фёдор"] = ["Б", None]
    sport["Гусева Дарья"] = ["осв", "осв"]
    one = {"Аистова Вера": [4, None], "Берёзкин Фёдор": ["Б", 5], "Воробьёв Глеб": ["Н", None]}
    two = {"Гусева Дарья": [3, None], "Дятлов Егор": [None, 2], "Ежова Зоя": [5, 5]}
    orlova, sokolov = "Орлова Мария Сергеевна", "Соколов Юрий Дмитриевич"
    return workbook({
        "Алгебра": journal_sheet("Алгебра", "", orlova, [(MON_7, 1), (WED_9, 2), (MON_14, 1)], algebra),
        "Информатика (1 группа)": journal_sheet("Информатика", "1 группа", sokolov, informatics, one),
        "Информатика (2 группа)": journal_sheet("Информатика", "2 группа", orlova, informatics, two),
        "Физическая культура": journal_sheet("Физическая культура", "", sokolov, [(MON_7, 3), (MON_14, 3)], sport),
    })  # fmt: skip


def summary_xlsx(period: str = "1 четверть") -> bytes:
    """Period marks of 7Б, one н/а, one осв, one empty cell."""
    heading = ["№", "Фамилия, имя, отчество", "Алгебра", "Информатика", "Физическая культура"]
    values = [(5, 4, 5), (4, "н/а", 4), (3, 3, 5), (4, 5, "осв"), (2, 3, None), (5, 5, 5)]
    rows = [
        [index, f"{p[0]} {p[1]} {p[2]}", *marks]
        for index, (p, marks) in enumerate(zip(PUPILS[:6], values, strict=True), 1)
    ]
    title = ["Сводная ведомость учёта успеваемости", None, "7Б", period]
    return workbook({"Сводная ведомость": [title, heading, *rows]})


def folder() -> list[tuple[str, bytes]]:
    """All shapes at once, as a school would bring them."""
    return [
        ("ученики.xlsx", pupils_xlsx()),
        ("список.csv", pupils_csv()),
        ("представители 7Б.xlsx", representatives_xlsx()),
        ("сотрудники.xlsx", staff_xlsx()),
        ("расписание.xml", timetable_xml()),
        ("журнал 7Б.xlsx", journal_xlsx()),
        ("ведомость 7Б.xlsx", summary_xlsx()),
    ]


# ---- files that must be refused ----


def zip_of(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def zip_bomb() -> bytes:
    """A workbook whose sheet unpacks to 200 MB of zeros."""
    return zip_of({
        "[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>",
        "xl/worksheets/sheet1.xml": b"0" * (200 * 2**20),
    })  # fmt: skip


def encrypted_xlsx() -> bytes:
    """What a password-protected workbook begins with: an OLE container with the encrypted package inside."""
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    return header + "EncryptedPackage".encode("utf-16-le") + bytes(512)


def old_xls() -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "Workbook".encode("utf-16-le") + bytes(512)


def billion_laughs_xml() -> bytes:
    return (
        b'<?xml version="1.0"?><!DOCTYPE timetable [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
        b"<timetable><subjects>&b;</subjects></timetable>"
    )


def xlsx_with_entities() -> bytes:
    """A good workbook whose sheet was replaced by one with entities."""
    good = workbook({"Лист1": [["ФИО", "Класс", "Дата рождения"]]})
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    members["xl/worksheets/sheet1.xml"] = b'<!DOCTYPE x [<!ENTITY a "ha">]>' + sheet[sheet.index(b"<worksheet") :]
    return zip_of(members)
