"""Which day a page of the morning is about: today, or the day asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django import forms
from django.core.exceptions import ValidationError

from journal.calendar import Calendar
from journal.forms.dates import DateInput
from reports.overview import calendar_on, shown_day


@dataclass(frozen=True)
class Choice:
    """The day shown, in the calendar of the running year. `refusal` says why another one was not taken."""

    calendar: Calendar
    now: datetime
    day: date
    refusal: str = ""

    @property
    def is_today(self) -> bool:
        return self.day == self.now.date()

    @property
    def first(self) -> date:
        return self.calendar.year.date_from

    @property
    def has_school(self) -> bool:
        return any(self.calendar.is_school_day(self.day, grade) for grade in range(1, 12))


def choice_of(asked: str, now: datetime) -> Choice | None:
    """`asked` as the browser's calendar or a person writes a day; None before the first school year exists.
    Two queries."""
    calendar = calendar_on(now.date())
    if calendar is None:
        return None
    shown = shown_day(calendar, now.date())
    if not asked:
        return Choice(calendar, now, shown)
    first, last = calendar.year.date_from, now.date()
    try:
        day = forms.DateField(widget=DateInput()).clean(asked)
    except ValidationError:
        return Choice(calendar, now, shown, "Такого дня нет: выберите его в календаре или напишите ДД.ММ.ГГГГ.")
    if not first <= day <= last:
        return Choice(calendar, now, shown, f"Выберите день с {first:%d.%m.%Y} по {last:%d.%m.%Y}.")
    return Choice(calendar, now, day)
