"""Study groups of a class: the list of divisions, its files, small changes of a group. The builder: `division.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import Action, address_of, record_class
from journal.access import get_class_kept_by
from journal.files import table_response
from journal.models import SchoolClass, StudyGroup, Subject, Teacher
from journal.queries.divisions import divisions_of
from journal.services.group_changes import change_group, close_group, join_class, may_change_group
from journal.services.groups import GroupError
from journal.text import row_number


@require_safe
def groups(request: HttpRequest, class_id: int) -> HttpResponse:
    """Divisions of the class as they stand today; `?subject=3&new=2` leads to a new one."""
    school_class = get_class_kept_by(request.user, class_id)
    if subject_id := row_number(request.GET.get("subject", "")):
        count = row_number(request.GET.get("new", "")) or 2
        response = redirect("journal:division", class_id=class_id, subject_id=subject_id)
        response["Location"] += f"?new={min(max(count, 1), 6)}"
        return response
    today = shown_day(school_class)
    divisions, undivided = divisions_of(school_class, today, today)
    record_class(request, Action.READ, "группы", class_id=class_id)
    context = {
        "school_class": school_class,
        "divisions": divisions,
        "undivided": undivided,
        "limit": school_class.year.school.group_size_warning,
        "today": today,
    }
    return TemplateResponse(request, "journal/groups.html", context)


@require_safe
def groups_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """Who is in which group, a column a subject."""
    school_class = get_class_kept_by(request.user, class_id)
    today = shown_day(school_class)
    divisions, _ = divisions_of(school_class, today, today)
    record_class(request, Action.EXPORT, f"группы, {suffix.upper()}", class_id=class_id)
    rows: list[list] = [["№", "Ученик", *(division.subject.name for division in divisions)]]
    names = [
        {column.group_id: " · ".join(filter(None, [column.name, column.teacher])) for column in division.columns}
        for division in divisions
    ]
    for index, seat in enumerate(divisions[0].seats if divisions else []):
        places = [division.seats[index] for division in divisions]
        rows.append(
            [
                seat.number,
                seat.name,
                *(
                    "по плану" if place.on_plan else known.get(place.group_id, "не распределён(а)")
                    for place, known in zip(places, names, strict=True)
                ),
            ]
        )
    return table_response(suffix, f"Группы {school_class}", rows, sheet=f"Группы {school_class}", first_widths=(5, 32))


@require_POST
def group_save(request: HttpRequest, class_id: int, subject_id: int, group_id: int) -> HttpResponse:
    """A new name or teacher of a group, or its closing from a day on."""
    school_class, group = _own_group(request, class_id, subject_id, group_id)
    if not may_change_group(request.user, group):
        raise Http404
    data = request.POST

    def act() -> str:
        if data.get("do") == "close":
            close_group(group=group, school_class=school_class, on=_day(data.get("on", "")), **_who(request))
            return f"Группа «{group.name}» закрыта."
        teacher = Teacher.objects.filter(pk=row_number(data.get("teacher", "")) or 0).first()
        if teacher is None:
            raise GroupError("Выберите учителя группы.")
        seen = (data.get("seen-name", group.name), row_number(data.get("seen-teacher", "")))
        name = " ".join(data.get("name", "").split())
        change_group(group=group, school_class=school_class, name=name, teacher=teacher, seen=seen, **_who(request))
        return f"Группа «{group.name}» сохранена."

    return _done(request, act, class_id, subject_id)


@require_POST
def group_join(request: HttpRequest, class_id: int, subject_id: int) -> HttpResponse:
    """The class joins a group of another class. Only for the office: it touches the lessons of two classes."""
    school_class = get_class_kept_by(request.user, class_id)
    subject = get_object_or_404(Subject, pk=subject_id)
    if not request.user.keeps_all_people:
        raise Http404

    def act() -> str:
        rows = StudyGroup.objects.filter(subject=subject, year=school_class.year)
        group = rows.filter(pk=row_number(request.POST.get("group", "")) or 0).first()
        if group is None:
            raise GroupError("Выберите группу, к которой присоединяется класс.")
        join_class(group=group, school_class=school_class, on=_day(request.POST.get("on", "")), **_who(request))
        return f"Класс {school_class} присоединён к группе «{group.name}». Теперь распределите учеников."

    return _done(request, act, class_id, subject_id)


def shown_day(school_class: SchoolClass) -> date:
    """Today, or the nearest day of the year of the class."""
    year = school_class.year
    return min(max(timezone.localdate(), year.date_from), year.date_to)


def _own_group(request: HttpRequest, class_id: int, subject_id: int, group_id: int) -> tuple[SchoolClass, StudyGroup]:
    school_class = get_class_kept_by(request.user, class_id)
    rows = StudyGroup.objects.filter(classes=school_class, subject=subject_id).select_related("subject", "year")
    return school_class, get_object_or_404(rows.prefetch_related("classes"), pk=group_id)


def _done(request: HttpRequest, act: Callable[[], str], class_id: int, subject_id: int) -> HttpResponse:
    """Does it and says so, or says why not; back to the builder either way."""
    try:
        messages.success(request, act())
    except GroupError as error:
        messages.error(request, str(error))
    return redirect("journal:division", class_id=class_id, subject_id=subject_id)


def _who(request: HttpRequest) -> dict:
    return {"by": request.user, "address": address_of(request)}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise GroupError("Укажите день: число, месяц и год.") from None
