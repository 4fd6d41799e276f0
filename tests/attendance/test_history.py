"""The history of absences: of a day of a pupil, of a class lately, and what a family reads of it."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from attendance.models import AbsenceChange, AbsenceDocument
from tests.factories import MONDAY, make_class, make_guardian, make_pupil, make_user, teacher_user
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db
Source = AbsenceChange.Source


@pytest.fixture(autouse=True)
def noon(clock):
    clock(datetime(2026, 11, 16, 12, 0))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    enter(client, user)
    return user


def changed(pupil, old, new, *, hour=8, minute=0, by=None, day=MONDAY, on=MONDAY, **fields):
    at = timezone.make_aware(datetime(on.year, on.month, on.day, hour, minute))
    return AbsenceChange.objects.create(pupil=pupil, date=day, old=old, new=new, at=at, by=by, **fields)


def url(school_class, pupil, day=MONDAY):
    return reverse("attendance:history", args=[school_class.pk, day, pupil.pk])


def lines(client, *args, **query):
    return client.get(url(*args), query).context["lines"]


def test_a_day_is_told_whole_and_by_lessons_the_oldest_first(client, teacher, school_class):
    pupil = make_pupil(school_class)
    other = make_user(last_name="Предметников", first_name="Олег")
    changed(pupil, "", "unexcused", by=other, lesson=3, source=Source.LESSON, hour=10)
    changed(pupil, "", "ill", by=teacher, hour=8)
    changed(pupil, "", "late", by=teacher, hour=11, lesson=1, minutes=5)
    changed(pupil, "ill", "excused", by=None, hour=12, source=Source.PARENT, why="справка пришла позже")
    changed(pupil, "", "ill", day=MONDAY - timedelta(days=3), by=teacher)

    found = lines(client, school_class, pupil)

    assert [(row.place, row.old, row.new, row.by) for row in found] == [
        ("весь день", "", "Б", teacher.short_name),
        ("3 урок", "", "Н", "Предметников О."),
        ("1 урок", "", "О", teacher.short_name),
        ("весь день", "Б", "У", ""),
    ]
    words = words_of(client.get(url(school_class, pupil)))
    assert "учитель отметил на уроке" in words and "опоздание на 5 минут" in words
    assert "по заявлению семьи · после закрытия месяца: справка пришла позже" in words
    assert [row.place for row in lines(client, school_class, pupil, lesson=3)] == ["весь день", "3 урок", "весь день"]


def test_an_undone_press_is_told_with_the_one_that_undid_it(client, teacher, school_class):
    pupil, key = make_pupil(school_class), uuid4()
    changed(pupil, "", "unexcused", by=teacher, key=key, hour=8, minute=41)
    changed(pupil, "unexcused", "", by=teacher, undoes=key, hour=8, minute=42)

    first, second = lines(client, school_class, pupil)

    assert f"{first.undone_at:%H:%M}" == "08:42" and second.undone_at is None
    assert "отмена отметки от 08:41" in second.details
    assert "отменено в 08:42" in words_of(client.get(url(school_class, pupil)))


def test_a_document_is_named_where_it_gave_and_where_it_lost_the_place(client, teacher, school_class):
    pupil = make_pupil(school_class)
    paper = AbsenceDocument.objects.create(
        pupil=pupil, kind="certificate", reason="ill", date_from=MONDAY, date_to=MONDAY, number="17", added_by=teacher
    )
    changed(pupil, "unexcused", "ill", by=teacher, source=Source.DOCUMENT, document=paper)
    changed(pupil, "ill", "unexcused", by=teacher, source=Source.PRESS, document=paper, hour=9)

    assert [row.source for row in lines(client, school_class, pupil)] == [
        "по документу: справка № 17",
        "отметка на листе, вместо стоявшего по документу: справка № 17",
    ]


def test_reading_is_recorded_of_the_pupil(client, teacher, school_class):
    pupil = make_pupil(school_class)
    client.get(url(school_class, pupil))

    event = AuditEvent.objects.get(action="read")
    assert (event.pupil_id, event.class_id, event.subject) == (
        pupil.pk,
        school_class.pk,
        "история пропусков 16.11.2026",
    )


def test_the_class_before_and_the_class_after_read_their_own_days_only(client, school_class):
    other = make_class("7А", year=school_class.year)
    pupil = make_pupil(other, until=date(2026, 11, 13), last_name="Переходов")
    pupil.enrolments.create(school_class=school_class, date_from=MONDAY)
    changed(pupil, "", "ill")
    changed(pupil, "", "ill", day=date(2026, 11, 13))
    answers = {}
    for one in (school_class, other):
        enter(client, teacher_user(one))
        for day in (MONDAY, date(2026, 11, 13)):
            answers[one.name, day] = client.get(url(one, pupil, day)).status_code
            assert client.get(url(school_class if one == other else other, pupil, day)).status_code == 404
        changes = client.get(reverse("attendance:changes", args=[one.pk])).context["lines"]
        answers[one.name] = [row.day for row in changes]

    assert [answers["7Б", MONDAY], answers["7Б", date(2026, 11, 13)], answers["7Б"]] == [200, 404, [MONDAY]]
    assert [answers["7А", MONDAY], answers["7А", date(2026, 11, 13)]] == [404, 200]
    assert answers["7А"] == [date(2026, 11, 13)]


def test_an_opened_row_of_the_sheet_leads_to_the_history(client, teacher, school_class):
    pupil = make_pupil(school_class)
    sheet = client.get(reverse("attendance:day_sheet", args=[school_class.pk, MONDAY]), {"open": pupil.pk})

    assert f'<a href="{url(school_class, pupil)}">История дня</a>' in sheet.content.decode()


# --- Of the class ---------------------------------------------------------------------------------


def changes(client, school_class, **query):
    return client.get(reverse("attendance:changes", args=[school_class.pk]), query).context


def test_changes_are_filtered_by_person_and_time(client, teacher, school_class):
    pupil, deputy = make_pupil(school_class), make_user(is_deputy=True)
    changed(pupil, "", "ill", by=teacher, hour=9)
    changed(pupil, "ill", "excused", by=deputy, hour=10)
    changed(pupil, "", "ill", by=teacher, on=date(2026, 11, 11), day=date(2026, 11, 11))
    changed(pupil, "", "late", by=teacher, on=date(2026, 11, 2), day=date(2026, 11, 2), lesson=1)

    assert [row.new for row in changes(client, school_class)["lines"]] == ["У", "Б", "Б"]
    assert [row.new for row in changes(client, school_class, days=1)["lines"]] == ["У", "Б"]
    assert [row.new for row in changes(client, school_class, days=31, who=teacher.pk)["lines"]] == ["Б", "Б", "О"]


def test_the_list_is_paged_and_tells_of_undoings_on_another_page(client, teacher, school_class):
    pupil, key = make_pupil(school_class), uuid4()
    changed(pupil, "", "ill", by=teacher, hour=1, key=key)
    for minute in range(50):
        changed(pupil, "", "late", by=teacher, hour=2, minute=minute, lesson=1)
    changed(pupil, "ill", "", by=teacher, hour=3, undoes=key)

    assert len(changes(client, school_class)["lines"]) == 50
    assert [bool(row.undone_at) for row in changes(client, school_class, page=2)["lines"]] == [False, True]


@pytest.mark.parametrize("size", [1, 30])
def test_pages_of_history_cost_the_same_for_any_length(client, teacher, school_class, size, django_assert_num_queries):
    pupil = make_pupil(school_class)
    for minute in range(size):
        changed(pupil, "", "late", by=teacher, minute=minute, lesson=1, key=uuid4())

    # session, user, own classes; pupil, changes; audit
    with django_assert_num_queries(6):
        client.get(url(school_class, pupil))
    # session, user, own classes; people, count, changes, undoings; audit
    with django_assert_num_queries(8):
        client.get(reverse("attendance:changes", args=[school_class.pk]))


# --- The family -----------------------------------------------------------------------------------


@pytest.fixture
def child(school_class):
    return make_pupil(school_class, last_name="Ребёнкова")


@pytest.fixture
def parent(client, child):
    user = make_user()
    make_guardian(child, user=user)
    enter(client, user)
    return user


def family_words(client, child):
    return words_of(client.get(reverse("reports:family_absences", args=[child.pk])))


def test_a_family_reads_what_was_corrected_without_names(client, parent, child, school_class):
    staff = teacher_user(school_class)
    changed(child, "", "unexcused", by=staff, hour=8)
    changed(child, "unexcused", "excused", by=staff, hour=10, minute=5, why="звонила мама Тайновой")
    brother = make_pupil(school_class, last_name="Чужакова")
    changed(brother, "ill", "unexcused", by=staff, hour=11, minute=7)

    words = family_words(client, child)

    assert "Весь день: Н → У исправлено 16.11 в 10:05, классный руководитель" in words
    assert [secret in words for secret in (staff.last_name, "Тайновой", "11:07")] == [False, False, False]


def test_a_slip_of_the_finger_and_a_first_mark_are_no_corrections(client, parent, child, school_class):
    changed(child, "", "ill", hour=8, minute=0)
    changed(child, "ill", "", hour=8, minute=9)
    changed(child, "", "excused", hour=9)

    assert "Исправления" not in family_words(client, child)


def test_a_mark_taken_away_later_is_told_with_the_role(client, parent, child):
    deputy = make_user(is_deputy=True)
    changed(child, "", "unexcused", hour=8, lesson=2, by=deputy, source=Source.LESSON)
    changed(child, "unexcused", "", hour=9, lesson=2, by=deputy)

    assert "2 урок: Н → отметка снята исправлено 16.11 в 09:00, заместитель директора" in family_words(client, child)
