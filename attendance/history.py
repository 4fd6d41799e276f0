"""Who changed which absence, when, from what to what, and why: of a day of a pupil, and of a class lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.models import LETTERS, AbsenceChange
from journal.models import Enrolment, Pupil, SchoolClass
from journal.text import plural

PAGE = 50
SHOWN = ("by", "pupil", "document")
Source = AbsenceChange.Source
SOURCES = {
    Source.PRESS: "отметка на листе",
    Source.LESSON: "учитель отметил на уроке",
    Source.DOCUMENT: "по документу",
    Source.PARENT: "по заявлению семьи",
    Source.CONFLICT: "решение о противоречии",
    Source.IMPORT: "из загруженного файла",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history; letters and words, no query left inside. `undone_at` tells when it was taken back."""

    pupil: Pupil
    day: date
    lesson: int
    at: datetime
    by: str
    old: str
    new: str
    old_reason: str
    new_reason: str
    minutes: int | None
    source: str
    why: str
    undoes_at: datetime | None
    is_undo: bool
    undone_at: datetime | None

    @property
    def place(self) -> str:
        return f"{self.lesson} урок" if self.lesson else "весь день"

    @property
    def details(self) -> list[str]:
        """What else is to be told of it, in words."""
        words = [self.source]
        if self.minutes:
            words.append(f"опоздание на {self.minutes} {plural(self.minutes, 'минуту,минуты,минут')}")
        if self.is_undo:
            words.append(f"отмена отметки{f' от {self.undoes_at:%H:%M}' if self.undoes_at else ''}")
        if self.why:
            words.append(f"после закрытия месяца: {self.why}")
        return words


def history_of_day(pupil: Pupil, day: date) -> list[Change]:
    """The whole day and its lessons, the oldest first. One query."""
    rows = AbsenceChange.objects.filter(pupil=pupil, date=day)
    return _told(list(rows.select_related(*SHOWN).order_by("at", "pk")))


def changes_of_class(school_class: SchoolClass, since: datetime) -> QuerySet[AbsenceChange]:
    """Changes made since, of places of pupils who were on the roll of the class on the day changed."""
    held = Enrolment.objects.filter(
        Q(date_to=None) | Q(date_to__gte=OuterRef("date")),
        school_class=school_class,
        pupil=OuterRef("pupil"),
        date_from__lte=OuterRef("date"),
    )
    return AbsenceChange.objects.filter(Exists(held), at__gte=since)


def people_of(changes: QuerySet[AbsenceChange]) -> list[User]:
    """Who made them, by name. One query."""
    rows = User.objects.filter(pk__in=changes.order_by().values("by"))
    return sorted(rows, key=lambda user: user.short_name)


def page_of(changes: QuerySet[AbsenceChange], number: int) -> tuple[Page, list[Change]]:
    """A page of the changes, the newest first. Three queries."""
    page = Paginator(changes.select_related(*SHOWN).order_by("-at", "-pk"), PAGE).get_page(number)
    rows = list(page.object_list)
    # What took them back may stand on another page.
    undoings = AbsenceChange.objects.filter(undoes__in=[row.key for row in rows if row.key])
    return page, _told(rows, {key: at for key, at in undoings.values_list("undoes", "at") if key})


def start_of(period_days: int, now: datetime) -> datetime:
    """Midnight of the first of so many days, the last of them today."""
    local = timezone.localtime(now)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=period_days - 1)


def _told(rows: Sequence[AbsenceChange], undoings: dict[UUID, datetime] | None = None) -> list[Change]:
    """The rows as lines. What was undone is told by the rows themselves, or by `undoings` (key → when)."""
    undone = {row.undoes: row.at for row in rows if row.undoes} | (undoings or {})
    pressed = {row.key: row.at for row in rows if row.key}
    return [
        Change(
            pupil=row.pupil,
            day=row.date,
            lesson=row.lesson,
            at=timezone.localtime(row.at),
            by=row.by.short_name if row.by else "",
            old=LETTERS.get(row.old, ""),
            new=LETTERS.get(row.new, ""),
            old_reason=row.old,
            new_reason=row.new,
            minutes=row.minutes,
            source=_source(row),
            why=row.why,
            is_undo=row.undoes is not None,
            undoes_at=timezone.localtime(pressed[row.undoes]) if row.undoes in pressed else None,
            undone_at=timezone.localtime(undone[row.key]) if row.key in undone else None,
        )
        for row in rows
    ]


def _source(row: AbsenceChange) -> str:
    words = SOURCES.get(Source(row.source), row.get_source_display())
    if row.document is None:
        return words
    paper = f"{row.document.get_kind_display()}{f' № {row.document.number}' if row.document.number else ''}"
    if row.source == Source.DOCUMENT:
        return f"{words}: {paper}" if row.new else f"документ отменён: {paper}"
    return f"{words}, вместо стоявшего по документу: {paper}"


# --- For the family -------------------------------------------------------------------------------

SLIP = timedelta(minutes=10)
"""What stood for less was a slip of the finger; a family need not read of it."""
FAMILY_SOURCES = {
    Source.PRESS: "классный руководитель",
    Source.LESSON: "учитель на уроке",
    Source.DOCUMENT: "по документу",
    Source.PARENT: "по вашему заявлению",
    Source.CONFLICT: "классный руководитель",
    Source.IMPORT: "загружено из файла",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A letter that stood and was changed or taken away, told without names."""

    day: date
    place: str
    at: datetime
    old: str
    new: str
    source: str


def corrections_of(pupil: Pupil, since: date, until: date) -> list[Correction]:
    """Corrections of the days since..until, the newest first: the letters, when, and in what role; who is not told,
    nor what staff wrote about it. One query."""
    rows = AbsenceChange.objects.filter(pupil=pupil, date__range=(since, until)).select_related("by")
    stood: dict[tuple[date, int], datetime] = {}
    found = []
    for row in rows.order_by("at", "pk"):
        place = row.date, row.lesson
        put_at = stood.get(place)
        stood[place] = row.at
        is_slip = put_at is not None and row.at - put_at < SLIP
        if row.old and row.old != row.new and not is_slip:
            found.append(
                Correction(
                    day=row.date,
                    place=f"{row.lesson} урок" if row.lesson else "весь день",
                    at=timezone.localtime(row.at),
                    old=LETTERS[row.old],
                    new=LETTERS.get(row.new, ""),
                    source=_role(row),
                )
            )
    return found[::-1]


def _role(row: AbsenceChange) -> str:
    if row.source == Source.PRESS and row.by and row.by.is_deputy:
        return "заместитель директора"
    return FAMILY_SOURCES.get(Source(row.source), "")
