"""Access of a family to its cabinet: logins, one-time passwords, blocking. Who keeps the pupil may do all this.

A password exists in the clear only in memory, between being made and being printed. Hashing takes a third of a second
on purpose, so passwords are made and hashed first, and written all together in one short transaction afterwards: with
the paper on which they stand, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import SecurityNotice, User
from accounts.one_time import new_logins, new_password
from accounts.services import give_one_time_password, report_compromise, set_blocked
from journal.models import Guardian, Guardianship, Pupil, School

Holder = Guardian | Pupil
"""Whoever has a login of the family: a guardian, or the pupil."""

STAFF = "Это вход сотрудника гимназии: пароль и блокировку меняет администратор системы."
BLOCKED = "Вход заблокирован. Сначала снимите блокировку, затем выдайте новый пароль."


class AccessRefused(Exception):
    """This login is not dealt with here; the text says what to do."""


class AccessChanged(Exception):
    """Somebody changed the access meanwhile. Nothing was written, the former password holds."""


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password made in memory for one person; good for nothing until `write_passwords`."""

    holder: Holder
    login: str
    password: str
    hashed: str
    until: datetime
    stamp: str


def stamp_of(holder: Holder) -> str:
    """Tells whether the access has changed since; says nothing about the password."""
    user = holder.user
    return salted_hmac("journal.access", f"{user.pk}:{user.password}:{user.is_active}").hexdigest()[:20] if user else ""


def why_refused(holder: Holder) -> str:
    """In words why no password is given here; empty where it may be."""
    user = holder.user
    if user is None:
        return ""
    if user.is_personnel:
        return STAFF
    return "" if user.is_active else BLOCKED


def valid_until(school: School, now: datetime) -> datetime:
    """The last moment of the last day on which a password given now opens the door."""
    day = timezone.localdate(now) + timedelta(days=school.one_time_password_days)
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def make_passwords(
    holders: Sequence[Holder], *, school: School, step: Callable[[], None] = lambda: None
) -> list[NewPassword]:
    """A login (the own one, else a new one) and a password for each; nothing is written. Slow: `step` after each.

    Raises AccessRefused for a login that is not given here.
    """
    for holder in holders:
        if words := why_refused(holder):
            raise AccessRefused(f"{holder.full_name}. {words}")
    until = valid_until(school, timezone.now())
    fresh = iter(new_logins(holder.last_name for holder in holders if holder.user is None))
    made = []
    for holder in holders:
        login = holder.user.username if holder.user else next(fresh)
        password = new_password()
        made.append(NewPassword(holder, login, password, make_password(password), until, stamp_of(holder)))
        step()
    return made


@transaction.atomic
def write_passwords(made: Sequence[NewPassword], *, by: User, address: str | None = None) -> None:
    """All of them become valid, and the former ones stop. Raises AccessChanged, and then none does."""
    for model in (Guardian, Pupil):
        own = {one.holder.pk: one for one in made if isinstance(one.holder, model)}
        rows = _locked(model, own, by)
        if len(rows) != len(own):
            raise AccessChanged
        for row in rows:
            _write(row, own[row.pk], by=by, address=address)


def _locked(model: type[Guardian] | type[Pupil], own: Iterable[int], by: User) -> list[Holder]:
    """The people that the actor still keeps, and their users, locked."""
    rows: list[Holder] = list(model.objects.kept_by(by).filter(pk__in=list(own)).select_for_update().order_by("pk"))
    users = User.objects.select_for_update().in_bulk([row.user_id for row in rows if row.user_id])
    for row in rows:
        row.user = users[row.user_id] if row.user_id else None
    return rows


def _write(row: Holder, new: NewPassword, *, by: User, address: str | None) -> None:
    if stamp_of(row) != new.stamp:
        raise AccessChanged
    user = row.user or User(
        username=new.login, last_name=row.last_name, first_name=row.first_name, patronymic=row.patronymic
    )
    try:
        with transaction.atomic():
            give_one_time_password(user=user, hashed=new.hashed, until=new.until, by=by, address=address)
    except IntegrityError as error:  # somebody else took this login meanwhile
        raise AccessChanged from error
    if row.user_id is None:
        row.user = user
        row.save(update_fields=["user"])


def block(holder: Holder, *, by: User, reason: str, address: str | None = None) -> bool:
    """The login stops at once, also where the person is signed in; whether anything changed."""
    return _set_blocked(holder, True, by=by, reason=reason, address=address)


def unblock(holder: Holder, *, by: User, address: str | None = None) -> bool:
    """The login opens again with the password it had; whether anything changed."""
    return _set_blocked(holder, False, by=by, reason="", address=address)


def _set_blocked(holder: Holder, blocked: bool, *, by: User, reason: str, address: str | None) -> bool:
    user = _own_user(holder)
    return set_blocked(
        user=user, blocked=blocked, by=by, reason=reason, pupil_ids=pupil_ids_of(holder), address=address
    )


def report(holder: Holder, *, by: User, text: str) -> SecurityNotice:
    """The class teacher reports a compromise for the family (domain.md §9)."""
    who = f"Сообщает {by.full_name or by.username} за: {holder.full_name}."
    return report_compromise(user=_own_user(holder), by=by, text=f"{who} {text}".strip())


def _own_user(holder: Holder) -> User:
    if holder.user is None:
        raise AccessRefused("У этого человека нет входа в кабинет.")
    if holder.user.is_personnel:
        raise AccessRefused(why_refused(holder))
    return holder.user


def pupil_ids_of(holder: Holder) -> list[int]:
    """On whose cards a change of this access is told."""
    if isinstance(holder, Pupil):
        return [holder.pk]
    return list(Guardianship.objects.current().filter(guardian=holder).values_list("pupil_id", flat=True))
