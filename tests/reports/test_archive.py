"""Архивная печать журнала: every lesson and every mark of the class once, pages numbered through the file."""

import re
from datetime import date, datetime
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from journal.calendar import load_calendar
from journal.models import Lesson, Mark, Term
from reports.archive.job import start_archive
from reports.archive.source import course_term
from reports.jobs import content_of
from reports.models import Job
from tests.factories import (
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_period_mark,
    make_pupil,
    make_subject,
    make_user,
    teacher_user,
)
from tests.reports.extract_cast import MON, MORNING, TODAY, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(clock):
    clock(MORNING)
    return make_cast()


def printed(cast):
    job = start_archive(cast.school_class, by=make_user(), next_url="/")
    assert job.status == Job.Status.DONE, job.message
    return job, [page.extract_text() for page in PdfReader(BytesIO(b"".join(content_of(job.result)))).pages]


def test_every_lesson_and_mark_is_there_once(cast):
    other = make_pupil(cast.school_class, last_name="Яковлев", first_name="Ян")
    lessons = [
        make_lesson(cast.algebra, day, topic=f"Тема-{number:02}")
        for number, day in enumerate(
            [date(2026, 9, 7), date(2026, 9, 14), date(2026, 10, 5), date(2026, 11, 9), MON], start=1
        )
    ]
    for place, lesson in enumerate(lessons):
        make_mark(lesson, (cast.pupil, other)[place % 2], str(2 + place % 4))
    make_period_mark(other, "4", number=1)

    _, pages = printed(cast)

    text = " ".join(pages)
    for lesson in lessons:
        assert text.count(lesson.topic) == 1
    calendar = load_calendar(cast.school_class.year)
    terms = Term.objects.filter(year=cast.school_class.year, scheme="quarter", number__lte=2)
    found = [course_term(cast.school_class, cast.algebra, term, calendar, today=TODAY) for term in terms]
    assert sum(one.marks for one in found) == Mark.objects.count() == len(lessons)
    assert Lesson.objects.count() == len(lessons)
    assert "Сводная ведомость" in text and "пронумеровано, прошнуровано" in text


def test_pages_are_numbered_through_the_file_and_found_by_the_contents(cast):
    make_lesson(cast.algebra, MON, topic="Дроби")

    _, pages = printed(cast)

    # The title page bears its number too: the last line of each page's text.
    assert [int(page.split()[-1]) for page in pages] == list(range(1, len(pages) + 1))
    contents = next(page for page in pages if "Оглавление" in page)
    for title, number in re.findall(r"((?:Алгебра|История), II? четверть) (\d+)", " ".join(contents.split())):
        assert title.split(",")[0] in pages[int(number) - 1]
    outline = PdfReader(BytesIO(b"".join(content_of(Job.objects.get().result)))).outline
    assert outline[0].title == "Титульный лист" and len(outline) >= 4


def test_a_long_term_goes_on_over_several_spreads(cast):
    calendar = load_calendar(cast.school_class.year)
    days = calendar.school_days(date(2026, 9, 1), date(2026, 10, 20), 7)
    for day in days:
        make_lesson(cast.algebra, day, number=5)
    term = Term.objects.get(year=cast.school_class.year, scheme="quarter", number=1)

    found = course_term(cast.school_class, cast.algebra, term, calendar, today=TODAY)

    columns = [(column.date, column.number) for spread in found.spreads for column in spread.columns]
    assert len(found.spreads) > 1 and len(columns) == len(set(columns)) == found.lessons
    assert {(day, 5) for day in days} <= set(columns)
    assert [bool(spread.heads) for spread in found.spreads] == [False] * (len(found.spreads) - 1) + [True]


def test_a_group_of_two_classes_prints_the_own_pupils_only(cast):
    english = make_subject("Английский язык")
    stranger = make_pupil(make_class("7А", year=cast.school_class.year), last_name="Чужаков")
    group = make_group(cast.school_class, english, pupils=[cast.pupil, stranger])
    group.classes.add(stranger.enrolments.get().school_class)
    course = make_course(subject=english, group=group)
    for pupil, value in ((cast.pupil, "5"), (stranger, "2")):
        make_mark(Lesson.objects.filter(course=course).first() or make_lesson(course, MON), pupil, value)

    _, pages = printed(cast)

    assert "Чужаков" not in " ".join(pages) and any("Английский язык" in page for page in pages)


def test_marks_of_a_pupil_who_left_stay_up_to_the_last_day(cast):
    left = make_pupil(cast.school_class, last_name="Ушедший", until=date(2026, 10, 1))
    make_mark(make_lesson(cast.algebra, date(2026, 9, 7)), left, "3")

    _, pages = printed(cast)

    assert "Ушедший" in " ".join(pages)


def test_grade_one_and_a_class_without_lessons_have_their_journal(clock):
    clock(MORNING)
    cast = make_cast("1А")
    make_lesson(cast.algebra, MON, topic="Счёт до десяти")

    _, pages = printed(cast)

    assert "Счёт до десяти" in " ".join(pages) and "последний" not in pages[0]


def test_before_the_year_there_is_nothing_to_print(cast, clock):
    clock(datetime(2026, 8, 20, 9, 0, tzinfo=MORNING.tzinfo))

    job = start_archive(cast.school_class, by=make_user(), next_url="/")

    assert (job.status, "ещё не начался" in job.message) == (Job.Status.FAILED, True)


def test_it_is_for_the_class_teacher_and_the_deputy(client, cast):
    address = reverse("reports:journal_archive", args=[cast.school_class.pk])
    start = reverse("reports:journal_archive_print", args=[cast.school_class.pk])
    for user in (teacher_user(make_class("7А", year=cast.school_class.year)), make_user(is_operator=True), make_user()):
        client.force_login(user)
        assert (client.get(address).status_code, client.post(start).status_code) == (404, 404)
    assert not Job.objects.exists()
    client.force_login(teacher_user(cast.school_class))
    assert "Алгебра" in client.get(address).content.decode()
    client.post(start)
    assert Job.objects.get().status == Job.Status.DONE
