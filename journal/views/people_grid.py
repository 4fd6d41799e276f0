"""The class as one table: phones, addresses and forms of informing of everybody on one page, saved cell by cell."""

from __future__ import annotations

import json
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import Action, address_of, record_class
from journal.access import get_class_kept_by
from journal.cells import Cell, CellEdit, text_of_cell, words_of_cell
from journal.forms.base import conflict_words, when
from journal.forms.cells import clean_cell
from journal.models import SchoolClass
from journal.queries.roll import class_list
from journal.services.cells import NotHere, Outcome, save_cell, save_cells
from journal.services.changes import Conflict
from journal.text import plural
from journal.views.grid_rows import Trouble, grid_rows, texts_of

GONE = "Этого ученика или представителя в классе больше нет. Обновите страницу."


@require_http_methods(["GET", "HEAD", "POST"])
def class_grid(request: HttpRequest, class_id: int) -> HttpResponse:
    """The table. Its script saves each cell by itself; without it the whole page is one form."""
    school_class = get_class_kept_by(request.user, class_id)
    if request.method == "POST":
        return _save_form(request, school_class)
    return _page(request, school_class)


@login_not_required
@require_POST
def class_grid_cell(request: HttpRequest, class_id: int) -> HttpResponse:
    """One cell, as JSON: 200 with the value as stored, 409 with what somebody else put there, 422 with words."""
    if not request.user.is_authenticated:
        return JsonResponse({"signed_out": True}, status=401)
    get_class_kept_by(request.user, class_id)
    cell = Cell.parse(request.POST.get("cell", ""))
    if cell is None:
        return JsonResponse({"refused": GONE}, status=422)
    try:
        edit = CellEdit(cell, request.POST.get("seen", ""), clean_cell(cell.field, request.POST.get("value", "")))
        value = save_cell(edit, class_id=class_id, by=request.user, address=address_of(request))
    except ValidationError as error:
        return JsonResponse({"refused": " ".join(error.messages)}, status=422)
    except NotHere:
        return JsonResponse({"refused": GONE}, status=422)
    except Conflict as conflict:
        standing = conflict.fields[cell.field]
        return JsonResponse(
            {
                "stands": text_of_cell(cell.field, standing.value),
                "words": words_of_cell(cell.field, standing.value),
                "by": standing.by,
                "when": when(standing.at) if standing.at else "",
            },
            status=409,
        )
    return JsonResponse({"value": text_of_cell(cell.field, value), "at": f"{timezone.localtime():%H:%M}"})


def _page(
    request: HttpRequest,
    school_class: SchoolClass,
    troubles: dict[str, Trouble] | None = None,
    saved_at: datetime | None = None,
) -> HttpResponse:
    here, _ = class_list(school_class, timezone.localdate())
    record_class(request, Action.READ, "таблица класса", class_id=school_class.pk)
    texts = texts_of(here)
    context = {
        "school_class": school_class,
        "size": len(here),
        "rows": grid_rows(here, texts, troubles or {}),
        "seen": json.dumps(texts, ensure_ascii=False, separators=(",", ":")),
        "troubles": len(troubles or {}),
        "saved_at": saved_at,
    }
    return TemplateResponse(request, "journal/class_grid.html", context, status=422 if troubles else 200)


def _save_form(request: HttpRequest, school_class: SchoolClass) -> HttpResponse:
    """What the person changed since the page was shown; what could not be saved stays in its cells with the reason."""
    edits, troubles = _edits(request)
    outcome = save_cells(edits, class_id=school_class.pk, by=request.user, address=address_of(request))
    troubles |= _unsaved(request, outcome)
    if outcome.saved:
        number = len(outcome.saved)
        messages.success(request, f"{plural(number, 'Сохранена,Сохранены,Сохранено')} {_cells(number)}.")
    if outcome.gone:
        messages.error(request, GONE)
    if troubles:
        messages.warning(request, f"Не сохранено: {_cells(len(troubles))}. Причина стоит под каждой.")
        return _page(request, school_class, troubles, timezone.now() if outcome.saved else None)
    if not outcome.saved:
        messages.info(request, "Изменений нет.")
    return redirect("journal:class_grid", class_id=school_class.pk)


def _edits(request: HttpRequest) -> tuple[list[CellEdit], dict[str, Trouble]]:
    """The cells that differ from what the page showed, and those that cannot be what was typed."""
    try:
        seen = json.loads(request.POST.get("seen") or "{}")
    except (ValueError, RecursionError):
        seen = {}
    edits: list[CellEdit] = []
    troubles: dict[str, Trouble] = {}
    for key, shown in seen.items() if isinstance(seen, dict) else ():
        cell, text = Cell.parse(str(key)), request.POST.get(key)
        if cell is None or text is None or text == str(shown):
            continue
        try:
            edits.append(CellEdit(cell, str(shown), clean_cell(cell.field, text)))
        except ValidationError as error:
            troubles[cell.key] = Trouble(text, " ".join(error.messages))
    return edits, troubles


def _unsaved(request: HttpRequest, outcome: Outcome) -> dict[str, Trouble]:
    found = {}
    for cell, standing in outcome.conflicts.items():
        words = conflict_words(words_of_cell(cell.field, standing.value), standing.by, standing.at)
        found[cell.key] = Trouble(request.POST.get(cell.key, ""), words)
    return found


def _cells(number: int) -> str:
    return f"{number} {plural(number, 'клетка,клетки,клеток')}"
