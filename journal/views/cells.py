"""Beside the register: topics and homework, the history of a cell, all subjects of a class. Read only."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import record_class, record_pupils
from accounts.models import AuditEvent
from journal.access import get_class_for
from journal.calendar import load_calendar
from journal.grid import matrix_html
from journal.models import Lesson
from journal.queries.history import history_of, pupil_at
from journal.queries.matrix import matrix_of
from journal.queries.topics import topics_of
from journal.views.place import CoursePlace, chosen_term, class_place, own_place, record_plans


@require_safe
def topics(request: HttpRequest, class_id: int, course_id: int) -> HttpResponse:
    return _topics(request, class_place(request, class_id=class_id, course_id=course_id))


@require_safe
def own_topics(request: HttpRequest, course_id: int) -> HttpResponse:
    return _topics(request, own_place(request, course_id=course_id))


def _topics(request: HttpRequest, place: CoursePlace) -> HttpResponse:
    # Topics tell nothing of a pupil; the picker does.
    record_plans(request, place.courses, f"темы: {place.label}"[:100])
    context = {
        "place": place,
        "rows": topics_of(place.course),
        "pills": place.pills("topics"),
        "plan_pills": place.plan_pills("topics"),
        "back": place.url("course"),
        "today": timezone.localdate(),
    }
    return TemplateResponse(request, "journal/topics.html", context)


@require_safe
def cell(request: HttpRequest, class_id: int, course_id: int, pupil_id: int, lesson_id: int) -> HttpResponse:
    return _cell(request, class_place(request, class_id=class_id, course_id=course_id), pupil_id, lesson_id)


@require_safe
def own_cell(request: HttpRequest, course_id: int, pupil_id: int, lesson_id: int) -> HttpResponse:
    return _cell(request, own_place(request, course_id=course_id), pupil_id, lesson_id)


def _cell(request: HttpRequest, place: CoursePlace, pupil_id: int, lesson_id: int) -> HttpResponse:
    lesson = get_object_or_404(Lesson.objects.select_related("substitute"), pk=lesson_id, course=place.course)
    lesson.course = place.course
    pupil = pupil_at(lesson, pupil_id, place.classes, place.calendar)
    if pupil is None:
        raise Http404
    class_id = place.school_class.pk if place.school_class else None
    record_pupils(
        request,
        AuditEvent.Action.READ,
        f"история отметки: {place.label}"[:100],
        pupil_ids=[pupil_id],
        class_id=class_id,
    )
    # The dialog of the register asks for the middle of the page only.
    template = "journal/_cell.html" if request.headers.get("X-Part") else "journal/cell.html"
    context = {"place": place, "history": history_of(pupil, lesson), "back": place.url("course")}
    return TemplateResponse(request, template, context)


@require_safe
def matrix(request: HttpRequest, class_id: int) -> HttpResponse:
    """«Все предметы»."""
    school_class = get_class_for(request.user, class_id)
    today = timezone.localdate()
    calendar = load_calendar(school_class.year)
    term = chosen_term(request, calendar, school_class.grade, today)
    record_class(request, AuditEvent.Action.READ, "журнал: все предметы", class_id=class_id)
    table = matrix_of(school_class, calendar=calendar, term=term, today=today)
    context = {"matrix": table, "body": matrix_html(table), "school": calendar.school}
    return TemplateResponse(request, "journal/matrix.html", context)
