"""Changing the school's settings, its calendar and lists: each change is told in the audit trail, old and new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction

from accounts.models import User
from journal.models import School, WorkKind
from journal.services.changes import NO_PUPIL, Conflict, Standing, edit_row, last_change, record_change


class CannotChange(Exception):
    """The setting cannot be changed so; the message says in Russian why and what to do."""


def lock_settings() -> None:
    """Settings are changed one after another: two halves of a calendar never pass each other's checks."""
    School.objects.select_for_update().filter(pk=1).first()


def check_standing(row: models.Model, changes: Mapping[str, tuple[Any, Any]]) -> None:
    """`Conflict` where a field holds neither what was shown nor what is wanted: before numbers are worked out."""
    fresh: Any = type(row)._default_manager.get(pk=row.pk)
    clashes: dict[str, Standing] = {
        name: last_change(fresh, name)
        for name, (expected, wanted) in changes.items()
        if getattr(fresh, name) not in (expected, wanted)
    }
    if clashes:
        raise Conflict(clashes)


@transaction.atomic
def change_setting(
    row: models.Model, changes: Mapping[str, tuple[Any, Any]], *, by: User, subject: str, address: str | None = None
) -> dict[str, tuple[Any, Any]]:
    """Change fields of one row of the settings; `Conflict` as `edit_row` has it."""
    lock_settings()
    if isinstance(row, WorkKind) and changes.get("is_default", (None, False))[1]:
        _only_default(by=by, subject=subject, address=address)
    return edit_row(row, changes, by=by, pupil_ids=NO_PUPIL, subject=subject, address=address)


@transaction.atomic
def add_setting(row: models.Model, *, by: User, subject: str, address: str | None = None) -> None:
    """A new row of the calendar or of a list."""
    lock_settings()
    if isinstance(row, WorkKind) and row.is_default:
        _only_default(by=by, subject=subject, address=address)
    row.save(force_insert=True)
    fields = {name: (None, value) for name, value in _values(row).items()}
    record_change(row, fields, by=by, pupil_ids=NO_PUPIL, subject=subject, address=address)


@transaction.atomic
def remove_setting(row: models.Model, *, by: User, subject: str, address: str | None = None) -> None:
    """Take a row away; what it was stays in the trail. CannotChange where something leans on it."""
    lock_settings()
    fields = {name: (value, None) for name, value in _values(row).items()}
    record_change(row, fields, by=by, pupil_ids=NO_PUPIL, subject=subject, address=address)
    try:
        row.delete()
    except models.ProtectedError:
        raise CannotChange("Удалить нельзя: на эту строку уже опираются записи журнала.") from None


def _values(row: models.Model) -> dict[str, Any]:
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}


def _only_default(*, by: User, subject: str, address: str | None) -> None:
    """The kind of work that was the default until now is one no longer."""
    for kind in WorkKind.objects.filter(is_default=True):
        edit_row(kind, {"is_default": (True, False)}, by=by, pupil_ids=NO_PUPIL, subject=subject, address=address)
