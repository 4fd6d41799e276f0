"""Parts of a class journal for the archive: spreads of every course and term, each as plain rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from journal.calendar import Calendar
from journal.models import Course, SchoolClass, Term
from journal.queries.courses import course_label, courses_of_class, courses_of_subject
from journal.queries.register import Column, Register, Row, register_of
from journal.queries.topics import TopicRow, topics_of
from journal.text import decimal_text

LESSONS = 24
"""Columns of a left page."""


@dataclass(frozen=True)
class Spread:
    """Left page: pupils × lessons; right page: date, topic, homework of the same lessons. The last one of a term has
    mean and period mark."""

    columns: Sequence[Column]
    rows: SafeString
    topics: tuple[TopicRow, ...]
    heads: tuple[str, ...]

    @property
    def days(self) -> list[str]:
        return [f"{column.date.day}.{column.date.month:02}" for column in self.columns]


@dataclass(frozen=True)
class CourseTerm:
    """A course in a term: what one part of the archive is made of."""

    title: str
    teacher: str
    term: Term
    spreads: tuple[Spread, ...]
    pupils: int
    marks: int

    @property
    def lessons(self) -> int:
        return sum(len(spread.columns) for spread in self.spreads)


def courses_to_print(school_class: SchoolClass) -> list[Course]:
    """Every course of the class, its groups and its pupils' plans, in the order of the journal. One query."""
    return courses_of_class(school_class)


def terms_to_print(school_class: SchoolClass, calendar: Calendar, today: date) -> list[Term]:
    """Terms that have begun."""
    return [term for term in calendar.terms_for(school_class.grade) if term.date_from <= today]


def course_term(
    school_class: SchoolClass, course: Course, term: Term, calendar: Calendar, *, today: date
) -> CourseTerm | None:
    """What stands in the journal of a course for a term; None where it has no lesson then."""
    related = courses_of_subject(course.subject_id, [school_class])
    register = register_of(course, classes=[school_class], calendar=calendar, term=term, today=today, related=related)
    if not register.columns:
        return None
    topics = {(row.date, row.number): row for row in topics_of(course)}
    return CourseTerm(
        title=course_label(course),
        teacher=course.teacher.full_name if course.teacher else "",
        term=term,
        spreads=tuple(_spreads(register, topics)),
        pupils=len(register.rows),
        marks=sum(len(cell.values) for row in register.rows for cell in row.cells),
    )


def _spreads(register: Register, topics: dict[tuple[date, int], TopicRow]) -> Iterator[Spread]:
    columns = register.columns
    for at in range(0, len(columns), LESSONS):
        part = columns[at : at + LESSONS]
        is_last = at + LESSONS >= len(columns)
        heads = ("ср.", *register.heads) if is_last and register.with_marks else ()
        rows = "".join(
            _row(number, row, row.cells[at : at + LESSONS], with_results=bool(heads))
            for number, row in enumerate(register.rows, start=1)
        )
        found = (topics.get((column.date, column.number)) or _bare(column) for column in part)
        yield Spread(part, mark_safe(rows), tuple(found), heads)  # names are escaped in `_row`


def _bare(column: Column) -> TopicRow:
    """A lesson of which only the timetable knows."""
    return TopicRow(0, column.date, column.number, column.topic, "", False, ())


def _row(number: int, row: Row, cells: Sequence, *, with_results: bool) -> str:
    note = f" <small>{escape(row.note)}</small>" if row.note else ""
    found = "".join(f'<td class="{"m" if cell.is_own else "o"}">{escape(cell.text)}</td>' for cell in cells)
    results = ""
    if with_results:
        mean = decimal_text(row.mean) if row.mean is not None else ""
        results = f'<td class="r">{mean}</td>' + "".join(f'<td class="r">{escape(v)}</td>' for v in row.period_marks)
    return f'<tr><td class="k">{number}</td><td class="who">{escape(row.name)}{note}</td>{found}{results}</tr>'
