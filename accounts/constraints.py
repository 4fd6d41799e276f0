"""Constraints that Django lacks: dated rows that must not overlap, and tables that only grow.

They are ordinary members of `Meta.constraints`: migrations create and drop them, and SQLite's table
remakes recreate them. PostgreSQL gets an exclusion constraint or a trigger, SQLite triggers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, BooleanField, Q


class _TableConstraint(BaseConstraint):
    """A constraint made of statements of their own, run after the table exists."""

    # Without equality every makemigrations would remove the constraint and add it again.
    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def _statements(self, model: Any, schema_editor: Any) -> list[str]:
        raise NotImplementedError

    def _drop_statements(self, model: Any, schema_editor: Any) -> list[str]:
        raise NotImplementedError

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        # Deferred, as Django does with partial indexes: a Statement follows a table that is renamed
        # while SQLite remakes it.
        for sql in self._statements(model, schema_editor):
            table = Table(model._meta.db_table, schema_editor.quote_name)
            schema_editor.deferred_sql.append(Statement(sql, table=table))
        return ""

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        # SQLite never comes here: its editor remakes the table and calls constraint_sql.
        first, *rest = self._statements(model, schema_editor)
        table = Table(model._meta.db_table, schema_editor.quote_name)
        schema_editor.deferred_sql.extend(Statement(sql, table=table) for sql in rest)
        return Statement(first, table=table)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        first, *rest = self._drop_statements(model, schema_editor)
        table = Table(model._meta.db_table, schema_editor.quote_name)
        schema_editor.deferred_sql.extend(Statement(sql, table=table) for sql in rest)
        return Statement(first, table=table)


class NoOverlap(_TableConstraint):
    """Rows with the same `keys` never overlap in dates `date_from`..`date_to` (both days included).

    An empty `date_to` means «to this day and on». `keys` are integer or foreign-key fields.
    """

    def __init__(self, *, keys: list[str], name: str, violation_error_message: str | None = None) -> None:
        super().__init__(name=name, violation_error_message=violation_error_message)
        self.keys = list(keys)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs["keys"] = self.keys
        return path, args, kwargs

    def _pairs(self, model: Any) -> list[tuple[Any, str]]:
        return [(field, field.column) for field in self._fields(model)]

    def _statements(self, model: Any, schema_editor: Any) -> list[str]:
        if schema_editor.connection.vendor == "postgresql":
            # A one-value range instead of plain equality: GiST then needs no btree_gist extension.
            casts = [f"{c}::int" if isinstance(f, BooleanField) else c for f, c in self._pairs(model)]
            same = ", ".join(f"int8range({c}, {c}, '[]') WITH &&" for c in casts)
            return [
                f"ALTER TABLE %(table)s ADD CONSTRAINT {self.name} EXCLUDE USING gist "
                f"({same}, daterange(date_from, date_to, '[]') WITH &&)"
            ]
        same = " AND ".join(f"t.{c} = NEW.{c}" for _, c in self._pairs(model))
        later = "9999-12-31"
        clash = (
            f"SELECT 1 FROM %(table)s t WHERE {same} AND t.id <> NEW.id "
            f"AND t.date_from <= coalesce(NEW.date_to, '{later}') "
            f"AND NEW.date_from <= coalesce(t.date_to, '{later}')"
        )
        return [
            f"CREATE TRIGGER {self.name}_{event.lower()} AFTER {event} ON %(table)s FOR EACH ROW "
            f"WHEN EXISTS ({clash}) BEGIN SELECT RAISE(ABORT, 'constraint failed: {self.name}'); END"
            for event in ("INSERT", "UPDATE")
        ]

    def _drop_statements(self, model: Any, schema_editor: Any) -> list[str]:
        return [f"ALTER TABLE %(table)s DROP CONSTRAINT {self.name}"]

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS) -> None:
        """Say it kindly before the database has to."""
        if exclude and {*self.keys, "date_from", "date_to"} & set(exclude):
            return
        if instance.date_from is None or any(getattr(instance, f.attname) is None for f in self._fields(model)):
            return
        rows = model._default_manager.using(using).filter(
            **{field.attname: getattr(instance, field.attname) for field in self._fields(model)}
        )
        rows = rows.filter(Q(date_to=None) | Q(date_to__gte=instance.date_from)).exclude(pk=instance.pk)
        if instance.date_to:
            rows = rows.filter(date_from__lte=instance.date_to)
        if rows.exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def _fields(self, model: Any) -> list[Any]:
        return [model._meta.get_field(key) for key in self.keys]


class AppendOnly(_TableConstraint):
    """The table only grows: the database itself refuses UPDATE and DELETE of its rows.

    `deletable`, a column and a value, excepts rows that a larger write may take back with everything else it wrote
    (an import that is undone). They may be deleted, never changed.
    """

    def __init__(self, *, name: str, deletable: tuple[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.deletable = tuple(deletable) if deletable else None

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        if self.deletable:
            kwargs["deletable"] = self.deletable
        return path, args, kwargs

    def _statements(self, model: Any, schema_editor: Any) -> list[str]:
        if schema_editor.connection.vendor == "postgresql":
            spared = f"IF TG_OP = 'DELETE' AND {self._is_deletable()} THEN RETURN OLD; END IF; "
            return [
                f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger AS $$ "
                f"BEGIN {spared if self.deletable else ''}"
                f"RAISE EXCEPTION 'append only: {self.name}' USING ERRCODE = 'restrict_violation'; END "
                f"$$ LANGUAGE plpgsql; "
                f"CREATE TRIGGER {self.name} BEFORE UPDATE OR DELETE ON %(table)s "
                f"FOR EACH ROW EXECUTE FUNCTION {self.name}()"
            ]
        unless = {"UPDATE": "", "DELETE": f"WHEN NOT ({self._is_deletable()}) " if self.deletable else ""}
        return [
            f"CREATE TRIGGER {self.name}_{event.lower()} BEFORE {event} ON %(table)s FOR EACH ROW {condition}"
            f"BEGIN SELECT RAISE(ABORT, 'append only: {self.name}'); END"
            for event, condition in unless.items()
        ]

    def _is_deletable(self) -> str:
        if self.deletable is None:
            return ""
        column, value = self.deletable
        return f"OLD.{column} = '{value}'"  # both stand in our own migrations

    def _drop_statements(self, model: Any, schema_editor: Any) -> list[str]:
        # The trigger goes with its function. (A table dropped whole leaves the function, which harms nobody.)
        return [f"DROP FUNCTION IF EXISTS {self.name}() CASCADE"]

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS) -> None:
        """Nothing to validate in a new row: only changing an old one is forbidden."""
