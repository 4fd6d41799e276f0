"""Rows of files against the register → what would change, what is wrong, what must be asked."""

from __future__ import annotations

from collections import Counter
from datetime import date

from django.db import models, transaction

from accounts.models import User
from journal.calendar import Calendar, load_calendar, year_of
from journal.models import AcademicYear, BellPeriod, DayOff, School, Term, Vacation, WorkKind
from journal.services.calendar import create_year
from reports.imports.read import KIND_NAMES, FileContent

from .courses import Courses
from .journals import JournalPlanner
from .planner import Context
from .pupils import PupilPlanner
from .register import Register, Staged
from .result import Preview, Row
from .staff import plan_classes, plan_staff
from .summaries import SummaryPlanner
from .timetable import plan_timetables

__all__ = ["Preview", "Staged", "make_plan"]

# What `create_year` may fill.
OF_A_YEAR: tuple[type[models.Model], ...] = (School, AcademicYear, Term, Vacation, DayOff, BellPeriod, WorkKind)
# Lists with most columns first: shorter ones then complete them.
PUPIL_FILES = ("pupils", "pupils_short", "representatives")


def make_plan(
    contents: list[FileContent],
    *,
    today: date,
    by: User | None = None,
    answers: dict[str, str] | None = None,
    default_decision: str = "",
    keep_year: bool = False,
) -> tuple[Preview, Staged]:
    """What these files would change. Writes nothing, except with `keep_year` a school year that is not there yet.

    `default_decision` settles the differences from the register that `answers` leave open.
    """
    contents = sorted(contents, key=lambda content: (_rank(content), content.name))
    calendar, bells, made = _calendar(contents, today, keep=keep_year)
    register = Register(calendar.year)
    context = Context(register, calendar, today=today, by=by, answers=answers, default_decision=default_decision)
    if made:
        context.staged.made = made
        context.preview.rows.append(Row("year", "new", f"{calendar.year.name} (проект календаря)"))
    for content in contents:
        context.preview.problems += content.problems
    plan_classes(context, contents)
    plan_staff(context, contents)
    PupilPlanner(context, contents).run()
    courses = Courses(context)
    plan_timetables(context, courses, contents, bells)
    courses.settle()
    journals = JournalPlanner(context, courses)
    for content in contents:
        for sheet in content.journals:
            journals.plan(sheet)
    summaries = SummaryPlanner(context, courses)
    for content in contents:
        for summary in content.summaries:
            summaries.plan(summary)
    preview = context.finish()
    preview.files = [_file_line(content) for content in contents]
    return preview, context.staged


def _rank(content: FileContent) -> int:
    return PUPIL_FILES.index(content.kind) if content.kind in PUPIL_FILES else len(PUPIL_FILES)


def _file_line(content: FileContent) -> dict[str, str | int]:
    return {
        "name": content.name,
        "kind": KIND_NAMES.get(content.kind, "не узнан"),
        "errors": len(content.errors),
    }


def _calendar(
    contents: list[FileContent], today: date, *, keep: bool
) -> tuple[Calendar, dict[int, BellPeriod], list[models.Model]]:
    """The calendar of the year the files speak of, the bells by number, and the rows that had to be made for it.

    A year that is not there is made, with bells for a school that has none; for good only with `keep`.
    """
    start_year = start_year_of(contents, today)
    made: list[models.Model] = []
    with transaction.atomic():
        year = AcademicYear.objects.select_related("school").filter(date_from__year=start_year).first()
        if year is None and not any(content.pupils for content in contents):
            # Only a list of pupils opens a new year: an old journal does not bring the old year back.
            year = year_of(today)
        if year is None:
            before = {model: set(model._base_manager.values_list("pk", flat=True)) for model in OF_A_YEAR}
            year = create_year(start_year)
            made = [row for model, old in before.items() for row in model._base_manager.exclude(pk__in=old)]
        calendar = load_calendar(year)
        bells = {row.number: row for row in BellPeriod.objects.filter(schedule="основное")}
        if not keep:
            transaction.set_rollback(True)
    return calendar, bells, made


def start_year_of(contents: list[FileContent], today: date) -> int:
    """The school year most dates of the files belong to; without dates, the one that is running.

    A year further than one from today is a slip in the dates: then today decides and each row says what is wrong.
    """
    running = _school_year(today)
    years: Counter[int] = Counter()
    for content in contents:
        years.update(_school_year(row.enrolled_on) for row in content.pupils if row.enrolled_on)
        for sheet in content.journals:
            years.update(lesson.year - (lesson.month < 8) for lesson in sheet.lessons if lesson.year)
    found = years.most_common(1)[0][0] if years else running
    return found if abs(found - running) <= 1 else running


def _school_year(day: date) -> int:
    """Orders for the coming year are dated from summer on."""
    return day.year if day.month >= 6 else day.year - 1
