"""Forms of the reports' pages."""

from __future__ import annotations

from datetime import date

from django import forms
from django.core.exceptions import ValidationError

from journal.forms.dates import DateInput
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


class ReportPeriodForm(PeriodForm):
    """The same for a report of the office."""

    ahead = "Период заканчивается позже, чем сегодня или чем учебный год: отчёт показывает то, что уже есть."
