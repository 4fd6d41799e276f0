"""Who must get paper: the one home of this rule (domain.md §5), for «Сегодня» and for the page of extracts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from journal.calendar import Calendar
from journal.models import Guardianship
from reports.models import Extract


@dataclass(frozen=True, slots=True)
class OnPaper:
    """A guardian informed on paper, and when the last extract was handed over, or at least formed."""

    guardianship: Guardianship
    last: date | None


@dataclass(frozen=True, slots=True)
class PaperDue(OnPaper):
    """One whose last extract is too old."""


def paper_due(pupil_ids: Iterable[int], today: date, calendar: Calendar, grade: int) -> list[PaperDue]:
    """Guardians on paper who must get an extract today. One query."""
    since = fresh_since(today, calendar, grade)
    rows = on_paper(pupil_ids)
    return [PaperDue(row.guardianship, row.last) for row in rows if row.last is None or row.last < since]


def fresh_since(today: date, calendar: Calendar, grade: int) -> date:
    """An extract older than this is out of date: by the school's setting, or because a period has ended since."""
    ended = [term.date_to for term in calendar.terms_for(grade) if term.date_to <= today]
    return max([today - timedelta(days=calendar.school.extract_every_days - 1), *ended[-1:]])


def on_paper(pupil_ids: Iterable[int]) -> list[OnPaper]:
    """Guardians on paper of these pupils, by name. One query."""
    rows = (
        Guardianship.objects.current()
        .filter(pupil__in=list(pupil_ids), informing__in=Guardianship.PAPER)
        .select_related("pupil", "guardian")
        .annotate(last=Subquery(_last_extract()))
        .order_by("pupil__sort_name", "guardian__sort_name")
    )
    return [OnPaper(row, timezone.localdate(row.last) if row.last else None) for row in rows]


def _last_extract() -> QuerySet:
    extracts = Extract.objects.filter(pupil=OuterRef("pupil"), kind=Extract.Kind.CURRENT, file__isnull=False)
    last = extracts.order_by().values("pupil").annotate(last=Max(Coalesce("handed_over_at", "formed_at")))
    return last.values("last")
