"""A pupil's own lessons on a date (domain.md §2): stories one by one, then any week against first principles."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.calendar import load_calendar
from journal.lessons import class_lessons, own_lessons
from journal.models import ControlWork, DayOff, GroupMembership, IndividualPlan, Pupil, SchoolClass
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
)

pytestmark = pytest.mark.django_db
TUESDAY = MONDAY + timedelta(1)
START = date(2026, 9, 1)


@pytest.fixture
def school_class() -> SchoolClass:
    return make_class("7Б")


def own(pupil: Pupil, school_class: SchoolClass, day: date = MONDAY) -> list[tuple[int, str]]:
    lessons = class_lessons(school_class, day, day, load_calendar(school_class.year))
    found = [(place.number, lessons.courses[place.course_id].title) for place in lessons.own(pupil.pk, day)]
    # For one pupil the answer is the same.
    single = own_lessons(pupil, school_class, day, load_calendar(school_class.year))
    assert [place.number for place in single] == [number for number, _ in found]
    return found


def test_the_timetable_gives_the_lessons_of_the_day_in_order(school_class):
    pupil = make_pupil(school_class)
    make_slot(make_course(school_class, "Физика"), 1, 2)
    make_slot(make_course(school_class, "Алгебра"), 1, 1)
    make_slot(make_course(school_class, "История"), 2, 1)
    assert own(pupil, school_class) == [(1, "Алгебра"), (2, "Физика")]


def test_a_slot_holds_between_its_dates_only(school_class):
    pupil = make_pupil(school_class)
    course = make_course(school_class)
    make_slot(course, 1, 1, date_to=MONDAY - timedelta(1))
    make_slot(course, 1, 5, date_from=MONDAY)
    assert own(pupil, school_class) == [(5, "Алгебра")]
    assert own(pupil, school_class, MONDAY - timedelta(7)) == [(1, "Алгебра")]


def test_a_lesson_row_replaces_adds_and_cancels(school_class):
    pupil = make_pupil(school_class)
    algebra, physics = make_course(school_class, "Алгебра"), make_course(school_class, "Физика")
    make_slot(algebra, 1, 1)
    make_slot(algebra, 1, 2)
    make_lesson(algebra, MONDAY, 1, is_cancelled=True)
    make_lesson(physics, MONDAY, 6)
    assert own(pupil, school_class) == [(2, "Алгебра"), (6, "Физика")]


def test_a_substitution_keeps_the_lesson_and_names_who_leads_it(school_class):
    course = make_course(school_class)
    make_slot(course, 1, 1)
    other = make_teacher(last_name="Заменова", first_name="Ада", patronymic="Львовна")
    make_lesson(course, MONDAY, 1, substitute=other, topic="Дроби", room="12")
    ControlWork.objects.create(course=course, date=MONDAY, title="Степени")

    lessons = class_lessons(school_class, MONDAY, MONDAY, load_calendar(school_class.year))

    (place,) = lessons.of_day(MONDAY)
    assert (place.substitute, place.topic, place.room, place.control) == ("Заменова А. Л.", "Дроби", "12", "Степени")


def test_the_subgroup_at_that_date_counts(school_class):
    pupil = make_pupil(school_class)
    subject = make_subject("Информатика")
    first, second = (make_group(school_class, subject, name) for name in ("1 группа", "2 группа"))
    GroupMembership.objects.create(group=first, pupil=pupil, date_from=START, date_to=MONDAY - timedelta(1))
    GroupMembership.objects.create(group=second, pupil=pupil, date_from=MONDAY)
    make_slot(make_course(subject=subject, group=first), 1, 3)
    make_slot(make_course(subject=subject, group=second), 1, 4)

    assert own(pupil, school_class, MONDAY - timedelta(7)) == [(3, "Информатика · 1 группа")]
    assert own(pupil, school_class) == [(4, "Информатика · 2 группа")]


def test_who_is_in_no_group_has_no_lesson_of_a_split_subject(school_class):
    pupil = make_pupil(school_class)
    subject = make_subject("Информатика")
    make_slot(make_course(subject=subject, group=make_group(school_class, subject)), 1, 3)
    assert own(pupil, school_class) == []


def test_a_plan_replaces_its_subjects_between_its_dates(school_class):
    pupil, neighbour = make_pupil(school_class), make_pupil(school_class)
    algebra, physics = make_course(school_class, "Алгебра"), make_course(school_class, "Физика")
    make_slot(algebra, 1, 1)
    make_slot(physics, 1, 2)
    plan = IndividualPlan.objects.create(pupil=pupil, date_from=MONDAY, date_to=MONDAY)
    make_slot(make_course(subject="Алгебра", plan=plan), 1, 7)

    assert own(pupil, school_class) == [(2, "Физика"), (7, "Алгебра")]
    assert own(pupil, school_class, MONDAY - timedelta(7)) == [(1, "Алгебра"), (2, "Физика")]
    assert own(neighbour, school_class) == [(1, "Алгебра"), (2, "Физика")]


def test_a_plan_replaces_its_subjects_also_on_days_without_own_lessons(school_class):
    pupil = make_pupil(school_class)
    make_slot(make_course(school_class, "Алгебра"), 1, 1)
    plan = IndividualPlan.objects.create(pupil=pupil, date_from=START)
    make_slot(make_course(subject="Алгебра", plan=plan), 2, 7)

    # Whatever days are asked for: Monday alone, or the week.
    assert own(pupil, school_class) == []
    week = class_lessons(school_class, MONDAY, TUESDAY, load_calendar(school_class.year))
    assert [len(week.own(pupil.pk, day)) for day in (MONDAY, TUESDAY)] == [0, 1]


def test_a_plan_is_not_among_the_lessons_of_the_class(school_class):
    pupil = make_pupil(school_class)
    plan = IndividualPlan.objects.create(pupil=pupil, date_from=START)
    make_slot(make_course(subject="Химия", plan=plan), 1, 7)
    lessons = class_lessons(school_class, MONDAY, MONDAY, load_calendar(school_class.year))
    assert lessons.of_day(MONDAY) == []


@pytest.mark.parametrize("day", [date(2026, 11, 4), date(2026, 10, 28), date(2026, 11, 21), date(2026, 12, 31)])
def test_no_lessons_on_a_day_off(school_class, day):
    pupil = make_pupil(school_class)
    course = make_course(school_class)
    make_slot(course, day.isoweekday(), 1)
    make_lesson(course, day, 2)
    assert own(pupil, school_class, day) == []


def test_a_moved_saturday_follows_the_timetable_of_another_day(school_class):
    pupil = make_pupil(school_class)
    make_slot(make_course(school_class, "Физика"), 3, 2)
    saturday = date(2026, 11, 21)
    DayOff.objects.create(date=saturday, name="перенос", is_working=True, timetable_weekday=3)
    assert own(pupil, school_class, saturday) == [(2, "Физика")]


def test_off_the_roll_there_are_no_lessons(school_class):
    left = make_pupil(school_class, until=MONDAY)
    make_slot(make_course(school_class), 1, 1)
    make_slot(make_course(school_class, "Физика"), 2, 1)
    assert own(left, school_class) == [(1, "Алгебра")]
    assert own(left, school_class, TUESDAY) == []


@pytest.mark.parametrize("pupils", [1, 30])
def test_the_lessons_of_a_class_cost_three_queries(school_class, pupils, django_assert_num_queries):
    for _ in range(pupils):
        pupil = make_pupil(school_class)
    plan = IndividualPlan.objects.create(pupil=pupil, date_from=START)
    make_slot(make_course(subject="Химия", plan=plan), 1, 7)
    make_slot(make_course(school_class), 1, 1)
    calendar = load_calendar(school_class.year)
    with django_assert_num_queries(3):
        lessons = class_lessons(school_class, START, MONDAY, calendar)
        assert len(lessons.own(pupil.pk, MONDAY)) == 2


# --- Any week, against first principles -------------------------------------------------------------

COURSES = ("class algebra", "class physics", "group 1", "group 2", "plan algebra")
weeks = st.fixed_dictionaries(
    {
        "slots": st.sets(st.tuples(st.sampled_from(COURSES), st.integers(1, 5), st.integers(1, 4)), max_size=12),
        "held": st.sets(st.tuples(st.sampled_from(COURSES), st.integers(0, 6), st.integers(1, 4)), max_size=5),
        "cancelled": st.sets(st.tuples(st.sampled_from(COURSES), st.integers(0, 6), st.integers(1, 4)), max_size=5),
        "off": st.sets(st.integers(0, 4), max_size=2),
        "enrolled_from": st.integers(-3, 6),
        "changes_group_on": st.integers(0, 7),
        "plan": st.one_of(st.none(), st.tuples(st.integers(0, 6), st.integers(0, 6))),
    }
)


def expected(week: dict, number: int) -> list[tuple[int, str]]:
    """The rule of domain.md §2, said once more without a database: lessons of day `number` of the week."""
    if number > 4 or number in week["off"] or number < week["enrolled_from"]:
        return []
    places = {(name, lesson) for name, weekday, lesson in week["slots"] if weekday == number + 1}
    places |= {(name, lesson) for name, day, lesson in week["held"] if day == number}
    places -= {(name, lesson) for name, day, lesson in week["cancelled"] if day == number}
    own_group = "group 1" if number < week["changes_group_on"] else "group 2"
    on_plan = False
    if week["plan"]:
        first, length = week["plan"]
        on_plan = first <= number <= first + length
    own_courses = {"class physics", own_group, "plan algebra" if on_plan else "class algebra"}
    return sorted((lesson, name) for name, lesson in places if name in own_courses)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(week=weeks)
def test_any_week(week):
    with transaction.atomic():
        school_class = make_class("7Б")
        pupil = make_pupil(school_class, since=MONDAY + timedelta(week["enrolled_from"]))
        courses = _courses(school_class, pupil, week)
        for name, weekday, lesson in week["slots"]:
            if name in courses:
                make_slot(courses[name], weekday, lesson)
        for name, day, lesson in week["held"] - week["cancelled"]:
            if name in courses:
                make_lesson(courses[name], MONDAY + timedelta(day), lesson)
        for name, day, lesson in week["cancelled"]:
            if name in courses:
                make_lesson(courses[name], MONDAY + timedelta(day), lesson, is_cancelled=True)
        for number in week["off"]:
            DayOff.objects.create(date=MONDAY + timedelta(number), name="выходной")

        lessons = class_lessons(school_class, MONDAY, MONDAY + timedelta(6), load_calendar(school_class.year))
        names = {course.pk: name for name, course in courses.items()}
        for number in range(7):
            found = lessons.own(pupil.pk, MONDAY + timedelta(number))
            assert sorted((place.number, names[place.course_id]) for place in found) == expected(week, number)
        transaction.set_rollback(True)


def _courses(school_class: SchoolClass, pupil: Pupil, week: dict) -> dict:
    it = make_subject("Информатика")
    first, second = (make_group(school_class, it, name) for name in ("1", "2"))
    change = MONDAY + timedelta(week["changes_group_on"])
    GroupMembership.objects.create(group=first, pupil=pupil, date_from=START, date_to=change - timedelta(1))
    GroupMembership.objects.create(group=second, pupil=pupil, date_from=change)
    courses = {
        "class algebra": make_course(school_class, "Алгебра"),
        "class physics": make_course(school_class, "Физика"),
        "group 1": make_course(subject=it, group=first),
        "group 2": make_course(subject=it, group=second),
    }
    if week["plan"]:
        first_day, length = week["plan"]
        plan = IndividualPlan.objects.create(
            pupil=pupil,
            date_from=MONDAY + timedelta(first_day),
            date_to=MONDAY + timedelta(first_day + length),
        )
        courses["plan algebra"] = make_course(subject="Алгебра", plan=plan)
    return courses
