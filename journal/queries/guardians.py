"""Guardians of a class, one guardian, rows that look like one person. Plain values, no query left inside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.utils import timezone

from accounts.models import User
from journal.matching import pairs_of
from journal.models import Enrolment, Guardian, Guardianship, Pupil, SchoolClass
from journal.queries.access import NOT_ENTERED, Access, State, access_of

SHOWN_PAIRS = 100


class Show(StrEnum):
    """Filters of the class page."""

    ALL = ""
    NO_PHONE = "no_phone"
    ON_PAPER = "on_paper"
    NO_LOGIN = "no_login"
    NOT_ENTERED = "not_entered"


LABELS = {
    Show.ALL: "Все",
    Show.NO_PHONE: "Без телефона",
    Show.ON_PAPER: "На бумаге",
    Show.NO_LOGIN: "Без входа",
    Show.NOT_ENTERED: "Не входили",
}


@dataclass(frozen=True, slots=True)
class GuardianLine:
    """One guardian of one pupil, as the class page has it."""

    tie: Guardianship
    access: Access

    @property
    def guardian(self) -> Guardian:
        return self.tie.guardian

    @property
    def phones(self) -> list[str]:
        return [phone for phone in (self.guardian.phone_mobile, self.guardian.phone_home) if phone]

    def is_shown(self, show: Show) -> bool:
        return {
            Show.ALL: True,
            Show.NO_PHONE: not self.phones,
            Show.ON_PAPER: self.tie.on_paper,
            Show.NO_LOGIN: self.access.state == State.NONE,
            Show.NOT_ENTERED: self.access.state in NOT_ENTERED,
        }[show]


@dataclass(frozen=True, slots=True)
class PupilLine:
    number: int
    pupil: Pupil
    guardians: list[GuardianLine]


@dataclass(frozen=True, slots=True)
class Filter:
    show: Show
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows that look like one person; classes of the children of each."""

    one: Guardian
    other: Guardian
    why: str
    classes: tuple[str, str]
    may_merge: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A person the school knows, by the children: those kept by the user by name, others by their class only."""

    guardian: Guardian
    children: list[str]
    is_foreign: bool = False
    """All of the children are kept by somebody else: only the office links such a person to one more pupil."""


@dataclass(frozen=True)
class ClassGuardians:
    pupils: list[PupilLine]
    filters: list[Filter]
    pairs: list[Pair] = field(default_factory=list)

    @property
    def shown(self) -> int:
        return sum(len(line.guardians) for line in self.pupils)


def class_guardians(
    school_class: SchoolClass, user: User, now: datetime, show: Show = Show.ALL, *, with_pairs: bool = True
) -> ClassGuardians:
    """Guardians of the pupils on the roll, those that the filter shows. Two queries, and three for the pairs."""
    lines = _lines(school_class, now)
    filters = [
        Filter(one, label, sum(_fits(guardian, one) for line in lines for guardian in _or_nobody(line)))
        for one, label in LABELS.items()
    ]
    pairs = _pairs_near([row.guardian for line in lines for row in line.guardians], user, now) if with_pairs else []
    shown = []
    for line in lines:
        fitting = [row for row in line.guardians if row.is_shown(show)]
        if fitting or (not line.guardians and _fits(None, show)) or show == Show.ALL:
            shown.append(PupilLine(line.number, line.pupil, fitting))
    return ClassGuardians(shown, filters, pairs)


def _or_nobody(line: PupilLine) -> list[GuardianLine | None]:
    return [*line.guardians] or [None]


def _fits(line: GuardianLine | None, show: Show) -> bool:
    """A pupil whom nobody answers for lacks a phone and a login too; «все» counts people."""
    return line.is_shown(show) if line else show in (Show.NO_PHONE, Show.NO_LOGIN)


def _lines(school_class: SchoolClass, now: datetime) -> list[PupilLine]:
    day = min(timezone.localdate(now), school_class.year.date_to)
    rows = Enrolment.objects.on_roll(day).filter(school_class=school_class).select_related("pupil")
    pupils = [row.pupil for row in rows.order_by("pupil__sort_name", "pupil_id")]
    ties = Guardianship.objects.current().filter(pupil__in=[pupil.pk for pupil in pupils])
    by_pupil: dict[int, list[GuardianLine]] = defaultdict(list)
    for tie in ties.select_related("guardian__user").order_by("pk"):
        by_pupil[tie.pupil_id].append(GuardianLine(tie, access_of(tie.guardian.user, now)))
    return [PupilLine(number, pupil, by_pupil[pupil.pk]) for number, pupil in enumerate(pupils, start=1)]


def _pairs_near(own: list[Guardian], user: User, now: datetime) -> list[Pair]:
    """Pairs among these people, and between them and people of the same name elsewhere in the school."""
    mine = {row.pk: row for row in own}
    names = {row.sort_name for row in own}
    others = Guardian.objects.people().filter(sort_name__in=names).exclude(pk__in=mine)
    people = [*mine.values(), *others.order_by("pk")]
    found = [pair for pair in pairs_of(people) if pair[0].pk in mine or pair[1].pk in mine]
    return _told(found, user, timezone.localdate(now))


def school_pairs(user: User, today: date) -> list[Pair]:
    """Pairs over the whole school, for the deputy and the operator. Three queries."""
    people = Guardian.objects.people().order_by("sort_name", "pk")
    return _told(pairs_of(people)[:SHOWN_PAIRS], user, today)


def _told(pairs: list[tuple[Guardian, Guardian, str]], user: User, today: date) -> list[Pair]:
    if not pairs:
        return []
    ids = {row.pk for one, other, _ in pairs for row in (one, other)}
    children: dict[int, set[int]] = defaultdict(set)
    for guardian, pupil in Guardianship.objects.current().filter(guardian__in=ids).values_list("guardian", "pupil"):
        children[guardian].add(pupil)
    classes = classes_on((pupil for own in children.values() for pupil in own), today)
    kept = {pk for pk, school_class in classes.items() if keeps(user, school_class)}

    def where(row: Guardian) -> str:
        return ", ".join(sorted({classes[pk].name for pk in children[row.pk] if pk in classes}))

    return [
        Pair(
            one, other, why, (where(one), where(other)),
            user.keeps_all_people or (children[one.pk] | children[other.pk]) <= kept,
        )
        for one, other, why in pairs
    ]  # fmt: skip


def known_people(people: list[Guardian], user: User, today: date) -> list[Known]:
    """These people with the children they answer for. Two queries."""
    ties = Guardianship.objects.current().filter(guardian__in=people).select_related("pupil").order_by("pk")
    classes = classes_on({tie.pupil_id for tie in ties}, today)
    named: dict[int, list[str]] = defaultdict(list)
    others: dict[int, list[str]] = defaultdict(list)
    for tie in ties:
        school_class = classes.get(tie.pupil_id)
        if user.keeps_all_people or (school_class and keeps(user, school_class)):
            named[tie.guardian_id].append(f"{tie.pupil.list_name}, {school_class}" if school_class else str(tie.pupil))
        else:
            others[tie.guardian_id].append(f"ребёнок в {school_class}" if school_class else "ребёнок в гимназии")
    return [
        Known(one, named[one.pk] + others[one.pk], is_foreign=bool(others[one.pk]) and not named[one.pk])
        for one in people
    ]


def keeps(user: User, school_class: SchoolClass) -> bool:
    """Whether the people of this class are the user's; asks the database nothing beyond what the frame asked."""
    return user.keeps_all_people or any(own.pk == school_class.pk for own in user.own_classes)


def classes_on(pupil_ids: Iterable[int], day: date) -> dict[int, SchoolClass]:
    """The class on whose roll each pupil is that day. One query."""
    rows = Enrolment.objects.on_roll(day).filter(pupil__in=list(pupil_ids)).select_related("school_class__year")
    return {row.pupil_id: row.school_class for row in rows}


def rows_of_file(page: ClassGuardians) -> list[list[str | int | None]]:
    """The class page as a table: a row a guardian, a pupil without any has a row too."""
    head = [
        "№", "Ученик", "Представитель", "Степень родства", "Телефон мобильный", "Телефон домашний", "E-mail",
        "Форма информирования", "Основание", "С даты", "Логин", "Вход в кабинет",
    ]  # fmt: skip
    rows: list[list[str | int | None]] = [[*head]]
    for line in page.pupils:
        for one in line.guardians:
            person, tie = one.guardian, one.tie
            since = f"{tie.informing_since:%d.%m.%Y}" if tie.informing_since else ""
            rows.append([
                line.number, line.pupil.full_name, person.full_name, tie.get_kinship_display(), person.phone_mobile,
                person.phone_home, person.email, tie.get_informing_display(), tie.informing_basis, since,
                one.access.login, one.access.words,
            ])  # fmt: skip
        if not line.guardians:
            rows.append([line.number, line.pupil.full_name, "не указан", *[""] * (len(head) - 3)])
    return rows
