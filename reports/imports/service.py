"""Doing an import: read files, plan, and write the plan in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date

from django.db import IntegrityError, connection, transaction

from accounts.models import User
from journal.models import School

from . import trail
from .plan import Preview, make_plan
from .questions import ask_teachers, close_questions
from .read import FileContent, read_file

logger = logging.getLogger(__name__)

IMPORTS = 5_130_011
"""The number of our lock among those of PostgreSQL that have no row."""


class NotApplied(Exception):
    """The import was not written; the sentence says why."""


def read_files(
    files: Iterable[tuple[str, bytes]], progress: Callable[[int], None] = lambda done: None
) -> list[FileContent]:
    """Contents of all files, in their order."""
    contents = []
    for done, (name, data) in enumerate(files, start=1):
        contents.append(read_file(name, data))
        progress(done)
    return contents


def preview_files(
    contents: list[FileContent],
    *,
    today: date,
    by: User | None = None,
    answers: dict[str, str] | None = None,
    conflicts: str = "",
) -> Preview:
    """What would be done; nothing is written."""
    preview, _ = make_plan(contents, today=today, by=by, answers=answers, default_decision=conflicts)
    return preview


@transaction.atomic
def apply_files(
    contents: list[FileContent],
    *,
    today: date,
    by: User | None,
    answers: dict[str, str] | None = None,
    conflicts: str = "",
    without_bad_rows: bool = False,
    expected_digest: str = "",
    batch_id: int | None = None,
) -> Preview:
    """Write everything or nothing. Raises NotApplied with words where a person must decide first.

    `conflicts` decides the differences from the register that `answers` leave open: keep, take, ask, proposed.
    """
    one_import_at_a_time()
    preview, staged = make_plan(
        contents, today=today, by=by, answers=answers, default_decision=conflicts, keep_year=True
    )
    if expected_digest and preview.digest() != expected_digest:
        raise NotApplied("Пока вы смотрели, журнал изменился. Посмотрите предпросмотр ещё раз и подтвердите.")
    if preview.errors and not without_bad_rows:
        raise NotApplied(
            f"В файлах есть ошибки: {len(preview.errors)}. Исправьте файлы или выберите «без строк с ошибками»."
        )
    if preview.questions and not without_bad_rows:
        raise NotApplied(f"Есть вопросы без ответа: {len(preview.questions)}. Ответьте на них.")
    if preview.undecided:
        raise NotApplied(
            f"Данные расходятся с журналом: {len(preview.undecided)}. Решите, что оставить, а что взять из файла."
        )
    if not preview.changes and not preview.to_ask:
        transaction.set_rollback(True)  # nothing to write, not even the row of a school that was read
        return preview
    try:
        log = staged.save()
    except IntegrityError as error:
        logger.exception("import of files was not written")
        raise NotApplied(
            "Пока импорт записывался, кто-то изменил те же данные. Посмотрите предпросмотр ещё раз и подтвердите."
        ) from error
    questions = ask_teachers(preview, batch_id=batch_id)
    close_questions(preview, by=by)
    # After the sealing: an answer to a question is not a change of what was written.
    log.add_created(questions)
    preview.undo = log.to_json()
    trail.record_import(preview, staged, by=by, batch_id=batch_id)
    return preview


def one_import_at_a_time() -> None:
    """Imports and their undoing go one after another: each must see the people the other has made.

    SQLite has one writer anyway. On PostgreSQL a lock of its own, until the transaction ends: in an empty database
    there is no row to lock yet. It is told apart by schema, where several schools share a database.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [IMPORTS])
    list(School.objects.select_for_update().filter(pk=1))
