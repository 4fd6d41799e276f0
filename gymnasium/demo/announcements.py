"""What families of 7Б announced: one for today that waits, one confirmed last week, one declined.

Built after the absences and before the marks: the confirmed one brings a day of absence of its own.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from accounts.models import User
from attendance.models import CAUSE_REASONS, Absence, AbsenceChange, Announcement
from gymnasium.demo.presence import own_lessons
from gymnasium.demo.world import Child, World, moment

Cause = Announcement.Cause
DECLINED = "Был на всех уроках, учителя подтвердили. Если это ошибка, позвоните мне."


def build_announcements(world: World) -> None:
    form = world.form("7Б")
    own = own_lessons(world, form)
    child, brother = _child_of(world, "parent7b"), _child_of(world, "parent2")
    today = world.day if world.day in own else world.calendar.school_day_after(world.day, form.grade)
    if today and not Absence.objects.filter(pupil=brother.row, date=today).exists():
        evening = moment(world.day - timedelta(days=1), 21, 40)
        _announce(world.users["parent2"], brother, today, Cause.ILL, evening, "с вечера температура")
    quiet = _quiet_days(world, child)
    if len(quiet) > 1:
        day = quiet[0]
        row = _announce(world.users["parent7b"], child, day, Cause.DOCTOR, moment(day, 7, 25), "приём у ортодонта")
        _confirm(world, row, child, set(own[day][child]))
    if quiet := _quiet_days(world, brother)[3:]:
        day = quiet[0]
        row = _announce(world.users["parent2"], brother, day, Cause.FAMILY, moment(day, 7, 50))
        _change(row, declined_by=form.teacher.user, declined_at=moment(day, 14, 30), decline_note=DECLINED)


def _child_of(world: World, login: str) -> Child:
    """The child of this account in 7Б."""
    pupils = {pupil.pk for pupil in world.users[login].own_children}
    return next(stay.child for stay in world.form("7Б").roll if stay.child.row.pk in pupils)


def _quiet_days(world: World, child: Child) -> list[date]:
    """School days before today without an absence, the latest first."""
    away = set(Absence.objects.filter(pupil=child.row).values_list("date", flat=True))
    return [day for day in reversed(world.past_days(world.form("7Б").grade)) if day not in away]


def _announce(by: User, child: Child, day: date, cause: Cause, at: datetime, comment: str = "") -> Announcement:
    row = Announcement.objects.create(
        pupil=child.row,
        date_from=day,
        date_to=day,
        reason=CAUSE_REASONS[cause],
        words=cause.label,
        comment=comment,
        announced_by=by,
    )
    _change(row, announced_at=at)  # auto_now_add would say «now»
    return row


def _change(row: Announcement, **fields) -> None:
    Announcement.objects.filter(pk=row.pk).update(**fields)


def _confirm(world: World, row: Announcement, child: Child, lessons: set[int]) -> None:
    """The class teacher pressed «Подтвердить» that morning; marks.py sees the child as absent."""
    teacher, at = world.form("7Б").teacher.user, moment(row.date_from, 8, 25)
    Absence.objects.create(pupil=row.pupil, date=row.date_from, reason=row.reason, marked_by=teacher, marked_at=at)
    AbsenceChange.objects.create(
        pupil=row.pupil,
        date=row.date_from,
        new=row.reason,
        source=AbsenceChange.Source.PARENT,
        announcement=row,
        by=teacher,
        at=at,
    )
    world.missing[child.row.pk, row.date_from] = lessons
