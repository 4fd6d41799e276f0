"""Who may give, block and report which login, and that nobody gets hold of a login of staff this way."""

from datetime import datetime

import pytest
from django.contrib.auth.hashers import check_password
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, SecurityNotice, User
from journal.models import School
from journal.services.access import (
    AccessChanged,
    AccessRefused,
    make_passwords,
    stamp_of,
    unblock,
    write_passwords,
)
from tests.factories import make_class, make_guardian, make_pupil, make_teacher, make_user, teacher_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def monday(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


def make(*holders):
    return make_passwords(holders, school=School.load())


def test_a_login_is_made_only_when_it_is_written(school_class):
    person = make_guardian(make_pupil(school_class), last_name="Щукина", first_name="Ольга", patronymic="Ивановна")

    [new] = make(person)
    assert not User.objects.filter(username=new.login).exists()
    write_passwords([new], by=teacher_user(school_class))

    person.refresh_from_db()
    user = person.user
    assert user.username == new.login and new.login.startswith("shchukina")
    assert check_password(new.password, user.password) and new.password not in user.password
    assert (user.full_name, user.must_change_password, user.rules_version) == ("Щукина Ольга Ивановна", True, "")
    assert user.one_time_until == new.until
    assert f"{timezone.localtime(new.until):%d.%m.%Y %H:%M}" == "07.12.2026 23:59"  # 14 days, the last one whole


def test_access_that_changed_meanwhile_changes_nobodys_password(school_class):
    first, second = (make_guardian(make_pupil(school_class), user=make_user()) for _ in range(2))
    made = make(first, second)
    second.user.set_password("Свой новый пароль 2026")
    second.user.save()

    with pytest.raises(AccessChanged):
        write_passwords(made, by=teacher_user(school_class))

    first.user.refresh_from_db(), second.user.refresh_from_db()
    assert first.user.check_password("Sekret-2026-test")
    assert second.user.check_password("Свой новый пароль 2026")


def test_who_is_not_kept_any_more_gets_nothing(school_class):
    child = make_pupil(school_class)
    person = make_guardian(child)
    made = make(person)
    child.enrolments.update(date_to=datetime(2026, 11, 20).date())

    with pytest.raises(AccessChanged):
        write_passwords(made, by=teacher_user(school_class))
    assert not User.objects.filter(username=made[0].login).exists()


def test_a_login_that_somebody_took_meanwhile_stops_the_work(school_class):
    made = make(make_guardian(make_pupil(school_class)))
    make_user(username=made[0].login)

    with pytest.raises(AccessChanged):
        write_passwords(made, by=teacher_user(school_class))


@pytest.mark.parametrize("role", ["teacher", "is_deputy", "is_operator"])
def test_the_login_of_staff_is_out_of_reach(client, school_class, role):
    """A deputy may have a child here: the class teacher must not get the deputy's password."""
    user = make_teacher().user if role == "teacher" else make_user(**{role: True})
    person = make_guardian(make_pupil(school_class), user=user)
    client.force_login(teacher_user(school_class), backend=BACKEND)

    page = client.get(reverse("journal:guardian", args=[person.pk])).content.decode()
    client.post(reverse("reports:access_slip", args=[person.pk]), {"stamp": stamp_of(person)})
    for name in ("guardian_block", "guardian_compromise", "guardian_unblock"):
        assert client.post(reverse(f"journal:{name}", args=[person.pk]), {"reason": "x"}).status_code == 404

    assert "Это вход сотрудника гимназии" in page and "Новый листок" not in page
    user.refresh_from_db()
    assert user.check_password("Sekret-2026-test") and user.is_active
    with pytest.raises(AccessRefused, match="сотрудника"):
        make(person)


def test_blocking_needs_a_reason_and_is_told_on_each_child(client, school_class):
    first, second = make_pupil(school_class), make_pupil(make_class("5А", year=school_class.year))
    person = make_guardian(first, second, user=make_user())
    client.force_login(teacher_user(school_class), backend=BACKEND)
    url = reverse("journal:guardian_block", args=[person.pk])

    assert "Обязательное поле" in client.post(url, {"reason": ""}).content.decode()
    assert client.post(url, {"reason": "телефон украден"}).url == reverse("journal:guardian", args=[person.pk])

    person.user.refresh_from_db()
    assert not person.user.is_active
    events = AuditEvent.objects.filter(subject="вход заблокирован")
    assert {(event.pupil_id, event.new["reason"]) for event in events} == {
        (first.pk, "телефон украден"),
        (second.pk, "телефон украден"),
    }
    html = client.get(reverse("journal:guardian", args=[person.pk])).content.decode()
    assert "Снять блокировку" in html and "Новый листок" not in html
    with pytest.raises(AccessRefused, match="снимите блокировку"):
        make(person)
    client.post(reverse("journal:guardian_unblock", args=[person.pk]))
    person.user.refresh_from_db()
    assert person.user.is_active and not unblock(person, by=teacher_user(school_class))


def test_a_compromise_is_reported_for_a_parent_in_two_presses(client, school_class):
    parent = make_user()
    person = make_guardian(make_pupil(school_class), last_name="Орлова", user=parent)
    family = type(client)()
    family.force_login(parent, backend=BACKEND)
    client.force_login(teacher_user(school_class), backend=BACKEND)

    page = client.get(reverse("journal:guardian", args=[person.pk])).content.decode()
    confirm = reverse("journal:guardian_compromise", args=[person.pk])
    assert f'href="{confirm}"' in page
    client.post(confirm, {"text": "Звонила мама"})

    notice = SecurityNotice.objects.get()
    assert (notice.user, notice.reported_by, f"{notice.deadline}") == (parent, teacher_user(school_class), "2026-11-24")
    assert notice.text.endswith("за: Орлова Ольга. Звонила мама")
    parent.refresh_from_db()
    assert not parent.has_usable_password()
    html = client.get(reverse("journal:guardian", args=[person.pk])).content.decode()
    assert "пароль отменён" in html and "Новый листок с паролем" in html


def test_a_pupil_may_have_a_login_of_its_own(client, school_class):
    pupil = make_pupil(school_class, last_name="Ёлкин", first_name="Тимур")
    client.force_login(teacher_user(school_class), backend=BACKEND)
    page = reverse("journal:pupil_access", args=[pupil.pk])
    assert "нет входа" in client.get(page).content.decode()

    response = client.post(reverse("reports:pupil_access_slip", args=[pupil.pk]), {"stamp": ""})

    assert response["Content-Type"] == "application/pdf"
    pupil.refresh_from_db()
    assert pupil.user.username.startswith("elkin") and pupil.user.own_children == [pupil]
    client.post(reverse("journal:pupil_block", args=[pupil.pk]), {"reason": "каникулы"})
    assert "заблокирован" in client.get(page).content.decode()
