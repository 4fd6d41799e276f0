"""What a visitor meets when something is wrong with the installation, and what keeps strangers out."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse
from django.test import Client, RequestFactory

from gymnasium import views
from gymnasium.middleware import ProxyAddressMiddleware
from tests.databases import using_copy
from tests.factories import make_user

LOGIN = "/accounts/login/"


@pytest.fixture
def browser_client() -> Client:
    """Answers with the error page, as a server does, instead of raising in the test."""
    return Client(raise_request_exception=False)


@pytest.fixture
def no_database(_django_db_helper, django_db_blocker):
    """Within the block the database cannot be reached."""
    nowhere = "/nonexistent/database" if connection.vendor == "sqlite" else "no_such_database"
    return lambda: using_copy(nowhere)


# --- Health ---------------------------------------------------------------------------------------


def test_healthz_is_public_and_says_ok(db, client):
    response = client.get("/healthz")

    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"ok", "text/plain")


def test_healthz_says_no_while_a_migration_is_missing(db, client, monkeypatch):
    monkeypatch.setattr(views, "_migrated", False)
    MigrationRecorder.Migration.objects.filter(app="sessions").delete()

    assert client.get("/healthz").status_code == 503

    MigrationRecorder(connection).record_applied("sessions", "0001_initial")

    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db(transaction=True)
def test_healthz_says_no_without_a_database_and_yes_when_it_is_back(client, no_database):
    with no_database():
        assert client.get("/healthz").status_code == 503

    assert client.get("/healthz").content == b"ok"


# --- Error pages ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_page_without_a_database_is_polite_and_comes_back(browser_client, no_database):
    user = make_user()
    browser_client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    with no_database():
        response = browser_client.get("/accounts/security/")

    assert response.status_code == 503
    assert "ненадолго недоступен" in response.content.decode()
    assert response["Retry-After"] == "10"
    assert response["Cache-Control"] == "no-store"
    assert browser_client.get("/accounts/security/").status_code == 200


def test_an_unknown_address_answers_in_russian_and_shows_nothing_inside(db, browser_client):
    response = browser_client.get("/journal/nowhere/?q=<b>")

    assert response.status_code == 404
    text = response.content.decode()
    assert '<html lang="ru">' in text
    assert "urlpatterns" not in text and "<b>" not in text


def test_a_mistake_of_ours_answers_500_without_internals(db, browser_client, monkeypatch):
    class Broken:
        def cursor(self):
            raise ValueError("тайна")

    monkeypatch.setattr(views, "connection", Broken())
    response = browser_client.get("/healthz")

    assert response.status_code == 500
    assert "тайна" not in response.content.decode()


def test_a_form_without_its_token_is_refused_in_russian(db):
    response = Client(enforce_csrf_checks=True).post(LOGIN, {"login": "ivanova", "password": "x"})

    assert response.status_code == 403
    assert "Страница устарела" in response.content.decode()


# --- Guessed passwords ----------------------------------------------------------------------------


def guess(client: Client, login: str, password: str = "мимо", address: str = "192.0.2.1") -> HttpResponse:
    return client.post(LOGIN, {"login": login, "password": password}, REMOTE_ADDR=address)


def test_ten_wrong_passwords_lock_the_account_for_that_address_only(db):
    user, colleague = make_user(username="ivanova"), make_user(username="petrova")
    password = "Sekret-2026-test"
    # However it is spelled, it is one account.
    for spelling in ["ivanova", "IVANOVA", " Ivanova "] * 3 + ["ivanova"]:
        response = guess(Client(), spelling)
    assert response.status_code == 429
    assert "Вход закрыт на 15 минут" in response.content.decode()

    locked = guess(Client(), user.username, password)
    elsewhere = guess(Client(), user.username, password, address="192.0.2.2")
    neighbour = guess(Client(), colleague.username, password)

    assert locked.status_code == 429
    # The rest of the school behind the same address, and the person at home, are not locked out.
    assert (elsewhere.status_code, neighbour.status_code) == (302, 302)


def test_the_attempts_table_keeps_no_password(db):
    from axes.models import AccessAttempt

    make_user(username="ivanova")
    guess(Client(), "ivanova", "почти-верный-пароль")

    attempt = AccessAttempt.objects.get()
    assert attempt.username == "ivanova"
    assert "почти" not in attempt.post_data


# --- Behind proxies -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.7", "10.0.0.1"),  # nobody is believed
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.66, 203.0.113.7", "203.0.113.7"),  # what a visitor put in front is not believed
        (2, "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),  # shorter than it can be: somebody came past a proxy
        (1, "", "10.0.0.1"),
    ],
)
def test_the_visitors_address_is_what_our_own_proxies_say(settings, proxies, forwarded, seen):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)

    ProxyAddressMiddleware(lambda request: HttpResponse())(request)

    assert request.META["REMOTE_ADDR"] == seen


# --- Headers --------------------------------------------------------------------------------------


def test_pages_carry_a_strict_policy(db, client):
    headers = client.get(LOGIN).headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["form-action"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "script-src" not in policy and "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
