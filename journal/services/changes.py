"""Changing single rows of the register so that nobody's change is lost and every change is told.

The history of a card is the audit trail: an event of action «изменение» a pupil, with `object_type`, `object_id` and,
field by field, what was and what became. It is written in the transaction of the change itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction

from accounts.models import AuditEvent, User

Expected = Any
NO_PUPIL: tuple[None] = (None,)
"""For `pupil_ids` where the row stands on nobody's card: a setting of the school."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in a field now, who put it there and when (as far as the trail knows)."""

    value: Any
    by: str
    at: datetime | None


@dataclass
class Conflict(Exception):
    """Somebody changed these fields after the page was opened. Nothing was written."""

    fields: dict[str, Standing]


@transaction.atomic
def edit_row(
    row: models.Model,
    changes: Mapping[str, tuple[Expected, Any]],
    *,
    by: User,
    pupil_ids: Iterable[int | None],
    subject: str,
    address: str | None = None,
) -> dict[str, tuple[Any, Any]]:
    """Write `changes` (field → what the page showed, what to put) into the row; gives what really changed.

    The row is read again under a lock. Where a field holds neither what was shown nor what is wanted, `Conflict` is
    raised and nothing is written. Fields that nobody touched stay as they are, so two people may correct different
    fields of one card at once.
    """
    # Not `of=("self",)`: rows changed here have no nullable join in their own query.
    fresh: Any = type(row)._default_manager.select_for_update().get(pk=row.pk)
    clashes, changed = {}, {}
    for name, (expected, wanted) in changes.items():
        stands = getattr(fresh, name)
        if stands == wanted:
            continue
        if stands != expected:
            clashes[name] = last_change(fresh, name)
        changed[name] = (stands, wanted)
    if clashes:
        raise Conflict(clashes)
    if changed:
        for name, (_, wanted) in changed.items():
            setattr(fresh, name, wanted)
        fresh.save(update_fields=stored_fields(changed))
        record_change(fresh, changed, by=by, pupil_ids=pupil_ids, subject=subject, address=address)
    for name in changes:
        setattr(row, name, getattr(fresh, name))
    return changed


def record_change(
    row: models.Model,
    fields: Mapping[str, tuple[Any, Any]],
    *,
    by: User | None,
    pupil_ids: Iterable[int | None],
    subject: str,
    address: str | None = None,
) -> None:
    """One event a pupil on whose card the row stands. `fields`: name → (what was, what became); for a new row the
    first is None; a pupil of None: a row of the school (a setting), which is on nobody's card."""
    AuditEvent.objects.bulk_create(
        change_events(row, fields, by=by, pupil_ids=pupil_ids, subject=subject, address=address)
    )


def change_events(
    row: models.Model,
    fields: Mapping[str, tuple[Any, Any]],
    *,
    by: User | None,
    pupil_ids: Iterable[int | None],
    subject: str,
    address: str | None = None,
) -> list[AuditEvent]:
    """The events of `record_change` unsaved: a write of many rows inserts all of its events at once."""
    return [
        AuditEvent(
            actor=by,
            action=AuditEvent.Action.CHANGE,
            subject=subject[:100],
            pupil_id=pupil_id,
            object_type=str(row._meta.model_name),
            object_id=row.pk,
            old={name: plain(name, before) for name, (before, _) in fields.items()},
            new={name: plain(name, after) for name, (_, after) in fields.items()},
            address=address,
        )
        for pupil_id in pupil_ids
    ]


def last_change(row: models.Model, field: str) -> Standing:
    """What stands in the field and who put it there last. One query."""
    events = AuditEvent.objects.filter(
        object_type=row._meta.model_name, object_id=row.pk, action=AuditEvent.Action.CHANGE, new__has_key=field
    )
    event = events.select_related("actor").first()
    by = event.actor.short_name if event and event.actor else ""
    return Standing(getattr(row, field), by, event.at if event else None)


def stored_fields(names: Iterable[str]) -> set[str]:
    """Names of columns: СНИЛС is a property over two of them."""
    found = set(names)
    return found - {"snils"} | {"snils_encrypted", "snils_digest"} if "snils" in found else found


def plain(name: str, value: Any) -> Any:
    """A value as JSON keeps it; СНИЛС never enters the audit trail in the clear."""
    if name == "snils":
        return "изменён" if value else ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, models.Model):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
