"""Месяцы посещаемости: the deputy closes a month, and opens it again with a reason."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import address_of
from attendance.months import MonthState, month_states
from attendance.services.months import CannotClose, close_month, reopen_month
from attendance.tables import last_day
from journal.access import deputy_only
from journal.calendar import load_calendar, year_of
from journal.models import AcademicYear
from journal.text import row_number

REASON_LENGTH = 300


@require_safe
@deputy_only
def months(request: HttpRequest) -> HttpResponse:
    """The months of a school year; `?year=`, by default the one that runs."""
    years = list(AcademicYear.objects.select_related("school").order_by("-date_from"))
    today = timezone.localdate()
    wanted = row_number(request.GET.get("year", ""))
    begun = [year for year in years if year.date_from <= today]
    year = next((one for one in years if one.pk == wanted), begun[0] if begun else None)
    states = month_states(load_calendar(year), today) if year else []
    context = {"years": years, "year": year, "states": [state for state in states if state.has_begun]}
    return TemplateResponse(request, "attendance/table_months.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@deputy_only
def month(request: HttpRequest, day: date) -> HttpResponse:
    """What is unfinished in the month of the day; closing it, opening it again."""
    first, today = day.replace(day=1), timezone.localdate()
    state = _state(first, today)
    if state is None:
        raise Http404
    reason = request.POST.get("reason", "")[:REASON_LENGTH]
    error = ""
    if request.method == "POST":
        try:
            messages.success(request, _do(request, state, reason, today))
            return redirect("attendance:months")
        except CannotClose as refusal:
            error = str(refusal)
    context = {"state": state, "error": error, "reason": reason, "reason_length": REASON_LENGTH}
    return TemplateResponse(request, "attendance/table_month.html", context)


def _do(request: HttpRequest, state: MonthState, reason: str, today: date) -> str:
    """Close or open the month as asked; the words about it."""
    if request.POST.get("do") == "reopen":
        reopen_month(month=state.month, reason=reason, by=request.user, address=address_of(request))
        return f"{state.name}: месяц открыт, классные руководители снова могут менять отметки."
    if request.POST.get("do") == "close":
        close_month(month=state.month, today=today, by=request.user, address=address_of(request))
        return f"{state.name}: месяц закрыт. Отметки теперь меняет только заместитель директора, с причиной."
    raise CannotClose("Непонятно, что сделать с месяцем. Нажмите кнопку на этой странице ещё раз.")


def _state(first: date, today: date) -> MonthState | None:
    try:
        year = year_of(last_day(first))
    except OverflowError:  # the last month that dates know
        return None
    states = month_states(load_calendar(year), today, only=first) if year else []
    return next((state for state in states if state.has_begun), None)
