"""The history of a card: who changed what and when, as people read it. It is the audit trail, nothing else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from django.utils import timezone

from accounts.models import AuditEvent

SENSITIVE = "sensitivedata"
CARD_TYPES = (
    "pupil", "guardian", "guardianship", "enrolment", "movement", "groupmembership", "individualplan", "consent",
)  # fmt: skip
"""Kinds of rows whose changes stand on the card. Marks and absences have histories of their own; the special block has
one on its own page."""
AT_MOST = 100
EMPTY = "пусто"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """«Телефон: +7 900 … → +7 935 …». `told_short`: the values are not told, only that something happened."""

    label: str
    old: str
    new: str
    told_short: str = ""


@dataclass(frozen=True, slots=True)
class CardChange:
    at: datetime
    by: str
    what: str
    fields: list[FieldChange]


def card_changes(pupil_id: int, types: Collection[str] = CARD_TYPES, limit: int = AT_MOST) -> list[CardChange]:
    """The newest changes first. One query."""
    events = (
        AuditEvent.objects.filter(
            pupil_id=pupil_id,
            action__in=(AuditEvent.Action.CHANGE, AuditEvent.Action.IMPORT),
            object_type__in=types,
        )
        .select_related("actor")
        .order_by("-at", "-pk")[:limit]
    )
    return [_told(event) for event in events]


def _told(event: AuditEvent) -> CardChange:
    old, new = _dict(event.old), _dict(event.new)
    names = [*old, *(name for name in new if name not in old)]
    fields = [_field(event.object_type, name, old.get(name), new.get(name)) for name in names]
    what = _title(event)
    return CardChange(event.at, event.actor.short_name if event.actor else "система", what, fields)


def _title(event: AuditEvent) -> str:
    """«представитель · импорт»: whose field it is and where it was changed."""
    model = _model(event.object_type)
    kind = str(model._meta.verbose_name) if model else event.object_type
    return event.subject if event.subject.startswith(kind) else f"{kind} · {event.subject}"


def _field(object_type: str, name: str, old: Any, new: Any) -> FieldChange:
    label = _label(object_type, name)
    if name == "snils":
        words = "изменён" if old and new else "указан" if new else "удалён"
        return FieldChange(label, "", "", words)
    return FieldChange(label, _words(object_type, name, old), _words(object_type, name, new))


def _words(object_type: str, name: str, value: Any) -> str:
    """A stored value as a person reads it: choices by their words, days as ДД.ММ.ГГГГ."""
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, list | dict):
        return ", ".join(map(str, value))
    field = _model_field(object_type, name)
    text = str(value)
    for key, words in getattr(field, "flatchoices", ()) or ():
        if str(key) == text:
            return str(words)
    return _day(text) if field is not None and "Date" in field.get_internal_type() else text


def _day(text: str) -> str:
    try:
        if len(text) > 10:
            return f"{timezone.localtime(datetime.fromisoformat(text)):%d.%m.%Y %H:%M}"
        return f"{date.fromisoformat(text):%d.%m.%Y}"
    except ValueError:
        return text


def _label(object_type: str, name: str) -> str:
    if name == "snils":
        return "СНИЛС"
    field = _model_field(object_type, name)
    words = str(field.verbose_name) if field is not None else name
    return f"{words[:1].upper()}{words[1:]}"


@cache
def _model(object_type: str) -> Any:
    try:
        return apps.get_model("journal", object_type)
    except LookupError:
        return None


@cache
def _model_field(object_type: str, name: str) -> Field | None:
    model = _model(object_type)
    for one in (name, name.removesuffix("_id")):
        try:
            found = model._meta.get_field(one) if model else None
        except FieldDoesNotExist:
            continue
        return found if isinstance(found, Field) else None
    return None


def _dict(stored: Any) -> dict[str, Any]:
    return stored if isinstance(stored, dict) else {}
