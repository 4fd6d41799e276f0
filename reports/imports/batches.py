"""What the operator does with an import: upload, answer, confirm, read anew, discard."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from reports.imports.decisions import for_all
from reports.jobs import start_job
from reports.models import ImportBatch, ImportFile, Job

Status = ImportBatch.Status
WRITTEN = (Status.APPLIED, Status.UNDOING, Status.UNDONE)


def create_batch(*, uploads: Iterable[UploadedFile], by: User) -> ImportBatch:
    """Keep the files in the database (web and worker may be different machines) and let the worker read them."""
    with transaction.atomic():
        batch = ImportBatch.objects.create(owner=by)
        for upload in uploads:
            # A browser may send a path; only the name is kept, and only to be shown.
            name = PurePath((upload.name or "без имени").replace("\\", "/")).name[:200]
            ImportFile.objects.create(batch=batch, name=name, content=upload.read())
    start_reading(batch, by=by)
    return batch


def start_reading(batch: ImportBatch, *, by: User) -> None:
    """Read (again) and make the preview. Nothing happens to an import that is written or discarded."""
    changed = ImportBatch.objects.filter(pk=batch.pk).exclude(status__in=[*WRITTEN, Status.DISCARDED])
    if changed.update(status=Status.READING, job=None):
        _start(batch, Job.Kind.IMPORT_READ, by)


def save_answers(batch: ImportBatch, answers: dict[str, str], *, by: User) -> None:
    """Keep what the operator answered and look again what follows from it."""
    batch.answers = {**batch.answers, **answers}
    batch.save(update_fields=["answers"])
    start_reading(batch, by=by)


def decide(batch: ImportBatch, *, everything: str = "", single: dict[str, str] | None = None, by: User) -> None:
    """Keep what the operator decided of differences from the register, and look again what follows from it."""
    answers = for_all(everything, batch.answers) if everything else {**batch.answers, **(single or {})}
    batch.answers = {key: value for key, value in answers.items() if value}
    batch.save(update_fields=["answers"])
    start_reading(batch, by=by)


def confirm(batch: ImportBatch, *, without_bad_rows: bool, by: User) -> bool:
    """Write what the preview shows; False if it was confirmed or discarded meanwhile."""
    waiting = ImportBatch.objects.filter(pk=batch.pk, status=Status.PREVIEW)
    if not waiting.update(status=Status.APPLYING, without_bad_rows=without_bad_rows, job=None):
        return False
    _start(batch, Job.Kind.IMPORT_APPLY, by)
    return True


@transaction.atomic
def discard(batch: ImportBatch) -> bool:
    """Forget the files: they are personal data that nobody needs any more."""
    done = ImportBatch.objects.filter(pk=batch.pk).exclude(status__in=[Status.APPLYING, Status.APPLIED, Status.UNDOING])
    if not done.update(status=Status.DISCARDED, preview={}, answers={}):
        return False
    batch.files.all().delete()
    return True


def start_undo(batch: ImportBatch, *, by: User) -> bool:
    """Let the worker take a written import back; False if it is not there to be taken back."""
    written = ImportBatch.objects.filter(pk=batch.pk, status=Status.APPLIED).exclude(undo={})
    if not written.update(status=Status.UNDOING, job=None):
        return False
    _start(batch, Job.Kind.IMPORT_UNDO, by)
    return True


def stop_undo(batch: ImportBatch) -> None:
    """The undoing was stopped or never began: the import stands as written."""
    ImportBatch.objects.filter(pk=batch.pk, status=Status.UNDOING).update(status=Status.APPLIED)


def _start(batch: ImportBatch, kind: Job.Kind, by: User) -> None:
    job = start_job(kind=kind, owner=by, params={"batch_id": batch.pk})
    if job.params.get("batch_id") == batch.pk:
        ImportBatch.objects.filter(pk=batch.pk).update(job=job)
    batch.refresh_from_db()
