"""Signals with their answers: which are open, which were taken note of, and what has become of those since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from attendance.models import SignalNote
from attendance.signals import Kind, Signal

Answers = dict[tuple[int, str], dict[str, SignalNote]]
"""(pupil id, kind) → key → the answer."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and the signal as it stands now (None: it is no longer there)."""

    note: SignalNote
    now: Signal | None

    @property
    def kind(self) -> str:
        return Kind(self.note.kind).label if self.note.kind in Kind.values else self.note.kind

    @property
    def has_grown(self) -> bool:
        return self.now is not None and self.now.words != self.note.numbers


@dataclass(frozen=True, slots=True)
class Split:
    open: list[Signal]
    answered: list[Answered]


def notes_of(pupil_ids: Collection[int] | QuerySet, since: date) -> QuerySet[SignalNote]:
    """Answers about these pupils, of this school year, the newest first. One query."""
    rows = SignalNote.objects.filter(pupil__in=pupil_ids, at__date__gte=since)
    return rows.select_related("by", "pupil")


def split(found: Sequence[Signal], notes: Iterable[SignalNote]) -> Split:
    """Which of the signals wait for an answer; and every answer, with its signal."""
    rows = list(notes)
    by_place: Answers = defaultdict(dict)
    for note in rows:
        by_place[note.pupil_id, note.kind][note.key] = note
    waiting: list[Signal] = []
    now: dict[int, Signal] = {}
    for signal in found:
        of_place = by_place.get((signal.pupil.pk, signal.kind), {})
        if answers := [note for key, note in of_place.items() if key in signal.answers]:
            now.update((note.pk, signal) for note in answers)
        else:
            waiting.append(signal)
    return Split(waiting, [Answered(note, now.get(note.pk)) for note in rows])
