"""What is taught: subjects, weekly hours by grade, who may teach what, how a class is split."""

from __future__ import annotations

from dataclasses import dataclass

RUSSIAN, MATHS, LANGUAGE, INFORMATICS = "Русский язык", "Математика", "Иностранный язык (английский)", "Информатика"
CRAFT, SPORT, TALKS = "Труд (технология)", "Физическая культура", "Разговоры о важном"
PROJECT = "Индивидуальный проект"  # passed or not, without figures


@dataclass(frozen=True)
class Info:
    """A subject: its short name, and the chair whose teachers give it."""

    short: str
    chair: str
    has_marks: bool = True
    has_controls: bool = True


SUBJECTS: dict[str, Info] = {
    RUSSIAN: Info("рус", "rus"),
    "Литература": Info("лит", "rus"),
    "Литературное чтение": Info("чт", "primary"),
    "Окружающий мир": Info("окр", "primary"),
    MATHS: Info("мат", "maths"),
    "Алгебра": Info("алг", "maths"),
    "Геометрия": Info("геом", "maths"),
    "Вероятность и статистика": Info("вер", "maths"),
    LANGUAGE: Info("анг", "language"),
    INFORMATICS: Info("инф", "informatics"),
    "История": Info("ист", "history"),
    "Обществознание": Info("общ", "history"),
    "ОДНКНР": Info("однк", "history", has_controls=False),
    "ОРКСЭ": Info("оркс", "primary", has_marks=False, has_controls=False),
    "География": Info("геог", "geography"),
    "Биология": Info("био", "biology"),
    "Физика": Info("физ", "physics"),
    "Химия": Info("хим", "chemistry"),
    "Изобразительное искусство": Info("изо", "art", has_controls=False),
    "Музыка": Info("муз", "music", has_controls=False),
    CRAFT: Info("труд", "craft", has_controls=False),
    SPORT: Info("физк", "sport", has_controls=False),
    "ОБЗР": Info("обзр", "safety", has_controls=False),
    PROJECT: Info("инд", "informatics", has_controls=False),
    TALKS: Info("разг", "talks", has_marks=False, has_controls=False),
}

# Weekly hours without «Разговоры о важном»; the sums are the weekly maxima of domain.md §8.
_PRIMARY = {RUSSIAN: 5, "Литературное чтение": 4, MATHS: 4, "Окружающий мир": 2, "Изобразительное искусство": 1}
_PRIMARY |= {"Музыка": 1, CRAFT: 1, SPORT: 3}
_MIDDLE = {"Изобразительное искусство": 1, "Музыка": 1, CRAFT: 2, SPORT: 3, LANGUAGE: 3}
_THREE_MATHS = {"Алгебра": 3, "Геометрия": 2, "Вероятность и статистика": 1, INFORMATICS: 1}
_SENIOR = {
    RUSSIAN: 2, "Литература": 3, LANGUAGE: 3, "Алгебра": 4, "Геометрия": 3, "Вероятность и статистика": 1,
    INFORMATICS: 2, "История": 2, "Обществознание": 4, "География": 1, "Физика": 2, "Химия": 1, "Биология": 1,
    "ОБЗР": 1, PROJECT: 1, SPORT: 3,
}  # fmt: skip

HOURS: dict[int, dict[str, int]] = {
    1: _PRIMARY,
    2: _PRIMARY | {LANGUAGE: 2},
    3: _PRIMARY | {LANGUAGE: 2},
    4: _PRIMARY | {"Литературное чтение": 3, LANGUAGE: 2, "ОРКСЭ": 1},
    5: _MIDDLE | {RUSSIAN: 5, "Литература": 3, MATHS: 5, "История": 3, "География": 1, "Биология": 1, "ОДНКНР": 1},
    6: _MIDDLE
    | {RUSSIAN: 6, "Литература": 3, MATHS: 5, "История": 3, "Обществознание": 1, "География": 1, "Биология": 1},
    7: _MIDDLE
    | _THREE_MATHS
    | {RUSSIAN: 4, "Литература": 2, "История": 3, "Обществознание": 1, "География": 2, "Физика": 2, "Биология": 1},
    8: _THREE_MATHS
    | {RUSSIAN: 3, "Литература": 2, LANGUAGE: 3, "История": 3, "Обществознание": 1, "География": 2, "Физика": 2}
    | {"Химия": 2, "Биология": 2, "Музыка": 1, "ОБЗР": 1, CRAFT: 1, SPORT: 3},
    9: _THREE_MATHS
    | {RUSSIAN: 3, "Литература": 3, LANGUAGE: 3, "История": 3, "Обществознание": 1, "География": 2, "Физика": 3}
    | {"Химия": 2, "Биология": 2, "ОБЗР": 1, SPORT: 3},
    10: _SENIOR,
    11: _SENIOR,
}

# In grades 1–4 the class teacher gives everything but these.
PRIMARY_SPECIALISTS = {LANGUAGE, "Музыка", SPORT}

SMALL_CLASSES = ["2А", "5А", "7А", "7Б", "9А", "10А"]
FULL_CLASSES = [
    f"{grade}{letter}" for grade in range(1, 12) for letter in ("АБВГ" if grade <= 9 else "АБ")
]  # fmt: skip


def division(subject: str, grade: int) -> list[str]:
    """Names of the groups a class is split into for the subject, or nothing."""
    if subject == LANGUAGE or (subject == INFORMATICS and grade >= 7):
        return ["1 группа", "2 группа"]
    if subject == CRAFT and 5 <= grade <= 8:
        return ["девочки", "мальчики"]
    return []


def chair_of(subject: str, grade: int, group: str = "") -> str:
    """Which teachers the course needs."""
    if grade <= 4 and subject not in PRIMARY_SPECIALISTS:
        return "primary"
    if subject == CRAFT:
        return "craft_boys" if group == "мальчики" else "craft_girls"
    return SUBJECTS[subject].chair


CHAIRS = {
    "primary": "учитель начальных классов",
    "rus": "учитель русского языка и литературы",
    "maths": "учитель математики",
    "language": "учитель английского языка",
    "informatics": "учитель информатики",
    "history": "учитель истории и обществознания",
    "geography": "учитель географии",
    "biology": "учитель биологии",
    "physics": "учитель физики",
    "chemistry": "учитель химии",
    "art": "учитель изобразительного искусства",
    "music": "учитель музыки",
    "craft_girls": "учитель труда",
    "craft_boys": "учитель труда",
    "sport": "учитель физической культуры",
    "safety": "преподаватель-организатор ОБЗР",
}
MEN_CHAIRS = {"craft_boys", "safety"}  # elsewhere most teachers are women
ROOMS = {"sport": "спортзал", "craft_boys": "мастерская", "craft_girls": "каб. труда", "music": "муз."}
