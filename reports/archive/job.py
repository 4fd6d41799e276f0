"""The archive print in the background: a part a course and term, joined with page numbers through the whole file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import User
from journal.calendar import load_calendar
from journal.models import SchoolClass
from journal.queries.courses import course_label
from reports import pdf
from reports.analytics.summary_sheet import summary_sheet
from reports.archive.source import course_term, courses_to_print, terms_to_print
from reports.attendance_tables import class_teacher_on
from reports.extract.batch import lean_memory
from reports.jobs import JobError, JobRun, ResultFile, job_handler, start_job
from reports.models import Job

STYLE = "pdf-archive.css"
COLLECT_EVERY = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents."""

    title: str
    page: int


def start_archive(school_class: SchoolClass, *, by: User, next_url: str) -> Job:
    """Queues the archive print of a class journal; see `jobs.start_job`."""
    return start_job(kind=Job.Kind.JOURNAL_ARCHIVE, owner=by, params={"class_id": school_class.pk}, next_url=next_url)


@job_handler(Job.Kind.JOURNAL_ARCHIVE)
def print_archive(job: JobRun) -> None:
    """A minute of work for a class: it is done anew when its worker died, for nothing but the file comes of it."""
    school_class = SchoolClass.objects.select_related("year__school").get(pk=job.params["class_id"])
    calendar, today = load_calendar(school_class.year), timezone.localdate()
    courses, terms = courses_to_print(school_class), terms_to_print(school_class, calendar, today)
    if not terms:
        raise JobError("Учебный год ещё не начался: печатать нечего.")
    steps = [(course, term) for course in courses for term in terms]
    job.start(total=len(steps) + 2)
    shared = {
        "school_class": school_class, "school": calendar.school, "year": calendar.year, "formed_on": today,
        "teacher": class_teacher_on(school_class, min(today, calendar.year.date_to)),
        "is_whole": today > calendar.year.date_to,
    }  # fmt: skip
    # The contents are laid out last, when all pages are known: first with as many lines, to learn how many pages.
    parts: list[pdf.Pdf] = []
    entries: list[Entry] = []
    front = _front(shared, [Entry(f"{course_label(course)}, {term}", 100) for course, term in steps]).pages
    page, lessons = front + 1, 0
    with lean_memory() as collect:
        for number, (course, term) in enumerate(steps, start=1):
            found = course_term(school_class, course, term, calendar, today=today)
            if found:
                context = {**shared, "part": found}
                made = pdf.pdf_of("reports/pdf/archive_course.html", context, style=STYLE, first_page=page)
                title = f"{found.title}, {term}"
                parts.append(pdf.Pdf(made.content, made.pages, title))
                entries.append(Entry(title, page))
                page, lessons = page + made.pages, lessons + found.lessons
            job.step()
            if number % COLLECT_EVERY == 0:
                collect()
    sheet = summary_sheet(school_class, calendar, today=today)
    context = {**shared, "sheet": sheet, "pages": page}
    end = pdf.pdf_of("reports/pdf/archive_end.html", context, style=STYLE, first_page=page)
    entries.append(Entry("Сводная ведомость и последний лист", page))
    job.step()
    title = f"Классный журнал {school_class.name}, {calendar.year.name}"
    first = _front(shared, entries)
    # Courses without a lesson have no line: blank pages keep the numbers that are printed already.
    while first.pages < front:
        first = pdf.joined([first, pdf.pdf_of("reports/pdf/archive_blank.html", shared, style=STYLE)], title=title,
                           duplex=False)  # fmt: skip
    whole = pdf.joined(
        [pdf.Pdf(first.content, first.pages, "Титульный лист"), *parts,
         pdf.Pdf(end.content, end.pages, entries[-1].title)],
        title=title, duplex=False,
    )  # fmt: skip
    name = f"{title}.pdf".replace("/", "-")
    job.finish(f"Страниц: {whole.pages}, уроков: {lessons}.", ResultFile(name, whole.content))


def _front(shared: dict[str, Any], entries: list[Entry]) -> pdf.Pdf:
    """Title page and contents."""
    return pdf.pdf_of("reports/pdf/archive_front.html", {**shared, "entries": entries}, style=STYLE)
