"""The line of a pupil over the year beside the median of the class (domain.md §4).

The median is told only where at least `FEWEST_OTHERS` other pupils have a mean of that month: then it says nothing of
any one of them. No other child's name or number leaves this module.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from django.db.models import Count, F
from django.db.models.functions import TruncMonth

from journal.means import weighted_mean
from journal.models import NUMERIC_VALUES, Enrolment, Mark, SchoolClass

FEWEST_OTHERS = 5


@dataclass(frozen=True, slots=True)
class Month:
    """The weighted mean over all subjects of a month, and the class's median of such means, or None."""

    first: date
    own: Decimal | None
    of_class: Decimal | None


def trend(pupil_id: int, school_class: SchoolClass, start: date, end: date) -> tuple[Month, ...]:
    """Month by month in start..end, those without any mark left out. One query."""
    means = class_means(school_class, start, end)
    return tuple(
        Month(first, of_month.get(pupil_id), _median(pupil_id, of_month)) for first, of_month in sorted(means.items())
    )


def _median(pupil_id: int, means: dict[int, Decimal]) -> Decimal | None:
    others = sum(one != pupil_id for one in means)
    return Decimal(median(means.values())) if others >= FEWEST_OTHERS else None


def class_means(school_class: SchoolClass, start: date, end: date) -> dict[date, dict[int, Decimal]]:
    """Month → pupil id → weighted mean, of those on the roll of the class on the last day. One query."""
    here = Enrolment.objects.on_roll(end).filter(school_class=school_class).values("pupil")
    rows = (
        Mark.objects.filter(pupil__in=here, lesson__date__range=(start, end), value__in=NUMERIC_VALUES)
        .order_by()
        .values_list("pupil_id", TruncMonth("lesson__date"), "value", F("kind__weight"))
        .annotate(n=Count("pk"))
    )
    given: dict[tuple[date, int], list[tuple[str, Decimal]]] = defaultdict(list)
    for pupil_id, month, value, weight, count in rows:
        given[month, pupil_id].append((value, weight * count))
    found: dict[date, dict[int, Decimal]] = defaultdict(dict)
    for (month, pupil_id), marks in given.items():
        mean = weighted_mean(marks)
        if mean is not None:
            found[month][pupil_id] = mean
    return found
