"""«Помощь»: guides for people, written as templates under templates/help/."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe


@dataclass(frozen=True, slots=True)
class Guide:
    name: str
    title: str


GUIDES = (
    Guide("teacher", "Классному руководителю"),
    Guide("attendance", "Посещаемость"),
    Guide("reports", "Отчёты"),
    Guide("extracts", "Выписки"),
    Guide("start", "Начало года"),
    Guide("deputy", "Заместителю директора"),
    Guide("parent", "Родителям и ученикам"),
    Guide("operator", "Администратору"),
)


@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    """The guide of the person's main role."""
    user = request.user
    name = "parent"
    if user.sees_whole_school:
        name = "deputy"
    elif user.may_import:
        name = "operator"
    elif user.teacher_or_none:
        name = "teacher"
    return redirect("guide", name=name)


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    """One guide, with links to the others."""
    chosen = next((one for one in GUIDES if one.name == name), None)
    if chosen is None:
        raise Http404
    return TemplateResponse(request, f"help/{name}.html", {"guide": chosen, "guides": GUIDES})
