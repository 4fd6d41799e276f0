"""The card of a pupil (domain.md §6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import AuditEvent
from journal.models import (
    Consent,
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
from journal.queries.changes import CardChange, card_changes
from journal.services.people import SENSITIVE_SUBJECT

LATEST = 10
READ_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class LetterDay:
    date: date
    lesson: int
    letter: Letter


@dataclass(frozen=True, slots=True)
class ExtractLine:
    """A line of the extract register; `is_handed` where the paper is with the family."""

    id: int
    number: str
    date_from: date
    date_to: date
    formed_on: date
    is_handed: bool


@dataclass(frozen=True)
class Studies:
    """What the operator, who keeps people, does not read: marks, absences, extracts."""

    marks: list[Mark] = field(default_factory=list)
    letters: list[LetterDay] = field(default_factory=list)
    letter_counts: list[tuple[Letter, int]] = field(default_factory=list)
    extracts: list[ExtractLine] = field(default_factory=list)


@dataclass(frozen=True)
class Card:
    """Everything the card shows; no query is left inside. `studies` is None for whoever may not read them."""

    pupil: Pupil
    school_class: SchoolClass | None
    guardianships: list[Guardianship]
    ended_guardianships: list[Guardianship]
    memberships: list[GroupMembership]
    past_memberships: list[GroupMembership]
    plans: list[IndividualPlan]
    enrolments: list[Enrolment]
    movements: list[Movement]
    consents: list[Consent]
    studies: Studies | None
    looks: list[AuditEvent]
    changes: list[CardChange]
    today: date

    @property
    def is_here(self) -> bool:
        """Whether the pupil is on the roll today."""
        return any(
            row.date_from <= self.today and (row.date_to is None or row.date_to >= self.today)
            for row in self.enrolments
        )

    @property
    def left_on(self) -> date | None:
        """The last day on the roll of whoever is not here any more."""
        ends = [row.date_to for row in self.enrolments if row.date_to and row.date_from <= self.today]
        return max(ends) if ends and not self.is_here else None


def class_of(pupil: Pupil, today: date) -> SchoolClass | None:
    """The class of the day, else the last one, else (who is admitted for a day to come) the first. One query; two for
    the last case."""
    return begun_class_of(pupil, today) or _class(pupil.enrolments.order_by("date_from"))


def begun_class_of(pupil: Pupil, day: date) -> SchoolClass | None:
    """The class of the day, or the last one before it. One query."""
    return _class(pupil.enrolments.filter(date_from__lte=day).order_by("-date_from"))


def _class(rows: QuerySet[Enrolment]) -> SchoolClass | None:
    first = rows.select_related("school_class__year__school").first()
    return first.school_class if first else None


def card_of(pupil: Pupil, school_class: SchoolClass | None, today: date, *, reads_studies: bool = True) -> Card:
    """Everything the card shows. Eleven queries (eight for who reads no marks), two more for plans."""
    ties = list(pupil.guardianships.filter(guardian__merged_into=None).select_related("guardian").order_by("pk"))
    groups = pupil.group_memberships.select_related("group__subject").order_by("subject__name", "date_from")
    memberships = list(groups)
    return Card(
        pupil=pupil,
        school_class=school_class,
        guardianships=[tie for tie in ties if tie.ended_on is None],
        ended_guardianships=[tie for tie in ties if tie.ended_on is not None],
        memberships=[row for row in memberships if row.date_to is None or row.date_to >= today],
        past_memberships=[row for row in memberships if row.date_to is not None and row.date_to < today],
        plans=list(pupil.plans.prefetch_related("courses__subject", "courses__teacher").order_by("-date_from")),
        enrolments=list(pupil.enrolments.select_related("school_class__year").order_by("-date_from")),
        movements=list(pupil.movements.select_related("from_class", "to_class")),
        consents=list(pupil.consents.select_related("purpose").order_by("purpose", "-given_on")),
        studies=_studies(pupil, school_class, today) if reads_studies else None,
        looks=_looks(pupil, school_class),
        changes=card_changes(pupil.pk),
        today=today,
    )


def _studies(pupil: Pupil, school_class: SchoolClass | None, today: date) -> Studies:
    if school_class is None:
        return Studies()
    year = school_class.year
    letters = letters_between([pupil.pk], year.date_from, min(today, year.date_to))[pupil.pk]
    newest = sorted(letters.items(), reverse=True, key=lambda item: item[0])
    counts = Counter(letter for _, letter in newest)
    return Studies(
        marks=list(
            Mark.objects.filter(pupil=pupil, lesson__date__range=(year.date_from, today))
            .select_related("lesson__course__subject", "kind")
            .order_by("-lesson__date", "-lesson__number", "position")[:LATEST]
        ),
        letters=[LetterDay(day, lesson, letter) for (day, lesson), letter in newest[:LATEST]],
        letter_counts=sorted(counts.items(), key=lambda item: -item[1]),
        extracts=_extracts(pupil),
    )


def _extracts(pupil: Pupil) -> list[ExtractLine]:
    """The newest lines of the register. `reports` stands above this app: its rows are met as what points to a pupil."""
    register: Any = pupil.extracts  # type: ignore[attr-defined]
    rows = register.select_related("school_class").order_by("-sequence")[:LATEST]
    return [
        ExtractLine(
            id=row.pk, number=row.number, date_from=row.date_from, date_to=row.date_to,
            formed_on=timezone.localdate(row.formed_at), is_handed=row.handed_over_at is not None,
        )
        for row in rows
    ]  # fmt: skip


def _looks(pupil: Pupil, school_class: SchoolClass | None) -> list[AuditEvent]:
    """Who looked at the pupil's data last: at the own pages, and at pages of the whole class.

    Of equal looks of one person on one day the last one is enough here; the audit trail keeps all. Changes stand in
    the history, and looks at the special block on its own page.
    """
    own = Q(pupil_id=pupil.pk)
    rows = (
        AuditEvent.objects.filter(own | Q(class_id=school_class.pk, pupil_id=None) if school_class else own)
        .exclude(action__in=(AuditEvent.Action.CHANGE, AuditEvent.Action.IMPORT))
        .exclude(subject=SENSITIVE_SUBJECT)
        .select_related("actor")
        .order_by("-at", "-pk")[:READ_AT_MOST]
    )
    newest: dict[tuple, AuditEvent] = {}
    for event in rows:
        newest.setdefault((event.actor_id, event.action, event.subject, timezone.localdate(event.at)), event)
    return list(newest.values())[:LATEST]
