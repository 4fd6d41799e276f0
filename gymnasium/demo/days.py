"""The days of one class while its absences are made up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from attendance.models import WHOLE_DAY, AbsenceDocument
from gymnasium.demo.world import Child, Form
from journal.models import Course


@dataclass(eq=False)
class Note:
    """One absence to be: a whole day (lesson 0) or a lesson. `before` is the letter that stood there first."""

    reason: str
    lesson: int = WHOLE_DAY
    is_confirmed: bool = True
    document: AbsenceDocument | None = None
    before: str = ""
    minutes: int | None = None


@dataclass(eq=False)
class FormDays:
    """The days of a class: own lessons of each child, absences, times of the roll calls."""

    form: Form
    days: list[date]
    own: dict[date, dict[Child, dict[int, Course]]]
    notes: dict[tuple[Child, date], list[Note]] = field(default_factory=lambda: defaultdict(list))
    documents: list[AbsenceDocument] = field(default_factory=list)
    seen: list[tuple[Child, date, int]] = field(default_factory=list)
    """(child, day, lesson) where a teacher saw who is absent by the sheet."""

    def is_present(self, child: Child, day: date) -> bool:
        return child in self.own[day] and not self.notes.get((child, day))

    def whole(self, child: Child, day: date, **fields) -> None:
        self.notes[child, day] = [Note(lesson=WHOLE_DAY, **fields)]
