"""Missed days and lessons. The one home of this arithmetic (domain.md §2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Sum

from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, Absence, Reason
from journal.lessons import ClassLessons
from journal.models import School

DayMarks = Mapping[int, str]
"""Reasons of one pupil and day by lesson number; 0 is the whole day."""


@dataclass(frozen=True, slots=True)
class MissedDay:
    """What a pupil missed on a day. `lessons` maps lesson number → reason; `day` is the reason of a day missed whole,
    or an empty string. `timetable_known` is False where a whole-day mark stands on a day without any lesson known."""

    lessons: Mapping[int, str]
    day: str = ""
    timetable_known: bool = True
    late: int = 0


def missed_on(own: Iterable[int], marks: DayMarks, rule: str = School.MissedDayRule.ALL_LESSONS) -> MissedDay:
    """Missed lessons and day from the numbers of own lessons and the marks of the day (domain.md §2).

    A lesson mark speaks louder than the whole-day mark for its lesson; lateness at a lesson means presence at it.
    A mark at a lesson that is not the pupil's own counts nothing.
    """
    numbers = set(own)
    whole = marks.get(WHOLE_DAY, "")
    if not numbers:
        known = whole if whole in ABSENCE_REASONS else ""
        return MissedDay({}, day=known, timetable_known=not known)
    reasons = {number: marks.get(number, whole) for number in numbers}
    missed = {number: reason for number, reason in sorted(reasons.items()) if reason in ABSENCE_REASONS}
    late = sum(1 for reason in reasons.values() if reason == Reason.LATE)
    enough = len(missed) == len(numbers)
    if rule == School.MissedDayRule.THREE_OR_MORE:
        enough = len(missed) >= 3 or enough
    return MissedDay(missed, day=main_reason(Counter(missed.values())) if missed and enough else "", late=late)


def main_reason(counts: Mapping[str, int]) -> str:
    """The reason of a day missed by lessons: that of most lessons; in a tie Н over У over Б (domain.md §2)."""
    return max(ABSENCE_REASONS, key=lambda reason: (counts.get(reason, 0), ABSENCE_REASONS.index(reason)))


@dataclass
class Totals:
    """Days and lessons missed, by reason, of one pupil or of many. `unknown_days` are whole-day marks on days whose
    lessons are not known: their lessons read «—», not 0."""

    days: Counter = field(default_factory=Counter)
    lessons: Counter = field(default_factory=Counter)
    own_lessons: int = 0
    late: int = 0
    unknown_days: int = 0

    def add(self, missed: MissedDay) -> None:
        if missed.day:
            self.days[missed.day] += 1
        self.lessons.update(missed.lessons.values())
        self.late += missed.late
        self.unknown_days += not missed.timetable_known

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.days + other.days,
            self.lessons + other.lessons,
            self.own_lessons + other.own_lessons,
            self.late + other.late,
            self.unknown_days + other.unknown_days,
        )

    @property
    def lessons_all(self) -> int:
        return self.lessons.total()

    @property
    def attendance_percent(self) -> float | None:
        """100 · (1 − missed / own lessons held while on roll); None where no lesson is known."""
        return 100 * (1 - self.lessons_all / self.own_lessons) if self.own_lessons else None

    def by_letter(self) -> list[tuple[str, int, int]]:
        """(letter, days, lessons) for Б, У, Н."""
        return [(LETTERS[reason], self.days[reason], self.lessons[reason]) for reason in ABSENCE_REASONS]


def marks_by_day(pupil_ids: Iterable[int], start: date, end: date) -> dict[int, dict[date, dict[int, str]]]:
    """Reasons of every mark of the pupils in start..end: pupil id → date → lesson number → reason. One query."""
    found: dict[int, dict[date, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    rows = Absence.objects.filter(pupil__in=list(pupil_ids)).between(start, end)
    for pupil_id, day, lesson, reason in rows.values_list("pupil_id", "date", "lesson", "reason"):
        found[pupil_id][day][lesson] = reason
    return found


def late_minutes(pupil_ids: Iterable[int], start: date, end: date) -> dict[int, int]:
    """Minutes of lateness in start..end by pupil, of those whose minutes were told; others are not in it. One query.

    Lateness is counted apart and is never an absence: how many times is `Totals.late`.
    """
    told = Absence.objects.filter(pupil__in=list(pupil_ids), reason=Reason.LATE, minutes__isnull=False)
    rows = told.between(start, end).order_by().values_list("pupil_id").annotate(Sum("minutes"))
    return dict(rows)


def totals_by_pupil(lessons: ClassLessons, start: date, end: date, school: School) -> dict[int, Totals]:
    """Totals of each pupil of the class in start..end, only over days on the roll. One query."""
    marks = marks_by_day([pupil.pk for pupil in lessons.pupils], start, end)
    totals: dict[int, Totals] = {}
    for pupil in lessons.pupils:
        total = totals[pupil.pk] = Totals()
        own_marks = marks.get(pupil.pk, {})
        for day in sorted({*lessons.places, *own_marks}):
            if not (start <= day <= end and lessons.on_roll(pupil.pk, day)):
                continue
            own = {place.number for place in lessons.own(pupil.pk, day)}
            total.own_lessons += len(own)
            if day in own_marks:
                total.add(missed_on(own, own_marks[day], school.missed_day_rule))
    return totals
