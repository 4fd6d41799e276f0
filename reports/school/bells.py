"""The form of a schedule of bells: a row a lesson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from journal.forms.dates import TimeInput
from journal.models import LAST_LESSON
from reports.school.services import MAIN_BELLS, Bell, bells_text


@dataclass(frozen=True)
class BellRow:
    number: int
    starts: BoundField
    ends: BoundField


class BellsForm(forms.Form):
    """Name and twelve lessons; empty rows are lessons that this schedule has not."""

    name = forms.CharField(label="Название", max_length=40)
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, name: str, bells: Sequence[Bell]) -> None:
        times = {number: (starts, ends) for number, starts, ends in bells}
        initial: dict[str, Any] = {"name": name, "shown": bells_text(bells)}
        for number, (starts, ends) in times.items():
            initial |= {f"starts-{number}": starts, f"ends-{number}": ends}
        super().__init__(data, initial=initial)
        for number in range(1, LAST_LESSON + 1):
            for part, words in (("starts", "начало"), ("ends", "конец")):
                widget = TimeInput({"aria-label": f"{number} урок, {words}"})
                self.fields[f"{part}-{number}"] = forms.TimeField(required=False, widget=widget)
        if name == MAIN_BELLS:
            self.fields["name"].disabled = True

    @property
    def rows(self) -> list[BellRow]:
        return [BellRow(n, self[f"starts-{n}"], self[f"ends-{n}"]) for n in range(1, LAST_LESSON + 1)]

    @property
    def bells(self) -> list[Bell]:
        """Lessons with both times; needs a valid form."""
        cleaned = self.cleaned_data
        return [
            (n, cleaned[f"starts-{n}"], cleaned[f"ends-{n}"])
            for n in range(1, LAST_LESSON + 1)
            if cleaned.get(f"starts-{n}")
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        before: Bell | None = None
        for number in range(1, LAST_LESSON + 1):
            starts, ends = cleaned.get(f"starts-{number}"), cleaned.get(f"ends-{number}")
            if not starts and not ends:
                continue
            if not starts or not ends:
                missing = "starts" if not starts else "ends"
                self.add_error(f"{missing}-{number}", f"{number} урок: укажите и начало, и конец.")
            elif ends <= starts:
                self.add_error(f"ends-{number}", f"{number} урок кончается раньше, чем начинается.")
            elif before and starts < before[2]:
                self.add_error(
                    f"starts-{number}",
                    f"{number} урок начинается раньше, чем кончается {before[0]} ({before[2]:%H:%M}).",
                )
            else:
                before = (number, starts, ends)
        if before is None and not self.errors:
            self.add_error(None, "Впишите хотя бы один урок.")
        return cleaned
