"""Words as people type them, folded so that a search finds them (domain.md §11)."""

import re

_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """«  Фёдоров   ИВАН » → «федоров иван»: the form for search, order and matching.

    SQLite folds no Cyrillic case and both databases order Ё badly, so the folded form is stored beside the name.
    """
    return _SPACES.sub(" ", text).strip().casefold().replace("ё", "е")


def initials(last: str, first: str, patronymic: str = "") -> str:
    """«Орлова», «Мария», «Сергеевна» → «Орлова М. С.»."""
    return " ".join([last, *(f"{name[0]}." for name in (first, patronymic) if name)])
