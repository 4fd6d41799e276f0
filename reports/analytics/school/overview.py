"""The school, its parallels, its classes and subjects in numbers (domain.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse

from journal.models import SchoolClass, Subject
from journal.text import normalise
from reports.analytics.figures import class_figures
from reports.analytics.school.source import SchoolResults
from reports.analytics.school.tables import (
    COUNT_HEADS,
    FIGURE_HEADS,
    AnalyticsPage,
    Cell,
    Row,
    Section,
    counts,
    figure,
    figures,
    number,
    text,
)
from reports.formulas import Group
from reports.report_charts import BarRow, bars

BY_PUPILS = ("Успеваемость по ученикам, %", "Качество по ученикам, %")
LISTS = (Group.EXCELLENT, Group.GOOD, Group.ONE_THREE, Group.FAILING, Group.NOT_ATTESTED)
LIST_HEADS = ("Отличников", "Хорошистов", "С одной «3»", "С «2»", "С н/а")
NOTE = (
    "Успеваемость и качество по ученикам: доля учеников без «2» и н/а и доля отличников и хорошистов. "
    "СОУ и средний балл считаются по всем отметкам."
)


def overview_page(results: SchoolResults) -> AnalyticsPage:
    """The school and its parallels."""
    parallels = [(grade, [one for one in results.classes if one.grade == grade]) for grade in results.grades]
    rows = [_row(results, f"{grade}-е классы", own, _url("analytics_classes", results, grade=grade))
            for grade, own in parallels]  # fmt: skip
    rows.append(replace(_row(results, "Вся школа", list(results.classes), ""), is_sum=True))
    quality = [BarRow(row.head.shown, row.cells[3].value) for row in rows]  # type: ignore[arg-type]
    section = Section(
        key="parallels", title="Параллели и школа", heads=("Параллель", *_HEADS), rows=tuple(rows), hint=NOTE,
        empty="Классов в этом периоде нет.",
        drawn=bars(quality, top=100, decimals=1) if any(row.value is not None for row in quality) else None,
        drawn_name="Качество по ученикам, %",
    )  # fmt: skip
    return _page("Школа", results, section)


_HEADS = ("Учеников", *BY_PUPILS, "СОУ, %", "Средний балл", *LIST_HEADS)


def classes_page(results: SchoolResults, grade: int | None) -> AnalyticsPage:
    """Every class, or those of a parallel; a class leads to its report."""
    own = [one for one in results.classes if grade in (None, one.grade)]
    key = results.period.period.key
    rows = [
        _row(results, one.name, [one], f"{reverse('reports:class_report', args=[one.pk])}?period={key}") for one in own
    ]
    drawn = [BarRow(row.head.shown, row.cells[3].value) for row in rows]  # type: ignore[arg-type]
    section = Section(
        key="classes", title="Классы" if grade is None else f"{grade}-е классы", heads=("Класс", *_HEADS),
        rows=tuple(rows), hint=f"{NOTE} Название класса ведёт в его отчёт.", empty="Классов в этом периоде нет.",
        drawn=bars(drawn, top=100, decimals=1) if any(row.value is not None for row in drawn) else None,
        drawn_name="Качество по ученикам, %",
    )  # fmt: skip
    return _page("Классы", results, section)


def _row(results: SchoolResults, name: str, classes: Sequence[SchoolClass], url: str) -> Row:
    groups = {pk: g for one in classes for pk, g in results.now[one.pk].groups.items()}
    success, quality = class_figures(groups)
    if results.period.before:
        old = {pk: g for one in classes for pk, g in results.earlier[one.pk].groups.items()}
        success, quality = (
            now.after(before) for now, before in zip((success, quality), class_figures(old), strict=True)
        )
    now, before = results.indicators(classes)
    by_marks, counted = figures(now, before)
    words = [f"{one.name}: {one.counted}" for one in (success, quality) if one.counted]
    lists = [number(sum(group in one for one in groups.values())) for group in LISTS]
    return Row(
        (text(name, url), number(len(groups)), figure(success), figure(quality), *by_marks[2:], *lists),
        (*words, *(one for one in counted if not one.startswith(("Успеваемость", "Качество")))),
    )


# --- Subjects -------------------------------------------------------------------------------------


def subjects_page(results: SchoolResults, subject_id: int | None) -> AnalyticsPage:
    """Every subject; a chosen one by classes. One query."""
    ids = {one.subject_id for found in results.now.values() for one in found.subjects}
    subjects = sorted(Subject.objects.filter(pk__in=ids), key=lambda one: normalise(one.name))
    rows = tuple(
        _marks_row(results, text(one.name, _url("analytics_subjects", results, subject=one.pk) + "#chosen"),
                   results.classes, one.pk)
        for one in subjects
    )  # fmt: skip
    drawn = [BarRow(row.head.shown, row.cells[9].value) for row in rows]  # type: ignore[arg-type]
    sections = [
        Section(
            "subjects", "Предметы", ("Предмет", *COUNT_HEADS, *FIGURE_HEADS), rows, _N_HINT,
            "Отметок за этот период нет.",
            drawn=bars(drawn, top=100, decimals=1) if any(row.value is not None for row in drawn) else None,
            drawn_name="Качество по предметам, %",
        )
    ]  # fmt: skip
    chosen = next((one for one in subjects if one.pk == subject_id), None)
    if chosen:
        sections.insert(0, _subject_by_classes(results, chosen))
    return _page("Предметы" if chosen is None else chosen.name, results, *sections)


_N_HINT = "N: ученики с отметкой или н/а, без освобождённых и тех, у кого отметки нет."


def _subject_by_classes(results: SchoolResults, subject: Subject) -> Section:
    taught = [one for one in results.classes if any(s.subject_id == subject.pk for s in results.now[one.pk].subjects)]
    key = results.period.period.key
    rows = [
        _marks_row(results, text(one.name, f"{reverse('reports:class_report', args=[one.pk])}?period={key}"), [one],
                   subject.pk)
        for one in taught
    ]  # fmt: skip
    if len(rows) > 1:
        rows.append(replace(_marks_row(results, text("Все классы"), taught, subject.pk), is_sum=True))
    heads = ("Класс", *COUNT_HEADS, *FIGURE_HEADS)
    return Section("chosen", f"{subject.name} по классам", heads, tuple(rows), _N_HINT)


def _marks_row(results: SchoolResults, head: Cell, classes: Sequence[SchoolClass], subject_id: int) -> Row:
    now, before = results.indicators(classes, subject_id)
    cells, counted = figures(now, before)
    return Row((head, *counts(now), *cells), counted)


def _url(view: str, results: SchoolResults, **chosen: int) -> str:
    query = "&".join(f"{name}={value}" for name, value in chosen.items())
    return f"{reverse(f'reports:{view}')}?period={results.period.period.key}&{query}"


def _page(title: str, results: SchoolResults, *sections: Section) -> AnalyticsPage:
    before = results.period.before
    sub = f"{results.period.name} · {results.kind}" + (f" · изменения к периоду «{before.name}»" if before else "")
    return AnalyticsPage(title, sub, tuple(sections), is_forecast=results.is_forecast)
