"""The report on a class on paper: A4, the same object as the page and the workbook."""

from __future__ import annotations

from datetime import date

from reports import pdf
from reports.analytics.class_charts import class_charts
from reports.analytics.class_report import ClassReport
from reports.attendance_tables import class_teacher_on

STYLE = "pdf-class-report.css"


def report_pdf(report: ClassReport, *, formed_on: date) -> pdf.Pdf:
    """The report as a document. One query: who leads the class."""
    context = {
        "report": report,
        "charts": class_charts(report),
        "school": report.school,
        "teacher": class_teacher_on(report.school_class, report.period.day),
        "formed_on": formed_on,
    }
    return pdf.pdf_of("reports/pdf/class_report.html", context, style=STYLE)
