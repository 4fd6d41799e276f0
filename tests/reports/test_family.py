"""The family's cabinet: the own child's diary, marks, absences and «Сведения»; nothing of another child."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from attendance.models import Absence, Reason
from journal.means import Thresholds, marks_to_reach
from journal.models import ControlWork, Enrolment, Homework, PeriodMark, Recommendation, Term, WorkKind
from reports.family_forecasts import counted, lacking
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
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
PAGES = ("family", "family_marks", "family_absences", "family_info")


@pytest.fixture(autouse=True)
def afternoon(clock):
    clock(datetime(2026, 11, 16, 15, 0))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def child(school_class):
    return make_pupil(school_class, last_name="Родионов", first_name="Тимофей")


@pytest.fixture
def parent(client, child):
    user = make_user()
    make_guardian(child, user=user)
    client.force_login(user, backend=BACKEND)
    return user


def html_of(client, child, name="family", query=""):
    return client.get(reverse(f"reports:{name}", args=[child.pk]) + query).content.decode()


def page_of(client, child, name="family", query=""):
    return client.get(reverse(f"reports:{name}", args=[child.pk]) + query).context["page"]


def kind(name):
    return WorkKind.objects.get(name=name)


# --- Diary ----------------------------------------------------------------------------------------


def test_the_day_shows_own_lessons_with_topic_homework_mark_and_letter(client, parent, child, school_class):
    algebra, physics = make_course(school_class, "Алгебра"), make_course(school_class, "Физика")
    friday = make_lesson(algebra, date(2026, 11, 13), 1)
    lesson = make_lesson(algebra, MONDAY, 1, topic="Степени", substitute=make_teacher(last_name="Замещаева"))
    make_slot(physics, 1, 2)
    Homework.objects.create(lesson=friday, text="№ 211–215")
    Homework.objects.create(lesson=lesson, text="§ 14")
    make_mark(lesson, child, "5", kind=kind("контрольная работа"))
    Absence.objects.create(pupil=child, date=MONDAY, lesson=2, reason=Reason.ILL)

    (day,) = page_of(client, child).days
    first, second = day.lessons

    assert (first.title, first.topic, first.due, first.given) == ("Алгебра", "Степени", ("№ 211–215",), ("§ 14",))
    assert [mark.value for mark in first.marks] == ["5"]
    assert (first.letter, first.substitute) == ("", "Замещаева М. С.")
    assert (second.title, second.letter, second.reason_words) == ("Физика", "Б", "болезнь")


def test_a_whole_day_letter_stands_at_every_lesson_without_an_own_one(client, parent, child, school_class):
    course = make_course(school_class)
    for number in (1, 2):
        make_slot(course, 1, number)
    Absence.objects.create(pupil=child, date=MONDAY, reason=Reason.ILL)
    Absence.objects.create(pupil=child, date=MONDAY, lesson=2, reason=Reason.LATE)

    assert [lesson.letter for lesson in page_of(client, child).days[0].lessons] == ["Б", "О"]


def test_only_the_own_subgroup_is_in_the_diary(client, parent, child, school_class):
    subject = make_subject("Информатика")
    for number, (name, pupils) in enumerate([("1 группа", [child]), ("2 группа", [])], start=1):
        course = make_course(subject=subject, group=make_group(school_class, subject, name, pupils))
        lesson = make_lesson(course, number=number)
        Homework.objects.create(lesson=lesson, text=f"задание {name}")
        ControlWork.objects.create(course=course, date=MONDAY + timedelta(days=2), title=f"работа {name}")

    html = html_of(client, child)

    assert "Информатика · 1 группа" in html and "задание 1 группа" in html
    assert "2 группа" not in html
    assert [news.words for news in page_of(client, child).news] == ["работа 1 группа"]


def test_homework_with_a_date_is_due_on_that_date(client, parent, child, school_class):
    course = make_course(school_class)
    make_slot(course, 1, 1)
    make_slot(course, 2, 1)
    given = make_lesson(course, date(2026, 11, 10), 1)
    Homework.objects.create(lesson=given, text="к 17-му", due_on=date(2026, 11, 17))

    days = page_of(client, child, query="?week=2026-11-16").days

    assert {day.date.day: [lesson.due for lesson in day.lessons] for day in days} == {
        16: [()],
        17: [("к 17-му",)],
        18: [],
        19: [],
        20: [],
    }


def test_on_a_day_off_the_next_school_day_opens(client, parent, child, school_class, clock):
    clock(datetime(2026, 11, 14, 12, 0))

    page = page_of(client, child)

    assert [day.date for day in page.days] == [MONDAY]
    assert (page.previous, page.next) == (date(2026, 11, 13), date(2026, 11, 17))


def test_a_day_in_vacations_says_so(client, parent, child):
    assert "Уроков нет: осенние каникулы" in html_of(client, child, query="?day=2026-10-28")


@pytest.mark.parametrize("query", ["?day=вчера", "?week=2026-13-45", "?day=1999-01-01", "?week="])
def test_a_date_that_is_none_or_of_another_year_opens_the_diary_all_the_same(client, parent, child, query):
    assert "<h1" in html_of(client, child, query=query)


def test_news_are_of_the_last_seven_days_and_of_the_control_works_ahead(client, parent, child, school_class):
    course = make_course(school_class, "Физика")
    for day, value in ((date(2026, 11, 9), "3"), (date(2026, 11, 10), "4"), (MONDAY, "5")):
        make_mark(make_lesson(course, day), child, value)
    for days in (-1, 3, 30):
        ControlWork.objects.create(course=course, date=MONDAY + timedelta(days=days), title=f"через {days}")
    for day in (date(2026, 11, 9), date(2026, 11, 12)):
        Recommendation.objects.create(
            pupil=child, subject=course.subject, teacher=course.teacher, date=day, text=f"совет {day.day}"
        )

    assert [(news.kind, news.words) for news in page_of(client, child).news] == [
        ("mark", "5, ответ на уроке"),
        ("mark", "4, ответ на уроке"),
        ("control", "через 3"),
        ("advice", "совет 12"),
    ]


# --- Marks ----------------------------------------------------------------------------------------


def test_a_mean_is_weighted_written_out_and_looks_ahead(client, parent, child, school_class):
    course = make_course(school_class)
    works = [("5", "контрольная работа"), ("4", "ответ на уроке"), ("4", "домашняя работа")]
    for number, (value, name) in enumerate(works):
        make_mark(make_lesson(course, date(2026, 11, 9 + number)), child, value, kind=kind(name))

    (subject,) = page_of(client, child, "family_marks").subjects
    html = html_of(client, child, "family_marks")

    assert subject.line.mean == Decimal("4.6")
    assert "(5·3 + 4 + 4) : 5 = 4,60" in html
    assert subject.line.expected == 5
    assert subject.lacking == ""


def test_a_mark_for_the_period_stands_instead_of_the_forecast(client, parent, child, school_class):
    course = make_course(school_class)
    make_mark(make_lesson(course, date(2026, 9, 10)), child, "4")
    term = Term.objects.get(year=school_class.year, scheme="quarter", number=1)
    PeriodMark.objects.create(pupil=child, subject=course.subject, year=school_class.year, term=term, value="5")

    page = page_of(client, child, "family_marks", "?term=1")

    assert [term.number for term in page.terms] == [1, 2]
    assert (page.subjects[0].line.result, page.subjects[0].lacking) == ("5", "")


def test_first_graders_have_no_marks(client, clock):
    child = make_pupil(make_class("1А"))
    user = make_user()
    make_guardian(child, user=user)
    client.force_login(user, backend=BACKEND)

    assert "В первом классе отметок не ставят" in html_of(client, child, "family_marks")


@pytest.mark.parametrize(
    ("target", "marks", "steps"),
    [
        (5, ["4", "4"], 2),  # (4 + 4 + 5 + 5) : 4 = 4,5
        (5, ["5", "4"], 0),
        (4, ["3"], 1),
        (4, ["2", "3"], 4),
        (5, ["н/а", "."], None),
        (5, [], None),
    ],
)
def test_marks_lacking_to_the_next_threshold(target, marks, steps):
    assert marks_to_reach(target, [(value, Decimal(1)) for value in marks], Thresholds()) == steps


def test_a_heavy_mark_takes_more_light_ones_to_outweigh():
    assert marks_to_reach(5, [("4", Decimal(3))], Thresholds()) == 3


@pytest.mark.parametrize(
    ("target", "steps", "words"),
    [
        (5, 1, "До пятёрки не хватает одной пятёрки."),
        (5, 2, "До пятёрки не хватает двух пятёрок подряд."),
        (4, 12, "До четвёрки не хватает 12 четвёрок подряд."),
        (5, 0, ""),
        (None, None, ""),
    ],
)
def test_what_is_lacking_is_said_in_words(target, steps, words):
    assert lacking(target, steps) == words


def test_the_mean_is_written_as_at_school():
    assert counted([("5", Decimal("1.5")), ("н/а", Decimal(1)), ("4", Decimal("1.0"))]) == "(5·1,5 + 4) : 2,5"
    assert counted([(".", Decimal(1))]) == ""


# --- Absences, «Сведения» -------------------------------------------------------------------------


def test_absences_are_totalled_and_told_with_reasons(client, parent, child, school_class):
    course = make_course(school_class)
    for number in (1, 2):
        make_slot(course, 1, number)
        make_slot(course, 5, number)
    for day in (date(2026, 11, 13), MONDAY):
        Absence.objects.create(pupil=child, date=day, reason=Reason.ILL)
    Absence.objects.create(pupil=child, date=date(2026, 9, 7), lesson=2, reason=Reason.UNEXCUSED)

    absences = page_of(client, child, "family_absences").absences

    assert (absences.days, absences.lessons) == (2, 5)
    assert [(total.reason, total.days, total.lessons) for total in absences.totals] == [
        ("болезнь", 2, 4),
        ("неуважительная причина", 0, 1),
    ]
    assert "13.11–16.11" in html_of(client, child, "family_absences")


def test_info_shows_timetable_teachers_and_vacations(client, parent, child, school_class):
    course = make_course(school_class, "Химия", teacher=make_teacher(last_name="Химикова"))
    make_slot(course, 2, 3, room="31")

    html = html_of(client, child, "family_info")

    assert '<li value="3">Химия' in html
    assert "Химикова Мария Сергеевна" in html
    assert "Зимние каникулы" in html
    assert teacher_user(school_class).teacher_or_none.short_name in html


# --- Whose child ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_another_child_does_not_exist_for_the_family(client, parent, school_class, name):
    stranger = make_pupil(school_class, last_name="Чужаков")

    assert client.get(reverse(f"reports:{name}", args=[stranger.pk])).status_code == 404


@pytest.mark.parametrize("who", ["class teacher", "deputy"])
def test_the_cabinet_is_the_familys_alone(client, child, school_class, who):
    user = teacher_user(school_class) if who == "class teacher" else make_user(is_deputy=True)
    client.force_login(user, backend=BACKEND)

    assert client.get(reverse("reports:family", args=[child.pk])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_a_classmate_is_on_the_pages(client, parent, child, school_class, name):
    classmate = make_pupil(school_class, last_name="Чужаков", first_name="Платон")
    course = make_course(school_class)
    lesson = make_lesson(course)
    make_mark(lesson, classmate, "2")
    Absence.objects.create(pupil=classmate, date=MONDAY, reason=Reason.UNEXCUSED)
    Recommendation.objects.create(
        pupil=classmate, subject=course.subject, teacher=course.teacher, date=MONDAY, text="Платону: повторить"
    )

    html = html_of(client, child, name)

    assert "Чужаков" not in html and "Платон" not in html
    assert '<span class="letter letter--big letter--mark"' not in html
    assert "is-unexcused" not in html


@pytest.mark.parametrize("name", PAGES)
def test_brothers_and_sisters_are_a_press_away(client, parent, child, school_class, name):
    sister = make_pupil(make_class("5А", year=school_class.year), first_name="Ева")
    parent.guardian.guardianships.create(pupil=sister)

    html = html_of(client, child, name)

    assert f'href="{reverse(f"reports:{name}", args=[sister.pk])}">Ева, 5А</a>' in html
    assert 'aria-current="page">Тимофей, 7Б</a>' in html


def test_a_pupil_reads_the_own_diary(client, child):
    child.user = make_user()
    child.save()
    client.force_login(child.user, backend=BACKEND)

    assert "Тимофей, 7Б" in client.get("/").content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_child_before_the_first_enrolment_has_a_friendly_page(client, name):
    child, user = make_pupil(first_name="Ева"), make_user()
    make_year()
    make_guardian(child, user=user)
    client.force_login(user, backend=BACKEND)

    assert "Ева пока не числится в классе" in html_of(client, child, name)


@pytest.mark.parametrize("name", PAGES)
def test_a_child_who_left_keeps_the_pages_of_the_past(client, school_class, name):
    child, user = make_pupil(school_class, until=date(2026, 10, 9)), make_user()
    make_guardian(child, user=user)
    course = make_course(school_class)
    make_slot(course, 1, 1)
    make_mark(make_lesson(course, date(2026, 10, 5)), child, "4")
    Absence.objects.create(pupil=child, date=date(2026, 9, 14), reason=Reason.ILL)
    client.force_login(user, backend=BACKEND)

    html = html_of(client, child, name, "?term=1")

    assert {
        "family": "Уроков нет: в этот день ребёнок в классе не числится",
        "family_marks": "<strong>4</strong>",
        "family_absences": "14.09",
        "family_info": "Уроков в ближайшие дни нет",
    }[name] in html


@pytest.mark.parametrize(("name", "words"), [*zip(PAGES, ["дневник", "оценки", "пропуски", "сведения"], strict=True)])
def test_every_reading_is_recorded(client, parent, child, name, words):
    html_of(client, child, name)

    event = AuditEvent.objects.get(action=AuditEvent.Action.READ)
    assert (event.actor, event.pupil_id, event.subject) == (parent, child.pk, f"кабинет семьи: {words}")


# --- Cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 20])
@pytest.mark.parametrize(("name", "queries"), [*zip(PAGES, [15, 13, 13, 14], strict=True)])
def test_pages_cost_the_same_whatever_they_show(
    client, parent, child, school_class, name, queries, size, django_assert_num_queries
):
    for number in range(size):
        course = make_course(school_class, f"Предмет {number:02d}")
        make_slot(course, 1, number % 8 + 1)
        lesson = make_lesson(course, number=number % 8 + 1)
        make_mark(lesson, child)
        Homework.objects.create(lesson=lesson, text="§ 1")
        ControlWork.objects.create(course=course, date=MONDAY + timedelta(days=3), title="Работа")
        parent.guardian.guardianships.create(pupil=make_pupil(school_class))
    Absence.objects.create(pupil=child, date=MONDAY, reason=Reason.ILL)

    with django_assert_num_queries(queries):
        html_of(client, child, name)


def test_whoever_changed_class_keeps_the_diary_of_the_former_one(client, parent, child, school_class):
    former = make_class("7А", year=school_class.year)
    child.enrolments.update(date_from=date(2026, 11, 11))  # a Wednesday
    Enrolment.objects.create(
        pupil=child, school_class=former, date_from=school_class.year.date_from, date_to=date(2026, 11, 10)
    )
    before, after = make_course(former, "Алгебра"), make_course(school_class, "Геометрия")
    make_mark(make_lesson(before, date(2026, 11, 10), 2, topic="Дроби"), child, "5")
    make_lesson(after, date(2026, 11, 11), 2, topic="Углы")

    (day,) = page_of(client, child, query="?day=2026-11-10").days
    week = page_of(client, child, query="?week=2026-11-09").days

    assert [(row.title, row.topic, row.marks[0].value) for row in day.lessons] == [("Алгебра", "Дроби", "5")]
    assert not day.why_no_school
    assert [[row.topic for row in one.lessons] for one in week[1:3]] == [["Дроби"], ["Углы"]]
