"""What a document does to absences, before it is saved: it is really saved, read, and taken back.

So the page «что изменится» cannot differ from the save, and a confirmation saves exactly what was shown.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db import transaction
from django.db.models import Q

from attendance.models import LETTERS, WHOLE_DAY, Absence, AbsenceDocument, ClosedMonth
from attendance.queries import missed_on
from attendance.services.places import lock_pupils
from journal.calendar import Calendar
from journal.lessons import ClassLessons, class_lessons
from journal.models import SchoolClass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mark:
    """A letter as it stands in a place."""

    reason: str
    is_confirmed: bool = True
    paper: str = ""
    """The document that holds it: «справка»."""

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]


@dataclass(frozen=True, slots=True)
class Line:
    """Places of a day that change alike: «весь день», «уроки 3, 4»."""

    where: str
    before: Mark | None
    after: Mark | None


@dataclass(frozen=True, slots=True)
class DayEffect:
    """A day of a pupil. `lessons` are the own lessons of the day that change."""

    date: date
    lines: tuple[Line, ...]
    lessons: int
    is_ahead: bool
    is_closed: bool

    @property
    def is_cleared(self) -> bool:
        """After the change nothing stands where something stood."""
        return all(line.after is None for line in self.lines)


@dataclass(frozen=True, slots=True)
class PupilEffect:
    pupil_id: int
    name: str
    days: tuple[DayEffect, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes, pupil by pupil; only pupils and days with a change."""

    pupils: tuple[PupilEffect, ...]

    @property
    def all_days(self) -> list[DayEffect]:
        return [day for pupil in self.pupils for day in pupil.days]

    @property
    def days(self) -> int:
        return len(self.all_days)

    @property
    def lessons(self) -> int:
        return sum(day.lessons for day in self.all_days)

    @property
    def ahead(self) -> int:
        return sum(day.is_ahead for day in self.all_days)

    @property
    def closed(self) -> int:
        """Days in months that the deputy closed."""
        return sum(day.is_closed for day in self.all_days)

    @property
    def cleared(self) -> int:
        """Past days on which the pupil will count as present."""
        return sum(day.is_cleared and not day.is_ahead for day in self.all_days)

    @property
    def covers(self) -> list[str]:
        """Other documents whose places are taken: «справка»."""
        lines = [line for day in self.all_days for line in day.lines]
        return sorted({line.before.paper for line in lines if line.before and line.before.paper})

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.pupils).encode()).hexdigest()[:32]


Places = Mapping[int, Mapping[date, Mapping[int, tuple[Mark, int | None]]]]
"""pupil id → date → lesson number → the mark and its document."""


def attempt(
    write: Callable[[], T],
    *,
    pupil_ids: Collection[int],
    span: tuple[date, date],
    documents: Collection[AbsenceDocument] = (),
    school_class: SchoolClass,
    calendar: Calendar,
    today: date,
    confirmed: str,
    ask_always: bool = True,
) -> tuple[T | None, Effect]:
    """Do it and say what it did. It stays done only where `confirmed` is the digest of just this effect, or where
    nothing changes and it need not be asked; else it is taken back, and there is no result."""
    start, end = max(span[0], calendar.year.date_from), min(span[1], calendar.year.date_to)
    with transaction.atomic():
        lock_pupils(pupil_ids)
        before = _standing(pupil_ids, span, documents)
        result: T | None = write()
        after = _standing(pupil_ids, span, documents)
        lessons = class_lessons(school_class, start, end, calendar)
        effect = Effect(tuple(_pupils(before, after, lessons, pupil_ids, calendar, today)))
        if confirmed != effect.digest and (ask_always or effect.pupils):
            transaction.set_rollback(True)
            result = None
    return result, effect


def _standing(pupil_ids: Collection[int], span: tuple[date, date], documents: Collection[AbsenceDocument]) -> Places:
    found: dict[int, dict[date, dict[int, tuple[Mark, int | None]]]] = defaultdict(lambda: defaultdict(dict))
    inside = Q(pupil__in=pupil_ids, date__range=span) | Q(document__in=[row.pk for row in documents])
    for row in Absence.objects.filter(inside).select_related("document"):
        paper = row.document.get_kind_display() if row.document else ""
        mark = Mark(row.reason, row.is_confirmed, paper)
        found[row.pupil_id][row.date][row.lesson] = (mark, row.document_id)
    return found


def _pupils(
    before: Places,
    after: Places,
    lessons: ClassLessons,
    pupil_ids: Collection[int],
    calendar: Calendar,
    today: date,
) -> list[PupilEffect]:
    names = {pupil.pk: pupil.list_name for pupil in lessons.pupils}
    closed = set(ClosedMonth.objects.values_list("month", flat=True))
    found = []
    for pupil_id in [pk for pk in names if pk in pupil_ids] + [pk for pk in pupil_ids if pk not in names]:
        was, becomes = before.get(pupil_id, {}), after.get(pupil_id, {})
        days = []
        for day in sorted({*was, *becomes}):
            old, new = was.get(day, {}), becomes.get(day, {})
            changed = [number for number in sorted({*old, *new}) if old.get(number) != new.get(number)]
            if changed:
                own = {place.number for place in lessons.own(pupil_id, day)}
                count = max(_covered(own, marks, changed, calendar) for marks in (old, new))
                is_closed = day.replace(day=1) in closed
                days.append(DayEffect(day, _lines(changed, old, new), count, day > today, is_closed))
        if days:
            found.append(PupilEffect(pupil_id, names.get(pupil_id, ""), tuple(days)))
    return found


def _lines(changed: list[int], old: Mapping, new: Mapping) -> tuple[Line, ...]:
    alike: dict[tuple[Mark | None, Mark | None], list[int]] = defaultdict(list)
    for number in changed:
        before, after = (marks[number][0] if number in marks else None for marks in (old, new))
        alike[before, after].append(number)
    return tuple(Line(_where(numbers), before, after) for (before, after), numbers in alike.items())


def _where(numbers: list[int]) -> str:
    lessons = [str(number) for number in numbers if number != WHOLE_DAY]
    words = [f"{'урок' if len(lessons) == 1 else 'уроки'} {', '.join(lessons)}"] if lessons else []
    return ", ".join((["весь день"] if WHOLE_DAY in numbers else []) + words)


def _covered(
    own: set[int], marks: Mapping[int, tuple[Mark, int | None]], changed: list[int], calendar: Calendar
) -> int:
    """Own lessons missed by the places that change."""
    reasons = {number: mark.reason for number, (mark, _) in marks.items()}
    missed = missed_on(own, reasons, calendar.school.missed_day_rule)
    places = Counter(number if number in reasons else WHOLE_DAY for number in missed.lessons)
    return sum(count for number, count in places.items() if number in changed)
