"""The deputy's analytics: seven pages, each with its paper and its files. For who sees the whole school."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_event, record_pupils
from journal.access import deputy_only
from journal.calendar import Calendar, load_calendar, year_of
from journal.files import csv_response, workbook_response
from journal.models import School
from journal.text import row_number
from reports import pdf
from reports.analytics.school import controls, risk
from reports.analytics.school.overview import classes_page, overview_page, subjects_page
from reports.analytics.school.source import SchoolPeriod, SchoolResults, chosen, school_periods, school_results
from reports.analytics.school.tables import AnalyticsPage
from reports.analytics.school.teachers import teachers_page
from reports.analytics.school.years import years_page

NO_YEAR = AnalyticsPage("Аналитика", "", (), notes=("Учебный период ещё не начался: считать нечего.",))
Builder = Callable[[HttpRequest, "_Choice"], AnalyticsPage]


class _Choice:
    """Year and period of the address, and the results of the school for them, read when asked for."""

    def __init__(self, request: HttpRequest) -> None:
        self.request, self.today = request, timezone.localdate()
        year = year_of(self.today)
        self.calendar: Calendar | None = load_calendar(year) if year else None
        grades = set(year.classes.values_list("grade", flat=True)) if year else set()
        self.periods: list[SchoolPeriod] = (
            school_periods(self.calendar, grades, self.today) if self.calendar and grades else []
        )
        self.period = chosen(self.periods, request.GET.get("period", ""))

    def results(self) -> SchoolResults:
        assert self.period and self.calendar
        return school_results(self.period, self.calendar, today=self.today)

    def number(self, name: str) -> int | None:
        return row_number(self.request.GET.get(name, ""))


def _overview(request: HttpRequest, choice: _Choice) -> AnalyticsPage:
    return overview_page(choice.results())


def _classes(request: HttpRequest, choice: _Choice) -> AnalyticsPage:
    return classes_page(choice.results(), choice.number("grade"))


def _subjects(request: HttpRequest, choice: _Choice) -> AnalyticsPage:
    return subjects_page(choice.results(), choice.number("subject"))


def _teachers(request: HttpRequest, choice: _Choice) -> AnalyticsPage:
    return teachers_page(choice.results(), choice.number("teacher"))


def _risk(request: HttpRequest, choice: _Choice, *, whole: bool = False) -> AnalyticsPage:
    """Names of pupils stand here: whom the page shows is recorded."""
    data = request.GET
    reason = data.get("reason", "")
    wanted = risk.Wanted(
        reason=reason if reason in risk.Reason.values else "",
        grade=choice.number("grade"),
        class_id=choice.number("class"),
        subject_id=choice.number("subject"),
        several=data.get("several") == "1",
    )
    number = None if whole else choice.number("page") or 1
    assert choice.calendar
    page, shown = risk.risk_page(choice.results(), choice.calendar, wanted, number, today=choice.today)
    action = Action.EXPORT if whole else Action.READ
    record_pupils(request, action, "группа риска", pupil_ids=[one.pupil_id for one in shown])
    page.more["wanted"] = wanted
    return page


def _controls(request: HttpRequest, choice: _Choice) -> AnalyticsPage:
    rule = request.GET.get("rule", "")
    wanted = controls.Wanted(
        rule=rule if rule in controls.Rule.values else "",
        class_id=choice.number("class"),
        subject_id=choice.number("subject"),
    )
    assert choice.calendar
    page = controls.controls_page(choice.calendar, wanted)
    page.more["wanted"] = wanted
    return page


def _years(request: HttpRequest, choice: _Choice) -> AnalyticsPage:
    return years_page(choice.today)


BUILDERS: dict[str, Builder] = {
    "analytics": _overview,
    "analytics_classes": _classes,
    "analytics_subjects": _subjects,
    "analytics_teachers": _teachers,
    "analytics_risk": _risk,
    "analytics_controls": _controls,
    "analytics_years": _years,
}
WITHOUT_PERIOD = ("analytics_controls", "analytics_years")


@require_safe
@deputy_only
def page(request: HttpRequest, name: str) -> HttpResponse:
    """One of the pages, by the name of its address."""
    choice = _Choice(request)
    found = BUILDERS[name](request, choice) if choice.period else NO_YEAR
    record_event(Action.READ, f"аналитика школы: {found.title}", by=request.user, request=request)
    context: dict[str, Any] = {
        "page": found,
        "name": name,
        "periods": [] if name in WITHOUT_PERIOD else choice.periods,
        "period": choice.period,
        "query": request.GET.urlencode(),
        "has_files": choice.period is not None,
    }
    templates = [f"reports/{name}.html", "reports/analytics.html"]
    return TemplateResponse(request, templates, context)


@require_safe
@deputy_only
def page_file(request: HttpRequest, name: str, suffix: str) -> HttpResponse:
    """The page's tables: all of them in a workbook, the first one as CSV."""
    found = _whole(request, name)
    record_event(Action.EXPORT, f"аналитика школы: {found.title}", by=request.user, request=request)
    if suffix == "csv":
        return csv_response(_file_name(found), found.sections[0].for_file())
    return workbook_response(_file_name(found), [(one.title, one.for_file()) for one in found.sections])


@require_safe
@deputy_only
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def page_pdf(request: HttpRequest, name: str) -> HttpResponse:
    """The page on paper."""
    found = _whole(request, name)
    record_event(Action.PRINT, f"аналитика школы: {found.title}", by=request.user, request=request)
    context = {"page": found, "school": School.load(), "formed_on": timezone.localdate()}
    made = pdf.pdf_of("reports/pdf/analytics.html", context, style="pdf-analytics.css")
    headers = {"Content-Disposition": content_disposition_header(False, f"{_file_name(found)}.pdf")}
    return HttpResponse(made.content, content_type="application/pdf", headers=headers)


def _whole(request: HttpRequest, name: str) -> AnalyticsPage:
    """The page without paging."""
    choice = _Choice(request)
    if choice.period is None:
        raise Http404
    if name == "analytics_risk":
        return _risk(request, choice, whole=True)
    return BUILDERS[name](request, choice)


def _file_name(found: AnalyticsPage) -> str:
    return f"Аналитика {found.title} {timezone.localdate():%d.%m.%Y}".replace("/", "-")
