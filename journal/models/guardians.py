"""Guardians: who answers for which child, and how the school informs them (domain.md §5, §6)."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from journal.models.people import NamedInCases, Pupil, Sex
from journal.text import normalise

FEWEST_DIGITS = 4


class GuardianQuerySet(models.QuerySet["Guardian"]):
    def people(self) -> GuardianQuerySet:
        """Without those who turned out to be somebody else's second row."""
        return self.filter(merged_into=None)

    def kept_by(self, user: User) -> GuardianQuerySet:
        """Guardians whose data the user keeps: who now answers for a pupil the user keeps, or everybody's."""
        if user.keeps_all_people:
            return self.people()
        current = Guardianship.objects.current().filter(pupil__in=Pupil.objects.kept_by(user))
        return self.people().filter(pk__in=current.values("guardian"))

    def known_to(self, user: User) -> GuardianQuerySet:
        """Those kept, and those who answered for a pupil of the user's before: to look up, to take an end back."""
        if user.keeps_all_people:
            return self.people()
        ties = Guardianship.objects.filter(pupil__in=Pupil.objects.kept_by(user))
        return self.people().filter(pk__in=ties.values("guardian"))

    def search(self, text: str) -> GuardianQuerySet:
        """By the beginning of each part of the name, or, where there are digits only, by a part of a phone."""
        if phone := _phone_pattern(text):
            return self.filter(Q(phone_mobile__regex=phone) | Q(phone_home__regex=phone))
        rows = self
        for word in normalise(text).split():
            rows = rows.filter(Q(sort_name__startswith=word) | Q(sort_name__contains=f" {word}"))
        return rows


def _phone_pattern(text: str) -> str:
    """Finds these digits in order with any signs between them, as in «+7 900 000-12-34»; empty for what is no phone."""
    digits = re.sub(r"\D", "", text)
    if len(digits) < FEWEST_DIGITS or any(sign.isalpha() for sign in text):
        return ""
    if len(digits) == 11 and digits[0] in "78":
        digits = digits[1:]
    return "[^0-9]*".join(digits)


class Guardian(NamedInCases):
    """A parent or another legal representative."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="логин",
        related_name="guardian",
        null=True,
        blank=True,
    )
    sex = models.CharField("пол", max_length=1, choices=Sex, blank=True)
    birth_date = models.DateField("дата рождения", null=True, blank=True)
    phone_home = models.CharField("телефон домашний", max_length=30, blank=True)
    phone_mobile = models.CharField("телефон мобильный", max_length=30, blank=True)
    email = models.EmailField("e-mail", blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, verbose_name="объединён с", related_name="merged", null=True, blank=True, editable=False
    )

    objects = GuardianQuerySet.as_manager()

    class Meta:
        verbose_name = "представитель"
        verbose_name_plural = "представители"
        ordering = ["sort_name"]


class GuardianshipQuerySet(models.QuerySet["Guardianship"]):
    def current(self) -> GuardianshipQuerySet:
        """Those who answer for the child now; an ended one stays for the history and opens nothing."""
        return self.filter(ended_on=None)

    def past(self) -> GuardianshipQuerySet:
        """Those who answered for the child before, as people: the second row of a merged person is not told twice."""
        return self.exclude(ended_on=None).filter(guardian__merged_into=None)


class Guardianship(models.Model):
    """Who is responsible for which child, and how the school informs them (domain.md §5)."""

    class Kinship(models.TextChoices):
        MOTHER = "mother", "мать"
        FATHER = "father", "отец"
        GRANDMOTHER = "grandmother", "бабушка"
        GRANDFATHER = "grandfather", "дедушка"
        GUARDIAN = "guardian", "опекун"
        OTHER = "other", "другое"

    class Informing(models.TextChoices):
        ELECTRONIC = "electronic", "электронная"
        PAPER_NO_ACCESS = "paper_no_access", "бумажная: нет доступа"
        PAPER_REFUSED = "paper_refused", "бумажная: отказ от электронной"

    PAPER = (Informing.PAPER_NO_ACCESS, Informing.PAPER_REFUSED)

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="guardianships")
    guardian = models.ForeignKey(Guardian, models.PROTECT, verbose_name="представитель", related_name="guardianships")
    kinship = models.CharField("степень родства", max_length=12, choices=Kinship, default=Kinship.OTHER)
    informing = models.CharField("форма информирования", max_length=16, choices=Informing, default=Informing.ELECTRONIC)
    informing_basis = models.CharField("основание", max_length=200, blank=True)
    informing_since = models.DateField("с даты", null=True, blank=True)
    ended_on = models.DateField(
        "прекращено",
        null=True,
        blank=True,
        help_text="С этого дня человек не представляет ребёнка и не видит его данных",
    )

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        verbose_name = "представительство"
        verbose_name_plural = "представительства"
        ordering = ["pupil", "kinship"]
        constraints = [models.UniqueConstraint(fields=["pupil", "guardian"], name="journal_guardian_of_pupil_once")]

    def __str__(self) -> str:
        return f"{self.guardian}: {self.get_kinship_display()}"

    @property
    def on_paper(self) -> bool:
        return self.informing in self.PAPER
