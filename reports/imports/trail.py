"""What an import leaves in the audit trail: one event for itself, one for each changed person or mark."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from accounts.models import AuditEvent, User
from journal.models import Guardian, Guardianship, Mark, PeriodMark, Pupil
from journal.queries.history import MARK
from journal.services.changes import plain

from .plan import Preview, Staged
from .plan.conflicts import BY_IMPORT

AUDITED = (Pupil, Guardian, Guardianship, Mark, PeriodMark)
# Who changed a mark and when stands in the event itself.
NOT_SHOWN = {"set_by", "set_at"}


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


def _children_of(guardian_ids: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    links = Guardianship.objects.filter(guardian__in=guardian_ids)
    for guardian_id, pupil_id in links.values_list("guardian_id", "pupil_id"):
        found[guardian_id].append(pupil_id)
    return found


def _pupils_of(row: Any, children: dict[int, list[int]]) -> list[int]:
    """Whose page shows the change: a guardian's stands with each child."""
    if isinstance(row, Guardian):
        return children[row.pk]
    return [row.pk if isinstance(row, Pupil) else row.pupil_id]


def _event(row: Any, fields: dict[str, tuple[Any, Any]], pupil_id: int, by: User | None) -> AuditEvent:
    old = {name: plain(name, before) for name, (before, _) in fields.items() if name not in NOT_SHOWN}
    new = {name: plain(name, after) for name, (_, after) in fields.items() if name not in NOT_SHOWN}
    if isinstance(row, Mark):  # the history of a cell finds its events by the lesson, too
        old["lesson"] = new["lesson"] = row.lesson_id
    return AuditEvent(
        actor=by,
        action=AuditEvent.Action.CHANGE,
        subject=f"{row._meta.verbose_name}{BY_IMPORT}",
        pupil_id=pupil_id,
        object_type=MARK if isinstance(row, Mark) else row._meta.model_name,
        object_id=row.pk,
        old=old,
        new=new,
    )
