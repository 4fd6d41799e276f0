"""The first page of each role. Who holds several roles starts at the widest and switches (domain.md §1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.models import User
from gymnasium import guides
from reports.views import home as pages


@dataclass(frozen=True, slots=True)
class Role:
    """A first page, and the fact about the person that opens it."""

    key: str
    label: str
    holds: Callable[[User], bool]
    page: Callable[[HttpRequest], HttpResponse]


ROLES = (
    Role("school", "Обзор школы", lambda user: user.sees_whole_school, pages.overview),
    Role("operator", "Администрирование", lambda user: user.may_import, pages.operator),
    Role("class", "Мой класс", lambda user: bool(user.own_classes), pages.today),
    Role("teacher", "Мои уроки", lambda user: user.teacher_or_none is not None, pages.teacher),
    Role("family", "Дневник", lambda user: bool(user.own_children), pages.family),
)


@dataclass(frozen=True, slots=True)
class Switch:
    """A link to another role of the same person."""

    label: str
    url: str
    active: bool


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The page of the role asked for by `?as=`, if the person holds it; else of the first one held."""
    held = [role for role in ROLES if role.holds(request.user)]
    if not held:
        return TemplateResponse(request, "reports/nobody.html")
    role = next((role for role in held if role.key == request.GET.get("as")), held[0])
    response = role.page(request)
    if len(held) > 1 and isinstance(response, TemplateResponse):
        response.context_data["roles"] = [Switch(one.label, f"/?as={one.key}", one is role) for one in held]
    return response


urlpatterns = [
    path("", home, name="home"),
    path("help/", guides.help_index, name="help"),
    path("help/<slug:name>/", guides.guide, name="guide"),
]
