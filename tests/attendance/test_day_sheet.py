"""The page of a day: what it shows, to whom, at what cost, and what happens to a press without JavaScript."""

from datetime import date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from attendance.models import Absence, AbsenceChange, Reason, RollCall
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_guardian,
    make_lesson,
    make_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_user,
    teacher_user,
)

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


@pytest.fixture
def school_class():
    """7Б with two lessons on Mondays: algebra for all, informatics for a group."""
    school_class = make_class("7Б")
    make_slot(make_course(school_class, "Алгебра"), 1, 1)
    return school_class


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    client.force_login(user)
    return user


def url(school_class, name="day_sheet", day=MONDAY):
    return reverse(f"attendance:{name}", kwargs={"class_id": school_class.pk, "day": day})


def text_of(response):
    return response.content.decode()


def test_the_teacher_sees_the_class_of_the_day_and_nobody_who_has_left(client, teacher, school_class):
    make_pupil(school_class, last_name="Аксёнов", first_name="Никита")
    make_pupil(school_class, last_name="Уехавший", until=date(2026, 10, 10))
    make_pupil(make_class("7А"), last_name="Чужой")

    page = text_of(client.get(url(school_class)))

    assert "Аксёнов Никита" in page
    assert "Уехавший" not in page
    assert "Чужой" not in page


def test_a_whole_day_shows_its_letter_in_own_lessons_only(client, teacher, school_class):
    inside = make_pupil(school_class, last_name="Абв")
    outside = make_pupil(school_class, last_name="Где")
    group = make_group(school_class, make_subject("Информатика"), pupils=[inside])
    make_slot(make_course(subject=make_subject("Информатика"), group=group), 1, 2)
    for pupil in (inside, outside):
        Absence.objects.create(pupil=pupil, date=MONDAY, lesson=0, reason=Reason.ILL)

    page = text_of(client.get(url(school_class)))

    assert page.count('<span class="cell is-ill">Б</span>') == 3


def test_yesterday_is_offered_and_not_set(client, teacher, school_class):
    pupil = make_pupil(school_class, sex="f")
    Absence.objects.create(pupil=pupil, date=date(2026, 11, 13), lesson=0, reason=Reason.ILL)

    page = text_of(client.get(url(school_class)))

    assert f'value="{pupil.pk}:0::ill" aria-label="в пятницу болела: поставить Б"' in page
    assert not Absence.objects.filter(date=MONDAY).exists()


def test_the_day_before_is_called_yesterday_only_when_it_was(client, teacher, school_class):
    pupil = make_pupil(school_class, sex="m")
    Absence.objects.create(pupil=pupil, date=date(2026, 11, 12), lesson=0, reason=Reason.ILL)

    page = text_of(client.get(url(school_class, day=date(2026, 11, 13))))

    assert f'value="{pupil.pk}:0::ill" aria-label="вчера болел: поставить Б"' in page


def test_a_run_of_days_names_its_first_day(client, teacher, school_class):
    pupil = make_pupil(school_class)
    for day in (date(2026, 11, 12), date(2026, 11, 13), MONDAY):
        Absence.objects.create(pupil=pupil, date=day, lesson=0, reason=Reason.ILL)

    assert "болеет с 12 ноября · справки нет" in text_of(client.get(url(school_class)))


def test_absent_with_a_mark_is_shown_as_a_conflict(client, teacher, school_class):
    pupil = make_pupil(school_class, last_name="Калинина", first_name="Милана")
    make_mark(make_lesson(school_class.courses.get(), MONDAY, 1), pupil, "5")
    Absence.objects.create(pupil=pupil, date=MONDAY, lesson=0, reason=Reason.UNEXCUSED)

    page = " ".join(text_of(client.get(url(school_class))).split())

    assert "Калинина Милана: отмечено Н, но на 1-м уроке отметка 5, алгебра." in page


def test_names_are_escaped(client, teacher, school_class):
    make_pupil(school_class, last_name="<script>alert(1)</script>")

    page = text_of(client.get(url(school_class)))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_press_without_javascript_saves_and_returns_to_the_row(client, teacher, school_class):
    pupil = make_pupil(school_class)

    response = client.post(url(school_class, "press"), {"press": f"{pupil.pk}:0::ill"})

    assert Absence.objects.get().reason == "ill"
    assert response.url.startswith(url(school_class))
    assert response.url.endswith(f"#p{pupil.pk}")
    page = text_of(client.get(response.url))
    assert f'value="{pupil.pk}:0:ill:"' in page  # «вернуть последнее нажатие»


def test_a_stale_press_without_javascript_asks_with_both_values(client, teacher, school_class):
    pupil = make_pupil(school_class)
    Absence.objects.create(pupil=pupil, date=MONDAY, lesson=0, reason=Reason.EXCUSED, marked_by=make_user())

    response = client.post(url(school_class, "press"), {"press": f"{pupil.pk}:0::ill"}, follow=True)

    assert Absence.objects.get().reason == "excused"
    assert "теперь стоит У" in text_of(response)
    assert f'value="{pupil.pk}:0:excused:ill">Поставить Б' in text_of(response)


def test_a_press_after_the_session_ended_waits_for_the_sign_in(client, school_class):
    pupil = make_pupil(school_class)

    response = client.post(url(school_class, "press"), {"press": f"{pupil.pk}:0::ill"})
    target = parse_qs(urlsplit(response.url).query)["next"][0]
    client.force_login(teacher_user(school_class))
    page = text_of(client.get(target))

    assert f'value="{pupil.pk}:0::ill">Поставить Б' in page
    assert not Absence.objects.exists()


def test_the_script_is_told_of_an_ended_session_and_of_a_mismatch(client, school_class):
    pupil = make_pupil(school_class)
    press = {"press": f"{pupil.pk}:0::ill"}

    assert client.post(url(school_class, "press"), press, **JSON).status_code == 401
    client.force_login(teacher_user(school_class))
    Absence.objects.create(pupil=pupil, date=MONDAY, lesson=0, reason=Reason.EXCUSED)
    answer = client.post(url(school_class, "press"), press, **JSON)

    assert (answer.status_code, answer.json()["mismatch"]["reason"]) == (409, "excused")


def test_the_state_tells_what_stands_and_who_put_it(client, teacher, school_class):
    pupil = make_pupil(school_class)
    client.post(url(school_class, "press"), {"press": f"{pupil.pk}:2::late"})

    (place,) = client.get(url(school_class, "state")).json()["places"]

    assert (place["pupil"], place["lesson"], place["reason"], place["at"]) == (pupil.pk, 2, "late", "08:20")


def test_the_roll_call_marks_the_class(client, teacher, school_class):
    make_pupil(school_class)

    page = text_of(client.post(url(school_class, "roll_call"), follow=True))

    assert RollCall.objects.get().taken_by == teacher
    assert "отмечен в 08:20" in page


@pytest.mark.parametrize("name", ["day_sheet", "state"])
def test_the_sheet_of_another_class_does_not_exist(client, school_class, name):
    make_pupil(school_class, last_name="Секретов")
    client.force_login(teacher_user(make_class("7А")))

    response = client.get(url(school_class, name))

    assert response.status_code == 404
    assert "Секретов" not in text_of(response)


@pytest.mark.parametrize("name", ["press", "roll_call"])
def test_nobody_else_marks_the_class(client, school_class, name):
    pupil = make_pupil(school_class)
    guardian = make_user()
    make_guardian(pupil, user=guardian)
    subject_teacher = school_class.courses.get().teacher.user
    for user in (teacher_user(make_class("7А")), guardian, subject_teacher):
        client.force_login(user)
        assert client.post(url(school_class, name), {"press": f"{pupil.pk}:0::ill"}).status_code == 404

    assert not Absence.objects.exists()
    assert not RollCall.objects.exists()


def test_a_press_needs_the_token(school_class):
    client = Client(enforce_csrf_checks=True)
    client.force_login(teacher_user(school_class))
    pupil = make_pupil(school_class)

    assert client.post(url(school_class, "press"), {"press": f"{pupil.pk}:0::ill"}).status_code == 403
    assert not Absence.objects.exists()


def test_opening_the_sheet_is_recorded(client, teacher, school_class):
    client.get(url(school_class))

    event = AuditEvent.objects.get(action="read")
    assert (event.actor, event.class_id) == (teacher, school_class.pk)


def test_the_calendar_leads_to_the_day_and_refuses_nonsense(client, teacher, school_class):
    target = reverse("attendance:go_to_day", kwargs={"class_id": school_class.pk})

    assert client.get(target, {"day": "2026-11-13"}).url == url(school_class, day=date(2026, 11, 13))
    assert "Такой даты нет" in text_of(client.get(target, {"day": "31.02"}, follow=True))


def test_a_day_off_says_so_and_has_no_buttons(client, teacher, school_class):
    make_pupil(school_class)

    page = text_of(client.get(url(school_class, day=date(2026, 11, 4))))

    assert "Уроков нет: День народного единства" in page
    assert 'name="press"' not in page


@pytest.mark.parametrize("pupils", [3, 30])
def test_the_sheet_costs_the_same_for_any_class(client, teacher, school_class, pupils, django_assert_num_queries):
    for number in range(pupils):
        pupil = make_pupil(school_class)
        if number % 3 == 0:
            Absence.objects.create(pupil=pupil, date=MONDAY, lesson=0, reason=Reason.ILL, marked_by=teacher)

    # session, user, own classes, calendar, pupils with groups, slots, lessons, absences, roll call, audit
    with django_assert_num_queries(10):
        page = text_of(client.get(url(school_class)))

    assert len(page.encode()) < 60_000


@pytest.mark.parametrize("pupils", [3, 30])
def test_a_press_costs_the_same_for_any_class(client, teacher, school_class, pupils):
    *_, last = [make_pupil(school_class) for _ in range(pupils)]

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.post(url(school_class, "press"), {"press": f"{last.pk}:0::ill"}, **JSON)

    # session, user, own classes, calendar, place, what stands, history, the mark
    sent = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(sent) == 8, sent
    assert AbsenceChange.objects.count() == 1
