"""What kind of day is it: the vectors of domain.md §8 and §9, terms, moved days, names of the law's holidays."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.calendar import Calendar, days_between, is_working_day, load_calendar, next_working_day, year_of
from journal.models import AcademicYear, DayOff, School, Vacation
from journal.services.calendar import create_year

YEAR = AcademicYear(pk=1, name="2026/27", date_from=date(2026, 9, 1), date_to=date(2027, 5, 31))


def calendar(*, exceptions=(), vacations=(), week_days: int = 5) -> Calendar:
    school = School(week_days=week_days)
    return Calendar(YEAR, school, (), tuple(vacations), {row.date: row for row in exceptions})


@pytest.mark.parametrize(
    ("learned", "deadline"),
    [
        (date(2026, 11, 20), date(2026, 11, 23)),  # Friday → Monday
        (date(2026, 11, 23), date(2026, 11, 24)),
        (date(2026, 11, 3), date(2026, 11, 5)),  # over the public holiday of 4 November
        (date(2026, 11, 21), date(2026, 11, 23)),  # learned on a Saturday
    ],
)
def test_the_deadline_is_the_next_working_day(learned, deadline):
    assert next_working_day(learned, {}) == deadline


def test_learned_on_30_december_is_due_on_the_first_working_day_of_january():
    due = next_working_day(date(2026, 12, 30), {date(2026, 12, 31): DayOff(date=date(2026, 12, 31), name="перенос")})

    # 1–8 January are holidays by law, 9 and 10 January 2027 a weekend.
    assert due == date(2027, 1, 11)


def test_the_schools_own_exception_wins_over_law_and_weekend():
    saturday, monday = date(2026, 11, 21), date(2026, 11, 23)
    moved = {
        saturday: DayOff(date=saturday, name="перенос", is_working=True),
        monday: DayOff(date=monday, name="день школы"),
    }

    assert is_working_day(saturday, moved) and not is_working_day(monday, moved)
    assert next_working_day(date(2026, 11, 20), moved) == saturday


@given(st.dates(date(2025, 1, 1), date(2030, 12, 31)))
def test_the_next_working_day_is_working_and_nothing_between_is(day):
    due = next_working_day(day, {})
    assert due > day and is_working_day(due, {})
    assert not any(is_working_day(between, {}) for between in days_between(day + timedelta(1), due - timedelta(1)))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 23), ""),
        (date(2026, 11, 21), "выходной"),
        (date(2026, 8, 31), "день вне учебного года"),
        (date(2027, 6, 1), "день вне учебного года"),
    ],
)
def test_why_there_is_no_school(day, why):
    assert calendar().why_no_school(day, 7) == why


def test_a_six_day_week_studies_on_saturday():
    assert calendar(week_days=6).is_school_day(date(2026, 11, 21), 7)
    assert not calendar(week_days=6).is_school_day(date(2026, 11, 22), 7)


def test_a_moved_day_is_a_school_day_with_another_weekdays_timetable():
    saturday = date(2026, 11, 21)
    moved = calendar(exceptions=[DayOff(date=saturday, name="перенос", is_working=True, timetable_weekday=3)])
    assert moved.is_school_day(saturday, 7)
    assert moved.timetable_weekday(saturday) == 3
    assert moved.timetable_weekday(date(2026, 11, 23)) == 1


def test_vacations_hold_for_their_grades_only():
    rest = Vacation(name="дополнительные каникулы", date_from=date(2027, 2, 15), date_to=date(2027, 2, 21))
    rest.grade_from = rest.grade_to = 1
    pages = calendar(vacations=[rest])
    assert pages.why_no_school(date(2027, 2, 17), 1) == "дополнительные каникулы"
    assert pages.why_no_school(date(2027, 2, 17), 2) == ""


@given(st.dates(YEAR.date_from, YEAR.date_to), st.integers(1, 11))
def test_the_school_day_before_and_after_are_the_nearest_ones(day, grade):
    off = [DayOff(date=date(2026, 11, 4), name="праздник")]
    pages = calendar(exceptions=off)
    days = pages.school_days(YEAR.date_from, YEAR.date_to, grade)
    assert pages.school_day_before(day, grade) == max((d for d in days if d < day), default=None)
    assert pages.school_day_after(day, grade) == min((d for d in days if d > day), default=None)


@pytest.mark.django_db
def test_a_year_of_2025_has_the_recommended_terms():
    year = create_year(2025)
    terms = load_calendar(year).terms_for(7)
    assert [(t.roman, t.date_from, t.date_to) for t in terms] == [
        ("I", date(2025, 9, 1), date(2025, 10, 24)),
        ("II", date(2025, 11, 5), date(2025, 12, 30)),
        ("III", date(2026, 1, 12), date(2026, 3, 27)),
        ("IV", date(2026, 4, 6), date(2026, 5, 26)),
    ]
    assert year.is_approved


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "grade", "is_school"),
    [
        (date(2026, 10, 23), 7, True),
        (date(2026, 10, 26), 7, False),
        (date(2026, 11, 2), 7, True),
        (date(2026, 11, 4), 7, False),
        (date(2026, 12, 30), 7, True),
        (date(2026, 12, 31), 7, False),
        (date(2027, 1, 11), 7, True),
        (date(2027, 2, 17), 1, False),
        (date(2027, 2, 17), 7, True),
        (date(2027, 5, 27), 7, False),
    ],
)
def test_the_draft_of_2026(day, grade, is_school):
    year = create_year(2026)
    assert not year.is_approved
    assert load_calendar(year).is_school_day(day, grade) is is_school


@pytest.mark.django_db
def test_a_calendar_costs_one_query(django_assert_num_queries):
    create_year(2026)
    year = year_of(date(2026, 11, 23))
    with django_assert_num_queries(1):
        pages = load_calendar(year)
        assert pages.term_on(date(2026, 11, 23), 7).roman == "II"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "grade", "name"),
    [
        (date(2026, 8, 20), 7, "I четверть"),
        (date(2026, 9, 1), 7, "I четверть"),
        (date(2026, 10, 28), 7, "I четверть"),  # in the vacations: the one that has just ended
        (date(2026, 11, 23), 7, "II четверть"),
        (date(2026, 11, 23), 10, "I полугодие"),
        (date(2027, 5, 30), 10, "II полугодие"),
    ],
)
def test_which_term_a_day_belongs_to(day, grade, name):
    assert str(load_calendar(create_year(2026)).term_on(day, grade)) == name


@pytest.mark.django_db
def test_in_summer_the_year_that_ended_is_meant():
    create_year(2025), create_year(2026)
    assert year_of(date(2026, 7, 15)).name == "2025/26"
    assert year_of(date(2026, 9, 1)).name == "2026/27"
    assert year_of(date(2025, 8, 1)) is None
