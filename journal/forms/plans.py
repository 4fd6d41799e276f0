"""The order of an individual plan and its subjects, as a person fills them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from journal.forms.dates import DateInput
from journal.forms.fields import check_year
from journal.models import Course, IndividualPlan, Subject, Teacher
from journal.services.plans import PlanFacts, PlanSubject, hours_text
from journal.text import normalise, row_number

EMPTY_ROWS = 3
MOST_SUBJECTS = 40


class PlanForm(forms.Form):
    """Kind, order and dates. What only some may set, or only a new plan has, is taken out by the view."""

    kind = forms.ChoiceField(label="Вид", choices=IndividualPlan.Kind.choices)
    order_number = forms.CharField(label="Приказ №", max_length=30, required=False)
    order_date = forms.DateField(label="Дата приказа", required=False, widget=DateInput())
    date_from = forms.DateField(label="Действует с", widget=DateInput())
    date_to = forms.DateField(
        label="Действует по",
        required=False,
        widget=DateInput(),
        help_text="Последний день; пусто — до отмены. Чтобы завершить план, укажите его последний день.",
    )
    ends_previous = forms.BooleanField(label="Завершить прежний план накануне", required=False)
    sets_study_form = forms.BooleanField(
        label="Отметить в карточке форму обучения «на дому»", required=False, help_text="Только для обучения на дому."
    )

    def __init__(self, *args: Any, is_office: bool, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_office:
            del self.fields["sets_study_form"]
        if not is_new:
            del self.fields["ends_previous"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("order_date", "date_from", "date_to"):
            try:
                if data.get(name):
                    check_year(data[name], "Дата")
            except forms.ValidationError as error:
                self.add_error(name, error)
        return data

    def facts(self) -> PlanFacts:
        """Needs a valid form."""
        data = self.cleaned_data
        return PlanFacts(
            data["kind"], data["order_number"].strip(), data["order_date"], data["date_from"], data["date_to"]
        )


class PlanSubjectForm(forms.Form):
    """A line of the plan. Empty lines do not count; a line is taken out by clearing its subject."""

    subject = forms.ChoiceField(label="Предмет", required=False)
    teacher = forms.ChoiceField(label="Учитель", required=False)
    hours = forms.DecimalField(
        label="Часов в неделю",
        required=False,
        localize=True,
        max_digits=3,
        decimal_places=1,
        validators=[
            MinValueValidator(Decimal("0.5"), "Не меньше получаса в неделю: 0,5."),
            MaxValueValidator(Decimal(20), "Не больше 20 часов в неделю."),
        ],
        widget=forms.TextInput(attrs={"class": "form-control", "inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, subjects: list, teachers: list, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("subject", subjects), ("teacher", teachers)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
            field.widget.attrs["class"] = "form-select"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("subject"):
            if not cleaned.get("teacher") and "teacher" not in self.errors:
                self.add_error("teacher", "Выберите учителя.")
            if cleaned.get("hours") is None and "hours" not in self.errors:
                self.add_error("hours", "Укажите, сколько часов в неделю.")
        elif cleaned.get("teacher") or cleaned.get("hours") is not None:
            # Neither field alone says that the line is to go: a cleared subject with the rest left does.
            cleaned["subject"] = ""
        return cleaned


class PlanSubjects(BaseFormSet):
    """The subjects of a plan."""

    def subjects(self, subjects: Mapping[int, Subject], teachers: Mapping[int, Teacher]) -> list[PlanSubject]:
        """Needs a valid formset."""
        return [
            PlanSubject(subjects[int(data["subject"])], teachers[int(data["teacher"])], data["hours"])
            for data in self.cleaned_data
            if data.get("subject")
        ]


def subjects_formset(
    data: QueryDict | None,
    subjects: Sequence[Subject],
    teachers: Sequence[Teacher],
    courses: Sequence[Course] = (),
    *,
    more: int = 0,
) -> PlanSubjects:
    """The lines of the courses that stand, and empty ones; `more` adds to what was sent."""
    factory = formset_factory(
        PlanSubjectForm, formset=PlanSubjects, extra=EMPTY_ROWS, max_num=MOST_SUBJECTS, validate_max=True
    )
    initial = [
        {"subject": course.subject_id, "teacher": course.teacher_id, "hours": hours_text(course.hours_per_week)}
        for course in courses
    ]
    choices = {
        "subjects": [("", "предмет…"), *((one.pk, one.name) for one in subjects)],
        "teachers": [("", "учитель…"), *((one.pk, one.short_name) for one in teachers)],
    }
    if data is not None and more:
        data = data.copy()
        total = row_number(data.get("subjects-TOTAL_FORMS", "")) or 0
        data["subjects-TOTAL_FORMS"] = str(min(total + more, MOST_SUBJECTS))
    factory_of: Any = factory
    return factory_of(data, initial=initial, prefix="subjects", form_kwargs=choices)


def subjects_in_order() -> list[Subject]:
    """Every subject of the school, in the order of lists. One query."""
    return sorted(Subject.objects.all(), key=lambda subject: normalise(subject.name))


def read_places(data: QueryDict) -> dict[tuple[int, int], int]:
    """`slot-<weekday>-<number>` → course, as the page of the timetable sends it; what is no place is left out."""
    places = {}
    for key, value in data.items():
        parts = key.split("-")
        numbers = [row_number(part) for part in parts[1:]]
        course_id = row_number(str(value))
        if parts[0] == "slot" and len(numbers) == 2 and course_id:
            weekday, number = numbers
            if weekday in range(1, 8) and number in range(1, 13):
                places[weekday or 0, number or 0] = course_id
    return places


def read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
