"""The history of a cell: which marks stand there, who put them, what stood before (domain.md §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from accounts.models import AuditEvent
from journal.calendar import Calendar
from journal.lessons import course_lessons
from journal.models import Enrolment, Lesson, Mark, Pupil, SchoolClass
from journal.queries.absences import WHOLE_DAY, Letter, LetterChange, history_at, letter_at, letters_between

MARK = "mark"
"""`object_type` of the audit events of marks. `old` and `new` are the value, or an object with "value" and "lesson";
an erased mark is found again by the lesson."""


@dataclass(frozen=True, slots=True)
class StandingMark:
    value: str
    word: str
    kind: str
    weight: Decimal
    is_control: bool
    comment: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MarkChange:
    at: datetime
    by: str
    old: str
    new: str


@dataclass(frozen=True)
class CellHistory:
    """Everything known of one pupil at one lesson; no query is left inside."""

    pupil: Pupil
    lesson: Lesson
    marks: list[StandingMark]
    mark_changes: list[MarkChange]
    letter: Letter | None
    is_whole_day: bool
    letter_changes: list[LetterChange]


def pupil_at(lesson: Lesson, pupil_id: int, classes: list[SchoolClass], calendar: Calendar) -> Pupil | None:
    """The pupil of one of the classes whose lesson it is or who has a mark there. Four queries.

    Whoever has left the classes by that day is the business of another class.
    """
    staying = Q(date_to=None) | Q(date_to__gte=lesson.date)
    enrolled = Enrolment.objects.filter(staying, school_class__in=classes).values("pupil")
    pupil = Pupil.objects.filter(pk__in=enrolled).filter(pk=pupil_id).first()
    if pupil is None or Mark.objects.filter(lesson=lesson, pupil=pupil).exists():
        return pupil
    lessons = course_lessons(lesson.course, classes, lesson.date, lesson.date, calendar)
    return pupil if lessons.takes(pupil.pk, lesson.course, lesson.date) else None


def history_of(pupil: Pupil, lesson: Lesson) -> CellHistory:
    """Four queries."""
    rows = list(Mark.objects.filter(lesson=lesson, pupil=pupil).select_related("kind", "set_by"))
    absences = letters_between([pupil.pk], lesson.date, lesson.date)[pupil.pk]
    return CellHistory(
        pupil=pupil,
        lesson=lesson,
        marks=[_standing(row) for row in rows],
        mark_changes=_changes(pupil, lesson, [row.pk for row in rows]),
        letter=letter_at(absences, lesson.date, lesson.number),
        is_whole_day=(lesson.date, lesson.number) not in absences and (lesson.date, WHOLE_DAY) in absences,
        letter_changes=history_at(pupil, lesson.date, lesson.number),
    )


def _standing(row: Mark) -> StandingMark:
    by = row.set_by.short_name if row.set_by else ""
    word = row.get_value_display()
    return StandingMark(
        row.value, word, row.kind.name, row.kind.weight, row.kind.is_control, row.comment, by, row.set_at
    )


def _changes(pupil: Pupil, lesson: Lesson, mark_ids: list[int]) -> list[MarkChange]:
    here = Q(object_id__in=mark_ids) | Q(old__lesson=lesson.pk) | Q(new__lesson=lesson.pk)
    rows = AuditEvent.objects.filter(here, object_type=MARK, pupil_id=pupil.pk).select_related("actor")
    return [
        MarkChange(row.at, row.actor.short_name if row.actor else "", _value(row.old), _value(row.new)) for row in rows
    ]


def _value(stored: Any) -> str:
    if isinstance(stored, dict):
        stored = stored.get("value")
    return str(stored) if stored else ""
