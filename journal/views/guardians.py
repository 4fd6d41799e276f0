"""Guardians of a class, one guardian, adding and ending. Whoever keeps the pupil may do all this."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import Action, address_of, record_class, record_pupils
from accounts.models import User
from journal.access import get_class_kept_by, get_guardian_kept_by, get_guardian_known_to
from journal.files import table_response
from journal.forms.guardians import EndForm, GuardianForm, TieForm
from journal.models import Guardian, Guardianship, Pupil
from journal.queries.guardian import guardian_page
from journal.queries.guardians import Show, class_guardians, rows_of_file
from journal.services.changes import Conflict
from journal.services.guardians import BadGuardian, change_person, change_tie, end_tie, restore_tie


@require_safe
def class_guardians_page(request: HttpRequest, class_id: int) -> HttpResponse:
    """«Представители»: by pupil, with the state of access; `?show=` filters."""
    school_class = get_class_kept_by(request.user, class_id)
    show = _show(request)
    page = class_guardians(school_class, request.user, timezone.now(), show)
    record_class(request, Action.READ, "представители класса", class_id=class_id)
    context = {"school_class": school_class, "page": page, "show": show}
    return TemplateResponse(request, "journal/class_guardians.html", context)


@require_safe
def class_guardians_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The same list, with the same filter, as XLSX or CSV."""
    school_class = get_class_kept_by(request.user, class_id)
    page = class_guardians(school_class, request.user, timezone.now(), _show(request), with_pairs=False)
    record_class(request, Action.EXPORT, f"представители класса, {suffix.upper()}", class_id=class_id)
    name = f"Представители {school_class.name}"
    return table_response(suffix, name, rows_of_file(page), sheet=name, first_widths=(5, 34, 34))


@require_safe
def guardian(request: HttpRequest, guardian_id: int) -> HttpResponse:
    """One person: how to reach, children, access, history. The row of a merged person leads to the one that stayed."""
    try:
        person = get_guardian_known_to(request.user, guardian_id)
    except Http404:
        return redirect("journal:guardian", guardian_id=_merged_into(request.user, guardian_id).pk)
    page = guardian_page(person, request.user, timezone.now())
    record_pupils(request, Action.READ, "представитель", pupil_ids=page.pupil_ids)
    return TemplateResponse(request, "journal/guardian.html", {"page": page, "person": person})


@require_http_methods(["GET", "POST"])
def guardian_edit(request: HttpRequest, guardian_id: int) -> HttpResponse:
    """Name, sex, birth date, phones, e-mail."""
    person = get_guardian_kept_by(request.user, guardian_id)
    children = list(Pupil.objects.filter(pk__in=person.guardianships.current().values("pupil")))
    form = GuardianForm(request.POST or None, instance=person, user=request.user, children=children)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_person(person, form.changes(), by=request.user, address=address_of(request))
        except Conflict as conflict:
            form.show_conflict(conflict)
        except BadGuardian as error:
            form.add_error(error.field, error.words)
        else:
            messages.success(request, "Сохранено." if changed else "Ничего не изменилось.")
            return redirect("journal:guardian", guardian_id=guardian_id)
    kept = Pupil.objects.kept_by(request.user).filter(pk__in=[child.pk for child in children])
    record_pupils(request, Action.READ, "представитель", pupil_ids=kept.values_list("pk", flat=True))
    context = {"form": form, "person": person, "heading": person.full_name, "sub": "Личные данные представителя"}
    return TemplateResponse(request, "journal/guardian_form.html", context)


@require_http_methods(["GET", "POST"])
def guardian_tie(request: HttpRequest, guardian_id: int, pupil_id: int) -> HttpResponse:
    """Kinship and the form of informing for one child."""
    tie = _tie(request.user, guardian_id, pupil_id)
    if tie.ended_on:
        raise Http404
    person, child = tie.guardian, tie.pupil
    form = TieForm(request.POST or None, instance=tie, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_tie(tie, form.changes(), by=request.user, address=address_of(request))
        except Conflict as conflict:
            form.show_conflict(conflict)
        else:
            _tell_saved(request, tie, changed)
            return redirect("journal:guardian", guardian_id=guardian_id)
    record_pupils(request, Action.READ, "представитель", pupil_ids=[pupil_id])
    sub = f"Степень родства и форма информирования: {child.full_name}"
    context = {"form": form, "person": person, "heading": person.full_name, "sub": sub}
    return TemplateResponse(request, "journal/guardian_form.html", context)


@require_http_methods(["GET", "POST"])
def guardian_end(request: HttpRequest, guardian_id: int, pupil_id: int) -> HttpResponse:
    """Asks for the day and the reason, and ends the tie."""
    tie = _tie(request.user, guardian_id, pupil_id)
    if tie.ended_on:
        raise Http404
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            day, reason = form.cleaned_data["ended_on"], form.cleaned_data["reason"]
            end_tie(tie, on=day, reason=reason, by=request.user, address=address_of(request))
        except BadGuardian as error:
            form.add_error(error.field, error.words)
        else:
            words = "больше не представляет ребёнка: данные ребёнка в кабинете закрыты."
            messages.success(request, f"{tie.guardian.full_name} {words}")
            return redirect("journal:guardian", guardian_id=guardian_id)
    record_pupils(request, Action.READ, "представитель", pupil_ids=[pupil_id])
    return TemplateResponse(request, "journal/guardian_end.html", {"form": form, "tie": tie})


@require_POST
def guardian_restore(request: HttpRequest, guardian_id: int, pupil_id: int) -> HttpResponse:
    """Takes the end of a tie back."""
    tie = _tie(request.user, guardian_id, pupil_id)
    if restore_tie(tie, by=request.user, address=address_of(request)):
        messages.success(request, f"{tie.guardian.full_name} снова представляет ребёнка.")
    return redirect("journal:guardian", guardian_id=guardian_id)


def _show(request: HttpRequest) -> Show:
    value = request.GET.get("show", "")
    return Show(value) if value in set(Show) else Show.ALL


def _tie(user: User, guardian_id: int, pupil_id: int) -> Guardianship:
    """The tie of a person to a child that the user keeps, or 404."""
    rows = Guardianship.objects.filter(guardian__merged_into=None, pupil__in=Pupil.objects.kept_by(user))
    return get_object_or_404(rows.select_related("guardian", "pupil"), guardian=guardian_id, pupil=pupil_id)


def _merged_into(user: User, guardian_id: int) -> Guardian:
    """Where the row of a merged person leads, if that one may be seen; else 404."""
    row = get_object_or_404(Guardian.objects.exclude(merged_into=None), pk=guardian_id)
    while row.merged_into:
        row = row.merged_into
    return get_guardian_known_to(user, row.pk)


def _tell_saved(request: HttpRequest, tie: Guardianship, changed: dict) -> None:
    """What a change of the form of informing means, in words."""
    if not changed:
        messages.info(request, "Ничего не изменилось.")
    elif "informing" not in changed:
        messages.success(request, "Сохранено.")
    elif tie.on_paper:
        messages.success(request, "Сохранено. Представитель стоит в очереди на бумажную выписку.")
    else:
        kept = " Прежние основание и дата сохранены." if tie.informing_basis or tie.informing_since else ""
        login = "" if tie.guardian.user_id else " Входа в кабинет ещё нет: выдайте листок с паролем."
        messages.success(request, f"Сохранено. Бумажных выписок больше не будет.{kept}{login}")
