"""The ground of every form that corrects a row of the register."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from journal.services.changes import Conflict


class EditForm(forms.ModelForm):
    """A form that carries what it showed, so that a save never overwrites what the person has not seen.

    `changes()` gives field → (what was shown, what is wanted) for `journal.services.changes.edit_row`. After a
    `Conflict` call `show_conflict`: both values are told, and the same press again takes the person's own one.

    A field that came back as it was shown is not touched: it is neither checked (an odd value of an old file must not
    bar the way to the other fields) nor tidied nor changed.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = {name: self._as_text(name, self.get_initial_for_field(field, name)) for name, field in self._own()}
        self.initial["seen"] = self.seen_json()

    def seen_json(self) -> str:
        return json.dumps(self.shown, ensure_ascii=False)

    def seen_texts(self) -> dict[str, str]:
        """What the page showed; without it (a hand-made request), what stands now."""
        try:
            seen = json.loads(self.data.get(self.add_prefix("seen")) or "{}")
        except (ValueError, TypeError, RecursionError):
            seen = {}
        known = seen if isinstance(seen, dict) else {}
        texts = {name: str(known.get(name, shown)) for name, shown in self.shown.items()}
        # JSON may spell half a character, which no page can be written with.
        return {name: text.encode(errors="replace").decode() for name, text in texts.items()}

    def clean_seen(self) -> dict[str, str]:
        return self.seen_texts()

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Only the fields that the person changed on the page; needs a valid form."""
        found = {}
        for name, field in self._own():
            if name not in self.cleaned_data or self.is_untouched(name):
                continue
            wanted, seen = self.cleaned_data[name], self.cleaned_data["seen"][name]
            if self._as_text(name, wanted) != seen:
                found[name] = (self._as_value(field, seen), wanted)
        return found

    def is_untouched(self, name: str) -> bool:
        """Whether the field came back exactly as the page showed it."""
        field = self.fields[name]
        raw = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        return self._raw_text(raw) == self.seen_texts()[name]

    def show_conflict(self, conflict: Conflict) -> None:
        """Tell both values at each field; what was shown becomes what stands now."""
        seen = self.seen_texts()
        for name, standing in conflict.fields.items():
            self.add_error(name, conflict_words(self.words_of(name, standing.value), standing.by, standing.at))
            seen[name] = self._as_text(name, standing.value)
        data: Any = copy.copy(self.data)  # a request's own data cannot be changed, its copy can
        data[self.add_prefix("seen")] = json.dumps(seen, ensure_ascii=False)
        self.data = data

    def words_of(self, name: str, value: Any) -> str:
        """The value as a person reads it."""
        if isinstance(value, bool):
            return "да" if value else "нет"
        if value in (None, ""):
            return ""
        if isinstance(self.fields[name], forms.DateField) and hasattr(value, "strftime"):
            return f"{value:%d.%m.%Y}"
        for choice, label in getattr(self.fields[name], "choices", ()) or ():
            if str(choice) == self._as_text(name, value):
                return str(label)
        return self._as_text(name, value)

    def _is_left(self, name: str) -> bool:
        """Whether a value that stands was left as it stands; emptiness and new rows are checked as ever."""
        is_new = self.instance._state.adding
        return name != "seen" and not is_new and bool(self.seen_texts().get(name)) and self.is_untouched(name)

    def _clean_fields(self) -> None:
        """As Django does it, but what was left keeps its value without being asked anything."""
        for name, field in self.fields.items():
            if self._is_left(name):
                # Of a row that is chosen from others the initial value is only the number.
                of_row = isinstance(field, forms.ModelChoiceField)
                self.cleaned_data[name] = (
                    getattr(self.instance, name) if of_row else self.get_initial_for_field(field, name)
                )
                continue
            try:
                self.cleaned_data[name] = field._clean_bound_field(self[name])  # type: ignore[attr-defined]
                if hasattr(self, f"clean_{name}"):
                    self.cleaned_data[name] = getattr(self, f"clean_{name}")()
            except forms.ValidationError as error:
                self.add_error(name, error)

    def _update_errors(self, errors: forms.ValidationError) -> None:
        """The model's own checks of a value that was left bar nothing either; its constraints still do."""
        if hasattr(errors, "error_dict"):
            of_fields = errors.error_dict
            kept = {
                name: found
                for name, found in of_fields.items()
                if name not in self.fields or not self._is_left(name) or any(one.code == "unique" for one in found)
            }
            if not kept:
                return
            errors = forms.ValidationError(kept)
        super()._update_errors(errors)  # type: ignore[misc]

    def _own(self) -> list[tuple[str, forms.Field]]:
        return [(name, field) for name, field in self.fields.items() if name != "seen"]

    def _as_text(self, name: str, value: Any) -> str:
        """As the widget writes it: the same text for the same value, whether it comes from the row or the person."""
        if isinstance(value, bool):
            return self._raw_text(value)
        field = self.fields[name]
        text = field.widget.format_value(field.prepare_value(value)) if value not in (None, "") else ""
        return self._raw_text(text)

    @staticmethod
    def _raw_text(raw: Any) -> str:
        """What a widget writes or gets back, as one text: a tick is «1», no tick is nothing."""
        if isinstance(raw, bool):
            return "1" if raw else ""
        if isinstance(raw, list | tuple):
            return "|".join(map(str, raw))
        return "" if raw is None else str(raw).replace("\r\n", "\n")

    def _as_value(self, field: forms.Field, seen: str) -> Any:
        if isinstance(field, forms.BooleanField):
            return bool(seen)
        try:
            value = field.to_python(seen)
            # A number chosen from a list is a text until it is coerced.
            if isinstance(field, forms.TypedChoiceField):
                return field.coerce(value) if value not in field.empty_values else field.empty_value
            return value
        except forms.ValidationError:
            return seen


def conflict_words(stands: str, by: str, at: datetime | None) -> str:
    """«Пока страница была открыта, Орлова М. С. в 10:42 …»: what stands now, and what to do."""
    who = by or "кто-то другой"
    value = f"«{stands}»" if stands else "пусто"
    moment = f" {when(at)}" if at else ""
    return f"Пока страница была открыта, {who}{moment} изменил(а) это поле: {value}. Верно ваше? Сохраните ещё раз."


def when(at: datetime) -> str:
    """«в 10:42» today, «20.11 в 10:42» of another day."""
    moment = timezone.localtime(at)
    day = "" if moment.date() == timezone.localdate() else f"{moment:%d.%m} "
    return f"{day}в {moment:%H:%M}"
