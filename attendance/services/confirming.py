"""«Заявлено родителем»: what a family announced becomes marks when the class teacher confirms it (domain.md §2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from django.db import transaction

from accounts.models import User
from attendance.announced import free_places
from attendance.announcements import days_of, standing_between, taken_days
from attendance.models import LETTERS, WHOLE_DAY, Absence, Announcement
from attendance.services.announcements import GONE, CannotAnnounce, closed_months, under_lock
from attendance.services.places import CannotMark, lock_pupils
from attendance.services.presses import NOT_ANNOUNCED, Press, mark_absence
from journal.calendar import Calendar
from journal.lessons import Stay
from journal.models import SchoolClass


@dataclass(frozen=True, slots=True)
class Taken:
    """What a confirmation did: the days marked now, and in words what was left as it stood."""

    days: tuple[date, ...]
    skipped: tuple[str, ...]


@transaction.atomic
def confirm_announcement(
    *,
    announcement: Announcement,
    school_class: SchoolClass,
    calendar: Calendar,
    by: User,
    today: date,
    only: date | None = None,
    offered: Collection[int] | None = None,
    session: str = "",
    why: str = "",
) -> Taken:
    """Mark every school day of the announcement up to today, or `only` one of them; coming days stay offers.

    Of its places only those `offered`, where that is given: the sheet offers none without a lesson of the pupil. A
    place where something stands is left as it is and told, so is a day of a closed month without `why`.
    CannotAnnounce where the family has withdrawn it meanwhile or no day has come yet; a second time marks nothing.
    """
    row = under_lock(announcement)
    if row.withdrawn_at is not None:
        raise CannotAnnounce(GONE)
    if row.declined_at is not None:
        raise CannotAnnounce("Заявление уже отклонено. Если передумали, отметьте пропуск на листе.")
    stays = [Stay(one.date_from, one.date_to) for one in school_class.enrolments.filter(pupil=row.pupil_id)]
    days = [day for day in days_of(row, calendar, school_class.grade, stays) if day <= today and only in (None, day)]
    if not days:
        raise CannotAnnounce("Ни один из этих дней ещё не наступил: подтвердить можно в сам день.")
    done = taken_days([row.pk])[row.pk]
    standings = standing_between([row.pupil_id], days[0], days[-1])
    facts = _open_facts(row.pupil_id, days)
    closed = set() if why else closed_months(days)
    marked: list[date] = []
    skipped: list[str] = []
    for day in days:
        if day in done:
            continue
        if day.replace(day=1) in closed:
            skipped.append(f"{day:%d.%m}: месяц закрыт")
            continue
        answered = standings.get((row.pupil_id, day), {})
        free = free_places(row.lessons, answered)
        skipped += [_left(day, place, answered) for place in row.lessons or (WHOLE_DAY,) if place not in free]
        for place in free:
            if offered is not None and place not in offered:
                continue
            mark_absence(
                school_class=school_class,
                day=day,
                press=Press(row.pupil_id, place, facts.get((day, place), ""), row.reason, uuid4()),
                calendar=calendar,
                by=by,
                session=session,
                why=why,
                announcement=row,
            )
            marked.append(day)
    return Taken(tuple(dict.fromkeys(marked)), tuple(skipped))


@transaction.atomic
def confirm_of_day(
    offered: Mapping[int, Collection[int]], *, day: date, school_class: SchoolClass, calendar: Calendar, by: User,
    today: date, session: str = "", why: str = "",
) -> int:  # fmt: skip
    """Confirm what announcements say of one day, all or nothing: id → the places offered on its sheet. Of how many
    something was marked; CannotMark where nothing waits."""
    rows = list(Announcement.objects.filter(pk__in=offered).order_by("pk"))
    lock_pupils(row.pupil_id for row in rows)  # all at once, in the one order that every writer keeps
    count = 0
    for row in rows:
        try:
            taken = confirm_announcement(
                announcement=row, school_class=school_class, calendar=calendar, by=by, today=today, only=day,
                offered=offered[row.pk], session=session, why=why,
            )  # fmt: skip
        except CannotAnnounce as refusal:
            raise CannotMark(str(refusal)) from None
        count += bool(taken.days)
    if not count:
        raise CannotMark(NOT_ANNOUNCED)
    return count


def _left(day: date, place: int, answered: Mapping[int, str]) -> str:
    """«20.11: 3 урок, уже стоит Б»."""
    where = f"{place} урок, " if place else ""
    stands = answered.get(place) or answered.get(WHOLE_DAY) or answered[min(answered)]
    return f"{day:%d.%m}: {where}уже стоит {LETTERS[stands]}"


def _open_facts(pupil_id: int, days: Iterable[date]) -> dict[tuple[date, int], str]:
    """Facts from lessons whose reason nobody knows yet: the announcement gives it. One query."""
    rows = Absence.objects.filter(pupil=pupil_id, date__in=list(days), is_confirmed=False)
    return {(row.date, row.lesson): row.reason for row in rows}
