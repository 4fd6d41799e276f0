"""Absences and what belongs to them. Presence is not stored: only exceptions are (domain.md §2)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.constraints import AppendOnly
from accounts.models import User
from journal.models import LAST_LESSON, Pupil

WHOLE_DAY = 0
LONGEST_LATENESS = 240
"""Minutes: more is a typing error."""


class Reason(models.TextChoices):
    """Why the pupil was not there. «О» is lateness: the pupil was there, and it is counted apart."""

    ILL = "ill", "болезнь"
    EXCUSED = "excused", "уважительная причина"
    UNEXCUSED = "unexcused", "неуважительная причина"
    LATE = "late", "опоздание"


LETTERS: dict[str, str] = {Reason.ILL: "Б", Reason.EXCUSED: "У", Reason.UNEXCUSED: "Н", Reason.LATE: "О"}
REASONS: dict[str, str] = {letter: reason for reason, letter in LETTERS.items()}
ABSENCE_REASONS = (Reason.ILL, Reason.EXCUSED, Reason.UNEXCUSED)


class AbsenceQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> AbsenceQuerySet:
        return self.filter(pupil__in=Pupil.objects.visible_to(user))

    def absences(self) -> AbsenceQuerySet:
        # A late pupil was there: lateness is counted apart.
        return self.filter(reason__in=ABSENCE_REASONS)

    def between(self, start: date, end: date) -> AbsenceQuerySet:
        return self.filter(date__range=(start, end))


class Absence(models.Model):
    """An exception to «был на всех уроках»: the whole day (lesson 0) or one lesson."""

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="absences")
    date = models.DateField("дата")
    lesson = models.PositiveSmallIntegerField("урок", default=WHOLE_DAY, help_text="0 — весь день")
    reason = models.CharField("причина", max_length=9, choices=Reason)
    is_confirmed = models.BooleanField(
        "причина подтверждена", default=True, help_text="Нет: факт от учителя, причина ещё не выяснена"
    )
    minutes = models.PositiveSmallIntegerField("опоздал на, минут", null=True, blank=True)
    document = models.ForeignKey(
        "attendance.AbsenceDocument",
        models.PROTECT,
        verbose_name="документ",
        related_name="absences",
        null=True,
        blank=True,
    )
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="кто отметил",
        related_name="+",
        null=True,
        blank=True,
    )
    marked_at = models.DateTimeField("когда", default=timezone.now)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = "пропуск"
        verbose_name_plural = "пропуски"
        ordering = ["date", "pupil", "lesson"]
        indexes = [models.Index(fields=["date", "pupil"], name="attendance_absence_date")]
        constraints = [
            models.UniqueConstraint(fields=["pupil", "date", "lesson"], name="attendance_one_mark_a_place"),
            models.CheckConstraint(condition=Q(lesson__range=(0, LAST_LESSON)), name="attendance_lesson_sane"),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="attendance_reason_known"),
            models.CheckConstraint(
                condition=Q(minutes=None) | Q(reason=Reason.LATE, minutes__range=(1, LONGEST_LATENESS)),
                name="attendance_minutes_of_lateness",
            ),
        ]

    def __str__(self) -> str:
        where = f"{self.lesson} урок" if self.lesson else "весь день"
        return f"{self.pupil}, {self.date:%d.%m.%Y}, {where}: {self.letter}"

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]


class AbsenceChange(models.Model):
    """The history of a place on the sheet: who put which letter instead of which. It only grows.

    `key` is the browser's name for the press: the same press sent twice is applied once. `session` is a short print of
    the sign-in it came from, so that its last actions can be undone; `undoes` is the key of the press it takes back.
    `document` is the paper that gave or took the reason, or that held the place before a press.
    """

    class Source(models.TextChoices):
        PRESS = "press", "отметка на листе"
        LESSON = "lesson", "учитель на уроке"
        DOCUMENT = "document", "документ"
        PARENT = "parent", "заявлено родителем"
        CONFLICT = "conflict", "решение о противоречии"
        IMPORT = "import", "импорт"

    key = models.UUIDField("ключ нажатия", unique=True, null=True, blank=True)
    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="absence_changes")
    date = models.DateField("дата")
    lesson = models.PositiveSmallIntegerField("урок", default=WHOLE_DAY)
    old = models.CharField("было", max_length=9, blank=True)
    new = models.CharField("стало", max_length=9, blank=True)
    minutes = models.PositiveSmallIntegerField("опоздал на, минут", null=True, blank=True)
    source = models.CharField("откуда", max_length=8, choices=Source, default=Source.PRESS)
    document = models.ForeignKey(
        "attendance.AbsenceDocument", models.PROTECT, verbose_name="документ", related_name="+", null=True, blank=True
    )
    announcement = models.ForeignKey(
        "attendance.Announcement", models.PROTECT, verbose_name="заявление", related_name="taken", null=True, blank=True
    )
    why = models.CharField("почему после закрытия месяца", max_length=300, blank=True)
    session = models.CharField("сеанс", max_length=16, blank=True)
    undoes = models.UUIDField("отменяет нажатие", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+", null=True)
    at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "изменение пропуска"
        verbose_name_plural = "история пропусков"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["pupil", "date"], name="attendance_change_place"),
            models.Index(fields=["date"], name="attendance_change_date"),
        ]
        # What an import wrote goes with it when the import is undone as a whole.
        constraints = [AppendOnly(name="attendance_history_only_grows", deletable=("source", "import"))]

    def __str__(self) -> str:
        return f"{self.pupil}, {self.date:%d.%m.%Y}, {self.lesson}: {self.old or '—'} → {self.new or '—'}"
