"""The alphabetical book on paper: a document a letter, joined; a big school takes longer than a page may."""

from __future__ import annotations

from accounts.models import User
from journal.models import AcademicYear, School, SchoolClass
from reports import pdf
from reports.books.alphabet import BookFilter, book_of, by_letter
from reports.jobs import JobError, JobRun, ResultFile, job_handler, start_job
from reports.models import Job


def start_alphabet_print(chosen: BookFilter, *, by: User, next_url: str) -> Job:
    """Queues the print; see `jobs.start_job`. The pupils are named now: the trail tells whose data were printed."""
    params = {
        "year": chosen.year.pk if chosen.year else None,
        "school_class": chosen.school_class.pk if chosen.school_class else None,
        "letter": chosen.letter,
        "pupil_ids": [entry.pupil_id for entry in book_of(chosen)],
    }
    return start_job(kind=Job.Kind.ALPHABET_BOOK, owner=by, params=params, next_url=next_url)


@job_handler(Job.Kind.ALPHABET_BOOK)
def print_book(job: JobRun) -> None:
    """The book of the pupils that were asked for."""
    chosen = BookFilter(
        AcademicYear.objects.filter(pk=job.params["year"]).first(),
        SchoolClass.objects.filter(pk=job.params["school_class"]).first(),
        job.params["letter"],
    )
    wanted = set(job.params["pupil_ids"])
    letters = by_letter(entry for entry in book_of(chosen) if entry.pupil_id in wanted)
    if not letters:
        raise JobError("Печатать нечего: таких учеников нет.")
    job.start(total=len(letters))
    school = School.load()
    parts = []
    for letter, entries in letters:
        context = {"school": school, "title": chosen.title, "letter": letter, "entries": entries}
        parts.append(pdf.pdf_of("reports/pdf/alphabet_book.html", context, style="pdf-book.css"))
        job.step()
    whole = pdf.joined(parts, title=f"Алфавитная книга, {chosen.title}", duplex=False)
    count = sum(len(entries) for _, entries in letters)
    job.finish(f"Учеников: {count}, страниц: {whole.pages}.", ResultFile("Алфавитная книга.pdf", whole.content))
