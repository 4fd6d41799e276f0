"""Two rows that are one person: how they are found, what a merge does, who may, what remains in the trail."""

from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, UserSession
from journal.matching import pairs_of, why_same
from journal.models import Consent, ConsentPurpose, Guardian, Guardianship
from journal.queries.guardians import school_pairs
from journal.services.merge import CannotMerge, MergeChanged, merge, plan_merge
from reports.models import Extract
from tests.factories import make_class, make_guardian, make_pupil, make_teacher, make_user, teacher_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
PHONE = "+7 900 111-22-33"


@pytest.fixture(autouse=True)
def monday(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


def person(**fields) -> Guardian:
    base = {"last_name": "Орлова", "first_name": "Мария", "patronymic": "Ильинична", "phone_mobile": PHONE}
    one = Guardian(**base | fields)
    one.sort_name = f"{one.full_name}".lower()
    return one


# --- Finding --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (person(), "то же имя и телефон"),
        (person(patronymic=""), "почти то же имя и телефон"),
        (person(last_name="Орлава"), "почти то же имя и телефон"),
        (person(phone_mobile="", phone_home="8 (900) 111-22-33"), "то же имя и телефон"),
        (person(phone_mobile="", birth_date=date(1985, 3, 2)), "то же имя и дата рождения"),
        (person(birth_date=date(1985, 2, 3)), "то же имя и телефон"),  # day and month swapped
        (person(birth_date=date(1960, 7, 9)), ""),  # the home phone of a mother and a grandmother
        (person(phone_mobile="+7 900 999-88-77"), ""),  # a namesake
        (person(first_name="Анна"), ""),  # sisters at one phone
    ],
)
def test_who_looks_like_one_person(other, why):
    one = person(birth_date=date(1985, 3, 2))

    assert why_same(one, other) == why_same(other, one) == why
    assert [pair[2] for pair in pairs_of([one, other])] == ([why] if why else [])


def test_pairs_of_a_whole_school_are_found_fast(django_assert_num_queries, school_class):
    deputy = make_user(is_deputy=True)
    children = [make_pupil(school_class) for _ in range(3)]
    for number in range(40):
        make_guardian(children[number % 3], phone_mobile=f"+7 900 222-00-{number:02}", first_name="Вера" * 2)
    make_guardian(children[0], last_name="Орлова", phone_mobile=PHONE)
    make_guardian(children[1], last_name="Орлова", phone_mobile=PHONE)

    with django_assert_num_queries(3):
        [pair] = school_pairs(deputy, timezone.localdate())

    assert (pair.one.last_name, pair.classes, pair.may_merge) == ("Орлова", ("7Б", "7Б"), True)


def test_the_class_page_proposes_what_the_teacher_may_merge_and_names_who_else_may(client, school_class):
    make_guardian(make_pupil(school_class), last_name="Орлова", phone_mobile=PHONE)
    make_guardian(make_pupil(school_class), last_name="Орлова", phone_mobile=PHONE)
    elsewhere = make_pupil(make_class("5А", year=school_class.year))
    make_guardian(make_pupil(school_class), last_name="Белова", phone_mobile="+7 900 333-33-33")
    make_guardian(elsewhere, last_name="Белова", phone_mobile="+7 900 333-33-33")
    client.force_login(teacher_user(school_class), backend=BACKEND)

    html = client.get(reverse("journal:class_guardians", args=[school_class.pk])).content.decode()

    assert html.count("Сравнить и объединить") == 1
    assert "Белова Ольга (7Б) и Белова Ольга (5А): то же имя и телефон. Объединить может завуч" in " ".join(
        html.split()
    )


# --- Merging --------------------------------------------------------------------------------------


@pytest.fixture
def two(school_class):
    """One mother written twice: with a daughter, and with a son; both guard the youngest."""
    daughter, son, youngest = (make_pupil(school_class, last_name=name) for name in ("Дочкина", "Сынов", "Младшов"))
    stays = make_guardian(
        daughter, youngest, last_name="Орлова", first_name="Мария", phone_mobile=PHONE, email="old@example.org"
    )
    goes = make_guardian(
        son, youngest, last_name="Орлова", first_name="Мария", patronymic="Ильинична", phone_mobile=PHONE,
        birth_date=date(1985, 3, 2),
    )  # fmt: skip
    return stays, goes


def run(stays, goes, *, login=None, by=None, **chosen):
    """Merges with the values of the row that stays unless told otherwise."""
    stays, goes = Guardian.objects.get(pk=stays.pk), Guardian.objects.get(pk=goes.pk)
    plan = plan_merge(stays, goes)
    values = {name: chosen.get(name, getattr(stays, name)) for name in plan.differing}
    return merge(
        stays,
        goes,
        values=values,
        keep_login_of=login and login.pk,
        stamp=plan.stamp,
        by=by or make_user(is_deputy=True),
    )


def test_children_documents_and_chosen_values_come_together(two, school_class):
    stays, goes = two
    pupil = goes.guardianships.first().pupil
    extract = Extract.objects.create(
        sequence=1, pupil=pupil, school_class=school_class, guardian=goes, date_from=date(2026, 11, 1),
        date_to=date(2026, 11, 20), formed_by=make_user(), pages=1, sha256="0" * 64,
    )  # fmt: skip
    purpose = ConsentPurpose.objects.create(name="Фото на сайте")
    consent = Consent.objects.create(pupil=pupil, purpose=purpose, guardian=goes, given_on=date(2026, 9, 1))

    run(stays, goes, patronymic="Ильинична", birth_date=date(1985, 3, 2))

    stays.refresh_from_db(), goes.refresh_from_db(), extract.refresh_from_db(), consent.refresh_from_db()
    assert (stays.patronymic, stays.birth_date, stays.email) == ("Ильинична", date(1985, 3, 2), "old@example.org")
    current = stays.guardianships.current()
    assert sorted(tie.pupil.last_name for tie in current) == ["Дочкина", "Младшов", "Сынов"]
    assert extract.guardian == consent.guardian == stays
    assert goes.merged_into == stays and not goes.guardianships.current().exists()
    assert Guardian.objects.count() == 2 and Guardianship.objects.count() == 4  # nothing is deleted


def test_two_ties_with_one_child_become_one_and_no_paper_is_lost(two):
    stays, goes = two
    mine = stays.guardianships.get(pupil__last_name="Младшов")
    theirs = goes.guardianships.get(pupil__last_name="Младшов")
    Guardianship.objects.filter(pk=mine.pk).update(kinship="other")
    Guardianship.objects.filter(pk=theirs.pk).update(
        informing="paper_refused", informing_basis="вх. № 7", informing_since=date(2026, 9, 3)
    )

    run(stays, goes)

    mine.refresh_from_db()
    assert (mine.kinship, mine.informing, mine.informing_basis) == ("mother", "paper_refused", "вх. № 7")
    assert [tie.guardian for tie in mine.pupil.guardianships.current()] == [stays]
    assert not mine.pupil.guardianships.past().exists()


def test_a_tie_in_force_beats_an_ended_one(two):
    stays, goes = two
    mine = stays.guardianships.get(pupil__last_name="Младшов")
    Guardianship.objects.filter(pk=mine.pk).update(ended_on=date(2026, 10, 1))

    run(stays, goes)

    mine.refresh_from_db()
    assert mine.ended_on is None


def test_the_merged_person_is_in_no_list_and_no_search(two, client, school_class):
    stays, goes = two
    Guardian.objects.filter(pk=goes.pk).update(last_name="Двойникова")
    run(stays, goes)
    client.force_login(teacher_user(school_class), backend=BACKEND)
    child = stays.guardianships.first().pupil

    for url in (
        reverse("journal:class_guardians", args=[school_class.pk]),
        reverse("journal:class_list", args=[school_class.pk]),
        reverse("journal:pupil", args=[child.pk]),
        reverse("journal:guardian_add", args=[child.pk]) + "?q=Двойникова",
    ):
        assert ">Двойникова" not in client.get(url).content.decode()
    assert client.get(reverse("journal:guardian", args=[goes.pk])).url == reverse("journal:guardian", args=[stays.pk])
    assert client.get(reverse("journal:guardian_edit", args=[goes.pk])).status_code == 404


def test_the_trail_tells_everything(two):
    stays, goes = two
    goes.user = make_user(username="orlova482")
    goes.save()
    by = make_user(is_deputy=True)

    run(stays, goes, by=by, patronymic="Ильинична")

    events = AuditEvent.objects.filter(subject="объединение представителей", object_type="guardian", actor=by)
    assert events.count() == 2 * 3  # both rows, on the cards of three children
    gone = events.filter(object_id=goes.pk).first()
    assert gone.old["patronymic"] == "Ильинична" and gone.old["birth_date"] == "1985-03-02"
    assert gone.new["merged_into"] == f"Орлова Мария Ильинична, запись № {stays.pk}"
    assert gone.new["login"] == "orlova482"
    stayed = events.filter(object_id=stays.pk).first()
    assert (stayed.old["patronymic"], stayed.new["patronymic"]) == ("", "Ильинична")
    assert (stayed.old["login"], stayed.new["login"]) == ("", "orlova482")
    ties = AuditEvent.objects.filter(subject="объединение представителей", object_type="guardianship")
    assert {event.old.get("guardian", "united") for event in ties} == {"Орлова Мария Ильинична", "united"}


# --- Logins ---------------------------------------------------------------------------------------


def test_a_single_login_follows_the_person(two):
    stays, goes = two
    goes.user = make_user()
    goes.save()

    run(stays, goes)

    stays.refresh_from_db(), goes.refresh_from_db()
    assert goes.user is None and stays.user.is_active
    assert len(stays.user.own_children) == 3


@pytest.mark.parametrize("chosen", ["stays", "goes"])
def test_of_two_logins_the_chosen_one_stays_and_the_other_is_blocked(two, chosen, rf):
    stays, goes = two
    for row in two:
        row.user = make_user()
        row.save()
    kept, lost = (stays.user, goes.user) if chosen == "stays" else (goes.user, stays.user)
    UserSession.objects.create(user=lost, session_key="k" * 32)

    run(stays, goes, login=stays if chosen == "stays" else goes)

    stays.refresh_from_db(), goes.refresh_from_db(), lost.refresh_from_db()
    assert (stays.user, goes.user) == (kept, lost)
    assert not lost.is_active and kept.is_active
    assert not UserSession.objects.filter(user=lost, ended_at=None).exists()


def test_the_login_of_staff_is_never_the_one_that_is_blocked(two):
    stays, goes = two
    stays.user, goes.user = make_user(), make_teacher().user
    stays.save(), goes.save()

    run(stays, goes, login=stays)

    stays.refresh_from_db(), goes.refresh_from_db()
    assert stays.user.teacher_or_none and stays.user.is_active
    assert not goes.user.is_active


def test_two_logins_of_staff_are_for_the_operator(two):
    stays, goes = two
    stays.user, goes.user = make_teacher().user, make_user(is_operator=True)
    stays.save(), goes.save()

    with pytest.raises(CannotMerge, match="У обоих вход сотрудника"):
        run(stays, goes)
    assert Guardian.objects.filter(merged_into=None).count() == 2


# --- Who may, and when not ------------------------------------------------------------------------


def test_nothing_is_merged_on_a_stale_preview(two, client, school_class):
    stays, goes = two
    client.force_login(teacher_user(school_class), backend=BACKEND)
    url = reverse("journal:guardian_merge", args=[stays.pk, goes.pk])
    opened = client.get(url).context["form"]
    Guardian.objects.filter(pk=goes.pk).update(email="late@example.org")

    data = {"stamp": opened.initial["stamp"], "patronymic": "goes", "birth_date": "goes", "email": "stays"}
    html = client.post(url, data).content.decode()

    assert "данные изменились" in html
    assert Guardian.objects.filter(merged_into=None).count() == 2
    with pytest.raises(MergeChanged):
        merge(stays, goes, values={}, keep_login_of=None, stamp="stale", by=make_user(is_deputy=True))


def test_the_preview_and_the_press(two, client, school_class):
    stays, goes = two
    client.force_login(teacher_user(school_class), backend=BACKEND)
    url = reverse("journal:guardian_merge", args=[stays.pk, goes.pk])

    response = client.get(url)
    html = " ".join(response.content.decode().split())
    assert "Сынов Анна: представительство перейдёт." in html
    assert "Младшов Анна: два представительства станут одним" in html
    stamp = response.context["form"].initial["stamp"]
    data = {"stamp": stamp, "patronymic": "goes", "birth_date": "goes", "email": "stays"}
    assert client.post(url, data).url == reverse("journal:guardian", args=[stays.pk])

    stays.refresh_from_db()
    assert (stays.patronymic, stays.birth_date, stays.email) == ("Ильинична", date(1985, 3, 2), "old@example.org")


def test_a_class_teacher_merges_only_who_has_no_child_elsewhere(two, client, school_class):
    stays, goes = two
    other_class = make_class("5А", year=school_class.year)
    cousin = make_pupil(other_class)
    Guardianship.objects.create(pupil=cousin, guardian=goes)
    url = reverse("journal:guardian_merge", args=[stays.pk, goes.pk])

    for user, status in (
        (teacher_user(school_class), 404),
        (teacher_user(other_class), 404),
        (make_user(is_operator=True), 200),
        (make_user(is_deputy=True), 200),
    ):
        client.force_login(user, backend=BACKEND)
        assert client.get(url).status_code == status
        assert client.get(reverse("journal:guardian_merge", args=[stays.pk, stays.pk])).status_code == 404


def test_values_that_contradict_a_child_are_refused(two, client, school_class):
    stays, goes = two
    Guardian.objects.filter(pk=goes.pk).update(birth_date=date(2020, 1, 1))

    with pytest.raises(CannotMerge, match="моложе ребёнка"):
        run(stays, goes, birth_date=date(2020, 1, 1))
    assert not AuditEvent.objects.filter(subject="объединение представителей").exists()
