"""Writes about who may enter. Each names its actor and is one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

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
from accounts.models import AuditEvent, NoticeAction, RulesAcceptance, SecurityNotice, User, UserSession
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
    user.must_change_password, user.one_time_until = False, None
    user.save(update_fields=["password", "must_change_password", "one_time_until"])
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


@transaction.atomic
def give_one_time_password(*, user: User, hashed: str, until: datetime, by: User, address: str | None = None) -> None:
    """Writes a one-time password that is hashed already (hashing is slow: not in a transaction) to a user who may be
    new. The former password stops, all sessions end, and the first entry leads to a password of one's own."""
    is_new = user.pk is None
    user.password, user.must_change_password, user.one_time_until = hashed, True, until
    user.save(update_fields=None if is_new else ["password", "must_change_password", "one_time_until"])
    if not is_new:
        end_sessions(user=user, by=by)
    subject = "создан вход, одноразовый пароль" if is_new else "новый одноразовый пароль"
    AuditEvent.objects.create(
        actor=by, action=Action.PASSWORD, subject=subject, object_type="user", object_id=user.pk, address=address
    )


@transaction.atomic
def set_blocked(
    *, user: User, blocked: bool, by: User, reason: str, pupil_ids: Iterable[int] = (), address: str | None = None
) -> bool:
    """Closes a login at once, or opens it again with the password it had; whether anything changed. One event, or one
    for each of `pupil_ids` (plain numbers, as in AuditEvent)."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    user.is_active = not blocked
    if fresh.is_active == user.is_active:
        return False
    user.save(update_fields=["is_active"])
    if blocked:
        end_sessions(user=user, by=by)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=by,
            action=Action.CHANGE,
            subject="вход заблокирован" if blocked else "блокировка входа снята",
            pupil_id=pupil_id,
            object_type="user",
            object_id=user.pk,
            old={"is_active": blocked},
            new={"is_active": not blocked, "reason": reason},
            address=address,
        )
        for pupil_id in [*pupil_ids] or [None]  # type: ignore[list-item]
    )
    return True


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
