"""The deputy's analytics: the same numbers as the class reports, and who may read them."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import AuditEvent
from attendance.models import SchoolSignals
from journal.calendar import load_calendar
from journal.models import ControlWork, Course, Enrolment, IndividualPlan, School
from reports.analytics.results import class_results
from reports.analytics.school.overview import classes_page, overview_page, subjects_page
from reports.analytics.school.risk import Reason, Trend, Wanted, at_risk, falling, fits
from reports.analytics.school.source import chosen, school_periods, school_results
from reports.analytics.school.teachers import teachers_page
from reports.analytics.school.years import years_page
from tests.factories import (
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_period_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)
from tests.reports.extract_cast import MORNING, TODAY

pytestmark = pytest.mark.django_db
D = Decimal
PAGES = ("", "_classes", "_subjects", "_teachers", "_risk", "_controls", "_years")


@pytest.fixture
def school(clock):
    """7Б with the vector of domain.md §4 in algebra, 7А with one «3», 10А on half-years."""
    clock(MORNING)
    seven_b = make_class("7Б")
    seven_a, ten = make_class("7А", year=seven_b.year), make_class("10А", year=seven_b.year)
    for one in (seven_b, seven_a, ten):
        make_course(one, "Алгебра", teacher=make_teacher(last_name=f"Алгебраева{one.letter}{one.grade}"))
    for value in ["5"] * 5 + ["4"] * 9 + ["3"] * 6 + ["2"] * 2 + ["н/а", "осв", ""]:
        pupil = make_pupil(seven_b)
        if value:
            make_period_mark(pupil, value, number=1)
    make_period_mark(make_pupil(seven_a, last_name="Троечкин"), "3", number=1)
    make_pupil(ten)
    return seven_b


def results_of(school, key="quarter-1", today=TODAY):
    calendar = load_calendar(school.year)
    grades = school.year.classes.values_list("grade", flat=True)
    period = chosen(school_periods(calendar, grades, today), key)
    return school_results(period, calendar, today=today)


def row(page, name):
    return next(row for section in page.sections for row in section.rows if row.head.shown == name)


def shown(row):
    return [cell.shown for cell in row.cells]


# --- Periods --------------------------------------------------------------------------------------


def test_a_period_of_the_school_names_its_grades(school):
    calendar = load_calendar(school.year)

    found = school_periods(calendar, [7, 10], TODAY)

    assert [one.name for one in found] == [
        "I четверть, 7 классы", "II четверть, 7 классы", "I полугодие, 10 классы", "2026/27 учебный год",
    ]  # fmt: skip
    assert chosen(found, "").period.key == "quarter-1"  # the last finished one
    assert chosen(found, "half_year-1").grades == (10,)
    assert chosen([], "year") is None


# --- Numbers --------------------------------------------------------------------------------------


def test_subjects_classes_and_parallels_tell_the_numbers_of_the_specification(school):
    results = results_of(school)

    one = shown(row(classes_page(results, 7), "7Б"))
    assert one[1:6] == ["25", "86,96", "60,87", "57,87", "3,77"]
    algebra = subjects_page(results, make_subject("Алгебра").pk).sections[0]
    assert [shown(line)[1:] for line in algebra.rows if line.head.shown == "7Б"] == [
        ["5", "9", "6", "2", "1", "1", "23", "86,96", "60,87", "57,87", "3,77"]
    ]
    whole = row(overview_page(results), "Вся школа")
    # One pupil with a «3» more: 21 of 24 succeed, 14 are good.
    assert shown(whole)[1:4] == ["26", "87,50", "58,33"] and whole.is_sum
    assert any("14 из 24" in words or "хорошисты 9 из 24" in words for words in whole.counted)


def test_every_class_has_what_its_own_report_has(school):
    make_mark(make_lesson(school.courses.get()), school.enrolments.first().pupil, "4")
    for key in ("quarter-1", "quarter-2", "year"):
        results = results_of(school, key)
        calendar = load_calendar(school.year)
        for one in results.classes:
            own = class_results(one, results.period.period, calendar, today=TODAY)
            assert results.now[one.pk].groups == own.groups
            values = {place: (found.value, found.is_forecast) for place, found in own.results.items()}
            assert {p: (r.value, r.is_forecast) for p, r in results.now[one.pk].results.items()} == values


def test_a_mark_belongs_to_the_teacher_of_the_own_group_or_plan(school):
    english = make_subject("Английский язык")
    first, second, third, _ = pupils = [make_pupil(school) for _ in range(4)]
    groups = [make_group(school, english, f"{n} группа", own) for n, own in ((1, [first]), (2, [second]))]
    teachers = [make_teacher(last_name=name) for name in ("Первая", "Вторая", "Домашняя", "Классная")]
    for group, teacher in zip(groups, teachers, strict=False):
        make_course(subject=english, group=group, teacher=teacher)
    plan = IndividualPlan.objects.create(pupil=third, date_from=school.year.date_from)
    plan_course = make_course(subject=english, plan=plan, teacher=teachers[2])
    assert Course.objects.filter(pk=plan_course.pk).exists()
    make_course(school, english, teacher=teachers[3])
    for pupil, value in zip(pupils, "5432", strict=True):
        make_period_mark(pupil, value, "Английский язык", number=1)

    page = teachers_page(results_of(school), None)

    for teacher, place in zip(teachers, range(4), strict=True):
        counts = shown(row(page, teacher.full_name))[3:7]
        assert [count for count in counts if count] == ["1"] and counts.index("1") == place
    chosen_one = teachers_page(results_of(school), teachers[1].pk).sections[0]
    assert [shown(line)[:2] for line in chosen_one.rows] == [["7Б", "Английский язык"]]


def test_a_mark_of_the_period_before_stays_with_the_teacher_of_then(school):
    english = make_subject("Английский язык")
    pupils = [make_pupil(school) for _ in range(2)]
    mover = pupils[1]
    groups = [make_group(school, english, f"{n} группа", own) for n, own in ((1, pupils), (2, []))]
    teachers = [make_teacher(last_name=name) for name in ("Прежняя", "Новая")]
    for group, teacher in zip(groups, teachers, strict=True):
        make_course(subject=english, group=group, teacher=teacher)
    groups[0].memberships.filter(pupil=mover).update(date_to=date(2026, 11, 8))
    groups[1].memberships.create(pupil=mover, date_from=date(2026, 11, 9))
    for pupil, first, second in ((pupils[0], "5", "5"), (mover, "2", "2")):
        make_period_mark(pupil, first, "Английский язык", number=1)
        make_period_mark(pupil, second, "Английский язык", number=2)

    page = teachers_page(results_of(school, "quarter-2"), None)

    was, became = (row(page, teacher.full_name).cells for teacher in teachers)
    assert (was[11].shown, was[11].change) == ("100,00", "+50,00")
    assert (became[11].shown, became[11].change) == ("0,00", "")


def test_a_change_is_told_against_the_period_before(school):
    for pupil in school.enrolments.all()[:3]:
        make_period_mark(pupil.pupil, "5", number=2)

    cells = row(subjects_page(results_of(school, "quarter-2"), None), "Алгебра").cells

    assert cells[9].shown == "100,00" and cells[9].change == "+41,67"  # quality: 14 of 24 before


# --- Pupils at risk -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trend", "expected"),
    [
        (Trend(D(15), D(4), 4, D(40), D(9), 5), (D(40) / 9, D(15) / 4)),
        (Trend(D(12), D(3), 3, D(9), D(2), 3), (D("4.5"), D(4))),  # a fall of 0.5 exactly
        (Trend(D("12.1"), D(3), 3, D(9), D(2), 3), None),
        (Trend(D(4), D(2), 2, D(25), D(5), 5), None),  # too few marks now
        (Trend(D(6), D(3), 3, D(10), D(2), 2), None),  # too few before
        (Trend(D(15), D(3), 3, D(12), D(3), 3), None),  # a rise
    ],
)
def test_a_fall_is_half_a_mark_on_three_marks_each(trend, expected):
    assert falling(trend) == expected


def test_who_is_at_risk_and_why(school):
    results = results_of(school)
    calendar = load_calendar(school.year)
    names = {make_subject("Алгебра").pk: "Алгебра"}

    found = at_risk(results, calendar, names, today=TODAY)

    reasons = sorted(reason.value for one in found for reason in one.reasons)
    assert reasons == ["not_attested"] + ["one_three"] * 7 + ["two"] * 2
    assert {words for one in found for words in one.reasons.values()} == {"Алгебра"}


def test_a_falling_trend_and_chronic_absence_are_told_with_numbers(school):
    pupil = make_pupil(school)
    algebra = school.courses.get()
    for day, value in ((7, "5"), (8, "5"), (9, "4")):
        make_mark(make_lesson(algebra, date(2026, 9, day)), pupil, value)
    for day, value in ((10, "3"), (11, "4"), (12, "4")):
        make_mark(make_lesson(algebra, date(2026, 11, day)), pupil, value)
    row_of = {"pupil": pupil.pk, "class": school.pk, "kind": "chronic", "answers": [], "words": "пропущено 12 %",
              "figure": "12 %", "css": "", "order": [0, 0, 0]}  # fmt: skip
    SchoolSignals.objects.update_or_create(pk=1, defaults={"rows": [row_of], "made_at": MORNING})
    results = results_of(school, "quarter-2")

    one = next(one for one in at_risk(results, load_calendar(school.year), {}, today=TODAY) if one.pupil_id == pupil.pk)

    assert one.reasons[Reason.FALLING] == "4,67 → 3,67 за 4 недели"
    assert one.reasons[Reason.CHRONIC] == "пропущено 12 %"
    assert fits(one, Wanted(several=True)) and fits(one, Wanted(reason="falling", grade=7, class_id=school.pk))
    assert (
        not fits(one, Wanted(reason="two")) and not fits(one, Wanted(grade=8)) and not fits(one, Wanted(subject_id=1))
    )


def test_the_list_names_pupils_and_records_whom(client, school):
    client.force_login(make_user(is_deputy=True))

    page = client.get(reverse("reports:analytics_risk"), {"reason": "one_three", "period": "quarter-1"})

    assert "Троечкин" in page.content.decode()
    assert AuditEvent.objects.filter(subject="группа риска", action="read").count() == 7
    filtered = client.get(reverse("reports:analytics_risk"), {"reason": "two", "period": "quarter-1"})
    assert "Троечкин" not in filtered.content.decode()


# --- Control works, years -------------------------------------------------------------------------


def test_broken_rules_are_listed_with_the_approval(client, school):
    algebra = school.courses.get()
    history = make_course(school, "История")
    for number, course in ((1, algebra), (3, history), (6, algebra)):
        make_slot(course, 1, number)
    monday = date(2026, 11, 16)
    ControlWork.objects.create(course=algebra, date=monday, title="Дроби", approved_reason="конкурс")
    ControlWork.objects.create(course=history, date=monday, title="Реформы")
    client.force_login(make_user(is_deputy=True))

    page = client.get(reverse("reports:analytics_controls")).context["page"]

    told = [(shown(line)[2], shown(line)[4], shown(line)[6]) for line in page.sections[0].rows]
    assert told == [
        ("Алгебра", "не на первом и не на последнем уроке", "конкурс"),
        ("История", "не больше одной работы в день у класса", "не согласовано"),
    ]
    narrowed = client.get(reverse("reports:analytics_controls"), {"rule": "edge"}).context["page"]
    assert len(narrowed.sections[0].rows) == 1


def test_how_often_is_a_setting_of_the_school(client, school):
    algebra = school.courses.get()
    for day in (9, 19):
        ControlWork.objects.create(course=algebra, date=date(2026, 11, day), title=f"Дроби {day}")
    client.force_login(make_user(is_deputy=True))

    def often():
        page = client.get(reverse("reports:analytics_controls"), {"rule": "often"}).context["page"]
        return [shown(line)[5] for line in page.sections[0].rows]

    assert often() == ["прошло дней: 10, нужно 17"]
    School.objects.update(control_gap_days=10)
    assert often() == []


def test_years_compare_classes_by_their_name_a_grade_earlier(school):
    before = make_year(2025)
    six = make_class("6Б", year=before)
    pupil = make_pupil(six)
    Enrolment.objects.filter(pupil=pupil).update(date_to=before.roll_ends_on)
    make_period_mark(pupil, "5")
    Enrolment.objects.create(pupil=pupil, school_class=school, date_from=school.year.date_from)

    page = years_page(TODAY)

    assert shown(page.sections[0].rows[0])[:4] == ["2025/26", "1", "100,00", "100,00"]
    assert shown(page.sections[1].rows[0]) == ["7Б", "100,00"]
    assert "пока один" in page.notes[0]


# --- Faces and doors ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_page_paper_and_files_are_for_who_sees_the_whole_school(client, school, page):
    for user in (teacher_user(school), make_user(is_operator=True), make_user()):
        client.force_login(user)
        for tail in ("", "_pdf", "_xlsx", "_csv"):
            assert client.get(reverse(f"reports:analytics{page}{tail}")).status_code == 404
    client.force_login(make_user(is_deputy=True))
    assert client.get(reverse(f"reports:analytics{page}")).status_code == 200
    paper = client.get(reverse(f"reports:analytics{page}_pdf")).content
    assert "Аналитика" in str(PdfReader(BytesIO(paper)).metadata.title)
    book = load_workbook(BytesIO(client.get(reverse(f"reports:analytics{page}_xlsx")).content))
    assert book.active.max_row >= 1
    assert client.get(reverse(f"reports:analytics{page}_csv")).content.startswith(b"\xef\xbb\xbf")


def test_numbers_are_the_same_on_page_paper_and_in_files(client, school):
    client.force_login(make_user(is_deputy=True))
    query = "?period=quarter-1"

    page = client.get(reverse("reports:analytics_classes") + query).content.decode()
    paper = "".join(
        one.extract_text()
        for one in PdfReader(BytesIO(client.get(reverse("reports:analytics_classes_pdf") + query).content)).pages
    )
    book = load_workbook(BytesIO(client.get(reverse("reports:analytics_classes_xlsx") + query).content)).active

    line = next(line for line in book.iter_rows(values_only=True) if line[0] == "7Б")
    assert [float(value) for value in line[2:6]] == [86.96, 60.87, 57.87, 3.77]
    for number in ("86,96", "60,87", "57,87", "3,77"):
        assert number in page and number in paper


@pytest.mark.parametrize("page", PAGES)
def test_junk_in_the_address_shows_the_usual_page(client, school, page):
    client.force_login(make_user(is_deputy=True))
    junk = {"period": "<b>", "grade": "x", "class": "9" * 30, "subject": "-1", "teacher": "½", "page": "0",
            "reason": "?", "rule": "?"}  # fmt: skip

    answer = client.get(reverse(f"reports:analytics{page}"), junk)

    assert answer.status_code == 200 and "<b>" not in answer.context["query"]


def test_a_school_without_a_year_is_told_so(client, clock, db):
    clock(MORNING)
    client.force_login(make_user(is_deputy=True))

    for page in PAGES:
        assert "ещё не начался" in client.get(reverse(f"reports:analytics{page}")).content.decode()


@pytest.mark.parametrize("more", [0, 12])
def test_pages_cost_the_same_for_any_school(client, school, more, django_assert_max_num_queries):
    for number in range(more):
        other = make_class(f"{5 + number % 4}{'ВГДЕ'[number // 4]}", year=school.year)
        make_course(other, "Алгебра")
        make_period_mark(make_pupil(other), "4", number=1)
    client.force_login(make_user(is_deputy=True))
    client.get(reverse("reports:analytics"))

    for page in PAGES:
        with django_assert_max_num_queries(20):
            client.get(reverse(f"reports:analytics{page}"), {"period": "quarter-1"})
