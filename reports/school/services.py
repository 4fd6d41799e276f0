"""Writes of the settings that are more than fields of one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from django.db import transaction

from accounts.models import AuditEvent, User
from journal.models import AcademicYear, BellPeriod
from journal.services.calendar import create_year
from journal.services.changes import NO_PUPIL, edit_row, record_change
from journal.services.settings import CannotChange, lock_settings

MAIN_BELLS = "основное"
"""The schedule that the pages of a day show."""
Bell = tuple[int, time, time]
"""Lesson, beginning, end."""


@transaction.atomic
def create_next_year(*, today: date, by: User, address: str | None = None) -> AcademicYear:
    """The year after the last one, as a draft. CannotChange where that lies too far ahead."""
    lock_settings()
    last = AcademicYear.objects.order_by("-date_from").first()
    start = last.date_from.year + 1 if last else (today.year if today.month >= 6 else today.year - 1)
    if start > today.year + 1:
        raise CannotChange(f"Год {start}/{(start + 1) % 100:02d} заводить рано: последний в списке ещё не начался.")
    year = create_year(start)
    new = {"name": year.name, "date_from": year.date_from, "date_to": year.date_to}
    fields = {name: (None, value) for name, value in new.items()}
    record_change(year, fields, by=by, pupil_ids=NO_PUPIL, subject="календарь: новый учебный год", address=address)
    return year


@transaction.atomic
def approve_year(year: AcademicYear, *, approved: bool, by: User, address: str | None = None) -> None:
    """«Утверждено», or back to «проект». A year without terms is no calendar yet."""
    lock_settings()
    if approved and not year.terms.exists():
        raise CannotChange("Утвердить нечего: в этом году ещё нет ни одного периода.")
    edit_row(
        year,
        {"is_approved": (not approved, approved)},
        by=by,
        pupil_ids=NO_PUPIL,
        subject="календарь: утверждение",
        address=address,
    )


def bells_of(schedule: str) -> list[Bell]:
    rows = BellPeriod.objects.filter(schedule=schedule).order_by("number")
    return list(rows.values_list("number", "starts", "ends"))


@transaction.atomic
def save_bells(
    *, old_name: str, name: str, shown: str, bells: Sequence[Bell], by: User, address: str | None = None
) -> None:
    """Write a schedule whole: `old_name` is empty for a new one, `shown` is `bells_text` of what the page showed.

    CannotChange where the name is taken or somebody else saved meanwhile.
    """
    lock_settings()
    standing = bells_of(old_name) if old_name else []
    if bells_text(standing) != shown:
        raise CannotChange("Пока страница была открыта, это расписание изменил кто-то другой. Посмотрите его ещё раз.")
    if name != old_name and BellPeriod.objects.filter(schedule=name).exists():
        raise CannotChange(f"Расписание «{name}» уже есть: выберите другое название.")
    if old_name == MAIN_BELLS != name:
        raise CannotChange(f"«{MAIN_BELLS}» показывают страницы дня: переименовать его нельзя.")
    BellPeriod.objects.filter(schedule=old_name or name).delete()
    BellPeriod.objects.bulk_create(
        BellPeriod(schedule=name, number=number, starts=starts, ends=ends) for number, starts, ends in bells
    )
    _record_bells(name, old=f"{old_name}: {shown}" if old_name else "", new=bells_text(bells), by=by, address=address)


@transaction.atomic
def remove_bells(name: str, *, by: User, address: str | None = None) -> None:
    """Take a schedule away; the main one stays."""
    lock_settings()
    if name == MAIN_BELLS:
        raise CannotChange(f"«{MAIN_BELLS}» показывают страницы дня: удалить его нельзя.")
    old = bells_text(bells_of(name))
    BellPeriod.objects.filter(schedule=name).delete()
    _record_bells(name, old=old, new="", by=by, address=address)


def bells_text(bells: Sequence[Bell]) -> str:
    """«1 08:00–08:40, 2 08:50–09:30»."""
    return ", ".join(f"{number} {starts:%H:%M}–{ends:%H:%M}" for number, starts, ends in bells)


def _record_bells(name: str, *, old: str, new: str, by: User, address: str | None) -> None:
    AuditEvent.objects.create(
        actor=by,
        action=AuditEvent.Action.CHANGE,
        subject=f"звонки: {name}"[:100],
        object_type="bellperiod",
        old={"bells": old},
        new={"bells": new},
        address=address,
    )


@transaction.atomic
def permit_sensitive(user: User, *, permitted: bool, by: User, address: str | None = None) -> bool:
    """Let a member of staff see the sensitive block, or no longer; whether anything changed."""
    changes = {"sees_sensitive": (not permitted, permitted)}
    done = edit_row(user, changes, by=by, pupil_ids=NO_PUPIL, subject="особые сведения: разрешение", address=address)
    return bool(done)
