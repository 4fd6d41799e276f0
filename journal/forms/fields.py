"""Fields of people's data: they take every shape people type and give what the register stores."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from journal import crypto
from journal.forms.dates import DateInput
from journal.names import check_name
from journal.values import PUPIL_AGES, BadValue, parse_date, parse_email, parse_phone, parse_snils

SEVERAL_PHONES = re.compile(r"[,;/\n]|\sили\s")
EARLIEST = date(1900, 1, 1)


class SecretInput(forms.TextInput):
    """A text field that never gives back what is stored or was typed: not even a page with an error holds it."""

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        return super().get_context(name, None, attrs)


class NameField(forms.CharField):
    """A part of a name, tidied: «ИВАНОВ» → «Иванов»."""

    def clean(self, value: Any) -> str:
        text = " ".join(super().clean(value).split())
        return _read(check_name, text, str(self.label), is_part=True) if text else ""


class PhoneField(forms.CharField):
    """One phone in any shape → «+7 935 476-25-24». A second number is not dropped silently: it is asked for."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        numbers = [part for part in SEVERAL_PHONES.split(text) if len(re.sub(r"\D", "", part)) >= 5]
        if len(numbers) > 1:
            raise ValidationError("Здесь помещается один номер. Второй впишите в другое поле или уберите.")
        return _read(parse_phone, text, str(self.label))


class MailField(forms.EmailField):
    """An address of mail; «нет» and «—» are none."""

    def clean(self, value: Any) -> str:
        text = _read(parse_email, str(value or ""), "E-mail")
        try:
            return super().clean(text)
        except ValidationError:
            raise ValidationError(f"E-mail: «{text}» не адрес почты. Ожидается адрес вида name@example.org.") from None


class DayField(forms.DateField):
    """A date in any shape: 05.09.2013, 5 сентября 2013, 2013-09-05."""

    def __init__(self, *, is_past: bool = False, born: bool = False, **kwargs: Any) -> None:
        self.is_past, self.born = is_past, born
        kwargs.setdefault("widget", DateInput())
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, date) or value in self.empty_values:
            return super().to_python(value)
        return _read(parse_date, value, str(self.label), born=self.born, ages=PUPIL_AGES)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not value:
            return
        if self.is_past and value > timezone.localdate():
            raise ValidationError(f"{self.label}: {value:%d.%m.%Y} ещё не наступило. Проверьте год.")
        check_year(value, str(self.label))


class SnilsField(forms.CharField):
    """Eleven digits with a right control number. What was typed is never sent back."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", SecretInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(max_length=30, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        try:
            return crypto.snils_digits(parse_snils(super().clean(value)))
        except BadValue as bad:
            # Its own words quote the number.
            what = "контрольное число не сходится" if "контрольное" in bad.what else "это не 11 цифр"
            raise ValidationError(f"СНИЛС: {what}. Сверьте с документом и введите заново.") from None


def check_year(day: date, what: str) -> None:
    """Refuses a year that no paper of a school can have: a slip of the hand, or the end of the calendar, whose days
    have none before or after."""
    if not EARLIEST <= day <= date(timezone.localdate().year + 10, 12, 31):
        raise ValidationError(f"{what}: {day:%d.%m.%Y}. Проверьте год.")


def _read(parse: Any, text: str, what: str, **how: Any) -> Any:
    try:
        return parse(text, what, **how)
    except BadValue as bad:
        raise ValidationError(bad.sentence) from None
