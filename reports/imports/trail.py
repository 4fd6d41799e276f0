"""What an import leaves in the audit trail: one event for itself, one for each changed person or mark."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from accounts.models import AuditEvent, User
from journal.models import Guardian, Guardianship, Mark, PeriodMark, Pupil
from journal.queries.history import MARK
from journal.services.changes import plain
from journal.services.undo import UndoLog

from .plan import Preview, Staged
from .plan.conflicts import BY_IMPORT

AUDITED = (Pupil, Guardian, Guardianship, Mark, PeriodMark)
# Who changed a mark and when stands in the event itself.
NOT_SHOWN = {"set_by", "set_at", "set_by_id"}
# Columns beside the fields a person knows.
STORED_ONLY = {"sort_name", "snils_encrypted", "snils_digest"}
UNDONE = ": отмена импорта"


def record_import(preview: Preview, staged: Staged, *, by: User | None, batch_id: int | None) -> None:
    """In the transaction of the import."""
    counts = {kind: dict(counter) for kind, counter in preview.counts().items()}
    summary = AuditEvent(
        actor=by,
        action=AuditEvent.Action.IMPORT,
        subject="импорт файлов",
        object_type="import_batch",
        object_id=batch_id,
        new={"files": [line["name"] for line in preview.files], "counts": counts, "asked": len(preview.to_ask)},
    )
    changed = [(row, fields) for row, fields in staged.changed_instances() if isinstance(row, AUDITED)]
    children = _children_of([row.pk for row, _ in changed if isinstance(row, Guardian)])
    events = [_event(row, fields, pupil_id, by) for row, fields in changed for pupil_id in _pupils_of(row, children)]
    AuditEvent.objects.bulk_create([summary, *events], batch_size=500)


def record_undo(log: UndoLog, *, by: User | None, batch_id: int, asked: int) -> None:
    """In the transaction of the undoing: one event for it, and on each card what came back."""
    counts = {label: len(pks) for label, pks in log.created.items()}
    summary = AuditEvent(
        actor=by,
        action=AuditEvent.Action.IMPORT,
        subject="отмена записи импорта",
        object_type="import_batch",
        object_id=batch_id,
        old={"made": counts, "changed": len(log.changed), "removed": len(log.removed), "asked": asked},
    )
    events = []
    for model in AUDITED:
        changed = {pk: fields for label, pk, fields in log.changed if label == model._meta.label}
        rows = _in_bulk(model, list(changed))
        children = _children_of(list(rows)) if model is Guardian else {}
        for pk, row in rows.items():
            fields = {name: (new, old) for name, (old, new) in changed[pk].items() if name not in STORED_ONLY}
            if "snils_digest" in changed[pk]:
                fields["snils"] = ("изменён", "изменён")
            for pupil_id in _pupils_of(row, children) if fields else ():
                events.append(_event(row, fields, pupil_id, by, UNDONE))
    AuditEvent.objects.bulk_create([summary, *events], batch_size=500)


def _in_bulk(model: Any, pks: list[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for at in range(0, len(pks), 500):
        found.update(model._default_manager.in_bulk(pks[at : at + 500]))
    return found


def _children_of(guardian_ids: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for at in range(0, len(guardian_ids), 500):
        links = Guardianship.objects.filter(guardian__in=guardian_ids[at : at + 500])
        for guardian_id, pupil_id in links.values_list("guardian_id", "pupil_id"):
            found[guardian_id].append(pupil_id)
    return found


def _pupils_of(row: Any, children: dict[int, list[int]]) -> list[int]:
    """Whose page shows the change: a guardian's stands with each child."""
    if isinstance(row, Guardian):
        return children[row.pk]
    return [row.pk if isinstance(row, Pupil) else row.pupil_id]


def _event(
    row: Any, fields: dict[str, tuple[Any, Any]], pupil_id: int, by: User | None, how: str = BY_IMPORT
) -> AuditEvent:
    old = {name: plain(name, before) for name, (before, _) in fields.items() if name not in NOT_SHOWN}
    new = {name: plain(name, after) for name, (_, after) in fields.items() if name not in NOT_SHOWN}
    if isinstance(row, Mark):  # the history of a cell finds its events by the lesson, too
        old["lesson"] = new["lesson"] = row.lesson_id
    return AuditEvent(
        actor=by,
        action=AuditEvent.Action.CHANGE,
        subject=f"{row._meta.verbose_name}{how}",
        pupil_id=pupil_id,
        object_type=MARK if isinstance(row, Mark) else row._meta.model_name,
        object_id=row.pk,
        old=old,
        new=new,
    )
