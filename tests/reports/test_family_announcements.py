"""The cabinet: a guardian announces, sees what became of it, takes it back; nobody announces for another child."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from attendance.models import Absence, Announcement
from attendance.services import confirm_announcement
from attendance.services.announcements import decline
from journal.calendar import load_calendar
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_guardian,
    make_pupil,
    make_slot,
    make_user,
    teacher_user,
)
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db
TUESDAY, FRIDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)


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
    make_guardian(child, user=user, last_name="Родионова")
    return user


@pytest.fixture
def father(child):
    user = make_user(last_name="Соболев", first_name="Олег")
    make_guardian(child, user=user).guardianships.update(kinship="father")
    return user


@pytest.fixture
def parent(client, mother):
    return enter(client, mother)


def page(name, child, query="", **more):
    return reverse(f"reports:{name}", kwargs={"pupil_id": child.pk, **more}) + query


def announce(client, child, day=MONDAY, **fields):
    data = {"date_from": f"{day}", "cause": "ill", **fields}
    return client.post(page("family_announce", child), data, follow=True)


def made(child, by, first=MONDAY, last=None, **fields):
    fields = {"reason": "ill", "words": "заболел(а)", **fields}
    return child.announcements.create(date_from=first, date_to=last or first, announced_by=by, **fields)


def confirm(row, school_class):
    calendar = load_calendar(school_class.year)
    confirm_announcement(
        announcement=row, school_class=school_class, calendar=calendar, by=teacher_user(school_class), today=MONDAY
    )


# --- Announcing -----------------------------------------------------------------------------------


def test_the_usual_morning_is_one_press_on_the_list(parent, child):
    html = parent.get(page("family_announcements", child)).content.decode()
    assert "Сегодня, 16 ноября, не придёт:" in html and "Завтра, 17 ноября, не придёт:" in html

    words = words_of(announce(parent, child))

    assert "Сообщено классному руководителю: 16 ноября, весь день, заболел(а)." in words
    assert "ждёт классного руководителя" in words and "вы сообщили 16.11 в 07:30" in words
    assert "Сегодня, 16 ноября: уже сообщено" in words


def test_on_friday_the_next_day_to_announce_is_monday(parent, child, clock):
    clock(datetime(2026, 11, 13, 20, 0))

    assert "Понедельник, 16 ноября, не придёт:" in words_of(parent.get(page("family_announcements", child)))


def test_lessons_of_a_day_are_offered_by_name_and_time(parent, child, school_class):
    for number, name in ((1, "Алгебра"), (2, "Физика")):
        make_slot(make_course(school_class, name), TUESDAY.isoweekday(), number)

    html = words_of(parent.get(page("family_announce", child, f"?lessons=1&day={TUESDAY}")))
    assert "1. Алгебра 8:00–8:40" in html and "2. Физика 8:50–9:30" in html and "3. урок" not in html

    announce(parent, child, TUESDAY, mode="lessons", lessons=["2"], cause="doctor")
    row = Announcement.objects.get()
    assert (row.date_from, row.lessons, row.words) == (TUESDAY, [2], "к врачу")


def test_without_a_timetable_lessons_are_numbers(parent, child):
    assert "3. урок 9:50–10:30" in words_of(parent.get(page("family_announce", child, "?lessons=1")))

    announce(parent, child, mode="lessons", lessons=["1", "2"])
    assert Announcement.objects.get().lessons == [1, 2]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date_from": ""}, "Укажите день."),
        ({"date_from": "вчера"}, "Эта дата не понята: выберите её в календаре или напишите как 24.11.2026."),
        ({"date_from": "2026-02-30"}, "Эта дата не понята"),
        ({"date_to": "0000-00-00"}, "Эта дата не понята"),
        ({"date_to": "2026-11-13"}, "День «по» раньше дня «с»"),
        ({"cause": ""}, "Выберите причину."),
        ({"cause": "лень"}, "Такой причины нет в списке: выберите одну из трёх."),
        ({"mode": "lessons"}, "Отметьте хотя бы один урок."),
        ({"mode": "lessons", "lessons": ["77"]}, "Такого урока не бывает: отметьте уроки от 1 до 12."),
        ({"comment": "ю" * 301 + "конец"}, "Пояснение не длиннее 300 знаков"),
        ({"date_from": "2026-11-14", "date_to": "2026-11-15"}, "14–15 ноября: уроков нет (выходной)"),
        ({"change": "999999"}, "Прежнее заявление не найдено"),
    ],
)
def test_bad_input_is_answered_in_words_and_nothing_typed_is_lost(parent, child, fields, words):
    data = {"date_from": f"{MONDAY}", "date_to": f"{TUESDAY}", "cause": "doctor", "comment": "зубной, 9:30", **fields}
    response = parent.post(page("family_announce", child), data)

    assert words in words_of(response)
    html = response.content.decode()
    assert data["comment"] in html
    if data["cause"] == "doctor":
        assert 'value="doctor" id="cause-doctor" checked' in html
    assert not Announcement.objects.exists()


def test_a_date_typed_by_hand_is_understood(parent, child):
    announce(parent, child, date_from="17.11.2026", date_to="20.11.2026")

    row = Announcement.objects.get()
    assert (row.date_from, row.date_to) == (TUESDAY, FRIDAY)


def test_the_same_form_sent_five_times_announces_once(parent, child):
    key = f"{uuid4()}"
    for _ in range(5):
        announce(parent, child, key=key)

    assert Announcement.objects.count() == 1


def test_days_announced_already_offer_to_change_that_announcement(parent, child, mother):
    row = made(child, mother, MONDAY, FRIDAY, comment="температура")

    refused = announce(parent, child, TUESDAY, cause="doctor")
    assert "Вы уже сообщили об этих днях (16–20 ноября, весь день: заболел(а))" in words_of(refused)
    link = f"?change={row.pk}"
    assert link in refused.content.decode()

    form = parent.get(page("family_announce", child, link)).content.decode()
    assert 'value="2026-11-20"' in form and "температура" in form
    announce(parent, child, TUESDAY, cause="doctor", change=row.pk)
    assert list(Announcement.objects.open().values_list("date_from", "words")) == [(TUESDAY, "к врачу")]


# --- What became of it ----------------------------------------------------------------------------


def test_the_family_sees_what_became_of_each_announcement(parent, child, mother, school_class):
    confirm(made(child, mother, date(2026, 11, 13), TUESDAY), school_class)
    decline(announcement=made(child, mother, FRIDAY), note="Контрольная по физике", by=teacher_user(school_class))
    made(child, mother, date(2026, 11, 9), withdrawn_at=datetime(2026, 11, 9, tzinfo=None).astimezone())

    words = words_of(parent.get(page("family_announcements", child)))

    assert "учтено: 13.11, 16.11" in words and "ждёт классного руководителя: 17.11" in words
    assert "отклонено" in words and "Контрольная по физике" in words
    assert "отозвано" in words


def test_a_mark_made_by_hand_is_told_beside_the_announcement(parent, child, mother):
    made(child, mother)
    Absence.objects.create(pupil=child, date=MONDAY, reason="excused")

    words = words_of(parent.get(page("family_announcements", child)))

    assert "16.11: уже отмечено У" in words and "ждёт классного" not in words


def test_the_diary_and_the_absences_say_what_was_announced(parent, child, mother, school_class):
    make_slot(make_course(school_class), 1, 1)
    row = made(child, mother)

    assert "Вы заявили: заболел(а), весь день. Ждёт классного руководителя." in words_of(parent.get("/"))
    week = words_of(parent.get(page("family", child, f"?week={MONDAY}")))
    assert week.count("Вы заявили") == 1
    absences = words_of(parent.get(page("family_absences", child)))
    assert "Вы заявили: 16 ноября, весь день, заболел(а)." in absences
    assert "Пропусков нет" in absences  # an announcement is no absence

    confirm(row, school_class)
    assert "Ждёт классного руководителя" not in words_of(parent.get("/"))
    absences = words_of(parent.get(page("family_absences", child)))
    assert "Вы заявили" not in absences and "1 день целиком" in absences


def test_another_day_of_the_diary_says_nothing(parent, child, mother):
    made(child, mother)

    assert "Вы заявили" not in words_of(parent.get(page("family", child, f"?day={TUESDAY}")))


# --- Taking back ----------------------------------------------------------------------------------


def test_an_announcement_is_withdrawn_and_shortened(parent, child, mother):
    whole, part = made(child, mother), made(child, mother, TUESDAY, FRIDAY)

    words = words_of(parent.post(page("family_withdraw", child, announcement_id=whole.pk), follow=True))
    assert "Заявление отозвано." in words
    url = page("family_withdraw", child, announcement_id=part.pk)
    words = words_of(parent.post(url, {"back_on": "2026-11-19"}, follow=True))
    assert "с 19 ноября ребёнок снова в школе" in words

    part.refresh_from_db()
    assert part.date_to == date(2026, 11, 18)
    assert list(Announcement.objects.open()) == [part]


@pytest.mark.parametrize("text", ["", "завтра", "2026-02-30"])
def test_a_day_of_return_that_is_none_is_asked_again(parent, child, mother, text):
    row = made(child, mother, MONDAY, FRIDAY)
    url = page("family_withdraw", child, announcement_id=row.pk)

    assert "Выберите день, с которого ребёнок снова в школе." in words_of(
        parent.post(url, {"back_on": text}, follow=True)
    )


def test_what_is_confirmed_is_not_withdrawn(parent, child, mother, school_class):
    row = made(child, mother)
    confirm(row, school_class)

    words = words_of(parent.post(page("family_withdraw", child, announcement_id=row.pk), follow=True))

    assert "16.11 классный руководитель уже учёл" in words
    assert Absence.objects.filter(pupil=child).exists()


# --- Whose it is ----------------------------------------------------------------------------------


def test_both_guardians_see_what_the_other_announced_and_change_only_their_own(parent, child, father):
    row = made(child, father, comment="везу к бабушке")

    html = parent.get(page("family_announcements", child)).content.decode()
    assert "сообщил(а) отец" in html and "везу к бабушке" in html
    assert "Соболев" not in html and "Отозвать" not in html
    assert "Заявлено семьёй: заболел(а)" in words_of(parent.get("/"))
    assert parent.post(page("family_withdraw", child, announcement_id=row.pk)).status_code == 404
    assert parent.get(page("family_announce", child, f"?change={row.pk}")).status_code == 404


def test_the_pupil_reads_but_does_not_announce(client, child, mother):
    child.user = make_user()
    child.save()
    row = made(child, mother, comment="между нами")
    enter(client, child.user)

    html = client.get(page("family_announcements", child)).content.decode()
    assert "16 ноября, весь день" in html and "сообщил(а) мать" in html
    assert "между нами" not in html  # written to the class teacher
    assert "не придёт" not in html and "Отозвать" not in html
    assert "Сообщить об отсутствии" not in client.get("/").content.decode()
    answers = [
        client.get(page("family_announce", child)),
        client.post(page("family_announce", child), {"date_from": f"{TUESDAY}", "cause": "ill"}),
        client.post(page("family_withdraw", child, announcement_id=row.pk)),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert list(Announcement.objects.open()) == [row]


def test_whoever_answers_for_the_child_no_more_has_no_pages(parent, child, mother):
    row = made(child, mother)
    child.guardianships.update(ended_on=MONDAY)

    answers = [
        parent.get(page("family_announcements", child)),
        parent.post(page("family_announce", child), {"date_from": f"{TUESDAY}", "cause": "ill"}),
        parent.post(page("family_withdraw", child, announcement_id=row.pk)),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3


def test_a_parent_of_two_sees_each_childs_own_announcements(parent, child, mother, school_class):
    brother = make_pupil(make_class("5А", year=school_class.year), first_name="Савелий")
    mother.guardian.guardianships.create(pupil=brother, kinship="mother")
    made(child, mother, comment="о старшем")
    row = made(brother, mother, comment="о младшем")

    old, young = (parent.get(page("family_announcements", one)).content.decode() for one in (child, brother))

    assert ("о старшем" in old, "о младшем" in old) == (True, False)
    assert ("о старшем" in young, "о младшем" in young) == (False, True)
    # By way of the other child the announcement does not exist.
    assert parent.post(page("family_withdraw", child, announcement_id=row.pk)).status_code == 404
    assert parent.get(page("family_announce", child, f"?change={row.pk}")).status_code == 404


def test_a_stepparents_other_children_stay_unseen(parent, child, father, school_class):
    stepchild = make_pupil(school_class, first_name="Лада")
    father.guardian.guardianships.create(pupil=stepchild, kinship="father")
    made(stepchild, father, comment="секрет отчима")

    for name in ("family_announcements", "family_absences", "family"):
        assert "секрет отчима" not in parent.get(page(name, child)).content.decode()
    assert parent.get(page("family_announcements", stepchild)).status_code == 404
    assert announce(parent, stepchild).status_code == 404
    assert Announcement.objects.filter(announced_by=parent.get("/").wsgi_request.user).count() == 0


def test_before_the_first_enrolment_there_is_nothing_to_announce(client):
    child, user = make_pupil(first_name="Ева"), make_user()
    make_class()
    make_guardian(child, user=user)
    enter(client, user)

    assert "Ева пока не числится в классе" in words_of(client.get(page("family_announcements", child)))
    assert announce(client, child).status_code == 200
    assert not Announcement.objects.exists()


def test_a_family_whose_child_left_is_told_there_is_nothing_to_announce(parent, child):
    child.enrolments.update(date_to=date(2026, 11, 13))

    assert "Сейчас сообщать не о чем" in words_of(parent.get(page("family_announcements", child)))
    assert "не числится в классе" in words_of(announce(parent, child))


def test_reading_and_announcing_are_recorded(parent, child, mother):
    parent.get(page("family_announcements", child))
    announce(parent, child)

    events = AuditEvent.objects.filter(actor=mother, pupil_id=child.pk).values_list("action", "subject")
    assert ("read", "кабинет семьи: заявления") in events
    assert ("change", "заявление об отсутствии") in events


@pytest.mark.parametrize("size", [1, 20])
@pytest.mark.parametrize(
    ("name", "query", "queries"),
    [
        ("family_announcements", "", 10),
        ("family_announce", "", 7),
        ("family_announce", "?lessons=1", 11),
        ("family", "", 15),
        ("family", "?week=2026-11-16", 15),
        ("family_absences", "", 15),
    ],
)
def test_pages_cost_the_same_for_any_number(
    parent, child, mother, school_class, name, query, queries, size, django_assert_num_queries
):
    for number in range(size):
        make_slot(make_course(school_class, f"Предмет {number:02d}"), 1, number % 8 + 1)
        made(child, mother, MONDAY + timedelta(days=number % 5))
        mother.guardian.guardianships.create(pupil=make_pupil(school_class))
    Absence.objects.create(pupil=child, date=date(2026, 11, 13), reason="ill")

    with django_assert_num_queries(queries):
        assert parent.get(page(name, child, query)).status_code == 200
