"""Entering: by contract, with rules accepted, with sessions one can see and end, with clocks that run out."""

from datetime import date, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, NoticeAction, RulesAcceptance, SecurityNotice, UserSession
from accounts.rules import RULES_VERSION
from tests.factories import make_class, make_pupil, make_user, teacher_user

pytestmark = pytest.mark.django_db
PASSWORD = "Длинный пароль 2026"
LOGIN = "/accounts/login/"


def sign_in(client, user, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": user.username, "password": password, **extra})


@pytest.fixture
def user():
    return make_user(username="orlova", password=PASSWORD)


def test_a_person_signs_in_and_the_session_is_noted(client, user):
    response = sign_in(client, user, login="  Orlova ")

    assert response.url == "/"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert UserSession.objects.get().user == user
    assert AuditEvent.objects.get(action="sign_in").actor == user


def test_a_wrong_password_and_an_unknown_login_are_told_the_same(client, user):
    wrong = sign_in(client, user, "не тот").content.decode()
    unknown = client.post(LOGIN, {"login": "nobody", "password": "x"}).content.decode()

    assert "Логин или пароль не подошли" in wrong
    assert "Логин или пароль не подошли" in unknown
    assert not UserSession.objects.exists()


def test_after_signing_in_the_wanted_page_opens_and_no_foreign_one(client, user):
    assert sign_in(client, user, next="/help/").url == "/help/"
    client.logout()
    assert sign_in(client, user, next="https://example.org/").url == "/"


def test_guessing_locks_the_account_at_that_address_only(user, settings):
    settings.AXES_FAILURE_LIMIT = 3
    guesser, owner = Client(REMOTE_ADDR="10.0.0.1"), Client(REMOTE_ADDR="10.0.0.2")
    for _ in range(3):
        sign_in(guesser, user, "догадка")

    assert sign_in(guesser, user).status_code == 429
    assert sign_in(owner, user).status_code == 302


def test_the_rules_come_before_everything_else(client):
    newcomer = make_user(password=PASSWORD, rules_version="")
    sign_in(client, newcomer)

    assert client.get("/accounts/security/").url == "/accounts/rules/"
    client.post("/accounts/rules/", {"accept": "1"})

    assert RulesAcceptance.objects.get().version == RULES_VERSION
    assert client.get("/accounts/security/").status_code == 200


def test_a_one_time_password_is_changed_first(client):
    newcomer = make_user(password=PASSWORD, must_change_password=True)
    sign_in(client, newcomer)

    assert client.get("/accounts/security/").url == "/accounts/password/"
    new = {"new_password1": "Совсем другой 2026", "new_password2": "Совсем другой 2026"}
    assert client.post("/accounts/password/", {"old_password": PASSWORD, **new}).url == "/"

    newcomer.refresh_from_db()
    assert not newcomer.must_change_password
    assert newcomer.check_password("Совсем другой 2026")


def test_a_new_password_ends_the_other_sessions(client, user):
    other = Client()
    sign_in(client, user)
    sign_in(other, user)
    new = {"new_password1": "Совсем другой 2026", "new_password2": "Совсем другой 2026"}

    client.post("/accounts/password/", {"old_password": PASSWORD, **new})

    assert client.get("/accounts/security/").status_code == 200
    assert other.get("/accounts/security/").url.startswith(LOGIN)
    assert UserSession.objects.filter(ended_at=None).count() == 1


def test_one_ends_own_sessions_and_nobody_elses(client, user):
    other, stranger = Client(), Client()
    sign_in(client, user)
    sign_in(other, user)
    sign_in(stranger, make_user(username="stranger", password=PASSWORD))
    foreign = UserSession.objects.get(user__username="stranger")

    client.post(reverse("accounts:end_session", args=[foreign.pk]))
    assert stranger.get("/accounts/security/").status_code == 200
    own = UserSession.objects.filter(user=user).exclude(session_key=client.session.session_key).get()
    client.post(reverse("accounts:end_session", args=[own.pk]))

    assert other.get("/accounts/security/").url.startswith(LOGIN)
    assert client.get("/accounts/security/").status_code == 200


@pytest.mark.parametrize(("minutes", "signed_in"), [(29, True), (31, False)])
def test_staff_is_signed_out_after_half_an_idle_hour(client, minutes, signed_in):
    user = teacher_user(make_class())
    user.set_password(PASSWORD)
    user.save()
    sign_in(client, user)
    session = client.session
    session["seen"] -= minutes * 60
    session.save()

    assert (client.get("/accounts/security/").status_code == 200) is signed_in


def test_a_family_is_not_hurried_but_twelve_hours_end_every_session(client, user):
    sign_in(client, user)
    session = client.session
    session["seen"] -= 3 * 3600
    session.save()
    assert client.get("/accounts/security/").status_code == 200

    session = client.session
    session["started"] -= 12 * 3600 + 60
    session.save()
    assert client.get("/accounts/security/").url.startswith(LOGIN)


def test_signing_out_is_a_post_and_ends_the_session(client, user):
    sign_in(client, user)
    key = client.session.session_key

    assert client.get("/accounts/logout/").status_code == 405
    client.post("/accounts/logout/")

    assert not Session.objects.filter(session_key=key).exists()
    assert UserSession.objects.get().ended_at


def test_a_compromised_login_is_closed_at_once_with_a_deadline(client, user, clock):
    clock(datetime(2026, 11, 20, 18, 0))
    other = Client()
    sign_in(client, user)
    sign_in(other, user)

    client.post(reverse("accounts:report_compromise"), {"text": "Потерян телефон"})

    notice = SecurityNotice.objects.get()
    assert (notice.user, notice.text, notice.deadline) == (user, "Потерян телефон", date(2026, 11, 23))
    assert NoticeAction.objects.get().notice == notice
    assert other.get("/accounts/security/").url.startswith(LOGIN)
    assert "Логин или пароль не подошли" in sign_in(Client(), user).content.decode()


def test_pages_are_kept_by_no_cache(client, user):
    sign_in(client, user)

    assert client.get("/accounts/security/")["Cache-Control"] == "no-store"
    assert client.get(LOGIN)["Cache-Control"] == "no-store"


def test_a_role_acts_on_the_next_request(client):
    school_class = make_class("7Б")
    make_pupil(school_class)
    user = teacher_user(school_class)
    client.force_login(user)
    target = reverse("attendance:today", args=[school_class.pk])
    assert client.get(target).status_code == 302

    school_class.class_teachers.update(date_to=school_class.year.date_from + timedelta(days=1))

    assert client.get(target).status_code == 404


def test_the_first_administrator_of_an_empty_school_may_import(client):
    from accounts.models import User

    User.objects.create_superuser("first", password=PASSWORD)

    assert User.objects.get(username="first").may_import
