"""Closing a month and opening it again: by whom, when, what it keeps from changing, what the deputy sees before."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from attendance.models import AbsenceChange, ClosedMonth, RollCall
from attendance.months import month_states
from attendance.services.months import CannotClose, close_month, reopen_month
from journal.calendar import load_calendar
from tests.factories import make_absence, make_class, make_pupil, make_user, teacher_user
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db

OCTOBER = date(2026, 10, 1)
DAY = date(2026, 10, 14)
TODAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def wednesday(clock):
    clock(datetime(2026, 11, 25, 15, 0))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def deputy():
    return make_user(is_deputy=True, last_name="Завучева", first_name="Нина", patronymic="Ивановна")


def page(month=OCTOBER) -> str:
    return reverse("attendance:month", args=[month])


def closed() -> list[date]:
    return list(ClosedMonth.objects.values_list("month", flat=True))


def events() -> list[tuple]:
    return list(AuditEvent.objects.filter(object_type="closedmonth").order_by("pk").values_list("actor", "old", "new"))


def press(client, school_class, pupil):
    sheet = reverse("attendance:press", args=[school_class.pk, DAY])
    return client.post(sheet, {"press": f"{pupil.pk}:0::ill"}, headers={"accept": "application/json"})


def test_a_closed_month_is_kept_from_the_class_teacher_until_it_is_open_again(client, school_class, deputy):
    pupil = make_pupil(school_class)
    enter(client, deputy).post(page(), {"do": "close"})
    teacher = teacher_user(school_class)

    refused = press(enter(client, teacher), school_class, pupil)
    assert (refused.status_code, pupil.absences.count()) == (422, 0)
    assert "Месяц закрыт" in refused.json()["refused"]

    enter(client, deputy).post(page(), {"do": "reopen", "reason": "справки за октябрь"})
    assert press(enter(client, teacher), school_class, pupil).status_code == 200
    assert pupil.absences.get().date == DAY


def test_closing_says_who_and_when_and_a_second_time_changes_nothing(client, school_class, deputy, clock):
    other = make_user(is_deputy=True)
    clock(datetime(2026, 11, 5, 9, 30))
    enter(client, deputy).post(page(), {"do": "close"})
    clock(datetime(2026, 11, 25, 15, 0))
    enter(client, other).post(page(), {"do": "close"})

    assert closed() == [OCTOBER]
    assert events() == [(deputy.pk, {"месяц": "открыт"}, {"месяц": "закрыт"})]
    assert "закрыт 05.11.2026, Завучева Н. И." in words_of(client.get(reverse("attendance:months")))
    make_pupil(school_class)
    table = reverse("attendance:table", args=[school_class.pk])
    assert "месяц закрыт 05.11, Завучева Н. И." in words_of(client.get(f"{table}?month=2026-10"))


def test_opening_again_asks_why_and_leaves_it_in_the_trail(client, school_class, deputy):
    close_month(month=OCTOBER, today=TODAY, by=deputy)
    client = enter(client, deputy)

    refused = client.post(page(), {"do": "reopen", "reason": "  "})
    assert "Напишите, почему месяц открывают снова" in words_of(refused)
    assert closed() == [OCTOBER]
    client.post(page(), {"do": "reopen", "reason": "опоздали справки"})
    assert closed() == []
    assert events()[-1] == (
        deputy.pk,
        {"месяц": "закрыт 25.11.2026, Завучева Н. И."},
        {"месяц": "открыт снова: опоздали справки"},
    )
    # Sent again: nothing to open, nothing to tell.
    client.post(page(), {"do": "reopen", "reason": "опоздали справки"})
    assert len(events()) == 2


@pytest.mark.parametrize("month", [date(2026, 11, 1), date(2026, 12, 1)])
def test_only_a_month_that_is_over_can_be_closed(client, school_class, deputy, month):
    with pytest.raises(CannotClose, match="ещё не закончился"):
        close_month(month=month, today=TODAY, by=deputy)
    enter(client, deputy).post(page(month), {"do": "close"})

    assert closed() == []


def test_a_month_ends_with_its_last_day(school_class, deputy):
    with pytest.raises(CannotClose, match=r"можно с 01\.11"):
        close_month(month=OCTOBER, today=date(2026, 10, 31), by=deputy)
    close_month(month=OCTOBER, today=date(2026, 11, 1), by=deputy)

    assert closed() == [OCTOBER]


def test_summer_is_no_month_of_attendance(school_class, deputy):
    with pytest.raises(CannotClose, match="нет в учебном году"):
        close_month(month=date(2026, 8, 1), today=TODAY, by=deputy)
    with pytest.raises(CannotClose, match="нет в учебном году"):
        close_month(month=date(2027, 7, 1), today=date(2027, 9, 1), by=deputy)


def test_an_unreadable_wish_closes_nothing(client, school_class, deputy):
    answer = enter(client, deputy).post(page(), {"do": "всё"})

    assert "Нажмите кнопку на этой странице ещё раз" in words_of(answer)
    assert closed() == []


def test_for_others_months_do_not_exist(client, school_class, deputy):
    close_month(month=OCTOBER, today=TODAY, by=deputy)
    for user in (teacher_user(school_class), make_user(is_operator=True)):
        enter(client, user)
        assert client.get(reverse("attendance:months")).status_code == 404
        assert client.post(page(), {"do": "reopen", "reason": "хочу"}).status_code == 404
    assert closed() == [OCTOBER]


def test_what_is_unfinished_is_told_before_closing_with_the_way_there(client, school_class, deputy):
    other = make_class("7А", year=school_class.year)
    pupil = make_pupil(school_class, until=DAY)
    pupil.enrolments.create(school_class=other, date_from=DAY + timedelta(days=1))
    make_absence(pupil, DAY, lesson=1, reason="unexcused", is_confirmed=False)
    make_absence(pupil, DAY + timedelta(days=1), lesson=1, reason="unexcused", is_confirmed=False)
    days = load_calendar(school_class.year).school_days(OCTOBER, date(2026, 10, 31), 7)
    for day in days:
        RollCall.objects.create(school_class=other, date=day)
        if day != DAY:
            RollCall.objects.create(school_class=school_class, date=day)
    [state] = month_states(load_calendar(school_class.year), TODAY, only=OCTOBER)
    answer = enter(client, deputy).get(page())

    assert [(row.name, row.days, row.facts) for row in state.unfinished] == [("7А", (), 1), ("7Б", (DAY,), 1)]
    words = words_of(answer)
    assert "Не отмечено: 1 класс, 1 день. Причина не выяснена: 2 отметки." in words
    body = answer.content.decode()
    assert reverse("attendance:day_sheet", args=[school_class.pk, DAY]) in body
    assert f"{reverse('attendance:table', args=[other.pk])}?month=2026-10" in body


def test_today_is_not_missed_yet(school_class):
    [state] = month_states(load_calendar(school_class.year), date(2026, 11, 2), only=date(2026, 11, 1))

    assert (state.unmarked_days, state.is_over, state.has_begun) == (0, False, True)


def test_a_change_by_the_deputy_in_a_closed_month_is_told_with_its_reason(client, school_class, deputy):
    pupil = make_pupil(school_class, last_name="Орлова")
    close_month(month=OCTOBER, today=TODAY, by=deputy)
    AbsenceChange.objects.create(pupil=pupil, date=DAY, old="unexcused", new="ill", by=deputy, why="справка")
    table = f"{reverse('attendance:table', args=[school_class.pk])}?month=2026-10"

    for user in (teacher_user(school_class), deputy):
        words = words_of(enter(client, user).get(table))
        assert "Орлова Анна, 14 октября, весь день: Н → Б" in words
        assert "Завучева Н. И. · справка" in words


@pytest.mark.parametrize("classes", [1, 6])
def test_the_pages_cost_the_same_for_any_number_of_classes(client, deputy, classes, django_assert_num_queries):
    year = None
    for number in range(classes):
        school_class = make_class(f"{number + 1}А", year=year)
        year = school_class.year
        make_absence(make_pupil(school_class), DAY, lesson=1, reason="unexcused", is_confirmed=False)
    client = enter(client, deputy)

    with django_assert_num_queries(9):
        client.get(reverse("attendance:months"))
    with django_assert_num_queries(9):
        client.get(page())


def test_the_service_itself_opens_nothing_without_a_reason(deputy, school_class):
    close_month(month=OCTOBER, today=TODAY, by=deputy)
    with pytest.raises(CannotClose):
        reopen_month(month=OCTOBER, reason=" ", by=deputy)

    assert closed() == [OCTOBER]
