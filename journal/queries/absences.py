"""Absence letters for pages of the journal, through the reverse relations of the pupil.

`attendance` stands above this app and is not imported: its models are met as what points to `Pupil`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from journal.models import Pupil

WHOLE_DAY = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """«Б» with its reason; the reason is also the name of its colour."""

    sign: str
    reason: str
    word: str


@dataclass(frozen=True, slots=True)
class LetterChange:
    """One step in the history of a place: who put which letter instead of which."""

    at: datetime
    by: str
    place: str
    old: str
    new: str
    source: str


@cache
def letters() -> dict[str, Letter]:
    """Reason → letter, as the model of absences spells them."""
    absence: Any = _absences().model
    reasons = absence._meta.get_field("reason").choices
    return {value: Letter(absence(reason=value).letter, value, label) for value, label in reasons}


def letters_between(pupil_ids: Collection[int], start: date, end: date) -> dict[int, dict[tuple[date, int], Letter]]:
    """pupil id → (day, lesson number or WHOLE_DAY) → letter. One query."""
    known = letters()
    found: dict[int, dict[tuple[date, int], Letter]] = defaultdict(dict)
    rows = _absences().filter(pupil__in=pupil_ids, date__range=(start, end))
    for pupil_id, day, lesson, reason in rows.values_list("pupil_id", "date", "lesson", "reason"):
        found[pupil_id][day, lesson] = known[reason]
    return found


def letter_at(marks: dict[tuple[date, int], Letter], day: date, lesson: int) -> Letter | None:
    """What stands at the lesson: its own letter, else the one of the whole day (domain.md §2)."""
    return marks.get((day, lesson)) or marks.get((day, WHOLE_DAY))


def history_at(pupil: Pupil, day: date, lesson: int) -> list[LetterChange]:
    """Changes of the lesson's letter and of the whole day's, newest first. One query."""
    known = letters()
    rows = pupil.absence_changes.filter(date=day, lesson__in=[WHOLE_DAY, lesson]).select_related("by")
    return [
        LetterChange(
            at=row.at,
            by=row.by.short_name if row.by else "",
            place=f"{row.lesson} урок" if row.lesson else "весь день",
            old=known[row.old].sign if row.old else "",
            new=known[row.new].sign if row.new else "",
            source=row.get_source_display(),
        )
        for row in rows
    ]


def _absences() -> Any:
    return Pupil._meta.get_field("absences").related_model._default_manager
