"""Pupils, their families, movements of October, study groups of each pupil."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from gymnasium.demo import names
from gymnasium.demo.curriculum import CRAFT
from gymnasium.demo.world import Child, Form, Stay, World, moment
from journal.models import Enrolment, GroupMembership, Movement, Pupil
from journal.text import normalise

STREETS = ["Садовая", "Школьная", "Мира", "Лесная", "Заречная", "Новая", "Полевая", "Центральная", "Парковая"]
SIZES = {"7А": 30, "7Б": 29}  # 7Б is 30 from October on: one arrives, one leaves, one comes over from 7А
ARRIVAL, DEPARTURE, CLASS_CHANGE = (10, 12), (10, 16), (10, 19)


@dataclass(eq=False)
class Family:
    """Parents' names and the children they have in this school, at most one a class."""

    surname: str
    father: str
    street: str
    children: list[Child] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    is_complete: bool = False


def build_pupils(world: World) -> list[Family]:
    """Pupils of all classes with their enrolments; brothers and sisters share a family."""
    maker = _PupilMaker(world)
    for form in world.forms:
        maker.fill(form)
    Pupil.objects.bulk_create((child.row for family in maker.families for child in family.children), batch_size=500)
    _move(world, maker)
    Enrolment.objects.bulk_create(
        (
            Enrolment(
                pupil=stay.child.row,
                school_class=form.row,
                date_from=stay.first,
                date_to=None if stay.last == date.max else stay.last,
            )
            for form in world.forms
            for stay in form.roll
        ),
        batch_size=1000,
    )
    return maker.families


class _PupilMaker:
    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng("pupils")
        self.families: list[Family] = []
        self.by_grade: dict[int, list[Family]] = defaultdict(list)
        self.count = 0
        self.boys: Counter[str] = Counter()  # how many more boys than girls a class has

    def fill(self, form: Form) -> None:
        size = SIZES.get(form.name) or self.rng.randint(26, 31)
        taken: set[str] = set()
        pairs: list[Stay] = []
        for number in range(size):
            # The demo account «parent2» needs a family with children in 5А and 7Б.
            family = self.only_child("5А") if (form.name, number) == ("7Б", 0) else None
            pairs.append(Stay(self.child(form, taken, family), self.world.year.date_from))
        form.roll = sorted(pairs, key=lambda stay: normalise(stay.child.row.full_name))

    def only_child(self, name: str) -> Family:
        """A family with one child, in this class; nobody joins it afterwards."""
        family = next(family for family in self.families if [form.name for form in family.forms] == [name])
        family.is_complete = True
        return family

    def child(self, form: Form, taken: set[str], known: Family | None = None) -> Child:
        """A new pupil of this or of some family; `taken` are names that the class has already."""
        while True:
            family = known or self.family(form)
            sex = self.sex(form)
            row = self.row(form, family, sex)
            if row.list_name not in taken and family.surname not in taken:
                break
        # A class may have two of one surname, but not by the dozen.
        taken.update({row.list_name} | ({family.surname} if self.rng.random() < 0.9 else set()))
        self.count += 1
        self.boys[form.name] += 1 if row.sex == "m" else -1
        row.file_number = f"{row.last_name[0]}-{self.count:04d}"
        if self.rng.random() < 0.97:
            row.snils = f"000{100000 + self.count * 7:06d}00"
        if not family.children:
            self.families.append(family)
        child = Child(
            row,
            family=self.families.index(family) if family.children else len(self.families) - 1,
            strength=self.rng.gauss(3.95, 0.5),
            frailty=self.rng.lognormvariate(0, 0.5),
            carelessness=self.rng.expovariate(1.0),
        )
        child.gifts = {name: self.rng.gauss(0, 0.25) for name in self.world.subjects}
        family.children.append(child)
        family.forms.append(form)
        self.by_grade[form.grade].append(family)
        return child

    def sex(self, form: Form) -> str:
        """By chance, but with boys and girls in balance: craft is taught to them apart, in groups of some size."""
        boys = self.boys[form.name]
        return "m" if self.rng.random() < 0.5 - 0.1 * boys else "f"

    def family(self, form: Form) -> Family:
        if self.rng.random() < 0.14:
            older = [
                family
                for grade, families in self.by_grade.items()
                if grade != form.grade
                for family in families
                if len(family.children) < 3
                and not family.is_complete
                and form.grade not in {other.grade for other in family.forms}
            ]
            if older:
                return self.rng.choice(older)
        return Family(self.rng.choice(names.SURNAMES), self.rng.choice(names.FATHERS), self.rng.choice(STREETS))

    def row(self, form: Form, family: Family, sex: str) -> Pupil:
        start = self.world.year.date_from
        turns = start.year - form.grade - 6
        born = date(turns, 1, 1) + timedelta(days=self.rng.randint(-70, 290))
        first = self.rng.choice(names.BOYS if sex == "m" else names.GIRLS)
        admitted = date(start.year - form.grade + 1, 9, 1)
        pupil = Pupil(
            last_name=names.surname(family.surname, sex),
            first_name=first,
            patronymic="" if self.rng.random() < 0.01 else names.patronymic(family.father, sex),
            sex=sex,
            birth_date=born,
            admitted_on=admitted,
            address=f"г. Ставрополь, ул. {family.street}, д. {self.rng.randint(1, 120)}, кв. {self.rng.randint(1, 90)}",
            phone=f"+7 900 000-{self.rng.randint(10, 99)}-{self.rng.randint(10, 99)}" if form.grade >= 3 else "",
        )
        pupil.sort_name = normalise(pupil.full_name)
        return pupil


def _move(world: World, maker: _PupilMaker) -> None:
    """October: one arrives in 7Б, one leaves it, one comes over from 7А. In a full school some more come and go."""
    rng = world.rng("movements")
    year = world.year.date_from.year
    b7, a7 = world.form("7Б"), world.form("7А")
    moves: list[Movement] = []
    if (day := date(year, *ARRIVAL)) < world.day:
        moves.append(_arrive(world, maker, b7, day, "44-у", "МБОУ СОШ № 7 г. Невинномысска"))
    if (day := date(year, *DEPARTURE)) < world.day:
        moves.append(_leave(_plain(maker, b7, 20), b7, day, "45-у", "МАОУ лицей № 3 г. Краснодара"))
    if (day := date(year, *CLASS_CHANGE)) < world.day:
        moves.append(_change(_plain(maker, a7, 8), a7, b7, day, "46-у"))
    others = [form for form in world.forms if form not in (a7, b7)] if world.size == "full" else []
    for number, form in enumerate(rng.sample(others, min(8, len(others))), start=50):
        day = date(year, 9, 14) + timedelta(days=7 * rng.randint(0, 9))
        if day >= world.day:
            continue
        if number % 2:
            moves.append(_arrive(world, maker, form, day, f"{number}-у", f"МБОУ СОШ № {rng.randint(1, 45)}"))
        else:
            moves.append(_leave(rng.choice(form.roll), form, day, f"{number}-у", f"МБОУ СОШ № {rng.randint(1, 45)}"))
    Movement.objects.bulk_create(moves)


def _plain(maker: _PupilMaker, form: Form, index: int) -> Stay:
    """The child at this place of the list, or the next one who has no brothers and sisters here."""
    return next(stay for stay in form.roll[index:] if len(maker.families[stay.child.family].children) == 1)


def _arrive(world: World, maker: _PupilMaker, form: Form, day: date, order: str, place: str) -> Movement:
    child = maker.child(form, {stay.child.row.list_name for stay in form.roll})
    child.row.admitted_on = day
    child.row.save()
    form.roll.append(Stay(child, day))
    return Movement(
        pupil=child.row,
        kind=Movement.Kind.ARRIVAL,
        order_number=order,
        order_date=day - timedelta(days=3),
        effective_on=day,
        to_class=form.row,
        place=place,
        recorded_at=moment(day, 12, 0),
    )


def _leave(stay: Stay, form: Form, day: date, order: str, place: str) -> Movement:
    form.roll[form.roll.index(stay)] = Stay(stay.child, stay.first, day - timedelta(days=1))
    return Movement(
        pupil=stay.child.row,
        kind=Movement.Kind.DEPARTURE,
        order_number=order,
        order_date=day - timedelta(days=2),
        effective_on=day,
        from_class=form.row,
        place=place,
        recorded_at=moment(day, 12, 0),
    )


def _change(stay: Stay, old: Form, new: Form, day: date, order: str) -> Movement:
    old.roll[old.roll.index(stay)] = Stay(stay.child, stay.first, day - timedelta(days=1))
    new.roll.append(Stay(stay.child, day))
    return Movement(
        pupil=stay.child.row,
        kind=Movement.Kind.CLASS_CHANGE,
        order_number=order,
        order_date=day - timedelta(days=3),
        effective_on=day,
        from_class=old.row,
        to_class=new.row,
        recorded_at=moment(day, 12, 0),
    )


def build_groups(world: World) -> None:
    """Who studies in which group, and so in which course, from when to when."""
    rows: list[GroupMembership] = []
    for form in world.forms:
        for unit in form.units:
            if not unit.is_split:
                world.audience[unit.courses[0].pk] = list(form.roll)
                continue
            for index, stay in enumerate(form.roll):
                which = _which_group(unit.subject, stay.child, index)
                _join(world, unit.courses[which], stay, rows)
    _regroup(world, rows)
    GroupMembership.objects.bulk_create(rows, batch_size=1000)


def _which_group(subject: str, child: Child, index: int) -> int:
    """Boys and girls apart in craft; elsewhere halves by turns of the list."""
    if subject == CRAFT:
        return int(child.row.sex == "m")
    return index % 2


def _join(world: World, course, stay: Stay, rows: list[GroupMembership]) -> None:
    world.audience[course.pk].append(stay)
    rows.append(
        GroupMembership(
            group=course.group,
            pupil=stay.child.row,
            subject=course.subject,
            date_from=stay.first,
            date_to=None if stay.last == date.max else stay.last,
        )
    )


def _regroup(world: World, rows: list[GroupMembership]) -> None:
    """One pupil of 7Б went over to the other group of the language on the fifth of October."""
    day = date(world.year.date_from.year, 10, 5)
    if day >= world.day:
        return
    unit = next(unit for unit in world.form("7Б").units if unit.is_split and unit.subject != CRAFT)
    first, second = unit.courses
    stays = world.audience[first.pk]
    stay = next(stay for stay in stays[4:] if stay.last == date.max and stay.first < day)
    stays[stays.index(stay)] = Stay(stay.child, stay.first, day - timedelta(days=1))
    row = next(row for row in rows if row.group == first.group and row.pupil == stay.child.row)
    row.date_to = day - timedelta(days=1)
    _join(world, second, Stay(stay.child, day), rows)
