"""Absentees of the whole school, by day and by class: counted in the database, never class by class.

Own lessons of a thousand pupils over weeks are too dear for a page that is asked every half minute, so these counts
follow a simpler rule than `attendance.queries`: a pupil counts as absent on a day with a mark for the whole day, or
with marks for three lessons and more. `COUNTED_WORDS` says so to the reader.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Max, Q

from attendance.models import ABSENCE_REASONS, WHOLE_DAY, Absence
from journal.models import Enrolment

ABSENT_LESSONS = 3
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
    """Distinct absent pupils of each day by reason of the day. One query: a row an absent pupil and day."""
    rows = (
        Absence.objects.absences()
        .between(start, end)
        .order_by()
        .values_list("date", "pupil")
        .annotate(
            whole=Max("reason", filter=Q(lesson=WHOLE_DAY)),
            **{str(reason): Count("pk", filter=Q(reason=reason)) for reason in ABSENCE_REASONS},
        )
        .annotate(all=Count("pk"))
        .filter(Q(whole__isnull=False) | Q(all__gte=ABSENT_LESSONS))
        .values_list("date", "whole", *(str(reason) for reason in ABSENCE_REASONS))
    )
    found: dict[date, Counter] = defaultdict(Counter)
    for day, whole, *counts in rows:
        found[day][whole or _main_reason(dict(zip(ABSENCE_REASONS, counts, strict=True)))] += 1
    return found


def absent_by_class(day: date) -> dict[int, Absent]:
    """Absentees of the day by class of that day. One query."""
    enrolled = Enrolment.objects.on_roll(day)
    rows = (
        Absence.objects.absences()
        .filter(date=day, pupil__enrolments__in=enrolled)
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
            found[class_id].by_reason[_main_reason(Counter(of_pupil.values()))] += 1
        else:
            found[class_id].partly += 1
    return found


def _main_reason(counts: Mapping[str, int]) -> str:
    """The reason of most lessons; a tie: Н over У over Б (domain.md §2)."""
    return max(ABSENCE_REASONS, key=lambda reason: (counts.get(reason, 0), ABSENCE_REASONS.index(reason)))
