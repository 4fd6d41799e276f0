"""«Заявлено родителем»: what a family announced becomes a mark when the class teacher confirms it (domain.md §2)."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from django.db import transaction

from accounts.models import User
from attendance.models import WHOLE_DAY, Announcement
from attendance.services.places import CannotMark
from attendance.services.presses import Press, mark_absence
from attendance.sheet import Sheet
from journal.calendar import Calendar
from journal.text import row_number

GONE = "Заявление семьи отозвано, отклонено или изменено. Обновите страницу и отметьте сами, если ученика нет."


def announcement_of(press: Press, day: date, announcement_id: str) -> Announcement:
    """The open announcement that this very press confirms; CannotMark where it says something else. One query."""
    pk = row_number(announcement_id)
    rows = Announcement.objects.open().filter(pupil=press.pupil_id, date_from__lte=day, date_to__gte=day)
    found = rows.filter(pk=pk).first() if pk is not None else None
    if found is None or press.new != found.reason or press.lesson not in (found.lessons or [WHOLE_DAY]):
        raise CannotMark(GONE)
    return found


@transaction.atomic
def confirm_announced(
    sheet: Sheet, *, only: int | None = None, calendar: Calendar, by: User, session: str = "", why: str = ""
) -> int:
    """Confirms what families announced for the sheet's day and what waits still; how many pupils. `only` is one
    announcement. CannotMark where nothing waits."""
    waiting = [row for row in sheet.rows if row.announced and row.announced_places]
    waiting = [row for row in waiting if only is None or (row.announced and row.announced.announcement_id == only)]
    if not waiting:
        raise CannotMark(GONE)
    announcements = Announcement.objects.in_bulk([row.announced.announcement_id for row in waiting if row.announced])
    for row in waiting:
        announcement = announcements[row.announced.announcement_id] if row.announced else None
        for lesson in row.announced_places:
            mark_absence(
                school_class=sheet.school_class,
                day=sheet.day,
                press=Press(row.pupil_id, lesson, "", row.announced.reason if row.announced else "", uuid4()),
                calendar=calendar,
                by=by,
                session=session,
                why=why,
                announcement=announcement,
            )
    return len(waiting)
