"""Движение: the list of a class, and the office's forms of an order (domain.md §6)."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import Action, record_class, record_pupils
from journal.access import get_class_for_office, get_class_kept_by, get_movement_for_office, get_pupil_for_office
from journal.editing import may_record_movements
from journal.files import table_response
from journal.forms.movements import ArrivalForm, CancelForm, DepartureForm, OrderForm, TransferForm
from journal.models import Movement
from journal.queries.card import class_of
from journal.queries.movements import class_movements, lines_for_file
from journal.services import movements
from journal.services.movement_undo import cancel, why_not_cancelled
from journal.services.movements import CannotMove
from journal.services.undo import CannotUndo

MEANWHILE = "Пока страница была открыта, список изменился. Откройте её ещё раз и проверьте."


@require_safe
def class_page(request: HttpRequest, class_id: int) -> HttpResponse:
    """Movements of the class in its year, and its roll by terms."""
    school_class = get_class_kept_by(request.user, class_id)
    record_class(request, Action.READ, "движение класса", class_id=class_id)
    context = {
        "school_class": school_class,
        "page": class_movements(school_class, timezone.localdate()),
        "may_record": may_record_movements(request.user),
    }
    return TemplateResponse(request, "journal/movements.html", context)


@require_safe
def class_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The list as XLSX or CSV."""
    school_class = get_class_kept_by(request.user, class_id)
    page = class_movements(school_class, timezone.localdate())
    record_class(request, Action.EXPORT, "движение класса", class_id=class_id)
    name = f"Движение {school_class.name} {school_class.year.name.replace('/', '-')}"
    return table_response(suffix, name, lines_for_file(page.lines), sheet="Движение", first_widths=(13, 24, 34))


@require_http_methods(["GET", "POST"])
def arrival(request: HttpRequest, class_id: int) -> HttpResponse:
    """A pupil comes: a new one with the personal data, or one who was here before."""
    school_class = get_class_for_office(request.user, class_id)
    form = ArrivalForm(request.POST or None, school_class=school_class, initial=_today())

    def write() -> Movement:
        return movements.arrive(
            pupil=form.pupil(),
            school_class=school_class,
            order=form.order(),
            changes=form.personal_data(),
            by=request.user,
        )

    if row := _written(request, form, write):
        messages.success(request, f"{row.pupil.full_name} в списке {school_class} с {row.effective_on:%d.%m.%Y}.")
        return redirect("journal:movements", class_id=class_id)
    context = {"school_class": school_class, "form": form}
    return TemplateResponse(request, "journal/movement_arrival.html", context)


@require_http_methods(["GET", "POST"])
def departure(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The pupil leaves the school."""
    pupil = get_pupil_for_office(request.user, pupil_id)
    school_class = class_of(pupil, timezone.localdate())
    if school_class is None:
        raise Http404
    form = DepartureForm(request.POST or None, pupil=pupil, initial=_today())
    if row := _written(request, form, lambda: movements.depart(pupil=pupil, order=form.order(), by=request.user)):
        messages.success(request, f"Выбытие внесено: {pupil.full_name}, с {row.effective_on:%d.%m.%Y}.")
        return redirect("journal:movements", class_id=school_class.pk)
    record_pupils(request, Action.READ, "выбытие", pupil_ids=[pupil_id], class_id=school_class.pk)
    context = {"school_class": school_class, "pupil": pupil, "form": form, "title": "Выбытие"}
    return TemplateResponse(request, "journal/movement_form.html", context)


@require_http_methods(["GET", "POST"])
def transfer(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The pupil goes over to another class of the same year."""
    pupil = get_pupil_for_office(request.user, pupil_id)
    school_class = class_of(pupil, timezone.localdate())
    if school_class is None:
        raise Http404
    form = TransferForm(request.POST or None, pupil=pupil, own_class=school_class, initial=_today())

    def write() -> Movement:
        target = form.cleaned_data["school_class"]
        return movements.change_class(pupil=pupil, school_class=target, order=form.order(), by=request.user)

    if row := _written(request, form, write):
        messages.success(request, f"{pupil.full_name} переведён(а) в {row.to_class} с {row.effective_on:%d.%m.%Y}.")
        return redirect("journal:movements", class_id=school_class.pk)
    record_pupils(request, Action.READ, "перевод в другой класс", pupil_ids=[pupil_id], class_id=school_class.pk)
    context = {"school_class": school_class, "pupil": pupil, "form": form, "title": "Перевод в другой класс"}
    return TemplateResponse(request, "journal/movement_form.html", context)


@require_http_methods(["GET", "POST"])
def cancel_movement(request: HttpRequest, movement_id: int) -> HttpResponse:
    """«Внесено по ошибке»: what comes back is shown, the reason is asked."""
    row = get_movement_for_office(request.user, movement_id)
    school_class = row.to_class or row.from_class
    if school_class is None:
        raise Http404
    form = CancelForm(request.POST or None)
    reasons = why_not_cancelled(row)
    if request.method == "POST" and not reasons and form.is_valid():
        try:
            cancel(movement=row, reason=form.cleaned_data["reason"], by=request.user)
        except CannotUndo as refusal:
            reasons = refusal.reasons
        except IntegrityError:
            reasons = [MEANWHILE]
        else:
            what = f"{row.get_kind_display()}, {row.pupil.full_name}"
            messages.success(request, f"Отменено: {what}. Всё стоит как раньше.")
            return redirect("journal:movements", class_id=school_class.pk)
    record_pupils(request, Action.READ, "отмена движения", pupil_ids=[row.pupil_id], class_id=school_class.pk)
    context = {"school_class": school_class, "movement": row, "reasons": reasons, "form": form}
    return TemplateResponse(request, "journal/movement_cancel.html", context)


def _written(request: HttpRequest, form: OrderForm, write: Callable[[], Movement]) -> Movement | None:
    """The movement, where the form is good and the register takes it; else the form says why not."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return write()
    except CannotMove as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    except IntegrityError:
        form.add_error(None, MEANWHILE)
    return None


def _today() -> dict:
    today = timezone.localdate()
    return {"order_date": today, "effective_on": today}
