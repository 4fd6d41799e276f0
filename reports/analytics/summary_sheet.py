"""Сводная ведомость успеваемости of a class: pupils × subjects × terms, the year, exam, final mark (domain.md §4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from journal.calendar import Calendar
from journal.files import Value
from journal.means import grade_has_marks
from journal.models import Enrolment, PeriodMark, SchoolClass, Subject, Term
from journal.queries.courses import courses_of_class, has_marks
from journal.text import normalise
from reports import pdf
from reports.attendance_tables import class_teacher_on

KINDS = ((PeriodMark.Kind.YEAR, "год"), (PeriodMark.Kind.EXAM, "экз."), (PeriodMark.Kind.FINAL, "итог"))
WIDTH_OF_SHEET = 34
"""Narrow columns that fit beside the names on a sheet across."""
STYLE = "pdf-marks-summary.css"
Cell = tuple[int, str]
"""(subject id, key of the column)."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`note` tells of who came or left: «выбыл 12.10»."""

    number: int
    pupil_id: int
    name: str
    note: str
    cells: dict[Cell, str]


@dataclass(frozen=True)
class SummarySheet:
    """The sheet; no query is left inside. `columns` are (key, heading) under each subject: terms, the year, and exam
    and final mark where anybody has one."""

    school_class: SchoolClass
    subjects: tuple[Subject, ...]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[SheetRow, ...]
    teacher: str
    is_first_grade: bool

    @property
    def is_empty(self) -> bool:
        return not any(row.cells for row in self.rows)

    @property
    def body(self) -> SafeString:
        """The rows of the page's table: thirty pupils by eighty columns, too many for a template."""
        return mark_safe("".join(_row(row, self.subjects, self.columns) for row in self.rows))

    @property
    def sheets(self) -> list[tuple[Subject, ...]]:
        """Subjects of each sheet of paper; the names stand on every one."""
        step = max(1, WIDTH_OF_SHEET // len(self.columns))
        return [self.subjects[at : at + step] for at in range(0, len(self.subjects), step)]

    def paper(self) -> list[tuple[tuple[Subject, ...], SafeString]]:
        """(subjects, rows of the table) of each sheet."""
        return [
            (some, mark_safe("".join(_row(row, some, self.columns, on_paper=True) for row in self.rows)))
            for some in self.sheets
        ]


def summary_sheet(school_class: SchoolClass, calendar: Calendar, *, today: date) -> SummarySheet:
    """Everybody who was in the class this year, with all marks of the year, brought ones too. Four queries."""
    day = min(today, calendar.year.date_to)
    stays: dict[int, list[Enrolment]] = {}
    rows = Enrolment.objects.filter(school_class=school_class, date_from__lte=max(day, calendar.year.date_from))
    for row in rows.select_related("pupil").order_by("pupil__sort_name", "pupil_id", "date_from"):
        stays.setdefault(row.pupil_id, []).append(row)
    cells: dict[int, dict[Cell, str]] = {pupil_id: {} for pupil_id in stays}
    marks = PeriodMark.objects.filter(pupil__in=stays, year=calendar.year)
    for pupil_id, subject_id, term_id, kind, value in marks.values_list(
        "pupil_id", "subject_id", "term_id", "kind", "value"
    ):
        cells[pupil_id][subject_id, str(term_id or kind)] = value
    found = {cell for of_pupil in cells.values() for cell in of_pupil}
    used = {key for _, key in found}
    terms = calendar.terms_for(school_class.grade)
    return SummarySheet(
        school_class=school_class,
        subjects=_subjects(school_class, {subject_id for subject_id, _ in found}),
        columns=tuple(_columns(terms, used)),
        rows=tuple(
            SheetRow(number, pupil_id, own[-1].pupil.list_name, _note(own, calendar, day), cells[pupil_id])
            for number, (pupil_id, own) in enumerate(stays.items(), start=1)
        ),
        teacher=class_teacher_on(school_class, day),
        is_first_grade=not grade_has_marks(school_class.grade),
    )


def _subjects(school_class: SchoolClass, with_marks: set[int]) -> tuple[Subject, ...]:
    """Subjects taught with marks, and those of which somebody has a mark."""
    own = {
        course.subject_id: course.subject
        for course in courses_of_class(school_class)
        if has_marks(course.subject, school_class.grade)
    }
    missing = with_marks - own.keys()
    if missing:
        own |= Subject.objects.in_bulk(missing)
    return tuple(sorted(own.values(), key=lambda one: (normalise(one.name), one.pk)))


def _columns(terms: Sequence[Term], used: set[str]) -> Iterator[tuple[str, str]]:
    for term in terms:
        yield str(term.pk), term.roman
    for kind, label in KINDS:
        if kind == PeriodMark.Kind.YEAR or kind in used:
            yield str(kind), label


def _note(own: Sequence[Enrolment], calendar: Calendar, day: date) -> str:
    last, notes = own[-1], []
    if own[0].date_from > calendar.year.date_from:
        notes.append(f"с {own[0].date_from:%d.%m}")
    if last.date_to and last.date_to < day:
        notes.append(f"по {last.date_to:%d.%m}")
    return ", ".join(notes)


def _row(
    row: SheetRow, subjects: Sequence[Subject], columns: Sequence[tuple[str, str]], *, on_paper: bool = False
) -> str:
    """A line of the table. Values are those of MarkValue: nothing in them needs escaping."""
    cells = "".join(
        f'<td class="{_css(key, place)}">{row.cells.get((subject.pk, key), "")}</td>'
        for subject in subjects
        for place, (key, _) in enumerate(columns)
    )
    note = format_html(" <small>{}</small>", row.note) if row.note else ""
    if on_paper:
        head = format_html('<td class="k">{}</td><td class="who">{}{}</td>', row.number, row.name, note)
    else:
        head = format_html(
            '<th class="register__name" scope="row"><span class="muted">{}</span> {}{}</th>',
            row.number, row.name, note,
        )  # fmt: skip
    return f"<tr>{head}{cells}</tr>"


def _css(key: str, place: int) -> str:
    if key == PeriodMark.Kind.YEAR:
        return "sum-year"
    return "sum-cell" if place else "sum-first"


def rows_for_file(sheet: SummarySheet) -> Iterator[list[Value]]:
    """A column a subject and period; numbers stay numbers."""
    yield ["№", "Ученик", "Примечание", *(f"{s.name}, {name}" for s in sheet.subjects for _, name in sheet.columns)]
    for row in sheet.rows:
        values = (row.cells.get((s.pk, key)) for s in sheet.subjects for key, _ in sheet.columns)
        yield [row.number, row.name, row.note, *(int(v) if v and v.isdigit() else v for v in values)]


def summary_pdf(sheet: SummarySheet, calendar: Calendar, *, formed_on: date) -> pdf.Pdf:
    """The sheet on paper, A4 across; subjects that do not fit go on with the names repeated."""
    context = {"sheet": sheet, "school": calendar.school, "year": calendar.year, "formed_on": formed_on}
    return pdf.pdf_of("reports/pdf/marks_summary.html", context, style=STYLE)
