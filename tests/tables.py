"""What stands in the database, to be compared before and after: nothing but the trail of the work may differ."""

import hashlib

from django.apps import apps

TRAIL = {
    "accounts.AuditEvent",
    "reports.Job",
    "reports.JobResult",
    "django_tasks_database.DBTaskResult",
    "journal.YearTransfer",
    "sessions.Session",
}
"""Tables that tell what was done, and so are never as before."""


def digests() -> dict[str, str]:
    """Table → digest of all its rows, but for the trail."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label not in TRAIL:
            rows = model._base_manager.order_by("pk").values_list()
            found[model._meta.label] = hashlib.sha256(repr(list(rows)).encode()).hexdigest()
    return found


def different(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Tables that are not as they were."""
    return sorted(name for name in before if before[name] != after[name])
