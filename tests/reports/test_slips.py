"""Slips with passwords: what is printed opens the door, what is not printed changed nothing, nothing stays behind."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import AuditEvent, User
from journal.models import School
from journal.services.access import make_passwords, stamp_of
from reports import jobs, slips
from reports.jobs import content_of
from reports.models import Job, JobResult
from tests.factories import make_class, make_guardian, make_pupil, make_teacher, make_user, teacher_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
SITE = "https://journal.example.org"


@pytest.fixture(autouse=True)
def monday(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    school_class = make_class("7Б")
    for number in range(5):
        make_guardian(make_pupil(school_class, last_name=f"Детёв{number}"), last_name=f"Взрослова{number}")
    return school_class


def guardians(school_class):
    rows = [pupil.pupil.guardianships.get().guardian for pupil in school_class.enrolments.order_by("pk")]
    return rows


def queued(school_class, chosen=None) -> Job:
    """The job as it waits for its worker."""
    chosen = chosen or guardians(school_class)
    params = {
        "class_id": school_class.pk, "who": "guardians", "ids": [one.pk for one in chosen],
        "pupil_ids": [], "site": SITE,
    }  # fmt: skip
    return Job.objects.create(kind=Job.Kind.ACCESS_SLIPS, owner=teacher_user(school_class), params=params)


def run(job: Job) -> Job:
    jobs.run_job.call(job_id=job.pk)
    job.refresh_from_db()
    return job


def printed(content: bytes) -> dict[str, str]:
    """Login → password, as they stand on the paper."""
    found = {}
    for page in PdfReader(BytesIO(content)).pages:
        text = page.extract_text()
        logins = re.findall(r"\b[a-z]{4,}\d{3,7}\b", text)
        passwords = re.findall(r"\b\d{4}-\d{4}-\d{4}\b", text)
        assert len(logins) == len(passwords)
        found |= dict(zip(logins, passwords, strict=True))
    return found


# --- A class --------------------------------------------------------------------------------------


def test_every_printed_password_opens_the_door(school_class):
    job = run(queued(school_class))

    assert (job.status, job.message) == (Job.Status.DONE, "Листков: 5, страниц: 2.")
    found = printed(b"".join(content_of(job.result)))
    assert len(found) == 5
    for login, password in found.items():
        user = User.objects.get(username=login)
        assert user.check_password(password) and user.must_change_password
    assert {one.user.username for one in guardians(school_class)} == set(found)


def test_the_trail_has_a_print_a_pupil_and_a_password_a_user(school_class):
    run(queued(school_class))

    prints = AuditEvent.objects.filter(action="print", subject="листок с паролем", class_id=school_class.pk)
    assert set(prints.values_list("pupil_id", flat=True)) == set(
        school_class.enrolments.values_list("pupil", flat=True)
    )
    passwords = AuditEvent.objects.filter(action="password", object_type="user")
    assert set(passwords.values_list("object_id", flat=True)) == {one.user_id for one in guardians(school_class)}
    assert {event.actor for event in [*prints, *passwords]} == {teacher_user(school_class)}


@contextmanager
def at(words: str, happens: Callable[[], None]) -> Iterator[None]:
    """Before the first statement that holds these words something happens in the database, or to the process."""
    left = [happens]

    def watch(execute, sql, params, many, context):
        if left and words in sql:
            left.pop()()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield
    assert not left


class Killed(BaseException):
    """As SIGKILL: nothing of ours handles it."""


def killed() -> None:
    raise Killed


def test_a_worker_that_dies_at_the_last_moment_has_changed_nobodys_password(school_class):
    """Passwords are written, the file is not yet: all of it is undone, the job runs again, only its file is valid."""
    person = guardians(school_class)[0]
    person.user = make_user(username="vzroslova999")
    person.save()
    job = queued(school_class)

    with at('INSERT INTO "reports_jobresult"', killed), pytest.raises(Killed):
        jobs.run_job.call(job_id=job.pk)
    person.user.refresh_from_db()
    assert person.user.check_password("Sekret-2026-test")
    assert User.objects.filter(guardian__isnull=False).count() == 1 and not JobResult.objects.exists()

    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert jobs.revive_stale_jobs() == [job.pk]
    again = run(job)

    found = printed(b"".join(content_of(again.result)))
    assert found.keys() == {one.user.username for one in guardians(school_class)}
    assert all(User.objects.get(username=login).check_password(word) for login, word in found.items())


def test_a_worker_that_lost_its_job_writes_no_password(school_class):
    """A slow worker wakes after another one took the job: its passwords must not replace the printed ones."""
    job = queued(school_class)

    def taken_over():
        Job.objects.filter(pk=job.pk).update(started_at=timezone.now() + timedelta(seconds=1))

    with at('INSERT INTO "accounts_user"', taken_over):
        jobs.run_job.call(job_id=job.pk)

    assert not User.objects.filter(guardian__isnull=False).exists()
    assert not AuditEvent.objects.filter(action="password").exists()
    assert not JobResult.objects.exists()


def test_an_own_password_chosen_meanwhile_is_not_lost(school_class):
    person = guardians(school_class)[0]
    person.user = make_user()
    person.save()

    def changes():
        User.objects.filter(pk=person.user_id).update(password=make_password("Мой новый пароль 2026"))

    job = queued(school_class)
    # Classes are read for what stands on the slips: every password has been made by then.
    with at('"journal_enrolment"."school_class_id", "journal_enrolment"."date_from"', changes):
        job = run(job)

    assert job.status == Job.Status.FAILED and "Ничего не выдано, прежние пароли действуют" in job.message
    person.user.refresh_from_db()
    assert person.user.check_password("Мой новый пароль 2026")
    assert User.objects.filter(guardian__isnull=False).count() == 1


def test_somebody_who_is_not_of_the_class_any_more_stops_the_print(school_class):
    job = queued(school_class)
    guardians(school_class)[0].guardianships.update(ended_on=timezone.localdate())

    assert run(job).status == Job.Status.FAILED
    assert not User.objects.filter(guardian__isnull=False).exists()


# --- The file -------------------------------------------------------------------------------------


def test_the_file_goes_after_an_hour_and_ten_minutes_after_it_was_opened(client, school_class, clock):
    job = run(queued(school_class))
    assert job.expires_at - job.finished_at == timedelta(hours=1)
    client.force_login(job.owner, backend=BACKEND)
    url = reverse("reports:job_result", args=[job.pk])

    assert client.get(url).getvalue().startswith(b"%PDF")
    clock(datetime(2026, 11, 23, 8, 29))
    assert client.get(url).status_code == 200  # the browser asks again while it prints
    clock(datetime(2026, 11, 23, 8, 31))

    assert client.get(url).status_code == 404
    assert jobs.delete_expired_results() == 1
    html = client.get(reverse("reports:job", args=[job.pk])).content.decode()
    assert "Файл с паролями удалён" in html


def test_the_owner_deletes_the_file_at_once(client, school_class):
    job = run(queued(school_class))
    client.force_login(job.owner, backend=BACKEND)
    assert "Напечатано, удалить файл" in client.get(reverse("reports:job", args=[job.pk])).content.decode()

    client.post(reverse("reports:job_delete_result", args=[job.pk]))

    assert not JobResult.objects.exists()


def test_the_file_is_for_its_owner_while_the_class_is_the_owners(client, school_class):
    job = run(queued(school_class))
    url = reverse("reports:job_result", args=[job.pk])
    for user in (make_user(is_deputy=True), make_user(is_operator=True), make_teacher().user):
        client.force_login(user, backend=BACKEND)
        assert client.get(url).status_code == 404
    school_class.class_teachers.update(date_to=datetime(2026, 11, 22).date())
    client.force_login(User.objects.get(pk=job.owner_id), backend=BACKEND)
    assert client.get(url).status_code == 404


# --- The choice -----------------------------------------------------------------------------------


def test_who_has_no_way_in_is_advised_and_the_rest_is_left_alone(client, school_class):
    invited = make_guardian(
        make_pupil(school_class, last_name="Ясный"),
        user=make_user(must_change_password=True, one_time_until=timezone.now() + timedelta(days=3)),
    )
    people = guardians(school_class)
    people[0].user = make_user(last_login=timezone.now())
    people[1].user = make_user(is_active=False)
    people[2].user = make_teacher().user
    for one in people[:3]:
        one.save()
    people[3].guardianships.update(informing="paper_refused")
    client.force_login(teacher_user(school_class), backend=BACKEND)
    url = reverse("reports:access_slips", args=[school_class.pk])

    html = client.get(url).content.decode()
    boxes = dict(re.findall(r'name="holder" value="(\d+)"[^>]*?( checked)?>', html))
    assert boxes == {
        str(people[0].pk): "",
        str(people[3].pk): "",
        str(people[4].pk): " checked",
        str(invited.pk): "",  # the slip may lie at home: a new one would spoil it
    }

    client.post(url, {"holder": [people[1].pk, people[2].pk]})
    assert not Job.objects.exists()
    response = client.post(url, {"holder": [people[2].pk, people[4].pk]})
    job = Job.objects.get()
    assert response.url == reverse("reports:job", args=[job.pk])
    assert job.params["ids"] == [people[4].pk] and job.params["site"] == "http://testserver"


def test_pupils_get_logins_from_the_fifth_grade_on(client, school_class):
    client.force_login(teacher_user(school_class), backend=BACKEND)
    url = reverse("reports:access_slips", args=[school_class.pk]) + "?who=pupils"
    pupils = list(school_class.enrolments.values_list("pupil", flat=True))
    assert len(re.findall('name="holder"', client.get(url).content.decode())) == 5
    client.post(url, {"holder": pupils[:2]})
    assert Job.objects.get().params["who"] == "pupils"
    assert run(Job.objects.get()).message == "Листков: 2, страниц: 1."

    young = make_class("2А", year=school_class.year)
    make_guardian(make_pupil(young), last_name="Мамина")
    client.force_login(teacher_user(young), backend=BACKEND)
    html = client.get(reverse("reports:access_slips", args=[young.pk]) + "?who=pupils").content.decode()
    assert "Мамина" in html and "Ученикам" not in html


@pytest.mark.parametrize("pupils", [3, 20])
def test_the_choice_costs_the_same_for_any_size(client, pupils, django_assert_num_queries):
    school_class = make_class("7А")
    for _ in range(pupils):
        make_guardian(make_pupil(school_class), user=make_user())
    client.force_login(teacher_user(school_class), backend=BACKEND)

    with django_assert_num_queries(7):
        client.get(reverse("reports:access_slips", args=[school_class.pk]))


# --- One slip -------------------------------------------------------------------------------------


def test_one_slip_says_all_a_family_needs(client, school_class):
    School.objects.update(name="Гимназия имени Ядрова")
    other = make_pupil(make_class("5А", year=school_class.year), last_name="Чужов")
    person = guardians(school_class)[0]
    person.guardianships.create(pupil=other, kinship="mother")
    client.force_login(teacher_user(school_class), backend=BACKEND)

    response = client.post(reverse("reports:access_slip", args=[person.pk]), {"stamp": ""})

    text = " ".join(PdfReader(BytesIO(response.content)).pages[0].extract_text().split())
    person.refresh_from_db()
    [(login, password)] = printed(response.content).items()
    assert login == person.user.username and person.user.check_password(password)
    for words in (
        "Гимназия имени Ядрова",
        "http://testserver",
        "до 07.12.2026",
        "Взрослова0",
        "Детёв0 Анна, 7Б",
        "ребёнок в 5А",
    ):
        assert words in text
    assert "Чужов" not in text
    assert response["Cache-Control"] == "no-store"


def test_a_press_sent_twice_gives_one_password(client, school_class):
    person = guardians(school_class)[0]
    client.force_login(teacher_user(school_class), backend=BACKEND)
    url = reverse("reports:access_slip", args=[person.pk])

    first = client.post(url, {"stamp": ""})
    second = client.post(url, {"stamp": ""}, follow=True)

    assert "возможно, листок только что выдан" in second.content.decode()
    person.refresh_from_db()
    [(_, password)] = printed(first.content).items()
    assert person.user.check_password(password)
    again = client.post(url, {"stamp": stamp_of(person)})
    person.user.refresh_from_db()
    assert not person.user.check_password(password)
    assert person.user.check_password(printed(again.content)[person.user.username])


def test_the_longest_names_stay_on_their_quarter(school_class):
    person = guardians(school_class)[0]
    person.last_name, person.first_name = "Константинопольская-Преображенская", "Александра-Виктория"
    made = make_passwords([person] * 5, school=School.load())
    sheet = slips.render(slips.slips_of(made, by=teacher_user(school_class)), school=School.load(), site=SITE)

    assert sheet.pages == 2
    assert [page.extract_text().count("Листок получил(а)") for page in PdfReader(BytesIO(sheet.content)).pages] == [
        4,
        1,
    ]
