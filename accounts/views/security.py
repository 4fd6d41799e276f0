"""«Безопасность»: one's own password and sessions."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import OwnPasswordForm
from accounts.http import SignedInRequest
from accounts.models import UserSession
from accounts.services import change_own_password, end_sessions, report_compromise, sign_out

WRONG_PASSWORDS = "wrong_passwords"


@sensitive_post_parameters("old_password", "new_password1", "new_password2")
@require_http_methods(["GET", "POST"])
def password(request: SignedInRequest) -> HttpResponse:
    """A new password of one's own; after a one-time one nothing else opens before."""
    if request.user.one_time_expired(timezone.now()):  # signed in by it on its last day
        return _sent_out(request, "Одноразовый пароль больше не действует. Новый листок выдаст классный руководитель.")
    form = OwnPasswordForm(request.user, request.POST or None)
    one_time = request.user.must_change_password
    if request.method == "POST" and form.is_valid():
        change_own_password(request, form.cleaned_data["new_password1"])
        messages.success(request, "Пароль изменён. На других устройствах сеансы завершены.")
        return redirect("home" if one_time else "accounts:security")
    if request.method == "POST" and "old_password" in form.errors and _guesses(request) >= settings.AXES_FAILURE_LIMIT:
        return _sent_out(request, "Прежний пароль введён неверно слишком много раз. Войдите заново.")
    return TemplateResponse(request, "accounts/password.html", {"form": form, "one_time": one_time})


def _guesses(request: SignedInRequest) -> int:
    """Wrong old passwords of this session: who sits at somebody else's open session shall not find the password."""
    request.session[WRONG_PASSWORDS] = request.session.get(WRONG_PASSWORDS, 0) + 1
    return request.session[WRONG_PASSWORDS]


def _sent_out(request: SignedInRequest, words: str) -> HttpResponse:
    sign_out(request)
    messages.error(request, words)
    return redirect("accounts:login")


@require_safe
def security(request: SignedInRequest) -> HttpResponse:
    """Own sessions that live, own open notices, the way to report a compromise."""
    sessions = list(own_sessions(request))
    for session in sessions:
        session.is_current = session.session_key == request.session.session_key
    notices = request.user.notices.filter(closed_at=None)
    return TemplateResponse(request, "accounts/security.html", {"sessions": sessions, "notices": notices})


@require_POST
def end_session(request: SignedInRequest, session_id: int) -> HttpResponse:
    """End one own session; somebody else's is simply not among them."""
    if end_sessions(user=request.user, by=request.user, only=session_id, keep=request.session.session_key):
        messages.success(request, "Сеанс завершён.")
    return redirect("accounts:security")


@require_POST
def end_other_sessions(request: SignedInRequest) -> HttpResponse:
    """«Завершить все остальные»."""
    end_sessions(user=request.user, by=request.user, keep=request.session.session_key)
    messages.success(request, "Все остальные сеансы завершены.")
    return redirect("accounts:security")


@require_POST
def report(request: SignedInRequest) -> HttpResponse:
    """«Сообщить о компрометации»: every session of the person ends, this one too."""
    report_compromise(user=request.user, by=request.user, text=request.POST.get("text", ""))
    logout(request)
    messages.success(
        request,
        "Сообщение принято. Все ваши сеансы завершены, старый пароль больше не действует. "
        "Новый выдаст классный руководитель или администратор.",
    )
    return redirect("accounts:login")


def own_sessions(request: SignedInRequest):
    """Sessions that live: not ended and younger than the longest session."""
    since = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return UserSession.objects.filter(user=request.user, ended_at=None, started_at__gte=since)
