"""Classes, the list of a class and its files, the search of pupils."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import record_class, record_pupils
from accounts.models import AuditEvent
from journal.access import get_class_kept_by, reads_studies_of
from journal.files import table_response
from journal.queries.pupils import find_pupils, list_rows
from journal.queries.roll import class_list, parallels_of


@require_safe
def classes(request: HttpRequest) -> HttpResponse:
    """Classes by parallel, for those who see any."""
    parallels = parallels_of(request.user, timezone.localdate())
    if not parallels and not request.user.keeps_all_people:
        raise Http404
    return TemplateResponse(request, "journal/classes.html", {"parallels": parallels})


@require_safe
def pupils(request: HttpRequest) -> HttpResponse:
    """Pupils by name: of the whole school for the deputy and the operator, of the own class for its teacher."""
    if not request.user.keeps_all_people and not request.user.own_classes:
        raise Http404
    search = request.GET.get("q", "").strip()[:100]
    page, rows = None, []
    if search:
        page, rows = find_pupils(request.user, search, request.GET.get("page", "1"), timezone.localdate())
        shown = [row.pupil.pk for row in rows]
        record_pupils(request, AuditEvent.Action.READ, "поиск ученика", pupil_ids=shown)
    return TemplateResponse(request, "journal/pupils.html", {"search": search, "page": page, "rows": rows})


@require_safe
def class_pupils(request: HttpRequest, class_id: int) -> HttpResponse:
    """The class list with phones of the guardians; `?q=` finds by any part of a name."""
    school_class = get_class_kept_by(request.user, class_id)
    search = request.GET.get("q", "").strip()[:100]
    here, left = class_list(school_class, timezone.localdate(), search)
    record_class(request, AuditEvent.Action.READ, "список класса", class_id=class_id)
    context = {
        "school_class": school_class,
        "here": here,
        "left": left,
        "search": search,
        "opens_left": request.user.keeps_all_people,
        "reads_studies": reads_studies_of(request.user, school_class),
    }
    return TemplateResponse(request, "journal/class_list.html", context)


@require_safe
def class_list_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The list with everything that stands in the table of the class, as XLSX or CSV."""
    school_class = get_class_kept_by(request.user, class_id)
    if suffix not in ("xlsx", "csv"):
        raise Http404
    here, _ = class_list(school_class, timezone.localdate())
    record_class(request, AuditEvent.Action.EXPORT, f"список класса, {suffix.upper()}", class_id=class_id)
    name = f"Список {school_class.name}"
    return table_response(suffix, name, list_rows(here), sheet=f"Список {school_class.name}", first_widths=(5, 34))
