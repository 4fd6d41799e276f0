"""Long work in the background: one row of Job, done by the worker (`manage.py db_worker`).

Writing a kind of job:

    @job_handler(Job.Kind.CLASS_EXTRACTS)          # and its module into MODULES below
    def print_class(job: JobRun) -> None:
        job.start(total=len(pupils))
        for pupil in pupils:
            ...
            job.step()                             # progress; ends the work when the owner pressed «Остановить»
        job.finish("Готово: 28 выписок.", ResultFile("7Б.pdf", content))

    job = start_job(kind=Job.Kind.CLASS_EXTRACTS, owner=request.user, params={"class_id": 7})
    return redirect("reports:job", job_id=job.pk)

What a handler may rely on:
  * At most one runner owns a job. A worker that died is found by its stale heartbeat, and the job runs again from
    the beginning of the handler, with `job.state` as it was last saved: skip there what is already done.
  * `finish`, `step` that writes and `save_state` raise `JobLost` when another worker has taken the job over. Called
    inside the transaction of the work, they so keep anything from being written twice.
  * A job may have parts, jobs of their own that any worker takes (`start_job(parts=…)`): its handler runs once all of
    them are done. A part that fails fails the whole; stopping the whole stops the parts.
  * Progress written inside a transaction is seen by others only after its end.
  * `raise JobError("words for the owner")` ends the job as failed with these words. Any other exception is logged,
    and the owner reads a general sentence.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone
from django_tasks import task
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from reports.job_parts import Part, create_parts, whole_of_last_part
from reports.models import Job, JobResult, JobResultPiece

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5
STALE_AFTER = timedelta(seconds=settings.JOB_STALE_SECONDS)
RESULT_KEPT = timedelta(days=3)
MAX_ATTEMPTS = 3
PROGRESS_SECONDS = 0.5
PIECE = 1024 * 1024
"""Bytes of a result written at once."""

MODULES = {
    Job.Kind.CLASS_EXTRACTS: "reports.extract.batch",
    Job.Kind.EXTRACTS: "reports.extract.batch",
    Job.Kind.IMPORT_READ: "reports.imports.jobs",
    Job.Kind.IMPORT_APPLY: "reports.imports.jobs",
    # -- guardians --
    Job.Kind.ACCESS_SLIPS: "reports.slips",
    # -- movements --
    Job.Kind.YEAR_TRANSFER: "reports.transfers.jobs",
    Job.Kind.TRANSFER_UNDO: "reports.transfers.jobs",
    Job.Kind.ALPHABET_BOOK: "reports.books.jobs",
    # -- tables of attendance --
    Job.Kind.ATTENDANCE_SUMMARY: "reports.attendance_summary",
    # -- import --
    Job.Kind.IMPORT_UNDO: "reports.imports.jobs",
    Job.Kind.PUPIL_REPORTS: "reports.analytics.pupil_prints",
    Job.Kind.JOURNAL_ARCHIVE: "reports.archive.job",
}
"""Where the handler of each kind lives; imported when the first job of the kind runs."""

_handlers: dict[str, Callable[[JobRun], None]] = {}


class JobError(Exception):
    """The work cannot be done; the text is for the owner, in Russian."""


class JobCancelled(Exception):
    """The owner asked to stop. Handlers let it pass."""


class JobLost(Exception):
    """Another worker owns the job now. Handlers let it pass, so that their transaction rolls back."""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """The file a job made; a large one is an open file, read from its beginning."""

    name: str
    content: bytes | IO[bytes]
    content_type: str = "application/pdf"


def job_handler(kind: Job.Kind) -> Callable[[Callable[[JobRun], None]], Callable[[JobRun], None]]:
    """Marks the function that does jobs of the kind. It takes a JobRun."""

    def register(function: Callable[[JobRun], None]) -> Callable[[JobRun], None]:
        _handlers[kind] = function
        return function

    return register


def start_job(
    *,
    kind: Job.Kind,
    owner: User,
    params: dict[str, Any] | None = None,
    next_url: str = "",
    parts: Sequence[Part] = (),
) -> Job:
    """Queues a job, or gives the open one of this owner and kind when there is one.

    `job.is_new` tells which; look at `job.params` when the open one may be about something else. `next_url` is where
    the page of the job leads once it is done (an address of our own). With `parts` the job itself is queued when the
    last of them is done.
    """
    stored = {**(params or {}), "_next": next_url, "_attempts": 0, "_state": {}}
    try:
        with transaction.atomic():
            if open_job := _open_job(kind, owner):
                return _mark(open_job, is_new=False)
            job = Job.objects.create(kind=kind, owner=owner, params=stored, total=sum(part.total for part in parts))
            queued = create_parts(job, parts) or [job]
            if _queue_is_in_database():
                # In the same transaction: a job without its task, or a task without its job, cannot happen.
                for one in queued:
                    run_job.enqueue(job_id=one.pk)
    except IntegrityError:
        # Two presses at once: the constraint let one through.
        if open_job := _open_job(kind, owner):
            return _mark(open_job, is_new=False)
        raise
    if not _queue_is_in_database():
        for one in queued if parts else []:
            run_job.enqueue(job_id=one.pk)
        run_job.enqueue(job_id=job.pk)
        job.refresh_from_db()
    return _mark(job, is_new=True)


def cancel_job(job: Job) -> None:
    """Asks the runner to stop at its next step; a job that still waits is over at once, and so are its parts."""
    now = timezone.now()
    for part in job.parts.filter(status__in=Job.OPEN):
        cancel_job(part)
    waiting = Job.objects.filter(pk=job.pk, status=Job.Status.WAITING)
    if not waiting.update(status=Job.Status.CANCELLED, finished_at=now, message="Остановлено до начала."):
        Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING).update(cancel_requested=True)


def revive_stale_jobs() -> list[int]:
    """Puts jobs of dead workers back into the queue; gives their ids. Safe to call from many workers at once."""
    revived = []
    limit = timezone.now() - STALE_AFTER
    for job in Job.objects.filter(status=Job.Status.RUNNING, heartbeat_at__lt=limit):
        with transaction.atomic():
            same = Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING, started_at=job.started_at)
            if job.params.get("_attempts", 0) >= MAX_ATTEMPTS:
                words = "Работа трижды прерывалась. Сообщите администратору системы."
                if same.filter(heartbeat_at__lt=limit).update(**_ending(Job.Status.FAILED, words)):
                    _fail_whole(job, words)
                continue
            if not same.filter(heartbeat_at__lt=limit).update(status=Job.Status.WAITING, heartbeat_at=None):
                continue
            _bury_task_of(job.pk)
            run_job.enqueue(job_id=job.pk)
        logger.warning("job %s: its worker is gone, queued again", job.pk)
        revived.append(job.pk)
    return revived


def store_result(job_id: int, file: ResultFile) -> None:
    """The file in pieces, in the place of an earlier one; closes a file that was open. Part of `finish`."""
    JobResult.objects.filter(job=job_id).delete()
    result = JobResult.objects.create(job_id=job_id, name=file.name, content_type=file.content_type)
    with closing(BytesIO(file.content) if isinstance(file.content, bytes) else file.content) as source:
        source.seek(0)
        for number, content in enumerate(iter(lambda: source.read(PIECE), b"")):
            JobResultPiece.objects.create(result=result, number=number, content=content)
        result.size = source.tell()
    result.save(update_fields=["size"])


def content_of(result: JobResult) -> Iterator[bytes]:
    """The file of a job, a piece at a time."""
    for pk in list(result.pieces.order_by("number").values_list("pk", flat=True)):
        yield bytes(JobResultPiece.objects.values_list("content", flat=True).get(pk=pk))


def delete_result(job: Job) -> None:
    """The owner does not need the file any more: it is gone at once."""
    JobResult.objects.filter(job=job).delete()


def shorten(job: Job, kept: timedelta) -> None:
    """The file goes after this time at the latest; never later than it would have gone."""
    until = timezone.now() + kept
    Job.objects.filter(pk=job.pk, expires_at__gt=until).update(expires_at=until)


def delete_expired_results() -> int:
    """Personal data in results do not outlive their time; gives how many were deleted."""
    return JobResult.objects.filter(job__expires_at__lt=timezone.now()).delete()[1].get(JobResult._meta.label, 0)


def delete_finished_tasks() -> int:
    """The queue's own rows of work long done: our Job rows keep the record. Gives how many were deleted."""
    return DBTaskResult.objects.filter(finished_at__lt=timezone.now() - RESULT_KEPT).delete()[0]


class JobRun:
    """A job in the hands of its one runner."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.id: int = job.pk
        self.owner: User = job.owner
        self.params: dict[str, Any] = {k: v for k, v in job.params.items() if not k.startswith("_")}
        self.state: dict[str, Any] = job.params.get("_state", {})
        self.done = job.done
        self.total = job.total
        self.finished = False
        self._stepped_at = 0.0

    def start(self, total: int, done: int = 0, message: str = "") -> None:
        """Says how much work there is, and how much of it an earlier attempt has done."""
        self.total, self.done = total, done
        self._write(total=total, done=done, message=message)

    def step(self, n: int = 1, message: str | None = None) -> None:
        """`n` more are done. Writes at most twice a second, and stops the work if the owner asked to."""
        self.done += n
        if message is None and self.done < self.total and time.monotonic() - self._stepped_at < PROGRESS_SECONDS:
            return
        self._stepped_at = time.monotonic()
        self._write(done=min(self.done, self.total or self.done), **({} if message is None else {"message": message}))
        self.check_cancelled()

    def check_cancelled(self) -> None:
        """Raises JobCancelled when the owner pressed «Остановить», JobLost when the job is not ours any more."""
        row = self._mine().values_list("cancel_requested", flat=True).first()
        if row is None:
            raise JobLost(self.id)
        if row:
            raise JobCancelled(self.id)

    def keep(self) -> None:
        """In a transaction of the work: raises JobLost, so that nothing of it stays, when another worker owns the
        job now."""
        self._write(done=self.done)

    def save_state(self, **changes: Any) -> None:
        """Remembers what is done (JSON values only), in the transaction of the work itself: see `state`."""
        self.state.update(changes)
        self.job.params["_state"] = self.state
        self._write(params=self.job.params, done=self.done)

    def finish(self, message: str = "", file: ResultFile | None = None, *, kept: timedelta = RESULT_KEPT) -> None:
        """The work is done; its file is kept for the owner for the time `kept`."""
        with transaction.atomic():
            self._write(done=self.total, **_ending(Job.Status.DONE, message, kept))
            # In the same transaction: a worker that dies right here leaves no whole job waiting for ever.
            if (whole := whole_of_last_part(self.job)) and _queue_is_in_database():
                run_job.enqueue(job_id=whole.pk)
            if file:
                store_result(self.id, file)
        self.finished = True

    def _mine(self):
        # Each run has its own moment of starting: it tells this runner from a later one.
        return Job.objects.filter(pk=self.id, status=Job.Status.RUNNING, started_at=self.job.started_at)

    def _write(self, **fields: Any) -> None:
        fields.setdefault("heartbeat_at", timezone.now())
        if not self._mine().update(**fields):
            raise JobLost(self.id)


@task()
def run_job(job_id: int) -> None:
    """What the worker calls. A job that is taken, ended or cancelled is left alone: nothing runs twice."""
    job = _claim(job_id)
    if job is None:
        return
    run = JobRun(job)
    try:
        with _beating(run):
            import_module(MODULES[Job.Kind(job.kind)])
            _handlers[job.kind](run)
            if not run.finished:
                run.finish()
    except JobCancelled:
        _end(run, Job.Status.CANCELLED, "Остановлено.")
    except JobLost:
        logger.warning("job %s: taken over by another worker", job_id)
    except JobError as error:
        _end(run, Job.Status.FAILED, str(error))
    except Exception:
        logger.exception("job %s failed", job_id)
        _end(run, Job.Status.FAILED, "Не получилось: ошибка программы. Она записана, скажите о ней администратору.")


def _claim(job_id: int) -> Job | None:
    now = timezone.now()
    taken = Job.objects.filter(pk=job_id, status=Job.Status.WAITING).update(
        status=Job.Status.RUNNING, started_at=now, heartbeat_at=now
    )
    if not taken:
        return None
    job = Job.objects.select_related("owner").get(pk=job_id)
    job.params["_attempts"] = job.params.get("_attempts", 0) + 1
    Job.objects.filter(pk=job_id, started_at=now).update(params=job.params)
    return job


@transaction.atomic
def _end(run: JobRun, status: Job.Status, message: str) -> None:
    if run._mine().update(**_ending(status, message)) and status == Job.Status.FAILED:
        _fail_whole(run.job, message)


def _fail_whole(part: Job, words: str) -> None:
    """The job this was a part of cannot be finished: its other parts need not go on."""
    if part.parent_id is None:
        return
    if Job.objects.filter(pk=part.parent_id, status__in=Job.OPEN).update(**_ending(Job.Status.FAILED, words)):
        for other in Job.objects.filter(parent=part.parent_id, status__in=Job.OPEN):
            cancel_job(other)


def _ending(status: Job.Status, message: str, kept: timedelta = RESULT_KEPT) -> dict[str, Any]:
    now: datetime = timezone.now()
    return {"status": status, "message": message[:500], "finished_at": now, "expires_at": now + kept}


@contextmanager
def _beating(run: JobRun) -> Iterator[None]:
    """Says every few seconds that the worker lives, however long one step takes."""
    if connection.in_atomic_block:  # inside somebody's transaction (tests): a second connection would only wait
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(run, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(run: JobRun, ended: threading.Event) -> None:
    while not ended.wait(HEARTBEAT_SECONDS):
        try:
            run._mine().update(heartbeat_at=timezone.now())
        except DatabaseError:
            # SQLite is locked by the job's own long transaction, or the server is away: the next beat tries again.
            logger.debug("job %s: heartbeat not written", run.id)
    connections.close_all()


def _open_job(kind: Job.Kind, owner: User) -> Job | None:
    return Job.objects.filter(kind=kind, owner=owner, status__in=Job.OPEN, parent=None).first()


def _mark(job: Job, *, is_new: bool) -> Job:
    job.is_new = is_new  # type: ignore[attr-defined]
    return job


def _queue_is_in_database() -> bool:
    return isinstance(run_job.get_backend(), DatabaseBackend)


def _bury_task_of(job_id: int) -> None:
    """The queue's own row of the dead run would say RUNNING for ever."""
    running = DBTaskResult.objects.filter(task_path=run_job.module_path, status="RUNNING")
    running.filter(args_kwargs__kwargs__job_id=job_id).update(
        status="FAILED", finished_at=timezone.now(), traceback="the worker died"
    )
