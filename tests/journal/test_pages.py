"""The journal's pages: for whom they open, that they only read, what they cost, what trace they leave."""

import csv
import io
import re
from datetime import datetime

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent
from journal.models import Mark, SchoolClass
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
    teacher_user,
)

pytestmark = pytest.mark.django_db

OWN = ("own_course", "own_topics", "own_cell", "own_course_xlsx", "own_course_csv", "own_topics_xlsx", "own_topics_csv")


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def world():
    """7Б with one course, lesson, mark and absence; its teacher also teaches the course."""
    teacher = make_teacher()
    school_class = make_class("7Б", teacher=teacher)
    course = make_course(school_class, teacher=teacher)
    pupil = make_pupil(school_class, last_name="Тайнова", snils="")
    lesson = make_lesson(course, MONDAY, 2, topic="Уравнения")
    make_mark(lesson, pupil, "4", set_by=teacher.user, comment="у доски")
    pupil.absences.create(date=MONDAY, lesson=2, reason="ill")
    return World(school_class, course, pupil, lesson)


class World:
    def __init__(self, school_class, course, pupil, lesson):
        self.school_class, self.course, self.pupil, self.lesson = school_class, course, pupil, lesson
        self.teacher = teacher_user(school_class)

    def url(self, name: str) -> str:
        ids = {
            "class_id": self.school_class,
            "course_id": self.course,
            "pupil_id": self.pupil,
            "lesson_id": self.lesson,
        }
        kwargs = {key: value.pk for key, value in ids.items()}
        wanted = {
            "my_courses": (), "classes": (), "class_journal": ("class_id",), "class_list": ("class_id",),
            "matrix": ("class_id",), "pupil": ("pupil_id",), "course": ("class_id", "course_id"),
            "topics": ("class_id", "course_id"), "course_xlsx": ("class_id", "course_id"),
            "course_csv": ("class_id", "course_id"), "cell": ("class_id", "course_id", "pupil_id", "lesson_id"),
            "own_course": ("course_id",), "own_topics": ("course_id",), "own_course_xlsx": ("course_id",),
            "own_course_csv": ("course_id",), "own_cell": ("course_id", "pupil_id", "lesson_id"),
        }  # fmt: skip
        for page in ("classes", "matrix", "topics", "my_courses", "own_topics"):  # lists that are files too
            wanted |= dict.fromkeys((f"{page}_xlsx", f"{page}_csv"), wanted[page])
        return reverse(f"journal:{name}", kwargs={key: kwargs[key] for key in wanted[name]})


READ_ONLY = {"journal.views.register", "journal.views.cells", "journal.views.exports"}


def names() -> list[str]:
    """Every address of the register, from the URLconf itself: a new page cannot be forgotten here. Pages of people,
    which are edited, have tests of their own."""
    from journal.urls import urlpatterns

    of_people = ["classes", "class_list", "pupil"]
    return [p.name for p in urlpatterns if p.callback.__module__ in READ_ONLY or p.name in of_people]


def get(client, user, url: str, status: int = 200) -> str:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode() if response["Content-Type"].startswith("text/html") else ""


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("name", names())
def test_nothing_can_be_changed_by_any_request(client, world, name, method):
    client.force_login(world.teacher, backend="django.contrib.auth.backends.ModelBackend")
    before = list(Mark.objects.values())

    response = getattr(client, method)(world.url(name), {"value": "5", "mark": "5"}, content_type="application/json")

    assert response.status_code == 405
    assert list(Mark.objects.values()) == before


@pytest.mark.parametrize("name", [n for n in names() if not n.endswith(("xlsx", "csv", "class_journal"))])
def test_pages_hold_no_form_but_sign_out_and_search(client, world, name):
    html = get(client, world.teacher, world.url(name))

    forms = re.findall(r"<form[^>]*>", html)
    editing = [form for form in forms if 'method="get"' not in form and reverse("accounts:logout") not in form]
    assert editing == []
    assert 'method="get"' not in "".join(forms) or name in ("class_list", "classes")


def _strangers(world) -> dict:
    other = make_class("8А", year=world.school_class.year)
    make_course(other, "Физика")
    parent = make_guardian(world.pupil, user=make_user()).user
    return {
        "another class teacher": teacher_user(other),
        "a subject teacher": make_teacher().user,
        "the parent": parent,
        "the operator": make_user(is_operator=True),
        "nobody": make_user(),
    }


@pytest.mark.parametrize("name", [n for n in names() if not n.startswith(("my_courses", "classes"))])
def test_strangers_find_nothing(client, world, name):
    for who, user in _strangers(world).items():
        if who == "the operator" and name in ("class_list", "pupil"):
            continue  # keeps the people of every class; marks are another matter
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        response = client.get(world.url(name))
        assert (who, response.status_code) == (who, 404)
        assert "Тайнова" not in response.content.decode()


def test_lists_show_a_stranger_nothing_of_others(client, world):
    strangers = _strangers(world)
    assert "7Б" not in get(client, strangers["another class teacher"], world.url("classes")).split("</header>")[1]
    assert "Алгебра" not in get(client, strangers["a subject teacher"], world.url("my_courses"))
    for who in ("the parent", "nobody"):
        get(client, strangers[who], world.url("classes"), status=404)
        get(client, strangers[who], world.url("my_courses"), status=404)


def test_the_deputy_reads_every_class_but_teaches_none(client, world):
    deputy = make_user(is_deputy=True)

    assert "Тайнова" in get(client, deputy, world.url("course"))
    assert "Тайнова" in get(client, deputy, world.url("pupil"))
    assert "7Б" in get(client, deputy, world.url("classes"))
    get(client, deputy, world.url("own_course"), status=404)


def test_a_course_of_another_class_is_not_reached_through_the_own_one(client, world):
    other = make_class("8А", year=world.school_class.year)
    alien = make_course(other, "Физика")
    lesson = make_lesson(alien)

    course = reverse("journal:course", args=[world.school_class.pk, alien.pk])
    cell = reverse("journal:cell", args=[world.school_class.pk, world.course.pk, world.pupil.pk, lesson.pk])
    outsider = make_pupil(other, last_name="Чужаков")
    other_cell = reverse("journal:cell", args=[world.school_class.pk, world.course.pk, outsider.pk, world.lesson.pk])

    for url in (course, cell, other_cell):
        get(client, world.teacher, url, status=404)


def test_a_class_teacher_of_yesterday_sees_nothing_today(client, world):
    world.school_class.class_teachers.update(date_to=datetime(2026, 11, 22).date())
    get(client, world.teacher, world.url("course"), status=404)
    # The own course stays: teaching is another role.
    assert "Тайнова" in get(client, world.teacher, world.url("own_course"))


def test_the_journal_opens_at_the_first_subject(client, world):
    make_course(world.school_class, "Биология")
    client.force_login(world.teacher, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(world.url("class_journal"))
    assert response.url == world.url("course")  # Алгебра before Биология


def test_subjects_and_subgroups_and_plans_are_in_the_picker(client, world):
    from journal.models import IndividualPlan

    subject = make_subject("Информатика")
    for name in ("1 группа", "2 группа"):
        make_course(subject=subject, group=make_group(world.school_class, subject, name))
    plan = IndividualPlan.objects.create(pupil=world.pupil, date_from=MONDAY)
    make_course(subject="Физика", plan=plan)

    html = get(client, world.teacher, world.url("course"))

    pills = re.findall(r'class="pill" href="/journal/[^"]*"[^>]*>([^<]*)<', html)
    assert pills == ["Алгебра", "Информатика · 1 гр.", "Информатика · 2 гр.", "Физика"]
    # A plan stands apart, under the name of its pupil: its subjects repeat those of the class.
    assert html.index("Индивидуальный план: Тайнова Анна") < html.index(">Физика</a>")


def test_the_cell_leads_to_its_history(client, world):
    html = get(client, world.teacher, world.url("course"))

    href = re.search(r'<td class="[^"]*"><a href="(cells/[^"]+)">4 <b class="a is-ill">Б</b></a></td>', html)
    assert world.url("course") + href.group(1) == world.url("cell")


@pytest.mark.parametrize("term", ["3", "9", "x", ""])
def test_a_term_that_has_not_begun_has_no_page(client, world, term):
    get(client, world.teacher, f"{world.url('course')}?term={term}", status=404)


def test_the_term_before_shows_its_own_lessons(client, world):
    make_lesson(world.course, datetime(2026, 10, 5).date(), 1, topic="Степени")
    html = get(client, world.teacher, f"{world.url('course')}?term=1")
    assert "Степени" in html and "Уравнения" not in html


def fill(school_class: SchoolClass, pupils: int, courses: int = 1) -> tuple:
    """A lively class: six lessons a week for a term, a mark in every third cell, letters in every tenth."""
    made = [make_course(school_class, f"Предмет {number}") for number in range(courses)]
    children = [make_pupil(school_class) for _ in range(pupils)]
    days = [datetime(2026, 11, day).date() for day in (2, 3, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20)]
    for course in made:
        make_slot(course, weekday=1, number=7)
        for day in days:
            lesson = make_lesson(course, day, 1 + days.index(day) % 5, topic="Тема урока средней длины")
            for index, pupil in enumerate(children):
                if (index + day.day) % 3 == 0:
                    make_mark(lesson, pupil, str(2 + index % 4))
    for index, pupil in enumerate(children):
        pupil.absences.create(date=days[index % len(days)], reason="ill")
    return made, children


@pytest.mark.parametrize("pupils", [5, 30])
@pytest.mark.parametrize(
    ("name", "queries"),
    [("course", 12), ("matrix", 9), ("class_list", 6), ("topics", 6)],
)
def test_pages_of_a_class_cost_the_same_for_any_size(client, name, queries, pupils, django_assert_num_queries):
    school_class = make_class("7Б")
    courses, children = fill(school_class, pupils, courses=2)
    make_guardian(children[0])
    world = World(school_class, courses[0], children[0], courses[0].lessons.first())
    client.force_login(world.teacher, backend="django.contrib.auth.backends.ModelBackend")

    with django_assert_num_queries(queries):
        response = client.get(world.url(name))

    assert response.status_code == 200
    assert len(response.content) < 100_000


@pytest.mark.parametrize("pupils", [5, 30])
def test_the_register_of_a_group_costs_no_more(client, pupils, django_assert_num_queries):

    school_class = make_class("7Б")
    children = [make_pupil(school_class) for _ in range(pupils)]
    subject = make_subject("Информатика")
    course = make_course(subject=subject, group=make_group(school_class, subject, pupils=children))
    make_mark(make_lesson(course), children[0])
    client.force_login(teacher_user(school_class), backend="django.contrib.auth.backends.ModelBackend")

    with django_assert_num_queries(12):
        client.get(reverse("journal:course", args=[school_class.pk, course.pk]))


def test_files_hold_the_rows_of_the_page(client, world):
    make_pupil(world.school_class, last_name="=HYPERLINK(1)", first_name="Зоя")
    client.force_login(world.teacher, backend="django.contrib.auth.backends.ModelBackend")

    book = load_workbook(io.BytesIO(client.get(world.url("course_xlsx")).content))
    xlsx = [list(row) for row in book.active.iter_rows(values_only=True)]
    text = client.get(world.url("course_csv")).content
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig")), delimiter=";"))

    assert text.startswith(b"\xef\xbb\xbf")
    assert rows[0] == xlsx[0] == ["№", "Ученик", "16.11", "Средний балл", "I", "II"]
    assert rows[2] == ["2", "Тайнова Анна", "4 Б", "4,00", "", ""]
    assert xlsx[2] == [2, "Тайнова Анна", "4 Б", 4, None, None]
    assert rows[1][1] == xlsx[1][1] == "'=HYPERLINK(1) Зоя"
    assert book.active.cell(2, 2).data_type == "s"


def trace() -> list[tuple]:
    rows = AuditEvent.objects.exclude(action=AuditEvent.Action.SIGN_IN).order_by("pk")
    return list(rows.values_list("action", "subject", "class_id", "pupil_id"))


@pytest.mark.parametrize(
    ("name", "action", "subject", "of_pupil"),
    [
        ("course", "read", "журнал: Алгебра", False),
        ("course_xlsx", "export", "журнал, XLSX: Алгебра", False),
        ("course_csv", "export", "журнал, CSV: Алгебра", False),
        ("matrix", "read", "журнал: все предметы", False),
        ("class_list", "read", "список класса", False),
        ("cell", "read", "история отметки: Алгебра", True),
        ("pupil", "read", "карточка", True),
    ],
)
def test_every_look_leaves_a_trace(client, world, name, action, subject, of_pupil):
    client.force_login(world.teacher, backend="django.contrib.auth.backends.ModelBackend")
    client.get(world.url(name))
    assert trace() == [(action, subject, world.school_class.pk, world.pupil.pk if of_pupil else None)]


def test_an_own_course_leaves_a_trace_of_each_pupil_shown(client, world):
    client.force_login(world.teacher, backend="django.contrib.auth.backends.ModelBackend")
    client.get(world.url("own_course"))
    assert trace() == [("read", "журнал: Алгебра", None, world.pupil.pk)]


def test_who_is_refused_leaves_no_trace_of_reading(client, world):
    get(client, make_user(), world.url("course"), status=404)
    assert trace() == []


def test_a_teacher_tells_groups_of_the_same_name_apart(client):
    teacher = make_teacher()
    first = make_class("7А")
    for school_class in (first, make_class("7Б", year=first.year)):
        subject = make_subject("Информатика")
        group = make_group(school_class, subject, "1 группа", [make_pupil(school_class)])
        course = make_course(subject=subject, group=group, teacher=teacher)

    html = get(client, teacher.user, reverse("journal:own_course", args=[course.pk]))

    pills = re.findall(r'class="pill" href="/journal/courses/\d+/"[^>]*>([^<]*)<', html)
    assert pills == ["Информатика 7А · 1 гр.", "Информатика 7Б · 1 гр."]


@pytest.mark.parametrize("pupils", [5, 30])
def test_an_own_course_costs_the_same_for_any_size(client, pupils, django_assert_num_queries):
    teacher = make_teacher()
    school_class = make_class("7Б")
    course = make_course(school_class, teacher=teacher)
    for _ in range(pupils):
        pupil = make_pupil(school_class)
    make_mark(make_lesson(course), pupil)
    client.force_login(teacher.user, backend="django.contrib.auth.backends.ModelBackend")

    with django_assert_num_queries(13):
        client.get(reverse("journal:own_course", args=[course.pk]))
