"""The roll call of a class and day, months closed by the deputy, reminders to those who have not marked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from journal.models import SchoolClass


class RollCall(models.Model):
    """«Перекличка проведена»: who said of the class and day that everybody else is present, and when."""

    school_class = models.ForeignKey(SchoolClass, models.PROTECT, verbose_name="класс", related_name="roll_calls")
    date = models.DateField("дата")
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="кто провёл",
        related_name="+",
        null=True,
        blank=True,
    )
    taken_at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "перекличка"
        verbose_name_plural = "переклички"
        ordering = ["-date"]
        indexes = [models.Index(fields=["date"], name="attendance_roll_call_date")]
        constraints = [models.UniqueConstraint(fields=["school_class", "date"], name="attendance_one_roll_call_a_day")]

    def __str__(self) -> str:
        return f"{self.school_class}, {self.date:%d.%m.%Y}"


class ClosedMonth(models.Model):
    """A month the deputy closed: only the deputy changes its absences from then on."""

    month = models.DateField("месяц", unique=True, help_text="Первое число месяца")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто закрыл", related_name="+")
    closed_at = models.DateTimeField("когда", auto_now_add=True)

    class Meta:
        verbose_name = "закрытый месяц"
        verbose_name_plural = "закрытые месяцы"
        ordering = ["-month"]
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="attendance_month_begins_on_first")]

    def __str__(self) -> str:
        return f"{self.month:%m.%Y}"


class RollCallReminder(models.Model):
    """«Класс ещё не отмечен»: whom it was told, when, and whether the letter went out. `by` None: by the clock.

    `letter_due_at` is when the letter is to be tried (again); empty: no letter, or nothing more is to be done about it.
    """

    school_class = models.ForeignKey(SchoolClass, models.PROTECT, verbose_name="класс", related_name="reminders")
    date = models.DateField("дата")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кому", related_name="reminders")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+", null=True, blank=True
    )
    sent_at = models.DateTimeField("когда", default=timezone.now)
    mailed_at = models.DateTimeField("письмо отправлено", null=True, blank=True)
    failure = models.CharField("почему письмо не ушло", max_length=300, blank=True)
    letter_due_at = models.DateTimeField("когда отправлять письмо", null=True, blank=True)
    letter_tries = models.PositiveSmallIntegerField("попыток отправить", default=0)

    class Meta:
        verbose_name = "напоминание о перекличке"
        verbose_name_plural = "напоминания о перекличке"
        ordering = ["-sent_at"]
        indexes = [
            models.Index(fields=["date", "school_class"], name="attendance_reminder_day"),
            models.Index(
                fields=["letter_due_at"], condition=Q(letter_due_at__isnull=False), name="attendance_letters_due"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["school_class", "date", "to"],
                condition=Q(by=None),
                name="attendance_one_reminder_by_the_clock",
            )
        ]

    def __str__(self) -> str:
        return f"{self.school_class}, {self.date:%d.%m.%Y}: {self.to}"

    @property
    def letter_words(self) -> str:
        """What became of the letter; nothing where none was to be sent."""
        if self.mailed_at:
            return f"письмо ушло в {timezone.localtime(self.mailed_at):%H:%M}"
        if self.failure:
            again = (
                f", следующая попытка в {timezone.localtime(self.letter_due_at):%H:%M}" if self.letter_due_at else ""
            )
            return f"письмо не ушло: {self.failure}{again}"
        return "письмо отправляется" if self.letter_due_at else ""
