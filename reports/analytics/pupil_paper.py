"""The report on a pupil drawn: its charts, and the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from journal.dates import MONTHS_OF
from reports import pdf
from reports.analytics.pupil_report import PupilReport
from reports.report_charts import LineSeries, lines
from reports.small_charts import AbsenceCalendar, absence_calendar

STYLE = "pdf-pupil-report.css"


@dataclass(frozen=True)
class PupilCharts:
    """The line over the year (None before the second month with marks), and the calendar of absences."""

    months: Any
    absences: AbsenceCalendar


def pupil_charts(report: PupilReport) -> PupilCharts:
    series = [LineSeries("средний балл", [month.own for month in report.months], "is-a")]
    if report.shows_median:
        series.append(LineSeries("медиана класса", [month.of_class for month in report.months], "is-b"))
    labels = [MONTHS_OF[month.first.month][:3] for month in report.months]
    drawn = lines(series, labels, low=Decimal(2), high=Decimal(5)) if any(m.own for m in report.months) else None
    calendar = absence_calendar(
        report.absent_days,
        report.year_start,
        report.period.day,
        school_days=report.school_days,
        week_days=report.week_days,
    )
    return PupilCharts(drawn, calendar)


def report_pdf(report: PupilReport) -> pdf.Pdf:
    """The sheet for the parents' hands."""
    made = pdf.pdf_of("reports/pdf/pupil_report.html", {"report": report, "charts": pupil_charts(report)}, style=STYLE)
    return pdf.Pdf(made.content, made.pages, report.extract.pupil_short)
