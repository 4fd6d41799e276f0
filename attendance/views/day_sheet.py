"""The day sheet: the page, a press, the roll call, and the news of the other person on the same sheet."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import date
from uuid import uuid4

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
from accounts.http import session_print
from attendance.copies import copy_days, is_listed, may_be_kept, owner_of_copies, token_for
from attendance.models import LETTERS, Absence, Announcement, Reason, RollCall
from attendance.services import (
    CannotMark,
    Mismatch,
    Press,
    confirm_of_day,
    mark_absence,
    take_roll_call,
)
from attendance.sheet import Sheet
from attendance.sheet import day_sheet as read_sheet
from attendance.views.rows import sheet_rows, step_words, wire
from attendance.views.saving import clock, key_of, wants_json
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
    """The page; `?open=` shows the lessons of a pupil, `?ask=` a press that waits for a yes."""
    school_class, calendar = _class_and_calendar(request, class_id)
    now = timezone.localdate()
    sheet = _read(request, school_class, calendar, day)
    kept = may_be_kept(request, school_class, day, calendar, now)
    is_copy = kept and is_listed(request, class_id)
    if not is_copy:
        record_class(request, Action.READ, f"лист посещаемости {day:%d.%m.%Y}", class_id=class_id)
    steps = [step_words(sheet, step) for step in sheet.steps]
    context = {
        "sheet": sheet,
        "rows": sheet_rows(sheet, opened=row_number(request.GET.get("open", ""))),
        "asked": _asked(request, sheet),
        "last_step": steps[-1] if steps else None,
        "step_values": json.dumps([step["value"] for step in steps]),
        "why": _kept_why(request, class_id, day) if sheet.month_is_closed else "",
        "kept": kept,
        "school_class": school_class,
    }
    if is_copy:
        context["messages"] = ()  # they are for the page that the person looks at
    headers = {"X-Offline-Copy": owner_of_copies(request)} if kept else {}
    return TemplateResponse(request, "attendance/day_sheet.html", context, headers=headers)


@require_safe
def copies(request: HttpRequest) -> HttpResponse:
    """Which sheets the browser of a class teacher may keep for the time without network, and how to fetch them."""
    today_, found = timezone.localdate(), []
    for school_class in request.user.own_classes:
        days = copy_days(load_calendar(school_class.year), today_, school_class.grade)
        if not days:
            continue
        words = f"листы посещаемости {days[-1]:%d.%m}–{days[0]:%d.%m.%Y}: копии для работы без сети"
        record_class(request, Action.READ, words, class_id=school_class.pk)
        token = token_for(request, school_class.pk)
        found += [{"page": _page(school_class.pk, day), "token": token} for day in days]
    return JsonResponse({"copies": found})


@login_not_required
@require_POST
def press(request: HttpRequest, class_id: int, day: date) -> HttpResponse:
    """One press, an undo, or «заявлено родителем» confirmed. JSON for the script, a redirect back for a plain form."""
    if not _is_sender(request):
        return _signed_out(request, class_id, day)
    school_class, calendar = _class_and_calendar(request, class_id)
    why = request.POST.get("why", "").replace("\0", "").strip()[:300]
    if why and not wants_json(request):
        request.session["why"] = [class_id, day.isoformat(), why]
    if "confirm" in request.POST:
        return _confirm(request, school_class, calendar, day, why)
    try:
        wanted = _wanted(request)
        announced = request.POST.get("announcement")
        standing = mark_absence(
            school_class=school_class,
            day=day,
            press=wanted,
            calendar=calendar,
            by=request.user,
            session=session_print(request),
            why=why,
            announcement=Announcement(pk=row_number(announced) or 0) if announced else None,
        )
    except CannotMark as refusal:
        return _refused(request, class_id, day, str(refusal))
    except Mismatch as mismatch:
        return _mismatch(request, class_id, day, wanted, mismatch)
    if wants_json(request):
        return JsonResponse({"at": clock(timezone.now()), "place": _place(standing) if standing else None})
    return _back(class_id, day, wanted.pupil_id, open=request.GET.get("open", ""))


@login_not_required
@require_POST
def roll_call(request: HttpRequest, class_id: int, day: date) -> HttpResponse:
    """«Остальные присутствуют»."""
    if not _is_sender(request):
        return _signed_out(request, class_id, day)
    school_class, calendar = _class_and_calendar(request, class_id)
    try:
        taken = take_roll_call(school_class=school_class, day=day, calendar=calendar, by=request.user)
    except CannotMark as refusal:
        return _refused(request, class_id, day, str(refusal))
    if wants_json(request):
        by = taken.taken_by.short_name if taken.taken_by else ""
        return JsonResponse({"at": clock(taken.taken_at), "by": by})
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
    roll = {"at": clock(taken.taken_at), "by": taken.taken_by.short_name if taken.taken_by else ""} if taken else None
    # The token too: after a sign-in in another tab the one of this page is no longer good.
    return JsonResponse(
        {"user": request.user.pk, "csrf": get_token(request), "places": [_place(p) for p in places], "roll_call": roll}
    )


def _read(request: HttpRequest, school_class: SchoolClass, calendar: Calendar, day: date) -> Sheet:
    return read_sheet(
        school_class,
        day,
        user=request.user,
        calendar=calendar,
        today=timezone.localdate(),
        session=session_print(request),
    )


def _is_sender(request: HttpRequest) -> bool:
    """Signed in, and as the person who made the press: what waits in a browser is never sent for somebody else."""
    account = request.POST.get("account", "")
    return request.user.is_authenticated and account in ("", str(request.user.pk))


def _wanted(request: HttpRequest) -> Press:
    """The press of the form. Every press gets a key, so that it can be taken back later."""
    undo = request.POST.get("undo", "")
    if undo:  # «key pupil:lesson:what stands:what stood»: a form without script has one button and no more
        undoes, _, text = undo.partition(" ")
    else:
        undoes, text = request.POST.get("undoes", ""), _typed_minutes(request, request.POST.get("press", ""))
    press_ = Press.parse(text, key_of(request.POST.get("key", "")) or uuid4())
    return replace(press_, undoes=key_of(undoes))


def _typed_minutes(request: HttpRequest, text: str) -> str:
    """A lateness without minutes takes those of the field beside it, if any were typed."""
    pupil, _, rest = text.partition(":")
    minutes = request.POST.get(f"minutes-{pupil}-{rest.partition(':')[0]}", "").strip()
    return f"{text}-{minutes}" if minutes and text.endswith(f":{Reason.LATE}") else text


def _confirm(request: HttpRequest, school_class: SchoolClass, calendar: Calendar, day: date, why: str) -> HttpResponse:
    """Without script: confirms one announcement, or all that wait on the day's sheet."""
    chosen = request.POST["confirm"]
    only = None if chosen == "all" else row_number(chosen) or 0
    offered = {
        row.announced.announcement_id: row.announced_places
        for row in _read(request, school_class, calendar, day).rows
        if row.announced and row.announced_places and only in (None, row.announced.announcement_id)
    }
    try:
        count = confirm_of_day(
            offered,
            day=day,
            school_class=school_class,
            calendar=calendar,
            by=request.user,
            today=timezone.localdate(),
            session=session_print(request),
            why=why,
        )
    except CannotMark as refusal:
        return _refused(request, school_class.pk, day, str(refusal))
    except Mismatch:
        return _refused(request, school_class.pk, day, "Пока страница была открыта, отметки изменились. Проверьте их.")
    messages.success(request, f"Подтверждено заявленное родителями: {count}.")
    return redirect("attendance:day_sheet", class_id=school_class.pk, day=day)


def _kept_why(request: HttpRequest, class_id: int, day: date) -> str:
    """«Причина исправления» written on this sheet before: asked once for the page, not at every press."""
    known = request.session.get("why") or []
    return known[2] if known[:2] == [class_id, day.isoformat()] else ""


def _class_and_calendar(request: HttpRequest, class_id: int) -> tuple[SchoolClass, Calendar]:
    school_class = get_class_for(request.user, class_id)
    return school_class, load_calendar(school_class.year)


def _place(row: Absence) -> dict:
    return {
        "pupil": row.pupil_id,
        "lesson": row.lesson,
        "reason": row.reason,
        "confirmed": row.is_confirmed,
        "minutes": row.minutes,
        "by": row.marked_by.short_name if row.marked_by else "",
        "by_id": row.marked_by_id,
        "at": clock(row.marked_at),
    }


def _refused(request: HttpRequest, class_id: int, day: date, words: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"refused": words}, status=422)
    messages.error(request, words)
    return redirect("attendance:day_sheet", class_id=class_id, day=day)


def _mismatch(request: HttpRequest, class_id: int, day: date, wanted: Press, found: Mismatch) -> HttpResponse:
    """Both values are shown; nothing is written until the person chooses."""
    at = clock(found.at) if found.at else ""
    if wants_json(request):
        stands = {"reason": found.reason, "minutes": found.minutes, "by": found.by, "at": at}
        return JsonResponse({"mismatch": stands}, status=409)
    who = f"{found.by or 'Кто-то'} {'в ' + at if at else ''}".strip()
    stands = LETTERS.get(found.reason, "ничего")
    words = f"Пока страница была открыта, {who} изменил(а) эту отметку: теперь стоит {stands}."
    if wanted.undoes:
        messages.warning(request, f"{words} Поэтому возвращать прежнюю не стали.")
        return _back(class_id, day, wanted.pupil_id)
    messages.warning(request, words)
    again = f"{wanted.pupil_id}:{wanted.lesson}:{wire(found.reason, found.minutes)}:{wire(wanted.new, wanted.minutes)}"
    return _back(class_id, day, wanted.pupil_id, ask=again)


def _signed_out(request: HttpRequest, class_id: int, day: date) -> HttpResponse:
    """The session ended in the middle of the sheet: the press is asked again after signing in, so it is not lost."""
    if wants_json(request):
        return JsonResponse({"signed_out": True}, status=401)
    asked = request.POST.get("press", "")
    target = _page(class_id, day) + (f"?{urlencode({'ask': asked})}" if asked else "")
    return redirect(f"{reverse('accounts:login')}?{urlencode({'next': target})}")


def _back(class_id: int, day: date, pupil_id: int, **query: str) -> HttpResponse:
    asked = urlencode({k: v for k, v in query.items() if v})
    return HttpResponseRedirect(f"{_page(class_id, day)}{'?' if asked else ''}{asked}#p{pupil_id}")


def _page(class_id: int, day: date) -> str:
    return reverse("attendance:day_sheet", kwargs={"class_id": class_id, "day": day})


def _asked(request: HttpRequest, sheet: Sheet) -> dict | None:
    """A press that waits for a yes: after a mismatch or an ended session."""
    with suppress(CannotMark):
        press_ = Press.parse(request.GET.get("ask", ""))
        name = next((row.name for row in sheet.rows if row.pupil_id == press_.pupil_id), None)
        if name is None:
            raise Http404
        where = f"{press_.lesson} урок" if press_.lesson else "весь день"
        return {"value": request.GET["ask"], "name": name, "where": where, "letter": LETTERS.get(press_.new, "")}
    return None
