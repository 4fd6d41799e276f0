"""A family that announces and a class teacher who confirms, for tests of announcements."""

from datetime import date, datetime

from attendance.services import confirm_announcement
from attendance.services.announcements import Wish, announce
from tests.factories import MONDAY, teacher_user


def announcer(child, mother, calendar):
    """`say(MONDAY, until=FRIDAY, lessons=(1,))`: the mother announces."""

    def say(day=MONDAY, *, until=None, cause="ill", today=MONDAY, by=mother, key=None, replaces=None, **wish):
        wanted = Wish(day, until or day, cause, **wish)
        return announce(
            pupil=child, grade=7, wish=wanted, calendar=calendar, by=by, today=today, key=key, replaces=replaces
        )

    return say


def confirmer(school_class, calendar, clock):
    """`confirm(row, today=TUESDAY)`: the class teacher confirms on that morning."""

    def confirm(row, today: date = MONDAY):
        clock(datetime(today.year, today.month, today.day, 8, 20))
        return confirm_announcement(
            announcement=row,
            school_class=school_class,
            calendar=calendar,
            by=teacher_user(school_class),
            today=today,
            session="0123456789abcdef",
        )

    return confirm
