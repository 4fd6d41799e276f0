"""The family's cabinet: diary, marks, absences, «Сведения» of one own child (design.md §5.10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_event
from attendance.history import corrections_of
from journal.access import get_child_for, is_guardian_of
from journal.text import row_number
from reports import family as cabinet
from reports import family_announcing as announcing

PARTS = (
    ("diary", "Дневник", "book-open", "family"),
    ("marks", "Оценки", "academic-cap", "family_marks"),
    ("absences", "Пропуски", "calendar-days", "family_absences"),
    ("info", "Сведения", "information-circle", "family_info"),
)
VIEWS = {name: view for name, _, _, view in PARTS}


@dataclass(frozen=True, slots=True)
class Section:
    """A link of the cabinet's navigation, as templates/_nav.html shows it."""

    label: str
    icon: str
    url: str
    active: bool


@require_safe
def diary(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """A day of the diary, or with `?week=` the week of that date, or with `?day=` another day."""
    child = child_for(request, pupil_id)
    page = cabinet.diary(child, day=_date(request, "day"), week=_date(request, "week"))
    return answer(request, child, "diary", "дневник", page)


@require_safe
def marks(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """Marks of the running period by subject, with the mean and how it came about."""
    child = child_for(request, pupil_id)
    term = row_number(request.GET.get("term", ""))
    return answer(request, child, "marks", "оценки", cabinet.marks(child, term))


@require_safe
def absences(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """Absences of the year with reasons and totals, what was corrected in them, what the family has announced."""
    child = child_for(request, pupil_id)
    calendar = cabinet.calendar_of(child)
    page = cabinet.absences(child, calendar)
    told = [one for one in announcing.announcements(child, calendar) if one.waiting or one.ahead]
    year = calendar.year if calendar else None
    corrections = corrections_of(child.pupil, year.date_from, year.date_to) if year else []
    return answer(request, child, "absences", "пропуски", page, told=told, corrections=corrections)


@require_safe
def info(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """Timetable, teachers, control works, vacations, recommendations."""
    child = child_for(request, pupil_id)
    return answer(request, child, "info", "сведения", cabinet.info(child))


def child_for(request: HttpRequest, pupil_id: int) -> cabinet.Child:
    """The own child with class and brothers and sisters, or 404."""
    pupil = get_child_for(request.user, pupil_id)
    return cabinet.child_of(pupil, request.user.own_children, timezone.localdate())


def answer(
    request: HttpRequest,
    child: cabinet.Child,
    part: str,
    words: str,
    page: object,
    *,
    view: str = "",
    template: str = "",
    **more: Any,
) -> HttpResponse:
    """The page of a part; the family's own reading is recorded like everybody's (domain.md §9). A page inside of a
    part has a `view` (where the pills of the children lead) and a `template` of its own."""
    record_event(Action.READ, f"кабинет семьи: {words}", by=request.user, request=request, pupil_id=child.pupil.pk)
    sections = [
        Section(label, icon, reverse(f"reports:{name_of_view}", args=[child.pupil.pk]), name == part)
        for name, label, icon, name_of_view in PARTS
    ]
    context = {
        "child": child,
        "page": page,
        "sections": sections,
        "view": f"reports:{view or VIEWS[part]}",
        "may_announce": is_guardian_of(request.user, child.pupil),
        **more,
    }
    return TemplateResponse(request, template or f"reports/family_{part}.html", context)


def _date(request: HttpRequest, name: str) -> date | None:
    """The date of a query parameter; None for anything that is none."""
    try:
        return parse_date(request.GET.get(name, ""))
    except ValueError:
        return None
