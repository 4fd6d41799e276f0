"""The analytic report on a class: one object, whose faces are a page, a PDF and a workbook (domain.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import Q

from journal.calendar import Calendar
from journal.means import Thresholds, grade_has_marks
from journal.models import Enrolment, MarkValue, Movement, School, SchoolClass
from journal.queries.movements import (
    OWN_KINDS,
    MovementLine,
    RollCount,
    count_roll,
    movement_lines,
    stays_of,
)
from reports.analytics.class_absences import AbsenceReport, absence_report
from reports.analytics.class_compare import Comparison, comparison
from reports.analytics.class_lists import ClassLists, class_lists
from reports.analytics.figures import (
    Figure,
    SubjectFigures,
    class_figures,
    mean_of_subjects,
    subject_figures,
)
from reports.analytics.periods import ReportPeriod, previous_of
from reports.analytics.results import ClassResults, SubjectLine, class_results
from reports.formulas import Indicators, is_disputed, subject_indicators

COLUMNS = ("5", "4", "3", "2", str(MarkValue.NOT_ATTESTED), str(MarkValue.EXEMPT))
"""Results counted in the table of subjects, in order; a «1» stands with the «2»."""


@dataclass(frozen=True, slots=True)
class SubjectRow:
    subject: SubjectLine
    of: Indicators
    figures: SubjectFigures

    @property
    def counts(self) -> tuple[int, ...]:
        """How many of each of `COLUMNS`."""
        counts = self.of.counts
        return tuple(counts.get(one, 0) + (counts.get("1", 0) if one == "2" else 0) for one in COLUMNS)


@dataclass(frozen=True, slots=True)
class SubjectDoubt:
    """A subject in the forecast: results expected, of them on few marks, of them near a threshold."""

    subject: SubjectLine
    expected: int
    few: int
    disputed: int


@dataclass(frozen=True)
class Forecast:
    """What of the report is expected and not given, and how far it can be trusted."""

    given: int
    subjects: tuple[SubjectDoubt, ...]

    @property
    def expected(self) -> int:
        return sum(one.expected for one in self.subjects)

    @property
    def few(self) -> int:
        return sum(one.few for one in self.subjects)

    @property
    def disputed(self) -> int:
        return sum(one.disputed for one in self.subjects)


@dataclass(frozen=True)
class Moves:
    """The roll between the end of the period before and the last day that counts, and the orders of that time.
    `present` are those on the roll today: only their pages open to a class teacher."""

    count: RollCount
    lines: list[MovementLine]
    present: frozenset[int]


@dataclass(frozen=True)
class ClassReport:
    """Everything of the report; no query is left inside. `before` is the period the numbers are compared with."""

    school_class: SchoolClass
    school: School
    period: ReportPeriod
    before: ReportPeriod | None
    results: ClassResults
    subjects: tuple[SubjectRow, ...]
    lists: ClassLists
    absences: AbsenceReport
    moves: Moves
    forecast: Forecast | None
    compared: Comparison | None
    indicators: tuple[Figure, ...]

    @property
    def has_marks(self) -> bool:
        """Whether this class is taught with marks at all: grade 1 is not, a class without courses has none yet."""
        return bool(self.subjects)

    @property
    def has_results(self) -> bool:
        return bool(self.results.results)

    @property
    def is_first_grade(self) -> bool:
        return not grade_has_marks(self.school_class.grade)

    @property
    def is_forecast(self) -> bool:
        return self.results.is_forecast

    @cached_property
    def kind(self) -> str:
        """«прогноз на 23.11.2026», «итоги», «на 23.11.2026»."""
        if self.is_forecast:
            return f"прогноз на {self.period.day:%d.%m.%Y}"
        return "итоги" if self.period.is_over else f"на {self.period.day:%d.%m.%Y}"

    @property
    def title(self) -> str:
        return f"{self.school_class.name}, {self.period.name}, {self.kind}"


def class_report(
    school_class: SchoolClass,
    period: ReportPeriod,
    periods: Sequence[ReportPeriod],
    calendar: Calendar,
    *,
    today: date,
    sees_all: bool,
) -> ClassReport:
    """The report of a class for one of its periods. Fifteen queries, whatever the sizes (sixteen for the year; five
    fewer in grade 1). `sees_all`: small classes of the parallel are shown too (to the deputy)."""
    before = previous_of(periods, period)
    results = class_results(school_class, period, calendar, today=today)
    compared = None
    if results.subjects:
        compared = comparison(results, periods, before, calendar, today=today, sees_all=sees_all)
    earlier = compared.before if compared else None
    rows = _subject_rows(results, earlier)
    absences = absence_report(school_class, period, before, results, calendar, today=today)
    moves = _moves(school_class, period, before, today)
    return ClassReport(
        school_class=school_class,
        school=calendar.school,
        period=period,
        before=before,
        results=results,
        subjects=rows,
        lists=class_lists(results, absences.own),
        absences=absences,
        moves=moves,
        forecast=_forecast(results, calendar.school) if results.is_forecast else None,
        compared=compared,
        indicators=_indicators(results, earlier, rows, absences, moves, with_before=before is not None),
    )


def _subject_rows(results: ClassResults, earlier: ClassResults | None) -> tuple[SubjectRow, ...]:
    rows = []
    for subject in results.subjects:
        of = subject_indicators(results.values_of_subject(subject.subject_id))
        figures = subject_figures(of)
        if earlier:
            figures = figures.after(subject_figures(subject_indicators(earlier.values_of_subject(subject.subject_id))))
        rows.append(SubjectRow(subject, of, figures))
    return tuple(rows)


def _indicators(
    results: ClassResults,
    earlier: ClassResults | None,
    rows: Sequence[SubjectRow],
    absences: AbsenceReport,
    moves: Moves,
    *,
    with_before: bool,
) -> tuple[Figure, ...]:
    count = moves.count
    roll = Figure(
        "Учеников на конец периода",
        Decimal(count.at_end),
        f"на начало {count.at_start}, прибыло {count.arrived + count.came}, выбыло {count.left + count.went}",
        unit="",
        previous=Decimal(count.at_start) if with_before else None,
        places=0,
    )
    if not results.subjects:
        return (roll, absences.attendance)
    by_pupils = class_figures(results.groups)
    overall = _overall(results)
    if earlier:
        by_pupils = tuple(  # type: ignore[assignment]
            one.after(old) for one, old in zip(by_pupils, class_figures(earlier.groups), strict=True)
        )
        overall = tuple(one.after(old) for one, old in zip(overall, _overall(earlier), strict=True))
    by_subjects = tuple(
        _with_previous(
            mean_of_subjects(f"{name} в среднем по предметам", figures), [figure.previous for figure in figures]
        )
        for name, figures in (
            ("Успеваемость", [row.figures.success for row in rows]),
            ("Качество", [row.figures.quality for row in rows]),
        )
    )
    return (roll, *by_pupils, *by_subjects, *overall, absences.attendance)


def _with_previous(figure: Figure, before: Sequence[Decimal | None]) -> Figure:
    values = [value for value in before if value is not None]
    return replace(figure, previous=sum(values, Decimal(0)) / len(values) if values else None)


def _overall(results: ClassResults) -> tuple[Figure, ...]:
    """СОУ and the mean over every result of the class."""
    figures = subject_figures(results.overall)
    return (
        replace(figures.sou, name="СОУ по всем отметкам"),
        replace(figures.mean, name="Средний балл по всем отметкам"),
    )


def _forecast(results: ClassResults, school: School) -> Forecast:
    thresholds = Thresholds.of(school)
    given = sum(bool(one.value) and not one.is_forecast for one in results.results.values())
    doubts = []
    for subject in results.subjects:
        expected = [
            one
            for one in (results.result(pupil.pupil_id, subject.subject_id) for pupil in results.pupils)
            if one.is_forecast
        ]
        few = sum(one.has_few for one in expected)
        disputed = sum(is_disputed(one.mean, thresholds) for one in expected)
        if expected:
            doubts.append(SubjectDoubt(subject, len(expected), few, disputed))
    return Forecast(given, tuple(doubts))


def _moves(school_class: SchoolClass, period: ReportPeriod, before: ReportPeriod | None, today: date) -> Moves:
    """Who comes in the vacations belongs to the term that follows, as on the page «Движение». Two queries."""
    since = before.end if before else period.start
    pupils = Enrolment.objects.filter(school_class=school_class).values("pupil")
    stays = stays_of(Enrolment.objects.filter(pupil__in=pupils, school_class__year=school_class.year_id))
    count = count_roll(stays, since, period.day).get(school_class.pk, RollCount())
    moved = Movement.objects.filter(
        Q(from_class=school_class) | Q(to_class=school_class),
        kind__in=OWN_KINDS,
        effective_on__range=(since + timedelta(days=1), period.day),
    )
    present = frozenset(
        one.pupil_id
        for one in stays
        if one.class_id == school_class.pk and one.date_from <= today and (one.date_to is None or one.date_to >= today)
    )
    return Moves(count, movement_lines(moved, today), present)
