"""Forms of an order that moves one pupil. What is odd but possible is told first and written after a second look."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from journal import crypto
from journal.ages import OLDEST, YOUNGEST, age_on, is_pupils_age, unusual_age
from journal.forms.dates import DateInput
from journal.forms.fields import DayField, NameField, PhoneField, SnilsField
from journal.models import Pupil, SchoolClass, Sex
from journal.services.movements import Facts, Order, facts_from, standing_on
from journal.text import normalise, plural

NEW = "new"


class OrderForm(forms.Form):
    """The order itself. `warnings` are told once; `confirm` carries what the person has read."""

    order_number = forms.CharField(label="Приказ №", max_length=30)
    order_date = forms.DateField(label="Дата приказа", widget=DateInput())
    effective_on = forms.DateField(label="Действует с", widget=DateInput())
    place = forms.CharField(label="Откуда или куда", max_length=200, required=False)
    note = forms.CharField(label="Примечание", max_length=200, required=False)
    confirm = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warnings: list[str] = []

    def order(self) -> Order:
        """The order; needs a valid form."""
        data = self.cleaned_data
        return Order(data["order_number"], data["order_date"], data["effective_on"], data["place"], data["note"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        self.warnings = self.find_warnings()
        if self.warnings and self.cleaned_data["confirm"] != self.seen:
            raise ValidationError("Проверьте сказанное выше. Если всё верно, отметьте это и запишите ещё раз.")
        return cleaned

    @property
    def seen(self) -> str:
        """What confirms exactly these warnings: other ones have to be read anew."""
        return hashlib.sha256("|".join(self.warnings).encode()).hexdigest()[:16]

    def find_warnings(self) -> list[str]:
        """What is possible but odd, in sentences; called when every field is good."""
        return []


class ArrivalForm(OrderForm, forms.ModelForm):
    """A new pupil with the personal data, or one who comes back: same name and birth date are found and proposed.

    СНИЛС never goes back to the page; `snils_typed` remembers that it was there, so that it is not lost silently.
    """

    last_name = NameField(label="Фамилия", max_length=60)
    first_name = NameField(label="Имя", max_length=60)
    patronymic = NameField(label="Отчество", max_length=60, required=False, help_text="Пусто, если отчества нет")
    birth_date = DayField(label="Дата рождения", is_past=True, born=True)
    phone = PhoneField(label="Телефон", required=False)
    snils = SnilsField(label="СНИЛС")
    snils_typed = forms.CharField(required=False, widget=forms.HiddenInput)
    existing = forms.ChoiceField(label="Вернулся?", required=False, widget=forms.RadioSelect)

    class Meta:
        model = Pupil
        fields = (
            "last_name", "first_name", "patronymic", "sex", "birth_date", "file_number", "address", "phone",
            "study_form",
        )  # fmt: skip
        labels = {"file_number": "Личное дело №"}

    PERSON = ("last_name", "first_name", "patronymic", "sex", "birth_date", "snils", "file_number", "study_form",
              "address", "phone")  # fmt: skip

    def __init__(self, *args: Any, school_class: SchoolClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.school_class = school_class
        self.fields["place"].label = "Откуда прибыл(а)"
        self.fields["sex"].choices = [("", "выберите"), *Sex.choices]  # type: ignore[attr-defined]
        self.fields["effective_on"].help_text = "С этого дня ученик в списке класса"
        self.candidates = self._candidates()
        choices = [(str(pupil.pk), str(pupil)) for pupil in self.candidates]
        self.fields["existing"].choices = [*choices, (NEW, "Нет, это другой ребёнок: завести нового")]  # type: ignore[attr-defined]

    def clean_birth_date(self) -> Any:
        born = self.cleaned_data["birth_date"]
        age = age_on(born, self.school_class.year.date_from)
        if not is_pupils_age(age):
            raise ValidationError(
                f"По дате рождения {born:%d.%m.%Y} на 1 сентября ученику {age}. "
                f"Ожидается от {YOUNGEST} до {OLDEST} лет: проверьте год."
            )
        return born

    @property
    def has_snils(self) -> bool:
        """Whether СНИЛС was typed into the form that the page shows again."""
        return self.is_bound and bool(self.data.get(self.add_prefix("snils")))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("snils_typed") and not self.has_snils:
            self.add_error("snils", "Введите СНИЛС ещё раз: на страницу он не возвращается. Или запишите без него.")
        if self.errors:
            return cleaned
        if self.candidates and not self.cleaned_data["existing"]:
            self.add_error("existing", "В школе уже есть такой ученик. Выберите, он ли это.")
        owner = self._owner_of_snils()
        if owner and str(owner.pk) != self.cleaned_data["existing"]:
            self.add_error(
                "snils",
                f"Этот СНИЛС записан у другого ученика: {owner.full_name}. Проверьте цифры или найдите его карточку.",
            )
        return cleaned

    def find_warnings(self) -> list[str]:
        year = self.school_class.year
        grade, name = self.school_class.grade, self.school_class.name
        odd = unusual_age(self.cleaned_data["birth_date"], grade, year.date_from, name)
        return [f"{odd} и класс."] if odd else []

    def pupil(self) -> Pupil:
        """The new pupil, not saved, or the one who comes back."""
        chosen = self.cleaned_data["existing"]
        if chosen and chosen != NEW:
            return next(pupil for pupil in self.candidates if str(pupil.pk) == chosen)
        self.instance.snils = self.cleaned_data["snils"]
        return self.instance

    def personal_data(self) -> dict[str, Any]:
        """What was typed of the person."""
        return {name: self.cleaned_data[name] for name in self.PERSON}

    def _candidates(self) -> list[Pupil]:
        """Pupils of this name and birth date, with or without a patronymic. One query; none without a name."""
        typed = [self._typed(name) for name in ("last_name", "first_name", "patronymic", "birth_date")]
        last, first, patronymic, born = typed
        if not (last and first and born):
            return []
        short, whole = normalise(f"{last} {first}"), normalise(f"{last} {first} {patronymic or ''}")
        rows = Pupil.objects.filter(birth_date=born, sort_name__startswith=short)
        return [pupil for pupil in rows.order_by("pk") if short in (pupil.sort_name, whole) or pupil.sort_name == whole]

    def _typed(self, name: str) -> Any:
        """What was sent for the field, as it will be understood; nothing where it is wrong."""
        if not self.is_bound:
            return None
        try:
            return self.fields[name].clean(self.data.get(self.add_prefix(name), ""))
        except ValidationError:
            return None

    def _owner_of_snils(self) -> Pupil | None:
        snils = self.cleaned_data.get("snils")
        return Pupil.objects.filter(snils_digest=crypto.digest(snils)).first() if snils else None


class DepartureForm(OrderForm):
    """Leaving the school."""

    def __init__(self, *args: Any, pupil: Pupil, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pupil = pupil
        self.fields["place"].label = "Куда выбывает"
        self.fields["effective_on"].help_text = "Первый день, когда ученика в списке уже нет"

    def find_warnings(self) -> list[str]:
        day = self.cleaned_data["effective_on"]
        if standing_on(self.pupil, day) is None:
            return []  # impossible, and said so when it is written
        found = []
        if facts := facts_from(self.pupil, day):
            found.append(
                f"С {day:%d.%m.%Y} и позже у ученика уже есть {facts_words(facts)}. Они останутся в базе, но в "
                "журнале, отчётах и пропусках считаться не будут: ученика в эти дни нет в списке."
            )
        found += [
            f"Зачисление в {row.school_class} с {row.date_from:%d.%m.%Y} будет снято."
            for row in self.pupil.enrolments.filter(date_from__gte=day).select_related("school_class")
        ]
        return found


class TransferForm(OrderForm):
    """Over to another class of the same year."""

    school_class = forms.ModelChoiceField(SchoolClass.objects.none(), label="В класс", empty_label="Выберите класс")
    field_order = ("school_class",)

    def __init__(self, *args: Any, pupil: Pupil, own_class: SchoolClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pupil, self.own_class = pupil, own_class
        field: Any = self.fields["school_class"]
        others = SchoolClass.objects.filter(year=own_class.year).exclude(pk=own_class.pk).order_by("grade", "letter")
        field.queryset = others
        field.error_messages["invalid_choice"] = "Выберите другой класс этого же учебного года."
        self.fields["effective_on"].help_text = "С этого дня ученик в списке нового класса"
        del self.fields["place"]

    def order(self) -> Order:
        data = self.cleaned_data
        return Order(data["order_number"], data["order_date"], data["effective_on"], note=data["note"])

    def find_warnings(self) -> list[str]:
        day, target = self.cleaned_data["effective_on"], self.cleaned_data["school_class"]
        if standing_on(self.pupil, day) is None:
            return []
        found = []
        if facts := facts_from(self.pupil, day):
            found.append(
                f"С {day:%d.%m.%Y} и позже у ученика уже есть {facts_words(facts)}, сделанные в прежнем классе. Они "
                "останутся у ученика и пойдут в средний балл, но в прежнем классе эти дни считаться не будут."
            )
        if target.grade != self.own_class.grade:
            found.append(f"{target} — другая параллель: ученик учится в {self.own_class}.")
        return found


class CancelForm(forms.Form):
    """Why a movement is taken back."""

    reason = forms.CharField(label="Причина", max_length=200, initial="внесено по ошибке")


def facts_words(facts: Facts) -> str:
    """«3 отметки и 2 пропуска»."""
    marks = f"{facts.marks} {plural(facts.marks, 'отметка,отметки,отметок')}" if facts.marks else ""
    absences = f"{facts.absences} {plural(facts.absences, 'пропуск,пропуска,пропусков')}" if facts.absences else ""
    return " и ".join(filter(None, [marks, absences]))
