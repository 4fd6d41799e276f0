"""What somebody tries who wants to see another class's children, or to break a page for everybody.

The table of who opens what is tests/test_access.py; here stand the ways around it.
"""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import AuditEvent, SecurityNotice, UserSession
from journal.models import (
    Course,
    Enrolment,
    GroupMembership,
    Guardianship,
    IndividualPlan,
    Lesson,
    PeriodMark,
    Pupil,
    SchoolClass,
)
from reports.jobs import ResultFile, store_result
from reports.models import Job
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
    make_teacher,
    make_user,
    teacher_user,
)
from tests.test_access import ADDRESSES, POST_ONLY, PUBLIC, made, url_of

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
TOO_BIG = 10**30


@pytest.fixture
def seven_a(clock) -> SchoolClass:
    clock(datetime(2026, 11, 23, 8, 20))
    return make_class("7А")


@pytest.fixture
def seven_b(seven_a) -> SchoolClass:
    return make_class("7Б", year=seven_a.year)


@pytest.fixture
def moved(seven_a, seven_b) -> Pupil:
    """Was in 7А up to Monday, is in 7Б since Tuesday, and fell ill on Friday."""
    pupil = make_pupil(seven_a, until=MONDAY, last_name="Переходов", phone="+7 900 111-22-33")
    pupil.enrolments.create(school_class=seven_b, date_from=MONDAY + timedelta(days=1))
    make_guardian(pupil, last_name="Опекунова", phone_mobile="+7 900 444-55-66")
    pupil.absences.create(date=FRIDAY, lesson=0, reason="ill")
    return pupil


def cell_url(course, pupil, lesson, school_class=None) -> str:
    way = f"classes/{school_class.pk}/" if school_class else ""
    return f"/journal/{way}courses/{course.pk}/cells/{pupil.pk}/{lesson.pk}/"


# --- Pupils who left, and pupils of another group ---------------------------------------------------


def test_the_class_before_does_not_learn_by_its_own_lessons_of_an_illness(client, seven_a, moved):
    course = make_course(seven_a)
    here, later = make_lesson(course, MONDAY, 1), make_lesson(course, FRIDAY, 1)
    client.force_login(teacher_user(seven_a))

    assert "Переходов" in client.get(cell_url(course, moved, here, seven_a)).content.decode()
    assert client.get(cell_url(course, moved, later, seven_a)).status_code == 404


def test_a_subject_teacher_opens_cells_of_the_own_group_only(client, seven_b):
    teacher, subject = make_teacher(), make_subject("Информатика")
    mine, other = make_pupil(seven_b, last_name="Своя"), make_pupil(seven_b, last_name="Чужая")
    course = make_course(subject=subject, group=make_group(seven_b, subject, pupils=[mine]), teacher=teacher)
    lesson = make_lesson(course, FRIDAY, 1)
    other.absences.create(date=FRIDAY, lesson=0, reason="ill")
    client.force_login(teacher.user)

    assert "Своя" in client.get(cell_url(course, mine, lesson)).content.decode()
    assert client.get(cell_url(course, other, lesson)).status_code == 404


def test_the_class_before_does_not_see_marks_of_a_joined_group_given_since(client, seven_a, seven_b, moved):
    subject = make_subject("Информатика")
    group = make_group(seven_a, subject)
    group.classes.add(seven_b)
    GroupMembership.objects.create(group=group, pupil=moved, date_from=seven_a.year.date_from)
    course = make_course(subject=subject, group=group)
    make_mark(make_lesson(course, MONDAY, 1), moved, "4")
    make_mark(make_lesson(course, FRIDAY, 1), moved, "2")
    before, now = Client(), Client()
    before.force_login(teacher_user(seven_a))
    now.force_login(teacher_user(seven_b))

    def how(client, school_class):
        page = client.get(f"/journal/classes/{school_class.pk}/courses/{course.pk}/").content.decode()
        matrix = client.get(f"/journal/classes/{school_class.pk}/matrix/").context["matrix"]
        [row] = matrix.rows
        return "(4·1) / 1 = 4,00" in page, "(4·1 + 2·1) / 2 = 3,00" in page, row.cells[0].mean

    assert how(before, seven_a) == (True, False, 4)
    assert how(now, seven_b) == (False, True, 3)


def test_the_class_before_does_not_see_marks_of_later_periods(client, seven_a, seven_b):
    left_on = date(2026, 10, 14)
    pupil = make_pupil(seven_a, until=left_on)
    pupil.enrolments.create(school_class=seven_b, date_from=left_on + timedelta(days=1))
    course = make_course(seven_a)
    make_mark(make_lesson(course, date(2026, 10, 5), 1), pupil, "4")
    terms = {term.number: term for term in seven_a.year.terms.filter(scheme="quarter")}
    for number, value in ((1, "4"), (2, "2")):
        PeriodMark.objects.create(
            pupil=pupil, subject=course.subject, year=seven_a.year, kind=PeriodMark.Kind.TERM,
            term=terms[number], value=value,
        )  # fmt: skip
    client.force_login(teacher_user(seven_a))
    response = client.get(f"/journal/classes/{seven_a.pk}/courses/{course.pk}/?term=1")

    [row] = response.context["register"].rows
    assert row.period_marks == ["4", ""]


def test_a_plan_made_after_a_pupil_left_is_not_told_to_the_class_before(client, seven_a, seven_b, moved):
    make_course(seven_a), make_course(seven_b)
    plan = IndividualPlan.objects.create(pupil=moved, date_from=FRIDAY, kind=IndividualPlan.Kind.HOME)
    course = make_course(subject="Физика", plan=plan)
    for school_class, told in ((seven_a, False), (seven_b, True)):
        client.force_login(teacher_user(school_class))
        answer = client.get(f"/journal/classes/{school_class.pk}/", follow=True)
        assert ("Физика" in answer.content.decode()) is told
        answer = client.get(f"/journal/classes/{school_class.pk}/courses/{course.pk}/topics/")
        assert answer.status_code == (200 if told else 404)


def test_contacts_of_a_family_are_told_to_the_class_where_the_child_is(client, seven_a, seven_b, moved):
    client.force_login(teacher_user(seven_a))
    before = client.get(f"/journal/classes/{seven_a.pk}/pupils/").content.decode()
    client.force_login(teacher_user(seven_b))
    now = client.get(f"/journal/classes/{seven_b.pk}/pupils/").content.decode()

    assert "Переходов" in before and "Переходов" in now
    assert [part in before for part in ("Опекунова", "111-22-33", "444-55-66")] == [False, False, False]
    assert [part in now for part in ("Опекунова", "111-22-33", "444-55-66")] == [True, True, True]


def test_a_guardian_of_yesterday_sees_nothing_today(client, seven_b):
    child = make_pupil(seven_b, last_name="Ребёнкова")
    parent = make_user()
    make_guardian(child, user=parent)
    client.force_login(parent)
    assert client.get(f"/reports/family/{child.pk}/info/").context["child"].pupil == child

    Guardianship.objects.filter(guardian__user=parent).delete()

    for page in ("", "marks/", "absences/", "info/"):
        assert client.get(f"/reports/family/{child.pk}/{page}").status_code == 404


def test_a_printed_class_is_kept_from_a_class_teacher_of_yesterday(client, seven_b):
    user = teacher_user(seven_b)
    job = Job.objects.create(
        kind=Job.Kind.EXTRACTS, owner=user, status=Job.Status.DONE, params={"class_id": seven_b.pk},
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    store_result(job.pk, ResultFile("7Б.pdf", b"%PDF-1.7"))
    client.force_login(user)
    assert client.get(f"/reports/jobs/{job.pk}/result/").getvalue() == b"%PDF-1.7"

    seven_b.class_teachers.update(date_to=FRIDAY)

    for page in ("", "state/", "result/"):
        assert client.get(f"/reports/jobs/{job.pk}/{page}").status_code == 404


def test_what_an_import_says_is_kept_from_an_operator_of_yesterday(client):
    user = make_user(is_operator=True, is_staff=True)
    job = Job.objects.create(kind=Job.Kind.IMPORT_READ, owner=user, status=Job.Status.DONE, message="7Б: Тайнова")
    client.force_login(user)
    assert "Тайнова" in client.get(f"/reports/jobs/{job.pk}/").content.decode()

    type(user).objects.filter(pk=user.pk).update(is_operator=False)

    assert client.get(f"/reports/jobs/{job.pk}/").status_code == 404


# --- Ways past the sign-in --------------------------------------------------------------------------


def test_the_admin_has_no_sign_in_of_its_own(client):
    operator = make_user(username="admin1", is_operator=True, is_staff=True, password="Sekret-2026-test")
    answer = client.post("/admin/login/?next=/admin/", {"username": "admin1", "password": "Sekret-2026-test"})

    assert answer.url == "/accounts/login/?next=%2Fadmin%2F"
    assert "_auth_user_id" not in client.session
    client.post(answer.url, {"login": "admin1", "password": "Sekret-2026-test", "next": "/admin/"})
    assert UserSession.objects.get().user == operator
    # Leaving through the admin ends the session in one's own list too, and its password page is ours.
    assert client.get("/admin/password_change/").url == "/accounts/password/"
    client.post("/admin/logout/")
    assert UserSession.objects.get().ended_at is not None


def test_a_session_key_is_not_guessed_letter_by_letter(client):
    deputy, operator = make_user(is_deputy=True), make_user(is_operator=True, is_staff=True)
    UserSession.objects.create(user=deputy, session_key="abcdef", device="Сейф")
    client.force_login(operator)

    assert "Сейф" in client.get("/admin/accounts/usersession/").content.decode()
    for guess in ("session_key__startswith=a", "session_key=abcdef", "user__user_sessions__session_key__startswith=a"):
        answer = client.get(f"/admin/accounts/usersession/?{guess}")
        assert answer.status_code == 400
        assert "Сейф" not in answer.content.decode()


def test_to_others_the_admin_does_not_exist(client):
    client.force_login(make_user(is_deputy=True))

    assert client.get("/admin/", follow=True).status_code == 404


def test_a_superuser_who_is_no_operator_any_more_keeps_nothing(client):
    user = make_user(is_operator=True, is_staff=True, is_superuser=True)
    client.force_login(user)
    assert client.get("/admin/journal/pupil/").status_code == 200

    type(user).objects.filter(pk=user.pk).update(is_operator=False)

    assert client.get("/admin/journal/pupil/").status_code == 403


@pytest.mark.parametrize("spelling", ["USER77", " user77 ", "User77"])
def test_another_spelling_of_a_login_or_an_invented_address_is_no_new_chance(client, settings, spelling):
    settings.AXES_FAILURE_LIMIT = 3
    make_user(username="user77", password="Sekret-2026-test")
    for number in range(3):
        client.post(
            "/accounts/login/",
            {"login": "user77", "password": "wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        )
    right = {"login": spelling, "password": "Sekret-2026-test"}
    answer = client.post("/accounts/login/", right, headers={"X-Forwarded-For": "10.9.9.9"})

    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("sent", ["unknown", "203.0.113.9:4711", "'; drop table", ""])
def test_an_address_that_is_none_does_not_stop_a_sign_in(client, settings, sent):
    settings.TRUSTED_PROXIES = 1
    make_user(username="user78", password="Sekret-2026-test")
    client.post(
        "/accounts/login/",
        {"login": "user78", "password": "Sekret-2026-test"},
        headers={"X-Forwarded-For": f"198.51.100.1, {sent}"},
    )

    assert UserSession.objects.get().address == "127.0.0.1"


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_a_sign_in_never_leads_away(client, target):
    make_user(username="user79", password="Sekret-2026-test")
    answer = client.post("/accounts/login/", {"login": "user79", "password": "Sekret-2026-test", "next": target})

    assert answer.url == "/"


# --- Words and numbers that break a page ------------------------------------------------------------


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "0000-00-00", "2026-02-30"])
def test_a_day_that_no_school_lives_in_has_no_page(client, seven_b, day):
    client.force_login(teacher_user(seven_b))

    for page in ("", "state/"):
        assert client.get(f"/attendance/classes/{seven_b.pk}/{day}/{page}").status_code == 404
    assert client.post(f"/attendance/classes/{seven_b.pk}/{day}/press/", {"press": "1:0::ill"}).status_code == 404


def test_numbers_that_no_database_holds_name_nothing(client, seven_b):
    course, pupil = make_course(seven_b), make_pupil(seven_b)
    lesson = make_lesson(course, FRIDAY, 1)
    deputy = make_user(is_deputy=True)
    client.force_login(deputy)
    assert client.get(cell_url(course, pupil, lesson, seven_b)).status_code == 200

    nobody, nothing = Pupil(pk=TOO_BIG), Lesson(pk=TOO_BIG)
    assert client.get(cell_url(course, nobody, lesson, seven_b)).status_code == 404
    assert client.get(cell_url(course, pupil, nothing, seven_b)).status_code == 404
    for page in ("attendance/classes", "journal/classes", "journal/pupils", "reports/jobs"):
        assert client.get(f"/{page}/{TOO_BIG}/").status_code == 404


def test_a_press_with_a_number_that_is_none_is_refused_in_words(client, seven_b):
    client.force_login(teacher_user(seven_b))
    url = f"/attendance/classes/{seven_b.pk}/{FRIDAY}/press/"
    for pupil in (TOO_BIG, 2**63, "9" * 5000, "1\0", "-1"):
        answer = client.post(url, {"press": f"{pupil}:0::ill"}, headers={"Accept": "application/json"})
        assert answer.status_code == 422
        assert "обновите страницу" in answer.json()["refused"].lower()


def test_a_long_number_in_a_query_opens_nothing(client, seven_b):
    pupil = make_pupil(seven_b)
    client.force_login(teacher_user(seven_b))
    sheet = client.get(f"/attendance/classes/{seven_b.pk}/{FRIDAY}/", {"open": "9" * 5000})

    assert pupil.list_name in sheet.content.decode()
    assert "lessons__one" not in sheet.content.decode()


def test_a_zero_byte_does_not_stop_the_report_of_a_stolen_password(client):
    user = make_user()
    client.force_login(user)
    client.post("/accounts/security/compromise/", {"text": "увели\0 пароль"})

    assert SecurityNotice.objects.get().text == "увели пароль"
    user.refresh_from_db()
    assert not user.has_usable_password()


@pytest.mark.parametrize("path", ["/admin/journal/pupil/?q=%00", "/admin/accounts/auditevent/?action=%00"])
def test_a_zero_byte_in_an_address_is_not_understood(client, path):
    client.force_login(make_user(is_operator=True, is_staff=True))
    answer = client.get(path)

    assert answer.status_code == 400
    assert "Запрос не понят" in answer.content.decode()


def test_a_zero_byte_in_a_cookie_is_not_understood(client):
    answer = client.get("/accounts/security/", headers={"Cookie": 'session="\\000aaaaaaaaaaaa"'})

    assert answer.status_code == 400
    assert "Запрос не понят" in answer.content.decode()


def test_a_body_larger_than_any_form_is_refused_unread(client):
    answer = client.generic("POST", "/accounts/login/", b"", CONTENT_LENGTH=str(50 * 2**30))

    assert answer.status_code == 413
    assert "Файлы слишком большие" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("topic", "cell"),
    [("=cmd|'/c calc'!A0", "'=cmd|'/c calc'!A0"), ("Звонок\x07", "Звонок"), ("\x01=1+1", "'=1+1")],
)
def test_a_file_holds_no_formula_and_no_sign_that_breaks_it(client, seven_b, topic, cell):
    course = make_course(seven_b)
    make_lesson(course, FRIDAY, 1)
    make_pupil(seven_b, last_name=topic, first_name="")
    client.force_login(teacher_user(seven_b))
    answer = client.get(f"/journal/classes/{seven_b.pk}/courses/{course.pk}/grid.xlsx")

    page = load_workbook(io.BytesIO(answer.content)).active
    assert page["B2"].value.strip() == cell
    assert page["B2"].data_type == "s"


def test_a_name_with_markup_stays_a_name_on_every_page(client, seven_b):
    evil = "<img src=x onerror=alert(1)>{0}"
    pupil = make_pupil(seven_b, last_name=evil, first_name="А", address=evil, phone="<b>1")
    make_guardian(pupil, last_name=evil, phone_mobile='"><script>')
    course = make_course(seven_b, subject=evil)
    lesson = make_lesson(course, FRIDAY, 1, topic=f'"{evil}')
    make_mark(lesson, pupil, "4", comment=evil)
    client.force_login(teacher_user(seven_b))

    here = f"/journal/classes/{seven_b.pk}/"
    for url in (
        "/", f"{here}courses/{course.pk}/", f"{here}courses/{course.pk}/topics/", f"{here}matrix/", f"{here}pupils/",
        f"/journal/pupils/{pupil.pk}/", cell_url(course, pupil, lesson, seven_b),
        f"/attendance/classes/{seven_b.pk}/{FRIDAY}/?open={pupil.pk}", f"/reports/pupils/{pupil.pk}/extract/",
        f"/reports/classes/{seven_b.pk}/extracts/",
    ):  # fmt: skip
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert "<img src=x" not in answer.content.decode(), url
        assert '"><script>' not in answer.content.decode(), url


# --- What every answer carries and leaves behind ----------------------------------------------------


@pytest.fixture
def seven_b_of_demo(demo) -> dict:
    """What the addresses of tests/test_access.py need, and the names of 7Б."""
    school_class = demo.school_class("7Б")
    child = Pupil.objects.get(user__username="pupil7b")
    courses = Course.objects.of_class(school_class).filter(teacher__user__username="subject1")
    lesson = Lesson.objects.filter(course__in=courses, marks__pupil=child).first()
    rows = Enrolment.objects.filter(school_class=school_class).on_roll(demo.day)
    pupils = Pupil.objects.filter(pk__in=rows.values("pupil"))
    ids = {"class_id": school_class.pk, "day": FRIDAY, "pupil_id": child.pk, "course_id": lesson.course_id}
    ids |= {"lesson_id": lesson.pk, "session_id": 1, "name": "teacher", **made(school_class, child, demo)}
    return {"ids": ids, "names": [name for pupil in pupils for name in (pupil.list_name, pupil.short_name)]}


@pytest.mark.parametrize("login", ["deputy", "teacher7b", "subject1", "operator", "parent7b"])
def test_whoever_is_shown_a_pupil_leaves_a_trace_and_nothing_stays_in_a_cache(demo, seven_b_of_demo, login):
    client = demo.client(login)
    shown = 0
    for name, parameters in ADDRESSES:
        if name in POST_ONLY or name in PUBLIC:
            continue
        before = AuditEvent.objects.count()
        answer = client.get(url_of(name, parameters, seven_b_of_demo["ids"]))
        assert "no-store" in answer["Cache-Control"], name
        assert "default-src 'self'" in answer["Content-Security-Policy"], name
        assert "unsafe" not in answer["Content-Security-Policy"], name
        assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY"), name
        body = answer.getvalue().decode(errors="ignore")
        if any(pupil in body for pupil in seven_b_of_demo["names"]):
            shown += 1
            assert AuditEvent.objects.count() > before, name
    assert shown or login in {"operator", "parent7b"}  # a family's pages call the child by the first name


@pytest.mark.parametrize("login", ["deputy", "teacher7b", "operator", "parent7b"])
def test_nothing_is_done_without_the_token_of_the_page(demo, seven_b_of_demo, login):
    client = Client(enforce_csrf_checks=True)
    client.force_login(demo.user(login), backend="django.contrib.auth.backends.ModelBackend")
    for name in (*POST_ONLY, "accounts:password", "accounts:rules", "reports:import_list", "reports:import_batch"):
        parameters = dict(ADDRESSES)[name]
        answer = client.post(url_of(name, parameters, seven_b_of_demo["ids"]), {"press": "1:0::ill", "confirm": "1"})
        assert answer.status_code == 403, name
        assert "traceback" not in answer.content.decode().lower()
    assert not UserSession.objects.filter(ended_at__isnull=False).exists()
    assert not SecurityNotice.objects.filter(reported_by=demo.user(login)).exists()


def test_a_session_key_known_before_the_sign_in_is_worth_nothing(client):
    make_user(username="user80", password="Sekret-2026-test")
    session = client.session
    session["planted"] = "yes"
    session.save()
    planted = session.session_key
    client.post("/accounts/login/", {"login": "user80", "password": "Sekret-2026-test"})
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted

    assert client.session.session_key != planted
    assert thief.get("/accounts/security/").status_code == 302


def test_markup_of_people_loads_nothing_into_a_pdf(client, seven_b):
    pupil = make_pupil(seven_b, last_name="<img src=file:///etc/passwd><style>*{display:none}</style>")
    make_mark(
        make_lesson(make_course(seven_b), FRIDAY, 1), pupil, "4", comment="<link rel=attachment href=file:///etc/hosts>"
    )
    client.force_login(teacher_user(seven_b))
    answer = client.post(f"/reports/pupils/{pupil.pk}/extract/print/", follow=True)
    document = PdfReader(io.BytesIO(answer.content))

    text = "".join(page.extract_text() for page in document.pages)
    assert "file:///etc/passwd" in text.replace("\n", "").replace(" ", "")
    assert document.attachments == {}
