"""«Все предметы»: the pupils of a class × its subjects in one term (design.md §5.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Count

from journal.calendar import Calendar
from journal.means import Thresholds, expected_mark, has_few_marks, weighted_mean
from journal.models import NUMERIC_VALUES, Course, Enrolment, Mark, PeriodMark, SchoolClass, Subject, Term
from journal.queries.courses import courses_of_class, has_marks
from journal.text import normalise


@dataclass(frozen=True, slots=True)
class SubjectCell:
    """A pupil in a subject: the mean, how many marks it stands on, the period mark. `at_risk`: a «2» is near."""

    mean: Decimal | None = None
    count: int = 0
    has_few: bool = False
    at_risk: bool = False
    period_mark: str = ""


NO_MARKS = SubjectCell()


@dataclass(frozen=True, slots=True)
class MatrixRow:
    pupil_id: int
    name: str
    is_here: bool
    cells: list[SubjectCell]

    @property
    def risks(self) -> int:
        return sum(cell.at_risk for cell in self.cells)


@dataclass
class Matrix:
    """One term of a class over all subjects; no query is left inside. `course_ids` leads from a subject to its
    journal, `teachers` are those of the class and of its groups (not of single pupils' plans); `courses` are all."""

    school_class: SchoolClass
    term: Term
    terms: list[Term]
    subjects: list[Subject] = field(default_factory=list)
    course_ids: dict[int, int] = field(default_factory=dict)
    teachers: dict[int, list[str]] = field(default_factory=dict)
    courses: list[Course] = field(default_factory=list)
    rows: list[MatrixRow] = field(default_factory=list)

    @property
    def heads(self) -> list[tuple[Subject, int]]:
        return [(subject, self.course_ids[subject.pk]) for subject in self.subjects]

    @property
    def risks(self) -> int:
        return sum(row.risks for row in self.rows)


def matrix_of(
    school_class: SchoolClass, *, calendar: Calendar, term: Term, today: date, roll_day: date | None = None
) -> Matrix:
    """The matrix of a class in a term. Four queries, whatever the sizes. `roll_day`: who is on the roll then is «here»,
    not who was at the end of the term (a report of the year looks beyond it)."""
    grade = school_class.grade
    start, end = term.date_from, max(term.date_from, min(term.date_to, today))
    begun = [t for t in calendar.terms_for(grade) if t.date_from <= today] or [term]
    matrix = Matrix(school_class, term, begun)
    courses = [course for course in courses_of_class(school_class) if has_marks(course.subject, grade)]
    matrix.courses = courses
    _subjects(matrix, courses)
    on = max(end, roll_day or end)
    rows = Enrolment.objects.filter(school_class=school_class).overlapping(start, on).select_related("pupil")
    enrolments = sorted(rows, key=lambda row: (row.pupil.sort_name, row.pupil_id, row.date_from))
    pupils = {row.pupil_id: row.pupil for row in enrolments}
    here = {row.pupil_id for row in enrolments if row.date_to is None or row.date_to >= on}
    came = [row.pupil_id for row in enrolments if row.date_from > start]
    gone = {row.pupil_id: row.date_to for row in enrolments if row.date_to and row.pupil_id not in here}
    given = _given(courses, came, gone, start, end)
    period = _period_marks(list(pupils), term)
    thresholds = Thresholds.of(calendar.school)
    for pupil in pupils.values():
        cells = [
            _cell(given.get((pupil.pk, subject.pk)), period.get((pupil.pk, subject.pk), ""), term, calendar, thresholds)
            for subject in matrix.subjects
        ]
        if pupil.pk in here or any(cell is not NO_MARKS for cell in cells):
            matrix.rows.append(MatrixRow(pupil.pk, pupil.list_name, pupil.pk in here, cells))
    return matrix


def _subjects(matrix: Matrix, courses: Iterable[Course]) -> None:
    """Subjects in order, each with the first of its courses (the class's own before groups and plans)."""
    for course in sorted(courses, key=lambda course: (bool(course.plan_id), bool(course.group_id))):
        if course.subject_id not in matrix.course_ids:
            matrix.course_ids[course.subject_id] = course.pk
            matrix.subjects.append(course.subject)
        names = matrix.teachers.setdefault(course.subject_id, [])
        if course.teacher and not course.plan_id and course.teacher.short_name not in names:
            names.append(course.teacher.short_name)
    matrix.subjects.sort(key=lambda subject: normalise(subject.name))


def _given(
    courses: list[Course], came: list[int], gone: Mapping[int, date], start: date, end: date
) -> dict[tuple[int, int], list[tuple[str, Decimal, int]]]:
    """(pupil id, subject id) → value, weight and how many such marks; in a group also of other classes. One query."""
    fields = ("pupil_id", "lesson__course__subject_id", "value", "kind__weight")
    # By lessons, not by pupils: then no year that these pupils have behind them is read.
    rows = Mark.objects.filter(lesson__date__range=(start, end)).order_by()
    for pupil_id, last in gone.items():
        # What a pupil gets after leaving, in a group of several classes too, is the business of another class.
        rows = rows.exclude(pupil=pupil_id, lesson__date__gt=last)
    of_class = rows.filter(lesson__course__in=[course.pk for course in courses])
    found = of_class.values(*fields).annotate(n=Count("pk"))
    given: dict[tuple[int, int], list[tuple[str, Decimal, int]]] = defaultdict(list)
    if came:
        # What newcomers brought from another class counts too; what they got here must not count twice.
        brought = rows.filter(pupil__in=came).exclude(lesson__course__in=[course.pk for course in courses])
        found = found.union(brought.values(*fields).annotate(n=Count("pk")), all=True)
    for row in found:
        given[row["pupil_id"], row["lesson__course__subject_id"]].append((row["value"], row["kind__weight"], row["n"]))
    return given


def _period_marks(pupil_ids: list[int], term: Term) -> dict[tuple[int, int], str]:
    rows = PeriodMark.objects.filter(pupil__in=pupil_ids, term=term)
    return {(pupil, subject): value for pupil, subject, value in rows.values_list("pupil_id", "subject_id", "value")}


def _cell(
    given: list[tuple[str, Decimal, int]] | None,
    period_mark: str,
    term: Term,
    calendar: Calendar,
    thresholds: Thresholds,
) -> SubjectCell:
    numeric = [(value, weight * n, n) for value, weight, n in given or () if value in NUMERIC_VALUES]
    if not numeric and not period_mark:
        return NO_MARKS
    mean = weighted_mean([(value, weight) for value, weight, _ in numeric])
    count = sum(n for _, _, n in numeric)
    near_two = expected_mark(mean, thresholds) == 2
    return SubjectCell(mean, count, has_few_marks(count, term.scheme, calendar.school), near_two, period_mark)
