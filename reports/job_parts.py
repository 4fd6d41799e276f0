"""Jobs in parts: a print of the school is one job that a person sees, and forty parts that any workers take.

Workers share nothing but the database, so they may run on any number of machines. A part is a `Job` like any other:
it is claimed once, beats, is revived when its worker dies. Nobody waits for the parts: the last one to be done puts
the whole job into the queue, in the transaction of its own end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from reports.models import Job


@dataclass(frozen=True, slots=True)
class Part:
    """What a part does: the kind of its handler, its params (JSON values), and how many things it makes."""

    kind: Job.Kind
    params: dict[str, Any]
    total: int


@dataclass(frozen=True, slots=True)
class PartsState:
    """How far the parts of a job are together. `heartbeat_at` is the latest of those that run."""

    done: int
    total: int
    running: int
    finished: int
    started_at: datetime | None
    heartbeat_at: datetime | None


def create_parts(whole: Job, parts: Sequence[Part]) -> list[Job]:
    """The parts of a new job, in its transaction."""
    return [
        Job.objects.create(
            kind=part.kind,
            owner_id=whole.owner_id,
            parent=whole,
            total=part.total,
            params={**part.params, "_attempts": 0, "_state": {}},
        )
        for part in parts
    ]


def whole_of_last_part(part: Job) -> Job | None:
    """The job that may be finished now because this part, just done, was the last; None before that, and where the
    whole is over already. Called in the transaction that ends the part: the lock lets one part be the last."""
    if part.parent_id is None:
        return None
    whole = Job.objects.select_for_update().filter(pk=part.parent_id, status=Job.Status.WAITING).first()
    if whole is None or whole.parts.exclude(status=Job.Status.DONE).exists():
        return None
    return whole


def state_of_parts(whole: Job) -> PartsState | None:
    """How far a job in parts is; None for a job without parts. One query."""
    running = Q(status=Job.Status.RUNNING)
    found = whole.parts.aggregate(
        count=Count("pk"), done=Sum("done"), total=Sum("total"), running=Count("pk", filter=running),
        finished=Count("pk", filter=Q(status=Job.Status.DONE)),
        started_at=Min("started_at"), heartbeat_at=Max("heartbeat_at", filter=running),
    )  # fmt: skip
    if not found.pop("count"):
        return None
    return PartsState(**found)
