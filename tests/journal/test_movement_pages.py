"""The pages of movements: for whom, what they cost, what the forms say, what trace they leave."""

import csv
import io
from datetime import date, datetime

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from journal.models import Movement, Pupil
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_course,
    make_lesson,
    make_mark,
    make_order,
    make_pupil,
    make_user,
    make_year,
    teacher_user,
)

pytestmark = pytest.mark.django_db

ORDER = {"order_number": "44-у", "order_date": "2026-11-20", "effective_on": "2026-11-23", "note": ""}
PERSON = {
    "last_name": "Новикова", "first_name": "Юлия", "patronymic": "Олеговна", "sex": "f", "birth_date": "2013-04-02",
    "study_form": "full_time",
}  # fmt: skip


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def office(client):
    user = make_user(is_operator=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def seven_b():
    return make_class("7Б")


def url(name, *ids):
    return reverse(f"journal:{name}", args=ids)


def post(client, address, data) -> str:
    """The page that answers; follows a redirect after a success."""
    return client.post(address, data, follow=True).content.decode()


def test_the_office_records_an_arrival_with_all_personal_data(client, office, seven_b):
    data = {**ORDER, **PERSON, "place": "СОШ № 7", "snils": "112-233-445 95", "address": "ул. Мира, 1"}

    html = post(client, url("movement_arrival", seven_b.pk), data)

    assert "Новикова Юлия Олеговна в списке 7Б с 23.11.2026" in html
    pupil = Pupil.objects.get()
    assert (pupil.snils, pupil.address, pupil.admitted_on) == ("11223344595", "ул. Мира, 1", date(2026, 11, 23))
    row = Movement.objects.get()
    assert (row.kind, row.order_number, row.place, row.recorded_by) == ("arrival", "44-у", "СОШ № 7", office)


def test_a_child_of_the_same_name_and_birth_date_is_proposed_and_nothing_is_written_yet(client, office, seven_b):
    known = make_pupil(seven_b, until=date(2026, 9, 20), **{**PERSON, "birth_date": date(2013, 4, 2)})
    data = {**ORDER, **PERSON, "first_name": "ЮЛИЯ", "patronymic": ""}

    html = post(client, url("movement_arrival", seven_b.pk), data)

    assert "Вернулся?" in html and "В школе уже есть такой ученик" in html
    assert 'value="ЮЛИЯ"' in html  # what was typed is kept
    assert not Movement.objects.exists()

    post(client, url("movement_arrival", seven_b.pk), {**data, **PERSON, "existing": str(known.pk)})
    assert (Pupil.objects.count(), known.enrolments.count()) == (1, 2)


def test_a_namesake_born_on_the_same_day_may_be_another_child(client, office, seven_b):
    make_pupil(seven_b, **{**PERSON, "birth_date": date(2013, 4, 2)})

    post(client, url("movement_arrival", seven_b.pk), {**ORDER, **PERSON, "existing": "new"})

    assert Pupil.objects.count() == 2


def test_the_same_form_sent_twice_makes_one_pupil(client, office, seven_b):
    for _ in range(2):
        html = post(client, url("movement_arrival", seven_b.pk), {**ORDER, **PERSON})

    assert "Вернулся?" in html
    assert (Pupil.objects.count(), Movement.objects.count()) == (1, 1)


def test_an_odd_age_is_told_and_written_only_after_a_second_look(client, office):
    first = make_class("1А")
    data = {**ORDER, **PERSON, "birth_date": "2011-04-02"}
    address = url("movement_arrival", first.pk)

    page = client.post(address, data)

    form = page.context["form"]
    assert "лет в 1А — необычно, проверьте дату рождения и класс." in page.content.decode()
    assert not Pupil.objects.exists()
    client.post(address, {**data, "confirm": form.seen})
    assert Pupil.objects.get().birth_date == date(2011, 4, 2)


def test_confirming_one_warning_confirms_no_other(client, office):
    first = make_class("1А")
    address = url("movement_arrival", first.pk)
    seen = client.post(address, {**ORDER, **PERSON, "birth_date": "2011-04-02"}).context["form"].seen

    client.post(address, {**ORDER, **PERSON, "birth_date": "2009-04-02", "confirm": seen})

    assert not Pupil.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"birth_date": "2026-12-01"}, "01.12.2026 ещё не наступило"),
        ({"birth_date": "1985-04-02"}, "Ожидается от 5 до 21 лет"),
        ({"snils": "112-233-445 96"}, "контрольное число не сходится"),
        ({"effective_on": "2026-08-01"}, "вне учебного года 2026/27"),
        ({"order_number": ""}, "Обязательное поле"),
        ({"last_name": ""}, "Обязательное поле"),
    ],
)
def test_a_wrong_arrival_is_explained_and_what_was_typed_stays(client, office, seven_b, wrong, words):
    html = post(client, url("movement_arrival", seven_b.pk), {**ORDER, **PERSON, **wrong})

    assert words in html
    assert 'value="Юлия"' in html
    assert not Pupil.objects.exists()


def test_a_number_is_not_given_back_and_not_lost_silently(client, office, seven_b):
    make_pupil(seven_b, until=date(2026, 9, 20), **{**PERSON, "birth_date": date(2013, 4, 2)})
    address, data = url("movement_arrival", seven_b.pk), {**ORDER, **PERSON, "snils": "112-233-445 95"}

    html = post(client, address, data)
    assert "Введите СНИЛС ещё раз" in html and "112-233" not in html
    again = {**data, "existing": "new", "snils": "", "snils_typed": "1"}
    assert "Введите СНИЛС ещё раз" in post(client, address, again)
    assert not Movement.objects.exists()

    post(client, address, {**again, "snils": "112-233-445 95"})
    assert Pupil.objects.latest("pk").snils == "11223344595"


def test_the_number_of_another_pupil_is_told(client, office, seven_b):
    make_pupil(seven_b, last_name="Хозяинова", snils="11223344595")

    html = post(client, url("movement_arrival", seven_b.pk), {**ORDER, **PERSON, "snils": "11223344595"})

    assert "Этот СНИЛС записан у другого ученика: Хозяинова Анна" in html


def test_facts_after_the_departure_are_counted_and_confirmed(client, office, seven_b):
    pupil = make_pupil(seven_b)
    make_mark(make_lesson(make_course(seven_b), MONDAY, 1), pupil, "4")
    make_absence(pupil, MONDAY)
    make_absence(pupil, date(2026, 11, 18))
    address, data = url("movement_departure", pupil.pk), {**ORDER, "effective_on": "2026-11-16", "place": "СОШ № 7"}

    page = client.post(address, data)

    assert "уже есть 1 отметка и 2 пропуска" in page.content.decode()
    assert not Movement.objects.exists()
    client.post(address, {**data, "confirm": page.context["form"].seen})
    assert Movement.objects.get().kind == "departure"
    assert (pupil.marks.count(), pupil.absences.count()) == (1, 2)  # nothing is deleted


def test_leaving_before_arriving_is_said_at_the_day(client, office, seven_b):
    pupil = make_pupil(seven_b, since=date(2026, 11, 16))

    page = client.post(url("movement_departure", pupil.pk), {**ORDER, "effective_on": "2026-11-10"})

    assert "раньше, чем прибыть" in page.context["form"].errors["effective_on"][0]


def test_a_change_of_class_offers_other_classes_of_the_year_only(client, office, seven_b):
    other = make_class("7А", year=seven_b.year)
    later = make_class("8Б", year=make_year(2027))
    pupil = make_pupil(seven_b)
    address = url("movement_transfer", pupil.pk)

    page = client.get(address)
    assert list(page.context["form"].fields["school_class"].queryset) == [other]
    for wrong in (seven_b, later):
        html = post(client, address, {**ORDER, "school_class": wrong.pk})
        assert "Выберите другой класс этого же учебного года" in html
    post(client, address, {**ORDER, "school_class": other.pk})
    assert Movement.objects.get().to_class == other


def test_another_parallel_is_asked_about(client, office, seven_b):
    other = make_class("8А", year=seven_b.year)
    pupil = make_pupil(seven_b)

    html = post(client, url("movement_transfer", pupil.pk), {**ORDER, "school_class": other.pk})

    assert "8А — другая параллель" in html
    assert not Movement.objects.exists()


def test_a_movement_is_taken_back_with_a_reason(client, office, seven_b):
    pupil = make_pupil(seven_b)
    post(client, url("movement_departure", pupil.pk), ORDER)
    row = Movement.objects.get()

    assert "Внесено по ошибке?" in client.get(url("movement_cancel", row.pk)).content.decode()
    post(client, url("movement_cancel", row.pk), {"reason": ""})
    assert Movement.objects.exists()
    html = post(client, url("movement_cancel", row.pk), {"reason": "приказ отменён"})

    assert "Всё стоит как раньше" in html
    assert not Movement.objects.exists()
    assert pupil.enrolments.get().date_to is None


def test_why_a_movement_stays_is_told_instead_of_the_button(client, office, seven_b):
    pupil = make_pupil(seven_b)
    row = Movement.objects.create(pupil=pupil, kind="arrival", effective_on=MONDAY, to_class=seven_b)

    html = client.get(url("movement_cancel", row.pk)).content.decode()

    assert "Отменить нельзя" in html and "Отменить запись" not in html


def test_the_class_teacher_reads_and_orders_nothing(client, seven_b):
    pupil = make_pupil(seven_b)
    client.force_login(teacher_user(seven_b), backend="django.contrib.auth.backends.ModelBackend")

    html = client.get(url("movements", seven_b.pk)).content.decode()

    assert "приказы вносят администратор и заместитель директора" in html
    assert url("movement_arrival", seven_b.pk) not in html
    for address in (
        url("movement_arrival", seven_b.pk), url("movement_departure", pupil.pk), url("movement_transfer", pupil.pk)
    ):  # fmt: skip
        assert client.get(address).status_code == 404
        assert client.post(address, ORDER).status_code == 404
    assert not Movement.objects.exists()


def test_a_colleague_finds_nothing(client, seven_b):
    other = make_class("7А", year=seven_b.year)
    client.force_login(teacher_user(other), backend="django.contrib.auth.backends.ModelBackend")

    for name in ("movements", "movements_xlsx", "movements_csv"):
        assert client.get(url(name, seven_b.pk)).status_code == 404


def test_the_list_is_saved_as_a_table_and_the_trail_says_so(client, office, seven_b):
    from journal.services.movements import depart

    pupil = make_pupil(seven_b, last_name="=Формулова")
    depart(pupil=pupil, order=make_order(MONDAY, "45-у", place="СОШ № 7"), by=office)

    answer = client.get(url("movements_csv", seven_b.pk))

    heading, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert heading[:3] == ["Действует с", "Движение", "Ученик"]
    assert row[:4] == ["16.11.2026", "выбытие", "'=Формулова Анна", "7Б"]
    event = AuditEvent.objects.get(action=AuditEvent.Action.EXPORT)
    assert (event.subject, event.class_id) == ("движение класса", seven_b.pk)
    assert client.get(url("movements_xlsx", seven_b.pk)).content.startswith(b"PK")


@pytest.mark.parametrize("pupils", [1, 30])
def test_the_page_costs_the_same_for_any_class(client, office, seven_b, pupils, django_assert_num_queries):
    from journal.services.movements import depart

    for number in range(pupils):
        depart(pupil=make_pupil(seven_b), order=make_order(MONDAY, f"{number}-у"), by=office)

    # session, user, teacher, class, movements, stays, calendar, trail
    with django_assert_num_queries(8):
        client.get(url("movements", seven_b.pk))
