"""Weighted mean and what it promises (domain.md §3). Pure functions on Decimal: the same number on every page.

Formulas over a class or a school stand above, in `reports.formulas`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from journal.models import NUMERIC_VALUES, Scheme, School


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which mean a mark is given, and how near to a threshold it is «спорная»."""

    five: Decimal = Decimal("4.50")
    four: Decimal = Decimal("3.50")
    three: Decimal = Decimal("2.50")
    margin: Decimal = Decimal("0.15")

    @classmethod
    def of(cls, school: School) -> Thresholds:
        return cls(school.threshold_5, school.threshold_4, school.threshold_3, school.disputed_margin)

    def __iter__(self):
        return iter((self.five, self.four, self.three))


def grade_has_marks(grade: int) -> bool:
    """Grade 1 is taught without marks."""
    return grade > 1


def weighted_mean(marks: Iterable[tuple[str, Decimal]]) -> Decimal | None:
    """Σ(mark·weight) / Σweight of (value, weight); words and debts do not count; None without a number."""
    total = weights = Decimal(0)
    for value, weight in marks:
        if value in NUMERIC_VALUES:
            total += int(value) * weight
            weights += weight
    return total / weights if weights else None


def expected_mark(mean: Decimal | None, thresholds: Thresholds) -> int | None:
    """The period mark the mean gives: 5, 4, 3, else 2."""
    if mean is None:
        return None
    for mark, threshold in zip((5, 4, 3), thresholds, strict=True):
        if mean >= threshold:
            return mark
    return 2


def is_disputed(mean: Decimal | None, thresholds: Thresholds) -> bool:
    """Within the margin of a threshold, to either side: one more mark may change the result."""
    return mean is not None and any(abs(mean - threshold) <= thresholds.margin for threshold in thresholds)


def has_few_marks(numeric_marks: int, scheme: str, school: School) -> bool:
    """«Мало отметок» for a period of this scheme."""
    enough = school.few_marks_half_year if scheme == Scheme.HALF_YEAR else school.few_marks_term
    return numeric_marks < enough


def year_mark(period_marks: Sequence[str]) -> int | None:
    """The mean of the period marks, a half rounded up; None where no period has a number."""
    numbers = [int(value) for value in period_marks if value in NUMERIC_VALUES]
    if not numbers:
        return None
    return int((Decimal(sum(numbers)) / len(numbers)).quantize(Decimal(1), ROUND_HALF_UP))


def marks_to_reach(target: int, marks: Iterable[tuple[str, Decimal]], thresholds: Thresholds) -> int | None:
    """How many more marks `target` in a row, each of weight 1, lift the mean to what gives `target`; 0 where it does
    already, None without a number to start from."""
    numbers = [(int(value), weight) for value, weight in marks if value in NUMERIC_VALUES]
    threshold = dict(zip((5, 4, 3), thresholds, strict=True))[target]
    if not numbers:
        return None
    lacking = sum(((threshold - value) * weight for value, weight in numbers), Decimal(0))
    return max(0, int((lacking / (target - threshold)).to_integral_value(ROUND_CEILING)))
