"""Marks, period marks, control works, recommendations. A class teacher only reads them (domain.md §3)."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from journal.models.classes import Course, Subject
from journal.models.people import Pupil, Teacher
from journal.models.school import AcademicYear, Term
from journal.models.timetable import Lesson


class WorkKind(models.Model):
    """What a mark was given for; its weight counts in the weighted mean."""

    name = models.CharField("вид работы", max_length=60, unique=True)
    short_name = models.CharField("кратко", max_length=12)
    weight = models.DecimalField(
        "вес", max_digits=3, decimal_places=1, default=1, validators=[MinValueValidator(Decimal("0.1"))]
    )
    is_control = models.BooleanField("контрольная", default=False, help_text="Столбец выделен в журнале")
    is_default = models.BooleanField("по умолчанию", default=False)

    class Meta:
        verbose_name = "вид работы"
        verbose_name_plural = "виды работ"
        ordering = ["-weight", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(weight__gt=0), name="journal_weight_positive"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="journal_one_default_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MarkValue(models.TextChoices):
    """What may stand in a cell of the journal."""

    FIVE = "5", "5"
    FOUR = "4", "4"
    THREE = "3", "3"
    TWO = "2", "2"
    ONE = "1", "1"
    NOT_ATTESTED = "н/а", "не аттестован"
    EXEMPT = "осв", "освобождён"
    PASS = "зач", "зачёт"
    FAIL = "незач", "незачёт"
    OWED = ".", "долг: отметки ещё нет"


NUMERIC_VALUES = ("5", "4", "3", "2", "1")


class Mark(models.Model):
    """One mark for one work at a lesson. Two marks in a cell («4/5») are two rows with positions 1 and 2."""

    lesson = models.ForeignKey(Lesson, models.PROTECT, verbose_name="урок", related_name="marks")
    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="marks")
    position = models.PositiveSmallIntegerField("место в клетке", default=1)
    value = models.CharField("отметка", max_length=5, choices=MarkValue)
    kind = models.ForeignKey(WorkKind, models.PROTECT, verbose_name="вид работы", related_name="marks")
    comment = models.CharField("комментарий", max_length=300, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="кто поставил",
        related_name="+",
        null=True,
        blank=True,
    )
    set_at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "отметка"
        verbose_name_plural = "отметки"
        ordering = ["lesson", "pupil", "position"]
        indexes = [models.Index(fields=["pupil", "lesson"], name="journal_mark_pupil")]
        constraints = [
            models.UniqueConstraint(fields=["lesson", "pupil", "position"], name="journal_mark_place_once"),
            models.CheckConstraint(condition=Q(value__in=MarkValue.values), name="journal_mark_value_known"),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}: {self.value}"


class PeriodMark(models.Model):
    """A mark for a term, or for the year, the exam, the final one."""

    class Kind(models.TextChoices):
        TERM = "term", "за период"
        YEAR = "year", "годовая"
        EXAM = "exam", "экзамен"
        FINAL = "final", "итоговая"

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="period_marks")
    subject = models.ForeignKey(Subject, models.PROTECT, verbose_name="предмет", related_name="period_marks")
    year = models.ForeignKey(AcademicYear, models.PROTECT, verbose_name="учебный год", related_name="+")
    kind = models.CharField("вид", max_length=5, choices=Kind, default=Kind.TERM)
    term = models.ForeignKey(
        Term, models.PROTECT, verbose_name="период", related_name="period_marks", null=True, blank=True
    )
    value = models.CharField("отметка", max_length=5, choices=MarkValue)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="кто поставил",
        related_name="+",
        null=True,
        blank=True,
    )
    set_at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "отметка за период"
        verbose_name_plural = "отметки за периоды"
        ordering = ["pupil", "subject", "term"]
        # For the pupils of a class in a subject, and in a term: the rows of other years and classes stay unread.
        indexes = [
            models.Index(fields=["subject", "year", "pupil"], name="journal_period_mark_subject"),
            models.Index(fields=["term", "pupil"], name="journal_period_mark_term"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil", "subject", "term"], condition=Q(kind="term"), name="journal_period_mark_once"
            ),
            models.UniqueConstraint(
                fields=["pupil", "subject", "year", "kind"],
                condition=~Q(kind="term"),
                name="journal_year_mark_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="term", term__isnull=False) | (~Q(kind="term") & Q(term=None)),
                name="journal_period_mark_has_its_term",
            ),
            models.CheckConstraint(
                condition=Q(value__in=[v for v in MarkValue.values if v != "."]),
                name="journal_period_value_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}, {self.subject}: {self.value}"


class ControlWork(models.Model):
    """A control work in the school's one schedule of assessments (domain.md §7)."""

    class Level(models.TextChoices):
        SCHOOL = "school", "школьная"
        REGIONAL = "regional", "региональная"
        FEDERAL = "federal", "федеральная (ВПР)"

    course = models.ForeignKey(Course, models.PROTECT, verbose_name="курс", related_name="control_works")
    date = models.DateField("дата", db_index=True)
    title = models.CharField("название", max_length=200)
    level = models.CharField("уровень", max_length=8, choices=Level, default=Level.SCHOOL)
    approved_reason = models.CharField("согласовано завучем, причина", max_length=300, blank=True)

    class Meta:
        verbose_name = "контрольная работа"
        verbose_name_plural = "контрольные работы"
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["course", "date"], name="journal_control_work_once_a_day")]

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y} {self.title}"


class Recommendation(models.Model):
    """A teacher's advice to one pupil; the family reads it."""

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="recommendations")
    subject = models.ForeignKey(Subject, models.PROTECT, verbose_name="предмет", related_name="+")
    teacher = models.ForeignKey(Teacher, models.PROTECT, verbose_name="учитель", related_name="recommendations")
    date = models.DateField("дата")
    text = models.TextField("рекомендация", max_length=5000)

    class Meta:
        verbose_name = "рекомендация"
        verbose_name_plural = "рекомендации"
        ordering = ["-date"]

    def __str__(self) -> str:
        return self.text[:60]
