"""«Начало года»: the checklist of a class, and of all classes for the deputy and the operator."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_class
from journal.access import get_class_kept_by, office_only
from journal.files import table_response
from journal.text import row_number
from reports.checklist.query import SORT_NAME, all_checklists, file_rows, shown_items
from reports.checklist.query import class_checklist as checklist_of


@require_safe
def class_checklist(request: HttpRequest, class_id: int) -> HttpResponse:
    """What the class still lacks, who exactly, and where to mend it."""
    school_class = get_class_kept_by(request.user, class_id)
    checklist = checklist_of(school_class, timezone.localdate(), request.user)
    record_class(request, Action.READ, "начало года", class_id=class_id)
    context = {"school_class": school_class, "checklist": checklist}
    return TemplateResponse(request, "reports/checklist.html", context)


@require_safe
@office_only
def checklists(request: HttpRequest) -> HttpResponse:
    """How many are missing, classes × items: no names, so nobody's data are read."""
    items, rows, sort, grade = _asked(request)
    context = {
        "items": items,
        "rows": rows,
        "sort": sort,
        "grade": grade,
        "grades": range(1, 12),
        "ready": sum(row.left == 0 for row in rows),
    }
    return TemplateResponse(request, "reports/checklists.html", context)


@require_safe
@office_only
def checklists_file(request: HttpRequest, suffix: str) -> HttpResponse:
    items, rows, _, _ = _asked(request)
    name = f"Начало года {timezone.localdate():%d.%m.%Y}"
    return table_response(suffix, name, file_rows(rows, items), sheet="Начало года", first_widths=(8,))


def _asked(request: HttpRequest):
    """What `?sort=` and `?grade=` ask for; only known words are taken up."""
    sort = request.GET.get("sort", SORT_NAME)
    items = shown_items(request.user)
    if sort not in {SORT_NAME, "left", *(item.key for item in items)}:
        sort = SORT_NAME
    grade = row_number(request.GET.get("grade", ""))
    rows = all_checklists(timezone.localdate(), request.user, sort=sort, grade=grade)
    if rows and len(rows[0].cells) < len(items):
        items = items[: len(rows[0].cells)]  # the sensitive block stands last, and the school keeps none
    return items, rows, sort, grade
