"""The analytic report on a class: page, PDF, workbook. The class teacher's own class, any for the deputy, else 404."""

from __future__ import annotations

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_class
from journal.access import get_class_for
from journal.calendar import load_calendar
from journal.files import csv_response, workbook_response
from journal.models import SchoolClass
from reports.analytics.class_cells import PageCells
from reports.analytics.class_charts import class_charts
from reports.analytics.class_paper import report_pdf
from reports.analytics.class_report import ClassReport, class_report
from reports.analytics.class_tables import file_name, sheets, subject_rows
from reports.analytics.periods import ReportPeriod, chosen_period, periods_of


@require_safe
def class_report_page(request: HttpRequest, class_id: int) -> HttpResponse:
    """The report for the term asked for (`?period=quarter-1`), else for the latest begun."""
    school_class, report, periods = _report(request, class_id)
    context: dict[str, Any] = {"school_class": school_class, "report": report, "periods": periods}
    if report:
        record_class(request, Action.READ, _subject(report), class_id=class_id)
        opens_all = request.user.sees_whole_school  # type: ignore[union-attr]
        context |= {
            "opens_all": opens_all,
            "cells": (cells := PageCells(report, opens_all=opens_all)),
            "charts": class_charts(report, cells.names.address),
        }
    return TemplateResponse(request, "reports/class_report.html", context)


@require_safe
def class_report_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The whole report as a workbook, or its table of subjects as CSV."""
    report = _report_or_404(request, class_id)
    record_class(request, Action.EXPORT, _subject(report), class_id=class_id)
    if suffix == "csv":
        return csv_response(file_name(report), subject_rows(report))
    return workbook_response(file_name(report), sheets(report))


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def class_report_pdf(request: HttpRequest, class_id: int) -> HttpResponse:
    """The report on paper."""
    report = _report_or_404(request, class_id)
    record_class(request, Action.PRINT, _subject(report), class_id=class_id)
    made = report_pdf(report, formed_on=timezone.localdate())
    headers = {"Content-Disposition": content_disposition_header(False, f"{file_name(report)}.pdf")}
    return HttpResponse(made.content, content_type="application/pdf", headers=headers)


def _report(request: HttpRequest, class_id: int) -> tuple[SchoolClass, ClassReport | None, list[ReportPeriod]]:
    """The class, its report (None while no term has begun) and the periods to choose from."""
    user, today = request.user, timezone.localdate()
    school_class = get_class_for(user, class_id)  # type: ignore[arg-type]
    calendar = load_calendar(school_class.year)
    periods = periods_of(calendar, school_class.grade, today)
    period = chosen_period(periods, request.GET.get("period", ""))
    if period is None:
        return school_class, None, periods
    sees_all = user.sees_whole_school  # type: ignore[union-attr]
    report = class_report(school_class, period, periods, calendar, today=today, sees_all=sees_all)
    return school_class, report, periods


def _report_or_404(request: HttpRequest, class_id: int) -> ClassReport:
    _, report, _ = _report(request, class_id)
    if report is None:
        raise Http404
    return report


def _subject(report: ClassReport) -> str:
    return f"отчёт по классу: {report.period.name}"
