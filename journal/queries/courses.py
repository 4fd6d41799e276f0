"""Lists of courses: what the journal of a class is made of, and what a teacher teaches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, DateField, F, Q, QuerySet, Subquery

from accounts.models import User
from accounts.prepared import Param, Prepared
from journal.means import grade_has_marks
from journal.models import AcademicYear, Course, IndividualPlan, SchoolClass, StudyGroup, Subject
from journal.text import normalise


def courses_of_class(school_class: SchoolClass) -> list[Course]:
    """Courses of the class, of its groups and of its pupils' plans, in the order of the picker. One query.

    A plan made after the pupil had left is known to the new class only.
    """
    year = school_class.year
    return _in_order(_of_class(class_id=school_class.pk, start=year.date_from, end=year.date_to))


def _of_class_rows() -> QuerySet[Course]:
    class_id: Any = Param("class_id", BigIntegerField())
    plans = IndividualPlan.objects.filter(
        Q(date_to=None) | Q(date_to__gte=Param("start", DateField())),
        Q(pupil__enrolments__date_to=None) | Q(pupil__enrolments__date_to__gte=F("date_from")),
        date_from__lte=Param("end", DateField()),
        pupil__enrolments__school_class=class_id,
    ).values("pk")
    rows = Course.objects.of_class(class_id) | Course.objects.filter(plan__in=plans)
    return rows.for_lists().select_related("plan__pupil")


_of_class = Prepared(_of_class_rows)


def courses_of_teacher(user: User, today: date) -> list[Course]:
    """Courses the user teaches in the school year of the day (in summer: of the year that has ended). Two queries."""
    years = AcademicYear.objects.filter(date_from__lte=today).order_by("-date_from")
    newest = Subquery(years.values("pk")[:1])
    rows = Course.objects.filter(
        Q(school_class__year=newest)
        | Q(group__year=newest)
        | Q(plan__date_from__lte=today) & (Q(plan__date_to=None) | Q(plan__date_to__gte=today)),
        teacher__user=user,
    )
    return _in_order(rows.for_lists().with_audience().select_related("teacher", "school_class__year__school"))


def courses_of_subject(subject_id: int, classes: Sequence[SchoolClass]) -> list[Course]:
    """Courses of the subject that pupils of the classes may take, with their plans. One query."""
    groups = StudyGroup.objects.filter(classes__in=classes).values("pk")
    plans = IndividualPlan.objects.filter(pupil__enrolments__school_class__in=classes).values("pk")
    audience = Q(school_class__in=classes) | Q(group__in=groups) | Q(plan__in=plans)
    return list(Course.objects.filter(audience, subject=subject_id).select_related("plan"))


def classes_of_course(course: Course, today: date) -> list[SchoolClass]:
    """Classes whose pupils may take the course, with year and school; at most one query."""
    if course.school_class:
        return [course.school_class]
    rows = SchoolClass.objects.select_related("year__school").order_by("grade", "letter")
    if course.group_id:
        return list(rows.filter(groups=course.group_id))
    return list(rows.of_day(today).filter(enrolments__pupil__plans__courses=course).distinct())


def course_label(course: Course) -> str:
    """«Алгебра», «Информатика · 1 группа», «Алгебра · план: Волков»; needs subject, group and the plan's pupil."""
    return f"{course.subject.name} · план: {course.plan.pupil.last_name}" if course.plan else course.title


def has_marks(subject: Subject, grade: int) -> bool:
    """Grade 1 and some subjects are taught without marks (domain.md §3)."""
    return grade_has_marks(grade) and subject.has_marks


def _in_order(rows) -> list[Course]:
    # Not by the database: its order of Cyrillic depends on the cluster's locale.
    return sorted(rows, key=lambda course: (normalise(course_label(course)), course.pk))
