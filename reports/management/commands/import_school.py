"""Import a folder of files from the command line: the same reading, planning and writing as the page's."""

from __future__ import annotations

import resource
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from reports.imports.plan.result import KIND_NAMES, STATUS_NAMES, Preview
from reports.imports.service import NotApplied, apply_files, preview_files, read_files

SUFFIXES = {".xlsx", ".xlsm", ".csv", ".txt", ".xml", ".xls"}


class Command(BaseCommand):
    help = "Загрузить файлы школы из папки: учеников, сотрудников, расписание, журналы, ведомости."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="ПАПКА")
        parser.add_argument("--dry-run", action="store_true", help="только показать, что изменится")
        parser.add_argument("--without-bad-rows", action="store_true", help="записать всё, кроме строк с ошибками")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        contents = read_files(files_of(options["folder"]))
        if not connection.introspection.table_names():
            call_command("migrate", interactive=False, verbosity=0)
        today = timezone.localdate()
        try:
            if options["dry_run"]:
                preview = preview_files(contents, today=today)
            else:
                preview = apply_files(contents, today=today, by=None, without_bad_rows=options["without_bad_rows"])
        except NotApplied as refusal:
            self._show(preview_files(contents, today=today), started)
            raise CommandError(f"Ничего не записано. {refusal}") from None
        self._show(preview, started)

    def _show(self, preview: Preview, started: float) -> None:
        for problem in preview.problems:
            self.stdout.write(f"{'Замечание' if problem.is_note else 'ОШИБКА'}: {problem}")
        for question in preview.questions:
            self.stdout.write(f"ВОПРОС: {question.place}: {question.text} Ответить можно на странице «Импорт».")
        for kind, counter in preview.counts().items():
            numbers = ", ".join(f"{STATUS_NAMES[status]} {number}" for status, number in counter.items())
            self.stdout.write(f"{KIND_NAMES[kind]}: {numbers}")
        if not preview.changes:
            self.stdout.write("Изменений нет.")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.stdout.write(f"Время {time.monotonic() - started:.1f} с, память до {memory:.0f} МБ.")


def files_of(folder: Path) -> list[tuple[str, bytes]]:
    """Files of the folder that can be tables; the rest is not looked at."""
    if not folder.is_dir():
        raise CommandError(f"Папки «{folder}» нет. Укажите папку с файлами школы.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.casefold() in SUFFIXES)
    if not paths:
        raise CommandError(f"В папке «{folder}» нет файлов XLSX, CSV или XML.")
    return [(path.name, path.read_bytes()) for path in paths]
