"""Ways around the pages about people: other classes' children by ids in forms, by siblings, by history, by odd input.

As in tests/test_attacks.py every test has something that could leak: a name, a phone, a date that stands nowhere else.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import AuditEvent, UserSession
from accounts.services import give_one_time_password
from journal.models import ClassTeacher, Consent, GroupMembership, Guardianship, IndividualPlan, Pupil
from journal.services.guardians import change_person, end_tie
from reports.models import Job
from tests.factories import (
    make_class,
    make_consent,
    make_group,
    make_guardian,
    make_pupil,
    make_purpose,
    make_school,
    make_subject,
    make_teacher,
    make_user,
    teacher_user,
)
from tests.test_access import ADDRESSES, OPENS, POST_ONLY, client_of, seven_b, url_of

__all__ = ["seven_b"]  # the fixture of tests/test_access.py: ids of everything in 7Б of the demo school
pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
PHONE = "+7 900 777-66-55"


@pytest.fixture
def mine(clock):
    """7А, whose class teacher attacks."""
    clock(datetime(2026, 11, 23, 8, 20))
    return make_class("7А")


@pytest.fixture
def theirs(mine):
    return make_class("7Б", year=mine.year)


@pytest.fixture
def teacher(client, mine):
    """The browser of the class teacher of 7А."""
    client.force_login(teacher_user(mine), backend=BACKEND)
    return client


@pytest.fixture
def victim(theirs) -> Pupil:
    return make_pupil(theirs, last_name="Скрытова", first_name="Дарина", phone=PHONE, birth_date=date(2013, 3, 8))


def page(response) -> str:
    return response.content.decode()


# --- Siblings in another class ----------------------------------------------------------------------


def test_an_error_about_a_guardian_tells_nothing_of_the_child_in_another_class(teacher, mine, victim):
    own = make_pupil(mine, first_name="Лев", birth_date=date(2012, 1, 1))
    granny = make_guardian(own, victim, last_name="Бабушкина", first_name="Вера")
    fields = {"last_name": "Бабушкина", "first_name": "Вера", "birth_date": "2012-12-31"}
    younger = page(teacher.post(f"/journal/guardians/{granny.pk}/edit/", fields))
    fields = {"last_name": "Скрытова", "first_name": "Дарина", "birth_date": "2013-03-08"}
    itself = page(teacher.post(f"/journal/guardians/{granny.pk}/edit/", {**fields, "birth_date": ""}))

    assert "Лев — 01.01.2012" in younger  # the own child is named
    assert "Это сам ученик из другого класса" in itself
    Guardianship.objects.filter(pupil=own).delete()
    Guardianship.objects.create(pupil=make_pupil(mine, birth_date=date(2014, 1, 1)), guardian=granny, kinship="mother")
    fields = {"last_name": "Бабушкина", "first_name": "Вера", "birth_date": "2013-12-31"}
    younger = page(teacher.post(f"/journal/guardians/{granny.pk}/edit/", fields))
    assert "моложе ребёнка из другого класса" in younger
    assert "Дарина" not in younger
    assert "08.03.2013" not in younger


def test_a_merge_names_no_child_of_another_class_even_of_an_ended_guardianship(teacher, mine, victim):
    one = make_guardian(make_pupil(mine, last_name="Своя"), last_name="Орлова", phone_mobile=PHONE)
    other = make_guardian(make_pupil(mine, last_name="Тоже"), victim, last_name="Орлова", phone_mobile=PHONE)
    Guardianship.objects.filter(pupil=victim).update(ended_on=date(2026, 10, 1))
    shown = page(teacher.get(f"/journal/guardians/{one.pk}/merge/{other.pk}/"))

    assert "Тоже" in shown
    assert "Ребёнок не из вашего класса" in shown
    assert "Скрытова" not in shown


def test_after_the_end_of_a_guardianship_new_phones_of_the_person_are_not_told_where_it_ended(teacher, mine, victim):
    own = make_pupil(mine)
    person = make_guardian(own, victim, last_name="Бывшева", phone_mobile="+7 900 000-00-01")
    end_tie(own.guardianships.get(), on=date(2026, 11, 20), reason="решение суда", by=teacher_user(mine))
    colleague = teacher_user(victim.enrolments.get().school_class)
    change_person(person, {"phone_mobile": ("+7 900 000-00-01", PHONE)}, by=colleague)
    shown = page(teacher.get(f"/journal/guardians/{person.pk}/"))

    assert "решение суда" in shown  # what the teacher did stands in the history
    assert PHONE not in shown
    assert "Скрытова" not in shown
    assert teacher.get(f"/journal/guardians/{person.pk}/edit/").status_code == 404
    assert teacher.post(f"/reports/guardians/{person.pk}/access/slip/").status_code == 404


def test_a_guardian_whose_child_left_the_school_has_a_page_still(client, mine):
    gone = make_pupil(mine, until=date(2026, 10, 1), last_name="Ушедшая")
    person = make_guardian(gone)
    client.force_login(make_user(is_operator=True), backend=BACKEND)

    assert "Ушедшая" in page(client.get(f"/journal/guardians/{person.pk}/"))


# --- Ids of another class in what is sent ------------------------------------------------------------


def test_cells_of_another_class_are_not_written_by_the_own_table(teacher, mine, victim):
    make_pupil(mine)
    tie = Guardianship.objects.get(guardian=make_guardian(victim, phone_mobile=PHONE))
    at = f"/journal/classes/{mine.pk}/grid/"
    cells = {f"p{victim.pk}-phone": PHONE, f"l{tie.pk}-phone_mobile": PHONE, f"l{tie.pk}-informing": "electronic"}
    for key in cells:
        answer = teacher.post(f"{at}cell/", {"cell": key, "seen": "что-то другое", "value": "8 900 111-11-11"})
        assert (answer.status_code, PHONE in page(answer)) == (422, False)
    sent = {key: "8 900 111-11-11" for key in cells}
    shown = page(teacher.post(at, {"seen": json.dumps(dict.fromkeys(cells, "")), **sent}, follow=True))
    assert "Скрытова" not in shown
    assert PHONE not in shown
    victim.refresh_from_db()
    tie.guardian.refresh_from_db()
    assert (victim.phone, tie.guardian.phone_mobile) == (PHONE, PHONE)


def test_a_block_with_a_name_of_another_class_finds_nobody(teacher, mine, victim):
    make_pupil(mine, last_name="Своя")
    at = f"/journal/classes/{mine.pk}/grid/paste/"
    text = "Ученик\tТелефон ученика\nСкрытова Дарина\t8 900 111-11-11"
    shown = page(teacher.post(at, {"text": text}))

    assert PHONE not in shown
    teacher.post(at, {"text": text, "apply": "1", "shown": f'{{"p{victim.pk}-phone": "{PHONE}"}}'})
    victim.refresh_from_db()
    assert victim.phone == PHONE


def test_a_division_seats_nobody_of_another_class(teacher, mine, victim):
    subject = make_subject("Информатика")
    group = make_group(mine, subject, pupils=[make_pupil(mine)])
    foreign = make_group(victim.enrolments.get().school_class, subject, "чужая", pupils=[victim])
    at = f"/classes/{mine.pk}/groups/{subject.pk}/"
    sent = {"on": "2026-11-23", "do": "save", f"to-{victim.pk}": group.pk, "seen": f"{victim.pk}:{foreign.pk}"}
    shown = page(teacher.post(f"/journal{at}", sent)) + page(teacher.post(f"/reports{at}preview/", sent))
    change = f"/journal/classes/{mine.pk}/groups/{subject.pk}/{foreign.pk}/"

    assert "Скрытова" not in shown
    assert teacher.post(change, {"name": "моя", "teacher": make_teacher().pk}).status_code == 404
    assert [row.group for row in GroupMembership.objects.filter(pupil=victim)] == [foreign]


def test_consents_are_recorded_of_the_own_class_only(teacher, mine, victim):
    make_pupil(mine)
    purpose = make_purpose()
    at = f"/journal/classes/{mine.pk}/consents/"
    sent = {"purpose": purpose.pk, "given_on": "2026-11-20", "pupil": [victim.pk], f"guardian-{victim.pk}": ""}

    assert "Скрытова" not in page(teacher.post(at, sent))
    assert not Consent.objects.exists()
    theirs = make_consent(victim, purpose)
    assert teacher.post(f"/journal/consents/{theirs.pk}/", {"withdrawn_on": "2026-11-20"}).status_code == 404


def test_a_consent_is_given_by_nobody_who_is_not_the_childs_guardian(teacher, mine, victim):
    own, stranger = make_pupil(mine), make_guardian(victim, last_name="Чужакова")
    purpose = make_purpose()
    many = {"purpose": purpose.pk, "given_on": "2026-11-20", "pupil": own.pk, f"guardian-{own.pk}": stranger.pk}
    one = {"purpose": purpose.pk, "given_on": "2026-11-20", "guardian": stranger.pk}
    shown = page(teacher.post(f"/journal/classes/{mine.pk}/consents/", many))
    shown += page(teacher.post(f"/journal/pupils/{own.pk}/consents/", one))

    assert "Чужакова" not in shown
    assert not Consent.objects.exists()


@pytest.mark.parametrize("way", ["{own}/pupils/{theirs}/", "{own}/pupils/{theirs}/end/", "{them}/pupils/{mine}/"])
def test_an_own_guardian_with_a_foreign_child_and_the_other_way_round_do_not_exist(teacher, mine, victim, way):
    child = make_pupil(mine)
    own, them = make_guardian(child), make_guardian(victim)
    at = "/journal/guardians/" + way.format(own=own.pk, them=them.pk, mine=child.pk, theirs=victim.pk)

    assert teacher.get(at).status_code == 404
    assert teacher.post(at, {"ended_on": "2026-11-20", "reason": "х"}).status_code == 404


def test_a_foreign_guardian_is_not_taken_by_number(teacher, mine, victim):
    child, them = make_pupil(mine), make_guardian(victim, last_name="Чужакова", phone_mobile=PHONE)
    at = f"/journal/pupils/{child.pk}/guardians/add/"
    tie = {"tie-kinship": "mother", "tie-informing": "electronic"}
    typed = {"person-last_name": "Другая", "person-first_name": "Анна", "person-seen": "{}"}

    assert teacher.get(at, {"known": them.pk}).status_code == 404
    assert teacher.post(at, {"known": them.pk, **tie}).status_code == 404
    assert "Чужакова" not in page(teacher.get(at, {"q": "Чужакова"})).replace('value="Чужакова"', "")
    assert "Чужакова" not in page(teacher.get(at, {"q": PHONE}))
    teacher.post(at, {"known": them.pk, **tie, **typed})
    assert not child.guardianships.filter(guardian=them).exists()


def test_who_has_the_same_name_in_another_class_is_told_by_the_class_alone(teacher, mine, victim):
    """The name and the phone were typed by the teacher; nothing else of the person or of the child is told."""
    child = make_pupil(mine)
    make_guardian(victim, last_name="Чужакова", first_name="Инна", phone_mobile=PHONE, email="secret@example.org")
    sent = {
        "person-last_name": "Чужакова", "person-first_name": "Инна", "person-phone_mobile": PHONE, "person-seen": "{}",
        "tie-kinship": "mother", "tie-informing": "electronic", "tie-seen": "{}",
    }  # fmt: skip
    shown = page(teacher.post(f"/journal/pupils/{child.pk}/guardians/add/", sent))

    assert "ребёнок в 7Б" in shown
    assert "Скрытова" not in shown
    assert "secret@example.org" not in shown


def test_a_slip_is_printed_for_the_own_class_only(teacher, mine, victim):
    own = make_guardian(make_pupil(mine))
    them = make_guardian(victim)
    teacher.post(f"/reports/classes/{mine.pk}/access/", {"holder": them.pk})
    teacher.post(f"/reports/classes/{mine.pk}/access/?who=pupils", {"holder": victim.pk})

    assert not Job.objects.exists()
    teacher.post(f"/reports/classes/{mine.pk}/access/", {"holder": [own.pk, them.pk]})
    assert Job.objects.get().params["ids"] == [own.pk]
    for at in (f"/guardians/{them.pk}", f"/pupils/{victim.pk}"):
        assert teacher.post(f"/reports{at}/access/slip/").status_code == 404
        for what in ("block", "unblock", "compromise"):
            assert teacher.post(f"/journal{at}/access/{what}/", {"reason": "х"}).status_code == 404


def test_a_plan_of_another_class_is_neither_read_nor_copied(teacher, mine, victim):
    plan = IndividualPlan.objects.create(pupil=victim, kind="home", order_number="77-тайна", date_from="2026-09-01")
    child = make_pupil(mine)

    assert teacher.get(f"/journal/plans/{plan.pk}/").status_code == 404
    assert teacher.post(f"/reports/plans/{plan.pk}/preview/").status_code == 404
    assert "77-тайна" not in page(teacher.get(f"/journal/pupils/{child.pk}/plans/add/", {"like": plan.pk}))


@pytest.mark.parametrize("field", ["plan-date_from", "plan-date_to", "plan-order_date"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_plan_at_the_end_of_the_calendar_is_asked_about_and_breaks_nothing(teacher, mine, field, day):
    child, subject, staff = make_pupil(mine), make_subject(), make_teacher()
    IndividualPlan.objects.create(pupil=child, kind="individual", date_from="2026-09-01")
    sent = {
        "do": "save", "plan-kind": "individual", "plan-date_from": "2026-11-23", "plan-ends_previous": "on",
        "subjects-TOTAL_FORMS": "1", "subjects-INITIAL_FORMS": "0", "subjects-0-subject": subject.pk,
        "subjects-0-teacher": staff.pk, "subjects-0-hours": "2",
    }  # fmt: skip
    for way in (f"/journal/pupils/{child.pk}/plans/add/", f"/reports/pupils/{child.pk}/plans/preview/"):
        assert "Проверьте год" in page(teacher.post(way, {**sent, field: day}))
    assert child.plans.count() == 1


# --- Fields that somebody else keeps -----------------------------------------------------------------


@pytest.mark.parametrize("field", ["birth_date", "admitted_on", "study_form"])
def test_fields_of_the_office_are_changed_by_no_way_of_the_class_teacher(teacher, mine, field):
    child = make_pupil(mine, admitted_on=date(2020, 9, 1))
    before = Pupil.objects.filter(pk=child.pk).values().get()
    value = {"birth_date": "2012-01-01", "admitted_on": "2021-09-01", "study_form": "home"}[field]
    seen = f'{{"{field}": "{before[field]}"}}'
    teacher.post(f"/journal/pupils/{child.pk}/edit/", {
        "last_name": child.last_name, "first_name": child.first_name, "sex": child.sex, field: value, "seen": seen,
    })  # fmt: skip

    assert teacher.post(f"/journal/pupils/{child.pk}/fields/{field}/", {field: value}).status_code == 403
    cell = {"cell": f"p{child.pk}-{field}", "seen": "", "value": value}
    assert teacher.post(f"/journal/classes/{mine.pk}/grid/cell/", cell).status_code == 422
    assert Pupil.objects.filter(pk=child.pk).values().get() == before


def test_what_the_page_showed_may_be_any_nonsense(teacher, mine):
    """A conflict carries it on to the next page; half a character could not be written there."""
    child = make_pupil(mine, phone=PHONE)
    half = chr(92) + "ud83d"
    sent = {"last_name": "Новая", "first_name": child.first_name, "sex": "f", "phone": "8 900 111-11-11"}
    for seen in (f'{{"phone": "x", "address": "{half}"}}', '{"phone": [[[1e999]]]}', "[" * 50_000, "1" * 5_000):
        answer = teacher.post(f"/journal/pupils/{child.pk}/edit/", {**sent, "seen": seen})
        assert answer.status_code in (302, 409)
    Pupil.objects.filter(pk=child.pk).update(phone=PHONE)
    answer = teacher.post(
        f"/journal/pupils/{child.pk}/edit/", {**sent, "seen": f'{{"phone": "x", "address": "{half}"}}'}
    )
    assert answer.status_code == 409
    assert f"«{PHONE}»" in page(answer)


# --- Who was, and is not any more ---------------------------------------------------------------------


def test_an_acting_teacher_keeps_nobody_after_the_last_day(client, mine, victim):
    acting = make_teacher()
    their = victim.enrolments.get().school_class
    ClassTeacher.objects.create(
        school_class=their, teacher=acting, date_from="2026-11-01", date_to="2026-11-22", is_acting=True
    )
    client.force_login(acting.user, backend=BACKEND)
    for at in (
        f"/journal/pupils/{victim.pk}/",
        f"/journal/classes/{their.pk}/guardians/",
        f"/reports/classes/{their.pk}/access/",
    ):
        assert client.get(at).status_code == 404


def test_a_family_opens_no_page_about_people(client, mine):
    child = make_pupil(mine)
    parent = make_guardian(child, user=make_user())
    client.force_login(parent.user, backend=BACKEND)
    for at in (
        f"pupils/{child.pk}/",
        f"pupils/{child.pk}/edit/",
        f"guardians/{parent.pk}/",
        f"guardians/{parent.pk}/edit/",
    ):
        assert client.get(f"/journal/{at}").status_code == 404
    assert client.post(f"/journal/pupils/{child.pk}/fields/phone/", {"phone": PHONE}).status_code == 404
    assert client.post(f"/reports/guardians/{parent.pk}/access/slip/").status_code == 404


# --- A slip in the wrong hands ------------------------------------------------------------------------


@pytest.fixture
def invited(clock):
    clock(datetime(2026, 11, 23, 8, 20))
    make_school()
    user = make_user(username="mama")
    until = timezone.now() + timedelta(hours=1)
    give_one_time_password(user=user, hashed=make_password("4829-6573-8246"), until=until, by=make_user())
    return user


def test_an_expired_slip_gives_no_own_password_even_to_who_is_in_already(client, invited, clock):
    client.post("/accounts/login/", {"login": "mama", "password": "4829-6573-8246"})
    assert client.get("/").url == "/accounts/password/"
    clock(datetime(2026, 11, 23, 9, 40))
    new = {"old_password": "4829-6573-8246", "new_password1": "Sovsem-drugoy-88", "new_password2": "Sovsem-drugoy-88"}
    answer = client.post("/accounts/password/", new)
    invited.refresh_from_db()

    assert answer.url == "/accounts/login/"
    assert invited.must_change_password
    assert not invited.check_password("Sovsem-drugoy-88")
    assert not UserSession.objects.filter(user=invited, ended_at=None).exists()


def test_who_guesses_the_old_password_at_an_open_session_is_sent_out(client, clock):
    clock(datetime(2026, 11, 23, 8, 20))
    make_user(username="mama", password="Sekret-2026-test")
    client.post("/accounts/login/", {"login": "mama", "password": "Sekret-2026-test"})
    guess = {"old_password": "ne-tot", "new_password1": "Sovsem-drugoy-88", "new_password2": "Sovsem-drugoy-88"}
    answers = [client.post("/accounts/password/", guess) for _ in range(settings.AXES_FAILURE_LIMIT)]

    assert [answer.status_code for answer in answers] == [200] * (settings.AXES_FAILURE_LIMIT - 1) + [302]
    assert answers[-1].url == "/accounts/login/"
    assert client.get("/accounts/password/").status_code == 302


# --- Nobody looks unseen ------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["teacher7b", "operator", "deputy"])
def test_every_page_that_names_the_child_leaves_a_trace(demo, seven_b, login):
    """Also the page that answers an empty form."""
    client = client_of(demo, login)
    child = seven_b["child"]
    names = {child.list_name, child.full_name}
    silent = []
    for name, parameters in ADDRESSES:
        if login not in OPENS.get(name, ()) and login not in POST_ONLY.get(name, ()):
            continue
        url = url_of(name, parameters, seven_b["ids"])
        for method in ("get", "post"):
            before = AuditEvent.objects.count()
            answer = getattr(client, method)(url)
            if answer.status_code not in (200, 409, 422) or "text/html" not in answer["Content-Type"]:
                continue
            shown = answer.content.decode()
            if any(one in shown for one in names) and AuditEvent.objects.count() == before:
                silent.append(f"{method} {name}")

    assert silent == []
