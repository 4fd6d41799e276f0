"""The frame of a page: which sections a person sees, which one is lit, and that it costs nothing extra."""

import pytest
from django.test import RequestFactory
from django.urls import ResolverMatch

from accounts.models import User
from gymnasium.context import class_navigation, frame, navigation, signed_in
from tests.factories import make_class, make_guardian, make_pupil, make_teacher, make_user, make_year, teacher_user

pytestmark = pytest.mark.django_db


def request_of(user, view_name: str = "home", **kwargs):
    """A request that the url resolver has sent to `view_name`."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=user.pk)
    namespace, _, name = view_name.rpartition(":")
    namespaces = [namespace] if namespace else None
    request.resolver_match = ResolverMatch(lambda: None, (), kwargs, url_name=name, namespaces=namespaces)
    return request


def labels(items) -> list[str]:
    return [item.label for item in items]


def lit(items) -> list[str]:
    return [item.label for item in items if item.active]


def test_class_teacher_has_the_sections_of_the_own_class():
    school_class = make_class("7Б")

    items = navigation(request_of(teacher_user(school_class)))

    assert labels(items) == ["Сегодня", "Посещаемость", "Журнал", "Класс", "Отчёты", "Выписки"]
    assert lit(items) == ["Сегодня"]
    assert all(f"/{school_class.pk}/" in item.url for item in items[1:])


def test_class_teacher_of_two_classes_stays_in_the_class_of_the_page():
    year = make_year()
    first = make_class("5А", year=year)
    second = make_class("7Б", year=year, teacher=first.class_teachers.get().teacher)

    items = navigation(request_of(teacher_user(first), "attendance:day_sheet", class_id=second.pk))

    assert {f"/{second.pk}/" in item.url for item in items[1:]} == {True}


@pytest.mark.parametrize(
    ("view_name", "label"),
    [
        ("attendance:day_sheet", "Посещаемость"),
        ("journal:course", "Журнал"),
        ("journal:class_list", "Класс"),
        ("journal:pupil", "Класс"),
        ("reports:class_report_pdf", "Отчёты"),
        ("reports:extract", "Выписки"),
    ],
)
def test_the_section_of_the_page_is_lit(view_name, label):
    school_class = make_class("7Б")

    assert lit(navigation(request_of(teacher_user(school_class), view_name, class_id=school_class.pk))) == [label]


def test_the_class_of_a_page_that_is_not_ones_own_leads_nowhere():
    year = make_year()
    own, foreign = make_class("7Б", year=year), make_class("7А", year=year)

    items = navigation(request_of(teacher_user(own), "attendance:day_sheet", class_id=foreign.pk))

    assert not any(f"/{foreign.pk}/" in item.url for item in items)
    assert class_navigation(request_of(teacher_user(own), "attendance:day_sheet", class_id=foreign.pk)) == []


def test_deputy_on_the_page_of_a_class_has_its_sections_too():
    school_class = make_class("7Б")
    request = request_of(make_user(is_deputy=True), "journal:course", class_id=school_class.pk)

    assert labels(navigation(request)) == ["Обзор", "Аналитика", "Выписки", "Классы", "Настройки", "Безопасность"]
    assert lit(navigation(request)) == ["Классы"]
    assert labels(class_navigation(request)) == ["Посещаемость", "Журнал", "Класс", "Отчёты", "Выписки"]
    assert lit(class_navigation(request)) == ["Журнал"]


def test_operator_who_leads_a_class_has_its_sections_on_its_pages():
    school_class = make_class("7Б")
    user = teacher_user(school_class)
    User.objects.filter(pk=user.pk).update(is_operator=True)

    here = request_of(user, "attendance:day_sheet", class_id=school_class.pk)
    elsewhere = request_of(user, "attendance:day_sheet", class_id=school_class.pk + 1)

    assert lit(class_navigation(here)) == ["Посещаемость"]
    assert class_navigation(elsewhere) == []


def test_operator_imports():
    items = navigation(request_of(make_user(is_operator=True), "reports:import_batch", batch_id=1))

    assert labels(items) == ["Главная", "Классы", "Импорт", "Настройки", "Администрирование", "Безопасность"]
    assert lit(items) == ["Импорт"]


def test_family_stays_with_the_child_of_the_page():
    year = make_year()
    first, second = make_pupil(make_class("5А", year=year)), make_pupil(make_class("7Б", year=year))
    guardian = make_guardian(first, second, user=make_user())

    items = navigation(request_of(guardian.user, "reports:family_marks", pupil_id=second.pk))

    assert labels(items) == ["Дневник", "Оценки", "Пропуски", "Сведения"]
    assert lit(items) == ["Оценки"]
    assert all(f"/{second.pk}/" in item.url for item in items)


def test_family_starts_at_the_diary_of_an_own_child():
    child, stranger = make_pupil(make_class("7Б")), make_pupil()
    guardian = make_guardian(child, user=make_user())

    items = navigation(request_of(guardian.user, "reports:family", pupil_id=stranger.pk))

    assert all(f"/{child.pk}/" in item.url for item in items)
    assert lit(navigation(request_of(guardian.user))) == ["Дневник"]


def test_teacher_without_a_class_has_the_own_subjects():
    items = navigation(request_of(make_teacher().user, "journal:own_course", course_id=1))

    assert labels(items) == ["Мои уроки", "Мои предметы", "Помощь", "Безопасность"]
    assert lit(items) == ["Мои предметы"]


def test_the_frame_costs_nothing_until_shown(django_assert_num_queries):
    request = request_of(teacher_user(make_class("7Б")))

    with django_assert_num_queries(0):
        frame(request)


def test_the_frame_asks_no_more_than_the_roles_of_the_person(django_assert_num_queries):
    request = request_of(teacher_user(make_class("7Б")))
    assert request.user.own_classes

    with django_assert_num_queries(0):
        context = frame(request)
        assert len(context["nav"]) == 6
        assert context["nav_user"]["role"] == "классный руководитель 7Б"


def test_nobody_signed_in_has_no_frame():
    request = RequestFactory().get("/")

    assert (navigation(request), class_navigation(request), signed_in(request)) == ([], [], {})
