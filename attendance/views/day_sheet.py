"""The day sheet: the page, a press, the roll call, and the news of the other person on the same sheet."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_class
from attendance.models import LETTERS, Absence, RollCall
from attendance.services import CannotMark, Mismatch, Press, mark_absence, take_roll_call
from attendance.sheet import day_sheet as read_sheet
from attendance.views.rows import sheet_rows
from journal.access import get_class_for
from journal.calendar import Calendar, load_calendar
from journal.lessons import pupils_of_day
from journal.models import SchoolClass
from journal.text import row_number


@require_safe
def today(request: HttpRequest, class_id: int) -> HttpResponse:
    """The sheet of today, or of the nearest day of the class's own school year."""
    school_class = get_class_for(request.user, class_id)
    year = school_class.year
    day = min(max(timezone.localdate(), year.date_from), year.date_to)
    return redirect("attendance:day_sheet", class_id=class_id, day=day)


@require_safe
def go_to_day(request: HttpRequest, class_id: int) -> HttpResponse:
    """The calendar of the sheet sends ?day=2026-11-23 here."""
    school_class = get_class_for(request.user, class_id)
    with suppress(ValueError):
        day = date.fromisoformat(request.GET.get("day", ""))
        return redirect("attendance:day_sheet", class_id=school_class.pk, day=day)
    messages.error(request, "Такой даты нет. Выберите день в календаре.")
    return redirect("attendance:today", class_id=school_class.pk)


@require_safe
def day_sheet(request: HttpRequest, class_id: int, day: date) -> HttpResponse:
    """The page; `?open=` shows the lessons of a pupil, `?ask=` a press that waits for a yes, `?undo=` the last one."""
    school_class, calendar = _class_and_calendar(request, class_id)
    sheet = read_sheet(school_class, day, user=request.user, calendar=calendar, today=timezone.localdate())
    record_class(request, Action.READ, f"лист посещаемости {day:%d.%m.%Y}", class_id=class_id)
    context = {
        "sheet": sheet,
        "rows": sheet_rows(sheet, opened=row_number(request.GET.get("open", ""))),
        "asked": _asked(request, sheet),
        "undo": _undo(request),
        "school_class": school_class,
    }
    return TemplateResponse(request, "attendance/day_sheet.html", context)


@login_not_required
@require_POST
def press(request: HttpRequest, class_id: int, day: date) -> HttpResponse:
    """One press. JSON for the script, a redirect back to the sheet for a plain form."""
    if not request.user.is_authenticated:
        return _signed_out(request, class_id, day)
    school_class, calendar = _class_and_calendar(request, class_id)
    try:
        wanted = Press.parse(request.POST.get("press", ""), _key(request))
        standing = mark_absence(school_class=school_class, day=day, press=wanted, calendar=calendar, by=request.user)
    except CannotMark as refusal:
        return _refused(request, class_id, day, str(refusal))
    except Mismatch as mismatch:
        return _mismatch(request, class_id, day, wanted, mismatch)
    if _wants_json(request):
        return JsonResponse({"at": _clock(timezone.now()), "place": _place(standing) if standing else None})
    undo = f"{wanted.pupil_id}:{wanted.lesson}:{wanted.new}:{wanted.expected}"
    return _back(class_id, day, wanted.pupil_id, undo=undo, open=request.GET.get("open", ""))


@require_POST
def roll_call(request: HttpRequest, class_id: int, day: date) -> HttpResponse:
    """«Остальные присутствуют»."""
    school_class, calendar = _class_and_calendar(request, class_id)
    try:
        taken = take_roll_call(school_class=school_class, day=day, calendar=calendar, by=request.user)
    except CannotMark as refusal:
        return _refused(request, class_id, day, str(refusal))
    if _wants_json(request):
        return JsonResponse({"at": _clock(taken.taken_at), "by": request.user.short_name})
    messages.success(request, "Класс отмечен: остальные присутствуют.")
    return redirect("attendance:day_sheet", class_id=class_id, day=day)


@login_not_required
@require_safe
def state(request: HttpRequest, class_id: int, day: date) -> HttpResponse:
    """What stands on the sheet now: the page asks every few seconds, so two people see each other's marks."""
    if not request.user.is_authenticated:
        return JsonResponse({"signed_out": True}, status=401)
    school_class = get_class_for(request.user, class_id)
    pupils = pupils_of_day(school_class, day)
    places = Absence.objects.filter(pupil__in=pupils, date=day).select_related("marked_by")
    taken = RollCall.objects.filter(school_class=school_class, date=day).select_related("taken_by").first()
    roll = {"at": _clock(taken.taken_at), "by": taken.taken_by.short_name if taken.taken_by else ""} if taken else None
    # The token too: after a sign-in in another tab the one of this page is no longer good.
    return JsonResponse(
        {"user": request.user.pk, "csrf": get_token(request), "places": [_place(p) for p in places], "roll_call": roll}
    )


def _class_and_calendar(request: HttpRequest, class_id: int) -> tuple[SchoolClass, Calendar]:
    school_class = get_class_for(request.user, class_id)
    return school_class, load_calendar(school_class.year)


def _key(request: HttpRequest) -> UUID | None:
    text = request.POST.get("key", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise CannotMark("Нажатие не удалось прочитать. Обновите страницу и отметьте ещё раз.") from None


def _wants_json(request: HttpRequest) -> bool:
    return request.accepts("application/json") and not request.accepts("text/html")


def _clock(moment) -> str:
    return f"{timezone.localtime(moment):%H:%M}"


def _place(row: Absence) -> dict:
    return {
        "pupil": row.pupil_id,
        "lesson": row.lesson,
        "reason": row.reason,
        "confirmed": row.is_confirmed,
        "by": row.marked_by.short_name if row.marked_by else "",
        "by_id": row.marked_by_id,
        "at": _clock(row.marked_at),
    }


def _refused(request: HttpRequest, class_id: int, day: date, words: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"refused": words}, status=422)
    messages.error(request, words)
    return redirect("attendance:day_sheet", class_id=class_id, day=day)


def _mismatch(request: HttpRequest, class_id: int, day: date, wanted: Press, found: Mismatch) -> HttpResponse:
    """Both values are shown; nothing is written until the person chooses."""
    at = _clock(found.at) if found.at else ""
    if _wants_json(request):
        stands = {"reason": found.reason, "by": found.by, "at": at}
        return JsonResponse({"mismatch": stands}, status=409)
    who = f"{found.by or 'Кто-то'} {'в ' + at if at else ''}".strip()
    stands = LETTERS.get(found.reason, "ничего")
    messages.warning(request, f"Пока страница была открыта, {who} изменил(а) эту отметку: теперь стоит {stands}.")
    again = f"{wanted.pupil_id}:{wanted.lesson}:{found.reason}:{wanted.new}"
    return _back(class_id, day, wanted.pupil_id, ask=again)


def _signed_out(request: HttpRequest, class_id: int, day: date) -> HttpResponse:
    """The session ended in the middle of the sheet: the press is asked again after signing in, so it is not lost."""
    if _wants_json(request):
        return JsonResponse({"signed_out": True}, status=401)
    page = reverse("attendance:day_sheet", kwargs={"class_id": class_id, "day": day})
    target = f"{page}?{urlencode({'ask': request.POST.get('press', '')})}"
    return redirect(f"{reverse('accounts:login')}?{urlencode({'next': target})}")


def _back(class_id: int, day: date, pupil_id: int, **query: str) -> HttpResponse:
    page = reverse("attendance:day_sheet", kwargs={"class_id": class_id, "day": day})
    return HttpResponseRedirect(f"{page}?{urlencode({k: v for k, v in query.items() if v})}#p{pupil_id}")


def _asked(request: HttpRequest, sheet) -> dict | None:
    """A press that waits for a yes: after a mismatch or an ended session."""
    with suppress(CannotMark):
        press_ = Press.parse(request.GET.get("ask", ""))
        name = next((row.name for row in sheet.rows if row.pupil_id == press_.pupil_id), None)
        if name is None:
            raise Http404
        where = f"{press_.lesson} урок" if press_.lesson else "весь день"
        return {"value": request.GET["ask"], "name": name, "where": where, "letter": LETTERS.get(press_.new, "")}
    return None


def _undo(request: HttpRequest) -> str:
    with suppress(CannotMark):
        Press.parse(request.GET.get("undo", ""))
        return request.GET["undo"]
    return ""
