"""What a change of groups or of an individual plan does to lessons, journal and absences, before it is saved.

The change is really made, read, and taken back within one transaction: what the page shows is what the save does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db import transaction

from attendance.queries import Totals, marks_by_day, totals_by_pupil
from journal.calendar import Calendar
from journal.lessons import ClassLessons, LessonPlace, class_lessons
from journal.models import Mark, SchoolClass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for one pupil. Lessons are counted in both directions: those that stop being the pupil's own and
    those that begin to be. `letters` are places whose absence letter counts no longer or counts now."""

    ahead_lost: int = 0
    ahead_gained: int = 0
    past_lost: int = 0
    past_gained: int = 0
    marks: int = 0
    letters: int = 0
    before: Totals | None = None
    after: Totals | None = None

    @property
    def touches_past(self) -> bool:
        return bool(self.past_lost or self.past_gained)

    @property
    def changes_totals(self) -> bool:
        return self.before is not None and self.after is not None and _figures(self.before) != _figures(self.after)


@dataclass(frozen=True)
class Trial:
    """The lessons of the class as they are and as they would be."""

    before: ClassLessons
    after: ClassLessons
    calendar: Calendar
    today: date


def tried(school_class: SchoolClass, calendar: Calendar, today: date, write: Callable[[], T]) -> tuple[T, Trial]:
    """Make the change, read what it gives, take it back. What `write` raises comes through."""
    year = school_class.year
    before = class_lessons(school_class, year.date_from, year.date_to, calendar)
    with transaction.atomic():
        result = write()
        after = class_lessons(school_class, year.date_from, year.date_to, calendar)
        transaction.set_rollback(True)
    return result, Trial(before, after, calendar, today)


def effects_of(trial: Trial, pupil_ids: Collection[int]) -> dict[int, Effect]:
    """The effect for each of the pupils. Four queries, however many they are."""
    year, school = trial.calendar.year, trial.calendar.school
    until = min(trial.today, year.date_to)
    was = totals_by_pupil(trial.before, year.date_from, until, school)
    becomes = totals_by_pupil(trial.after, year.date_from, until, school)
    letters = marks_by_day(pupil_ids, year.date_from, year.date_to)
    shifts = {pupil_id: _shift(trial, pupil_id) for pupil_id in pupil_ids}
    given = _marked({pk: lost for pk, (lost, _) in shifts.items()})
    found = {}
    for pupil_id, (lost, gained) in shifts.items():
        past_lost = [place for place in lost if place.date < trial.today]
        past_gained = [place for place in gained if place.date < trial.today]
        found[pupil_id] = Effect(
            ahead_lost=len(lost) - len(past_lost),
            ahead_gained=len(gained) - len(past_gained),
            past_lost=len(past_lost),
            past_gained=len(past_gained),
            marks=sum(place.lesson_id in given[pupil_id] for place in lost if place.lesson_id),
            letters=_letters_moved(lost, gained, letters.get(pupil_id, {})),
            before=was.get(pupil_id),
            after=becomes.get(pupil_id),
        )
    return found


def _shift(trial: Trial, pupil_id: int) -> tuple[list[LessonPlace], list[LessonPlace]]:
    """Lessons that stop being the pupil's own, and those that begin to be."""
    lost, gained = [], []
    for day in sorted({*trial.before.places, *trial.after.places}):
        was = {(place.number, place.course_id): place for place in trial.before.own(pupil_id, day)}
        becomes = {(place.number, place.course_id): place for place in trial.after.own(pupil_id, day)}
        lost += [place for key, place in was.items() if key not in becomes]
        gained += [place for key, place in becomes.items() if key not in was]
    return lost, gained


def _marked(lost: dict[int, list[LessonPlace]]) -> dict[int, set[int]]:
    """pupil id → lessons among these at which the pupil has marks. One query."""
    lessons = {place.lesson_id for places in lost.values() for place in places if place.lesson_id}
    found: dict[int, set[int]] = {pupil_id: set() for pupil_id in lost}
    rows = Mark.objects.filter(pupil__in=list(lost), lesson__in=lessons)
    for pupil_id, lesson_id in rows.values_list("pupil_id", "lesson_id"):
        found[pupil_id].add(lesson_id)
    return found


def _letters_moved(lost: list[LessonPlace], gained: list[LessonPlace], letters: dict[date, dict[int, str]]) -> int:
    """Places at which a letter stands and that are own only before or only after the change."""
    was = {(place.date, place.number) for place in lost}
    becomes = {(place.date, place.number) for place in gained}
    return sum(bool(letters.get(day, {}).get(number) or letters.get(day, {}).get(0)) for day, number in was ^ becomes)


def _figures(totals: Totals) -> tuple:
    return (totals.days.total(), totals.lessons_all, totals.late, totals.unknown_days)
