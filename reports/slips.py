"""Slips with a login and a one-time password, on paper only: one for a person at once, or for a class as a job.

A password is never stored in the clear, and a printed one always opens the door. For both, everything slow (hashing,
laying out) happens before anything is written; then the hashes, the trail and the finished file are written in one
short transaction, together with the end of the job. A worker that dies earlier has changed nobody's password, and the
job runs again from the beginning; one that dies later has left the file. There is no state between, so there is
nothing to resume, and no password that is valid but printed nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.audit import Action
from accounts.models import AuditEvent, User
from journal.models import Enrolment, Guardian, Guardianship, Pupil, School, SchoolClass
from journal.queries.guardians import classes_on, known_people
from journal.services.access import (
    AccessChanged,
    AccessRefused,
    Holder,
    NewPassword,
    make_passwords,
    pupil_ids_of,
    stamp_of,
    write_passwords,
)
from reports import pdf
from reports.jobs import JobError, JobRun, ResultFile, job_handler, start_job
from reports.models import Job

TEMPLATE, STYLE = "reports/pdf/access_slips.html", "pdf-access-slips.css"
ON_A_PAGE = 4
KEPT = timedelta(hours=1)
KEPT_AFTER_OPENING = timedelta(minutes=10)
GUARDIANS, PUPILS = "guardians", "pupils"
PUPILS_FROM_GRADE = 5
"""Younger pupils read their diary with a parent."""
SUBJECT = "листок с паролем"
CHANGED = (
    "Пока листки готовились, у кого-то из выбранных изменился вход или класс. Ничего не выдано, прежние пароли "
    "действуют. Запустите печать ещё раз."
)


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on one slip."""

    who: str
    short: str
    is_pupil: bool
    login: str
    password: str
    until: datetime
    children: list[str]


def start_class_slips(
    school_class: SchoolClass, holders: Sequence[Holder], who: str, *, by: User, site: str, next_url: str
) -> Job:
    """Queues slips for these people of the class; see `jobs.start_job`. `site`: the address to print."""
    pupil_ids = sorted({pk for holder in holders for pk in pupil_ids_of(holder)})
    params = {
        "class_id": school_class.pk,
        "who": who,
        "ids": [holder.pk for holder in holders],
        "pupil_ids": pupil_ids,
        "site": site,
    }
    return start_job(kind=Job.Kind.ACCESS_SLIPS, owner=by, params=params, next_url=next_url)


@job_handler(Job.Kind.ACCESS_SLIPS)
def print_slips(job: JobRun) -> None:
    """Makes all passwords in memory, lays out the file, then writes everything at once."""
    school_class = SchoolClass.objects.select_related("year__school").get(pk=job.params["class_id"])
    holders = _wanted(school_class, job)
    job.start(total=len(holders))
    try:
        made = make_passwords(holders, school=school_class.year.school, step=job.step)
        sheet = render(slips_of(made, by=job.owner), school=school_class.year.school, site=job.params["site"])
        with transaction.atomic():
            write_passwords(made, by=job.owner)
            _record(made, by=job.owner, class_id=school_class.pk)
            job.finish(
                f"Листков: {len(made)}, страниц: {sheet.pages}.",
                ResultFile(f"Листки с паролями {school_class.name}.pdf", sheet.content),
                kept=KEPT,
            )
    except AccessRefused as error:
        raise JobError(f"{error} Ничего не выдано: уберите этого человека из выбора.") from error
    except AccessChanged as error:
        raise JobError(CHANGED) from error


def print_one(holder: Holder, *, stamp: str, by: User, site: str, address: str | None) -> pdf.Pdf:
    """One slip, made in the request. `stamp`: of the access as the page showed it, so that a press sent twice gives
    one password. Raises AccessChanged, AccessRefused."""
    if stamp_of(holder) != stamp:
        raise AccessChanged
    school = School.load()
    made = make_passwords([holder], school=school)
    sheet = render(slips_of(made, by=by), school=school, site=site)
    with transaction.atomic():
        write_passwords(made, by=by, address=address)
        _record(made, by=by, address=address)
    return sheet


def slips_of(made: Sequence[NewPassword], *, by: User) -> list[Slip]:
    """What to print. Children kept by somebody else are told by their class only."""
    today = timezone.localdate()
    guardians = [one.holder for one in made if isinstance(one.holder, Guardian)]
    children = {known.guardian.pk: known.children for known in known_people(guardians, by, today)}
    pupils = [one.holder.pk for one in made if isinstance(one.holder, Pupil)]
    classes = classes_on(pupils, today)

    def words(holder: Holder) -> list[str]:
        if isinstance(holder, Guardian):
            return children[holder.pk]
        return [classes[holder.pk].name] if holder.pk in classes else []

    return [
        Slip(
            who=one.holder.full_name,
            short=one.holder.short_name,
            is_pupil=isinstance(one.holder, Pupil),
            login=one.login,
            password=one.password,
            until=one.until,
            children=words(one.holder),
        )
        for one in made
    ]


def render(slips: Sequence[Slip], *, school: School, site: str) -> pdf.Pdf:
    """Four slips on a sheet; a sheet that does not hold its four stops the work."""
    sheets = [slips[at : at + ON_A_PAGE] for at in range(0, len(slips), ON_A_PAGE)]
    rows = [[sheet[at : at + 2] for at in range(0, len(sheet), 2)] for sheet in sheets]
    context = {"sheets": rows, "school": school, "site": site, "qr": _qr(site), "today": timezone.localdate()}
    made = pdf.pdf_of(TEMPLATE, context, style=STYLE)
    if made.pages != len(sheets):
        raise pdf.PageCountError(f"{made.pages} pages, {len(sheets)} expected")
    return made


def _wanted(school_class: SchoolClass, job: JobRun) -> list[Holder]:
    """The people chosen, in the order of the class list; all of them, or the job fails."""
    ids = job.params["ids"]
    here = Enrolment.objects.on_roll(timezone.localdate()).filter(school_class=school_class)
    pupils = Pupil.objects.kept_by(job.owner).filter(pk__in=here.values("pupil"))
    found: list[Holder]
    if job.params["who"] == PUPILS:
        found = list(pupils.filter(pk__in=ids).select_related("user").order_by("sort_name", "pk"))
    else:
        ties = Guardianship.objects.current().filter(pupil__in=pupils, guardian__in=ids)
        ties = ties.select_related("guardian__user").order_by("pupil__sort_name", "pupil", "pk")
        found = list({tie.guardian_id: tie.guardian for tie in ties}.values())
    if len(found) != len(set(ids)):
        raise JobError(CHANGED)
    return found


def _record(made: Sequence[NewPassword], *, by: User, class_id: int | None = None, address: str | None = None) -> None:
    """One print a pupil on whose card the access stands."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=by,
            action=Action.PRINT,
            subject=SUBJECT,
            pupil_id=pupil_id,
            class_id=class_id,
            object_type=str(one.holder._meta.model_name),
            object_id=one.holder.pk,
            address=address,
        )
        for one in made
        for pupil_id in pupil_ids_of(one.holder)
    )


def _qr(site: str) -> str:
    """The address alone, as a data address: a phone's camera spares the typing."""
    import segno

    return segno.make(f"{site}/", error="m", mask=3).png_data_uri(border=0, scale=4)
