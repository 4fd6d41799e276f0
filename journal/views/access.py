"""The login of a guardian or of a pupil: its page, blocking, reporting a compromise. Slips are printed by reports."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import Action, address_of, record_pupils
from journal.access import get_guardian_kept_by, get_pupil_kept_by
from journal.forms.guardians import CompromiseForm, ReasonForm
from journal.models import Pupil
from journal.queries.card import class_of
from journal.queries.guardian import access_box
from journal.services.access import Holder, block, pupil_ids_of, report, unblock


@require_safe
def pupil_access(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """The pupil's own login."""
    pupil = get_pupil_kept_by(request.user, pupil_id)
    today = timezone.localdate()
    record_pupils(request, Action.READ, "вход ученика", pupil_ids=[pupil_id])
    context = {"pupil": pupil, "box": access_box(pupil, timezone.now()), "school_class": class_of(pupil, today)}
    return TemplateResponse(request, "journal/pupil_access.html", context)


@require_http_methods(["GET", "POST"])
def access_block(request: HttpRequest, guardian_id: int | None = None, pupil_id: int | None = None) -> HttpResponse:
    """Asks for the reason, then closes the login at once."""
    holder = _holder(request, guardian_id, pupil_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if block(holder, by=request.user, reason=reason, address=address_of(request)):
            messages.success(request, "Вход заблокирован, все сеансы завершены.")
        return redirect(_page_of(holder))
    _record_look(request, holder)
    context = {"form": form, "holder": holder, "back": _page_of(holder), "kind": "block"}
    return TemplateResponse(request, "journal/access_confirm.html", context)


@require_POST
def access_unblock(request: HttpRequest, guardian_id: int | None = None, pupil_id: int | None = None) -> HttpResponse:
    """Opens the login again."""
    holder = _holder(request, guardian_id, pupil_id)
    if unblock(holder, by=request.user, address=address_of(request)):
        messages.success(request, "Блокировка снята: действует прежний пароль.")
    return redirect(_page_of(holder))


@require_http_methods(["GET", "POST"])
def access_report(request: HttpRequest, guardian_id: int | None = None, pupil_id: int | None = None) -> HttpResponse:
    """«Сообщить о компрометации» for the family: the second of two presses."""
    holder = _holder(request, guardian_id, pupil_id)
    form = CompromiseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        notice = report(holder, by=request.user, text=form.cleaned_data["text"])
        messages.success(
            request,
            "Сообщение принято: сеансы завершены, пароль больше не действует. Заместитель директора и техническая "
            f"поддержка ответят до {notice.deadline:%d.%m.%Y}. Новый листок с паролем можно выдать здесь же.",
        )
        return redirect(_page_of(holder))
    _record_look(request, holder)
    context = {"form": form, "holder": holder, "back": _page_of(holder), "kind": "report"}
    return TemplateResponse(request, "journal/access_confirm.html", context)


def _holder(request: HttpRequest, guardian_id: int | None, pupil_id: int | None) -> Holder:
    """Somebody with a login that may be dealt with here, or 404."""
    holder: Holder = (
        get_guardian_kept_by(request.user, guardian_id) if guardian_id else get_pupil_kept_by(request.user, pupil_id)
    )
    if holder.user is None or holder.user.is_personnel:
        raise Http404
    return holder


def _record_look(request: HttpRequest, holder: Holder) -> None:
    """The page names the person; it is told on the cards of the children whom the reader keeps."""
    pupils = Pupil.objects.kept_by(request.user).filter(pk__in=pupil_ids_of(holder))
    record_pupils(request, Action.READ, "вход в кабинет", pupil_ids=pupils.values_list("pk", flat=True))


def _page_of(holder: Holder) -> str:
    name = "journal:pupil_access" if isinstance(holder, Pupil) else "journal:guardian"
    return reverse(name, args=[holder.pk])
