"""Slips with one-time passwords: for one person in the request, for chosen people of a class as a job."""

from __future__ import annotations

from dataclasses import dataclass

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import Action, address_of, record_class
from accounts.models import User
from journal.access import get_class_kept_by, get_guardian_kept_by, get_pupil_kept_by
from journal.models import Enrolment, SchoolClass, Teacher
from journal.queries.access import TO_INVITE, Access, State, access_of
from journal.queries.guardians import class_guardians
from journal.services.access import AccessChanged, AccessRefused, Holder
from reports import slips


@dataclass(slots=True)
class Choice:
    """A person who may get a slip."""

    holder: Holder
    about: list[str]
    access: Access
    on_paper: bool
    is_open: bool
    """A password may be given here: the login is not blocked and not of staff."""

    @property
    def is_advised(self) -> bool:
        return self.is_open and not self.on_paper and self.access.state in TO_INVITE


@require_http_methods(["GET", "POST"])
def access_slips(request: HttpRequest, class_id: int) -> HttpResponse:
    """Whom to print a slip for; POST queues the print. `?who=pupils`: for the pupils themselves."""
    school_class = get_class_kept_by(request.user, class_id)
    for_pupils = request.GET.get("who") == slips.PUPILS and school_class.grade >= slips.PUPILS_FROM_GRADE
    choices = _pupils(school_class) if for_pupils else _guardians(school_class, request.user)
    if request.method == "POST":
        wanted = set(request.POST.getlist("holder"))
        chosen = [one.holder for one in choices if one.is_open and str(one.holder.pk) in wanted]
        if chosen:
            return _start(request, school_class, chosen, slips.PUPILS if for_pupils else slips.GUARDIANS)
        messages.warning(request, "Отметьте хотя бы одного человека.")
    record_class(request, Action.READ, "выдача входов", class_id=class_id)
    context = {
        "school_class": school_class,
        "choices": choices,
        "for_pupils": for_pupils,
        "has_pupils": school_class.grade >= slips.PUPILS_FROM_GRADE,
        "days": school_class.year.school.one_time_password_days,
    }
    return TemplateResponse(request, "reports/access_slips.html", context)


@require_POST
@csp_replace({"object-src": [SELF]})  # a browser shows a PDF as an object of its own page
def access_slip(request: HttpRequest, guardian_id: int | None = None, pupil_id: int | None = None) -> HttpResponse:
    """The slip of one person as a PDF. It is the only copy: the password is stored nowhere."""
    if guardian_id:
        holder: Holder = get_guardian_kept_by(request.user, guardian_id)
        page = reverse("journal:guardian", args=[guardian_id])
    else:
        holder = get_pupil_kept_by(request.user, pupil_id)
        page = reverse("journal:pupil_access", args=[pupil_id])
    try:
        sheet = slips.print_one(
            holder, stamp=request.POST.get("stamp", ""), by=request.user, site=_site(request),
            address=address_of(request),
        )  # fmt: skip
    except AccessRefused as error:
        messages.error(request, str(error))
        return redirect(page)
    except AccessChanged:
        words = "Пока страница была открыта, вход уже изменился: возможно, листок только что выдан. "
        messages.warning(request, words + "Если он не напечатан, нажмите «Новый листок с паролем» ещё раз.")
        return redirect(page)
    name = f"Листок {holder.list_name}.pdf"
    headers = {"Content-Disposition": content_disposition_header(False, name)}
    return HttpResponse(sheet.content, content_type="application/pdf", headers=headers)


def _start(request: HttpRequest, school_class: SchoolClass, chosen: list[Holder], who: str) -> HttpResponse:
    back = reverse("journal:class_guardians", args=[school_class.pk])
    job = slips.start_class_slips(school_class, chosen, who, by=request.user, site=_site(request), next_url=back)
    if not job.is_new:  # type: ignore[attr-defined]
        messages.info(request, "Предыдущая печать ещё идёт. Дождитесь её конца или остановите.")
    return redirect("reports:job", job_id=job.pk)


def _guardians(school_class: SchoolClass, user: User) -> list[Choice]:
    """Each guardian once, in the order of the class list."""
    found: dict[int, Choice] = {}
    page = class_guardians(school_class, user, timezone.now(), with_pairs=False)
    lines = [(line.pupil, row) for line in page.pupils for row in line.guardians]
    staff = _staff([row.guardian for _, row in lines])
    for pupil, row in lines:
        one = found.get(row.guardian.pk)
        words = f"{pupil.list_name} ({row.tie.get_kinship_display()})"
        if one is None:
            is_open = row.access.state != State.BLOCKED and row.guardian.user_id not in staff
            found[row.guardian.pk] = Choice(row.guardian, [words], row.access, row.tie.on_paper, is_open)
        else:
            one.about.append(words)
    return list(found.values())


def _pupils(school_class: SchoolClass) -> list[Choice]:
    rows = Enrolment.objects.on_roll(timezone.localdate()).filter(school_class=school_class)
    rows = rows.select_related("pupil__user").order_by("pupil__sort_name", "pupil_id")
    now = timezone.now()
    choices = []
    for row in rows:
        access = access_of(row.pupil.user, now)
        choices.append(Choice(row.pupil, [], access, False, access.state != State.BLOCKED))
    return choices


def _staff(holders: list[Holder]) -> set[int]:
    """Logins of staff among these people: not given here (see `journal.services.access.why_refused`). One query."""
    users = [holder.user for holder in holders if holder.user]
    teachers = set(Teacher.objects.filter(user__in=users).values_list("user_id", flat=True))
    return teachers | {user.pk for user in users if user.is_deputy or user.is_operator}


def _site(request: HttpRequest) -> str:
    """The address of the site as this person sees it."""
    return request.build_absolute_uri("/").rstrip("/")
