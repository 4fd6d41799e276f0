"""The timetable and the lessons that were or will be held."""

from django.db import models
from django.db.models import F, Q

from accounts.constraints import NoOverlap
from journal.models.classes import Course
from journal.models.people import Teacher

LAST_LESSON = 12


class TimetableSlot(models.Model):
    """The course has a lesson each week on this weekday, as number `number`, from a day to a day."""

    course = models.ForeignKey(Course, models.PROTECT, verbose_name="курс", related_name="slots")
    weekday = models.PositiveSmallIntegerField("день недели", help_text="1 понедельник … 7 воскресенье")
    number = models.PositiveSmallIntegerField("урок")
    room = models.CharField("кабинет", max_length=20, blank=True)
    date_from = models.DateField("с")
    date_to = models.DateField("по", null=True, blank=True)

    class Meta:
        verbose_name = "место в расписании"
        verbose_name_plural = "расписание"
        ordering = ["weekday", "number"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="journal_slot_weekday_sane"),
            models.CheckConstraint(condition=Q(number__range=(1, LAST_LESSON)), name="journal_slot_number_sane"),
            models.CheckConstraint(
                condition=Q(date_to=None) | Q(date_to__gte=F("date_from")), name="journal_slot_dates_sane"
            ),
            NoOverlap(
                keys=["course", "weekday", "number"],
                name="journal_slot_once",
                violation_error_message="Этот урок в расписании на эти дни уже есть.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course}: {self.weekday}-й день, {self.number} урок"


class Lesson(models.Model):
    """A lesson on a date. A row exists once something is known beyond the timetable: held, replaced, cancelled."""

    course = models.ForeignKey(Course, models.PROTECT, verbose_name="курс", related_name="lessons")
    date = models.DateField("дата")
    number = models.PositiveSmallIntegerField("урок")
    topic = models.CharField("тема", max_length=300, blank=True)
    is_cancelled = models.BooleanField("отменён", default=False)
    substitute = models.ForeignKey(
        Teacher, models.PROTECT, verbose_name="заменяет", related_name="substitutions", null=True, blank=True
    )
    room = models.CharField("кабинет", max_length=20, blank=True)

    class Meta:
        verbose_name = "урок"
        verbose_name_plural = "уроки"
        ordering = ["date", "number"]
        indexes = [models.Index(fields=["date"], name="journal_lesson_date")]
        constraints = [
            models.UniqueConstraint(fields=["course", "date", "number"], name="journal_lesson_once"),
            models.CheckConstraint(condition=Q(number__range=(1, LAST_LESSON)), name="journal_lesson_number_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.course}, {self.date:%d.%m.%Y}, {self.number} урок"


class Homework(models.Model):
    """Homework given at a lesson."""

    lesson = models.ForeignKey(Lesson, models.PROTECT, verbose_name="урок", related_name="homework")
    text = models.TextField("задание", max_length=1000)
    due_on = models.DateField("к дате", null=True, blank=True)

    class Meta:
        verbose_name = "домашнее задание"
        verbose_name_plural = "домашние задания"
        ordering = ["lesson", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
