"""Forms of a pupil's card: the whole of it, one field of it, and the special block."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from journal import crypto
from journal.ages import OLDEST, YOUNGEST, age_on, is_pupils_age
from journal.editing import PUPIL_FIELDS, open_fields
from journal.forms.base import EditForm
from journal.forms.cases import hint_cases
from journal.forms.fields import DayField, NameField, PhoneField, SnilsField
from journal.models import Pupil, SchoolClass, SensitiveData
from journal.services.people import SNILS_TAKEN

NOT_SEEN = "not what was shown"


class PupilForm(EditForm):
    """Personal data (domain.md §6): the fields the user may change by `journal/editing.py`, or `only` some of them.

    СНИЛС never stands in the page: an empty field leaves the stored one, a tick removes it, and what the page «showed»
    is a short fingerprint.
    """

    last_name = NameField(label="Фамилия", max_length=60)
    first_name = NameField(label="Имя", max_length=60)
    patronymic = NameField(label="Отчество", max_length=60, required=False, help_text="Пусто, если отчества нет")
    birth_date = DayField(label="Дата рождения", is_past=True, born=True)
    admitted_on = DayField(label="Дата приёма", required=False)
    phone = PhoneField(label="Телефон", required=False)
    snils = SnilsField(label="СНИЛС")
    snils_clear = forms.BooleanField(label="Удалить СНИЛС", required=False)

    class Meta:
        model = Pupil
        fields = (
            "last_name", "first_name", "patronymic", "sex", "birth_date", "file_number", "admitted_on", "study_form",
            "address", "phone", "name_genitive", "name_dative",
        )  # fmt: skip
        labels = {"file_number": "Личное дело №"}

    def __init__(
        self,
        *args: Any,
        user: User,
        school_class: SchoolClass | None,
        only: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.school_class = school_class
        self.standing_snils = kwargs["instance"].snils
        super().__init__(*args, **kwargs)
        wanted = open_fields(user, PUPIL_FIELDS)
        if only is not None:
            wanted = [name for name in wanted if name in set(only)]
        for name in [name for name, _ in self._own() if name.removesuffix("_clear") not in wanted]:
            del self.fields[name]
            self.shown.pop(name, None)
        self._prepare_snils()
        hint_cases(self)
        self.initial["seen"] = self.seen_json()

    def _prepare_snils(self) -> None:
        if "snils" not in self.fields:
            return
        self.shown["snils"] = self._as_text("snils", self.standing_snils)
        if self.standing_snils:
            masked = crypto.masked(self.standing_snils)
            self.fields["snils"].help_text = f"Сейчас {masked}. Пустое поле: остаётся прежний"
        else:
            self.fields["snils"].help_text = "11 цифр, хранится зашифрованным"
            del self.fields["snils_clear"]

    def clean_birth_date(self) -> Any:
        born = self.cleaned_data["birth_date"]
        age = age_on(born, self.school_class.year.date_from) if self.school_class and born else YOUNGEST
        if not is_pupils_age(age):
            raise ValidationError(
                f"По дате рождения {born:%d.%m.%Y} на 1 сентября ученику {age}. "
                f"Ожидается от {YOUNGEST} до {OLDEST} лет: проверьте год."
            )
        return born

    def clean_snils(self) -> str:
        digits = self.cleaned_data["snils"]
        others = Pupil.objects.exclude(pk=self.instance.pk)
        if digits and others.filter(snils_digest=crypto.digest(digits)).exists():
            raise ValidationError(SNILS_TAKEN)
        return digits

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("snils") and data.get("snils_clear"):
            self.add_error("snils", "Или новый номер, или «Удалить»: уберите одно из двух.")
        return data

    def changes(self) -> dict[str, tuple[Any, Any]]:
        found = super().changes()
        found.pop("snils_clear", None)
        found.pop("snils", None)
        if self.cleaned_data.get("snils") or self.cleaned_data.get("snils_clear"):
            # What the page showed was a fingerprint; where it fits, it was the standing number.
            fits = self.seen_texts().get("snils") == self.shown["snils"]
            found["snils"] = (self.standing_snils if fits else NOT_SEEN, self.cleaned_data["snils"])
        return found

    def is_untouched(self, name: str) -> bool:
        return False if name.startswith("snils") else super().is_untouched(name)

    def words_of(self, name: str, value: Any) -> str:
        return crypto.masked(value or "") if name == "snils" else super().words_of(name, value)

    def _as_text(self, name: str, value: Any) -> str:
        if name == "snils":
            return crypto.digest(value)[:12] if value else ""
        return super()._as_text(name, value)

    @property
    def helper(self) -> FormHelper:
        """Rows of the full form; names the user may not change are simply not there."""
        rows = (
            ("last_name", "first_name", "patronymic"), ("sex", "birth_date", "phone"), ("address",),
            ("file_number", "admitted_on", "study_form"), ("snils",), ("snils_clear",),
            ("name_genitive", "name_dative"),
        )  # fmt: skip
        here = [[name for name in row if name in self.fields] for row in rows]
        helper = FormHelper()
        helper.form_tag = False
        helper.layout = Layout(*(Div(*map(Field, row), css_class="form-row") for row in here if row), "seen")
        return helper


class SensitiveForm(EditForm):
    """The special block; who may open it is decided before (`journal/access.py`)."""

    class Meta:
        model = SensitiveData
        fields = ("health_group", "pe_group", "social_status")

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        return helper
