"""What a parent announces ahead: no mark until the class teacher confirms it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from attendance.models.absences import Reason
from journal.models import Pupil


class AnnouncementQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> AnnouncementQuerySet:
        return self.filter(pupil__in=Pupil.objects.visible_to(user))

    def open(self) -> AnnouncementQuerySet:
        """Neither withdrawn by the family nor declined by the school."""
        return self.filter(withdrawn_at=None, declined_at=None)


class Announcement(models.Model):
    """«Не будет с … по …»: whole days, or lessons of one day. `lessons` is a list of numbers; empty is whole days.

    What of it the class teacher confirmed is told by the history of absences (`AbsenceChange.announcement`). `words`
    are the reason as the family chose it; `key` is the form's own name: the same form sent twice announces once.
    """

    class Cause(models.TextChoices):
        """The reason in words of a parent; each is Б or У for the register (`CAUSE_REASONS`)."""

        ILL = "ill", "заболел(а)"
        FAMILY = "family", "по семейным обстоятельствам"
        DOCTOR = "doctor", "к врачу"

    key = models.UUIDField("ключ формы", unique=True, null=True, blank=True)
    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="announcements")
    date_from = models.DateField("с")
    date_to = models.DateField("по")
    lessons = models.JSONField("уроки", default=list, blank=True)
    reason = models.CharField(
        "причина", max_length=9, choices=[(r.value, r.label) for r in (Reason.ILL, Reason.EXCUSED)]
    )
    words = models.CharField("причина словами семьи", max_length=40, blank=True)
    comment = models.CharField("пояснение", max_length=300, blank=True)
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто заявил", related_name="announcements"
    )
    announced_at = models.DateTimeField("когда", auto_now_add=True)
    withdrawn_at = models.DateTimeField("отозвано", null=True, blank=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто отклонил", related_name="+", null=True, blank=True
    )
    declined_at = models.DateTimeField("отклонено", null=True, blank=True)
    decline_note = models.CharField("почему отклонено", max_length=300, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = "заявление семьи"
        verbose_name_plural = "заявления семей"
        ordering = ["-date_from", "-pk"]
        indexes = [models.Index(fields=["pupil", "date_to"], name="attendance_announced_pupil")]
        constraints = [
            models.CheckConstraint(condition=Q(date_to__gte=F("date_from")), name="attendance_announced_dates_sane"),
            models.CheckConstraint(
                condition=Q(reason__in=[Reason.ILL, Reason.EXCUSED]), name="attendance_announced_good_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}: {self.date_from:%d.%m}–{self.date_to:%d.%m.%Y}"


CAUSE_REASONS = {
    Announcement.Cause.ILL: Reason.ILL,
    Announcement.Cause.FAMILY: Reason.EXCUSED,
    Announcement.Cause.DOCTOR: Reason.EXCUSED,
}
