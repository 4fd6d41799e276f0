"""What a class teacher is told about absences, with the numbers of domain.md §2."""

from datetime import date, timedelta

import pytest

from attendance.models import Absence, Reason
from attendance.queries import marks_by_day
from attendance.signals import Kind, last_run, read_signals, window
from journal.calendar import load_calendar
from journal.lessons import class_lessons
from journal.models import GroupMembership
from tests.factories import (
    make_class,
    make_course,
    make_group,
    make_pupil,
    make_school,
    make_slot,
    make_subject,
)

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
OCTOBER_FRIDAY = date(2026, 10, 16)


@pytest.fixture
def school_class():
    """7Б with one lesson on each weekday but Wednesday: 17 lessons in November, 43 from 1 September to 20 November."""
    school_class = make_class("7Б")
    course = make_course(school_class)
    for weekday in (1, 2, 4, 5):
        make_slot(course, weekday, 1)
    return school_class


@pytest.fixture
def full_class():
    """7В with six lessons of different subjects on each of the five days."""
    school_class = make_class("7В")
    for number in range(1, 7):
        course = make_course(school_class, f"Предмет {number}")
        for weekday in range(1, 6):
            make_slot(course, weekday, number)
    return school_class


def absent(pupil, *days, reason=Reason.UNEXCUSED, lesson=0):
    for day in days:
        Absence.objects.create(pupil=pupil, date=day, lesson=lesson, reason=reason)


def told(school_class, *kinds, today=FRIDAY):
    """(pupil, words) of the signals of these kinds."""
    return [(row.pupil, row.words) for row in read_signals(school_class, today) if row.kind in kinds]


def only(school_class, kind, today=FRIDAY):
    [found] = [row for row in read_signals(school_class, today) if row.kind == kind]
    return found


def read(school_class, today=FRIDAY):
    calendar = load_calendar(school_class.year)
    start, end = window(today, calendar)
    lessons = class_lessons(school_class, start, end, calendar)
    return lessons, marks_by_day([pupil.pk for pupil in lessons.pupils], start, today)


def _is_vacation(day):
    return date(2026, 10, 24) <= day <= date(2026, 11, 1)


def november(*days):
    return [date(2026, 11, day) for day in days]


# --- Three unexcused days in a row ----------------------------------------------------------------


def test_a_row_is_the_last_one_that_is_long_enough():
    days = [FRIDAY + timedelta(days=number) for number in range(9)]

    assert last_run(days, {*days[:4], *days[5:8]}, 3) == tuple(days[5:8])
    assert last_run(days, {*days[:4], *days[5:7]}, 3) == tuple(days[:4])
    assert last_run(days, {*days[:2], *days[3:5]}, 3) == ()


def test_three_unexcused_days_in_a_row_are_told_across_a_day_without_lessons(school_class):
    pupil = make_pupil(school_class)
    absent(pupil, *november(17, 19, 20))  # Wednesday the 18th has no lessons

    found = only(school_class, Kind.UNEXCUSED)

    assert (found.pupil, found.words) == (pupil, "Н 3 дня подряд, с 17 по 20 ноября")
    assert (found.key, found.figure, found.days) == ("2026-11-17", "3 дня", tuple(november(17, 19, 20)))


def test_without_any_timetable_school_days_make_the_row():
    school_class = make_class("7Г")
    pupil, other = make_pupil(school_class), make_pupil(school_class)
    absent(pupil, *november(18, 19, 20))
    absent(other, *november(13, 18, 20))  # days at school between them

    assert told(school_class, Kind.UNEXCUSED) == [(pupil, "Н 3 дня подряд, с 18 по 20 ноября")]


@pytest.mark.parametrize("reason", [Reason.ILL, Reason.EXCUSED])
def test_a_good_reason_breaks_the_row(school_class, reason):
    pupil = make_pupil(school_class)
    absent(pupil, *november(16, 17, 20))
    absent(pupil, date(2026, 11, 19), reason=reason)

    assert told(school_class, Kind.UNEXCUSED) == []


def test_a_day_at_school_breaks_the_row(school_class):
    absent(make_pupil(school_class), *november(13, 16, 19))

    assert told(school_class, Kind.UNEXCUSED) == []


def test_a_row_is_told_for_three_weeks(school_class):
    absent(make_pupil(school_class), *november(2, 3, 5))

    assert told(school_class, Kind.UNEXCUSED, today=date(2026, 11, 26)) != []
    assert told(school_class, Kind.UNEXCUSED, today=date(2026, 11, 27)) == []


def test_a_long_row_keeps_its_first_day_for_a_name(school_class):
    pupil = make_pupil(school_class)
    days = [
        day for day in (date(2026, 10, 5) + timedelta(days=n) for n in range(47)) if day.isoweekday() in (1, 2, 4, 5)
    ]
    absent(pupil, *(day for day in days if not date(2026, 10, 24) <= day <= date(2026, 11, 1)))

    found = only(school_class, Kind.UNEXCUSED)

    assert found.key == "2026-10-05x2"  # and not the first day of the last three weeks
    assert found.words.endswith("подряд, с 5 октября по 20 ноября")


def test_who_left_is_not_told(school_class):
    pupil = make_pupil(school_class, until=date(2026, 11, 19))
    absent(pupil, *november(16, 17, 19))

    assert read_signals(school_class, FRIDAY) == []


def test_days_in_the_class_before_are_not_counted_here(school_class):
    pupil = make_pupil(school_class, since=date(2026, 11, 19))
    absent(pupil, *november(16, 17, 19, 20))

    assert told(school_class, Kind.UNEXCUSED) == []


# --- 30 % of a month ------------------------------------------------------------------------------


def test_thirty_percent_of_the_months_lessons_are_told_whatever_the_reason(school_class):
    pupil, other = make_pupil(school_class), make_pupil(school_class)
    # 17 lessons in November: six are 35 %, five are 29 %.
    days = november(2, 3, 5, 6, 9, 10)
    absent(pupil, *days, reason=Reason.ILL)
    absent(other, *days[:5], reason=Reason.ILL)

    assert told(school_class, Kind.MONTH) == [(pupil, "35 % уроков ноября: 6 из 17")]
    assert only(school_class, Kind.MONTH).key == "2026-11"


def test_the_month_that_has_ended_is_told_for_another_month_under_its_own_name(school_class):
    pupil = make_pupil(school_class)
    absent(pupil, *(date(2026, 10, day) for day in (13, 15, 16, 19, 20, 22, 23)), reason=Reason.ILL)

    assert told(school_class, Kind.MONTH, today=date(2026, 11, 2)) == [(pupil, "50 % уроков октября: 7 из 14")]
    assert told(school_class, Kind.MONTH, today=date(2026, 12, 1)) == []


def test_lessons_of_another_group_are_not_own(full_class):
    """Thirty percent by own lessons: the sixth lesson is of the other group, and a mark at it counts nothing."""
    subject = make_subject("Информатика")
    pupil = make_pupil(full_class)
    mine, others = make_group(full_class, subject, "1 группа"), make_group(full_class, subject, "2 группа")
    GroupMembership.objects.create(group=mine, pupil=pupil, date_from=full_class.year.date_from)
    course = make_course(subject=subject, group=others)
    for weekday in range(1, 6):
        make_slot(course, weekday, 7)
    absent(pupil, *november(9, 10, 11, 12, 13, 16), reason=Reason.ILL)

    # 20 school days of six own lessons, not of seven.
    assert told(full_class, Kind.MONTH) == [(pupil, "30 % уроков ноября: 36 из 120")]


# --- 10 % of the year to date ---------------------------------------------------------------------


def test_ten_percent_of_the_year_to_date_are_chronic(school_class):
    pupil, other = make_pupil(school_class), make_pupil(school_class)
    days = [date(2026, 9, 7), date(2026, 9, 22), date(2026, 10, 8), date(2026, 10, 16), date(2026, 11, 19)]
    absent(pupil, *days, reason=Reason.ILL)
    absent(other, *days[:4], reason=Reason.ILL)

    # 43 own lessons: five are 11,6 %, four are 9,3 %.
    assert told(school_class, Kind.CHRONIC) == [(pupil, "11,6 % уроков с 1 сентября: 5 из 43")]
    assert only(school_class, Kind.CHRONIC).key == "2026"


def test_chronic_absence_is_told_from_the_fortieth_day_on(school_class):
    pupil = make_pupil(school_class)
    absent(pupil, *(date(2026, 9, day) for day in (7, 8, 10, 11, 14)), reason=Reason.ILL)

    # The fortieth day with lessons is Monday 16 November; five of forty are 12,5 %.
    assert told(school_class, Kind.CHRONIC, today=date(2026, 11, 11)) == []
    assert told(school_class, Kind.CHRONIC, today=date(2026, 11, 16)) == [
        (pupil, "12,5 % уроков с 1 сентября: 5 из 40")
    ]


def test_chronic_absence_of_who_came_later_is_counted_from_then(school_class):
    pupil = make_pupil(school_class, since=date(2026, 9, 4))
    absent(pupil, *november(5, 9, 16, 19, 20), reason=Reason.EXCUSED)

    assert told(school_class, Kind.CHRONIC) == [(pupil, "12,1 % уроков с 4 сентября: 5 из 41")]


def test_twenty_percent_are_an_occasion_of_its_own(school_class):
    pupil = make_pupil(school_class)
    days = [date(2026, 9, day) for day in (7, 8, 14, 17, 21)] + [date(2026, 10, day) for day in (5, 8, 12)]
    absent(pupil, *days, *november(19), reason=Reason.ILL)

    found = only(school_class, Kind.CHRONIC)

    assert (found.key, found.words) == ("2026x2", "20,9 % уроков с 1 сентября: 9 из 43")
    assert found.answers == {"2026x2"}


# --- Clusters -------------------------------------------------------------------------------------


def test_five_mondays_of_a_term_are_told_with_their_dates(full_class):
    pupil = make_pupil(full_class, sex="m")
    today = date(2026, 12, 18)
    mondays = [*november(2, 9, 23, 30), date(2026, 12, 14)]
    absent(pupil, *mondays, reason=Reason.EXCUSED)

    found = only(full_class, Kind.WEEKDAY, today=today)

    assert found.words == "отсутствовал 5 из 7 понедельников: 02.11, 09.11, 23.11, 30.11, 14.12"
    assert (found.key, found.figure) == ("2026-2-1", "по понедельникам")


def test_mondays_of_two_terms_are_two_occasions(full_class):
    pupil = make_pupil(full_class)
    absent(pupil, date(2026, 10, 5), date(2026, 10, 12), date(2026, 10, 19), *november(2, 9, 16))

    assert told(full_class, Kind.WEEKDAY) == []


def test_an_illness_of_a_week_or_of_three_is_no_cluster(full_class):
    short, long = make_pupil(full_class), make_pupil(full_class)
    absent(short, *november(9, 10, 11, 12, 13), reason=Reason.ILL)
    absent(long, *november(2, 3, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20), reason=Reason.ILL)

    assert told(full_class, Kind.WEEKDAY, Kind.FIRST, Kind.LAST) == []


def test_first_lessons_missed_again_and_again_are_told(full_class):
    pupil = make_pupil(full_class)
    absent(pupil, *november(2, 5, 10, 13, 18), lesson=1)
    absent(pupil, date(2026, 11, 19), lesson=3)
    absent(pupil, date(2026, 11, 20))  # a whole day is no first lesson

    found = only(full_class, Kind.FIRST)

    assert found.words == (
        "не было на первом уроке в 5 из 6 дней с пропуском части уроков: 02.11, 05.11, 10.11, 13.11, 18.11"
    )
    assert found.key == "2026-2"


def test_the_last_own_lesson_is_the_last_for_the_pupil_not_for_the_class(full_class):
    """The class has a seventh lesson of the other group: the pupil's day ends with the sixth."""
    subject = make_subject("Информатика")
    pupil = make_pupil(full_class)
    others = make_group(full_class, subject, "2 группа")
    course = make_course(subject=subject, group=others)
    for weekday in range(1, 6):
        make_slot(course, weekday, 7)
    absent(pupil, *november(2, 5, 10, 13, 18), lesson=6)

    assert only(full_class, Kind.LAST).figure == "без последнего урока"


def test_lateness_at_first_lessons_is_no_absence(full_class):
    absent(make_pupil(full_class), *november(2, 5, 10, 13, 18), lesson=1, reason=Reason.LATE)

    assert read_signals(full_class, FRIDAY) == []


def test_the_schools_rule_of_a_missed_day_decides_what_a_day_is(full_class):
    """Three lessons missed on each Monday: days by one rule, parts of days by the other."""
    pupil = make_pupil(full_class)
    for lesson in (1, 2, 3):
        absent(pupil, *november(2, 9, 16, 23, 30), lesson=lesson)
    today = date(2026, 12, 4)
    assert told(full_class, Kind.WEEKDAY, today=today) == []

    make_school(missed_day_rule="three_or_more")
    full_class.refresh_from_db()

    assert len(told(full_class, Kind.WEEKDAY, today=today)) == 1


# --- Order and cost -------------------------------------------------------------------------------


def test_the_gravest_come_first(school_class):
    many, truant = make_pupil(school_class), make_pupil(school_class)
    absent(many, *november(2, 3, 5, 6, 9, 10), reason=Reason.ILL)
    absent(truant, *november(17, 19, 20))

    kinds = [(row.kind, row.pupil) for row in read_signals(school_class, FRIDAY)]

    assert kinds[:2] == [(Kind.UNEXCUSED, truant), (Kind.MONTH, many)]


@pytest.mark.parametrize("pupils", [1, 25])
def test_signals_of_any_class_cost_five_queries(full_class, pupils, django_assert_num_queries):
    for _ in range(pupils):
        absent(make_pupil(full_class), *november(2, 9, 10, 11, 12, 13, 16, 17))

    with django_assert_num_queries(5):
        assert len(read_signals(full_class, FRIDAY)) >= pupils
