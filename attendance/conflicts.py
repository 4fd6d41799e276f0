"""Absent by the register, and yet at a lesson: the one home of this rule (domain.md §2).

A conflict is a place where an absence stands (the whole day, or a lesson) and the proofs that speak against it: a
numeric mark, a teacher's «был на уроке», a lateness. It is shown, never silently resolved; a proof that the class
teacher has judged is not asked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import (
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, Absence, ConflictDecision, PresenceFact, Reason
from journal.models import NUMERIC_VALUES, Lesson, Mark, Pupil, Sex
from journal.text import initials

MARK, SEEN, LATE = "mark", "seen", "late"
Marks = Mapping[int, Mapping[date, Mapping[int, str]]]
"""What `attendance.queries.marks_by_day` returns: pupil id → date → lesson number → reason."""


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """That the pupil was at the lesson. `value` is the mark; `subject` and `who` are words for the reader, if known."""

    lesson: int
    kind: str
    value: str = ""
    subject: str = field(default="", compare=False)
    who: str = field(default="", compare=False)

    @classmethod
    def parse(cls, key: str) -> Proof:
        """«mark:3:5», as `key` spells it."""
        kind, lesson, *value = key.split(":")
        return cls(int(lesson), kind, *value)

    @property
    def key(self) -> str:
        """Names the proof in a decision: another mark at the same lesson is another proof."""
        return ":".join(filter(None, (self.kind, str(self.lesson), self.value)))

    @property
    def words(self) -> str:
        """«на 3-м уроке отметка 4, физика»."""
        what = {
            MARK: f"отметка {self.value}",
            SEEN: "учитель отметил: был на уроке",
            LATE: "опоздание, а не пропуск",
        }[self.kind]
        subject = self.subject if self.subject.isupper() else self.subject.lower()  # «ОДНКНР» stays as it is
        more = self.who if self.kind == SEEN else subject
        return f"на {self.lesson}-м уроке {what}" + (f", {more}" if more else "")


@dataclass(frozen=True, slots=True)
class Conflict:
    """An absence of a pupil (`lesson` 0: the whole day) with everything undecided that speaks against it.

    `marks` is all that stands on the day, by lesson: a decision says what it was made of.
    """

    pupil: Pupil
    day: date
    lesson: int
    proofs: tuple[Proof, ...]
    marks: tuple[tuple[int, str], ...]

    @property
    def reason(self) -> str:
        return dict(self.marks)[self.lesson]

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]

    @property
    def place(self) -> str:
        return place_words(self.lesson)

    @property
    def words(self) -> str:
        return "; ".join(proof.words for proof in self.proofs)

    @property
    def was(self) -> str:
        return "Была" if self.pupil.sex == Sex.FEMALE else "Был"

    @property
    def seen_at(self) -> tuple[int, ...]:
        """Numbers of the lessons at which the pupil was seen."""
        return tuple(sorted({proof.lesson for proof in self.proofs}))

    @property
    def stamp(self) -> str:
        """What the page showed, for a decision to carry: another stamp later means that something changed."""
        stands = ",".join(f"{lesson}={reason}" for lesson, reason in self.marks)
        return f"{stands};{','.join(proof.key for proof in self.proofs)}"


@dataclass(frozen=True, slots=True)
class Decided:
    """«Оставлено как есть»: one press, with all the proofs it judged."""

    ids: tuple[int, ...]
    pupil: Pupil
    day: date
    lesson: int
    words: str
    note: str
    by: str
    at: datetime

    @property
    def place(self) -> str:
        return place_words(self.lesson)

    @property
    def value(self) -> str:
        return ",".join(map(str, self.ids))


def place_words(lesson: int) -> str:
    return f"{lesson} урок" if lesson else "весь день"


def contradicted(marks: Mapping[int, str], proofs: Iterable[Proof]) -> dict[int, tuple[Proof, ...]]:
    """The rule, for one pupil and day: places whose absence the proofs contradict → these proofs, by lesson.

    An absence on the whole day is contradicted by whatever was seen at any lesson; an absence at a lesson by what was
    seen at that very lesson. Where both stand, the whole day is what has to be decided.
    """
    whole = marks.get(WHOLE_DAY) in ABSENCE_REASONS
    found: dict[int, list[Proof]] = defaultdict(list)
    for proof in sorted(set(proofs)):
        place = WHOLE_DAY if whole else proof.lesson
        if marks.get(place) in ABSENCE_REASONS:
            found[place].append(proof)
    return {place: tuple(rows) for place, rows in found.items()}


def conflicts(pupils: Sequence[Pupil], marks: Marks, start: date, end: date) -> list[Conflict]:
    """What waits for a decision in start..end, by day. `marks` must cover these days. One query, none without any
    absence."""
    places = {
        (pupil, day): of_day
        for pupil in pupils
        for day, of_day in marks.get(pupil.pk, {}).items()
        if start <= day <= end and any(reason in ABSENCE_REASONS for reason in of_day.values())
    }
    if not places:
        return []
    proofs = _undecided({pupil.pk for pupil, _ in places}, start, end)
    found = [
        Conflict(pupil, day, place, against, tuple(sorted(of_day.items())))
        for (pupil, day), of_day in places.items()
        for place, against in contradicted(of_day, proofs.get((pupil.pk, day), ())).items()
    ]
    return sorted(found, key=lambda row: (row.day, row.pupil.sort_name, row.lesson))


def decided(pupils: Sequence[Pupil], start: date, end: date) -> list[Decided]:
    """Decisions «оставить как есть» about days of start..end, newest first. One query."""
    by_id = {pupil.pk: pupil for pupil in pupils}
    rows = ConflictDecision.objects.filter(pupil__in=list(by_id), date__range=(start, end)).select_related("by")
    together: dict[tuple, list[ConflictDecision]] = defaultdict(list)
    for row in rows:
        together[row.pupil_id, row.date, row.lesson, row.at].append(row)
    return [
        Decided(
            ids=tuple(sorted(row.pk for row in same)),
            pupil=by_id[pupil_id],
            day=day,
            lesson=lesson,
            words="; ".join(Proof.parse(row.proof).words for row in sorted(same, key=lambda row: row.proof)),
            note=same[0].note,
            by=same[0].by.short_name,
            at=timezone.localtime(at),
        )
        for (pupil_id, day, lesson, at), same in together.items()
    ]


def first_proof() -> Coalesce:
    """For a query of absences: the key of the first undecided proof against each row, or an empty string.

    The same proofs as `conflicts` reads, inside the query of a sheet that has none to spare.
    """

    def first(rows: QuerySet, kind: str, lesson: str, day: str, *value: Any) -> Subquery:
        key = Concat(Value(f"{kind}:"), Cast(lesson, CharField()), *value, output_field=CharField())
        same = ConflictDecision.objects.filter(pupil=OuterRef("pupil"), date=OuterRef(day), proof=OuterRef("key"))
        rows = (
            rows.annotate(place=ExpressionWrapper(OuterRef("lesson"), output_field=IntegerField()), key=key)
            .filter(Q(place=WHOLE_DAY) | Q(**{lesson: F("place")}))
            .filter(~Exists(same), **{"pupil": OuterRef("pupil"), day: OuterRef("date")})
        )
        return Subquery(rows.order_by(lesson).values("key")[:1])

    # By the lessons of the day: by the pupil alone every mark ever got would be looked at.
    of_day = Lesson.objects.filter(date=OuterRef(OuterRef("date"))).values("pk")
    given = Mark.objects.filter(value__in=NUMERIC_VALUES, lesson__in=of_day)
    return Coalesce(
        first(given, MARK, "lesson__number", "lesson__date", Value(":"), F("value")),
        first(PresenceFact.objects.all(), SEEN, "lesson", "date"),
        first(Absence.objects.filter(reason=Reason.LATE), LATE, "lesson", "date"),
        Value(""),
        output_field=CharField(),
    )


def _undecided(pupil_ids: set[int], start: date, end: date) -> dict[tuple[int, date], list[Proof]]:
    """Proofs on days of absence that nobody has judged yet, by pupil and day. One query for all kinds and decisions."""
    decision = "decided"
    absences = Absence.objects.absences().filter(pupil=OuterRef("pupil"))

    def shaped(rows: QuerySet, kind: str, lesson: str, day: str, value: Any, subject: str, who: str) -> QuerySet:
        here = Q(lesson=WHOLE_DAY) | Q(lesson=OuterRef(lesson))
        names = [f"{who}__{part}" for part in ("last_name", "first_name", "patronymic")] if who else []
        columns = {"proof_kind": Value(kind), "proof_value": value, "proof_of": F(subject) if subject else Value("")}
        blanks = {f"no_name{number}": Value("") for number in range(3 - len(names))}
        found = rows.filter(**{"pupil__in": pupil_ids, f"{day}__range": (start, end)})
        if kind != decision:
            found = found.filter(Exists(absences.filter(here, date=OuterRef(day))))
        found = found.order_by().annotate(**columns, **blanks)
        return found.values_list("proof_kind", "pupil_id", day, lesson, "proof_value", "proof_of", *names, *blanks)

    # By the lessons of these days: by the pupils alone every mark they ever got would be looked at.
    of_days = Lesson.objects.filter(date__range=(start, end)).values("pk")
    marks = Mark.objects.filter(value__in=NUMERIC_VALUES, lesson__in=of_days)
    rows = shaped(marks, MARK, "lesson__number", "lesson__date", F("value"), "lesson__course__subject__name", "").union(
        shaped(PresenceFact.objects.all(), SEEN, "lesson", "date", Value(""), "", "by"),
        shaped(Absence.objects.filter(reason=Reason.LATE), LATE, "lesson", "date", Value(""), "", ""),
        shaped(ConflictDecision.objects.all(), decision, "lesson", "date", F("proof"), "", ""),
        all=True,
    )
    proofs: dict[tuple[int, date], list[Proof]] = defaultdict(list)
    judged: set[tuple[int, date, str]] = set()
    for kind, pupil_id, day, lesson, value, subject, *name in rows:
        if kind == decision:
            judged.add((pupil_id, day, value))
        else:
            proofs[pupil_id, day].append(Proof(lesson, kind, value, subject, initials(*name) if name[0] else ""))
    return {
        (pupil_id, day): [proof for proof in found if (pupil_id, day, proof.key) not in judged]
        for (pupil_id, day), found in proofs.items()
    }
