"""Marking absences: a press on the day sheet, and its undoing. One transaction each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.utils import timezone

from accounts.models import User
from attendance.models import (
    LONGEST_LATENESS,
    WHOLE_DAY,
    Absence,
    AbsenceChange,
    Announcement,
    ClosedMonth,
    Reason,
)
from attendance.services.places import CannotMark, Origin, Standing, put, standing_on
from attendance.sheet import why_read_only
from journal.calendar import Calendar
from journal.models import LAST_LESSON, Enrolment, SchoolClass
from journal.text import row_number

NOTHING_TO_UNDO = "Вернуть уже нечего: это нажатие отменено или сделано не в этом сеансе."
NOT_ANNOUNCED = "Заявление семьи отозвано, отклонено или изменено. Обновите страницу и отметьте сами, если ученика нет."
UNREADABLE = "Нажатие не удалось прочитать. Обновите страницу и отметьте ещё раз."


@dataclass
class Mismatch(Exception):
    """The place holds something else than the page showed: both are shown, the person decides."""

    reason: str
    by: str
    at: datetime | None
    minutes: int | None = None


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
    expected_minutes: int | None = None
    """Of a lateness that the page showed."""
    undoes: UUID | None = None
    """The key of the press that this one takes back."""

    @classmethod
    def parse(cls, text: str, key: UUID | None = None) -> Press:
        """«12:0::ill», with minutes of a lateness «12:3:late-5:late-10» → the press. CannotMark where it is none."""
        try:
            pupil, number, expected, new = text.split(":")
        except ValueError:
            raise CannotMark(UNREADABLE) from None
        pupil_id, lesson = row_number(pupil), row_number(number)
        if pupil_id is None or lesson is None:
            raise CannotMark(UNREADABLE)
        (expected, shown), (new, minutes) = _with_minutes(expected), _with_minutes(new)
        press = cls(pupil_id, lesson, expected, new, key, minutes, shown)
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


def _with_minutes(text: str) -> tuple[str, int | None]:
    """«late-10» → the lateness and its minutes; any other text as it is."""
    reason, dash, digits = text.partition("-")
    if reason != Reason.LATE or not dash:
        return text, None
    minutes = row_number(digits)
    if minutes is None or not 1 <= minutes <= LONGEST_LATENESS:
        raise CannotMark(f"Опоздание бывает от 1 до {LONGEST_LATENESS} минут. Исправьте число и нажмите ещё раз.")
    return reason, minutes


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
    sign-in, for undoing; `why` is asked of the deputy in a closed month; `announcement` is what a press confirms (its
    key is enough: whether it still says so is read under the lock).
    Five queries; one more for a press that confirms an announcement, or that undoes another: that gives back what the
    other replaced, as it stood.
    """
    if _check_place(school_class, day, press, calendar, by, why):
        return standing_on(press.pupil_id, day).filter(lesson=press.lesson).first()
    if announcement:
        _check_announced(announcement, press, day)
    here = {row.lesson: row for row in standing_on(press.pupil_id, day)}
    standing = here.get(press.lesson)
    stands = (standing.reason, standing.minutes) if standing else ("", None)
    is_as_shown = stands == (press.expected, press.expected_minutes)
    # What another person put is never taken back, even where it looks the same.
    if press.undoes and (not is_as_shown or (standing and standing.marked_by_id != by.pk)):
        raise _mismatch(standing)
    if not press.undoes and stands == (press.new, press.minutes) and (standing is None or standing.is_confirmed):
        return standing
    if not is_as_shown:
        raise _mismatch(standing)
    source = AbsenceChange.Source.PARENT if announcement else AbsenceChange.Source.PRESS
    origin = Origin(by, source, key=press.key, session=session, undoes=press.undoes, why=why, announcement=announcement)
    wanted = _stood_before(press, day, session) if press.undoes else Standing(press.new, minutes=press.minutes)
    now = put(standing, press.pupil_id, day, press.lesson, wanted, origin)
    if press.lesson == WHOLE_DAY and wanted.reason and not press.undoes:
        _confirm_facts([row for row in here.values() if not row.is_confirmed], press.new, origin)
    return now


def _mismatch(standing: Absence | None) -> Mismatch:
    if standing is None:
        return Mismatch("", "", None)
    by = standing.marked_by.short_name if standing.marked_by else ""
    return Mismatch(standing.reason, by, standing.marked_at, standing.minutes)


def _stood_before(press: Press, day: date, session: str) -> Standing:
    """What the press `press.undoes` of this sign-in replaced, as it stood: minutes, author, «причина не выяснена», and
    the document whose place it was, if that is still in force. CannotMark where there is no such press."""
    place = AbsenceChange.objects.filter(pupil=press.pupil_id, date=day, lesson=press.lesson)
    rows = list(place.select_related("by", "document").order_by("-pk"))
    undone = next((row for row in rows if row.key == press.undoes), None)
    if undone is None or not session or undone.session != session or undone.undoes:
        raise CannotMark(NOTHING_TO_UNDO)
    taken_back = {row.undoes for row in rows if row.undoes}
    if undone.key in taken_back:
        raise CannotMark(NOTHING_TO_UNDO)
    if not undone.old:
        return Standing()
    document = undone.document if undone.document and undone.document.removed_at is None else None
    if document and not (document.reason == undone.old and document.date_from <= day <= document.date_to):
        document = None
    earlier = rows[rows.index(undone) + 1 :]
    before = next((row for row in earlier if not row.undoes and row.key not in taken_back), None)
    if before is None or before.new != undone.old:
        return Standing(undone.old, document=document)  # imported, or put before there was a history
    return Standing(
        undone.old,
        is_confirmed=before.source != AbsenceChange.Source.LESSON,
        minutes=before.minutes,
        document=document,
        marked_by=before.by,
        marked_at=before.at,
    )


def _confirm_facts(facts: list[Absence], reason: str, origin: Origin) -> None:
    """A reason given for the whole day answers every «причина не выяснена» of that day."""
    for row in facts:
        put(row, row.pupil_id, row.date, row.lesson, Standing(reason), replace(origin, key=None, undoes=None))


def _check_place(
    school_class: SchoolClass,
    day: date,
    press: Press,
    calendar: Calendar,
    by: User,
    why: str,
) -> bool:
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


def _check_announced(announcement: Announcement, press: Press, day: date) -> None:
    """A query of its own after the lock: inside the locking one PostgreSQL would still see what a family withdrew while
    it waited."""
    rows = Announcement.objects.open().filter(pk=announcement.pk, pupil=press.pupil_id, reason=press.new)
    row = rows.filter(date_from__lte=day, date_to__gte=day).first()
    if row is None or press.lesson not in (row.lessons or [WHOLE_DAY]):
        raise CannotMark(NOT_ANNOUNCED)
