"""On the sheet beside the letters: minutes of a lateness, the reason in a closed month, what families announced."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.models import Absence, AbsenceChange, Announcement, ClosedMonth
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_course,
    make_pupil,
    make_slot,
    make_user,
    teacher_user,
)
from tests.pages import words_of

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


@pytest.fixture
def school_class():
    school_class = make_class("7Б")
    for number in (1, 2, 3):
        make_slot(make_course(school_class, f"Предмет {number}"), 1, number)
    return school_class


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    client.force_login(user)
    return user


@pytest.fixture
def deputy(client, school_class):
    user = make_user(is_deputy=True)
    client.force_login(user)
    return user


def url(school_class, name="day_sheet", day=MONDAY):
    return reverse(f"attendance:{name}", kwargs={"class_id": school_class.pk, "day": day})


def press(client, school_class, text, **fields):
    return client.post(url(school_class, "press"), {"press": text, **fields}, **JSON)


def announce(pupil, **fields):
    fields = {"date_from": MONDAY, "date_to": MONDAY, "reason": "ill", "announced_by": make_user(), **fields}
    return Announcement.objects.create(pupil=pupil, **fields)


def standing():
    return list(Absence.objects.order_by("pupil", "lesson").values_list("pupil", "lesson", "reason"))


# --- Minutes of a lateness ------------------------------------------------------------------------


def test_a_lateness_carries_its_minutes_to_the_page_and_to_the_other_person(client, teacher, school_class):
    pupil = make_pupil(school_class, sex="f")

    answer = press(client, school_class, f"{pupil.pk}:2::late-15").json()
    page = client.get(url(school_class)).content.decode()
    news = client.get(url(school_class, "state"), **JSON).json()

    assert answer["place"]["minutes"] == news["places"][0]["minutes"] == 15
    assert page.count("опоздала на 15 мин") == 2  # the note, and the title of the cell
    assert AbsenceChange.objects.get().minutes == 15


def test_minutes_typed_without_script_go_with_the_press(client, teacher, school_class):
    pupil = make_pupil(school_class)
    form = {"press": f"{pupil.pk}:2::late", f"minutes-{pupil.pk}-2": "7"}

    client.post(url(school_class, "press"), form)

    assert Absence.objects.get().minutes == 7


@pytest.mark.parametrize("minutes", ["0", "241", "-5", "много", "9" * 30])
def test_impossible_minutes_are_refused_in_words(client, teacher, school_class, minutes):
    pupil = make_pupil(school_class)

    answer = press(client, school_class, f"{pupil.pk}:2::late-{minutes}")

    assert (answer.status_code, Absence.objects.count()) == (422, 0)
    assert "от 1 до 240 минут" in answer.json()["refused"]


def test_minutes_that_the_page_did_not_show_are_not_overwritten(client, teacher, school_class):
    pupil = make_pupil(school_class)
    press(client, school_class, f"{pupil.pk}:2::late-5")

    answer = press(client, school_class, f"{pupil.pk}:2:late:late-20")

    assert (answer.status_code, answer.json()["mismatch"]["minutes"]) == (409, 5)
    assert Absence.objects.get().minutes == 5


# --- A closed month -------------------------------------------------------------------------------


def test_in_a_closed_month_the_deputy_gives_a_reason(client, deputy, school_class):
    pupil = make_pupil(school_class)
    ClosedMonth.objects.create(month=MONDAY.replace(day=1), closed_by=deputy)

    refused = press(client, school_class, f"{pupil.pk}:0::ill")
    press(client, school_class, f"{pupil.pk}:0::ill", why="справка найдена")

    assert refused.status_code == 422
    assert list(AbsenceChange.objects.values_list("new", "why")) == [("ill", "справка найдена")]


def test_the_reason_is_kept_for_the_page_without_script(client, deputy, school_class):
    pupil, other_day = make_pupil(school_class), MONDAY.replace(day=13)
    ClosedMonth.objects.create(month=MONDAY.replace(day=1), closed_by=deputy)

    page = client.post(url(school_class, "press"), {"press": f"{pupil.pk}:0::ill", "why": "справка"}, follow=True)

    assert 'name="why" maxlength="300" value="справка"' in page.content.decode()
    assert 'maxlength="300" value=""' in client.get(url(school_class, day=other_day)).content.decode()


def test_a_class_teacher_has_no_field_for_it_and_no_way(client, teacher, school_class):
    pupil = make_pupil(school_class)
    ClosedMonth.objects.create(month=MONDAY.replace(day=1), closed_by=make_user())

    answer = press(client, school_class, f"{pupil.pk}:0::ill", why="очень надо")

    assert (answer.status_code, standing()) == (422, [])
    assert 'name="why"' not in client.get(url(school_class)).content.decode()


# --- What families announced ----------------------------------------------------------------------


def test_an_announcement_is_offered_and_is_no_mark(client, teacher, school_class):
    pupil = make_pupil(school_class, sex="m")
    announce(pupil, comment="температура <b>")

    answer = client.get(url(school_class))
    page = answer.content.decode()

    assert "заявлено родителем: болен → Б" in page
    assert "температура &lt;b&gt;" in page
    assert "Отсутствуют 0 из 1" in words_of(answer)
    assert standing() == []


def test_one_press_confirms_it_and_the_history_says_whose_word_it_was(client, teacher, school_class):
    pupil = make_pupil(school_class)
    announcement = announce(pupil)

    answer = press(client, school_class, f"{pupil.pk}:0::ill", announcement=announcement.pk)

    change = AbsenceChange.objects.get()
    assert answer.status_code == 200
    assert (change.source, change.announcement, change.by) == ("parent", announcement, teacher)
    assert "заявлено родителем" not in client.get(url(school_class)).content.decode()


def test_lessons_are_offered_where_nothing_stands(client, teacher, school_class):
    pupil = make_pupil(school_class)
    announcement = announce(pupil, lessons=[2, 3, 8], reason="excused")
    press(client, school_class, f"{pupil.pk}:2::unexcused")

    assert "не будет (урок 3) → У" in client.get(url(school_class)).content.decode()
    client.post(url(school_class, "press"), {"confirm": announcement.pk})

    assert standing() == [(pupil.pk, 2, "unexcused"), (pupil.pk, 3, "excused")]


@pytest.mark.parametrize(
    ("lessons", "letters", "waits"),
    [
        ([], {}, (0,)),
        ([], {0: ("unexcused", True)}, ()),
        ([], {2: ("excused", True)}, ()),
        ([], {2: ("unexcused", False)}, (0,)),  # a fact without a reason: the announcement is the answer
        ([1, 2], {1: ("late", True)}, (2,)),
        ([1, 2], {1: ("unexcused", False)}, (1, 2)),
        ([1, 2], {0: ("ill", True)}, ()),
        ([1, 2], {3: ("ill", True)}, (1, 2)),
    ],
)
def test_what_waits_is_the_same_on_the_sheet_and_in_the_list(client, teacher, school_class, lessons, letters, waits):
    pupil = make_pupil(school_class)
    announce(pupil, lessons=lessons)
    for lesson, (reason, is_confirmed) in letters.items():
        make_absence(pupil, MONDAY, lesson=lesson, reason=reason, is_confirmed=is_confirmed)

    (row,) = client.get(url(school_class)).context["sheet"].rows
    page = client.get(reverse("attendance:announcements", args=[school_class.pk])).context["page"]

    assert row.announced_places == waits
    assert [one.waiting for one in page.waiting] == ([[MONDAY]] if waits else [])


@pytest.mark.parametrize("lesson", [0, 2])
def test_an_announcement_confirmed_on_the_sheet_answers_a_fact(client, teacher, school_class, lesson):
    pupil = make_pupil(school_class)
    announce(pupil, lessons=[lesson] if lesson else [])
    make_absence(pupil, MONDAY, lesson=2, reason="unexcused", is_confirmed=False)

    client.post(url(school_class, "press"), {"confirm": "all"})

    assert standing() == [(pupil.pk, number, "ill") for number in sorted({lesson, 2})]
    assert Absence.objects.filter(is_confirmed=True).count() == len({lesson, 2})


def test_all_are_confirmed_by_one_button_without_script(client, teacher, school_class):
    ill, away, marked = (make_pupil(school_class) for _ in range(3))
    announce(ill)
    announce(away, lessons=[1, 2], reason="excused")
    announce(marked)
    press(client, school_class, f"{marked.pk}:0::unexcused")

    answer = client.get(url(school_class))
    assert "Подтвердить все заявленные ( 2 )" in words_of(answer)
    client.post(url(school_class, "press"), {"confirm": "all"})

    assert standing() == [
        (ill.pk, 0, "ill"),
        (away.pk, 1, "excused"),
        (away.pk, 2, "excused"),
        (marked.pk, 0, "unexcused"),
    ]
    assert "Подтвердить все" not in client.get(url(school_class)).content.decode()


@pytest.mark.parametrize(
    "wrong",
    ["of another pupil", "of another day", "of another place", "another letter", "withdrawn", "declined", "unknown"],
)
def test_only_what_was_announced_is_confirmed(client, teacher, school_class, wrong):
    pupil = make_pupil(school_class)
    text, announcement = f"{pupil.pk}:0::ill", announce(pupil)
    change = {
        "of another pupil": {"pupil": make_pupil(school_class)},
        "of another day": {"date_from": MONDAY.replace(day=17), "date_to": MONDAY.replace(day=18)},
        "of another place": {"lessons": [2]},
        "another letter": {"reason": "excused"},
        "withdrawn": {"withdrawn_at": datetime.fromisoformat("2026-11-15T20:00+03:00")},
        "declined": {"declined_at": datetime.fromisoformat("2026-11-15T20:00+03:00")},
        "unknown": {},
    }[wrong]
    for name, value in change.items():
        setattr(announcement, name, value)
    announcement.save()

    number = 10**6 if wrong == "unknown" else announcement.pk
    answer = press(client, school_class, text, announcement=number)

    assert (answer.status_code, standing()) == (422, [])


def test_a_confirming_press_costs_what_any_press_costs(client, teacher, school_class):
    pupil = make_pupil(school_class)
    announcement = announce(pupil)

    with CaptureQueriesContext(connection) as queries:
        press(client, school_class, f"{pupil.pk}:0::ill", announcement=announcement.pk)

    sent = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(sent) == 9, sent  # the press, and whether the family still says so
    assert AbsenceChange.objects.get().announcement == announcement
