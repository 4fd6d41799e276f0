"""«Противоречия»: the list of a class, answers to facts without a reason, decisions, and taking them back."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, record_class
from attendance.conflicts import place_words
from attendance.models import ABSENCE_REASONS, LETTERS, Absence
from attendance.services import (
    Answer,
    CannotMark,
    Choice,
    Decision,
    Mismatch,
    answer_facts,
    forget_decisions,
    resolve,
    take_back,
)
from attendance.services.presses import UNREADABLE
from attendance.unsettled import Unsettled, rows_for_file, unsettled
from journal.access import get_class_for
from journal.calendar import Calendar, load_calendar
from journal.dates import day_month
from journal.files import table_response
from journal.models import LAST_LESSON, Pupil, SchoolClass
from journal.text import plural, row_number

DONE = {
    Choice.AT_LESSON: "был на уроке, остальные уроки дня отмечены",
    Choice.ALL_DAY: "пропуск снят",
    Choice.KEEP: "оставлено как есть",
}
NOTE_LENGTH = 300


@require_safe
def page(request: HttpRequest, class_id: int) -> HttpResponse:
    """First what has no reason yet, then what contradicts itself, then what was left as it is; `?term=` narrows."""
    school_class, calendar = _class_and_calendar(request, class_id)
    record_class(request, Action.READ, "противоречия", class_id=class_id)
    return _page(request, school_class, calendar)


@require_safe
def page_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The same list as XLSX or CSV."""
    school_class, calendar = _class_and_calendar(request, class_id)
    found = _list(request, school_class, calendar)
    record_class(request, Action.EXPORT, f"противоречия, {suffix.upper()}", class_id=class_id)
    name = f"Противоречия {school_class.name} {found.period}".replace("/", "-")
    return table_response(suffix, name, rows_for_file(found), sheet="Противоречия")


@require_POST
def answer(request: HttpRequest, class_id: int) -> HttpResponse:
    """Б, У or Н for one fact, for a pupil's day, or for all of a day."""
    school_class, calendar = _class_and_calendar(request, class_id)
    try:
        wanted = Answer.parse(request.POST.get("answer", ""))
        done = answer_facts(school_class=school_class, answer=wanted, calendar=calendar, by=request.user)
    except CannotMark as refusal:
        messages.error(request, str(refusal))
        return _back(request, class_id)
    if done.changed:
        many = plural(done.changed, "отметка,отметки,отметок")
        letter = LETTERS[wanted.reason]
        messages.success(request, f"{day_month(wanted.day)}: {done.changed} {many}, причина {letter}.")
    if done.others:
        names = _names(pupil_id for pupil_id, _, _ in done.others)
        words = "; ".join(f"{names[pk]}, {place_words(number)}: {_stands(row)}" for pk, number, row in done.others)
        messages.warning(request, f"Пока страница была открыта, здесь уже ответили, вашу причину не записали. {words}.")
    return _back(request, class_id)


@require_POST
def decide(request: HttpRequest, class_id: int) -> HttpResponse:
    """One decision about a conflict. What was typed stays where it is refused."""
    school_class, calendar = _class_and_calendar(request, class_id)
    try:
        decision = _decision(request)
        word = resolve(school_class=school_class, decision=decision, calendar=calendar, by=request.user)
    except CannotMark as refusal:
        messages.error(request, str(refusal))
        return _page(request, school_class, calendar, typed=request.POST, status=422)
    except Mismatch as found:
        messages.warning(request, _mismatch_words(decision, found))
        return _page(request, school_class, calendar, typed=request.POST, status=409)
    if not word:
        messages.info(request, "Это уже решено.")
        return _back(request, class_id)
    name = _names([decision.pupil_id])[decision.pupil_id]
    messages.success(request, f"{name}, {day_month(decision.day)}: {DONE[decision.choice]}.")
    return _back(request, class_id, undo=word)


@require_POST
def undo(request: HttpRequest, class_id: int) -> HttpResponse:
    """«Вернуть» beside the message of a decision, or «Решить заново» in the list of those left as they are."""
    school_class, _ = _class_and_calendar(request, class_id)
    if kept := request.POST.get("kept"):
        ids = [pk for text in kept.split(",") if (pk := row_number(text)) is not None]
        if forget_decisions(school_class=school_class, ids=ids, by=request.user):
            messages.success(request, "Решение отменено: противоречие снова в списке.")
        else:
            messages.info(request, "Этого решения уже нет.")
        return _back(request, class_id)
    try:
        undone = take_back(school_class=school_class, word=request.POST.get("word", ""), by=request.user)
    except CannotMark as refusal:
        messages.error(request, str(refusal))
        return _back(request, class_id)
    name = _names([undone.pupil_id])[undone.pupil_id]
    messages.success(request, f"{name}, {day_month(undone.day)}: всё стоит, как до решения.")
    return _back(request, class_id)


def _class_and_calendar(request: HttpRequest, class_id: int) -> tuple[SchoolClass, Calendar]:
    school_class = get_class_for(request.user, class_id)
    return school_class, load_calendar(school_class.year)


def _list(request: HttpRequest, school_class: SchoolClass, calendar: Calendar) -> Unsettled:
    today = timezone.localdate()
    asked = request.GET.get("term", "")
    begun = [term for term in calendar.terms_for(school_class.grade) if term.date_from <= today]
    term = next((term for term in begun if str(term.number) == asked), None)
    if asked and term is None:
        raise Http404
    return unsettled(school_class, calendar, today, term)


def _page(
    request: HttpRequest, school_class: SchoolClass, calendar: Calendar, *, typed=None, status: int = 200
) -> HttpResponse:
    found = _list(request, school_class, calendar)
    context = {
        "school_class": school_class,
        "page": found,
        "query": f"?term={found.term.number}" if found.term else "",
        "reasons": [(reason, LETTERS[reason], reason.label) for reason in ABSENCE_REASONS],
        # Each press of this page has a key of its own: the page sent twice acts once.
        "conflicts": [(row, uuid4(), _typed_note(row, typed)) for row in found.conflicts],
        "undo": request.GET.get("undo", "") if status == 200 else "",
    }
    return TemplateResponse(request, "attendance/conflicts.html", context, status=status)


def _typed_note(row, typed) -> str:
    """What was typed for this conflict in a form that was refused."""
    if typed is None:
        return ""
    same = (typed.get("pupil"), typed.get("day"), typed.get("lesson"))
    return typed.get("note", "") if same == (str(row.pupil.pk), row.day.isoformat(), str(row.lesson)) else ""


def _decision(request: HttpRequest) -> Decision:
    """CannotMark where the form is not one that this page has made."""
    data = request.POST
    pupil_id, lesson = row_number(data.get("pupil", "")), row_number(data.get("lesson", ""))
    note = data.get("note", "").strip()
    try:
        day, choice = date.fromisoformat(data.get("day", "")), Choice(data.get("choice", ""))
        key = UUID(data.get("key", ""))
    except ValueError:
        raise CannotMark(UNREADABLE) from None
    if pupil_id is None or lesson is None or lesson > LAST_LESSON:
        raise CannotMark(UNREADABLE)
    if len(note) > NOTE_LENGTH:
        raise CannotMark(f"Пояснение длиннее {NOTE_LENGTH} знаков. Сократите его.")
    if "\x00" in note:
        raise CannotMark(UNREADABLE)
    return Decision(pupil_id, day, lesson, choice, data.get("seen", ""), note, key)


def _mismatch_words(decision: Decision, found: Mismatch) -> str:
    who = f" ({found.by}, {timezone.localtime(found.at):%H:%M})" if found.at and found.by else ""
    stands = f"{LETTERS[found.reason]}{who}" if found.reason else "ничего"
    shown = dict(part.partition("=")[::2] for part in decision.seen.partition(";")[0].split(","))
    was = LETTERS.get(shown.get(str(decision.lesson), ""), "другое")
    name = _names([decision.pupil_id]).get(decision.pupil_id, "Ученик")
    return (
        f"{name}, {day_month(decision.day)}, {place_words(decision.lesson)}: пока страница была открыта, здесь что-то "
        f"изменили. На странице стояло {was}, теперь {stands}. Ничего не записано: посмотрите и решите ещё раз."
    )


def _stands(row: Absence | None) -> str:
    if row is None:
        return "отметку сняли"
    who = row.marked_by.short_name if row.marked_by else ""
    return f"стоит {row.letter} ({', '.join(filter(None, (who, f'{timezone.localtime(row.marked_at):%H:%M}')))})"


def _names(pupil_ids) -> dict[int, str]:
    return {pupil.pk: pupil.list_name for pupil in Pupil.objects.filter(pk__in=list(pupil_ids))}


def _back(request: HttpRequest, class_id: int, **query: str) -> HttpResponse:
    if term := request.GET.get("term", ""):
        query["term"] = term
    address = reverse("attendance:conflicts", args=[class_id])
    return redirect(f"{address}?{urlencode(query)}" if query else address)
