"""Сводная ведомость успеваемости of a class: page, paper, files."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_class
from journal.access import get_class_for
from journal.calendar import Calendar, load_calendar
from journal.files import table_response
from reports.analytics.summary_sheet import SummarySheet, rows_for_file, summary_pdf, summary_sheet

WHAT = "сводная ведомость успеваемости"


@require_safe
def marks_summary(request: HttpRequest, class_id: int) -> HttpResponse:
    """Pupils × subjects × periods of the year."""
    sheet, _ = _sheet(request, class_id)
    record_class(request, Action.READ, WHAT, class_id=class_id)
    context = {"school_class": sheet.school_class, "sheet": sheet}
    return TemplateResponse(request, "reports/marks_summary.html", context)


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def marks_summary_pdf(request: HttpRequest, class_id: int) -> HttpResponse:
    """The sheet on paper."""
    sheet, calendar = _sheet(request, class_id)
    record_class(request, Action.PRINT, WHAT, class_id=class_id)
    made = summary_pdf(sheet, calendar, formed_on=timezone.localdate())
    headers = {"Content-Disposition": content_disposition_header(False, f"{_name(sheet)}.pdf")}
    return HttpResponse(made.content, content_type="application/pdf", headers=headers)


@require_safe
def marks_summary_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The sheet as XLSX or CSV."""
    sheet, _ = _sheet(request, class_id)
    record_class(request, Action.EXPORT, WHAT, class_id=class_id)
    return table_response(
        suffix, _name(sheet), rows_for_file(sheet), sheet=f"Сводная {sheet.school_class.name}", first_widths=(5, 28)
    )


def _sheet(request: HttpRequest, class_id: int) -> tuple[SummarySheet, Calendar]:
    school_class = get_class_for(request.user, class_id)
    calendar = load_calendar(school_class.year)
    return summary_sheet(school_class, calendar, today=timezone.localdate()), calendar


def _name(sheet: SummarySheet) -> str:
    year = sheet.school_class.year.name.replace("/", "-")
    return f"Сводная ведомость успеваемости {sheet.school_class.name} {year}"
