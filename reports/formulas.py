"""The formulas of reports (domain.md §4). Pure: counts and values in, Decimals out, None where there is nothing to
divide by. Numbers are exact; `rounded` makes the shown form. Tests hold every vector of the specification.

The weighted mean and the forecast (domain.md §3) live in `journal.means`, because the journal shows them too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from journal.means import (
    Thresholds,
    expected_mark,
    has_few_marks,
    is_disputed,
    weighted_mean,
    year_mark,
)
from journal.models import NUMERIC_VALUES, MarkValue

__all__ = [
    "Group",
    "Indicators",
    "Thresholds",
    "class_quality",
    "class_success",
    "expected_mark",
    "groups_of_pupil",
    "has_few_marks",
    "indicators_of",
    "is_disputed",
    "rounded",
    "subject_indicators",
    "weighted_mean",
    "year_mark",
]

# What a result adds to СОУ. A «1» is as bad as no attestation.
_SOU = {"5": 100, "4": 64, "3": 36, "2": 16, "1": 7, MarkValue.NOT_ATTESTED: 7}
_COUNTED = (*NUMERIC_VALUES, MarkValue.NOT_ATTESTED)


@dataclass(frozen=True, slots=True)
class Indicators:
    """One subject (or any set of period marks): `counts` says how every number came about. `empty` are pupils without
    any mark for the period: with осв and зач they are who is left out of `n`."""

    counts: Mapping[str, int]
    n: int
    empty: int
    success: Decimal | None
    quality: Decimal | None
    sou: Decimal | None
    mean: Decimal | None


def subject_indicators(period_marks: Iterable[str | None]) -> Indicators:
    """Indicators over the period marks of pupils on roll at the period's end; None or "" is «no mark at all».

    н/а is in N; осв, зач and empty are not. Without anybody in N every number is None, shown as «—».
    """
    counts = Counter(value or "" for value in period_marks)
    empty = counts.pop("", 0)
    return indicators_of(counts, empty=empty)


def indicators_of(counts: Mapping[str, int], *, empty: int = 0) -> Indicators:
    """The same from counts by value, as a database groups them; no empty value among them."""
    counts = Counter(counts)
    n = sum(counts[value] for value in _COUNTED)
    numeric = sum(counts[value] for value in NUMERIC_VALUES)
    return Indicators(
        counts=counts,
        n=n,
        empty=empty,
        success=_percent(counts["5"] + counts["4"] + counts["3"], n),
        quality=_percent(counts["5"] + counts["4"], n),
        sou=_ratio(sum(weight * counts[value] for value, weight in _SOU.items()), n),
        mean=_ratio(sum(int(value) * counts[value] for value in NUMERIC_VALUES), numeric),
    )


class Group(StrEnum):
    """Lists of a class report; a pupil may stand in several."""

    EXCELLENT = "отличники"
    GOOD = "хорошисты"
    ONE_FOUR = "с одной «4»"
    ONE_THREE = "с одной «3»"
    WITH_THREES = "успевающие с «3»"
    FAILING = "неуспевающие"
    NOT_ATTESTED = "неаттестованные"
    NO_RESULT = "без результата"


def groups_of_pupil(period_marks: Iterable[str | None]) -> frozenset[Group]:
    """In which lists the pupil stands by the period marks of one period."""
    marks = [value for value in period_marks if value in _COUNTED]
    if not marks:
        return frozenset({Group.NO_RESULT})
    counts = Counter(marks)
    groups = set()
    if counts["2"] or counts["1"]:
        groups.add(Group.FAILING)
    if counts[MarkValue.NOT_ATTESTED]:
        groups.add(Group.NOT_ATTESTED)
    if groups:
        return frozenset(groups)
    if counts["3"]:
        groups.add(Group.WITH_THREES)
        if counts["3"] == 1:
            groups.add(Group.ONE_THREE)
    elif counts["4"]:
        groups.add(Group.GOOD)
        if counts["4"] == 1:
            groups.add(Group.ONE_FOUR)
    else:
        groups.add(Group.EXCELLENT)
    return frozenset(groups)


def class_quality(pupils: Sequence[frozenset[Group]]) -> Decimal | None:
    """Качество of the class: 100 · (отличники + хорошисты) / pupils with at least one result."""
    return _percent(sum(bool(groups & {Group.EXCELLENT, Group.GOOD}) for groups in pupils), _with_result(pupils))


def class_success(pupils: Sequence[frozenset[Group]]) -> Decimal | None:
    """Успеваемость of the class: 100 · pupils without a 2 and a н/а / pupils with at least one result."""
    bad = {Group.FAILING, Group.NOT_ATTESTED, Group.NO_RESULT}
    return _percent(sum(not groups & bad for groups in pupils), _with_result(pupils))


def rounded(value: Decimal | None, places: int = 2) -> Decimal | None:
    """As shown: halves go up."""
    return None if value is None else value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _with_result(pupils: Sequence[frozenset[Group]]) -> int:
    return sum(Group.NO_RESULT not in groups for groups in pupils)


def _percent(part: int, n: int) -> Decimal | None:
    return _ratio(100 * part, n)


def _ratio(part: int, n: int) -> Decimal | None:
    return Decimal(part) / n if n else None
