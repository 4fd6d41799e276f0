"""Import a folder of files from the command line: the same reading, planning and writing as the page's."""

from __future__ import annotations

import resource
import time
from argparse import ArgumentParser
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from reports.imports.decisions import WORDS
from reports.imports.plan.conflicts import ASK, KEEP, PROPOSED, TAKE
from reports.imports.plan.result import KIND_NAMES, STATUS_NAMES, Preview
from reports.imports.read import FileContent
from reports.imports.service import NotApplied, apply_files, preview_files, read_files
from reports.models import ImportBatch

SUFFIXES = {".xlsx", ".xlsm", ".csv", ".txt", ".xml", ".xls"}


class Command(BaseCommand):
    help = "Загрузить файлы школы из папки: учеников, сотрудников, расписание, журналы, ведомости."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="ПАПКА")
        parser.add_argument("--dry-run", action="store_true", help="только показать, что изменится")
        parser.add_argument("--without-bad-rows", action="store_true", help="записать всё, кроме строк с ошибками")
        parser.add_argument(
            "--conflicts",
            choices=[TAKE, KEEP, ASK, PROPOSED],
            default=TAKE,
            help="расхождения с журналом: take — взять из файла (так по умолчанию), keep — оставить прежнее, "
            "ask — спросить классных руководителей, proposed — как предлагает программа",
        )
        parser.add_argument(
            "--by", metavar="ЛОГИН", help="от чьего имени; тогда запись видна на странице «Импорт» и её можно отменить"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        contents = read_files(files_of(options["folder"]))
        if not connection.introspection.table_names():
            call_command("migrate", interactive=False, verbosity=0)
        today, conflicts, by = timezone.localdate(), options["conflicts"], operator_of(options["by"])
        if conflicts in (ASK, PROPOSED) and by is None:
            raise CommandError("Вопросы кто-то задаёт: укажите --by ЛОГИН администратора.")
        try:
            if options["dry_run"]:
                preview = preview_files(contents, today=today, conflicts=conflicts)
            else:
                preview = write(contents, today, by, conflicts=conflicts, without_bad_rows=options["without_bad_rows"])
        except NotApplied as refusal:
            self._show(preview_files(contents, today=today, conflicts=conflicts), started)
            raise CommandError(f"Ничего не записано. {refusal}") from None
        self._show(preview, started)

    def _show(self, preview: Preview, started: float) -> None:
        for problem in preview.problems:
            self.stdout.write(f"{'Замечание' if problem.is_note else 'ОШИБКА'}: {problem}")
        for question in preview.questions:
            self.stdout.write(f"ВОПРОС: {question.place}: {question.text} Ответить можно на странице «Импорт».")
        decided = Counter(one.decision for one in preview.conflicts)
        if decided:
            told = ", ".join(f"{WORDS[decision]} {number}" for decision, number in decided.items())
            self.stdout.write(f"Расхождения с журналом: {told}")
        for kind, counter in preview.counts().items():
            numbers = ", ".join(f"{STATUS_NAMES[status]} {number}" for status, number in counter.items())
            self.stdout.write(f"{KIND_NAMES[kind]}: {numbers}")
        if not preview.changes:
            self.stdout.write("Изменений нет.")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.stdout.write(f"Время {time.monotonic() - started:.1f} с, память до {memory:.0f} МБ.")


@transaction.atomic
def write(contents: list[FileContent], today: date, by: User | None, **options: Any) -> Preview:
    """Write the files; with a name, under an import that the operator finds on the page and can undo."""
    if by is None:
        return apply_files(contents, today=today, by=None, **options)
    batch = ImportBatch.objects.create(owner=by, status=ImportBatch.Status.APPLIED, applied_at=timezone.now())
    preview = apply_files(contents, today=today, by=by, batch_id=batch.pk, **options)
    batch.preview, batch.undo, batch.without_bad_rows = preview.to_json(), preview.undo, options["without_bad_rows"]
    if preview.undo:
        batch.save()
    return preview


def operator_of(login: str | None) -> User | None:
    if not login:
        return None
    found = User.objects.filter(username=login, is_active=True, is_operator=True).first()
    if found is None:
        raise CommandError(f"Администратора с логином «{login}» нет.")
    return found


def files_of(folder: Path) -> list[tuple[str, bytes]]:
    """Files of the folder that can be tables; the rest is not looked at."""
    if not folder.is_dir():
        raise CommandError(f"Папки «{folder}» нет. Укажите папку с файлами школы.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.casefold() in SUFFIXES)
    if not paths:
        raise CommandError(f"В папке «{folder}» нет файлов XLSX, CSV или XML.")
    return [(path.name, path.read_bytes()) for path in paths]
