"""The builder of a division. It writes only what the page «что изменится» has shown (`reports.views.changes`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.audit import Action, address_of, record_class
from journal.access import get_class_kept_by
from journal.forms.groups import (
    MOST_NEW,
    Board,
    check_new,
    fill_by_sex,
    fill_halves,
    fill_last_year,
    fill_pasted,
    fresh_board,
    read_board,
    settle,
)
from journal.models import SchoolClass, Subject, Teacher
from journal.queries.division_history import MoveLine, history_of
from journal.queries.divisions import (
    Division,
    Seat,
    division_of,
    first_day,
    joinable_groups,
    last_years_groups,
    subjects_for,
    teachers,
)
from journal.services.group_changes import dissolve
from journal.services.groups import Difference, DivisionChanged, GroupError, set_division
from journal.text import row_number

FILLS = ("halves", "sex", "last_year", "clear", "paste")


@dataclass
class Builder:
    """The builder while a request is answered: the division of a day, the person's board over it, who may teach."""

    school_class: SchoolClass
    subject: Subject
    division: Division
    board: Board
    teachers: list[Teacher]
    notes: list[str] = field(default_factory=list)
    back: dict[int, int] = field(default_factory=dict)
    pasted: str = ""

    @property
    def columns(self) -> list[tuple[int, str]]:
        """(key, name) of every group, the new ones last."""
        known = [(column.group_id, column.name) for column in self.division.columns]
        return [*known, *((column.key, column.name) for column in self.board.new)]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column of the table. `digit` is the key that puts a pupil there."""

    key: int
    name: str
    digit: int
    others: int
    others_words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: the pupil and, column by column, whether this is the place."""

    seat: Seat
    back: int | None
    cells: tuple[tuple[int, str, bool], ...]


@require_http_methods(["GET", "HEAD", "POST"])
def division(request: HttpRequest, class_id: int, subject_id: int) -> HttpResponse:
    """The builder; a POST fills it by a quick way, takes it back to be mended, or writes what was shown."""
    school_class = get_class_kept_by(request.user, class_id)
    subject = get_object_or_404(subjects_for(school_class), pk=subject_id)
    if request.method != "POST":
        return shown(request, opened(request, school_class, subject))
    do = request.POST.get("do", "")
    if do == "dissolve":
        return _dissolve(request, school_class, subject)
    builder = sent(request, school_class, subject)
    if do == "save":
        return _save(request, builder)
    if do == "add" and len(builder.board.new) < MOST_NEW:
        builder.board.add_column([name for _, name in builder.columns])
    elif do in FILLS:
        _fill(builder, do, request)
    builder.board.errors.clear()  # a quick way is not yet the time to ask for names and teachers
    return shown(request, builder)


def opened(request: HttpRequest, school_class: SchoolClass, subject: Subject) -> Builder:
    """The builder of `?on=` (else of the default day), with `?new=` empty groups (two where there are none)."""
    today = timezone.localdate()
    on = _day_of(request, school_class) or first_day(school_class, subject.written, today)
    found = division_of(school_class, subject, on, today)
    new = row_number(request.GET.get("new", "")) or 0
    board = fresh_board(found, new or (0 if found.columns else 2))
    return Builder(school_class, subject, found, board, teachers())


def sent(request: HttpRequest, school_class: SchoolClass, subject: Subject) -> Builder:
    """The builder as it was sent, over the division as it stands now."""
    today = timezone.localdate()
    board = read_board(request.POST, first_day(school_class, subject.written, today))
    found = division_of(school_class, subject, board.on, today)
    builder = Builder(school_class, subject, found, board, teachers())
    settle(board, found)
    check_new(board, {teacher.pk: teacher for teacher in builder.teachers})
    return builder


def shown(request: HttpRequest, builder: Builder, errors: Sequence[str] = ()) -> HttpResponse:
    """The page. What was typed stays; errors and changes of others stand above the table."""
    board, division = builder.board, builder.division
    errors = [*board.errors, *errors]
    history = history_of(division)
    record_class(request, Action.READ, f"деление: {builder.subject}"[:100], class_id=builder.school_class.pk)
    context = {
        "school_class": builder.school_class,
        "subject": builder.subject,
        "division": division,
        "board": board,
        "heads": _heads(builder),
        "lines": _lines(builder),
        "errors": errors,
        "notes": builder.notes,
        "pasted": builder.pasted,
        "differences": _told(board.differences, dict(builder.columns), history),
        "teachers": builder.teachers,
        "limit": builder.school_class.year.school.group_size_warning,
        "history": history,
        "is_office": request.user.keeps_all_people,
        "joinable": joinable_groups(builder.school_class, builder.subject, division.on)
        if request.user.keeps_all_people
        else (),
    }
    status = 409 if board.differences else 422 if errors else 200
    return TemplateResponse(request, "journal/division.html", context, status=status)


def _heads(builder: Builder) -> list[Head]:
    heads = [Head(0, "Не распре\N{SOFT HYPHEN}делены", 0, 0, "")]
    for digit, (key, name) in enumerate(builder.columns, start=1):
        column = next((one for one in builder.division.columns if one.group_id == key), None)
        others, words = (column.others_count, column.others_words) if column else (0, "")
        heads.append(Head(key, name, digit, others, words))
    return heads


def _lines(builder: Builder) -> list[Line]:
    keys = [(0, "не распределён(а)"), *builder.columns]
    lines = []
    for seat in builder.division.seats:
        place = builder.board.seats.get(seat.pupil_id, 0)
        back = builder.back.get(seat.pupil_id)
        cells = tuple((key, name, key == place) for key, name in keys)
        lines.append(Line(seat, None if back == place else back, cells))
    return lines


def _told(
    differences: Sequence[Difference], names: dict[int, str], history: Sequence[MoveLine]
) -> list[tuple[str, str, str, MoveLine | None]]:
    """(pupil, what stands now, the person's own choice, the change itself) in words."""
    none = "не распределён(а)"
    newest = {line.pupil: line for line in reversed(history)}
    return [
        (one.name, names.get(one.stands, none), names.get(one.seen, none), newest.get(one.name)) for one in differences
    ]


def _fill(builder: Builder, do: str, request: HttpRequest) -> None:
    """Place the pupils by a quick way; what stood before is kept for «вернуть»."""
    board, seats, columns = builder.board, builder.division.seats, builder.columns
    if not columns:
        builder.notes.append("Сначала добавьте группы.")
        return
    builder.back = dict(board.seats)
    if do == "halves":
        fill_halves(board, seats, [key for key, _ in columns])
    elif do == "sex":
        fill_by_sex(board, seats, columns)
    elif do == "clear":
        board.seats = dict.fromkeys(board.seats, 0)
    elif do == "last_year":
        last = last_years_groups(builder.school_class, builder.subject, list(board.seats))
        found = fill_last_year(board, columns, last) if last else []
        builder.notes += found or ["В прошлом году этот предмет этим ученикам на группы не делили."]
    elif do == "paste":
        key = next((key for key, _ in columns if str(key) == request.POST.get("paste-to")), columns[0][0])
        notes, builder.pasted = fill_pasted(board, seats, key, request.POST.get("names", ""))
        builder.notes += notes


def _save(request: HttpRequest, builder: Builder) -> HttpResponse:
    board = builder.board
    if board.errors or board.differences:
        return shown(request, builder)
    try:
        saved = set_division(
            school_class=builder.school_class,
            subject=builder.subject,
            on=board.on,
            seats=board.seats,
            seen=board.seen,
            new_groups=board.new_groups({teacher.pk: teacher for teacher in builder.teachers}),
            by=request.user,
            address=address_of(request),
        )
    except DivisionChanged as changed:
        board.differences = changed.differences
        return shown(request, builder)
    except GroupError as error:
        return shown(request, builder, [str(error)])
    count = len(saved.moves)
    messages.success(request, f"Деление сохранено, действует с {board.on:%d.%m.%Y}. Учеников перешло: {count}.")
    return redirect("journal:groups", class_id=builder.school_class.pk)


def _dissolve(request: HttpRequest, school_class: SchoolClass, subject: Subject) -> HttpResponse:
    on = _day_of(request, school_class)
    try:
        if on is None:
            raise GroupError("Укажите, с какого дня весь класс учится вместе.")
        dissolve(
            school_class=school_class,
            subject=subject,
            on=on,
            like=row_number(request.POST.get("like", "")) or 0,
            by=request.user,
            address=address_of(request),
        )
    except GroupError as error:
        return shown(request, opened(request, school_class, subject), [str(error)])
    messages.success(request, f"С {on:%d.%m.%Y} весь класс учит предмет «{subject}» вместе.")
    return redirect("journal:groups", class_id=school_class.pk)


def _day_of(request: HttpRequest, school_class: SchoolClass) -> date | None:
    """The day that the address or the form names, kept inside the school year."""
    try:
        day = date.fromisoformat(request.POST.get("on") or request.GET.get("on", ""))
    except ValueError:
        return None
    return min(max(day, school_class.year.date_from), school_class.year.date_to)
