"""Words as people type them, folded so that a search finds them (domain.md §11)."""

import re
from decimal import ROUND_HALF_UP, Decimal

_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """«  Фёдоров   ИВАН » → «федоров иван»: the form for search, order and matching.

    SQLite folds no Cyrillic case and both databases order Ё badly, so the folded form is stored beside the name.
    """
    return _SPACES.sub(" ", text).strip().casefold().replace("ё", "е")


def initials(last: str, first: str, patronymic: str = "") -> str:
    """«Орлова», «Мария», «Сергеевна» → «Орлова М. С.»."""
    return " ".join([last, *(f"{name[0]}." for name in (first, patronymic) if name)])


def plural(number: int, forms: str) -> str:
    """The word that fits the number: `plural(n, "ученик,ученика,учеников")`."""
    one, few, many = forms.split(",")
    number = abs(number)
    if number % 100 in range(11, 15):
        return many
    if number % 10 == 1:
        return one
    return few if number % 10 in (2, 3, 4) else many


def row_number(text: str) -> int | None:
    """The number of a row that an address or a form names; None for anything that cannot be one."""
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def decimal_text(value: Decimal, places: int = 2) -> str:
    """«4,08», a half rounded up: what the template filter `decimal_comma` writes, for texts made in Python."""
    return f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}".replace(".", ",")
