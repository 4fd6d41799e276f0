"""«Принять к сведению»: a signal is answered, the answer is added to, or taken back. One transaction each."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.audit import Action, record_event
from accounts.models import User
from attendance.models import SignalNote
from attendance.signals import Signal

NOTE_LENGTH = 500
"""As long as the field."""
OBJECT = "signal_note"


class CannotNote(Exception):
    """The answer cannot be written; the message says in Russian why and what to do."""


@transaction.atomic
def take_note(*, signal: Signal, note: str, by: User) -> tuple[SignalNote, bool]:
    """Answer a signal; (the answer, whether it is new). The second time, by whomever, changes nothing but adds words
    that are not there yet: what a colleague wrote meanwhile stays, and so does what was typed."""
    row, is_new = SignalNote.objects.get_or_create(
        pupil=signal.pupil,
        kind=signal.kind,
        key=signal.key,
        defaults={"numbers": signal.words[:300], "note": _fitting(note), "by": by, "at": timezone.now()},
    )
    if is_new:
        new = {"сигнал": row.numbers, "что сделано": row.note}
        _record(f"сигнал принят: {signal.kind.label}", row, by, new=new)
    elif note and note not in row.note:
        add_words(row=row, note=note, by=by)
    return row, is_new


@transaction.atomic
def add_words(*, row: SignalNote, note: str, by: User) -> None:
    """Add to an answer what has been done since. Words that stand there already are not added again."""
    row = SignalNote.objects.select_for_update().get(pk=row.pk)
    if not note or note in row.note:
        return
    before, row.note = row.note, _fitting(f"{row.note}; {note}" if row.note else note)
    row.save(update_fields=["note"])
    _record("ответ на сигнал дополнен", row, by, old={"что сделано": before}, new={"что сделано": row.note})


@transaction.atomic
def take_back(*, row: SignalNote, by: User) -> None:
    """The answer goes, the signal is open again; the audit trail keeps who answered what."""
    old = {"сигнал": row.numbers, "что сделано": row.note, "кто": row.by.short_name}
    _record("ответ на сигнал отменён", row, by, old=old)
    row.delete()


def _fitting(note: str) -> str:
    if len(note) > NOTE_LENGTH:
        raise CannotNote(f"Запись длиннее {NOTE_LENGTH} знаков. Сократите её: подробности можно хранить отдельно.")
    return note


def _record(subject: str, row: SignalNote, by: User, *, old: dict | None = None, new: dict | None = None) -> None:
    record_event(
        Action.CHANGE, subject, by=by, pupil_id=row.pupil_id, object_type=OBJECT, object_id=row.pk, old=old, new=new
    )  # fmt: skip
