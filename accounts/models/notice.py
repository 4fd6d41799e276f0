"""Security notices: a compromised login or a leak, with the clock that domain.md §9 sets."""

from django.conf import settings
from django.db import models


class SecurityNotice(models.Model):
    """A report that somebody else may have used a login, or that data leaked."""

    class Kind(models.TextChoices):
        COMPROMISE = "compromise", "компрометация входа"
        LEAK = "leak", "утечка персональных данных"

    kind = models.CharField("вид", max_length=12, choices=Kind, default=Kind.COMPROMISE)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="чей вход",
        related_name="notices",
        null=True,
        blank=True,
    )
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто сообщил", related_name="reported_notices"
    )
    text = models.TextField("что известно", blank=True)
    learned_on = models.DateField("день, когда стало известно")
    deadline = models.DateField("крайний день", help_text="Один рабочий день со дня, когда стало известно")
    opened_at = models.DateTimeField("открыто", auto_now_add=True)
    acknowledged_at = models.DateTimeField("принято в работу", null=True, blank=True)
    closed_at = models.DateTimeField("закрыто", null=True, blank=True)

    class Meta:
        verbose_name = "сообщение о безопасности"
        verbose_name_plural = "сообщения о безопасности"
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(deadline__gte=models.F("learned_on")),
                name="accounts_notice_deadline_after_learned",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.learned_on:%d.%m.%Y}"


class NoticeAction(models.Model):
    """One step in dealing with a notice: what was done, by whom, when."""

    notice = models.ForeignKey(SecurityNotice, models.PROTECT, verbose_name="сообщение", related_name="actions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", null=True, blank=True)
    at = models.DateTimeField("когда", auto_now_add=True)
    text = models.CharField("что сделано", max_length=300)

    class Meta:
        verbose_name = "действие по сообщению"
        verbose_name_plural = "действия по сообщению"
        ordering = ["at"]

    def __str__(self) -> str:
        return self.text
