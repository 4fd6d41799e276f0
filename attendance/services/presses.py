"""Marking absences: a press on the day sheet, and its undoing. One transaction each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, Q
from django.utils import timezone

from accounts.models import User
from attendance.models import WHOLE_DAY, Absence, AbsenceChange, AbsenceDocument, Announcement, ClosedMonth, Reason
from attendance.services.places import CannotMark, Origin, Standing, put, standing_on
from attendance.sheet import why_read_only
from journal.calendar import Calendar
from journal.models import LAST_LESSON, Enrolment, SchoolClass
from journal.text import row_number

UNREADABLE = "Нажатие не удалось прочитать. Обновите страницу и отметьте ещё раз."


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
    minutes: int | None = None
    """Of a lateness, if the teacher named them."""
    undoes: UUID | None = None
    """The key of the press that this one takes back."""

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


def _done_once(write: Callable[..., Absence | None]) -> Callable[..., Absence | None]:
    """A press that was just being done from another window counts as done.

    PostgreSQL tells what it saw before it waited for the lock, so `_check_place` may not know the key yet. Then the
    place holds something else by now, or the key is refused by its constraint.
    """

    @wraps(write)
    def guarded(*, press: Press, day: date, **others: Any) -> Absence | None:
        try:
            return write(press=press, day=day, **others)
        except (IntegrityError, Mismatch):
            if press.key is None or not AbsenceChange.objects.filter(key=press.key).exists():
                raise
            return standing_on(press.pupil_id, day).filter(lesson=press.lesson).first()

    return guarded


@_done_once
@transaction.atomic
def mark_absence(
    *,
    school_class: SchoolClass,
    day: date,
    press: Press,
    calendar: Calendar,
    by: User,
    session: str = "",
    why: str = "",
    announcement: Announcement | None = None,
) -> Absence | None:
    """Do one press; the row that stands now, or None where nothing stands.

    Raises CannotMark (the day or the pupil cannot be marked) and Mismatch (somebody changed the place meanwhile).
    The same `press.key` again, or a press whose result stands already, changes nothing. `session` is a print of the
    sign-in, for undoing; `why` is asked of the deputy in a closed month; `announcement` is what a press confirms.
    Five queries; one more for a press that undoes another.
    """
    if _check_place(school_class, day, press, calendar, by, why):
        return standing_on(press.pupil_id, day).filter(lesson=press.lesson).first()
    here = {row.lesson: row for row in standing_on(press.pupil_id, day)}
    standing = here.get(press.lesson)
    reason = standing.reason if standing else ""
    minutes = standing.minutes if standing else None
    if (reason, minutes) == (press.new, press.minutes) and (standing is None or standing.is_confirmed):
        return standing
    if reason != press.expected:
        by_name = standing.marked_by.short_name if standing and standing.marked_by else ""
        raise Mismatch(reason, by_name, standing.marked_at if standing else None)
    source = AbsenceChange.Source.PARENT if announcement else AbsenceChange.Source.PRESS
    origin = Origin(by, source, key=press.key, session=session, undoes=press.undoes, why=why, announcement=announcement)
    wanted = Standing(press.new, minutes=press.minutes, document=_document_given_back(press))
    now = put(standing, press.pupil_id, day, press.lesson, wanted, origin)
    if press.lesson == WHOLE_DAY and press.new:
        _confirm_facts([row for row in here.values() if not row.is_confirmed], press.new, origin)
    return now


def _document_given_back(press: Press) -> AbsenceDocument | None:
    """The document whose place the undone press had taken, if it still stands and gives what is put now."""
    if press.undoes is None:
        return None
    taken = AbsenceDocument.objects.in_force().filter(reason=press.new)
    place = Q(pupil=press.pupil_id, lesson=press.lesson, key=press.undoes)
    return taken.filter(pk__in=AbsenceChange.objects.filter(place).values("document")).first()


def _confirm_facts(facts: list[Absence], reason: str, origin: Origin) -> None:
    """A reason given for the whole day answers every «причина не выяснена» of that day."""
    for row in facts:
        put(row, row.pupil_id, row.date, row.lesson, Standing(reason), replace(origin, key=None, undoes=None))


def _check_place(school_class: SchoolClass, day: date, press: Press, calendar: Calendar, by: User, why: str) -> bool:
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
    if closed := why_read_only(day, today=timezone.localdate(), month_is_closed=row.month_is_closed, user=by):
        raise CannotMark(closed)
    if row.month_is_closed and not why:
        raise CannotMark("Месяц закрыт: напишите в поле «Причина исправления», почему меняете отметку.")
    return False
