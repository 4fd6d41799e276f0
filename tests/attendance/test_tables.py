"""Табель of a class: its figures, who stands in it, what a day shows. The page and the file are read as people do."""

import io
import re
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent
from attendance.models import AbsenceChange, ClosedMonth, RollCall
from attendance.month_table import month_table
from attendance.tables import term_table, year_table
from journal.calendar import load_calendar
from journal.models import DayOff, GroupMembership, IndividualPlan, School
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_pupil,
    make_school,
    make_slot,
    make_subject,
    make_user,
    teacher_user,
)
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 1)
TODAY = date(2026, 11, 25)
SUBJECTS = ("Алгебра", "Физика", "История", "Химия", "Биология")


@pytest.fixture(autouse=True)
def wednesday(clock):
    clock(datetime(2026, 11, 25, 15, 0))


@pytest.fixture
def school_class():
    """7Б with lessons 1–5 of the class on Mondays and Tuesdays, and a sixth of one subgroup of two on Mondays."""
    school_class = make_class("7Б")
    for number, name in enumerate(SUBJECTS, start=1):
        course = make_course(school_class, name)
        make_slot(course, 1, number)
        make_slot(course, 2, number)
    return school_class


def month(school_class, first=NOVEMBER, today=TODAY):
    return month_table(school_class, first, load_calendar(school_class.year), today=today)


def row_of(table, pupil):
    return next(row for row in table.rows if row.pupil.pupil_id == pupil.pk)


def cell(table, pupil, day=MONDAY):
    return row_of(table, pupil).cells[(day - table.start).days].text


def figures(total):
    return total.days_figures(), total.lessons_figures()


def url(name, school_class, query=""):
    return reverse(f"attendance:{name}", args=[school_class.pk]) + query


def table_on(response, part="tbody") -> list[list[str]]:
    """Rows of a part of the table as texts of cells."""
    body = response.content.decode().split(f"<{part}>")[1].split(f"</{part}>")[0]
    rows = re.findall(r"<tr.*?</tr>", body, re.S)
    return [
        [re.sub(r"<[^>]+>", "", text).strip() for text in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)] for row in rows
    ]


# --- The examples of domain.md §2 -------------------------------------------------------------------


def test_all_five_own_lessons_of_six_are_a_day_and_four_are_none(school_class):
    subject = make_subject("Информатика")
    ill, partly, other = (make_pupil(school_class) for _ in range(3))
    group = make_group(school_class, subject, pupils=[other])
    make_slot(make_course(subject=subject, group=group), 1, 6)
    for pupil, lessons in ((ill, (1, 2, 3, 4, 5)), (partly, (1, 2, 3, 4)), (other, (1, 2, 3, 4, 5))):
        for number in lessons:
            make_absence(pupil, lesson=number)
    table = month(school_class)

    assert (cell(table, ill), figures(row_of(table, ill).total)) == ("Б", ((1, 1, 0, 0), (5, 5, 0, 0)))
    assert (cell(table, partly), figures(row_of(table, partly).total)) == ("б4", ((0, 0, 0, 0), (4, 4, 0, 0)))
    # The sixth lesson is this pupil's own: five missed are no day.
    assert (cell(table, other), figures(row_of(table, other).total)) == ("б5", ((0, 0, 0, 0), (5, 5, 0, 0)))


def test_a_mixed_day_takes_the_reason_of_most_lessons_and_each_lesson_its_own(school_class):
    pupil = make_pupil(school_class)
    for number, reason in enumerate(["excused"] * 2 + ["unexcused"] * 3, start=1):
        make_absence(pupil, lesson=number, reason=reason)
    table = month(school_class)

    assert (cell(table, pupil), figures(row_of(table, pupil).total)) == ("Н", ((1, 0, 0, 1), (5, 0, 2, 3)))


def test_a_whole_day_without_a_timetable_is_a_day_of_unknown_lessons(school_class):
    thursday = MONDAY + timedelta(days=3)
    alone, also = make_pupil(school_class), make_pupil(school_class)
    for pupil in (alone, also):
        make_absence(pupil, thursday)
    make_absence(also, MONDAY, lesson=1)
    table = month(school_class)

    assert figures(row_of(table, alone).total) == ((1, 1, 0, 0), ("—", "—", 0, 0))
    assert figures(row_of(table, also).total) == ((1, 1, 0, 0), ("1*", "1*", 0, 0))
    assert table.has_unknown


def test_lateness_is_counted_apart_and_a_mark_of_another_group_not_at_all(school_class):
    pupil = make_pupil(school_class)
    make_absence(pupil, lesson=1, reason="late")
    make_absence(pupil, lesson=6)
    table = month(school_class)

    total = row_of(table, pupil).total
    assert (cell(table, pupil), figures(total), total.late) == ("о", ((0, 0, 0, 0), (0, 0, 0, 0)), 1)
    # Mondays and Tuesdays of 2–25 November: eight days of five lessons.
    assert (total.own_lessons, str(total.percent)) == (40, "100.0")


def test_three_lessons_are_a_day_where_the_school_says_so(school_class):
    make_school(missed_day_rule=School.MissedDayRule.THREE_OR_MORE)
    school_class.refresh_from_db()
    pupil = make_pupil(school_class)
    for number in (1, 2, 3):
        make_absence(pupil, lesson=number)

    assert cell(month(school_class), pupil) == "Б"


def test_attendance_is_counted_up_to_today_and_what_a_document_prefilled_is_shown_only(school_class):
    pupil = make_pupil(school_class)
    make_absence(pupil, MONDAY)
    make_absence(pupil, date(2026, 11, 30))
    table = month(school_class)

    assert cell(table, pupil, date(2026, 11, 30)) == "Б"
    assert figures(row_of(table, pupil).total) == ((1, 1, 0, 0), (5, 5, 0, 0))
    assert str(row_of(table, pupil).total.percent) == "87.5"


def test_a_fact_without_a_reason_looks_different(school_class):
    pupil, other = make_pupil(school_class), make_pupil(school_class)
    make_absence(pupil, lesson=2, reason="unexcused", is_confirmed=False)
    make_absence(other, reason="unexcused", is_confirmed=False)
    table = month(school_class)

    assert (cell(table, pupil), cell(table, other)) == ("н1?", "Н?")


# --- Who stands in the table, and which days --------------------------------------------------------


def test_who_came_and_who_left_stand_with_their_dates_and_count_for_their_days_only(school_class):
    came = make_pupil(school_class, since=MONDAY)
    left = make_pupil(school_class, until=MONDAY)
    next_class = make_class("7А", year=school_class.year)
    left.enrolments.create(school_class=next_class, date_from=MONDAY + timedelta(days=1))
    before, after = MONDAY - timedelta(days=7), MONDAY + timedelta(days=7)
    for pupil in (came, left):
        for day in (before, MONDAY, after):
            make_absence(pupil, day)
    table = month(school_class)

    assert [(row.pupil.note, row.pupil.is_here) for row in table.rows] == [("с 16.11", True), ("по 16.11", False)]
    assert [cell(table, came, day) for day in (before, MONDAY, after)] == ["×", "Б", "Б"]
    assert [cell(table, left, day) for day in (before, MONDAY, after)] == ["Б", "Б", "×"]
    assert [row.total.days_figures()[0] for row in table.rows] == [2, 2]
    assert [day.absent for day in table.days if day.date in (before, MONDAY, after)] == [1, 2, 1]


def test_days_without_school_say_why_and_unmarked_days_differ_from_days_without_absentees(school_class):
    make_pupil(school_class)
    RollCall.objects.create(school_class=school_class, date=MONDAY)
    DayOff.objects.create(date=date(2026, 11, 17), name="карантин")
    days = {day.date.day: day for day in month(school_class).days}

    october = month(school_class, date(2026, 10, 1)).days
    assert (october[27].no_school, days[17].no_school, days[21].no_school) == (
        "осенние каникулы", "карантин", "выходной",
    )  # fmt: skip
    assert [days[number].absent_text for number in (16, 17, 18, 26)] == ["0", "", "—", ""]
    assert month(school_class).unmarked == 15


def test_a_subgroup_counts_by_the_date_and_a_plan_replaces_the_class(school_class):
    subject = make_subject("Информатика")
    pupil, planned = make_pupil(school_class), make_pupil(school_class)
    group = make_group(school_class, subject)
    GroupMembership.objects.create(group=group, pupil=pupil, date_from=MONDAY)
    make_slot(make_course(subject=subject, group=group), 1, 6)
    plan = IndividualPlan.objects.create(pupil=planned, date_from=MONDAY)
    make_course(subject="Алгебра", plan=plan)
    for day in (MONDAY - timedelta(days=7), MONDAY):
        make_absence(pupil, day)
        make_absence(planned, day)
    table = month(school_class)

    assert row_of(table, pupil).total.lessons_all == 5 + 6
    assert row_of(table, planned).total.lessons_all == 5 + 4


# --- Term and year ----------------------------------------------------------------------------------


def test_a_term_stands_by_months_and_a_year_by_terms_with_the_same_sums(school_class):
    pupil, late = make_pupil(school_class), make_pupil(school_class, since=NOVEMBER)
    make_absence(pupil, date(2026, 10, 5))
    make_absence(pupil, MONDAY, reason="excused")
    make_absence(late, MONDAY, lesson=3, reason="unexcused")
    calendar = load_calendar(school_class.year)
    year = year_table(school_class, calendar, today=TODAY)
    term = term_table(school_class, calendar.terms_for(7)[0], calendar, today=TODAY)

    assert [part.label for part in year.parts] == ["I четверть", "II четверть", "III четверть", "IV четверть"]
    assert [part.label for part in term.parts] == ["Сентябрь 2026", "Октябрь 2026"]
    first, second = year.rows
    assert [year.part_figures(total) for total in first.parts[:2]] == [[1, 1, 5, 5], [1, 0, 5, 0]]
    # Not in the class then, or still ahead: nothing stands there, no 0 either.
    assert (second.parts[0], second.parts[2], year.sums[3]) == (None, None, None)
    assert [term.part_figures(total) for total in term.rows[0].parts] == [[0] * 8, [1, 1, 0, 0, 5, 5, 0, 0]]
    assert [row.pupil.pupil_id for row in term.rows] == [pupil.pk]
    assert figures(year.total) == ((2, 1, 1, 0), (11, 5, 5, 1))
    assert year.total == sum_of_parts(year)


def sum_of_parts(summary):
    whole = summary.sums[0]
    for total in summary.sums[1:]:
        whole = whole + total if total else whole
    return whole


def test_months_cut_by_a_term_count_in_each_its_own_days(school_class):
    pupil = make_pupil(school_class)
    second = school_class.year.terms.get(scheme="quarter", number=2)
    second.date_from = MONDAY
    second.save()
    make_absence(pupil, MONDAY - timedelta(days=7))
    make_absence(pupil, MONDAY)
    calendar = load_calendar(school_class.year)

    assert term_table(school_class, second, calendar, today=TODAY).rows[0].total.days_figures()[0] == 1
    assert year_table(school_class, calendar, today=TODAY).rows[0].total.days_figures()[0] == 2


# --- The pages --------------------------------------------------------------------------------------


def test_the_page_shows_letters_that_lead_to_the_day_and_names_that_lead_to_the_card(client, school_class):
    pupil = make_pupil(school_class, last_name="Орлова")
    gone = make_pupil(school_class, last_name="Яшин", until=MONDAY)
    make_absence(pupil, MONDAY)
    make_absence(gone, MONDAY, reason="unexcused")
    teacher, deputy = enter(client, teacher_user(school_class)), enter(Client(), make_user(is_deputy=True))
    answer = teacher.get(url("table", school_class, "?month=2026-11"))
    page = answer.content.decode()

    assert table_on(answer)[0][0] == "1Орлова Анна"
    assert table_on(answer)[0][16] == "Б"
    assert table_on(answer)[0][31:] == ["1", "1", "", "", "5", "5", "", "", "", "87,5"]
    assert f'href="../2026-11-16/#p{pupil.pk}"' in page
    assert f'id="p{pupil.pk}"' in teacher.get(f"/attendance/classes/{school_class.pk}/2026-11-16/").content.decode()
    card = reverse("journal:pupil", args=[pupil.pk])
    assert card in page
    # The card of who left is closed to the class teacher and open to the deputy.
    left_card = reverse("journal:pupil", args=[gone.pk])
    assert left_card not in page
    assert left_card in deputy.get(url("table", school_class)).content.decode()
    assert (
        AuditEvent.objects.filter(action="read", subject="табель: ноябрь 2026", class_id=school_class.pk).count() == 2
    )


def test_a_name_with_markup_stays_a_name(client, school_class):
    make_pupil(school_class, last_name="<b>О</b>", since=MONDAY)
    client = enter(client, teacher_user(school_class))

    for name in ("table", "table_term", "table_year"):
        page = client.get(url(name, school_class)).content.decode()
        assert "&lt;b&gt;О&lt;/b&gt;" in page and "<b>О</b>" not in page


@pytest.mark.parametrize("query", ["?month=2026-13", "?month=2025-11", "?month=абв", "?month=2026-11-01"])
def test_a_month_that_the_year_has_not_is_told_and_the_present_one_shown(client, school_class, query):
    make_pupil(school_class)
    answer = enter(client, teacher_user(school_class)).get(url("table", school_class, query))

    assert "Такого месяца в этом учебном году нет" in words_of(answer)
    assert answer.context["table"].month == NOVEMBER
    assert client.get(url("table_xlsx", school_class, query)).status_code == 404


def test_a_class_without_pupils_says_so(client, school_class):
    client = enter(client, teacher_user(school_class))

    for name in ("table", "table_term", "table_year"):
        assert "Учеников нет" in words_of(client.get(url(name, school_class)))


def test_another_class_has_no_table(client, school_class):
    other = make_class("7А", year=school_class.year)
    make_pupil(other, last_name="Чужова")
    client = enter(client, teacher_user(school_class))

    for name in ("table", "table_term", "table_year", "table_xlsx", "table_year_csv"):
        answer = client.get(url(name, other))
        assert (answer.status_code, "Чужова" in answer.content.decode()) == (404, False)


@pytest.mark.parametrize(("name", "queries"), [("table", 11), ("table_term", 9), ("table_year", 9)])
@pytest.mark.parametrize("pupils", [2, 30])
def test_a_table_costs_the_same_for_any_size(client, school_class, name, queries, pupils, django_assert_num_queries):
    subject = make_subject("Информатика")
    for index in range(pupils):
        pupil = make_pupil(school_class)
        make_absence(pupil, MONDAY, reason="unexcused", is_confirmed=index % 2 == 0)
        if index < 2:
            make_slot(make_course(subject=subject, group=make_group(school_class, subject, f"{index}", [pupil])), 1, 6)
            IndividualPlan.objects.create(pupil=pupil, date_from=MONDAY)
    client = enter(client, teacher_user(school_class))

    with django_assert_num_queries(queries):
        answer = client.get(url(name, school_class))
    assert len(table_on(answer)) == pupils


def test_files_hold_the_rows_of_the_page_and_run_nothing(client, school_class):
    pupil = make_pupil(school_class, last_name="=1+1", since=MONDAY)
    make_absence(pupil, MONDAY, lesson=1)
    RollCall.objects.create(school_class=school_class, date=date(2026, 11, 24))
    client = enter(client, teacher_user(school_class))

    sheet = load_workbook(io.BytesIO(client.get(url("table_xlsx", school_class)).content)).active
    heading, first, absent, partly = [[cell.value for cell in line] for line in sheet.iter_rows()]
    row = dict(zip(heading, first, strict=True))
    assert (row["Ученик"], row["15.11 вс"], row["16.11 пн"]) == ("'=1+1 Анна (с 16.11)", "×", "б1")
    assert (row["Дней: всего"], row["Уроков: Б"], row["Посещаемость, %"]) == (0, 1, 95.0)
    assert dict(zip(heading, absent, strict=True))["24.11 вт"] == 0
    assert dict(zip(heading, absent, strict=True))["23.11 пн"] == "—"
    assert dict(zip(heading, partly, strict=True))["16.11 пн"] == 1
    text = client.get(url("table_year_csv", school_class)).content.decode("utf-8-sig")
    assert text.startswith("№;Ученик;I четверть, дней: всего;I четверть, дней: Б;I четверть, уроков: всего;")
    assert text.splitlines()[-1].endswith(";95,0")
    assert AuditEvent.objects.filter(action="export", class_id=school_class.pk).count() == 2


# --- What was changed in a closed month -------------------------------------------------------------


def test_changes_after_closing_are_listed_for_the_days_in_this_class_only(client, school_class):
    pupil = make_pupil(school_class, last_name="Орлова", until=MONDAY)
    deputy = make_user(is_deputy=True, last_name="Завучева", first_name="Нина")
    closed = ClosedMonth.objects.create(month=NOVEMBER, closed_by=deputy)
    fields = {"pupil": pupil, "new": "ill", "by": deputy}
    AbsenceChange.objects.create(date=MONDAY, why="принесли справку", **fields)
    AbsenceChange.objects.create(date=MONDAY + timedelta(days=2), why="чужой класс", **fields)
    AbsenceChange.objects.create(date=MONDAY, at=closed.closed_at - timedelta(hours=1), **fields)
    client = enter(client, teacher_user(school_class))
    words = words_of(client.get(url("table", school_class)))

    assert "месяц закрыт 25.11, Завучева Н." in words
    assert words.count("Орлова Анна, 16 ноября, весь день: нет отметки → Б") == 1
    assert "принесли справку" in words and "чужой класс" not in words
    # Open again: what was done while it was closed stays told.
    closed.delete()
    assert "принесли справку" in words_of(client.get(url("table", school_class)))


def test_a_lesson_held_beside_the_timetable_and_one_cancelled_count(school_class):
    pupil = make_pupil(school_class)
    course = make_course(school_class, "Музыка")
    make_lesson(course, MONDAY, 7)
    cancelled = school_class.courses.get(subject__name="Физика")
    make_lesson(cancelled, MONDAY, 2, is_cancelled=True)
    make_absence(pupil, MONDAY)

    assert row_of(month(school_class), pupil).total.lessons_all == 5
    assert row_of(month(school_class), pupil).total.own_lessons == 40
