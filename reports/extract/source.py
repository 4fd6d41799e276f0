"""What is read for extracts, and reading it: the same number of queries for one pupil and for a whole class."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F

from attendance.models import Absence
from journal.calendar import Calendar
from journal.lessons import ClassLessons, pupil_lessons
from journal.models import (
    BellPeriod,
    ClassTeacher,
    ControlWork,
    Enrolment,
    Guardianship,
    Homework,
    Mark,
    PeriodMark,
    Recommendation,
    SchoolClass,
    Subject,
    Term,
    WorkKind,
)
from reports.extract.data import Period

AHEAD = timedelta(days=14)
"""How far ahead the timetable and homework are looked for."""
SET_BEFORE = timedelta(days=31)
"""How long ago homework may have been set: a subject of one lesson a week, with vacations between."""
CONTROL_AHEAD = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class MarkRow:
    subject_id: int
    date: date
    number: int
    value: str
    kind: str
    weight: Decimal
    is_control: bool
    short: str = ""
    """The kind in a few letters; none for the usual one."""


@dataclass(frozen=True)
class Source:
    """Everything read, by pupil where it is a pupil's: `assemble` makes the extracts from it."""

    school_class: SchoolClass
    calendar: Calendar
    period: Period
    formed_on: date
    term: Term
    previous_term: Term | None
    lessons: ClassLessons
    subjects: dict[int, Subject]
    marks: dict[int, list[MarkRow]]
    period_marks: dict[int, dict[tuple[int, int], str]]
    absences: dict[int, dict[date, list[Absence]]]
    homework: list[Homework]
    control_works: list[ControlWork]
    advice: dict[int, list[Recommendation]]
    bells: dict[int, BellPeriod]
    class_teacher: str
    paper_guardians: dict[int, list[Guardianship]]
    earlier: dict[int, list[ClassLessons]] = field(default_factory=dict)
    """Lessons of the classes a pupil was in before, where absences of those days are told."""


def range_needed(period: Period, formed_on: date) -> tuple[date, date]:
    """Days whose lessons are needed: the period, and the timetable around the day of forming."""
    return min(period.start, formed_on - SET_BEFORE), max(period.end, formed_on + AHEAD)


ALL_PARTS = frozenset(
    {"marks", "results", "absences", "homework", "control_works", "advice", "bells", "teacher", "paper"}
)


def read_source(
    school_class: SchoolClass,
    calendar: Calendar,
    period: Period,
    formed_on: date,
    lessons: ClassLessons,
    ids: list[int],
    *,
    parts: frozenset[str] = ALL_PARTS,
) -> Source:
    """Reads what an extract needs, or only some `parts` of it: a page of the family cabinet shows a part."""
    terms = calendar.terms_for(school_class.grade)
    term = calendar.term_on(period.end, school_class.grade) or _whole_year(calendar)
    earlier = [t for t in terms if t.date_to < term.date_from]
    mark_from = min(period.start, term.date_from)
    course_ids = list(lessons.courses)
    marks = _marks(ids, mark_from, period.end) if "marks" in parts else {}
    # What is dated after the pupil has left the class is the business of others.
    marks = {pk: [row for row in rows if row.date <= _last_day(lessons, pk)] for pk, rows in marks.items()}
    absences = _absences(ids, period) if "absences" in parts else {}
    subjects = {course.subject_id: course.subject for course in lessons.courses.values()}
    subjects |= {c.subject_id: c.subject for pk in ids for c in lessons.plan_courses(pk, formed_on)}
    period_marks = _period_marks(ids, [t.pk for t in terms]) if "results" in parts else {}
    # A subject that ended has marks and no more lessons: its name is still needed.
    marked = {row.subject_id for rows in marks.values() for row in rows}
    missing = {*marked, *(subject for given in period_marks.values() for subject, _ in given)} - subjects.keys()
    if missing:
        subjects |= Subject.objects.in_bulk(missing)
    return Source(
        school_class=school_class,
        calendar=calendar,
        period=period,
        formed_on=formed_on,
        term=term,
        previous_term=earlier[-1] if earlier else None,
        lessons=lessons,
        subjects=subjects,
        marks=marks,
        period_marks=period_marks,
        absences=absences,
        homework=_homework(course_ids, formed_on) if "homework" in parts else [],
        control_works=_control_works(course_ids, formed_on) if "control_works" in parts else [],
        advice=_advice(ids, mark_from, formed_on) if "advice" in parts else {},
        bells=_bells() if "bells" in parts else {},
        class_teacher=_class_teacher(school_class, formed_on) if "teacher" in parts else "",
        paper_guardians=_paper_guardians(ids) if "paper" in parts else {},
        earlier=_earlier(school_class, calendar, lessons, absences),
    )


def _last_day(lessons: ClassLessons, pupil_id: int) -> date:
    return lessons.last_day(pupil_id) if pupil_id in lessons.enrolments else date.max


def _earlier(
    school_class: SchoolClass,
    calendar: Calendar,
    lessons: ClassLessons,
    absences: dict[int, dict[date, list[Absence]]],
) -> dict[int, list[ClassLessons]]:
    """Of pupils who came over from another class of the year: its lessons on the days they were absent there, so that
    absences go along with the pupil (domain.md §6). No query where nobody has such a day."""
    days = {
        pk: elsewhere
        for pk, of_pupil in absences.items()
        if (stays := lessons.enrolments.get(pk))
        and (
            elsewhere := [
                day for day in of_pupil if day < max(stay.date_from for stay in stays) and not lessons.on_roll(pk, day)
            ]
        )
    }
    if not days:
        return {}
    found: dict[int, list[ClassLessons]] = defaultdict(list)
    rows = Enrolment.objects.filter(pupil__in=days, school_class__year=calendar.year)
    for row in rows.exclude(school_class=school_class).select_related("pupil", "school_class"):
        own = days[row.pupil_id]
        found[row.pupil_id].append(pupil_lessons(row.pupil, row.school_class, min(own), max(own), calendar))
    return found


def _bells() -> dict[int, BellPeriod]:
    return {bell.number: bell for bell in BellPeriod.objects.filter(schedule="основное")}


def _whole_year(calendar: Calendar) -> Term:
    """A stand-in for a school that has entered no terms yet."""
    year = calendar.year
    return Term(year=year, scheme="quarter", number=1, date_from=year.date_from, date_to=year.date_to)


def _marks(ids: list[int], start: date, end: date) -> dict[int, list[MarkRow]]:
    rows = (
        Mark.objects.filter(pupil__in=ids, lesson__date__range=(start, end))
        .order_by("lesson__date", "lesson__number", "position")
        .annotate(subject_id=F("lesson__course__subject_id"), day=F("lesson__date"))
        .values_list("pupil_id", "subject_id", "day", "lesson__number", "value", "kind_id")
    )
    kinds = {kind.pk: kind for kind in WorkKind.objects.all()}
    found: dict[int, list[MarkRow]] = defaultdict(list)
    for pupil_id, subject_id, day, number, value, kind_id in rows:
        kind = kinds[kind_id]
        short = "" if kind.is_default else kind.short_name
        found[pupil_id].append(MarkRow(subject_id, day, number, value, kind.name, kind.weight, kind.is_control, short))
    return found


def _period_marks(ids: list[int], term_ids: list[int]) -> dict[int, dict[tuple[int, int], str]]:
    rows = PeriodMark.objects.filter(pupil__in=ids, kind=PeriodMark.Kind.TERM, term__in=term_ids)
    found: dict[int, dict[tuple[int, int], str]] = defaultdict(dict)
    for pupil_id, subject_id, term_id, value in rows.values_list("pupil_id", "subject_id", "term_id", "value"):
        found[pupil_id][subject_id, term_id] = value
    return found


def _absences(ids: list[int], period: Period) -> dict[int, dict[date, list[Absence]]]:
    rows = Absence.objects.filter(pupil__in=ids).between(period.start, period.end).select_related("document")
    found: dict[int, dict[date, list[Absence]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.order_by("date", "lesson"):
        found[row.pupil_id][row.date].append(row)
    return found


def _homework(course_ids: list[int], formed_on: date) -> list[Homework]:
    rows = Homework.objects.filter(
        lesson__course__in=course_ids, lesson__date__range=(formed_on - SET_BEFORE, formed_on + AHEAD)
    )
    return list(rows.exclude(due_on__lte=formed_on).exclude(text="").select_related("lesson").order_by("lesson__date"))


def _control_works(course_ids: list[int], formed_on: date) -> list[ControlWork]:
    rows = ControlWork.objects.filter(course__in=course_ids, date__gt=formed_on, date__lte=formed_on + CONTROL_AHEAD)
    return list(rows.order_by("date", "pk"))


def _advice(ids: list[int], start: date, end: date) -> dict[int, list[Recommendation]]:
    rows = Recommendation.objects.filter(pupil__in=ids, date__range=(start, end)).select_related("subject", "teacher")
    found: dict[int, list[Recommendation]] = defaultdict(list)
    for row in rows.order_by("-date", "subject__name"):
        found[row.pupil_id].append(row)
    return found


def _class_teacher(school_class: SchoolClass, day: date) -> str:
    """Who leads the class on the day; the acting one while somebody stands in."""
    rows = ClassTeacher.objects.active_on(day).filter(school_class=school_class)
    row = rows.select_related("teacher").order_by(F("is_acting").desc()).first()
    return row.teacher.short_name if row else ""


def _paper_guardians(ids: list[int]) -> dict[int, list[Guardianship]]:
    rows = Guardianship.objects.current().filter(pupil__in=ids, informing__in=Guardianship.PAPER)
    found: dict[int, list[Guardianship]] = defaultdict(list)
    for row in rows.select_related("guardian").order_by("pk"):
        found[row.pupil_id].append(row)
    return found
