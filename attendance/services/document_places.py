"""The places of pupils under documents, locked: what a document takes there, and how it gives it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import date

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from attendance.models import (
    ABSENCE_REASONS,
    WHOLE_DAY,
    Absence,
    AbsenceChange,
    AbsenceDocument,
    ClosedMonth,
    DocumentHold,
    RollCall,
)
from attendance.services.places import CannotMark, Origin, Standing, lock_pupils, put
from journal.calendar import Calendar
from journal.dates import MONTHS_OF
from journal.models import Enrolment, SchoolClass

REMEMBERED = (
    "old_reason", "old_confirmed", "old_minutes", "old_document_id", "old_marked_by_id", "old_marked_at",
)  # fmt: skip


class WhyNeeded(CannotMark):
    """The deputy changes a closed month: why, has to be said."""


class Register:
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
                holds.append(hold_of(document, day, lesson, row))
                self._put(document, day, lesson, wanted)
        for day in self._coming_days(document):
            if inside(day) and (day, WHOLE_DAY) not in self.standing[document.pupil_id]:
                holds.append(hold_of(document, day, WHOLE_DAY, None))
                self._put(document, day, WHOLE_DAY, wanted)
        save_holds(holds)

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
                self._put(document, *place, before(hold))
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


def hold_of(document: AbsenceDocument, day: date, lesson: int, row: Absence | None) -> DocumentHold:
    """What stands in the place now, to be restored later."""
    hold = DocumentHold(document=document, pupil_id=document.pupil_id, date=day, lesson=lesson)
    if row:
        hold.old_reason, hold.old_confirmed, hold.old_minutes = row.reason, row.is_confirmed, row.minutes
        hold.old_document_id = row.document_id
        hold.old_marked_by_id, hold.old_marked_at = row.marked_by_id, row.marked_at
    return hold


def save_holds(holds: list[DocumentHold]) -> None:
    # A place may have been held before a press came over the document: what counts is what it is taken from now.
    DocumentHold.objects.bulk_create(
        holds,
        batch_size=200,
        update_conflicts=True,
        unique_fields=["document", "date", "lesson"],
        update_fields=REMEMBERED,
    )


def before(hold: DocumentHold) -> Standing:
    return Standing(
        hold.old_reason, hold.old_confirmed, hold.old_minutes, hold.old_document, hold.old_marked_by, hold.old_marked_at
    )
