"""Справки: the list of a class, a new paper or an order about several, correcting, removing, the scan.

What changes absences goes in two steps. The preview is made by saving and taking back; the confirmation carries the
fields of the form and the digest of what was shown, and saves only where it would do just that.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import Action, address_of, record_class, record_pupils
from attendance.documents import (
    STATES,
    DocumentRow,
    batch_of,
    class_documents,
    ending_until,
    get_document_for,
    history_of,
    ill_without_paper,
    lines_for_file,
    places_of,
    pupils_of,
    state_of,
)
from attendance.effects import Effect, attempt
from attendance.forms.documents import CorrectionForm, DocumentForm, GroupOrderForm, PaperForm, RemovalForm, asked_for
from attendance.models import LETTERS, AbsenceDocument, Scan
from attendance.services.documents import add_documents, change_documents, remove_documents, stamp_of
from attendance.services.places import CannotMark
from journal.access import get_class_for
from journal.calendar import Calendar, load_calendar
from journal.files import table_response
from journal.models import SchoolClass
from journal.text import plural, row_number

CHANGED_MEANWHILE = (
    "Пока вы читали, записи изменились. Ниже показано, что будет теперь: посмотрите и подтвердите ещё раз."
)
NOT_CARRIED = {"csrfmiddlewaretoken", "confirm", "edit", "scan", "upload"}
SCAN_TYPES = {Scan.Type.PDF: "application/pdf", Scan.Type.JPEG: "image/jpeg"}
Preview = Callable[[str], tuple[list[AbsenceDocument] | None, Effect]]


@require_safe
def documents(request: HttpRequest, class_id: int) -> HttpResponse:
    """The documents of the class, and who is ill without one."""
    school_class, calendar, today = _place(request, class_id)
    pupils = pupils_of(school_class, request.user, today)
    listed = list(pupils)
    state, pupil_id = _filter(request)
    record_class(request, Action.READ, "документы о пропусках", class_id=class_id)
    context = {
        "school_class": school_class,
        "rows": _rows(request, school_class, calendar, today),
        "ill": ill_without_paper(school_class, listed, today, calendar),
        "pupils": listed,
        "states": STATES,
        "state": state,
        "pupil_id": pupil_id,
        "query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "attendance/documents.html", context)


@require_safe
def documents_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The same list, with the same filter, as XLSX or CSV."""
    school_class, calendar, today = _place(request, class_id)
    rows = _rows(request, school_class, calendar, today)
    record_class(request, Action.EXPORT, "документы о пропусках", class_id=class_id)
    name = f"Справки {school_class.name} {school_class.year.name.replace('/', '-')}"
    return table_response(suffix, name, lines_for_file(rows), sheet="Справки")


@require_http_methods(["GET", "POST"])
def new_document(request: HttpRequest, class_id: int) -> HttpResponse:
    """A paper of one pupil."""
    return _new(request, class_id, DocumentForm, "attendance/document_form.html")


@require_http_methods(["GET", "POST"])
def new_order(request: HttpRequest, class_id: int) -> HttpResponse:
    """An order about several pupils of the class."""
    return _new(request, class_id, GroupOrderForm, "attendance/document_order.html")


@require_safe
def document(request: HttpRequest, class_id: int, document_id: int) -> HttpResponse:
    """One document: what it says, the days it holds, its history."""
    school_class, calendar, today = _place(request, class_id)
    row = get_document_for(request.user, school_class, document_id, today)
    mates = batch_of(row, school_class, request.user, today)[1:]
    shown = [one.pupil_id for one in (row, *mates)]
    record_pupils(request, Action.READ, "документ о пропусках", class_id=class_id, pupil_ids=shown)
    context = {
        "school_class": school_class,
        "document": row,
        "letter": LETTERS[row.reason],
        "state": state_of(row, today, ending_until(today, calendar, school_class.grade)),
        "mates": mates,
        "places": [] if row.removed_at else places_of(row),
        "events": history_of(row),
    }
    return TemplateResponse(request, "attendance/document.html", context)


@require_http_methods(["GET", "POST"])
def edit_document(request: HttpRequest, class_id: int, document_id: int) -> HttpResponse:
    """Correcting it, above all «продлили до пятницы». Without a change of absences it is saved at once."""
    school_class, calendar, today = _place(request, class_id)
    row = get_document_for(request.user, school_class, document_id, today)
    if row.removed_at:
        messages.error(request, "Документ отменён: исправить его нельзя. Внесите новый.")
        return redirect("attendance:document", class_id=class_id, document_id=document_id)
    batch = batch_of(row, school_class, request.user, today)
    names = ("kind", "reason", "date_from", "date_to", "number", "note")
    form = CorrectionForm(
        request.POST or None,
        request.FILES or None,
        school_class=school_class,
        user=request.user,
        document=row,
        is_order=len(batch) > 1,
        initial={**{name: getattr(row, name) for name in names}, "seen": stamp_of(row)},
    )
    record_pupils(request, Action.READ, "документ о пропусках", class_id=class_id, pupil_ids=[row.pupil_id])

    def preview(confirmed: str) -> tuple[list[AbsenceDocument] | None, Effect]:
        chosen, paper = batch if form.cleaned_data.get("whole") else [row], form.paper()
        span = (min(paper.date_from, *_firsts(chosen)), max(paper.date_to, *_lasts(chosen)))
        return _attempt(
            school_class, calendar, today, chosen, span, confirmed,
            lambda: change_documents(
                documents=chosen, paper=paper, calendar=calendar, by=request.user,
                seen=form.cleaned_data["seen"], why=form.why_words, address=address_of(request),
            ),
            ask_always=False,
        )  # fmt: skip

    back = reverse("attendance:document", args=[class_id, document_id])
    if answer := _two_steps(request, school_class, form, preview, title="Исправление документа", back=back):
        return answer
    context = {"school_class": school_class, "document": row, "form": form, "back": back}
    return TemplateResponse(request, "attendance/document_edit.html", context)


@require_http_methods(["GET", "POST"])
def remove_document(request: HttpRequest, class_id: int, document_id: int) -> HttpResponse:
    """What stands again when the document goes; then it goes. `?whole=1` is the whole order."""
    school_class, calendar, today = _place(request, class_id)
    row = get_document_for(request.user, school_class, document_id, today)
    if row.removed_at:
        messages.info(request, "Этот документ уже отменён.")
        return redirect("attendance:document", class_id=class_id, document_id=document_id)
    batch = batch_of(row, school_class, request.user, today)
    is_whole = len(batch) > 1 and "whole" in {**request.GET.dict(), **request.POST.dict()}
    chosen = batch if is_whole else [row]
    form = RemovalForm(request.POST or None, user=request.user)
    record_pupils(
        request, Action.READ, "отмена документа", class_id=class_id, pupil_ids=[one.pupil_id for one in chosen]
    )
    why = form.cleaned_data.get("why", "") if form.is_valid() else ""
    refusal, effect = "", None
    try:
        done, effect = _attempt(
            school_class, calendar, today, chosen, (min(_firsts(chosen)), max(_lasts(chosen))),
            request.POST.get("confirm", ""),
            lambda: remove_documents(
                documents=chosen, calendar=calendar, by=request.user, why=why, address=address_of(request)
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, "Документ отменён. В днях, которые он держал, стоит то, что было до него.")
            return redirect("attendance:document", class_id=class_id, document_id=document_id)
        if request.POST.get("confirm"):
            messages.warning(request, CHANGED_MEANWHILE)
    except CannotMark as words:
        refusal = str(words)
    context = {
        "school_class": school_class, "document": row, "mates": batch[1:], "is_whole": is_whole, "form": form,
        "effect": effect, "refusal": refusal,
    }  # fmt: skip
    return TemplateResponse(request, "attendance/document_remove.html", context)


@require_safe
def document_scan(request: HttpRequest, class_id: int, document_id: int) -> HttpResponse:
    """The scan, always as a file to keep: a browser never opens it inside our pages."""
    school_class, _, today = _place(request, class_id)
    row = get_document_for(request.user, school_class, document_id, today)
    if row.scan is None:
        raise Http404
    record_pupils(request, Action.EXPORT, "скан документа о пропусках", class_id=class_id, pupil_ids=[row.pupil_id])
    headers = {
        "Content-Disposition": content_disposition_header(True, row.scan.name),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    content_type = SCAN_TYPES[Scan.Type(row.scan.type)]
    return HttpResponse(bytes(row.scan.file.content), content_type=content_type, headers=headers)


def _place(request: HttpRequest, class_id: int) -> tuple[SchoolClass, Calendar, date]:
    school_class = get_class_for(request.user, class_id)
    return school_class, load_calendar(school_class.year), timezone.localdate()


def _filter(request: HttpRequest) -> tuple[str, int | None]:
    state = request.GET.get("state", "")
    return state if state in STATES else "", row_number(request.GET.get("pupil", ""))


def _rows(request: HttpRequest, school_class: SchoolClass, calendar: Calendar, today: date) -> list[DocumentRow]:
    state, pupil_id = _filter(request)
    pupils = pupils_of(school_class, request.user, today)
    return class_documents(school_class, pupils, today=today, calendar=calendar, state=state, pupil_id=pupil_id)


def _new(request: HttpRequest, class_id: int, form_class: type, template: str) -> HttpResponse:
    school_class, calendar, today = _place(request, class_id)
    pupils = pupils_of(school_class, request.user, today)
    form = form_class(
        request.POST or None,
        request.FILES or None,
        school_class=school_class,
        user=request.user,
        pupils=pupils,
        initial=asked_for(request.GET, pupils, today, school_class),
    )
    record_class(request, Action.READ, "новый документ о пропусках", class_id=class_id)

    def preview(confirmed: str) -> tuple[list[AbsenceDocument] | None, Effect]:
        paper = form.paper()
        return attempt(
            lambda: add_documents(
                pupil_ids=form.pupil_ids, paper=paper, calendar=calendar, by=request.user,
                why=form.why_words, address=address_of(request),
            ),
            pupil_ids=form.pupil_ids,
            span=(paper.date_from, paper.date_to),
            school_class=school_class,
            calendar=calendar,
            today=today,
            confirmed=confirmed,
        )  # fmt: skip

    back = reverse("attendance:documents", args=[class_id])
    if answer := _two_steps(request, school_class, form, preview, title="Новый документ", back=back):
        return answer
    context = {"school_class": school_class, "form": form, "pupils": pupils, "back": back}
    return TemplateResponse(request, template, context)


def _attempt(
    school_class: SchoolClass,
    calendar: Calendar,
    today: date,
    chosen: list[AbsenceDocument],
    span: tuple[date, date],
    confirmed: str,
    write: Callable[[], list[AbsenceDocument]],
    *,
    ask_always: bool = True,
) -> tuple[list[AbsenceDocument] | None, Effect]:
    """The change of documents that stand. A removal is always asked; a correction where it changes absences."""
    return attempt(
        write,
        pupil_ids=[one.pupil_id for one in chosen],
        span=span,
        documents=chosen,
        school_class=school_class,
        calendar=calendar,
        today=today,
        confirmed=confirmed,
        ask_always=ask_always,
    )


def _two_steps(
    request: HttpRequest, school_class: SchoolClass, form: PaperForm, preview: Preview, *, title: str, back: str
) -> HttpResponse | None:
    """The preview or the way on after the save; None where the form has to be shown."""
    # Cleaned first, also on the way back from the preview: cleaning finds the scan that is carried.
    if request.method != "POST" or not form.is_valid() or "edit" in request.POST:
        return None
    confirmed = request.POST.get("confirm", "")
    try:
        done, effect = preview(confirmed)
    except CannotMark as refusal:
        form.refuse(refusal)
        return None
    if done is not None:
        messages.success(request, _saved(done, effect))
        return redirect("attendance:document", class_id=school_class.pk, document_id=done[0].pk)
    if confirmed:
        messages.warning(request, CHANGED_MEANWHILE)
    carried = [(name, value) for name, values in request.POST.lists() if name not in NOT_CARRIED for value in values]
    context = {
        "school_class": school_class, "title": title, "back": back, "effect": effect, "form": form,
        "paper": form.paper(), "carried": [*carried, ("scan", form.token)],
    }  # fmt: skip
    return TemplateResponse(request, "attendance/document_preview.html", context)


def _saved(done: list[AbsenceDocument], effect: Effect) -> str:
    """«Справка сохранена: 4 дня, 23 урока.»"""
    what = done[0].get_kind_display()
    days, lessons = effect.days, effect.lessons
    figures = f"{days} {plural(days, 'день,дня,дней')}, {lessons} {plural(lessons, 'урок,урока,уроков')}"
    whom = "" if len(done) == 1 else f", {len(done)} {plural(len(done), 'ученик,ученика,учеников')}"
    return f"Сохранено: {what}{whom}. Затронуто: {figures}."


def _firsts(rows: list[AbsenceDocument]) -> list[date]:
    return [row.date_from for row in rows]


def _lasts(rows: list[AbsenceDocument]) -> list[date]:
    return [row.date_to for row in rows]
