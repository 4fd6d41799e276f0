"""A block of cells from a spreadsheet: what it would change is shown first, then written all at once or not at all."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.audit import Action, address_of, record_class
from journal.access import get_class_kept_by
from journal.cells import Cell, CellEdit, words_of_cell
from journal.forms.base import when
from journal.forms.cells import clean_cell
from journal.models import SchoolClass
from journal.paste import COLUMNS, PastePlan, TooBig, plan_by_names, plan_by_place, read_block
from journal.queries.roll import RollRow, class_list
from journal.services.cells import CellsConflict, NotHere, save_all_cells
from journal.text import plural


@require_http_methods(["GET", "HEAD", "POST"])
def class_grid_paste(request: HttpRequest, class_id: int) -> HttpResponse:
    """The empty page, the preview «было → стало», and (`apply`) the writing."""
    school_class = get_class_kept_by(request.user, class_id)
    text = request.POST.get("text", "")
    if request.method != "POST" or not text.strip():
        refused = "Вставьте строки из таблицы." if request.method == "POST" else ""
        return _page(request, school_class, text, refused=refused)
    roll, _ = class_list(school_class, timezone.localdate())
    try:
        plan = _plan(request, text, roll)
    except TooBig as too_big:
        return _page(request, school_class, text, refused=str(too_big))
    if "apply" in request.POST and plan.changes:
        return _apply(request, school_class, text, plan)
    return _page(request, school_class, text, plan)


def _plan(request: HttpRequest, text: str, roll: list[RollRow]) -> PastePlan:
    """By the names in the block; a block without them, pasted into a cell, by its place."""
    lines = read_block(text)
    chosen = {index: request.POST[f"col{index}"] for index in range(len(lines[0])) if f"col{index}" in request.POST}
    plan = plan_by_names(lines, roll, clean_cell, chosen)
    start = Cell.parse(request.POST.get("start", ""))
    if plan.asks_columns and start and not chosen:
        return plan_by_place(lines, roll, clean_cell, start) or plan
    return plan


def _apply(request: HttpRequest, school_class: SchoolClass, text: str, plan: PastePlan) -> HttpResponse:
    """Writes what the preview showed. What changed since is told in a new preview and nothing is written."""
    seen = _seen(request)
    if {change.cell.key for change in plan.changes} != set(seen):
        return _page(request, school_class, text, plan, refused="Список класса изменился: проверьте ещё раз.")
    edits = [CellEdit(change.cell, seen[change.cell.key], change.value) for change in plan.changes]
    try:
        written = save_all_cells(edits, class_id=school_class.pk, by=request.user, address=address_of(request))
    except NotHere:
        return _page(request, school_class, text, plan, refused="Список класса изменился: проверьте ещё раз.")
    except CellsConflict as conflict:
        return _page(request, school_class, text, plan, refused=_conflict_words(plan, conflict))
    messages.success(request, f"Записано {written} {plural(written, 'значение,значения,значений')}.")
    return redirect("journal:class_grid", class_id=school_class.pk)


def _seen(request: HttpRequest) -> dict[str, str]:
    try:
        seen = json.loads(request.POST.get("shown") or "{}")
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(text) for key, text in seen.items()} if isinstance(seen, dict) else {}


def _conflict_words(plan: PastePlan, conflict: CellsConflict) -> str:
    changes = {change.cell: change for change in plan.changes}
    parts = []
    for cell, standing in conflict.cells.items():
        change = changes[cell]
        who = f"{standing.by or 'кто-то другой'}{' ' + when(standing.at) if standing.at else ''}"
        stands = words_of_cell(cell.field, standing.value) or "пусто"
        parts.append(f"{change.pupil}, {change.title.lower()}: {who} — «{stands}»")
    return (
        f"Ничего не записано: пока вы смотрели, изменились клетки. {'; '.join(parts)}. Ниже — новый список: проверьте."
    )


def _page(
    request: HttpRequest,
    school_class: SchoolClass,
    text: str,
    plan: PastePlan | None = None,
    refused: str = "",
) -> HttpResponse:
    if plan:
        record_class(request, Action.READ, "вставка в таблицу класса", class_id=school_class.pk)
    context = {
        "school_class": school_class,
        "text": text,
        "plan": plan,
        "refused": refused,
        "start": request.POST.get("start", "") if plan and not plan.asks_columns else "",
        "choices": COLUMNS.items(),
        "columns": _columns(plan) if plan and plan.sample else [],
        "shown": json.dumps({c.cell.key: c.seen for c in plan.changes}, ensure_ascii=False) if plan else "",
        "numbers": _numbers(plan) if plan else "",
    }
    status = 409 if refused and plan else 422 if refused else 200
    return TemplateResponse(request, "journal/class_grid_paste.html", context, status=status)


def _columns(plan: PastePlan) -> list[dict]:
    """Each column with its meaning and what stands in it, for the choice."""
    return [
        {
            "index": index,
            "meaning": meaning,
            "title": plan.titles[index] if plan.titles else f"{index + 1}-й столбец",
            "sample": ", ".join(line[index] for line in plan.sample if line[index])[:60],
        }
        for index, meaning in enumerate(plan.columns)
    ]


def _numbers(plan: PastePlan) -> str:
    changes, same, bad = len(plan.changes), plan.same, len(plan.problems)
    return f"изменится {changes} · уже так {same} · не понято {bad}"
