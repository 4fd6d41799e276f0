"""What the plan of a transfer is made of: the same number of queries for any school."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from journal.models import (
    AcademicYear,
    ClassTeacher,
    Enrolment,
    GroupMembership,
    IndividualPlan,
    PeriodMark,
    SchoolClass,
    Teacher,
)

BAD = ("2", "1", "н/а", "незач")


@dataclass(frozen=True, slots=True)
class Resident:
    """A pupil on the roll on the last day of the year. `ends` only where that stay ends later still."""

    pupil_id: int
    name: str
    enrolment_id: int
    class_id: int
    ends: date | None


@dataclass(frozen=True, slots=True)
class Debts:
    """Subjects without a passing mark in the year, or in the last term where the year has no marks yet."""

    subjects: tuple[str, ...]
    is_year: bool

    @property
    def words(self) -> str:
        """«Алгебра 2, Физика н/а», with «за последний период» where the year has no marks yet."""
        return ", ".join(self.subjects) + ("" if self.is_year else " (последний период)")


@dataclass(frozen=True)
class Source:
    """Read at once; `leaders` by class, `appointed` and `new_classes` by name of the new class."""

    year_name: str
    new_year: AcademicYear | None
    first_day: date
    is_over: bool
    classes: list[SchoolClass]
    names: dict[int, str]
    residents: list[Resident]
    debts: dict[int, Debts]
    marked: frozenset[int]
    has_year_marks: bool
    leaders: dict[int, Teacher]
    acting: list[str]
    teachers: dict[int, Teacher]
    new_classes: dict[str, int]
    appointed: dict[str, Teacher]
    enrolled: dict[str, int]
    open_memberships: int
    open_plans: int


def following_year(year: AcademicYear) -> tuple[str, AcademicYear | None, date]:
    """Name, row (None while it does not exist) and first day of the next year. One query."""
    row = AcademicYear.objects.filter(date_from__gt=year.date_from).order_by("date_from").first()
    start = year.date_from.year + 1
    return (row.name, row, row.date_from) if row else (f"{start}/{(start + 1) % 100:02d}", None, date(start, 9, 1))


def residents_of(year: AcademicYear, last_day: date):
    """Enrolments that the transfer ends: on the roll on the last day, and not ended by an order for that very day."""
    rows = Enrolment.objects.filter(school_class__year=year, date_from__lte=last_day)
    return rows.filter(Q(date_to=None) | Q(date_to__gt=last_day))


def open_memberships_of(year: AcademicYear, last_day: date):
    """Memberships in groups of the year that would reach into the next one."""
    rows = GroupMembership.objects.filter(group__year=year, date_from__lte=last_day)
    return rows.filter(Q(date_to=None) | Q(date_to__gt=last_day))


def open_plans_of(last_day: date):
    """Individual plans that would reach into the next year: an order for them is of one year."""
    return IndividualPlan.objects.filter(Q(date_to=None) | Q(date_to__gt=last_day), date_from__lte=last_day)


def read_source(year: AcademicYear) -> Source:
    """Everything of the year that ends and of the one to come. Twelve queries."""
    name, new_year, first_day = following_year(year)
    last_day = first_day - timedelta(days=1)
    classes = sorted(SchoolClass.objects.filter(year=year), key=lambda row: (row.grade, row.letter))
    for row in classes:
        row.year = year
    residents = [
        Resident(row.pupil_id, row.pupil.full_name, row.pk, row.school_class_id, row.date_to)
        for row in residents_of(year, last_day).select_related("pupil")
    ]
    teachers = {row.pk: row for row in Teacher.objects.all()}
    leaders, acting = _leaders(year, last_day, teachers)
    new_classes, appointed, enrolled = _next(new_year, teachers)
    newest, has_year_marks = _newest_marks(year)
    return Source(
        year_name=name,
        new_year=new_year,
        first_day=first_day,
        is_over=timezone.localdate() > year.date_to,
        classes=classes,
        names={row.pk: row.name for row in classes},
        residents=residents,
        debts=_debts(year, newest),
        marked=frozenset(newest),
        has_year_marks=has_year_marks,
        leaders=leaders,
        acting=acting,
        teachers=teachers,
        new_classes=new_classes,
        appointed=appointed,
        enrolled=enrolled,
        open_memberships=open_memberships_of(year, last_day).count(),
        open_plans=open_plans_of(last_day).count(),
    )


def _leaders(year: AcademicYear, last_day: date, teachers: dict[int, Teacher]) -> tuple[dict[int, Teacher], list[str]]:
    """Class teachers on the last day by class, and words about those who stand in."""
    rows = ClassTeacher.objects.active_on(last_day).filter(school_class__year=year)
    leaders = {row.school_class_id: teachers[row.teacher_id] for row in rows if not row.is_acting}
    acting = [f"{teachers[row.teacher_id].short_name} ({row.school_class})" for row in rows if row.is_acting]
    return leaders, acting


def _next(
    new_year: AcademicYear | None, teachers: dict[int, Teacher]
) -> tuple[dict[str, int], dict[str, Teacher], dict[str, int]]:
    """What exists of the new year already: classes by name, their teachers, how many are enrolled."""
    if new_year is None:
        return {}, {}, {}
    classes = {row.pk: row.name for row in SchoolClass.objects.filter(year=new_year)}
    led = ClassTeacher.objects.filter(school_class__year=new_year, is_acting=False)
    appointed = {
        classes[row.school_class_id]: teachers[row.teacher_id] for row in led.filter(date_from__lte=new_year.date_from)
    }
    sizes = Enrolment.objects.filter(school_class__year=new_year).values_list("school_class").annotate(n=Count("pk"))
    return {name: pk for pk, name in classes.items()}, appointed, {classes[pk]: n for pk, n in sizes.order_by()}


Key = tuple[str, int | None]
"""Kind of a period mark and its term."""


def _newest_marks(year: AcademicYear) -> tuple[dict[int, Key], bool]:
    """Of each pupil with marks of the year: the year's, else those of the newest term. One query."""
    rows = PeriodMark.objects.filter(year=year, kind__in=[PeriodMark.Kind.YEAR, PeriodMark.Kind.TERM])
    newest: dict[int, tuple[bool, date, Key]] = {}
    for pupil_id, kind, term_id, ended in (
        rows.order_by().values_list("pupil_id", "kind", "term_id", "term__date_to").distinct()
    ):
        is_year = kind == PeriodMark.Kind.YEAR
        found = (is_year, ended or date.max, (kind, term_id))
        if pupil_id not in newest or found[:2] > newest[pupil_id][:2]:
            newest[pupil_id] = found
    return {pk: key for pk, (_, _, key) in newest.items()}, any(is_year for is_year, *_ in newest.values())


def _debts(year: AcademicYear, newest: dict[int, Key]) -> dict[int, Debts]:
    """Pupils whose newest marks hold a «2» or «н/а», with the subjects. One query."""
    rows = PeriodMark.objects.filter(year=year, value__in=BAD)
    found: dict[int, list[str]] = defaultdict(list)
    fields = ("pupil_id", "kind", "term_id", "subject__name", "value")
    for pupil_id, kind, term_id, subject, value in rows.order_by("subject__name").values_list(*fields):
        if newest.get(pupil_id) == (kind, term_id):
            found[pupil_id].append(f"{subject} {value}")
    return {pk: Debts(tuple(subjects), newest[pk][0] == PeriodMark.Kind.YEAR) for pk, subjects in found.items()}
