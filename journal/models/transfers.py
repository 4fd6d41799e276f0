"""The transfer of the whole school to the next year (domain.md §6)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from journal.models.school import AcademicYear


class YearTransfer(models.Model):
    """One transfer: planned, looked at, written, perhaps undone. `undo` holds what undoing needs, and nothing else."""

    class Status(models.TextChoices):
        DRAFT = "draft", "готовится"
        APPLIED = "applied", "выполнен"
        UNDONE = "undone", "отменён"

    from_year = models.ForeignKey(
        AcademicYear, models.PROTECT, verbose_name="из учебного года", related_name="transfers"
    )
    status = models.CharField("состояние", max_length=7, choices=Status, default=Status.DRAFT)
    order_number = models.CharField("приказ №", max_length=30, blank=True)
    order_date = models.DateField("дата приказа", null=True, blank=True)
    decisions = models.JSONField(
        "решения", default=dict, blank=True, help_text="Кроме обычного перевода: ученик → что с ним, класс → куда"
    )
    undo = models.JSONField("для отмены", default=dict, blank=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+")
    made_at = models.DateTimeField("начат", auto_now_add=True)
    applied_at = models.DateTimeField("выполнен", null=True, blank=True)
    undone_at = models.DateTimeField("отменён", null=True, blank=True)

    class Meta:
        verbose_name = "перевод на следующий год"
        verbose_name_plural = "переводы на следующий год"
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["from_year"],
                condition=Q(status__in=["draft", "applied"]),
                name="journal_one_transfer_of_a_year",
                violation_error_message="Перевод этого года уже готовится или выполнен.",
            )
        ]

    def __str__(self) -> str:
        return f"Перевод {self.from_year}: {self.get_status_display()}"
