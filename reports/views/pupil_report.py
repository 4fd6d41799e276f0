"""The report on one pupil: for the class teacher and the deputy, for the family of the child, on paper; and the list
of a class."""

from __future__ import annotations

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

from accounts.audit import Action, record_class, record_pupils
from journal.access import get_class_for, get_pupil_for
from journal.calendar import load_calendar
from journal.models import Pupil, SchoolClass
from journal.queries.card import begun_class_of
from reports.analytics.periods import ReportPeriod, chosen_period, periods_of
from reports.analytics.pupil_list import pupil_list
from reports.analytics.pupil_paper import pupil_charts, report_pdf
from reports.analytics.pupil_prints import start_prints
from reports.analytics.pupil_report import PupilReport, pupil_report
from reports.views.family import answer, child_for


@require_safe
def pupil_report_page(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The report for the term asked for (`?period=`), else for the latest begun."""
    pupil, school_class = _pupil_and_class(request, pupil_id)
    report, periods = _report(request, pupil, school_class)
    context = {"pupil": pupil, "school_class": school_class, "report": report, "periods": periods}
    if report:
        record_pupils(request, Action.READ, _subject(report), pupil_ids=[pupil.pk], class_id=school_class.pk)
        context["charts"] = pupil_charts(report)
    return TemplateResponse(request, "reports/pupil_report.html", context)


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def pupil_report_pdf(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The sheet for the parents' hands."""
    pupil, school_class = _pupil_and_class(request, pupil_id)
    return _pdf(request, pupil, school_class)


@require_safe
def family_report(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The same report in the family's cabinet."""
    child = child_for(request, pupil_id)
    report, periods = _report(request, child.pupil, child.school_class) if child.school_class else (None, [])
    more = {"report": report, "periods": periods, "charts": pupil_charts(report) if report else None}
    template = "reports/family_report.html"
    return answer(request, child, "marks", "отчёт", report, view="family_report", template=template, **more)


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def family_report_pdf(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The family's own copy of the sheet."""
    child = child_for(request, pupil_id)
    if child.school_class is None:
        raise Http404
    return _pdf(request, child.pupil, child.school_class)


@require_safe
def pupil_reports(request: HttpRequest, class_id: int) -> HttpResponse:
    """The pupils of the class with mean, line over the year and lists they stand in."""
    school_class = get_class_for(request.user, class_id)
    period, periods = _period(request, school_class)
    context = {"school_class": school_class, "period": period, "periods": periods, "page": None}
    if period:
        record_class(request, Action.READ, f"отчёты об учениках: {period.name}", class_id=class_id)
        calendar = load_calendar(school_class.year)
        context["page"] = pupil_list(school_class, period, calendar, today=timezone.localdate())
    return TemplateResponse(request, "reports/pupil_reports.html", context)


@require_POST
def pupil_reports_print(request: HttpRequest, class_id: int) -> HttpResponse:
    """Queues the reports of all pupils of the class as one file."""
    school_class = get_class_for(request.user, class_id)
    period, _ = _period(request, school_class)
    back = reverse("reports:pupil_reports", args=[class_id])
    pupils = _on_roll(school_class, request, period) if period else []
    if period is None or not pupils:
        messages.warning(request, "Печатать некого: в этот период в классе никого не было.")
        return redirect(back)
    job = start_prints(school_class, period, pupils, by=request.user, next_url=f"{back}?period={period.key}")
    if not job.is_new:
        messages.info(request, "Предыдущая печать ещё идёт. Дождитесь её конца или остановите.")
    return redirect("reports:job", job_id=job.pk)


def _on_roll(school_class: SchoolClass, request: HttpRequest, period: ReportPeriod) -> list[int]:
    """Ids of the class on the last day that counts, whom the user may see, in the order of the class list."""
    rows = Pupil.objects.visible_to(request.user).filter(enrolments__in=school_class.enrolments.on_roll(period.day))
    return list(rows.order_by("sort_name", "pk").values_list("pk", flat=True))


def _pdf(request: HttpRequest, pupil: Pupil, school_class: SchoolClass) -> HttpResponse:
    report, _ = _report(request, pupil, school_class)
    if report is None:
        raise Http404
    record_pupils(request, Action.PRINT, _subject(report), pupil_ids=[pupil.pk], class_id=school_class.pk)
    name = f"Отчёт {pupil.list_name} {report.period.name}.pdf"
    headers = {"Content-Disposition": content_disposition_header(False, name)}
    return HttpResponse(report_pdf(report).content, content_type="application/pdf", headers=headers)


def _report(
    request: HttpRequest, pupil: Pupil, school_class: SchoolClass
) -> tuple[PupilReport | None, list[ReportPeriod]]:
    period, periods = _period(request, school_class)
    if period is None:
        return None, periods
    calendar, today = load_calendar(school_class.year), timezone.localdate()
    return pupil_report(pupil, school_class, period, periods, calendar, today=today), periods


def _period(request: HttpRequest, school_class: SchoolClass) -> tuple[ReportPeriod | None, list[ReportPeriod]]:
    """The term of the address or form, and the terms to choose from: the year has no means of its own."""
    data = request.POST if request.method == "POST" else request.GET
    periods = periods_of(load_calendar(school_class.year), school_class.grade, timezone.localdate())
    terms = [one for one in periods if not one.is_year]
    return chosen_period(terms, data.get("period", "")), terms


def _pupil_and_class(request: HttpRequest, pupil_id: int) -> tuple[Pupil, SchoolClass]:
    """The pupil and the class whose report it is; only for those who work with the class."""
    pupil = get_pupil_for(request.user, pupil_id)
    school_class = begun_class_of(pupil, timezone.localdate())
    if school_class is None:
        raise Http404
    return pupil, get_class_for(request.user, school_class.pk)


def _subject(report: PupilReport) -> str:
    return f"отчёт об ученике: {report.period.name}"
