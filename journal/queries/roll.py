"""Lists of classes and pupils, and the card of a pupil."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import AuditEvent, User
from journal.calendar import year_of
from journal.models import (
    ClassTeacher,
    Enrolment,
    GroupMembership,
    Guardianship,
    IndividualPlan,
    Mark,
    Movement,
    Pupil,
    SchoolClass,
)
from journal.queries.absences import Letter, letters_between
from journal.text import normalise

LATEST = 10
READ_AT_MOST = 200


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


@dataclass(frozen=True, slots=True)
class LetterDay:
    date: date
    lesson: int
    letter: Letter


@dataclass(frozen=True)
class Card:
    """The card of a pupil (domain.md §6); no query is left inside."""

    pupil: Pupil
    guardianships: list[Guardianship]
    memberships: list[GroupMembership]
    plans: list[IndividualPlan]
    enrolments: list[Enrolment]
    movements: list[Movement]
    marks: list[Mark]
    letters: list[LetterDay]
    letter_counts: list[tuple[Letter, int]]
    looks: list[AuditEvent]


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


def class_of(pupil: Pupil, today: date) -> SchoolClass | None:
    """The class of the day, else the last one, else (who is admitted for a day to come) the first. One query; two for
    the last case."""
    rows = pupil.enrolments.select_related("school_class__year__school")
    last = rows.filter(date_from__lte=today).order_by("-date_from").first() or rows.order_by("date_from").first()
    return last.school_class if last else None


def card_of(pupil: Pupil, school_class: SchoolClass, today: date) -> Card:
    """Everything the card shows. Ten queries."""
    year = school_class.year
    letters = letters_between([pupil.pk], year.date_from, min(today, year.date_to))[pupil.pk]
    newest = sorted(letters.items(), reverse=True, key=lambda item: item[0])
    counts = Counter(letter for _, letter in newest)
    with_class = ("from_class", "to_class")
    return Card(
        pupil=pupil,
        guardianships=list(pupil.guardianships.select_related("guardian").order_by("pk")),
        memberships=list(
            pupil.group_memberships.select_related("group__subject").order_by("subject__name", "date_from")
        ),
        plans=list(pupil.plans.prefetch_related("courses__subject", "courses__teacher")),
        enrolments=list(pupil.enrolments.select_related("school_class__year").order_by("-date_from")),
        movements=list(pupil.movements.select_related(*with_class)),
        marks=list(
            Mark.objects.filter(pupil=pupil, lesson__date__range=(year.date_from, today))
            .select_related("lesson__course__subject", "kind")
            .order_by("-lesson__date", "-lesson__number", "position")[:LATEST]
        ),
        letters=[LetterDay(day, lesson, letter) for (day, lesson), letter in newest[:LATEST]],
        letter_counts=sorted(counts.items(), key=lambda item: -item[1]),
        looks=_looks(pupil, school_class),
    )


def _looks(pupil: Pupil, school_class: SchoolClass) -> list[AuditEvent]:
    """Who looked at the pupil's data last: at the own pages, and at pages of the whole class.

    Of equal looks of one person on one day the last one is enough here; the audit trail keeps all.
    """
    rows = (
        AuditEvent.objects.filter(Q(pupil_id=pupil.pk) | Q(class_id=school_class.pk, pupil_id=None))
        .select_related("actor")
        .order_by("-at", "-pk")[:READ_AT_MOST]
    )
    newest: dict[tuple, AuditEvent] = {}
    for event in rows:
        newest.setdefault((event.actor_id, event.action, event.subject, timezone.localdate(event.at)), event)
    return list(newest.values())[:LATEST]
