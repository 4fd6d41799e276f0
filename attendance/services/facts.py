"""Facts from lessons, and the class teacher's answers to them. One transaction each (domain.md §2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit import Action, record_event
from accounts.models import User
from attendance.facts import ABSENT, IS_LATE, NOTHING, WAS_HERE, OwnLesson, Stands, stands_at, why_not_stated
from attendance.models import (
    ABSENCE_REASONS,
    LONGEST_LATENESS,
    Absence,
    AbsenceChange,
    ClosedMonth,
    LessonCheck,
    PresenceFact,
    Reason,
)
from attendance.services.documents import answer_fact
from attendance.services.places import CannotMark, Origin, Standing, lock_pupils, put
from attendance.services.presses import UNREADABLE
from attendance.sheet import why_read_only
from journal.calendar import Calendar
from journal.models import SchoolClass
from journal.text import row_number

LESSON = AbsenceChange.Source.LESSON
MINUTES_WORDS = f"Минут опоздания бывает от 1 до {LONGEST_LATENESS}. Напишите число или оставьте поле пустым."


@dataclass
class Changed(Exception):
    """What stands is not what the page showed; nothing was written. `stands` is the one of now."""

    stands: Stands


@dataclass(frozen=True, slots=True)
class Statement:
    """One press at a lesson: `new` where the page showed `seen` (`Stands.stamp`)."""

    pupil_id: int
    seen: str
    new: str
    minutes: int | None = None
    key: UUID | None = None

    @classmethod
    def parse(cls, text: str, *, typed: str = "", key: UUID | None = None) -> Statement:
        """«12:--:late:10» → the statement; `typed` are minutes from the field beside the button. CannotMark where it
        is none."""
        try:
            pupil, seen, new, minutes = text.split(":")
        except ValueError:
            raise CannotMark(UNREADABLE) from None
        pupil_id = row_number(pupil)
        if pupil_id is None or new not in (ABSENT, IS_LATE, WAS_HERE, NOTHING):
            raise CannotMark(UNREADABLE)
        return cls(pupil_id, seen, new, _minutes(minutes or typed) if new == IS_LATE else None, key)


@transaction.atomic
def state_fact(*, lesson: OwnLesson, statement: Statement, by: User) -> Stands:
    """State a fact of a pupil at the own lesson, or take the own one back; what stands now.

    Raises CannotMark (too late, closed, not a pupil of the lesson, somebody else's word) and Changed (somebody changed
    the place meanwhile). The same key again, or what is stated already, changes nothing.
    """
    pupil_id = statement.pupil_id
    if pupil_id not in {pupil.pk for pupil in lesson.pupils}:
        raise CannotMark("Этого ученика нет на этом уроке. Обновите страницу.")
    if closed := why_not_stated(lesson.day, timezone.localdate()):
        raise CannotMark(closed)
    lock_pupils([pupil_id])
    stands = stands_at([pupil_id], lesson.day, lesson.number)[pupil_id]
    if statement.key and AbsenceChange.objects.filter(key=statement.key).exists():
        return stands
    if _stands_already(statement, stands, by):
        return stands
    if stands.stamp != statement.seen:
        raise Changed(stands)
    if statement.new not in stands.may_state(by.pk):
        raise CannotMark("Эту отметку поставил другой человек: изменить её может классный руководитель.")
    _write(lesson, statement, stands, by)
    return stands_at([pupil_id], lesson.day, lesson.number)[pupil_id]


def _stands_already(statement: Statement, stands: Stands, by: User) -> bool:
    if statement.new == NOTHING:  # only where nobody has said anything else of the lesson meanwhile
        return stands.own is None and stands.seen_by_id != by.pk
    same_minutes = statement.new != IS_LATE or (stands.own and stands.own.minutes) == statement.minutes
    return stands.stated_by(by.pk) == statement.new and bool(same_minutes)


def _write(lesson: OwnLesson, statement: Statement, stands: Stands, by: User) -> None:
    # Whatever is stated now replaces what the same teacher stated before.
    if stands.seen_by_id == by.pk:
        _forget_presence(lesson, statement.pupil_id, by)
    if statement.new == WAS_HERE:
        PresenceFact.objects.create(pupil_id=statement.pupil_id, date=lesson.day, lesson=lesson.number, by=by)
        return
    wanted = {
        ABSENT: Standing(Reason.UNEXCUSED, is_confirmed=False),
        IS_LATE: Standing(Reason.LATE, minutes=statement.minutes),
        NOTHING: Standing(),
    }[statement.new]
    own = stands.stated_by(by.pk) in (ABSENT, IS_LATE)
    standing = Absence.objects.filter(pupil=statement.pupil_id, date=lesson.day, lesson=lesson.number).first()
    if own or wanted.reason:
        origin = Origin(by, LESSON, key=statement.key)
        if row := put(standing, statement.pupil_id, lesson.day, lesson.number, wanted, origin):
            answer_fact(row, origin)


def _forget_presence(lesson: OwnLesson, pupil_id: int, by: User) -> None:
    """The row goes, the trail keeps that it was."""
    row = PresenceFact.objects.get(pupil=pupil_id, date=lesson.day, lesson=lesson.number)
    was = {"date": lesson.day.isoformat(), "lesson": lesson.number, "at": row.at.isoformat()}
    record_event(
        Action.CHANGE, "был на уроке: отменено", by=by, pupil_id=pupil_id, object_type="presencefact",
        object_id=row.pk, old=was,
    )  # fmt: skip
    row.delete()


@transaction.atomic
def check_lesson(*, lesson: OwnLesson, by: User) -> LessonCheck:
    """«Остальные на уроке». A second time changes nothing: the first is the record."""
    if closed := why_not_stated(lesson.day, timezone.localdate()):
        raise CannotMark(closed)
    check, _ = LessonCheck.objects.get_or_create(
        course=lesson.course, date=lesson.day, lesson=lesson.number, defaults={"by": by, "at": timezone.now()}
    )
    return check


def _minutes(text: str) -> int | None:
    if not text.strip():
        return None
    minutes = row_number(text.strip())
    if minutes is None or not 1 <= minutes <= LONGEST_LATENESS:
        raise CannotMark(MINUTES_WORDS)
    return minutes


# --- The class teacher's answers ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """One press on the list: this reason for these places (pupil, lesson) of the day."""

    day: date
    places: frozenset[tuple[int, int]]
    reason: str

    @classmethod
    def parse(cls, text: str) -> Answer:
        """«2026-11-20:12.3,12.4:ill» → the answer. CannotMark where it is none."""
        try:
            day, places, reason = text.split(":")
            pairs = [place.split(".") for place in places.split(",")]
            found = frozenset((int(row_number(pupil) or 0), int(lesson)) for pupil, lesson in pairs)
            answer = cls(date.fromisoformat(day), found, reason)
        except ValueError:
            raise CannotMark(UNREADABLE) from None
        if reason not in ABSENCE_REASONS:
            raise CannotMark(UNREADABLE)
        return answer


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did. `others` are places that somebody had answered or cleared before: they were left alone."""

    changed: int
    others: list[tuple[int, int, Absence | None]]


@transaction.atomic
def answer_facts(*, school_class: SchoolClass, answer: Answer, calendar: Calendar, by: User) -> Answered:
    """Name the reason of facts of one day that have none yet. Nothing that is confirmed meanwhile is overwritten.

    Raises CannotMark where the day is closed or a pupil was not in the class then. Sent twice it acts once.
    """
    pupil_ids = {pupil_id for pupil_id, _ in answer.places}
    stays = lock_pupils(pupil_ids)
    here = {
        stay.pupil_id
        for stay in stays
        if stay.school_class_id == school_class.pk
        and stay.date_from <= answer.day
        and (stay.date_to is None or stay.date_to >= answer.day)
    }
    if here != pupil_ids:
        raise CannotMark(f"Не все эти ученики были {answer.day:%d.%m.%Y} в списке {school_class}. Обновите страницу.")
    _check_month(answer.day, by)
    rows = Absence.objects.filter(pupil__in=pupil_ids, date=answer.day).select_related("marked_by")
    standing = {(row.pupil_id, row.lesson): row for row in rows}
    origin = Origin(by)
    changed, others = 0, []
    for pupil_id, number in sorted(answer.places):
        row = standing.get((pupil_id, number))
        if row and not row.is_confirmed:
            put(row, pupil_id, answer.day, number, Standing(answer.reason, document=row.document), origin)
            changed += 1
        elif row is None or row.reason != answer.reason:
            others.append((pupil_id, number, row))
    return Answered(changed, others)


def _check_month(day: date, by: User) -> None:
    is_closed = ClosedMonth.objects.filter(month=day.replace(day=1)).exists()
    if closed := why_read_only(day, today=timezone.localdate(), month_is_closed=is_closed, user=by):
        raise CannotMark(closed)
    if is_closed:
        raise CannotMark("Месяц закрыт: причину меняют на листе этого дня, там спросят, почему.")
