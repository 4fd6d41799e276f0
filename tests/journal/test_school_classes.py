"""Classes of a year as the office keeps them: adding, another letter, who leads them from when to when."""

from datetime import date, datetime

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, User
from journal.models import ClassTeacher, SchoolClass
from journal.services.classes import CannotChange, add_class, appoint, rename_class
from tests.factories import make_class, make_teacher, make_user, make_year, teacher_user

pytestmark = pytest.mark.django_db

LIST = reverse("journal:school_classes")


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def office(client):
    user = make_user(is_deputy=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def page_of(school_class):
    return reverse("journal:school_class", args=[school_class.pk])


def post(client, address, **data) -> str:
    return client.post(address, data, follow=True).content.decode()


def test_a_class_is_added_and_the_trail_tells_it(client, office):
    year = make_year()

    html = post(client, f"{LIST}?year={year.pk}", grade="7", letter=" б")

    row = SchoolClass.objects.get()
    assert (row.name, row.year) == ("7Б", year)
    assert "Класс 7Б заведён" in html
    event = AuditEvent.objects.get(object_type="schoolclass", object_id=row.pk)
    assert (event.actor, event.new) == (office, {"name": "7Б", "year": "2026/27"})


def test_a_class_that_exists_is_not_added_again(client, office):
    school_class = make_class("7Б")

    html = post(client, f"{LIST}?year={school_class.year_id}", grade="7", letter="Б")

    assert "Класс 7Б в 2026/27 учебном году уже есть. Выберите другую букву." in html
    assert SchoolClass.objects.count() == 1


def test_the_letter_is_a_russian_one(client, office):
    year = make_year()

    assert "Буква класса русская" in post(client, f"{LIST}?year={year.pk}", grade="7", letter="B")


def test_a_class_is_renamed_in_its_year_only(client, office):
    old = make_class("6Б", year=make_year(2025))
    school_class = make_class("7Б")

    html = post(client, page_of(school_class), rename="1", **{"rename-letter": "в"})

    school_class.refresh_from_db()
    old.refresh_from_db()
    assert (school_class.name, old.name) == ("7В", "6Б")
    assert "Класс называется 7В" in html


def test_a_class_is_not_renamed_to_one_that_exists(client, office):
    school_class = make_class("7Б")
    make_class("7А", year=school_class.year)

    html = post(client, page_of(school_class), rename="1", **{"rename-letter": "А"})

    school_class.refresh_from_db()
    assert school_class.name == "7Б"
    assert "Класс 7А в 2026/27 учебном году уже есть" in html
    assert 'value="А"' in html  # what was typed stays


@pytest.mark.parametrize("act", ["add", "rename"])
def test_two_people_at_once_get_words_and_no_error(office, act, monkeypatch):
    from journal.services import classes

    school_class = make_class("7Б")
    make_class("7А", year=school_class.year)
    monkeypatch.setattr(classes, "_check_free", lambda *args: None)  # the other one came in between

    with pytest.raises(CannotChange, match="уже есть"):
        if act == "add":
            add_class(year=school_class.year, grade=7, letter="А", by=office)
        else:
            rename_class(school_class=school_class, letter="А", by=office)
    assert SchoolClass.objects.count() == 2


def appointment(**fields):
    return {f"appoint-{name}": value for name, value in fields.items()}


def test_a_class_is_handed_over(client, office):
    school_class, teacher = make_class("7Б"), make_teacher()
    data = appointment(teacher=teacher.pk, date_from="2026-12-01", ends_former="on")

    html = post(client, page_of(school_class), appoint="1", **data)

    rows = list(ClassTeacher.objects.order_by("date_from").values_list("date_from", "date_to"))
    assert rows == [(date(2026, 9, 1), date(2026, 11, 30)), (date(2026, 12, 1), None)]
    assert "Назначение записано" in html


def test_two_class_teachers_on_a_day_are_refused_in_words(client, office):
    school_class, teacher = make_class("7Б"), make_teacher()
    first = school_class.class_teachers.get().teacher

    html = post(client, page_of(school_class), appoint="1", **appointment(teacher=teacher.pk, date_from="2026-12-01"))

    assert f"В эти дни уже классный руководитель: {first.short_name}, с 01.09.2026" in html
    assert ClassTeacher.objects.count() == 1


def test_somebody_stands_in_beside_the_class_teacher(client, office):
    school_class, teacher = make_class("7Б"), make_teacher()
    data = appointment(teacher=teacher.pk, date_from="2026-11-23", date_to="2026-11-27", is_acting="on")

    post(client, page_of(school_class), appoint="1", **data)
    html = post(client, page_of(school_class), appoint="1", **data)

    assert "В эти дни уже замещает" in html
    assert [row.pk for row in User.objects.get(pk=teacher.user_id).own_classes] == [school_class.pk]
    assert ClassTeacher.objects.filter(is_acting=True).count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date_from": "2026-08-01"}, "вне учебного года 2026/27"),
        ({"date_from": "2026-12-01", "date_to": "2026-11-01"}, "Последний день раньше первого"),
        ({"date_from": "2026-12-01", "teacher": "0"}, "Выберите корректный вариант"),
    ],
)
def test_a_wrong_appointment_is_explained(client, office, fields, words):
    school_class, teacher = make_class("7Б"), make_teacher()

    html = post(client, page_of(school_class), appoint="1", **appointment(**{"teacher": teacher.pk, **fields}))

    assert words in html
    assert ClassTeacher.objects.count() == 1


def test_an_appointment_ends_not_before_it_began(client, office):
    school_class = make_class("7Б")
    row = school_class.class_teachers.get()

    html = post(client, page_of(school_class), end="1", **{"end-appointment": row.pk, "end-date_to": "2026-08-20"})
    assert "Назначение начинается 01.09.2026" in html
    post(client, page_of(school_class), end="1", **{"end-appointment": row.pk, "end-date_to": "2026-11-30"})
    row.refresh_from_db()
    assert row.date_to == date(2026, 11, 30)


def test_an_appointment_does_not_reach_into_the_next_one(client, office):
    school_class, teacher = make_class("7Б"), make_teacher()
    first = school_class.class_teachers.get()
    appoint(
        school_class=school_class, teacher=teacher, date_from=date(2026, 12, 1), date_to=None, is_acting=False,
        ends_former=True, by=office,
    )  # fmt: skip

    html = post(client, page_of(school_class), end="1", **{"end-appointment": first.pk, "end-date_to": "2026-12-10"})

    assert "Дальше класс ведёт уже другой учитель" in html


def test_the_pages_are_of_the_office(client):
    school_class = make_class("7Б")
    client.force_login(teacher_user(school_class), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(LIST).status_code == 404
    assert client.post(page_of(school_class), {"rename": "1", "rename-letter": "В"}).status_code == 404


@pytest.mark.parametrize("classes", [1, 12])
def test_the_list_costs_the_same_for_any_school(client, office, classes, django_assert_num_queries):
    year = make_year()
    for number in range(classes):
        make_class(f"{number % 4 + 5}{'АБВ'[number // 4]}", year=year)

    with django_assert_num_queries(7):  # session, user, teacher, years, classes, sizes, class teachers
        client.get(LIST)
