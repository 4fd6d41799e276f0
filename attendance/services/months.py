"""Closing a month of attendance, and opening it again: the deputy's, each recorded."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from accounts.audit import Action, record_event
from accounts.models import User
from attendance.models import ClosedMonth
from attendance.tables import last_day, month_name, next_month
from journal.calendar import year_of

SUBJECT = "месяц посещаемости"


class CannotClose(Exception):
    """The month cannot be closed or opened; the message says in Russian why."""


@transaction.atomic
def close_month(*, month: date, today: date, by: User, address: str | None = None) -> ClosedMonth:
    """From now on only the deputy changes absences of the month (its first day), and says why.

    A second time changes nothing: the first closing is the record. Raises CannotClose.
    """
    year = year_of(last_day(month))
    if year is None or month > year.date_to:
        raise CannotClose(f"{month_name(month)}: такого месяца нет в учебном году. Закрывать нечего.")
    if last_day(month) >= today:
        raise CannotClose(f"{month_name(month)} ещё не закончился. Закрыть его можно с {next_month(month):%d.%m}.")
    row, is_new = ClosedMonth.objects.get_or_create(month=month, defaults={"closed_by": by})
    if is_new:
        _record(row.pk, month, "открыт", "закрыт", by, address)
    return row


@transaction.atomic
def reopen_month(*, month: date, reason: str, by: User, address: str | None = None) -> None:
    """Class teachers change absences of the month again. A month that is open already stays so."""
    if not reason.strip():
        raise CannotClose("Напишите, почему месяц открывают снова: это останется в журнале доступа.")
    row = ClosedMonth.objects.select_for_update().select_related("closed_by").filter(month=month).first()
    if row is None:
        return
    was = f"закрыт {row.closed_at:%d.%m.%Y}, {row.closed_by.short_name}"
    _record(row.pk, month, was, f"открыт снова: {reason.strip()}", by, address)
    row.delete()


def _record(pk: int, month: date, old: str, new: str, by: User, address: str | None) -> None:
    record_event(
        Action.CHANGE,
        f"{SUBJECT}: {month_name(month).lower()}",
        by=by,
        object_type=ClosedMonth._meta.model_name,
        object_id=pk,
        old={"месяц": old},
        new={"месяц": new},
    )
