"""How far a person of a family has come with the cabinet, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from accounts.models import User


class State(StrEnum):
    NONE = "none"
    INVITED = "invited"
    EXPIRED = "expired"
    UNUSED = "unused"
    ACTIVE = "active"
    BLOCKED = "blocked"
    STOPPED = "stopped"


NOT_ENTERED = (State.INVITED, State.EXPIRED, State.UNUSED)
"""A login is there, but nobody has come in by it."""
TO_INVITE = (State.NONE, State.EXPIRED, State.STOPPED)
"""A new slip takes nothing from these: none has a password that opens the door, not even on a slip at home."""
LOOKS = {State.ACTIVE: "is-done", State.INVITED: "is-accent", State.EXPIRED: "is-excused", State.UNUSED: "is-accent"}


@dataclass(frozen=True, slots=True)
class Access:
    """State of one login: a word for the chip, a sentence beside it."""

    state: State
    word: str
    detail: str = ""
    login: str = ""

    @property
    def look(self) -> str:
        return LOOKS.get(self.state, "is-unexcused" if self.state in (State.BLOCKED, State.STOPPED) else "")

    @property
    def words(self) -> str:
        return f"{self.word}, {self.detail}" if self.detail else self.word


def access_of(user: User | None, now: datetime) -> Access:
    """The state of a login; asks the database nothing."""
    if user is None:
        return Access(State.NONE, "нет входа")
    login = user.username
    if not user.is_active:
        return Access(State.BLOCKED, "заблокирован", login=login)
    if not user.has_usable_password():
        return Access(State.STOPPED, "пароль отменён", "нужен новый", login)
    if user.one_time_expired(now):
        return Access(State.EXPIRED, "одноразовый пароль истёк", _day(user.one_time_until), login)
    if user.must_change_password:
        until = f"пароль до {_day(user.one_time_until)}" if user.one_time_until else ""
        return Access(State.INVITED, "приглашён, ещё не входил", until, login)
    if user.last_login is None:
        return Access(State.UNUSED, "ещё не входил", login=login)
    return Access(State.ACTIVE, "входит", f"последний раз {_day(user.last_login)}", login)


def _day(moment: datetime | None) -> str:
    return f"{timezone.localdate(moment):%d.%m.%Y}" if moment else ""
