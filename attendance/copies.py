"""Copies of day sheets that the browser of a class teacher keeps for the time without network (design.md §5.2).

Only the own class, only the last school days. The copies are fetched by the page itself in idle time; all of them
together are one look in the audit trail, recorded when the list is asked for, and the list's token is what lets each
page be fetched without a line of its own.
"""

from __future__ import annotations

from datetime import date

from django.core import signing
from django.http import HttpRequest

from accounts.http import session_print
from journal.calendar import Calendar
from journal.models import SchoolClass

COPY_DAYS = 14
TOKEN_SECONDS = 10 * 60
_signer = signing.TimestampSigner(salt="attendance.copies")


def copy_days(calendar: Calendar, today: date, grade: int) -> list[date]:
    """The last school days of the class, the newest first; today among them if it is one."""
    days: list[date] = []
    day = today if calendar.is_school_day(today, grade) else calendar.school_day_before(today, grade)
    while day and len(days) < COPY_DAYS:
        days.append(day)
        day = calendar.school_day_before(day, grade)
    return days


def may_be_kept(request: HttpRequest, school_class: SchoolClass, day: date, calendar: Calendar, today: date) -> bool:
    """Whether the browser may keep this sheet: of an own class, of one of the last days."""
    own = any(one.pk == school_class.pk for one in request.user.own_classes)  # type: ignore[union-attr]
    return own and day in copy_days(calendar, today, school_class.grade)


def owner_of_copies(request: HttpRequest) -> str:
    """Whose copies these are: the account and the sign-in. Another owner's copies are thrown away by the browser."""
    return f"{request.user.pk}:{session_print(request)}"


def token_for(request: HttpRequest, class_id: int) -> str:
    """Lets the copies of the class be fetched for ten minutes in this sign-in."""
    return _signer.sign(f"{session_print(request)}.{class_id}")


def is_listed(request: HttpRequest, class_id: int) -> bool:
    """Whether this request fetches a copy whose look is recorded already."""
    try:
        known = _signer.unsign(request.GET.get("copy", ""), max_age=TOKEN_SECONDS)
    except signing.BadSignature:
        return False
    return known == f"{session_print(request)}.{class_id}"
