"""Extracts of a class in the background: every pupil exactly once, or the job fails and says so."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from journal.models import SchoolClass
from reports import pdf
from reports.extract import register
from reports.extract.data import ExtractData, Period
from reports.extract.query import class_extracts
from reports.jobs import JobError, JobLost, JobRun, ResultFile, job_handler, start_job
from reports.models import Extract, Job

CHUNK = 10
"""Numbers reserved, and garbage collected, at once."""


def start_class_print(
    school_class: SchoolClass, pupil_ids: Sequence[int], period: Period, *, by: User, next_url: str
) -> Job:
    """Queues the print of these pupils of the class; see `jobs.start_job`."""
    params = {
        "class_id": school_class.pk,
        "pupil_ids": list(pupil_ids),
        "date_from": period.start.isoformat(),
        "date_to": period.end.isoformat(),
        "formed_on": timezone.localdate().isoformat(),
    }
    return start_job(kind=Job.Kind.CLASS_EXTRACTS, owner=by, params=params, next_url=next_url)


@job_handler(Job.Kind.CLASS_EXTRACTS)
def print_class(job: JobRun) -> None:
    """Forms what is not formed yet, then joins all into one file in the order of the class list.

    `job.state`: `formed` maps pupil to extract, written together with its file; `reserved` are numbers taken for the
    chunk under way. A restarted job goes on from there.
    """
    school_class = SchoolClass.objects.select_related("year__school").get(pk=job.params["class_id"])
    extracts = _wanted(school_class, job)
    formed: dict[str, int] = dict(job.state.get("formed", {}))
    job.start(total=len(extracts), done=len(formed))
    todo = [extract for extract in extracts if str(extract.pupil_id) not in formed]
    try:
        with _lean_memory() as collect:
            for at in range(0, len(todo), CHUNK):
                _print_chunk(todo[at : at + CHUNK], formed, job)
                collect()
    except JobLost:
        raise
    except Exception:
        register.abandon(job.state.get("reserved", []))
        raise
    whole = _joined(school_class, extracts, formed)
    first, last = _number_range(formed)
    job.finish(
        f"Выписок: {len(extracts)}, страниц: {whole.pages}, номера {first}–{last}.",
        ResultFile(
            f"Выписки {school_class.name} {date.fromisoformat(job.params['date_to']):%d.%m.%Y}.pdf", whole.content
        ),
    )


def _wanted(school_class: SchoolClass, job: JobRun) -> list[ExtractData]:
    ids = job.params["pupil_ids"]
    period = Period(date.fromisoformat(job.params["date_from"]), date.fromisoformat(job.params["date_to"]))
    formed_on = date.fromisoformat(job.params["formed_on"])
    extracts = class_extracts(school_class, period, formed_on=formed_on, pupil_ids=ids)
    if sorted(extract.pupil_id for extract in extracts) != sorted(set(ids)):
        missing = len(set(ids)) - len(extracts)
        raise JobError(f"Не все ученики учились в {school_class.name} в этот период (не нашлось: {missing}).")
    return extracts


def _print_chunk(chunk: Sequence[ExtractData], formed: dict[str, int], job: JobRun) -> None:
    with transaction.atomic():
        rows = register.reserve(chunk, by=job.owner, reuse=job.state.get("reserved", ()))
        job.save_state(reserved=[row.pk for row in rows])
    for row, extract in zip(rows, chunk, strict=True):
        made = register.render(extract, row.number)
        with transaction.atomic():
            register.store(row, made, by=job.owner)
            formed[str(extract.pupil_id)] = row.pk
            job.save_state(formed=formed)
        job.step()


def _joined(school_class: SchoolClass, extracts: Sequence[ExtractData], formed: dict[str, int]) -> pdf.Pdf:
    """One file, every pupil exactly once: what is stored is compared with who was asked for, then pages are counted."""
    rows = Extract.objects.filter(pk__in=formed.values()).select_related("file")
    by_pupil = {row.pupil_id: row for row in rows}
    wanted = [extract.pupil_id for extract in extracts]
    if len(rows) != len(wanted) or set(by_pupil) != set(wanted):
        raise JobError(f"Готовы {len(by_pupil)} выписок из {len(wanted)}: файл не собран. Запустите печать ещё раз.")
    parts = [pdf.Pdf(bytes(by_pupil[pk].file.content), by_pupil[pk].pages) for pk in wanted]
    return pdf.joined(parts, title=f"Выписки из электронного журнала, {school_class.name}")


def _number_range(formed: dict[str, int]) -> tuple[str, str]:
    rows = list(Extract.objects.filter(pk__in=formed.values()).select_related("school_class").order_by("sequence"))
    return rows[0].number, rows[-1].number


@contextmanager
def _lean_memory() -> Iterator:
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
