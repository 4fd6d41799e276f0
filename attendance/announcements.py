"""What families announced, as people read it: the family its own, the class teacher those of the class.

An announcement is no mark. What became of each of its days follows from the history of absences (confirmed by this
announcement) and from the register (something stands there anyway).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from attendance.announced import free_places
from attendance.models import LETTERS, WHOLE_DAY, Absence, AbsenceChange, Announcement
from journal.calendar import Calendar
from journal.dates import day_month
from journal.lessons import Stay
from journal.models import Enrolment, Guardianship, SchoolClass
from journal.text import plural

RECENT = timedelta(days=30)
"""How long the class teacher sees what is settled."""
SPELT_DAYS = 3
"""More days than these are counted on the button, not named."""
KINSHIP = {str(value): label for value, label in Guardianship.Kinship.choices}
Standings = Mapping[tuple[int, date], Mapping[int, str]]
"""(pupil, date) → lesson → reason that stands there and is no open question."""


@dataclass(frozen=True, slots=True)
class DayTold:
    """What became of a school day of an announcement. `letter` is what stands in the register by another way."""

    class State:
        TAKEN = "taken"
        STANDS = "stands"
        WAITING = "waiting"
        AHEAD = "ahead"

    date: date
    state: str
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An announcement with its author and what became of it; no query is left inside."""

    announcement_id: int
    pupil_id: int
    pupil: str
    date_from: date
    date_to: date
    lessons: tuple[int, ...]
    reason: str
    words: str
    comment: str
    by_id: int
    by: str
    kinship: str
    at: datetime
    withdrawn_at: datetime | None
    declined_at: datetime | None
    declined_by: str
    decline_note: str
    today: date
    days: tuple[DayTold, ...]

    @property
    def is_open(self) -> bool:
        return self.withdrawn_at is None and self.declined_at is None

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]

    @property
    def when(self) -> str:
        """«24 ноября», «24–26 ноября», «30 ноября – 2 декабря»."""
        return dates_words(self.date_from, self.date_to)

    @property
    def where(self) -> str:
        return lessons_words(self.lessons)

    @property
    def taken(self) -> list[date]:
        return self._days(DayTold.State.TAKEN)

    @property
    def waiting(self) -> list[date]:
        """School days up to today on which nothing is decided yet."""
        return self._days(DayTold.State.WAITING) if self.is_open else []

    @property
    def waiting_words(self) -> str:
        """What one press confirms: «23.11», «20.11, 23.11», «5 дней»."""
        days = self.waiting
        if len(days) > SPELT_DAYS:
            return f"{len(days)} {plural(len(days), 'день,дня,дней')}"
        return ", ".join(f"{day:%d.%m}" for day in days)

    @property
    def ahead(self) -> list[date]:
        return self._days(DayTold.State.AHEAD) if self.is_open else []

    @property
    def standing(self) -> list[DayTold]:
        return [day for day in self.days if day.state == DayTold.State.STANDS]

    @property
    def may_withdraw(self) -> bool:
        return self.is_open and not self.taken

    @property
    def may_return(self) -> list[date]:
        """Days on which the child may come back earlier than announced: today or later, after what is confirmed."""
        if not self.is_open:
            return []
        first = max([self.date_from, *self.taken]) + timedelta(days=1)
        return [day.date for day in self.days if day.date >= max(first, self.today)]

    def _days(self, state: str) -> list[date]:
        return [day.date for day in self.days if day.state == state]


@dataclass(frozen=True, slots=True)
class OfClass:
    """The class teacher's list."""

    waiting: tuple[Told, ...]
    ahead: tuple[Told, ...]
    settled: tuple[Told, ...]

    def __bool__(self) -> bool:
        return bool(self.waiting or self.ahead or self.settled)


def dates_words(first: date, last: date) -> str:
    if first == last:
        return day_month(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_month(last)}"
    return f"{day_month(first)} – {day_month(last)}"


def lessons_words(lessons: Sequence[int]) -> str:
    """«весь день», «урок 3», «уроки 1, 2»."""
    if not lessons or tuple(lessons) == (WHOLE_DAY,):
        return "весь день"
    return f"{'уроки' if len(lessons) > 1 else 'урок'} {', '.join(map(str, lessons))}"


def days_of(row: Announcement, calendar: Calendar, grade: int, stays: Iterable[Stay]) -> list[date]:
    """School days of the announcement on which the pupil is on the roll: the only ones it is about."""
    held = list(stays)
    days = calendar.school_days(row.date_from, row.date_to, grade)
    return [day for day in days if any(stay.holds(day) for stay in held)]


def of_pupil(pupil_id: int, calendar: Calendar, grade: int, stays: Iterable[Stay], today: date) -> list[Told]:
    """Announcements about one child in this school year, the newest days first. Three queries."""
    rows = _with_authors(Announcement.objects.filter(pupil=pupil_id, date_to__gte=calendar.year.date_from))
    return _told(list(rows), calendar, grade, {pupil_id: list(stays)}, today)


def of_class(school_class: SchoolClass, calendar: Calendar, today: date) -> OfClass:
    """Announcements about the pupils who are on the roll of the class today, as far as they are about days here: what
    waits by date, what lies ahead, what was settled in the last month. Four queries, whatever the size of the class."""
    stays: dict[int, list[Stay]] = defaultdict(list)
    for row in Enrolment.objects.filter(school_class=school_class):
        stays[row.pupil_id].append(Stay(row.date_from, row.date_to))
    here = [pk for pk, of_pupil_ in stays.items() if any(stay.holds(today) for stay in of_pupil_)]
    rows = _with_authors(Announcement.objects.filter(pupil__in=here, date_to__gte=calendar.year.date_from))
    told = [one for one in _told(list(rows), calendar, school_class.grade, stays, today) if one.days]
    told.sort(key=lambda one: (one.date_from, one.pupil))
    settled = [one for one in told if not one.waiting and not one.ahead and one.date_to >= today - RECENT]
    return OfClass(
        waiting=tuple(one for one in told if one.waiting),
        ahead=tuple(one for one in told if one.ahead and not one.waiting),
        settled=tuple(reversed(settled)),
    )


def spoken(pupil_id: int, start: date, end: date) -> QuerySet:
    """Open announcements of a pupil that touch start..end, as values that may join another query of a page:
    what («spoken»), date, subject_name (the reason in words), words (the comment), until, numbers, by."""
    touching = Announcement.objects.open().filter(pupil=pupil_id, date_from__lte=end, date_to__gte=start)
    return (
        touching.order_by()
        .annotate(what=Value("spoken"), numbers=Cast("lessons", TextField()))
        .values_list("what", "date_from", "words", "comment", "date_to", "numbers", "announced_by_id")
    )


def numbers_of(text: str) -> tuple[int, ...]:
    """The lessons of a row of `spoken`."""
    return tuple(json.loads(text)) or (WHOLE_DAY,)


def taken_days(announcement_ids: Collection[int]) -> dict[int, set[date]]:
    """Days confirmed by each announcement and not undone since. One query."""
    undone = AbsenceChange.objects.filter(undoes=OuterRef("key"), pupil=OuterRef("pupil"))
    rows = AbsenceChange.objects.filter(announcement__in=announcement_ids).exclude(new="").filter(~Exists(undone))
    fields = ("announcement_id", "announcement__lessons", "date", "lesson")
    found: dict[int, set[date]] = defaultdict(set)
    for announcement_id, lessons, day, lesson in rows.order_by().values_list(*fields):
        # A confirmed day also answers open facts at its lessons: these are not what was announced.
        if lesson in (lessons or (WHOLE_DAY,)):
            found[announcement_id].add(day)
    return found


def standing_between(pupil_ids: Collection[int], start: date, end: date) -> Standings:
    """What stands in the register and is answered. A fact whose reason nobody knows yet leaves its place free: the
    announcement is the answer to it. One query."""
    rows = Absence.objects.filter(pupil__in=pupil_ids, is_confirmed=True).between(start, end)
    found: dict[tuple[int, date], dict[int, str]] = defaultdict(dict)
    for pupil_id, day, lesson, reason in rows.values_list("pupil_id", "date", "lesson", "reason"):
        found[pupil_id, day][lesson] = reason
    return found


def _with_authors(rows: QuerySet) -> QuerySet:
    """The rows with names and with what the author is to the child."""
    tie = Guardianship.objects.filter(pupil=OuterRef("pupil"), guardian__user=OuterRef("announced_by"))
    authors = rows.select_related("pupil", "announced_by", "declined_by")
    return authors.annotate(kinship=Subquery(tie.values("kinship")[:1])).order_by("-date_from", "-pk")


def _told(
    rows: Sequence[Any], calendar: Calendar, grade: int, stays: Mapping[int, Sequence[Stay]], today: date
) -> list[Told]:
    taken = taken_days([row.pk for row in rows])
    first = min((row.date_from for row in rows), default=today)
    standings = standing_between({row.pupil_id for row in rows}, first, today)
    return [
        Told(
            announcement_id=row.pk,
            pupil_id=row.pupil_id,
            pupil=row.pupil.list_name,
            date_from=row.date_from,
            date_to=row.date_to,
            lessons=tuple(row.lessons),
            reason=row.reason,
            words=row.words or row.get_reason_display(),
            comment=row.comment,
            by_id=row.announced_by_id,
            by=row.announced_by.short_name,
            kinship=KINSHIP.get(row.kinship or "", ""),
            at=timezone.localtime(row.announced_at),
            withdrawn_at=row.withdrawn_at,
            declined_at=row.declined_at,
            declined_by=row.declined_by.short_name if row.declined_by else "",
            decline_note=row.decline_note,
            today=today,
            days=tuple(
                _day(row, day, taken[row.pk], standings, today)
                for day in days_of(row, calendar, grade, stays.get(row.pupil_id, ()))
            ),
        )
        for row in rows
    ]


def _day(row: Announcement, day: date, taken: Collection[date], standings: Standings, today: date) -> DayTold:
    if day in taken:
        return DayTold(day, DayTold.State.TAKEN)
    if day > today:
        return DayTold(day, DayTold.State.AHEAD)
    answered = standings.get((row.pupil_id, day), {})
    if free_places(row.lessons, answered):
        return DayTold(day, DayTold.State.WAITING)
    places = [WHOLE_DAY, *(row.lessons or sorted(answered))]
    return DayTold(day, DayTold.State.STANDS, LETTERS[next(answered[place] for place in places if place in answered)])
