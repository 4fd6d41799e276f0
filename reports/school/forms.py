"""Forms of the settings. Each says in a sentence what is wrong, and keeps what was typed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from journal.dates import WEEKDAYS_OF
from journal.forms.base import EditForm
from journal.forms.dates import DateInput, TimeInput
from journal.models import AcademicYear, DayOff, School, Term, Vacation, WorkKind

BACKWARDS = "Конец раньше начала: поменяйте даты местами или исправьте год."
YEAR_NAME = re.compile(r"^(\d{4})/(\d{2})$")
LONGEST_YEAR = 366
WEEKDAY_CHOICES = [("", "своего дня недели"), *((n, WEEKDAYS_OF[n - 1]) for n in range(1, 7))]


class SettingsForm(EditForm):
    """An EditForm of settings: numbers have bounds beside the field."""

    BOUNDS: dict[str, tuple[float, float]] = {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name, (least, most) in self.BOUNDS.items():
            value = cleaned.get(name)
            if value is not None and not least <= value <= most:
                self.add_error(name, f"Допустимо от {_words(least)} до {_words(most)}.")
        return cleaned

    def check_span(self, cleaned: dict[str, Any]) -> bool:
        """Both dates are there and in order; says so at the second where not."""
        start, end = cleaned.get("date_from"), cleaned.get("date_to")
        if start and end and end < start:
            self.add_error("date_to", BACKWARDS)
        return bool(start and end and end >= start)


def _words(number: float) -> str:
    return f"{number:g}".replace(".", ",")


# --- Calendar -------------------------------------------------------------------------------------


class YearForm(SettingsForm):
    class Meta:
        model = AcademicYear
        fields = ("name", "date_from", "date_to")
        widgets = {"date_from": DateInput(), "date_to": DateInput()}
        help_texts = {"date_to": "Последний день занятий; летние каникулы продолжаются после него"}
        error_messages = {"name": {"unique": "Такой учебный год уже есть."}}

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        match = YEAR_NAME.match(name)
        if not match or (int(match[1]) + 1) % 100 != int(match[2]):
            raise ValidationError("Название пишут так: «2026/27».")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.check_span(cleaned):
            return cleaned
        start, end = cleaned["date_from"], cleaned["date_to"]
        if start == end or (end - start).days > LONGEST_YEAR:
            self.add_error("date_to", "Учебный год длится больше дня и не дольше календарного года: проверьте даты.")
        others = AcademicYear.objects.exclude(pk=self.instance.pk)
        if other := others.filter(date_from__lte=end, date_to__gte=start).first():
            span = f"{other.date_from:%d.%m.%Y}–{other.date_to:%d.%m.%Y}"
            self.add_error("date_from", f"Эти дни уже относятся к {other} учебному году ({span}).")
        terms = self.instance.terms.all()
        if outside := [str(t) for t in terms if t.date_from < start or t.date_to > end]:
            self.add_error(
                None, f"За пределами года окажутся периоды: {', '.join(outside)}. Сначала исправьте их даты."
            )
        return cleaned


class TermForm(SettingsForm):
    class Meta:
        model = Term
        fields = ("scheme", "number", "date_from", "date_to", "is_closed")
        widgets = {
            "date_from": DateInput(),
            "date_to": DateInput(),
            "number": forms.Select(choices=[(n, Term.ROMAN[n]) for n in range(1, 5)]),
        }

    def __init__(self, *args: Any, may_close: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_close:
            del self.fields["is_closed"]
            self.shown.pop("is_closed")
        if self.instance.pk:
            # Marks for the period hang on it: it moves, but becomes no other period.
            for name in ("scheme", "number"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        number, scheme = cleaned.get("number"), cleaned.get("scheme")
        if not self.check_span(cleaned) or not number or not scheme:
            return cleaned
        start, end = cleaned["date_from"], cleaned["date_to"]
        year = self.instance.year
        if start < year.date_from or end > year.date_to:
            span = f"{year.date_from:%d.%m.%Y}–{year.date_to:%d.%m.%Y}"
            self.add_error("date_from", f"Период выходит за пределы учебного года ({span}).")
        for other in year.terms.filter(scheme=scheme).exclude(pk=self.instance.pk):
            span = f"{other.date_from:%d.%m.%Y}–{other.date_to:%d.%m.%Y}"
            if other.number == number:
                self.add_error("number", f"{other} в этом году уже есть ({span}).")
            elif other.date_from <= end and start <= other.date_to:
                self.add_error("date_from", f"Пересекается с другим периодом: {other}, {span}.")
            elif (other.number < number) != (other.date_from < start):
                self.add_error("date_from", f"Порядок периодов нарушен: {other} идёт {span}.")
        return cleaned


class VacationForm(SettingsForm):
    class Meta:
        model = Vacation
        fields = ("name", "date_from", "date_to", "grade_from", "grade_to")
        widgets = {
            "date_from": DateInput(),
            "date_to": DateInput(),
            "grade_from": forms.Select(choices=[(n, n) for n in range(1, 12)]),
            "grade_to": forms.Select(choices=[(n, n) for n in range(1, 12)]),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        low, high = cleaned.get("grade_from"), cleaned.get("grade_to")
        if low and high and high < low:
            self.add_error("grade_to", "Класс «по» меньше класса «с».")
            return cleaned
        if not self.check_span(cleaned) or not low or not high:
            return cleaned
        start, end = cleaned["date_from"], cleaned["date_to"]
        year = self.instance.year
        last = date(year.date_to.year, 8, 31)
        if start < year.date_from or end > max(last, year.date_to):
            span = f"{year.date_from:%d.%m.%Y}–{last:%d.%m.%Y}"
            self.add_error("date_from", f"Каникулы выходят за пределы учебного года и лета после него ({span}).")
        for other in year.vacations.exclude(pk=self.instance.pk):
            together = other.grade_from <= high and low <= other.grade_to
            if together and other.date_from <= end and start <= other.date_to:
                self.add_error("date_from", f"Пересекаются с другими каникулами тех же классов: {other}.")
        return cleaned


class DayOffForm(SettingsForm):
    timetable_weekday = forms.TypedChoiceField(
        label="По расписанию", choices=WEEKDAY_CHOICES, coerce=int, empty_value=None, required=False
    )

    class Meta:
        model = DayOff
        fields = ("date", "name", "is_working", "timetable_weekday")
        widgets = {"date": DateInput()}
        labels = {"is_working": "учебный (перенос)"}
        help_texts = {"is_working": "Учатся, хотя день выходной или каникулы. Без отметки день становится выходным"}
        error_messages = {"date": {"unique": "Этот день уже есть в списке: измените его там."}}

    def __init__(self, *args: Any, year: AcademicYear, week_days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year, self.week_days = year, week_days

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        day = cleaned.get("date")
        if day and not self.year.date_from <= day <= self.year.date_to:
            span = f"{self.year.date_from:%d.%m.%Y}–{self.year.date_to:%d.%m.%Y}"
            self.add_error("date", f"День не относится к {self.year} учебному году ({span}).")
        weekday, is_working = cleaned.get("timetable_weekday"), cleaned.get("is_working")
        if weekday and not is_working:
            self.add_error("timetable_weekday", "По чужому расписанию только учатся: отметьте день учебным.")
        if day and is_working and not weekday and day.isoweekday() > self.week_days:
            self.add_error("timetable_weekday", "Это выходной: выберите, по расписанию какого дня в него учатся.")
        return cleaned


class RhythmForm(SettingsForm):
    """Five or six days, and how the year is cut."""

    class Meta:
        model = School
        fields = ("week_days", "scheme_main", "scheme_senior")


# --- Marks, attendance, documents -----------------------------------------------------------------


class GradingForm(SettingsForm):
    BOUNDS = {
        **dict.fromkeys(("threshold_5", "threshold_4", "threshold_3"), (1.5, 5)),
        "disputed_margin": (0, 0.5),
        "few_marks_term": (0, 20),
        "few_marks_half_year": (0, 40),
    }

    class Meta:
        model = School
        fields = (
            "threshold_5", "threshold_4", "threshold_3", "disputed_margin", "few_marks_term", "few_marks_half_year",
        )  # fmt: skip


class WorkKindForm(SettingsForm):
    BOUNDS = {"weight": (0.1, 10)}

    class Meta:
        model = WorkKind
        fields = ("name", "short_name", "weight", "is_control", "is_default")
        error_messages = {"name": {"unique": "Такой вид работы уже есть."}}

    def clean_is_default(self) -> bool:
        wanted = self.cleaned_data["is_default"]
        if self.instance.pk and self.initial.get("is_default") and not wanted:
            raise ValidationError("Какой-то вид должен быть по умолчанию: отметьте это у другого.")
        return wanted

    def _get_validation_exclusions(self) -> set[str]:
        # That only one kind is the default is kept by the service, which takes the word from the other one.
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


class AttendanceForm(SettingsForm):
    BOUNDS = {"quarantine_percent": (1, 100)}

    class Meta:
        model = School
        fields = ("missed_day_rule", "roll_call_until", "remind_by_email", "quarantine_percent")
        widgets = {"roll_call_until": TimeInput()}
        help_texts = {
            "roll_call_until": "В этот час программа напоминает тем, кто ещё не отметил класс, а завуч видит, кто это",
            "remind_by_email": "Напоминание в программе приходит всегда; письмо уходит на почту классного руководителя",
        }


class DocumentsForm(SettingsForm):
    BOUNDS = {
        "extract_every_days": (1, 60),
        "control_gap_days": (1, 60),
        "group_size_warning": (2, 40),
        "one_time_password_days": (1, 90),
        **dict.fromkeys(
            ("keep_journals_years", "keep_summaries_years", "keep_cards_years", "keep_audit_years"), (1, 75)
        ),
    }

    class Meta:
        model = School
        fields = (
            "name", "full_name", "city", "director", "badge", "extract_every_days", "one_time_password_days",
            "control_gap_days", "group_size_warning", "keep_journals_years", "keep_summaries_years", "keep_cards_years",
            "keep_audit_years",
        )  # fmt: skip


class SensitiveForm(SettingsForm):
    class Meta:
        model = School
        fields = ("sensitive_block",)
