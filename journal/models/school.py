"""The school, its settings and its calendar. What domain.md calls a setting is a field here."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

GRADE_LIMITS = [MinValueValidator(1), MaxValueValidator(11)]


class Scheme(models.TextChoices):
    """How a year is cut into periods with marks (domain.md §3)."""

    QUARTER = "quarter", "четверти"
    TRIMESTER = "trimester", "триместры"
    HALF_YEAR = "half_year", "полугодия"


class School(models.Model):
    """The one school of this installation (a row with pk 1)."""

    class MissedDayRule(models.TextChoices):
        ALL_LESSONS = "all_lessons", "пропущены все свои уроки"
        THREE_OR_MORE = "three_or_more", "пропущено три урока и больше"

    name = models.CharField("название", max_length=200, default="Гимназия № 24")
    full_name = models.CharField("полное название", max_length=300, blank=True)
    city = models.CharField("город", max_length=100, default="Ставрополь")
    director = models.CharField("директор", max_length=150, blank=True)
    badge = models.CharField("знак в шапке", max_length=4, default="24")
    is_demo = models.BooleanField("учебная школа", default=False, editable=False)

    week_days = models.PositiveSmallIntegerField(
        "учебных дней в неделе", default=5, choices=[(5, "пятидневка"), (6, "шестидневка")]
    )
    scheme_main = models.CharField("периоды 1–9 классов", max_length=10, choices=Scheme, default=Scheme.QUARTER)
    scheme_senior = models.CharField("периоды 10–11 классов", max_length=10, choices=Scheme, default=Scheme.HALF_YEAR)

    missed_day_rule = models.CharField(
        "пропущенный день", max_length=15, choices=MissedDayRule, default=MissedDayRule.ALL_LESSONS
    )
    threshold_5 = models.DecimalField("«5» от", max_digits=3, decimal_places=2, default=Decimal("4.50"))
    threshold_4 = models.DecimalField("«4» от", max_digits=3, decimal_places=2, default=Decimal("3.50"))
    threshold_3 = models.DecimalField("«3» от", max_digits=3, decimal_places=2, default=Decimal("2.50"))
    disputed_margin = models.DecimalField("спорная: ближе чем", max_digits=3, decimal_places=2, default=Decimal("0.15"))
    few_marks_term = models.PositiveSmallIntegerField("мало отметок в четверти: меньше", default=3)
    few_marks_half_year = models.PositiveSmallIntegerField("мало отметок в полугодии: меньше", default=5)

    roll_call_until = models.TimeField("перекличка до", default=time(9, 0))
    remind_by_email = models.BooleanField(
        "напоминать о перекличке письмом", default=True, help_text="Кроме напоминания в программе"
    )
    quarantine_percent = models.PositiveSmallIntegerField("порог болеющих в классе, %", default=20)
    extract_every_days = models.PositiveSmallIntegerField("выписка каждые, дней", default=7)

    control_gap_days = models.PositiveSmallIntegerField("между контрольными по предмету, дней", default=17)
    group_size_warning = models.PositiveSmallIntegerField("предупреждать о группе больше чем, учеников", default=15)
    sensitive_block = models.BooleanField(
        "вести особые сведения", default=False, help_text="Группа здоровья, физкультурная группа, социальный статус"
    )
    one_time_password_days = models.PositiveSmallIntegerField("одноразовый пароль действует, дней", default=14)
    keep_journals_years = models.PositiveSmallIntegerField("хранить журналы, лет", default=5)
    keep_summaries_years = models.PositiveSmallIntegerField("хранить сводные ведомости, лет", default=25)
    keep_cards_years = models.PositiveSmallIntegerField("хранить карточки выбывших, лет", default=3)
    keep_audit_years = models.PositiveSmallIntegerField("хранить журнал доступа, лет", default=5)

    class Meta:
        verbose_name = "школа"
        verbose_name_plural = "школа"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="journal_one_school"),
            models.CheckConstraint(
                condition=Q(threshold_5__gt=F("threshold_4")) & Q(threshold_4__gt=F("threshold_3")),
                name="journal_thresholds_descend",
                violation_error_message=(
                    "Пороги должны убывать: для «5» больше, чем для «4», для «4» больше, чем для «3»."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def load(cls) -> School:
        """The school's row, or the defaults where nothing is stored yet. One query; callers pass it on."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def scheme_for(self, grade: int) -> str:
        return self.scheme_senior if grade >= 10 else self.scheme_main


class SchoolLogo(models.Model):
    """The sign that stands on the school's papers, apart from the settings that every page reads."""

    school = models.OneToOneField(School, models.CASCADE, verbose_name="школа", related_name="logo", primary_key=True)
    picture = models.BinaryField("картинка, PNG")

    class Meta:
        verbose_name = "знак школы"
        verbose_name_plural = "знак школы"

    def __str__(self) -> str:
        return "знак школы"


class AcademicYear(models.Model):
    """A school year, «2026/27»."""

    # The settings travel with the year: whoever has read a class with its year needs no query for them.
    school = models.ForeignKey(School, models.PROTECT, verbose_name="школа", related_name="years", default=1)
    name = models.CharField("учебный год", max_length=7, unique=True)
    date_from = models.DateField("начало")
    date_to = models.DateField("конец")
    is_approved = models.BooleanField("календарь утверждён", default=False, help_text="Иначе он помечен «проект»")

    class Meta:
        verbose_name = "учебный год"
        verbose_name_plural = "учебные годы"
        ordering = ["-date_from"]
        constraints = [
            models.CheckConstraint(condition=Q(date_to__gt=F("date_from")), name="journal_year_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def roll_ends_on(self) -> date:
        """The last day on which its classes keep their pupils: summer belongs to the year that has ended."""
        return date(self.date_to.year, 8, 31)


class Term(models.Model):
    """A period with marks: quarter, trimester or half-year."""

    year = models.ForeignKey(AcademicYear, models.PROTECT, verbose_name="учебный год", related_name="terms")
    scheme = models.CharField("деление года", max_length=10, choices=Scheme)
    number = models.PositiveSmallIntegerField("номер")
    date_from = models.DateField("начало")
    date_to = models.DateField("конец")
    is_closed = models.BooleanField("закрыт", default=False, help_text="После закрытия отметки меняет только завуч")

    NAMES = {Scheme.QUARTER: "четверть", Scheme.TRIMESTER: "триместр", Scheme.HALF_YEAR: "полугодие"}
    ROMAN = ["", "I", "II", "III", "IV"]

    class Meta:
        verbose_name = "учебный период"
        verbose_name_plural = "учебные периоды"
        ordering = ["date_from", "number"]
        constraints = [
            models.UniqueConstraint(fields=["year", "scheme", "number"], name="journal_term_once"),
            models.CheckConstraint(condition=Q(date_to__gte=F("date_from")), name="journal_term_ends_after_start"),
            models.CheckConstraint(condition=Q(number__range=(1, 4)), name="journal_term_number_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.roman} {self.NAMES[Scheme(self.scheme)]}"

    @property
    def roman(self) -> str:
        return self.ROMAN[self.number]


class Vacation(models.Model):
    """Vacations, both days included; some are for some grades only (grade 1 rests in February)."""

    year = models.ForeignKey(AcademicYear, models.PROTECT, verbose_name="учебный год", related_name="vacations")
    name = models.CharField("каникулы", max_length=60)
    date_from = models.DateField("с")
    date_to = models.DateField("по")
    grade_from = models.PositiveSmallIntegerField("с класса", default=1, validators=GRADE_LIMITS)
    grade_to = models.PositiveSmallIntegerField("по класс", default=11, validators=GRADE_LIMITS)

    class Meta:
        verbose_name = "каникулы"
        verbose_name_plural = "каникулы"
        ordering = ["date_from"]
        constraints = [
            models.CheckConstraint(condition=Q(date_to__gte=F("date_from")), name="journal_vacation_ends_after_start"),
            models.CheckConstraint(condition=Q(grade_to__gte=F("grade_from")), name="journal_vacation_grades_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.date_from:%d.%m.%Y}–{self.date_to:%d.%m.%Y}"


class DayOff(models.Model):
    """An exception of the calendar: a public holiday, the school's own day off, or a working day on a weekend."""

    date = models.DateField("дата", unique=True)
    name = models.CharField("название", max_length=100)
    is_working = models.BooleanField("рабочий день", default=False, help_text="Перенос: учатся, хотя день выходной")
    timetable_weekday = models.PositiveSmallIntegerField(
        "по расписанию дня недели", null=True, blank=True, help_text="1 понедельник … 6 суббота; для переноса"
    )

    class Meta:
        verbose_name = "особый день"
        verbose_name_plural = "особые дни"
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y} {self.name}"


class BellPeriod(models.Model):
    """When lesson `number` begins and ends in a bell schedule."""

    schedule = models.CharField("расписание звонков", max_length=40, default="основное")
    number = models.PositiveSmallIntegerField("урок")
    starts = models.TimeField("начало")
    ends = models.TimeField("конец")

    class Meta:
        verbose_name = "звонок"
        verbose_name_plural = "расписание звонков"
        ordering = ["schedule", "number"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "number"], name="journal_bell_once"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="journal_bell_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.number} урок {self.starts:%H:%M}–{self.ends:%H:%M}"
