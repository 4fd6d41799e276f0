"""What may be written into a cell of the class's table: the same fields as in the forms, one by one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from journal.cells import TITLES
from journal.forms.fields import DayField, MailField, PhoneField
from journal.models import Guardian, Guardianship, Pupil
from journal.text import normalise


class InformingField(forms.ChoiceField):
    """A form of informing by its key, or by its words as a spreadsheet has them: «бумажная: нет доступа»."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Guardianship.Informing.choices, **kwargs)

    def clean(self, value: Any) -> str:
        typed = _letters(str(value or ""))
        for key, words in Guardianship.Informing.choices:
            if typed and typed in (_letters(key), _letters(str(words))):
                return key
        kinds = ", ".join(f"«{words}»" for _, words in Guardianship.Informing.choices)
        raise ValidationError(f"Форма информирования «{value}» не понята. Возможны: {kinds}.")


def _letters(text: str) -> str:
    return "".join(char for char in normalise(text) if char.isalnum() or char == "_")


def _text(model: type, name: str) -> forms.CharField:
    limit = model._meta.get_field(name).max_length  # type: ignore[attr-defined]
    return forms.CharField(label=TITLES[name], max_length=limit, required=False)


CELL_FIELDS: dict[str, forms.Field] = {
    "phone": PhoneField(label=TITLES["phone"], required=False),
    "file_number": _text(Pupil, "file_number"),
    "address": _text(Pupil, "address"),
    "phone_mobile": PhoneField(label=TITLES["phone_mobile"], required=False),
    "phone_home": PhoneField(label=TITLES["phone_home"], required=False),
    "email": MailField(label=TITLES["email"], required=False, max_length=Guardian._meta.get_field("email").max_length),
    "informing": InformingField(label=TITLES["informing"]),
    "informing_basis": _text(Guardianship, "informing_basis"),
    "informing_since": DayField(label=TITLES["informing_since"], required=False),
}


def clean_cell(field: str, text: str) -> Any:
    """The value of the field; ValidationError with a sentence for the person."""
    return CELL_FIELDS[field].clean(" ".join(text.split()) if field in ("address", "informing_basis") else text)
