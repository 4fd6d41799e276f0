"""One place of the register (pupil, day, lesson) changes: the row and its history, together.

Every write of an absence goes through `put`: a press, a document, a fact from a lesson, a decision. So nothing changes
without a line of history, and the rules that hold for a place stand once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.models import Absence, AbsenceChange, AbsenceDocument, Announcement
from journal.models import Enrolment


class CannotMark(Exception):
    """The press cannot be taken; the message says in Russian why and what to do."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from, as its line of history tells it."""

    by: User | None
    source: str = AbsenceChange.Source.PRESS
    key: UUID | None = None
    session: str = ""
    undoes: UUID | None = None
    why: str = ""
    document: AbsenceDocument | None = None
    announcement: Announcement | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to stand in a place. An empty reason is nothing."""

    reason: str = ""
    is_confirmed: bool = True
    minutes: int | None = None
    document: AbsenceDocument | None = None
    marked_by: User | None = None
    marked_at: datetime | None = None


def put(
    standing: Absence | None, pupil_id: int, day: date, lesson: int, wanted: Standing, origin: Origin
) -> Absence | None:
    """Make `wanted` stand where `standing` (the row as read under the lock, or None) stood, with a line of history.

    The row that stands afterwards, or None. `wanted` that names nobody is marked by the origin's person, now; with a
    moment of its own it stands exactly as it says, also by nobody (an import). The caller holds `lock_pupils` and has
    checked that the place may be changed.
    """
    now = timezone.now()
    AbsenceChange.objects.create(
        key=origin.key,
        pupil_id=pupil_id,
        date=day,
        lesson=lesson,
        old=standing.reason if standing else "",
        new=wanted.reason,
        minutes=wanted.minutes,
        source=origin.source,
        by=origin.by,
        at=now,
        # A press over a document's place remembers the document: undoing the press gives the place back.
        document_id=origin.document.pk if origin.document else (standing.document_id if standing else None),
        announcement=origin.announcement,
        why=origin.why,
        session=origin.session,
        undoes=origin.undoes,
    )
    if not wanted.reason:
        if standing:
            standing.delete()
        return None
    row = standing or Absence(pupil_id=pupil_id, date=day, lesson=lesson)
    row.reason, row.is_confirmed, row.minutes = wanted.reason, wanted.is_confirmed, wanted.minutes
    row.document = wanted.document
    # What is given back by its moment comes back with its author, also where there was none.
    row.marked_by = wanted.marked_by if wanted.marked_at else wanted.marked_by or origin.by
    row.marked_at = wanted.marked_at or now
    row.save()
    return row


def lock_pupils(pupil_ids: Iterable[int]) -> list[Enrolment]:
    """All stays of the pupils, locked until the transaction ends: writes of absences of one pupil go one after another.

    The stay is locked, not the absence, which need not exist yet. One query, in the order of keys, so that two writers
    of several pupils never wait for each other crosswise.
    """
    rows = Enrolment.objects.filter(pupil__in=list(pupil_ids)).order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def standing_on(pupil_id: int, day: date) -> QuerySet[Absence]:
    """What stands for the pupil on the day, with its author."""
    return Absence.objects.filter(pupil=pupil_id, date=day).select_related("marked_by")
