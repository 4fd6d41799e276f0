"""Absentees of the whole school, by day and by class: counted in the database, never class by class.

Own lessons of a thousand pupils over weeks are too dear for a page that is asked every half minute, so these counts
follow a simpler rule than `attendance.queries`: a pupil counts as absent on a day with a mark for the whole day, or
with marks for three lessons and more. `COUNTED_WORDS` says so to the reader.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Exists, F, Max, OuterRef, Q

from attendance.models import ABSENCE_REASONS, WHOLE_DAY, Absence, AbsenceChange
from attendance.queries import main_reason
from journal.calendar import Calendar
from journal.models import SchoolClass

ABSENT_LESSONS = 3
REASON_NAMES = [str(reason) for reason in ABSENCE_REASONS]
COUNTED_WORDS = (
    "Ученик посчитан в день, если отмечен отсутствующим на весь день или на трёх уроках и больше. "
    "Причина дня: та, по которой пропущено больше уроков. Опоздания не считаются."
)
LUNCH_BETWEEN = {3, 4}
"""Lunch falls into the breaks around these lessons, whatever the grade: who misses both does not eat."""
LUNCH_WORDS = (
    "К обеду посчитаны все по списку класса, кроме отмеченных отсутствующими на весь день или сразу на третьем и "
    "четвёртом уроках. Кто пропускает первый и второй уроки или уходит после четвёртого, обедает."
)


@dataclass(frozen=True, slots=True)
class Changed:
    """Changes of a sheet after its roll call: how many, and when the last one was."""

    count: int
    last: datetime


@dataclass
class Absent:
    """Absentees of a class or of the school on one day."""

    by_reason: Counter = field(default_factory=Counter)
    partly: int = 0

    @property
    def total(self) -> int:
        return self.by_reason.total()

    def __add__(self, other: Absent) -> Absent:
        return Absent(self.by_reason + other.by_reason, self.partly + other.partly)


def absent_by_day(start: date, end: date) -> dict[date, Counter]:
    """Distinct absent pupils of each day by reason of the day. Two queries: days marked whole are counted in the
    database, a row a day and reason; of days marked lesson by lesson there is a row a pupil."""
    absences = Absence.objects.absences().between(start, end).order_by()
    found: dict[date, Counter] = defaultdict(Counter)
    whole = absences.filter(lesson=WHOLE_DAY)
    for day, reason, count in whole.values_list("date", "reason").annotate(count=Count("pk")):
        found[day][reason] = count
    by_lesson = (
        absences.filter(~Exists(whole.filter(pupil=OuterRef("pupil"), date=OuterRef("date"))))
        .values_list("date", "pupil")
        .annotate(all=Count("pk"), **{reason: Count("pk", filter=Q(reason=reason)) for reason in REASON_NAMES})
        .filter(all__gte=ABSENT_LESSONS)
        .values_list("date", *REASON_NAMES)
    )
    for day, *counts in by_lesson:
        found[day][main_reason(dict(zip(ABSENCE_REASONS, counts, strict=True)))] += 1
    return found


def absent_by_class(day: date) -> dict[int, Absent]:
    """Absentees of the day by class of that day. One query."""
    return absent_by_day_and_class(day, day)[day]


def absent_by_day_and_class(start: date, end: date) -> dict[date, dict[int, Absent]]:
    """Absentees of each day by the class they were in that day. One query."""
    found: dict[date, dict[int, Absent]] = defaultdict(lambda: defaultdict(Absent))
    for (day, class_id, _), marks in _marks(start, end).items():
        absent = found[day][class_id]
        if reason := day_reason(marks):
            absent.by_reason[reason] += 1
        else:
            absent.partly += 1
    return found


def day_reason(marks: Mapping[int, str]) -> str:
    """Why the pupil counts as absent on the day, or an empty string where only a lesson or two are missed."""
    if WHOLE_DAY in marks:
        return marks[WHOLE_DAY]
    return main_reason(Counter(marks.values())) if len(marks) >= ABSENT_LESSONS else ""


def away_at_lunch(day: date) -> dict[int, int]:
    """Pupils who do not eat at school on the day, by class (`LUNCH_WORDS`). One query."""
    found: dict[int, int] = Counter()
    for (_, class_id, _), marks in _marks(day, day).items():
        found[class_id] += WHOLE_DAY in marks or marks.keys() >= LUNCH_BETWEEN
    return found


def changed_after_roll_call(day: date) -> dict[int, Changed]:
    """What was changed on the sheets of the day after their roll calls, by class. One query."""
    # All conditions in one filter(): they are about the same enrolment and its class's roll call.
    still = Q(pupil__enrolments__date_to=None) | Q(pupil__enrolments__date_to__gte=day)
    rows = (
        AbsenceChange.objects.filter(
            still,
            date=day,
            pupil__enrolments__date_from__lte=day,
            pupil__enrolments__school_class__roll_calls__date=day,
            at__gt=F("pupil__enrolments__school_class__roll_calls__taken_at"),
        )
        .order_by()
        .values_list("pupil__enrolments__school_class")
        .annotate(count=Count("pk"), last=Max("at"))
    )
    return {class_id: Changed(count, last) for class_id, count, last in rows}


def unmarked_classes(day: date, calendar: Calendar) -> list[SchoolClass]:
    """Classes that have school on the day and no roll call yet. One query."""
    rows = calendar.year.classes.exclude(roll_calls__date=day).order_by("grade", "letter")
    return [row for row in rows if calendar.is_school_day(day, row.grade)]


def _marks(start: date, end: date) -> dict[tuple[date, int, int], dict[int, str]]:
    """(day, class of that day, pupil) → reasons of absence by lesson."""
    # All conditions in one filter(): they are about the same enrolment.
    still = Q(pupil__enrolments__date_to=None) | Q(pupil__enrolments__date_to__gte=F("date"))
    rows = (
        Absence.objects.absences()
        .filter(still, date__range=(start, end), pupil__enrolments__date_from__lte=F("date"))
        .order_by()
        .values_list("date", "pupil__enrolments__school_class", "pupil", "lesson", "reason")
    )
    marks: dict[tuple[date, int, int], dict[int, str]] = defaultdict(dict)
    for day, class_id, pupil_id, lesson, reason in rows:
        marks[day, class_id, pupil_id][lesson] = reason
    return marks
