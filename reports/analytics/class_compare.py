"""A class beside itself, term by term, and beside the other classes of its parallel (domain.md §4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from journal.calendar import Calendar
from journal.models import SchoolClass
from reports.analytics.figures import Figure, class_figures, subject_figures
from reports.analytics.many import many_results
from reports.analytics.periods import ReportPeriod
from reports.analytics.results import ClassResults
from reports.formulas import Group, indicators_of

FEWEST = 5
"""The numbers of a smaller class could point at a child: a class teacher does not see them."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of a class for a period: by pupils, and the mean of all results. `pupils` have a result."""

    pupils: int
    success: Figure
    quality: Figure
    mean: Figure
    is_forecast: bool

    @classmethod
    def of(cls, *several: ClassResults) -> Totals:
        """Of a class, or of several as if they were one."""
        groups = {(one.school_class.pk, pupil): found for one in several for pupil, found in one.groups.items()}
        success, quality = class_figures(dict(enumerate(groups.values())))
        counts = sum((Counter(one.overall.counts) for one in several), Counter())
        mean = subject_figures(indicators_of(counts, empty=sum(one.overall.empty for one in several))).mean
        counted = sum(Group.NO_RESULT not in found for found in groups.values())
        return cls(counted, success, quality, mean, any(one.is_forecast for one in several))

    def __iter__(self):
        return iter((self.success, self.quality, self.mean))


@dataclass(frozen=True, slots=True)
class TermLine:
    period: ReportPeriod
    totals: Totals


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class of the parallel, or all of them with `class_id` None. `totals` is None where the class is too small to
    be shown. Nothing else of another class is here: no name, no count of its pupils in words."""

    class_id: int | None
    name: str
    totals: Totals | None
    is_own: bool = False


@dataclass(frozen=True)
class Comparison:
    """`before` are the results of the class in the period before, `terms` its terms begun, `parallel` the classes of
    the grade; fewer than two lines are nothing to compare."""

    before: ClassResults | None
    terms: tuple[TermLine, ...]
    parallel: tuple[ClassLine, ...]


def comparison(
    results: ClassResults,
    periods: Sequence[ReportPeriod],
    before: ReportPeriod | None,
    calendar: Calendar,
    *,
    today: date,
    sees_all: bool,
) -> Comparison:
    """Five queries. `sees_all`: small classes are shown too (to the deputy)."""
    own, period = results.school_class, results.period
    classes = list(SchoolClass.objects.filter(year=own.year_id, grade=own.grade).order_by("letter"))
    terms = [one for one in periods if not one.is_year]
    others = [one for one in classes if one.pk != own.pk]
    wanted = [(own, one) for one in terms if one.key != period.key] + [(one, period) for one in others]
    found = many_results(wanted, calendar, today=today)
    of_terms = {one.key: results if one.key == period.key else found[own.pk, one.key] for one in terms}
    of_classes = {one.pk: results if one.pk == own.pk else found[one.pk, period.key] for one in classes}
    return Comparison(
        before=of_terms[before.key] if before else None,
        terms=tuple(TermLine(one, Totals.of(of_terms[one.key])) for one in terms),
        parallel=_parallel(classes, of_classes, own, sees_all=sees_all),
    )


def _parallel(
    classes: Sequence[SchoolClass], found: Mapping[int, ClassResults], own: SchoolClass, *, sees_all: bool
) -> tuple[ClassLine, ...]:
    lines = []
    for one in classes:
        totals = Totals.of(found[one.pk])
        is_shown = sees_all or one.pk == own.pk or not totals.pupils or totals.pupils >= FEWEST
        lines.append(ClassLine(one.pk, one.name, totals if is_shown else None, is_own=one.pk == own.pk))
    # The sum would give away what a small class hides.
    if len(lines) > 1 and all(line.totals for line in lines):
        lines.append(ClassLine(None, "Вся параллель", Totals.of(*found.values())))
    return tuple(lines)


def shares_of(lines: Iterable[Totals | None], which: int) -> list[Decimal | None]:
    """One of the three numbers of each line, for a chart."""
    return [list(one)[which].value if one else None for one in lines]
