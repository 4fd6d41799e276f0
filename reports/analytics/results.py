"""What the pupils of a class have in each subject for a period: marks given, or the forecast while the period lasts.

The one place where a report learns a result. The forecast is the weighted mean put through the thresholds (domain.md
§3, §4): of a term from its marks so far, of the year from its period marks and the forecast of the running term.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, cached_property

from journal.calendar import Calendar
from journal.means import Thresholds, expected_mark
from journal.models import PeriodMark, SchoolClass, Term
from journal.queries.matrix import Matrix, SubjectCell, matrix_of
from reports.analytics.periods import ReportPeriod
from reports.formulas import Group, Indicators, groups_of_pupil, indicators_of, year_mark


@dataclass(frozen=True, slots=True)
class Result:
    """A pupil in a subject. `value` is the mark given for the period or, with `is_forecast`, the expected one; an
    empty string where there is neither. `mean` and `marks` are of the marks behind it; of a year they are empty."""

    value: str = ""
    is_forecast: bool = False
    mean: Decimal | None = None
    marks: int = 0
    has_few: bool = False


NOTHING = Result()


@dataclass(frozen=True, slots=True)
class PupilLine:
    pupil_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Taught:
    """A course of a subject as `journal.lessons.is_own` asks for it, and who teaches it."""

    pk: int
    subject_id: int
    group_id: int | None
    plan_id: int | None
    teacher: str


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """`teachers` are those of the class and of its groups, «Орлова М. С.»; `course_id` leads to the journal; `courses`
    are those of groups and plans too."""

    subject_id: int
    name: str
    teachers: tuple[str, ...]
    course_id: int | None = None
    courses: tuple[Taught, ...] = ()


@dataclass(frozen=True)
class ClassResults:
    """The results of a class for a period; no query is left inside.

    `pupils` are on the roll on the last day that counts, in the order of the class list; `results` has an entry
    (pupil id, subject id) only where there is a mark or a mean.
    """

    school_class: SchoolClass
    period: ReportPeriod
    pupils: tuple[PupilLine, ...]
    subjects: tuple[SubjectLine, ...]
    results: Mapping[tuple[int, int], Result] = field(default_factory=dict)

    def result(self, pupil_id: int, subject_id: int) -> Result:
        return self.results.get((pupil_id, subject_id), NOTHING)

    def values_of_subject(self, subject_id: int) -> list[str]:
        """A value for each pupil, empty where there is none: what `subject_indicators` takes."""
        return [self.result(pupil.pupil_id, subject_id).value for pupil in self.pupils]

    def values_of_pupil(self, pupil_id: int) -> dict[int, str]:
        """Subject id → value, of those that have one, in the order of subjects."""
        pairs = ((one.subject_id, self.result(pupil_id, one.subject_id).value) for one in self.subjects)
        return {subject_id: value for subject_id, value in pairs if value}

    @cached_property
    def by_pupil(self) -> dict[int, list[str]]:
        """Pupil id → the values that there are, in no order."""
        subjects = {one.subject_id for one in self.subjects}
        found: dict[int, list[str]] = {one.pupil_id: [] for one in self.pupils}
        for (pupil_id, subject_id), result in self.results.items():
            if result.value and subject_id in subjects:
                found[pupil_id].append(result.value)
        return found

    @cached_property
    def groups(self) -> dict[int, frozenset[Group]]:
        """In which lists each pupil stands (domain.md §4)."""
        return {pupil_id: groups_of_pupil(values) for pupil_id, values in self.by_pupil.items()}

    @cached_property
    def overall(self) -> Indicators:
        """The indicators over every result of the class, whatever the subject."""
        counts = Counter(value for values in self.by_pupil.values() for value in values)
        return indicators_of(counts, empty=len(self.pupils) * len(self.subjects) - counts.total())

    @cached_property
    def is_forecast(self) -> bool:
        """Whether anything here is expected and not given: the report then says «прогноз»."""
        return any(result.is_forecast for result in self.results.values())


def class_results(school_class: SchoolClass, period: ReportPeriod, calendar: Calendar, *, today: date) -> ClassResults:
    """The results of a class for a term (four queries) or for the year (five)."""
    term = period.term or running_term(calendar, school_class.grade, period.day)
    matrix = matrix_of(
        school_class, calendar=calendar, term=term, today=today, roll_day=period.day if period.is_year else None
    )
    here = [row for row in matrix.rows if row.is_here]
    pupils = tuple(PupilLine(row.pupil_id, row.name) for row in here)
    taught: dict[int, list[Taught]] = defaultdict(list)
    for one in matrix.courses:
        name = one.teacher.short_name if one.teacher else ""
        taught[one.subject_id].append(Taught(one.pk, one.subject_id, one.group_id, one.plan_id, name))
    subjects = tuple(
        SubjectLine(
            subject.pk, subject.name, tuple(matrix.teachers.get(subject.pk, ())), course_id, tuple(taught[subject.pk])
        )
        for subject, course_id in matrix.heads
    )
    of_term = _of_term(matrix, calendar, is_over=today > term.date_to)
    if period.is_year:
        given, terms = year_and_term_marks([pupil.pupil_id for pupil in pupils], calendar)
        found = year_results(given, terms, of_term, term, is_over=period.is_over)
    else:
        found = of_term
    return ClassResults(school_class, period, pupils, subjects, found)


def running_term(calendar: Calendar, grade: int, day: date) -> Term:
    """The term whose marks and pupils a report of the year looks at: of the day, else the last one before it."""
    term = calendar.term_on(day, grade)
    if term is None:
        raise LookupError("the year has no terms")
    return term


def _of_term(matrix: Matrix, calendar: Calendar, *, is_over: bool) -> dict[tuple[int, int], Result]:
    thresholds = Thresholds.of(calendar.school)
    found = {}
    for row in matrix.rows:
        if not row.is_here:
            continue
        for subject, cell in zip(matrix.subjects, row.cells, strict=True):
            result = term_result(cell, thresholds, is_over=is_over)
            if result != NOTHING:
                found[row.pupil_id, subject.pk] = result
    return found


def term_result(cell: SubjectCell, thresholds: Thresholds, *, is_over: bool) -> Result:
    """What a cell of the matrix says: the mark given, else, while the term lasts, the one its mean promises."""
    expected = None if cell.period_mark or is_over else expected_mark(cell.mean, thresholds)
    return Result(
        value=cell.period_mark or (str(expected) if expected else ""),
        is_forecast=expected is not None,
        mean=cell.mean,
        marks=cell.count,
        has_few=cell.has_few,
    )


def year_results(
    given: Mapping[tuple[int, int], str],
    terms: Mapping[tuple[int, int], Mapping[int, str]],
    running: Mapping[tuple[int, int], Result],
    term: Term,
    *,
    is_over: bool,
) -> dict[tuple[int, int], Result]:
    """The year mark where it is given; before that from the period marks and the running term's result."""
    found = {}
    for place in {*given, *terms, *running}:
        value = given.get(place, "")
        if value or is_over:
            expected = None
        else:
            marks = [mark for number, mark in terms.get(place, {}).items() if number != term.number]
            if place in running:
                marks.append(running[place].value)
            expected = _year_mark(*marks)
        if value or expected:
            found[place] = _year_result(value, expected)
    return found


# A school has twenty thousand results of a year, and few that differ.
@cache
def _year_mark(*marks: str) -> int | None:
    return year_mark(marks)


@cache
def _year_result(given: str, expected: int | None) -> Result:
    return Result(value=given or str(expected), is_forecast=expected is not None)


def year_and_term_marks(
    pupil_ids: Iterable[int], calendar: Calendar
) -> tuple[dict[tuple[int, int], str], dict[tuple[int, int], dict[int, str]]]:
    """Year marks by (pupil id, subject id), and marks of terms by the same and the term's number. One query."""
    rows = PeriodMark.objects.filter(
        pupil__in=list(pupil_ids), year=calendar.year, kind__in=[PeriodMark.Kind.TERM, PeriodMark.Kind.YEAR]
    )
    years: dict[tuple[int, int], str] = {}
    terms: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    for pupil_id, subject_id, number, value in rows.values_list("pupil_id", "subject_id", "term__number", "value"):
        if number is None:
            years[pupil_id, subject_id] = value
        else:
            terms[pupil_id, subject_id][number] = value
    return years, terms
