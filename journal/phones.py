"""Telephone numbers as people type them, and as the register keeps them."""

import re

from journal.text import plural

NATIONAL = 10
LONG_ENOUGH = 5
"""Digits that a number of a town without its code has at least."""


def written_phone(text: str) -> str:
    """«8(935)4762524» → «+7 935 476-25-24»; empty for empty.

    ValueError in words for the person when the digits are too few or too many.
    """
    line = " ".join(text.split())
    if not line:
        return ""
    digits = re.sub(r"\D", "", line)
    if re.search(r"[a-zа-яё]{3,}", line, re.IGNORECASE) or re.search(r"[,;]", line):
        raise ValueError("Укажите один номер, без слов: например, +7 935 476-25-24.")
    if len(digits) == NATIONAL + 1 and digits[0] in "78":
        digits = digits[1:]
    if len(digits) == NATIONAL:
        town = re.search(r"\((\d{3,5})\)", line)
        code = town[1] if town and digits.startswith(town[1]) else digits[:3]
        rest = digits[len(code) :]
        return f"+7 {code} {rest[:-4]}-{rest[-4:-2]}-{rest[-2:]}"
    if LONG_ENOUGH <= len(digits) <= 7 and not line.startswith("+"):
        return f"{digits[:-4]}-{digits[-4:-2]}-{digits[-2:]}"
    if line.startswith("+") and NATIONAL < len(digits) <= 15:
        return f"+{digits}"
    count = f"{len(digits)} {plural(len(digits), 'цифра,цифры,цифр')}"
    raise ValueError(f"В номере {count}, а нужно 10 после +7 или 8: например, +7 935 476-25-24.")


def phone_key(text: str) -> str:
    """The digits by which two numbers are the same; empty for what is no number."""
    digits = re.sub(r"\D", "", text)
    return digits[-NATIONAL:] if len(digits) >= LONG_ENOUGH else ""
