"""Guardians of a class and one guardian: what is shown, to whom, what it costs, correcting without losing anything."""

import csv
import io
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEvent
from journal.models import Guardian, Guardianship
from journal.queries.access import State, access_of
from tests.factories import make_class, make_guardian, make_pupil, make_teacher, make_user, teacher_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def monday(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


def get(client, user, name, *args, query="", status=200) -> str:
    client.force_login(user, backend=BACKEND)
    response = client.get(reverse(f"journal:{name}", args=args) + query)
    assert response.status_code == status
    return response.content.decode()


def grandmother(first, second):
    """One woman who answers for two pupils of different classes."""
    return make_guardian(first, second, last_name="Бабушкина", first_name="Вера", phone_mobile="+7 900 111-22-33")


# --- The state of access --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state", "words"),
    [
        (None, State.NONE, "нет входа"),
        ({"must_change_password": True, "days": 3}, State.INVITED, "приглашён, ещё не входил, пароль до 26.11.2026"),
        ({"must_change_password": True, "days": -1}, State.EXPIRED, "одноразовый пароль истёк, 22.11.2026"),
        ({}, State.UNUSED, "ещё не входил"),
        ({"last_login": True}, State.ACTIVE, "входит, последний раз 23.11.2026"),
        ({"is_active": False, "last_login": True}, State.BLOCKED, "заблокирован"),
        ({"password": None}, State.STOPPED, "пароль отменён, нужен новый"),
    ],
)
def test_the_state_of_access_in_words(fields, state, words):
    now = timezone.now()
    user = None
    if fields is not None:
        days = fields.pop("days", None)
        if fields.get("last_login"):
            fields["last_login"] = now
        user = make_user(one_time_until=now + timedelta(days=days) if days else None, **fields)

    assert (access_of(user, now).state, access_of(user, now).words) == (state, words)


# --- The page of the class ------------------------------------------------------------------------


def cast(school_class):
    """Four pupils: reached and entering; without phone; on paper; without anybody."""
    first, second, third, _ = (make_pupil(school_class, last_name=name) for name in ("Азов", "Боков", "Вежин", "Гусев"))
    entering = make_user(last_login=timezone.now())
    make_guardian(first, last_name="Азова", phone_mobile="+7 900 111-11-11", email="azova@example.org", user=entering)
    make_guardian(second, last_name="Бокова", user=make_user(must_change_password=True))
    make_guardian(third, last_name="Вежина", phone_home="22-33-44", informing="paper_refused")
    return first


def shown(html: str) -> set[str]:
    body = html.split("</header>")[1]
    return {name for name in ("Азова", "Бокова", "Вежина", "Гусев") if name in body}


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("", {"Азова", "Бокова", "Вежина", "Гусев"}),
        ("no_phone", {"Бокова", "Гусев"}),  # nobody answers for Гусев: there is no phone to call either
        ("on_paper", {"Вежина"}),
        ("no_login", {"Вежина", "Гусев"}),
        ("not_entered", {"Бокова"}),
        ("nonsense", {"Азова", "Бокова", "Вежина", "Гусев"}),
    ],
)
def test_filters_of_the_class_page(client, school_class, show, names):
    cast(school_class)

    html = get(client, teacher_user(school_class), "class_guardians", school_class.pk, query=f"?show={show}")

    assert shown(html) == names
    assert "Без телефона 2" in html and "На бумаге 1" in html and "Без входа 2" in html and "Не входили 1" in html


def test_the_files_hold_what_the_page_shows(client, school_class):
    cast(school_class)
    user = teacher_user(school_class)
    client.force_login(user, backend=BACKEND)

    url = reverse("journal:class_guardians_csv", args=[school_class.pk])
    rows = list(csv.reader(io.StringIO(client.get(url).content.decode("utf-8-sig")), delimiter=";"))
    xlsx = reverse("journal:class_guardians_xlsx", args=[school_class.pk])
    book = load_workbook(io.BytesIO(client.get(f"{xlsx}?show=on_paper").content))

    assert [row[1:4] for row in rows[1:]] == [
        ["Азов Анна", "Азова Ольга", "мать"],
        ["Боков Анна", "Бокова Ольга", "мать"],
        ["Вежин Анна", "Вежина Ольга", "мать"],
        ["Гусев Анна", "не указан", ""],
    ]
    assert rows[1][4] == "'+7 900 111-11-11" and rows[1][-1] == "входит, последний раз 23.11.2026"
    assert [row[2] for row in book.active.iter_rows(min_row=2, values_only=True)] == ["Вежина Ольга"]
    assert list(AuditEvent.objects.values_list("action", "subject", "class_id").order_by("pk")) == [
        ("export", "представители класса, CSV", school_class.pk),
        ("export", "представители класса, XLSX", school_class.pk),
    ]


@pytest.mark.parametrize("pupils", [5, 30])
def test_the_class_page_costs_the_same_for_any_size(client, school_class, pupils, django_assert_num_queries):
    for number in range(pupils):
        pupil = make_pupil(school_class)
        make_guardian(pupil, user=make_user() if number % 2 else None)
        make_guardian(pupil)
    other = make_pupil(make_class("5А", year=school_class.year))
    twin = Guardian.objects.first()
    Guardian.objects.filter(pk=twin.pk).update(phone_mobile="+7 900 111-11-11")
    make_guardian(other, last_name=twin.last_name, first_name=twin.first_name, phone_mobile="+7 900 111-11-11")
    client.force_login(teacher_user(school_class), backend=BACKEND)

    # session, user, classes, pupils, guardians, the same names elsewhere, their children, the classes of these, trail
    with django_assert_num_queries(9):
        response = client.get(reverse("journal:class_guardians", args=[school_class.pk]))

    assert "Похоже на одного человека" in response.content.decode()
    assert len(response.content) < 100_000


@pytest.mark.parametrize("children", [1, 4])
def test_the_page_of_a_guardian_costs_the_same_for_any_family(
    client, school_class, children, django_assert_num_queries
):
    person = make_guardian(*(make_pupil(school_class) for _ in range(children)), user=make_user())
    client.force_login(teacher_user(school_class), backend=BACKEND)

    with django_assert_num_queries(10):
        client.get(reverse("journal:guardian", args=[person.pk]))


# --- Who sees whom --------------------------------------------------------------------------------


def test_a_grandmother_of_two_classes_is_one_person_for_both_teachers(client, school_class):
    other_class = make_class("5А", year=school_class.year)
    first, second = make_pupil(school_class, last_name="Первых"), make_pupil(other_class, last_name="Вторых")
    person = grandmother(first, second)
    mine, theirs = teacher_user(school_class), teacher_user(other_class)

    html = get(client, mine, "guardian", person.pk)
    assert "Первых" in html and "Ещё ребёнок в 5А" in html and "Вторых" not in html

    client.force_login(theirs, backend=BACKEND)
    edit = reverse("journal:guardian_edit", args=[person.pk])
    client.post(edit, form_of(client.get(edit), phone_mobile="8 (900) 555-44-33"))

    assert "+7 900 555-44-33" in get(client, mine, "guardian", person.pk)
    # The change is told on the cards of both children.
    events = AuditEvent.objects.filter(object_type="guardian", action="change")
    assert sorted(events.values_list("pupil_id", flat=True)) == sorted([first.pk, second.pk])
    assert {(e.old["phone_mobile"], e.new["phone_mobile"]) for e in events} == {
        ("+7 900 111-22-33", "+7 900 555-44-33")
    }


def test_only_the_tie_of_the_own_child_can_be_changed(client, school_class):
    other = make_pupil(make_class("5А", year=school_class.year))
    person = grandmother(make_pupil(school_class), other)

    for name in ("guardian_tie", "guardian_end"):
        get(client, teacher_user(school_class), name, person.pk, other.pk, status=404)


def test_reading_is_recorded_of_the_own_children_only(client, school_class):
    child, other = make_pupil(school_class), make_pupil(make_class("5А", year=school_class.year))
    person = grandmother(child, other)

    get(client, teacher_user(school_class), "guardian", person.pk)

    assert list(AuditEvent.objects.values_list("action", "subject", "pupil_id")) == [
        ("read", "представитель", child.pk)
    ]


def test_three_guardians_of_one_pupil_stand_in_every_list(client, school_class):
    child = make_pupil(school_class)
    names = ["Матина", "Отцова", "Бабушкина"]
    for name in names:
        make_guardian(child, last_name=name)

    for page in ("class_guardians", "class_list"):
        html = get(client, teacher_user(school_class), page, school_class.pk)
        assert all(name in html for name in names)


def test_strangers_find_no_guardian(client, school_class):
    person = make_guardian(make_pupil(school_class), user=make_user())
    strangers = [teacher_user(make_class("8А", year=school_class.year)), make_teacher().user, person.user, make_user()]

    for stranger in strangers:
        for name in ("guardian", "guardian_edit", "guardian_block", "guardian_compromise"):
            get(client, stranger, name, person.pk, status=404)


# --- Correcting -----------------------------------------------------------------------------------


def form_of(response, **typed) -> dict:
    """What the browser sends: everything the form showed, with what the person typed."""
    form = response.context["form"]
    shown = {form.add_prefix(name): form.shown[name] for name in form.shown}
    return {**shown, "seen": form.initial["seen"], **typed}


@pytest.fixture
def editing(client, school_class):
    child = make_pupil(school_class, last_name="Орлов", first_name="Иван", birth_date=date(2013, 5, 14))
    person = make_guardian(child, last_name="Орлова", first_name="Мария", user=make_user(last_name="Орлова"))
    client.force_login(teacher_user(school_class), backend=BACKEND)
    return child, person, reverse("journal:guardian_edit", args=[person.pk])


def test_a_name_is_corrected_at_the_login_too(client, editing):
    _, person, url = editing

    client.post(url, form_of(client.get(url), last_name="Орлова-Белова", sex="f"))

    person.refresh_from_db()
    assert (person.last_name, person.sex, person.user.last_name) == ("Орлова-Белова", "f", "Орлова-Белова")
    assert person.sort_name == "орлова-белова мария"


def test_two_people_at_one_person_see_each_others_values(client, editing):
    _, person, url = editing
    opened = form_of(client.get(url), email="mine@example.org")
    Guardian.objects.filter(pk=person.pk).update(email="theirs@example.org")

    html = client.post(url, opened).content.decode()

    person.refresh_from_db()
    assert person.email == "theirs@example.org"
    assert "theirs@example.org" in html and "mine@example.org" in html and "Сохраните ещё раз" in html


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"birth_date": "2026-11-24"}, "Дата рождения в будущем"),
        ({"birth_date": "2014-01-01"}, "Представитель не может быть моложе ребёнка: Иван — 14.05.2013"),
        ({"birth_date": "1850-01-01"}, "больше 110 лет"),
        ({"last_name": "Орлов", "first_name": "Иван"}, "Это сам ученик: Орлов Иван"),
        ({"phone_mobile": "12 34"}, "в «12 34» 4 цифры. Ожидается 10 цифр после +7 или 8"),
        ({"phone_home": "8 900 111-22-33, 8 900 111-22-44"}, "Здесь помещается один номер"),
        ({"phone_home": "нет телефона"}, "«нет телефона» не номер. Ожидается номер"),
        ({"email": "не почта"}, "правильный адрес электронной почты"),
        ({"last_name": ""}, "Обязательное поле"),
    ],
)
def test_what_cannot_be_is_told_and_kept_in_the_form(client, editing, typed, sentence):
    _, person, url = editing

    html = client.post(url, form_of(client.get(url), **typed)).content.decode()

    assert sentence in html
    assert all(value in html for value in typed.values())
    assert Guardian.objects.get(pk=person.pk).last_name == "Орлова"
    assert not AuditEvent.objects.filter(action="change").exists()


def test_saving_nothing_changes_and_records_nothing(client, editing):
    _, _, url = editing

    client.post(url, form_of(client.get(url)))

    assert not AuditEvent.objects.filter(action="change").exists()


def test_history_of_a_person_is_told_with_old_and_new(client, editing, school_class):
    _, person, url = editing
    client.post(url, form_of(client.get(url), email="new@example.org", birth_date="1980-02-03"))

    html = get(client, teacher_user(school_class), "guardian", person.pk)

    assert "E-mail: new@example.org" in html and "Дата рождения: 03.02.1980" in html
    assert Guardianship.objects.count() == 1
