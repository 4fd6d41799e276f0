"""The operator's tool: who enters, what can be found, what stays as it is, what trace is left."""

from datetime import date
from uuid import uuid4

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import AuditEvent, User
from attendance.models import AbsenceChange
from journal.models import Enrolment, GroupMembership, Pupil
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_guardian,
    make_lesson,
    make_mark,
    make_pupil,
    make_subject,
    make_user,
    teacher_user,
)

pytestmark = pytest.mark.django_db
SNILS = "112-233-445 95"

OWN_APPS = ("accounts", "journal", "attendance", "reports")
OWN_MODELS = [model for model in admin.site._registry if model._meta.app_label in OWN_APPS]
READ_ONLY = {
    "auditevent", "usersession", "rulesacceptance", "securitynotice", "mark", "periodmark", "recommendation",
    "absence", "absencechange", "absencedocument", "documenthold", "scan", "rollcall", "closedmonth", "extract", "job",
    "importbatch",
}  # fmt: skip


@pytest.fixture
def operator(client) -> User:
    user = make_user(is_operator=True, is_staff=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def page(model, what: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def ids(model) -> str:
    return model._meta.model_name


@pytest.mark.parametrize("model", OWN_MODELS, ids=ids)
def test_every_list_opens_is_searched_and_speaks_russian(client, operator, model):
    school_class = make_class()
    make_mark(make_lesson(make_course(school_class)), make_pupil(school_class))

    html = client.get(page(model, "changelist"), {"q": "ёлкина"} if _searches(model) else {}).content.decode()

    assert str(model._meta.verbose_name_plural)[:5].lower() in html.lower()
    names = [field for field in admin.site._registry[model].list_display if isinstance(field, str)]
    assert len(names) >= 2


def _searches(model) -> bool:
    return bool(admin.site._registry[model].search_fields)


@pytest.mark.parametrize("model", OWN_MODELS, ids=ids)
def test_what_only_the_application_writes_is_only_looked_at(client, operator, model):
    read_only = model._meta.model_name in READ_ONLY
    assert (
        client.get(page(model, "add")).status_code == (403 if read_only else 200) or model._meta.model_name == "school"
    )


def test_a_mark_cannot_be_changed_or_deleted_here(client, operator):
    school_class = make_class()
    mark = make_mark(make_lesson(make_course(school_class)), make_pupil(school_class), "3")

    for what in ("change", "delete"):
        answer = client.post(page(type(mark), what, mark.pk), {"value": "5", "post": "yes"})
        assert answer.status_code == 403
    mark.refresh_from_db()
    assert mark.value == "3"


def test_histories_open_and_stay(client, operator):
    pupil = make_pupil()
    event = AuditEvent.objects.create(action=AuditEvent.Action.READ, subject="карточка", pupil_id=pupil.pk)
    change = AbsenceChange.objects.create(key=uuid4(), pupil=pupil, date=MONDAY, new="ill")

    for row in (event, change):
        assert client.get(page(type(row), "change", row.pk)).status_code == 200
        assert client.post(page(type(row), "delete", row.pk), {"post": "yes"}).status_code == 403
        assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("search", ["федоров", "ФЁДОРОВ", "Фёдоров иван"])
def test_a_search_folds_case_and_yo(client, operator, search):
    make_pupil(last_name="Фёдоров", first_name="Иван")
    make_pupil(last_name="Петров", first_name="Иван")

    html = client.get(page(Pupil, "changelist"), {"q": search}).content.decode()

    assert "Фёдоров" in html and "Петров" not in html


@pytest.mark.parametrize(
    ("search", "found"), [("7Б", {"7Б"}), ("7б", {"7Б"}), ("7", {"7А", "7Б"}), ("б", {"7Б", "8Б"})]
)
def test_a_class_is_found_as_people_call_it(operator, search, found):
    year = make_class("7А").year
    for name in ("7Б", "8Б"):
        make_class(name, year=year)
    model = make_class("9В", year=year).__class__

    rows, _ = admin.site._registry[model].get_search_results(None, model.objects.all(), search)

    assert {row.name for row in rows} == found


def test_opening_a_card_is_recorded_and_shows_no_snils(client, operator):
    pupil = make_pupil(snils=SNILS)

    html = client.get(page(Pupil, "change", pupil.pk)).content.decode()

    assert "•••-•••-445 95" in html
    assert "112-233" not in html and "11223344595" not in html and pupil.snils_encrypted not in html
    assert list(AuditEvent.objects.values_list("actor", "action", "pupil_id")) == [(operator.pk, "read", pupil.pk)]


def test_opening_a_guardian_is_a_look_at_the_children(client, operator):
    pupil = make_pupil()
    guardian = make_guardian(pupil)
    client.get(page(type(guardian), "change", guardian.pk))
    assert list(AuditEvent.objects.values_list("action", "pupil_id")) == [("read", pupil.pk)]


def change_form(pupil: Pupil, **changed) -> dict:
    rows = ("guardianships", "enrolments", "group_memberships", "plans", "movements")
    data = {f"{name}-{key}": "0" for name in rows for key in ("TOTAL_FORMS", "INITIAL_FORMS")}
    names = (
        "last_name",
        "first_name",
        "patronymic",
        "sex",
        "birth_date",
        "study_form",
        "file_number",
        "address",
        "phone",
    )
    data |= {name: str(getattr(pupil, name)) for name in names}
    return {**data, "birth_date": f"{pupil.birth_date:%d.%m.%Y}", **changed}


def test_a_change_of_a_card_keeps_old_and_new(client, operator):
    pupil = make_pupil(last_name="Белова", snils=SNILS)

    answer = client.post(page(Pupil, "change", pupil.pk), change_form(pupil, last_name="Чернова"))

    assert answer.status_code == 302
    event = AuditEvent.objects.get(action="change")
    assert (event.pupil_id, event.old, event.new) == (pupil.pk, {"last_name": "Белова"}, {"last_name": "Чернова"})
    pupil.refresh_from_db()
    assert (pupil.sort_name, pupil.snils) == ("чернова анна", "11223344595")


@pytest.mark.parametrize(("typed", "words"), [("112-233-445 96", "Это не СНИЛС"), (SNILS, "уже записан у другого")])
def test_a_wrong_or_foreign_snils_is_refused(client, operator, typed, words):
    make_pupil(snils=SNILS)
    pupil = make_pupil()

    html = client.post(page(Pupil, "change", pupil.pk), change_form(pupil, new_snils=typed)).content.decode()

    assert words in html
    pupil.refresh_from_db()
    assert pupil.snils == ""


def test_a_new_snils_is_stored_encrypted_and_stays_out_of_the_trail(client, operator):
    pupil = make_pupil()
    client.post(page(Pupil, "change", pupil.pk), change_form(pupil, new_snils=SNILS))

    pupil.refresh_from_db()
    assert pupil.snils == "11223344595"
    assert AuditEvent.objects.get(action="change").new == {"snils": "•••-•••-445 95"}


def test_rows_that_clash_are_refused_in_words(client, operator):
    school_class = make_class()
    subject = make_subject("Информатика")
    pupil = make_pupil(school_class)
    make_group(school_class, subject, "1 группа", [pupil])
    second = make_group(school_class, subject, "2 группа")
    data = change_form(pupil) | {
        "group_memberships-TOTAL_FORMS": "1",
        "group_memberships-0-group": second.pk,
        "group_memberships-0-pupil": pupil.pk,
        "group_memberships-0-date_from": "01.10.2026",
    }

    html = client.post(page(Pupil, "change", pupil.pk), data, follow=True).content.decode()

    assert "В эти дни ученик уже состоит в другой группе этого предмета." in html
    assert GroupMembership.objects.filter(pupil=pupil).count() == 1


def test_two_new_rows_that_clash_with_each_other_are_refused_in_words(client, operator):
    a = make_class("7А")
    b = make_class("7Б", year=a.year)
    pupil = make_pupil()
    data = change_form(pupil) | {"enrolments-TOTAL_FORMS": "2"}
    for index, school_class in enumerate((a, b)):
        data |= {
            f"enrolments-{index}-school_class": school_class.pk,
            f"enrolments-{index}-pupil": pupil.pk,
            f"enrolments-{index}-date_from": "01.09.2026",
        }

    html = client.post(page(Pupil, "change", pupil.pk), data, follow=True).content.decode()

    assert "В эти дни ученик уже числится в другом классе." in html
    assert not Enrolment.objects.filter(pupil=pupil).exists()


def test_a_password_given_by_the_operator_is_good_for_one_entry(client, operator):
    user = make_user()
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    client.post(url, {"password1": "Luna-2026-svetit", "password2": "Luna-2026-svetit", "usable_password": "true"})
    user.refresh_from_db()
    assert user.check_password("Luna-2026-svetit")
    assert user.must_change_password


@pytest.mark.parametrize("who", ["deputy", "class teacher", "nobody"])
def test_others_do_not_enter(client, who):
    school_class = make_class()
    pupil = make_pupil(school_class, last_name="Тайнова", birth_date=date(2013, 1, 2))
    users = {"deputy": make_user(is_deputy=True), "class teacher": teacher_user(school_class), "nobody": make_user()}
    client.force_login(users[who], backend="django.contrib.auth.backends.ModelBackend")

    answer = client.get(page(Pupil, "change", pupil.pk))

    assert answer.status_code in (302, 404)
    assert "Тайнова" not in answer.content.decode()
