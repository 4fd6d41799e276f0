"""Forms of consents: many at once, one pupil, a correction, a purpose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from journal.forms.base import EditForm
from journal.forms.dates import DateInput
from journal.models import Consent, ConsentPurpose, Guardian, Guardianship


class ManyConsentsForm(forms.Form):
    """What a stack of papers has in common. Who is ticked and who gave it stands in the rows of the grid."""

    purpose = forms.ModelChoiceField(
        ConsentPurpose.objects.filter(is_active=True),
        label="Цель",
        empty_label=None,
        error_messages={"invalid_choice": "Эта цель больше не используется: выберите другую."},
    )
    given_on = forms.DateField(label="Дата согласия", widget=DateInput())
    note = forms.CharField(label="Документ, примечание", max_length=200, required=False)

    def __init__(self, *args: Any, purposes: Sequence[ConsentPurpose] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if purposes is not None:
            # The page has read them already.
            self.fields["purpose"].choices = [(one.pk, one.name) for one in purposes]  # type: ignore[attr-defined]


class OneConsentForm(ManyConsentsForm):
    """A consent of one pupil: who gave it is chosen beside the purpose."""

    guardian = forms.ChoiceField(label="Кто дал", required=False)
    field_order = ("purpose", "guardian", "given_on", "note")

    def __init__(self, *args: Any, givers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["guardian"].choices = givers  # type: ignore[attr-defined]


class ConsentForm(EditForm):
    """Corrects or withdraws one consent; the dates are judged by the service, which knows the others."""

    class Meta:
        model = Consent
        fields = ("given_on", "withdrawn_on", "guardian", "note")
        widgets = {"given_on": DateInput(), "withdrawn_on": DateInput()}
        labels = {"withdrawn_on": "Дата отзыва"}
        help_texts = {"withdrawn_on": "Пусто: согласие действует"}

    def __init__(self, *args: Any, propose_withdrawal: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if propose_withdrawal and not self.instance.withdrawn_on:
            # After `super`, which noted what stands: the proposal is not yet a fact.
            self.initial["withdrawn_on"] = propose_withdrawal
        ties = Guardianship.objects.current().filter(pupil=self.instance.pupil_id).values("guardian")
        given_by = [self.instance.guardian_id] if self.instance.guardian_id else []
        chosen: Any = self.fields["guardian"]
        chosen.queryset = Guardian.objects.filter(pk__in=ties) | Guardian.objects.filter(pk__in=given_by)
        chosen.empty_label = "не указан"

    def _get_validation_exclusions(self) -> set[str]:
        # Constraints over the dates speak of one field each; the service says the same in full sentences.
        return {*super()._get_validation_exclusions(), "given_on", "withdrawn_on"}  # type: ignore[misc]


class PurposeForm(EditForm):
    class Meta:
        model = ConsentPurpose
        fields = ("name", "is_required", "is_active")
        error_messages = {"name": {"unique": "Такая цель уже есть."}}
