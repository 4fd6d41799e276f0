"""Архивная печать журнала: what will be printed, and the button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_class
from journal.access import get_class_for
from journal.calendar import load_calendar
from reports.archive.job import start_archive
from reports.archive.source import courses_to_print, terms_to_print
from reports.models import Job

WHAT = "архивная печать журнала"


@require_safe
def journal_archive(request: HttpRequest, class_id: int) -> HttpResponse:
    """Courses and terms of the class journal, and the last print of this person."""
    school_class = get_class_for(request.user, class_id)
    today, calendar = timezone.localdate(), load_calendar(school_class.year)
    jobs = Job.objects.filter(owner=request.user, kind=Job.Kind.JOURNAL_ARCHIVE, params__class_id=class_id)
    context = {
        "school_class": school_class,
        "courses": courses_to_print(school_class),
        "terms": terms_to_print(school_class, calendar, today),
        "is_whole": today > calendar.year.date_to,
        "job": jobs.order_by("-created_at").first(),
    }
    return TemplateResponse(request, "reports/journal_archive.html", context)


@require_POST
def journal_archive_print(request: HttpRequest, class_id: int) -> HttpResponse:
    """Queues the print."""
    school_class = get_class_for(request.user, class_id)
    record_class(request, Action.PRINT, WHAT, class_id=class_id)
    job = start_archive(school_class, by=request.user, next_url=reverse("reports:journal_archive", args=[class_id]))
    if not job.is_new:
        messages.info(request, "Предыдущая печать ещё идёт. Дождитесь её конца или остановите.")
    return redirect("reports:job", job_id=job.pk)
