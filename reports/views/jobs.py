"""The page of a background job: how far it is, stopping it, its result. For its owner only."""

from __future__ import annotations

from dataclasses import dataclass

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_pupils
from journal.access import get_class_for, get_class_kept_by
from reports import slips
from reports.job_list import classes_of, job_lines, may_see_kind
from reports.job_parts import state_of_parts
from reports.jobs import STALE_AFTER, cancel_job, content_of, delete_result, shorten
from reports.models import Job, JobResult

# The first steps also load what the later ones share.
ENOUGH_TO_TELL = 3


@dataclass(frozen=True, slots=True)
class JobPage:
    """A job as shown: of one in parts, `done` and `total` are of all parts. `seconds_left` is None while it cannot be
    told."""

    job: Job
    done: int
    total: int
    is_running: bool
    is_open: bool
    is_stale: bool
    seconds_left: int | None
    result: JobResult | None
    next_url: str

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0

    @property
    def minutes_left(self) -> int:
        return (self.seconds_left or 0) // 60


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """«Мои файлы»."""
    if not request.user.is_personnel:
        raise Http404
    return TemplateResponse(request, "reports/job_list.html", {"lines": job_lines(request.user)})


@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Progress; reloads itself without scripts, refreshes a part of itself with them."""
    return TemplateResponse(request, "reports/job.html", {"page": _page(_get(request, job_id))})


@require_safe
def job_state(request: HttpRequest, job_id: int) -> HttpResponse:
    """The part that changes while the worker works."""
    return TemplateResponse(request, "reports/_job_state.html", {"page": _page(_get(request, job_id))})


@require_POST
def job_cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """«Остановить»."""
    cancel_job(_get(request, job_id))
    return redirect("reports:job", job_id=job_id)


@require_POST
def job_delete_result(request: HttpRequest, job_id: int) -> HttpResponse:
    """«Удалить файл»: it is printed, and nobody else shall find it."""
    delete_result(_get(request, job_id))
    return redirect("reports:job", job_id=job_id)


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def job_result(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """The file, until it expires."""
    found = _get(request, job_id)
    result = JobResult.objects.filter(job=found, job__expires_at__gt=timezone.now()).first()
    if result is None:
        raise Http404
    for class_id, pupil_ids in _whose(found):
        record_pupils(request, Action.PRINT, found.get_kind_display(), pupil_ids=pupil_ids, class_id=class_id)
    if found.kind == Job.Kind.ACCESS_SLIPS:
        shorten(found, slips.KEPT_AFTER_OPENING)
    headers = {
        "Content-Disposition": content_disposition_header(result.content_type != "application/pdf", result.name),
        "Content-Length": str(result.size),
    }
    return StreamingHttpResponse(content_of(result), content_type=result.content_type, headers=headers)


def _whose(found: Job) -> list[tuple[int | None, list[int]]]:
    """Whose data the file of the job holds: (class id, pupil ids)."""
    if classes := found.params.get("classes"):
        return [(int(class_id), pupil_ids) for class_id, pupil_ids in classes.items()]
    pupil_ids = found.params.get("pupil_ids")
    return [(found.params.get("class_id"), pupil_ids)] if pupil_ids else []


def _get(request: HttpRequest, job_id: int) -> Job:
    """The own job, as long as the person may still see what it is about."""
    found = get_object_or_404(Job.objects.filter(owner=request.user, parent=None), pk=job_id)
    get_class = get_class_kept_by if found.kind == Job.Kind.ACCESS_SLIPS else get_class_for
    if not request.user.sees_whole_school:
        for class_id in classes_of(found):
            get_class(request.user, class_id)
    if not may_see_kind(request.user, found.kind):
        raise Http404
    return found


def _page(found: Job) -> JobPage:
    now = timezone.now()
    is_open = found.status in Job.OPEN
    running, done, total = found.status == Job.Status.RUNNING, found.done, found.total
    since, beat = found.started_at, found.heartbeat_at
    if found.status == Job.Status.WAITING and (parts := state_of_parts(found)) and parts.started_at:
        running, done, total = True, parts.done, parts.total
        since, beat = parts.started_at, parts.heartbeat_at
    left = None
    if running and done >= ENOUGH_TO_TELL and since:
        left = round((now - since).total_seconds() / done * (total - done))
    results = JobResult.objects.filter(job=found, job__expires_at__gt=now)
    return JobPage(
        job=found,
        done=done,
        total=total,
        is_running=running,
        is_open=is_open,
        is_stale=running and bool(beat) and beat < now - STALE_AFTER,
        seconds_left=left,
        result=None if is_open else results.first(),
        next_url=found.params.get("_next", ""),
    )
