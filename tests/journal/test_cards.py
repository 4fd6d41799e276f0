"""The card of a pupil: what it shows to whom, correcting it in place and as a whole, the special block, its history."""

import json
import re
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from journal.models import (
    ClassTeacher,
    Enrolment,
    Guardianship,
    Movement,
    Pupil,
    SensitiveData,
)
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_guardian,
    make_lesson,
    make_mark,
    make_pupil,
    make_school,
    make_subject,
    make_teacher,
    make_user,
    teacher_user,
)

pytestmark = pytest.mark.django_db
SNILS = "112-233-445 95"
PART = {"HTTP_X_PART": "1"}


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def teacher(school_class):
    return teacher_user(school_class)


@pytest.fixture
def acting(school_class):
    """A second person who keeps the class: the acting class teacher."""
    person = make_teacher(last_name="Замещаева", first_name="Инна", patronymic="")
    ClassTeacher.objects.create(school_class=school_class, teacher=person, date_from=MONDAY, is_acting=True)
    return person.user


def card_url(pupil, query=""):
    return reverse("journal:pupil", args=[pupil.pk]) + query


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def seen_of(html: str) -> str:
    from html import unescape

    return unescape(re.search(r'name="(?:\w+-)?seen" value="([^"]*)"', html)[1])


def open_field(client, pupil, name) -> dict:
    """What the form of one line sends back untouched."""
    html = client.get(card_url(pupil, f"?edit={name}"), **PART).content.decode()
    return {"seen": seen_of(html)}


def save_field(client, pupil, name, value=None, **data):
    data = {**open_field(client, pupil, name), **({name: value} if value is not None else {}), **data}
    return client.post(reverse("journal:pupil_field", args=[pupil.pk, name]), data)


# --- What it shows --------------------------------------------------------------------------------


def test_the_card_has_everything_of_the_pupil(sign_in, teacher, school_class):
    pupil = make_pupil(school_class, last_name="Тайнова", patronymic="", address="ул. Мира, 1", phone="67-46-30")
    mother = make_guardian(pupil, last_name="Тайнова-Мать", phone_mobile="+7 900 000-00-01")
    left = make_guardian(pupil, last_name="Бывший")
    Guardianship.objects.filter(guardian=left).update(ended_on=date(2026, 10, 1))
    make_group(school_class, make_subject("Информатика"), "2 группа", [pupil])
    Movement.objects.create(pupil=pupil, kind="arrival", effective_on=date(2026, 9, 1), to_class=school_class)
    make_mark(make_lesson(make_course(school_class, "Физика")), pupil, "4")
    pupil.absences.create(date=MONDAY, lesson=0, reason="ill")
    pupil.extracts.create(
        sequence=118, school_class=school_class, date_from=MONDAY, date_to=MONDAY, formed_by=teacher, pages=1, sha256=""
    )

    html = text_of(sign_in(teacher).get(card_url(pupil)))

    for words in (
        "Тайнова Анна", "ул. Мира, 1", "67-46-30", mother.full_name, "+7 900 000-00-01", "Информатика: 2 группа",
        "Зачисление в 7Б", "Физика", "Понедельник, 16 ноября", "7Б-118", "Больше не представляют: 1",
    ):  # fmt: skip
        assert words in html
    assert "Бывший" not in html.split("Больше не представляют")[0]


def test_the_operator_keeps_people_and_reads_no_marks(sign_in, school_class, teacher):
    pupil = make_pupil(school_class, last_name="Тайнова")
    make_mark(make_lesson(make_course(school_class, "Физика")), pupil, "4")
    pupil.absences.create(date=MONDAY, lesson=0, reason="ill")
    pupil.extracts.create(
        sequence=118, school_class=school_class, date_from=MONDAY, date_to=MONDAY, formed_by=teacher, pages=1, sha256=""
    )

    client = sign_in(make_user(is_operator=True))
    html = text_of(client.get(card_url(pupil)))

    assert "Тайнова" in html
    for words in ("Физика", "Последние отметки", "Последние пропуски", "7Б-118", "Выписк", "/extract"):
        assert words not in html
    assert "Журнал</a>" not in text_of(client.get(reverse("journal:class_list", args=[school_class.pk])))


def test_a_stranger_finds_no_card_and_changes_nothing(sign_in, school_class):
    pupil = make_pupil(school_class, last_name="Тайнова", phone="1")
    other = make_class("8А", year=school_class.year)
    parent = make_guardian(pupil, user=make_user()).user
    for user in (teacher_user(other), parent, make_user()):
        client = sign_in(user)
        for url in (card_url(pupil), reverse("journal:pupil_edit", args=[pupil.pk])):
            assert client.get(url).status_code == 404
        for name in ("pupil_edit", "pupil_sensitive"):
            assert client.post(reverse(f"journal:{name}", args=[pupil.pk]), {"phone": "2"}).status_code == 404
        answer = client.post(reverse("journal:pupil_field", args=[pupil.pk, "phone"]), {"phone": "67-46-30"})
        assert answer.status_code == 404 and "Тайнова" not in answer.content.decode()
    pupil.refresh_from_db()
    assert pupil.phone == "1"


@pytest.mark.parametrize("guardians", [1, 3])
@pytest.mark.parametrize(("who", "queries"), [("teacher", 17), ("operator", 14)])
def test_the_card_costs_the_same_whatever_is_on_it(
    sign_in, school_class, teacher, who, queries, guardians, django_assert_num_queries
):
    pupil = make_pupil(school_class)
    for number in range(guardians):
        make_guardian(pupil)
        make_mark(make_lesson(make_course(school_class, f"Предмет {number}")), pupil)
    client = sign_in(teacher if who == "teacher" else make_user(is_operator=True))

    # session, user, own classes, pupil, class, audit, guardians, groups, plans, stays, movements, looks, changes, and
    # for who reads them marks, absences, extracts
    with django_assert_num_queries(queries):
        assert client.get(card_url(pupil)).status_code == 200


def test_three_guardians_and_no_patronymic(sign_in, teacher, school_class):
    pupil = make_pupil(school_class, last_name="Ким", first_name="Алина", patronymic="")
    names = [make_guardian(pupil, last_name=name).full_name for name in ("Первая", "Вторая", "Третья")]

    html = text_of(sign_in(teacher).get(card_url(pupil)))

    assert "<h1>Ким Алина</h1>" in html and all(name in html for name in names)
    assert re.search(r"Отчество</dt> <dd> <span class=\"muted\">нет</span>", html)


def test_who_left_and_came_back_is_here_again(sign_in, school_class):
    pupil = make_pupil(school_class, until=date(2026, 9, 30))
    client = sign_in(make_user(is_deputy=True))
    assert "выбыл(а) 30.09.2026" in text_of(client.get(card_url(pupil)))

    Enrolment.objects.create(pupil=pupil, school_class=school_class, date_from=date(2026, 11, 2))

    html = text_of(client.get(card_url(pupil)))
    assert "выбыл(а)" not in html
    assert "с 01.09.2026 по 30.09.2026" in html and "с 02.11.2026" in html


def test_who_is_admitted_but_in_no_class_yet_has_a_card(sign_in):
    pupil = make_pupil()
    html = text_of(sign_in(make_user(is_operator=True)).get(card_url(pupil)))
    assert "в класс ещё не зачислен(а)" in html and "Ни в каком классе не числится" in html


# --- In its place ---------------------------------------------------------------------------------


def test_a_line_is_corrected_in_its_place(sign_in, teacher, school_class):
    pupil = make_pupil(school_class, phone="67-46-30")
    client = sign_in(teacher)

    answer = save_field(client, pupil, "phone", "8(935)4762524")

    pupil.refresh_from_db()
    event = AuditEvent.objects.get(action=AuditEvent.Action.CHANGE)
    assert pupil.phone == "+7 935 476-25-24"
    assert answer.url == f"{card_url(pupil)}#fact-phone"
    assert (event.subject, event.pupil_id, event.actor) == ("карточка", pupil.pk, teacher)
    assert (event.old, event.new) == ({"phone": "67-46-30"}, {"phone": "+7 935 476-25-24"})


def test_the_script_gets_one_line(sign_in, teacher, school_class):
    pupil = make_pupil(school_class)
    client = sign_in(teacher)
    data = {**open_field(client, pupil, "phone"), "phone": "9354762524"}

    html = client.post(reverse("journal:pupil_field", args=[pupil.pk, "phone"]), data, **PART).content.decode()

    assert "<html" not in html and "+7 935 476-25-24" in html and "сохранено 08:20" in html


def test_without_a_script_the_link_opens_the_line_on_the_page(sign_in, teacher, school_class):
    pupil = make_pupil(school_class, phone="67-46-30")
    html = text_of(sign_in(teacher).get(card_url(pupil, "?edit=phone")))
    assert f'action="{reverse("journal:pupil_field", args=[pupil.pk, "phone"])}"' in html
    assert 'value="67-46-30"' in html and "Последние отметки" in html


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phone", "12", "Ожидается 10 цифр"),
        ("phone", "8 935 476-25-24, 8 900 000-00-00", "один номер"),
        ("last_name", "12345", "не похоже на имя"),
        ("last_name", "", "Обязательное поле"),
        ("file_number", "x" * 31, "не более 30"),
    ],
)
def test_bad_input_is_told_and_stays_in_the_field(sign_in, teacher, school_class, field, value, words):
    pupil = make_pupil(school_class, last_name="Тайнова")

    answer = save_field(sign_in(teacher), pupil, field, value)

    assert answer.status_code == 422
    html = text_of(answer)
    assert words in html
    assert not value or f'value="{value}"' in html
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.CHANGE).exists()


@pytest.mark.parametrize("field", ["birth_date", "admitted_on", "study_form"])
def test_what_others_keep_is_text_with_a_hint(sign_in, teacher, school_class, field):
    pupil = make_pupil(school_class)
    client = sign_in(teacher)

    html = text_of(client.get(card_url(pupil, f"?edit={field}")))
    assert "data-fact-form" not in html and html.count("меняет администратор или заместитель директора") == 3

    answer = client.post(reverse("journal:pupil_field", args=[pupil.pk, field]), {field: "2012-01-01"})
    assert answer.status_code == 403
    client.post(
        reverse("journal:pupil_edit", args=[pupil.pk]), {field: "2012-01-01", "last_name": "А", "first_name": "Б"}
    )
    assert getattr(Pupil.objects.get(pk=pupil.pk), field) == getattr(pupil, field)


def test_an_unknown_field_does_not_exist(sign_in, teacher, school_class):
    pupil = make_pupil(school_class)
    for field in ("sort_name", "user", "snils_encrypted", "id"):
        answer = sign_in(teacher).post(reverse("journal:pupil_field", args=[pupil.pk, field]), {field: "1"})
        assert answer.status_code == 404


def test_two_teachers_on_one_field_see_both_values(client, teacher, acting, school_class):
    from django.test import Client

    pupil, one, other = make_pupil(school_class, phone="67-46-30"), Client(), Client()
    for browser, user in ((one, teacher), (other, acting)):
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    late = open_field(one, pupil, "phone")
    save_field(other, pupil, "phone", "67-46-31")

    answer = one.post(reverse("journal:pupil_field", args=[pupil.pk, "phone"]), {**late, "phone": "67-46-32"})

    html = text_of(answer)
    assert answer.status_code == 409
    assert "Замещаева И. в 08:20 изменил(а) это поле: «67-46-31»" in html and 'value="67-46-32"' in html
    assert Pupil.objects.get(pk=pupil.pk).phone == "67-46-31"

    again = one.post(
        reverse("journal:pupil_field", args=[pupil.pk, "phone"]),
        {"seen": seen_of(answer.content.decode()), "phone": "67-46-32"},
    )
    assert again.status_code == 302
    assert Pupil.objects.get(pk=pupil.pk).phone == "67-46-32"


def test_two_teachers_on_different_fields_lose_nothing(teacher, acting, school_class):
    from django.test import Client

    pupil, one, other = make_pupil(school_class, phone="67-46-30", address="а"), Client(), Client()
    for browser, user in ((one, teacher), (other, acting)):
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("journal:pupil_edit", args=[pupil.pk])
    whole = {"last_name": pupil.last_name, "first_name": pupil.first_name, "sex": "f", "file_number": ""}
    page = one.get(url).content.decode()
    save_field(other, pupil, "phone", "67-46-31")

    answer = one.post(url, {**whole, "seen": seen_of(page), "phone": "67-46-30", "address": "б"})

    pupil.refresh_from_db()
    assert (answer.status_code, pupil.phone, pupil.address) == (302, "67-46-31", "б")


# --- СНИЛС ----------------------------------------------------------------------------------------


def clear_number_in(html: str) -> bool:
    return "11223344595" in re.sub(r"[\s-]", "", html)


def test_a_snils_is_written_encrypted_and_never_shown(sign_in, teacher, school_class):
    pupil = make_pupil(school_class)
    client = sign_in(teacher)

    save_field(client, pupil, "snils", SNILS)

    pupil.refresh_from_db()
    assert pupil.snils == "11223344595" and "11223344595" not in pupil.snils_encrypted
    for url in (card_url(pupil), card_url(pupil, "?edit=snils"), reverse("journal:pupil_edit", args=[pupil.pk])):
        html = client.get(url).content.decode()
        assert "•••-•••-445 95" in html and not clear_number_in(html)
    assert "СНИЛС: указан" in text_of(client.get(card_url(pupil)))


def test_an_empty_snils_leaves_the_stored_one_and_a_tick_removes_it(sign_in, teacher, school_class):
    pupil = make_pupil(school_class, snils=SNILS)
    client = sign_in(teacher)

    save_field(client, pupil, "snils", "")
    assert Pupil.objects.get(pk=pupil.pk).snils == "11223344595"

    save_field(client, pupil, "snils", "", snils_clear="on")
    assert Pupil.objects.get(pk=pupil.pk).snils == ""
    assert "СНИЛС: удалён" in text_of(client.get(card_url(pupil)))


@pytest.mark.parametrize(
    ("typed", "words"),
    [("112-233-445 96", "контрольное число не сходится"), ("112-233", "не 11 цифр"), (SNILS, "уже записан у другого")],
)
def test_a_wrong_or_foreign_snils_is_refused_without_being_repeated(sign_in, teacher, school_class, typed, words):
    make_pupil(school_class, snils=SNILS)
    pupil = make_pupil(school_class)

    answer = save_field(sign_in(teacher), pupil, "snils", typed)

    html = text_of(answer)
    assert answer.status_code == 422 and words in html
    assert typed not in html and not clear_number_in(html)


def test_the_same_snils_at_the_same_moment_is_refused_in_words(sign_in, teacher, school_class, monkeypatch):
    pupil, other = make_pupil(school_class), make_pupil(school_class)
    client = sign_in(teacher)
    data = open_field(client, pupil, "snils")
    from journal.forms.pupils import PupilForm

    def meanwhile(form):
        row = Pupil.objects.get(pk=other.pk)
        row.snils = SNILS
        row.save()
        return form.cleaned_data["snils"]

    monkeypatch.setattr(PupilForm, "clean_snils", meanwhile)
    answer = client.post(reverse("journal:pupil_field", args=[pupil.pk, "snils"]), {**data, "snils": SNILS})

    assert answer.status_code == 422 and "уже записан у другого" in text_of(answer)


def test_a_snils_changed_meanwhile_is_a_conflict_told_masked(sign_in, teacher, acting, school_class):
    pupil = make_pupil(school_class)
    client = sign_in(teacher)
    late = open_field(client, pupil, "snils")
    save_field(sign_in(acting), pupil, "snils", SNILS)

    answer = sign_in(teacher).post(
        reverse("journal:pupil_field", args=[pupil.pk, "snils"]), {**late, "snils": "087-654-303 00"}
    )

    html = text_of(answer)
    assert answer.status_code == 409 and "«•••-•••-445 95»" in html and not clear_number_in(html)
    assert Pupil.objects.get(pk=pupil.pk).snils == "11223344595"


# --- Birth date -----------------------------------------------------------------------------------


@pytest.fixture
def first_grader():
    return make_pupil(make_class("1А"), birth_date=date(2019, 5, 14))


def test_a_ninth_graders_age_in_grade_1_is_saved_with_a_warning(sign_in, first_grader):
    client = sign_in(make_user(is_operator=True))

    answer = save_field(client, first_grader, "birth_date", "14.05.2011")

    first_grader.refresh_from_db()
    assert (answer.status_code, first_grader.birth_date) == (302, date(2011, 5, 14))
    assert "15 лет в 1А — необычно, проверьте дату рождения" in text_of(client.get(card_url(first_grader)))


def test_a_usual_age_bears_no_warning(sign_in, first_grader):
    assert "необычно" not in text_of(sign_in(make_user(is_operator=True)).get(card_url(first_grader)))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ((date(2026, 11, 23) + timedelta(1)).isoformat(), "ещё не наступило"),
        ("1919-05-14", "от 5 до 21 лет"),
        ("31.02.2019", "такого дня нет"),
        ("вчера", "не дата"),
    ],
)
def test_a_birth_date_that_cannot_be_is_refused(sign_in, first_grader, typed, words):
    answer = save_field(sign_in(make_user(is_operator=True)), first_grader, "birth_date", typed)

    assert answer.status_code == 422 and words in text_of(answer)
    assert Pupil.objects.get(pk=first_grader.pk).birth_date == date(2019, 5, 14)


# --- The full form --------------------------------------------------------------------------------


def whole_form(client, pupil, **changes) -> dict:
    html = client.get(reverse("journal:pupil_edit", args=[pupil.pk])).content.decode()
    seen = seen_of(html)
    shown = {name: text for name, text in json.loads(seen).items() if not name.startswith("snils")}
    return {"seen": seen, **shown, **changes}


def test_the_full_form_writes_what_was_changed_and_nothing_else(sign_in, teacher, school_class):
    pupil = make_pupil(school_class, last_name="ТАЙНОВА", phone="8 (8652) 67-46-30", address="а", snils=SNILS)
    client = sign_in(teacher)

    answer = client.post(
        reverse("journal:pupil_edit", args=[pupil.pk]),
        whole_form(client, pupil, address="ул.  Мира, 1", patronymic="ОЛЕГОВНА"),
    )

    event = AuditEvent.objects.get(action=AuditEvent.Action.CHANGE)
    assert answer.status_code == 302
    assert event.new == {"address": "ул.  Мира, 1", "patronymic": "Олеговна"}
    assert Pupil.objects.get(pk=pupil.pk).snils == "11223344595"


def test_an_error_of_the_full_form_keeps_everything_typed(sign_in, teacher, school_class):
    pupil = make_pupil(school_class)
    client = sign_in(teacher)

    answer = client.post(
        reverse("journal:pupil_edit", args=[pupil.pk]), whole_form(client, pupil, phone="12", address="ул. Новая, 5")
    )

    html = text_of(answer)
    assert answer.status_code == 422
    assert 'value="12"' in html and "ул. Новая, 5" in html and "Ожидается 10 цифр" in html


# --- The special block ----------------------------------------------------------------------------


def sensitive_url(pupil):
    return reverse("journal:pupil_sensitive", args=[pupil.pk])


def allow(user):
    user.sees_sensitive = True
    user.save()
    return user


@pytest.mark.parametrize(("school_keeps", "permitted"), [(False, False), (False, True), (True, False)])
def test_the_special_block_does_not_exist_unless_kept_and_permitted(
    sign_in, teacher, school_class, school_keeps, permitted
):
    make_school(sensitive_block=school_keeps)
    pupil = make_pupil(school_class)
    SensitiveData.objects.create(pupil=pupil, social_status="многодетная")
    if permitted:
        allow(teacher)
    client = sign_in(teacher)

    html = text_of(client.get(card_url(pupil)))
    assert "собые сведения" not in html and "многодетная" not in html
    assert client.get(sensitive_url(pupil)).status_code == 404
    assert client.post(sensitive_url(pupil), {"social_status": "x"}).status_code == 404
    assert SensitiveData.objects.get().social_status == "многодетная"


def test_permission_alone_opens_no_foreign_pupil(sign_in, school_class):
    make_school(sensitive_block=True)
    stranger = allow(teacher_user(make_class("8А", year=school_class.year)))
    assert sign_in(stranger).get(sensitive_url(make_pupil(school_class))).status_code == 404


def test_every_look_at_the_special_block_is_an_event_of_its_own(sign_in, teacher, school_class):
    make_school(sensitive_block=True)
    pupil = make_pupil(school_class)
    client = sign_in(allow(teacher))
    client.get(card_url(pupil))
    assert "Особые сведения" in text_of(client.get(card_url(pupil)))

    client.get(sensitive_url(pupil))

    events = AuditEvent.objects.filter(subject="особые сведения", action=AuditEvent.Action.READ)
    assert [(event.actor, event.pupil_id) for event in events] == [(teacher, pupil.pk)]
    assert not SensitiveData.objects.exists()  # reading makes no row


def test_the_special_block_is_corrected_and_its_history_stays_on_its_page(sign_in, teacher, school_class):
    make_school(sensitive_block=True)
    pupil = make_pupil(school_class)
    client = sign_in(allow(teacher))
    seen = seen_of(client.get(sensitive_url(pupil)).content.decode())

    answer = client.post(sensitive_url(pupil), {"seen": seen, "health_group": "2", "social_status": "многодетная"})

    row = SensitiveData.objects.get(pupil=pupil)
    assert (answer.status_code, row.health_group, row.social_status) == (302, "2", "многодетная")
    assert 'Группа здоровья: <span class="muted">пусто</span> → II' in text_of(client.get(sensitive_url(pupil)))
    assert "многодетная" not in text_of(client.get(card_url(pupil)))


def test_two_people_on_the_special_block(sign_in, teacher, acting, school_class):
    make_school(sensitive_block=True)
    pupil = make_pupil(school_class)
    late = seen_of(sign_in(allow(teacher)).get(sensitive_url(pupil)).content.decode())
    sign_in(allow(acting)).post(sensitive_url(pupil), {"seen": late, "health_group": "1"})

    answer = sign_in(teacher).post(sensitive_url(pupil), {"seen": late, "health_group": "2"})

    assert answer.status_code == 409 and "изменил(а) это поле: «I»" in text_of(answer)
    assert SensitiveData.objects.get().health_group == "1"


# --- History --------------------------------------------------------------------------------------


def change(pupil, object_type, old, new, **fields):
    return AuditEvent.objects.create(
        action=AuditEvent.Action.CHANGE, subject="карточка", pupil_id=pupil.pk, object_type=object_type,
        object_id=1, old=old, new=new, **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("object_type", "old", "new", "words"),
    [
        ("pupil", {"phone": ""}, {"phone": "67-46-30"}, 'Телефон: <span class="muted">пусто</span> → 67-46-30'),
        ("pupil", {"sex": "m"}, {"sex": "f"}, 'Пол: <span class="muted">мужской</span> → женский'),
        ("pupil", {"birth_date": "2013-05-14"}, {"birth_date": "2013-05-15"},
         'Дата рождения: <span class="muted">14.05.2013</span> → 15.05.2013'),
        ("pupil", {"snils": "изменён"}, {"snils": "изменён"}, "СНИЛС: изменён"),
        ("guardianship", {"informing": "electronic"}, {"informing": "paper_refused"},
         'Форма информирования: <span class="muted">электронная</span> → бумажная: отказ от электронной'),
        ("guardianship", {"kinship": None}, {"kinship": "mother"},
         'Степень родства: <span class="muted">пусто</span> → мать'),
        ("enrolment", {"school_class": "6Б"}, {"school_class": "7Б"}, 'Класс: <span class="muted">6Б</span> → 7Б'),
        ("guardian", None, {"email": "a@example.org"}, 'E-mail: <span class="muted">пусто</span> → a@example.org'),
    ],
)  # fmt: skip
def test_the_history_tells_changes_as_people_read_them(sign_in, teacher, school_class, object_type, old, new, words):
    pupil = make_pupil(school_class)
    change(pupil, object_type, old, new, actor=make_user(last_name="Орлова", first_name="Мария"))

    html = text_of(sign_in(teacher).get(card_url(pupil)))

    assert words in html and "23.11.2026 08:20, Орлова М." in html


def test_marks_and_neighbours_are_not_in_the_history(sign_in, teacher, school_class):
    pupil, neighbour = make_pupil(school_class), make_pupil(school_class)
    change(pupil, "mark", {"value": "3"}, {"value": "5"})
    change(neighbour, "pupil", {"phone": "1"}, {"phone": "сосед"})

    html = text_of(sign_in(teacher).get(card_url(pupil)))

    assert "Карточку ещё не меняли" in html and "сосед" not in html


def test_every_look_at_the_card_is_recorded(sign_in, teacher, school_class):
    pupil = make_pupil(school_class)
    client = sign_in(teacher)
    client.get(card_url(pupil))
    client.get(reverse("journal:pupil_edit", args=[pupil.pk]))
    client.get(card_url(pupil, "?edit=phone"), **PART)

    events = AuditEvent.objects.filter(action=AuditEvent.Action.READ).order_by("pk")
    assert [(e.subject, e.pupil_id, e.class_id) for e in events] == [
        ("карточка", pupil.pk, school_class.pk), ("карточка: исправление", pupil.pk, school_class.pk),
        ("карточка", pupil.pk, school_class.pk),
    ]  # fmt: skip
    assert timezone.localdate() == date(2026, 11, 23)
