"""Documents that give the reason of absences: adding, correcting, removing, answering a fact (domain.md §2).

Each place that a document takes keeps a `DocumentHold` with what stood there; giving the place up restores exactly
that. Where a later document took the place, its hold remembers this one: taking a document out of the middle of such
a chain only joins its neighbours.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import AuditEvent, User
from attendance.models import (
    ABSENCE_REASONS,
    WHOLE_DAY,
    Absence,
    AbsenceChange,
    AbsenceDocument,
    ClosedMonth,
    DocumentHold,
    Reason,
    RollCall,
    Scan,
)
from attendance.services.places import CannotMark, Origin, Standing, lock_pupils, put
from journal.calendar import Calendar
from journal.dates import MONTHS_OF
from journal.models import Enrolment, SchoolClass

OBJECT_TYPE = "absence_document"
SUBJECT = "документ о пропусках"
USUAL_REASON = {
    AbsenceDocument.Kind.CERTIFICATE: Reason.ILL,
    AbsenceDocument.Kind.NOTE: Reason.EXCUSED,
    AbsenceDocument.Kind.ORDER: Reason.EXCUSED,
}
REMEMBERED = (
    "old_reason", "old_confirmed", "old_minutes", "old_document_id", "old_marked_by_id", "old_marked_at",
)  # fmt: skip
STALE = "Пока страница была открыта, документ изменили. Откройте его ещё раз и проверьте."


class WhyNeeded(CannotMark):
    """The deputy changes a closed month: why, has to be said."""


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
    register = _Register(pupil_ids, paper.date_from, paper.date_to, calendar=calendar, by=by, why=why)
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
    register = _Register(pupil_ids, first, last, calendar=calendar, by=by, why=why, documents=documents)
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
    register = _Register(pupil_ids, first, last, calendar=calendar, by=by, why=why, documents=documents)
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
    hold = _hold(document, row.date, row.lesson, row)
    _save_holds([hold])
    wanted = Standing(document.reason, document=document, marked_by=document.added_by)
    told = replace(
        origin, source=AbsenceChange.Source.DOCUMENT, document=document, key=None, undoes=None, announcement=None
    )
    put(row, row.pupil_id, row.date, row.lesson, wanted, told)
    return row


class _Register:
    """The places of some pupils in start..end, locked: what a document may take there, and giving it back.

    A class teacher's document acts on the days on the own class's roll, the deputy's on any.
    """

    def __init__(
        self,
        pupil_ids: Collection[int],
        start: date,
        end: date,
        *,
        calendar: Calendar,
        by: User,
        why: str,
        documents: Collection[AbsenceDocument] = (),
    ) -> None:
        self.calendar, self.by, self.why = calendar, by, why
        self.today = timezone.localdate()
        self.stays: dict[int, list[Enrolment]] = defaultdict(list)
        own = None if by.sees_whole_school else {school_class.pk for school_class in by.own_classes}
        for stay in lock_pupils(pupil_ids):
            if own is None or stay.school_class_id in own:
                self.stays[stay.pupil_id].append(stay)
        class_ids = {stay.school_class_id for stays in self.stays.values() for stay in stays}
        self.grades = dict(SchoolClass.objects.filter(pk__in=class_ids).values_list("pk", "grade"))
        called = RollCall.objects.filter(school_class__in=class_ids, date=self.today)
        self.called = set(called.values_list("school_class", flat=True))
        months = ClosedMonth.objects.filter(month__range=(start.replace(day=1), end))
        self.closed = set(months.values_list("month", flat=True))
        self.standing: dict[int, dict[tuple[date, int], Absence]] = defaultdict(dict)
        inside = Q(pupil__in=pupil_ids, date__range=(start, end)) | Q(document__in=[row.pk for row in documents])
        for row in Absence.objects.filter(inside).select_related("document", "marked_by").order_by("date", "lesson"):
            self.standing[row.pupil_id][row.date, row.lesson] = row

    def stays_within(self, pupil_id: int, start: date, end: date) -> list[Enrolment]:
        return [
            stay
            for stay in self.stays[pupil_id]
            if stay.date_from <= end and (stay.date_to is None or stay.date_to >= start)
        ]

    def take(self, document: AbsenceDocument, inside: Callable[[date], bool]) -> None:
        """Give the document's reason to every absence on these days, and prefill those ahead."""
        wanted = Standing(document.reason, document=document)
        holds = []
        for (day, lesson), row in list(self.standing[document.pupil_id].items()):
            is_here = inside(day) and bool(self.stays_within(document.pupil_id, day, day))
            # A late pupil was there: a document about absences does not speak of it.
            if is_here and row.reason in ABSENCE_REASONS and row.document_id != document.pk:
                holds.append(_hold(document, day, lesson, row))
                self._put(document, day, lesson, wanted)
        for day in self._coming_days(document):
            if inside(day) and (day, WHOLE_DAY) not in self.standing[document.pupil_id]:
                holds.append(_hold(document, day, WHOLE_DAY, None))
                self._put(document, day, WHOLE_DAY, wanted)
        _save_holds(holds)

    def release(self, document: AbsenceDocument, leaving: Callable[[date], bool]) -> None:
        """Give up what the document took on these days: what stood before stands again.

        A place that a later document took stays with it; its hold remembers from now on what stood before this one.
        """
        above: dict[tuple[date, int], list[DocumentHold]] = defaultdict(list)
        for later in DocumentHold.objects.filter(old_document=document):
            if leaving(later.date):
                above[later.date, later.lesson].append(later)
        own = self.standing[document.pupil_id]
        held = {place for place, row in own.items() if row.document_id == document.pk and leaving(place[0])}
        gone = []
        for hold in document.holds.select_related("old_document", "old_marked_by"):
            if not leaving(hold.date):
                continue
            gone.append(hold.pk)
            place = (hold.date, hold.lesson)
            for later in above.pop(place, []):
                for name in REMEMBERED:
                    setattr(later, name, getattr(hold, name))
                later.save(update_fields=REMEMBERED)
            if place in held:
                held.discard(place)
                self._put(document, *place, _before(hold))
        # Without a hold nothing is known of before: the letter stays, the document leaves it.
        for place in sorted(held):
            row = own[place]
            here = Standing(row.reason, row.is_confirmed, row.minutes, None, row.marked_by, row.marked_at)
            self._put(document, *place, here)
        orphans = [later.pk for rows in above.values() for later in rows]
        DocumentHold.objects.filter(pk__in=orphans).update(old_document=None)
        DocumentHold.objects.filter(pk__in=gone).delete()

    def give_other_reason(self, document: AbsenceDocument) -> None:
        """The document gives another reason now, also where a later one stands above it."""
        for (day, lesson), row in list(self.standing[document.pupil_id].items()):
            if row.document_id == document.pk:
                self._put(document, day, lesson, Standing(document.reason, document=document))
        covered = DocumentHold.objects.filter(old_document=document)
        covered.update(old_reason=document.reason, old_marked_by=self.by, old_marked_at=timezone.now())

    def _coming_days(self, document: AbsenceDocument) -> Iterator[date]:
        """School days from tomorrow on; today too while nobody has called the roll and nothing stands."""
        is_marked = any(day == self.today for day, _ in self.standing[document.pupil_id])
        for stay in self.stays[document.pupil_id]:
            is_open = stay.school_class_id not in self.called and not is_marked
            first = max(document.date_from, stay.date_from, self.today)
            last = min(document.date_to, stay.date_to or document.date_to)
            for day in self.calendar.school_days(first, last, self.grades[stay.school_class_id]):
                if day > self.today or is_open:
                    yield day

    def _put(self, document: AbsenceDocument, day: date, lesson: int, wanted: Standing) -> None:
        is_closed = day.replace(day=1) in self.closed
        if is_closed:
            self._mind_closed(day)
        origin = Origin(self.by, AbsenceChange.Source.DOCUMENT, document=document, why=self.why if is_closed else "")
        here = self.standing[document.pupil_id]
        row = put(here.get((day, lesson)), document.pupil_id, day, lesson, wanted, origin)
        if row is None:
            del here[day, lesson]
        else:
            here[day, lesson] = row

    def _mind_closed(self, day: date) -> None:
        month = f"{MONTHS_OF[day.month]} {day.year}"
        if not self.by.sees_whole_school:
            raise CannotMark(
                f"Пропуски {month} закрыты, а документ меняет {day:%d.%m.%Y}. В закрытом месяце это делает заместитель "
                "директора: передайте ему документ или внесите только дни открытых месяцев."
            )
        if not self.why:
            raise WhyNeeded(f"Пропуски {month} закрыты: напишите в поле «Почему меняете закрытый месяц», зачем.")


def _hold(document: AbsenceDocument, day: date, lesson: int, row: Absence | None) -> DocumentHold:
    """What stands in the place now, to be restored later."""
    hold = DocumentHold(document=document, pupil_id=document.pupil_id, date=day, lesson=lesson)
    if row:
        hold.old_reason, hold.old_confirmed, hold.old_minutes = row.reason, row.is_confirmed, row.minutes
        hold.old_document_id = row.document_id
        hold.old_marked_by_id, hold.old_marked_at = row.marked_by_id, row.marked_at
    return hold


def _save_holds(holds: list[DocumentHold]) -> None:
    # A place may have been held before a press came over the document: what counts is what it is taken from now.
    DocumentHold.objects.bulk_create(
        holds,
        batch_size=200,
        update_conflicts=True,
        unique_fields=["document", "date", "lesson"],
        update_fields=REMEMBERED,
    )


def _before(hold: DocumentHold) -> Standing:
    return Standing(
        hold.old_reason, hold.old_confirmed, hold.old_minutes, hold.old_document, hold.old_marked_by, hold.old_marked_at
    )


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
