"""What families announced, as the class teacher and the deputy see and decide it."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from attendance.models import Absence, Announcement
from attendance.services.announcements import (
    decline,
    withdraw,
)
from journal.calendar import load_calendar
from tests.attendance.announcing import announcer, confirmer
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_guardian,
    make_pupil,
    make_user,
    teacher_user,
)
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db
TUESDAY, WEDNESDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 4))
LAST_FRIDAY = MONDAY - timedelta(days=3)


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 7, 30))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def child(school_class):
    return make_pupil(school_class, last_name="Родионов", first_name="Тимофей")


@pytest.fixture
def mother(child):
    user = make_user(last_name="Родионова", first_name="Ольга")
    make_guardian(child, user=user)
    return user


@pytest.fixture
def calendar(school_class):
    return load_calendar(school_class.year)


@pytest.fixture
def say(child, mother, calendar):
    return announcer(child, mother, calendar)


@pytest.fixture
def confirm(school_class, calendar, clock):
    return confirmer(school_class, calendar, clock)


def page_url(school_class):
    return reverse("attendance:announcements", args=[school_class.pk])


def url_of(name, school_class, row):
    return reverse(f"attendance:announcement_{name}", args=[school_class.pk, row.pk])


@pytest.fixture
def teacher(client, school_class):
    return enter(client, teacher_user(school_class))


def test_the_list_says_who_announced_what_and_when(teacher, school_class, say):
    say(LAST_FRIDAY, until=TUESDAY, comment="температура")
    say(WEDNESDAY, cause="doctor", lessons=(1, 2))

    words = words_of(teacher.get(page_url(school_class)))

    assert "Ждут решения: 1" in words and "На будущие дни: 1" in words
    assert "13–17 ноября Родионов Тимофей Б весь день, заболел(а): температура" in words
    assert "Родионова О. (мать), 16.11 в 07:30" in words
    assert "уроки 1, 2, к врачу" in words


def test_what_is_decided_or_marked_by_hand_waits_no_more(teacher, school_class, say, confirm, child, mother):
    confirm(say(LAST_FRIDAY))
    make_absence(child, MONDAY, reason="excused")
    say(MONDAY)
    withdraw(announcement=say(TUESDAY), by=mother)
    decline(announcement=say(WEDNESDAY), note="Соревнования отменены", by=teacher_user(school_class))

    page = teacher.get(page_url(school_class)).context["page"]

    assert (page.waiting, page.ahead) == ((), ())
    assert [one.date_from for one in page.settled] == [WEDNESDAY, TUESDAY, MONDAY, LAST_FRIDAY]


def test_one_press_confirms_and_says_what_was_left(teacher, school_class, say, child):
    make_absence(child, LAST_FRIDAY, reason="unexcused")
    row = say(LAST_FRIDAY, until=TUESDAY)

    words = words_of(teacher.post(url_of("confirm", school_class, row), follow=True))

    assert "Отмечено по заявлению: 16.11." in words
    assert "Оставлено как есть: 13.11: уже стоит Н." in words
    assert "учтено: 16.11" in words


def test_a_declined_announcement_carries_the_teachers_words(teacher, school_class, say):
    row = say()
    teacher.post(url_of("decline", school_class, row), {"note": "Был на уроках"})

    row.refresh_from_db()
    assert (row.decline_note, row.declined_by) == ("Был на уроках", teacher_user(school_class))


def test_a_note_that_is_too_long_is_not_lost(teacher, school_class, say):
    row, note = say(), "слово " * 60

    response = teacher.post(url_of("decline", school_class, row), {"note": note})

    assert "Причина не длиннее 300 знаков" in words_of(response)
    assert note in response.content.decode()
    assert Announcement.objects.open().exists()


def test_what_the_family_withdrew_meanwhile_is_told_to_the_teacher(teacher, school_class, say, mother):
    row = say()
    withdraw(announcement=row, by=mother)

    assert "Семья уже отозвала это заявление" in words_of(
        teacher.post(url_of("confirm", school_class, row), follow=True)
    )
    assert not Absence.objects.exists()


def test_the_deputy_decides_in_any_class_and_a_strange_teacher_in_none(client, school_class, say):
    row, stranger = say(comment="секрет"), make_class("7А", year=school_class.year)
    deputy, foreign = make_user(is_deputy=True), teacher_user(stranger)

    enter(client, foreign)
    answers = [client.get(page_url(school_class))]
    answers += [client.post(url_of(name, school_class, row), {"note": "нет"}) for name in ("confirm", "decline")]
    # By way of the own class the announcement of another one does not exist either.
    answers += [client.post(url_of(name, stranger, row), {"note": "нет"}) for name in ("confirm", "decline")]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert "секрет" not in client.get(page_url(stranger)).content.decode()

    enter(client, deputy)
    assert "секрет" in client.get(page_url(school_class)).content.decode()
    client.post(url_of("confirm", school_class, row))
    assert Absence.objects.get().marked_by == deputy


def test_the_operator_has_no_list(client, school_class):
    enter(client, make_user(is_operator=True))

    assert client.get(page_url(school_class)).status_code == 404


def test_whoever_left_the_class_is_in_its_list_no_more(teacher, school_class, say, child):
    say(LAST_FRIDAY, until=MONDAY, comment="переезд")  # one day of it was here
    child.enrolments.update(date_to=LAST_FRIDAY)

    assert "переезд" not in teacher.get(page_url(school_class)).content.decode()


def test_reading_the_list_is_recorded(teacher, school_class):
    teacher.get(page_url(school_class))

    assert AuditEvent.objects.get(subject="заявления семей").class_id == school_class.pk


@pytest.mark.parametrize("pupils", [1, 30])
def test_the_list_costs_the_same_for_any_class(teacher, school_class, pupils, mother, django_assert_num_queries):
    for _ in range(pupils):
        pupil = make_pupil(school_class)
        make_guardian(pupil, user=make_user())
        author = pupil.guardianships.get().guardian.user
        for day in (LAST_FRIDAY, MONDAY, TUESDAY):
            pupil.announcements.create(date_from=day, date_to=day, reason="ill", announced_by=author)

    with django_assert_num_queries(9):
        assert len(teacher.get(page_url(school_class)).context["page"].waiting) == 2 * pupils


def test_today_tells_the_class_teacher_whom_families_announced(teacher, school_class, say, confirm):
    row = say(cause="doctor", lessons=(3,))

    words = words_of(teacher.get("/"))
    assert "Заявлено семьёй: 1" in words and "урок 3, к врачу не подтверждено" in words

    confirm(row)
    assert "Заявлено семьёй" not in words_of(teacher.get("/"))
