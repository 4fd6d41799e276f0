"""Queries that Django puts into SQL once and then only fills with values.

A page of a class asks the same few large queries again and again, and composing their SQL takes the ORM more time than
the database needs for the answer (docs/performance.md). A `Prepared` is an ordinary queryset with `Param` where a value
belongs; it gives the same rows, through the same code of Django, without composing it anew.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Expression, Field, QuerySet


class Param(Expression):
    """The place of a value in a `Prepared`. The value is never None: that would be other SQL."""

    def __init__(self, name: str, output_field: Field) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)

    def prepared(self, value: Any) -> Any:
        """The value as the database takes it."""
        return self.output_field.get_db_prep_value(value, connection, prepared=False)


class Prepared:
    """`Prepared(build)(day=…)`: the rows of `build()` with these values for its params, as a list.

    `build` makes the queryset; all of it but the values is the same each time. No prefetch_related.
    """

    def __init__(self, build: Callable[[], QuerySet]) -> None:
        self._build = build
        # By vendor: each process of the application has one, but nothing here relies on that.
        self._composed: dict[str, tuple[QuerySet, Any, str, tuple[Any, ...]]] = {}

    def __call__(self, **values: Any) -> list[Any]:
        queryset, compiler, sql, places = self._composed.get(connection.vendor) or self._compose()
        params = tuple(place.prepared(values[place.name]) if type(place) is Param else place for place in places)
        # A queryset of this call only, whose compiler has its SQL already; Django does the rest as always.
        bound = copy(compiler)
        bound.connection = connections[DEFAULT_DB_ALIAS]  # of this thread
        bound.as_sql = lambda *args, **kwargs: (sql, params)
        rows: Any = object.__new__(type(queryset))
        rows.__dict__.update(queryset.__dict__)
        rows._query = copy(queryset.query)
        rows._query.get_compiler = lambda *args, **kwargs: bound
        return list(rows)

    def _compose(self) -> tuple[QuerySet, Any, str, tuple[Any, ...]]:
        queryset = self._build()
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, places = compiler.as_sql()
        self._composed[connection.vendor] = composed = (queryset, compiler, sql, tuple(places))
        return composed
