"""The class teacher's «Сегодня»: the roll call, lessons with their changes, what waits, what is ahead."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from attendance.models import Absence, AbsenceDocument, Reason, RollCall
from journal.models import ControlWork, Guardianship
from reports.models import Extract, ExtractFile
from reports.today import today_page
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_guardian,
    make_lesson,
    make_pupil,
    make_school,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    teacher_user,
)

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
PAPER = Guardianship.Informing.PAPER_NO_ACCESS


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    client.force_login(user, backend=BACKEND)
    return user


def page(school_class):
    return today_page(school_class, timezone.localtime())


def home(client, query=""):
    return client.get(f"/{query}").content.decode()


def extract(pupil, school_class, day, *, handed=True):
    at = timezone.make_aware(datetime.combine(day, datetime.min.time().replace(hour=12)))
    row = Extract.objects.create(
        sequence=Extract.objects.count() + 1,
        pupil=pupil,
        school_class=school_class,
        date_from=day,
        date_to=day,
        formed_by=teacher_user(school_class),
        pages=1,
        sha256="0" * 64,
        handed_over_at=at if handed else None,
    )
    ExtractFile.objects.create(extract=row, content=b"%PDF")
    Extract.objects.filter(pk=row.pk).update(formed_at=at)


# --- Roll call ------------------------------------------------------------------------------------


def test_an_open_roll_call_is_one_button_to_the_sheet(client, teacher, school_class):
    html = home(client)

    assert "Перекличка ещё не проведена" in html
    assert f'<a class="btn btn-primary roll__button" href="{sheet(school_class)}">Отметить класс</a>' in html
    assert not page(school_class).is_late


def sheet(school_class, day=MONDAY):
    return reverse("attendance:day_sheet", args=[school_class.pk, day])


def test_after_the_schools_hour_the_open_roll_call_is_late(client, teacher, school_class, clock):
    make_school()
    clock(datetime(2026, 11, 16, 9, 1))

    assert page(school_class).is_late
    assert "Срок прошёл" in home(client)


def test_a_taken_roll_call_says_who_is_absent_who_took_it_and_when(client, teacher, school_class):
    ill, partly, late = (make_pupil(school_class, last_name=name) for name in ("Больнов", "Частин", "Поздин"))
    Absence.objects.create(pupil=ill, date=MONDAY, reason=Reason.ILL)
    for lesson in (2, 1):
        Absence.objects.create(pupil=partly, date=MONDAY, lesson=lesson, reason=Reason.EXCUSED)
    Absence.objects.create(pupil=late, date=MONDAY, lesson=1, reason=Reason.LATE)
    RollCall.objects.create(school_class=school_class, date=MONDAY, taken_by=teacher, taken_at=timezone.now())

    shown = page(school_class)
    html = home(client)

    assert [(row.pupil, row.letter, row.where) for row in shown.absent] == [(ill, "Б", ""), (partly, "У", "уроки 1, 2")]
    assert "Отсутствуют 1 из 3" in html
    assert f"Перекличка проведена в 08:20, {teacher.short_name}" in html
    assert "Отметить класс" not in html


def test_without_school_the_next_school_day_is_named_with_its_lessons(client, teacher, school_class, clock):
    clock(datetime(2026, 11, 14, 10, 0))  # a Saturday
    make_slot(make_course(school_class, "Химия"), 1, 2)

    html = home(client)

    assert "Сегодня уроков нет: выходной" in html
    assert "понедельник, 16 ноября" in html
    assert "Химия" in html
    assert "Отметить класс" not in html


# --- Lessons --------------------------------------------------------------------------------------


def test_lessons_show_groups_together_substitutions_and_cancelled_ones(client, teacher, school_class):
    informatics = make_subject("Информатика")
    for name in ("1 группа", "2 группа"):
        group = make_group(school_class, informatics, name)
        make_slot(make_course(subject=informatics, group=group), 1, 1, room="21")
    physics, music = make_course(school_class, "Физика"), make_course(school_class, "Музыка")
    make_lesson(physics, number=2, substitute=make_teacher(last_name="Замещаева"))
    make_slot(music, 1, 3)
    make_lesson(music, number=3, is_cancelled=True)

    rows = page(school_class).lessons

    assert [(row.number, row.title, len(row.details), row.is_cancelled) for row in rows] == [
        (1, "Информатика", 2, False),
        (2, "Физика", 1, False),
        (3, "Музыка", 1, True),
    ]
    assert rows[0].details[0].startswith("1 группа: ") and rows[0].details[0].endswith("каб. 21")
    assert rows[1].changes == ("замена: Замещаева М. С.",)
    assert rows[0].is_now and not rows[1].is_now  # 8:20 is in the first lesson
    assert "<s>Музыка</s>" in home(client)


# --- What waits -----------------------------------------------------------------------------------


def test_signals_and_contradictions_stand_under_attention(client, teacher, school_class):
    course = make_course(school_class)
    for weekday in range(1, 6):
        make_slot(course, weekday, 1)
    truant = make_pupil(school_class, last_name="Прогульнов")
    for day in (12, 13, 16):
        Absence.objects.create(pupil=truant, date=date(2026, 11, day), reason=Reason.UNEXCUSED)

    html = home(client)

    assert "Прогульнов Анна" in html
    assert "Н 3 дня подряд, с 12 по 16 ноября" in html


def test_unconfirmed_reasons_lead_to_their_list(client, teacher, school_class):
    pupil = make_pupil(school_class)
    for day in (13, 16):
        Absence.objects.create(
            pupil=pupil, date=date(2026, 11, day), lesson=2, reason=Reason.UNEXCUSED, is_confirmed=False
        )

    html = home(client)

    assert f'<a href="{reverse("attendance:conflicts", args=[school_class.pk])}">Причина не выяснена: 2</a>' in html


@pytest.mark.parametrize(("days", "shown"), [(-1, False), (0, True), (3, True), (4, False)])
def test_a_document_that_ends_within_three_school_days_is_shown(school_class, days, shown):
    end = MONDAY + timedelta(days=days)
    document = AbsenceDocument.objects.create(
        pupil=make_pupil(school_class),
        kind=AbsenceDocument.Kind.CERTIFICATE,
        reason=Reason.ILL,
        date_from=date(2026, 11, 9),
        date_to=end,
        added_by=make_user(),
    )

    assert page(school_class).documents == ([document] if shown else [])


# --- What is ahead --------------------------------------------------------------------------------


def test_control_works_to_the_end_of_the_week(school_class):
    course, other = make_course(school_class, "Алгебра"), make_course(make_class("7А"), "Физика")
    works = {
        days: ControlWork.objects.create(course=course, date=MONDAY + timedelta(days=days), title="Степени")
        for days in (-1, 0, 4, 7)
    }
    ControlWork.objects.create(course=other, date=MONDAY, title="Чужая")

    assert page(school_class).control_works == [works[0], works[4]]


@pytest.mark.parametrize(
    ("last", "due"),
    [(None, True), (date(2026, 11, 9), True), (date(2026, 11, 10), False), (MONDAY, False)],
)
def test_paper_is_due_when_the_last_extract_is_a_week_old(school_class, last, due):
    pupil = make_pupil(school_class)
    make_guardian(pupil, informing=PAPER)
    make_guardian(make_pupil(school_class))  # reads in the net
    if last:
        extract(pupil, school_class, last)

    assert [(row.guardianship.pupil, row.last) for row in page(school_class).paper] == ([(pupil, last)] if due else [])


def test_the_schools_setting_rules_how_often(school_class):
    make_school(extract_every_days=14)
    school_class.refresh_from_db()
    pupil = make_pupil(school_class)
    make_guardian(pupil, informing=PAPER)
    extract(pupil, school_class, date(2026, 11, 9))

    assert page(school_class).paper == []


def test_the_end_of_a_period_makes_paper_due(school_class, clock):
    clock(datetime(2026, 10, 26, 8, 20))  # the first quarter ended on the 23rd
    pupil = make_pupil(school_class)
    make_guardian(pupil, informing=PAPER)
    extract(pupil, school_class, date(2026, 10, 22), handed=False)

    assert [row.last for row in page(school_class).paper] == [date(2026, 10, 22)]


# --- Whose page -----------------------------------------------------------------------------------


def test_nothing_of_another_class_is_shown(client, teacher, school_class):
    other = make_class("7А")
    stranger = make_pupil(other, last_name="Чужаков")
    make_guardian(stranger, informing=PAPER)
    Absence.objects.create(pupil=stranger, date=MONDAY, reason=Reason.ILL, is_confirmed=False)

    html = home(client, f"?as=class&class={other.pk}")

    assert "Чужаков" not in html
    assert "<h1>Понедельник, 16 ноября</h1>" in html
    assert "7А" not in html


def test_a_teacher_of_two_classes_chooses_between_them(client, teacher, school_class):
    second = make_class("7А", teacher=teacher.teacher_or_none)
    make_pupil(second, last_name="Вторая")
    Absence.objects.create(pupil=second.enrolments.get().pupil, date=MONDAY, reason=Reason.ILL)

    assert "Вторая" in home(client, f"?as=class&class={second.pk}")
    assert "Вторая" not in home(client, f"?as=class&class={school_class.pk}")


def test_opening_the_page_is_recorded(client, teacher, school_class):
    home(client)

    event = AuditEvent.objects.get(action=AuditEvent.Action.READ)
    assert (event.actor, event.class_id, event.subject) == (teacher, school_class.pk, "сегодня")


@pytest.mark.parametrize("pupils", [1, 30])
def test_the_page_costs_the_same_for_any_class(client, teacher, school_class, pupils, django_assert_num_queries):
    course = make_course(school_class)
    make_slot(course, 1, 1)
    make_lesson(course, number=1)
    for _ in range(pupils):
        pupil = make_pupil(school_class)
        make_guardian(pupil, informing=PAPER)
        Absence.objects.create(pupil=pupil, date=MONDAY, reason=Reason.ILL, is_confirmed=False)

    # session, user, teaching, children; calendar, roll, courses, lessons; absences, roll call, unconfirmed, reminder,
    # bells, cancelled, control works, contradictions, documents, paper; announced; answers to signals; audit
    with django_assert_num_queries(21):
        home(client)


@pytest.mark.parametrize(
    ("day", "leads"), [(date(2026, 9, 1), True), (date(2026, 10, 12), True), (date(2026, 10, 13), False)]
)
def test_the_first_six_weeks_lead_to_the_start_of_the_year(client, teacher, school_class, clock, day, leads):
    clock(datetime.combine(day, time(8, 0)))

    assert (reverse("reports:checklist", args=[school_class.pk]) in home(client)) is leads
