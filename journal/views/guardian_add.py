"""Adding a guardian to a pupil: a new person, or somebody the school already knows."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.audit import Action, address_of, record_pupils
from journal.access import get_pupil_kept_by
from journal.forms.guardians import GuardianForm, TieForm
from journal.models import Guardian, Guardianship, Pupil
from journal.queries.card import class_of
from journal.queries.guardians import Known, known_people
from journal.services.guardians import BadGuardian, add_guardian, known_like
from journal.text import row_number

NEW = "new"
"""The answer «это другой человек»."""


@dataclass
class AddPage:
    """The page between its presses: whom the person found, chose, typed."""

    pupil: Pupil
    person: GuardianForm
    tie: TieForm
    chosen: Known | None = None
    alike: list[Known] | None = None
    found: list[Known] | None = None
    search: str = ""
    error: str = ""


@require_http_methods(["GET", "POST"])
def guardian_add(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """`?q=` searches among people the user keeps, `?known=` takes one of them; else the form of a new person."""
    pupil = get_pupil_kept_by(request.user, pupil_id)
    data = request.POST or None
    page = AddPage(
        pupil,
        GuardianForm(data, prefix="person", user=request.user, children=[pupil]),
        TieForm(data, prefix="tie", user=request.user),
        chosen=_chosen(request, "POST" if data and "person-seen" not in data else "GET"),
    )
    if request.method == "POST" and (tie := _add(request, page)):
        words = f"{tie.guardian.full_name} теперь среди представителей: {pupil.full_name}."
        login = "" if tie.guardian.user_id else " Входа в кабинет ещё нет: его можно выдать здесь."
        messages.success(request, words + login)
        return redirect("journal:guardian", guardian_id=tie.guardian_id)
    page.search = request.GET.get("q", "").strip()[:100]
    if page.search:
        page.found = _found(request, page.search)
    record_pupils(request, Action.READ, "представители", pupil_ids=[pupil_id])
    context = {"page": page, "school_class": class_of(pupil, timezone.localdate())}
    return TemplateResponse(request, "journal/guardian_add.html", context)


def _add(request: HttpRequest, page: AddPage) -> Guardianship | None:
    """The new tie, or None when the page has to be shown again."""
    person = _person(request, page)
    if not page.tie.is_valid() or person is None:
        return None
    try:
        return add_guardian(
            pupil=page.pupil, person=person, tie=page.tie.cleaned_data, by=request.user, address=address_of(request)
        )
    except BadGuardian as error:
        if page.chosen:
            page.error = error.words
        else:
            page.person.add_error(error.field, error.words)
    return None


def _person(request: HttpRequest, page: AddPage) -> Guardian | None:
    """The person chosen, or the one typed; None while it is asked whether that is somebody known."""
    if page.chosen:
        return page.chosen.guardian
    if not page.person.is_valid():
        return None
    typed = page.person.instance
    alike = known_like(typed)
    if page.pupil.guardianships.current().filter(guardian__in=alike).exists():
        return typed  # the service says that the person is here already
    answer = request.POST.get("known", "")
    for one in alike:
        if str(one.pk) == answer:
            return one
    if alike and answer != NEW:
        page.alike = known_people(alike, request.user, timezone.localdate())
        return None
    return typed


def _chosen(request: HttpRequest, where: str) -> Known | None:
    """Somebody the user keeps, taken from the search."""
    number = row_number(getattr(request, where).get("known", ""))
    if number is None:
        return None
    person = Guardian.objects.kept_by(request.user).filter(pk=number).first()
    if person is None:
        raise Http404
    return known_people([person], request.user, timezone.localdate())[0]


def _found(request: HttpRequest, search: str) -> list[Known]:
    rows = Guardian.objects.kept_by(request.user).search(search).order_by("sort_name", "pk")[:20]
    return known_people(list(rows), request.user, timezone.localdate())
