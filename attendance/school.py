"""Absentees of the whole school, by day and by class: counted in the database, never class by class.

Own lessons of a thousand pupils over weeks are too dear for a page that is asked every half minute, so these counts
follow a simpler rule than `attendance.queries`: a pupil counts as absent on a day with a mark for the whole day, or
with marks for three lessons and more. `COUNTED_WORDS` says so to the reader.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from attendance.models import ABSENCE_REASONS, WHOLE_DAY, Absence
from attendance.queries import main_reason

ABSENT_LESSONS = 3
REASON_NAMES = [str(reason) for reason in ABSENCE_REASONS]
COUNTED_WORDS = (
    "Ученик посчитан в день, если отмечен отсутствующим на весь день или на трёх уроках и больше. "
    "Причина дня: та, по которой пропущено больше уроков. Опоздания не считаются."
)


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
    # All conditions in one filter(): they are about the same enrolment.
    still = Q(pupil__enrolments__date_to=None) | Q(pupil__enrolments__date_to__gte=day)
    rows = (
        Absence.objects.absences()
        .filter(still, date=day, pupil__enrolments__date_from__lte=day)
        .order_by()
        .values_list("pupil__enrolments__school_class", "pupil", "lesson", "reason")
    )
    marks: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    for class_id, pupil_id, lesson, reason in rows:
        marks[class_id, pupil_id][lesson] = reason
    found: dict[int, Absent] = defaultdict(Absent)
    for (class_id, _), of_pupil in marks.items():
        if WHOLE_DAY in of_pupil:
            found[class_id].by_reason[of_pupil[WHOLE_DAY]] += 1
        elif len(of_pupil) >= ABSENT_LESSONS:
            found[class_id].by_reason[main_reason(Counter(of_pupil.values()))] += 1
        else:
            found[class_id].partly += 1
    return found
