"""Marking absences: a press, an undo, the roll call. Every write names its actor and is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.models import WHOLE_DAY, Absence, AbsenceChange, ClosedMonth, Reason, RollCall
from attendance.sheet import why_read_only
from journal.calendar import Calendar
from journal.models import LAST_LESSON, Enrolment, SchoolClass
from journal.text import row_number

UNREADABLE = "Нажатие не удалось прочитать. Обновите страницу и отметьте ещё раз."


class CannotMark(Exception):
    """The press cannot be taken; the message says in Russian why and what to do."""


@dataclass
class Mismatch(Exception):
    """The place holds something else than the page showed: both are shown, the person decides."""

    reason: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Press:
    """One press: put `new` where the page showed `expected` (reasons, an empty string is «nothing»)."""

    pupil_id: int
    lesson: int
    expected: str
    new: str
    key: UUID | None = None

    @classmethod
    def parse(cls, text: str, key: UUID | None = None) -> Press:
        """«12:0::ill» → the press. CannotMark where it is none."""
        try:
            pupil, number, expected, new = text.split(":")
        except ValueError:
            raise CannotMark(UNREADABLE) from None
        pupil_id, lesson = row_number(pupil), row_number(number)
        if pupil_id is None or lesson is None:
            raise CannotMark(UNREADABLE)
        press = cls(pupil_id, lesson, expected, new, key)
        if not {press.expected, press.new} <= {"", *Reason.values}:
            raise CannotMark("Такой отметки нет. Бывают Б (болен), У (уважительная), Н (неуважительная) и О (опоздал).")
        if not WHOLE_DAY <= press.lesson <= LAST_LESSON:
            raise CannotMark(f"Урока с номером {press.lesson} не бывает: уроки от 1 до {LAST_LESSON}.")
        if press.new == Reason.LATE and press.lesson == WHOLE_DAY:
            raise CannotMark("Опоздание отмечают на уроке, а не на весь день.")
        return press


@transaction.atomic
def mark_absence(*, school_class: SchoolClass, day: date, press: Press, calendar: Calendar, by: User) -> Absence | None:
    """Do one press; the row that stands now, or None where nothing stands.

    Raises CannotMark (the day or the pupil cannot be marked) and Mismatch (somebody changed the place meanwhile).
    The same `press.key` again, or a press whose result stands already, changes nothing. Five queries.
    """
    if _check_place(school_class, day, press, calendar, by):
        return _absences(press.pupil_id, day).filter(lesson=press.lesson).first()
    here = {row.lesson: row for row in _absences(press.pupil_id, day)}
    standing = here.get(press.lesson)
    reason = standing.reason if standing else ""
    if reason == press.new and (standing is None or standing.is_confirmed):
        return standing
    if reason != press.expected:
        by_name = standing.marked_by.short_name if standing and standing.marked_by else ""
        raise Mismatch(reason, by_name, standing.marked_at if standing else None)
    _remember(press, day, old=reason, by=by)
    now = _put(standing, press, day, by)
    if press.lesson == WHOLE_DAY and press.new:
        _confirm_facts([row for row in here.values() if not row.is_confirmed], press.new, by)
    return now


def _absences(pupil_id: int, day: date) -> QuerySet[Absence]:
    return Absence.objects.filter(pupil=pupil_id, date=day).select_related("marked_by")


def _put(standing: Absence | None, press: Press, day: date, by: User) -> Absence | None:
    if not press.new:
        if standing:
            standing.delete()
        return None
    row = standing or Absence(pupil_id=press.pupil_id, date=day, lesson=press.lesson)
    row.reason, row.is_confirmed, row.marked_by, row.marked_at = press.new, True, by, timezone.now()
    row.save()
    return row


def _confirm_facts(facts: list[Absence], reason: str, by: User) -> None:
    """A reason given for the whole day answers every «причина не выяснена» of that day."""
    for row in facts:
        change = Press(row.pupil_id, row.lesson, row.reason, reason)
        _remember(change, row.date, old=row.reason, by=by)
        _put(row, change, row.date, by)


def _remember(press: Press, day: date, *, old: str, by: User) -> None:
    AbsenceChange.objects.create(
        key=press.key,
        pupil_id=press.pupil_id,
        date=day,
        lesson=press.lesson,
        old=old,
        new=press.new,
        by=by,
        at=timezone.now(),
    )


def _check_place(school_class: SchoolClass, day: date, press: Press, calendar: Calendar, by: User) -> bool:
    """Whether this very press was done before; CannotMark where the place cannot be marked. One query."""
    if reason := calendar.why_no_school(day, school_class.grade):
        raise CannotMark(f"{day:%d.%m.%Y} — не учебный день ({reason}). Выберите другой день.")
    roll = Enrolment.objects.filter(school_class=school_class, pupil=press.pupil_id).on_roll(day)
    rows = roll.annotate(
        month_is_closed=Exists(ClosedMonth.objects.filter(month=day.replace(day=1))),
        # Two presses never share a key; without one there is nothing to compare.
        is_repeat=Exists(AbsenceChange.objects.filter(key=press.key, key__isnull=False)),
    )
    # The enrolment is locked, not the absence, which need not exist yet: presses on one pupil go one after another.
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise CannotMark(f"Этого ученика {day:%d.%m.%Y} нет в списке класса {school_class}. Обновите страницу.")
    if row.is_repeat:
        return True
    if why := why_read_only(day, today=timezone.localdate(), month_is_closed=row.month_is_closed, user=by):
        raise CannotMark(why)
    return False


@transaction.atomic
def take_roll_call(*, school_class: SchoolClass, day: date, calendar: Calendar, by: User) -> RollCall:
    """«Остальные присутствуют»: the class is marked. A second time changes nothing: the first is the record."""
    if reason := calendar.why_no_school(day, school_class.grade):
        raise CannotMark(f"{day:%d.%m.%Y} — не учебный день ({reason}). Перекличка не нужна.")
    if day > timezone.localdate():
        raise CannotMark("Перекличку проводят в сам день, не заранее.")
    roll_call, _ = RollCall.objects.get_or_create(
        school_class=school_class, date=day, defaults={"taken_by": by, "taken_at": timezone.now()}
    )
    return roll_call
