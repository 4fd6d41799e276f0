"""Reports on all pupils of a class as one file, for a parents' meeting: every pupil exactly once, or the job fails."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from accounts.models import User
from journal.calendar import load_calendar
from journal.models import Pupil, SchoolClass
from reports import pdf
from reports.analytics.periods import ReportPeriod, periods_of
from reports.analytics.pupil_paper import report_pdf
from reports.analytics.pupil_report import pupil_report
from reports.jobs import JobError, JobRun, ResultFile, job_handler, start_job
from reports.models import Job


def start_prints(
    school_class: SchoolClass, period: ReportPeriod, pupil_ids: Sequence[int], *, by: User, next_url: str
) -> Job:
    """Queues the reports of these pupils; see `jobs.start_job`."""
    params = {"class_id": school_class.pk, "pupil_ids": list(pupil_ids), "period": period.key}
    return start_job(kind=Job.Kind.PUPIL_REPORTS, owner=by, params=params, next_url=next_url)


@job_handler(Job.Kind.PUPIL_REPORTS)
def print_reports(job: JobRun) -> None:
    """One sheet after the other, in the order asked for. Half a minute of work for a class: it is done anew when its
    worker died."""
    school_class = SchoolClass.objects.select_related("year__school").get(pk=job.params["class_id"])
    calendar, today = load_calendar(school_class.year), timezone.localdate()
    periods = periods_of(calendar, school_class.grade, today)
    period = next((one for one in periods if one.key == job.params["period"]), None)
    ids = job.params["pupil_ids"]
    pupils = Pupil.objects.in_bulk(ids)
    if period is None or len(pupils) != len(set(ids)):
        raise JobError("Список класса изменился, пока печать ждала своей очереди. Запустите её ещё раз.")
    job.start(total=len(ids))
    sheets = []
    for pk in ids:
        sheets.append(report_pdf(pupil_report(pupils[pk], school_class, period, periods, calendar, today=today)))
        job.step()
    whole = pdf.joined(sheets, title=f"Отчёты об учениках, {school_class.name}, {period.name}")
    name = f"Отчёты об учениках {school_class.name} {period.name}.pdf"
    job.finish(f"Учеников: {len(ids)}, страниц: {whole.pages}.", ResultFile(name, whole.content))
