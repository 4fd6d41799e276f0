"""What pages that save each press by itself share: how the script asks and is answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from attendance.services.presses import UNREADABLE, CannotMark


def wants_json(request: HttpRequest) -> bool:
    """Whether the script asks, and not a plain form."""
    return request.accepts("application/json") and not request.accepts("text/html")


def clock(moment: datetime) -> str:
    """«08:41», by the school's clock."""
    return f"{timezone.localtime(moment):%H:%M}"


def key_of(text: str) -> UUID | None:
    """The key of a press; None where there is none, CannotMark where it is no key."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise CannotMark(UNREADABLE) from None
