"""«Отчёт классного руководителя»: the form on a page and on paper, its comment, and the files of the same numbers."""

from __future__ import annotations

from dataclasses import dataclass

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_class
from journal.access import get_class_for
from journal.calendar import Calendar, load_calendar
from journal.files import csv_response, workbook_response
from journal.models import SchoolClass
from reports.analytics.class_report import ClassReport, class_report
from reports.analytics.class_tables import sheets, subject_rows
from reports.analytics.official import (
    LONGEST,
    CommentChanged,
    CommentRefused,
    comment_of,
    official_pdf,
    save_comment,
)
from reports.analytics.periods import ReportPeriod, chosen_period, last_finished, periods_of


@dataclass(frozen=True, slots=True)
class _Choice:
    """The class and the period of the address: the one asked for, else the last finished, else the running one."""

    school_class: SchoolClass
    calendar: Calendar
    periods: list[ReportPeriod]
    period: ReportPeriod | None

    def report(self, request: HttpRequest) -> ClassReport:
        if self.period is None:
            raise Http404
        sees_all = request.user.sees_whole_school  # type: ignore[union-attr]
        return class_report(
            self.school_class, self.period, self.periods, self.calendar, today=timezone.localdate(), sees_all=sees_all
        )

    @property
    def address(self) -> str:
        address = reverse("reports:official_report", args=[self.school_class.pk])
        return f"{address}?period={self.period.key}" if self.period else address


@require_safe
def official_report(request: HttpRequest, class_id: int) -> HttpResponse:
    """The form with its comment."""
    choice = _choice(request, class_id, request.GET.get("period", ""))
    return _page(request, choice)


@require_POST
def official_report_comment(request: HttpRequest, class_id: int) -> HttpResponse:
    """Keeps the comment; what cannot be kept comes back with the text that was written."""
    choice = _choice(request, class_id, request.POST.get("period", ""))
    if choice.period is None:
        raise Http404
    text = request.POST.get("text", "")
    try:
        save_comment(
            school_class=choice.school_class, period=choice.period, text=text, was=request.POST.get("was", ""),
            by=request.user, request=request,
        )  # fmt: skip
    except CommentRefused as refusal:
        stands = refusal.now if isinstance(refusal, CommentChanged) else None
        return _page(request, choice, written=text, refusal=str(refusal), stands=stands)
    messages.success(request, "Комментарий сохранён.")
    return redirect(choice.address)


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def official_report_pdf(request: HttpRequest, class_id: int) -> HttpResponse:
    """The form on paper."""
    choice = _choice(request, class_id, request.GET.get("period", ""))
    report = choice.report(request)
    record_class(request, Action.PRINT, _subject(report), class_id=class_id)
    made = official_pdf(report, comment_of(choice.school_class, report.period), formed_on=timezone.localdate())
    headers = {"Content-Disposition": content_disposition_header(False, f"{_name(report)}.pdf")}
    return HttpResponse(made.content, content_type="application/pdf", headers=headers)


@require_safe
def official_report_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The numbers of the form as a workbook, or its table of subjects as CSV."""
    choice = _choice(request, class_id, request.GET.get("period", ""))
    report = choice.report(request)
    record_class(request, Action.EXPORT, _subject(report), class_id=class_id)
    if suffix == "csv":
        return csv_response(_name(report), subject_rows(report))
    comment = comment_of(choice.school_class, report.period)
    return workbook_response(_name(report), [*sheets(report), ("Комментарий", [["Комментарий"], [comment.text]])])


def _page(
    request: HttpRequest, choice: _Choice, *, written: str | None = None, refusal: str = "", stands: str | None = None
) -> HttpResponse:
    context = {"school_class": choice.school_class, "periods": choice.periods, "report": None, "longest": LONGEST}
    if choice.period:
        report = choice.report(request)
        record_class(request, Action.READ, _subject(report), class_id=choice.school_class.pk)
        comment = comment_of(choice.school_class, choice.period)
        context |= {
            "report": report,
            "comment": comment,
            "written": comment.text if written is None else written,
            "was": comment.text,
            "refusal": refusal,
            "stands": stands,
        }
    return TemplateResponse(request, "reports/official_report.html", context, status=422 if refusal else 200)


def _choice(request: HttpRequest, class_id: int, key: str) -> _Choice:
    school_class = get_class_for(request.user, class_id)  # type: ignore[arg-type]
    calendar = load_calendar(school_class.year)
    periods = periods_of(calendar, school_class.grade, timezone.localdate())
    period = next((one for one in periods if one.key == key), None)
    period = period or last_finished(periods) or chosen_period(periods, "")
    return _Choice(school_class, calendar, periods, period)


def _subject(report: ClassReport) -> str:
    return f"отчёт классного руководителя: {report.period.name}"


def _name(report: ClassReport) -> str:
    return f"Отчёт классного руководителя {report.school_class.name} {report.period.name}".replace("/", "-")
