"""«Что изменится» for an individual plan: what the pupil's lessons, journal and absences become, before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.audit import Action, record_pupils
from journal.access import get_pupil_kept_by
from journal.calendar import load_calendar
from journal.services.plans import PlanError, change_plan, open_plan, set_timetable
from journal.views.plans import PlanPage, get_plan_kept_by, plan_page, sent_week, show_plan, written
from reports.effects import effects_of, tried
from reports.views.changes import reads_absences

NOT_CARRIED = {"csrfmiddlewaretoken", "do"}


@require_POST
def plan_add_preview(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """A new plan, not written yet."""
    pupil = get_pupil_kept_by(request.user, pupil_id)
    page = plan_page(request, pupil, None)
    if not (page.form.is_valid() and page.lines.is_valid()):
        return show_plan(request, page)
    back = reverse("journal:plan_add", args=[pupil_id])
    return _preview(request, page, lambda: open_plan(pupil=pupil, by=request.user, **written(page)), back)


@require_POST
def plan_preview(request: HttpRequest, plan_id: int) -> HttpResponse:
    """A standing plan corrected or ended, or with another timetable; not written yet."""
    standing = get_plan_kept_by(request, plan_id)
    if request.POST.get("do") == "timetable":
        page = plan_page(request, standing.pupil, standing, data=False)

        def put() -> None:
            week = sent_week(request)
            set_timetable(plan=standing, school_class=page.school_class, by=request.user, **week)

        return _preview(request, page, put, reverse("journal:plan_timetable", args=[plan_id]))
    page = plan_page(request, standing.pupil, standing)
    if not (page.form.is_valid() and page.lines.is_valid()):
        return show_plan(request, page)
    back = reverse("journal:plan", args=[plan_id])
    seen = request.POST.get("seen")
    return _preview(
        request, page, lambda: change_plan(plan=standing, seen=seen, by=request.user, **written(page)), back
    )


def _preview(request: HttpRequest, page: PlanPage, write: Callable[[], Any], back: str) -> HttpResponse:
    """Tries the change; a refusal goes back to the page, with what was typed."""
    today = timezone.localdate()
    calendar = load_calendar(page.school_class.year)
    try:
        _, trial = tried(page.school_class, calendar, today, write)
    except PlanError as error:
        return show_plan(request, page, [str(error)])
    pupil = page.pupil
    effect = effects_of(trial, [pupil.pk])[pupil.pk]
    record_pupils(request, Action.READ, "что изменится: план", pupil_ids=[pupil.pk], class_id=page.school_class.pk)
    context = {
        "pupil": pupil,
        "plan": page.plan,
        "school_class": page.school_class,
        "effect": effect,
        "reads_absences": reads_absences(request, page.school_class),
        "back": back,
        "carried": [(key, value) for key, value in request.POST.items() if key not in NOT_CARRIED],
    }
    return TemplateResponse(request, "reports/plan_preview.html", context)
