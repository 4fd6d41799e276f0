"""Results of many classes at once are those of each class alone, value by value."""

import random
from datetime import date, timedelta

import pytest

from journal.calendar import load_calendar
from journal.models import GroupMembership, IndividualPlan, PeriodMark, School, WorkKind
from reports.analytics.class_compare import Totals
from reports.analytics.many import many_results
from reports.analytics.periods import periods_of
from reports.analytics.results import class_results
from tests.factories import (
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_period_mark,
    make_pupil,
    make_subject,
    make_year,
)

pytestmark = pytest.mark.django_db
NOVEMBER = date(2026, 11, 23)
SUBJECTS = ("Алгебра", "История", "Физика")


def assert_alike(wanted, calendar, today):
    found = many_results(wanted, calendar, today=today)
    for school_class, period in wanted:
        one, alone = found[school_class.pk, period.key], class_results(school_class, period, calendar, today=today)
        known = {subject.subject_id for subject in alone.subjects}
        assert {pupil.pupil_id for pupil in one.pupils} == {pupil.pupil_id for pupil in alone.pupils}
        assert {subject.subject_id for subject in one.subjects} == known
        for pupil in alone.pupils:
            for subject in known:
                here, there = one.result(pupil.pupil_id, subject), alone.result(pupil.pupil_id, subject)
                assert (here.value, here.is_forecast) == (there.value, there.is_forecast)
        assert one.groups == alone.groups
        assert Totals.of(one) == Totals.of(alone)


def fill(chance, year, names=("7А", "7Б", "7В")):
    """Classes of every kind of pupil: newcomers, leavers, movers, plans, groups of two classes, empty places."""
    classes = [make_class(name, year=year) for name in names]
    courses = [make_course(one, name) for one in classes for name in SUBJECTS[: chance.randint(1, 3)]]
    courses.append(make_course(classes[0], make_subject("ОРКСЭ", has_marks=False)))
    group = make_group(classes[0], make_subject("Английский язык"))
    group.classes.add(classes[1])
    courses.append(make_course(subject=group.subject, group=group))
    elsewhere = make_course(make_class("8А", year=year), "Алгебра")
    kinds = [
        WorkKind.objects.create(name=f"вид {weight}", short_name="в", weight=weight) for weight in ("0.3", "1.1", "2.7")
    ]
    pupils = []
    for number in range(14):
        school_class = chance.choice(classes)
        since = chance.choice([None, None, date(2026, 10, 5), date(2026, 11, 9)])
        until = chance.choice([None, None, None, date(2026, 10, 12), date(2026, 11, 12)])
        until = None if since and until and until < since else until
        pupil = make_pupil(school_class, since=since, until=until)
        pupils.append(pupil)
        GroupMembership.objects.create(group=group, pupil=pupil, date_from=year.date_from)
        if until and chance.random() < 0.7:
            other = chance.choice(classes)
            pupil.enrolments.create(school_class=other, date_from=until + timedelta(days=1))
        if number == 3:
            plan = IndividualPlan.objects.create(
                pupil=pupil, kind=IndividualPlan.Kind.values[0], order_number="1", order_date=year.date_from,
                date_from=year.date_from,
            )  # fmt: skip
            courses.append(make_course(subject="Черчение", plan=plan))
    lessons = [
        make_lesson(course, day, number)
        for number, course in enumerate([*courses, elsewhere], start=1)
        for day in (date(2026, 9, 14), date(2026, 11, 10), date(2026, 11, 17))
    ]
    for lesson in lessons:
        for pupil in pupils:
            if chance.random() < 0.4:
                make_mark(
                    lesson, pupil, chance.choice(["5", "4", "3", "2", "1", "н/а", "."]), kind=chance.choice(kinds)
                )
    for pupil in pupils:
        for name in (*SUBJECTS, "Английский язык", "Черчение"):
            for number in (1, 2, None):
                if chance.random() < (0.7 if number == 1 else 0.15):
                    value = chance.choice(["5", "4", "3", "2", "1", "н/а", "осв", "зач"])
                    if not PeriodMark.objects.filter(pupil=pupil, subject__name=name, term__number=number).exists():
                        make_period_mark(pupil, value, name, number=number)
    return classes


@pytest.mark.parametrize("seed", range(6))
def test_many_are_each_alone(seed):
    year = make_year()
    classes = fill(random.Random(seed), year)
    calendar = load_calendar(year)
    periods = periods_of(calendar, 7, NOVEMBER)
    assert [one.key for one in periods] == ["quarter-1", "quarter-2", "year"]

    for chosen in periods:
        assert_alike(
            [(classes[0], one) for one in periods] + [(one, chosen) for one in classes[1:]], calendar, NOVEMBER
        )
    assert_alike([(one, periods[-1]) for one in classes], calendar, NOVEMBER)
    over = periods_of(calendar, 7, date(2027, 6, 2))
    assert_alike([(one, period) for one in classes for period in over], calendar, date(2027, 6, 2))


@pytest.mark.parametrize("seed", range(6))
def test_quarters_and_half_years_that_run_at_once_keep_their_beginnings(seed):
    year = make_year()
    classes = fill(random.Random(seed), year, ("7А", "10А", "7Б"))  # with a group of 7А and 10А
    calendar = load_calendar(year)

    assert_alike([(one, periods_of(calendar, one.grade, NOVEMBER)[-1]) for one in classes], calendar, NOVEMBER)


def test_the_year_counts_who_is_here_on_its_day_also_in_the_vacations(clock):
    year = make_year()
    one, other = make_class("7А", year=year), make_class("7Б", year=year)
    course, vacation = make_course(one), date(2026, 10, 30)
    stayer = make_pupil(one)
    leaver, newcomer = make_pupil(one, until=date(2026, 10, 28)), make_pupil(one, since=date(2026, 10, 26))
    for number, pupil in enumerate((stayer, leaver, newcomer), start=1):
        make_mark(make_lesson(course, date(2026, 10, 19), number), pupil, "4")
        make_period_mark(pupil, "4", "Алгебра", number=1)
    calendar = load_calendar(year)
    periods = periods_of(calendar, 7, vacation)

    found = many_results([(one, periods[-1]), (other, periods[-1])], calendar, today=vacation)

    assert {pupil.pupil_id for pupil in found[one.pk, "year"].pupils} == {stayer.pk, newcomer.pk}
    assert_alike([(one, period) for period in periods], calendar, vacation)


def test_a_mean_exactly_on_the_threshold_is_not_lost_in_fractions():
    """Weights of a tenth: 4.5 must be 4.5, not 4.499…"""
    year = make_year()
    one, other = make_class("7А", year=year), make_class("7Б", year=year)
    kind = WorkKind.objects.create(name="малая", short_name="м", weight="0.1")
    course = make_course(other)
    pupil = make_pupil(other)
    make_pupil(one)
    for day, value in ((16, "4"), (17, "5"), (18, "4"), (19, "5"), (20, "4"), (23, "5")):
        make_mark(make_lesson(course, date(2026, 11, day)), pupil, value, kind=kind)
    School.objects.update(threshold_5="4.50")
    calendar = load_calendar(year)
    running = periods_of(calendar, 7, NOVEMBER)[1]

    found = many_results([(one, running), (other, running)], calendar, today=NOVEMBER)

    assert found[other.pk, running.key].result(pupil.pk, course.subject_id).value == "5"
    assert found[one.pk, running.key].subjects == ()


def test_a_plan_made_after_the_pupil_had_left_is_the_new_class_s():
    year = make_year()
    old, new = make_class("7А", year=year), make_class("7Б", year=year)
    pupil = make_pupil(old, until=date(2026, 10, 12))
    pupil.enrolments.create(school_class=new, date_from=date(2026, 10, 13))
    plan = IndividualPlan.objects.create(
        pupil=pupil, kind=IndividualPlan.Kind.values[0], order_number="1", order_date=date(2026, 11, 9),
        date_from=date(2026, 11, 9),
    )  # fmt: skip
    course = make_course(subject="Черчение", plan=plan)
    calendar = load_calendar(year)
    running = periods_of(calendar, 7, NOVEMBER)[1]

    found = many_results([(old, running), (new, running)], calendar, today=NOVEMBER)

    assert [one.subject_id for one in found[new.pk, running.key].subjects] == [course.subject_id]
    assert found[old.pk, running.key].subjects == ()
    assert_alike([(old, running), (new, running)], calendar, NOVEMBER)


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_do_not_depend_on_the_classes(count, django_assert_num_queries):
    year = make_year()
    classes = fill(random.Random(1), year, names=("7А", "7Б", "7В", "7Г")[: count + 1])
    calendar = load_calendar(year)
    periods = periods_of(calendar, 7, NOVEMBER)

    with django_assert_num_queries(4):
        many_results([(one, period) for one in classes for period in periods], calendar, today=NOVEMBER)
