"""The report on a class: its numbers from first principles, its lists, absences, movement, comparison."""

from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.calendar import load_calendar
from journal.models import IndividualPlan, Movement, PeriodMark, SchoolClass
from journal.services.movements import change_class
from reports.analytics.class_report import class_report
from reports.analytics.figures import Figure
from reports.analytics.periods import chosen_period, periods_of
from reports.formulas import Group, rounded
from tests.factories import (
    make_absence,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_order,
    make_period_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    make_year,
)

pytestmark = pytest.mark.django_db
NOVEMBER = date(2026, 11, 23)
VECTOR = ["5"] * 5 + ["4"] * 9 + ["3"] * 6 + ["2"] * 2 + ["н/а", "осв", ""]
"""domain.md §4."""


@pytest.fixture
def school_class():
    return make_class("7Б")


def report_of(school_class, key="quarter-1", today=NOVEMBER, *, sees_all=False):
    calendar = load_calendar(school_class.year)
    periods = periods_of(calendar, school_class.grade, today)
    period = chosen_period(periods, key)
    return class_report(school_class, period, periods, calendar, today=today, sees_all=sees_all)


def figure(report, name) -> Figure:
    return next(one for one in report.indicators if one.name == name)


def give(school_class, subject, values, number=1):
    """A pupil a value; pupils of the class in order, made where they lack."""
    pupils = [row.pupil for row in school_class.enrolments.order_by("pk")]
    while len(pupils) < len(values):
        pupils.append(make_pupil(school_class))
    for pupil, value in zip(pupils, values, strict=False):
        if value:
            make_period_mark(pupil, value, subject, number=number)
    return pupils


def names_of(report, group):
    return [pupil.name for pupil in report.lists.of(group).pupils]


# --- Numbers --------------------------------------------------------------------------------------


def test_the_vector_of_the_specification(school_class):
    make_course(school_class, "Алгебра", teacher=make_teacher(last_name="Шилова"))
    give(school_class, "Алгебра", VECTOR)

    report = report_of(school_class)

    row = report.subjects[0]
    assert row.counts == (5, 9, 6, 2, 1, 1)
    assert (row.of.n, row.of.empty) == (23, 1)
    assert [one.shown for one in row.figures] == ["86,96\u00a0%", "60,87\u00a0%", "57,87\u00a0%", "3,77"]
    assert row.figures.sou.counted == "(100·5 + 64·9 + 36·6 + 16·2 + 7·1) : 23"
    assert row.figures.quality.left_out == "освобождены: 1, без отметки за период: 1"
    assert row.subject.teachers == ("Шилова М. С.",)
    # One subject: отличники 5, хорошисты 9, with a result 23 of 25.
    assert figure(report, "Качество знаний класса").shown == "60,87\u00a0%"
    assert figure(report, "Качество знаний класса").left_out == "без результата: 2"
    assert figure(report, "Учеников на конец периода").shown == "25"


def test_by_pupils_and_by_subjects_are_two_numbers(school_class):
    for subject in ("Алгебра", "История"):
        make_course(school_class, subject)
    give(school_class, "Алгебра", ["2", "5"])
    give(school_class, "История", ["5", "2"])

    report = report_of(school_class)

    assert figure(report, "Успеваемость класса").shown == "0,00\u00a0%"
    by_subjects = figure(report, "Успеваемость в среднем по предметам")
    assert (by_subjects.shown, by_subjects.counted) == ("50,00\u00a0%", "среднее из 2 предметов")


def test_numbers_change_against_the_period_before(school_class):
    make_course(school_class, "Алгебра")
    give(school_class, "Алгебра", ["5", "4", "3", "2"])
    give(school_class, "Алгебра", ["5", "4", "4", "3"], number=2)
    after = date(2027, 1, 5)

    report = report_of(school_class, "quarter-2", today=after)

    assert report.before.name == "I четверть"
    row = report.subjects[0].figures
    assert [one.change_shown for one in row] == ["+25,00", "+25,00", "+12,00", "+0,50"]
    assert figure(report, "Успеваемость класса").change_shown == "+25,00"
    assert figure(report, "Качество в среднем по предметам").change_shown == "+25,00"
    assert figure(report, "Средний балл по всем отметкам").change_shown == "+0,50"
    assert figure(report, "Учеников на конец периода").change_shown == "без изменений"
    assert all(not one.change_shown for one in report_of(school_class).indicators)


def test_nothing_to_divide_by_is_a_dash_and_never_zero(school_class):
    make_course(school_class, "Алгебра")
    make_course(school_class, "Физкультура")
    give(school_class, "Физкультура", ["осв", "осв"])

    report = report_of(school_class)

    algebra, sport = report.subjects
    assert [one.shown for one in (*algebra.figures, *sport.figures)] == ["—"] * 8
    assert sport.figures.success.left_out == "освобождены: 2"
    assert {one.shown for one in report.indicators[1:]} == {"—"}
    assert names_of(report, Group.NO_RESULT) == [pupil.name for pupil in report.results.pupils]


RESULTS = st.sampled_from(["5", "4", "3", "2", "1", "н/а", "осв", "зач", ""])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.lists(st.tuples(RESULTS, RESULTS, RESULTS), min_size=0, max_size=9),
    stays=st.lists(st.sampled_from(["whole", "left", "came"]), min_size=9, max_size=9),
)
def test_every_number_again_from_the_rows(school_class, table, stays):
    """Counted from the raw rows with fractions, by the words of the specification alone."""
    end, subjects = date(2026, 10, 23), ("Алгебра", "История", "Физика")
    PeriodMark.objects.all().delete()
    school_class.enrolments.all().delete()
    school_class.courses.all().delete()
    for subject in subjects:
        make_course(school_class, subject)
    for values, stay in zip(table, stays, strict=False):
        since, until = (date(2026, 10, 5) if stay == "came" else None), (date(2026, 10, 1) if stay == "left" else None)
        pupil = make_pupil(school_class, since=since, until=until)
        for subject, value in zip(subjects, values, strict=True):
            if value:
                make_period_mark(pupil, value, subject, number=1)

    report = report_of(school_class)

    here = [
        row.pupil_id
        for row in school_class.enrolments.all()
        if row.date_from <= end and (not row.date_to or row.date_to >= end)
    ]
    rows = list(PeriodMark.objects.filter(pupil__in=here).values_list("pupil", "subject__name", "value"))
    assert int(figure(report, "Учеников на конец периода").value) == len(here)
    for row in report.subjects:
        values = Counter(value for _, name, value in rows if name == row.subject.name)
        numbers = {int(value): count for value, count in values.items() if value.isdecimal()}
        n = sum(numbers.values()) + values["н/а"]
        sou = {5: 100, 4: 64, 3: 36, 2: 16, 1: 7}
        assert (row.of.n, row.of.empty) == (n, len(here) - values.total())
        assert shown(row.figures.success) == two(100 * sum(numbers.get(one, 0) for one in (5, 4, 3)), n)
        assert shown(row.figures.quality) == two(100 * sum(numbers.get(one, 0) for one in (5, 4)), n)
        assert shown(row.figures.sou) == two(sum(sou[k] * c for k, c in numbers.items()) + 7 * values["н/а"], n)
        assert shown(row.figures.mean) == two(sum(k * c for k, c in numbers.items()), sum(numbers.values()))
    marks = {pupil: [v for one, _, v in rows if one == pupil and (v.isdecimal() or v == "н/а")] for pupil in here}
    counted = [found for found in marks.values() if found]
    bad = [found for found in counted if {"2", "1", "н/а"} & set(found)]
    good = [found for found in counted if set(found) <= {"5", "4"}]
    assert shown(figure(report, "Успеваемость класса")) == two(100 * (len(counted) - len(bad)), len(counted))
    assert shown(figure(report, "Качество знаний класса")) == two(100 * len(good), len(counted))
    every = [int(value) for _, _, value in rows if value.isdecimal()]
    assert shown(figure(report, "Средний балл по всем отметкам")) == two(sum(every), len(every))
    assert report.lists.not_succeeding == len(bad)
    in_lists = {group: {one.pupil_id for one in report.lists.of(group).pupils} for group in Group}
    assert in_lists[Group.EXCELLENT] == {pupil for pupil, found in marks.items() if found and set(found) == {"5"}}
    assert in_lists[Group.GOOD] == {p for p, found in marks.items() if set(found) in ({"4"}, {"4", "5"})}
    assert in_lists[Group.ONE_FOUR] == {p for p in in_lists[Group.GOOD] if marks[p].count("4") == 1}
    assert in_lists[Group.FAILING] == {p for p, found in marks.items() if {"2", "1"} & set(found)}
    assert in_lists[Group.NOT_ATTESTED] == {p for p, found in marks.items() if "н/а" in found}
    assert in_lists[Group.NO_RESULT] == {p for p, found in marks.items() if not found}
    with_threes = {p for p, found in marks.items() if "3" in found and not {"2", "1", "н/а"} & set(found)}
    assert in_lists[Group.WITH_THREES] == with_threes
    assert in_lists[Group.ONE_THREE] == {p for p in with_threes if marks[p].count("3") == 1}


def shown(one: Figure):
    return rounded(one.value)


def two(part: int, whole: int):
    """Two places, a half up, without a Decimal in between."""
    if not whole:
        return None
    return Decimal(int(Fraction(100 * part, whole) + Fraction(1, 2))) / 100


# --- Lists ----------------------------------------------------------------------------------------


def test_lists_name_subjects_and_teachers(school_class):
    make_course(school_class, "Алгебра", teacher=make_teacher(last_name="Шилова"))
    make_course(school_class, "История", teacher=make_teacher(last_name="Орлова"))
    pupils = give(school_class, "Алгебра", ["5", "4", "3", "2", "5"])
    give(school_class, "История", ["5", "5", "5", "н/а", ""])

    report = report_of(school_class)

    names = [pupil.list_name for pupil in pupils]
    assert names_of(report, Group.EXCELLENT) == [names[0], names[4]]
    assert names_of(report, Group.GOOD) == names_of(report, Group.ONE_FOUR) == [names[1]]
    assert names_of(report, Group.WITH_THREES) == names_of(report, Group.ONE_THREE) == [names[2]]
    assert names_of(report, Group.FAILING) == names_of(report, Group.NOT_ATTESTED) == [names[3]]
    assert report.lists.not_succeeding == 1

    def subjects(group):
        return [(one.name, one.teachers) for one in report.lists.of(group).pupils[0].subjects]

    assert subjects(Group.ONE_FOUR) == subjects(Group.ONE_THREE) == [("Алгебра", ("Шилова М. С.",))]
    assert subjects(Group.FAILING) == [("Алгебра", ("Шилова М. С.",))]
    assert subjects(Group.NOT_ATTESTED) == [("История", ("Орлова М. С.",))]
    assert subjects(Group.EXCELLENT) == []


def test_a_list_of_one_mark_names_the_teacher_of_the_own_group_or_plan(school_class):
    english = make_subject("Английский язык")
    first, second, third = pupils = [make_pupil(school_class) for _ in range(3)]
    teachers = [make_teacher(last_name=name) for name in ("Первая", "Вторая", "Домашняя")]
    for number, own, teacher in ((1, [first], teachers[0]), (2, [second], teachers[1])):
        group = make_group(school_class, english, f"{number} группа", own)
        make_course(subject=english, group=group, teacher=teacher)
    plan = IndividualPlan.objects.create(pupil=third, date_from=school_class.year.date_from)
    make_course(subject=english, plan=plan, teacher=teachers[2])
    for pupil in pupils:
        make_period_mark(pupil, "4", "Английский язык", number=1)

    listed = report_of(school_class).lists.of(Group.ONE_FOUR).pupils

    found = {one.pupil_id: [subject.teachers for subject in one.subjects] for one in listed}
    assert found == {pupil.pk: [(teacher.short_name,)] for pupil, teacher in zip(pupils, teachers, strict=True)}


# --- Forecast -------------------------------------------------------------------------------------


def test_a_running_term_is_a_forecast_and_says_how_sure(school_class):
    course = make_course(school_class, "Алгебра")
    sure, few, given_ = make_pupil(school_class), make_pupil(school_class), make_pupil(school_class)
    for day, value in ((9, "5"), (10, "5"), (11, "4"), (12, "5")):
        make_mark(make_lesson(course, date(2026, 11, day)), sure, value)
    make_mark(make_lesson(course, date(2026, 11, 16)), few, "3")
    make_mark(course.lessons.first(), few, "4")  # 3.5: on the threshold of a four
    make_period_mark(given_, "2", number=2)

    report = report_of(school_class, "quarter-2")

    assert (report.is_forecast, report.kind) == (True, "прогноз на 23.11.2026")
    forecast = report.forecast
    assert (forecast.given, forecast.expected, forecast.few, forecast.disputed) == (1, 2, 1, 1)
    assert report.subjects[0].counts == (1, 1, 0, 1, 0, 0)
    assert not report_of(school_class, "quarter-1").is_forecast
    assert [line.totals.is_forecast for line in report_of(school_class, "quarter-1").compared.terms] == [False, True]


# --- Absences -------------------------------------------------------------------------------------


def test_absences_by_reason_and_results_beside_them(school_class):
    course = make_course(school_class, "Алгебра")
    for weekday in range(1, 6):
        make_slot(course, weekday, 1)
    pupils = give(school_class, "Алгебра", ["5", "5", "4", "3", "3", "2", "5", "4"])
    days = [date(2026, 9, day) for day in (7, 8, 9, 10, 11)]
    for pupil in pupils[3:6]:  # 5 of 38 lessons, more than a tenth
        for day in days:
            make_absence(pupil, day)
    make_absence(pupils[6], days[0], reason="unexcused")
    for pupil in pupils[6:8]:  # 3 and 2 of 38
        make_absence(pupil, days[1], reason="excused")
        make_absence(pupil, days[2], reason="excused")

    report = report_of(school_class)

    absences = report.absences
    own = absences.total.own_lessons
    assert own % 8 == 0
    assert [(one.letter, one.days, one.lessons) for one in absences.reasons] == [
        ("Б", 15, 15),
        ("У", 4, 4),
        ("Н", 1, 1),
    ]
    attendance = figure(report, "Посещаемость")
    assert shown(attendance) == two(100 * (own - 20), own)
    assert attendance.counted == f"посещено уроков: {own - 20} из {own}"
    assert [(one.label, one.pupils, one.is_small) for one in absences.shares] == [
        ("до 5 %", 3, False), ("5–10 %", 2, True), ("больше 10 %", 3, False),
    ]  # fmt: skip
    assert [rounded(one.mean) for one in absences.shares] == [Decimal("4.67"), None, Decimal("2.67")]
    assert absences.is_comparable


def test_without_a_timetable_lessons_are_unknown(school_class):
    make_course(school_class, "Алгебра")
    pupils = give(school_class, "Алгебра", ["5"] * 4)
    make_absence(pupils[0], date(2026, 9, 7))

    report = report_of(school_class)

    assert figure(report, "Посещаемость").shown == "—"
    assert report.absences.reasons[0].days == 1
    assert report.absences.reasons[0].lessons == "—"
    assert (report.absences.unknown, report.absences.is_comparable) == (4, False)


def test_who_left_is_counted_in_absences_and_not_in_results(school_class):
    course = make_course(school_class, "Алгебра")
    make_slot(course, 1, 1)
    make_pupil(school_class)
    left = make_pupil(school_class, until=date(2026, 10, 1))
    make_period_mark(left, "2", number=1)
    make_absence(left, date(2026, 9, 7))

    report = report_of(school_class)

    assert report.absences.total.days.total() == 1
    assert [(one.is_here) for one in report.absences.pupils] == [True, False]
    assert report.subjects[0].of.n == 0
    assert left.pk not in report.moves.present


# --- Movement -------------------------------------------------------------------------------------


def test_movement_of_the_period_with_orders(school_class):
    office = make_user(is_deputy=True)
    other = make_class("7А", year=school_class.year)
    moved, stayed = make_pupil(school_class), make_pupil(school_class)
    change_class(pupil=moved, school_class=other, order=make_order(date(2026, 9, 21), "44-у"), by=office)

    first, second = report_of(school_class), report_of(school_class, "quarter-2")

    count = first.moves.count
    assert (count.at_start, count.went, count.left, count.at_end) == (2, 1, 0, 1)
    line = first.moves.lines[0]
    assert (line.pupil_id, line.where, line.order) == (moved.pk, "из 7Б в 7А", "№ 44-у от 21.09.2026")
    assert first.moves.present == {stayed.pk}
    assert (second.moves.count.at_start, second.moves.lines) == (1, [])
    assert Movement.objects.count() == 1


def test_who_comes_in_the_vacations_belongs_to_the_term_after_them(school_class):
    make_pupil(school_class)
    make_pupil(school_class, since=date(2026, 10, 28))

    first, second = report_of(school_class), report_of(school_class, "quarter-2")

    assert (first.moves.count.at_end, first.moves.count.arrived) == (1, 0)
    assert (second.moves.count.at_start, second.moves.count.arrived, second.moves.count.at_end) == (1, 1, 2)
    assert figure(second, "Учеников на конец периода").change_shown == "+1"


# --- Comparison -----------------------------------------------------------------------------------


def test_terms_and_parallel(school_class):
    other = make_class("7А", year=school_class.year)
    make_class("8А", year=school_class.year)
    for one, values in ((school_class, ["5", "4", "3", "2", "5"]), (other, ["5", "5", "4", "4", "3"])):
        make_course(one, "Алгебра")
        give(one, "Алгебра", values)

    report = report_of(school_class)

    lines = [(line.name, [one.shown for one in line.totals], line.is_own) for line in report.compared.parallel]
    assert lines == [
        ("7А", ["100,00\u00a0%", "80,00\u00a0%", "4,20"], False),
        ("7Б", ["80,00\u00a0%", "60,00\u00a0%", "3,80"], True),
        ("Вся параллель", ["90,00\u00a0%", "70,00\u00a0%", "4,00"], False),
    ]
    assert [line.period.name for line in report.compared.terms] == ["I четверть", "II четверть"]
    assert report.compared.terms[1].totals.success.shown == "—"


def test_a_small_class_is_not_shown_to_a_class_teacher(school_class):
    small = make_class("7А", year=school_class.year)
    for one, values in ((school_class, ["5"] * 6), (small, ["2", "5", "4", "4"])):
        make_course(one, "Алгебра")
        give(one, "Алгебра", values)

    def shown_to(**who):
        return [(line.name, line.totals is not None) for line in report_of(school_class, **who).compared.parallel]

    assert shown_to() == [("7А", False), ("7Б", True)]  # and no sum to subtract from
    assert shown_to(sees_all=True) == [("7А", True), ("7Б", True), ("Вся параллель", True)]


# --- Grade 1 and cost -----------------------------------------------------------------------------


def test_grade_one_has_movement_and_absences_only():
    school_class = make_class("1А")
    course = make_course(school_class, "Математика")
    make_slot(course, 1, 1)
    make_absence(make_pupil(school_class), date(2026, 9, 7))

    report = report_of(school_class)

    assert (report.has_marks, report.has_results, report.is_first_grade, report.compared) == (False, False, True, None)
    assert [one.name for one in report.indicators] == ["Учеников на конец периода", "Посещаемость"]
    assert report.absences.total.days.total() == 1


@pytest.mark.parametrize(("size", "classes"), [(2, 2), (9, 4)])
@pytest.mark.parametrize(("key", "queries"), [("quarter-1", 15), ("quarter-2", 15), ("year", 16)])
def test_the_report_costs_the_same_for_any_class(size, classes, key, queries, django_assert_num_queries):
    year = make_year()
    for name in ("7А", "7Б", "7В", "7Г")[:classes]:
        school_class = make_class(name, year=year)
        course = make_course(school_class, "Алгебра")
        make_slot(course, 1, 1)
        lesson = make_lesson(course, date(2026, 11, 16))
        for pupil in give(school_class, "Алгебра", ["5"] * size):
            make_mark(lesson, pupil)
            make_absence(pupil, date(2026, 9, 7))
        make_pupil(school_class, since=date(2026, 11, 9))
    assert SchoolClass.objects.count() == classes
    school_class = SchoolClass.objects.select_related("year__school").first()
    calendar = load_calendar(school_class.year)
    periods = periods_of(calendar, 7, NOVEMBER)

    with django_assert_num_queries(queries):
        report = class_report(
            school_class, chosen_period(periods, key), periods, calendar, today=NOVEMBER, sees_all=False
        )

    assert report.has_results
