"""Extracts: the page of a class, the page of a pupil, printing, the register."""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_class, record_pupils
from journal.access import get_class_for, get_pupil_for
from journal.calendar import Calendar, load_calendar
from journal.models import Pupil, SchoolClass
from journal.queries.card import begun_class_of
from journal.text import row_number
from reports.extract import batch, register
from reports.extract.class_page import class_page, pupils_to_print
from reports.extract.data import ExtractData, Period
from reports.extract.query import default_period, pupil_extract
from reports.forms import ExtractForm
from reports.models import Extract

ON_PAPER, CHOSEN = "paper", "chosen"
KEPT_BLOCKS = "extract_blocks"


@require_safe
def class_extracts(request: HttpRequest, class_id: int) -> HttpResponse:
    """Who of the class gets paper, printing for all of them, and the register."""
    school_class = get_class_for(request.user, class_id)
    record_class(request, Action.READ, "выписки класса", class_id=class_id)
    calendar = load_calendar(school_class.year)
    whole = request.GET.get("register") == "all"
    context = {
        "school_class": school_class,
        "page": class_page(school_class, request.user, timezone.localdate(), calendar, whole_register=whole),
        "form": _period_form(request, school_class, calendar),
    }
    return TemplateResponse(request, "reports/class_extracts.html", context)


@require_POST
def class_print(request: HttpRequest, class_id: int) -> HttpResponse:
    """Queues the print for the whole class, for those who get paper, or for those ticked."""
    school_class = get_class_for(request.user, class_id)
    back = reverse("reports:class_extracts", args=[class_id])
    form = _period_form(request, school_class)
    if form.is_bound and not form.is_valid():
        messages.error(request, _words(form))
        return redirect(back)
    who = request.POST.get("who")
    ids = pupils_to_print(school_class, request.user, form.period, only_paper=who == ON_PAPER)
    if who == CHOSEN:
        chosen = {row_number(text) for text in request.POST.getlist("pupil")}
        ids = [pk for pk in ids if pk in chosen]
    if not ids:
        words = "отметьте учеников в списке" if who == CHOSEN else "в этот период таких учеников в классе не было"
        messages.warning(request, f"Печатать некому: {words}.")
        return redirect(back)
    job = batch.start_class_print(
        school_class, ids, form.period, blocks=form.chosen_blocks, by=request.user, next_url=back
    )
    if not job.is_new:  # type: ignore[attr-defined]
        messages.info(request, "Предыдущая печать ещё идёт. Дождитесь её конца или остановите.")
    return redirect("reports:job", job_id=job.pk)


@require_safe
def extract(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The extract of one pupil as a page: the same object that is printed."""
    pupil, school_class = pupil_and_class(request, pupil_id)
    form = _period_form(request, school_class)
    data = _data(pupil, school_class, form)
    record_pupils(request, Action.READ, "выписка", pupil_ids=[pupil.pk], class_id=school_class.pk)
    context = {"extract": data, "school_class": school_class, "form": form}
    return TemplateResponse(request, "reports/extract.html", context)


@require_POST
def extract_print(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """Forms the extract, enters it into the register, and shows the PDF."""
    pupil, school_class = pupil_and_class(request, pupil_id)
    form = _period_form(request, school_class)
    if form.is_bound and not form.is_valid():
        messages.error(request, _words(form))
        return redirect("reports:extract", pupil_id=pupil_id)
    row = register.form_extract(_data(pupil, school_class, form), by=request.user, request=request)
    return redirect("reports:extract_file", extract_id=row.pk)


@require_safe
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def extract_file(request: HttpRequest, extract_id: int) -> HttpResponse:
    """The PDF as it was handed out, byte for byte."""
    row = _get_extract(request, extract_id, "file")
    try:
        content = register.stored_file(row)
    except register.Damaged:
        messages.error(
            request,
            f"Файл выписки № {row.number} повреждён в хранилище: он не совпадает с записью реестра. "
            "Выдавать его нельзя. Сообщите администратору и сформируйте выписку заново.",
        )
        return redirect("reports:class_extracts", class_id=row.school_class_id)
    record_pupils(
        request, Action.PRINT, f"выписка № {row.number}", pupil_ids=[row.pupil_id], class_id=row.school_class_id
    )
    period = Period(row.date_from, row.date_to)
    name = register.file_name(row.school_class.name, row.pupil.list_name, period)
    headers = {"Content-Disposition": content_disposition_header(False, name), "ETag": f'"{row.sha256}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_POST
def extract_handed_over(request: HttpRequest, extract_id: int) -> HttpResponse:
    """«Вручена», or taking that back."""
    return _note(request, extract_id, register.set_handed_over)


@require_POST
def extract_returned(request: HttpRequest, extract_id: int) -> HttpResponse:
    """«Корешок возвращён», or taking that back."""
    return _note(request, extract_id, register.set_returned)


def _note(request: HttpRequest, extract_id: int, note: Callable[..., None]) -> HttpResponse:
    row = _get_extract(request, extract_id)
    note(row, done=request.POST.get("done") == "1", by=request.user, request=request)
    return redirect(reverse("reports:class_extracts", args=[row.school_class_id]) + f"#extract-{row.pk}")


def _get_extract(request: HttpRequest, extract_id: int, *related: str) -> Extract:
    rows = register.extracts_visible_to(request.user).select_related("school_class", "pupil", *related)
    return get_object_or_404(rows, pk=extract_id)


def pupil_and_class(request: HttpRequest, pupil_id: int) -> tuple[Pupil, SchoolClass]:
    """The pupil and the class whose extract it is; only for those who work with the class."""
    pupil = get_pupil_for(request.user, pupil_id)
    school_class = begun_class_of(pupil, timezone.localdate())
    if school_class is None:
        raise Http404
    return pupil, get_class_for(request.user, school_class.pk)


def _data(pupil: Pupil, school_class: SchoolClass, form: ExtractForm) -> ExtractData:
    return pupil_extract(pupil, school_class, form.period, formed_on=timezone.localdate(), blocks=form.chosen_blocks)


def _period_form(request: HttpRequest, school_class: SchoolClass, calendar: Calendar | None = None) -> ExtractForm:
    """Period and parts; the parts chosen are kept for the person's next sheet."""
    today = timezone.localdate()
    default = default_period(calendar or load_calendar(school_class.year), school_class.grade, today)
    form = ExtractForm(
        request.POST if request.method == "POST" else request.GET,
        first_day=school_class.year.date_from,
        today=today,
        default=default,
        kept=request.session.get(KEPT_BLOCKS, ()),
    )
    if form.tells_blocks and form.is_valid():
        request.session[KEPT_BLOCKS] = list(form.chosen_blocks)
    return form


def _words(form: ExtractForm) -> str:
    return " ".join(message for messages_ in form.errors.values() for message in messages_)
