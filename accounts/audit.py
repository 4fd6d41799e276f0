"""Writing to the audit trail. Every page that shows, prints or exports a pupil's data calls one of these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from accounts.models import AuditEvent, User

Action = AuditEvent.Action


def record_pupils(
    request: HttpRequest,
    action: Action,
    subject: str,
    *,
    pupil_ids: Iterable[int],
    class_id: int | None = None,
) -> None:
    """One event a pupil, in one insert: somebody read, printed or exported `subject` («карточка», «выписка»…)."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor_id=request.user.pk,
            action=action,
            subject=subject,
            pupil_id=pupil_id,
            class_id=class_id,
            address=address_of(request),
        )
        for pupil_id in pupil_ids
    )


def record_class(request: HttpRequest, action: Action, subject: str, *, class_id: int) -> None:
    """One event for a page of a whole class: each of its pupils was shown, and «кто смотрел» reads it so."""
    AuditEvent.objects.create(
        actor_id=request.user.pk,
        action=action,
        subject=subject,
        class_id=class_id,
        address=address_of(request),
    )


def record_classes(request: HttpRequest, action: Action, subject: str, *, class_ids: Iterable[int]) -> None:
    """The same of several classes on one page: one event a class, in one insert."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor_id=request.user.pk, action=action, subject=subject, class_id=class_id, address=address_of(request)
        )
        for class_id in class_ids
    )


def record_event(
    action: Action, subject: str, *, by: User | None, request: HttpRequest | None = None, **details: Any
) -> None:
    """An event without a pupil, or a change: `details` are fields of AuditEvent (object_type, object_id, old, new)."""
    AuditEvent.objects.create(
        actor=by, action=action, subject=subject, address=address_of(request) if request else None, **details
    )


def address_of(request: HttpRequest) -> str | None:
    """Where the person sits; behind our proxies `ProxyAddressMiddleware` has set it right."""
    return request.META.get("REMOTE_ADDR") or None
