"""Who was put from which group of a division to which: what the audit trail tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import AuditEvent
from journal.models import Subject
from journal.queries.divisions import Division

HISTORY_AT_MOST = 60


@dataclass(frozen=True, slots=True)
class MoveLine:
    """A line of the history: who put the pupil from where to where, and since which day it holds."""

    at: datetime | None
    by: str
    pupil: str
    old: str
    new: str
    since: date | None


def history_of(division: Division) -> list[MoveLine]:
    """Changes of the division, newest first: what the audit trail tells of its pupils. One query."""
    names = {seat.pupil_id: seat.name for seat in division.seats}
    events = AuditEvent.objects.filter(
        pupil_id__in=list(names), object_type="groupmembership", subject=trail_subject(division.subject)
    ).select_related("actor")
    lines = []
    for event in events[:HISTORY_AT_MOST]:
        old, new = event.old or {}, event.new or {}
        since = new.get("date_from")
        lines.append(
            MoveLine(
                at=event.at,
                by=event.actor.short_name if event.actor else "",
                pupil=names[event.pupil_id or 0],
                old=str(old.get("group") or ""),
                new=str(new.get("group") or ""),
                since=date.fromisoformat(since) if since else None,
            )
        )
    return lines


def trail_subject(subject: Subject) -> str:
    """How changes of groups of the subject are named in the audit trail."""
    return f"группы: {subject.name}"[:100]
