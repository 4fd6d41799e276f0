"""Documents that give the reason of absences: adding, correcting, removing, answering a fact (domain.md §2).

Each place that a document takes keeps a `DocumentHold` with what stood there; giving the place up restores exactly
that. Where a later document took the place, its hold remembers this one: taking a document out of the middle of such
a chain only joins its neighbours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from attendance.models import (
    ABSENCE_REASONS,
    Absence,
    AbsenceChange,
    AbsenceDocument,
    Reason,
    Scan,
)
from attendance.services.document_places import Register, hold_of, save_holds
from attendance.services.places import CannotMark, Origin, Standing, put
from journal.calendar import Calendar

OBJECT_TYPE = "absence_document"
SUBJECT = "документ о пропусках"
USUAL_REASON = {
    AbsenceDocument.Kind.CERTIFICATE: Reason.ILL,
    AbsenceDocument.Kind.NOTE: Reason.EXCUSED,
    AbsenceDocument.Kind.ORDER: Reason.EXCUSED,
}
STALE = "Пока страница была открыта, документ изменили. Откройте его ещё раз и проверьте."


@dataclass(frozen=True, slots=True)
class Paper:
    """What the paper says."""

    kind: str
    reason: str
    date_from: date
    date_to: date
    number: str = ""
    note: str = ""
    scan: Scan | None = None

    def holds(self, day: date) -> bool:
        return self.date_from <= day <= self.date_to


def paper_of(document: AbsenceDocument) -> Paper:
    """The document as a paper."""
    names = ("kind", "reason", "date_from", "date_to", "number", "note", "scan")
    return Paper(**{name: getattr(document, name) for name in names})


def stamp_of(document: AbsenceDocument) -> str:
    """A print of what a page showed: a form made from it acts only while it is still so."""
    facts = [document.pk, document.removed_at, *_facts(document).items()]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@transaction.atomic
def add_documents(
    *,
    pupil_ids: Collection[int],
    paper: Paper,
    calendar: Calendar,
    by: User,
    why: str = "",
    address: str | None = None,
) -> list[AbsenceDocument]:
    """One paper for one pupil or for several (an order: one `batch`); the documents that stand now.

    It gives its reason to every absence inside its dates and prefills the school days ahead. A paper that is in force
    already is not added again: the form sent twice acts once. Raises CannotMark; WhyNeeded in a closed month.
    """
    _check_dates(paper, calendar)
    register = Register(pupil_ids, paper.date_from, paper.date_to, calendar=calendar, by=by, why=why)
    for pupil_id in pupil_ids:
        if not register.stays_within(pupil_id, paper.date_from, paper.date_to):
            raise CannotMark("В эти дни ученика нет в списке класса. Проверьте даты документа.")
    said = {name: value for name, value in asdict(replace(paper, scan=None)).items() if name != "scan"}
    standing = {row.pupil_id: row for row in AbsenceDocument.objects.in_force().filter(pupil__in=pupil_ids, **said)}
    batch = next((row.batch for row in standing.values() if row.batch), uuid4()) if len(pupil_ids) > 1 else None
    for pupil_id in pupil_ids:
        if pupil_id in standing:
            continue
        row = AbsenceDocument.objects.create(pupil_id=pupil_id, scan=paper.scan, batch=batch, added_by=by, **said)
        register.take(row, paper.holds)
        _tell(row, by, address, new=_facts(row), why=why)
        standing[pupil_id] = row
    return [standing[pupil_id] for pupil_id in pupil_ids]


@transaction.atomic
def change_documents(
    *,
    documents: Sequence[AbsenceDocument],
    paper: Paper,
    calendar: Calendar,
    by: User,
    seen: str = "",
    why: str = "",
    address: str | None = None,
) -> list[AbsenceDocument]:
    """The paper says something else: days that leave its dates are given back, days that enter them are taken.

    What stands on days that stay inside is left as it is (a press made over the document too), but for the reason.
    `seen` is `stamp_of` the first document as the page showed it. Raises CannotMark.
    """
    _check_dates(paper, calendar)
    first = min(paper.date_from, *(row.date_from for row in documents))
    last = max(paper.date_to, *(row.date_to for row in documents))
    pupil_ids = [row.pupil_id for row in documents]
    register = Register(pupil_ids, first, last, calendar=calendar, by=by, why=why, documents=documents)
    rows = _read_again(documents)
    if len(rows) != len(documents) or (seen and stamp_of(rows[0]) != seen):
        raise CannotMark(STALE)
    for row in rows:
        before, was = paper_of(row), _facts(row)
        register.release(row, lambda day: not paper.holds(day))
        for name in ("kind", "reason", "date_from", "date_to", "number", "note", "scan"):
            setattr(row, name, getattr(paper, name))
        row.save()
        if row.reason != before.reason:
            register.give_other_reason(row)
        register.take(row, _entering(before, paper))
        now = _facts(row)
        if changed := [name for name in now if now[name] != was[name]]:
            old, new = ({name: facts[name] for name in changed} for facts in (was, now))
            _tell(row, by, address, old=old, new=new, why=why)
    return rows


@transaction.atomic
def remove_documents(
    *,
    documents: Sequence[AbsenceDocument],
    calendar: Calendar,
    by: User,
    why: str = "",
    address: str | None = None,
) -> list[AbsenceDocument]:
    """The paper no longer counts: every place it still holds is as before it. The rows stay, with who and when.

    Those that were removed before are left alone. Raises CannotMark.
    """
    first, last = min(row.date_from for row in documents), max(row.date_to for row in documents)
    pupil_ids = [row.pupil_id for row in documents]
    register = Register(pupil_ids, first, last, calendar=calendar, by=by, why=why, documents=documents)
    rows = _read_again(documents)
    for row in rows:
        register.release(row, lambda day: True)
        row.removed_by, row.removed_at = by, timezone.now()
        row.save(update_fields=["removed_by", "removed_at"])
        _tell(row, by, address, old=_facts(row), why=why)
    return rows


def answer_fact(row: Absence, origin: Origin) -> Absence:
    """A teacher's fact, just put: a document in force on that day gives its reason at once; else the row as it is.

    To be called inside the transaction and under the lock that put the row. The newest paper answers, in the name of
    who brought it; the line of history names the origin's person.
    """
    if row.is_confirmed or row.reason not in ABSENCE_REASONS:
        return row
    papers = AbsenceDocument.objects.in_force().filter(
        pupil=row.pupil_id, date_from__lte=row.date, date_to__gte=row.date
    )
    document = papers.select_related("added_by").order_by("-added_at", "-pk").first()
    if document is None:
        return row
    hold = hold_of(document, row.date, row.lesson, row)
    save_holds([hold])
    wanted = Standing(document.reason, document=document, marked_by=document.added_by)
    told = replace(
        origin, source=AbsenceChange.Source.DOCUMENT, document=document, key=None, undoes=None, announcement=None
    )
    put(row, row.pupil_id, row.date, row.lesson, wanted, told)
    return row


def _read_again(documents: Sequence[AbsenceDocument]) -> list[AbsenceDocument]:
    """The documents as they are under the lock, in the same order, without those removed meanwhile."""
    found = AbsenceDocument.objects.in_force().select_related("scan").in_bulk([row.pk for row in documents])
    return [found[row.pk] for row in documents if row.pk in found]


def _check_dates(paper: Paper, calendar: Calendar) -> None:
    year = calendar.year
    if paper.date_to < paper.date_from:
        raise CannotMark("Последний день документа раньше первого. Проверьте даты.")
    if paper.date_from < year.date_from or paper.date_to > year.date_to:
        raise CannotMark(
            f"Документ должен лежать внутри учебного года: с {year.date_from:%d.%m.%Y} по {year.date_to:%d.%m.%Y}."
        )


def _entering(before: Paper, after: Paper) -> Callable[[date], bool]:
    return lambda day: after.holds(day) and not before.holds(day)


def _facts(document: AbsenceDocument) -> dict[str, Any]:
    """The fields as the audit trail keeps them."""
    return {
        "kind": document.kind,
        "reason": document.reason,
        "date_from": document.date_from.isoformat(),
        "date_to": document.date_to.isoformat(),
        "number": document.number,
        "note": document.note,
        "scan": document.scan.sha256 if document.scan else "",
    }


def _tell(
    document: AbsenceDocument,
    by: User,
    address: str | None,
    *,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    why: str = "",
) -> None:
    AuditEvent.objects.create(
        actor=by,
        action=AuditEvent.Action.CHANGE,
        subject=SUBJECT,
        pupil_id=document.pupil_id,
        object_type=OBJECT_TYPE,
        object_id=document.pk,
        old=old,
        new={**(new or {}), "why": why} if why else new,
        address=address,
    )
