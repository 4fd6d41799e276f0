"""Purposes of consents: the school's own list. What was used is retired, never deleted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from journal.access import office_only
from journal.forms.consents import PurposeForm
from journal.models import ConsentPurpose
from journal.queries.consents import purposes_in_use
from journal.views.steps import Step, settings_page

SUBJECT = "цель согласия"


@require_safe
@office_only
def consent_purposes(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "settings/purposes.html", {"purposes": purposes_in_use()})


@require_http_methods(["GET", "POST"])
@office_only
def consent_purpose_new(request: HttpRequest) -> HttpResponse:
    form = PurposeForm(request.POST or None, instance=ConsentPurpose())
    return settings_page(request, form, _step("Новая цель согласия"))


@require_http_methods(["GET", "POST"])
@office_only
def consent_purpose(request: HttpRequest, purpose_id: int) -> HttpResponse:
    """Rename, require, retire; delete only what was never used."""
    purpose = get_object_or_404(ConsentPurpose, pk=purpose_id)
    form = PurposeForm(request.POST or None, instance=purpose)
    unused = not purpose.consents.exists()
    return settings_page(request, form, _step("Цель согласия"), removal=(lambda: None) if unused else None)


def _step(title: str) -> Step:
    hint = "Цель, по которой уже есть согласия, не удаляют: снимите отметку «используется», и она уйдёт из таблиц."
    return Step(title, reverse("journal:consent_purposes"), SUBJECT, hint=hint)
