"""Forms of documents: one pupil's paper, an order about several, a correction, a removal."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import User
from attendance.models import AbsenceDocument, Reason, Scan
from attendance.scans import LARGEST, NotAScan
from attendance.services.document_places import WhyNeeded
from attendance.services.documents import USUAL_REASON, Paper
from attendance.services.scans import keep_scan, scan_by, token_of
from journal.forms.dates import DateInput
from journal.models import Pupil, SchoolClass
from journal.text import row_number

Kind = AbsenceDocument.Kind
USUAL = ("", "как обычно: справка — Б, заявление и приказ — У")
REASONS = [(Reason.ILL.value, "Б, болезнь"), (Reason.EXCUSED.value, "У, уважительная причина")]


class ListedPupil(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return obj.list_name


class ListedPupils(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return obj.list_name


class PaperForm(forms.Form):
    """What every paper has. A scan that was chosen is kept on the server and carried by a token: neither a mistake in
    another field nor the preview loses it."""

    kind = forms.ChoiceField(label="Документ", choices=Kind.choices)
    reason = forms.ChoiceField(label="Причина", choices=[USUAL, *REASONS], required=False)
    date_from = forms.DateField(label="С", widget=DateInput())
    date_to = forms.DateField(label="По", widget=DateInput(), help_text="последний день включительно")
    number = forms.CharField(label="Номер", max_length=40, required=False)
    note = forms.CharField(label="Примечание", max_length=300, required=False)
    upload = forms.FileField(label="Скан", required=False, help_text="PDF или JPEG, до 10 МБ")
    drop_scan = forms.BooleanField(label="Без скана", required=False)
    why = forms.CharField(
        label="Почему меняете закрытый месяц",
        max_length=300,
        required=False,
        help_text="нужно, только если документ меняет дни закрытого месяца",
    )

    def __init__(
        self, data: QueryDict | None, files: Any = None, *, school_class: SchoolClass, user: User, **kwargs: Any
    ):
        super().__init__(data, files, **kwargs)
        self.school_class, self.user = school_class, user
        self.scan: Scan | None = None
        if not user.sees_whole_school:
            del self.fields["why"]
        upload: Any = self.fields["upload"]
        upload.widget.attrs["accept"] = ".pdf,.jpg,.jpeg,application/pdf,image/jpeg"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.scan = self._scan(cleaned.get("upload"))
        start, end = cleaned.get("date_from"), cleaned.get("date_to")
        if start and end and end < start:
            self.add_error("date_to", "Последний день раньше первого. Проверьте даты.")
        year = self.school_class.year
        for name, day in (("date_from", start), ("date_to", end)):
            if day and not year.date_from <= day <= year.date_to:
                words = f"с {year.date_from:%d.%m.%Y} по {year.date_to:%d.%m.%Y}"
                self.add_error(name, f"Укажите день этого учебного года: {words}.")
        return cleaned

    def paper(self) -> Paper:
        """The paper; needs a valid form."""
        data = self.cleaned_data
        return Paper(
            kind=data["kind"],
            reason=data["reason"] or USUAL_REASON[Kind(data["kind"])],
            date_from=data["date_from"],
            date_to=data["date_to"],
            number=data["number"],
            note=data["note"],
            scan=self.scan,
        )

    @property
    def why_words(self) -> str:
        return self.cleaned_data.get("why", "")

    @property
    def token(self) -> str:
        """What the next form carries for the scan."""
        return token_of(self.scan, self.user) if self.scan else ""

    def refuse(self, refusal: Exception) -> None:
        """Say why the register does not take it, where it can be mended."""
        field = "why" if isinstance(refusal, WhyNeeded) and "why" in self.fields else None
        self.add_error(field, str(refusal))

    def _scan(self, upload: Any) -> Scan | None:
        if self.cleaned_data.get("drop_scan"):
            return None
        if upload is None:
            return self._carried()
        try:
            if upload.size > LARGEST:
                raise NotAScan("Файл больше 10 МБ. Отсканируйте с меньшим разрешением или оттенками серого.")
            return keep_scan(content=upload.read(), by=self.user)
        except NotAScan as refusal:
            self.add_error("upload", str(refusal))
            return self._carried()

    def _carried(self) -> Scan | None:
        token = self.data.get("scan", "")
        scan = scan_by(token, self.user) if token else None
        if token and scan is None:
            self.add_error("upload", "Скан не сохранился: прошли сутки. Выберите файл ещё раз.")
        return scan


class DocumentForm(PaperForm):
    """A paper of one pupil."""

    pupil = ListedPupil(Pupil.objects.none(), label="Ученик", empty_label="Выберите ученика")
    field_order = ("pupil",)

    def __init__(self, *args: Any, pupils: QuerySet[Pupil], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["pupil"]
        field.queryset = pupils
        field.error_messages["invalid_choice"] = "Выберите ученика этого класса."

    @property
    def pupil_ids(self) -> list[int]:
        return [self.cleaned_data["pupil"].pk]

    @property
    def whose(self) -> str:
        """For the heading of the preview; needs a valid form."""
        return self.cleaned_data["pupil"].full_name


class GroupOrderForm(PaperForm):
    """One order about several pupils of the class."""

    pupils = ListedPupils(
        Pupil.objects.none(),
        label="Кто едет",
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    field_order = ("pupils",)

    def __init__(self, *args: Any, pupils: QuerySet[Pupil], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["pupils"]
        field.queryset = pupils
        field.error_messages["required"] = "Отметьте хотя бы одного ученика."
        for code in ("invalid_choice", "invalid_pk_value", "invalid_list"):
            field.error_messages[code] = "Отметьте учеников этого класса."
        del self.fields["kind"]
        reason: Any = self.fields["reason"]
        reason.choices = [*reversed(REASONS)]

    def clean(self) -> dict[str, Any]:
        return {**super().clean(), "kind": Kind.ORDER}

    @property
    def pupil_ids(self) -> list[int]:
        return [pupil.pk for pupil in self.cleaned_data["pupils"]]

    @property
    def whose(self) -> str:
        return ", ".join(pupil.short_name for pupil in self.cleaned_data["pupils"])


class CorrectionForm(PaperForm):
    """The paper says something else, or lasts longer. `whole` means all pupils of the order."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    whole = forms.BooleanField(label="У всех учеников этого приказа", required=False, initial=True)

    def __init__(self, *args: Any, document: AbsenceDocument, is_order: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.document = document
        reason: Any = self.fields["reason"]
        reason.choices = REASONS
        if not is_order:
            del self.fields["whole"]

    @property
    def whose(self) -> str:
        return "весь приказ" if self.cleaned_data.get("whole") else self.document.pupil.full_name

    def _carried(self) -> Scan | None:
        return super()._carried() or self.document.scan


class RemovalForm(forms.Form):
    """Taking a document back: why, where the month is closed; of one pupil, or of all that the order names."""

    why = PaperForm.base_fields["why"]

    def __init__(self, data: QueryDict | None, *, user: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if not user.sees_whole_school:
            del self.fields["why"]


def asked_for(query: QueryDict, pupils: QuerySet[Pupil], today: date, school_class: SchoolClass) -> dict[str, Any]:
    """What a link proposes (`?pupil=&from=&to=&kind=`); nonsense proposes nothing."""
    year = school_class.year
    day = min(max(today, year.date_from), year.date_to)
    start = _date(query.get("from", "")) or day
    initial: dict[str, Any] = {"date_from": start, "date_to": _date(query.get("to", "")) or max(start, day)}
    if (number := row_number(query.get("pupil", ""))) is not None and pupils.filter(pk=number).exists():
        initial |= {"pupil": number, "pupils": [number]}
    if query.get("kind") in Kind.values:
        initial["kind"] = query["kind"]
    return initial


def _date(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None
