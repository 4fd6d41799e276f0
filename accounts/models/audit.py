"""The audit trail: who read, printed, exported or changed what, and when. It only grows (domain.md §9)."""

from django.conf import settings
from django.db import models

from accounts.constraints import AppendOnly


class AuditEvent(models.Model):
    """One fact of access or change. `pupil_id` is a plain number: accounts knows nothing of the register above it."""

    class Action(models.TextChoices):
        READ = "read", "просмотр"
        PRINT = "print", "печать"
        EXPORT = "export", "выгрузка"
        CHANGE = "change", "изменение"
        IMPORT = "import", "импорт"
        SIGN_IN = "sign_in", "вход"
        SIGN_OUT = "sign_out", "выход"
        PASSWORD = "password", "смена пароля"
        SESSION = "session", "завершение сеанса"

    at = models.DateTimeField("когда", auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+", null=True, blank=True
    )
    action = models.CharField("действие", max_length=10, choices=Action)
    subject = models.CharField("что", max_length=100, help_text="Страница, документ или поле")
    pupil_id = models.BigIntegerField("ученик (номер)", null=True, blank=True)
    class_id = models.BigIntegerField("класс (номер)", null=True, blank=True)
    object_type = models.CharField("вид записи", max_length=50, blank=True)
    object_id = models.BigIntegerField("номер записи", null=True, blank=True)
    old = models.JSONField("было", null=True, blank=True)
    new = models.JSONField("стало", null=True, blank=True)
    address = models.GenericIPAddressField("адрес", null=True, blank=True)

    class Meta:
        verbose_name = "событие журнала доступа"
        verbose_name_plural = "журнал доступа"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["pupil_id", "at"], name="accounts_audit_pupil"),
            models.Index(fields=["class_id", "at"], name="accounts_audit_class"),
            models.Index(fields=["object_type", "object_id"], name="accounts_audit_object"),
        ]
        constraints = [AppendOnly(name="accounts_audit_only_grows")]

    def __str__(self) -> str:
        return f"{self.at:%d.%m.%Y %H:%M} {self.get_action_display()}: {self.subject}"
