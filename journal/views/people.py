"""Classes, the list of a class, the card of a pupil. Read only."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import record_class, record_pupils
from accounts.models import AuditEvent
from journal.access import get_class_kept_by, get_pupil_kept_by
from journal.queries.roll import card_of, class_list, class_of, parallels_of


@require_safe
def classes(request: HttpRequest) -> HttpResponse:
    """Classes by parallel, for those who see any."""
    parallels = parallels_of(request.user, timezone.localdate())
    if not parallels and not request.user.keeps_all_people:
        raise Http404
    return TemplateResponse(request, "journal/classes.html", {"parallels": parallels})


@require_safe
def class_pupils(request: HttpRequest, class_id: int) -> HttpResponse:
    """The class list with phones of the guardians; `?q=` finds by any part of a name."""
    school_class = get_class_kept_by(request.user, class_id)
    search = request.GET.get("q", "").strip()[:100]
    here, left = class_list(school_class, timezone.localdate(), search)
    record_class(request, AuditEvent.Action.READ, "список класса", class_id=class_id)
    context = {"school_class": school_class, "here": here, "left": left, "search": search}
    return TemplateResponse(request, "journal/class_list.html", context)


@require_safe
def pupil(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The card, for the class teacher of today, the deputy and the operator; a family has its own pages."""
    person = get_pupil_kept_by(request.user, pupil_id)
    today = timezone.localdate()
    school_class = class_of(person, today)
    if school_class is None:
        raise Http404
    record_pupils(request, AuditEvent.Action.READ, "карточка", pupil_ids=[pupil_id], class_id=school_class.pk)
    card = card_of(person, school_class, today)
    return TemplateResponse(request, "journal/pupil.html", {"card": card, "school_class": school_class})
