"""Guardians: parents, grandmothers, who is informed on paper, and the families of the demo accounts."""

from __future__ import annotations

from datetime import date, timedelta

from accounts.models import User
from accounts.rules import RULES_VERSION
from gymnasium.demo import names
from gymnasium.demo.people import Family
from gymnasium.demo.world import Child, World, moment
from journal.models import Guardian, Guardianship
from journal.text import normalise

Informing = Guardianship.Informing
Kinship = Guardianship.Kinship
BASIS = {
    Informing.PAPER_NO_ACCESS: "заявление: нет доступа к интернету, вх. № {number}",
    Informing.PAPER_REFUSED: "заявление об отказе от электронной формы, вх. № {number}",
}


def build_guardians(world: World, families: list[Family]) -> None:
    """One to three guardians a pupil; grandmothers may answer for cousins of different families."""
    maker = _GuardianMaker(world)
    for family in families:
        maker.parents(family)
    maker.grandmothers(families)
    _inform_on_paper(world, maker)
    Guardian.objects.bulk_create(maker.guardians, batch_size=1000)
    Guardianship.objects.bulk_create(maker.ties, batch_size=1000)
    _accounts(world, families, maker)


class _GuardianMaker:
    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng("guardians")
        self.guardians: list[Guardian] = []
        self.ties: list[Guardianship] = []

    def parents(self, family: Family) -> None:
        both = self.rng.random()
        if both < 0.93:
            other_name = self.rng.random() < 0.1
            surname = self.rng.choice(names.SURNAMES) if other_name else family.surname
            self.add(family.children, Kinship.MOTHER, "f", surname)
        if both > 0.28:
            first = family.father.split(":")[0]
            self.add(family.children, Kinship.FATHER, "m", family.surname, first)

    def grandmothers(self, families: list[Family]) -> None:
        """Some families have a grandmother beside the parents; every other one of them has two families."""
        picked = self.rng.sample(families, len(families) // 14)
        for index in range(0, len(picked) - 1, 3):
            self.add(picked[index].children, Kinship.GRANDMOTHER, "f", picked[index].surname)
            cousins = picked[index + 1].children[:1] + picked[index + 2].children[:1] if index + 2 < len(picked) else []
            if cousins:
                self.add(cousins, Kinship.GRANDMOTHER, "f", picked[index + 1].surname)

    def add(self, children: list[Child], kinship: str, sex: str, surname: str, first: str = "") -> None:
        last, any_first, patronymic = names.adult(self.rng, sex, surname)
        age = self.rng.randint(56, 72) if kinship == Kinship.GRANDMOTHER else self.rng.randint(30, 50)
        oldest = min(child.row.birth_date for child in children)
        youngest_parent = oldest - timedelta(days=20 * 365)
        born = date(self.world.year.date_from.year - age, self.rng.randint(1, 12), self.rng.randint(1, 28))
        guardian = Guardian(
            last_name=last,
            first_name=first or any_first,
            patronymic=patronymic,
            sex=sex,
            birth_date=min(born, youngest_parent),
            phone_mobile=f"+7 900 000-{self.rng.randint(10, 99)}-{self.rng.randint(10, 99)}",
            phone_home=f"+7 (8652) 00-{self.rng.randint(10, 99)}-{self.rng.randint(10, 99)}"
            if self.rng.random() < 0.2
            else "",
            email=f"{names.latin(last)}{self.rng.randint(10, 99)}@example.org" if self.rng.random() < 0.6 else "",
        )
        guardian.sort_name = normalise(guardian.full_name)
        self.guardians.append(guardian)
        self.ties += [Guardianship(guardian=guardian, pupil=child.row, kinship=kinship) for child in children]


def _inform_on_paper(world: World, maker: _GuardianMaker) -> None:
    """Two or three guardians of a class get paper, by one of the two grounds."""
    rng = world.rng("paper")
    by_pupil: dict[int, list[Guardianship]] = {}
    for tie in maker.ties:
        by_pupil.setdefault(tie.pupil_id, []).append(tie)
    number = 10
    for form in world.forms:
        children = [stay.child for stay in form.roll if stay.last == date.max and stay.child.row.pk in by_pupil]
        kinds = [Informing.PAPER_NO_ACCESS, Informing.PAPER_REFUSED, rng.choice(list(BASIS))][: rng.randint(2, 3)]
        for child, kind in zip(rng.sample(children, len(kinds)), kinds, strict=True):
            number += 1
            tie = by_pupil[child.row.pk][0]
            tie.informing = kind
            tie.informing_basis = BASIS[kind].format(number=number)
            tie.informing_since = min(world.day, world.year.date_from + timedelta(days=rng.randint(0, 20)))


def _accounts(world: World, families: list[Family], maker: _GuardianMaker) -> None:
    """The three demo families: one child in 7Б, children in 5А and 7Б, and a pupil of 7Б."""
    one = next(family for family in families if _classes(family) == ["7Б"] and _stays(world, family))
    two = next(family for family in families if _classes(family) == ["5А", "7Б"] and _stays(world, family))
    child = one.children[0].row
    child.user = _sign_up(world, "pupil7b", child)
    child.save(update_fields=["user"])
    for login, family in (("parent7b", one), ("parent2", two)):
        pupils = {child.row.pk for child in family.children}
        tie = next(
            tie
            for tie in maker.ties
            if tie.pupil_id in pupils and tie.kinship != Kinship.GRANDMOTHER and not tie.on_paper
        )
        tie.guardian.user = _sign_up(world, login, tie.guardian)
        tie.guardian.save(update_fields=["user"])


def _classes(family: Family) -> list[str]:
    return sorted(form.name for form in family.forms)


def _stays(world: World, family: Family) -> bool:
    """Every child of the family has been in its class since September and still is."""
    return all(
        any(stay.child is child and stay.first == world.year.date_from and stay.last == date.max for stay in form.roll)
        for child, form in zip(family.children, family.forms, strict=True)
    )


def _sign_up(world: World, login: str, person) -> User:
    user = User.objects.create(
        username=login,
        password=world.people_password,
        last_name=person.last_name,
        first_name=person.first_name,
        patronymic=person.patronymic,
        date_joined=moment(world.year.date_from, 12, 0),
        rules_version=RULES_VERSION,
    )
    world.users[login] = user
    return user
