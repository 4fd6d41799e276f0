"""Names of people and of classes, as they are really typed."""

import re

from journal.names import BEFORE, LATIN_TWINS, PATRONYMIC, check_name, tidy_name

from .errors import BadValue
from .rows import PersonName

__all__ = ["check_name", "parse_class", "split_full_name", "tidy_name"]

CLASS = re.compile(r"(\d{1,2})([А-ЯЁ]{0,3})")


def split_full_name(text: str, what: str = "ФИО") -> PersonName:
    """«Иванов Иван Иванович» → three parts; the patronymic may be absent, the surname may be «ван дер Ваальс»."""
    parts = check_name(text, what).split()
    if len(parts) < 2:
        raise BadValue(f"{what} «{text}»: только одно слово.", "Ожидаются фамилия и имя через пробел.")
    lead = 0
    while lead < len(parts) - 2 and parts[lead].casefold() in BEFORE:
        lead += 1
    if not lead:
        return PersonName(parts[0], parts[1], " ".join(parts[2:]))
    return _split_with_particle(parts, lead, text, what)


def _split_with_particle(parts: list[str], lead: int, text: str, what: str) -> PersonName:
    """«Ван Дейк Иван» or «Ван Ли Иванович»? The patronymic tells; without one only the usual spelling does."""
    has_patronymic = bool(PATRONYMIC.search(parts[-1].casefold()))
    names = len(parts) - lead - has_patronymic
    if names == 2:
        return PersonName(" ".join(parts[: lead + 1]), parts[lead + 1], " ".join(parts[lead + 2 :]))
    if names == 1 and lead == 1:
        return PersonName(parts[0].capitalize(), parts[1], parts[2])
    raise BadValue(
        f"{what} «{text}»: непонятно, где кончается фамилия.", "Запишите фамилию, имя и отчество в трёх столбцах."
    )


def parse_class(text: str) -> str:
    """«7 «Б»», «7-б», «7 Б класс» → 7Б."""
    bare = re.sub(r"класса?", "", text.casefold())
    bare = re.sub(r"[\s«»\"'“”„`.\-–—_]", "", bare).upper().translate(LATIN_TWINS)
    found = CLASS.fullmatch(bare)
    if not found or not 1 <= int(found[1]) <= 11:
        raise BadValue(f"Класс «{text}» не понят.", "Ожидается номер от 1 до 11 и буква, например 7Б.")
    return f"{int(found[1])}{found[2]}"
