"""Charts of the report on a class: the same drawings on the page and on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from journal.means import Thresholds
from journal.models import NUMERIC_VALUES, MarkValue
from reports.analytics.class_compare import Comparison, shares_of
from reports.analytics.class_report import COLUMNS, ClassReport
from reports.analytics.results import Result
from reports.charts import Series
from reports.report_charts import (
    BarRow,
    HeatRow,
    LineSeries,
    StackRow,
    bars,
    heat_map,
    lines,
    stacked,
)

MARKS = (
    Series("5", "«5»", "mark-5"),
    Series("4", "«4»", "mark-4"),
    Series("3", "«3»", "mark-3"),
    Series("2", "«2»", "mark-2"),
    Series(str(MarkValue.NOT_ATTESTED), "не аттестованы", "mark-none"),
)


@dataclass(frozen=True)
class ClassCharts:
    """What of the report is drawn; None where there is nothing to draw. `shows_means`: the heat map holds means of a
    running term and not marks."""

    heat: Any = None
    shows_means: bool = False
    spread: Any = None
    shares: Any = None
    means: Any = None
    parallel: Any = None


def class_charts(report: ClassReport, address_of: Callable[[int], str] | None = None) -> ClassCharts:
    """The charts of a report. `address_of`: where a pupil's name leads, or an empty string; on paper nowhere."""
    if not report.has_results:
        return ClassCharts()
    shows_means = not report.period.is_year and not report.period.is_over
    shares, means = _by_terms(report.compared) if report.compared else (None, None)
    return ClassCharts(
        heat=_heat(report, address_of, shows_means=shows_means),
        shows_means=shows_means,
        spread=stacked(
            [StackRow(row.subject.name, row.counts[: COLUMNS.index(str(MarkValue.EXEMPT))]) for row in report.subjects],
            MARKS,
        ),
        shares=shares,
        means=means,
        parallel=_parallel(report.compared) if report.compared else None,
    )


def _heat(report: ClassReport, address_of: Callable[[int], str] | None, *, shows_means: bool) -> Any:
    """Pupils × subjects: means of a running term, else the marks."""
    results = report.results
    rows = []
    for pupil in results.pupils:
        own = [results.result(pupil.pupil_id, subject.subject_id) for subject in results.subjects]
        values = [_shown_mean(one) if shows_means else _mark(one.value) for one in own]
        rows.append(HeatRow(pupil.name, values, address_of(pupil.pupil_id) if address_of else ""))
    columns = [subject.name for subject in results.subjects]
    return heat_map(rows, columns, steps=Thresholds.of(report.school), decimals=2 if shows_means else 0)


def _shown_mean(one: Result) -> Decimal | str | None:
    """The mean; where there is none, a word given already («осв»)."""
    return one.mean if one.mean is not None or one.value in NUMERIC_VALUES else one.value or None


def _mark(value: str) -> Decimal | str | None:
    """A mark as a number, «н/а» or «осв» as a word."""
    return Decimal(value) if value in NUMERIC_VALUES else value or None


def _by_terms(compared: Comparison) -> tuple[Any, Any]:
    """Lines of the class over the terms begun; nothing to draw before there are two."""
    if len(compared.terms) < 2:
        return None, None
    labels = [
        f"{line.period.name}, прогноз" if line.totals.is_forecast else line.period.name for line in compared.terms
    ]
    totals = [line.totals for line in compared.terms]
    shares = [
        LineSeries("успеваемость", shares_of(totals, 0), css="is-a"),
        LineSeries("качество", shares_of(totals, 1), css="is-b"),
    ]
    means = [LineSeries("средний балл", shares_of(totals, 2), css="is-a")]
    return lines(shares, labels, low=0, high=100, unit="%", decimals=1), lines(means, labels, low=2, high=5)


def _parallel(compared: Comparison) -> Any:
    """Качество of the classes side by side; nothing to draw for one class."""
    shown = [line for line in compared.parallel if line.totals]
    if len(shown) < 2:
        return None
    rows = [
        BarRow(
            line.name,
            line.totals.quality.value if line.totals else None,
            css="is-accent" if line.is_own or line.class_id is None else "is-other",
        )
        for line in shown
    ]
    return bars(rows, unit="%", top=100, decimals=1)
