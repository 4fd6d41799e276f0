"""Writes about who may enter. Each names its actor and is one transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.audit import Action, address_of, record_event
from accounts.http import SignedInRequest
from accounts.middleware import SEEN, STAFF, STARTED
from accounts.models import NoticeAction, RulesAcceptance, SecurityNotice, User, UserSession
from accounts.rules import RULES_VERSION


@transaction.atomic
def sign_in(request: HttpRequest, user: User) -> None:
    """Begin a session and note it in the person's own list and in the audit trail."""
    login(request, user)
    request.session[STARTED] = request.session[SEEN] = int(time.time())
    request.session[STAFF] = user.is_personnel
    request.session.save()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={"user": user, "device": device_of(request), "address": address_of(request)},
    )
    record_event(Action.SIGN_IN, "вход", by=user, request=request)


@transaction.atomic
def sign_out(request: SignedInRequest) -> None:
    """End the session of this request."""
    _mark_ended([request.session.session_key])
    record_event(Action.SIGN_OUT, "выход", by=request.user, request=request)
    logout(request)


@transaction.atomic
def accept_rules(*, user: User) -> None:
    """The person read and accepted the rules of today's version."""
    RulesAcceptance.objects.get_or_create(user=user, version=RULES_VERSION)
    user.rules_version = RULES_VERSION
    user.save(update_fields=["rules_version"])


@transaction.atomic
def change_own_password(request: SignedInRequest, new_password: str) -> None:
    """A new password of one's own choice. All other sessions end, this one goes on."""
    user = request.user
    user.set_password(new_password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    old_key = request.session.session_key
    update_session_auth_hash(request, user)
    request.session.save()
    UserSession.objects.filter(session_key=old_key).update(session_key=request.session.session_key)
    end_sessions(user=user, by=user, keep=request.session.session_key)
    record_event(Action.PASSWORD, "смена своего пароля", by=user, request=request)


@transaction.atomic
def end_sessions(*, user: User, by: User, keep: str | None = None, only: int | None = None) -> int:
    """End the person's sessions, all but `keep` or the one with pk `only`; how many ended."""
    rows = UserSession.objects.filter(user=user, ended_at=None).exclude(session_key=keep)
    if only is not None:
        rows = rows.filter(pk=only)
    keys = list(rows.values_list("session_key", flat=True))
    _mark_ended(keys)
    Session.objects.filter(session_key__in=keys).delete()
    if keys:
        record_event(Action.SESSION, "завершение сеансов", by=by, object_type="user", object_id=user.pk)
    return len(keys)


def delete_expired_sessions() -> int:
    """Sessions whose time is over; gives how many. The person's own list and the audit trail keep the sign-in."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]


def _mark_ended(keys: Sequence[str | None]) -> None:
    UserSession.objects.filter(session_key__in=keys).update(ended_at=timezone.now())


@transaction.atomic
def report_compromise(*, user: User, by: User, text: str = "") -> SecurityNotice:
    """Somebody else may know the password: sessions end, the password is blocked, a notice opens for the deputy and
    technical support, with one working day to deal with it (domain.md §9)."""
    today = timezone.localdate()
    notice = SecurityNotice.objects.create(
        user=user,
        reported_by=by,
        text=text.replace("\0", "")[:2000],  # PostgreSQL stores no zero byte, and this notice must not fail
        learned_on=today,
        deadline=import_string(settings.NOTICE_DEADLINE)(today),
    )
    NoticeAction.objects.create(notice=notice, by=by, text="Пароль заблокирован, все сеансы завершены")
    user.set_unusable_password()
    user.save(update_fields=["password"])
    end_sessions(user=user, by=by)
    record_event(Action.CHANGE, "сообщение о компрометации", by=by, object_type="security_notice", object_id=notice.pk)
    return notice


def device_of(request: HttpRequest) -> str:
    """«Chrome, Android» from what the browser says of itself: words a person recognises, not a fingerprint."""
    agent = request.headers.get("User-Agent", "")
    browsers = {"YaBrowser": "Яндекс Браузер", "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome"}
    systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
    browser = next((name for mark, name in browsers.items() if mark in agent), "")
    if not browser and "Safari" in agent:
        browser = "Safari"
    system = next((name for mark, name in systems.items() if mark in agent), "Linux" if "Linux" in agent else "")
    return ", ".join(filter(None, [browser, system])) or "неизвестное устройство"
