"""Dates and times as the browser's own controls write them."""

from __future__ import annotations

from typing import Any

from django import forms


class DateInput(forms.DateInput):
    """The browser's own calendar; it speaks ISO. What was typed by hand as ДД.ММ.ГГГГ is understood too."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"class": "form-control", **(attrs or {})})


class TimeInput(forms.TimeInput):
    """The browser's own clock, without seconds."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(format="%H:%M", attrs={"class": "form-control", **(attrs or {})})
