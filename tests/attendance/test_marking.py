"""A press: what it writes, what it refuses, what it never overwrites unseen."""

from datetime import date, datetime
from uuid import uuid4

import pytest

from attendance.models import Absence, AbsenceChange, ClosedMonth, Reason, RollCall
from attendance.services import CannotMark, Mismatch, Press, mark_absence, take_roll_call
from journal.calendar import load_calendar
from tests.factories import MONDAY, make_class, make_pupil, make_teacher, make_user, teacher_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def mark(school_class):
    """mark("pupil:lesson:expected:new") as the class teacher on MONDAY."""

    def act(text, *, day=MONDAY, by=None, key=None, why=""):
        return mark_absence(
            school_class=school_class,
            day=day,
            press=Press.parse(text, key),
            calendar=load_calendar(school_class.year),
            by=by or teacher_user(school_class),
            why=why,
        )

    return act


def standing():
    return list(Absence.objects.order_by("pupil", "lesson").values_list("pupil", "lesson", "reason"))


def test_a_press_marks_and_a_second_press_clears(school_class, mark):
    pupil = make_pupil(school_class)

    mark(f"{pupil.pk}:0::ill")
    assert standing() == [(pupil.pk, 0, "ill")]
    mark(f"{pupil.pk}:0:ill:")

    assert standing() == []
    assert list(AbsenceChange.objects.order_by("pk").values_list("old", "new")) == [("", "ill"), ("ill", "")]


def test_a_press_on_a_stale_page_changes_nothing_and_tells_both_values(school_class, mark):
    pupil = make_pupil(school_class)
    colleague = make_user(last_name="Коллегина", first_name="Яна")
    mark(f"{pupil.pk}:0::excused", by=colleague)

    with pytest.raises(Mismatch) as mismatch:
        mark(f"{pupil.pk}:0::ill")

    assert (mismatch.value.reason, mismatch.value.by) == ("excused", "Коллегина Я.")
    assert standing() == [(pupil.pk, 0, "excused")]


def test_the_same_press_sent_again_acts_once(school_class, mark):
    pupil, key = make_pupil(school_class), uuid4()

    for _ in range(5):
        mark(f"{pupil.pk}:0::ill", key=key)

    assert standing() == [(pupil.pk, 0, "ill")]
    assert AbsenceChange.objects.count() == 1


def test_a_late_repeat_does_not_bring_back_what_was_cleared_since(school_class, mark):
    pupil, key = make_pupil(school_class), uuid4()
    mark(f"{pupil.pk}:0::ill", key=key)
    mark(f"{pupil.pk}:0:ill:")

    mark(f"{pupil.pk}:0::ill", key=key)

    assert standing() == []


def test_two_people_who_press_the_same_agree(school_class, mark):
    pupil = make_pupil(school_class)
    mark(f"{pupil.pk}:0::ill", by=make_user())

    mark(f"{pupil.pk}:0::ill")

    assert AbsenceChange.objects.count() == 1


def test_pressing_the_letter_of_an_unconfirmed_fact_confirms_it(school_class, mark):
    pupil = make_pupil(school_class)
    Absence.objects.create(pupil=pupil, date=MONDAY, lesson=3, reason=Reason.UNEXCUSED, is_confirmed=False)

    mark(f"{pupil.pk}:3:unexcused:unexcused")

    assert Absence.objects.get().is_confirmed


def test_a_reason_for_the_day_answers_the_facts_of_its_lessons(school_class, mark):
    pupil = make_pupil(school_class)
    Absence.objects.create(pupil=pupil, date=MONDAY, lesson=3, reason=Reason.UNEXCUSED, is_confirmed=False)

    mark(f"{pupil.pk}:0::ill")

    assert standing() == [(pupil.pk, 0, "ill"), (pupil.pk, 3, "ill")]
    assert not Absence.objects.filter(is_confirmed=False).exists()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 10, 28), "осенние каникулы"),
        (date(2026, 11, 4), "День народного единства"),
        (date(2026, 11, 15), "выходной"),
        (date(2026, 8, 20), "вне учебного года"),
        (date(2026, 11, 17), "ещё не наступил"),
    ],
)
def test_days_that_cannot_be_marked_say_why(school_class, mark, day, words):
    pupil = make_pupil(school_class)

    with pytest.raises(CannotMark, match=words):
        mark(f"{pupil.pk}:0::ill", day=day)

    assert standing() == []


def test_a_pupil_who_has_left_cannot_be_marked(school_class, mark):
    pupil = make_pupil(school_class, until=date(2026, 10, 30))

    with pytest.raises(CannotMark, match="нет в списке класса 7Б"):
        mark(f"{pupil.pk}:0::ill")


def test_a_pupil_of_another_class_cannot_be_marked(mark):
    stranger = make_pupil(make_class("7А"))

    with pytest.raises(CannotMark, match="нет в списке"):
        mark(f"{stranger.pk}:0::ill")

    assert standing() == []


@pytest.mark.parametrize("text", ["1:0::плохо", "1:0:?:ill", "1:13::ill", "1:-1::ill", "1:0::late", "x", "", "1:0:ill"])
def test_an_unknown_letter_or_lesson_is_refused_in_words(text):
    with pytest.raises(CannotMark, match=r"[а-я]{4}"):
        Press.parse(text)


def test_a_closed_month_opens_to_the_deputy_only(school_class, mark):
    pupil = make_pupil(school_class)
    deputy = make_user(is_deputy=True)
    ClosedMonth.objects.create(month=date(2026, 10, 1), closed_by=deputy)

    with pytest.raises(CannotMark, match="Месяц закрыт"):
        mark(f"{pupil.pk}:0::ill", day=date(2026, 10, 20))
    with pytest.raises(CannotMark, match="Причина исправления"):
        mark(f"{pupil.pk}:0::ill", day=date(2026, 10, 20), by=deputy)
    mark(f"{pupil.pk}:0::ill", day=date(2026, 10, 20), by=deputy, why="справка пришла позже")

    assert standing() == [(pupil.pk, 0, "ill")]
    assert AbsenceChange.objects.get().why == "справка пришла позже"


def test_the_roll_call_is_a_record_of_its_own_and_the_first_one_stays(school_class, clock):
    calendar = load_calendar(school_class.year)
    first = take_roll_call(school_class=school_class, day=MONDAY, calendar=calendar, by=teacher_user(school_class))
    clock(datetime(2026, 11, 16, 9, 30))

    take_roll_call(school_class=school_class, day=MONDAY, calendar=calendar, by=make_teacher().user)

    assert RollCall.objects.get() == first
    assert RollCall.objects.get().taken_by == teacher_user(school_class)


def test_no_roll_call_ahead_of_time(school_class):
    calendar = load_calendar(school_class.year)

    with pytest.raises(CannotMark, match="не заранее"):
        take_roll_call(school_class=school_class, day=date(2026, 11, 17), calendar=calendar, by=make_user())
