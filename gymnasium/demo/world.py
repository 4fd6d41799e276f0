"""What the generators share: the school as it grows, and where its random numbers come from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User
from journal.calendar import Calendar
from journal.models import (
    AcademicYear,
    Course,
    Lesson,
    Pupil,
    SchoolClass,
    StudyGroup,
    Subject,
    Teacher,
    Term,
    WorkKind,
)

Place = tuple[int, int]
"""Weekday (1 Monday) and number of a lesson in the timetable."""


@dataclass(eq=False)
class Unit:
    """What a class does at one place of its timetable: one course, or the courses of all groups at once."""

    subject: str
    courses: list[Course]
    hours: int
    places: list[Place] = field(default_factory=list)
    first: date = date.min

    @property
    def is_split(self) -> bool:
        return len(self.courses) > 1


@dataclass(eq=False)
class Child:
    """A pupil with what the generators need to know and the register does not store."""

    row: Pupil
    family: int
    strength: float
    frailty: float
    carelessness: float
    gifts: dict[str, float] = field(default_factory=dict)
    studies_at_home: bool = False
    exempt_from_sport: bool = False


@dataclass(frozen=True)
class Stay:
    """A child in a course, or on the roll of a class, from a day to a day (both included)."""

    child: Child
    first: date
    last: date = date.max

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(eq=False)
class Form:
    """A class with its lessons and children. (Not called Class: the word is taken twice in this language.)"""

    row: SchoolClass
    units: list[Unit] = field(default_factory=list)
    plan_units: list[Unit] = field(default_factory=list)
    teacher: Teacher | None = None
    roll: list[Stay] = field(default_factory=list)
    groups: dict[str, list[StudyGroup]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def grade(self) -> int:
        return self.row.grade

    @property
    def all_units(self) -> list[Unit]:
        """With the lessons of single pupils' plans."""
        return self.units + self.plan_units

    def children_on(self, day: date) -> list[Child]:
        return [stay.child for stay in self.roll if stay.holds(day)]


@dataclass(eq=False)
class World:
    """The demo school while it is made."""

    size: str
    day: date
    year: AcademicYear
    calendar: Calendar
    people_password: str
    subjects: dict[str, Subject] = field(default_factory=dict)
    kinds: dict[str, WorkKind] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    teachers: list[Teacher] = field(default_factory=list)
    chairs: dict[str, list[Teacher]] = field(default_factory=lambda: defaultdict(list))
    users: dict[str, User] = field(default_factory=dict)
    audience: dict[int, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    """Who studies in a course, by its number."""
    lessons: dict[int, list[Lesson]] = field(default_factory=lambda: defaultdict(list))
    """Held lessons of a course, oldest first."""
    missing: dict[tuple[int, date], set[int]] = field(default_factory=dict)
    """Lesson numbers a pupil was absent from on a day."""
    _days: dict[int, list[date]] = field(default_factory=dict)
    contradiction: tuple[Child, date, int] | None = None
    """A mark at this lesson to a child who was marked absent."""

    def rng(self, purpose: str) -> Random:
        """Own numbers for each purpose: a change in one generator leaves what the others make as it was.

        The date is not part of the seed, so the same school lives on from one day to the next.
        """
        return Random(f"{self.size}:{purpose}")

    def form(self, name: str) -> Form:
        return next(form for form in self.forms if form.name == name)

    def school_days(self, grade: int) -> list[date]:
        """Days of school from the first one to the school's today, both included."""
        if grade not in self._days:
            self._days[grade] = self.calendar.school_days(self.year.date_from, self.day, grade)
        return self._days[grade]

    def past_days(self, grade: int) -> list[date]:
        return [day for day in self.school_days(grade) if day < self.day]

    def finished_terms(self, grade: int) -> list[Term]:
        return [term for term in self.calendar.terms_for(grade) if term.date_to <= self.day]


def moment(day: date, hour: int, minute: int, second: int = 0) -> datetime:
    """A time of the school's clock."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=ZoneInfo(settings.TIME_ZONE))
