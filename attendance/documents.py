"""Documents of a class as plain rows: the list of a school year, one document with its days, who brings none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.http import Http404

from accounts.models import AuditEvent, User
from attendance.effects import Mark
from attendance.models import LETTERS, WHOLE_DAY, Absence, AbsenceDocument, DocumentHold, Reason
from attendance.services.documents import OBJECT_TYPE
from journal.calendar import Calendar
from journal.models import Enrolment, Pupil, SchoolClass, Sex

ENDING_DAYS = 3
"""School days before its end at which a document is said to end."""
LONG_ILLNESS = 3
"""School days in a row with Б and no paper, from which a certificate is asked for."""
LOOK_BACK = timedelta(days=30)
STATES = {
    "": "Все",
    "now": "Действующие",
    "ending": "Кончаются",
    "past": "Прошедшие",
    "removed": "Отменённые",
}


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in the list of a class. `state` is a key of STATES; `days` are those that it holds."""

    document: AbsenceDocument
    name: str
    letter: str
    state: str
    days: int

    @property
    def state_words(self) -> str:
        words = {"now": "действует", "ending": "кончается", "past": "прошёл", "removed": "отменён"}
        return words[self.state]


@dataclass(frozen=True, slots=True)
class LongIllness:
    """Days in a row missed whole for illness without a paper."""

    pupil_id: int
    name: str
    words: str
    days: int
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place that the document took. `now` is empty where somebody has changed it since."""

    date: date
    where: str
    before: Mark | None
    is_held: bool
    now: Mark | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done to the document."""

    at: datetime
    by: str
    what: str
    why: str


def pupils_of(school_class: SchoolClass, user: User, today: date) -> QuerySet[Pupil]:
    """Whose documents this person keeps in the class: of today's roll; the deputy also those of who left this year."""
    year = school_class.year
    rows = Enrolment.objects.filter(school_class=school_class)
    if user.sees_whole_school:
        rows = rows.overlapping(year.date_from, year.date_to)
    else:
        rows = rows.on_roll(min(max(today, year.date_from), year.date_to))
    return Pupil.objects.filter(pk__in=rows.values("pupil")).order_by("sort_name", "pk")


def get_document_for(user: User, school_class: SchoolClass, document_id: int, today: date) -> AbsenceDocument:
    """A document of the class and its year that this person keeps, or 404."""
    row = _of_year(school_class, pupils_of(school_class, user, today)).filter(pk=document_id).first()
    if row is None:
        raise Http404
    return row


def batch_of(document: AbsenceDocument, school_class: SchoolClass, user: User, today: date) -> list[AbsenceDocument]:
    """The documents of one order that are in force and that this person keeps, this one first."""
    if document.batch is None or document.removed_at:
        return [document]
    rows = _of_year(school_class, pupils_of(school_class, user, today)).in_force().filter(batch=document.batch)
    return [document, *rows.exclude(pk=document.pk).order_by("pupil__sort_name", "pk")]


def class_documents(
    school_class: SchoolClass,
    pupils: QuerySet[Pupil],
    *,
    today: date,
    calendar: Calendar,
    state: str = "",
    pupil_id: int | None = None,
) -> list[DocumentRow]:
    """Documents of the school year, the newest first; without a wish, all but the removed ones. One query."""
    rows = _of_year(school_class, pupils).annotate(days=Count("absences__date", distinct=True))
    rows = rows.exclude(removed_at=None) if state == "removed" else rows.in_force()
    if pupil_id:
        rows = rows.filter(pupil=pupil_id)
    soon = ending_until(today, calendar, school_class.grade)
    found = [
        DocumentRow(row, row.pupil.list_name, LETTERS[row.reason], state_of(row, today, soon), row.days)
        for row in rows.order_by("-date_from", "pupil__sort_name", "-pk")
    ]
    # What ends soon is in force still.
    wanted = {"": set(STATES), "now": {"now", "ending"}}.get(state, {state})
    return [row for row in found if row.state in wanted]


def state_of(document: AbsenceDocument, today: date, soon: date) -> str:
    if document.removed_at:
        return "removed"
    if document.date_to < today:
        return "past"
    return "ending" if document.date_from <= today and document.date_to <= soon else "now"


def ending_until(today: date, calendar: Calendar, grade: int) -> date:
    """The last day of those on which an end is near: a few school days ahead."""
    end: date | None = today
    for _ in range(ENDING_DAYS):
        end = calendar.school_day_after(end, grade) if end else None
    return end or calendar.year.date_to


def ill_without_paper(
    school_class: SchoolClass, pupils: Iterable[Pupil], today: date, calendar: Calendar
) -> list[LongIllness]:
    """Who is ill, or was within a month, for several school days in a row without a document. One query."""
    known = {pupil.pk: pupil for pupil in pupils}
    start = max(today - LOOK_BACK, calendar.year.date_from)
    rows = Absence.objects.filter(pupil__in=list(known), lesson=WHOLE_DAY, reason=Reason.ILL, document=None)
    ill: dict[int, set[date]] = defaultdict(set)
    for pupil_id, day in rows.between(start, today).values_list("pupil_id", "date"):
        ill[pupil_id].add(day)
    days = calendar.school_days(start, today, school_class.grade)
    found = []
    for pupil_id, pupil in known.items():
        for run in _runs(days, ill.get(pupil_id, set())):
            if len(run) >= LONG_ILLNESS:
                # Today may not be marked yet: who was ill on the last day before is taken to be ill.
                words = "болеет" if run[-1] in days[-2:] else _was_ill(pupil)
                found.append(LongIllness(pupil_id, pupil.list_name, words, len(run), run[0], run[-1]))
    return found


def places_of(document: AbsenceDocument) -> list[PlaceRow]:
    """The places that the document took, by date: what stood before, and whether it still holds them. Two queries."""
    rows = Absence.objects.filter(pupil=document.pupil_id, date__range=(document.date_from, document.date_to))
    now = {(row.date, row.lesson): row for row in rows}
    held = {place for place, row in now.items() if row.document_id == document.pk}
    holds = {(hold.date, hold.lesson): hold for hold in document.holds.select_related("old_document")}
    found = []
    for day, lesson in sorted({*held, *holds}):
        hold, row = holds.get((day, lesson)), now.get((day, lesson))
        mark = Mark(row.reason, row.is_confirmed) if row else None
        where = f"{lesson} урок" if lesson else "весь день"
        found.append(PlaceRow(day, where, _before(hold), (day, lesson) in held, mark))
    return found


def history_of(document: AbsenceDocument) -> list[Event]:
    """What was done to the document, the newest first. One query."""
    rows = AuditEvent.objects.filter(
        object_type=OBJECT_TYPE, object_id=document.pk, action=AuditEvent.Action.CHANGE
    ).select_related("actor")
    return [
        Event(row.at, row.actor.short_name if row.actor else "", _what(row.old or {}, row.new or {}), _why(row.new))
        for row in rows.order_by("-at", "-pk")
    ]


def lines_for_file(rows: Iterable[DocumentRow]) -> Iterator[list[Any]]:
    """The list as rows of a file, the heading first."""
    yield ["Ученик", "Документ", "Причина", "С", "По", "Номер", "Примечание", "Дней", "Состояние", "Внёс", "Когда"]
    for row in rows:
        one = row.document
        yield [
            row.name, one.get_kind_display(), row.letter, one.date_from, one.date_to, one.number, one.note, row.days,
            row.state_words, one.added_by.short_name, one.added_at,
        ]  # fmt: skip


def _of_year(school_class: SchoolClass, pupils: QuerySet[Pupil]) -> Any:
    year = school_class.year
    rows = AbsenceDocument.objects.filter(
        pupil__in=pupils.order_by().values("pk"), date_from__lte=year.date_to, date_to__gte=year.date_from
    )
    return rows.select_related("pupil", "added_by", "removed_by", "scan")


def _before(hold: DocumentHold | None) -> Mark | None:
    if hold is None or not hold.old_reason:
        return None
    paper = hold.old_document.get_kind_display() if hold.old_document else ""
    return Mark(hold.old_reason, hold.old_confirmed, paper)


def _runs(days: Collection[date], wanted: Collection[date]) -> Iterator[list[date]]:
    """Stretches of `days` that all are among `wanted`."""
    run: list[date] = []
    for day in days:
        if day in wanted:
            run.append(day)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _was_ill(pupil: Pupil) -> str:
    return "болела" if pupil.sex == Sex.FEMALE else "болел"


FIELD_WORDS = {
    "kind": "вид", "reason": "причина", "date_from": "с", "date_to": "по", "number": "номер", "note": "примечание",
    "scan": "скан",
}  # fmt: skip


def _what(old: dict[str, Any], new: dict[str, Any]) -> str:
    facts = {name: value for name, value in new.items() if name in FIELD_WORDS}
    if old and not facts:
        return "отменён"
    if not old:
        return f"внесён: {_words('date_from', facts)} – {_words('date_to', facts)}"
    changes = [
        f"{words}: {_words(name, old) or 'пусто'} → {_words(name, facts) or 'пусто'}"
        for name, words in FIELD_WORDS.items()
        if name in facts
    ]
    return "исправлен: " + "; ".join(changes)


def _words(name: str, facts: dict[str, Any]) -> str:
    """A value of the audit trail as a person reads it."""
    value = str(facts.get(name) or "")
    if name == "kind":
        return dict(AbsenceDocument.Kind.choices).get(value, value)
    if name == "reason":
        return LETTERS.get(value, value)
    if name == "scan":
        return "приложен" if value else "нет"
    if name in ("date_from", "date_to") and value:
        return f"{date.fromisoformat(value):%d.%m.%Y}"
    return value


def _why(new: dict[str, Any] | None) -> str:
    return str((new or {}).get("why", ""))
