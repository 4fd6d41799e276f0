"""Single values as people type them: each function takes what a cell or a field holds and returns what it means.

The pages of people and the import of files read phones, dates and СНИЛС by these same functions. What cannot be
understood raises BadValue with words for the person.
"""

import re
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from journal.crypto import snils_is_valid
from journal.text import plural

NOTHING = {"", "-", "–", "—", "нет", "не указан", "не указано", "не указана", "отсутствует", "н/д"}
MONTHS = {
    "январ": 1, "феврал": 2, "март": 3, "апрел": 4, "ма": 5, "июн": 6,
    "июл": 7, "август": 8, "сентябр": 9, "октябр": 10, "ноябр": 11, "декабр": 12,
}  # fmt: skip
DATE_HINT = "Ожидается ДД.ММ.ГГГГ, например 05.09.2013."
NUMERIC_DATE = re.compile(r"(?<!\d)(\d{1,2})\s*[./\-]\s*(\d{1,2})\s*[./\-]\s*(\d{4}|\d{2})(?!\d)")
ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
WORD_DATE = re.compile(r"(?<!\d)(\d{1,2})\s+([а-яё]{3,9})\s+(\d{4})", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")
SEXES = {"м": "m", "муж": "m", "мужской": "m", "мальчик": "m", "m": "m",
         "ж": "f", "жен": "f", "женский": "f", "девочка": "f", "f": "f"}  # fmt: skip
FORMULA_SIGNS = tuple("=+-@")
# What a year of two digits may mean.
ANY_AGE, PUPIL_AGES, GUARDIAN_AGES = range(0, 100), range(3, 30), range(14, 100)
RECENT_YEARS = 30
# Excel counts days from here (its 1900 is a leap year, which moves the zero by two days).
EXCEL_EPOCH = date(1899, 12, 30)
SERIAL_DATES = range(3_000, 80_000)  # 1908 … 2119


class BadValue(Exception):
    """A value cannot be understood: what is wrong and what was expected, in words."""

    def __init__(self, what: str, expected: str = ""):
        super().__init__(what)
        self.what = what
        self.expected = expected

    @property
    def sentence(self) -> str:
        return f"{self.what} {self.expected}".strip()


def text_of(value: object) -> str:
    """A cell as one line of text: numbers without «.0», spaces single; refuses formulas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if not isinstance(value, str | int | float):
        raise _formula()
    line = str(value).replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "").strip()
    if line.startswith("'") and line[1:2] in FORMULA_SIGNS:
        line = line[1:]  # how our own files, and careful people, keep «+7 …» from being run as a formula
    if line.startswith("="):
        raise _formula()
    return line


def _formula() -> BadValue:
    return BadValue(
        "В ячейке формула, а нужен готовый текст.",
        "Скопируйте столбец и вставьте его «только значения», затем сохраните файл.",
    )


def one_line(value: object) -> str:
    """Text with every run of white space made one space."""
    return " ".join(text_of(value).split())


def optional(value: object) -> str:
    """One line, or nothing for «—», «нет» and their kind."""
    line = one_line(value)
    return "" if line.casefold() in NOTHING else line


# How much fits into the register.
SUBJECT_LETTERS, GROUP_LETTERS = 100, 40


def limited(value: object, limit: int, what: str) -> str:
    """Optional text that must fit its place in the register."""
    line = optional(value)
    if len(line) > limit:
        raise BadValue(f"{what}: {len(line)} знаков.", f"Помещается не больше {limit}: сократите.")
    return line


def parse_date(value: object, what: str, *, born: bool = False, ages: range = ANY_AGE) -> date | None:
    """A real date, an Excel serial number, or text with a date inside («принят 01.09.2020»).

    A year of two digits is the one that can be: of a birth date, that gives one of the `ages`; of any other, one of
    the last or the coming year's. Where none can be, the person writes four digits.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    line = optional(value)
    if not line:
        return None
    if re.fullmatch(r"\d{4,5}(\.0+)?", line) and int(float(line)) in SERIAL_DATES:
        return EXCEL_EPOCH + timedelta(days=int(float(line)))
    return _date_in_text(line, what, ages if born else None)


def _date_in_text(line: str, what: str, ages: range | None) -> date:
    month: int | None
    if found := ISO_DATE.search(line):
        year, month, day = (int(part) for part in found.groups())
    elif found := NUMERIC_DATE.search(line):
        day, month, year = (int(part) for part in found.groups())
        year = year if len(found[3]) == 4 else _century(year, line, what, ages)
    elif (found := WORD_DATE.search(line)) and (month := month_number(found[2])):
        day, year = int(found[1]), int(found[3])
    else:
        raise BadValue(f"{what}: «{line}» не дата.", DATE_HINT)
    try:
        return date(year, month or 0, day)
    except ValueError:
        raise BadValue(f"{what}: такого дня нет — «{line}».", DATE_HINT) from None


def _century(year: int, line: str, what: str, ages: range | None) -> int:
    """05.09.13 is 2013; a guardian born in 75 was born in 1975."""
    this_year = timezone.localdate().year
    possible = range(this_year - RECENT_YEARS, this_year + 2)
    if ages is not None:
        possible = range(this_year - ages[-1], this_year - ages[0] + 1)
    found = [full for full in (2000 + year, 1900 + year) if full in possible]
    if not found:
        raise BadValue(
            f"{what}: «{line}» — ни {1900 + year}, ни {2000 + year} год не подходит.", "Запишите год четырьмя цифрами."
        )
    return found[0]


def month_number(word: str) -> int | None:
    """«Сентябрь», «сентября», «сент.» → 9."""
    word = word.casefold().strip(" .")
    if word.startswith("ма") and word not in ("май", "мая", "мае"):
        return 3 if word in ("мар", "март", "марта", "марте") else None  # «Майя» is a name
    for stem, number in MONTHS.items():
        if word.startswith(stem) and len(word) <= len(stem) + 2:
            return number
    short = [number for stem, number in MONTHS.items() if len(word) >= 3 and stem.startswith(word)]
    return short[0] if len(short) == 1 else None


def parse_sex(value: object, what: str = "Пол") -> str:
    """М, муж, мужской → m; Ж, жен, женский → f."""
    line = optional(value).casefold().strip(". ")
    if not line:
        return ""
    if line not in SEXES:
        raise BadValue(f"{what}: «{line}» не понят.", "Ожидается М или Ж.")
    return SEXES[line]


def parse_phone(value: object, what: str = "Телефон") -> str:
    """Phones of all shapes → +7 935 476-25-24; of several in one cell the first is taken."""
    line = optional(value)
    if not line:
        return ""
    first = re.split(r"[,;/\n]|\sили\s", line)[0]
    if re.search(r"[a-zа-яё]{4,}", first, re.IGNORECASE):
        raise BadValue(f"{what}: «{line}» не номер.", "Ожидается номер, например +7 935 476-25-24.")
    digits = re.sub(r"\D", "", re.sub(r"(?<=\d{10})[.,]0+$", "", first.strip()))
    if len(digits) == 11 and digits[0] in "78":
        digits = digits[1:]
    if len(digits) == 10:
        town = re.search(r"\((\d{3,5})\)", first)
        if town and digits.startswith(town[1]):  # a town's code keeps its length: +7 8652 67-46-30
            rest = digits[len(town[1]) :]
            return f"+7 {town[1]} {rest[:-4]}-{rest[-4:-2]}-{rest[-2:]}"
        return f"+7 {digits[:3]} {digits[3:6]}-{digits[6:8]}-{digits[8:]}"
    if len(digits) in (5, 6, 7) and not first.strip().startswith("+"):  # a town number without the code of the town
        return f"{digits[:-4]}-{digits[-4:-2]}-{digits[-2:]}"
    # More digits after +7 are an extension or a slip: nothing is dialled by them.
    if first.strip().startswith("+") and not digits.startswith("7") and 11 <= len(digits) <= 15:
        return f"+{digits}"
    raise BadValue(
        f"{what}: в «{line}» {len(digits)} {plural(len(digits), 'цифра,цифры,цифр')}.",
        "Ожидается 10 цифр после +7 или 8, например +7 935 476-25-24.",
    )


def parse_email(value: object, what: str = "E-mail") -> str:
    """An address, or an empty string for an empty cell."""
    line = optional(value)
    if line and not EMAIL.fullmatch(line):
        raise BadValue(f"{what}: «{line}» не адрес почты.", "Ожидается адрес вида name@example.org.")
    return limited(line, 254, what)


def parse_snils(value: object) -> str:
    """Eleven digits with a right control number → 088-377-768 40."""
    line = optional(value)
    if not line or re.search(r"[•*]{3}", line):  # masked, as lists show it: that says nothing
        return ""
    digits = re.sub(r"\D", "", line)
    if isinstance(value, int | float):
        digits = digits.zfill(11)  # as a number the cell has lost its leading zeros
    if len(digits) != 11 or re.search(r"[^\d\s\-–.]", line):
        raise BadValue(f"СНИЛС «{line}»: не 11 цифр.", "Ожидается вид 123-456-789 00.")
    if not int(digits) or not snils_is_valid(digits):
        raise BadValue(f"СНИЛС «{line}»: контрольное число не сходится.", "Ошибка в цифре: сверьте с документом.")
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:9]} {digits[9:]}"


def parse_time(value: object) -> time | None:
    """«8:30» or «08.30:00»; None for anything else."""
    found = re.fullmatch(r"(\d{1,2})[:.](\d{2})(?::\d{2})?", text_of(value))
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))
