"""«Вернуть последнее» also after a reload: the presses of one's own sign-in, and nothing that others changed since."""

import json
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.http import session_print
from attendance.models import Absence, AbsenceChange, AbsenceDocument, Reason
from attendance.of_day import Step, still_standing
from tests.factories import MONDAY, make_class, make_course, make_pupil, make_slot, make_user, teacher_user

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


@pytest.fixture
def school_class():
    school_class = make_class("7Б")
    make_slot(make_course(school_class, "Алгебра"), 1, 1)
    return school_class


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    client.force_login(user)
    return user


def url(school_class, name="day_sheet", day=MONDAY):
    return reverse(f"attendance:{name}", kwargs={"class_id": school_class.pk, "day": day})


def press(client, school_class, text, **fields):
    return client.post(url(school_class, "press"), {"press": text, **fields}, **JSON)


def steps(client, school_class):
    """What the page can take back, the newest last: «key pupil:lesson:from:to»."""
    context = client.get(url(school_class)).context
    return json.loads(context["step_values"])


def undo(client, school_class, value):
    """The button of a page without script."""
    return client.post(url(school_class, "press"), {"undo": value}, follow=True)


def standing():
    return list(Absence.objects.order_by("pupil", "lesson").values_list("pupil", "lesson", "reason"))


def test_own_presses_are_taken_back_one_by_one_after_a_reload(client, teacher, school_class):
    one, other = make_pupil(school_class), make_pupil(school_class)
    press(client, school_class, f"{one.pk}:0::ill")
    press(client, school_class, f"{one.pk}:0:ill:excused")
    press(client, school_class, f"{other.pk}:1::late")

    undo(client, school_class, steps(client, school_class)[-1])
    assert standing() == [(one.pk, 0, "excused")]
    undo(client, school_class, steps(client, school_class)[-1])
    assert standing() == [(one.pk, 0, "ill")]
    undo(client, school_class, steps(client, school_class)[-1])

    assert standing() == []
    assert steps(client, school_class) == []
    assert AbsenceChange.objects.filter(undoes__isnull=False).count() == 3


def test_every_press_gets_a_key_and_the_print_of_its_sign_in(client, teacher, school_class):
    pupil = make_pupil(school_class)

    client.post(url(school_class, "press"), {"press": f"{pupil.pk}:0::ill"})

    change = AbsenceChange.objects.get()
    assert change.key
    assert (len(change.session), change.session) == (16, session_print(client))
    assert client.session.session_key not in change.session


def test_another_sign_in_is_offered_nothing_and_takes_nothing_back(client, teacher, school_class):
    pupil = make_pupil(school_class)
    press(client, school_class, f"{pupil.pk}:0::ill")
    (value,) = steps(client, school_class)
    elsewhere = Client()
    elsewhere.force_login(teacher)

    assert steps(elsewhere, school_class) == []
    answer = undo(elsewhere, school_class, value)

    assert standing() == [(pupil.pk, 0, "ill")]
    assert "не в этом сеансе" in answer.content.decode()


@pytest.mark.parametrize("put_by_the_other", ["excused", ""])
def test_what_somebody_changed_meanwhile_is_told_and_not_undone(client, teacher, school_class, put_by_the_other):
    pupil, colleague = make_pupil(school_class), Client()
    colleague.force_login(make_user(is_deputy=True, last_name="Завучева", first_name="Яна"))
    press(client, school_class, f"{pupil.pk}:0::ill")
    (value,) = steps(client, school_class)
    press(colleague, school_class, f"{pupil.pk}:0:ill:{put_by_the_other}")
    before = standing()

    answer = press(client, school_class, value.split(" ")[1], undoes=value.split(" ")[0])
    page = undo(client, school_class, value).content.decode()

    assert (answer.status_code, answer.json()["mismatch"]["reason"]) == (409, put_by_the_other)
    assert standing() == before
    assert "возвращать прежнюю не стали" in page
    assert steps(client, school_class) == []


def test_the_same_letter_put_by_somebody_else_is_theirs(client, teacher, school_class):
    pupil, colleague = make_pupil(school_class), Client()
    colleague.force_login(make_user(is_deputy=True))
    press(client, school_class, f"{pupil.pk}:0::ill")
    (value,) = steps(client, school_class)
    press(colleague, school_class, f"{pupil.pk}:0:ill:")
    press(colleague, school_class, f"{pupil.pk}:0::ill")

    undo(client, school_class, value)

    assert standing() == [(pupil.pk, 0, "ill")]


def test_an_undo_sent_twice_acts_once(client, teacher, school_class):
    pupil = make_pupil(school_class)
    press(client, school_class, f"{pupil.pk}:0::ill")
    undoes, text = steps(client, school_class)[0].split(" ")
    key = str(uuid4())

    answers = [press(client, school_class, text, undoes=undoes, key=key).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert (standing(), AbsenceChange.objects.count()) == ([], 2)


def test_an_undo_gives_back_exactly_what_stood(client, teacher, school_class):
    late, fact, papered = (make_pupil(school_class) for _ in range(3))
    other = make_user(last_name="Предметникова", first_name="Яна")
    press(client, school_class, f"{late.pk}:1::late-10")
    Absence.objects.create(pupil=fact, date=MONDAY, lesson=1, reason=Reason.UNEXCUSED, is_confirmed=False)
    AbsenceChange.objects.create(pupil=fact, date=MONDAY, lesson=1, new="unexcused", source="lesson", by=other)
    document = AbsenceDocument.objects.create(
        pupil=papered, kind="note", reason="excused", date_from=MONDAY, date_to=MONDAY, added_by=teacher
    )
    Absence.objects.create(pupil=papered, date=MONDAY, reason="excused", document=document)

    for text in (f"{late.pk}:1:late-10:unexcused", f"{fact.pk}:1:unexcused:ill", f"{papered.pk}:0:excused:ill"):
        assert press(client, school_class, text).status_code == 200
        undo(client, school_class, steps(client, school_class)[-1])

    rows = {row.pupil_id: row for row in Absence.objects.all()}
    assert (rows[late.pk].reason, rows[late.pk].minutes) == ("late", 10)
    given = rows[fact.pk]
    assert (given.reason, given.is_confirmed, given.marked_by) == ("unexcused", False, other)
    assert (rows[papered.pk].reason, rows[papered.pk].document) == ("excused", document)


def test_a_lateness_undone_twice_keeps_its_minutes(client, teacher, school_class):
    pupil = make_pupil(school_class)
    press(client, school_class, f"{pupil.pk}:1::late-10")
    press(client, school_class, f"{pupil.pk}:1:late-10:unexcused")
    undo(client, school_class, steps(client, school_class)[-1])
    press(client, school_class, f"{pupil.pk}:1:late-10:")

    undo(client, school_class, steps(client, school_class)[-1])

    assert Absence.objects.get().minutes == 10


def test_steps_over_a_place_that_another_took_are_over():
    mine, theirs = 7, 8
    first, second, third = (
        Step(uuid4(), 1, 0, "", "ill", None),
        Step(uuid4(), 2, 0, "", "ill", None),
        Step(uuid4(), 1, 0, "ill", "excused", None),
    )

    assert still_standing([first, second, third], {(1, 0): ("excused", mine), (2, 0): ("ill", theirs)}, mine) == [
        first,
        third,
    ]
    assert still_standing([first, second, third], {(1, 0): ("ill", mine), (2, 0): ("ill", mine)}, mine) == [second]


@pytest.mark.parametrize("pupils", [3, 30])
def test_a_page_with_everything_on_it_still_takes_ten_queries(
    client, teacher, school_class, pupils, django_assert_num_queries
):
    made = [make_pupil(school_class) for _ in range(pupils)]
    for pupil in made[: pupils // 3 * 2]:
        press(client, school_class, f"{pupil.pk}:0::ill")
    for pupil in made[-2:]:
        pupil.announcements.create(date_from=MONDAY, date_to=MONDAY, reason="ill", announced_by=teacher)

    with django_assert_num_queries(10):
        page = client.get(url(school_class)).content

    assert len(page) < 60_000


def test_only_the_last_twenty_can_be_taken_back(client, teacher, school_class):
    for pupil in [make_pupil(school_class) for _ in range(22)]:
        press(client, school_class, f"{pupil.pk}:0::ill")

    assert len(steps(client, school_class)) == 20
    assert steps(client, school_class)[-1].split(" ")[1].startswith(f"{pupil.pk}:")


def test_another_day_is_another_stack(client, teacher, school_class):
    pupil = make_pupil(school_class)
    press(client, school_class, f"{pupil.pk}:0::ill")

    page = client.get(url(school_class, day=MONDAY - timedelta(days=3)))

    assert page.context["step_values"] == "[]"
    assert date(2026, 11, 13) == MONDAY - timedelta(days=3)
