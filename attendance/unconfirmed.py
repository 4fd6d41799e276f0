"""Absences whose reason nobody has named yet: what the class teacher answers (domain.md §2). Plain values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone

from attendance.models import LETTERS, Absence
from journal.lessons import ClassLessons
from journal.models import Pupil


@dataclass(frozen=True, slots=True)
class Fact:
    """An absence whose reason is not known yet: stated at a lesson, or imported so."""

    pupil: Pupil
    day: date
    lesson: int
    reason: str
    subject: str
    minutes: int | None
    by: str
    at: datetime

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]

    @property
    def key(self) -> str:
        return f"{self.pupil.pk}.{self.lesson}"

    @property
    def where(self) -> str:
        """«3 урок, физика»."""
        if not self.lesson:
            return "весь день"
        return ", ".join(filter(None, (f"{self.lesson} урок", self.subject.lower())))


@dataclass(frozen=True, slots=True)
class PupilFacts:
    """The facts of one pupil and day: mostly one, after leaving early several with one reason."""

    pupil: Pupil
    day: date
    facts: tuple[Fact, ...]

    @property
    def value(self) -> str:
        return answer_value(self.facts)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """The unconfirmed facts of a day, by pupil."""

    day: date
    pupils: list[PupilFacts] = field(default_factory=list)

    @property
    def facts(self) -> list[Fact]:
        return [fact for row in self.pupils for fact in row.facts]

    @property
    def value(self) -> str:
        return answer_value(self.facts)


def answer_value(facts: Iterable[Fact]) -> str:
    """What an answer is about, for its button: «12.3,12.4»."""
    return ",".join(fact.key for fact in facts)


def unconfirmed(pupils: Sequence[Pupil], start: date, end: date) -> list[Absence]:
    """Absences of the pupils in start..end that wait for a reason, with who stated them. One query."""
    rows = Absence.objects.filter(pupil__in=[pupil.pk for pupil in pupils], is_confirmed=False).between(start, end)
    return list(rows.select_related("marked_by").order_by("date", "pupil", "lesson"))


def facts_by_day(rows: Iterable[Absence], lessons: ClassLessons) -> list[DayFacts]:
    """The same for the page, newest day first, pupils in the order of the list; only days on the roll of the class.
    `lessons` tells the subjects."""
    order = {pupil.pk: (number, pupil) for number, pupil in enumerate(lessons.pupils)}
    facts = [_fact(row, order[row.pupil_id][1], lessons) for row in rows if lessons.on_roll(row.pupil_id, row.date)]
    facts.sort(key=lambda fact: (-fact.day.toordinal(), order[fact.pupil.pk][0], fact.lesson))
    return [
        DayFacts(
            day,
            [PupilFacts(pupil, day, tuple(same)) for pupil, same in groupby(list(of_day), key=lambda fact: fact.pupil)],
        )
        for day, of_day in groupby(facts, key=lambda fact: fact.day)
    ]


def _fact(row: Absence, pupil: Pupil, lessons: ClassLessons) -> Fact:
    own = {place.number: lessons.courses[place.course_id] for place in lessons.own(pupil.pk, row.date)}
    return Fact(
        pupil=pupil,
        day=row.date,
        lesson=row.lesson,
        reason=row.reason,
        subject=own[row.lesson].subject.name if row.lesson in own else "",
        minutes=row.minutes,
        by=row.marked_by.short_name if row.marked_by else "",
        at=timezone.localtime(row.marked_at),
    )
