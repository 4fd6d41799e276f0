"""The history of a day of a pupil, and what was changed in a class lately."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_class, record_pupils
from attendance.history import changes_of_class, history_of_day, page_of, people_of, start_of
from journal.access import get_class_for
from journal.lessons import pupils_of_day
from journal.models import LAST_LESSON, Pupil
from journal.text import row_number

PERIODS = ((1, "сегодня"), (7, "7 дней"), (31, "31 день"))
DEFAULT_PERIOD = 7


@require_safe
def day_history(request: HttpRequest, class_id: int, day: date, pupil_id: int) -> HttpResponse:
    """Everything that changed on the day of a pupil of the class; `?lesson=` narrows it to one lesson."""
    school_class = get_class_for(request.user, class_id)
    pupil = Pupil.objects.filter(pk__in=pupils_of_day(school_class, day)).filter(pk=pupil_id).first()
    if pupil is None:
        raise Http404
    lesson = row_number(request.GET.get("lesson", ""))
    lesson = lesson if lesson and lesson <= LAST_LESSON else None
    lines = history_of_day(pupil, day)
    record_pupils(request, Action.READ, f"история пропусков {day:%d.%m.%Y}", pupil_ids=[pupil_id], class_id=class_id)
    context = {
        "school_class": school_class,
        "pupil": pupil,
        "day": day,
        "lesson": lesson,
        "lessons": sorted({line.lesson for line in lines if line.lesson} | ({lesson} if lesson else set())),
        "lines": [line for line in lines if lesson is None or line.lesson in (0, lesson)],
    }
    return TemplateResponse(request, "attendance/history.html", context)


@require_safe
def changes(request: HttpRequest, class_id: int) -> HttpResponse:
    """Who changed what lately in the class; `?days=`, `?who=`, `?page=`."""
    school_class = get_class_for(request.user, class_id)
    asked = row_number(request.GET.get("days", ""))
    days = asked if asked in {number for number, _ in PERIODS} else DEFAULT_PERIOD
    rows = changes_of_class(school_class, start_of(days, timezone.now()))
    people = people_of(rows)
    who = next((user for user in people if user.pk == row_number(request.GET.get("who", ""))), None)
    page, lines = page_of(rows.filter(by=who) if who else rows, row_number(request.GET.get("page", "")) or 1)
    record_class(request, Action.READ, "изменения пропусков", class_id=class_id)
    context = {
        "school_class": school_class,
        "periods": PERIODS,
        "days": days,
        "people": people,
        "who": who,
        "page": page,
        "lines": lines,
        "query": f"days={days}" + (f"&who={who.pk}" if who else ""),
    }
    return TemplateResponse(request, "attendance/history_changes.html", context)
