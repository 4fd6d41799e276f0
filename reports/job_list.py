"""«Мои файлы»: what a person started lately and what came of it, so that a page once left is found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from journal.models import SchoolClass
from reports.jobs import RESULT_KEPT
from reports.models import Job, JobResult

SHOWN = 50


@dataclass(frozen=True, slots=True)
class JobLine:
    """`title` says whose it is, «Выписки, 7Б»; `result` is the file while it is kept."""

    job: Job
    title: str
    result: JobResult | None


def job_lines(user: User) -> list[JobLine]:
    """The person's jobs of the last days and those whose file is still kept, newest first. Two queries.

    What the person may not see any more is not listed: its page would not open either.
    """
    now = timezone.now()
    rows = list(
        Job.objects.filter(Q(created_at__gt=now - RESULT_KEPT) | Q(expires_at__gt=now), owner=user, parent=None)
        .select_related("result")
        .order_by("-created_at", "-pk")[:SHOWN]
    )
    wanted = {class_id for job in rows for class_id in classes_of(job)}
    names = {one.pk: one.name for one in SchoolClass.objects.kept_by(user).filter(pk__in=wanted)}
    return [
        _line(job, [names[class_id] for class_id in classes_of(job)], now)
        for job in rows
        if may_see_kind(user, job.kind) and names.keys() >= set(classes_of(job))
    ]


def classes_of(job: Job) -> list[int]:
    """Whose classes a job is about; empty where it is about the school."""
    if classes := job.params.get("classes"):
        return [int(class_id) for class_id in classes]
    class_id = job.params.get("class_id")
    return [class_id] if class_id else []


def may_see_kind(user: User, kind: str) -> bool:
    """Whether the role the job was started in is still held; the unnamed kinds are the import's."""
    if kind in (Job.Kind.EXTRACTS, Job.Kind.PUPIL_REPORTS, Job.Kind.JOURNAL_ARCHIVE, Job.Kind.ACCESS_SLIPS):
        return True
    if kind in (Job.Kind.YEAR_TRANSFER, Job.Kind.TRANSFER_UNDO, Job.Kind.ATTENDANCE_SUMMARY):
        return user.sees_whole_school
    if kind == Job.Kind.ALPHABET_BOOK:
        return user.keeps_all_people
    return user.may_import


def _line(job: Job, classes: Sequence[str], now: datetime) -> JobLine:
    title = job.get_kind_display()
    if classes:
        title = f"{title}, {classes[0]}" if len(classes) == 1 else f"{title}, классов: {len(classes)}"
    is_kept = job.expires_at is not None and job.expires_at > now
    return JobLine(job, title[0].upper() + title[1:], getattr(job, "result", None) if is_kept else None)
