"""Lists of classes and of the pupils of a class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Count

from accounts.models import User
from journal.calendar import year_of
from journal.models import ClassTeacher, Enrolment, Guardianship, Pupil, SchoolClass
from journal.text import normalise


@dataclass(frozen=True, slots=True)
class ClassRow:
    school_class: SchoolClass
    teacher: str
    acting: str
    size: int


@dataclass(frozen=True, slots=True)
class Parallel:
    grade: int
    classes: list[ClassRow]
    size: int


@dataclass(frozen=True, slots=True)
class RollRow:
    """A line of the class list."""

    number: int
    pupil: Pupil
    guardianships: list[Guardianship]
    since: date | None
    until: date | None


def parallels_of(user: User, today: date) -> list[Parallel]:
    """Classes of the year that the user may see, by parallel, with class teacher and size. Four queries."""
    year = year_of(today)
    classes = SchoolClass.objects.kept_by(user).filter(year=year)
    # In summer the roll of the last day of the year is the one to show.
    day = min(today, year.date_to) if year else today
    sizes = dict(Enrolment.objects.on_roll(day).values_list("school_class").annotate(n=Count("pupil")).order_by())
    teachers = {
        (row.school_class_id, row.is_acting): row.teacher.short_name
        for row in ClassTeacher.objects.active_on(day).select_related("teacher")
    }
    rows = [
        ClassRow(c, teachers.get((c.pk, False), ""), teachers.get((c.pk, True), ""), sizes.get(c.pk, 0))
        for c in classes.order_by("grade", "letter")
    ]
    parallels = []
    for grade, found in groupby(rows, key=lambda row: row.school_class.grade):
        own = list(found)
        parallels.append(Parallel(grade, own, sum(row.size for row in own)))
    return parallels


def class_list(school_class: SchoolClass, today: date, search: str = "") -> tuple[list[RollRow], list[RollRow]]:
    """Pupils on the roll (numbered as in every list) with guardians, and those who left this year. Two queries.

    How to reach a family is told to the class in which the child is now.
    """
    rows = Enrolment.objects.filter(school_class=school_class).select_related("pupil")
    year = school_class.year
    day = max(year.date_from, min(today, year.date_to))  # of a year to come, the list of its first day
    enrolments = sorted(rows, key=lambda row: (row.pupil.sort_name, row.pupil_id, row.date_from))
    here = [row for row in enrolments if row.date_from <= day and (row.date_to is None or row.date_to >= day)]
    present = {row.pupil_id for row in here}
    # Who left, came back and left again stands once, with the last stay.
    gone = {row.pupil_id: row for row in enrolments if row.pupil_id not in present and row.date_from <= day}
    left = list(gone.values())
    found = set(_matching([row.pupil for row in enrolments], search))
    guardians: dict[int, list[Guardianship]] = {}
    rows_of_guardians = Guardianship.objects.current().filter(pupil__in=found & present)
    for guardianship in rows_of_guardians.select_related("guardian").order_by("pk"):
        guardians.setdefault(guardianship.pupil_id, []).append(guardianship)

    def shown(rows: list[Enrolment]) -> list[RollRow]:
        return [
            RollRow(number, row.pupil, guardians.get(row.pupil_id, []), row.date_from, row.date_to)
            for number, row in enumerate(rows, start=1)
            if row.pupil_id in found
        ]

    return shown(here), shown(left)


def _matching(pupils: list[Pupil], search: str) -> list[int]:
    """Ids of pupils whose name has a part beginning with each word; the class is at hand, so without a query."""
    words = normalise(search).split()
    return [
        pupil.pk
        for pupil in pupils
        if all(any(part.startswith(word) for part in pupil.sort_name.split()) for word in words)
    ]
