"""The office's books: the alphabetical book and the report on movement."""

from __future__ import annotations

from datetime import date

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

from accounts.audit import Action, record_pupils
from journal.editing import may_record_movements
from journal.files import table_response
from journal.models import AcademicYear, School, SchoolClass
from journal.text import row_number
from reports import pdf
from reports.books import alphabet, movement
from reports.books.alphabet import BookFilter, book_of, letters_of
from reports.books.jobs import start_alphabet_print
from reports.books.movement import MovementReport
from reports.books.movement import movement_report as report_of
from reports.extract.data import Period
from reports.forms import ReportPeriodForm

BOOK, REPORT = "алфавитная книга", "отчёт о движении"
ALL = "all"


class Choice:
    """Year and class of a page, from its address; the running year by default. Two queries."""

    def __init__(self, request: HttpRequest, data=None) -> None:
        if not may_record_movements(request.user):
            raise Http404
        data = request.GET if data is None else data
        self.years = list(AcademicYear.objects.select_related("school").order_by("-date_from"))
        today = timezone.localdate()
        begun = [year for year in self.years if year.date_from <= today]
        wanted = data.get("year", "")
        self.is_all = wanted == ALL
        chosen = next((year for year in self.years if year.pk == row_number(wanted)), None)
        self.year = None if self.is_all else chosen or (begun[0] if begun else None)
        self.classes = sorted(
            SchoolClass.objects.filter(year=self.year), key=lambda row: (row.grade, row.letter)
        ) if self.year else []  # fmt: skip
        pk = row_number(data.get("class", ""))
        self.school_class = next((row for row in self.classes if row.pk == pk), None)

    @property
    def query(self) -> str:
        """The same choice in another address."""
        year = ALL if self.is_all else self.year.pk if self.year else ""
        return f"year={year}" + (f"&class={self.school_class.pk}" if self.school_class else "")


@require_safe
def alphabet_book(request: HttpRequest) -> HttpResponse:
    """A letter of the book (of a class: the whole class)."""
    choice = Choice(request)
    chosen = BookFilter(choice.year, choice.school_class)
    letters = letters_of(chosen)
    letter = request.GET.get("letter", "")
    if letter not in {one for one, _ in letters}:
        letter = "" if choice.school_class or not letters else letters[0][0]
    entries = book_of(BookFilter(choice.year, choice.school_class, letter))
    record_pupils(request, Action.READ, BOOK, pupil_ids=[entry.pupil_id for entry in entries])
    context = {"choice": choice, "letters": letters, "letter": letter, "entries": entries}
    return TemplateResponse(request, "reports/alphabet_book.html", context)


@require_safe
def alphabet_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The whole book of the chosen year or class as XLSX or CSV."""
    choice = Choice(request)
    entries = book_of(BookFilter(choice.year, choice.school_class))
    record_pupils(request, Action.EXPORT, BOOK, pupil_ids=[entry.pupil_id for entry in entries])
    rows = alphabet.rows_for_file(entries)
    return table_response(suffix, "Алфавитная книга", rows, sheet="Алфавитная книга", first_widths=(7, 6, 36))


@require_POST
def alphabet_print(request: HttpRequest) -> HttpResponse:
    """Queues the book on paper."""
    choice = Choice(request, request.POST)
    back = f"{reverse('reports:alphabet_book')}?{choice.query}"
    job = start_alphabet_print(BookFilter(choice.year, choice.school_class), by=request.user, next_url=back)
    if not job.is_new:  # type: ignore[attr-defined]
        messages.info(request, "Предыдущая печать ещё идёт. Дождитесь её конца или остановите.")
    return redirect("reports:job", job_id=job.pk)


@require_safe
def movement_report(request: HttpRequest) -> HttpResponse:
    """The roll of classes and parallels in a period, and the orders."""
    choice = Choice(request)
    if choice.year is None:
        return TemplateResponse(request, "reports/movement_report.html", {"choice": choice, "report": None})
    form = _period(request, choice.year)
    report = _report(choice, form)
    _record(request, Action.READ, report)
    query = f"{choice.query}&date_from={report.start:%Y-%m-%d}&date_to={report.end:%Y-%m-%d}"
    context = {"choice": choice, "form": form, "report": report, "query": query}
    return TemplateResponse(request, "reports/movement_report.html", context)


@require_safe
def movement_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The report as XLSX or CSV."""
    report = _chosen_report(request)
    _record(request, Action.EXPORT, report)
    name = f"Движение {report.start:%d.%m.%Y}-{report.end:%d.%m.%Y}"
    return table_response(suffix, name, movement.rows_for_file(report), sheet="Движение", first_widths=(16,))


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def movement_pdf(request: HttpRequest) -> HttpResponse:
    """The report on paper."""
    report = _chosen_report(request)
    _record(request, Action.PRINT, report)
    context = {"report": report, "school": School.load(), "formed_on": timezone.localdate()}
    made = pdf.pdf_of("reports/pdf/movement_report.html", context, style="pdf-book.css")
    headers = {"Content-Disposition": content_disposition_header(False, f"Движение {report.end:%d.%m.%Y}.pdf")}
    return HttpResponse(made.content, content_type="application/pdf", headers=headers)


def _chosen_report(request: HttpRequest) -> MovementReport:
    choice = Choice(request)
    if choice.year is None:
        raise Http404
    return _report(choice, _period(request, choice.year))


def _report(choice: Choice, form: ReportPeriodForm) -> MovementReport:
    assert choice.year is not None
    period = form.period
    return report_of(choice.year, period.start, period.end, choice.school_class)


def _period(request: HttpRequest, year: AcademicYear) -> ReportPeriodForm:
    """The days asked for; the year up to now by default."""
    last = _last_day(year, timezone.localdate())
    return ReportPeriodForm(request.GET, first_day=year.date_from, today=last, default=Period(year.date_from, last))


def _last_day(year: AcademicYear, today: date) -> date:
    return min(max(today, year.date_from), year.roll_ends_on)


def _record(request: HttpRequest, action: Action, report: MovementReport) -> None:
    record_pupils(request, action, REPORT, pupil_ids=sorted({line.pupil_id for line in report.lines}))
