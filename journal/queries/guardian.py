"""The page of one guardian, and of the login of one pupil."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import AuditEvent, User
from journal.models import Guardian, Guardianship, Pupil, SchoolClass
from journal.queries.access import Access, State, access_of
from journal.queries.guardians import classes_on
from journal.services.access import BLOCKED, Holder, stamp_of, why_refused

LATEST = 12


@dataclass(frozen=True, slots=True)
class ChildLine:
    """A child the person answers for. `pupil` is None for a child somebody else keeps: only the class is told."""

    tie: Guardianship | None
    pupil: Pupil | None
    school_class: SchoolClass | None


@dataclass(frozen=True, slots=True)
class Change:
    """One field that somebody changed."""

    at: datetime
    by: str
    subject: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class AccessBox:
    """The login of a person as its page shows it."""

    access: Access
    refused: str
    may_unblock: bool
    stamp: str


@dataclass(frozen=True)
class GuardianPage:
    guardian: Guardian
    children: list[ChildLine]
    others: list[ChildLine]
    past: list[ChildLine]
    box: AccessBox
    changes: list[Change]
    is_kept: bool

    @property
    def pupil_ids(self) -> list[int]:
        """Of which pupils the page tells something."""
        return [line.pupil.pk for line in (*self.children, *self.past) if line.pupil]


def guardian_page(guardian: Guardian, user: User, now: datetime) -> GuardianPage:
    """Everything the page shows to this user. Six queries."""
    ties = list(guardian.guardianships.select_related("pupil").order_by("pk"))
    ids = {tie.pupil_id for tie in ties}
    classes = classes_on(ids, timezone.localdate(now))
    kept = set(Pupil.objects.kept_by(user).filter(pk__in=ids).values_list("pk", flat=True))

    def line(tie: Guardianship) -> ChildLine:
        mine = tie.pupil_id in kept
        return ChildLine(tie if mine else None, tie.pupil if mine else None, classes.get(tie.pupil_id))

    current = [line(tie) for tie in ties if tie.ended_on is None]
    mine = [one for one in current if one.pupil]
    is_kept = bool(mine) or user.keeps_all_people
    return GuardianPage(
        guardian=guardian,
        children=mine,
        others=[one for one in current if not one.pupil],
        past=[line(tie) for tie in ties if tie.ended_on is not None and tie.pupil_id in kept],
        box=access_box(guardian, now),
        changes=_changes(guardian, [tie.pk for tie in ties if tie.pupil_id in kept], is_kept),
        is_kept=is_kept,
    )


def access_box(holder: Holder, now: datetime) -> AccessBox:
    """State of the login, why nothing can be done with it here, and the stamp for the form that gives a password."""
    access, refused = access_of(holder.user, now), why_refused(holder)
    may_unblock = access.state == State.BLOCKED and refused == BLOCKED
    return AccessBox(access, refused, may_unblock, stamp_of(holder))


def _changes(guardian: Guardian, tie_ids: list[int], is_kept: bool) -> list[Change]:
    """The newest changes of the ties that the user keeps, and of the person and the login while the person is kept: a
    phone changed after the end of a guardianship is not told where it ended. One query."""
    wanted = Q(object_type="guardianship", object_id__in=tie_ids)
    if is_kept:
        wanted |= Q(object_type="guardian", object_id=guardian.pk)
    if is_kept and guardian.user_id:
        wanted |= Q(object_type="user", object_id=guardian.user_id)
    actions = [AuditEvent.Action.CHANGE, AuditEvent.Action.PASSWORD]
    events = AuditEvent.objects.filter(wanted, action__in=actions).select_related("actor").order_by("-at", "-pk")
    found: list[Change] = []
    seen = set()
    for event in events[: 4 * LATEST]:
        key = (event.object_type, event.object_id, event.subject, str(event.new), event.at.replace(microsecond=0))
        if key in seen:  # the same change, told on the card of another child
            continue
        seen.add(key)
        found += _fields(event)
    return found[:LATEST]


def _fields(event: AuditEvent) -> list[Change]:
    by = event.actor.short_name if event.actor else ""
    new, old = event.new or {}, event.old or {}
    fields = [
        Change(event.at, by, event.subject, label_of(name), shown(name, old.get(name)), shown(name, new.get(name)))
        for name in new
        if old.get(name) != new.get(name)
    ]
    return fields or [Change(event.at, by, event.subject, "", "", "")]


LABELS = {
    "guardian": "представитель", "reason": "причина", "login": "логин", "blocked_login": "заблокирован вход",
    "is_active": "вход открыт", "united_with": "объединено с записью", "merged_into": "объединён с",
}  # fmt: skip
CHOICES: dict[str, dict[Any, Any]] = {
    "kinship": dict(Guardianship.Kinship.choices),
    "informing": dict(Guardianship.Informing.choices),
    "sex": dict(Guardian._meta.get_field("sex").choices or ()),
    "is_active": {True: "да", False: "нет"},
}


def label_of(name: str) -> str:
    """The field as a person reads it."""
    if name in LABELS:
        return LABELS[name]
    for model in (Guardian, Guardianship):
        if any(one.name == name for one in model._meta.concrete_fields):
            return str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return name


def shown(name: str, value: Any) -> str:
    """A value of the trail as a person reads it."""
    if value in (None, "", {}):
        return ""
    if name in CHOICES:
        return str(CHOICES[name].get(value, value))
    if isinstance(value, dict):
        return ", ".join(f"{label_of(key)}: {shown(key, one)}" for key, one in value.items() if one)
    if isinstance(value, str) and len(value) == 10 and value[4:5] == value[7:8] == "-":
        return f"{value[8:]}.{value[5:7]}.{value[:4]}"
    return str(value)
