"""The class teacher's decisions about conflicts, and taking them back. One transaction each (domain.md §2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.audit import Action, record_event
from accounts.models import User
from attendance.conflicts import Conflict, conflicts
from attendance.models import (
    ABSENCE_REASONS,
    WHOLE_DAY,
    Absence,
    AbsenceChange,
    AbsenceDocument,
    ClosedMonth,
    ConflictDecision,
    DocumentHold,
)
from attendance.services.places import CannotMark, Origin, Standing, lock_pupils, put, standing_on
from attendance.services.presses import Mismatch
from attendance.sheet import why_read_only
from journal.calendar import Calendar
from journal.lessons import own_lessons
from journal.models import Enrolment, Pupil, SchoolClass

SALT = "attendance.conflicts.undo"
UNDO_SECONDS = 3600
"""As long as somebody may still look at the page that offers it."""


class Choice(StrEnum):
    """What the class teacher found out."""

    AT_LESSON = "at_lesson"
    ALL_DAY = "all_day"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Decision:
    """One press on the list: `seen` is `Conflict.stamp` as the page showed it."""

    pupil_id: int
    day: date
    lesson: int
    choice: Choice
    seen: str
    note: str = ""
    key: UUID | None = None


@transaction.atomic
def resolve(*, school_class: SchoolClass, decision: Decision, calendar: Calendar, by: User) -> str:
    """Do what was decided; a signed word to take it back with (`take_back`), empty where it was done before.

    «Был на этом уроке» turns the whole day into marks at the other own lessons, with the same reason and document;
    «был весь день» clears it; «оставить как есть» writes down that these proofs were judged. Raises CannotMark and,
    where the conflict is not the one that the page showed, Mismatch.
    """
    pupil = _pupil_of(school_class, decision.pupil_id, decision.day)
    if decision.key and AbsenceChange.objects.filter(key=decision.key).exists():
        return ""
    rows = {row.lesson: row for row in standing_on(pupil.pk, decision.day)}
    conflict = _conflict_now(pupil, decision, rows)
    if conflict is None:
        if decision.choice == Choice.KEEP and _is_decided(decision):
            return ""
        raise _mismatch(rows, decision)
    if conflict.stamp != decision.seen:
        raise _mismatch(rows, decision)
    if decision.choice == Choice.KEEP:
        return _keep(conflict, decision, by)
    origin = Origin(by, AbsenceChange.Source.CONFLICT, key=decision.key, why=_why(decision, by))
    wanted = _wanted(conflict, rows, decision.choice, school_class, calendar)
    return _change(pupil.pk, decision.day, rows, wanted, origin)


@transaction.atomic
def take_back(*, school_class: SchoolClass, word: str, by: User) -> Decision:
    """Undo a decision by the word that `resolve` gave; what was undone. Exactly what stood before stands again.

    Raises CannotMark where the word is not good any more, or where something was changed since.
    """
    try:
        told: dict[str, Any] = signing.loads(word, salt=SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        raise CannotMark("Вернуть уже нельзя: прошло больше часа. Исправьте отметку на листе этого дня.") from None
    day = date.fromisoformat(told["day"])
    pupil = _pupil_of(school_class, told["pupil"], day)
    undone = Decision(pupil.pk, day, told["lesson"], Choice.KEEP, "")
    if "kept" in told:
        forget_decisions(school_class=school_class, ids=told["kept"], by=by)
        return undone
    _why(undone, by)
    rows = {row.lesson: row for row in standing_on(pupil.pk, day)}
    now = {number: _plain(rows.get(number)) for number in map(int, told["places"])}
    if all(now[int(number)] == place["old"] for number, place in told["places"].items()):
        return undone  # sent twice
    for number, place in told["places"].items():
        if now[int(number)] != place["new"]:
            raise CannotMark("Вернуть нельзя: с тех пор отметки этого дня изменили. Исправьте их на листе.")
    origin = Origin(by, AbsenceChange.Source.CONFLICT)
    for number, place in told["places"].items():
        put(rows.get(int(number)), pupil.pk, day, int(number), _from_plain(place["old"]), origin)
    DocumentHold.objects.filter(pk__in=told["holds"], pupil=pupil, date=day).delete()
    return undone


@transaction.atomic
def forget_decisions(*, school_class: SchoolClass, ids: Iterable[int], by: User) -> int:
    """«Решить заново»: decisions about days on the roll of the class go, the trail keeps them, the conflict is asked
    again. How many. What another class decided about a pupil who came or left since is that class's."""
    stay = Enrolment.objects.filter(school_class=school_class, pupil=OuterRef("pupil")).on_roll(OuterRef("date"))
    rows = list(ConflictDecision.objects.filter(Exists(stay), pk__in=list(ids)))
    for row in rows:
        was = {
            "date": row.date.isoformat(),
            "lesson": row.lesson,
            "proof": row.proof,
            "note": row.note,
            "by": row.by_id,
        }
        record_event(
            Action.CHANGE, "решение о противоречии: отменено", by=by, pupil_id=row.pupil_id,
            object_type="conflictdecision", object_id=row.pk, old=was,
        )  # fmt: skip
        row.delete()
    return len(rows)


def _pupil_of(school_class: SchoolClass, pupil_id: int, day: date) -> Pupil:
    """The pupil, locked with all stays; CannotMark where the class did not have the pupil on that day."""
    for stay in lock_pupils([pupil_id]):
        is_here = stay.date_from <= day and (stay.date_to is None or stay.date_to >= day)
        if is_here and stay.school_class_id == school_class.pk:
            return stay.pupil
    raise CannotMark(f"Этого ученика {day:%d.%m.%Y} не было в списке класса {school_class}. Обновите страницу.")


def _conflict_now(pupil: Pupil, decision: Decision, rows: dict[int, Absence]) -> Conflict | None:
    marks = {pupil.pk: {decision.day: {lesson: row.reason for lesson, row in rows.items()}}}
    found = conflicts([pupil], marks, decision.day, decision.day)
    return next((one for one in found if one.lesson == decision.lesson), None)


def _is_decided(decision: Decision) -> bool:
    """Whether just these proofs are judged already: the form was sent twice."""
    proofs = set(filter(None, decision.seen.rpartition(";")[2].split(",")))
    known = ConflictDecision.objects.filter(pupil=decision.pupil_id, date=decision.day, proof__in=proofs)
    return bool(proofs) and known.count() == len(proofs)


def _mismatch(rows: dict[int, Absence], decision: Decision) -> Mismatch:
    row = rows.get(decision.lesson)
    by = row.marked_by.short_name if row and row.marked_by else ""
    return Mismatch(row.reason if row else "", by, row.marked_at if row else None)


def _why(decision: Decision, by: User) -> str:
    """The words that a closed month asks for, nothing in an open one. CannotMark where it may not be changed."""
    is_closed = ClosedMonth.objects.filter(month=decision.day.replace(day=1)).exists()
    if closed := why_read_only(decision.day, today=timezone.localdate(), month_is_closed=is_closed, user=by):
        raise CannotMark(closed)
    if is_closed and not decision.note:
        raise CannotMark("Месяц закрыт: напишите в поле «Пояснение», почему меняете отметку.")
    return decision.note if is_closed else ""


def _keep(conflict: Conflict, decision: Decision, by: User) -> str:
    now = timezone.now()
    made = [
        ConflictDecision.objects.create(
            pupil=conflict.pupil,
            date=conflict.day,
            lesson=conflict.lesson,
            proof=proof.key,
            note=decision.note,
            by=by,
            at=now,
        )
        for proof in conflict.proofs
    ]
    return _sign(conflict.pupil.pk, conflict.day, conflict.lesson, kept=[row.pk for row in made])


def _wanted(
    conflict: Conflict, rows: dict[int, Absence], choice: Choice, school_class: SchoolClass, calendar: Calendar
) -> dict[int, Standing]:
    """What is to stand instead, by lesson number."""
    # The absence itself goes, and one at the very lesson at which the pupil was seen.
    gone = {conflict.lesson, *(number for number in conflict.seen_at if _is_absence(rows.get(number)))}
    wanted = {number: Standing() for number in gone}
    if choice == Choice.ALL_DAY or conflict.lesson != WHOLE_DAY:
        return wanted
    own = [place.number for place in own_lessons(conflict.pupil, school_class, conflict.day, calendar)]
    if not own:
        raise CannotMark(
            "Уроки этого дня неизвестны: расписание не загружено. Выберите «Был весь день» или оставьте как есть."
        )
    whole = rows[WHOLE_DAY]
    for number in own:
        # What stands at a lesson already was said of that lesson and speaks louder.
        if number not in rows and number not in conflict.seen_at:
            wanted[number] = Standing(whole.reason, is_confirmed=whole.is_confirmed, document=whole.document)
    return wanted


def _change(pupil_id: int, day: date, rows: dict[int, Absence], wanted: dict[int, Standing], origin: Origin) -> str:
    places: dict[int, dict[str, Any]] = {}
    holds: list[int] = []
    whole = rows.get(WHOLE_DAY)
    covered = whole.document if whole else None
    held = DocumentHold.objects.filter(document=covered, pupil=pupil_id, date=day, lesson=WHOLE_DAY).first()
    for number, standing in sorted(wanted.items()):
        old = _plain(rows.get(number))
        # A key names one line of history: the first tells that this very press was done.
        named = origin if not places else Origin(origin.by, origin.source, why=origin.why)
        places[number] = {"old": old, "new": _plain(put(rows.get(number), pupil_id, day, number, standing, named))}
        if standing.document and held:
            # Removing the document later gives each lesson what it had given the whole day.
            holds.append(_hold_of_lesson(held, number))
    return _sign(pupil_id, day, WHOLE_DAY, places=places, holds=holds)


def _hold_of_lesson(held: DocumentHold, number: int) -> int:
    same = {name: getattr(held, name) for name in ("document_id", "pupil_id", "date")}
    old = {name: getattr(held, name) for name in vars(held) if name.startswith("old_")}
    return DocumentHold.objects.create(lesson=number, **same, **old).pk


def _is_absence(row: Absence | None) -> bool:
    return row is not None and row.reason in ABSENCE_REASONS


def _plain(row: Absence | None) -> dict[str, Any]:
    """A place as the signed word tells it: everything needed to make it stand again, and nothing of a person."""
    if row is None:
        return {}
    return {
        "reason": row.reason,
        "confirmed": row.is_confirmed,
        "minutes": row.minutes,
        "document": row.document_id,
        "by": row.marked_by_id,
        "at": row.marked_at.isoformat(),
    }


def _from_plain(place: dict[str, Any]) -> Standing:
    if not place:
        return Standing()
    # A document that was taken back meanwhile gives no reason any more.
    document = AbsenceDocument.objects.in_force().filter(pk=place["document"]).first()
    if place["document"] and document is None:
        raise CannotMark("Вернуть нельзя: документ этого дня отменён. Исправьте отметки на листе.")
    return Standing(
        place["reason"],
        is_confirmed=place["confirmed"],
        minutes=place["minutes"],
        document=document,
        marked_by=User.objects.filter(pk=place["by"]).first(),
        marked_at=datetime.fromisoformat(place["at"]),
    )


def _sign(pupil_id: int, day: date, lesson: int, **told: Any) -> str:
    told |= {"pupil": pupil_id, "day": day.isoformat(), "lesson": lesson}
    return signing.dumps(told, salt=SALT, compress=True)
