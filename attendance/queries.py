"""Missed days and lessons. The one home of this arithmetic (domain.md §2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Sum

from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, Absence, Reason
from journal.calendar import Calendar
from journal.lessons import ClassLessons
from journal.models import School, SchoolClass
from journal.own_numbers import OwnNumbers, own_numbers

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
    """Days and lessons missed, by reason, of one pupil or of many. `unknown` are whole-day marks on days whose
    lessons are not known: their lessons read «—», not 0."""

    days: Counter = field(default_factory=Counter)
    lessons: Counter = field(default_factory=Counter)
    own_lessons: int = 0
    late: int = 0
    unknown: Counter = field(default_factory=Counter)

    def add(self, missed: MissedDay) -> None:
        if missed.day:
            self.days[missed.day] += 1
        self.lessons.update(missed.lessons.values())
        self.late += missed.late
        if not missed.timetable_known:
            self.unknown[missed.day] += 1

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.days + other.days,
            self.lessons + other.lessons,
            self.own_lessons + other.own_lessons,
            self.late + other.late,
            self.unknown + other.unknown,
        )

    @property
    def unknown_days(self) -> int:
        return self.unknown.total()

    @property
    def lessons_all(self) -> int:
        return self.lessons.total()

    @property
    def attendance_percent(self) -> float | None:
        """100 · (1 − missed / own lessons held while on roll); None where no lesson is known."""
        return 100 * (1 - self.lessons_all / self.own_lessons) if self.own_lessons else None

    @property
    def percent(self) -> Decimal | None:
        """The attendance with one place after the comma, halves up: as every table tells it."""
        exact = self.attendance_percent
        return None if exact is None else Decimal(str(exact)).quantize(Decimal("0.1"), ROUND_HALF_UP)

    def days_figures(self) -> tuple[int, int, int, int]:
        """Days missed: all, Б, У, Н."""
        return (self.days.total(), *(self.days[reason] for reason in ABSENCE_REASONS))  # type: ignore[return-value]

    def lessons_figures(self) -> tuple[int | str, ...]:
        """Lessons missed: all, Б, У, Н. «—» where none of them is known, «5*» where there were more."""
        all_ = _known(self.lessons_all, self.unknown_days)
        return (all_, *(_known(self.lessons[reason], self.unknown[reason]) for reason in ABSENCE_REASONS))

    def by_letter(self) -> list[tuple[str, int, int]]:
        """(letter, days, lessons) for Б, У, Н."""
        return [(LETTERS[reason], self.days[reason], self.lessons[reason]) for reason in ABSENCE_REASONS]


def sum_of(totals: Iterable[Totals]) -> Totals:
    """The totals of many, in one: adding counters one by one makes two new ones each time."""
    whole = Totals()
    for one in totals:
        whole.days.update(one.days)
        whole.lessons.update(one.lessons)
        whole.unknown.update(one.unknown)
        whole.own_lessons += one.own_lessons
        whole.late += one.late
    return whole


def _known(lessons: int, unknown_days: int) -> int | str:
    if not unknown_days:
        return lessons
    return f"{lessons}*" if lessons else "—"


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


@dataclass(frozen=True)
class ClassAbsences:
    """Who of a class missed what between two dates, ready to be counted over any part of them; no query is left inside.

    `missed` holds the days with marks on which the pupil is on the roll, also those ahead that a document prefilled;
    `unconfirmed` are places (pupil, day, lesson) whose reason is not known yet. Totals end with `until`, today.
    """

    own: OwnNumbers
    missed: dict[int, dict[date, MissedDay]]
    unconfirmed: frozenset[tuple[int, date, int]]
    until: date

    def totals(self, pupil_id: int, start: date, end: date) -> Totals:
        """The totals of a pupil in start..end: those of `totals_by_pupil`, without going through every day."""
        end = min(end, self.until)
        total = Totals(own_lessons=self.own.count(pupil_id, start, end))
        for day, missed in self.missed.get(pupil_id, {}).items():
            if start <= day <= end:
                total.add(missed)
        return total


def class_absences(
    school_class: SchoolClass, start: date, end: date, calendar: Calendar, *, today: date
) -> ClassAbsences:
    """The absences of a class in start..end. Four queries, whatever the sizes."""
    own = own_numbers(school_class, start, end, calendar)
    rule = calendar.school.missed_day_rule
    marks: dict[int, dict[date, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    unconfirmed = set()
    rows = Absence.objects.filter(pupil__in=[pupil.pk for pupil in own.pupils]).between(start, end).order_by()
    for pupil_id, day, lesson, reason, is_confirmed in rows.values_list(
        "pupil_id", "date", "lesson", "reason", "is_confirmed"
    ):
        marks[pupil_id][day][lesson] = reason
        if not is_confirmed:
            unconfirmed.add((pupil_id, day, lesson))
    missed = {
        pupil_id: {
            day: missed_on(own.numbers(pupil_id, day), of_day, rule)
            for day, of_day in sorted(of_pupil.items())
            if own.on_roll(pupil_id, day)
        }
        for pupil_id, of_pupil in marks.items()
    }
    return ClassAbsences(own, missed, frozenset(unconfirmed), today)
