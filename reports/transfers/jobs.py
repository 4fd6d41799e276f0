"""The two kinds of background work of a transfer. Each ends its job in the transaction of the work: killed, it has
written nothing and runs again; done, it never runs twice."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from journal.models import YearTransfer
from journal.services.undo import CannotUndo
from reports.jobs import JobError, JobRun, job_handler, start_job
from reports.models import Job
from reports.transfers.apply import NotApplied, apply_transfer, undo_transfer

Status = YearTransfer.Status
STEPS = 3


def start_apply(transfer: YearTransfer, *, digest: str, by: User, next_url: str) -> Job:
    """Queues the writing of the plan that was shown; see `jobs.start_job`."""
    params = {"transfer_id": transfer.pk, "digest": digest}
    return start_job(kind=Job.Kind.YEAR_TRANSFER, owner=by, params=params, next_url=next_url)


def start_undo(transfer: YearTransfer, *, by: User, next_url: str) -> Job:
    """Queues the undoing."""
    return start_job(kind=Job.Kind.TRANSFER_UNDO, owner=by, params={"transfer_id": transfer.pk}, next_url=next_url)


@job_handler(Job.Kind.YEAR_TRANSFER)
def write_transfer(job: JobRun) -> None:
    """Writes the transfer of the whole school."""
    transfer = YearTransfer.objects.get(pk=job.params["transfer_id"])
    job.start(total=STEPS, message="Проверяем решения")
    job.check_cancelled()
    try:
        with transaction.atomic():
            plan = apply_transfer(
                transfer=transfer,
                digest=job.params["digest"],
                by=job.owner,
                tell=lambda words: job.step(message=words),
            )
            job.finish(f"Переведено учеников: {len(plan.pupils)}, классов нового года: {len(plan.targets)}.")
    except NotApplied as refusal:
        raise JobError(str(refusal)) from None


@job_handler(Job.Kind.TRANSFER_UNDO)
def take_back(job: JobRun) -> None:
    """Takes the transfer back whole."""
    transfer = YearTransfer.objects.get(pk=job.params["transfer_id"])
    job.start(total=1, message="Возвращаем всё, как было")
    job.check_cancelled()
    try:
        with transaction.atomic():
            undo_transfer(transfer=transfer, by=job.owner)
            job.finish("Перевод отменён. Списки, группы и классы стоят как до него.")
    except CannotUndo as refusal:
        raise JobError("Отменить нельзя. " + str(refusal)) from None
