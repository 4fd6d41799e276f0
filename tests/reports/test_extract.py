"""What an extract says (domain.md §5): the object behind page and paper."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from attendance.models import Absence, AbsenceDocument
from journal.models import (
    ControlWork,
    Enrolment,
    GroupMembership,
    Guardianship,
    Homework,
    IndividualPlan,
    PeriodMark,
    Recommendation,
    Term,
)
from reports.extract import register
from reports.extract.data import Period, span
from reports.extract.query import class_extracts, default_period
from tests.factories import (
    make_course,
    make_group,
    make_guardian,
    make_lesson,
    make_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
)
from tests.reports.extract_cast import MON, PERIOD, TODAY, TUE, WED, control_kind, make_cast, pdf_text

pytestmark = pytest.mark.django_db
D = Decimal


def line_of(extract, subject):
    return next(line for line in extract.subjects if line.subject == subject)


def term(cast, number):
    return Term.objects.get(year=cast.school_class.year, scheme="quarter", number=number)


def give_period_mark(cast, number, value):
    PeriodMark.objects.create(
        pupil=cast.pupil,
        subject=cast.algebra.subject,
        year=cast.school_class.year,
        term=term(cast, number),
        value=value,
    )


def paper_of(cast):
    """The text on the paper."""
    return " ".join(" ".join(pdf_text(register.render(cast.extract(), "7Б-1").content)).split())


# --- Marks ----------------------------------------------------------------------------------------


def test_marks_of_the_period_stand_beside_the_mean_of_the_whole_term():
    cast = make_cast()
    make_mark(make_lesson(cast.algebra, date(2026, 11, 2)), cast.pupil, "3")
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "5", kind=control_kind())

    line = line_of(cast.extract(period=Period(MON, TODAY)), "Алгебра")

    assert [(m.value, m.date, m.is_control) for m in line.marks] == [("5", MON, True)]
    assert line.mean == D("4.5")  # (3·1 + 5·3) / 4
    assert (line.expected, line.shown_result) == (5, "5*")


def test_marks_of_an_earlier_term_do_not_move_the_mean():
    cast = make_cast()
    make_mark(make_lesson(cast.algebra, date(2026, 10, 12)), cast.pupil, "2")
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "5")

    line = line_of(cast.extract(period=Period(date(2026, 10, 1), TODAY)), "Алгебра")

    assert [m.value for m in line.marks] == ["2", "5"]
    assert line.mean == 5


def test_expected_mark_is_sure_with_enough_marks_far_from_a_threshold():
    cast = make_cast()
    for day in (date(2026, 11, 2), date(2026, 11, 9), MON):
        make_mark(make_lesson(cast.algebra, day), cast.pupil, "4")

    assert line_of(cast.extract(), "Алгебра").shown_result == "4"


def test_previous_result_and_given_result_replace_the_forecast():
    cast = make_cast()
    give_period_mark(cast, 1, "3")
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "5")
    before = line_of(cast.extract(), "Алгебра")
    give_period_mark(cast, 2, "н/а")

    extract = cast.extract()

    assert (before.previous, before.shown_result) == ("3", "5*")
    assert line_of(extract, "Алгебра").shown_result == "н/а"
    assert (extract.result_word, extract.is_mixed) == ("Итог", False)


def test_the_sheet_tells_what_each_mark_was_for():
    cast, kind = make_cast(), control_kind()
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "5", kind=kind)
    make_mark(make_lesson(cast.history, TUE), cast.pupil, "4")  # of the usual kind: no letter

    assert cast.extract().kinds_words == f"{kind.short_name}: {kind.name}"
    text = paper_of(cast)
    assert cast.extract().kinds_words in text
    assert f"516.11 {kind.short_name}" in text and "417.11 5,00" not in text and "417.11 4,00" in text


def test_given_and_expected_results_are_told_apart():
    cast = make_cast()
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "5")
    make_mark(make_lesson(cast.history, TUE), cast.pupil, "4")
    assert cast.extract().result_word == "Ожидается"
    give_period_mark(cast, 2, "5")

    extract = cast.extract()

    assert (extract.result_word, extract.is_mixed) == ("Итог или ожидаемый", True)
    text = paper_of(cast)
    assert "Итог или ожидаемый за II" in text and "ожид. 4*" in text and "ожид. 5" not in text


def test_what_a_classmate_was_given_changes_no_word_on_the_sheet():
    cast = make_cast()
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "4")
    other = make_pupil(cast.school_class)
    PeriodMark.objects.create(
        pupil=other, subject=cast.algebra.subject, year=cast.school_class.year, term=term(cast, 2), value="осв"
    )

    extract = next(one for one in cast.all() if one.pupil_id == cast.pupil.pk)

    assert extract.result_word == "Ожидается"


def test_of_a_term_that_is_over_nothing_is_expected():
    cast = make_cast()
    make_mark(make_lesson(cast.algebra, date(2026, 10, 12)), cast.pupil, "4")
    give_period_mark(cast, 2, "5")  # of another term

    extract = cast.extract(period=Period(date(2026, 10, 1), date(2026, 10, 23)))

    assert line_of(extract, "Алгебра").shown_result == "—" and line_of(extract, "Алгебра").mean == 4
    assert (extract.result_word, extract.has_forecast) == ("Итог", False)


def test_a_subject_with_nothing_but_a_result_has_its_line():
    cast = make_cast()
    PeriodMark.objects.create(
        pupil=cast.pupil, subject=make_subject("Астрономия"), year=cast.school_class.year, term=term(cast, 1), value="4"
    )

    assert line_of(cast.extract(), "Астрономия").previous == "4"


def test_a_subject_without_marks_keeps_its_line_and_one_that_has_none_ever_does_not():
    cast = make_cast()
    talks = make_subject("Разговоры о важном", has_marks=False)
    make_slot(make_course(cast.school_class, talks), 1, 5)

    extract = cast.extract()

    assert [line.subject for line in extract.subjects] == ["Алгебра", "История"]
    assert (line_of(extract, "История").mean, line_of(extract, "История").shown_result) == (None, "—")
    assert "Разговоры о важном" in [line.subject for line in extract.teachers]


def test_a_pupil_moved_to_another_group_keeps_the_marks_in_one_line():
    cast = make_cast()
    english = make_subject("Английский язык")
    first = make_group(cast.school_class, english, "1 группа", [cast.pupil])
    second = make_group(cast.school_class, english, "2 группа")
    old, new = make_course(subject=english, group=first), make_course(subject=english, group=second)
    make_slot(old, 4, 1), make_slot(new, 4, 1)
    make_mark(make_lesson(old, date(2026, 11, 5)), cast.pupil, "4")
    GroupMembership.objects.filter(group=first).update(date_to=date(2026, 11, 8))
    GroupMembership.objects.create(group=second, pupil=cast.pupil, date_from=date(2026, 11, 9))

    line = line_of(cast.extract(), "Английский язык")

    assert (line.note, [m.value for m in line.marks]) == ("2\u00a0группа", ["4"])


def test_a_debt_reads_as_a_word_and_does_not_count():
    cast = make_cast()
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, ".")

    line = line_of(cast.extract(), "Алгебра")

    assert ([m.shown for m in line.marks], line.mean) == (["долг"], None)


def test_a_pupil_taught_by_a_plan_in_everything_reads_it_once():
    cast = make_cast()
    plan = IndividualPlan.objects.create(pupil=cast.pupil, date_from=date(2026, 9, 1))
    for number, course in enumerate((cast.algebra, cast.history), start=1):
        make_slot(make_course(subject=course.subject, plan=plan), 5, number)

    extract = cast.extract()

    assert extract.plan == "индивидуальный учебный план"
    assert {line.note for line in (*extract.subjects, *extract.teachers)} == {""}


def test_first_grade_has_no_marks():
    cast = make_cast("1А")

    extract = cast.extract()

    assert (extract.has_marks, extract.subjects) == (False, ())


# --- Absences -------------------------------------------------------------------------------------


def absent(pupil, day, reason="ill", lesson=0, **fields):
    return Absence.objects.create(pupil=pupil, date=day, lesson=lesson, reason=reason, **fields)


def test_illness_over_days_in_a_row_is_one_line_with_its_lessons():
    cast = make_cast()
    for day in (MON, TUE, WED):
        absent(cast.pupil, day)

    absences = cast.extract().absences

    [line] = absences.lines
    assert (line.dates, line.places, line.why, line.lessons) == ("16.11–18.11", "дни целиком", "болезнь", 3)
    assert (absences.days, absences.lessons) == (3, 3)


def test_part_of_a_day_lateness_and_an_unknown_reason_are_told_apart():
    cast = make_cast()
    make_slot(cast.history, 1, 2)
    make_slot(cast.history, 1, 3)
    note = AbsenceDocument.objects.create(
        pupil=cast.pupil, kind="note", reason="excused", date_from=MON, date_to=MON, added_by=make_user()
    )
    absent(cast.pupil, MON, "excused", 2, document=note)
    absent(cast.pupil, MON, "excused", 3, document=note)
    absent(cast.pupil, MON, "late", 1)
    absent(cast.pupil, WED, "unexcused", 1, is_confirmed=False)

    absences = cast.extract().absences

    assert [(line.dates, line.places, line.why) for line in absences.lines] == [
        ("16.11", "уроки 2–3", "уважительная причина (заявление родителей)"),
        ("16.11", "урок 1", "опоздание"),
        ("18.11", "весь день", "неуважительная причина, причина не выяснена"),
    ]
    assert (absences.days, absences.lessons, absences.late) == (1, 3, 1)


def test_a_day_without_timetable_has_unknown_lessons_and_not_zero():
    cast = make_cast()
    thursday = WED + timedelta(days=1)
    absent(cast.pupil, thursday)

    [line] = cast.extract().absences.lines

    assert (line.places, line.lessons) == ("весь день", None)
    [total] = cast.extract().absences.totals
    assert (total.lessons_words, cast.extract().absences.lessons_words) == ("уроки неизвестны", "уроки неизвестны")
    text = paper_of(cast)
    assert "1 день, уроки неизвестны" in text and "0 уроков" not in text


def test_known_lessons_beside_unknown_ones_are_the_least():
    cast = make_cast()
    absent(cast.pupil, MON)
    absent(cast.pupil, WED + timedelta(days=1))

    assert cast.extract().absences.lessons_words == "не меньше 1 урока"


def test_absences_outside_the_period_or_the_roll_do_not_count():
    cast = make_cast()
    newcomer = make_pupil(cast.school_class, since=TUE)
    absent(newcomer, MON)
    absent(cast.pupil, date(2026, 10, 12))

    assert cast.extract().absences.lines == ()
    assert cast.extract(newcomer).absences.days == 0


# --- What is ahead --------------------------------------------------------------------------------


def test_homework_is_due_at_the_next_lesson_and_only_ahead():
    cast = make_cast()
    Homework.objects.create(lesson=make_lesson(cast.algebra, WED), text="§ 14", due_on=None)  # next: Monday, today
    Homework.objects.create(lesson=make_lesson(cast.history, TUE), text="§ 9")  # next: Tuesday
    Homework.objects.create(lesson=make_lesson(cast.algebra, MON), text="доклад", due_on=date(2026, 11, 25))

    extract = cast.extract()

    assert [(line.due, line.subject, line.text) for line in extract.homework] == [
        (date(2026, 11, 24), "История", "§\u00a09"),
        (date(2026, 11, 25), "Алгебра", "доклад"),
    ]
    assert extract.homework_dates == "24–25 ноября"


def test_homework_set_before_the_vacations_is_told_after_them():
    cast = make_cast()
    before, after = date(2026, 12, 22), date(2027, 1, 12)
    Homework.objects.create(lesson=make_lesson(cast.history, before), text="доклад о Петре", due_on=after)

    extract = cast.extract(period=Period(before, date(2027, 1, 11)), formed_on=date(2027, 1, 11))

    assert [(line.due, line.text) for line in extract.homework] == [(after, "доклад о Петре")]


def test_homework_and_control_works_of_another_group_are_not_shown():
    cast = make_cast()
    english = make_subject("Английский язык")
    group = make_group(cast.school_class, english, "2 группа", [make_pupil(cast.school_class)])
    foreign = make_course(subject=english, group=group)
    make_slot(foreign, 2, 3)
    Homework.objects.create(lesson=make_lesson(foreign, TUE), text="чужое задание")
    ControlWork.objects.create(course=foreign, date=date(2026, 11, 24), title="чужая работа")
    ControlWork.objects.create(course=cast.algebra, date=date(2026, 11, 25), title="Уравнения")
    ControlWork.objects.create(course=cast.algebra, date=MON, title="прошла")

    extract = cast.extract()

    assert [line.title for line in extract.control_works] == ["Уравнения"]
    assert "чуж" not in repr(extract)


def test_vacations_are_ahead_for_the_grade_and_marked_as_a_draft():
    cast = make_cast()

    extract = cast.extract()

    assert [line.name for line in extract.vacations] == ["зимние каникулы", "весенние каникулы", "летние каникулы"]
    assert extract.is_draft_calendar
    year = cast.school_class.year
    year.is_approved = True
    year.save()
    assert not cast.extract().is_draft_calendar


def test_timetable_shows_the_nearest_days_with_replacements():
    cast = make_cast()
    make_lesson(cast.algebra, date(2026, 11, 25), 1, substitute=make_teacher(last_name="Громова", user=None))

    days = {day.weekday: day for day in cast.extract().timetable}

    assert days["Понедельник"].date == date(2026, 11, 30)
    assert [(x.number, x.subject) for x in days["Вторник"].lessons] == [(2, "История")]
    assert days["Среда"].lessons[0].substitute == "Громова М. С."


# --- Whose ----------------------------------------------------------------------------------------


def test_individual_plan_replaces_subject_teacher_and_timetable():
    cast = make_cast()
    plan = IndividualPlan.objects.create(pupil=cast.pupil, kind="home", date_from=date(2026, 9, 1))
    own = make_course(subject=cast.algebra.subject, plan=plan, teacher=make_teacher(last_name="Домашнева", user=None))
    make_slot(own, 5, 4)

    extract = cast.extract()

    assert extract.plan == "обучение на дому"
    assert [(t.subject, t.teacher.split()[0], t.note) for t in extract.teachers] == [
        ("Алгебра", "Домашнева", "на дому"),
        ("История", "Носова", ""),
    ]
    assert [day.weekday for day in extract.timetable if day.lessons] == ["Вторник", "Пятница"]


def test_a_pupil_who_left_keeps_marks_and_has_no_timetable():
    cast = make_cast()
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "4")
    Enrolment.objects.filter(pupil=cast.pupil).update(date_to=TUE)

    extract = cast.extract()

    assert (extract.left_on, extract.timetable) == (TUE, ())
    assert line_of(extract, "Алгебра").marks[0].value == "4"
    assert cast.all() == []


def test_the_class_is_everybody_on_the_roll_at_the_end_of_the_period():
    cast = make_cast()
    make_pupil(cast.school_class, last_name="Аксёнов", until=TUE)
    make_pupil(cast.school_class, last_name="Яковлев", since=TODAY + timedelta(days=1))
    make_pupil(cast.school_class, last_name="Белова")

    assert [extract.pupil.split()[0] for extract in cast.all()] == ["Белова", "Ермаков"]


def test_an_extract_holds_nothing_of_other_pupils():
    cast = make_cast()
    other = make_pupil(cast.school_class, last_name="Щукин", first_name="Лев")
    lesson = make_lesson(cast.algebra, MON)
    make_mark(lesson, cast.pupil, "5")
    make_mark(lesson, other, "2")
    absent(other, MON)
    Recommendation.objects.create(
        pupil=other, subject=cast.algebra.subject, teacher=make_teacher(), date=MON, text="Щукину: повторить дроби"
    )
    make_guardian(other, last_name="Щукина", informing=Guardianship.Informing.PAPER_REFUSED)

    mine = next(extract for extract in cast.all() if extract.pupil_id == cast.pupil.pk)

    assert "Щукин" not in repr(mine)
    assert mine == cast.extract()  # one by one or with the class: the same object
    assert [m.value for m in line_of(mine, "Алгебра").marks] == ["5"]


@pytest.mark.parametrize("pupils", [1, 25])
def test_a_class_costs_the_same_number_of_queries_whatever_its_size(pupils, django_assert_num_queries):
    cast = make_cast()
    lesson = make_lesson(cast.algebra, MON)
    for _ in range(pupils):
        one = make_pupil(cast.school_class)
        make_mark(lesson, one)
        absent(one, TUE)
        give = Recommendation(pupil=one, subject=cast.algebra.subject, teacher=cast.algebra.teacher, date=MON, text="!")
        give.save()
    school_class = type(cast.school_class).objects.select_related("year__school").get(pk=cast.school_class.pk)

    # calendar, roll, timetable, lessons, marks, kinds, period marks, absences, homework, control works, advice,
    # bells, class teacher, guardians
    with django_assert_num_queries(14):
        class_extracts(school_class, PERIOD, formed_on=TODAY)


# --- Periods and words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (TODAY, Period(date(2026, 11, 2), TODAY)),  # the term is younger than four weeks
        (date(2026, 12, 18), Period(date(2026, 11, 21), date(2026, 12, 18))),
        (date(2027, 1, 5), Period(date(2026, 11, 2), date(2026, 12, 30))),  # vacations: the whole term
    ],
)
def test_default_period_is_four_weeks_inside_the_term(today, expected):
    from journal.calendar import load_calendar

    cast = make_cast()

    assert default_period(load_calendar(cast.school_class.year), 7, today) == expected


def test_dates_read_as_people_write_them():
    assert str(Period(date(2026, 11, 9), date(2026, 11, 20))) == "9–20 ноября 2026"
    assert span(date(2026, 12, 31), date(2027, 1, 10)) == "31 декабря – 10 января"


def test_the_code_changes_with_the_contents():
    cast = make_cast()
    before = cast.extract().code
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "5")

    assert cast.extract().code != before
    assert cast.extract().code == cast.extract().code
