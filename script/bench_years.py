"""The years before the demo school's own, for `script/bench --years 10`: as many rows as a gymnasium leaves behind.

Past the ORM and without a thought for the single child: what counts here is how many rows lie beside those that a page
asks for. A third of today's pupils has been in the school before; all others of a past year have left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from itertools import count, cycle, islice
from random import Random
from typing import Any
from uuid import UUID

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max, Model

from accounts.models import AuditEvent, User
from attendance.models import Absence, AbsenceChange, AbsenceDocument, RollCall
from journal.calendar import load_calendar
from journal.models import (
    AcademicYear,
    ClassTeacher,
    Course,
    Enrolment,
    Guardian,
    Guardianship,
    Lesson,
    Mark,
    PeriodMark,
    Pupil,
    SchoolClass,
    Subject,
    Teacher,
    Term,
    TimetableSlot,
    WorkKind,
)
from journal.services.calendar import create_year

LEFT = 30  # pupils of a past class who are no longer here
LESSONS_A_DAY = 6
SUBJECTS = 10
MARKS_A_LESSON = 8
READS_A_DAY = 8  # of a class by its teacher
READS_BY_FAMILIES = 300  # of the school on a day
CHUNK = 20_000
REASONS = cycle(["ill", "ill", "excused", "unexcused"])
VALUES = cycle(["5", "4", "4", "3", "5", "4", "2"])


@dataclass
class PastClass:
    """A class of a past year with its pupils and its week: weekday → courses by lesson number."""

    row: SchoolClass
    pupils: list[int]
    week: list[list[int]]


def fill_years(years: int) -> dict[str, int]:
    """Rows by the name of their table after so many years before the demo school's own were written."""
    this_year = AcademicYear.objects.latest("date_from").date_from.year
    today = today_by_class(this_year)
    with transaction.atomic():
        for start_year in range(this_year - years, this_year):
            Year(start_year, this_year - start_year, today).fill()
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), [Lesson]):
                cursor.execute(sql)
    models = (Pupil, Lesson, Mark, PeriodMark, Absence, AbsenceChange, RollCall, AuditEvent)
    return {str(model._meta.verbose_name_plural): model._base_manager.count() for model in models}


def today_by_class(start_year: int) -> dict[tuple[int, str], list[int]]:
    rows = Enrolment.objects.filter(school_class__year__date_from__year=start_year).order_by("pk")
    found: dict[tuple[int, str], list[int]] = {}
    for grade, letter, pupil in rows.values_list("school_class__grade", "school_class__letter", "pupil"):
        found.setdefault((grade, letter), []).append(pupil)
    return found


class Year:
    """One past year of the school."""

    def __init__(self, start_year: int, years_ago: int, today: dict[tuple[int, str], list[int]]) -> None:
        self.year, self.years_ago, self.today = create_year(start_year), years_ago, today
        self.until = date(start_year + 1, 8, 31)
        self.random = Random(start_year)
        self.deputy = User.objects.get(username="deputy")
        self.days = load_calendar(self.year).school_days(self.year.date_from, date(start_year + 1, 5, 25), 5)

    def fill(self) -> None:
        classes = self.classes()
        self.lessons_and_marks(classes)
        self.period_marks(classes)
        self.absences(classes)
        self.audit(classes)

    def classes(self) -> list[PastClass]:
        rows = SchoolClass.objects.bulk_create(
            SchoolClass(year=self.year, grade=grade, letter=letter) for grade, letter in sorted(self.today)
        )
        subjects = list(Subject.objects.filter(has_marks=True)[:SUBJECTS])
        teachers = list(Teacher.objects.order_by("pk"))
        leaders = cycle(teachers)
        ClassTeacher.objects.bulk_create(
            ClassTeacher(school_class=row, teacher=next(leaders), date_from=self.year.date_from, date_to=self.until)
            for row in rows
        )
        courses = Course.objects.bulk_create(
            Course(school_class=row, subject=subject, teacher=next(leaders)) for row in rows for subject in subjects
        )
        found = []
        for row, own in zip(rows, batches(courses, len(subjects)), strict=True):
            turn = cycle(course.pk for course in own)
            week = [list(islice(turn, LESSONS_A_DAY)) for _ in range(5)]
            found.append(PastClass(row, [*self.here_still(row), *self.who_left(row)], week))
        Enrolment.objects.bulk_create(
            Enrolment(pupil_id=pupil, school_class=one.row, date_from=self.year.date_from, date_to=self.until)
            for one in found
            for pupil in one.pupils
        )
        TimetableSlot.objects.bulk_create(
            TimetableSlot(course_id=course, weekday=weekday, number=number, date_from=self.year.date_from)
            for one in found
            for weekday, of_day in enumerate(one.week, start=1)
            for number, course in enumerate(of_day, start=1)
        )
        return found

    def here_still(self, row: SchoolClass) -> list[int]:
        return self.today.get((row.grade + self.years_ago, row.letter), [])[::3]

    def who_left(self, row: SchoolClass) -> list[int]:
        names = [f"Бывших{row.pk:04d}{number:02d}" for number in range(LEFT)]
        born = date(self.year.date_from.year - row.grade - 6, 3, 14)
        pupils = Pupil.objects.bulk_create(
            Pupil(last_name=name, first_name="Анна", sex="f", birth_date=born, sort_name=f"{name.lower()} анна")
            for name in names
        )
        guardians = Guardian.objects.bulk_create(
            Guardian(last_name=name, first_name="Ольга", sort_name=f"{name.lower()} ольга") for name in names
        )
        Guardianship.objects.bulk_create(
            Guardianship(pupil=pupil, guardian=guardian) for pupil, guardian in zip(pupils, guardians, strict=True)
        )
        return [pupil.pk for pupil in pupils]

    def lessons_and_marks(self, classes: list[PastClass]) -> None:
        numbers = count((Lesson.objects.aggregate(last=Max("pk"))["last"] or 0) + 1)
        held = [
            (next(numbers), course, day.isoformat(), number, one)
            for day in self.days
            for one in classes
            for number, course in enumerate(one.week[day.weekday() % 5], start=1)
        ]
        write(Lesson, ("id", "course_id", "date", "number", "topic"), ((*row[:4], "Повторение") for row in held))
        kind = WorkKind.objects.get(is_default=True).pk
        write(Mark, ("lesson_id", "pupil_id", "value", "kind_id", "set_at"), self.marks(held, kind))

    def marks(self, held: list[tuple], kind: int) -> Iterator[tuple]:
        for lesson, _, day, _, one in held:
            for turn in range(MARKS_A_LESSON):
                pupil = one.pupils[(lesson * MARKS_A_LESSON + turn) % len(one.pupils)]
                yield lesson, pupil, next(VALUES), kind, f"{day} 09:00:00"

    def period_marks(self, classes: list[PastClass]) -> None:
        subjects = dict(Course.objects.filter(school_class__year=self.year).values_list("pk", "subject"))
        quarters = list(Term.objects.filter(year=self.year, scheme="quarter").values_list("pk", flat=True))
        set_at = f"{self.year.date_to} 09:00:00"
        rows = (
            (pupil, subjects[course], self.year.pk, "term" if term else "year", term, next(VALUES), set_at)
            for one in classes
            for pupil in one.pupils
            for course in sorted({course for of_day in one.week for course in of_day})
            for term in (*quarters, None)
        )
        write(PeriodMark, ("pupil_id", "subject_id", "year_id", "kind", "term_id", "value", "set_at"), rows)

    def absences(self, classes: list[PastClass]) -> None:
        """A pupil or two of a class on a day, some of them at one lesson; the roll call of each class and day."""
        by, missed, taken, papers = self.deputy.pk, [], [], []
        for day in self.days:
            at = f"{day} 05:20:00"
            for one in classes:
                for pupil in self.random.sample(one.pupils, self.random.choice([1, 2, 3])):
                    lesson = self.random.choice([0, 0, 0, 3])
                    missed.append((pupil, day.isoformat(), lesson, next(REASONS), by, at))
                taken.append((one.row.pk, day.isoformat(), by, at))
                if self.random.random() < 0.1:
                    papers.append(
                        (one.pupils[0], "certificate", "ill", day.isoformat(), str(day + timedelta(5)), by, at)
                    )
        write(Absence, ("pupil_id", "date", "lesson", "reason", "marked_by_id", "marked_at"), missed)
        changes = ((self.key(), *row) for row in missed)
        write(AbsenceChange, ("key", "pupil_id", "date", "lesson", "new", "by_id", "at"), changes)
        write(RollCall, ("school_class_id", "date", "taken_by_id", "taken_at"), taken)
        columns = ("pupil_id", "kind", "reason", "date_from", "date_to", "added_by_id", "added_at")
        write(AbsenceDocument, columns, papers)

    def key(self) -> str:
        key = UUID(int=self.random.getrandbits(128), version=4)
        return key.hex if connection.vendor == "sqlite" else str(key)

    def audit(self, classes: list[PastClass]) -> None:
        rows = self.reads(classes)
        write(AuditEvent, ("at", "actor_id", "action", "subject", "pupil_id", "class_id", "address"), rows)

    def reads(self, classes: list[PastClass]) -> Iterator[tuple]:
        pupils = cycle(pupil for one in classes for pupil in one.pupils)
        for day in self.days:
            at = f"{day} 05:20:00"
            for one in classes:
                for _ in range(READS_A_DAY):
                    yield at, self.deputy.pk, "read", "лист посещаемости", None, one.row.pk, "10.0.0.1"
            for pupil in islice(pupils, READS_BY_FAMILIES):
                yield at, self.deputy.pk, "read", "дневник", pupil, None, "10.0.0.2"


def batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk


def write(model: type[Model], names: tuple[str, ...], rows: Iterable[tuple]) -> None:
    """Rows of values as the database takes them; every other column gets the default of its field."""
    others = [field for field in model._meta.concrete_fields if field.attname not in names and not field.primary_key]
    defaults = tuple(field.get_db_prep_save(field.get_default(), connection) for field in others)
    known = {field.attname: field.column for field in model._meta.concrete_fields}
    columns = [*(known[name] for name in names), *(field.column for field in others)]
    table, quoted = model._meta.db_table, ", ".join(f'"{column}"' for column in columns)
    for chunk in batches(rows, CHUNK):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                lines = StringIO("".join("\t".join(map(_copied, (*row, *defaults))) + "\n" for row in chunk))
                cursor.copy_expert(f'COPY "{table}" ({quoted}) FROM STDIN', lines)
            else:
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(
                    f'INSERT INTO "{table}" ({quoted}) VALUES ({marks})', ((*row, *defaults) for row in chunk)
                )


def _copied(value: Any) -> str:
    return "\\N" if value is None else str(value)
