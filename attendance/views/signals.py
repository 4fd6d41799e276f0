"""Signals of a class with their answers, and of the whole school."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_class, record_pupils
from attendance import school_signals
from attendance.answered import notes_of, split
from attendance.models import SignalNote
from attendance.services import signals as answers
from attendance.services.signals import NOTE_LENGTH, CannotNote
from attendance.signals import Kind, read_signals
from journal.access import get_class_for
from journal.calendar import load_calendar
from journal.files import table_response
from journal.lessons import pupils_of_day
from journal.models import SchoolClass
from journal.text import row_number

CHANGED = "Этого сигнала больше нет: отметки изменились. Проверьте список ещё раз."


@require_safe
def class_signals(request: HttpRequest, class_id: int) -> HttpResponse:
    """Open signals, and those that were taken note of."""
    return _page(request, get_class_for(request.user, class_id))


@require_POST
def note(request: HttpRequest, class_id: int) -> HttpResponse:
    """«Принять к сведению»: the signal is worked out again, so its numbers are those of this moment."""
    school_class = get_class_for(request.user, class_id)
    text = " ".join(request.POST.get("note", "").replace("\x00", "").split())
    place = (row_number(request.POST.get("pupil", "")), request.POST.get("kind", ""))
    found = [row for row in read_signals(school_class, timezone.localdate()) if (row.pupil.pk, row.kind) == place]
    signal = next((row for row in found if row.key == request.POST.get("key", "")), None)
    if signal is None:
        return _page(request, school_class, typed=_typed(place, text, CHANGED))
    try:
        row, is_new = answers.take_note(signal=signal, note=text, by=request.user)
    except CannotNote as refusal:
        return _page(request, school_class, typed=_typed(place, text, str(refusal)))
    if is_new:
        messages.success(request, f"Принято к сведению: {signal.pupil.list_name}, {signal.kind.label}.")
    else:
        when = f"{timezone.localtime(row.at):%d.%m.%Y в %H:%M}"
        messages.info(request, f"Этот сигнал уже принят: {row.by.short_name}, {when}.")
    if request.POST.get("next") == "today":
        return redirect(f"{reverse('home')}?{urlencode({'as': 'class', 'class': class_id})}")
    return redirect("attendance:signals", class_id=class_id)


@require_POST
def change(request: HttpRequest, class_id: int) -> HttpResponse:
    """Words added to an answer, or with `do=back` the answer taken back."""
    school_class = get_class_for(request.user, class_id)
    rows = SignalNote.objects.filter(pupil__in=pupils_of_day(school_class, _day(school_class)))
    row = rows.select_related("by", "pupil").filter(pk=row_number(request.POST.get("answer", ""))).first()
    if row is None:  # also the second press of the same
        messages.info(request, "Этой записи уже нет: сигнал снова среди открытых.")
    elif request.POST.get("do") == "back":
        answers.take_back(row=row, by=request.user)
        messages.success(request, f"Запись снята: {row.pupil.list_name}. Если сигнал ещё есть, он снова открыт.")
    else:
        text = " ".join(request.POST.get("note", "").replace("\x00", "").split())
        try:
            answers.add_words(row=row, note=text, by=request.user)
        except CannotNote as refusal:
            return _page(request, school_class, added={"pk": row.pk, "text": text, "error": str(refusal)})
        if text:
            messages.success(request, f"Дополнено: {row.pupil.list_name}.")
    return redirect("attendance:signals", class_id=class_id)


@require_safe
def school(request: HttpRequest) -> HttpResponse:
    """The deputy's list of pupils with signals, as counted this morning."""
    page = _school(request)
    record_pupils(request, Action.READ, "сигналы школы", pupil_ids=sorted({line.pupil.pk for line in page.shown}))
    return TemplateResponse(request, "attendance/signals_school.html", {"page": page})


@require_safe
def school_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The chosen part of the list as XLSX or CSV."""
    page = _school(request, whole=True)
    record_pupils(request, Action.EXPORT, "сигналы школы", pupil_ids=sorted({line.pupil.pk for line in page.shown}))
    rows = school_signals.rows_for_file(page)
    return table_response(suffix, "Сигналы", rows, sheet="Сигналы", first_widths=(8, 30, 26))


@require_POST
def school_recount(request: HttpRequest) -> HttpResponse:
    """Ask the worker to count now."""
    if not request.user.sees_whole_school:
        raise Http404
    school_signals.ask_to_count(timezone.now())
    messages.info(request, "Пересчёт начнётся в течение минуты. Обновите страницу немного позже.")
    return redirect("attendance:school_signals")


def _page(
    request: HttpRequest, school_class: SchoolClass, *, typed: dict | None = None, added: dict | None = None
) -> HttpResponse:
    """The page; `typed` and `added` are what a refused form held."""
    calendar = load_calendar(school_class.year)
    found = read_signals(school_class, timezone.localdate(), calendar)
    # Signals can only be of pupils on the roll; answers are shown of these alone too.
    here = pupils_of_day(school_class, _day(school_class))
    notes = notes_of(here, school_class.year.date_from)
    parts = split(found, notes)
    is_lost = typed and not any((row.pupil.pk, row.kind) == typed["place"] for row in parts.open)
    record_class(request, Action.READ, "сигналы", class_id=school_class.pk)
    context: dict[str, Any] = {
        "school_class": school_class,
        "open": [(row, typed if typed and typed["place"] == (row.pupil.pk, row.kind) else None) for row in parts.open],
        "answered": [(row, added if added and added["pk"] == row.note.pk else None) for row in parts.answered],
        "lost": typed if is_lost else None,
        "length": NOTE_LENGTH,
    }
    refused = typed or added
    return TemplateResponse(request, "attendance/signals.html", context, status=422 if refused else 200)


def _typed(place: tuple[int | None, str], text: str, error: str) -> dict:
    return {"place": place, "text": text, "error": error}


def _day(school_class: SchoolClass) -> Any:
    year = school_class.year
    return min(max(timezone.localdate(), year.date_from), year.date_to)


def _school(request: HttpRequest, *, whole: bool = False) -> school_signals.SchoolPage:
    if not request.user.sees_whole_school:
        raise Http404
    asked = request.GET
    kind = asked.get("kind", "")
    chosen = school_signals.Filter(
        kind=kind if kind in Kind.values else "",
        grade=row_number(asked.get("grade", "")),
        class_id=row_number(asked.get("class", "")),
        state=asked.get("state", ""),
    )
    page = None if whole else row_number(asked.get("page", "")) or 1
    return school_signals.school_page(chosen, timezone.localtime(), page)
