"""Movements of single pupils by an order: arrival, departure, change of class, and taking the last one back.

«Действует с» is the first day of the new state: a pupil who leaves with effect from the 16th was on the roll up to
the 15th. A movement writes its row and the enrolment, ends what does not go on, and tells it all on the pupil's card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from journal.models import (
    AcademicYear,
    Enrolment,
    GroupMembership,
    IndividualPlan,
    Mark,
    Movement,
    Pupil,
    SchoolClass,
)
from journal.services.changes import record_change
from journal.services.undo import UndoLog

Kind = Movement.Kind
DAY = timedelta(days=1)
TOLD = ("kind", "order_number", "order_date", "effective_on", "from_class", "to_class", "place", "note")


class CannotMove(Exception):
    """The movement cannot be written; the words say why and what to do. `field` is where the person looks."""

    def __init__(self, words: str, field: str = "effective_on") -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Order:
    """What the order says. `place` is where from or where to."""

    number: str
    dated: date | None
    effective_on: date
    place: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Marks and absences of a pupil."""

    marks: int
    absences: int

    def __bool__(self) -> bool:
        return bool(self.marks or self.absences)


@transaction.atomic
def arrive(
    *, pupil: Pupil, school_class: SchoolClass, order: Order, by: User, changes: Mapping[str, Any] | None = None
) -> Movement:
    """Put a new pupil (not saved yet), or one who comes back, on the roll of a class.

    `changes`: field → value of what is different now about one who comes back; empty values change nothing.
    """
    _check_day(order.effective_on, school_class.year)
    log = UndoLog()
    if pupil.pk is None:
        pupil.admitted_on = order.effective_on
        pupil.save()
        log.add_created([pupil])
        shown = ("last_name", "first_name", "patronymic", "sex", "birth_date", "address", "phone")
        told = {name: (None, value) for name in shown if (value := getattr(pupil, name))}
        record_change(pupil, told, by=by, pupil_ids=[pupil.pk], subject="ученик: заведён")
    else:
        pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
        _check_once(pupil, Kind.ARRIVAL, order.effective_on)
        _check_order_of(pupil, order.effective_on)
        if standing := _from(pupil.enrolments, order.effective_on).select_related("school_class").first():
            raise CannotMove(_already_here(pupil, standing, school_class))
        _correct(pupil, {**(changes or {}), "admitted_on": order.effective_on}, log, by)
    _enrol(pupil, school_class, order.effective_on, None, log, by)
    return _write(pupil, Kind.ARRIVAL, order, None, school_class, log, by)


@transaction.atomic
def depart(*, pupil: Pupil, order: Order, by: User) -> Movement:
    """Take the pupil off the roll: the stay, groups and the individual plan end on the day before the order acts."""
    pupil, standing = _standing(pupil, Kind.DEPARTURE, order.effective_on)
    log = UndoLog()
    # What a transfer of the school has prepared for the next year does not come to be.
    for later in pupil.enrolments.filter(date_from__gte=order.effective_on).select_related("school_class"):
        record_change(later, _gone(later), by=by, pupil_ids=[pupil.pk], subject=f"список {later.school_class}: снято")
        log.add_removed(later)
        later.delete()
    _end(standing, order.effective_on, log, by, f"список {standing.school_class}")
    _end_groups(pupil, _from(GroupMembership.objects.filter(pupil=pupil), order.effective_on), order, log, by)
    for plan in _from(IndividualPlan.objects.filter(pupil=pupil, date_from__lt=order.effective_on), order.effective_on):
        _end(plan, order.effective_on, log, by, plan.get_kind_display())
    return _write(pupil, Kind.DEPARTURE, order, standing.school_class, None, log, by)


@transaction.atomic
def change_class(*, pupil: Pupil, school_class: SchoolClass, order: Order, by: User) -> Movement:
    """Move the pupil to another class of the same year. Marks, absences and the individual plan stay the pupil's;
    groups end, but for those that the new class takes part in too."""
    pupil, standing = _standing(pupil, Kind.CLASS_CHANGE, order.effective_on)
    old = standing.school_class
    if school_class.pk == old.pk:
        raise CannotMove(f"{pupil.short_name} и так в {old}. Выберите другой класс.", "school_class")
    if school_class.year_id != old.year_id:
        raise CannotMove("Перевести можно только в класс того же учебного года.", "school_class")
    log = UndoLog()
    until = standing.date_to
    _end(standing, order.effective_on, log, by, f"список {old}")
    groups = GroupMembership.objects.filter(pupil=pupil, group__year=old.year).exclude(group__classes=school_class)
    _end_groups(pupil, _from(groups, order.effective_on), order, log, by)
    _enrol(pupil, school_class, order.effective_on, until, log, by)
    return _write(pupil, Kind.CLASS_CHANGE, order, old, school_class, log, by)


def facts_from(pupil: Pupil, day: date) -> Facts:
    """Marks and absences dated on the day or later: after a departure they count no more. Two queries."""
    return Facts(
        Mark.objects.filter(pupil=pupil, lesson__date__gte=day).count(),
        pupil.absences.filter(date__gte=day).count(),  # type: ignore[attr-defined]
    )


def standing_on(pupil: Pupil, day: date) -> Enrolment | None:
    """The stay that a movement with effect from the day would end: it began earlier and lasts to the day. One query."""
    rows = _from(pupil.enrolments.filter(date_from__lt=day), day)
    return rows.select_related("school_class__year__school").order_by("-date_from").first()


# --- What is checked ------------------------------------------------------------------------------


def _standing(pupil: Pupil, kind: Kind, day: date) -> tuple[Pupil, Enrolment]:
    """The pupil, locked, and the stay that ends; CannotMove where there is none or the day is impossible."""
    pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
    _check_once(pupil, kind, day)
    standing = standing_on(pupil, day)
    if standing is None:
        raise CannotMove(_why_not_here(pupil, day))
    _check_day(day, standing.school_class.year)
    _check_order_of(pupil, day)
    return pupil, standing


def _check_day(day: date, year: AcademicYear) -> None:
    if not year.date_from <= day <= year.roll_ends_on:
        raise CannotMove(
            f"{day:%d.%m.%Y} вне учебного года {year}. Укажите день "
            f"с {year.date_from:%d.%m.%Y} по {year.roll_ends_on:%d.%m.%Y}."
        )


def _check_once(pupil: Pupil, kind: Kind, day: date) -> None:
    """One movement of a kind a day: a form sent twice acts once."""
    same = pupil.movements.filter(kind=kind, effective_on=day).first()
    if same:
        order = f", приказ № {same.order_number}" if same.order_number else ""
        raise CannotMove(
            f"{Kind(kind).label.capitalize()} этого ученика на {day:%d.%m.%Y} уже внесено{order}. "
            "Второй записи в тот же день не нужно."
        )


def _check_order_of(pupil: Pupil, day: date) -> None:
    """No movement is put behind the back of a later one."""
    later = pupil.movements.filter(effective_on__gt=day, transfer=None).order_by("effective_on").first()
    if later:
        raise CannotMove(
            f"На {later.effective_on:%d.%m.%Y} уже внесено: {later.get_kind_display()}. "
            "Укажите более поздний день или сначала отмените ту запись."
        )


def _why_not_here(pupil: Pupil, day: date) -> str:
    last = pupil.enrolments.select_related("school_class").order_by("-date_from").first()
    if last is None:
        return "Ученик ещё не зачислен ни в один класс. Сначала внесите зачисление."
    if last.date_from >= day:
        return (
            f"{pupil.short_name} в списке {last.school_class} с {last.date_from:%d.%m.%Y}: выбыть раньше, чем прибыть, "
            f"нельзя. Укажите день не раньше {last.date_from + DAY:%d.%m.%Y}."
        )
    return f"{pupil.short_name} уже не числится: последний день в списке {last.date_to:%d.%m.%Y}."


def _already_here(pupil: Pupil, standing: Enrolment, school_class: SchoolClass) -> str:
    until = f" по {standing.date_to:%d.%m.%Y}" if standing.date_to else ""
    return (
        f"{pupil.short_name} числится в {standing.school_class} с {standing.date_from:%d.%m.%Y}{until}. "
        f"Если ребёнок переходит в {school_class}, внесите перевод в другой класс; если выбывал, сначала внесите "
        "выбытие."
    )


# --- What is written ------------------------------------------------------------------------------


def _from(rows: Any, day: date) -> QuerySet:
    """Rows that hold on the day or later."""
    return rows.filter(Q(date_to=None) | Q(date_to__gte=day))


def _enrol(
    pupil: Pupil, school_class: SchoolClass, since: date, until: date | None, log: UndoLog, by: User
) -> Enrolment:
    row = Enrolment.objects.create(pupil=pupil, school_class=school_class, date_from=since, date_to=until)
    log.add_created([row])
    return row


def _end(row: Any, day: date, log: UndoLog, by: User, subject: str) -> None:
    """The dated row ends on the day before `day`."""
    old, new = row.date_to, day - DAY
    log.add_changed(row, {"date_to": (old, new)})
    type(row)._default_manager.filter(pk=row.pk).update(date_to=new)
    record_change(row, {"date_to": (old, new)}, by=by, pupil_ids=[row.pupil_id], subject=subject)


def _end_groups(pupil: Pupil, rows: QuerySet, order: Order, log: UndoLog, by: User) -> None:
    for row in rows.select_related("group__subject"):
        if row.date_from < order.effective_on:
            _end(row, order.effective_on, log, by, f"группа: {row.group}")
        else:
            record_change(row, _gone(row), by=by, pupil_ids=[pupil.pk], subject=f"группа: {row.group}: снято")
            log.add_removed(row)
            row.delete()


def _gone(row: Any) -> dict[str, tuple[Any, Any]]:
    return {"date_from": (row.date_from, None), "date_to": (row.date_to, None)}


def _correct(pupil: Pupil, changes: Mapping[str, Any], log: UndoLog, by: User) -> None:
    """What is told anew about a pupil who comes back replaces what stood."""
    changed = {name: (getattr(pupil, name), value) for name, value in changes.items() if value}
    changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
    columns = {name for name in changed if name != "snils"}
    before = {name: getattr(pupil, name) for name in ("sort_name", "snils_encrypted", "snils_digest", *columns)}
    for name, (_, value) in changed.items():
        setattr(pupil, name, value)
    if not changed:
        return
    pupil.save()
    now = {name: (old, getattr(pupil, name)) for name, old in before.items() if old != getattr(pupil, name)}
    log.add_changed(pupil, now)
    record_change(pupil, changed, by=by, pupil_ids=[pupil.pk], subject="личные данные: вернулся")


def _write(
    pupil: Pupil,
    kind: Kind,
    order: Order,
    from_class: SchoolClass | None,
    to_class: SchoolClass | None,
    log: UndoLog,
    by: User,
) -> Movement:
    row = Movement.objects.create(
        pupil=pupil,
        kind=kind,
        order_number=order.number,
        order_date=order.dated,
        effective_on=order.effective_on,
        from_class=from_class,
        to_class=to_class,
        place=order.place,
        note=order.note,
        recorded_by=by,
    )
    log.seal()  # before the movement itself is among the rows made: it keeps the log
    log.add_created([row])
    row.undo = log.to_json()
    row.save(update_fields=["undo"])
    told = {name: (None, value) for name in TOLD if (value := getattr(row, name))}
    told["kind"] = (None, row.get_kind_display())
    record_change(row, told, by=by, pupil_ids=[pupil.pk], subject=f"движение: {row.get_kind_display()}")
    return row
