"""Forms of the office page of classes: a new class, another letter, who leads it from when to when."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from journal.forms.dates import DateInput
from journal.models import ClassTeacher, SchoolClass, Teacher

_LETTER = re.compile(r"^[А-ЯЁ]{1,3}$")


class LetterField(forms.CharField):
    """«б» or « Б» → «Б»: the letter of a class as the school writes it."""

    def __init__(self) -> None:
        super().__init__(label="Буква", max_length=3)

    def clean(self, value: Any) -> str:
        letter = super().clean(value).strip().upper()
        if not _LETTER.match(letter):
            raise ValidationError("Буква класса русская: А, Б, В…")
        return letter


class ClassForm(forms.Form):
    """A new class of the year."""

    grade = forms.TypedChoiceField(label="Параллель", coerce=int, choices=[(grade, grade) for grade in range(1, 12)])
    letter = LetterField()


class RenameForm(forms.Form):
    """Another letter of the same class."""

    letter = LetterField()


class AppointmentForm(forms.Form):
    """Who leads the class from when to when."""

    teacher = forms.ModelChoiceField(Teacher.objects.all(), label="Учитель", empty_label="Выберите учителя")
    date_from = forms.DateField(label="С", widget=DateInput())
    date_to = forms.DateField(label="По", widget=DateInput(), required=False, help_text="Пусто: до конца года")
    is_acting = forms.BooleanField(label="Замещает того, кто в отпуске или болеет", required=False)
    ends_former = forms.BooleanField(
        label="Прежний ведёт класс по день накануне", required=False, help_text="Отметьте, если класс передают"
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("date_from"), cleaned.get("date_to")
        if start and end and end < start:
            self.add_error("date_to", "Последний день раньше первого.")
        return cleaned


class EndForm(forms.Form):
    """The last day of an appointment."""

    appointment = forms.ModelChoiceField(ClassTeacher.objects.none(), widget=forms.HiddenInput)
    date_to = forms.DateField(label="Последний день", widget=DateInput())

    def __init__(self, *args: Any, school_class: SchoolClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["appointment"]
        field.queryset = ClassTeacher.objects.filter(school_class=school_class)
