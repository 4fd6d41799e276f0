"""The register of a course, on the page and as a file. Read only: nothing here answers a POST."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import AuditEvent
from journal.access import get_class_for
from journal.files import csv_response, xlsx_response
from journal.grid import body_html, dates_html, rows_for_file
from journal.queries.courses import courses_of_class, courses_of_teacher
from journal.queries.register import Register, register_of
from journal.views.place import CoursePlace, chosen_term, class_place, own_place, record_plans


@require_safe
def class_journal(request: HttpRequest, class_id: int) -> HttpResponse:
    """The journal opens at the first subject of the class."""
    school_class = get_class_for(request.user, class_id)
    courses = courses_of_class(school_class)
    if courses:
        return redirect("journal:course", class_id=class_id, course_id=courses[0].pk)
    return TemplateResponse(request, "journal/no_courses.html", {"school_class": school_class})


@require_safe
def my_courses(request: HttpRequest) -> HttpResponse:
    """Courses the user teaches; who teaches none has no such page."""
    courses = courses_of_teacher(request.user, timezone.localdate())
    if not courses and not request.user.teacher_or_none:
        raise Http404
    record_plans(request, courses, "мои предметы")
    return TemplateResponse(request, "journal/my_courses.html", {"courses": courses})


@require_safe
def course(request: HttpRequest, class_id: int, course_id: int) -> HttpResponse:
    return _page(request, class_place(request, class_id=class_id, course_id=course_id))


@require_safe
def own_course(request: HttpRequest, course_id: int) -> HttpResponse:
    return _page(request, own_place(request, course_id=course_id))


@require_safe
def course_file(request: HttpRequest, class_id: int, course_id: int, suffix: str) -> HttpResponse:
    return _file(request, class_place(request, class_id=class_id, course_id=course_id), suffix)


@require_safe
def own_course_file(request: HttpRequest, course_id: int, suffix: str) -> HttpResponse:
    return _file(request, own_place(request, course_id=course_id), suffix)


def _register(request: HttpRequest, place: CoursePlace) -> Register:
    today = timezone.localdate()
    term = chosen_term(request, place.calendar, place.classes[0].grade, today)
    return register_of(
        place.course,
        classes=place.classes,
        calendar=place.calendar,
        term=term,
        today=today,
        related=place.related,
    )


def _page(request: HttpRequest, place: CoursePlace) -> HttpResponse:
    register = _register(request, place)
    place.record(request, AuditEvent.Action.READ, "журнал", [row.pupil_id for row in register.rows])
    return TemplateResponse(
        request,
        "journal/course.html",
        {
            "place": place,
            "register": register,
            "dates": dates_html(register),
            "body": body_html(register, cards_on=place.school_class is not None),
            "pills": place.pills("course"),
            "plan_pills": place.plan_pills("course"),
            "school_class": place.school_class,
        },
    )


def _file(request: HttpRequest, place: CoursePlace, suffix: str) -> HttpResponse:
    register = _register(request, place)
    place.record(request, AuditEvent.Action.EXPORT, f"журнал, {suffix.upper()}", [r.pupil_id for r in register.rows])
    name = f"Журнал {place.class_names} {place.label} {register.term}".replace("·", "")
    if suffix == "csv":
        return csv_response(name, rows_for_file(register))
    return xlsx_response(name, rows_for_file(register), sheet=place.label, first_widths=(5, 32))
