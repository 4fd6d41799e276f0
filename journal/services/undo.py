"""Taking a large write back whole: an import of files, the transfer of the school to the next year.

While it writes, it keeps an `UndoLog`: which rows it made, which fields it changed and from what, which rows it
removed. Undoing checks first that nothing has been built on it since, then restores every row exactly.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

BATCH = 500
SHOWN = 5
"""Blockers named one by one; the rest is counted."""


class CannotUndo(Exception):
    """Something has been built on the write since; the sentences say what."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass
class UndoLog:
    """Plain values, kept as JSON: model label → pks made; changed (label, pk, field → [old, new]); rows removed."""

    created: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    changed: list[tuple[str, int, dict[str, list[Any]]]] = field(default_factory=list)
    removed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def add_created(self, rows: Iterable[models.Model]) -> None:
        for row in rows:
            self.created[row._meta.label].append(row.pk)

    def add_changed(self, row: models.Model, fields: Mapping[str, tuple[Any, Any]]) -> None:
        """`fields`: column attribute (`school_class_id`, not `school_class`) → (old, new)."""
        self.changed.append((row._meta.label, row.pk, {name: list(pair) for name, pair in fields.items()}))

    def add_removed(self, row: models.Model) -> None:
        """Call before the row is deleted: its pk is part of what comes back."""
        values = {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields}
        self.removed.append((row._meta.label, values))

    def to_json(self) -> dict[str, Any]:
        text = DjangoJSONEncoder().encode({"created": self.created, "changed": self.changed, "removed": self.removed})
        return json.loads(text)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> UndoLog:
        return cls(
            created=dict(stored.get("created", {})),
            changed=[(label, pk, fields) for label, pk, fields in stored.get("changed", [])],
            removed=[(label, values) for label, values in stored.get("removed", [])],
        )


def blockers(log: UndoLog) -> list[str]:
    """Why the write cannot be taken back, in sentences; none where it can. Two kinds of reason: rows made later lean
    on rows it made, or a field it changed holds something else by now."""
    return [*_dependents(log), *_changed_since(log)]


@transaction.atomic
def undo(log: UndoLog) -> None:
    """Restore everything, or raise `CannotUndo`."""
    if reasons := blockers(log):
        raise CannotUndo(reasons)
    for model in _children_first(log.created):
        rows = model._base_manager.filter(pk__in=log.created[model._meta.label])
        rows._raw_delete(rows.db)  # nothing leans on them any more, which has just been checked
    for label, values in log.removed:
        model = apps.get_model(label)
        model._base_manager.bulk_create([model(**_python(model, values))])
    _put_back(log)


def _put_back(log: UndoLog) -> None:
    """Old values of changed fields, the newest change first; rows with the same old values in one go: nearly every
    row of a large write is one of a thousand alike."""
    alike: dict[tuple[str, str], list[int]] = {}
    for label, pk, fields in reversed(log.changed):
        old = json.dumps({name: pair[0] for name, pair in fields.items()}, cls=DjangoJSONEncoder, sort_keys=True)
        alike.setdefault((label, old), []).append(pk)
    for (label, old), pks in alike.items():
        model = apps.get_model(label)
        values = _python(model, json.loads(old))
        for at in range(0, len(pks), BATCH):
            model._base_manager.filter(pk__in=pks[at : at + BATCH]).update(**values)


def _dependents(log: UndoLog) -> list[str]:
    found = []
    for label, pks in log.created.items():
        model = apps.get_model(label)
        for relation in model._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
                continue
            child = relation.related_model
            name = relation.field.name
            own = set(log.created.get(child._meta.label, ()))
            leaning = [
                pk
                for at in range(0, len(pks), BATCH)
                for pk in child._base_manager.filter(**{f"{name}__in": pks[at : at + BATCH]}).values_list(
                    "pk", flat=True
                )
                if pk not in own
            ]
            if leaning:
                found.append(f"{str(child._meta.verbose_name_plural).capitalize()}: {len(leaning)}.")
    return sorted(set(found))


def _changed_since(log: UndoLog) -> list[str]:
    by_model: dict[str, list[tuple[int, dict[str, list[Any]]]]] = defaultdict(list)
    for label, pk, fields in log.changed:
        by_model[label].append((pk, fields))
    found = []
    for label, rows in by_model.items():
        model = apps.get_model(label)
        standing = {}
        for at in range(0, len(rows), BATCH):
            standing.update(model._base_manager.in_bulk([pk for pk, _ in rows[at : at + BATCH]]))
        different = [standing.get(pk) for pk, fields in rows if _differs(model, standing.get(pk), fields)]
        names = [str(row) for row in different[:SHOWN] if row is not None]
        if different:
            more = f" и ещё {len(different) - len(names)}" if len(different) > len(names) else ""
            found.append(f"С тех пор изменены {model._meta.verbose_name_plural}: {', '.join(names)}{more}.")
    return found


def _differs(model: type[models.Model], row: models.Model | None, fields: Mapping[str, list[Any]]) -> bool:
    if row is None:
        return True
    new = _python(model, {name: pair[1] for name, pair in fields.items()})
    return any(getattr(row, name) != value for name, value in new.items())


def _python(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values as the fields hold them."""
    by_attname = {one.attname: one for one in model._meta.concrete_fields}
    found = {}
    for name, value in values.items():
        one = by_attname[name]
        target = one.target_field if isinstance(one, models.ForeignKey) else one
        found[name] = None if value is None else target.to_python(value)
    return found


def _children_first(created: Mapping[str, list[int]]) -> list[type[models.Model]]:
    """Models in an order in which each can be deleted after those that point to it."""
    left = {apps.get_model(label) for label in created}
    order: list[type[models.Model]] = []
    while left:
        pointed = {
            one.related_model
            for model in left
            for one in model._meta.concrete_fields
            if one.is_relation and one.related_model is not model
        }
        free = sorted((model for model in left if model not in pointed), key=lambda model: model._meta.label)
        if not free:
            raise ValueError("models point at each other in a circle")
        order += free
        left -= set(free)
    return order
