"""A parent and the class teacher decide about one announcement at the same moment: one wins, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from attendance.models import Absence, Announcement
from attendance.services import Taken, confirm_announcement
from attendance.services.announcements import CannotAnnounce, Wish, announce, withdraw
from journal.calendar import load_calendar
from tests.factories import MONDAY, make_class, make_guardian, make_pupil, make_user, teacher_user

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 20


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


def both(first, second):
    """Run two calls at one moment, each on its own connection; their results or what they were told."""
    gate = Barrier(2)

    def run(call):
        try:
            gate.wait()
            return call()
        except CannotAnnounce as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, [first, second]))


def test_of_withdrawing_and_confirming_one_wins_and_the_other_is_told():
    school_class, mother = make_class(), make_user()
    teacher, calendar = teacher_user(school_class), load_calendar(school_class.year)
    for number in range(ROUNDS):
        pupil = make_pupil(school_class)
        row = pupil.announcements.create(date_from=MONDAY, date_to=MONDAY, reason="ill", announced_by=mother)
        calls = [
            lambda row=row: withdraw(announcement=row, by=mother),
            lambda row=row: confirm_announcement(
                announcement=row, school_class=school_class, calendar=calendar, by=teacher, today=MONDAY
            ),
        ]

        results = both(*(calls if number % 2 else reversed(calls)))

        (won,) = [one for one in results if not isinstance(one, CannotAnnounce)]
        (told,) = [str(one) for one in results if isinstance(one, CannotAnnounce)]
        row.refresh_from_db()
        is_confirmed = isinstance(won, Taken)
        assert Absence.objects.filter(pupil=pupil).exists() is is_confirmed
        assert (row.withdrawn_at is None) is is_confirmed
        assert ("уже учёл" in told) is is_confirmed and ("уже отозвала" in told) is not is_confirmed


def test_the_same_form_sent_twice_at_once_announces_once():
    school_class = make_class()
    calendar = load_calendar(school_class.year)
    for _ in range(ROUNDS):
        pupil, mother, key = make_pupil(school_class), make_user(), uuid4()
        make_guardian(pupil, user=mother)

        def say(pupil=pupil, mother=mother, key=key):
            wish = Wish(MONDAY, MONDAY, "ill")
            return announce(pupil=pupil, grade=7, wish=wish, calendar=calendar, by=mother, today=MONDAY, key=key)

        first, second = both(say, say)

        assert first == second == Announcement.objects.get(pupil=pupil)
