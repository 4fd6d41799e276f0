"""Consents of a class and of a pupil, for every purpose that the school uses. Plain values out."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q

from journal.ages import age_on
from journal.models import Consent, ConsentPurpose, Enrolment, Guardianship, Pupil, SchoolClass

OF_AGE = 18
BY_NOBODY = "не указан"
BY_PUPIL = "сам ученик (18 лет)"


@dataclass(frozen=True, slots=True)
class ConsentCell:
    """The newest consent of a pupil for a purpose; without a date there never was one."""

    purpose: ConsentPurpose
    given_on: date | None = None
    withdrawn_on: date | None = None
    who: str = ""

    @property
    def in_force(self) -> bool:
        return self.given_on is not None and self.withdrawn_on is None

    @property
    def words(self) -> str:
        """As a file has it."""
        if self.given_on is None:
            return "нет"
        given = f"{self.given_on:%d.%m.%Y}"
        return f"{given}, отозвано {self.withdrawn_on:%d.%m.%Y}" if self.withdrawn_on else given


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A pupil of the grid. `givers` are (number of the guardian or an empty string, words) for the choice of who gave
    it; `usual` is the first of them."""

    number: int
    pupil: Pupil
    cells: list[ConsentCell]
    givers: list[tuple[str, str]]

    @property
    def usual(self) -> str:
        return self.givers[0][0]

    @property
    def in_force(self) -> list[int]:
        """Numbers of the purposes with a consent in force."""
        return [cell.purpose.pk for cell in self.cells if cell.in_force]


@dataclass(frozen=True)
class ConsentGrid:
    purposes: list[ConsentPurpose]
    rows: list[ConsentRow]
    counts: Counter[int] = field(default_factory=Counter)
    """How many consents are in force, by number of the purpose."""

    @property
    def heads(self) -> list[tuple[ConsentPurpose, int]]:
        return [(purpose, self.counts[purpose.pk]) for purpose in self.purposes]

    @property
    def lacking(self) -> int:
        """Pupils without some consent that is needed from everybody."""
        needed = {purpose.pk for purpose in self.purposes if purpose.is_required}
        return sum(not needed <= set(row.in_force) for row in self.rows)


def consent_grid(school_class: SchoolClass, today: date) -> ConsentGrid:
    """Pupils on the roll × purposes in use. Four queries, whatever the sizes."""
    day = min(today, school_class.year.date_to)
    purposes = list(ConsentPurpose.objects.filter(is_active=True))
    enrolments = Enrolment.objects.filter(school_class=school_class).on_roll(day).select_related("pupil")
    pupils = sorted((row.pupil for row in enrolments), key=lambda pupil: (pupil.sort_name, pupil.pk))
    ids = [pupil.pk for pupil in pupils]
    givers = givers_of(pupils, today)
    newest = _newest(ids, [purpose.pk for purpose in purposes])
    rows = []
    for number, pupil in enumerate(pupils, start=1):
        found = [(purpose, newest.get((pupil.pk, purpose.pk))) for purpose in purposes]
        cells = [_cell(purpose, consent) for purpose, consent in found]
        rows.append(ConsentRow(number, pupil, cells, givers[pupil.pk]))
    counts = Counter(pk for row in rows for pk in row.in_force)
    return ConsentGrid(purposes, rows, counts)


def givers_of(pupils: list[Pupil], today: date) -> dict[int, list[tuple[str, str]]]:
    """Who may give a consent for each pupil: the guardians of today, in the order they were entered. One query."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Guardianship.objects.current().filter(pupil__in=[pupil.pk for pupil in pupils]).select_related("guardian")
    for row in rows.order_by("pk"):
        words = f"{row.guardian.short_name}, {row.get_kinship_display()}"
        found[row.pupil_id].append((str(row.guardian_id), words))
    for pupil in pupils:
        of_age = age_on(pupil.birth_date, today) >= OF_AGE
        # Who is of age signs for himself; otherwise a guardian does, and nobody stands last.
        nobody = ("", BY_PUPIL if of_age else BY_NOBODY)
        found[pupil.pk] = [nobody, *found[pupil.pk]] if of_age else [*found[pupil.pk], nobody]
    return found


def consents_of(pupil: Pupil) -> list[Consent]:
    """The pupil's consents of all purposes, newest first. One query."""
    rows = pupil.consents.select_related("purpose", "guardian", "recorded_by")
    return list(rows.order_by("purpose_id", "-given_on", "-pk"))


def purposes_in_use() -> list[ConsentPurpose]:
    """All purposes with `in_force` and `ever`: how many consents stand on each. One query."""
    counts = {"in_force": Count("consents", filter=Q(consents__withdrawn_on=None)), "ever": Count("consents")}
    return list(ConsentPurpose.objects.annotate(**counts).order_by("-is_active", "pk"))


def _newest(pupil_ids: list[int], purpose_ids: list[int]) -> dict[tuple[int, int], Consent]:
    """(pupil, purpose) → the consent in force, else the one withdrawn last. One query."""
    rows = Consent.objects.filter(pupil__in=pupil_ids, purpose__in=purpose_ids).select_related("guardian")
    found: dict[tuple[int, int], Consent] = {}
    for row in sorted(rows, key=lambda row: (row.withdrawn_on is None, row.given_on, row.pk)):
        found[row.pupil_id, row.purpose_id] = row
    return found


def _cell(purpose: ConsentPurpose, consent: Consent | None) -> ConsentCell:
    if consent is None:
        return ConsentCell(purpose)
    who = consent.guardian.short_name if consent.guardian else ""
    return ConsentCell(purpose, consent.given_on, consent.withdrawn_on, who)
