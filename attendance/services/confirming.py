"""«Заявлено родителем»: what a family announced becomes a mark when the class teacher confirms it (domain.md §2)."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction

from accounts.models import User
from attendance.models import Announcement
from attendance.services.places import CannotMark
from attendance.services.presses import NOT_ANNOUNCED, Press, mark_absence
from attendance.sheet import Sheet
from journal.calendar import Calendar


@transaction.atomic
def confirm_announced(
    sheet: Sheet, *, only: int | None = None, calendar: Calendar, by: User, session: str = "", why: str = ""
) -> int:
    """Confirms what families announced for the sheet's day and what waits still; how many pupils. `only` is one
    announcement. CannotMark where nothing waits."""
    waiting = [(row, row.announced) for row in sheet.rows if row.announced and row.announced_places]
    waiting = [(row, announced) for row, announced in waiting if only in (None, announced.announcement_id)]
    if not waiting:
        raise CannotMark(NOT_ANNOUNCED)
    for row, announced in waiting:
        for lesson in row.announced_places:
            mark_absence(
                school_class=sheet.school_class,
                day=sheet.day,
                press=Press(row.pupil_id, lesson, "", announced.reason, uuid4()),
                calendar=calendar,
                by=by,
                session=session,
                why=why,
                announcement=Announcement(pk=announced.announcement_id),
            )
    return len(waiting)
