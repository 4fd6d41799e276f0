"""Names of people as they are really typed: what is tidied by itself, and what is no name."""

import re

from journal.values import BadValue

LATIN_TWINS = str.maketrans("ABCEHKMOPTXaceopxyk", "АВСЕНКМОРТХасеорхук")
NAME = re.compile(r"[А-ЯЁа-яё][А-ЯЁа-яё'’`.()\- ]*")
LATIN_NAME = re.compile(r"[A-Za-zÀ-ž][A-Za-zÀ-ž'’\- ]*")
# Parts of a name that stay small. Before a surname: ван дер Ваальс; after a name: Алиев Руслан Мамед оглы.
BEFORE = {"де", "да", "ди", "дю", "фон", "ван", "дер", "ден", "тер", "эль", "аль"}
AFTER = {"оглы", "оглу", "кызы", "гызы", "угли", "углы", "улы", "заде"}
PATRONYMIC = re.compile(r"(?:ич|[её]вна|овна|ична)$")


def tidy_name(text: str, *, is_part: bool = False) -> str:
    """ИВАНОВА-ПЕТРОВА → Иванова-Петрова, «И В А Н О В» → Иванов, «ИВАНОВ Иван» → Иванов Иван; «де Голль» stays.

    `is_part`: a surname, a name or a patronymic alone, so «ВАН ДЕЙК» is not somebody whose surname is Ван.
    """
    words = [_untwin(word) for word in _join_spaced_letters(re.sub(r"\s*-\s*", "-", text)).split()]
    if any(word[0].isupper() and word[1:].islower() for word in words):
        # Somebody who writes «Голль» writes «де» on purpose.
        words = [word if word in BEFORE | AFTER else _cased(word, at, len(words)) for at, word in enumerate(words)]
        return " ".join(words)
    return " ".join(_cased(word, at, len(words) + is_part) for at, word in enumerate(words))


def _join_spaced_letters(text: str) -> str:
    """Letters typed with single spaces are one word; two spaces divide words."""
    if not re.fullmatch(r"\s*(?:\w\s+){2,}\w\s*", text):
        return text
    return " ".join("".join(word.split()) for word in re.split(r"\s{2,}", text.strip()))


def _untwin(word: str) -> str:
    """A Latin letter inside a Cyrillic word is a slip of the keyboard layout, invisible to the eye."""
    return word.translate(LATIN_TWINS) if re.search("[а-яё]", word, re.IGNORECASE) else word


def _cased(word: str, at: int, count: int) -> str:
    """A word typed all in capitals or all in small letters gets its usual form; any other is the person's own."""
    if not (word.isupper() or word.islower()) or len(word.rstrip(".")) < 2:
        return word
    small = word.casefold()
    # «ВАН ЛИ» is a surname and a name; only before at least two more words can it be a particle.
    if (at and small in AFTER) or (small in BEFORE and count - at > 2):
        return small
    parts = small.split("-")
    return "-".join(part if number and part in AFTER else part.capitalize() for number, part in enumerate(parts))


def check_name(text: str, what: str, *, is_part: bool = False) -> str:
    """A name, or a part of one, that looks like a name, tidied; else says what is wrong."""
    name = tidy_name(text, is_part=is_part)
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
