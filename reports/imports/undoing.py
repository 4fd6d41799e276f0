"""Taking back a written import as a whole, while nothing has been built on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from journal.services.undo import CannotUndo, UndoLog, blockers, undo
from reports.models import ImportBatch, ImportConflict

from . import trail
from .service import one_import_at_a_time

Status = ImportBatch.Status


@dataclass(frozen=True, slots=True)
class UndoLine:
    """A kind of rows: how many go away, how many get their former values, how many come back."""

    name: str
    made: int
    changed: int
    removed: int


@dataclass(frozen=True)
class UndoPlan:
    """What undoing would do, and what stands in its way; no query is left inside."""

    lines: list[UndoLine]
    reasons: list[str]
    later: list[ImportBatch] = field(default_factory=list)

    @property
    def is_possible(self) -> bool:
        return bool(self.lines) and not self.reasons


def undo_plan(batch: ImportBatch) -> UndoPlan:
    """What goes away and what hinders it. Writes nothing."""
    log = UndoLog.from_json(batch.undo)
    reasons = [*_taken_by_teachers(batch), *blockers(log)]
    later: list[ImportBatch] = []
    if reasons and batch.applied_at:
        rows = ImportBatch.objects.filter(status=Status.APPLIED, applied_at__gt=batch.applied_at)
        later = list(rows.only("pk", "applied_at").order_by("-applied_at")[:5])
    return UndoPlan(_lines(log), reasons, later)


def undo_batch(batch_id: int, *, by: User | None) -> int:
    """Restore everything the import changed; gives how many rows. Raises CannotUndo with sentences.

    Call in a transaction of your own when something else must happen together with it.
    """
    try:
        with transaction.atomic():
            return _undo(batch_id, by)
    except IntegrityError:
        # Somebody added a mark or a card between the check and the end.
        raise CannotUndo(["Пока запись отменялась, к ней что-то добавили. Попробуйте ещё раз."]) from None


def _undo(batch_id: int, by: User | None) -> int:
    one_import_at_a_time()
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    log = UndoLog.from_json(batch.undo)
    if reasons := _taken_by_teachers(batch):
        raise CannotUndo(reasons)
    asked = ImportConflict.objects.filter(batch=batch).count()
    undo(log)
    trail.record_undo(log, by=by, batch_id=batch.pk, asked=asked)
    batch.status, batch.undone_at, batch.undo = Status.UNDONE, timezone.now(), {}
    batch.save(update_fields=["status", "undone_at", "undo"])
    return sum(len(pks) for pks in log.created.values()) + len(log.changed) + len(log.removed)


def _taken_by_teachers(batch: ImportBatch) -> list[str]:
    """A value a class teacher has taken is a change of its own by now."""
    rows = ImportConflict.objects.filter(batch=batch, answer=ImportConflict.Answer.TAKE).select_related("pupil")
    names = list(dict.fromkeys(row.pupil.list_name for row in rows))
    if not names:
        return []
    more = f" и ещё {len(names) - 5}" if len(names) > 5 else ""
    return [f"Классные руководители уже взяли значения из этих файлов: {', '.join(names[:5])}{more}."]


def _lines(log: UndoLog) -> list[UndoLine]:
    made = {label: len(pks) for label, pks in log.created.items()}
    # A row made and then changed by the same import only goes away.
    own = {label: set(pks) for label, pks in log.created.items()}
    touched = {(label, pk) for label, pk, _ in log.changed if pk not in own.get(label, ())}
    changed = Counter(label for label, _ in touched)
    removed = Counter(label for label, _ in log.removed)
    found = []
    for label in dict.fromkeys([*made, *changed, *removed]):
        options: Any = apps.get_model(label)._meta
        counts = made.get(label, 0), changed[label], removed[label]
        if any(counts) and not options.auto_created:
            found.append(UndoLine(str(options.verbose_name_plural), *counts))
    return found
