"""The ground of every form that corrects a row of the register."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils import timezone

from journal.services.changes import Conflict


class EditForm(forms.ModelForm):
    """A form that carries what it showed, so that a save never overwrites what the person has not seen.

    `changes()` gives field → (what was shown, what is wanted) for `journal.services.changes.edit_row`. After a
    `Conflict` call `show_conflict`: both values are told, and the same press again takes the person's own one.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = {name: self._as_text(name, self.get_initial_for_field(field, name)) for name, field in self._own()}
        self.initial["seen"] = json.dumps(self.shown, ensure_ascii=False)

    def clean_seen(self) -> dict[str, str]:
        """What the page showed; without it (a hand-made request), what stands now."""
        try:
            seen = json.loads(self.cleaned_data["seen"] or "{}")
        except ValueError:
            seen = {}
        known = seen if isinstance(seen, dict) else {}
        return {name: str(known.get(name, shown)) for name, shown in self.shown.items()}

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Only the fields that the person changed on the page; needs a valid form."""
        found = {}
        for name, field in self._own():
            if name not in self.cleaned_data:
                continue
            wanted, seen = self.cleaned_data[name], self.cleaned_data["seen"][name]
            if self._as_text(name, wanted) != seen:
                found[name] = (self._as_value(field, seen), wanted)
        return found

    def show_conflict(self, conflict: Conflict) -> None:
        """Tell both values at each field; what was shown becomes what stands now."""
        seen = dict(self.cleaned_data["seen"])
        for name, standing in conflict.fields.items():
            stands = self._as_text(name, standing.value)
            self.add_error(name, conflict_words(self.words_of(name, standing.value), standing.by, standing.at))
            seen[name] = stands
        self.data = {**self.data.dict(), self.add_prefix("seen"): json.dumps(seen, ensure_ascii=False)}  # type: ignore[attr-defined]

    def words_of(self, name: str, value: Any) -> str:
        """The value as a person reads it."""
        choices = dict(getattr(self.fields[name], "choices", ()) or ())
        if value in choices:
            return str(choices[value])
        return self._as_text(name, value)

    def _own(self) -> list[tuple[str, forms.Field]]:
        return [(name, field) for name, field in self.fields.items() if name != "seen"]

    def _as_text(self, name: str, value: Any) -> str:
        """As the widget writes it: the same text for the same value, whether it comes from the row or the person."""
        if isinstance(value, bool):
            return "да" if value else ""  # a checkbox writes nothing for either
        field = self.fields[name]
        text = field.widget.format_value(field.prepare_value(value)) if value not in (None, "") else ""
        return "|".join(map(str, text)) if isinstance(text, list) else str(text or "")

    def _as_value(self, field: forms.Field, seen: str) -> Any:
        try:
            value = field.to_python(seen)
            # A number chosen from a list is a text until it is coerced.
            if isinstance(field, forms.TypedChoiceField):
                return field.coerce(value) if value not in field.empty_values else field.empty_value
            return value
        except forms.ValidationError:
            return seen


def conflict_words(stands: str, by: str, at: Any) -> str:
    """«Пока страница была открыта, Орлова М. С. в 10:42 …»: what stands now, and what to do."""
    who = by or "кто-то другой"
    when = f" в {timezone.localtime(at):%H:%M}" if at else ""
    value = f"«{stands}»" if stands else "пусто"
    return f"Пока страница была открыта, {who}{when} изменил(а) это поле: {value}. Верно ваше? Сохраните ещё раз."
