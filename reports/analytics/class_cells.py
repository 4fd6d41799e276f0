"""Rows of the page's larger tables, as strings: thirty pupils would be hundreds of template nodes."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from attendance.table_cells import total_cells
from reports.analytics.class_report import ClassReport


def absence_rows(report: ClassReport, *, opens_all: bool) -> SafeString:
    """Pupils with their absences; a name is a link where the card opens (`opens_all`: to the deputy, all of them)."""
    card = reverse("journal:pupil", args=[0])
    rows = []
    for one in report.absences.pupils:
        name: str = escape(one.name)
        if opens_all or one.pupil_id in report.moves.present:
            name = f'<a href="{card.replace("/0/", f"/{one.pupil_id}/")}">{name}</a>'
        note = "" if one.is_here else ' <small class="register__note">выбыл</small>'
        rows.append(f'<tr><th class="register__name" scope="row">{name}{note}</th>{total_cells(one.totals)}</tr>\n')
    # Safe: names are escaped, the rest is numbers and our own words; a test feeds a name with markup.
    return mark_safe("".join(rows))
