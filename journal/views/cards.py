"""The card of a pupil: reading it, correcting one line in its place, the full form, the special block."""

from __future__ import annotations

import copy

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import Action, address_of, record_pupils
from journal.access import get_pupil_kept_by, may_see_sensitive, reads_studies_of
from journal.editing import PUPIL_FIELDS, may_change
from journal.forms.pupils import PupilForm, SensitiveForm
from journal.models import Pupil, School, SchoolClass, SensitiveData
from journal.queries.card import card_of, class_of
from journal.queries.changes import SENSITIVE, card_changes
from journal.services.changes import Conflict
from journal.services.people import SENSITIVE_SUBJECT, Refused, save_pupil, save_sensitive
from journal.views.facts import LABELS, fact_of, facts_of


@require_safe
def pupil(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The card, for the class teacher of today, the deputy and the operator; a family has its own pages. `?edit=phone`
    opens a line for correction; the script of the page asks for that line alone."""
    person = get_pupil_kept_by(request.user, pupil_id)
    school_class = class_of(person, timezone.localdate())
    editing = request.GET.get("edit", "")
    form = None
    if editing in LABELS and may_change(request.user, PUPIL_FIELDS, editing):
        form = _form(request, person, school_class, editing)
    _record_read(request, person, school_class, "карточка")
    if _wants_part(request) and (editing or "fact" in request.GET):
        return _line(request, person, school_class, editing or request.GET["fact"], form)
    return _card(request, person, school_class, form, editing)


@require_POST
def pupil_field(request: HttpRequest, pupil_id: int, field: str) -> HttpResponse:
    """Saves one line of the card."""
    person = get_pupil_kept_by(request.user, pupil_id)
    if field not in LABELS:
        raise Http404
    if not may_change(request.user, PUPIL_FIELDS, field):
        raise PermissionDenied
    school_class = class_of(person, timezone.localdate())
    form = _form(request, person, school_class, field)
    status = _save(request, person, form)
    if status == 200:
        if _wants_part(request):
            return _line(request, person, school_class, field)
        messages.success(request, f"Сохранено: {LABELS[field].lower()}.")
        return redirect(f"{reverse('journal:pupil', args=[pupil_id])}#fact-{field}")
    if _wants_part(request):
        return _line(request, person, school_class, field, form, status)
    _record_read(request, person, school_class, "карточка")
    return _card(request, person, school_class, form, field, status)


@require_http_methods(["GET", "HEAD", "POST"])
def pupil_edit(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """All personal data as one form. Fields of other keepers stand in it as text."""
    person = get_pupil_kept_by(request.user, pupil_id)
    school_class = class_of(person, timezone.localdate())
    form = _form(request, person, school_class)
    status = 200
    if request.method == "POST":
        status = _save(request, person, form)
        if status == 200:
            messages.success(request, "Карточка сохранена.")
            if note := fact_of("birth_date", person, request.user, school_class).note:
                messages.warning(request, f"{note}.")
            return redirect("journal:pupil", pupil_id=pupil_id)
    _record_read(request, person, school_class, "карточка: исправление")
    closed = [fact for fact in facts_of(person, request.user, school_class) if not fact.is_open]
    context = {"pupil": person, "school_class": school_class, "form": form, "closed": closed}
    return TemplateResponse(request, "journal/pupil_edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def pupil_sensitive(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The special block: a page of its own, because every look at it is told apart."""
    person = get_pupil_kept_by(request.user, pupil_id)
    school_class = class_of(person, timezone.localdate())
    if not may_see_sensitive(request.user, _school(school_class)):
        raise Http404
    row = SensitiveData.objects.filter(pupil=person).first() or SensitiveData(pupil=person)
    form = SensitiveForm(request.POST or None, instance=row)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                save_sensitive(person, form.changes(), by=request.user, address=address_of(request))
                messages.success(request, "Особые сведения сохранены.")
                return redirect("journal:pupil_sensitive", pupil_id=pupil_id)
            except Conflict as conflict:
                form.show_conflict(conflict)
                status = 409
    _record_read(request, person, school_class, SENSITIVE_SUBJECT)
    context = {
        "pupil": person,
        "school_class": school_class,
        "form": form,
        "changes": card_changes(person.pk, types=(SENSITIVE,)),
    }
    return TemplateResponse(request, "journal/pupil_sensitive.html", context, status=status)


def _form(request: HttpRequest, person: Pupil, school_class: SchoolClass | None, field: str | None = None) -> PupilForm:
    # A copy: a form writes what was typed into its row, and the page shows what stands.
    only = None if field is None else [field]
    data = request.POST if request.method == "POST" else None
    auto_id = f"{field}-%s" if field else "id_%s"  # several lines may be open at once
    return PupilForm(
        data, instance=copy.copy(person), user=request.user, school_class=school_class, only=only, auto_id=auto_id
    )


def _save(request: HttpRequest, person: Pupil, form: PupilForm) -> int:
    """Writes what was changed; the status of the answer. After 409 and 422 the form says why."""
    if not form.is_valid():
        return 422
    try:
        save_pupil(person, form.changes(), by=request.user, address=address_of(request))
    except Conflict as conflict:
        form.show_conflict(conflict)
        return 409
    except Refused as refusal:
        form.add_error("snils", str(refusal))
        return 422
    return 200


def _card(
    request: HttpRequest,
    person: Pupil,
    school_class: SchoolClass | None,
    form: PupilForm | None = None,
    editing: str = "",
    status: int = 200,
) -> HttpResponse:
    reads = reads_studies_of(request.user, school_class)
    card = card_of(person, school_class, timezone.localdate(), reads_studies=reads)
    context = {
        "card": card,
        "school_class": school_class,
        "facts": facts_of(person, request.user, school_class, form, editing),
        "editing": editing,
        "has_sensitive": may_see_sensitive(request.user, _school(school_class)),
    }
    return TemplateResponse(request, "journal/pupil.html", context, status=status)


def _line(
    request: HttpRequest,
    person: Pupil,
    school_class: SchoolClass | None,
    name: str,
    form: PupilForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """One line of the card, for its script."""
    if name not in LABELS:
        raise Http404
    fact = fact_of(name, person, request.user, school_class, form)
    saved_at = timezone.now() if request.method == "POST" and status == 200 else None
    context = {"fact": fact, "pupil": person, "saved_at": saved_at}
    return TemplateResponse(request, "journal/card/_fact.html", context, status=status)


def _record_read(request: HttpRequest, person: Pupil, school_class: SchoolClass | None, subject: str) -> None:
    class_id = school_class.pk if school_class else None
    record_pupils(request, Action.READ, subject, pupil_ids=[person.pk], class_id=class_id)


def _school(school_class: SchoolClass | None) -> School:
    return school_class.year.school if school_class else School.load()


def _wants_part(request: HttpRequest) -> bool:
    return request.headers.get("X-Part") == "1"
