"""Writing study groups: memberships, making a division and taking it back, groups of several classes, conflicts."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from accounts.models import AuditEvent
from journal.calendar import load_calendar
from journal.lessons import class_lessons, own_lessons
from journal.models import ControlWork, Course, GroupMembership, Lesson, StudyGroup, TimetableSlot
from journal.queries.divisions import division_of, divisions_of, first_day, last_years_groups, subjects_for
from journal.queries.register import register_of
from journal.services.group_changes import change_group, close_group, dissolve, join_class
from journal.services.groups import DivisionChanged, GroupError, NewGroup, set_division
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)

pytestmark = pytest.mark.django_db
START = date(2026, 9, 1)
NEXT = MONDAY + timedelta(days=7)
TODAY = date(2026, 11, 18)


@pytest.fixture(autouse=True)
def wednesday(clock):
    clock(datetime(2026, 11, 18, 9, 0))


@pytest.fixture
def it():
    return make_subject("Информатика")


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def pupils(school_class):
    return [make_pupil(school_class, last_name=name) for name in ("Абрамова", "Белова", "Волкова", "Громова")]


@pytest.fixture
def groups(school_class, it, pupils):
    """Two groups of Информатика: the first two pupils, and the others."""
    first = make_group(school_class, it, "1 группа", pupils[:2])
    second = make_group(school_class, it, "2 группа", pupils[2:])
    for number, group in enumerate((first, second), start=3):
        make_slot(make_course(subject=it, group=group, hours_per_week=1), 1, number)
    return first, second


@pytest.fixture
def write(school_class, it):
    """`write({pupil: group}, on=…)` as the class teacher."""

    def do(seats, on=NEXT, **more):
        plain = {pupil.pk: getattr(group, "pk", group) for pupil, group in seats.items()}
        more.setdefault("by", teacher_user(school_class))
        return set_division(school_class=school_class, subject=it, on=on, seats=plain, **more)

    return do


def rows(pupil) -> list[tuple]:
    found = GroupMembership.objects.filter(pupil=pupil).order_by("date_from")
    return [(row.group.name, row.date_from, row.date_to) for row in found]


def titles(pupil, school_class, day) -> list[tuple[int, str]]:
    calendar = load_calendar(school_class.year)
    lessons = class_lessons(school_class, day, day, calendar)
    return [(place.number, lessons.courses[place.course_id].title) for place in lessons.own(pupil.pk, day)]


# --- Moving ---------------------------------------------------------------------------------------


def test_a_move_keeps_the_old_lessons_and_begins_on_its_day(write, school_class, pupils, groups):
    write({pupils[0]: groups[1]}, on=MONDAY)

    assert rows(pupils[0]) == [
        ("1 группа", START, MONDAY - timedelta(days=1)),
        ("2 группа", MONDAY, None),
    ]
    assert titles(pupils[0], school_class, MONDAY - timedelta(days=7)) == [(3, "Информатика · 1 группа")]
    assert titles(pupils[0], school_class, MONDAY) == [(4, "Информатика · 2 группа")]
    assert rows(pupils[1]) == [("1 группа", START, None)]


def test_two_changes_on_one_day_leave_one(write, pupils, groups):
    write({pupils[0]: groups[1]}, on=NEXT)
    write({pupils[0]: 0}, on=NEXT)

    assert rows(pupils[0]) == [("1 группа", START, NEXT - timedelta(days=1))]

    write({pupils[0]: groups[0]}, on=NEXT)

    assert rows(pupils[0]) == [("1 группа", START, None)]


def test_a_move_known_for_later_stays(write, pupils, groups):
    later = NEXT + timedelta(days=14)
    write({pupils[0]: groups[1]}, on=later)
    write({pupils[0]: 0}, on=NEXT)

    assert rows(pupils[0]) == [
        ("1 группа", START, NEXT - timedelta(days=1)),
        ("2 группа", later, None),
    ]


def test_who_comes_after_the_day_begins_on_the_day_of_coming(write, school_class, groups):
    newcomer = make_pupil(school_class, since=date(2026, 10, 12))

    write({newcomer: groups[0]}, on=START)

    assert rows(newcomer) == [("1 группа", date(2026, 10, 12), None)]


def test_who_is_to_leave_is_in_the_group_until_then(write, school_class, groups):
    leaving = make_pupil(school_class, until=date(2026, 12, 11))

    write({leaving: groups[0]})

    assert rows(leaving) == [("1 группа", NEXT, date(2026, 12, 11))]


def test_who_came_over_with_a_group_of_the_old_class_leaves_it(write, school_class, it, groups):
    other = make_class("7А", year=school_class.year)
    moved = make_pupil(other, until=date(2026, 10, 18))
    alien = make_group(other, it, "сильные", [moved])
    moved.enrolments.create(school_class=school_class, date_from=date(2026, 10, 19))

    write({moved: groups[0]}, on=date(2026, 10, 19))

    assert rows(moved) == [
        (alien.name, START, date(2026, 10, 18)),
        ("1 группа", date(2026, 10, 19), None),
    ]


def test_a_pupil_is_never_in_two_groups_of_a_division(write, pupils, groups):
    for on, group in ((NEXT, 1), (MONDAY, 0), (START, 1), (date(2026, 10, 5), 0)):
        write({pupils[0]: groups[group]}, on=on)

    found = rows(pupils[0])
    assert all(one[2] < other[1] for one, other in pairwise(found))


def test_the_change_of_each_pupil_stands_in_the_history_of_the_card(write, school_class, pupils, groups):
    write({pupils[0]: groups[1], pupils[2]: 0, pupils[1]: groups[0]})

    events = AuditEvent.objects.filter(object_type="groupmembership").order_by("pupil_id")
    assert [(event.pupil_id, event.old["group"], event.new["group"], event.new["date_from"]) for event in events] == [
        (pupils[0].pk, "1 группа", "2 группа", "2026-11-23"),
        (pupils[2].pk, "2 группа", None, "2026-11-23"),
    ]
    assert {event.actor for event in events} == {teacher_user(school_class)}
    assert all(event.object_id for event in events)


@pytest.mark.parametrize("count", [2, 20])
def test_a_division_costs_the_same_for_any_class(write, school_class, groups, count, django_assert_num_queries):
    pupils = [make_pupil(school_class) for _ in range(count)]
    write({pupil: groups[0] for pupil in pupils}, on=MONDAY)
    user = teacher_user(school_class)

    with django_assert_num_queries(15):  # four of them mark the transactions
        write({pupil: groups[1] for pupil in pupils}, by=user)


# --- Two people at once -----------------------------------------------------------------------------


def test_what_somebody_changed_meanwhile_is_not_overwritten(write, school_class, pupils, groups):
    seen = {pupil.pk: group.pk for pupil, group in zip(pupils, (*groups[:1] * 2, *groups[1:] * 2), strict=True)}
    colleague = make_user(is_deputy=True, last_name="Завучева", first_name="Анна", patronymic="Ильинична")
    write({pupils[0]: groups[1]}, by=colleague)

    with pytest.raises(DivisionChanged) as caught:
        write({pupils[0]: 0, pupils[3]: groups[0]}, seen=seen)

    (difference,) = caught.value.differences
    assert (difference.pupil_id, difference.seen, difference.stands) == (pupils[0].pk, groups[0].pk, groups[1].pk)
    assert difference.by == "Завучева А. И."
    assert rows(pupils[3]) == [("2 группа", START, None)]


def test_the_same_change_by_two_is_no_conflict(write, pupils, groups):
    write({pupils[0]: groups[1]})
    write({pupils[0]: groups[1]}, seen={pupils[0].pk: groups[0].pk})

    assert rows(pupils[0])[-1] == ("2 группа", NEXT, None)


@pytest.mark.parametrize(
    ("seats", "on", "words"),
    [
        ({"group": 10**9}, NEXT, "уже нет"),
        ({"group": 0}, date(2026, 8, 30), "с 01.09.2026 по 31.05.2027"),
        ({"stranger": 0}, NEXT, "список класса изменился"),
    ],
)
def test_what_cannot_be_is_said(write, pupils, groups, seats, on, words):
    pupil = make_pupil() if "stranger" in seats else pupils[0]

    with pytest.raises(GroupError, match=words):
        write({pupil: next(iter(seats.values()))}, on=on)


# --- A new division ---------------------------------------------------------------------------------


@pytest.fixture
def physics(school_class):
    """A course of the whole class with two lessons a week, one of them held."""
    course = make_course(school_class, "Физика", hours_per_week=2)
    make_slot(course, 1, 2, room="31")
    make_slot(course, 3, 5)
    make_lesson(course, MONDAY, 2, topic="Сила")
    return course


def divide(school_class, course, pupils, on=NEXT, names=("1 группа", "2 группа")):
    return set_division(
        school_class=school_class,
        subject=course.subject,
        on=on,
        seats={pupil.pk: -1 - index % len(names) for index, pupil in enumerate(pupils)},
        new_groups=[NewGroup(name, make_teacher()) for name in names],
        by=teacher_user(school_class),
    )


def test_a_new_division_takes_over_the_timetable_from_its_day(school_class, pupils, physics):
    saved = divide(school_class, physics, pupils)

    assert [group.name for group in saved.made] == ["1 группа", "2 группа"]
    courses = Course.objects.filter(group__in=saved.made).order_by("group__name")
    assert [course.hours_per_week for course in courses] == [2, 2]
    assert all(course.teacher for course in courses)
    slots = [
        sorted(course.slots.values_list("weekday", "number", "room", "date_from", "date_to")) for course in courses
    ]
    assert slots == [[(1, 2, "31", NEXT, None), (3, 5, "", NEXT, None)]] * 2
    assert set(physics.slots.values_list("date_to", flat=True)) == {NEXT - timedelta(days=1)}


def test_a_division_that_begins_later_is_told_as_it_begins(school_class, pupils, physics):
    divide(school_class, physics, pupils[:3])

    (before,), _ = divisions_of(school_class, TODAY, TODAY)
    (after,), _ = divisions_of(school_class, NEXT, NEXT)

    assert before.begins == NEXT and after.begins is None
    assert [column.members for column in before.columns] == [column.members for column in after.columns]
    assert [seat.last_name for seat in before.unplaced] == ["Громова"]


def test_a_move_known_for_later_does_not_hide_who_is_in_no_group_today(school_class, it, pupils, groups):
    GroupMembership.objects.filter(pupil=pupils[3]).update(date_from=NEXT)

    (division,), _ = divisions_of(school_class, TODAY, TODAY)

    assert division.begins is None
    assert [seat.last_name for seat in division.unplaced] == ["Громова"]


def test_a_new_division_leaves_what_was_with_the_whole_class(school_class, pupils, physics):
    divide(school_class, physics, pupils)

    for pupil, group in zip(pupils, (1, 2, 1, 2), strict=True):
        assert titles(pupil, school_class, MONDAY) == [(2, "Физика")]
        assert titles(pupil, school_class, NEXT) == [(2, f"Физика · {group} группа")]


def test_marks_of_the_whole_class_count_in_the_group(school_class, pupils, physics):
    make_mark(physics.lessons.get(), pupils[0], "3")
    saved = divide(school_class, physics, pupils)
    course = Course.objects.get(group=saved.made[0])
    make_mark(make_lesson(course, NEXT, 2), pupils[0], "5")
    calendar = load_calendar(school_class.year)
    related = list(Course.objects.of_class(school_class).filter(subject=physics.subject).select_related("plan"))

    register = register_of(
        course,
        classes=[school_class],
        calendar=calendar,
        term=calendar.term_on(NEXT, 7),
        today=NEXT,
        related=related,
    )

    (row,) = [row for row in register.rows if row.pupil_id == pupils[0].pk]
    assert (row.mean, row.carried) == (4, 1)


def test_a_lesson_cancelled_ahead_stays_cancelled(school_class, pupils, physics):
    make_lesson(physics, NEXT, 2, is_cancelled=True)

    divide(school_class, physics, pupils)

    assert titles(pupils[0], school_class, NEXT) == []


def test_a_division_does_not_begin_before_a_written_lesson(school_class, pupils, physics):
    with pytest.raises(GroupError, match=r"по 16\.11\.2026\. Выберите день не раньше 17\.11\.2026"):
        divide(school_class, physics, pupils, on=MONDAY)

    assert not StudyGroup.objects.exists()
    assert physics.slots.filter(date_to=None).count() == 2


def test_the_day_offered_is_after_what_is_written(school_class, physics, it):
    def offered(subject, today=TODAY):
        return first_day(school_class, subjects_for(school_class).get(pk=subject.pk).written, today)

    assert offered(it) == NEXT
    make_lesson(physics, NEXT, 2)
    assert offered(physics.subject) == NEXT + timedelta(days=1)
    assert offered(it, date(2026, 9, 10)) == START


def test_a_third_group_takes_the_hours_of_its_neighbours(write, school_class, it, pupils, groups):
    saved = write({pupils[0]: -1}, new_groups=[NewGroup("3 группа", make_teacher())])

    assert titles(pupils[0], school_class, NEXT) == [(3, "Информатика · 3 группа")]
    assert Course.objects.get(group=saved.made[0]).hours_per_week == 1


@pytest.mark.parametrize("name", ["1 группа", "1  ГРУППА", ""])
def test_a_group_has_a_name_of_its_own(write, pupils, groups, name):
    with pytest.raises(GroupError, match=r"назовите|Назовите"):
        write({}, new_groups=[NewGroup(" ".join(name.split()), make_teacher())])


# --- The groups themselves --------------------------------------------------------------------------


def test_a_group_is_renamed_and_given_to_another_teacher(school_class, it, groups):
    teacher = make_teacher()
    course = Course.objects.get(group=groups[0])
    common = {"group": groups[0], "school_class": school_class, "by": teacher_user(school_class)}

    change_group(name="углублённая", teacher=teacher, seen=("1 группа", course.teacher_id), **common)

    course.refresh_from_db()
    assert (course.title, course.teacher) == ("Информатика · углублённая", teacher)
    with pytest.raises(GroupError, match="группу изменили: теперь она «углублённая»"):
        change_group(name="другая", teacher=teacher, seen=("1 группа", course.teacher_id), **common)
    with pytest.raises(GroupError, match="уже есть"):
        change_group(name="2 группа", teacher=teacher, seen=("углублённая", teacher.pk), **common)


def test_a_group_closes_once_it_is_empty(write, school_class, it, pupils, groups):
    common = {"group": groups[0], "school_class": school_class, "on": NEXT, "by": teacher_user(school_class)}
    with pytest.raises(GroupError, match="ещё есть ученики: 2"):
        close_group(**common)

    write({pupils[0]: groups[1], pupils[1]: groups[1]})
    close_group(**common)

    assert [column.name for column in division_of(school_class, it, NEXT, TODAY).columns] == ["2 группа"]
    assert [column.name for column in division_of(school_class, it, MONDAY, TODAY).columns] == ["1 группа", "2 группа"]
    assert TimetableSlot.objects.get(course__group=groups[0]).date_to == NEXT - timedelta(days=1)
    write(dict.fromkeys(pupils, 0))
    with pytest.raises(GroupError, match="последняя группа"):
        close_group(**{**common, "group": groups[1]})


def test_a_class_joins_a_group_of_another(school_class, it, pupils, groups, write):
    other = make_class("7А", year=school_class.year)
    guests = [make_pupil(other) for _ in range(3)]
    whole = make_course(other, it)
    make_slot(whole, 1, 6)
    office = make_user(is_operator=True)

    with pytest.raises(GroupError, match="заместитель директора"):
        join_class(group=groups[0], school_class=other, on=NEXT, by=teacher_user(other))
    join_class(group=groups[0], school_class=other, on=NEXT, by=office)
    set_division(school_class=other, subject=it, on=NEXT, seats={guest.pk: groups[0].pk for guest in guests}, by=office)

    assert titles(guests[0], other, MONDAY) == [(6, "Информатика")]
    assert titles(guests[0], other, NEXT) == [(3, "Информатика · 1 группа")]
    mine = division_of(school_class, it, NEXT, TODAY)
    theirs = division_of(other, it, NEXT, TODAY)
    assert [(column.name, column.others, mine.size(column)) for column in mine.columns] == [
        ("1 группа", (("7А", 3),), 5),
        ("2 группа", (), 2),
    ]
    assert [(column.name, column.others_words) for column in theirs.columns] == [("1 группа", "2 из 7Б")]
    assert {seat.pupil_id for seat in theirs.seats} == {guest.pk for guest in guests}


def test_a_class_cannot_move_pupils_of_the_other(school_class, it, pupils, groups):
    other = make_class("7А", year=school_class.year)
    join_class(group=groups[0], school_class=other, on=NEXT, by=make_user(is_deputy=True))

    with pytest.raises(GroupError, match="список класса"):
        set_division(school_class=other, subject=it, on=NEXT, seats={pupils[0].pk: 0}, by=teacher_user(other))


def test_a_division_is_taken_back(school_class, it, pupils, groups):
    dissolve(school_class=school_class, subject=it, on=NEXT, like=groups[1].pk, by=teacher_user(school_class))

    assert titles(pupils[0], school_class, MONDAY) == [(3, "Информатика · 1 группа")]
    assert titles(pupils[0], school_class, NEXT) == [(4, "Информатика")]
    assert all(row[2] == NEXT - timedelta(days=1) for pupil in pupils for row in rows(pupil))
    whole = Course.objects.get(school_class=school_class, subject=it)
    assert whole.teacher == Course.objects.get(group=groups[1]).teacher
    assert division_of(school_class, it, NEXT, TODAY).columns == []


def test_divided_and_taken_back_the_same_day_nothing_changed_for_the_pupils(school_class, pupils, physics):
    before = [titles(pupils[0], school_class, NEXT + timedelta(days=n)) for n in range(5)]
    saved = divide(school_class, physics, pupils)

    dissolve(
        school_class=school_class, subject=physics.subject, on=NEXT, like=saved.made[0].pk,
        by=teacher_user(school_class),
    )  # fmt: skip

    assert [titles(pupils[0], school_class, NEXT + timedelta(days=n)) for n in range(5)] == before
    assert not GroupMembership.objects.exists()


def test_a_joined_division_is_not_taken_back_for_one_class(school_class, it, groups):
    other = make_class("7А", year=school_class.year)
    join_class(group=groups[0], school_class=other, on=NEXT, by=make_user(is_deputy=True))

    with pytest.raises(GroupError, match="учатся и дети из 7А"):
        dissolve(school_class=school_class, subject=it, on=NEXT, like=groups[0].pk, by=teacher_user(school_class))


def test_last_years_groups_are_those_in_which_the_year_ended(it):
    last, now = make_year(2025), make_year(2026)
    old, new = make_class("6Б", year=last), make_class("7Б", year=now)
    pupil, newcomer = make_pupil(old, until=date(2026, 5, 31)), make_pupil(new)
    pupil.enrolments.create(school_class=new, date_from=START)
    first, second = make_group(old, it, "1 группа"), make_group(old, it, "2 группа")
    GroupMembership.objects.create(group=first, pupil=pupil, date_from=date(2025, 9, 1), date_to=date(2025, 12, 31))
    GroupMembership.objects.create(group=second, pupil=pupil, date_from=date(2026, 1, 1))

    found = last_years_groups(new, it, [pupil.pk, newcomer.pk])

    assert found == {pupil.pk: (second.pk, "2 группа")}


def test_an_open_group_of_last_year_does_not_hold_the_pupil_now(school_class, it, groups, write):
    old = make_class("6Б", year=make_year(2025))
    pupil = make_pupil(school_class)
    stale = make_group(old, it, "1 группа", [pupil])

    write({pupil: groups[1]})

    assert rows(pupil) == [
        (stale.name, date(2025, 9, 1), NEXT - timedelta(days=1)),
        ("2 группа", NEXT, None),
    ]


def test_controls_and_lessons_of_the_whole_class_stay_where_they_are(school_class, pupils, physics):
    ControlWork.objects.create(course=physics, date=MONDAY, title="Силы")

    divide(school_class, physics, pupils)

    (place,) = own_lessons(pupils[0], school_class, MONDAY, load_calendar(school_class.year))
    assert (place.control, place.topic) == ("Силы", "Сила")
    assert Lesson.objects.filter(course=physics).count() == 1


def test_control_works_ahead_go_along_with_the_lessons_and_come_back(school_class, pupils, physics):
    ControlWork.objects.create(course=physics, date=NEXT, title="Силы")
    calendar = load_calendar(school_class.year)

    def ahead(pupil):
        courses = [place.course_id for place in own_lessons(pupil, school_class, NEXT, calendar)]
        return list(ControlWork.objects.filter(course__in=courses, date=NEXT).values_list("title", flat=True))

    saved = divide(school_class, physics, pupils)

    assert saved.works == 1
    assert [ahead(pupil) for pupil in pupils[:2]] == [["Силы"], ["Силы"]]

    back = dissolve(
        school_class=school_class, subject=physics.subject, on=NEXT, like=saved.made[0].pk,
        by=teacher_user(school_class),
    )  # fmt: skip

    assert back.works == 1
    assert ahead(pupils[0]) == ["Силы"]
