"""What a change of the settings touches: the numbers of the preview are those of the pages, worked out both ways."""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from attendance.models import ClosedMonth
from attendance.queries import totals_by_pupil
from journal.calendar import Calendar, load_calendar
from journal.lessons import class_lessons
from journal.means import Thresholds, expected_mark
from journal.models import (
    DayOff,
    Enrolment,
    PeriodMark,
    School,
    SchoolClass,
    Term,
    Vacation,
    WorkKind,
)
from journal.queries.matrix import matrix_of
from reports.school.days import Turn, days_preview, turns
from reports.school.forecasts import thresholds_preview, weights_preview
from reports.school.missed import missed_day_preview
from reports.school.preview import Preview, days_words, grades_words
from reports.school.terms import scheme_preview, terms_preview
from tests.factories import (
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_user,
)

ALL, THREE = School.MissedDayRule.ALL_LESSONS, School.MissedDayRule.THREE_OR_MORE


def words(preview: Preview) -> str:
    return " ".join(line.words for line in preview.lines)


# --- Marks: against the matrix of each class ---------------------------------------------------------


def forecasts(today: date) -> dict[tuple[str, int, int], int | None]:
    """(class, pupil, subject) → forecast of the current term, as the page «все предметы» reckons it."""
    found = {}
    for school_class in SchoolClass.objects.select_related("year__school"):
        calendar = load_calendar(school_class.year)
        term = calendar.term_on(today, school_class.grade)
        matrix = matrix_of(school_class, calendar=calendar, term=term, today=today)
        thresholds = Thresholds.of(calendar.school)
        for row in matrix.rows:
            for subject, cell in zip(matrix.subjects, row.cells, strict=True):
                if row.is_here and cell.count:
                    mark = expected_mark(cell.mean, thresholds)
                    found[school_class.name, row.pupil_id, subject.pk] = mark
    return found


def moved(before: dict, after: dict) -> tuple[tuple[str, int, int], ...]:
    """Class, up, down; in the order of classes."""
    up, down = Counter(), Counter()
    for key, old in before.items():
        up[key[0]] += after[key] > old
        down[key[0]] += after[key] < old
    order = sorted({*up, *down}, key=lambda name: (int(name[:-1]), name))
    return tuple((name, up[name], down[name]) for name in order if up[name] or down[name])


def test_thresholds_change_as_many_forecasts_as_the_pages_will_show(demo):
    old, new = School.load(), School.load()
    new.threshold_5, new.threshold_4, new.threshold_3 = Decimal("4.65"), Decimal("3.65"), Decimal("2.40")
    before = forecasts(demo.day)

    preview = thresholds_preview(old, new, demo.day)
    new.save()

    expected = moved(before, forecasts(demo.day))
    assert preview.rows == expected
    up, down = sum(row[1] for row in expected), sum(row[2] for row in expected)
    assert up and down
    assert f"Станет выше {up}, ниже {down}." in words(preview)


def test_a_weight_changes_as_many_forecasts_as_the_pages_will_show(demo):
    kind = WorkKind.objects.get(is_control=True)
    before = forecasts(demo.day)

    preview = weights_preview(kind.pk, Decimal("6"), demo.day)
    WorkKind.objects.filter(pk=kind.pk).update(weight=6)

    assert preview.rows == moved(before, forecasts(demo.day))
    assert preview.rows


@pytest.mark.django_db
def test_the_margin_and_few_marks_are_counted_apart():
    school_class = make_class("7Б")
    course, pupil = make_course(school_class), make_pupil(school_class)
    for number, value in enumerate("5544", start=1):
        make_mark(make_lesson(course, date(2026, 11, 9), number), pupil, value)  # 4.50 of four marks
    old, new = School.load(), School.load()
    new.few_marks_term = 5

    preview = thresholds_preview(old, new, date(2026, 11, 23))

    assert "Прогноз за текущий период не изменится ни у кого." in words(preview)
    assert "Помету «мало отметок» получат: 1, потеряют: 0." in words(preview)

    narrow = copy(old)
    narrow.disputed_margin = Decimal("0.15")
    old.disputed_margin = Decimal("0")
    make_mark(make_lesson(course, date(2026, 11, 10), 1), pupil, "5")  # 4.60: within 0.15 only
    assert "Спорными станут прогнозов: 1, перестанут быть спорными: 0." in words(
        thresholds_preview(old, narrow, date(2026, 11, 23))
    )


@pytest.mark.django_db
def test_marks_of_other_terms_and_first_graders_do_not_count():
    school_class = make_class("7Б")
    first = make_class("1А", year=school_class.year)
    for one in (school_class, first):
        course, pupil = make_course(one), make_pupil(one)
        make_mark(make_lesson(course, date(2026, 10, 12), 1), pupil, "4")
    make_mark(make_lesson(course, date(2026, 11, 12), 1), pupil, "4")
    old, new = School.load(), School.load()
    new.threshold_4 = Decimal("4.10")

    assert thresholds_preview(old, new, date(2026, 11, 23)).rows == ()


def test_marks_cost_a_handful_of_queries(demo, django_assert_max_num_queries):
    old, new = School.load(), School.load()
    new.threshold_5 = Decimal("4.65")

    with django_assert_max_num_queries(6):
        thresholds_preview(old, new, demo.day)


# --- Missed days: against the totals -----------------------------------------------------------------


def days_missed(rule: str, today: date) -> dict[str, int]:
    school = School.load()
    school.missed_day_rule = rule
    found = {}
    for school_class in SchoolClass.objects.select_related("year__school"):
        start = school_class.year.date_from
        lessons = class_lessons(school_class, start, today, load_calendar(school_class.year))
        totals = totals_by_pupil(lessons, start, today, school)
        found[school_class.name] = sum(total.days.total() for total in totals.values())
    return found


def test_the_rule_changes_as_many_days_as_the_totals_will_show(demo):
    strict, lenient = days_missed(ALL, demo.day), days_missed(THREE, demo.day)

    there = missed_day_preview(ALL, THREE, demo.day)
    back = missed_day_preview(THREE, ALL, demo.day)

    assert {row[0]: row[1] - row[2] for row in there.rows} == {
        name: lenient[name] - strict[name] for name in strict if lenient[name] != strict[name]
    }
    assert there.rows
    assert [(name, down, up) for name, up, down in there.rows] == list(back.rows)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("letters", "changes"),
    [
        ({1: "ill", 2: "ill", 3: "ill"}, 1),  # three of four
        ({1: "ill", 2: "ill"}, 0),
        ({1: "ill", 2: "ill", 3: "ill", 4: "ill"}, 0),  # all of them: missed under both
        ({1: "ill", 2: "ill", 3: "late"}, 0),
        ({0: "ill"}, 0),
        ({0: "ill", 2: "late"}, 1),  # came for one lesson
        ({1: "ill", 2: "ill", 9: "ill"}, 0),  # the ninth is not the pupil's own
    ],
)
def test_only_days_on_which_the_rules_differ_change(letters, changes):
    school_class = make_class("7Б")
    pupil = make_pupil(school_class)
    for number in (1, 2, 3, 4):
        make_slot(make_course(school_class, f"Предмет {number}"), 1, number)
    for lesson, reason in letters.items():
        pupil.absences.create(date=date(2026, 11, 16), lesson=lesson, reason=reason)

    preview = missed_day_preview(ALL, THREE, date(2026, 11, 23))

    assert sum(row[1] + row[2] for row in preview.rows) == changes


# --- Days -------------------------------------------------------------------------------------------


@pytest.fixture
def small(db) -> Calendar:
    """7Б with a lesson each Thursday, one held on 05.11 with two marks, a letter and a control work that day."""
    school_class = make_class("7Б")
    course = make_course(school_class)
    make_slot(course, 4, 2)
    pupils = [make_pupil(school_class) for _ in range(2)]
    lesson = make_lesson(course, date(2026, 11, 5), 2)
    for pupil in pupils:
        make_mark(lesson, pupil)
    pupils[0].absences.create(date=date(2026, 11, 5), reason="ill")
    course.control_works.create(date=date(2026, 11, 5), title="Контрольная")
    return load_calendar(school_class.year)


def autumn(calendar: Calendar, first: date, last: date, **fields) -> Calendar:
    """The calendar with other autumn vacations."""
    old, *others = calendar.vacations
    fields = {"grade_from": 1, "grade_to": 11, **fields}
    new = Vacation(pk=old.pk, year=calendar.year, name=old.name, date_from=first, date_to=last, **fields)
    return replace(calendar, vacations=(new, *others))


def test_a_vacation_that_takes_a_day_of_lessons_names_them(small):
    preview = days_preview(small, autumn(small, date(2026, 10, 24), date(2026, 11, 5)))

    assert "Перестанут быть учебными: 2–3 ноября, 5 ноября (дней: 3), 1–11 классы." in words(preview)
    assert (
        "На них уроков по расписанию 1, проведённых уроков 1, отметок 2, букв пропусков 1, контрольных работ 1."
        in words(preview)
    )
    assert preview.named == ("05.11, 7Б: Алгебра, 2 урок, отметок 2",)
    assert any(line.is_warning for line in preview.lines)


def test_a_shorter_vacation_adds_lessons(small):
    preview = days_preview(small, autumn(small, date(2026, 10, 24), date(2026, 10, 28)))

    assert "Станут учебными: 29–30 октября (дней: 2), 1–11 классы." in words(preview)
    assert "Добавится уроков по расписанию: 1." in words(preview)
    assert preview.named == ()


def test_a_vacation_of_other_grades_touches_nothing_here(small):
    resting = Vacation(
        year=small.year,
        name="карантин",
        date_from=date(2026, 11, 5),
        date_to=date(2026, 11, 5),
        grade_from=1,
        grade_to=4,
    )

    preview = days_preview(small, replace(small, vacations=(*small.vacations, resting)))

    assert "5 ноября (дней: 1), 1–4 классы" in words(preview)
    assert "уроков по расписанию 0, проведённых уроков 0, отметок 0, букв пропусков 0." in words(preview)
    assert not any(line.is_warning for line in preview.lines)


def test_a_moved_working_day_follows_another_weekday(small):
    saturday = DayOff(date=date(2026, 11, 7), name="перенос", is_working=True, timetable_weekday=4)

    preview = days_preview(small, replace(small, exceptions={**small.exceptions, saturday.date: saturday}))

    assert "Станут учебными: 7 ноября" in words(preview)
    assert "Добавится уроков по расписанию: 1." in words(preview)

    monday = DayOff(date=date(2026, 11, 9), name="по четвергу", is_working=True, timetable_weekday=4)
    changed = turns(small, replace(small, exceptions={**small.exceptions, monday.date: monday}))
    assert set(changed.values()) == {Turn.MOVED} and {day for day, _ in changed} == {monday.date}


def test_six_days_a_week_open_every_saturday_of_school(small):
    school = copy(small.school)
    school.week_days = 6

    days = {day for day, _ in turns(small, replace(small, school=school))}

    assert all(day.isoweekday() == 6 for day in days)
    assert date(2026, 9, 5) in days and date(2026, 10, 31) not in days  # vacations stay


def test_a_closed_month_is_named(small):
    ClosedMonth.objects.create(month=date(2026, 11, 1), closed_by=make_user())

    preview = days_preview(small, autumn(small, date(2026, 10, 24), date(2026, 11, 2)))

    assert "закрытых месяцах: 11.2026" in words(preview)


def test_a_group_of_two_grades_is_counted_once(small):
    course_class = SchoolClass.objects.get()
    other = make_class("8А", year=course_class.year)
    group = make_group(course_class, make_subject("Хор"))
    group.classes.add(other)
    course = make_course(subject=group.subject, group=group)
    make_slot(course, 4, 7)
    make_mark(make_lesson(course, date(2026, 11, 5), 7), Enrolment.objects.first().pupil)

    preview = days_preview(small, autumn(small, date(2026, 10, 24), date(2026, 11, 5)))

    assert "уроков по расписанию 2, проведённых уроков 2, отметок 3" in words(preview)
    assert preview.named[-1] == "05.11, 7Б, 8А · 1 группа: Хор, 7 урок, отметок 1"


def test_of_a_plan_no_pupil_is_named(small):
    pupil = Enrolment.objects.first().pupil
    course = make_course(subject="Физика", plan=pupil.plans.create(date_from=date(2026, 9, 1)))
    make_mark(make_lesson(course, date(2026, 11, 5), 6), pupil)

    preview = days_preview(small, autumn(small, date(2026, 10, 24), date(2026, 11, 5)))

    assert preview.named[-1] == "05.11, индивидуальный план: Физика, 6 урок, отметок 1"


def test_days_cost_the_same_for_any_stretch(demo, django_assert_num_queries):
    calendar = load_calendar(SchoolClass.objects.select_related("year__school").first().year)
    for last in (date(2026, 11, 3), date(2026, 12, 18)):
        with django_assert_num_queries(9):
            days_preview(calendar, autumn(calendar, date(2026, 10, 24), last))


# --- Terms ------------------------------------------------------------------------------------------


def with_term(calendar: Calendar, number: int, first: date, last: date) -> Calendar:
    terms = [
        Term(
            pk=term.pk, year=calendar.year, scheme=term.scheme, number=term.number, is_closed=term.is_closed,
            date_from=first if (term.scheme, term.number) == ("quarter", number) else term.date_from,
            date_to=last if (term.scheme, term.number) == ("quarter", number) else term.date_to,
        )
        for term in calendar.terms
    ]  # fmt: skip
    return replace(calendar, terms=tuple(terms))


def test_marks_that_change_their_term_are_counted(small):
    later = with_term(small, 2, date(2026, 11, 9), date(2026, 12, 30))

    preview = terms_preview(small, later, "quarter", may_change_closed=False)

    assert "Отметок из периода «II четверть» окажется вне периодов: 2 (1–9 классы)." in words(preview)

    earlier = with_term(later, 1, date(2026, 9, 1), date(2026, 11, 8))
    assert "Отметок из периода «II четверть» перейдёт в «I четверть»: 2 (1–9 классы)." in words(
        terms_preview(small, earlier, "quarter", may_change_closed=False)
    )


def test_marks_for_the_period_are_named(small):
    pupil = Enrolment.objects.first().pupil
    term = Term.objects.get(scheme="quarter", number=1)
    PeriodMark.objects.create(pupil=pupil, subject=make_subject(), year=small.year, term=term, value="5")

    preview = terms_preview(
        small, with_term(small, 1, date(2026, 9, 1), date(2026, 10, 20)), "quarter", may_change_closed=False
    )

    assert "уже выставлено отметок за период: 1" in words(preview)


def test_dates_of_a_closed_term_are_the_deputys(small):
    Term.objects.filter(scheme="quarter", number=1).update(is_closed=True)
    calendar = load_calendar(small.year)
    changed = with_term(calendar, 1, date(2026, 9, 1), date(2026, 10, 20))

    refused = terms_preview(calendar, changed, "quarter", may_change_closed=False)
    allowed = terms_preview(calendar, changed, "quarter", may_change_closed=True)

    assert "Период закрыт: I четверть" in refused.refusal
    assert not allowed.refusal and "Меняются даты закрытого периода: I четверть." in words(allowed)


def test_another_cut_of_the_year_is_refused_once_period_marks_stand(small):
    pupil = Enrolment.objects.first().pupil
    term = Term.objects.get(scheme="quarter", number=1)
    PeriodMark.objects.create(pupil=pupil, subject=make_subject(), year=small.year, term=term, value="5")
    old, new = School.load(), School.load()
    new.scheme_main = "half_year"

    assert "За четверти этого года уже выставлено отметок: 1 (1–9 классы)." in scheme_preview(old, new, small).refusal

    seniors = School.load()
    seniors.scheme_senior = "quarter"
    assert not scheme_preview(old, seniors, small).refusal


def test_another_cut_needs_its_terms_first(small):
    old, new = School.load(), School.load()
    new.scheme_main = "trimester"

    assert "не заведены триместры" in scheme_preview(old, new, small).refusal


def test_another_cut_tells_how_many_marks_move(small):
    old, new = School.load(), School.load()
    new.scheme_main = "half_year"

    assert "Отметок, которые будут считаться за другой период: 2." in words(scheme_preview(old, new, small))


# --- Words ------------------------------------------------------------------------------------------


def test_days_and_grades_are_read_as_people_write_them():
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 5)]

    assert days_words(days) == "31 октября – 2 ноября, 5 ноября"
    assert [grades_words(grades) for grades in ({1}, range(1, 10), {1, 3})] == ["1 класс", "1–9 классы", "1, 3 классы"]


def test_the_digest_is_of_what_is_shown(small):
    one = days_preview(small, autumn(small, date(2026, 10, 24), date(2026, 11, 5)))
    same = days_preview(small, autumn(small, date(2026, 10, 24), date(2026, 11, 5)))
    assert one.digest == same.digest

    make_mark(Enrolment.objects.first().pupil.marks.first().lesson, make_pupil(SchoolClass.objects.get()))
    more = days_preview(small, autumn(small, date(2026, 10, 24), date(2026, 11, 5)))
    assert more.digest != one.digest
