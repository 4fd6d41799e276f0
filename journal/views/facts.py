"""The personal data of a card as lines, each of which can become a small form in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from journal.ages import unusual_age
from journal.editing import PUPIL_FIELDS, may_change
from journal.forms.pupils import PupilForm
from journal.models import Pupil, SchoolClass

LABELS = {
    "last_name": "Фамилия", "first_name": "Имя", "patronymic": "Отчество", "sex": "Пол",
    "birth_date": "Дата рождения", "phone": "Телефон", "address": "Адрес", "snils": "СНИЛС",
    "file_number": "Личное дело №", "admitted_on": "Дата приёма", "study_form": "Форма обучения",
}  # fmt: skip
EMPTY = {"patronymic": "нет", "file_number": "не указано", "admitted_on": "не указана"}


@dataclass
class Fact:
    """One line. `form` where it is being edited; `note` is a warning that stays with the value."""

    name: str
    label: str
    text: str
    is_open: bool
    keeper: str
    note: str = ""
    form: PupilForm | None = None

    @property
    def empty(self) -> str:
        return EMPTY.get(self.name, "не указан")


def facts_of(
    pupil: Pupil, user: User, school_class: SchoolClass | None, form: PupilForm | None = None, editing: str = ""
) -> list[Fact]:
    """All lines in the order of the card; the line `editing` bears the form."""
    return [fact_of(name, pupil, user, school_class, form if name == editing else None) for name in LABELS]


def fact_of(
    name: str, pupil: Pupil, user: User, school_class: SchoolClass | None, form: PupilForm | None = None
) -> Fact:
    note = ""
    if name == "birth_date" and school_class:
        note = unusual_age(pupil.birth_date, school_class.grade, school_class.year.date_from, school_class.name)
    return Fact(
        name=name,
        label=LABELS[name],
        text=_text(pupil, name),
        is_open=may_change(user, PUPIL_FIELDS, name),
        keeper=PUPIL_FIELDS[name].value,
        note=note,
        form=form,
    )


def _text(pupil: Pupil, name: str) -> str:
    if name == "snils":
        return pupil.snils_masked
    if name in ("sex", "study_form"):
        return str(getattr(pupil, f"get_{name}_display")())
    value: Any = getattr(pupil, name)
    return f"{value:%d.%m.%Y}" if hasattr(value, "strftime") else value or ""
