"""«Сигналы»: what waits, «Принять к сведению», taking it back, the deputy's list, «Сегодня»."""

import io
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEvent
from attendance.models import Absence, Reason, SchoolSignals, SignalNote
from attendance.school_signals import ask_to_count, count_if_due
from attendance.signals import Kind
from tests.factories import make_class, make_course, make_pupil, make_slot, make_user, teacher_user
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db
ROW = [date(2026, 11, day) for day in (12, 13, 16)]


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 8, 20))


@pytest.fixture
def school_class():
    return with_timetable(make_class("7Б"))


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    enter(client, user)
    return user


@pytest.fixture
def truant(school_class):
    return truant_of(school_class, "Прогульнов")


def with_timetable(school_class):
    course = make_course(school_class)
    for weekday in range(1, 6):
        make_slot(course, weekday, 1)
    return school_class


def truant_of(school_class, name, days=ROW):
    pupil = make_pupil(school_class, last_name=name)
    absent(pupil, *days)
    return pupil


def absent(pupil, *days):
    for day in days:
        Absence.objects.create(pupil=pupil, date=day, reason=Reason.UNEXCUSED)


def page_url(school_class):
    return reverse("attendance:signals", args=[school_class.pk])


def take(client, school_class, pupil, *, key="2026-11-12", kind="unexcused", note="", **more):
    data = {"pupil": pupil.pk, "kind": kind, "key": key, "note": note, **more}
    return client.post(reverse("attendance:signal_note", args=[school_class.pk]), data)


def open_kinds(client, school_class):
    return [(row.pupil.last_name, row.kind) for row, _ in client.get(page_url(school_class)).context["open"]]


# --- Taking note ----------------------------------------------------------------------------------


def test_an_answered_signal_is_told_with_who_when_and_what_was_done(client, teacher, school_class, truant):
    answer = take(client, school_class, truant, note="беседа с родителями 16.11")

    assert answer.url == page_url(school_class)
    page = client.get(page_url(school_class))
    assert page.context["open"] == []
    words = words_of(page)
    assert "Н 3 дня подряд, с 12 по 16 ноября" in words and "«беседа с родителями 16.11»" in words
    assert f"{teacher.short_name}, 16.11.2026 08:20" in words
    event = AuditEvent.objects.get(action="change")
    assert (event.actor, event.pupil_id, event.new["что сделано"]) == (teacher, truant.pk, "беседа с родителями 16.11")


def test_a_form_sent_twice_acts_once(client, teacher, school_class, truant):
    for _ in range(2):
        take(client, school_class, truant, note="беседа")

    assert SignalNote.objects.get().note == "беседа"
    assert AuditEvent.objects.filter(action="change").count() == 1


def test_a_second_person_loses_neither_words(client, teacher, school_class, truant):
    take(client, school_class, truant, note="беседа")
    deputy = make_user(is_deputy=True)
    enter(client, deputy)

    take(client, school_class, truant, note="вызваны на совет")

    note = SignalNote.objects.get()
    assert (note.by, note.note) == (teacher, "беседа; вызваны на совет")


def test_a_row_that_grows_stays_answered_until_it_doubles(client, teacher, school_class, truant, clock):
    def rows_waiting():
        return [row for row in open_kinds(client, school_class) if row[1] == Kind.UNEXCUSED]

    take(client, school_class, truant)
    absent(truant, *(date(2026, 11, day) for day in (17, 18)))
    clock(datetime(2026, 11, 18, 15, 0))
    enter(client, teacher)
    assert rows_waiting() == []
    assert "Сейчас: Н 5 дней подряд, с 12 по 18 ноября" in words_of(client.get(page_url(school_class)))

    absent(truant, date(2026, 11, 19))
    clock(datetime(2026, 11, 19, 15, 0))
    enter(client, teacher)

    assert rows_waiting() == [("Прогульнов", Kind.UNEXCUSED)]
    take(client, school_class, truant, key="2026-11-12x2")
    assert rows_waiting() == []
    Absence.objects.filter(date=date(2026, 11, 19)).delete()  # five days again: already answered for six
    assert rows_waiting() == []


def test_a_row_whose_first_day_was_added_later_stays_answered(client, teacher, school_class, truant):
    take(client, school_class, truant)
    absent(truant, date(2026, 11, 11))

    assert open_kinds(client, school_class) == []


def test_an_answer_is_taken_back_and_the_signal_waits_again(client, teacher, school_class, truant):
    take(client, school_class, truant, note="беседа")
    data = {"answer": SignalNote.objects.get().pk, "do": "back"}
    url = reverse("attendance:signal_answer", args=[school_class.pk])

    for _ in range(2):
        assert client.post(url, data).url == page_url(school_class)

    assert open_kinds(client, school_class) == [("Прогульнов", Kind.UNEXCUSED)]
    event = AuditEvent.objects.filter(action="change").first()
    assert event.old["что сделано"] == "беседа"


def test_words_are_added_to_an_answer_once(client, teacher, school_class, truant):
    take(client, school_class, truant, note="беседа")
    data = {"answer": SignalNote.objects.get().pk, "note": "письмо 17.11"}
    for _ in range(2):
        client.post(reverse("attendance:signal_answer", args=[school_class.pk]), data)

    assert SignalNote.objects.get().note == "беседа; письмо 17.11"


def test_too_long_a_note_is_refused_and_stays_in_its_field(client, teacher, school_class, truant):
    text = "я" * 501

    answer = take(client, school_class, truant, note=text)

    assert answer.status_code == 422 and not SignalNote.objects.exists()
    assert f'value="{text}"' in answer.content.decode()
    assert "длиннее 500 знаков" in words_of(answer)


def test_a_signal_that_is_gone_is_said_and_the_words_are_given_back(client, teacher, school_class, truant):
    Absence.objects.filter(date=ROW[1]).delete()

    answer = take(client, school_class, truant, note="беседа с мамой")

    assert not SignalNote.objects.exists()
    assert "Этого сигнала больше нет" in words_of(answer) and "«беседа с мамой»" in words_of(answer)


@pytest.mark.parametrize("field", ["pupil", "kind", "key"])
def test_nothing_is_noted_that_is_no_signal(client, teacher, school_class, truant, field):
    data = {"pupil": truant.pk, "kind": "unexcused", "key": "2026-11-12"} | {field: "9" * 30}

    assert client.post(reverse("attendance:signal_note", args=[school_class.pk]), data).status_code == 422
    assert not SignalNote.objects.exists()


def test_a_pupil_of_another_class_can_be_neither_noted_nor_released(client, teacher, school_class, truant):
    other = with_timetable(make_class("7А", year=school_class.year))
    stranger = truant_of(other, "Чужаков")
    take(client, school_class, stranger, note="тайное")
    assert not SignalNote.objects.exists()
    note = SignalNote.objects.create(
        pupil=stranger, kind="unexcused", key="2026-11-12", numbers="Н", note="тайное слово", by=teacher_user(other)
    )

    url = reverse("attendance:signal_answer", args=[school_class.pk])
    client.post(url, {"answer": note.pk, "do": "back"})
    client.post(url, {"answer": note.pk, "note": "моё"})

    note.refresh_from_db()
    assert note.note == "тайное слово"
    assert "Чужаков" not in words_of(client.get(page_url(school_class)))
    assert client.get(page_url(other)).status_code == 404


# --- Cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pupils", [2, 25])
def test_the_page_costs_the_same_for_any_class(client, teacher, school_class, pupils, django_assert_num_queries):
    for number in range(pupils):
        pupil = truant_of(school_class, f"Прогульнов{number:02d}")
        if number % 2:
            take(client, school_class, pupil)

    # session, user, own classes; calendar, roll, courses, lessons, absences; answers; audit
    with django_assert_num_queries(10):
        client.get(page_url(school_class))


# --- «Сегодня» ------------------------------------------------------------------------------------


def test_one_press_on_today_takes_note_and_comes_back(client, teacher, school_class, truant):
    page = client.get("/")
    assert "Прогульнов" in words_of(page)
    # The form stands in a template that is included with few variables.
    form = page.content.decode().partition(reverse("attendance:signal_note", args=[school_class.pk]))[2]
    assert 'name="csrfmiddlewaretoken"' in form.partition("</form>")[0]

    answer = take(client, school_class, truant, next="today")

    assert answer.url == f"/?as=class&class={school_class.pk}"
    today = words_of(client.get(answer.url))
    assert "Принято к сведению: Прогульнов Анна" in today and "Всё спокойно" in today


# --- The school -----------------------------------------------------------------------------------


@pytest.fixture
def deputy(client, school_class):
    user = make_user(is_deputy=True)
    enter(client, user)
    return user


def school_words(client, query=""):
    return words_of(client.get(f"{reverse('attendance:school_signals')}{query}"))


def test_the_school_is_counted_once_a_morning_by_one_worker(school_class, truant):
    night, five = (timezone.make_aware(datetime(2026, 11, 16, hour)) for hour in (4, 5))

    assert [count_if_due(night), count_if_due(five), count_if_due(five + timedelta(hours=1))] == [False, True, False]
    assert count_if_due(five + timedelta(days=1))


def test_a_wish_is_counted_again_and_a_dead_count_is_given_up(school_class, truant):
    now = timezone.now()
    count_if_due(now)
    ask_to_count(now + timedelta(minutes=1))
    SchoolSignals.objects.update(claimed_at=now + timedelta(minutes=1))  # another worker began, and died

    assert not count_if_due(now + timedelta(minutes=2))
    assert count_if_due(now + timedelta(minutes=20))


def test_the_list_says_the_same_as_the_page_of_the_class(client, deputy, school_class, truant):
    assert "Список ещё не посчитан" in school_words(client)
    count_if_due(timezone.now())

    words = school_words(client)

    assert "Прогульнов Анна" in words and "Н 3 дня подряд, с 12 по 16 ноября" in words and "нет ответа" in words
    assert "посчитано 16.11.2026 в 08:20" in words


def test_an_answer_is_seen_at_once_and_can_be_filtered(client, deputy, school_class, truant):
    count_if_due(timezone.now())
    take(client, school_class, truant, note="беседа")

    assert "«беседа»" in school_words(client, "?state=answered")
    assert "Прогульнов" not in school_words(client, "?state=open")


def test_the_list_is_filtered_by_kind_parallel_and_class(client, deputy, school_class, truant):
    other = with_timetable(make_class("8А", year=school_class.year))
    truant_of(other, "Восьмов")
    count_if_due(timezone.now())

    assert "Восьмов" in school_words(client, "?grade=8") and "Прогульнов" not in school_words(client, "?grade=8")
    assert "Восьмов" not in school_words(client, f"?class={school_class.pk}")
    assert "Восьмов" not in school_words(client, "?kind=chronic")


def test_who_left_since_the_count_is_not_listed(client, deputy, school_class, truant):
    count_if_due(timezone.now())
    truant.enrolments.update(date_to=date(2026, 11, 15))

    assert "Прогульнов" not in school_words(client)


def test_the_file_holds_the_chosen_part_and_is_recorded(client, deputy, school_class, truant):
    count_if_due(timezone.now())
    take(client, school_class, truant, note="=беседа")

    answer = client.get(reverse("attendance:school_signals_xlsx"), {"kind": "unexcused"})

    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[1][:4] == ("7Б", "Прогульнов Анна", "Н подряд", "Н 3 дня подряд, с 12 по 16 ноября")
    assert rows[1][6] == "'=беседа"
    assert AuditEvent.objects.filter(action="export", pupil_id=truant.pk).exists()


@pytest.mark.parametrize("classes", [1, 6])
def test_the_school_costs_the_same_for_any_number_of_classes(client, deputy, classes, django_assert_num_queries):
    year = None
    for number in range(classes):
        school_class = with_timetable(make_class(f"{number + 5}В", year=year))
        year = school_class.year
        for _ in range(3):
            truant_of(school_class, "Прогульнов")
    count_if_due(timezone.now())

    # session, user; kept rows, year, classes, roll, answers; audit
    with django_assert_num_queries(8):
        client.get(reverse("attendance:school_signals"))
