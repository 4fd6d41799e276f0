"""Extracts of a pupil or of a whole class: plain objects out, no query left inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from journal.calendar import Calendar, load_calendar
from journal.lessons import class_lessons, pupil_lessons
from journal.models import Pupil, SchoolClass
from reports.extract.assemble import extract_of
from reports.extract.data import ExtractData, Period
from reports.extract.source import range_needed, read_source

DEFAULT_DAYS = 28
"""Four weeks back, inside the term: what a parent on paper has not seen, and enough to understand the mean."""


def default_period(calendar: Calendar, grade: int, today: date) -> Period:
    """The last four weeks of the running term; the whole term once it is over."""
    term = calendar.term_on(today, grade)
    if term is None:
        return Period(max(calendar.year.date_from, today - timedelta(days=DEFAULT_DAYS - 1)), today)
    if today > term.date_to:
        return Period(term.date_from, term.date_to)
    if today < term.date_from:
        return Period(term.date_from, term.date_from)
    return Period(max(term.date_from, today - timedelta(days=DEFAULT_DAYS - 1)), today)


def class_extracts(
    school_class: SchoolClass,
    period: Period,
    *,
    formed_on: date,
    pupil_ids: Iterable[int] | None = None,
    blocks: Sequence[str] = (),
) -> list[ExtractData]:
    """Extracts of everybody on the roll at the end of the period, or of the given pupils of the class.

    Pupils who are not of the class in these days are left out: who asked for them counts what came back.
    """
    calendar = load_calendar(school_class.year)
    start, end = range_needed(period, formed_on)
    lessons = class_lessons(school_class, start, end, calendar)
    if pupil_ids is None:
        wanted = {pupil.pk for pupil in lessons.pupils if lessons.on_roll(pupil.pk, period.end)}
    else:
        wanted = set(pupil_ids)
    pupils = [pupil for pupil in lessons.pupils if pupil.pk in wanted]
    source = read_source(school_class, calendar, period, formed_on, lessons, [pupil.pk for pupil in pupils])
    return [extract_of(pupil, source, blocks) for pupil in pupils]


def pupil_extract(
    pupil: Pupil, school_class: SchoolClass, period: Period, *, formed_on: date, blocks: Sequence[str] = ()
) -> ExtractData:
    """The extract of one pupil of the class."""
    calendar = load_calendar(school_class.year)
    lessons = pupil_lessons(pupil, school_class, *range_needed(period, formed_on), calendar)
    source = read_source(school_class, calendar, period, formed_on, lessons, [pupil.pk])
    return extract_of(pupil, source, blocks)
