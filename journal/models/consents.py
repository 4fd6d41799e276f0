"""Consents to process personal data: since 01.09.2025 a separate document for each purpose (domain.md §6)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from journal.models.guardians import Guardian
from journal.models.people import Pupil


class ConsentPurpose(models.Model):
    """What the data are processed for. The school edits the list; a purpose in use is retired, not deleted."""

    name = models.CharField("цель обработки", max_length=200, unique=True)
    is_required = models.BooleanField(
        "нужно от каждого", default=False, help_text="Кто не дал согласия, виден в «Начале года»"
    )
    is_active = models.BooleanField("используется", default=True)

    class Meta:
        verbose_name = "цель согласия"
        verbose_name_plural = "цели согласий"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Consent(models.Model):
    """One document: a guardian (or the pupil of age) agreed for one purpose, and perhaps withdrew it later."""

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="consents")
    purpose = models.ForeignKey(ConsentPurpose, models.PROTECT, verbose_name="цель", related_name="consents")
    guardian = models.ForeignKey(
        Guardian, models.PROTECT, verbose_name="кто дал", related_name="consents", null=True, blank=True
    )
    given_on = models.DateField("дата согласия")
    withdrawn_on = models.DateField("дата отзыва", null=True, blank=True)
    note = models.CharField("документ, примечание", max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто внёс", related_name="+", null=True, blank=True
    )
    recorded_at = models.DateTimeField("когда внесено", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "согласие"
        verbose_name_plural = "согласия"
        ordering = ["pupil", "purpose", "-given_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil", "purpose"],
                condition=Q(withdrawn_on=None),
                name="journal_one_consent_in_force",
                violation_error_message="Такое согласие уже действует: отзовите его, прежде чем внести новое.",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | Q(withdrawn_on__gte=F("given_on")),
                name="journal_consent_withdrawn_after_given",
                violation_error_message="Отзыв не может быть раньше согласия.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}: {self.purpose}"
