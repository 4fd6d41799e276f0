"""Which first page a person gets, how several roles are switched, and that help is there for everybody."""

from datetime import datetime

import pytest
from django.urls import reverse

from gymnasium.guides import GUIDES
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_guardian,
    make_lesson,
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


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 9, 0))


def open_home(client, user, query=""):
    client.force_login(user, backend=BACKEND)
    return client.get(f"/{query}")


def templates(response):
    return response.templates[0].name


def roles(response):
    return [(role.label, role.active) for role in response.context.get("roles") or ()]


@pytest.mark.parametrize(
    ("who", "template"),
    [
        ("deputy", "reports/overview.html"),
        ("operator", "reports/operator.html"),
        ("class teacher", "reports/today.html"),
        ("teacher", "reports/teacher.html"),
        ("parent", "reports/family_diary.html"),
        ("nobody", "reports/nobody.html"),
    ],
)
def test_each_role_has_its_first_page(client, who, template):
    school_class = make_class("7Б")
    users = {
        "deputy": lambda: make_user(is_deputy=True),
        "operator": lambda: make_user(is_operator=True),
        "class teacher": lambda: teacher_user(school_class),
        "teacher": lambda: make_teacher().user,
        "parent": lambda: make_guardian(make_pupil(school_class), user=make_user()).user,
        "nobody": make_user,
    }

    assert templates(open_home(client, users[who]())) == template


def test_a_deputy_who_leads_a_class_and_has_a_child_starts_at_the_school_and_switches(client):
    school_class = make_class("7Б")
    user = teacher_user(school_class)
    user.is_deputy = True
    user.save()
    make_guardian(make_pupil(make_class("5А", year=school_class.year)), user=user)

    response = open_home(client, user)
    assert roles(response) == [("Обзор школы", True), ("Мой класс", False), ("Мои уроки", False), ("Дневник", False)]
    assert '<a class="pill" href="/?as=family">Дневник</a>' in response.content.decode()

    assert [templates(client.get(f"/?as={role}")) for role in ("class", "teacher", "family")] == [
        "reports/today.html",
        "reports/teacher.html",
        "reports/family_diary.html",
    ]


@pytest.mark.parametrize("asked", ["school", "operator", "class", "teacher", "мусор"])
def test_a_role_that_is_not_held_opens_the_own_page(client, asked):
    child = make_pupil(make_class("7Б"))
    user = make_guardian(child, user=make_user()).user

    response = open_home(client, user, f"?as={asked}")

    assert templates(response) == "reports/family_diary.html"
    assert roles(response) == []


def test_a_stranger_is_sent_to_sign_in(client):
    response = client.get("/")

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:login"))


# --- Subject teacher ------------------------------------------------------------------------------


def test_a_teacher_sees_own_lessons_and_substitutions_of_the_day(client):
    teacher, colleague = make_teacher(), make_teacher(last_name="Юдина")
    school_class = make_class("7Б")
    own = make_course(school_class, "Физика", teacher=teacher)
    of_colleague = make_course(school_class, teacher=colleague)
    make_slot(own, 1, 3)
    make_lesson(own, number=4, substitute=colleague)
    make_lesson(of_colleague, number=5, substitute=teacher)
    make_slot(of_colleague, 1, 6)

    rows = open_home(client, teacher.user).context["page"].lessons

    assert [(row.number, row.title, row.audience, row.change) for row in rows] == [
        (3, "Физика", "7Б", ""),
        (4, "Физика", "7Б", "вас замещает Юдина М. С."),
        (5, "Алгебра", "7Б", "замена за Юдина М. С."),
    ]


def test_a_teachers_courses_lead_to_their_journals(client):
    teacher, school_class = make_teacher(), make_class("7Б")
    subject = make_subject("Информатика")
    course = make_course(subject=subject, group=make_group(school_class, subject), teacher=teacher)
    make_course(school_class, "Чужой предмет")

    html = open_home(client, teacher.user).content.decode()

    assert f'<a href="{reverse("journal:own_course", args=[course.pk])}">Информатика</a>' in html
    assert "7Б · 1 группа" in html
    assert "Чужой предмет" not in html


@pytest.mark.parametrize("courses", [1, 12])
def test_the_teachers_page_costs_the_same_for_any_number_of_courses(client, courses, django_assert_num_queries):
    teacher, school_class = make_teacher(), make_class("7Б")
    for number in range(courses):
        subject = make_subject(f"Предмет {number}")
        course = make_course(subject=subject, group=make_group(school_class, subject), teacher=teacher)
        make_slot(course, 1, number + 1)
    client.force_login(teacher.user, backend=BACKEND)

    # session, user, teaching, children; year, calendar, bells; slots, lessons, courses and their classes, twice; checks
    with django_assert_num_queries(14):
        response = client.get("/")

    assert len(response.context["page"].lessons) == courses


# --- Operator -------------------------------------------------------------------------------------


def test_the_operator_sees_what_is_missing(client):
    school_class = make_class("7Б")
    make_class("7А", year=school_class.year)
    school_class.class_teachers.all().delete()
    make_slot(make_course(school_class, teacher=None), 1, 1)
    make_pupil(school_class)
    make_teacher(user=None)

    page = open_home(client, make_user(is_operator=True)).context["page"]

    assert [(row.what, row.names) for row in page.missing] == [
        ("Классы без классного руководителя", "7Б"),
        ("Классы без расписания", "7А"),
        ("Курсы без учителя: 1", ""),
        ("Учителя без входа: 1", ""),
        ("Календарь 2026/27 помечен «проект»", ""),
    ]
    assert ("учеников", 1) in page.counts


def test_an_empty_installation_leads_to_the_import(client):
    html = open_home(client, make_user(is_operator=True)).content.decode()

    assert "Учебный год не заведён" in html
    assert reverse("reports:import_list") in html


@pytest.mark.parametrize("classes", [1, 12])
def test_the_operators_page_costs_the_same_for_any_school(client, classes, django_assert_num_queries):
    year = make_year()
    for number in range(classes):
        make_course(make_class(f"{number % 11 + 1}{'АБ'[number // 11]}", year=year), teacher=None)
    client.force_login(make_user(is_operator=True), backend=BACKEND)

    with django_assert_num_queries(14):
        client.get("/")


# --- Help -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("guide", [guide.name for guide in GUIDES])
def test_every_guide_opens_for_everybody_signed_in(client, guide):
    client.force_login(make_user(), backend=BACKEND)

    html = client.get(reverse("guide", args=[guide])).content.decode()

    assert html.count('aria-current="page"') == 1
    assert html.count("<h2>") >= 4


@pytest.mark.parametrize(
    ("fields", "guide"), [({"is_deputy": True}, "deputy"), ({"is_operator": True}, "operator"), ({}, "parent")]
)
def test_help_opens_the_guide_of_the_role(client, fields, guide):
    client.force_login(make_user(**fields), backend=BACKEND)

    assert client.get(reverse("help"))["Location"] == reverse("guide", args=[guide])


def test_an_unknown_guide_does_not_exist(client):
    client.force_login(make_user(), backend=BACKEND)

    assert client.get("/help/nothing/").status_code == 404


def test_the_teachers_lessons_of_today_are_those_of_the_day(client):
    teacher = make_teacher()
    make_slot(make_course(make_class("7Б"), teacher=teacher), 2, 1)

    page = open_home(client, teacher.user).context["page"]

    assert (page.day, page.lessons) == (MONDAY, [])
