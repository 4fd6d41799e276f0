"""One-time passwords from paper: made, good for some days, changed at the first entry; logins that are blocked."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import AuditEvent, User, UserSession
from accounts.one_time import DIGITS, latin, new_logins, new_password
from accounts.services import give_one_time_password, set_blocked
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PAPER = "4829-6573-8246"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def monday(clock):
    clock(datetime(2026, 11, 23, 8, 20))


def invited(**fields) -> User:
    user = User(username="orlova482", last_name="Орлова", first_name="Мария", **fields)
    until = timezone.now() + timedelta(days=14)
    give_one_time_password(user=user, hashed=make_password(PAPER), until=until, by=make_user())
    return user


def sign_in(client, password=PAPER):
    return client.post(LOGIN, {"login": "orlova482", "password": password})


def test_a_password_is_read_aloud_without_doubt():
    passwords = {new_password() for _ in range(200)}

    assert len(passwords) == 200
    assert all(re.fullmatch(rf"[{DIGITS}]{{4}}(-[{DIGITS}]{{4}}){{2}}", one) for one in passwords)
    assert not {"0", "1"} & set(DIGITS)


def test_logins_are_of_the_surname_and_never_taken(monkeypatch):
    make_user(username="ivanova222")
    drawn = iter("222333333444555")
    monkeypatch.setattr("accounts.one_time.secrets.choice", lambda signs: next(drawn))

    # The first is taken in the database, the second and third are the same.
    assert new_logins(["Иванова", "Иванова", "Иванова"]) == ["ivanova444", "ivanova333", "ivanova555"]


@pytest.mark.parametrize(
    ("surname", "stem"), [("Щербакова", "shcherbakova"), ("Ким-О’Нил", "kimonil"), ("李", "family")]
)
def test_any_surname_gives_a_login(surname, stem):
    [login] = new_logins([surname])

    assert re.fullmatch(rf"{stem}\d{{3}}", login)


def test_latin_letters():
    assert latin("Подъячева-Юрьева") == "podyacheva-yureva"


def test_the_first_entry_leads_to_a_password_of_ones_own(client):
    user = invited()
    assert sign_in(client).url == "/"
    assert client.get("/").url == "/accounts/password/"

    new = {"new_password1": "Совсем другой 2026", "new_password2": "Совсем другой 2026"}
    client.post("/accounts/password/", {"old_password": PAPER, **new})

    user.refresh_from_db()
    assert (user.must_change_password, user.one_time_until) == (False, None)
    assert user.check_password("Совсем другой 2026")
    assert user.rules_version == "" and client.get("/").url == "/accounts/rules/"


def test_an_expired_password_says_so_to_who_has_it_and_to_nobody_else(client, clock):
    invited()
    clock(datetime(2026, 12, 8, 8, 20))

    right, wrong = sign_in(client).content.decode(), sign_in(client, "5555-5555-5555").content.decode()

    assert "Одноразовый пароль действовал до 07.12.2026" in right and "выдаст классный руководитель" in right
    assert "Логин или пароль не подошли" in wrong and "Одноразовый" not in wrong
    assert not UserSession.objects.exists()


def test_an_expired_password_of_somebody_who_took_an_own_one_does_not_matter(client, clock):
    user = invited()
    user.must_change_password = False
    user.save()
    clock(datetime(2027, 1, 20, 8, 20))

    assert sign_in(client).url == "/"


def test_a_new_password_stops_the_former_one_and_its_sessions(client):
    user = invited()
    sign_in(client)
    until = timezone.now() + timedelta(days=14)

    give_one_time_password(user=user, hashed=make_password("5555-6666-7777"), until=until, by=make_user())

    assert client.get("/").url.startswith(LOGIN)
    assert "не подошли" in sign_in(client).content.decode()
    assert sign_in(client, "5555-6666-7777").url == "/"
    assert AuditEvent.objects.filter(action="password", object_type="user", object_id=user.pk).count() == 2


def test_no_password_is_stored_in_the_clear():
    user = invited()

    stored = [*User.objects.values_list("password", flat=True), str(list(AuditEvent.objects.values()))]
    assert user.check_password(PAPER)
    assert not any(PAPER in text for text in stored)


def test_a_blocked_login_is_closed_at_once_and_opens_with_the_same_password(client):
    user, by = invited(), make_user()
    sign_in(client)

    assert set_blocked(user=user, blocked=True, by=by, reason="утерян телефон", pupil_ids=[5, 6])
    assert not set_blocked(user=user, blocked=True, by=by, reason="ещё раз")
    assert client.get("/").url.startswith(LOGIN)
    assert "Логин или пароль не подошли" in sign_in(client).content.decode()

    assert set_blocked(user=user, blocked=False, by=by, reason="")
    assert sign_in(client).url == "/"
    events = AuditEvent.objects.filter(subject="вход заблокирован").order_by("pupil_id")
    assert [(event.pupil_id, event.new["reason"], event.actor) for event in events] == [
        (5, "утерян телефон", by),
        (6, "утерян телефон", by),
    ]
