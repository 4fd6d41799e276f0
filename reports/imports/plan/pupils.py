"""Planning of pupils, their places in classes, and their guardians."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from journal import crypto
from journal.ages import OLDEST, YOUNGEST, age_on, is_pupils_age, unusual_age
from journal.matching import dates_are_near, names_are_near
from journal.models import Enrolment, Movement, Pupil, SchoolClass
from journal.text import normalise
from reports.imports.read.errors import Place
from reports.imports.read.rows import FileContent, PersonName, PupilRow

from .guardians import GuardianPlanner
from .planner import Context
from .register import is_of

MALE_ENDINGS = ("ич", "оглы", "улы", "угли")
FEMALE_ENDINGS = ("на", "кызы", "гызы")
NEW_PUPIL, SAME_PUPIL = "new", "same:"


class PupilPlanner:
    """Rows of pupils of all files → pupils, enrolments, movements, guardians."""

    def __init__(self, context: Context, contents: list[FileContent]) -> None:
        self.context, self.register, self.staged = context, context.register, context.staged
        self.rows = [row for content in contents for row in content.pupils]
        self.guardians = GuardianPlanner(context)
        # Who stands in which file under exactly this name and birth date: one list never means the same child twice.
        self.listed: dict[str, set[tuple[str, date]]] = {}
        for row in self.rows:
            self.listed.setdefault(row.place.file, set()).add((normalise(str(row.name)), row.birth_date))
        self.class_in_file: dict[tuple[int, str], PupilRow] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.places: dict[str, Place] = {}

    def run(self) -> None:
        for row in self.rows:
            self._plan_row(row)
        self.context.conflicts.settle()
        for (kind, title), number in self.counts.items():
            self.context.count(kind, "new", title, self.places[title], number)

    def _plan_row(self, row: PupilRow) -> None:
        context = self.context
        school_class = context.school_class(row.class_name, row.at("class"))
        if school_class is None or not self._is_possible(row, school_class):
            return
        pupil, is_clear = self._find(row)
        if not is_clear:
            return
        if not self._snils_is_free(row, pupil) or not self._class_agrees(row, pupil):
            return
        sex = row.sex or sex_of(row.name)
        if pupil is None and not sex:
            context.error(row.at("sex"), f"{row.name}: не указан пол.", "Впишите М или Ж в столбец «Пол».")
            return
        pupil = pupil or self._create(row, sex)
        self.context.conflicts.tell(
            pupil, _values_of(row), pupil=pupil, school_class=school_class, place=row.place, places=row.cells
        )
        self.class_in_file.setdefault((id(pupil), row.place.file), row)
        context.see(pupil, "pupil", lambda: self._title(pupil), row.place)
        if self._place_in_class(row, pupil, school_class):
            for guardian in row.guardians:
                self.guardians.plan(guardian, pupil, school_class)

    def _title(self, pupil: Pupil) -> str:
        rows = self.register.enrolments[id(pupil)]
        return f"{pupil.full_name}, {rows[-1].school_class}" if rows else pupil.full_name

    # -- is the row itself possible? --

    def _is_possible(self, row: PupilRow, school_class: SchoolClass) -> bool:
        context = self.context
        start = context.year.date_from
        age = age_on(row.birth_date, start)
        if row.birth_date > context.today:
            context.error(
                row.at("birth"),
                f"{row.name}: дата рождения {row.birth_date:%d.%m.%Y} в будущем.",
                "Проверьте год рождения.",
            )
            return False
        if not is_pupils_age(age):
            context.error(
                row.at("birth"),
                f"{row.name}: по дате рождения {row.birth_date:%d.%m.%Y} на 1 сентября ученику {age}.",
                f"Ожидается от {YOUNGEST} до {OLDEST} лет: проверьте год рождения.",
            )
            return False
        if unusual := unusual_age(row.birth_date, school_class.grade, start, school_class.name):
            context.note(row.at("birth"), f"{row.name}: {unusual}.")
        if row.enrolled_on and row.enrolled_on > context.year.date_to:
            context.error(
                row.at("enrolled"),
                f"{row.name}: дата зачисления {row.enrolled_on:%d.%m.%Y} позже конца учебного года.",
                f"Ожидается не позже {context.year.date_to:%d.%m.%Y}.",
            )
            return False
        return True

    def _snils_is_free(self, row: PupilRow, pupil: Pupil | None) -> bool:
        if not row.snils:
            return True
        owner = self.register.by_snils.get(crypto.digest(crypto.snils_digits(row.snils)))
        if owner is None or owner is pupil:
            return True
        self.context.error(
            row.at("snils"),
            f"{row.name}: такой же СНИЛС уже у другого ученика ({owner.full_name}).",
            "Сверьте оба номера с документами: у каждого человека он свой.",
        )
        return False

    def _class_agrees(self, row: PupilRow, pupil: Pupil | None) -> bool:
        """One file must not put the same child into two classes."""
        other = self.class_in_file.get((id(pupil), row.place.file)) if pupil else None
        if other is None or other.class_name == row.class_name:
            return True
        self.context.error(
            row.at("class"),
            f"{row.name} записан дважды: здесь {row.class_name}, в строке {other.place.row} — {other.class_name}.",
            "Оставьте одну строку.",
        )
        return False

    # -- who is it? --

    def _find(self, row: PupilRow) -> tuple[Pupil | None, bool]:
        """The pupil or None for a new one; the second value is False while nobody has decided."""
        born = self.register.by_birth.get(row.birth_date, [])
        key = normalise(str(row.name))
        exact = [pupil for pupil in born if pupil.sort_name == key]
        if not exact:
            exact = [pupil for pupil in born if _same_but_for_patronymic(pupil, row.name)]
        if len(exact) == 1:
            return exact[0], True
        near = exact or self._near(row)
        if not near:
            return None, True
        return self._ask(row, near)

    def _near(self, row: PupilRow) -> list[Pupil]:
        """Those who might be the same child under a slip: a few letters or digits, or another birth date."""
        listed = self.listed[row.place.file]
        name = (row.name.last, row.name.first, row.name.middle)
        candidates = [p for p in self.register.by_birth.get(row.birth_date, []) if names_are_near(name, _name_of(p))]
        candidates += self.register.by_name.get(normalise(str(row.name)), [])
        return [pupil for pupil in candidates if (pupil.sort_name, pupil.birth_date) not in listed]

    def _ask(self, row: PupilRow, near: list[Pupil]) -> tuple[Pupil | None, bool]:
        options = [
            (f"{SAME_PUPIL}{self._key(pupil)}", f"Это тот же ученик: {self._title(pupil)}, {self._why(row, pupil)}")
            for pupil in near
        ]
        options.append((NEW_PUPIL, "Это другой, новый ученик"))
        text = f"{row.name}, {row.birth_date:%d.%m.%Y}, {row.class_name} — похож на того, кто уже есть. Кто это?"
        parts = ["pupil", normalise(str(row.name)), row.birth_date.isoformat()]
        answer = self.context.ask(parts, text, row.place, options)
        if not answer:
            return None, False
        if answer == NEW_PUPIL:
            return None, True
        return next(pupil for pupil in near if answer == f"{SAME_PUPIL}{self._key(pupil)}"), True

    @staticmethod
    def _key(pupil: Pupil) -> str:
        # A pupil of this very import has no pk yet; name and birth date tell it.
        return str(pupil.pk or f"{pupil.sort_name}|{pupil.birth_date}")

    @staticmethod
    def _why(row: PupilRow, pupil: Pupil) -> str:
        born = f"{pupil.birth_date:%d.%m.%Y}"
        if pupil.birth_date == row.birth_date:
            return f"{born}: имя отличается"
        return (
            f"{born}: дата отличается одной-двумя цифрами"
            if dates_are_near(row.birth_date, pupil.birth_date)
            else (f"{born}: другая дата рождения")
        )

    # -- what is written --

    def _create(self, row: PupilRow, sex: str) -> Pupil:
        pupil = Pupil(
            last_name=row.name.last, first_name=row.name.first, patronymic=row.name.middle, birth_date=row.birth_date,
            sex=sex, file_number=row.file_number, admitted_on=row.admitted_on, address=row.address, phone=row.phone,
        )  # fmt: skip
        pupil.snils = row.snils
        self.staged.add(pupil)
        self.register.pupils.append(pupil)
        self.register.index_pupil(pupil)
        return pupil

    # -- where does the pupil study? --

    def _place_in_class(self, row: PupilRow, pupil: Pupil, school_class: SchoolClass) -> bool:
        enrolments = self.register.enrolments[id(pupil)]
        year = self.context.year
        # A transfer to the next year may stand already: the list of this year asks for this year's place.
        ends = year.date_to + timedelta(days=92)
        this_year = [
            e for e in enrolments if e.date_from <= ends and (e.date_to is None or e.date_to >= year.date_from)
        ]
        last = this_year[-1] if this_year else None
        if last is None:
            self._enrol(row, pupil, school_class)
            return True
        if (last.date_to is None or last.date_to >= year.date_to) and is_of(last, school_class):
            return True
        if last.date_to is not None:
            return self._return(row, pupil, school_class, last)
        return self._transfer(row, pupil, school_class, last)

    def _enrol(self, row: PupilRow, pupil: Pupil, school_class: SchoolClass) -> None:
        year = self.context.year
        # Orders of summer count; an older date is of an earlier class and says nothing about this one.
        earliest = year.date_from - timedelta(days=92)
        begins = row.enrolled_on if row.enrolled_on and row.enrolled_on >= earliest else year.date_from
        self._add_enrolment(row, pupil, school_class, begins)
        arrived = row.admitted_on is None or row.admitted_on >= earliest
        kind = Movement.Kind.ARRIVAL if arrived else Movement.Kind.PROMOTION
        self._add_movement(row, pupil, kind, begins, school_class)

    def _return(self, row: PupilRow, pupil: Pupil, school_class: SchoolClass, last: Enrolment) -> bool:
        if row.enrolled_on and last.date_to and row.enrolled_on > last.date_to:
            self._add_enrolment(row, pupil, school_class, row.enrolled_on)
            self._add_movement(row, pupil, Movement.Kind.ARRIVAL, row.enrolled_on, school_class)
            return True
        self.context.error(
            row.at("class"),
            f"{row.name} выбыл {last.date_to:%d.%m.%Y}, а в файле числится в {row.class_name}.",
            "Если ученик вернулся, укажите новую «Дату зачисления»; иначе уберите строку.",
        )
        return False

    def _transfer(self, row: PupilRow, pupil: Pupil, school_class: SchoolClass, last: Enrolment) -> bool:
        begins = row.enrolled_on
        if not begins or begins <= last.date_from:
            self.context.error(
                row.at("class"),
                f"{row.name} числится в {last.school_class}, а в файле — в {row.class_name}.",
                "Если это перевод, укажите «Дату зачисления/перевода»; иначе исправьте класс в файле.",
            )
            return False
        self.staged.set(last, "date_to", begins - timedelta(days=1))
        self.context.see(last, "enrolment", f"{pupil.full_name}, {last.school_class}", row.place)
        self._add_enrolment(row, pupil, school_class, begins)
        self._add_movement(row, pupil, Movement.Kind.CLASS_CHANGE, begins, school_class, last.school_class)
        return True

    def _add_enrolment(self, row: PupilRow, pupil: Pupil, school_class: SchoolClass, begins: date) -> None:
        enrolment = self.staged.add(Enrolment(pupil=pupil, school_class=school_class, date_from=begins))
        self.register.enrolments[id(pupil)].append(enrolment)
        self.counts["enrolment", school_class.name] += 1
        self.places.setdefault(school_class.name, row.place)

    def _add_movement(
        self,
        row: PupilRow,
        pupil: Pupil,
        kind: str,
        day: date,
        to_class: SchoolClass,
        from_class: SchoolClass | None = None,
    ) -> None:
        key = (id(pupil), str(kind), day)
        if (not row.order_number and not row.order_date) or key in self.register.movements:
            return
        self.register.movements.add(key)
        self.counts["movement", to_class.name] += 1
        self.staged.add(
            Movement(
                pupil=pupil, kind=kind, order_number=row.order_number, order_date=row.order_date, effective_on=day,
                from_class=from_class, to_class=to_class,
            )
        )  # fmt: skip


def _values_of(row: PupilRow) -> dict[str, Any]:
    """What the row says of the pupil; what it leaves empty stays as it is."""
    return {
        "last_name": row.name.last, "first_name": row.name.first, "patronymic": row.name.middle,
        "birth_date": row.birth_date, "sex": row.sex, "file_number": row.file_number, "admitted_on": row.admitted_on,
        "address": row.address, "phone": row.phone, "snils": crypto.snils_digits(row.snils),
    }  # fmt: skip


def sex_of(name: PersonName) -> str:
    """The sex a patronymic tells, or an empty string."""
    ending = name.middle.casefold()
    if ending.endswith(MALE_ENDINGS):
        return "m"
    return "f" if ending.endswith(FEMALE_ENDINGS) else ""


def _name_of(pupil: Pupil) -> tuple[str, str, str]:
    return pupil.last_name, pupil.first_name, pupil.patronymic


def _same_but_for_patronymic(pupil: Pupil, name: PersonName) -> bool:
    """Surname, name and birth date agree and one of the two has no patronymic."""
    if pupil.patronymic and name.middle:
        return False
    short = replace(name, middle="")
    return normalise(f"{pupil.last_name} {pupil.first_name}") == normalise(str(short))
