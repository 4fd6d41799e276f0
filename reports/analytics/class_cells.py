"""Rows of the page's larger tables and lists, as strings: a class would be a thousand template nodes."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from attendance.table_cells import total_cells
from journal.text import decimal_text
from reports.analytics.class_lists import NameList
from reports.analytics.class_report import ClassReport, SubjectRow
from reports.analytics.figures import NOTHING, Figure


class Names:
    """A pupil's name, a link to the report where it opens: to the deputy always (`opens_all`), to a class teacher while
    the pupil is on the roll."""

    def __init__(self, report: ClassReport, *, opens_all: bool) -> None:
        self._address = f"{reverse('reports:pupil_report', args=[0])}?period={report.period.key}"
        self._present = None if opens_all else report.moves.present

    def address(self, pupil_id: int) -> str:
        """Of the pupil's report for the same period, or an empty string."""
        if self._present is not None and pupil_id not in self._present:
            return ""
        return self._address.replace("/0/", f"/{pupil_id}/")

    def linked(self, pupil_id: int, name: str) -> str:
        address = self.address(pupil_id)
        return f'<a href="{address}">{escape(name)}</a>' if address else escape(name)


# Safe below: names are escaped, the rest is numbers and our own words; a test feeds names with markup.


def subject_rows(report: ClassReport) -> SafeString:
    """The table by subject: counts, the four numbers with their change, and «как посчитано» for all four."""
    journal = reverse("journal:course", args=[report.school_class.pk, 0])
    return mark_safe("\n".join(_subject(row, journal) for row in report.subjects))


def _subject(row: SubjectRow, journal: str) -> str:
    name: str = escape(row.subject.name)
    counts = "".join(f'<td class="num">{count or ""}</td>' for count in (*row.counts, row.of.n))
    figures = "".join(f'<td class="num">{_value(one)}{_change(one)}</td>' for one in row.figures)
    title = name
    if row.subject.course_id:
        title = f'<a href="{journal.replace("/0/", f"/{row.subject.course_id}/")}">{name}</a>'
    teachers = escape(", ".join(row.subject.teachers)) or "учитель не назначен"
    return (
        f'<tr><th scope="row">{title}<span class="subject-table__line"><span class="hint">{teachers}</span>'
        f'<details class="counted"><summary>как посчитано<span class="visually-hidden">: {name}</span></summary>'
        f"{_counted(row)}</details></span></th>{counts}{figures}</tr>"
    )


def _counted(row: SubjectRow) -> str:
    lines = [f"<li>{one.name} {one.shown} = {escape(one.counted)}</li>" for one in row.figures if one.counted]
    words = f'<ul class="list-plain">{"".join(lines)}</ul>' if lines else "<p>Ни одного результата: считать нечего.</p>"
    out = row.figures.mean.left_out
    return f"{words}<p>Не учтены: {escape(out)}{_not_attested(row)}.</p>" if out else words


def _not_attested(row: SubjectRow) -> str:
    """н/а is left out of the mean alone."""
    return " (н/а: только в среднем балле)" if "н/а" in row.figures.mean.left_out else ""


def _value(figure: Figure) -> str:
    return NOTHING if figure.value is None else decimal_text(figure.value, figure.places)


def _change(figure: Figure) -> str:
    change = figure.change
    if change is None:
        return ""
    if not change:
        return '<span class="subject-table__change" role="img" aria-label="без изменений">=</span>'
    return f'<span class="subject-table__change {"is-up" if change > 0 else "is-down"}">{figure.change_shown}</span>'


def list_items(one: NameList, names: Names) -> SafeString:
    """The pupils of a list, each with the subjects it is about."""
    return mark_safe("".join(_item(one, names)))


def _item(one: NameList, names: Names) -> Iterator[str]:
    for pupil in one.pupils:
        subjects = [
            f"{subject.name} ({', '.join(subject.teachers)})"
            if one.names_teachers and subject.teachers
            else subject.name
            for subject in pupil.subjects
        ]
        hint = f'<span class="hint name-list__subjects">{escape(", ".join(subjects))}</span>' if subjects else ""
        yield f"<li>{names.linked(pupil.pupil_id, pupil.name)}{hint}</li>"


def absence_rows(report: ClassReport, names: Names) -> SafeString:
    """Pupils with their absences."""
    rows = []
    for one in report.absences.pupils:
        note = "" if one.is_here else ' <small class="register__note">выбыл</small>'
        name = names.linked(one.pupil_id, one.name)
        rows.append(f'<tr><th class="register__name" scope="row">{name}{note}</th>{total_cells(one.totals)}</tr>')
    return mark_safe("\n".join(rows))


class PageCells:
    """What the template of the page asks for."""

    def __init__(self, report: ClassReport, *, opens_all: bool) -> None:
        self._report, self.names = report, Names(report, opens_all=opens_all)

    def subjects(self) -> SafeString:
        return subject_rows(self._report)

    def lists(self) -> list[tuple[NameList, SafeString]]:
        return [(one, list_items(one, self.names)) for one in self._report.lists]

    def absences(self) -> SafeString:
        return absence_rows(self._report, self.names)

    def moves(self) -> list[tuple[object, SafeString]]:
        """(movement, name) of the period."""
        lines = self._report.moves.lines
        return [(line, mark_safe(self.names.linked(line.pupil_id, line.name))) for line in lines]
