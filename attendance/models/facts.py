"""What teachers state at lessons, and how the class teacher settled what contradicts it (domain.md §2)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from journal.models import LAST_LESSON, Course, Pupil


class LessonCheck(models.Model):
    """«На уроке проверено»: who said of a lesson that everybody else is there."""

    course = models.ForeignKey(Course, models.PROTECT, verbose_name="курс", related_name="lesson_checks")
    date = models.DateField("дата")
    lesson = models.PositiveSmallIntegerField("урок")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+")
    at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "проверка на уроке"
        verbose_name_plural = "проверки на уроках"
        ordering = ["-date", "lesson"]
        constraints = [
            models.UniqueConstraint(fields=["course", "date", "lesson"], name="attendance_one_check_a_lesson"),
            models.CheckConstraint(condition=Q(lesson__range=(1, LAST_LESSON)), name="attendance_check_lesson_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.course}, {self.date:%d.%m.%Y}, {self.lesson} урок"


class PresenceFact(models.Model):
    """A teacher saw at the lesson a pupil who is absent by the sheet. Presence of others is not stored."""

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="presence_facts")
    date = models.DateField("дата")
    lesson = models.PositiveSmallIntegerField("урок")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+")
    at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "присутствие на уроке"
        verbose_name_plural = "присутствия на уроках"
        ordering = ["-date", "lesson"]
        constraints = [
            models.UniqueConstraint(fields=["pupil", "date", "lesson"], name="attendance_one_presence_a_place"),
            models.CheckConstraint(condition=Q(lesson__range=(1, LAST_LESSON)), name="attendance_presence_lesson_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}, {self.date:%d.%m.%Y}, {self.lesson} урок: был"


class ConflictDecision(models.Model):
    """«Оставить как есть»: the absence stands although `proof` speaks against it; it is not asked again."""

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="conflict_decisions")
    date = models.DateField("дата")
    lesson = models.PositiveSmallIntegerField("урок")
    proof = models.CharField("что противоречит", max_length=40)
    note = models.CharField("пояснение", max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+")
    at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "решение о противоречии"
        verbose_name_plural = "решения о противоречиях"
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["pupil", "date", "lesson", "proof"], name="attendance_decided_once")
        ]

    def __str__(self) -> str:
        return f"{self.pupil}, {self.date:%d.%m.%Y}: {self.proof}"


class SignalNote(models.Model):
    """A signal that the class teacher or the deputy has taken note of: it does not nag again.

    `key` names the occasion within the kind (the first day of a run, a month, a weekday of a term); `numbers` are the
    words with the figures as they were then.
    """

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="signal_notes")
    kind = models.CharField("вид", max_length=20)
    key = models.CharField("случай", max_length=40)
    numbers = models.CharField("цифры", max_length=300)
    note = models.CharField("что сделано", max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+")
    at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "ответ на сигнал"
        verbose_name_plural = "ответы на сигналы"
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["pupil", "kind", "key"], name="attendance_signal_noted_once")]

    def __str__(self) -> str:
        return f"{self.pupil}: {self.kind} {self.key}"
