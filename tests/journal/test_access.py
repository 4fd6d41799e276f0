"""Who sees which classes, pupils and courses: the whole matrix of `visible_to`, from rows, for today."""

from datetime import date, datetime, timedelta

import pytest
from django.http import Http404

from accounts.models import User
from journal.access import get_child_for, get_class_for, get_course_for, get_pupil_for
from journal.models import ClassTeacher, Course, IndividualPlan, Pupil, SchoolClass
from tests.factories import (
    make_class,
    make_course,
    make_group,
    make_guardian,
    make_pupil,
    make_subject,
    make_teacher,
    make_user,
    teacher_user,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


def fresh(user: User) -> User:
    """The user of the next request: nothing kept from this one."""
    return User.objects.get(pk=user.pk)


class School:
    """7Б and 8А; in 7Б a pupil of a group, one on a plan, one who left; a parent with a child in each class."""

    def __init__(self) -> None:
        self.b = make_class("7Б")
        self.a = make_class("8А", year=self.b.year)
        self.child, self.other = make_pupil(self.b), make_pupil(self.a)
        self.left = make_pupil(self.b, until=TODAY - timedelta(1))
        self.came = make_pupil(self.b, since=TODAY)
        subject = make_subject("Информатика")
        self.algebra = make_course(self.b, "Алгебра")
        self.group = make_course(subject=subject, group=make_group(self.b, subject, pupils=[self.child]))
        plan = IndividualPlan.objects.create(pupil=self.child, date_from=self.b.year.date_from)
        self.plan = make_course(subject="Химия", plan=plan)
        self.physics = make_course(self.a, "Физика")
        self.parent = make_guardian(self.child, user=make_user()).user


@pytest.fixture
def school() -> School:
    return School()


def seen(user: User) -> tuple[set, set, set]:
    user = fresh(user)
    return tuple(
        set(model.objects.visible_to(user).values_list("pk", flat=True)) for model in (SchoolClass, Pupil, Course)
    )


def ids(*rows) -> set[int]:
    return {row.pk for row in rows}


def test_the_deputy_sees_all(school):
    pupils = ids(school.child, school.other, school.left, school.came)
    courses = ids(school.algebra, school.group, school.plan, school.physics)
    assert seen(make_user(is_deputy=True)) == (ids(school.a, school.b), pupils, courses)


def test_a_class_teacher_sees_the_own_class_as_it_is_today(school):
    classes, pupils, courses = seen(teacher_user(school.b))
    assert (classes, pupils) == (ids(school.b), ids(school.child, school.came))
    assert courses == ids(school.algebra, school.group, school.plan)


def test_a_subject_teacher_sees_own_courses_and_no_class(school):
    assert seen(school.physics.teacher.user) == (set(), set(), ids(school.physics))


def test_a_parent_sees_own_children_only(school):
    assert seen(school.parent) == (set(), ids(school.child), set())


def test_a_pupil_sees_oneself(school):
    user = make_user()
    Pupil.objects.filter(pk=school.other.pk).update(user=user)
    assert seen(user) == (set(), ids(school.other), set())


@pytest.mark.parametrize("who", [{}, {"is_operator": True}, {"is_deputy": True, "is_active": False}])
def test_others_see_nothing(school, who):
    assert seen(make_user(**who)) == (set(), set(), set())


def test_a_teacher_who_is_also_a_parent_sees_both(school):
    user = teacher_user(school.a)
    make_guardian(school.child, user=user)
    assert seen(user)[:2] == (ids(school.a), ids(school.other, school.child))


def test_an_appointment_acts_from_its_first_to_its_last_day(school, clock):
    deputy_teacher = make_teacher()
    ClassTeacher.objects.create(
        school_class=school.b,
        teacher=deputy_teacher,
        date_from=TODAY,
        date_to=TODAY + timedelta(1),
        is_acting=True,
    )
    for offset, expected in ((-1, set()), (0, ids(school.b)), (1, ids(school.b)), (2, set())):
        clock(datetime(2026, 11, 23, 8, 20) + timedelta(days=offset))
        assert seen(deputy_teacher.user)[0] == expected
        # Who is replaced for some days keeps the class.
        assert seen(teacher_user(school.b))[0] == ids(school.b)


def opens(call, *args) -> bool:
    try:
        call(*args)
    except Http404:
        return False
    return True


def test_single_objects_open_exactly_where_the_lists_show_them(school):
    users = [make_user(is_deputy=True), teacher_user(school.b), school.physics.teacher.user, school.parent, make_user()]
    for user in users:
        classes, pupils, courses = seen(user)
        for call, model, visible in (
            (get_class_for, SchoolClass, classes),
            (get_pupil_for, Pupil, pupils),
            (get_course_for, Course, courses),
        ):
            for pk in [*model.objects.values_list("pk", flat=True), 10**9]:
                assert opens(call, fresh(user), pk) is (pk in visible)


def test_only_the_own_family_opens_the_pages_of_a_child(school):
    assert get_child_for(fresh(school.parent), school.child.pk) == school.child
    for user in (make_user(is_deputy=True), teacher_user(school.b)):
        assert not opens(get_child_for, fresh(user), school.child.pk)
    assert not opens(get_child_for, fresh(school.parent), school.other.pk)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("федорова", True),
        ("ФЁДОР", True),
        ("фёдорова алё", True),
        ("алена фед", True),
        ("  Игоревна ", True),
        ("орова", False),
        ("федорова мария", False),
        ("", True),
    ],
)
def test_a_search_takes_the_beginnings_of_a_name(typed, found):
    pupil = make_pupil(last_name="Фёдорова", first_name="Алёна", patronymic="Игоревна")
    assert list(Pupil.objects.search(typed)) == ([pupil] if found else [])


def test_lists_stand_in_the_order_of_the_alphabet():
    school_class = make_class()
    for name in ("Яковлева", "Ёлкина", "Ежова", "аксёнова", "Жукова"):
        make_pupil(school_class, last_name=name)
    names = [pupil.last_name for pupil in Pupil.objects.order_by("sort_name")]
    assert names == ["аксёнова", "Ежова", "Ёлкина", "Жукова", "Яковлева"]
