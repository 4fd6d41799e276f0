"""May this user open this one thing? Someone else's answers 404, as if it did not exist (design.md §3)."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import User
from journal.models import Course, Pupil, SchoolClass


def office_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the deputy and the operator: for everybody else it does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.keeps_all_people:  # type: ignore[union-attr]
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


def get_child_for(user: User, pupil_id: int) -> Pupil:
    """The own child (or oneself) for the family's pages, or 404. The deputy reads other pages."""
    for child in user.own_children:
        if child.pk == pupil_id:
            return child
    raise Http404


def get_course_for(user: User, course_id: int) -> Course:
    """A course the user may read, or 404."""
    rows = Course.objects.visible_to(user).select_related("subject", "group", "teacher", "school_class__year__school")
    return get_object_or_404(rows, pk=course_id)
