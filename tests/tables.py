"""What stands in the database, to be compared before and after: nothing but the trail of the work may differ."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from django.apps import apps

TRAIL = {
    "accounts.AuditEvent",
    "reports.Job",
    "reports.JobResult",
    "reports.JobResultPiece",
    "django_tasks_database.DBTaskResult",
    "journal.YearTransfer",
    "sessions.Session",
}
"""Tables that tell what was done, and so are never as before."""
TRAIL_OF_IMPORT = TRAIL | {
    "accounts.UserSession", "reports.ImportBatch", "reports.ImportFile", "reports.ImportConflict"
}  # fmt: skip
"""The same where files were imported: they stay, with what was asked about them."""


def digests(*, but: Collection[str] = TRAIL) -> dict[str, tuple[int, str]]:
    """Table → number of rows and a digest of all their columns, many-to-many tables too, but not of `but`."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label not in but:
            rows = list(model._base_manager.order_by("pk").values_list())
            found[model._meta.label] = (len(rows), sha256(repr(rows).encode()).hexdigest())
    return found


def different(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> list[str]:
    """Tables that are not as they were."""
    return sorted(name for name in before if before[name] != after[name])
