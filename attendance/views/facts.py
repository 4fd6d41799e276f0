"""«Кто отсутствует»: a teacher's own lesson, its presses, and «остальные на уроке»."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_pupils
from attendance.facts import OwnLesson, Stands, lesson_page, lesson_row, own_lesson
from attendance.services import CannotMark, Changed, Statement, check_lesson, state_fact
from attendance.views.saving import clock, key_of, wants_json
from journal.access import get_lesson_course_for

STATED = {"absent": "«нет»", "late": "опоздание", "seen": "«был на уроке»", "": "снять отметку"}


@dataclass(frozen=True, slots=True)
class Place:
    """The lesson of an address, and whether the person gives it."""

    lesson: OwnLesson
    is_own: bool

    def url(self, name: str = "lesson") -> str:
        lesson = self.lesson
        return reverse(f"attendance:{name}", args=[lesson.course.pk, lesson.day, lesson.number])


@require_safe
def lesson(request: HttpRequest, course_id: int, day: date, lesson: int) -> HttpResponse:
    """The pupils whose own lesson this is, with what stands already."""
    place = _place(request, course_id, day, lesson)
    page = lesson_page(place.lesson, user_id=request.user.pk, is_own=place.is_own, today=timezone.localdate())
    what = f"кто отсутствует: {place.lesson.title}, {day:%d.%m.%Y}"[:100]
    record_pupils(request, Action.READ, what, pupil_ids=[row.pupil_id for row in page.rows])
    context = {"page": page, "lesson": place.lesson, "is_open": not page.read_only}
    return TemplateResponse(request, "attendance/lesson.html", context)


@require_POST
def press(request: HttpRequest, course_id: int, day: date, lesson: int) -> HttpResponse:
    """One statement. The row as JSON for the script, a redirect back to the page for a plain form."""
    place = _place(request, course_id, day, lesson, to_state=True)
    text = request.POST.get("press", "")
    try:
        typed = request.POST.get(f"minutes-{text.partition(':')[0]}", "")
        statement = Statement.parse(text, typed=typed, key=key_of(request.POST.get("key", "")))
        stands = state_fact(lesson=place.lesson, statement=statement, by=request.user)
    except CannotMark as refusal:
        return _refused(request, place, str(refusal))
    except Changed as changed:
        return _changed(request, place, statement, changed.stands)
    if wants_json(request):
        return JsonResponse({"at": clock(timezone.now()), "row": _row(request, place, statement.pupil_id, stands)})
    return HttpResponseRedirect(f"{place.url()}#p{statement.pupil_id}")


@require_POST
def check(request: HttpRequest, course_id: int, day: date, lesson: int) -> HttpResponse:
    """«Остальные на уроке»."""
    place = _place(request, course_id, day, lesson, to_state=True)
    try:
        check_lesson(lesson=place.lesson, by=request.user)
    except CannotMark as refusal:
        return _refused(request, place, str(refusal))
    messages.success(request, "Урок проверен: остальные на месте.")
    return HttpResponseRedirect(place.url())


def _place(request: HttpRequest, course_id: int, day: date, number: int, *, to_state: bool = False) -> Place:
    """The own lesson (the deputy reads every one), or 404; `to_state` only for who gives it."""
    course, is_own = get_lesson_course_for(request.user, course_id, day, number)
    found = own_lesson(course, day, number)
    if found is None or (to_state and not is_own):
        raise Http404
    return Place(found, is_own)


def _row(request: HttpRequest, place: Place, pupil_id: int, stands: Stands) -> str:
    row = lesson_row(place.lesson, pupil_id, stands, request.user.pk)
    return render_to_string("attendance/_lesson_row.html", {"row": row, "is_open": True})


def _refused(request: HttpRequest, place: Place, words: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"refused": words}, status=422)
    messages.error(request, words)
    return HttpResponseRedirect(place.url())


def _changed(request: HttpRequest, place: Place, statement: Statement, stands: Stands) -> HttpResponse:
    """Both values are told; nothing is written until the person presses again."""
    name = next(pupil.list_name for pupil in place.lesson.pupils if pupil.pk == statement.pupil_id)
    words = (
        f"{name}: пока страница была открыта, отметку изменили. Теперь стоит: {stands.words}. "
        f"Вы отмечали: {STATED[statement.new]}. Если это верно, нажмите ещё раз."
    )
    if wants_json(request):
        return JsonResponse({"changed": words, "row": _row(request, place, statement.pupil_id, stands)}, status=409)
    messages.warning(request, words)
    return HttpResponseRedirect(f"{place.url()}#p{statement.pupil_id}")
