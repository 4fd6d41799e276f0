"""Letters of reminders over a real SMTP server: delivered, refused, tried again, never twice."""

import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from attendance.models import Absence, RollCall, RollCallReminder
from attendance.services.letters import MARKED_MEANWHILE, PAUSES, send_due_letters
from attendance.services.reminders import remind_due
from journal.models import School
from tests import databases, live
from tests.attendance.test_reminders import both
from tests.factories import MONDAY, make_class, make_pupil, make_teacher, make_user, make_year
from tests.mail import lead_to, mail_server

NINE = datetime(2026, 11, 16, 9, 0)
ADDRESS = "gordeeva@school.test"


@pytest.fixture
def post(settings):
    with mail_server() as server:
        lead_to(server, settings)
        yield server


@pytest.fixture(autouse=True)
def morning(clock):
    clock(NINE)


def reminder(**fields):
    school_class = make_class("7Б", teacher=make_teacher(last_name="Гордеева", email=ADDRESS, **fields))
    remind_due(timezone.now())
    return school_class, RollCallReminder.objects.get(school_class=school_class)


def state(row):
    row.refresh_from_db()
    return row.mailed_at is not None, row.failure, row.letter_due_at is not None


@pytest.mark.django_db
def test_the_letter_holds_class_day_and_link_and_no_pupil(post):
    school_class = make_class("7Б", teacher=make_teacher(email=ADDRESS))
    pupils = [make_pupil(school_class, last_name="Тайнова", file_number="Л-77") for _ in range(3)]
    Absence.objects.create(pupil=pupils[0], date=MONDAY, reason="ill")
    remind_due(timezone.now())

    assert send_due_letters() == 1

    ((address, letter),) = post.letters
    body = letter.get_content()
    assert address == ADDRESS
    assert letter["Subject"].strip() == "7Б не отмечен: понедельник, 16 ноября"
    assert letter["From"] == "Журнал <journal@school.test>"
    assert f"https://journal.school.test/attendance/classes/{school_class.pk}/2026-11-16/" in body
    assert "Срок переклички: 09:00" in body
    assert not any(word in body for word in ("Тайнова", "Анна", "Л-77", "болез"))
    assert state(RollCallReminder.objects.get()) == (True, "", False)


@pytest.mark.django_db
def test_the_address_of_the_login_serves_where_the_teacher_has_none(post):
    make_class(teacher=make_teacher(email="", user=make_user(email="login@school.test")))
    remind_due(timezone.now())

    send_due_letters()

    assert post.addresses == ["login@school.test"]


@pytest.mark.django_db
def test_a_server_that_is_away_is_tried_again_later(post, clock):
    post.stop()
    _, row = reminder()

    assert send_due_letters() == 0
    assert state(row) == (False, "почтовый сервер недоступен", True)
    assert row.letter_words == "письмо не ушло: почтовый сервер недоступен, следующая попытка в 09:02"

    post.start()
    clock(NINE + PAUSES[0] - timedelta(seconds=5))
    assert send_due_letters() == 0
    clock(NINE + PAUSES[0] + timedelta(seconds=1))
    assert send_due_letters() == 1
    assert state(row) == (True, "", False)
    assert post.addresses == [ADDRESS]


@pytest.mark.django_db
def test_a_server_that_is_away_is_asked_once_a_round(post, settings):
    post.stop()
    year = make_year()
    for name in ("7А", "7Б", "8А"):
        make_class(name, year=year, teacher=make_teacher(email=f"{len(name)}@school.test"))
    remind_due(timezone.now())
    # An address of a network that answers nothing: each try costs the whole timeout.
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "192.0.2.1", 1
    begun = time.monotonic()

    send_due_letters()

    assert time.monotonic() - begun < 2.5
    assert set(RollCallReminder.objects.values_list("failure", flat=True)) == {"почтовый сервер недоступен"}


@pytest.mark.django_db
@pytest.mark.parametrize(("answer", "again"), [("550 No such user", False), ("451 Try later", True)])
def test_a_refused_address_is_told_and_the_others_get_theirs(post, clock, answer, again):
    post.refuses[ADDRESS] = answer
    _, row = reminder()
    make_class("8А", year=row.school_class.year, teacher=make_teacher(email="other@school.test"))
    remind_due(timezone.now())

    assert send_due_letters() == 1

    assert post.addresses == ["other@school.test"]
    assert state(row) == (False, f"почтовый сервер не принял адрес (ответ {answer[:3]})", again)


@pytest.mark.django_db
def test_after_the_last_try_there_is_peace(post, clock):
    post.stop()
    _, row = reminder()
    moment = NINE
    for pause in (*PAUSES, timedelta(0)):
        send_due_letters()
        moment += pause + timedelta(seconds=1)
        clock(moment)

    assert state(row) == (False, "почтовый сервер недоступен", False)
    assert row.letter_tries == len(PAUSES) + 1
    post.start()
    assert send_due_letters() == 0


@pytest.mark.django_db
def test_a_class_marked_meanwhile_gets_no_letter(post):
    school_class, row = reminder()
    RollCall.objects.create(school_class=school_class, date=MONDAY)

    assert send_due_letters() == 0

    assert post.letters == []
    assert state(row) == (False, MARKED_MEANWHILE, False)


@pytest.mark.django_db
def test_a_letter_of_yesterday_is_not_sent(post, clock):
    _, row = reminder()
    clock(NINE + timedelta(days=1))

    assert send_due_letters() == 0
    assert (post.letters, state(row)[2]) == ([], False)


@pytest.mark.django_db
def test_an_address_with_a_line_break_harms_nobody(post):
    _, row = reminder()
    row.to.teacher.email = "a@school.test\nBcc: spy@evil.test"
    row.to.teacher.save()

    assert send_due_letters() == 0
    assert post.letters == []
    assert state(row) == (False, "адрес почты написан с ошибкой", False)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_letter_once(post):
    year = make_year()
    for number in range(1, 12):
        make_class(f"{number}А", year=year, teacher=make_teacher(email=f"t{number}@school.test"))

    def work():
        remind_due(timezone.now())
        return send_due_letters()

    assert sum(both(work)) == 11
    assert len(post.addresses) == len(set(post.addresses)) == 11


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_the_server_listens(post):
    _, row = reminder()
    changed = []

    def write():
        try:
            if connection.vendor == "postgresql":
                connection.cursor().execute("SET lock_timeout = '2s'")
            changed.append(RollCallReminder.objects.filter(pk=row.pk).update(failure="пока идёт письмо"))
        finally:
            connection.close()

    post.while_it_listens = write

    assert send_due_letters() == 1
    assert changed == [1]


def test_two_workers_as_programs_remind_who_is_late(keeper, worker, demo_template, django_db_blocker, tmp_path):
    """The clock of `db_worker` itself: two of them on one database, and a mail server."""
    name = f"clock_{worker}"
    with django_db_blocker.unblock():
        keeper.copy(demo_template, name)
        database = keeper.url(name)
    environment = live.production(DATABASE_URL=database, SITE_URL="https://journal.school.test")
    code = "from journal.models import School; School.objects.update(roll_call_until='08:00')"
    databases.manage("shell", "-c", code, DATABASE_URL=database)
    with mail_server() as server:
        workers = [start_worker({**environment, **server.environment}, tmp_path / f"{n}.log") for n in range(2)]
        try:
            wait_until(lambda: len(server.letters) >= 2)
        finally:
            for process in workers:
                live.stop(process)
        subjects = sorted(letter["Subject"].strip() for _, letter in server.letters)
    with django_db_blocker.unblock():
        keeper.drop(name)

    assert subjects == ["7Б не отмечен: понедельник, 23 ноября", "9А не отмечен: понедельник, 23 ноября"]


def start_worker(environment, log):
    with log.open("w") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.worker", "--interval", "1", "--no-startup-delay"],
            cwd=databases.ROOT, env=environment, stdout=output, stderr=output,
            start_new_session=True, preexec_fn=live.die_with_tests,
        )  # fmt: skip


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def test_the_settings_are_of_a_school_that_reminds_by_default():
    assert School().remind_by_email is True
