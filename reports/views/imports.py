"""The operator's import pages: upload, progress, preview, questions, confirmation, result."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import Action, record_event
from accounts.models import User
from reports.imports import batches, decisions
from reports.imports.forms import AnswersForm, UploadForm
from reports.imports.plan.result import KIND_NAMES, STATUS_NAMES, UNCHANGED
from reports.imports.questions import progress_of
from reports.imports.similar import alike
from reports.jobs import cancel_job
from reports.models import ImportBatch, ImportFile, Job

Status = ImportBatch.Status
ROWS_ON_PAGE = 50
# Before a field or a class is chosen, only a taste of the single differences: they are decided by field.
DIFFERENCES_AT_FIRST = 8
BUSY = (Status.READING, Status.APPLYING, Status.UNDOING)
HEADINGS = {Status.APPLIED: "Импорт записан", Status.UNDONE: "Запись импорта отменена"}


def get_batch_for(user: User, batch_id: int, *, without: tuple[str, ...] = ()) -> ImportBatch:
    """An import the user may see, or 404: importing is the operator's work. `without` big columns not needed."""
    if not user.may_import:
        raise Http404
    return get_object_or_404(ImportBatch.objects.select_related("job", "owner").defer(*without), pk=batch_id)


@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Upload files; below, what was imported before."""
    if not request.user.may_import:
        raise Http404
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if is_sent and form.is_valid():
        batch = batches.create_batch(uploads=form.cleaned_data["uploads"], by=request.user)
        return redirect("reports:import_batch", batch_id=batch.pk)
    # Previews and files are megabytes: the list needs neither.
    names = Prefetch("files", ImportFile.objects.only("name", "batch_id"))
    batch_rows = ImportBatch.objects.select_related("owner").defer("preview", "undo").prefetch_related(names)
    page = Paginator(batch_rows, 20).get_page(request.GET.get("page"))
    return TemplateResponse(request, "reports/import_list.html", {"form": form, "page": page})


@require_http_methods(["GET", "POST"])
def import_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One import at whatever stage it is."""
    batch = get_batch_for(request.user, batch_id, without=("undo",))
    if request.method == "POST":
        return _act(request, batch)
    if batch.status in (*BUSY, Status.DISCARDED):
        return TemplateResponse(request, "reports/import_progress.html", _progress(batch))
    record_event(
        Action.READ, "предпросмотр импорта", by=request.user, request=request,
        object_type="import_batch", object_id=batch.pk,
    )  # fmt: skip
    return TemplateResponse(request, "reports/import_batch.html", _page(request, batch))


@require_safe
def import_progress(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The part of the page that changes while the worker reads or writes."""
    batch = get_batch_for(request.user, batch_id, without=("preview", "answers", "undo"))
    return TemplateResponse(request, "reports/_import_state.html", _progress(batch))


def _progress(batch: ImportBatch) -> dict[str, Any]:
    job = batch.job
    is_stuck = batch.status in BUSY and (job is None or job.status not in Job.OPEN)
    percent = 100 * job.done // job.total if job and job.total else 0
    return {"batch": batch, "job": job, "is_stuck": is_stuck, "is_busy": batch.status in BUSY, "percent": percent}


def _act(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """The pressed button decides; a page that has grown old changes nothing and says so."""
    if "discard" in request.POST:
        if batches.discard(batch):
            messages.success(request, "Импорт отменён, файлы удалены. В журнале ничего не изменилось.")
            return redirect("reports:import_list")
        messages.error(request, "Этот импорт уже записан или записывается: отменить его нельзя.")
    elif "stop" in request.POST and batch.job:
        cancel_job(batch.job)
    elif "reread" in request.POST:
        batches.start_reading(batch, by=request.user)
    elif "stay" in request.POST:
        batches.stop_undo(batch)
    elif "decide_all" in request.POST and batch.status == Status.PREVIEW:
        batches.decide(batch, everything=request.POST["decide_all"], by=request.user)
    elif "decide" in request.POST and batch.status == Status.PREVIEW:
        batches.decide(batch, single=decisions.chosen(request.POST.dict(), batch.preview), by=request.user)
    elif "answer" in request.POST and batch.status == Status.PREVIEW:
        form = AnswersForm(batch.preview.get("questions", []), batch.answers, request.POST)
        if form.is_valid():
            batches.save_answers(batch, form.answered(), by=request.user)
        else:
            messages.error(request, "Ответ не понят: вопросы изменились. Ответьте ещё раз.")
    elif "confirm" in request.POST:
        _confirm(request, batch)
    return redirect("reports:import_batch", batch_id=batch.pk)


def _confirm(request: HttpRequest, batch: ImportBatch) -> None:
    without_bad_rows = "without_bad_rows" in request.POST
    preview = batch.preview
    if request.POST.get("digest") != preview.get("digest"):
        messages.error(request, "Предпросмотр обновился, пока страница была открыта. Посмотрите его ещё раз.")
    elif preview.get("errors") and not without_bad_rows:
        messages.error(request, "В файлах есть ошибки. Исправьте их или отметьте «без строк с ошибками».")
    elif preview.get("questions") and not without_bad_rows:
        messages.error(request, "Сначала ответьте на вопросы о похожих людях.")
    elif preview.get("undecided"):
        messages.error(
            request, "Сначала решите, что делать с расхождениями: оставить прежнее, взять из файла или спросить."
        )
    elif not batches.confirm(batch, without_bad_rows=without_bad_rows, by=request.user):
        messages.error(request, "Этот импорт уже подтверждён или отменён.")


def rows_of(preview: dict[str, Any], kind: str = "", status: str = "") -> list[dict[str, Any]]:
    """Lines of the preview as they are shown; without a state asked for, everything that changes."""
    return [
        {"kind": KIND_NAMES.get(row[0], row[0]), "status": row[1], "words": STATUS_NAMES[row[1]],
         "title": row[2], "place": row[3], "fields": row[4], "count": row[5]}
        for row in preview.get("rows", [])
        if (not kind or row[0] == kind) and (row[1] == status if status else row[1] != UNCHANGED)
    ]  # fmt: skip


def asked_for(request: HttpRequest) -> tuple[str, str]:
    """Kind and state of rows. Only known words are taken up, so nothing from the address gets into links."""
    kind = request.GET.get("kind", "") if request.GET.get("kind") in KIND_NAMES else ""
    return kind, request.GET.get("status", "") if request.GET.get("status") in STATUS_NAMES else ""


def _page(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    """Counts, problems, questions, differences and one page of rows."""
    preview = batch.preview
    kind, status = asked_for(request)
    rows = rows_of(preview, kind, status)
    counts = preview.get("counts", {})
    questions = preview.get("questions", [])
    failed = batch.job and batch.job.status == Job.Status.FAILED and batch.status in (Status.PREVIEW, Status.APPLIED)
    return {
        "batch": batch,
        "heading": HEADINGS.get(batch.status, "Что изменится"),
        "is_preview": batch.status == Status.PREVIEW,
        "preview": preview,
        "errors": alike(preview.get("errors", [])),
        "notes": alike(preview.get("notes", [])),
        "refusal": batch.job.message if failed else "",
        "progress": progress_of(batch.pk) if batch.status == Status.APPLIED else None,
        "statuses": list(STATUS_NAMES.items()),
        "table": [
            {"kind": name, "name": KIND_NAMES.get(name, name), "cells": [(s, found.get(s, 0)) for s in STATUS_NAMES]}
            for name, found in counts.items()
        ],
        "rows": Paginator(rows, ROWS_ON_PAGE).get_page(request.GET.get("page")),
        "kind": kind,
        "status": status,
        "kind_name": KIND_NAMES.get(kind, ""),
        "status_name": STATUS_NAMES.get(status, ""),
        "query": "".join(f"{key}={value}&" for key, value in (("kind", kind), ("status", status)) if value),
        "questions": AnswersForm(questions, batch.answers) if questions else None,
        **_differences(request, batch),
    }


def _differences(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    """The board of differences with one page of its rows; nothing where there are none."""
    differences = batch.preview.get("conflicts", [])
    if not differences:
        return {"board": None}
    groups, classes = {one["group"] for one in differences}, {one["class"] for one in differences}
    group = request.GET.get("field", "") if request.GET.get("field") in groups else ""
    class_name = request.GET.get("class", "") if request.GET.get("class") in classes else ""
    on_page = ROWS_ON_PAGE if group or class_name else DIFFERENCES_AT_FIRST
    board = decisions.board(batch.preview, batch.answers, group=group, class_name=class_name)
    return {
        "board": board,
        "choices": list(decisions.CHOICES.items()),
        "field": group,
        "class_name": class_name,
        "differences": Paginator(board.rows, on_page).get_page(request.GET.get("differences")),
        "differences_query": urlencode({k: v for k, v in (("field", group), ("class", class_name)) if v}),
    }
