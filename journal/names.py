"""Names of people as they are really typed: what is tidied by itself, and what is no name."""

import re

from journal.values import BadValue

LATIN_TWINS = str.maketrans("ABCEHKMOPTXaceopxyk", "АВСЕНКМОРТХасеорхук")
NAME = re.compile(r"[А-ЯЁа-яё][А-ЯЁа-яё'’`.()\- ]*")
LATIN_NAME = re.compile(r"[A-Za-zÀ-ž][A-Za-zÀ-ž'’\- ]*")
# Parts of a name that stay small: Алиев Руслан Мамед оглы.
SMALL_PARTS = {"оглы", "кызы", "гызы", "угли", "улы", "заде", "де", "фон", "ван", "дер"}


def tidy_name(text: str) -> str:
    """ИВАНОВА-ПЕТРОВА → Иванова-Петрова, «И В А Н О В» → Иванов; a name typed normally stays."""
    text = _join_spaced_letters(text)
    text = " ".join(_untwin(word) for word in text.split())
    if text.isupper() or text.islower():
        text = " ".join(_capital(word) for word in text.split())
    return re.sub(r"\s*-\s*", "-", text)


def _join_spaced_letters(text: str) -> str:
    """Letters typed with single spaces are one word; two spaces divide words."""
    if not re.fullmatch(r"\s*(?:\w\s+){2,}\w\s*", text):
        return text
    return " ".join("".join(word.split()) for word in re.split(r"\s{2,}", text.strip()))


def _untwin(word: str) -> str:
    """A Latin letter inside a Cyrillic word is a slip of the keyboard layout, invisible to the eye."""
    return word.translate(LATIN_TWINS) if re.search("[а-яё]", word, re.IGNORECASE) else word


def _capital(word: str) -> str:
    if word.casefold() in SMALL_PARTS:
        return word.lower()
    return "-".join(part.capitalize() for part in word.split("-"))


def check_name(text: str, what: str) -> str:
    """A name part that looks like a name, tidied; else says what is wrong."""
    name = tidy_name(text)
    if not (NAME.fullmatch(name) or LATIN_NAME.fullmatch(name)):
        if "?" in name or "�" in name:
            raise BadValue(
                f"{what} «{text}»: буквы потеряны при сохранении файла.",
                "Сохраните исходный файл заново в кодировке UTF-8 или Windows-1251.",
            )
        raise BadValue(f"{what} «{text}» не похоже на имя человека.", "Ожидаются русские буквы, пробел и дефис.")
    if len(name) > 60:
        raise BadValue(f"{what} слишком длинное: {len(name)} знаков.", "Ожидается не больше 60 знаков.")
    return name
