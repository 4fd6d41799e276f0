"""Doing an import: read files, plan, and write the plan in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, User
from journal.models import Guardian, Guardianship, Mark, PeriodMark, Pupil, School

from .plan import Preview, Staged, make_plan
from .read import FileContent, read_file

logger = logging.getLogger(__name__)

# Changes of these rows are personal data or marks: each leaves an event with what it was and what it is.
AUDITED = {
    Pupil: lambda row: row.pk,
    Guardian: lambda row: None,
    Guardianship: lambda row: row.pupil_id,
    Mark: lambda row: row.pupil_id,
    PeriodMark: lambda row: row.pupil_id,
}


class NotApplied(Exception):
    """The import was not written; the sentence says why."""


def read_files(
    files: Iterable[tuple[str, bytes]], progress: Callable[[int], None] = lambda done: None
) -> list[FileContent]:
    """Contents of all files, in their order."""
    contents = []
    for done, (name, data) in enumerate(files, start=1):
        contents.append(read_file(name, data))
        progress(done)
    return contents


def preview_files(
    contents: list[FileContent], *, today: date, by: User | None = None, answers: dict[str, str] | None = None
) -> Preview:
    """What would be done; nothing is written."""
    preview, _ = make_plan(contents, today=today, by=by, answers=answers)
    return preview


@transaction.atomic
def apply_files(
    contents: list[FileContent],
    *,
    today: date,
    by: User | None,
    answers: dict[str, str] | None = None,
    without_bad_rows: bool = False,
    expected_digest: str = "",
    batch_id: int | None = None,
) -> Preview:
    """Write everything or nothing. Raises NotApplied with words where a person must decide first."""
    # Imports go one after another: each must see the people the other has made. (SQLite has one writer anyway.)
    list(School.objects.select_for_update().filter(pk=1))
    preview, staged = make_plan(contents, today=today, by=by, answers=answers, keep_year=True)
    if expected_digest and preview.digest() != expected_digest:
        raise NotApplied("Пока вы смотрели, журнал изменился. Посмотрите предпросмотр ещё раз и подтвердите.")
    if preview.errors and not without_bad_rows:
        raise NotApplied(
            f"В файлах есть ошибки: {len(preview.errors)}. Исправьте файлы или выберите «без строк с ошибками»."
        )
    if preview.questions and not without_bad_rows:
        raise NotApplied(f"Есть вопросы без ответа: {len(preview.questions)}. Ответьте на них.")
    if not preview.changes:
        transaction.set_rollback(True)  # nothing to write, not even the row of a school that was read
        return preview
    try:
        staged.save()
    except IntegrityError as error:
        logger.exception("import of files was not written")
        raise NotApplied(
            "Пока импорт записывался, кто-то изменил те же данные. Посмотрите предпросмотр ещё раз и подтвердите."
        ) from error
    _record(preview, staged, by=by, batch_id=batch_id)
    return preview


def _record(preview: Preview, staged: Staged, *, by: User | None, batch_id: int | None) -> None:
    """One event for the import, and one for each changed person or mark."""
    counts = {kind: dict(counter) for kind, counter in preview.counts().items()}
    events = [
        AuditEvent(
            actor=by,
            action=AuditEvent.Action.IMPORT,
            subject="импорт файлов",
            object_type="reports.ImportBatch",
            object_id=batch_id,
            new={"files": [line["name"] for line in preview.files], "counts": counts},
        )
    ]
    for instance, fields in staged.changed_instances():
        pupil_of = AUDITED.get(type(instance))
        if pupil_of is None:
            continue
        events.append(
            AuditEvent(
                actor=by,
                action=AuditEvent.Action.CHANGE,
                subject=f"{instance._meta.verbose_name}: импорт",
                pupil_id=pupil_of(instance),
                object_type=instance._meta.label,
                object_id=instance.pk,
                old={name: _plain(name, old) for name, (old, _) in fields.items()},
                new={name: _plain(name, new) for name, (_, new) in fields.items()},
            )
        )
    AuditEvent.objects.bulk_create(events, batch_size=500)


def _plain(name: str, value: Any) -> Any:
    """A value as JSON keeps it; СНИЛС never enters the audit trail in the clear."""
    if name == "snils":
        return "изменён" if value else ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
