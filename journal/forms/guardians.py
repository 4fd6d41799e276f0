"""Forms about guardians: the person, the tie to a child, the end of a tie, the merge of two rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from journal.editing import GUARDIAN_FIELDS, GUARDIANSHIP_FIELDS, open_fields
from journal.forms.base import EditForm
from journal.forms.cases import hint_cases
from journal.forms.dates import DateInput
from journal.forms.fields import PhoneField
from journal.models import Guardian, Guardianship, Pupil, Sex
from journal.queries.guardian import label_of
from journal.services.guardians import BadGuardian, check_person
from journal.services.merge import Plan


def _until_today() -> DateInput:
    """Today is the last day that may be chosen."""
    return DateInput(attrs={"max": f"{timezone.localdate():%Y-%m-%d}"})


class GuardianForm(EditForm):
    """A person: name, sex, birth date, how to reach. `children`: who the person answers for, or will."""

    class Meta:
        model = Guardian
        fields = list(GUARDIAN_FIELDS)

    def __init__(self, *args: Any, user: User, children: list[Pupil], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.children = user, children
        _leave(self, open_fields(user, GUARDIAN_FIELDS))
        if self.instance.pk is None:
            # Of somebody new the cases are right by themselves, mostly; the way by keyboard stays short.
            for name in ("name_genitive", "name_dative"):
                self.fields.pop(name, None)
        self.fields["birth_date"].widget = _until_today()
        self.fields["sex"].choices = [("", "не указан"), *Sex.choices]  # type: ignore[attr-defined]
        self.fields["sex"].help_text = "Если не указать, возьмём из степени родства"
        for name in ("phone_mobile", "phone_home"):
            field = self.fields[name]
            self.fields[name] = PhoneField(label=field.label, required=False)
        hint_cases(self)
        for name in ("last_name", "first_name", "patronymic", "email"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("last_name", "first_name", "patronymic"):
            if name in data:
                data[name] = " ".join(data[name].split())
        if {"last_name", "first_name"} <= data.keys():
            person = Guardian(**{name: data[name] for name in GUARDIAN_FIELDS if name in data})
            person.user_id = self.instance.user_id
            try:
                check_person(person, self.children, timezone.localdate(), by=self.user)
            except BadGuardian as error:
                self.add_error(error.field, error.words)
        return data


class TieForm(EditForm):
    """How the person is related to the child, and how the school informs them."""

    class Meta:
        model = Guardianship
        fields = list(GUARDIANSHIP_FIELDS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _leave(self, open_fields(user, GUARDIANSHIP_FIELDS))
        if self.instance.pk is None:  # nobody is «другое» by forgetting
            self.initial["kinship"] = ""
            self.fields["kinship"] = forms.ChoiceField(
                label="Степень родства", choices=[("", "выберите"), *Guardianship.Kinship.choices]
            )
        self.fields["informing_since"].widget = _until_today()
        self.fields["informing_basis"].help_text = "Для бумажной формы обязательно: заявление, вх. № и дата"

    def clean_informing_since(self) -> Any:
        day = self.cleaned_data["informing_since"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("Дата в будущем. Форма действует с сегодняшнего дня или раньше.")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("informing") in Guardianship.PAPER:
            if not (data.get("informing_basis") or "").strip():
                self.add_error("informing_basis", "Для бумажной формы укажите основание: какое заявление, его номер.")
            if not data.get("informing_since") and "informing_since" not in self.errors:
                self.add_error("informing_since", "Для бумажной формы укажите, с какого дня она действует.")
        return data


class EndForm(forms.Form):
    """From which day the person does not answer for the child, and why."""

    ended_on = forms.DateField(label="Прекращено с", initial=timezone.localdate)
    reason = forms.CharField(
        label="Причина",
        max_length=200,
        help_text="Например: решение суда от 12.11.2026, смена опекуна. Останется в истории карточки",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ended_on"].widget = _until_today()  # of this request: the class lives as long as the server

    def clean_ended_on(self) -> Any:
        day = self.cleaned_data["ended_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("Дата в будущем. Укажите сегодняшнюю или прошедшую.")
        return day


class ReasonForm(forms.Form):
    """Why a login is blocked."""

    reason = forms.CharField(label="Причина", max_length=200, help_text="Останется в журнале доступа")


class CompromiseForm(forms.Form):
    """What is known of a compromised login."""

    text = forms.CharField(
        label="Что известно", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Кто и когда это заметил. Можно оставить пустым.",
    )  # fmt: skip


class MergeForm(forms.Form):
    """For each differing field whose value stays, and whose login when both have one."""

    STAYS, GOES = "stays", "goes"
    stamp = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.initial["stamp"] = plan.stamp
        for name in plan.differing:
            label = label_of(name)
            values = [(self.STAYS, _shown(plan.stays, name)), (self.GOES, _shown(plan.goes, name))]
            first = self.STAYS if getattr(plan.stays, name) else self.GOES
            self.fields[name] = forms.ChoiceField(
                label=label.capitalize(), choices=values, widget=forms.RadioSelect, initial=first
            )
        if plan.two_logins and not plan.staff_logins:
            logins = [
                (side, str(row.user and row.user.username))
                for side, row in ((self.STAYS, plan.stays), (self.GOES, plan.goes))
            ]
            self.fields["login"] = forms.ChoiceField(
                label="Каким входом пользоваться", choices=logins, widget=forms.RadioSelect, initial=self.STAYS,
                help_text="Второй вход будет заблокирован, его сеансы завершатся.",
            )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Field → the value taken."""
        return {name: getattr(self._row(name), name) for name in self.plan.differing}

    def keep_login_of(self) -> int | None:
        return self._row("login").pk if "login" in self.fields else None

    def _row(self, name: str) -> Guardian:
        return self.plan.stays if self.cleaned_data[name] == self.STAYS else self.plan.goes


def _leave(form: forms.ModelForm, names: list[str]) -> None:
    for name in [name for name in form.fields if name not in (*names, "seen")]:
        del form.fields[name]


def _shown(row: Guardian, name: str) -> str:
    value = getattr(row, name)
    if name == "sex":
        return row.get_sex_display() or "не указан"
    return f"{value:%d.%m.%Y}" if name == "birth_date" and value else str(value or "не указано")
