"""The operator's tool over the register. Marks are only looked at: their way in is the teacher's journal."""

from __future__ import annotations

import re

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.admin import KeptAdmin, OperatorAdmin, ReadOnlyAdmin, TracedMixin
from accounts.audit import record_event
from accounts.models import AuditEvent
from journal import crypto, models
from journal.text import normalise

_CLASS = re.compile(r"^\s*(\d{1,2})\s*[«\"]?\s*([а-яё]{0,3})", re.IGNORECASE)


class Rows(admin.TabularInline):
    extra = 0
    show_change_link = True


# --- School and calendar --------------------------------------------------------------------------


@admin.register(models.School)
class SchoolAdmin(KeptAdmin):
    list_display = ("name", "city", "director", "week_days")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not models.School.objects.exists()


class TermRows(Rows):
    model = models.Term


class VacationRows(Rows):
    model = models.Vacation


@admin.register(models.AcademicYear)
class AcademicYearAdmin(KeptAdmin):
    list_display = ("name", "date_from", "date_to", "is_approved")
    search_fields = ("name",)
    inlines = (TermRows, VacationRows)


@admin.register(models.DayOff)
class DayOffAdmin(OperatorAdmin):
    list_display = ("date", "name", "is_working", "timetable_weekday")
    list_filter = ("is_working",)
    date_hierarchy = "date"


@admin.register(models.BellPeriod)
class BellPeriodAdmin(OperatorAdmin):
    list_display = ("schedule", "number", "starts", "ends")
    list_filter = ("schedule",)


# --- People ---------------------------------------------------------------------------------------


@admin.register(models.Teacher)
class TeacherAdmin(KeptAdmin):
    list_display = ("full_name", "position", "user")
    list_select_related = ("user",)
    search_fields = ("sort_name",)
    autocomplete_fields = ("user",)


class PupilForm(forms.ModelForm):
    """СНИЛС is written here and never shown: an empty field leaves what is stored."""

    new_snils = forms.CharField(
        label="новый СНИЛС", required=False, max_length=20, help_text="Пусто: остаётся прежний. Хранится зашифрованным."
    )

    class Meta:
        model = models.Pupil
        fields = (
            "last_name", "first_name", "patronymic", "sex", "birth_date", "file_number",
            "admitted_on", "study_form", "address", "phone", "user",
        )  # fmt: skip

    def clean_new_snils(self) -> str:
        text = self.cleaned_data["new_snils"]
        if text and not crypto.snils_is_valid(text):
            raise ValidationError("Это не СНИЛС: нужны 11 цифр с верным контрольным числом.")
        digits = crypto.snils_digits(text)
        others = models.Pupil.objects.exclude(pk=self.instance.pk)
        if digits and others.filter(snils_digest=crypto.digest(digits)).exists():
            raise ValidationError("Такой СНИЛС уже записан у другого ученика.")
        return digits

    def save(self, commit: bool = True) -> models.Pupil:
        if digits := self.cleaned_data.get("new_snils"):
            self.instance.snils = digits
        return super().save(commit)


class GuardianshipRows(Rows):
    model = models.Guardianship
    autocomplete_fields = ("guardian",)


class EnrolmentRows(Rows):
    model = models.Enrolment
    autocomplete_fields = ("school_class",)


class MembershipRows(Rows):
    model = models.GroupMembership
    autocomplete_fields = ("group",)


class MovementRows(Rows):
    model = models.Movement
    autocomplete_fields = ("from_class", "to_class")


class PlanRows(Rows):
    model = models.IndividualPlan


@admin.register(models.Pupil)
class PupilAdmin(TracedMixin, KeptAdmin):
    """Opening a card is recorded, and so is what changed in it."""

    form = PupilForm
    list_display = ("full_name", "birth_date", "file_number", "study_form")
    list_filter = ("study_form", "sex")
    search_fields = ("sort_name",)
    search_help_text = "Фамилия, имя или отчество; ё и е, большие и малые буквы не различаются"
    readonly_fields = ("snils_masked",)
    autocomplete_fields = ("user",)
    inlines = (GuardianshipRows, EnrolmentRows, MembershipRows, PlanRows, MovementRows)
    fieldsets = (
        (None, {"fields": (("last_name", "first_name", "patronymic"), ("sex", "birth_date"))}),
        ("Документы", {"fields": (("snils_masked", "new_snils"), ("file_number", "admitted_on"), "study_form")}),
        ("Связь", {"fields": ("address", "phone", "user")}),
    )

    @admin.display(description="СНИЛС")
    def snils_masked(self, pupil: models.Pupil) -> str:
        return pupil.snils_masked or "не указан"

    def pupil_ids_of(self, row: models.Pupil) -> list[int]:
        return [row.pk]

    def save_model(self, request: HttpRequest, obj: models.Pupil, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        # What a СНИЛС was or became stays out of the trail; that it changed does not.
        old = {name: str(form.initial.get(name) or "") for name in form.changed_data if name != "new_snils"}
        new = {name: str(form.cleaned_data[name] or "") for name in form.changed_data if name != "new_snils"}
        if "new_snils" in form.changed_data:
            old, new = {**old, "snils": ""}, {**new, "snils": obj.snils_masked}
        record_event(
            AuditEvent.Action.CHANGE,
            "ученик (администрирование)",
            by=request.user,
            request=request,
            pupil_id=obj.pk,
            object_type="pupil",
            object_id=obj.pk,
            old=old if change else None,
            new=new,
        )


@admin.register(models.Guardian)
class GuardianAdmin(TracedMixin, KeptAdmin):
    list_display = ("full_name", "phone_mobile", "email", "user")
    list_select_related = ("user",)
    search_fields = ("sort_name",)
    autocomplete_fields = ("user",)

    def pupil_ids_of(self, row: models.Guardian) -> list[int]:
        return list(row.guardianships.values_list("pupil_id", flat=True))


@admin.register(models.Movement)
class MovementAdmin(TracedMixin, KeptAdmin):
    list_display = ("pupil", "kind", "effective_on", "from_class", "to_class", "order_number")
    list_filter = ("kind",)
    list_select_related = ("pupil", "from_class", "to_class")
    search_fields = ("pupil__sort_name", "order_number")
    autocomplete_fields = ("pupil", "from_class", "to_class")
    date_hierarchy = "effective_on"


# --- Classes, groups, courses ---------------------------------------------------------------------


class ClassTeacherRows(Rows):
    model = models.ClassTeacher
    autocomplete_fields = ("teacher",)


@admin.register(models.SchoolClass)
class SchoolClassAdmin(KeptAdmin):
    list_display = ("name", "year")
    list_filter = ("year", "grade")
    list_select_related = ("year",)
    search_fields = ("letter",)
    search_help_text = "«7Б», «7» или «Б»"
    inlines = (ClassTeacherRows,)

    @admin.display(description="класс", ordering="grade")
    def name(self, school_class: models.SchoolClass) -> str:
        return school_class.name

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        if match := _CLASS.match(search_term):
            grade, letter = match.groups()
            found = queryset.filter(grade=int(grade))
            return (found.filter(letter=letter.upper()) if letter else found), False
        # Letters are stored large, and SQLite folds no Cyrillic case.
        return queryset.filter(letter__contains=search_term.strip().upper()), False


@admin.register(models.Subject)
class SubjectAdmin(OperatorAdmin):
    list_display = ("name", "short_name", "has_marks")
    list_filter = ("has_marks",)
    search_fields = ("name",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        # A few dozen names: compared in Python, where Cyrillic case can be folded.
        word = normalise(search_term)
        ids = [pk for pk, name in queryset.values_list("pk", "name") if word in normalise(name)]
        return queryset.filter(pk__in=ids), False


class GroupMemberRows(Rows):
    model = models.GroupMembership
    autocomplete_fields = ("pupil",)


@admin.register(models.StudyGroup)
class StudyGroupAdmin(KeptAdmin):
    list_display = ("subject", "name", "class_names", "year")
    list_filter = ("year", "subject")
    list_select_related = ("subject", "year")
    search_fields = ("name", "subject__name")
    autocomplete_fields = ("classes", "subject")
    inlines = (GroupMemberRows,)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("classes")

    @admin.display(description="классы")
    def class_names(self, group: models.StudyGroup) -> str:
        return ", ".join(school_class.name for school_class in group.classes.all())


class PlanCourseRows(Rows):
    model = models.Course
    fields = ("subject", "teacher", "hours_per_week")
    autocomplete_fields = ("subject", "teacher")


@admin.register(models.IndividualPlan)
class IndividualPlanAdmin(TracedMixin, KeptAdmin):
    list_display = ("pupil", "kind", "date_from", "date_to", "order_number")
    list_filter = ("kind",)
    list_select_related = ("pupil",)
    search_fields = ("pupil__sort_name",)
    autocomplete_fields = ("pupil",)
    inlines = (PlanCourseRows,)


class SlotRows(Rows):
    model = models.TimetableSlot


@admin.register(models.Course)
class CourseAdmin(KeptAdmin):
    list_display = ("subject", "audience", "teacher", "hours_per_week")
    list_select_related = ("subject", "school_class", "group__subject", "plan__pupil", "teacher")
    list_filter = ("subject",)
    search_fields = ("teacher__sort_name",)
    search_help_text = "Имя учителя"
    autocomplete_fields = ("subject", "school_class", "group", "plan", "teacher")
    inlines = (SlotRows,)

    @admin.display(description="кому")
    def audience(self, course: models.Course) -> str:
        return str(course.school_class or course.group or course.plan)


# --- Lessons and marks ----------------------------------------------------------------------------


class HomeworkRows(Rows):
    model = models.Homework


@admin.register(models.Lesson)
class LessonAdmin(KeptAdmin):
    list_display = ("date", "number", "course", "topic", "substitute", "is_cancelled")
    list_filter = ("is_cancelled",)
    list_select_related = ("course__subject", "course__group", "substitute")
    search_fields = ("course__teacher__sort_name", "substitute__sort_name")
    search_help_text = "Имя учителя курса или замены"
    autocomplete_fields = ("course", "substitute")
    date_hierarchy = "date"
    inlines = (HomeworkRows,)


@admin.register(models.ControlWork)
class ControlWorkAdmin(OperatorAdmin):
    list_display = ("date", "course", "title", "level")
    list_filter = ("level",)
    list_select_related = ("course__subject", "course__group")
    autocomplete_fields = ("course",)
    date_hierarchy = "date"


@admin.register(models.WorkKind)
class WorkKindAdmin(KeptAdmin):
    list_display = ("name", "short_name", "weight", "is_control", "is_default")


@admin.register(models.Mark)
class MarkAdmin(TracedMixin, ReadOnlyAdmin):
    """Every edit of a mark keeps who, when, old and new; an edit here would not (domain.md §3)."""

    list_display = ("pupil", "value", "subject", "date", "kind", "set_by", "set_at")
    list_filter = ("value", "kind")
    list_select_related = ("pupil", "lesson__course__subject", "lesson__course__group", "kind", "set_by")
    search_fields = ("pupil__sort_name",)
    ordering = ("-pk",)

    @admin.display(description="предмет")
    def subject(self, mark: models.Mark) -> str:
        return mark.lesson.course.title

    @admin.display(description="дата", ordering="lesson__date")
    def date(self, mark: models.Mark) -> str:
        return f"{mark.lesson.date:%d.%m.%Y}"


@admin.register(models.PeriodMark)
class PeriodMarkAdmin(MarkAdmin):
    list_display = ("pupil", "subject", "kind", "term", "value", "set_by", "set_at")
    list_filter = ("kind", "value")
    list_select_related = ("pupil", "subject", "term", "set_by")

    @admin.display(description="предмет")
    def subject(self, mark: Model) -> str:
        return str(mark.subject)


@admin.register(models.Recommendation)
class RecommendationAdmin(TracedMixin, ReadOnlyAdmin):
    list_display = ("date", "pupil", "subject", "teacher")
    list_select_related = ("pupil", "subject", "teacher")
    search_fields = ("pupil__sort_name", "teacher__sort_name")
    date_hierarchy = "date"
