"""The register of a course: pupils × dates of a term with marks and absence letters (design.md §5.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from journal.calendar import Calendar
from journal.dates import MONTHS_SHORT
from journal.lessons import ClassLessons, course_lessons
from journal.means import has_few_marks, weighted_mean
from journal.models import NUMERIC_VALUES, Course, Mark, PeriodMark, SchoolClass, Term
from journal.queries.absences import Letter, letter_at, letters_between
from journal.queries.courses import has_marks

YEAR_HEADS = {
    PeriodMark.Kind.YEAR: "год",
    PeriodMark.Kind.EXAM: "экз.",
    PeriodMark.Kind.FINAL: "итог",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A lesson of the course. `lesson_id` is None while only the timetable knows of it."""

    date: date
    number: int
    lesson_id: int | None
    topic: str = ""
    control: str = ""
    shows_number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands at a lesson: marks and an absence letter are separate facts and may stand together.

    `is_own` is False on days when the course was not the pupil's: before arrival, in another group, on a plan.
    """

    values: tuple[str, ...] = ()
    letter: Letter | None = None
    is_own: bool = True
    has_comment: bool = False

    @property
    def text(self) -> str:
        return " ".join(filter(None, ["/".join(self.values), self.letter.sign if self.letter else ""]))


EMPTY, FOREIGN = Cell(), Cell(is_own=False)


class GivenMark(NamedTuple):
    """A mark of the term, with what the mean needs to know. A tuple: a page makes hundreds of them."""

    pupil_id: int
    lesson_id: int
    course_id: int
    date: date
    number: int
    position: int
    value: str
    weight: Decimal
    is_control: bool
    comment: str


@dataclass
class Row:
    """A pupil. `counted` are (value, weight) of every mark in the mean; `carried` of them stand in other journals,
    from another group or class of the same term."""

    pupil_id: int
    name: str
    cells: list[Cell]
    note: str = ""
    is_here: bool = True
    counted: list[tuple[str, Decimal]] = field(default_factory=list)
    carried: int = 0
    mean: Decimal | None = None
    has_few: bool = False
    period_marks: list[str] = field(default_factory=list)


@dataclass
class Register:
    """One term of a course; no query is left inside."""

    course: Course
    term: Term
    terms: list[Term]
    with_marks: bool
    columns: list[Column] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def months(self) -> Iterator[tuple[str, int]]:
        """(«сен», number of columns) for the upper row of the heading."""
        for month, columns in groupby(self.columns, key=lambda column: column.date.month):
            yield MONTHS_SHORT[month], len(list(columns))


def register_of(
    course: Course,
    *,
    classes: Sequence[SchoolClass],
    calendar: Calendar,
    term: Term,
    today: date,
    related: Sequence[Course] = (),
) -> Register:
    """The register of a course for the pupils of `classes`. Six queries, whatever the sizes.

    `related` are all courses of this subject that these pupils may take (other groups, plans), with their plans.
    """
    start, end = term.date_from, max(term.date_from, min(term.date_to, today))
    grade = classes[0].grade
    begun = [t for t in calendar.terms_for(grade) if t.date_from <= today] or [term]
    register = Register(course, term, begun, has_marks(course.subject, grade))
    plans = [other for other in related if other.plan_id]
    lessons = course_lessons(course, classes, start, end, calendar, of_plans=plans)
    ids = [pupil.pk for pupil in lessons.pupils]
    marks = _marks(course, {course.pk, *(other.pk for other in related)}, ids, _arrived(lessons, start), start, end)
    register.columns = _columns(course, lessons, marks)
    absences = letters_between(ids, start, end)
    dates = {column.date for column in register.columns} | {end}
    for pupil in lessons.pupils:
        last = lessons.last_day(pupil.pk)
        own = [mark for mark in marks.get(pupil.pk, []) if mark.date <= last]
        days = lessons.days_taken(pupil.pk, course, dates)
        cells = _cells(register, days, own, absences.get(pupil.pk, {}))
        takes_now = end in days
        if takes_now or any(cell is not FOREIGN for cell in cells):
            row = Row(pupil.pk, pupil.list_name, cells, _note(lessons, course, pupil.pk, start, end), takes_now)
            _count(row, own, course, term, calendar)
            register.rows.append(row)
    _period_marks(register, lessons, calendar)
    return register


def _arrived(lessons: ClassLessons, start: date) -> list[int]:
    """Pupils who came to the class after the term began, or came back to it: they may bring marks from another one."""
    return [pk for pk, stays in lessons.enrolments.items() if any(stay.date_from > start for stay in stays)]


def _marks(
    course: Course, same: Collection[int], ids: list[int], arrived: list[int], start: date, end: date
) -> dict[int, list[GivenMark]]:
    """Marks of the term in the subject, by pupil, in the order they were given. One query.

    Marks that a pupil brought from another group, plan or class of the term count in the mean, though they stand in
    another journal (domain.md §6).
    """
    rows = Mark.objects.filter(lesson__date__range=(start, end)).order_by()
    # By the lessons of few courses alone: told the pupils too, SQLite reads all marks these ever got. What a group of
    # several classes brings along is left out below.
    here, wanted = rows.filter(lesson__course__in=same), set(ids)
    fields = (
        "pupil_id", "lesson_id", "lesson__course_id", "lesson__date", "lesson__number",
        "position", "value", "kind__weight", "kind__is_control", "comment",
    )  # fmt: skip
    found = here.values_list(*fields)
    if arrived:
        brought = rows.filter(pupil__in=arrived, lesson__course__subject=course.subject_id)
        found = found.union(brought.values_list(*fields))
    marks: dict[int, list[GivenMark]] = defaultdict(list)
    for row in sorted(found, key=lambda row: row[3:6]):
        if row[0] in wanted:
            marks[row[0]].append(GivenMark(*row))
    return marks


def _columns(course: Course, lessons: ClassLessons, marks: dict[int, list[GivenMark]]) -> list[Column]:
    """Lessons of the course by day. A lesson with marks has its column even where the calendar knows no lesson."""
    given = {
        (mark.date, mark.number): mark.lesson_id
        for row in marks.values()
        for mark in row
        if mark.course_id == course.pk
    }
    control = {mark.lesson_id for row in marks.values() for mark in row if mark.is_control}
    places = {
        (place.date, place.number): place
        for day in lessons.places.values()
        for place in day
        if place.course_id == course.pk
    }
    keys = sorted({*places, *given})
    days = [day for day, _ in keys]
    columns = []
    for day, number in keys:
        place = places.get((day, number))
        lesson_id = place.lesson_id if place else given[day, number]
        work = (place and place.control) or ("контрольная работа" if lesson_id in control else "")
        topic = place.topic if place else ""
        columns.append(Column(day, number, lesson_id, topic, work, shows_number=days.count(day) > 1))
    return columns


def _cells(
    register: Register, days: Container[date], marks: list[GivenMark], absences: dict[tuple[date, int], Letter]
) -> list[Cell]:
    """A cell a column; `days` are those on which the course is the pupil's own."""
    by_lesson: dict[int, list[GivenMark]] = defaultdict(list)
    for mark in marks:
        by_lesson[mark.lesson_id].append(mark)
    cells = []
    for column in register.columns:
        is_own = column.date in days
        letter = letter_at(absences, column.date, column.number) if absences and is_own else None
        given = by_lesson.get(column.lesson_id) if column.lesson_id else None
        if given:
            values = tuple(mark.value for mark in given)
            cells.append(Cell(values, letter, is_own, any(mark.comment for mark in given)))
        elif letter:
            cells.append(Cell(letter=letter))
        else:
            cells.append(EMPTY if is_own else FOREIGN)
    return cells


def _count(row: Row, marks: list[GivenMark], course: Course, term: Term, calendar: Calendar) -> None:
    numeric = [mark for mark in marks if mark.value in NUMERIC_VALUES]
    row.counted = [(mark.value, mark.weight) for mark in numeric]
    row.carried = sum(mark.course_id != course.pk for mark in numeric)
    row.mean = weighted_mean(row.counted)
    row.has_few = has_few_marks(len(numeric), term.scheme, calendar.school)


def _note(lessons: ClassLessons, course: Course, pupil_id: int, start: date, end: date) -> str:
    """«с 05.10», «по 14.10», «план» beside the name of a pupil who takes the course not all the term."""
    stays = [lessons.enrolments[pupil_id]]
    if course.group_id:
        stays.append([stay for group, stay in lessons.groups.get(pupil_id, ()) if group == course.group_id])
    first = max(min((stay.date_from for stay in group), default=start) for group in stays)
    last = min((max(stay.date_to or date.max for stay in group) for group in stays if group), default=date.max)
    notes = []
    if first > start:
        notes.append(f"с {first:%d.%m}")
    if last < end:
        notes.append(f"по {last:%d.%m}")
    if not course.plan_id and any(course.subject_id in plan.subject_ids for plan in lessons.plans.get(pupil_id, ())):
        notes.append("инд. план")
    return ", ".join(notes)


def _period_marks(register: Register, lessons: ClassLessons, calendar: Calendar) -> None:
    """Fills marks of the terms begun so far, and of the year where there are any. One query.

    Marks of terms that began after a pupil had left are those of another class.
    """
    if not register.with_marks:
        return
    found: dict[int, dict[str | int, str]] = defaultdict(dict)
    rows = PeriodMark.objects.filter(
        pupil__in=[row.pupil_id for row in register.rows], subject=register.course.subject_id, year=calendar.year
    ).order_by()
    newest = register.terms[-1].date_from
    for pupil_id, kind, term_id, begun, value in rows.values_list(
        "pupil_id", "kind", "term_id", "term__date_from", "value"
    ):
        if (begun or newest) <= lessons.last_day(pupil_id):
            found[pupil_id][term_id or kind] = value
    of_year = [kind for kind in YEAR_HEADS if any(kind in marks for marks in found.values())]
    keys: list[str | int] = [*(term.pk for term in register.terms), *of_year]
    register.heads = [*(term.roman for term in register.terms), *(YEAR_HEADS[kind] for kind in of_year)]
    for row in register.rows:
        row.period_marks = [found[row.pupil_id].get(key, "") for key in keys]
