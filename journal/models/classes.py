"""Classes, their teachers, subjects, study groups, individual plans, courses."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.constraints import NoOverlap
from accounts.models import User
from journal.models.people import Enrolment, Pupil, Teacher
from journal.models.school import GRADE_LIMITS, AcademicYear


class SchoolClassQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> SchoolClassQuerySet:
        """The deputy sees every class, a class teacher the own one, everybody else none (their pages are of courses
        and children). The one home of this rule."""
        if user.sees_whole_school:
            return self
        return self.filter(pk__in=[school_class.pk for school_class in user.own_classes])

    def kept_by(self, user: User) -> SchoolClassQuerySet:
        """Classes whose people the user keeps: lists, cards, groups, movements; see `PupilQuerySet.kept_by`."""
        return self if user.keeps_all_people else self.visible_to(user)

    def of_day(self, day: date) -> SchoolClassQuerySet:
        """Classes of the school year that holds the day."""
        return self.filter(year__date_from__lte=day, year__date_to__gte=day)


class SchoolClass(models.Model):
    """A class of one school year: 7Б of 2026/27 is another row than 6Б of 2025/26."""

    year = models.ForeignKey(AcademicYear, models.PROTECT, verbose_name="учебный год", related_name="classes")
    grade = models.PositiveSmallIntegerField("параллель", validators=GRADE_LIMITS)
    letter = models.CharField("буква", max_length=3)

    objects = SchoolClassQuerySet.as_manager()

    class Meta:
        verbose_name = "класс"
        verbose_name_plural = "классы"
        ordering = ["-year__date_from", "grade", "letter"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "grade", "letter"],
                name="journal_class_once_a_year",
                violation_error_message="Такой класс в этом учебном году уже есть.",
            ),
            models.CheckConstraint(condition=Q(grade__range=(1, 11)), name="journal_grade_sane"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.grade}{self.letter}"


class ClassTeacherQuerySet(models.QuerySet):
    def active_on(self, day: date) -> ClassTeacherQuerySet:
        """Appointments in force on the day, with their classes."""
        return (
            self.filter(Q(date_to=None) | Q(date_to__gte=day), date_from__lte=day)
            .select_related("school_class__year__school")
            .order_by("school_class__grade", "school_class__letter")
        )


class ClassTeacher(models.Model):
    """Who leads the class, from when to when; an acting teacher stands beside the one on leave."""

    school_class = models.ForeignKey(SchoolClass, models.PROTECT, verbose_name="класс", related_name="class_teachers")
    teacher = models.ForeignKey(Teacher, models.PROTECT, verbose_name="учитель", related_name="class_teachings")
    date_from = models.DateField("с")
    date_to = models.DateField("по", null=True, blank=True)
    is_acting = models.BooleanField("замещает", default=False)

    objects = ClassTeacherQuerySet.as_manager()

    class Meta:
        verbose_name = "классный руководитель"
        verbose_name_plural = "классные руководители"
        ordering = ["school_class", "date_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(date_to=None) | Q(date_to__gte=F("date_from")),
                name="journal_class_teacher_dates_sane",
            ),
            NoOverlap(
                keys=["school_class", "is_acting"],
                name="journal_one_class_teacher",
                violation_error_message="В эти дни у класса уже есть классный руководитель.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school_class}: {self.teacher}"


class Subject(models.Model):
    """A school subject. «Разговоры о важном» and ОРКСЭ have lessons but no marks (domain.md §3)."""

    name = models.CharField("предмет", max_length=100, unique=True)
    short_name = models.CharField("кратко", max_length=12, blank=True)
    has_marks = models.BooleanField("с отметками", default=True)

    class Meta:
        verbose_name = "предмет"
        verbose_name_plural = "предметы"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def short(self) -> str:
        return self.short_name or self.name[:4].lower()


class StudyGroup(models.Model):
    """A part of a class, or of several classes, for one subject. All groups of a subject are its division."""

    year = models.ForeignKey(AcademicYear, models.PROTECT, verbose_name="учебный год", related_name="groups")
    subject = models.ForeignKey(Subject, models.PROTECT, verbose_name="предмет", related_name="groups")
    name = models.CharField("группа", max_length=40)
    classes = models.ManyToManyField(SchoolClass, verbose_name="классы", related_name="groups")
    closed_on = models.DateField(
        "закрыта с", null=True, blank=True, help_text="С этого дня в группе никто не учится; прошедшее остаётся"
    )

    class Meta:
        verbose_name = "учебная группа"
        verbose_name_plural = "учебные группы"
        ordering = ["subject__name", "name"]

    def __str__(self) -> str:
        return f"{self.subject}, {self.name}"

    def is_open(self, day: date) -> bool:
        return self.closed_on is None or day < self.closed_on


class GroupMembership(models.Model):
    """The pupil studies the subject in this group from a day to a day; at most one group of a subject a day."""

    group = models.ForeignKey(StudyGroup, models.PROTECT, verbose_name="группа", related_name="memberships")
    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="group_memberships")
    # The group's subject once more: the database can only hold «one group of a division» over own columns.
    subject = models.ForeignKey(Subject, models.PROTECT, verbose_name="предмет", editable=False, related_name="+")
    date_from = models.DateField("с")
    date_to = models.DateField("по", null=True, blank=True)

    class Meta:
        verbose_name = "участие в группе"
        verbose_name_plural = "участие в группах"
        ordering = ["group", "pupil__sort_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(date_to=None) | Q(date_to__gte=F("date_from")),
                name="journal_membership_dates_sane",
            ),
            NoOverlap(
                keys=["pupil", "subject"],
                name="journal_one_group_of_a_division",
                violation_error_message="В эти дни ученик уже состоит в другой группе этого предмета.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}: {self.group}"

    def save(self, *args, **kwargs) -> None:
        self.subject_id = self.group.subject_id
        super().save(*args, **kwargs)


class IndividualPlan(models.Model):
    """An individual plan (ИУП) or study at home: own courses replace the class's in their subjects."""

    class Kind(models.TextChoices):
        INDIVIDUAL = "individual", "индивидуальный учебный план"
        HOME = "home", "обучение на дому"

    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="plans")
    kind = models.CharField("вид", max_length=10, choices=Kind, default=Kind.INDIVIDUAL)
    order_number = models.CharField("приказ №", max_length=30, blank=True)
    order_date = models.DateField("дата приказа", null=True, blank=True)
    date_from = models.DateField("с")
    date_to = models.DateField("по", null=True, blank=True)

    class Meta:
        verbose_name = "индивидуальный план"
        verbose_name_plural = "индивидуальные планы"
        ordering = ["pupil", "date_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(date_to=None) | Q(date_to__gte=F("date_from")), name="journal_plan_dates_sane"
            ),
            NoOverlap(
                keys=["pupil"],
                name="journal_one_plan",
                violation_error_message="В эти дни у ученика уже есть индивидуальный план.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}: {self.get_kind_display()}"


class CourseQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> CourseQuerySet:
        """Courses of visible classes (and of their groups and plans), and those the user teaches."""
        if user.sees_whole_school:
            return self
        teacher = user.teacher_or_none
        taught = Q(teacher=teacher) if teacher else Q(pk__in=[])
        rows = self.filter(taught)
        for school_class in user.own_classes:
            pupils = Enrolment.objects.on_roll(timezone.localdate()).filter(school_class=school_class).values("pupil")
            rows |= self.filter(pk__in=Course.objects.of_class(school_class).values("pk"))
            rows |= self.filter(plan__in=IndividualPlan.objects.filter(pupil__in=pupils).values("pk"))
        return rows

    def of_class(self, school_class: SchoolClass) -> CourseQuerySet:
        """Courses of the whole class and of the groups it takes part in. Plans are read pupil by pupil."""
        groups = StudyGroup.classes.through.objects.filter(schoolclass=school_class).values("studygroup")
        return self.filter(Q(school_class=school_class) | Q(group__in=groups))

    def for_lists(self) -> CourseQuerySet:
        """With subject, group and teacher, in the order of every list."""
        return self.select_related("subject", "group", "teacher").order_by("subject__name", "group__name", "pk")

    def with_audience(self) -> CourseQuerySet:
        """With everything `Course.audience` and `Course.grades` need. One more query for the groups' classes."""
        return self.select_related("subject", "school_class", "group", "plan__pupil").prefetch_related("group__classes")


class Course(models.Model):
    """A subject taught by a teacher to a class, to a study group, or to one pupil by an individual plan."""

    subject = models.ForeignKey(Subject, models.PROTECT, verbose_name="предмет", related_name="courses")
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, verbose_name="класс", related_name="courses", null=True, blank=True
    )
    group = models.ForeignKey(
        StudyGroup, models.PROTECT, verbose_name="группа", related_name="courses", null=True, blank=True
    )
    plan = models.ForeignKey(
        IndividualPlan, models.PROTECT, verbose_name="план", related_name="courses", null=True, blank=True
    )
    teacher = models.ForeignKey(
        Teacher, models.PROTECT, verbose_name="учитель", related_name="courses", null=True, blank=True
    )
    hours_per_week = models.DecimalField("часов в неделю", max_digits=3, decimal_places=1, default=0)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = "курс"
        verbose_name_plural = "курсы"
        ordering = ["subject__name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(school_class__isnull=False, group=None, plan=None)
                | Q(school_class=None, group__isnull=False, plan=None)
                | Q(school_class=None, group=None, plan__isnull=False),
                name="journal_course_has_one_audience",
            ),
            models.UniqueConstraint(fields=["subject", "school_class"], name="journal_course_of_class_once"),
            models.UniqueConstraint(fields=["subject", "group"], name="journal_course_of_group_once"),
            models.UniqueConstraint(fields=["subject", "plan"], name="journal_course_of_plan_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """«Алгебра», «Информатика · 1 группа»; needs subject and group loaded."""
        return f"{self.subject.name} · {self.group.name}" if self.group_id and self.group else self.subject.name

    @property
    def grades(self) -> set[int]:
        """Grades of the classes that attend; none for a pupil's plan. Needs `with_audience`."""
        if self.school_class:
            return {self.school_class.grade}
        return {school_class.grade for school_class in self.group.classes.all()} if self.group else set()

    @property
    def audience(self) -> str:
        """«7Б», «7Б · 1 группа», «Иванов П. С.» (a plan). Needs `with_audience`."""
        if self.school_class:
            return self.school_class.name
        if self.group:
            return f"{', '.join(c.name for c in self.group.classes.all())} · {self.group.name}"
        return self.plan.pupil.short_name if self.plan else ""
