"""A course as somebody comes to it: from the class (its teacher, the deputy), or from one's own courses.

Both ways show the same pages; only the addresses and the pupils in sight differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.audit import record_class, record_pupils
from accounts.models import AuditEvent
from journal.access import get_class_for
from journal.calendar import Calendar, load_calendar
from journal.models import Course, Pupil, SchoolClass, Term
from journal.queries.courses import (
    classes_of_course,
    course_label,
    courses_of_class,
    courses_of_subject,
    courses_of_teacher,
)


@dataclass(frozen=True, slots=True)
class Pill:
    label: str
    url: str
    is_this: bool


@dataclass(frozen=True)
class CoursePlace:
    """The course of a page, its neighbours in the picker, the classes whose pupils are shown."""

    course: Course
    courses: list[Course]
    classes: list[SchoolClass]
    school_class: SchoolClass | None

    @property
    def label(self) -> str:
        return course_label(self.course)

    @property
    def class_names(self) -> str:
        return ", ".join(school_class.name for school_class in self.classes)

    @cached_property
    def calendar(self) -> Calendar:
        return load_calendar(self.classes[0].year)

    @property
    def related(self) -> list[Course]:
        """All courses of this subject that the pupils may take: those of the picker, or found in the database."""
        if self.school_class:
            return [course for course in self.courses if course.subject_id == self.course.subject_id]
        return courses_of_subject(self.course.subject_id, self.classes)

    def url(self, name: str, **kwargs: object) -> str:
        """The address of a page of this course on the way by which the person came."""
        kwargs["course_id"] = self.course.pk
        if self.school_class:
            return reverse(f"journal:{name}", kwargs={"class_id": self.school_class.pk, **kwargs})
        return reverse(f"journal:own_{name}", kwargs=kwargs)

    def pills(self, name: str) -> list[Pill]:
        """The subject picker: courses of the class and its groups."""
        own = self.url(name)
        return [self._pill(own, course) for course in self.courses if not course.plan]

    def plan_pills(self, name: str) -> list[tuple[Pupil, list[Pill]]]:
        """The same for each pupil on an individual plan, apart: their subjects repeat those of the class."""
        own = self.url(name)
        of_pupil: dict[Pupil, list[Pill]] = {}
        for course in self.courses:
            if course.plan:
                of_pupil.setdefault(course.plan.pupil, []).append(self._pill(own, course))
        return list(of_pupil.items())

    def _pill(self, own: str, course: Course) -> Pill:
        # One address resolved and the rest written after it: dozens of them stand on every page.
        if course.plan:
            label = course.subject.name
        elif self.school_class:
            label = course_label(course).replace("группа", "гр.")
        else:
            # A teacher has the same subject, and groups of the same name, in several classes.
            label = f"{course.subject.name} {course.audience}".replace("группа", "гр.")
        url = own.replace(f"/courses/{self.course.pk}/", f"/courses/{course.pk}/")
        return Pill(label, url, course.pk == self.course.pk)

    def record(self, request: HttpRequest, action: AuditEvent.Action, what: str, pupil_ids: list[int]) -> None:
        """Leaves the trace: of the whole class, or of the pupils shown where it was not a class that was opened."""
        subject = f"{what}: {self.label}"[:100]
        if self.school_class and not self.course.plan_id:
            record_class(request, action, subject, class_id=self.school_class.pk)
        else:
            record_pupils(request, action, subject, pupil_ids=pupil_ids)


def record_plans(request: HttpRequest, courses: Iterable[Course], what: str) -> None:
    """The trace of a page that shows no marks, but names the pupils on an individual plan among its courses."""
    pupil_ids = {course.plan.pupil_id for course in courses if course.plan}
    record_pupils(request, AuditEvent.Action.READ, what, pupil_ids=sorted(pupil_ids))


def class_place(request: HttpRequest, *, class_id: int, course_id: int) -> CoursePlace:
    """A course of a class the user may read, or 404."""
    school_class = get_class_for(request.user, class_id)
    courses = courses_of_class(school_class)
    return CoursePlace(_pick(courses, course_id), courses, [school_class], school_class)


def own_place(request: HttpRequest, *, course_id: int) -> CoursePlace:
    """A course the user teaches, with the pupils of all its classes, or 404."""
    today = timezone.localdate()
    courses = courses_of_teacher(request.user, today)
    course = _pick(courses, course_id)
    classes = classes_of_course(course, today)
    if not classes:
        raise Http404
    return CoursePlace(course, courses, classes, None)


def chosen_term(request: HttpRequest, calendar: Calendar, grade: int, today: date) -> Term:
    """The term of `?term=2`, else the one of today. Terms that have not begun have no page."""
    wanted = request.GET.get("term")
    if wanted is None:
        term = calendar.term_on(today, grade)
    else:
        begun = [term for term in calendar.terms_for(grade) if term.date_from <= today]
        term = next((term for term in begun if str(term.number) == wanted), None)
    if term is None:
        raise Http404
    return term


def _pick(courses: list[Course], course_id: int) -> Course:
    for course in courses:
        if course.pk == course_id:
            return course
    raise Http404
