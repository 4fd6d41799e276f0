"""First pages of the roles. gymnasium/home.py chooses among them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_class
from journal.views.place import record_plans
from reports import operator as operators
from reports import overview as school_overview
from reports.teacher import teacher_page
from reports.today import today_page
from reports.views.family import diary


def overview(request: HttpRequest) -> HttpResponse:
    """The deputy's «Обзор»."""
    page = school_overview.overview(timezone.localtime())
    return TemplateResponse(request, "reports/overview.html", {"page": page, "counted": school_overview.COUNTED})


@require_safe
def overview_live(request: HttpRequest) -> HttpResponse:
    """The part of «Обзор» that changes by itself: the page asks for it every half minute."""
    if not request.user.sees_whole_school:
        raise Http404
    figures = school_overview.day_figures(timezone.localtime())
    return TemplateResponse(request, "reports/_overview_live.html", {"figures": figures})


def today(request: HttpRequest) -> HttpResponse:
    """The class teacher's «Сегодня»; with several classes `?class=` chooses one."""
    classes = request.user.own_classes
    asked = request.GET.get("class", "")
    school_class = next((one for one in classes if str(one.pk) == asked), classes[0])
    page = today_page(school_class, timezone.localtime())
    record_class(request, Action.READ, "сегодня", class_id=school_class.pk)
    return TemplateResponse(
        request, "reports/today.html", {"page": page, "school_class": school_class, "classes": classes}
    )


def teacher(request: HttpRequest) -> HttpResponse:
    """A subject teacher's own lessons of today and own courses."""
    page = teacher_page(request.user.teacher_or_none, timezone.localtime())
    record_plans(request, page.courses, "мои уроки")
    return TemplateResponse(request, "reports/teacher.html", {"page": page})


def operator(request: HttpRequest) -> HttpResponse:
    """The operator's first page: what is loaded, what is missing, what to do next."""
    return TemplateResponse(request, "reports/operator.html", {"page": operators.operator_page(timezone.localdate())})


def family(request: HttpRequest) -> HttpResponse:
    """The diary of the first child; the pills lead to the others."""
    return diary(request, request.user.own_children[0].pk)
