"""The report on a pupil: every number from first principles, and nothing of another child in it."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from statistics import median

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.models import AuditEvent
from journal.calendar import load_calendar
from journal.means import Thresholds, expected_mark, marks_to_reach, weighted_mean
from journal.models import ControlWork, Recommendation
from reports.analytics.periods import chosen_period, periods_of
from reports.analytics.pupil_paper import report_pdf
from reports.analytics.pupil_report import pupil_report
from reports.analytics.pupil_trend import FEWEST_OTHERS
from reports.formulas import Group
from reports.jobs import content_of
from reports.models import Job
from tests.factories import (
    make_absence,
    make_class,
    make_guardian,
    make_lesson,
    make_mark,
    make_period_mark,
    make_pupil,
    make_user,
    teacher_user,
)
from tests.reports.extract_cast import MON, MORNING, TODAY, WED, control_kind, make_cast

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def cast(clock):
    clock(MORNING)
    return make_cast()


def report_of(cast, pupil=None, key="quarter-2"):
    calendar = load_calendar(cast.school_class.year)
    periods = [one for one in periods_of(calendar, 7, TODAY) if not one.is_year]
    period = chosen_period(periods, key)
    return pupil_report(pupil or cast.pupil, cast.school_class, period, periods, calendar, today=TODAY)


def line(report, subject="Алгебра"):
    return next(one for one in report.subjects if one.line.subject == subject)


def text_of(content):
    return " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


# --- Numbers --------------------------------------------------------------------------------------


def test_a_mean_is_written_out_compared_and_led_to_the_next_mark(cast):
    make_mark(make_lesson(cast.algebra, date(2026, 9, 7)), cast.pupil, "3")
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "4", kind=control_kind())
    make_mark(make_lesson(cast.algebra, WED), cast.pupil, "5")
    make_period_mark(cast.pupil, "3", number=1)

    found = line(report_of(cast))

    assert found.line.mean == D(17) / 4 and found.counted == "(4·3 + 5) : 4"
    assert (found.value, found.is_forecast, found.line.previous) == ("4", True, "3")
    assert (found.before, found.mean.change_shown) == (D(3), "+1,25")
    assert found.distance == D("0.25")
    assert found.lacking == "До пятёрки не хватает двух пятёрок подряд."  # (17 + 10) / 6 = 4.5
    assert (found.is_few, found.is_disputed) == (True, False)


def test_a_finished_term_has_the_mark_given_and_promises_nothing(cast):
    make_mark(make_lesson(cast.algebra, date(2026, 9, 7)), cast.pupil, "4")
    make_period_mark(cast.pupil, "5", number=1)

    found = line(report_of(cast, key="quarter-1"))

    assert (found.value, found.is_forecast, found.lacking, found.distance, found.doubts) == ("5", False, "", None, "")


def test_a_finished_term_without_its_mark_promises_nothing_either(cast):
    for day in (7, 14, 21, 28):
        make_mark(make_lesson(cast.algebra, date(2026, 9, day)), cast.pupil, "4")

    report = report_of(cast, key="quarter-1")
    found = line(report)

    assert (found.value, found.is_forecast, found.lacking, found.distance, found.doubts) == ("", False, "", None, "")
    assert (report.kind, report.groups) == ("итоги", {Group.NO_RESULT})


@given(
    st.lists(st.tuples(st.sampled_from("5432"), st.sampled_from([D(1), D(2), D(3)])), min_size=1, max_size=12),
    st.sampled_from([5, 4, 3]),
)
def test_so_many_marks_reach_the_next_one_and_one_fewer_does_not(marks, target):
    thresholds = Thresholds()
    steps = marks_to_reach(target, marks, thresholds)

    def after(count):
        return expected_mark(weighted_mean([*marks, *[(str(target), D(1))] * count]), thresholds)

    assert after(steps) >= target
    assert steps == 0 or after(steps - 1) < target


def test_debts_control_works_advice_and_absences_are_told(cast):
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, ".")
    ControlWork.objects.create(course=cast.algebra, date=date(2026, 11, 30), title="Дроби")
    Recommendation.objects.create(
        pupil=cast.pupil, subject=cast.algebra.subject, teacher=cast.algebra.teacher, date=MON, text="Повторить <дроби>"
    )
    make_absence(cast.pupil, WED, reason="ill")
    make_absence(cast.pupil, date(2026, 9, 9), reason="excused")

    report = report_of(cast)

    assert [(one.subject, one.date) for one in report.debts] == [("Алгебра", MON)]
    assert report.absent_days == {date(2026, 9, 9): "У", WED: "Б"}
    assert (report.extract.absences.days, report.extract.absences.lessons) == (1, 1)  # those of the period only
    paper = text_of(report_pdf(report).content)
    assert "Повторить <дроби>" in paper and "Дроби" in paper and "Болезнь: 1 день, 1 урок" in paper


# --- The line over the year -----------------------------------------------------------------------


def classmates(cast, count):
    others = [make_pupil(cast.school_class, last_name=f"Чужак{n}", first_name=f"Имя{n}") for n in range(count)]
    lesson = make_lesson(cast.algebra, MON)
    for place, pupil in enumerate([cast.pupil, *others]):
        make_mark(lesson, pupil, str(2 + place % 4))
    return others


def test_the_median_is_that_of_the_class_with_enough_others(cast):
    classmates(cast, FEWEST_OTHERS)

    (month,) = report_of(cast).months

    assert (month.own, month.of_class) == (D(2), median([D(2), D(3), D(4), D(5), D(2), D(3)]))


def test_with_fewer_others_there_is_no_median(cast):
    classmates(cast, FEWEST_OTHERS - 1)

    report = report_of(cast)

    assert [month.of_class for month in report.months] == [None] and not report.shows_median
    assert "медиана" not in text_of(report_pdf(report).content).lower()


def test_nothing_of_another_child_is_on_page_or_paper(client, cast):
    others = classmates(cast, 6)
    for pupil in others:
        make_absence(pupil, MON, reason="unexcused")
        Recommendation.objects.create(
            pupil=pupil, subject=cast.algebra.subject, teacher=cast.algebra.teacher, date=MON, text=f"тайна{pupil.pk}"
        )
    client.force_login(teacher_user(cast.school_class))

    page = client.get(reverse("reports:pupil_report", args=[cast.pupil.pk])).content.decode()
    paper = text_of(client.get(reverse("reports:pupil_report_pdf", args=[cast.pupil.pk])).content)

    for text in (page, paper):
        assert "Ермаков" in text
        assert "Чужак" not in text and "тайна" not in text
    theirs = client.get(reverse("reports:pupil_report", args=[others[0].pk])).content.decode()
    assert "Чужак0" in theirs and f"тайна{others[0].pk}" in theirs  # it could have leaked


# --- Who reads it ---------------------------------------------------------------------------------


def test_the_family_reads_the_same_of_the_own_child_only(client, cast):
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "4")
    other = make_pupil(cast.school_class, last_name="Чужаков")
    parent = make_user()
    make_guardian(cast.pupil, user=parent)
    client.force_login(parent)

    answer = client.get(reverse("reports:family_report", args=[cast.pupil.pk]))

    assert line(answer.context["report"]).line.mean == 4
    assert client.get(reverse("reports:family_report_pdf", args=[cast.pupil.pk])).content[:5] == b"%PDF-"
    for name in ("family_report", "family_report_pdf", "pupil_report", "pupil_report_pdf"):
        refused = client.get(reverse(f"reports:{name}", args=[other.pk]))
        assert refused.status_code == 404 and "Чужаков".encode() not in refused.content
    assert AuditEvent.objects.filter(pupil_id=cast.pupil.pk, subject="кабинет семьи: отчёт").exists()


def test_strangers_and_colleagues_find_nothing(client, cast):
    for user in (teacher_user(make_class("7А", year=cast.school_class.year)), make_user(is_operator=True), make_user()):
        client.force_login(user)
        for name in ("pupil_report", "pupil_report_pdf"):
            assert client.get(reverse(f"reports:{name}", args=[cast.pupil.pk])).status_code == 404
        assert client.get(reverse("reports:pupil_reports", args=[cast.school_class.pk])).status_code == 404


# --- The class ------------------------------------------------------------------------------------


def test_the_list_tells_means_and_lists(client, cast):
    make_mark(make_lesson(cast.algebra, MON), cast.pupil, "2")
    make_mark(make_lesson(cast.history, date(2026, 11, 17)), cast.pupil, "4")
    client.force_login(teacher_user(cast.school_class))

    page = client.get(reverse("reports:pupil_reports", args=[cast.school_class.pk])).context["page"]

    (row,) = page.rows
    assert (row.mean, row.notes, page.is_forecast) == (D(3), ("есть «2»: Алгебра",), True)


def test_reports_of_a_class_are_one_file_with_everybody_once(client, cast):
    make_pupil(cast.school_class, last_name="Ёлкина", first_name="Ия")
    make_pupil(cast.school_class, last_name="Яковлев", first_name="Ян")
    client.force_login(teacher_user(cast.school_class))

    client.post(reverse("reports:pupil_reports_print", args=[cast.school_class.pk]))

    job = Job.objects.get()
    assert job.status == Job.Status.DONE, job.message
    pages = [page.extract_text() for page in PdfReader(BytesIO(b"".join(content_of(job.result)))).pages]
    firsts = [page for page in pages if "Отчёт об успеваемости" in page]
    assert [next(n for n in ("Ёлкина", "Ермаков", "Яковлев") if n in page) for page in firsts] == [
        "Ёлкина", "Ермаков", "Яковлев",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [2, 20])
def test_pages_cost_the_same_for_any_class(client, cast, size, django_assert_max_num_queries):
    classmates(cast, size)
    client.force_login(teacher_user(cast.school_class))
    one = reverse("reports:pupil_report", args=[cast.pupil.pk])
    all_ = reverse("reports:pupil_reports", args=[cast.school_class.pk])
    client.get(one)

    with django_assert_max_num_queries(24):
        client.get(one)
    with django_assert_max_num_queries(12):
        client.get(all_)


# --- Bad input ------------------------------------------------------------------------------------


def test_a_pupil_without_marks_with_sixty_and_with_a_long_name_gets_a_sane_sheet(cast):
    empty = report_of(cast)
    assert "0,00" not in text_of(report_pdf(empty).content)
    for number in range(60):
        make_mark(make_lesson(cast.algebra, MON, number=1, ) if number == 0 else cast.algebra.lessons.get(),
                  cast.pupil, "5", position=number + 1)  # fmt: skip
    cast.pupil.last_name = "Константинопольско" * 5
    cast.pupil.save()
    Recommendation.objects.create(
        pupil=cast.pupil, subject=cast.algebra.subject, teacher=cast.algebra.teacher, date=MON,
        text="Повторить правило. " * 250,
    )  # fmt: skip

    made = report_pdf(report_of(cast))

    text = text_of(made.content)
    assert text.count("Повторить правило.") == 250
    assert line(report_of(cast)).marks == 60 and 2 <= made.pages <= 4


def test_a_period_that_does_not_exist_shows_the_running_one(client, cast):
    client.force_login(teacher_user(cast.school_class))
    for junk in ("quarter-9", "year", "<script>", "½"):
        answer = client.get(reverse("reports:pupil_report", args=[cast.pupil.pk]), {"period": junk})
        assert answer.context["report"].period.key == "quarter-2"


def test_grade_one_has_absences_only(clock):
    clock(MORNING)
    cast = make_cast("1А")
    make_absence(cast.pupil, MON, reason="ill")

    text = text_of(report_pdf(report_of(cast)).content)

    assert "В первом классе отметок не ставят" in text and "Болезнь: 1 день" in text
