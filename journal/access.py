"""May this user open this one thing? Someone else's answers 404, as if it did not exist (design.md §3)."""

from collections.abc import Callable
from datetime import date
from functools import wraps

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import User
from journal.editing import may_record_movements
from journal.models import Course, Guardian, Lesson, Movement, Pupil, School, SchoolClass


def office_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the deputy and the operator: for everybody else it does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.keeps_all_people:  # type: ignore[union-attr]
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def deputy_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page about the work of the whole school: for everybody but the deputy it does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.sees_whole_school:  # type: ignore[union-attr]
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def get_class_for(user: User, class_id: int) -> SchoolClass:
    """The class with its year and the school's settings, or 404."""
    for school_class in user.own_classes:  # already read for the heading of the page
        if school_class.pk == class_id:
            return school_class
    if not user.sees_whole_school:
        raise Http404
    return get_object_or_404(SchoolClass.objects.select_related("year__school"), pk=class_id)


def get_pupil_for(user: User, pupil_id: int) -> Pupil:
    """The pupil whose personal pages the user may open, or 404."""
    return get_object_or_404(Pupil.objects.visible_to(user), pk=pupil_id)


def get_class_kept_by(user: User, class_id: int) -> SchoolClass:
    """The class whose people the user keeps (own class, or any for deputy and operator), or 404."""
    for school_class in user.own_classes:
        if school_class.pk == class_id:
            return school_class
    rows = SchoolClass.objects.kept_by(user).select_related("year__school")
    return get_object_or_404(rows, pk=class_id)


def get_pupil_kept_by(user: User, pupil_id: int) -> Pupil:
    """The pupil whose personal data the user keeps, or 404."""
    return get_object_or_404(Pupil.objects.kept_by(user), pk=pupil_id)


def may_see_sensitive(user: User, school: School) -> bool:
    """Whether the special block exists for this person: the school keeps it, and the person is separately permitted.
    Of which pupils it may be read follows from `get_pupil_kept_by`."""
    return school.sensitive_block and user.is_active and user.sees_sensitive


def reads_studies_of(user: User, school_class: SchoolClass | None) -> bool:
    """Whether marks, absences and extracts of the class are open to the user: not to the operator, who keeps people."""
    return user.sees_whole_school or (school_class is not None and school_class in user.own_classes)


def get_guardian_kept_by(user: User, guardian_id: int) -> Guardian:
    """The guardian whose data the user keeps, with the login, or 404."""
    return get_object_or_404(Guardian.objects.kept_by(user).select_related("user"), pk=guardian_id)


def get_guardian_known_to(user: User, guardian_id: int) -> Guardian:
    """The guardian who answers, or answered, for a child the user keeps, or 404."""
    return get_object_or_404(Guardian.objects.known_to(user).select_related("user"), pk=guardian_id)


def get_child_for(user: User, pupil_id: int) -> Pupil:
    """The own child (or oneself) for the family's pages, or 404. The deputy reads other pages."""
    for child in user.own_children:
        if child.pk == pupil_id:
            return child
    raise Http404


def is_guardian_of(user: User, child: Pupil) -> bool:
    """Whether the user answers for the own child: the child itself reads the cabinet and states nothing."""
    return child.user_id != user.pk and child in user.own_children


def get_child_of_guardian(user: User, pupil_id: int) -> Pupil:
    """The own child of a guardian, for what only a guardian states, or 404."""
    child = get_child_for(user, pupil_id)
    if not is_guardian_of(user, child):
        raise Http404
    return child


def get_course_for(user: User, course_id: int) -> Course:
    """A course the user may read, or 404."""
    rows = Course.objects.visible_to(user).select_related("subject", "group", "teacher", "school_class__year__school")
    return get_object_or_404(rows, pk=course_id)


def get_lesson_course_for(user: User, course_id: int, day: date, number: int) -> tuple[Course, bool]:
    """The course of a lesson and whether the user gives it: its teacher, or who stands in at that lesson on that day.
    The deputy may read it; for everybody else 404. Two queries (one more for a group's classes)."""
    teacher = user.teacher_or_none
    stands_in = Lesson.objects.filter(course=OuterRef("pk"), date=day, number=number, substitute=teacher)
    own = Q(teacher=teacher) | Exists(stands_in) if teacher else Q(pk__in=[])
    rows = Course.objects.with_audience().select_related("teacher", "school_class__year__school")
    course = rows.annotate(is_own=ExpressionWrapper(own, BooleanField())).filter(pk=course_id).first()
    if course is None or not (course.is_own or user.sees_whole_school):
        raise Http404
    return course, course.is_own


def get_class_for_office(user: User, class_id: int) -> SchoolClass:
    """A class for the work of the office (orders, names of classes, appointments): deputy and operator, else 404."""
    if not may_record_movements(user):
        raise Http404
    return get_object_or_404(SchoolClass.objects.select_related("year__school"), pk=class_id)


def get_pupil_for_office(user: User, pupil_id: int) -> Pupil:
    """A pupil for the work of the office, or 404."""
    if not may_record_movements(user):
        raise Http404
    return get_object_or_404(Pupil, pk=pupil_id)


def get_movement_for_office(user: User, movement_id: int) -> Movement:
    """A movement with its pupil and classes, for those who may record one, or 404."""
    if not may_record_movements(user):
        raise Http404
    rows = Movement.objects.select_related("pupil", "from_class", "to_class", "recorded_by")
    return get_object_or_404(rows, pk=movement_id)
