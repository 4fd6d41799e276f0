"""Forms of the reports' pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from attendance.models import Announcement
from attendance.services.announcements import CannotAnnounce, Wish
from journal.forms.dates import DateInput
from journal.models import LAST_LESSON
from journal.text import row_number
from reports.extract.blocks import ALL_BLOCKS, Block, known_blocks
from reports.extract.data import Period


class PeriodForm(forms.Form):
    """From–to of an extract: inside the school year, not in the future."""

    ahead = "Период заканчивается в будущем: выписка показывает то, что уже есть."

    date_from = forms.DateField(label="С", widget=DateInput())
    date_to = forms.DateField(label="по", widget=DateInput())

    def __init__(self, data=None, *, first_day: date, today: date, default: Period) -> None:
        self.first_day, self.today = first_day, today
        initial = {"date_from": default.start, "date_to": default.end}
        # A page opened without a choice, or with half of one, shows the default period.
        chosen = data if data and (data.get("date_from") or data.get("date_to")) else None
        super().__init__(chosen, initial=initial)

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("date_from"), cleaned.get("date_to")
        if not start or not end:
            raise ValidationError("Укажите обе даты.")
        if start > end:
            raise ValidationError("Первый день периода позже последнего.")
        if start < self.first_day:
            raise ValidationError(f"Период начинается раньше учебного года ({self.first_day:%d.%m.%Y}).")
        if end > self.today:
            raise ValidationError(self.ahead)
        return cleaned

    @property
    def period(self) -> Period:
        """The chosen period, or the default where nothing right is chosen."""
        if self.is_bound and self.is_valid():
            return Period(self.cleaned_data["date_from"], self.cleaned_data["date_to"])
        return Period(self.initial["date_from"], self.initial["date_to"])


class ExtractForm(PeriodForm):
    """Period and parts of an extract. `with_blocks` tells a form whose boxes are all empty from one without them;
    `kept` are the parts chosen last."""

    blocks = forms.MultipleChoiceField(
        choices=Block.choices,
        required=False,
        error_messages={"invalid_choice": "Такой части у выписки нет: отметьте части из списка."},
    )

    def __init__(self, data=None, *, kept: Sequence[str] = (), **kwargs) -> None:
        super().__init__(data, **kwargs)
        self.kept = tuple(kept)
        self.tells_blocks = bool(data) and "with_blocks" in data
        if self.tells_blocks and not self.is_bound:
            # The parts alone: the period stays the usual one.
            period = {name: [self.initial[name]] for name in ("date_from", "date_to")}
            self.is_bound, self.data = True, MultiValueDict({**period, "blocks": data.getlist("blocks")})

    def clean_blocks(self) -> list[str]:
        found = self.cleaned_data["blocks"]
        if self.tells_blocks and not found:
            raise ValidationError("Отметьте хотя бы одну часть листа.")
        return found

    @property
    def chosen_blocks(self) -> tuple[str, ...]:
        """The chosen parts, those kept from the last time, or an empty tuple: all."""
        if self.tells_blocks:
            return known_blocks(self.cleaned_data["blocks"]) if self.is_valid() else ()
        return known_blocks(self.kept)

    @property
    def all_names(self) -> tuple[str, ...]:
        return ALL_BLOCKS

    @property
    def chosen_names(self) -> tuple[str, ...]:
        return self.chosen_blocks or ALL_BLOCKS

    @property
    def block_choices(self) -> list[tuple[str, str, bool]]:
        """(name, label, is chosen) of every part."""
        chosen = self.chosen_names
        return [(name, label, name in chosen) for name, label in Block.choices]


class TransferForm(forms.Form):
    """Where a pupil goes and since when, for the extract that is taken along."""

    unclear = "Эта дата не понята: выберите её в календаре или напишите как 24.11.2026."

    destination = forms.CharField(
        label="Куда переходит", max_length=300, help_text="Название школы, город",
        error_messages={"required": "Напишите, в какую школу переходит ученик."},
    )  # fmt: skip
    left_on = forms.DateField(
        label="Последний день в классе", widget=DateInput(),
        error_messages={"invalid": unclear, "required": "Укажите последний день в классе."},
    )  # fmt: skip
    outgoing_number = forms.CharField(
        label="Исходящий номер", max_length=40, required=False, help_text="По журналу канцелярии; можно вписать от руки"
    )

    def __init__(self, data=None, *, first_day: date, today: date, left_on: date) -> None:
        super().__init__(data, initial={"left_on": left_on})
        self.first_day, self.today = first_day, today

    def clean_left_on(self) -> date:
        day = self.cleaned_data["left_on"]
        if day < self.first_day:
            raise ValidationError(f"Этот день раньше учебного года ({self.first_day:%d.%m.%Y}).")
        if day > self.today:
            raise ValidationError("Этот день ещё не наступил: выписка показывает то, что уже есть.")
        return day


class ReportPeriodForm(PeriodForm):
    """The same for a report of the office."""

    ahead = "Период заканчивается позже, чем сегодня или чем учебный год: отчёт показывает то, что уже есть."


class AnnounceForm(forms.Form):
    """What a guardian announces. The rules of dates and days are those of the service; here only the reading.

    With `by_lessons` it is one day and some of its lessons. `key` names the form, `change` what it replaces.
    """

    unclear = "Эта дата не понята: выберите её в календаре или напишите как 24.11.2026."

    date_from = forms.DateField(label="С", widget=DateInput(), error_messages={"invalid": unclear})
    date_to = forms.DateField(label="по", required=False, widget=DateInput(), error_messages={"invalid": unclear})
    lessons = forms.MultipleChoiceField(
        label="Уроки",
        required=False,
        choices=[(str(number), str(number)) for number in range(1, LAST_LESSON + 1)],
        error_messages={"invalid_choice": f"Такого урока не бывает: отметьте уроки от 1 до {LAST_LESSON}."},
    )
    cause = forms.ChoiceField(
        label="Причина",
        choices=Announcement.Cause.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Выберите причину.",
            "invalid_choice": "Такой причины нет в списке: выберите одну из трёх.",
        },
    )
    comment = forms.CharField(
        label="Пояснение для классного руководителя",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 300, "class": "form-control"}),
    )
    mode = forms.CharField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(required=False, widget=forms.HiddenInput)
    change = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, by_lessons: bool = False, initial: dict | None = None) -> None:
        mode = "lessons" if by_lessons else ""
        super().__init__(data, initial={"key": uuid4(), "mode": mode, **(initial or {})})
        self.by_lessons = by_lessons
        self.fields["date_from"].error_messages["required"] = "Укажите день."

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        if self.by_lessons and not cleaned.get("lessons") and "lessons" not in self.errors:
            self.add_error("lessons", "Отметьте хотя бы один урок. Если не будет весь день, выберите «Целые дни».")
        return cleaned

    def wish(self, own: frozenset[int]) -> Wish:
        """What is announced; `own` are the lessons of the day, where they are known."""
        found = self.cleaned_data
        lessons = tuple(sorted(int(number) for number in found["lessons"])) if self.by_lessons else ()
        last = found["date_from"] if self.by_lessons else found["date_to"] or found["date_from"]
        return Wish(found["date_from"], last, found["cause"], lessons, found["comment"].strip(), own)

    @property
    def form_key(self) -> UUID | None:
        try:
            return UUID(self.cleaned_data["key"])
        except ValueError:
            return None

    @property
    def replaces(self) -> int | None:
        """The announcement that the form changes."""
        return row_number(self.cleaned_data["change"])

    def refuse(self, refusal: CannotAnnounce) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
