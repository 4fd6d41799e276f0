"""Planning of guardians: one person may have several children here, a child several guardians."""

from __future__ import annotations

from journal.matching import names_are_near, phone_key, phones_of
from journal.models import Guardian, Guardianship, Pupil, SchoolClass
from journal.text import normalise
from reports.imports.read.rows import GuardianRow

from .planner import Context

Kinship = Guardianship.Kinship
KINSHIPS = {
    "мать": Kinship.MOTHER, "отец": Kinship.FATHER, "бабушка": Kinship.GRANDMOTHER, "дедушка": Kinship.GRANDFATHER,
    "опекун": Kinship.GUARDIAN, "попечитель": Kinship.GUARDIAN, "приемный родитель": Kinship.GUARDIAN,
}  # fmt: skip
YOUNGEST = 16
SAME, OTHER = "same", "other"


class GuardianPlanner:
    def __init__(self, context: Context) -> None:
        self.context, self.register, self.staged = context, context.register, context.staged

    def plan(self, row: GuardianRow, pupil: Pupil, school_class: SchoolClass) -> None:
        """The guardian of a row: found among the pupil's, then in the school; else new, unless somebody is near."""
        if not self._is_possible(row):
            return
        guardian, is_clear = self._find(row, pupil)
        if not is_clear:
            return
        guardian = guardian or self._create(row)
        values, cells = self._values_of(row, guardian), row.cells
        self.context.conflicts.tell(
            guardian, values, pupil=pupil, school_class=school_class, place=row.place, places=cells
        )
        self.context.see(guardian, "guardian", f"{guardian.full_name} ({pupil.list_name})", row.place)
        self._link(row, guardian, pupil, school_class)

    def _is_possible(self, row: GuardianRow) -> bool:
        today = self.context.today
        if row.birth_date and row.birth_date > today:
            what = f"{row.name}: дата рождения {row.birth_date:%d.%m.%Y} в будущем."
        elif row.birth_date and not YOUNGEST <= today.year - row.birth_date.year <= 110:
            what = f"{row.name}: представителю {today.year - row.birth_date.year} лет."
        else:
            return True
        self.context.error(row.place, what, "Проверьте дату рождения представителя.")
        return False

    def _find(self, row: GuardianRow, pupil: Pupil) -> tuple[Guardian | None, bool]:
        key = normalise(str(row.name))
        own = [link.guardian for link in self.register.guardianships[id(pupil)]]
        for guardian in own:
            if guardian.sort_name == key or key in self.register.spellings[id(guardian)]:
                return guardian, True
        alike = [guardian for guardian in own if _same_but_for_patronymic(row, guardian)]
        if len(alike) == 1:
            return alike[0], True
        for guardian in self.register.guardians.get(key, []):
            if _same_person(row, guardian):
                return guardian, True
        near = [guardian for guardian in own if _is_near(row, guardian)]
        if not near:
            return None, True
        text = f"{row.name} — похоже на представителя, который у ученика {pupil.full_name} уже есть. Кто это?"
        options = [(f"{SAME}:{g.sort_name}", f"Это тот же человек: {g.full_name}") for g in near]
        options.append((OTHER, "Это другой, новый представитель"))
        parts = ["guardian", key, pupil.sort_name, pupil.birth_date.isoformat()]
        answer = self.context.ask(parts, text, row.place, options)
        if not answer:
            return None, False
        return next((g for g in near if answer == f"{SAME}:{g.sort_name}"), None), True

    def _values_of(self, row: GuardianRow, guardian: Guardian) -> dict[str, object]:
        """What the row says of the guardian; what it leaves empty stays as it is."""
        values: dict[str, object] = {
            "sex": row.sex, "birth_date": row.birth_date, "phone_home": row.home_phone,
            "phone_mobile": row.mobile_phone, "email": row.email,
        }  # fmt: skip
        if normalise(str(row.name)) not in self.register.spellings[id(guardian)]:
            values |= {"last_name": row.name.last, "first_name": row.name.first, "patronymic": row.name.middle}
        return values

    def _create(self, row: GuardianRow) -> Guardian:
        guardian = self.staged.add(
            Guardian(
                last_name=row.name.last, first_name=row.name.first, patronymic=row.name.middle, sex=row.sex,
                birth_date=row.birth_date, phone_home=row.home_phone, phone_mobile=row.mobile_phone, email=row.email,
            )
        )  # fmt: skip
        self.register.guardians[guardian.sort_name].append(guardian)
        return guardian

    def _link(self, row: GuardianRow, guardian: Guardian, pupil: Pupil, school_class: SchoolClass) -> None:
        kinship = str(KINSHIPS.get(row.kinship.replace("ё", "е"), Kinship.OTHER))
        for link in self.register.guardianships[id(pupil)]:
            if link.guardian is guardian:
                self._tell_of_link(row, link, kinship, school_class)
                break
        else:
            link = self.staged.add(Guardianship(pupil=pupil, guardian=guardian, kinship=kinship))
            self.register.guardianships[id(pupil)].append(link)
        self.context.see(link, "guardianship", f"{pupil.list_name}: {guardian.full_name}", row.place)

    def _tell_of_link(self, row: GuardianRow, link: Guardianship, kinship: str, school_class: SchoolClass) -> None:
        if link.ended_on:
            self.context.note(
                row.place,
                f"{link.guardian.full_name} больше не представляет ученика {link.pupil.full_name} "
                f"(с {link.ended_on:%d.%m.%Y}), а в файле записан представителем.",
                "Оставлено как в журнале.",
            )
            return
        # A word that the register does not tell apart («тётя») says nothing against what stands.
        if row.kinship and kinship != Kinship.OTHER:
            values = {"kinship": kinship}
            where = row.cells.get("kinship", row.place)
            self.context.conflicts.tell(link, values, pupil=link.pupil, school_class=school_class, place=where)


def _same_person(row: GuardianRow, guardian: Guardian) -> bool:
    """The same name and the same birth date; where one of them has none, the same phone."""
    if row.birth_date and guardian.birth_date:
        return row.birth_date == guardian.birth_date
    return _shares_phone(row, guardian)


def _same_but_for_patronymic(row: GuardianRow, guardian: Guardian) -> bool:
    """Surname and name agree, one of the two has no patronymic, and the birth dates do not speak against it."""
    if bool(row.name.middle) == bool(guardian.patronymic):
        return False
    if row.birth_date and guardian.birth_date and row.birth_date != guardian.birth_date:
        return False
    return normalise(f"{row.name.last} {row.name.first}") == normalise(guardian.list_name)


def _shares_phone(row: GuardianRow, guardian: Guardian) -> bool:
    phones = {phone_key(row.mobile_phone), phone_key(row.home_phone)} - {""}
    return bool(phones & phones_of(guardian))


def _is_near(row: GuardianRow, guardian: Guardian) -> bool:
    """Another spelling of somebody the pupil already has: near name and the same phone or birth date."""
    if not names_are_near(
        (row.name.last, row.name.first, row.name.middle),
        (guardian.last_name, guardian.first_name, guardian.patronymic),
    ):
        return False
    same_birth = bool(row.birth_date) and row.birth_date == guardian.birth_date
    return same_birth or _shares_phone(row, guardian)
