"""Absences and what belongs to them. Presence is not stored: only exceptions are (domain.md §2)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.constraints import AppendOnly
from accounts.models import User
from journal.models import LAST_LESSON, Pupil, SchoolClass

WHOLE_DAY = 0


class Reason(models.TextChoices):
    """Why the pupil was not there. «О» is lateness: the pupil was there, and it is counted apart."""

    ILL = "ill", "болезнь"
    EXCUSED = "excused", "уважительная причина"
    UNEXCUSED = "unexcused", "неуважительная причина"
    LATE = "late", "опоздание"


LETTERS: dict[str, str] = {Reason.ILL: "Б", Reason.EXCUSED: "У", Reason.UNEXCUSED: "Н", Reason.LATE: "О"}
REASONS: dict[str, str] = {letter: reason for reason, letter in LETTERS.items()}
ABSENCE_REASONS = (Reason.ILL, Reason.EXCUSED, Reason.UNEXCUSED)


class AbsenceDocument(models.Model):
    """A certificate, the parents' note or an order: gives the reason for every absence inside its dates."""

    class Kind(models.TextChoices):
        CERTIFICATE = "certificate", "справка"
        NOTE = "note", "заявление родителей"
        ORDER = "order", "приказ по школе"

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="absence_documents")
    kind = models.CharField("вид", max_length=11, choices=Kind)
    reason = models.CharField(
        "причина", max_length=9, choices=[(r.value, r.label) for r in (Reason.ILL, Reason.EXCUSED)]
    )
    date_from = models.DateField("с")
    date_to = models.DateField("по")
    number = models.CharField("номер", max_length=40, blank=True)
    note = models.CharField("примечание", max_length=300, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто внёс", related_name="+")
    added_at = models.DateTimeField("когда", auto_now_add=True)

    class Meta:
        verbose_name = "документ о пропусках"
        verbose_name_plural = "документы о пропусках"
        ordering = ["-date_from"]
        constraints = [
            models.CheckConstraint(condition=Q(date_to__gte=F("date_from")), name="attendance_document_dates_sane"),
            models.CheckConstraint(
                condition=Q(reason__in=[Reason.ILL, Reason.EXCUSED]),
                name="attendance_document_gives_good_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.date_from:%d.%m}–{self.date_to:%d.%m.%Y}"


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
    document = models.ForeignKey(
        AbsenceDocument,
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
        ]

    def __str__(self) -> str:
        where = f"{self.lesson} урок" if self.lesson else "весь день"
        return f"{self.pupil}, {self.date:%d.%m.%Y}, {where}: {self.letter}"

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]


class AbsenceChange(models.Model):
    """The history of a place on the sheet: who put which letter instead of which. It only grows.

    `key` is the browser's name for the press: the same press sent twice is applied once.
    """

    class Source(models.TextChoices):
        PRESS = "press", "отметка на листе"
        LESSON = "lesson", "учитель на уроке"
        DOCUMENT = "document", "документ"
        IMPORT = "import", "импорт"

    key = models.UUIDField("ключ нажатия", unique=True, null=True, blank=True)
    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="absence_changes")
    date = models.DateField("дата")
    lesson = models.PositiveSmallIntegerField("урок", default=WHOLE_DAY)
    old = models.CharField("было", max_length=9, blank=True)
    new = models.CharField("стало", max_length=9, blank=True)
    source = models.CharField("откуда", max_length=8, choices=Source, default=Source.PRESS)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+", null=True)
    at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "изменение пропуска"
        verbose_name_plural = "история пропусков"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["pupil", "date"], name="attendance_change_place")]
        # What an import wrote goes with it when the import is undone as a whole.
        constraints = [AppendOnly(name="attendance_history_only_grows", deletable=("source", "import"))]

    def __str__(self) -> str:
        return f"{self.pupil}, {self.date:%d.%m.%Y}, {self.lesson}: {self.old or '—'} → {self.new or '—'}"


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
