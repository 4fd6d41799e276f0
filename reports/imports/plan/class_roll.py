"""Who of a class is meant by «Фамилия Имя»?"""

from __future__ import annotations

from datetime import date

from journal.matching import distance
from journal.models import Pupil, SchoolClass
from journal.text import normalise
from reports.imports.read.errors import Place
from reports.imports.read.rows import PersonName

from .planner import Context


class ClassRoll:
    """Everybody on the roll of a class this year, by name; also those who have left."""

    def __init__(self, context: Context, school_class: SchoolClass) -> None:
        self.context, self.school_class = context, school_class
        self.stays: dict[int, list[tuple[date, date | None]]] = {}
        self.by_name: dict[str, list[Pupil]] = {}
        for enrolment in context.register.enrolments_in(school_class):
            pupil = enrolment.pupil
            if id(pupil) not in self.stays:
                key = normalise(pupil.list_name)
                self.by_name.setdefault(key, []).append(pupil)
            self.stays.setdefault(id(pupil), []).append((enrolment.date_from, enrolment.date_to))

    def find(self, name: PersonName, place: Place) -> Pupil | None:
        """The pupil, or an error in words: nobody, or two of that name."""
        found = self.by_name.get(normalise(f"{name.last} {name.first}"), [])
        if name.middle:
            found = [p for p in found if not p.patronymic or normalise(p.patronymic) == normalise(name.middle)]
        if len(found) == 1:
            return found[0]
        if found:
            self.context.error(place, f"В {self.school_class.name} двое учеников {name}.", "Впишите в файл и отчество.")
            return None
        hint = self._near(name)
        self.context.error(
            place,
            f"Ученика {name} нет в {self.school_class.name}.",
            f"Похоже на: {hint}. Исправьте имя в файле." if hint else "Сначала загрузите список учеников этого класса.",
        )
        return None

    def _near(self, name: PersonName) -> str:
        key = normalise(f"{name.last} {name.first}")
        near = [rows[0].full_name for known, rows in self.by_name.items() if distance(key, known, 3) <= 3]
        return ", ".join(near[:3])

    def on_roll(self, pupil: Pupil, day: date) -> bool:
        return any(begins <= day and (ends is None or day <= ends) for begins, ends in self.stays[id(pupil)])

    def left_on(self, pupil: Pupil) -> date | None:
        """The last day on the roll; None for a pupil who is still here."""
        ends = [end for _, end in self.stays[id(pupil)]]
        return None if None in ends else max(end for end in ends if end)

    def why_not(self, pupil: Pupil, day: date) -> str:
        """«выбыл 10.10.2026» or «зачислен только 01.10.2026»."""
        left = self.left_on(pupil)
        if left and day > left:
            return f"ученик выбыл {left:%d.%m.%Y}"
        return f"ученик зачислен только {min(begins for begins, _ in self.stays[id(pupil)]):%d.%m.%Y}"
