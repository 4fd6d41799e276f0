"""Табель on paper, and the attendance of the whole school by classes."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_class, record_event
from attendance.views.tables import subject_of, table_of
from journal.access import deputy_only
from journal.files import table_response
from journal.models import AcademicYear
from journal.text import row_number
from reports.attendance_summary import TERMS, YEAR, latest_summary, part_values, rows_for_file, start_summary
from reports.attendance_tables import table_pdf


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def table_on_paper(request: HttpRequest, class_id: int, span: str) -> HttpResponse:
    """The table of a month, a term or a year as PDF."""
    table = table_of(request, class_id, span)
    record_class(request, Action.PRINT, subject_of(table), class_id=class_id)
    made = table_pdf(table, table.school_class.year.school, formed_on=timezone.localdate())
    name = f"Табель {table.school_class.name} {table.title.replace('/', '-')}.pdf"
    headers = {"Content-Disposition": content_disposition_header(False, name)}
    return HttpResponse(made.content, content_type="application/pdf", headers=headers)


@require_safe
@deputy_only
def summary(request: HttpRequest) -> HttpResponse:
    """Classes × terms, or one period by reason (`?period=2026-11`), as counted last; a button counts anew."""
    choice = SummaryChoice(request)
    return TemplateResponse(request, "reports/attendance_summary.html", {"choice": choice})


@require_POST
@deputy_only
def summary_start(request: HttpRequest) -> HttpResponse:
    """«Посчитать»: the worker goes through the classes."""
    choice = SummaryChoice(request, request.POST)
    if choice.year is None:
        messages.error(request, "Учебный год не заведён: считать нечего.")
        return redirect("reports:attendance_summary")
    back = f"{reverse('reports:attendance_summary')}?year={choice.year.pk}"
    job = start_summary(choice.year, by=request.user, next_url=back)
    if not job.is_new:  # type: ignore[attr-defined]
        messages.info(request, "Предыдущий подсчёт ещё идёт. Дождитесь его конца или остановите.")
    return redirect("reports:job", job_id=job.pk)


@require_safe
@deputy_only
def summary_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The shown period as XLSX or CSV."""
    choice = SummaryChoice(request)
    if choice.summary is None:
        messages.info(request, "Ведомость ещё не посчитана. Нажмите «Посчитать», потом сохраните файл.")
        return redirect("reports:attendance_summary")
    title = choice.summary.title_of(choice.period)
    record_event(Action.EXPORT, f"посещаемость по классам: {title}", by=request.user, request=request)
    name = f"Посещаемость по классам {title}".replace("/", "-")
    rows = rows_for_file(choice.summary, choice.period)
    return table_response(suffix, name, rows, sheet="Посещаемость по классам", first_widths=(14,))


class SummaryChoice:
    """Year and period of the page, from its address. Four queries."""

    def __init__(self, request: HttpRequest, data=None) -> None:
        data = request.GET if data is None else data
        today = timezone.localdate()
        years = AcademicYear.objects.select_related("school").filter(date_from__lte=today).order_by("-date_from")
        self.years = list(years)
        wanted = row_number(data.get("year", ""))
        self.year = next((year for year in self.years if year.pk == wanted), self.years[0] if self.years else None)
        self.summary = latest_summary(request.user, self.year, today) if self.year else None
        known = [key for key, _ in self.summary.periods] if self.summary else []
        self.period = data["period"] if data.get("period") in known else TERMS

    @property
    def query(self) -> str:
        """The same choice in another address."""
        return f"year={self.year.pk}&period={self.period}" if self.year else ""

    @property
    def title(self) -> str:
        return self.summary.title_of(self.period) if self.summary else ""

    @property
    def is_by_terms(self) -> bool:
        return self.period == TERMS

    @property
    def rows(self) -> list[tuple]:
        """(line, figures of its terms, totals of the year or of the period)."""
        if self.summary is None:
            return []
        if not self.is_by_terms:
            return [(line, [], total) for line, total in self.summary.lines_of(self.period)]
        keys = [key for key, _ in self.summary.terms]
        return [
            (line, [part_values(line.by_period.get(key)) for key in keys], line.by_period[YEAR])
            for line in self.summary.lines
        ]
