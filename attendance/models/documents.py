"""Papers that give a reason: certificates, notes, orders; their scans; what stood before them (domain.md §2)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from attendance.models.absences import Reason
from journal.models import LAST_LESSON, Pupil


class Scan(models.Model):
    """What is told of a scanned paper. The file itself lies in ScanFile, so that lists never load it."""

    class Type(models.TextChoices):
        PDF = "pdf", "PDF"
        JPEG = "jpeg", "JPEG"

    name = models.CharField("имя файла", max_length=120)
    type = models.CharField("тип", max_length=4, choices=Type)
    size = models.PositiveIntegerField("байт")
    sha256 = models.CharField("SHA-256", max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто внёс", related_name="+")
    added_at = models.DateTimeField("когда", auto_now_add=True)

    class Meta:
        verbose_name = "скан документа"
        verbose_name_plural = "сканы документов"

    def __str__(self) -> str:
        return self.name


class ScanFile(models.Model):
    """The bytes of a scan."""

    scan = models.OneToOneField(Scan, models.PROTECT, verbose_name="скан", related_name="file", primary_key=True)
    content = models.BinaryField("файл")

    class Meta:
        verbose_name = "файл скана"
        verbose_name_plural = "файлы сканов"

    def __str__(self) -> str:
        return str(self.pk)


class AbsenceDocumentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> AbsenceDocumentQuerySet:
        return self.filter(pupil__in=Pupil.objects.visible_to(user))

    def in_force(self) -> AbsenceDocumentQuerySet:
        """Those that nobody has taken back."""
        return self.filter(removed_at=None)


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
    scan = models.ForeignKey(Scan, models.PROTECT, verbose_name="скан", related_name="documents", null=True, blank=True)
    batch = models.UUIDField(
        "общий приказ", null=True, blank=True, help_text="Одна бумага на нескольких учеников: строка на каждого"
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто внёс", related_name="+")
    added_at = models.DateTimeField("когда", auto_now_add=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто отменил", related_name="+", null=True, blank=True
    )
    removed_at = models.DateTimeField("отменён", null=True, blank=True)

    objects = AbsenceDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "документ о пропусках"
        verbose_name_plural = "документы о пропусках"
        ordering = ["-date_from"]
        indexes = [models.Index(fields=["batch"], name="attendance_document_batch")]
        constraints = [
            models.CheckConstraint(condition=Q(date_to__gte=F("date_from")), name="attendance_document_dates_sane"),
            models.CheckConstraint(
                condition=Q(reason__in=[Reason.ILL, Reason.EXCUSED]),
                name="attendance_document_gives_good_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.date_from:%d.%m}–{self.date_to:%d.%m.%Y}"


class DocumentHold(models.Model):
    """A place that a document took, and what stood there before: removing the document restores exactly that.

    An empty `old_reason` means that nothing stood there. Where one document took the place from another,
    `old_document` is that other: holds of a place form a chain.
    """

    document = models.ForeignKey(AbsenceDocument, models.PROTECT, verbose_name="документ", related_name="holds")
    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="+")
    date = models.DateField("дата")
    lesson = models.PositiveSmallIntegerField("урок")
    old_reason = models.CharField("было", max_length=9, blank=True)
    old_confirmed = models.BooleanField("было подтверждено", default=True)
    old_minutes = models.PositiveSmallIntegerField("было минут", null=True, blank=True)
    old_document = models.ForeignKey(
        AbsenceDocument, models.PROTECT, verbose_name="прежний документ", related_name="+", null=True, blank=True
    )
    old_marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто отмечал", related_name="+", null=True, blank=True
    )
    old_marked_at = models.DateTimeField("когда отмечал", null=True, blank=True)

    class Meta:
        verbose_name = "место под документом"
        verbose_name_plural = "места под документами"
        constraints = [
            models.UniqueConstraint(fields=["document", "date", "lesson"], name="attendance_one_hold_a_place"),
            models.CheckConstraint(condition=Q(lesson__range=(0, LAST_LESSON)), name="attendance_hold_lesson_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.date:%d.%m.%Y}, {self.lesson}"
