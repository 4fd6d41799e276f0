"""«Что изменится»: the effect of a division or a plan on lessons, journal and absences, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.audit import Action, record_class
from journal.access import get_class_kept_by
from journal.calendar import load_calendar
from journal.models import SchoolClass, Subject
from journal.queries.divisions import subjects_for
from journal.services.group_changes import dissolve
from journal.services.groups import DivisionChanged, GroupError, Saved, set_division
from journal.text import row_number
from journal.views.division import Builder, opened, sent, shown
from reports.effects import Effect, effects_of, tried


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A pupil of the preview: from where to where, since when, and what it does."""

    name: str
    old: str
    new: str
    start: date
    effect: Effect


@dataclass(frozen=True, slots=True)
class GroupSize:
    name: str
    size: int
    was: int
    is_large: bool


@require_POST
def division_preview(request: HttpRequest, class_id: int, subject_id: int) -> HttpResponse:
    """What the sent division changes; nothing is written. A board that cannot be saved goes back to be mended."""
    school_class = get_class_kept_by(request.user, class_id)
    subject = get_object_or_404(subjects_for(school_class), pk=subject_id)
    if request.POST.get("do") == "dissolve":
        return _dissolving(request, school_class, subject)
    builder = sent(request, school_class, subject)
    board = builder.board
    if board.errors or board.differences:
        return shown(request, builder)
    new_groups = board.new_groups({teacher.pk: teacher for teacher in builder.teachers})

    def write() -> Saved:
        return set_division(
            school_class=school_class,
            subject=subject,
            on=board.on,
            seats=board.seats,
            seen=board.seen,
            new_groups=new_groups,
            by=request.user,
        )

    today = timezone.localdate()
    try:
        saved, trial = tried(school_class, load_calendar(school_class.year), today, write)
    except DivisionChanged as changed:
        board.differences = changed.differences
        return shown(request, builder)
    except GroupError as error:
        return shown(request, builder, [str(error)])
    if not saved.moves and not saved.made:
        return shown(request, builder, ["Ничего не изменено: все ученики остаются в тех же группах."])
    whole = "весь класс" if not builder.division.columns and builder.division.whole else ""
    effects = effects_of(trial, [move.pupil_id for move in saved.moves])
    context = {
        "builder": builder,
        "board": board,
        "sizes": _sizes(builder),
        "unplaced": [seat for seat in builder.division.seats if not board.seats[seat.pupil_id] and not seat.on_plan],
        "rows": _rows(builder, saved, effects, whole),
        "made": saved.made,
        "works": saved.works,
        "whole": whole,
    }
    return _page(request, school_class, subject, board.on, context)


def _dissolving(request: HttpRequest, school_class: SchoolClass, subject: Subject) -> HttpResponse:
    builder = opened(request, school_class, subject)
    try:
        on = date.fromisoformat(request.POST.get("on", ""))
    except ValueError:
        return shown(request, builder, ["Укажите, с какого дня весь класс учится вместе."])
    like = row_number(request.POST.get("like", "")) or 0

    def write() -> Saved:
        return dissolve(school_class=school_class, subject=subject, on=on, like=like, by=request.user)

    try:
        saved, trial = tried(school_class, load_calendar(school_class.year), timezone.localdate(), write)
    except GroupError as error:
        return shown(request, builder, [str(error)])
    effects = effects_of(trial, [move.pupil_id for move in saved.moves])
    context = {
        "builder": builder,
        "rows": _rows(builder, saved, effects, "", new="весь класс"),
        "dissolves": True,
        "works": saved.works,
        "like": like,
    }
    return _page(request, school_class, subject, on, context)


def _rows(builder: Builder, saved: Saved, effects: dict[int, Effect], whole: str, new: str = "") -> list[MoveRow]:
    names = {seat.pupil_id: seat.name for seat in builder.division.seats}
    none = whole or "не распределён(а)"
    rows = [
        MoveRow(
            names[move.pupil_id],
            move.names[0] or none,
            move.names[1] or new or "не распределён(а)",
            move.start,
            effects[move.pupil_id],
        )
        for move in saved.moves
        if move.pupil_id in names
    ]
    order = {name: number for number, name in enumerate(names.values())}
    return sorted(rows, key=lambda row: order[row.name])


def _sizes(builder: Builder) -> list[GroupSize]:
    """Each group as it becomes, with the pupils of other classes."""
    limit = builder.school_class.year.school.group_size_warning
    others = {column.group_id: column.others_count for column in builder.division.columns}
    seated = builder.division.seated
    sizes = []
    for key, name in builder.columns:
        size = sum(place == key for place in builder.board.seats.values()) + others.get(key, 0)
        was = sum(place == key for place in seated.values()) + others.get(key, 0)
        sizes.append(GroupSize(name, size, was, size > limit))
    return sizes


def _page(request: HttpRequest, school_class: SchoolClass, subject: Subject, on: date, context: dict) -> HttpResponse:
    record_class(request, Action.READ, f"что изменится: {subject}"[:100], class_id=school_class.pk)
    rows = context["rows"]
    context |= {
        "school_class": school_class,
        "subject": subject,
        "on": on,
        "today": timezone.localdate(),
        "limit": school_class.year.school.group_size_warning,
        "touches_past": any(row.effect.touches_past for row in rows),
        "changes_totals": any(row.effect.changes_totals for row in rows),
        "reads_absences": reads_absences(request, school_class),
    }
    return TemplateResponse(request, "reports/division_preview.html", context)


def reads_absences(request: HttpRequest, school_class: SchoolClass) -> bool:
    """The operator keeps groups but reads neither marks nor absences: only how many lessons change is told."""
    return request.user.sees_whole_school or school_class in request.user.own_classes
