"""Отчёт о движении: the roll of every class and parallel between two days, and the orders (domain.md §4, §6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Q
from django.utils import timezone

from journal.models import AcademicYear, Enrolment, Movement, SchoolClass
from journal.queries.movements import (
    OWN_KINDS,
    MovementLine,
    RollCount,
    count_roll,
    lines_for_file,
    movement_lines,
    stays_of,
)


@dataclass(frozen=True, slots=True)
class ClassRoll:
    class_id: int
    name: str
    count: RollCount


@dataclass(frozen=True, slots=True)
class ParallelRoll:
    grade: int
    classes: list[ClassRoll]
    total: RollCount


@dataclass(frozen=True)
class MovementReport:
    """The report of a period; no query is left inside."""

    year: AcademicYear
    start: date
    end: date
    parallels: list[ParallelRoll]
    total: RollCount
    lines: list[MovementLine]


def movement_report(
    year: AcademicYear, start: date, end: date, school_class: SchoolClass | None = None
) -> MovementReport:
    """Who was there on the first day, who came and went after it, who was there on the last. Three queries."""
    stays = stays_of(Enrolment.objects.filter(school_class__year=year))
    counts = count_roll(stays, start, end)
    classes = [row for row in SchoolClass.objects.filter(year=year) if school_class is None or row == school_class]
    rows = [
        ClassRoll(row.pk, row.name, counts.get(row.pk, RollCount()))
        for row in sorted(classes, key=lambda row: (row.grade, row.letter))
    ]
    grades = {row.pk: row.grade for row in classes}
    parallels = []
    for grade, found in groupby(rows, key=lambda row: grades[row.class_id]):
        own = list(found)
        parallels.append(ParallelRoll(grade, own, _sum(row.count for row in own)))
    moved = Movement.objects.filter(kind__in=OWN_KINDS, effective_on__range=(start, end))
    if school_class:
        moved = moved.filter(Q(from_class=school_class) | Q(to_class=school_class))
    else:
        moved = moved.filter(Q(from_class__year=year) | Q(to_class__year=year))
    return MovementReport(
        year, start, end, parallels, _sum(row.total for row in parallels), movement_lines(moved, timezone.localdate())
    )


def _sum(counts: Iterable[RollCount]) -> RollCount:
    return sum(counts, RollCount())


HEADS = ("Класс", "На начало", "Прибыло", "Из других классов", "Выбыло", "В другие классы", "На конец")


def rows_for_file(report: MovementReport) -> list[list[str | int]]:
    """The figures, then the orders, as rows of a file."""

    def row(name: str, count: RollCount) -> list[str | int]:
        return [name, count.at_start, count.arrived, count.came, count.left, count.went, count.at_end]

    rows: list[list[str | int]] = [list(HEADS)]
    for parallel in report.parallels:
        rows += [row(one.name, one.count) for one in parallel.classes]
        rows.append(row(f"{parallel.grade}-е классы", parallel.total))
    rows += [row("Всего", report.total), []]
    rows += [list(line) for line in lines_for_file(report.lines)]
    return rows
