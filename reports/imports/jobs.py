"""The background work of an import: reading with a preview, writing, taking back."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from journal.services.undo import CannotUndo
from reports.imports.read import FileContent, read_file
from reports.imports.service import NotApplied, apply_files, preview_files
from reports.imports.undoing import undo_batch
from reports.jobs import JobError, JobRun, job_handler
from reports.models import ImportBatch, Job

Status = ImportBatch.Status


@job_handler(Job.Kind.IMPORT_READ)
def read_batch(job: JobRun) -> None:
    """Reads the files and keeps what they would change. Writes nothing into the register."""
    batch = ImportBatch.objects.get(pk=job.params["batch_id"])
    contents = _read(batch, job)
    preview = preview_files(contents, today=timezone.localdate(), by=job.owner, answers=batch.answers)
    with transaction.atomic():
        ImportBatch.objects.filter(pk=batch.pk, status=Status.READING).update(
            status=Status.PREVIEW, preview=preview.to_json()
        )
        job.finish("Файлы прочитаны.")


@job_handler(Job.Kind.IMPORT_APPLY)
def apply_batch(job: JobRun) -> None:
    """Writes what was shown, all or nothing; the job ends in the same transaction, so it never writes twice."""
    batch = ImportBatch.objects.get(pk=job.params["batch_id"])
    if batch.status != Status.APPLYING:
        return
    contents = _read(batch, job)
    today = timezone.localdate()
    try:
        with transaction.atomic():
            preview = apply_files(
                contents,
                today=today,
                by=job.owner,
                answers=batch.answers,
                without_bad_rows=batch.without_bad_rows,
                expected_digest=batch.preview.get("digest", ""),
                batch_id=batch.pk,
            )
            ImportBatch.objects.filter(pk=batch.pk).update(
                status=Status.APPLIED, applied_at=timezone.now(), preview=preview.to_json(), undo=preview.undo
            )
            job.finish(f"Записано изменений: {preview.changes}.")
    except NotApplied as refusal:
        fresh = preview_files(contents, today=today, by=job.owner, answers=batch.answers)
        ImportBatch.objects.filter(pk=batch.pk).update(status=Status.PREVIEW, preview=fresh.to_json())
        raise JobError(str(refusal)) from None


@job_handler(Job.Kind.IMPORT_UNDO)
def take_back_batch(job: JobRun) -> None:
    """Undoes a written import, all or nothing, in the same transaction as the end of the job."""
    batch_id = job.params["batch_id"]
    job.start(total=1, message="Возвращаем прежнее")
    if not ImportBatch.objects.filter(pk=batch_id, status=Status.UNDOING).exists():
        return
    try:
        with transaction.atomic():
            rows = undo_batch(batch_id, by=job.owner)
            job.finish(f"Запись отменена, строк: {rows}.")
    except CannotUndo as refusal:
        ImportBatch.objects.filter(pk=batch_id).update(status=Status.APPLIED)
        raise JobError(str(refusal)) from None
    except IntegrityError:  # of constraints that are looked at only when the transaction ends
        ImportBatch.objects.filter(pk=batch_id).update(status=Status.APPLIED)
        raise JobError("Пока запись отменялась, к ней что-то добавили. Попробуйте ещё раз.") from None


def _read(batch: ImportBatch, job: JobRun) -> list[FileContent]:
    files = list(batch.files.all())
    job.start(total=len(files) + 1, message="Читаем файлы")
    contents = []
    for file in files:
        contents.append(read_file(file.name, bytes(file.content)))
        job.step()
    return contents
