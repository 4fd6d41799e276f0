"""What families announced for a day, as plain rows: an offer on the sheet, no mark until it is confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from attendance.models import WHOLE_DAY, Announcement


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement that holds on a day. `lessons` are the places it names: (0,) is the whole day."""

    announcement_id: int
    reason: str
    lessons: tuple[int, ...]
    comment: str
    by: str
    at: datetime
    words: str = ""
    """The reason as the family chose it: «к врачу»."""


def free_places(lessons: Collection[int], answered: Mapping[int, str]) -> tuple[int, ...]:
    """Places of an announcement that wait for the class teacher; `answered` is what stands, lesson → reason.

    The whole day waits while nothing is answered on it, a lesson while neither it nor the whole day is. A fact whose
    reason nobody knows yet is no answer: the announcement is the answer to it, so it has no place in `answered`.
    """
    if not lessons or WHOLE_DAY in lessons:
        return () if answered else (WHOLE_DAY,)
    return () if WHOLE_DAY in answered else tuple(number for number in lessons if number not in answered)


def announced_on(pupil_ids: Iterable[int], day: date) -> dict[int, Announced]:
    """The newest open announcement of each pupil for the day. One query."""
    rows = (
        Announcement.objects.open()
        .filter(pupil__in=list(pupil_ids), date_from__lte=day, date_to__gte=day)
        .select_related("announced_by")
        .order_by("pk")
    )
    return {
        row.pupil_id: Announced(
            announcement_id=row.pk,
            reason=row.reason,
            lessons=tuple(row.lessons) or (WHOLE_DAY,),
            comment=row.comment,
            by=row.announced_by.short_name,
            at=timezone.localtime(row.announced_at),
            words=row.words or row.get_reason_display(),
        )
        for row in rows
    }
