"""Names of people and of classes, as they are really typed."""

import re

from journal.names import LATIN_TWINS, check_name, tidy_name

from .errors import BadValue
from .rows import PersonName

__all__ = ["check_name", "parse_class", "split_full_name", "tidy_name"]

CLASS = re.compile(r"(\d{1,2})([А-ЯЁ]{0,3})")


def split_full_name(text: str, what: str = "ФИО") -> PersonName:
    """«Иванов Иван Иванович» → three parts; the patronymic may be absent."""
    parts = check_name(text, what).split()
    if len(parts) < 2:
        raise BadValue(f"{what} «{text}»: только одно слово.", "Ожидаются фамилия и имя через пробел.")
    return PersonName(parts[0], parts[1], " ".join(parts[2:]))


def parse_class(text: str) -> str:
    """«7 «Б»», «7-б», «7 Б класс» → 7Б."""
    bare = re.sub(r"класса?", "", text.casefold())
    bare = re.sub(r"[\s«»\"'“”„`.\-–—_]", "", bare).upper().translate(LATIN_TWINS)
    found = CLASS.fullmatch(bare)
    if not found or not 1 <= int(found[1]) <= 11:
        raise BadValue(f"Класс «{text}» не понят.", "Ожидается номер от 1 до 11 и буква, например 7Б.")
    return f"{int(found[1])}{found[2]}"
