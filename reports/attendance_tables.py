"""Табель on paper: A4 across, the same object as the page and the file (attendance/tables.py)."""

from __future__ import annotations

from datetime import date
from typing import Any

from attendance.month_table import MonthTable
from attendance.table_cells import percent_text
from attendance.tables import Summary
from journal.models import ClassTeacher, School, SchoolClass
from reports import pdf

STYLE = "pdf-attendance.css"


def table_pdf(table: MonthTable | Summary, school: School, *, formed_on: date) -> pdf.Pdf:
    """The table as a document. One query: who signs."""
    context: dict[str, Any] = {
        "table": table,
        "school": school,
        "formed_on": formed_on,
        "teacher": class_teacher_on(table.school_class, table.until),
        "percent": percent_text(table.total.percent),
    }
    if isinstance(table, MonthTable):
        context["rows"] = [(row.pupil, list(zip(table.days, row.cells, strict=True)), row.total) for row in table.rows]
        return pdf.pdf_of("reports/pdf/attendance_month.html", context, style=STYLE)
    width = len(table.part_heads)
    lines = [(row.pupil, row.parts, row.total) for row in table.rows]
    context |= {
        "rows": [(pupil, _groups(table, parts), total) for pupil, parts, total in lines],
        "sums": _groups(table, table.sums),
        "width": width,
        "is_dense": 2 * width * len(table.parts) > 24,
    }
    return pdf.pdf_of("reports/pdf/attendance_summary.html", context, style=STYLE)


def class_teacher_on(school_class: SchoolClass, day: date) -> str:
    """Who signs for the class: the one who stands in, if there is one that day. One query."""
    rows = ClassTeacher.objects.active_on(day).filter(school_class=school_class).select_related("teacher")
    found = sorted(rows, key=lambda row: row.is_acting)
    return found[-1].teacher.short_name if found else ""


def _groups(table: Summary, parts: list) -> list[list[int | str]]:
    """Figures of each part: days, then lessons, one group of columns after the other."""
    width = len(table.part_heads)
    found = []
    for part in parts:
        figures = table.part_figures(part)
        found += [figures[:width], figures[width:]]
    return found
