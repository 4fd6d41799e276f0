"""«Начало года»: each check finds its gap, every gap leads to an existing page, the school costs a constant number of
queries."""

from __future__ import annotations

import csv
import html
import io
from datetime import date, datetime

import pytest
from django.urls import Resolver404, resolve, reverse

from accounts.models import AuditEvent
from journal.models import Course, Guardianship, IndividualPlan, SensitiveData
from reports.checklist.items import ITEMS
from reports.checklist.places import PAGES
from reports.checklist.query import Checklist, class_checklist
from tests.factories import (
    MONDAY,
    make_class,
    make_consent,
    make_course,
    make_group,
    make_guardian,
    make_pupil,
    make_school,
    make_slot,
    make_subject,
    make_user,
    teacher_user,
)
from tests.pages import enter

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    """A class that lacks nothing: one pupil, one subject."""
    school_class = make_class("7Б")
    make_slot(make_course(school_class), 1, 1)
    ready_pupil(school_class)
    return school_class


def ready_pupil(school_class, **fields):
    fields = {"snils": "11223344595", "file_number": "О-1", "address": "ул. Мира, 1", **fields}
    pupil = make_pupil(school_class, **fields)
    mother = make_guardian(pupil, user=make_user(), phone_mobile="+7 900 000-00-01")
    from journal.models import ConsentPurpose

    for purpose in ConsentPurpose.objects.filter(is_required=True):
        make_consent(pupil, purpose, guardian=mother)
    return pupil


def with_group_and_plan(school_class) -> None:
    """So that no query is spared because there is nothing to ask for."""
    pupil = school_class.enrolments.first().pupil
    group = make_group(school_class, make_subject("Английский"), name=f"{school_class} 1", pupils=[pupil])
    make_course(subject=group.subject, group=group)
    make_course(subject="Физика", plan=IndividualPlan.objects.create(pupil=pupil, date_from=date(2026, 9, 1)))


def checklist_of(school_class, user=None) -> Checklist:
    return class_checklist(school_class, TODAY, user or teacher_user(school_class))


def gaps(school_class, user=None) -> dict[str, list[str]]:
    """Key of the item → names, of the items that lack something."""
    lines = checklist_of(school_class, user).lines
    return {
        line.item.key: [named.name for part in line.parts for named in part.names] for line in lines if line.lacking
    }


# --- Each check -----------------------------------------------------------------------------------


def test_a_class_that_lacks_nothing_is_ready(school_class):
    checklist = checklist_of(school_class)

    assert gaps(school_class) == {}
    assert checklist.ready == len(checklist.lines) and checklist.required_left == 0


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"snils": ""}, "snils"),
        ({"file_number": ""}, "file"),
        ({"address": ""}, "address"),
        ({"birth_date": date(2020, 1, 1)}, "age"),  # a first-grader in grade 7
        ({"birth_date": date(2011, 8, 31)}, "age"),  # fifteen in September
    ],
)
def test_a_gap_of_the_card_is_found(school_class, fields, key):
    ready_pupil(school_class, last_name="Пустова", **{"snils": "08765430300", **fields})

    assert gaps(school_class) == {key: ["Пустова Анна"]}


def test_a_ninth_grade_age_in_grade_one_is_found():
    school_class = make_class("1А")
    make_slot(make_course(school_class), 1, 1)
    ready_pupil(school_class, last_name="Рослова", birth_date=date(2011, 5, 1))
    ready_pupil(school_class, snils="08765430300", birth_date=date(2019, 5, 1))

    assert gaps(school_class) == {"age": ["Рослова Анна"]}


def test_a_pupil_without_guardian_or_reachable_phone(school_class):
    alone = ready_pupil(school_class, last_name="Одинцова", snils="08765430300")
    alone.guardianships.update(ended_on=date(2026, 10, 1))
    unreachable = ready_pupil(school_class, last_name="Тихова", snils="")
    unreachable.guardianships.get().guardian.__class__.objects.filter(guardianships__pupil=unreachable).update(
        phone_mobile=""
    )

    found = gaps(school_class)

    assert (found["guardian"], found["phone"]) == (["Одинцова Анна"], ["Тихова Анна"])


def test_paper_needs_a_basis_and_electronic_needs_a_login(school_class):
    pupil = ready_pupil(school_class, last_name="Бумажкина", snils="08765430300")
    make_guardian(pupil, last_name="Бумажная", informing=Guardianship.Informing.PAPER_REFUSED)
    make_guardian(pupil, last_name="Беслогинова")
    blocked = make_guardian(pupil, last_name="Закрытая", user=make_user(is_active=False))

    found = gaps(school_class)

    assert found == {
        "basis": ["Бумажная О. (Бумажкина Анна)"],
        "access": ["Беслогинова О. (Бумажкина Анна)", f"{blocked.short_name} (Бумажкина Анна)"],
    }


def test_who_is_in_no_group_is_named_by_subject(school_class):
    first = school_class.enrolments.get().pupil
    second = ready_pupil(school_class, last_name="Вторая", snils="08765430300")
    for subject, members in (("Английский", [first]), ("Информатика", [first, second])):
        group = make_group(school_class, make_subject(subject), pupils=members)
        make_slot(make_course(subject=group.subject, group=group), 2, 2)

    (line,) = [line for line in checklist_of(school_class).lines if line.item.key == "divisions"]

    assert [(part.label, part.done, part.total, [n.name for n in part.names]) for part in line.parts] == [
        ("Английский", 1, 2, ["Вторая Анна"]),
        ("Информатика", 2, 2, []),
    ]


def test_a_membership_that_ended_is_none(school_class):
    pupil = school_class.enrolments.get().pupil
    group = make_group(school_class, make_subject("Английский"), pupils=[pupil])
    make_slot(make_course(subject=group.subject, group=group), 2, 2)
    assert gaps(school_class) == {}

    group.memberships.update(date_to=date(2026, 11, 22))

    assert list(gaps(school_class)) == ["divisions"]


def test_a_division_that_begins_later_asks_for_nobody_yet(school_class):
    first = school_class.enrolments.get().pupil
    ready_pupil(school_class, last_name="Вторая", snils="08765430300")
    group = make_group(school_class, make_subject("Английский"), pupils=[first])
    group.memberships.update(date_from=date(2026, 11, 30))
    make_slot(make_course(subject=group.subject, group=group), 2, 2, date_from=date(2026, 11, 30))

    assert gaps(school_class) == {"divisions": ["Вторая Анна"]}


def test_hours_that_went_to_the_groups_are_not_missed(school_class):
    pupil = school_class.enrolments.get().pupil
    algebra = Course.objects.get(school_class=school_class)
    algebra.slots.update(date_to=MONDAY)
    group = make_group(school_class, algebra.subject, pupils=[pupil])
    make_slot(make_course(subject=group.subject, group=group), 2, 2)

    assert gaps(school_class) == {}


def test_an_individual_plan_stands_instead_of_the_group(school_class):
    pupil = school_class.enrolments.get().pupil
    group = make_group(school_class, make_subject("Английский"))
    make_slot(make_course(subject=group.subject, group=group), 2, 2)
    plan = IndividualPlan.objects.create(pupil=pupil, date_from=date(2026, 9, 1))
    make_slot(make_course(subject="Английский", plan=plan), 3, 3)

    assert gaps(school_class) == {}


def test_a_plan_without_subjects_teachers_or_time(school_class):
    pupil = school_class.enrolments.get().pupil
    plan = IndividualPlan.objects.create(pupil=pupil, date_from=date(2026, 9, 1))
    assert gaps(school_class) == {"plans": [f"{pupil.list_name}: нет предметов"]}

    make_course(subject="Физика", plan=plan, teacher=None)

    words = "не у всех предметов есть учитель, не у всех предметов есть время"
    assert gaps(school_class) == {"plans": [f"{pupil.list_name}: {words}"]}


def test_a_group_above_the_size_of_the_settings(school_class):
    make_school(group_size_warning=1)
    pupil = ready_pupil(school_class, snils="08765430300")
    group = make_group(school_class, make_subject("Английский"), pupils=[pupil, school_class.enrolments.first().pupil])
    make_slot(make_course(subject=group.subject, group=group), 2, 2)
    school_class.year.refresh_from_db()
    school_class.year.school.refresh_from_db()

    assert gaps(school_class) == {"sizes": ["Английский, 1 группа: 2"]}


def test_a_joined_group_counts_in_both_classes(school_class):
    other = make_class("7В", year=school_class.year)
    make_slot(make_course(other), 1, 1)
    pupil = ready_pupil(other, snils="08765430300")
    group = make_group(school_class, make_subject("Английский"), pupils=[pupil, school_class.enrolments.get().pupil])
    group.classes.add(other)
    course = make_course(subject=group.subject, group=group, teacher=None)

    for one in (school_class, other):
        assert gaps(one) == {"teachers": [course.title], "timetable": [course.title]}


def test_courses_without_teacher_and_time(school_class):
    make_course(school_class, "Физика", teacher=None)

    assert gaps(school_class) == {"teachers": ["Физика"], "timetable": ["Физика"]}


def test_a_class_without_subjects_is_not_called_complete(school_class):
    bare = make_class("8А", year=school_class.year)

    assert {"teachers", "timetable"} <= set(gaps(bare))
    assert not Course.objects.filter(school_class=bare).exists()


def test_nobody_leads_the_class(school_class):
    user = teacher_user(school_class)
    school_class.class_teachers.update(date_to=date(2026, 11, 22))

    assert gaps(school_class, user) == {"teacher": ["классный руководитель"]}


def test_consents_missing_and_withdrawn(school_class):
    lacks = ready_pupil(school_class, last_name="Несогласная", snils="08765430300")
    missing, withdrawn = lacks.consents.order_by("purpose")
    name = withdrawn.purpose.name
    missing.delete()
    withdrawn.withdrawn_on = date(2026, 10, 1)
    withdrawn.save()

    assert gaps(school_class) == {"consents": ["Несогласная Анна"], "withdrawn": [f"Несогласная Анна: {name}"]}

    make_consent(lacks, withdrawn.purpose, date(2026, 11, 1))
    assert "withdrawn" not in gaps(school_class)


def test_the_sensitive_block_is_asked_only_where_kept_and_permitted(school_class):
    user = teacher_user(school_class)
    user.sees_sensitive = True
    assert "sensitive" not in {line.item.key for line in checklist_of(school_class, user).lines}

    make_school(sensitive_block=True)
    school_class.year.school.refresh_from_db()
    pupil = school_class.enrolments.get().pupil
    assert gaps(school_class, user) == {"sensitive": [pupil.list_name]}
    assert gaps(school_class) == {}

    SensitiveData.objects.create(pupil=pupil, health_group="2")
    assert gaps(school_class, user) == {}


def test_who_left_is_not_asked_about(school_class):
    make_pupil(school_class, until=date(2026, 10, 15))

    assert gaps(school_class) == {}


# --- Where it is mended ---------------------------------------------------------------------------


def test_every_item_has_a_place_that_is_known():
    office = {"office", "courses", "timetable"}

    assert {item.place for item in ITEMS} <= {*office, *PAGES}
    assert len({item.key for item in ITEMS}) == len(ITEMS)


@pytest.mark.parametrize("role", ["class teacher", "deputy", "operator"])
def test_every_gap_leads_to_an_existing_page(school_class, role):
    """Holds whichever page a place resolves to today."""
    pupil = make_pupil(school_class, birth_date=date(2001, 1, 1))
    make_guardian(pupil, informing=Guardianship.Informing.PAPER_REFUSED)
    make_guardian(pupil)
    make_group(school_class, make_subject("Английский"))
    make_course(school_class, "Физика", teacher=None)
    IndividualPlan.objects.create(pupil=pupil, date_from=date(2026, 9, 1))
    users = {
        "class teacher": teacher_user(school_class),
        "deputy": make_user(is_deputy=True),
        "operator": make_user(is_operator=True),
    }

    lines = [line for line in checklist_of(school_class, users[role]).lines if line.lacking]

    assert len(lines) >= 9
    for line in lines:
        for part in line.parts:
            assert part.url or part.words == "Делает администратор"
            for url in [part.url, *(named.url for named in part.names)]:
                try:
                    assert not url or resolve(url)
                except Resolver404:
                    pytest.fail(f"{line.item.key} leads to {url}, which does not exist")


def test_names_of_pupils_lead_to_their_cards(client, school_class):
    pupil = ready_pupil(school_class, last_name="Пустова", snils="")

    page = enter(client, teacher_user(school_class)).get(reverse("reports:checklist", args=[school_class.pk]))

    body = html.unescape(page.content.decode())
    assert f"/pupils/{pupil.pk}/" in body and ">Пустова Анна</a>" in body
    assert "Готово" in body
    event = AuditEvent.objects.get(action="read", subject="начало года")
    assert event.class_id == school_class.pk


def test_a_strangers_class_has_no_checklist(client, school_class):
    stranger = teacher_user(make_class("8А", year=school_class.year))

    assert enter(client, stranger).get(reverse("reports:checklist", args=[school_class.pk])).status_code == 404
    assert client.get(reverse("reports:checklists")).status_code == 404


@pytest.mark.parametrize("size", [3, 30])
def test_the_page_costs_the_same_for_any_class(client, school_class, size, django_assert_num_queries):
    for _ in range(size):
        make_guardian(make_pupil(school_class))
    with_group_and_plan(school_class)
    enter(client, teacher_user(school_class))

    with django_assert_num_queries(16):
        client.get(reverse("reports:checklist", args=[school_class.pk]))


# --- The school -----------------------------------------------------------------------------------


def test_the_matrix_counts_what_the_classes_name(client, school_class):
    ready_pupil(school_class, snils="", address="")
    other = make_class("5А", year=school_class.year)
    make_pupil(other)

    page = enter(client, make_user(is_deputy=True)).get(reverse("reports:checklists"))

    rows = page.context["rows"]
    assert [row.school_class.name for row in rows] == ["5А", "7Б"]
    for row in rows:
        named = {line.item.key: line.lacking for line in checklist_of(row.school_class).lines}
        assert {cell.key: cell.lacking for cell in row.cells if cell.lacking is not None} == named


def test_the_matrix_is_sorted_and_filtered(client, school_class):
    make_pupil(make_class("5А", year=school_class.year), snils="08765430300")
    ready_pupil(school_class, snils="")
    enter(client, make_user(is_operator=True))

    def shown(query: str) -> list[str]:
        return [row.school_class.name for row in client.get(reverse("reports:checklists") + query).context["rows"]]

    assert shown("?sort=snils") == ["7Б", "5А"]
    assert shown("?sort=left") == ["5А", "7Б"]
    assert shown("?sort=nonsense") == ["5А", "7Б"]
    assert shown("?grade=7") == ["7Б"]
    assert shown("?grade=9") == []


@pytest.mark.parametrize("classes", [4, 40])
def test_the_matrix_of_a_school_costs_the_same(client, classes, django_assert_num_queries):
    names = [f"{grade}{letter}" for grade in range(2, 12) for letter in "АБВГ"][:classes]
    year = None
    for name in names:
        school_class = make_class(name, year=year)
        year = school_class.year
        make_guardian(*(make_pupil(school_class) for _ in range(3)))
        with_group_and_plan(school_class)
    enter(client, make_user(is_deputy=True))

    with django_assert_num_queries(16):
        answer = client.get(reverse("reports:checklists"))

    assert len(answer.context["rows"]) == classes
    assert len(answer.content) < 150_000


def test_the_matrix_as_a_file(client, school_class):
    ready_pupil(school_class, snils="")
    enter(client, make_user(is_deputy=True))

    answer = client.get(reverse("reports:checklists_csv"))

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:3] == ["Класс", "Готово", "Из"]
    assert rows[1][0] == "7Б" and rows[1][rows[0].index("Записан СНИЛС")] == "1"
    assert client.get(reverse("reports:checklists_xlsx")).content[:2] == b"PK"


def test_before_the_first_year_the_page_says_so(client):
    page = enter(client, make_user(is_deputy=True)).get(reverse("reports:checklists"))

    assert "Классов пока нет" in page.content.decode()


def test_a_slot_of_last_week_is_no_timetable(school_class):
    Course.objects.get(school_class=school_class).slots.update(date_to=MONDAY)

    assert gaps(school_class) == {"timetable": ["Алгебра"]}
