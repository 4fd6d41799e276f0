"""The deputy's «Обзор»: who has not marked, who is absent and why, at a cost that classes do not change."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import SecurityNotice
from attendance.models import Absence, AbsenceChange, Reason, RollCall, RollCallReminder
from journal.models import ClassTeacher
from reports.overview import overview, share
from tests.factories import (
    MONDAY,
    make_class,
    make_guardian,
    make_pupil,
    make_school,
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)
from tests.pages import words_of

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 9, 10))


@pytest.fixture
def deputy(client):
    user = make_user(is_deputy=True)
    client.force_login(user, backend=BACKEND)
    return user


def page():
    return overview(timezone.localtime())


def take_roll_call(school_class, day=MONDAY):
    RollCall.objects.create(school_class=school_class, date=day, taken_by=teacher_user(school_class))


def absent(pupil, reason=Reason.ILL, day=MONDAY):
    Absence.objects.create(pupil=pupil, date=day, reason=reason)


def test_a_class_without_a_roll_call_is_named_with_its_teacher(client, deputy):
    marked, unmarked = make_class("7А"), make_class("7Б", teacher=make_teacher(last_name="Гордеева"))
    absent(make_pupil(unmarked))  # a mark alone is no roll call
    take_roll_call(marked)

    figures = page().figures
    html = client.get("/").content.decode()

    assert [row.school_class for row in figures.unmarked] == [unmarked]
    assert (figures.marked_count, len(figures.rows)) == (1, 2)
    assert "Гордеева М. С." in html
    assert reverse("attendance:day_sheet", args=[unmarked.pk, MONDAY]) in html


def change(pupil, at, day=MONDAY, **fields):
    AbsenceChange.objects.create(pupil=pupil, date=day, new=Reason.ILL, at=at, **fields)


def test_a_class_changed_after_its_roll_call_says_how_often_and_when_last(client, deputy):
    changed, calm = make_class("7А"), make_class("7Б")
    at = timezone.make_aware(datetime(2026, 11, 16, 8, 31))
    for school_class in (changed, calm):
        who = teacher_user(school_class)
        RollCall.objects.create(school_class=school_class, date=MONDAY, taken_by=who, taken_at=at)
    pupil, other = make_pupil(changed), make_pupil(calm)
    for minutes in (-5, 20, 45):  # one before the roll call
        change(pupil, at + timedelta(minutes=minutes), lesson=minutes == 45)
    change(other, at - timedelta(minutes=1))
    change(other, at + timedelta(hours=1), day=MONDAY - timedelta(days=3))  # about another day
    moved = make_pupil(calm, until=MONDAY - timedelta(days=1))  # not of this class on the day
    change(moved, at + timedelta(hours=1))

    first, second = page().figures.rows
    words = words_of(client.get("/"))

    assert (first.changed.count, first.changed.last) == (2, at + timedelta(minutes=45))
    assert second.changed is None
    assert words.count("изменён после отметки") == 1
    assert "изменён после отметки: 2, последний раз 09:16" in words
    assert f"08:31, {teacher_user(changed).short_name}" in words


def test_the_acting_teacher_is_named_and_whom_the_teacher_stands_in_for():
    school_class = make_class("7Б", teacher=make_teacher(last_name="Юдина"))
    ClassTeacher.objects.create(
        school_class=school_class, teacher=make_teacher(last_name="Сафонова"), date_from=MONDAY, is_acting=True
    )

    (row,) = page().figures.rows

    assert (row.teacher, row.teacher_note) == ("Сафонова М. С.", "вместо: Юдина М. С.")


def test_absentees_are_counted_by_reason_and_class():
    first, second = make_class("7А"), make_class("7Б")
    ill, excused, _well = (make_pupil(first) for _ in range(3))
    unexcused = make_pupil(second)
    absent(ill)
    absent(excused, Reason.EXCUSED)
    absent(unexcused, Reason.UNEXCUSED)

    figures = page().figures

    assert (figures.total.total, figures.ill, figures.excused, figures.unexcused) == (3, 1, 1, 1)
    assert figures.percent == 75
    assert [(r.pupils, r.absent.total, r.ill, r.excused, r.unexcused, r.percent) for r in figures.rows] == [
        (3, 2, 1, 1, 0, 67),
        (1, 1, 0, 0, 1, 100),
    ]


@pytest.mark.parametrize(("ill", "over"), [(1, False), (2, True)])
def test_the_threshold_is_of_the_ill_alone(client, deputy, ill, over):
    make_school(quarantine_percent=20)
    school_class = make_class("7Б")
    pupils = [make_pupil(school_class) for _ in range(10)]
    for pupil in pupils[:ill]:
        absent(pupil)
    for pupil in pupils[5:]:
        absent(pupil, Reason.UNEXCUSED)

    assert page().figures.rows[0].over_threshold is over
    assert ("· <strong" in client.get("/").content.decode()) is over


def test_who_left_or_comes_later_is_not_counted():
    school_class = make_class("7Б")
    make_pupil(school_class)
    make_pupil(school_class, until=MONDAY - timedelta(days=1))
    make_pupil(school_class, since=MONDAY + timedelta(days=1))

    assert page().figures.pupils == 1


def test_the_chart_has_a_column_a_school_day_of_six_weeks():
    school_class = make_class("7Б")
    pupil = make_pupil(school_class)
    absent(pupil, Reason.UNEXCUSED, date(2026, 10, 23))
    absent(pupil, Reason.ILL, MONDAY)
    absent(pupil, Reason.ILL, date(2026, 10, 2))

    chart = page().chart

    # 5–23 October and 2–16 November without the 4th: vacations and weekends have no column.
    assert len(chart.columns) == 15 + 10
    assert [(column.title, column.values) for column in chart.columns if column.total] == [
        ("23 октября", (0, 0, 1)),
        ("16 ноября", (1, 0, 0)),
    ]
    assert chart.labels[-1].text == "сегодня"


def test_open_notices_show_the_time_left(client, deputy):
    make_class("7Б")
    victim = make_user()
    for deadline, closed in ((MONDAY, None), (date(2026, 11, 13), None), (MONDAY, timezone.now())):
        SecurityNotice.objects.create(
            user=victim, reported_by=victim, learned_on=date(2026, 11, 12), deadline=deadline, closed_at=closed
        )

    assert [(notice.words, notice.is_late) for notice in page().notices] == [
        ("Сообщение: компрометация входа · срок истёк 13 ноября", True),
        ("Сообщение: компрометация входа · осталось 14 ч", False),
    ]
    assert "осталось 14 ч" in client.get("/").content.decode()


def test_in_vacations_the_last_school_day_is_shown_and_the_next_one_named(client, deputy, clock):
    clock(datetime(2026, 10, 28, 9, 0))
    school_class = make_class("7Б")
    absent(make_pupil(school_class), day=date(2026, 10, 23))

    shown = page()
    html = client.get("/").content.decode()

    assert (shown.figures.day, shown.figures.ill, shown.next_day) == (date(2026, 10, 23), 1, date(2026, 11, 2))
    assert "осенние каникулы" in html
    assert "понедельник, 2 ноября" in html


def test_first_graders_on_their_own_vacation_are_not_waited_for(clock):
    clock(datetime(2027, 2, 17, 9, 0))
    year = make_year()
    make_class("1А", year=year)
    make_class("7Б", year=year)

    assert [row.school_class.name for row in page().figures.rows] == ["7Б"]


def test_an_empty_school_says_what_to_do(client, deputy):
    assert "Учебный год ещё не заведён" in client.get("/").content.decode()


def test_the_live_part_follows_a_roll_call(client, deputy):
    school_class = make_class("7Б")
    live = reverse("reports:overview_live")
    assert "Ещё не отметили: 1" in client.get(live).content.decode()

    take_roll_call(school_class)
    html = client.get(live).content.decode()

    assert "Отметили все классы" in html
    assert "<html" not in html


@pytest.mark.parametrize("who", ["teacher", "parent", "operator"])
def test_others_get_neither_the_overview_nor_its_live_part(client, who):
    school_class = make_class("7Б", teacher=make_teacher(last_name="Гордеева"))
    users = {
        "teacher": lambda: teacher_user(make_class("7А")),
        "parent": lambda: make_guardian(make_pupil(school_class), user=make_user()).user,
        "operator": lambda: make_user(is_operator=True),
    }
    client.force_login(users[who](), backend=BACKEND)

    assert client.get(reverse("reports:overview_live")).status_code == 404
    assert "Гордеева" not in client.get("/?as=school").content.decode()


@pytest.mark.parametrize("classes", [2, 12])
def test_the_overview_costs_the_same_for_any_number_of_classes(client, deputy, classes, django_assert_num_queries):
    year = make_year()
    for number in range(classes):
        school_class = make_class(f"{number % 11 + 1}{'АБ'[number // 11]}", year=year)
        pupil = make_pupil(school_class)
        absent(pupil)
        if number % 2:
            take_roll_call(school_class)
            change(pupil, timezone.now() + timedelta(minutes=1))
        else:
            RollCallReminder.objects.create(school_class=school_class, date=MONDAY, to=teacher_user(school_class))

    # session, user, teaching, children, year, calendar; classes, roll calls, leaders, absent, changed, reminders;
    # chart (two), notices
    with django_assert_num_queries(15):
        response = client.get("/")

    assert response.content.count(b"<tr>") > classes


def test_a_share_is_rounded_half_up_and_nobody_is_no_percent():
    assert [share(*pair) for pair in ((1, 8), (3, 8), (1, 3), (0, 5), (0, 0))] == [13, 38, 33, 0, 0]
