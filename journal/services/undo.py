"""Taking a large write back whole: an import of files, the transfer of the school to the next year.

While it writes, it keeps an `UndoLog`: which rows it made, which fields it changed and from what, which rows it
removed. Undoing checks first that nothing has been built on it since, then restores every row exactly.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q

BATCH = 500
RANGES = 100
"""Runs of keys in one query."""
PRINT = 4
"""Characters of a row's print: one change in sixteen million goes unseen."""
SHOWN = 5
"""Blockers named one by one; the rest is counted."""


class _ExactEncoder(DjangoJSONEncoder):
    """Django's own encoder cuts a moment to milliseconds: what came back would not be what stood."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class CannotUndo(Exception):
    """Something has been built on the write since; the sentences say what."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass
class UndoLog:
    """Plain values, kept as JSON: model label → pks made; changed (label, pk, field → [old, new]); rows removed.

    `prints` (label → columns and a short print of each row made) tell at undoing which of the rows made were changed
    by hand since; without `seal` that is not asked.
    """

    created: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    changed: list[tuple[str, int, dict[str, list[Any]]]] = field(default_factory=list)
    removed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    prints: dict[str, dict[str, Any]] = field(default_factory=dict)

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

    def seal(self) -> None:
        """Call when everything is written: from now on a change of a row made is noticed."""
        for label, pks in self.created.items():
            columns = [one.attname for one in apps.get_model(label)._meta.concrete_fields]
            found = _prints(label, columns, pks)
            self.prints[label] = {"columns": columns, "rows": "".join(found.get(pk, "") for pk in sorted(pks))}

    def to_json(self) -> dict[str, Any]:
        """Keys as runs [first, last]: tens of thousands of rows made in one go are a handful of numbers."""
        stored = {
            "created": {label: runs_of(pks) for label, pks in self.created.items()},
            "changed": self.changed,
            "removed": self.removed,
            "prints": self.prints,
        }
        return json.loads(_ExactEncoder().encode(stored))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> UndoLog:
        return cls(
            created={label: _spread(pks) for label, pks in stored.get("created", {}).items()},
            changed=[(label, pk, fields) for label, pk, fields in stored.get("changed", [])],
            removed=[(label, values) for label, values in stored.get("removed", [])],
            prints=dict(stored.get("prints", {})),
        )


def blockers(log: UndoLog) -> list[str]:
    """Why the write cannot be taken back, in sentences; none where it can. Reasons: rows made later lean on rows it
    made, a row it made was changed or is gone, or a field it changed holds something else by now."""
    return [*_dependents(log), *_changed_since(log)]


@transaction.atomic
def undo(log: UndoLog) -> None:
    """Restore everything, or raise `CannotUndo`."""
    if reasons := blockers(log):
        raise CannotUndo(reasons)
    for model in _children_first(log.created):
        for rows in _in_runs(model, "pk", log.created[model._meta.label]):
            rows._raw_delete(rows.db)  # nothing leans on them any more, which has just been checked
    for label, values in log.removed:
        model = apps.get_model(label)
        model._base_manager.bulk_create([model(**_python(model, values))])
    _put_back(log)


def _put_back(log: UndoLog) -> None:
    """The oldest values of changed fields; rows with the same ones in one go: nearly every row of a large write is one
    of a thousand alike."""
    oldest: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for label, pk, fields in reversed(log.changed):
        oldest[label, pk].update({name: pair[0] for name, pair in fields.items()})
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (label, pk), values in oldest.items():
        alike[label, json.dumps(values, cls=_ExactEncoder, sort_keys=True)].append(pk)
    for (label, stored), pks in alike.items():
        model = apps.get_model(label)
        old = _python(model, json.loads(stored))
        for at in range(0, len(pks), BATCH):
            model._base_manager.filter(pk__in=pks[at : at + BATCH]).update(**old)


# --- What has been built on it --------------------------------------------------------------------


def _dependents(log: UndoLog) -> list[str]:
    found = []
    for label, pks in log.created.items():
        model = apps.get_model(label)
        for relation in model._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
                continue
            child = relation.related_model
            own = set(log.created.get(child._meta.label, ()))
            leaning = [
                pk
                for rows in _in_runs(child, relation.field.name, pks)
                for pk in rows.order_by().values_list("pk", flat=True)
                if pk not in own
            ]
            if leaning:
                # Rows of a many-to-many relation have no name of their own that a person would know.
                names = [] if child._meta.auto_created else _names(child, leaning)
                for_example = f" Например: {', '.join(names)}." if names else ""
                found.append(f"{str(child._meta.verbose_name_plural).capitalize()}: {len(leaning)}.{for_example}")
    return sorted(set(found))


def _changed_since(log: UndoLog) -> list[str]:
    different: dict[str, set[int]] = defaultdict(set)
    for label, pks in _touched(log):
        different[label].update(pks)
    by_model: dict[str, list[tuple[int, dict[str, list[Any]]]]] = defaultdict(list)
    for label, pk, fields in log.changed:
        by_model[label].append((pk, fields))
    for label, rows in by_model.items():
        model = apps.get_model(label)
        standing: dict[int, models.Model] = {}
        for at in range(0, len(rows), BATCH):
            standing.update(model._base_manager.in_bulk([pk for pk, _ in rows[at : at + BATCH]]))
        latest = {(pk, name): pair for pk, fields in rows for name, pair in fields.items()}
        for (pk, name), pair in latest.items():
            if _differs(model, standing.get(pk), {name: pair}):
                different[label].add(pk)
    found = []
    for label, changed in different.items():
        model = apps.get_model(label)
        names = _names(model, sorted(changed))
        rest = len(changed) - len(names)
        more = f" и ещё {rest}" if names and rest else ""
        told = ", ".join(names) + more if names else str(len(changed))
        if changed:
            found.append(f"С тех пор изменены {model._meta.verbose_name_plural}: {told}.")
    return found


def _touched(log: UndoLog) -> Iterator[tuple[str, list[int]]]:
    """Rows made that look otherwise than when the write ended, or are gone."""
    for label, sealed in log.prints.items():
        known = {one.attname for one in apps.get_model(label)._meta.concrete_fields}
        if not known >= set(sealed["columns"]):
            continue  # a column has been renamed or dropped since: the prints say nothing any more
        pks = sorted(log.created.get(label, ()))
        now = _prints(label, sealed["columns"], pks)
        stored = sealed["rows"]
        yield label, [pk for at, pk in enumerate(pks) if now.get(pk) != stored[at * PRINT : (at + 1) * PRINT]]


def _prints(label: str, columns: Sequence[str], pks: Sequence[int]) -> dict[int, str]:
    found = {}
    for rows in _in_runs(apps.get_model(label), "pk", pks):
        for pk, *values in rows.order_by().values_list("pk", *columns):
            found[pk] = b64encode(blake2b(repr(values).encode(), digest_size=3).digest()).decode()
    return found


def _names(model: type[models.Model], pks: Sequence[int]) -> list[str]:
    rows = model._base_manager.filter(pk__in=pks[:SHOWN]).order_by("pk")
    return [str(row) for row in rows]


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


# --- Runs of keys ---------------------------------------------------------------------------------


def runs_of(pks: Iterable[int]) -> list[list[int]]:
    """1, 2, 3, 7 → [1, 3], [7, 7]."""
    runs: list[list[int]] = []
    for pk in sorted(set(pks)):
        if runs and runs[-1][1] == pk - 1:
            runs[-1][1] = pk
        else:
            runs.append([pk, pk])
    return runs


def _spread(stored: Iterable[int | Sequence[int]]) -> list[int]:
    found: list[int] = []
    for item in stored:
        found += [item] if isinstance(item, int) else range(item[0], item[1] + 1)
    return found


def _in_runs(model: type[models.Model], name: str, pks: Iterable[int]) -> Iterator[models.QuerySet]:
    """Rows whose `name` is one of the keys, a few runs of keys a query."""
    runs = runs_of(pks)
    for at in range(0, len(runs), RANGES):
        wanted = Q()
        for first, last in runs[at : at + RANGES]:
            wanted |= Q(**{f"{name}__gte": first, f"{name}__lte": last})
        yield model._base_manager.filter(wanted)


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
