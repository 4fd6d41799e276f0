"""Consents: the grid of a class, a pupil's history, a correction. Nothing is deleted here."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import address_of, record_class, record_pupils
from accounts.models import AuditEvent
from journal.access import get_class_kept_by, get_pupil_kept_by
from journal.files import table_response
from journal.forms.consents import ConsentForm, ManyConsentsForm, OneConsentForm
from journal.models import Consent, ConsentPurpose, Pupil
from journal.queries.card import class_of
from journal.queries.consents import ConsentGrid, consent_grid, consents_of, givers_of
from journal.services.changes import Conflict
from journal.services.consents import CannotRecord, Given, change_consent, give_consents
from journal.text import row_number

SOMEBODY_WAS_FASTER = "Кто-то записал такое согласие в ту же минуту. Проверьте таблицу и сохраните ещё раз."


@require_http_methods(["GET", "POST"])
def consents(request: HttpRequest, class_id: int) -> HttpResponse:
    """Pupils × purposes; below the heading, a stack of paper consents recorded at once."""
    school_class = get_class_kept_by(request.user, class_id)
    today = timezone.localdate()
    grid = consent_grid(school_class, today)
    sent = request.method == "POST"
    form = ManyConsentsForm(request.POST if sent else None, purposes=grid.purposes, initial=_asked(request, today))
    ticked = _ticked(request, grid)
    givers = {row.pupil.pk: request.POST.get(f"guardian-{row.pupil.pk}", row.usual) for row in grid.rows}
    if sent and not ticked:
        form.add_error(None, "Никто не отмечен: отметьте учеников, чьи согласия у вас в руках.")
    if sent and form.is_valid() and (given := _give(request, form, {pk: givers[pk] for pk in ticked})):
        _tell(request, given)
        return redirect(f"{request.path}?purpose={form.cleaned_data['purpose'].pk}")
    record_class(request, AuditEvent.Action.READ, "согласия", class_id=class_id)
    context = {
        "school_class": school_class,
        "grid": grid,
        "form": form,
        "rows": [(row, row.pupil.pk in ticked, givers[row.pupil.pk]) for row in grid.rows],
    }
    return TemplateResponse(request, "journal/consents.html", context)


@require_safe
def consents_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The same grid as a file."""
    school_class = get_class_kept_by(request.user, class_id)
    grid = consent_grid(school_class, timezone.localdate())
    record_class(request, AuditEvent.Action.EXPORT, f"согласия, {suffix.upper()}", class_id=class_id)
    head = ["№", "Ученик", *(purpose.name for purpose in grid.purposes)]
    body = [[row.number, row.pupil.full_name, *(cell.words for cell in row.cells)] for row in grid.rows]
    return table_response(
        suffix, f"Согласия {school_class}", [head, *body], sheet=f"Согласия {school_class}", first_widths=(5, 36)
    )


@require_http_methods(["GET", "POST"])
def consent_pupil(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """Every consent the pupil's family gave and withdrew; a new one."""
    pupil = get_pupil_kept_by(request.user, pupil_id)
    today = timezone.localdate()
    givers = givers_of([pupil], today)[pupil.pk]
    sent = request.method == "POST"
    initial = {**_asked(request, today), "guardian": givers[0][0]}
    form = OneConsentForm(request.POST if sent else None, givers=givers, initial=initial)
    if sent and form.is_valid() and (given := _give(request, form, {pupil.pk: form.cleaned_data["guardian"]})):
        if given.recorded:
            messages.success(request, "Согласие записано.")
            return redirect(request.path)
        form.add_error("purpose", f"Такое согласие уже действует с {given.standing[0].given_on:%d.%m.%Y}.")
    school_class = class_of(pupil, today)
    _record_look(request, pupil, school_class and school_class.pk)
    context = {"pupil": pupil, "school_class": school_class, "consents": consents_of(pupil), "form": form}
    return TemplateResponse(request, "journal/consent_pupil.html", context)


@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest, consent_id: int) -> HttpResponse:
    """Corrects or withdraws one consent."""
    row = get_object_or_404(Consent.objects.select_related("purpose", "guardian", "pupil"), pk=consent_id)
    pupil = get_pupil_kept_by(request.user, row.pupil_id)
    sent = request.method == "POST"
    proposal = timezone.localdate() if "withdraw" in request.GET else None
    form = ConsentForm(request.POST if sent else None, instance=row, propose_withdrawal=proposal)
    if sent and form.is_valid():
        try:
            done = change_consent(consent=row, changes=form.changes(), by=request.user, address=address_of(request))
        except Conflict as conflict:
            form.show_conflict(conflict)
        except CannotRecord as refusal:
            form.add_error(None, str(refusal))
        except IntegrityError:
            form.add_error(None, SOMEBODY_WAS_FASTER)
        else:
            messages.success(request, "Согласие исправлено." if done else "Ничего не изменилось.")
            return redirect("journal:consent_pupil", pupil_id=pupil.pk)
    _record_look(request, pupil, None)
    context = {"consent": row, "pupil": pupil, "form": form}
    return TemplateResponse(request, "journal/consent.html", context)


def _record_look(request: HttpRequest, pupil: Pupil, class_id: int | None) -> None:
    record_pupils(request, AuditEvent.Action.READ, "согласия", pupil_ids=[pupil.pk], class_id=class_id)


def _asked(request: HttpRequest, today) -> dict[str, object]:
    """Purpose of `?purpose=`, today as the date."""
    return {"purpose": request.GET.get("purpose"), "given_on": today}


def _ticked(request: HttpRequest, grid: ConsentGrid) -> set[int]:
    """Pupils ticked in the form; `?tick=lacking` ticks all without the asked consent (without JavaScript)."""
    known = {row.pupil.pk for row in grid.rows}
    if request.method == "POST":
        return {pk for text in request.POST.getlist("pupil") if (pk := row_number(text)) in known}
    asked = row_number(request.GET.get("purpose", ""))
    if request.GET.get("tick") != "lacking" or asked is None:
        return set()
    return {row.pupil.pk for row in grid.rows if asked not in row.in_force}


def _give(request: HttpRequest, form, chosen: dict[int, str]) -> Given | None:
    """Records what the form says; None after a refusal, which then stands in the form."""
    purpose: ConsentPurpose = form.cleaned_data["purpose"]
    try:
        return give_consents(
            purpose_id=purpose.pk,
            given_on=form.cleaned_data["given_on"],
            note=form.cleaned_data["note"],
            givers={pupil: row_number(guardian) for pupil, guardian in chosen.items()},
            by=request.user,
            address=address_of(request),
        )
    except CannotRecord as refusal:
        form.add_error(None, str(refusal))
    except IntegrityError:
        form.add_error(None, SOMEBODY_WAS_FASTER)
    return None


def _tell(request: HttpRequest, given: Given) -> None:
    if given.recorded:
        messages.success(request, f"Записано согласий: {len(given.recorded)}.")
    if given.standing:
        names = ", ".join(f"{row.pupil.list_name} (с {row.given_on:%d.%m.%Y})" for row in given.standing)
        messages.warning(request, f"Уже действовали и остались как были: {names}.")
