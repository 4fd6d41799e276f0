"""Табель of a class: a month, a term, a year; the same as files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_class
from attendance.month_table import MonthTable, month_table
from attendance.table_cells import (
    month_body,
    month_foot,
    month_heads,
    month_rows,
    summary_body,
    summary_foot,
    summary_rows,
)
from attendance.tables import Summary, months_of, term_table, year_table
from journal.access import get_class_for
from journal.calendar import Calendar, load_calendar
from journal.files import Value, table_response
from journal.models import SchoolClass, Term
from journal.text import row_number

NO_MONTH = "Такого месяца в этом учебном году нет. Ниже показан другой: выберите нужный из списка."
NO_TERM = "Такого периода в этом учебном году нет. Ниже показан другой: выберите нужный из списка."


@require_safe
def month(request: HttpRequest, class_id: int) -> HttpResponse:
    """Pupils × days; `?month=2026-11`, by default the month of today."""
    school_class, calendar = _class_and_calendar(request, class_id)
    chosen = asked_month(request, calendar)
    if chosen is None and request.GET.get("month"):
        messages.error(request, NO_MONTH)
    table = month_table(school_class, chosen or current_month(calendar), calendar, today=timezone.localdate())
    record_class(request, Action.READ, subject_of(table), class_id=class_id)
    all_cards = request.user.sees_whole_school
    context = {
        **_frame(school_class, calendar, month=table.month),
        "table": table,
        "heads": month_heads(table),
        "body": month_body(table, all_cards=all_cards),
        "foot": month_foot(table),
    }
    return TemplateResponse(request, "attendance/table.html", context)


@require_safe
def term(request: HttpRequest, class_id: int) -> HttpResponse:
    """Pupils × months of a term; `?term=2`, by default the term of today."""
    school_class, calendar = _class_and_calendar(request, class_id)
    chosen = asked_term(request, school_class, calendar)
    if chosen is None and request.GET.get("term"):
        messages.error(request, NO_TERM)
    chosen = chosen or calendar.term_on(timezone.localdate(), school_class.grade)
    if chosen is None:
        messages.error(request, "Учебные периоды не заведены. Их добавляет заместитель директора в настройках.")
        return month(request, class_id)
    return _summary_page(request, term_table(school_class, chosen, calendar, today=timezone.localdate()), calendar)


@require_safe
def year(request: HttpRequest, class_id: int) -> HttpResponse:
    """Сводная ведомость посещаемости: pupils × terms."""
    school_class, calendar = _class_and_calendar(request, class_id)
    return _summary_page(request, year_table(school_class, calendar, today=timezone.localdate()), calendar)


@require_safe
def file(request: HttpRequest, class_id: int, span: str, suffix: str) -> HttpResponse:
    """The table of the page as XLSX or CSV."""
    table = table_of(request, class_id, span)
    record_class(request, Action.EXPORT, f"{subject_of(table)}, {suffix.upper()}", class_id=class_id)
    rows: Iterator[list[Value]] = month_rows(table) if isinstance(table, MonthTable) else summary_rows(table)
    name = f"Табель {table.school_class.name} {table.title.replace('/', '-')}"
    return table_response(suffix, name, rows, sheet=table.title, first_widths=(5, 32))


def table_of(request: HttpRequest, class_id: int, span: str) -> MonthTable | Summary:
    """The table that an address of a file or a sheet of paper means; 404 where there is none such."""
    school_class, calendar = _class_and_calendar(request, class_id)
    today = timezone.localdate()
    if span == "year":
        return year_table(school_class, calendar, today=today)
    if span == "term":
        asked = asked_term(request, school_class, calendar)
        term = asked if request.GET.get("term") else calendar.term_on(today, school_class.grade)
        if term is None:
            raise Http404
        return term_table(school_class, term, calendar, today=today)
    month = asked_month(request, calendar) if request.GET.get("month") else current_month(calendar)
    if month is None:
        raise Http404
    return month_table(school_class, month, calendar, today=today)


def subject_of(table: MonthTable | Summary) -> str:
    """What the audit trail calls the table."""
    is_year = isinstance(table, Summary) and table.is_year
    return f"{'сводная ведомость посещаемости' if is_year else 'табель'}: {table.period}"


def asked_month(request: HttpRequest, calendar: Calendar) -> date | None:
    """The month of `?month=2026-11`, if the year has it."""
    with suppress(ValueError):
        wanted = date.fromisoformat(f"{request.GET.get('month', '')}-01")
        return wanted if wanted in months_of(calendar) else None
    return None


def current_month(calendar: Calendar) -> date:
    """The month of today, or the nearest of the year."""
    today = timezone.localdate()
    return min(max(today, calendar.year.date_from), calendar.year.date_to).replace(day=1)


def asked_term(request: HttpRequest, school_class: SchoolClass, calendar: Calendar) -> Term | None:
    number = row_number(request.GET.get("term", ""))
    return next((one for one in calendar.terms_for(school_class.grade) if one.number == number), None)


def _summary_page(request: HttpRequest, summary: Summary, calendar: Calendar) -> HttpResponse:
    record_class(request, Action.READ, subject_of(summary), class_id=summary.school_class.pk)
    all_cards = request.user.sees_whole_school
    context = {
        **_frame(summary.school_class, calendar, term=summary.term),
        "summary": summary,
        "body": summary_body(summary, all_cards=all_cards),
        "foot": summary_foot(summary),
    }
    return TemplateResponse(request, "attendance/table_summary.html", context)


def _frame(
    school_class: SchoolClass, calendar: Calendar, *, month: date | None = None, term: Term | None = None
) -> dict[str, Any]:
    """What the row of months, terms and the year needs."""
    return {
        "school_class": school_class,
        "months": months_of(calendar),
        "terms": calendar.terms_for(school_class.grade),
        "month": month,
        "term": term,
    }


def _class_and_calendar(request: HttpRequest, class_id: int) -> tuple[SchoolClass, Calendar]:
    school_class = get_class_for(request.user, class_id)
    return school_class, load_calendar(school_class.year)
