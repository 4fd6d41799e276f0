"""Reminders of the roll call: who gets one, when, and never twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from attendance.models import RollCall, RollCallReminder
from attendance.services.reminders import NO_SERVER, Outcome, remind, remind_due
from journal.calendar import load_calendar
from journal.models import ClassTeacher
from tests.factories import (
    MONDAY,
    make_class,
    make_school,
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)

NINE = datetime(2026, 11, 16, 9, 0)


@pytest.fixture(autouse=True)
def morning(clock):
    clock(NINE)


def ring(moment=NINE):
    return remind_due(timezone.make_aware(moment))


def reminded():
    return sorted((str(row.school_class), row.to.last_name) for row in RollCallReminder.objects.all())


# --- By the clock -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_has_not_marked_is_reminded_at_the_hour_and_once(clock):
    unmarked = make_class("7Б", teacher=make_teacher(last_name="Гордеева"))
    marked = make_class("7А", year=unmarked.year)
    RollCall.objects.create(school_class=marked, date=MONDAY)

    assert ring(NINE - timedelta(seconds=1)) == []
    assert [answer.outcome for answer in ring(NINE)] == [Outcome.SENT]
    for minutes in (1, 15, 60, 239):  # nor later, when ten minutes have gone by
        assert ring(NINE + timedelta(minutes=minutes)) == []

    row = RollCallReminder.objects.get()
    assert (row.school_class, row.to, row.by, row.date) == (unmarked, teacher_user(unmarked), None, MONDAY)


@pytest.mark.django_db
def test_the_hour_is_the_schools_own_and_a_late_clock_is_silent():
    make_school(roll_call_until=time(10, 30))
    make_class("7Б")

    assert ring(datetime(2026, 11, 16, 10, 29)) == []
    assert ring(datetime(2026, 11, 16, 14, 30)) == []
    assert len(ring(datetime(2026, 11, 16, 14, 29))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "classes"),
    [
        (date(2026, 11, 15), []),  # Sunday
        (date(2026, 10, 28), []),  # autumn vacations
        (date(2026, 11, 4), []),  # public holiday
        (date(2027, 2, 17), ["7Б"]),  # first graders rest
        (date(2027, 7, 5), []),  # summer
    ],
)
def test_only_classes_with_school_on_that_day(day, classes):
    year = make_year()
    make_class("1А", year=year)
    make_class("7Б", year=year)

    assert [answer.class_name for answer in ring(datetime.combine(day, time(9, 5)))] == classes


@pytest.mark.django_db
def test_the_acting_teacher_gets_it_instead_and_one_of_yesterday_nothing():
    acting, former = make_class("7А", teacher=make_teacher(last_name="Юдина")), make_class("7Б", teacher=make_teacher())
    ClassTeacher.objects.create(
        school_class=acting, teacher=make_teacher(last_name="Сафонова"), date_from=MONDAY, is_acting=True
    )
    former.class_teachers.update(date_to=MONDAY - timedelta(days=1))
    ClassTeacher.objects.create(school_class=former, teacher=make_teacher(last_name="Новикова"), date_from=MONDAY)

    ring()

    assert reminded() == [("7А", "Сафонова"), ("7Б", "Новикова")]


@pytest.mark.django_db
def test_who_cannot_enter_gets_none_and_the_others_do():
    nobody, locked, usual = make_class("7А", teacher=make_teacher(user=None)), make_class("7Б"), make_class("7В")
    user = teacher_user(locked)
    user.is_active = False
    user.save()

    ring()

    assert [name for name, _ in reminded()] == ["7В"]
    answers = remind([nobody.pk], calendar=load_calendar(usual.year), now=timezone.now(), by=make_user())
    assert "нет входа в программу" in answers[0].words


@pytest.mark.django_db
def test_the_database_keeps_one_reminder_by_the_clock():
    school_class = make_class()
    fields = {"school_class": school_class, "date": MONDAY, "to": teacher_user(school_class)}
    RollCallReminder.objects.create(**fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        RollCallReminder.objects.create(**fields)
    RollCallReminder.objects.create(**fields, by=make_user())


@pytest.mark.django_db
@pytest.mark.parametrize("classes", [2, 12])
def test_the_clock_costs_the_same_for_any_number_of_classes(classes, django_assert_num_queries):
    year = make_year()
    for number in range(classes):
        make_class(f"{number % 11 + 1}{'АБ'[number // 11]}", year=year)

    # year, calendar, classes, leaders, reminders; leaders, savepoint, classes, calls, reminders, insert, release
    with django_assert_num_queries(12):
        ring()
    with django_assert_num_queries(5):
        ring()


def both(call):
    """Run it twice at one moment, each on its own connection."""
    gate = Barrier(2)

    def run(_):
        try:
            gate.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, range(2)))


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_remind_once():
    year = make_year()
    for number in range(1, 12):
        make_class(f"{number}А", year=year)
        both(ring)

    assert RollCallReminder.objects.count() == 11


# --- By the deputy ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_remind_once():
    deputy = make_user(is_deputy=True)
    year = make_year()
    calendar = load_calendar(year)
    for number in range(1, 12):
        school_class = make_class(f"{number}А", year=year)
        answers = both(lambda pk=school_class.pk: remind([pk], calendar=calendar, now=timezone.now(), by=deputy))

        assert sorted(answer.outcome for (answer,) in answers) == [Outcome.RECENT, Outcome.SENT]


@pytest.mark.django_db
def test_a_second_press_says_when_it_was_and_after_ten_minutes_acts(clock):
    school_class, deputy = make_class(), make_user(is_deputy=True)

    def press(minutes):
        clock(NINE + timedelta(minutes=minutes))
        calendar = load_calendar(school_class.year)
        (answer,) = remind([school_class.pk], calendar=calendar, now=timezone.now(), by=deputy)
        return answer

    assert press(0).outcome == Outcome.SENT
    assert press(9).words == "7Б: напоминание уже отправлено в 09:00. Повторить можно после 09:10."
    assert press(11).outcome == Outcome.SENT
    assert RollCallReminder.objects.filter(by=deputy).count() == 2


@pytest.mark.django_db
def test_the_clock_waits_ten_minutes_after_the_deputy():
    school_class = make_class()
    RollCallReminder.objects.create(
        school_class=school_class, date=MONDAY, to=teacher_user(school_class), by=make_user(is_deputy=True),
        sent_at=timezone.make_aware(NINE - timedelta(minutes=3)),
    )  # fmt: skip

    assert [answer.outcome for answer in ring(NINE)] == [Outcome.RECENT]
    assert [answer.outcome for answer in ring(NINE + timedelta(minutes=7))] == [Outcome.SENT]


@pytest.mark.django_db
def test_a_class_marked_meanwhile_is_not_reminded():
    school_class = make_class()
    RollCall.objects.create(school_class=school_class, date=MONDAY, taken_at=timezone.make_aware(NINE))

    (answer,) = remind([school_class.pk], calendar=load_calendar(school_class.year), now=timezone.now(), by=make_user())

    assert answer.words == "7Б уже отмечен в 09:00: напоминать не о чем."
    assert not RollCallReminder.objects.exists()


# --- What becomes of the letter ---------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("by_email", "host", "email", "due", "failure"),
    [
        (True, "mail.test", "a@school.test", True, ""),
        (True, "", "a@school.test", False, NO_SERVER),
        (True, "mail.test", "", False, "адрес почты не указан, его вносит администратор в строке учителя"),
        (False, "mail.test", "", False, ""),
    ],
)
def test_a_letter_is_due_only_where_it_can_go_out(settings, by_email, host, email, due, failure):
    settings.EMAIL_HOST = host
    make_school(remind_by_email=by_email)
    make_class(teacher=make_teacher(email=email))

    ring()

    row = RollCallReminder.objects.get()
    assert (row.letter_due_at is not None, row.failure) == (due, failure)
