"""Sheets for the time without network: which may be kept, what it leaves in the audit trail, what the worker knows."""

import re
import time
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from attendance.copies import COPY_DAYS, copy_days
from attendance.models import Absence
from gymnasium.offline import FILES
from journal.calendar import load_calendar
from tests.factories import MONDAY, make_class, make_pupil, make_user, teacher_user

pytestmark = pytest.mark.django_db
ROOT = settings.BASE_DIR


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


@pytest.fixture
def school_class():
    school_class = make_class("7Б")
    make_pupil(school_class)
    return school_class


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    client.force_login(user)
    return user


def url(school_class, day=MONDAY, name="day_sheet"):
    return reverse(f"attendance:{name}", kwargs={"class_id": school_class.pk, "day": day})


def looks():
    return list(AuditEvent.objects.filter(action="read").order_by("pk").values_list("subject", flat=True))


def test_the_last_fourteen_school_days_are_kept_and_reach_two_weeks_back(school_class):
    calendar = load_calendar(school_class.year)

    days = copy_days(calendar, MONDAY, 7)

    assert (days[0], days[1], len(days)) == (MONDAY, date(2026, 11, 13), COPY_DAYS)
    assert all(calendar.is_school_day(day, 7) for day in days)
    assert copy_days(calendar, date(2026, 11, 15), 7)[0] == date(2026, 11, 13)  # asked on a Sunday


def test_only_sheets_of_an_own_class_of_the_last_days_may_be_kept(client, teacher, school_class):
    deputy = Client()
    deputy.force_login(make_user(is_deputy=True))
    old = MONDAY - timedelta(days=60)

    mine = client.get(url(school_class))

    assert mine.headers["X-Offline-Copy"].startswith(f"{teacher.pk}:")
    assert mine.headers["Cache-Control"] == "no-store"
    assert "X-Offline-Copy" not in client.get(url(school_class, old)).headers
    assert "X-Offline-Copy" not in deputy.get(url(school_class)).headers


def test_copies_are_one_look_in_the_trail_and_not_fourteen(client, teacher, school_class):
    copies = client.get(reverse("attendance:copies")).json()["copies"]
    assert [copy["page"] for copy in copies][:2] == [url(school_class), url(school_class, date(2026, 11, 13))]
    for copy in copies:
        assert client.get(copy["page"], {"copy": copy["token"]}).status_code == 200

    assert looks() == ["листы посещаемости 20.10–16.11.2026: копии для работы без сети"]
    assert AuditEvent.objects.get(action="read").class_id == school_class.pk


def test_a_copy_takes_no_message_from_the_page_that_is_looked_at(client, teacher, school_class):
    copy = client.get(reverse("attendance:copies")).json()["copies"][0]
    client.post(url(school_class, name="roll_call"))

    stored = client.get(copy["page"], {"copy": copy["token"]}).content.decode()
    shown = client.get(copy["page"]).content.decode()

    assert "Класс отмечен" not in stored
    assert "Класс отмечен" in shown


@pytest.mark.parametrize("forged", ["invented", "of another sign-in", "of another class", "late", "of an old day"])
def test_nobody_looks_at_a_sheet_without_a_trace(client, teacher, school_class, forged, monkeypatch):
    token = client.get(reverse("attendance:copies")).json()["copies"][0]["token"]
    asked, day = client, MONDAY
    if forged == "invented":
        token = token[:-1] + ("a" if token[-1] != "a" else "b")
    elif forged == "of another sign-in":
        asked = Client()
        asked.force_login(teacher)
    elif forged == "of another class":
        school_class = make_class("7А", teacher=teacher.teacher)
    elif forged == "late":
        later = time.time() + 601
        monkeypatch.setattr("time.time", lambda: later)
    else:
        day = MONDAY - timedelta(days=60)

    before = looks()
    asked.get(url(school_class, day), {"copy": token})

    assert looks() == [*before, f"лист посещаемости {day:%d.%m.%Y}"]


def test_who_has_no_class_has_nothing_to_keep(client):
    client.force_login(make_user(is_deputy=True))

    assert client.get(reverse("attendance:copies")).json() == {"copies": []}
    assert looks() == []


def test_a_press_of_another_account_is_never_taken(client, teacher, school_class):
    pupil = make_pupil(school_class)
    form = {"press": f"{pupil.pk}:0::ill", "account": str(make_user().pk)}

    answer = client.post(url(school_class, name="press"), form, HTTP_ACCEPT="application/json")
    roll = client.post(url(school_class, name="roll_call"), {"account": "0"}, HTTP_ACCEPT="application/json")

    assert (answer.status_code, roll.status_code) == (401, 401)
    assert not Absence.objects.exists()


# --- The worker -----------------------------------------------------------------------------------


def test_the_worker_reaches_every_page_and_is_asked_for_anew(client):
    answer = client.get("/sw.js")

    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert 'importScripts("/static/js/offline-worker.js")' in answer.content.decode()
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_worker_knows_every_file_that_a_stored_sheet_loads(client, teacher, school_class):
    pages = [client.get(url(school_class)), client.get("/offline/")]
    wanted = set().union(*(re.findall(r'(?:href|src)="/static/([^"]+)"', page.content.decode()) for page in pages))
    for name in [name for name in wanted if name.endswith(".js")]:
        wanted |= imported(name)

    assert wanted == set(FILES)


def imported(name: str) -> set[str]:
    """Names of the modules that the module loads, and those they load."""
    folder, found = (ROOT / "static" / name).parent, set()
    for target in re.findall(r'^import [^;]*"(\..*?)";', (ROOT / "static" / name).read_text(), re.MULTILINE):
        path = (folder / target).resolve().relative_to(ROOT / "static")
        found |= {str(path)} | imported(str(path))
    return found


def test_no_network_page_holds_nobody(client, teacher, school_class):
    page = client.get("/offline/").content.decode()

    assert "Нет связи со школой" in page
    assert teacher.last_name not in page
