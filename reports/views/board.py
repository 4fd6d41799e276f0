"""The deputy's morning: reminders, who is absent, the wave of illnesses, the canteen. Deputy only, else 404."""

from __future__ import annotations

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_classes, record_event
from attendance.school import COUNTED_WORDS, LUNCH_WORDS, unmarked_classes
from attendance.services.reminders import Answer, Outcome, remind
from journal.access import deputy_only
from journal.calendar import load_calendar, year_of
from journal.files import table_response
from journal.text import row_number
from reports import pdf
from reports.board import absentees
from reports.board import canteen as lunch
from reports.board import wave as waves
from reports.board.absentees import Absentees, Filter
from reports.board.canteen import Canteen
from reports.board.day import Choice, choice_of
from reports.board.wave import Wave

ABSENT, CANTEEN, WAVE = "отсутствующие школы", "список для столовой", "волна болезней"


# --- Reminders ------------------------------------------------------------------------------------


@require_POST
@deputy_only
def remind_classes(request: HttpRequest) -> HttpResponse:
    """«Напомнить» one class (`class`), or all that are not marked (`class=all`)."""
    now, wanted = timezone.now(), request.POST.get("class", "")
    year = year_of(timezone.localdate(now))
    class_id = row_number(wanted)
    if year is None or (class_id is None and wanted != "all"):
        messages.error(request, "Выберите класс, которому напомнить.")
        return redirect("/?as=school")
    calendar = load_calendar(year)
    ids = [class_id] if class_id is not None else [r.pk for r in unmarked_classes(timezone.localdate(now), calendar)]
    answers = remind(ids, calendar=calendar, now=now, by=request.user)
    _tell(request, answers, is_all=class_id is None)
    return redirect("/?as=school")


def _tell(request: HttpRequest, answers: list[Answer], *, is_all: bool) -> None:
    if sent := [answer.words for answer in answers if answer.outcome == Outcome.SENT]:
        messages.success(request, f"Напоминание отправлено: {', '.join(sent)}.")
    for answer in answers:
        if answer.outcome != Outcome.SENT:
            messages.info(request, answer.words)
    if not answers:
        words = "Напоминать некому: все классы отмечены." if is_all else "Такого класса в этом учебном году нет."
        messages.info(request, words)


# --- Absentees ------------------------------------------------------------------------------------


@require_safe
@deputy_only
def absent(request: HttpRequest) -> HttpResponse:
    """Everybody who is absent on a day, by class, parallel or reason."""
    choice = _choice(request)
    chosen = Filter.of(request.GET)
    page = absentees.absentees(choice.calendar, choice.day, chosen) if choice else None
    if choice and page:
        _record_absent(request, Action.READ, choice, page)
    context = {
        "choice": choice, "page": page, "chosen": chosen, "counted": COUNTED_WORDS,
        "reasons": absentees.REASONS, "groupings": absentees.GROUPINGS, "papers": absentees.PAPERS,
        "extents": absentees.EXTENTS, "query": request.GET.urlencode(),
    }  # fmt: skip
    return TemplateResponse(request, "reports/board_absent.html", context)


@require_safe
@deputy_only
def absent_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The same lines as a file."""
    choice = _choice_or_404(request)
    page = absentees.absentees(choice.calendar, choice.day, Filter.of(request.GET))
    _record_absent(request, Action.EXPORT, choice, page)
    rows = absentees.rows_for_file(page)
    return table_response(suffix, f"Отсутствующие {choice.day:%d.%m.%Y}", rows, sheet="Отсутствующие")


def _record_absent(request: HttpRequest, action: Action, choice: Choice, page: Absentees) -> None:
    """Each class whose pupils were shown: «кто смотрел» of these children reads it."""
    classes = {line.class_id for line in page.lines}
    record_classes(request, action, f"{ABSENT} {choice.day:%d.%m.%Y}", class_ids=sorted(classes))


# --- The wave -------------------------------------------------------------------------------------


@require_safe
@deputy_only
def wave(request: HttpRequest) -> HttpResponse:
    """Ill pupils day by day, and the classes at the threshold."""
    choice = _choice(request)
    page = _wave(request, choice) if choice else None
    context = {"choice": choice, "page": page, "counted": COUNTED_WORDS, "query": request.GET.urlencode()}
    return TemplateResponse(request, "reports/board_wave.html", context)


@require_safe
@deputy_only
def wave_file(request: HttpRequest, suffix: str) -> HttpResponse:
    choice = _choice_or_404(request)
    record_event(Action.EXPORT, f"{WAVE}, {suffix.upper()}", by=request.user, request=request)
    rows = waves.rows_for_file(_wave(request, choice))
    return table_response(suffix, f"Волна болезней {choice.day:%d.%m.%Y}", rows, sheet="Болеют")


def _wave(request: HttpRequest, choice: Choice) -> Wave:
    return waves.wave(choice.calendar, choice.day, choice.now.date(), row_number(request.GET.get("grade", "")))


# --- The canteen ----------------------------------------------------------------------------------


@require_safe
@deputy_only
def canteen(request: HttpRequest) -> HttpResponse:
    """How many of each class eat on the day."""
    choice = _choice(request)
    context = {
        "choice": choice, "page": _canteen(choice) if choice else None, "rule": LUNCH_WORDS,
        "query": request.GET.urlencode(),
    }  # fmt: skip
    return TemplateResponse(request, "reports/board_canteen.html", context)


@require_safe
@deputy_only
def canteen_file(request: HttpRequest, suffix: str) -> HttpResponse:
    choice = _choice_or_404(request)
    record_event(Action.EXPORT, f"{CANTEEN}, {suffix.upper()}", by=request.user, request=request)
    rows = lunch.rows_for_file(_canteen(choice))
    return table_response(suffix, f"Столовая {choice.day:%d.%m.%Y}", rows, sheet="Столовая")


@require_safe
@deputy_only
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def canteen_pdf(request: HttpRequest) -> HttpResponse:
    """One sheet for the canteen."""
    choice = _choice_or_404(request)
    record_event(Action.PRINT, CANTEEN, by=request.user, request=request)
    context: dict[str, Any] = {"page": _canteen(choice), "school": choice.calendar.school, "rule": LUNCH_WORDS}
    made = pdf.pdf_of("reports/pdf/canteen.html", context, style="pdf-canteen.css")
    headers = {"Content-Disposition": content_disposition_header(False, f"Столовая {choice.day:%d.%m.%Y}.pdf")}
    return HttpResponse(made.content, content_type="application/pdf", headers=headers)


def _canteen(choice: Choice) -> Canteen:
    return lunch.canteen(choice.calendar, choice.day, choice.now)


# --- The day --------------------------------------------------------------------------------------


def _choice(request: HttpRequest) -> Choice | None:
    return choice_of(request.GET.get("day", ""), timezone.localtime())


def _choice_or_404(request: HttpRequest) -> Choice:
    choice = _choice(request)
    if choice is None:
        raise Http404
    return choice
