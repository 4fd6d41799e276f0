"""Extracts of many in the background: every pupil exactly once, or the job fails and says so.

One job for the person, parts for the workers (reports/job_parts.py): a part forms the extracts of some pupils of one
class, each stored under its number in a transaction of its own; `Extract.job` tells which job formed it, so a part
that starts again goes on after the last stored one. When all parts are done the job joins the sheets into the file.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from tempfile import TemporaryFile
from zipfile import ZIP_STORED, ZipFile

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from journal.models import SchoolClass
from reports import pdf
from reports.extract import register
from reports.extract.data import ExtractData, Period
from reports.extract.query import class_extracts
from reports.job_parts import Part
from reports.jobs import JobError, JobLost, JobRun, ResultFile, job_handler, start_job
from reports.models import Extract, Job

CHUNK = 8
"""Numbers reserved, and garbage collected, at once."""
PART = 16
"""Pupils of a part at most: two workers share a class, and what a dead worker had not stored is done again soon."""
ONE_FILE = 150
"""Up to so many extracts make one PDF; more make an archive with a PDF a class. A single file of a school would take
half a gigabyte of memory to join, and each class teacher prints the own class's anyway."""


def start_print(
    pupil_ids_by_class: Mapping[int, Sequence[int]],
    period: Period,
    *,
    blocks: Sequence[str] = (),
    by: User,
    next_url: str,
    title: str,
) -> Job:
    """Queues the print of these pupils, class id → pupil ids in the order of printing; see `jobs.start_job`.

    `title` names the file: «Выписки 7Б». `blocks` are the parts of the sheet (empty: all of them).
    """
    shared = {
        "date_from": period.start.isoformat(),
        "date_to": period.end.isoformat(),
        "formed_on": timezone.localdate().isoformat(),
        "blocks": list(blocks),
    }
    wanted = {str(class_id): list(ids) for class_id, ids in pupil_ids_by_class.items() if ids}
    parts = [
        Part(Job.Kind.CLASS_EXTRACTS, {**shared, "class_id": int(class_id), "pupil_ids": some}, len(some))
        for class_id, ids in wanted.items()
        for some in _shares(ids)
    ]
    params = {**shared, "classes": wanted, "title": title}
    return start_job(kind=Job.Kind.EXTRACTS, owner=by, params=params, next_url=next_url, parts=parts)


def start_class_print(
    school_class: SchoolClass,
    pupil_ids: Sequence[int],
    period: Period,
    *,
    blocks: Sequence[str] = (),
    by: User,
    next_url: str,
) -> Job:
    """The print of pupils of one class."""
    title = f"Выписки {school_class.name}"
    return start_print({school_class.pk: pupil_ids}, period, blocks=blocks, by=by, next_url=next_url, title=title)


def _shares(ids: Sequence[int]) -> list[list[int]]:
    """The pupils in equal parts of at most PART."""
    count = -(-len(ids) // PART)
    return [list(ids[len(ids) * n // count : len(ids) * (n + 1) // count]) for n in range(count)]


@job_handler(Job.Kind.CLASS_EXTRACTS)
def print_part(job: JobRun) -> None:
    """Forms the extracts of a part that are not formed yet."""
    school_class = SchoolClass.objects.select_related("year__school").get(pk=job.params["class_id"])
    extracts = _wanted(school_class, job)
    lines = Extract.objects.filter(job=job.job.parent, pupil__in=job.params["pupil_ids"])
    formed = set(lines.filter(file__isnull=False).values_list("pupil_id", flat=True))
    job.start(total=len(extracts), done=len(formed))
    todo = [extract for extract in extracts if extract.pupil_id not in formed]
    try:
        with lean_memory() as collect:
            for at in range(0, len(todo), CHUNK):
                _print_chunk(todo[at : at + CHUNK], job)
                collect()
    except JobLost:
        raise
    except Exception:
        register.abandon(lines.filter(file=None).values_list("pk", flat=True))
        raise


def _wanted(school_class: SchoolClass, job: JobRun) -> list[ExtractData]:
    ids = job.params["pupil_ids"]
    period = Period(date.fromisoformat(job.params["date_from"]), date.fromisoformat(job.params["date_to"]))
    formed_on = date.fromisoformat(job.params["formed_on"])
    extracts = class_extracts(
        school_class, period, formed_on=formed_on, pupil_ids=ids, blocks=job.params.get("blocks") or ()
    )
    if sorted(extract.pupil_id for extract in extracts) != sorted(set(ids)):
        missing = len(set(ids)) - len(extracts)
        raise JobError(f"Не все ученики учились в {school_class.name} в этот период (не нашлось: {missing}).")
    return extracts


def _print_chunk(chunk: Sequence[ExtractData], job: JobRun) -> None:
    parent = job.job.parent
    with transaction.atomic():
        job.check_cancelled()  # and JobLost: whoever lost the part takes no numbers
        died = Extract.objects.filter(job=parent, pupil__in=[one.pupil_id for one in chunk], file=None)
        rows = register.reserve(chunk, by=job.owner, job=parent, reuse=list(died.values_list("pk", flat=True)))
    for row, extract in zip(rows, chunk, strict=True):
        made = register.render(extract, row.number)
        with transaction.atomic():
            register.store(row, made, by=job.owner)
            job.keep()
        job.step()


@job_handler(Job.Kind.EXTRACTS)
def join_print(job: JobRun) -> None:
    """Joins the sheets of all parts into the file: what is stored is compared with who was asked for, then pages are
    counted."""
    wanted: dict[str, list[int]] = job.params["classes"]
    count = sum(len(ids) for ids in wanted.values())
    job.start(total=count, done=count, message="Собираем файл.")
    title, end = job.params["title"], date.fromisoformat(job.params["date_to"])
    name = f"{title} {end:%d.%m.%Y}"
    rows = list(_lines(job.job).order_by("sequence").values_list("pupil_id", "sequence"))
    # Before anything is joined: everybody, nobody twice, nobody else.
    if sorted(pk for pk, _ in rows) != sorted(pk for ids in wanted.values() for pk in ids):
        raise JobError(f"Готовы {len(rows)} выписок из {count}: файл не собран. Запустите печать ещё раз.")
    in_classes = _in_school_order(wanted)
    if count <= ONE_FILE:
        parts = [part for school_class, ids in in_classes for part in _sheets(job.job, ids)]
        whole = pdf.joined(parts, title=title)
        result, pages = ResultFile(f"{name}.pdf", whole.content), whole.pages
    else:
        result, pages = _archive(job, in_classes, name, end)
    job.finish(
        f"Выписок: {count}, страниц: {pages}, порядковые номера {rows[0][1]}–{rows[-1][1]}."
        if count > 1
        else f"Выписка готова, страниц: {pages}, порядковый номер {rows[0][1]}.",
        result,
    )


def _archive(
    job: JobRun, in_classes: Sequence[tuple[SchoolClass, list[int]]], name: str, end: date
) -> tuple[ResultFile, int]:
    """A PDF a class; only one class's sheets are in memory at a time."""
    out, pages = TemporaryFile(), 0  # noqa: SIM115 (whoever stores it closes it)
    # Stored as they are: PDFs are compressed already.
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for school_class, ids in in_classes:
            whole = pdf.joined(_sheets(job.job, ids), title=f"Выписки {school_class.name}")
            archive.writestr(f"Выписки {school_class.name} {end:%d.%m.%Y}.pdf", whole.content)
            pages += whole.pages
            job.step(0, message=f"Собираем файлы классов: {school_class.name}.")
    return ResultFile(f"{name}.zip", out, "application/zip"), pages


def _in_school_order(wanted: Mapping[str, list[int]]) -> list[tuple[SchoolClass, list[int]]]:
    classes = SchoolClass.objects.filter(pk__in=wanted).order_by("grade", "letter")
    return [(school_class, wanted[str(school_class.pk)]) for school_class in classes]


def _lines(whole: Job):
    return Extract.objects.filter(job=whole, file__isnull=False)


def _sheets(whole: Job, ids: Sequence[int]) -> list[pdf.Pdf]:
    """The stored sheets of these pupils, in this order."""
    rows = {row.pupil_id: row for row in _lines(whole).filter(pupil__in=ids).select_related("file", "pupil")}
    return [pdf.Pdf(bytes(rows[pk].file.content), rows[pk].pages, rows[pk].pupil.list_name) for pk in ids]


@contextmanager
def lean_memory() -> Iterator[Callable[[], int]]:
    """Runs without automatic garbage collection: each sheet makes many objects, and walking through all those of the
    process again and again takes a tenth of the time. Gives the function that collects, for between chunks."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield gc.collect
    finally:
        gc.enable()
        gc.unfreeze()
