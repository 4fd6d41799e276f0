"""The calendar of the school: years, terms, vacations, special days. For the deputy and the operator."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import address_of
from journal.access import office_only
from journal.calendar import Calendar, load_calendar, year_of
from journal.models import AcademicYear, DayOff, School, Term, Vacation
from journal.services.changes import last_change
from journal.services.settings import CannotChange
from journal.text import row_number
from journal.views.steps import Step, settings_page
from reports.school.days import days_preview
from reports.school.forms import DayOffForm, RhythmForm, TermForm, VacationForm, YearForm
from reports.school.preview import Preview
from reports.school.services import approve_year, create_next_year
from reports.school.terms import scheme_preview, terms_preview
from reports.school.year_view import year_page


@require_safe
@office_only
def school_settings(request: HttpRequest) -> HttpResponse:
    """The settings open at the calendar."""
    return redirect("reports:calendar")


@require_safe
@office_only
def calendar(request: HttpRequest) -> HttpResponse:
    """The year as twelve months, and the lists it is made of; `?year=` chooses another one."""
    years = list(AcademicYear.objects.select_related("school"))
    asked = row_number(request.GET.get("year", ""))
    begun = (one for one in years if one.date_from <= timezone.localdate())
    year = next((one for one in years if one.pk == asked), None) or next(begun, None) or next(iter(years), None)
    if year is None:
        return TemplateResponse(request, "settings/calendar.html", {"page": None})
    approved = last_change(year, "is_approved") if year.is_approved else None
    by = f"{approved.by}, {timezone.localtime(approved.at):%d.%m.%Y}" if approved and approved.at else ""
    return TemplateResponse(request, "settings/calendar.html", {"page": year_page(load_calendar(year), years, by)})


@require_POST
@office_only
def calendar_new_year(request: HttpRequest) -> HttpResponse:
    """The next year, with the terms and days off that are known for it, as a draft."""
    try:
        year = create_next_year(today=timezone.localdate(), by=request.user, address=address_of(request))
    except CannotChange as refusal:
        messages.error(request, str(refusal))
        return redirect("reports:calendar")
    messages.success(request, f"Учебный год {year} заведён как проект. Проверьте периоды, каникулы и особые дни.")
    return redirect(_of_year(year))


@require_POST
@office_only
def calendar_approve(request: HttpRequest, year_id: int) -> HttpResponse:
    """«Утвердить», or back to «проект»."""
    year = _year(year_id)
    approved = request.POST.get("approved") == "1"
    try:
        approve_year(year, approved=approved, by=request.user, address=address_of(request))
    except CannotChange as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Календарь утверждён." if approved else "Календарь снова помечен «проект».")
    return redirect(_of_year(year))


@require_http_methods(["GET", "POST"])
@office_only
def calendar_year(request: HttpRequest, year_id: int) -> HttpResponse:
    year = _year(year_id)
    # A calendar holds the special days of its year only; a longer one may take in more of them.
    exceptions = {row.date: row for row in DayOff.objects.all()}
    old = replace(load_calendar(_year(year_id)), exceptions=exceptions)
    form = YearForm(request.POST or None, instance=year)
    return settings_page(
        request, form, _step("Учебный год", year, "календарь: учебный год"),
        preview=lambda changes: days_preview(old, replace(old, year=form.instance)) if _dates(changes) else None,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@office_only
def calendar_rhythm(request: HttpRequest) -> HttpResponse:
    """Five or six days a week; quarters, trimesters or half-years."""
    school = School.load()
    now = copy(school)  # the form writes what is wanted into `school`
    year = year_of(timezone.localdate())
    form = RhythmForm(request.POST or None, instance=school)

    def preview(changes: dict[str, Any]) -> Preview | None:
        if year is None:
            return None
        old = replace(load_calendar(year), school=now)
        found = Preview()
        if "week_days" in changes:
            found += days_preview(old, replace(old, school=form.instance))
        if {"scheme_main", "scheme_senior"} & set(changes):
            found += scheme_preview(now, form.instance, old)
        return found

    step = Step("Неделя и периоды", _of_year(year), "календарь: неделя и периоды")
    return settings_page(request, form, step, preview=preview)


# --- Terms ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@office_only
def calendar_term_new(request: HttpRequest, year_id: int) -> HttpResponse:
    return _term(request, Term(year=_year(year_id)))


@require_http_methods(["GET", "POST"])
@office_only
def calendar_term(request: HttpRequest, term_id: int) -> HttpResponse:
    return _term(request, get_object_or_404(Term.objects.select_related("year__school"), pk=term_id))


def _term(request: HttpRequest, term: Term) -> HttpResponse:
    may_close = request.user.sees_whole_school
    form = TermForm(request.POST or None, instance=term, may_close=may_close)
    old = load_calendar(term.year)

    def after(terms: tuple[Term, ...]) -> Preview:
        return terms_preview(old, replace(old, terms=terms), term.scheme, may_change_closed=may_close)

    def preview(changes: dict[str, Any]) -> Preview | None:
        if not _dates(changes):
            return None
        return after(tuple(sorted([*_others(old.terms, term), form.instance], key=lambda one: one.date_from)))

    step = _step(str(term) if term.pk else "Новый период", term.year, "календарь: период")
    free = term.pk and not term.period_marks.exists()
    return settings_page(
        request, form, step, preview=preview, removal=(lambda: after(_others(old.terms, term))) if free else None
    )


# --- Vacations and special days -------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@office_only
def calendar_vacation_new(request: HttpRequest, year_id: int) -> HttpResponse:
    return _vacation(request, Vacation(year=_year(year_id)))


@require_http_methods(["GET", "POST"])
@office_only
def calendar_vacation(request: HttpRequest, vacation_id: int) -> HttpResponse:
    return _vacation(request, get_object_or_404(Vacation.objects.select_related("year__school"), pk=vacation_id))


def _vacation(request: HttpRequest, vacation: Vacation) -> HttpResponse:
    old = load_calendar(vacation.year)
    others = _others(old.vacations, vacation)
    form = VacationForm(request.POST or None, instance=vacation)
    step = _step(vacation.name.capitalize() or "Новые каникулы", vacation.year, "календарь: каникулы")
    return _days_page(
        request, form, step, old,
        with_row=lambda: replace(old, vacations=(*others, form.instance)),
        without_row=(lambda: replace(old, vacations=others)) if vacation.pk else None,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@office_only
def calendar_day_new(request: HttpRequest, year_id: int) -> HttpResponse:
    return _day(request, DayOff(), _year(year_id))


@require_http_methods(["GET", "POST"])
@office_only
def calendar_day(request: HttpRequest, year_id: int, day_id: int) -> HttpResponse:
    year = _year(year_id)
    return _day(request, get_object_or_404(DayOff, pk=day_id, date__range=(year.date_from, year.date_to)), year)


def _day(request: HttpRequest, row: DayOff, year: AcademicYear) -> HttpResponse:
    old = load_calendar(year)
    others = {day: one for day, one in old.exceptions.items() if one.pk != row.pk}
    form = DayOffForm(request.POST or None, instance=row, year=year, week_days=year.school.week_days)
    step = _step(row.name.capitalize() or "Новый особый день", year, "календарь: особый день")
    return _days_page(
        request, form, step, old,
        with_row=lambda: replace(old, exceptions={**others, form.instance.date: form.instance}),
        without_row=(lambda: replace(old, exceptions=others)) if row.pk else None,
    )  # fmt: skip


def _days_page(
    request: HttpRequest,
    form,
    step: Step,
    old: Calendar,
    *,
    with_row: Callable[[], Calendar],
    without_row: Callable[[], Calendar] | None,
) -> HttpResponse:
    """A form whose row changes the kind of days; only a new name touches none."""
    return settings_page(
        request,
        form,
        step,
        preview=lambda changes: days_preview(old, with_row()) if set(changes) - {"name"} else None,
        removal=(lambda: days_preview(old, without_row())) if without_row else None,
    )


def _year(year_id: int) -> AcademicYear:
    return get_object_or_404(AcademicYear.objects.select_related("school"), pk=year_id)


def _others(rows: tuple, row) -> tuple:
    return tuple(one for one in rows if one.pk != row.pk)


def _dates(changes: dict[str, Any]) -> bool:
    return bool({"date_from", "date_to", "scheme", "number"} & set(changes))


def _of_year(year: AcademicYear | None) -> str:
    return reverse("reports:calendar") + (f"?year={year.pk}" if year else "")


def _step(title: str, year: AcademicYear, subject: str) -> Step:
    draft = "" if year.is_approved else " (проект)"
    return Step(title, _of_year(year), subject, hint=f"{year} учебный год{draft}")
