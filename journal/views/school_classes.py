"""Classes of a year as the office keeps them: a new class, another letter, class teachers."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from journal.access import get_class_for_office
from journal.calendar import year_of
from journal.editing import may_record_movements
from journal.forms.school_classes import AppointmentForm, ClassForm, EndForm, RenameForm
from journal.models import AcademicYear, SchoolClass
from journal.queries.school_classes import appointments_of, classes_of_year
from journal.services import classes
from journal.services.classes import CannotChange
from journal.text import row_number

MEANWHILE = "Пока страница была открыта, назначения изменились. Проверьте даты и сохраните ещё раз."


@require_http_methods(["GET", "POST"])
def school_classes(request: HttpRequest) -> HttpResponse:
    """Classes of a year with their teachers; below, a form for a new one."""
    if not may_record_movements(request.user):
        raise Http404
    years = list(AcademicYear.objects.order_by("-date_from"))
    year = _chosen_year(request, years)
    form = ClassForm(request.POST or None)
    if request.method == "POST" and year and form.is_valid():
        try:
            row = classes.add_class(year=year, by=request.user, **form.cleaned_data)
        except CannotChange as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, f"Класс {row} заведён. Назначьте классного руководителя.")
            return redirect("journal:school_class", class_id=row.pk)
    rows = classes_of_year(year, timezone.localdate()) if year else []
    context = {"years": years, "year": year, "rows": rows, "form": form}
    return TemplateResponse(request, "journal/school_classes.html", context)


@require_http_methods(["GET", "POST"])
def school_class(request: HttpRequest, class_id: int) -> HttpResponse:
    """The letter of one class and its class teachers from–to; the pressed button says which form was sent."""
    row = get_class_for_office(request.user, class_id)
    sent = request.POST if request.method == "POST" else None
    rename = RenameForm(_if(sent, "rename"), initial={"letter": row.letter}, prefix="rename")
    start = max(timezone.localdate(), row.year.date_from)
    appoint = AppointmentForm(_if(sent, "appoint"), initial={"date_from": start}, prefix="appoint")
    end = EndForm(_if(sent, "end"), school_class=row, initial={"date_to": start}, prefix="end")
    if words := _written(request, row, rename, appoint, end):
        messages.success(request, words)
        return redirect(reverse("journal:school_class", args=[class_id]))
    context = {
        "school_class": get_class_for_office(request.user, class_id),
        "appointments": appointments_of(row, timezone.localdate()),
        "rename": rename,
        "appoint": appoint,
        "end": end,
    }
    return TemplateResponse(request, "journal/school_class.html", context)


def _written(request: HttpRequest, row: SchoolClass, rename: RenameForm, appoint: AppointmentForm, end: EndForm) -> str:
    """What was done, in words; an empty string where nothing was sent or the form says why not."""
    form: Form = next((one for one in (rename, appoint, end) if one.is_bound), rename)
    if not form.is_bound or not form.is_valid():
        return ""
    data = form.cleaned_data
    try:
        if form is rename:
            classes.rename_class(school_class=row, letter=data["letter"], by=request.user)
            return f"Класс называется {row.grade}{data['letter']}."
        if form is appoint:
            classes.appoint(school_class=row, by=request.user, **data)
            return f"Назначение записано: {data['teacher'].short_name}, с {data['date_from']:%d.%m.%Y}."
        classes.end_appointment(row=data["appointment"], date_to=data["date_to"], by=request.user)
        return f"Последний день: {data['date_to']:%d.%m.%Y}."
    except CannotChange as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    except IntegrityError:
        form.add_error(None, MEANWHILE)
    return ""


def _if(sent, button: str):
    """The data of the form whose button was pressed; the others stay as they were."""
    return sent if sent and button in sent else None


def _chosen_year(request: HttpRequest, years: list[AcademicYear]) -> AcademicYear | None:
    pk = row_number(request.GET.get("year", ""))
    chosen = next((year for year in years if year.pk == pk), None)
    return chosen or year_of(timezone.localdate()) or (years[-1] if years else None)
