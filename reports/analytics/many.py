"""Results of several classes and periods at once: what a comparison needs, without asking class by class.

They are those of `results.class_results`, value by value (a test compares them); who the pupils are, how many marks
stand behind a result and who teaches is not read: a comparison shows numbers of classes only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import F, IntegerField, Q, Sum, Value
from django.db.models.functions import Cast, Round

from journal.calendar import Calendar
from journal.means import Thresholds, grade_has_marks
from journal.models import NUMERIC_VALUES, Course, Enrolment, Mark, PeriodMark, SchoolClass, Term
from journal.queries.matrix import SubjectCell
from reports.analytics.periods import ReportPeriod
from reports.analytics.results import (
    ClassResults,
    PupilLine,
    Result,
    SubjectLine,
    running_term,
    term_result,
    year_results,
)

Wanted = tuple[SchoolClass, ReportPeriod]
Place = tuple[int, int]
"""(pupil id, subject id)."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One of what is wanted: the term looked at, its span up to today, the pupils on the roll at the end of it (of the
    year: on its day), and which of them came after its first day."""

    school_class: SchoolClass
    period: ReportPeriod
    term: Term
    start: date
    end: date
    here: tuple[int, ...]
    came: frozenset[int]

    def is_over(self, today: date) -> bool:
        return today > self.term.date_to


def many_results(wanted: Sequence[Wanted], calendar: Calendar, *, today: date) -> dict[tuple[int, str], ClassResults]:
    """(class id, key of the period) → results. Four queries, whatever is wanted; the periods are of one year."""
    classes = list({school_class.pk: school_class for school_class, _ in wanted}.values())
    parts = _parts(wanted, _enrolments(classes, today), calendar, today)
    courses = _courses([one for one in classes if grade_has_marks(one.grade)], calendar)
    marks = _PeriodMarks.read(parts, calendar)
    means = _means([part for part in parts if not part.is_over(today)], courses)
    thresholds = Thresholds.of(calendar.school)
    found = {}
    for part in parts:
        subjects = sorted({subject for _, subject in courses[part.school_class.pk]})
        results = _term_results(part, subjects, marks, means, thresholds, is_over=part.is_over(today))
        if part.period.is_year:
            given, terms = marks.of_year(part.here)
            results = year_results(given, terms, results, part.term, is_over=part.period.is_over)
        found[part.school_class.pk, part.period.key] = ClassResults(
            school_class=part.school_class,
            period=part.period,
            pupils=tuple(PupilLine(pupil_id, "") for pupil_id in part.here),
            subjects=tuple(SubjectLine(subject_id, "", ()) for subject_id in subjects),
            results=results,
        )
    return found


# --- Who is on the roll ---------------------------------------------------------------------------


def _enrolments(classes: Iterable[SchoolClass], today: date) -> Mapping[int, list[tuple[int, date, date | None]]]:
    """Class id → (pupil, from, to) of all stays begun. One query."""
    rows = Enrolment.objects.filter(school_class__in=[one.pk for one in classes], date_from__lte=today).order_by()
    stays: dict[int, list[tuple[int, date, date | None]]] = defaultdict(list)
    for class_id, *stay in rows.values_list("school_class_id", "pupil_id", "date_from", "date_to"):
        stays[class_id].append(tuple(stay))  # type: ignore[arg-type]
    return stays


def _parts(
    wanted: Sequence[Wanted],
    stays: Mapping[int, list[tuple[int, date, date | None]]],
    calendar: Calendar,
    today: date,
) -> list[_Part]:
    parts = []
    for school_class, period in wanted:
        term = period.term or running_term(calendar, school_class.grade, period.day)
        start, end = term.date_from, max(term.date_from, min(term.date_to, today))
        # The year looks at who is on the roll on its own day, be the term over or not.
        on = max(end, period.day) if period.is_year else end
        inside = [
            stay for stay in stays.get(school_class.pk, ()) if stay[1] <= on and (stay[2] is None or stay[2] >= start)
        ]
        here = dict.fromkeys(pupil for pupil, _, last in inside if last is None or last >= on)
        came = frozenset(pupil for pupil, first, _ in inside if first > start)
        parts.append(_Part(school_class, period, term, start, end, tuple(here), came))
    return parts


# --- What they study ------------------------------------------------------------------------------


def _courses(classes: Sequence[SchoolClass], calendar: Calendar) -> Mapping[int, set[tuple[int, int]]]:
    """Class id → (course, subject) with marks: of the class, its groups, its pupils' plans. One query.

    The same courses as `journal.queries.courses.courses_of_class` names for one class.
    """
    ids, year = [one.pk for one in classes], calendar.year
    rows = Course.objects.filter(subject__has_marks=True).order_by()

    def by(path: str, **more: Any) -> Any:
        return rows.filter(**{f"{path}__in": ids}, **more).values_list(path, "pk", "subject_id")

    of_plan = rows.filter(
        Q(plan__date_to=None) | Q(plan__date_to__gte=year.date_from),
        Q(plan__pupil__enrolments__date_to=None) | Q(plan__pupil__enrolments__date_to__gte=F("plan__date_from")),
        plan__date_from__lte=year.date_to,
        plan__pupil__enrolments__school_class__in=ids,
    ).values_list("plan__pupil__enrolments__school_class", "pk", "subject_id")
    found: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for class_id, course_id, subject_id in by("school_class").union(by("group__classes"), of_plan, all=True):
        found[class_id].add((course_id, subject_id))
    return found


# --- What they got --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _PeriodMarks:
    by_term: Mapping[int, Mapping[Place, tuple[int, str]]]
    """Term id → place → (number of the term, value)."""
    terms_of: Mapping[int, Mapping[Place, Mapping[int, str]]]
    """Pupil id → place → number of the term → value: the same marks as a year looks at them, of those it is asked
    for."""
    years_of: Mapping[int, Mapping[Place, str]]
    """Pupil id → place → the year's."""

    @classmethod
    def read(cls, parts: Sequence[_Part], calendar: Calendar) -> _PeriodMarks:
        """Period marks of the terms wanted, each for the pupils wanted; of the year all terms and the year's. One
        query."""
        by_term: dict[int, set[int]] = defaultdict(set)
        of_year: set[int] = set()
        for part in parts:
            (of_year if part.period.is_year else by_term[part.term.pk]).update(part.here)
        kinds = PeriodMark.Kind
        asked = [PeriodMark.objects.filter(term=term, pupil__in=pupils) for term, pupils in by_term.items()]
        asked.append(
            PeriodMark.objects.filter(pupil__in=of_year, year=calendar.year, kind__in=[kinds.TERM, kinds.YEAR])
        )
        fields = ("pupil_id", "subject_id", "term_id", "term__number", "value")
        first, *others = [rows.order_by().values_list(*fields) for rows in asked]
        terms: dict[int, dict[Place, tuple[int, str]]] = defaultdict(dict)
        terms_of: dict[int, dict[Place, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
        years_of: dict[int, dict[Place, str]] = defaultdict(dict)
        for pupil, subject, term, number, value in first.union(*others, all=True) if others else first:
            place = (pupil, subject)
            if term is None:
                years_of[pupil][place] = value
                continue
            terms[term][place] = (number, value)
            if pupil in of_year:
                terms_of[pupil][place][number] = value
        return cls(terms, terms_of, years_of)

    def of_year(self, pupils: Iterable[int]) -> tuple[dict[Place, str], dict[Place, Mapping[int, str]]]:
        """What `year_and_term_marks` reads of these pupils."""
        years: dict[Place, str] = {}
        terms: dict[Place, Mapping[int, str]] = {}
        for pupil in pupils:
            years |= self.years_of.get(pupil, {})
            terms |= self.terms_of.get(pupil, {})
        return years, terms


def _means(parts: Sequence[_Part], courses: Mapping[int, set[tuple[int, int]]]) -> Mapping[tuple[int, int], Any]:
    """(class id, pupil id) → subject id → weighted mean so far, of the running term. One query.

    Of a newcomer also what was brought from other classes counts, as in `journal.queries.matrix`.
    """
    class_of = {pupil: part.school_class.pk for part in parts for pupil in part.here}
    came = {pupil for part in parts for pupil in part.came}
    own = {class_id: {course for course, _ in pairs} for class_id, pairs in courses.items()}
    # Schemes differ: what runs now began for some classes with the quarter, for others with the half-year.
    spans = sorted({(part.start, part.end) for part in parts})
    span_of = {part.school_class.pk: spans.index((part.start, part.end)) for part in parts}
    sums: dict[tuple[int, int], dict[int, tuple[int, int]]] = defaultdict(dict)
    for number, pupil, course, subject, total, weight in _sums(parts, spans, own):
        class_id = class_of.get(pupil)
        if class_id is None or span_of[class_id] != number:
            continue
        if pupil in came or course in own.get(class_id, ()):
            of_pupil = sums[class_id, pupil]
            known = of_pupil.get(subject, (0, 0))
            of_pupil[subject] = (known[0] + total, known[1] + weight)
    return {
        place: {subject: _mean(*sums) for subject, sums in of_pupil.items() if sums[1]}
        for place, of_pupil in sums.items()
    }


@cache  # few sums differ
def _mean(total: int, weight: int) -> Decimal:
    return Decimal(total) / weight


def _sums(
    parts: Sequence[_Part], spans: Sequence[tuple[date, date]], own: Mapping[int, set[int]]
) -> Iterable[tuple[int, int, int, int, int, int]]:
    """(number of the span, pupil, course, subject, Σ mark·weight, Σ weight), weights in tenths: whole numbers add up
    exactly anywhere."""
    tenths = Cast(Round(F("kind__weight") * 10), IntegerField())
    asked = []
    for number, span in enumerate(spans):
        of_span = [part for part in parts if (part.start, part.end) == span]
        courses = set().union(*(own.get(part.school_class.pk, set()) for part in of_span))
        came = {pupil for part in of_span for pupil in part.came}
        rows = Mark.objects.filter(lesson__date__range=span, value__in=NUMERIC_VALUES).order_by()
        # By lessons, not by pupils: then no year that these pupils have behind them is read.
        chosen = [rows.filter(lesson__course__in=courses)]
        if came:
            chosen.append(rows.filter(pupil__in=came).exclude(lesson__course__in=courses))
        asked += [
            marks.annotate(span=Value(number, IntegerField()))
            .values_list("span", "pupil_id", "lesson__course_id", "lesson__course__subject_id")
            .annotate(total=Sum(Cast("value", IntegerField()) * tenths), weight=Sum(tenths))
            for marks in chosen
        ]
    if not asked:
        return []
    first, *others = asked
    return first.union(*others, all=True) if others else first


def _term_results(
    part: _Part,
    subjects: Iterable[int],
    marks: _PeriodMarks,
    means: Mapping[tuple[int, int], Any],
    thresholds: Thresholds,
    *,
    is_over: bool,
) -> dict[Place, Result]:
    given = marks.by_term.get(part.term.pk, {})
    found = {}
    # Few values and means differ: what each means is worked out once.
    known: dict[tuple[str, Decimal | None], Result] = {}
    for pupil in part.here:
        of_pupil = {} if is_over else means.get((part.school_class.pk, pupil), {})
        for subject in subjects:
            _, value = given.get((pupil, subject), (0, ""))
            mean = of_pupil.get(subject)
            if not value and mean is None:
                continue
            result = known.get((value, mean))
            if result is None:
                cell = SubjectCell(mean=mean, period_mark=value)
                result = known[value, mean] = term_result(cell, thresholds, is_over=is_over)
            if result.value:
                found[pupil, subject] = result
    return found
