"""What families announced, for the class teacher: the list, «Подтвердить», «Отклонить»."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, address_of, record_class
from accounts.http import session_print
from attendance.announcements import of_class
from attendance.models import Announcement
from attendance.services import CannotMark, Mismatch, confirm_announcement
from attendance.services import announcements as service
from attendance.services.announcements import CannotAnnounce
from journal.access import get_class_for
from journal.calendar import load_calendar
from journal.lessons import pupils_of_day
from journal.models import SchoolClass

LIST = "attendance:announcements"


@require_safe
def announcements(request: HttpRequest, class_id: int) -> HttpResponse:
    """What waits, what lies ahead, what was settled lately."""
    return _page(request, get_class_for(request.user, class_id))


@require_POST
def confirm(request: HttpRequest, class_id: int, announcement_id: int) -> HttpResponse:
    """«Подтвердить»: every day up to today becomes a mark."""
    school_class = get_class_for(request.user, class_id)
    try:
        taken = confirm_announcement(
            announcement=_announcement(school_class, announcement_id),
            school_class=school_class,
            calendar=load_calendar(school_class.year),
            by=request.user,
            today=timezone.localdate(),
            session=session_print(request),
        )
    except (CannotAnnounce, CannotMark) as refusal:
        messages.error(request, str(refusal))
    except Mismatch:
        messages.error(request, "В ту же минуту эти отметки изменил кто-то другой. Проверьте лист и подтвердите снова.")
    else:
        if taken.days:
            messages.success(request, f"Отмечено по заявлению: {', '.join(f'{day:%d.%m}' for day in taken.days)}.")
        elif not taken.skipped:
            messages.info(request, "Это заявление уже подтверждено.")
        if taken.skipped:
            messages.warning(request, f"Оставлено как есть: {'; '.join(taken.skipped)}.")
    return redirect(LIST, class_id=class_id)


@require_POST
def decline(request: HttpRequest, class_id: int, announcement_id: int) -> HttpResponse:
    """«Отклонить»: the family reads why."""
    school_class = get_class_for(request.user, class_id)
    row, note = _announcement(school_class, announcement_id), request.POST.get("note", "").replace("\x00", "")
    try:
        service.decline(announcement=row, note=note, by=request.user, address=address_of(request))
    except CannotAnnounce as refusal:
        if refusal.field:  # the note itself: nothing typed is lost
            return _page(request, school_class, refused={"id": row.pk, "words": str(refusal), "note": note})
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Заявление отклонено, семья увидит причину.")
    return redirect(LIST, class_id=class_id)


def _page(request: HttpRequest, school_class: SchoolClass, refused: dict[str, Any] | None = None) -> HttpResponse:
    today = timezone.localdate()
    page = of_class(school_class, load_calendar(school_class.year), today)
    record_class(request, Action.READ, "заявления семей", class_id=school_class.pk)
    context = {"school_class": school_class, "page": page, "today": today, "refused": refused}
    return TemplateResponse(request, "attendance/announcements.html", context)


def _announcement(school_class: SchoolClass, announcement_id: int) -> Announcement:
    """An announcement about a pupil of the class, or 404."""
    here = pupils_of_day(school_class, timezone.localdate())
    return get_object_or_404(Announcement, pk=announcement_id, pupil__in=here)
