"""Is this sheet ours and unaltered? By the number and the code on it, by the text of its QR code, or by its file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from django.db.models import QuerySet

from reports.models import Extract

LARGEST_FILE = 10 * 1024 * 1024
# «Выписка 7Б-118 от 23.11.2026 код 1A2B3C4D5E6F», or a number and a code typed by hand.
_NUMBER = re.compile(r"(?:\d{1,2}[А-ЯЁа-яёA-Za-z]-)?(\d{1,9})\b")
_CODE = re.compile(r"\b([0-9A-Fa-f]{12})\b")


class Verdict(StrEnum):
    GENUINE = "genuine"
    ALTERED = "altered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Checked:
    """`row` is the line of the register where the verdict is genuine; nothing is told of a line that does not fit."""

    verdict: Verdict
    row: Extract | None = None


class CannotCheck(Exception):
    """What was given cannot be checked; the sentence is for the person."""


def check_text(rows: QuerySet[Extract], text: str) -> Checked:
    """By the words of the QR code, or by number and code in one line. `rows` are those the person may see."""
    code = _CODE.search(text)
    number = _NUMBER.search(text.replace(code[1], " ") if code else text)
    if not code or not number:
        raise CannotCheck(
            "Введите номер и код с листа: например, «7Б-118 1A2B3C4D5E6F». Их же показывает камера телефона по QR-коду."
        )
    row = rows.filter(sequence=int(number[1])).first()
    if row is None:
        return Checked(Verdict.UNKNOWN)
    return Checked(Verdict.GENUINE, row) if row.code == code[1].upper() else Checked(Verdict.ALTERED)


def check_file(rows: QuerySet[Extract], content: bytes) -> Checked:
    """By the file: the same bytes have the same digest."""
    if len(content) > LARGEST_FILE:
        raise CannotCheck("Файл больше 10 МБ: выписка столько не занимает. Выберите PDF самой выписки.")
    if not content.startswith(b"%PDF-"):
        raise CannotCheck("Это не PDF. Выберите файл выписки, каким его сохранила программа.")
    row = rows.filter(sha256=sha256(content).hexdigest()).first()
    return Checked(Verdict.GENUINE, row) if row else Checked(Verdict.UNKNOWN)
