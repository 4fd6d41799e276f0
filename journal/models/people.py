"""Teachers, pupils, who is on which roll. Names are stored as written and once more folded, for search and order."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.utils import timezone

from accounts.constraints import NoOverlap
from accounts.models import User
from accounts.prepared import Param, Prepared
from journal import crypto
from journal.text import initials, normalise


class Sex(models.TextChoices):
    MALE = "m", "мужской"
    FEMALE = "f", "женский"


class Person(models.Model):
    """Surname, name and, where there is one, patronymic."""

    last_name = models.CharField("фамилия", max_length=150)
    first_name = models.CharField("имя", max_length=150)
    patronymic = models.CharField("отчество", max_length=150, blank=True)
    sort_name = models.CharField("имя для поиска", max_length=460, editable=False, db_index=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args, **kwargs) -> None:
        self.sort_name = normalise(self.full_name)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "sort_name"}
        super().save(*args, **kwargs)

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, [self.last_name, self.first_name, self.patronymic]))

    @property
    def short_name(self) -> str:
        return initials(self.last_name, self.first_name, self.patronymic)

    @property
    def list_name(self) -> str:
        """«Орлова Мария», as class lists have it."""
        return f"{self.last_name} {self.first_name}"


class NamedInCases(Person):
    """A person whose name stands in papers in other cases, too; an empty one is put together by itself."""

    name_genitive = models.CharField("ФИО в родительном падеже", max_length=460, blank=True)
    name_dative = models.CharField("ФИО в дательном падеже", max_length=460, blank=True)

    class Meta(Person.Meta):
        abstract = True


class Teacher(Person):
    """A member of staff who teaches or leads a class."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="логин", related_name="teacher", null=True, blank=True
    )
    position = models.CharField("должность", max_length=150, blank=True)
    email = models.EmailField("e-mail", blank=True)

    class Meta:
        verbose_name = "учитель"
        verbose_name_plural = "учителя"
        ordering = ["sort_name"]

    @classmethod
    def teaching_of(cls, user: User) -> tuple[Teacher | None, list]:
        """The user as a teacher, and the classes led (also acting) today with their year and school; one query."""
        found = _teaching(user_id=user.pk, today=timezone.localdate())
        led = [row for row in found if getattr(row, "in_charge", None)]
        for row in led:
            row.in_charge.school_class.has_questions = row.has_questions
        return (found[0] if found else None), [row.in_charge.school_class for row in led]


def _teaching_rows() -> models.QuerySet:
    user: Any = Param("user_id", models.BigIntegerField())
    today: Any = Param("today", models.DateField())
    in_force = Q(class_teachings__date_from__lte=today) & (
        Q(class_teachings__date_to=None) | Q(class_teachings__date_to__gte=today)
    )
    # Has an import left questions about those on the roll? A tab of «Класс», which must cost no query.
    here = Enrolment.objects.on_roll(today).filter(school_class=OuterRef("in_charge__school_class"))
    rows: Any = (
        Teacher.objects.filter(user=user)
        .annotate(in_charge=FilteredRelation("class_teachings", condition=in_force))
        .select_related("in_charge__school_class__year__school")  # type: ignore[misc]
        .annotate(has_questions=Exists(here.filter(pupil__import_questions__answer="")))
        .order_by("in_charge__school_class__grade", "in_charge__school_class__letter")
    )
    return rows


_teaching = Prepared(_teaching_rows)


class PupilQuerySet(models.QuerySet["Pupil"]):
    def visible_to(self, user: User) -> PupilQuerySet:
        """Pupils whose personal pages the user may open: the own class's of today, own children, oneself.

        A class teacher keeps a pupil who left in the class's tables, not the card.
        """
        if user.sees_whole_school:
            return self
        today = timezone.localdate()
        # One OR over joins would scan the school; pks of the few classes and children keep it on indexes.
        classes = [school_class.pk for school_class in user.own_classes]
        children = [child.pk for child in user.own_children]
        enrolled = Enrolment.objects.on_roll(today).filter(school_class__in=classes).values("pupil")
        return self.filter(Q(pk__in=children) | Q(pk__in=enrolled))

    def kept_by(self, user: User) -> PupilQuerySet:
        """Pupils whose personal data the user keeps: everybody's, or those of the own class of today.

        Narrower than `visible_to` for a family, which reads its child's pages but keeps no card; wider for the
        operator, who keeps cards but reads no marks.
        """
        if user.keeps_all_people:
            return self
        today = timezone.localdate()
        classes = [school_class.pk for school_class in user.own_classes]
        return self.filter(pk__in=Enrolment.objects.on_roll(today).filter(school_class__in=classes).values("pupil"))

    def search(self, text: str) -> PupilQuerySet:
        """Every word must begin a part of the name; case and ё/е do not matter."""
        rows = self
        for word in normalise(text).split():
            rows = rows.filter(Q(sort_name__startswith=word) | Q(sort_name__contains=f" {word}"))
        return rows


class Pupil(NamedInCases):
    """A child who studies, studied or is admitted here. Never deleted: movements tell where the child went."""

    class StudyForm(models.TextChoices):
        FULL_TIME = "full_time", "очная"
        PART_TIME = "part_time", "очно-заочная"
        HOME = "home", "на дому"
        FAMILY = "family", "семейное образование"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="логин", related_name="pupil", null=True, blank=True
    )
    sex = models.CharField("пол", max_length=1, choices=Sex)
    birth_date = models.DateField("дата рождения")
    snils_encrypted = models.TextField("СНИЛС (зашифрован)", blank=True, editable=False)
    snils_digest = models.CharField("СНИЛС (отпечаток)", max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001
    file_number = models.CharField("личное дело №", max_length=30, blank=True)
    admitted_on = models.DateField("дата приёма", null=True, blank=True)
    address = models.CharField("адрес", max_length=300, blank=True)
    phone = models.CharField("телефон", max_length=30, blank=True)
    study_form = models.CharField("форма обучения", max_length=10, choices=StudyForm, default=StudyForm.FULL_TIME)

    objects = PupilQuerySet.as_manager()

    class Meta:
        verbose_name = "ученик"
        verbose_name_plural = "ученики"
        ordering = ["sort_name"]
        indexes = [models.Index(fields=["birth_date"], name="journal_pupil_birth_date")]
        constraints = [
            # NULL where there is no СНИЛС: many pupils may have none.
            models.UniqueConstraint(fields=["snils_digest"], name="journal_snils_once"),
        ]

    @classmethod
    def family_of(cls, user: User) -> list[Pupil]:
        """Children whose guardian the user is, and the user's own row; one query."""
        return _family(user_id=user.pk)

    @property
    def snils(self) -> str:
        """Eleven digits, or an empty string."""
        return crypto.decrypt(self.snils_encrypted) if self.snils_encrypted else ""

    @snils.setter
    def snils(self, text: str) -> None:
        digits = crypto.snils_digits(text)
        self.snils_encrypted = crypto.encrypt(digits) if digits else ""
        self.snils_digest = crypto.digest(digits) if digits else None

    @property
    def snils_masked(self) -> str:
        return crypto.masked(self.snils)


def _family_rows() -> models.QuerySet:
    user: Any = Param("user_id", models.BigIntegerField())
    ties: Any = Pupil._meta.get_field("guardianships").related_model  # stands in a module above this one
    children = ties.objects.current().filter(guardian__user=user).values("pupil")
    return Pupil.objects.filter(Q(pk__in=children) | Q(user=user))


_family = Prepared(_family_rows)


class SensitiveData(models.Model):
    """The block that only a separately permitted person sees, where the school keeps it at all (domain.md §6)."""

    class HealthGroup(models.TextChoices):
        FIRST = "1", "I"
        SECOND = "2", "II"
        THIRD = "3", "III"
        FOURTH = "4", "IV"
        FIFTH = "5", "V"

    class PEGroup(models.TextChoices):
        MAIN = "main", "основная"
        PREPARATORY = "preparatory", "подготовительная"
        SPECIAL = "special", "специальная"
        EXEMPT = "exempt", "освобождён"

    pupil = models.OneToOneField(Pupil, models.PROTECT, verbose_name="ученик", related_name="sensitive")
    health_group = models.CharField("группа здоровья", max_length=1, choices=HealthGroup, blank=True)
    pe_group = models.CharField("физкультурная группа", max_length=11, choices=PEGroup, blank=True)
    social_status = models.CharField("социальный статус", max_length=200, blank=True)

    class Meta:
        verbose_name = "особые сведения"
        verbose_name_plural = "особые сведения"

    def __str__(self) -> str:
        return f"{self.pupil}: особые сведения"


class EnrolmentQuerySet(models.QuerySet):
    def on_roll(self, day: date | models.OuterRef) -> EnrolmentQuerySet:
        return self.overlapping(day, day)

    def overlapping(self, start: date | models.OuterRef, end: date | models.OuterRef) -> EnrolmentQuerySet:
        """Enrolments that cover at least one day of start..end."""
        return self.filter(Q(date_to=None) | Q(date_to__gte=start), date_from__lte=end)


class Enrolment(models.Model):
    """The pupil is on the roll of a class from a day to a day (both included)."""

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="enrolments")
    school_class = models.ForeignKey(
        "journal.SchoolClass", models.PROTECT, verbose_name="класс", related_name="enrolments"
    )
    date_from = models.DateField("с")
    date_to = models.DateField("по", null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = "зачисление в класс"
        verbose_name_plural = "зачисления в классы"
        ordering = ["date_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(date_to=None) | Q(date_to__gte=F("date_from")),
                name="journal_enrolment_ends_after_start",
            ),
            NoOverlap(
                keys=["pupil"],
                name="journal_pupil_in_one_class",
                violation_error_message="В эти дни ученик уже числится в другом классе.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}, {self.school_class}"


class Movement(models.Model):
    """An order that moved a pupil (domain.md §6)."""

    class Kind(models.TextChoices):
        ARRIVAL = "arrival", "зачисление"
        DEPARTURE = "departure", "выбытие"
        CLASS_CHANGE = "class_change", "перевод в другой класс"
        PROMOTION = "promotion", "перевод на следующий год"
        CONDITIONAL = "conditional", "условный перевод"
        REPEAT = "repeat", "повторный год"
        GRADUATION = "graduation", "выпуск"

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="movements")
    kind = models.CharField("вид", max_length=12, choices=Kind)
    order_number = models.CharField("приказ №", max_length=30, blank=True)
    order_date = models.DateField("дата приказа", null=True, blank=True)
    effective_on = models.DateField("действует с")
    from_class = models.ForeignKey(
        "journal.SchoolClass",
        models.PROTECT,
        verbose_name="из класса",
        related_name="+",
        null=True,
        blank=True,
    )
    to_class = models.ForeignKey(
        "journal.SchoolClass", models.PROTECT, verbose_name="в класс", related_name="+", null=True, blank=True
    )
    place = models.CharField("откуда или куда", max_length=200, blank=True)
    note = models.CharField("примечание", max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто внёс", related_name="+", null=True, blank=True
    )
    recorded_at = models.DateTimeField("когда внесено", default=timezone.now, editable=False)
    transfer = models.ForeignKey(
        "journal.YearTransfer",
        models.PROTECT,
        verbose_name="перевод года",
        related_name="movements",
        null=True,
        blank=True,
        editable=False,
    )
    undo = models.JSONField(
        "для отмены", default=dict, blank=True, editable=False, help_text="Пусто: внесено импортом или переводом года"
    )

    class Meta:
        verbose_name = "движение"
        verbose_name_plural = "движение учеников"
        ordering = ["-effective_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["pupil", "kind", "effective_on"], name="journal_movement_once_a_day"),
            models.CheckConstraint(
                condition=Q(from_class=None) | Q(to_class=None) | ~Q(from_class=F("to_class")),
                name="journal_movement_between_two_classes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}: {self.get_kind_display()} {self.effective_on:%d.%m.%Y}"
