"""Doing an import: read files, plan, and write the plan in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date

from django.db import IntegrityError, transaction

from accounts.models import User
from journal.models import School

from . import trail
from .plan import Preview, make_plan
from .read import FileContent, read_file

logger = logging.getLogger(__name__)


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
    contents: list[FileContent], *, today: date, by: User | None = None, answers: dict[str, str] | None = None
) -> Preview:
    """What would be done; nothing is written."""
    preview, _ = make_plan(contents, today=today, by=by, answers=answers)
    return preview


@transaction.atomic
def apply_files(
    contents: list[FileContent],
    *,
    today: date,
    by: User | None,
    answers: dict[str, str] | None = None,
    without_bad_rows: bool = False,
    expected_digest: str = "",
    batch_id: int | None = None,
) -> Preview:
    """Write everything or nothing. Raises NotApplied with words where a person must decide first."""
    # Imports go one after another: each must see the people the other has made. (SQLite has one writer anyway.)
    list(School.objects.select_for_update().filter(pk=1))
    preview, staged = make_plan(contents, today=today, by=by, answers=answers, keep_year=True)
    if expected_digest and preview.digest() != expected_digest:
        raise NotApplied("Пока вы смотрели, журнал изменился. Посмотрите предпросмотр ещё раз и подтвердите.")
    if preview.errors and not without_bad_rows:
        raise NotApplied(
            f"В файлах есть ошибки: {len(preview.errors)}. Исправьте файлы или выберите «без строк с ошибками»."
        )
    if preview.questions and not without_bad_rows:
        raise NotApplied(f"Есть вопросы без ответа: {len(preview.questions)}. Ответьте на них.")
    if not preview.changes:
        transaction.set_rollback(True)  # nothing to write, not even the row of a school that was read
        return preview
    try:
        staged.save()
    except IntegrityError as error:
        logger.exception("import of files was not written")
        raise NotApplied(
            "Пока импорт записывался, кто-то изменил те же данные. Посмотрите предпросмотр ещё раз и подтвердите."
        ) from error
    trail.record_import(preview, staged, by=by, batch_id=batch_id)
    return preview
