"""The roll call: «остальные присутствуют»."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from attendance.models import RollCall
from attendance.services.places import CannotMark
from journal.calendar import Calendar
from journal.models import SchoolClass


@transaction.atomic
def take_roll_call(*, school_class: SchoolClass, day: date, calendar: Calendar, by: User) -> RollCall:
    """«Остальные присутствуют»: the class is marked. A second time changes nothing: the first is the record."""
    if reason := calendar.why_no_school(day, school_class.grade):
        raise CannotMark(f"{day:%d.%m.%Y} — не учебный день ({reason}). Перекличка не нужна.")
    if day > timezone.localdate():
        raise CannotMark("Перекличку проводят в сам день, не заранее.")
    roll_call, _ = RollCall.objects.get_or_create(
        school_class=school_class, date=day, defaults={"taken_by": by, "taken_at": timezone.now()}
    )
    return roll_call
