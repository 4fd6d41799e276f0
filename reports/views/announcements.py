"""The family announces an absence, sees what became of it, withdraws it (domain.md §2)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import address_of
from attendance.announcements import Told, dates_words, lessons_words
from attendance.models import Announcement
from attendance.services.announcements import CannotAnnounce, announce, come_back, earliest_day, withdraw
from journal.access import get_child_of_guardian
from journal.calendar import Calendar, load_calendar
from journal.dates import WEEKDAYS, day_month
from journal.text import row_number
from reports import family as cabinet
from reports import family_announcing as announcing
from reports.forms import AnnounceForm
from reports.views.family import answer, child_for

LIST = "reports:family_announcements"


@dataclass(frozen=True, slots=True)
class QuickDay:
    """A day to announce with one press: today or the next school day. `told` where it is announced already."""

    date: date
    label: str
    told: bool
    key: UUID


@require_safe
def announcements(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """What was announced and what became of it; for a guardian the buttons of the usual morning above."""
    child = child_for(request, pupil_id)
    calendar = cabinet.calendar_of(child)
    told = announcing.announcements(child, calendar)
    return answer(
        request,
        child,
        "absences",
        "заявления",
        child.school_class,
        view="family_announcements",
        template="reports/family_announcements.html",
        told=told,
        quick=_quick_days(child, calendar, told),
        form=AnnounceForm(),
    )


@require_http_methods(["GET", "POST"])
def announce_absence(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """Whole days, or with `?lessons=1&day=` some lessons of a day; `?change=` corrects an own announcement."""
    get_child_of_guardian(request.user, pupil_id)
    child = child_for(request, pupil_id)
    if child.school_class is None:
        return redirect(LIST, pupil_id=pupil_id)
    calendar = load_calendar(child.school_class.year)
    if request.method == "POST":
        return _announced(request, child, calendar)
    old = _own(request, child, request.GET["change"]) if "change" in request.GET else None
    by_lessons = "lessons" in request.GET
    day = _day(request) or (old.date_from if old else _first_day(child, calendar))
    initial = {"date_to": day, **(_words_of(old) if old else {}), "date_from": day}
    return _form_page(request, child, calendar, AnnounceForm(by_lessons=by_lessons, initial=initial), day)


@require_POST
def withdraw_announcement(request: HttpRequest, pupil_id: int, announcement_id: int) -> HttpResponse:
    """«Отозвать», or with `back_on` only the days from then on."""
    child = get_child_of_guardian(request.user, pupil_id)
    row = Announcement.objects.filter(pk=announcement_id, pupil=child, announced_by=request.user).first()
    if row is None:
        raise Http404
    back_on, address = request.POST.get("back_on", ""), address_of(request)
    try:
        if "back_on" in request.POST:
            day, today = _date(back_on), timezone.localdate()
            if day is None:
                raise CannotAnnounce("Выберите день, с которого ребёнок снова в школе.")
            come_back(announcement=row, day=day, by=request.user, today=today, address=address)
            messages.success(request, f"Записано: с {day_month(day)} ребёнок снова в школе.")
        else:
            withdraw(announcement=row, by=request.user, address=address)
            messages.success(request, "Заявление отозвано.")
    except CannotAnnounce as refusal:
        messages.error(request, str(refusal))
    return redirect(LIST, pupil_id=pupil_id)


def _announced(request: HttpRequest, child: cabinet.Child, calendar: Calendar) -> HttpResponse:
    """The list with the new announcement, or the form with what is wrong."""
    assert child.school_class is not None
    form = AnnounceForm(request.POST, by_lessons=request.POST.get("mode") == "lessons")
    day = _date(request.POST.get("date_from", "")) or child.today
    standing = None
    if form.is_valid():
        wanted = form.cleaned_data["date_from"]
        own = announcing.lessons_of_day(child, wanted, calendar) if form.by_lessons else []
        wish = form.wish(frozenset(lesson.number for lesson in own))
        try:
            row = announce(
                pupil=child.pupil,
                grade=child.school_class.grade,
                wish=wish,
                calendar=calendar,
                by=request.user,
                today=child.today,
                key=form.form_key,
                replaces=form.replaces,
                address=address_of(request),
            )
        except CannotAnnounce as refusal:
            form.refuse(refusal)
            standing = refusal.standing
        else:
            when = f"{dates_words(row.date_from, row.date_to)}, {lessons_words(row.lessons)}, {row.words}"
            messages.success(request, f"Сообщено классному руководителю: {when}.")
            return redirect(LIST, pupil_id=child.pupil.pk)
    return _form_page(request, child, calendar, form, day, standing)


def _form_page(
    request: HttpRequest,
    child: cabinet.Child,
    calendar: Calendar,
    form: AnnounceForm,
    day: date,
    standing: Announcement | None = None,
) -> HttpResponse:
    return answer(
        request,
        child,
        "absences",
        "заявить об отсутствии",
        child.school_class,
        view="family_announcements",
        template="reports/family_announce.html",
        form=form,
        day=day,
        change=row_number(str(form["change"].value() or "")),
        chosen=[str(number) for number in form["lessons"].value() or ()],
        lessons=announcing.lessons_to_choose(child, day, calendar) if form.by_lessons else [],
        standing=standing,
    )


def _own(request: HttpRequest, child: cabinet.Child, text: str) -> Announcement:
    """The own open announcement to correct, or 404."""
    rows = Announcement.objects.open().filter(pupil=child.pupil, announced_by=request.user)
    row = rows.filter(pk=row_number(text)).first()
    if row is None:
        raise Http404
    return row


def _words_of(row: Announcement) -> dict:
    """An announcement as the form shows it."""
    causes = {cause.label: cause for cause in Announcement.Cause}
    return {
        "date_from": row.date_from,
        "date_to": row.date_to,
        "lessons": [str(number) for number in row.lessons],
        "cause": causes.get(row.words, ""),
        "comment": row.comment,
        "change": row.pk,
    }


def _quick_days(child: cabinet.Child, calendar: Calendar | None, told: list[Told]) -> list[QuickDay]:
    """Today if there is school, and the next school day; none for who is in no class any more."""
    if child.school_class is None or calendar is None or not any(stay.holds(child.today) for stay, _ in child.stays):
        return []
    grade = child.school_class.grade
    days = [child.today] if calendar.is_school_day(child.today, grade) else []
    if following := calendar.school_day_after(child.today, grade):
        days.append(following)
    known = [one for one in told if one.is_open]
    return [
        QuickDay(day, _label(day, child.today), any(one.date_from <= day <= one.date_to for one in known), uuid4())
        for day in days
    ]


def _label(day: date, today: date) -> str:
    """«Сегодня», «Завтра», else the weekday."""
    return {0: "Сегодня", 1: "Завтра"}.get((day - today).days, WEEKDAYS[day.weekday()].capitalize())


def _first_day(child: cabinet.Child, calendar: Calendar) -> date:
    """Today, or the next school day."""
    assert child.school_class is not None
    grade = child.school_class.grade
    if calendar.is_school_day(child.today, grade):
        return child.today
    return calendar.school_day_after(child.today, grade) or earliest_day(calendar, grade, child.today)


def _day(request: HttpRequest) -> date | None:
    return _date(request.GET.get("day", ""))


def _date(text: str) -> date | None:
    with suppress(ValueError):
        return parse_date(text)
    return None
