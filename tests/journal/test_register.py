"""The register of a course: who stands in it, what stands in a cell, and what the mean is made of."""

from datetime import date
from decimal import Decimal

import pytest

from journal.calendar import load_calendar
from journal.models import (
    ControlWork,
    Course,
    GroupMembership,
    IndividualPlan,
    PeriodMark,
    Pupil,
    SchoolClass,
    WorkKind,
)
from journal.queries.courses import courses_of_subject
from journal.queries.register import Register, Row, register_of
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
    make_year,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
TUESDAY, FRIDAY = date(2026, 11, 17), date(2026, 11, 20)


def register(course: Course, *classes: SchoolClass, number: int = 2, today: date = TODAY) -> Register:
    calendar = load_calendar(classes[0].year)
    term = next(t for t in calendar.terms_for(classes[0].grade) if t.number == number)
    related = courses_of_subject(course.subject_id, classes)
    return register_of(course, classes=classes, calendar=calendar, term=term, today=today, related=related)


def row_of(table: Register, pupil: Pupil) -> Row:
    return next(row for row in table.rows if row.pupil_id == pupil.pk)


def texts(table: Register, pupil: Pupil) -> list[str]:
    return [cell.text for cell in row_of(table, pupil).cells]


def absent(pupil: Pupil, day: date, reason: str, lesson: int = 0) -> None:
    pupil.absences.create(date=day, lesson=lesson, reason=reason)


@pytest.fixture
def school_class() -> SchoolClass:
    return make_class("7Б")


@pytest.fixture
def course(school_class) -> Course:
    return make_course(school_class)


def test_marks_and_letters_stand_together_and_two_marks_in_one_cell(school_class, course):
    pupil = make_pupil(school_class)
    monday, tuesday = make_lesson(course, MONDAY, 2), make_lesson(course, TUESDAY, 3)
    make_mark(monday, pupil, "4", position=1)
    make_mark(monday, pupil, "5", position=2)
    make_mark(tuesday, pupil, "5")
    absent(pupil, TUESDAY, "ill", lesson=3)

    assert texts(register(course, school_class), pupil) == ["4/5", "5 Б"]


def test_a_lesson_letter_speaks_louder_than_the_whole_day(school_class, course):
    pupil = make_pupil(school_class)
    for number in (1, 2):
        make_lesson(course, MONDAY, number)
    absent(pupil, MONDAY, "ill")
    absent(pupil, MONDAY, "late", lesson=2)

    table = register(course, school_class)

    assert texts(table, pupil) == ["Б", "О"]
    assert [column.shows_number for column in table.columns] == [True, True]


def test_another_lessons_letter_stays_out(school_class, course):
    pupil = make_pupil(school_class)
    make_lesson(course, MONDAY, 1)
    absent(pupil, MONDAY, "unexcused", lesson=4)

    assert texts(register(course, school_class), pupil) == [""]


def test_a_lesson_of_the_timetable_has_a_column_before_anything_is_written(school_class, course):
    pupil = make_pupil(school_class)
    make_slot(course, weekday=1, number=3, date_from=MONDAY)
    absent(pupil, TODAY, "excused")

    table = register(course, school_class)

    assert [(c.date, c.number, c.lesson_id) for c in table.columns] == [(MONDAY, 3, None), (TODAY, 3, None)]
    assert texts(table, pupil) == ["", "У"]


def test_a_cancelled_lesson_has_no_column(school_class, course):
    make_pupil(school_class)
    make_slot(course, weekday=1, number=3, date_from=MONDAY)
    make_lesson(course, MONDAY, 3, is_cancelled=True)

    assert [column.date for column in register(course, school_class).columns] == [TODAY]


def test_days_to_come_are_not_shown(school_class, course):
    make_pupil(school_class)
    make_lesson(course, FRIDAY, 1)

    assert register(course, school_class, today=TUESDAY).columns == []


def test_the_vector_of_the_weighted_mean(school_class, course):
    # domain.md §3: (5·3 + 5·1 + 4·5) / 9 = 4.44
    pupil = make_pupil(school_class)
    control, plain = WorkKind.objects.get(is_control=True), WorkKind.objects.get(is_default=True)
    five = WorkKind.objects.create(name="проект", short_name="Пр", weight=5)
    lessons = [make_lesson(course, MONDAY, number) for number in (1, 2, 3, 4)]
    for lesson, value, kind in zip(lessons, ["5", "5", "4", "н/а"], [control, plain, five, plain], strict=True):
        make_mark(lesson, pupil, value, kind=kind)

    row = row_of(register(course, school_class), pupil)

    assert row.mean.quantize(Decimal("0.01")) == Decimal("4.44")
    assert row.counted == [("5", 3), ("5", 1), ("4", 5)]
    assert not row.has_few


def test_marks_of_another_term_do_not_count(school_class, course):
    pupil = make_pupil(school_class)
    make_mark(make_lesson(course, date(2026, 10, 5), 1), pupil, "2")
    make_mark(make_lesson(course, MONDAY, 1), pupil, "5")

    row = row_of(register(course, school_class), pupil)

    assert (row.mean, row.has_few) == (5, True)


def test_control_works_are_known_by_their_marks_and_by_the_schedule(school_class, course):
    pupil = make_pupil(school_class)
    make_mark(make_lesson(course, MONDAY, 1), pupil, "5", kind=WorkKind.objects.get(is_control=True))
    make_lesson(course, TUESDAY, 1)
    make_lesson(course, FRIDAY, 1)
    ControlWork.objects.create(course=course, date=FRIDAY, title="Линейные уравнения")

    assert [c.control for c in register(course, school_class).columns] == [
        "контрольная работа",
        "",
        "Линейные уравнения",
    ]


def test_who_left_and_who_came_stand_with_what_they_have(school_class, course):
    left = make_pupil(school_class, until=MONDAY, last_name="Ушедшая")
    came = make_pupil(school_class, since=FRIDAY, last_name="Пришедшая")
    monday, friday = make_lesson(course, MONDAY, 1), make_lesson(course, FRIDAY, 1)
    make_mark(monday, left, "4")
    make_mark(friday, came, "3")
    absent(left, FRIDAY, "ill")

    table = register(course, school_class)

    assert texts(table, left) == ["4", ""]
    assert [cell.is_own for cell in row_of(table, left).cells] == [True, False]
    assert [cell.is_own for cell in row_of(table, came).cells] == [False, True]
    assert (row_of(table, left).note, row_of(table, came).note) == ("по 16.11", "с 20.11")
    assert (row_of(table, left).is_here, row_of(table, came).is_here) == (False, True)


def test_who_left_before_the_term_is_not_listed(school_class, course):
    make_pupil(school_class, until=date(2026, 10, 20))
    here = make_pupil(school_class)
    make_lesson(course, MONDAY, 1)

    assert [row.pupil_id for row in register(course, school_class).rows] == [here.pk]


def test_a_change_of_group_keeps_the_old_lessons_and_carries_the_marks(school_class):
    pupil, neighbour = make_pupil(school_class), make_pupil(school_class)
    subject = make_subject("Информатика")
    first, second = make_group(school_class, subject, "1 группа"), make_group(school_class, subject, "2 группа")
    start = school_class.year.date_from
    GroupMembership.objects.create(group=first, pupil=pupil, date_from=start, date_to=TUESDAY)
    GroupMembership.objects.create(group=second, pupil=pupil, date_from=date(2026, 11, 18))
    GroupMembership.objects.create(group=first, pupil=neighbour, date_from=start)
    old, new = make_course(subject=subject, group=first), make_course(subject=subject, group=second)
    make_mark(make_lesson(old, MONDAY, 1), pupil, "3")
    make_lesson(old, FRIDAY, 1)
    make_lesson(new, MONDAY, 1)
    make_mark(make_lesson(new, FRIDAY, 1), pupil, "5")

    before, after = register(old, school_class), register(new, school_class)

    assert (texts(before, pupil), row_of(before, pupil).note) == (["3", ""], "по 17.11")
    assert [cell.is_own for cell in row_of(before, pupil).cells] == [True, False]
    assert (texts(after, pupil), row_of(after, pupil).note) == (["", "5"], "с 18.11")
    # The mean is the same in both journals, and says that a mark came from elsewhere.
    assert (row_of(before, pupil).mean, row_of(after, pupil).mean) == (4, 4)
    assert (row_of(after, pupil).carried, row_of(before, pupil).carried) == (1, 1)
    assert neighbour.pk not in [row.pupil_id for row in after.rows]


def test_marks_from_the_class_before_count_once(school_class, course):
    other = make_class("7А", year=school_class.year)
    pupil = make_pupil(other, until=MONDAY)
    pupil.enrolments.create(school_class=school_class, date_from=TUESDAY)
    make_mark(make_lesson(make_course(other), MONDAY, 1), pupil, "3")
    make_mark(make_lesson(course, FRIDAY, 1), pupil, "5")

    row = row_of(register(course, school_class), pupil)

    assert (row.mean, row.carried, len(row.counted)) == (4, 1, 2)


def test_a_plan_replaces_the_class_in_its_subject(school_class, course):
    pupil = make_pupil(school_class)
    plan = IndividualPlan.objects.create(pupil=pupil, date_from=TUESDAY)
    own = make_course(subject=course.subject, plan=plan)
    for day in (MONDAY, FRIDAY):
        make_lesson(course, day, 1)
    make_lesson(own, FRIDAY, 5)

    table = register(course, school_class)

    assert [cell.is_own for cell in row_of(table, pupil).cells] == [True, False]
    assert row_of(table, pupil).note == "инд. план"
    assert [row.pupil_id for row in register(own, school_class).rows] == [pupil.pk]


def test_period_marks_of_the_terms_begun_and_of_the_year(school_class, course):
    pupil = make_pupil(school_class)
    make_lesson(course, MONDAY, 1)
    year = school_class.year
    first = year.terms.get(scheme="quarter", number=1)
    PeriodMark.objects.create(pupil=pupil, subject=course.subject, year=year, term=first, value="4")

    table = register(course, school_class)
    assert (table.heads, row_of(table, pupil).period_marks) == (["I", "II"], ["4", ""])

    PeriodMark.objects.create(pupil=pupil, subject=course.subject, year=year, kind="year", value="5")
    table = register(course, school_class)
    assert (table.heads, row_of(table, pupil).period_marks) == (["I", "II", "год"], ["4", "", "5"])


def test_grade_one_has_letters_and_no_marks():
    school_class = make_class("1А")
    course = make_course(school_class)
    pupil = make_pupil(school_class)
    make_lesson(course, MONDAY, 1)
    absent(pupil, MONDAY, "ill")

    table = register(course, school_class)

    assert (table.with_marks, texts(table, pupil)) == (False, ["Б"])


def test_a_mark_on_a_day_off_is_not_hidden(school_class, course):
    # A mean must never count what nobody sees.
    pupil = make_pupil(school_class)
    make_mark(make_lesson(course, date(2026, 11, 21), 1), pupil, "2")

    assert texts(register(course, school_class), pupil) == ["2"]


def test_a_joined_group_shows_each_class_its_own_pupils():
    year = make_year()
    a, b = make_class("10А", year=year), make_class("10Б", year=year)
    subject = make_subject("Английский")
    ours, theirs = make_pupil(a), make_pupil(b)
    group = make_group(a, subject, pupils=[ours, theirs])
    group.classes.add(b)
    course = make_course(subject=subject, group=group)
    make_lesson(course, MONDAY, 1)

    def listed(*classes: SchoolClass) -> set[int]:
        return {row.pupil_id for row in register(course, *classes, number=1).rows}

    assert (listed(a), listed(b), listed(a, b)) == ({ours.pk}, {theirs.pk}, {ours.pk, theirs.pk})
