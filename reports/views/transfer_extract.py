"""Выписка при переводе: the form, what will stand on the paper, and the paper itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.audit import Action, record_pupils
from reports.extract.transfer import form_transfer, transfer_extract
from reports.forms import TransferForm
from reports.views.extracts import pupil_and_class


@require_http_methods(["GET", "HEAD", "POST"])
def transfer_extract_page(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """For the class teacher while the pupil is in the class, for the deputy also afterwards."""
    pupil, school_class = pupil_and_class(request, pupil_id)
    today, year = timezone.localdate(), school_class.year
    stay = pupil.enrolments.filter(school_class=school_class).latest("date_from")
    last = min(stay.date_to or today, today, year.date_to)
    form = TransferForm(
        request.POST if request.method == "POST" else None, first_day=year.date_from, today=today, left_on=last
    )
    is_right = form.is_bound and form.is_valid()
    data = form.cleaned_data if is_right else {"destination": "", "left_on": last, "outgoing_number": ""}
    paper = transfer_extract(pupil, school_class, today=today, **data)
    if is_right and request.POST.get("print") == "1":
        row = form_transfer(paper, by=request.user, request=request)
        return redirect("reports:extract_file", extract_id=row.pk)
    record_pupils(request, Action.READ, "выписка при переводе", pupil_ids=[pupil.pk], class_id=school_class.pk)
    context = {"pupil": pupil, "school_class": school_class, "form": form, "paper": paper}
    status = 422 if form.is_bound and not is_right else 200
    return TemplateResponse(request, "reports/transfer_extract.html", context, status=status)
