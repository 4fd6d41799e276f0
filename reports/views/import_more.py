"""Beside the page of an import: undoing it, its lists as files, and the class teacher's questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import Action, address_of, record_event, record_pupils
from journal.access import get_class_kept_by
from journal.files import Value, table_response
from reports.imports import batches
from reports.imports.decisions import WORDS
from reports.imports.questions import answer, open_questions
from reports.imports.undoing import undo_plan
from reports.models import ImportBatch, ImportConflict
from reports.views.imports import asked_for, get_batch_for, rows_of

Table = Sequence[Sequence[Value]]
Answer = ImportConflict.Answer


@require_http_methods(["GET", "POST"])
def import_undo(request: HttpRequest, batch_id: int) -> HttpResponse:
    """What undoing a written import would do and what stands in its way; the button starts it."""
    batch = get_batch_for(request.user, batch_id)
    if request.method == "POST":
        if not batches.start_undo(batch, by=request.user):
            messages.error(request, "Этот импорт не записан или уже отменён.")
        return redirect("reports:import_batch", batch_id=batch_id)
    if batch.status != ImportBatch.Status.APPLIED:
        return redirect("reports:import_batch", batch_id=batch_id)
    record_event(
        Action.READ, "отмена записи импорта: предпросмотр", by=request.user, request=request,
        object_type="import_batch", object_id=batch.pk,
    )  # fmt: skip
    return TemplateResponse(request, "reports/import_undo.html", {"batch": batch, "plan": undo_plan(batch)})


# --- Lists as files -------------------------------------------------------------------------------


def _row_table(batch: ImportBatch, request: HttpRequest) -> Table:
    kind, status = asked_for(request)
    table: list[list[Value]] = [["Вид", "Кто или что", "Сколько", "Состояние", "Было → стало", "Где в файлах"]]
    for row in rows_of(batch.preview, kind, status):
        changes = [f"{name}: {old or 'пусто'} → {new or 'пусто'}" for name, old, new in row["fields"]]
        table.append([row["kind"], row["title"], row["count"], row["words"], "; ".join(changes), row["place"]])
    return table


def _problem_table(batch: ImportBatch, request: HttpRequest) -> Table:
    preview = batch.preview
    told = [("ошибка", one) for one in preview.get("errors", [])] + [("замечание", o) for o in preview.get("notes", [])]
    return [
        ["Что", "Файл", "Лист", "Строка", "Столбец", "Что не так", "Что сделать"],
        *(
            [kind, one["file"], one["sheet"], int(one["row"]) if one["row"] else None, one["column"], one["what"],
             one["expected"]]
            for kind, one in told
        ),
    ]  # fmt: skip


DIFFERENCE_HEADING: list[Value] = [
    "Кто", "Класс", "Поле", "Стоит в журнале", "Кто изменил", "Когда", "В файле", "Предлагается", "Почему", "Решено",
    "Где в файлах",
]  # fmt: skip


def _difference_table(batch: ImportBatch, request: HttpRequest) -> Table:
    table = [DIFFERENCE_HEADING]
    for one in batch.preview.get("conflicts", []):
        words: list[Value] = [WORDS[one["proposal"]], one["why"], WORDS[one["decision"]], one["place"]]
        stands: list[Value] = [one["current"], one["by"], one["at"], one["proposed"]]
        table.append([one["who"], one["class"], one["field"], *stands, *words])
    return table


PARTS: dict[str, tuple[str, Callable[[ImportBatch, HttpRequest], Table]]] = {
    "rows": ("изменения", _row_table),
    "problems": ("ошибки", _problem_table),
    "differences": ("расхождения", _difference_table),
}


@require_safe
def import_file(request: HttpRequest, batch_id: int, part: str, suffix: str) -> HttpResponse:
    """Rows, problems or differences of an import: to look through them in peace or to send to the secretary."""
    batch = get_batch_for(request.user, batch_id, without=("undo",))
    words, table = PARTS[part]
    record_event(
        Action.EXPORT, f"импорт: {words}, {suffix.upper()}", by=request.user, request=request,
        object_type="import_batch", object_id=batch.pk,
    )  # fmt: skip
    name = f"Импорт {timezone.localtime(batch.created_at):%d.%m.%Y} {words}"
    return table_response(suffix, name, table(batch, request), sheet=words.capitalize())


@require_safe
def import_list_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """All imports with what came of them."""
    if not request.user.may_import:
        raise Http404
    record_event(Action.EXPORT, f"список импортов, {suffix.upper()}", by=request.user, request=request)
    rows = ImportBatch.objects.select_related("owner").defer("preview", "answers", "undo")
    table: list[list[Value]] = [["Загружен", "Кто", "Состояние", "Записан", "Запись отменена"]]
    table += [
        [row.created_at, row.owner.short_name, row.get_status_display(), row.applied_at, row.undone_at] for row in rows
    ]
    return table_response(suffix, "Импорты", table, sheet="Импорты")


# --- Questions to the class teacher ---------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def questions(request: HttpRequest, class_id: int) -> HttpResponse:
    """Values of files that differ from the register: keep or take, one by one or all at once."""
    school_class = get_class_kept_by(request.user, class_id)
    today = timezone.localdate()
    if request.method == "POST":
        return _answer(request, school_class, today)
    rows = open_questions(school_class, today)
    if rows:
        pupil_ids = dict.fromkeys(row.pupil_id for row in rows)
        record_pupils(request, Action.READ, "вопросы импорта", pupil_ids=pupil_ids, class_id=class_id)
    context = {"school_class": school_class, "rows": rows}
    return TemplateResponse(request, "reports/questions.html", context)


def _answer(request: HttpRequest, school_class: Any, today: Any) -> HttpResponse:
    """`one` is «token=keep»; `all` is keep or take for everything the page showed."""
    one, choice = request.POST.get("one", "").rpartition("=")[::2]
    tokens = [one] if one else request.POST.getlist("shown")
    choice = choice if one else request.POST.get("all", "")
    if choice not in Answer.values or not tokens:
        messages.error(request, "Ответ не понят. Откройте страницу ещё раз.")
    else:
        found = answer(school_class, tokens, Answer(choice), by=request.user, today=today, address=address_of(request))
        if found.done:
            words = "Взято из файла" if choice == Answer.TAKE else "Оставлено прежнее"
            messages.success(request, f"{words}: {found.done}.")
        for sentence in found.told:
            messages.warning(request, sentence)
    return redirect("reports:questions", class_id=school_class.pk)
