"""What all planners share: the register, the calendar, the preview, the operator's answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

from accounts.models import User
from journal.calendar import Calendar
from journal.models import SchoolClass, Teacher
from journal.text import normalise
from reports.imports.read.errors import Place, Problem
from reports.imports.read.rows import PersonName

from .conflicts import Conflicts
from .register import Register
from .result import CHANGED, NEW, UNCHANGED, Preview, Question, Row

FIELD_NAMES = {"snils": "СНИЛС", "date_to": "по", "date_from": "с", "school_class": "класс"}


class Context:
    """One import being planned."""

    def __init__(
        self,
        register: Register,
        calendar: Calendar,
        *,
        today: date,
        by: User | None = None,
        answers: dict[str, str] | None = None,
        default_decision: str = "",
    ) -> None:
        self.register, self.calendar, self.today, self.by = register, calendar, today, by
        self.staged = register.staged
        self.answers, self.default_decision = answers or {}, default_decision
        self.preview = Preview()
        # Rows shown one by one: object → (kind, title, place); their state is known only when all files are planned.
        self.seen: dict[int, tuple[Any, str, str | Callable[[], str], Place]] = {}
        self.asked: set[str] = set()
        self.told: dict[Any, str] = {}
        self.conflicts = Conflicts(self)

    @property
    def year(self):
        return self.register.year

    @property
    def start_year(self) -> int:
        return self.year.date_from.year

    def error(self, place: Place, what: str, expected: str = "") -> None:
        self.preview.problems.append(Problem(place, what, expected))

    def note(self, place: Place, what: str, expected: str = "") -> None:
        self.preview.problems.append(Problem(place, what, expected, is_note=True))

    def see(self, instance: Any, kind: str, title: str | Callable[[], str], place: Place) -> None:
        """Show this row in the preview, whatever becomes of it; a title that may still change is a function."""
        self.seen.setdefault(id(instance), (instance, kind, title, place))

    def count(self, kind: str, status: str, title: str, place: Place, number: int) -> None:
        """Many rows of one sheet as one line of the preview."""
        if number:
            self.preview.rows.append(Row(kind, status, title, place.short, count=number))

    def change(self, kind: str, title: str, place: Place, fields: list[tuple[str, str, str]]) -> None:
        self.preview.rows.append(Row(kind, CHANGED, title, place.short, fields))

    def ask(self, key_parts: list[str], text: str, place: Place, options: list[tuple[str, str]]) -> str:
        """The operator's answer, or an empty string and the question asked once."""
        key = hashlib.sha256("|".join(key_parts).encode()).hexdigest()[:16]
        answer = self.answers.get(key, "")
        if answer in {value for value, _ in options}:
            return answer
        if key not in self.asked:
            self.asked.add(key)
            self.preview.questions.append(Question(key, text, str(place), options))
        return ""

    def agrees(self, key: Any, value: str, place: Place) -> bool:
        """False, with an error, where these files have told something else about the same place before."""
        first = self.told.setdefault(key, value)
        if first != value:
            self.error(
                place,
                f"Здесь «{value}», а в другом месте этих файлов стоит «{first}».",
                "Оставьте в файлах одно значение.",
            )
        return first == value

    def school_class(self, name: str, place: Place) -> SchoolClass | None:
        """The class of the year, or an error in words."""
        if found := self.register.classes.get(name):
            return found
        known = ", ".join(sorted(self.register.classes, key=lambda n: (len(n), n))[:8]) or "классов пока нет"
        self.error(
            place,
            f"Класса {name} нет в {self.year.name} учебном году.",
            f"Исправьте класс в файле или заведите его («Классы» → «Названия и руководители»). Есть: {known}…",
        )
        return None

    def teacher(self, name: PersonName, place: Place) -> Teacher | None:
        """The teacher of that name; None with an error where two have it, None without one where nobody has."""
        found = self.register.teachers.get(normalise(str(name)), [])
        if not found and not name.middle:
            prefix = normalise(str(name)) + " "
            found = [row for key, rows in self.register.teachers.items() if key.startswith(prefix) for row in rows]
        if len(found) > 1:
            self.error(
                place, f"Учителей с именем {name} двое.", "Укажите отчество или различите их в «Администрировании»."
            )
            return None
        return found[0] if found else None

    def new_teacher(self, name: PersonName, place: Place, position: str = "", email: str = "") -> Teacher:
        """A teacher to be created, findable at once."""
        teacher = self.staged.add(
            Teacher(last_name=name.last, first_name=name.first, patronymic=name.middle, position=position, email=email)
        )
        self.register.teachers[teacher.sort_name].append(teacher)
        self.see(teacher, "teacher", teacher.full_name, place)
        return teacher

    def finish(self) -> Preview:
        """Turn what was seen into rows with their final state."""
        rows = []
        for instance, kind, title_or_function, place in self.seen.values():
            title = title_or_function() if callable(title_or_function) else title_or_function
            if instance.pk is None:
                rows.append(Row(kind, NEW, title, place.short))
                continue
            fields = [
                (field_name(instance, name), shown(instance, name, old), shown(instance, name, new))
                for name, (old, new) in self.staged.differences(instance).items()
            ]
            rows.append(Row(kind, CHANGED if fields else UNCHANGED, title, place.short, fields))
        self.preview.rows = rows + self.preview.rows
        return self.preview


def field_name(instance: Any, name: str) -> str:
    """A field in the register's own words."""
    if name in FIELD_NAMES:
        return FIELD_NAMES[name]
    return str(instance._meta.get_field(name).verbose_name)


def shown(instance: Any, name: str, value: Any) -> str:
    """A value as a person reads it; СНИЛС only masked."""
    if value in (None, ""):
        return ""
    if name == "snils":
        return f"•••-•••-{value[6:9]} {value[9:]}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    choices = dict(instance._meta.get_field(name).flatchoices)
    # A teacher or a class that is only to be created has no key yet and cannot be looked up by.
    return str(choices.get(value, value) if choices else value)
