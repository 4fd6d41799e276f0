"""«Кто отсутствует»: what a teacher may state at the own lesson, and the class teacher's answers (domain.md §2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from attendance.models import (
    Absence,
    AbsenceChange,
    AbsenceDocument,
    ClosedMonth,
    LessonCheck,
    PresenceFact,
    Reason,
)
from journal.models import IndividualPlan
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    teacher_user,
)
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}
ILL, EXCUSED, UNEXCUSED, LATE = Reason.ILL, Reason.EXCUSED, Reason.UNEXCUSED, Reason.LATE


@pytest.fixture(autouse=True)
def lesson_time(clock):
    clock(datetime(2026, 11, 16, 10, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def course(school_class):
    """Physics, on Mondays the second lesson."""
    course = make_course(school_class, "Физика", teacher=make_teacher(last_name="Шилова", first_name="Зоя"))
    make_slot(course, 1, 2)
    return course


@pytest.fixture
def teacher(client, course):
    enter(client, course.teacher.user)
    return course.teacher.user


@pytest.fixture
def pupil(school_class):
    return make_pupil(school_class, last_name="Калинина", first_name="Милана")


def url(course, name="lesson", day=MONDAY, number=2):
    return reverse(f"attendance:{name}", args=[course.pk, day, number])


def row_of(client, course, pupil, **place):
    page = client.get(url(course, **place)).context["page"]
    return next(row for row in page.rows if row.pupil_id == pupil.pk)


def state(client, course, pupil, label, *, json=False, **data):
    """Presses the button with this label on the page as it stands."""
    row = row_of(client, course, pupil)
    button = next(one for one in [*row.buttons, *row.minute_buttons] if one.label == label)
    return client.post(url(course, "lesson_press"), {"press": button.value, **data}, **(JSON if json else {}))


def places(pupil):
    rows = Absence.objects.filter(pupil=pupil, date=MONDAY)
    return {row.lesson: (row.reason, row.is_confirmed, row.minutes) for row in rows}


def labels(client, course, pupil):
    return {button.label: button.is_pressed for button in row_of(client, course, pupil).buttons}


# --- What may be stated ---------------------------------------------------------------------------


def test_absent_is_a_fact_without_a_reason_and_a_second_press_takes_it_back(client, teacher, course, pupil):
    state(client, course, pupil, "Нет")

    assert places(pupil) == {2: (UNEXCUSED, False, None)}
    change = AbsenceChange.objects.get()
    assert (change.source, change.by, change.new) == ("lesson", teacher, UNEXCUSED)
    assert labels(client, course, pupil) == {"Нет": True, "О": False}

    state(client, course, pupil, "Нет")

    assert places(pupil) == {}
    assert AbsenceChange.objects.filter(source="lesson").count() == 2


def test_lateness_with_quick_minutes_with_typed_ones_and_without(client, teacher, course, pupil):
    state(client, course, pupil, "О")
    assert places(pupil) == {2: (LATE, True, None)}

    state(client, course, pupil, "10")
    assert places(pupil) == {2: (LATE, True, 10)}

    row = row_of(client, course, pupil)
    client.post(url(course, "lesson_press"), {"press": row.typed_value, f"minutes-{pupil.pk}": "25"})
    assert places(pupil) == {2: (LATE, True, 25)}
    assert list(AbsenceChange.objects.order_by("pk").values_list("minutes", flat=True)) == [None, 10, 25]


@pytest.mark.parametrize("minutes", ["0", "241", "-5", "десять", "9" * 30])
def test_minutes_that_cannot_be_are_refused_in_words(client, teacher, course, pupil, minutes):
    state(client, course, pupil, "О")
    row = row_of(client, course, pupil)

    answer = client.post(
        url(course, "lesson_press"), {"press": row.typed_value, f"minutes-{pupil.pk}": minutes}, **JSON
    )

    assert answer.status_code == 422
    assert "от 1 до 240" in answer.json()["refused"]
    assert places(pupil) == {2: (LATE, True, None)}


def test_whom_the_sheet_calls_absent_may_be_seen_and_nothing_of_the_sheet_changes(client, teacher, course, pupil):
    make_absence(pupil, reason=ILL)
    assert labels(client, course, pupil) == {"О": False, "Была на уроке": False}
    assert "Б по листу класса" in words_of(client.get(url(course)))

    state(client, course, pupil, "Была на уроке")

    assert places(pupil) == {0: (ILL, True, None)}
    assert PresenceFact.objects.get().by == teacher
    assert labels(client, course, pupil)["Была на уроке"] is True

    state(client, course, pupil, "Была на уроке")

    assert not PresenceFact.objects.exists()
    event = AuditEvent.objects.get(object_type="presencefact")
    assert (event.actor, event.pupil_id, event.old["lesson"]) == (teacher, pupil.pk, 2)


def test_late_on_a_day_missed_by_the_sheet_replaces_being_seen(client, teacher, course, pupil):
    make_absence(pupil, reason=ILL)
    state(client, course, pupil, "Была на уроке")
    state(client, course, pupil, "О")

    assert places(pupil) == {0: (ILL, True, None), 2: (LATE, True, None)}
    assert not PresenceFact.objects.exists()


@pytest.mark.parametrize(
    ("reason", "confirmed", "allowed"),
    [(ILL, True, {"Была на уроке"}), (UNEXCUSED, False, {"Была на уроке"}), (LATE, True, set())],
)
def test_the_word_of_another_is_not_overwritten(client, teacher, course, pupil, reason, confirmed, allowed):
    make_absence(pupil, lesson=2, reason=reason, is_confirmed=confirmed, marked_by=make_user())
    before = places(pupil)
    assert set(labels(client, course, pupil)) == allowed
    stamp = row_of(client, course, pupil).stands.stamp

    for new in ("absent", "late", ""):
        client.post(url(course, "lesson_press"), {"press": f"{pupil.pk}:{stamp}:{new}:"})

    assert places(pupil) == before


def test_a_fact_that_was_answered_is_not_taken_back(client, teacher, course, pupil):
    state(client, course, pupil, "Нет")
    pressed = row_of(client, course, pupil).buttons[0].value
    Absence.objects.update(reason=EXCUSED, is_confirmed=True, marked_by=make_user(last_name="Орлова"))

    answer = client.post(url(course, "lesson_press"), {"press": pressed}, **JSON)

    assert answer.status_code == 409
    assert "Теперь стоит: У на этом уроке (Орлова П." in answer.json()["changed"]
    assert places(pupil) == {2: (EXCUSED, True, None)}


def test_a_whole_day_put_meanwhile_is_told_and_not_overwritten(client, teacher, course, pupil):
    stale = row_of(client, course, pupil).buttons[0].value
    make_absence(pupil, reason=ILL, marked_by=make_user(last_name="Орлова"))

    page = client.post(url(course, "lesson_press"), {"press": stale}, follow=True)

    assert places(pupil) == {0: (ILL, True, None)}
    words = words_of(page)
    assert "Теперь стоит: Б на весь день (Орлова П." in words and "Вы отмечали: «нет»" in words


def test_the_same_press_sent_twice_acts_once(client, teacher, course, pupil):
    value, key = row_of(client, course, pupil).buttons[0].value, uuid4()

    for _ in range(2):
        answer = client.post(url(course, "lesson_press"), {"press": value, "key": key}, **JSON)
        assert answer.status_code == 200

    assert AbsenceChange.objects.count() == 1
    # The first press was late, and was taken back meanwhile: its repeat must not put it again.
    state(client, course, pupil, "Нет")
    client.post(url(course, "lesson_press"), {"press": value, "key": key}, **JSON)
    assert places(pupil) == {}


def test_a_class_teacher_states_facts_at_the_own_lesson_likewise(client, school_class, pupil):
    course = make_course(school_class, "История", teacher=school_class.class_teachers.get().teacher)
    make_slot(course, 1, 3)
    enter(client, teacher_user(school_class))
    row = next(row for row in client.get(url(course, number=3)).context["page"].rows)
    client.post(url(course, "lesson_press", number=3), {"press": row.buttons[0].value})

    assert places(pupil) == {3: (UNEXCUSED, False, None)}


# --- Whose lesson, which pupils, until when --------------------------------------------------------


def test_only_pupils_whose_own_lesson_it_is_are_shown(client, school_class):
    subject, teacher = make_subject("Информатика"), make_teacher()
    names = ("Своя", "Чужая", "Ушедшая", "Плановая")
    mine, other, gone, planned = (make_pupil(school_class, last_name=name) for name in names)
    gone.enrolments.update(date_to=MONDAY - timedelta(days=1))
    course = make_course(subject=subject, group=make_group(school_class, subject, pupils=[mine, gone, planned]),
                         teacher=teacher)  # fmt: skip
    plan = IndividualPlan.objects.create(pupil=planned, date_from=date(2026, 9, 1))
    make_course(subject=subject, plan=plan)
    make_slot(course, 1, 2)
    enter(client, teacher.user)

    page = client.get(url(course))

    assert [row.name for row in page.context["page"].rows] == ["Своя Анна"]
    assert all(name not in words_of(page) for name in names[1:])
    answer = client.post(url(course, "lesson_press"), {"press": f"{other.pk}:--:absent:"}, **JSON)
    assert (answer.status_code, Absence.objects.count()) == (422, 0)


def test_teacher_and_substitute_state_the_deputy_reads_others_find_nothing(client, school_class, course, pupil):
    substitute = make_teacher()
    make_lesson(course, MONDAY, 2, substitute=substitute)
    other_day = MONDAY - timedelta(days=7)
    make_lesson(course, other_day, 2)

    def opens(user, day=MONDAY):
        enter(client, user)
        answers = client.get(url(course, day=day)), client.post(url(course, "lesson_press", day=day), {"press": "x"})
        return tuple(answer.status_code for answer in answers)

    assert opens(course.teacher.user) == (200, 302)
    assert opens(substitute.user) == (200, 302)
    assert opens(substitute.user, other_day) == (404, 404)
    assert opens(make_user(is_deputy=True)) == (200, 404)
    assert opens(teacher_user(school_class)) == (404, 404)
    assert opens(make_user()) == (404, 404)


def test_a_lesson_that_is_not_held_has_no_page(client, teacher, course, pupil):
    assert client.get(url(course, number=3)).status_code == 404
    assert client.get(url(course, day=MONDAY + timedelta(days=1))).status_code == 404
    make_lesson(course, MONDAY, 2, is_cancelled=True)
    assert client.get(url(course)).status_code == 404


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (datetime(2026, 11, 23, 9, 0), ""),
        (datetime(2026, 11, 24, 9, 0), "Прошло больше 7 дней"),
        (datetime(2026, 11, 15, 9, 0), "ещё не наступил"),
    ],
)
def test_facts_are_stated_on_the_day_and_a_week_after(client, teacher, course, pupil, clock, now, words):
    value = row_of(client, course, pupil).buttons[0].value
    clock(now)
    enter(client, teacher)

    assert words in client.get(url(course)).context["page"].read_only
    answer = client.post(url(course, "lesson_press"), {"press": value}, **JSON)
    check = client.post(url(course, "lesson_check"), follow=True)

    assert (answer.status_code == 200) is (not words)
    assert Absence.objects.exists() is LessonCheck.objects.exists() is (not words)
    assert words in words_of(check)


def test_a_closed_month_takes_no_facts(client, teacher, course, pupil):
    value = row_of(client, course, pupil).buttons[0].value
    ClosedMonth.objects.create(month=date(2026, 11, 1), closed_by=make_user())

    answer = client.post(url(course, "lesson_press"), {"press": value}, **JSON)

    assert "Месяц закрыт" in answer.json()["refused"]
    assert places(pupil) == {}


def test_the_rest_are_there(client, teacher, course, pupil):
    client.post(url(course, "lesson_check"))
    page = client.post(url(course, "lesson_check"), follow=True)

    assert LessonCheck.objects.get().by == teacher
    assert "проверено в 10:20, Шилова З." in words_of(page)


# --- What is shown, its trace, its cost ------------------------------------------------------------


def test_a_subject_teacher_sees_names_and_letters_only(client, teacher, course, pupil):
    pupil.phone, pupil.address = "+7 900 111-22-33", "улица Тайная"
    pupil.save()
    paper = AbsenceDocument.objects.create(
        pupil=pupil, kind="certificate", reason=ILL, date_from=MONDAY, date_to=MONDAY, number="518",
        note="гастрит", added_by=make_user(),
    )  # fmt: skip
    make_absence(pupil, reason=ILL, document=paper)

    page = client.get(url(course))
    body = page.content.decode()

    assert "Калинина Милана" in body
    assert all(secret not in body for secret in ("гастрит", "518", "справка", "Тайная", "111-22-33", "2013"))
    event = AuditEvent.objects.get(action="read")
    assert (event.actor, event.pupil_id) == (teacher, pupil.pk)
    assert event.subject == "кто отсутствует: Физика, 16.11.2026"


def test_the_fact_stands_in_the_journal_of_the_subject_at_once(client, teacher, course, pupil):
    make_lesson(course, MONDAY, 2)
    state(client, course, pupil, "Нет")

    register = client.get(reverse("journal:own_course", args=[course.pk])).context["register"]
    column = next(index for index, one in enumerate(register.columns) if one.date == MONDAY)

    assert register.rows[0].cells[column].text == "Н"


def test_own_lessons_of_today_lead_to_the_page_and_show_what_is_checked(client, teacher, course, pupil):
    link = f'href="{url(course)}"'
    assert link in client.get("/").content.decode()
    assert "Кто отсутствует ✓" not in words_of(client.get("/"))

    client.post(url(course, "lesson_check"))

    assert "Кто отсутствует ✓" in words_of(client.get("/"))


@pytest.mark.parametrize("pupils", [1, 30])
def test_the_page_and_a_press_cost_the_same_for_any_class(
    client, teacher, course, school_class, pupils, django_assert_num_queries
):
    for _ in range(pupils):
        pupil = make_pupil(school_class)
        make_absence(pupil, reason=ILL)
        PresenceFact.objects.create(pupil=pupil, date=MONDAY, lesson=2, by=teacher)
    free = make_pupil(school_class)

    # session, user, teaching; course; calendar, plans, roll, places, lessons; absences, presence, check, month; audit
    with django_assert_num_queries(14):
        client.get(url(course))
    value = row_of(client, course, free).buttons[0].value
    with django_assert_num_queries(22):
        client.post(url(course, "lesson_press"), {"press": value, "key": uuid4()}, **JSON)


# --- The class teacher's answers ------------------------------------------------------------------


@pytest.fixture
def answers(client, school_class):
    """Presses a button of the list; the class teacher is signed in."""
    enter(client, teacher_user(school_class))

    def press(value, reason):
        data = {"answer": f"{MONDAY.isoformat()}:{value}:{reason}"}
        return client.post(reverse("attendance:conflicts_answer", args=[school_class.pk]), data, follow=True)

    return press


def listed(client, school_class):
    return client.get(reverse("attendance:conflicts", args=[school_class.pk])).context["page"].days


def test_facts_are_listed_by_day_and_pupil_with_who_stated_them(client, answers, school_class, course, pupil):
    make_absence(pupil, lesson=2, reason=UNEXCUSED, is_confirmed=False, marked_by=course.teacher.user)
    make_absence(pupil, MONDAY - timedelta(days=3), lesson=1, reason=UNEXCUSED, is_confirmed=False)
    make_absence(pupil, MONDAY - timedelta(days=4), lesson=1, reason=UNEXCUSED)

    days = listed(client, school_class)

    assert [(day.day, [(fact.where, fact.by) for fact in day.facts]) for day in days] == [
        (MONDAY, [("2 урок, физика", "Шилова З.")]),
        (MONDAY - timedelta(days=3), [("1 урок", "")]),
    ]


@pytest.mark.parametrize("reason", [ILL, EXCUSED, UNEXCUSED])
def test_one_press_answers_a_fact_a_pupils_day_or_all_of_a_day(client, answers, school_class, pupil, reason):
    other = make_pupil(school_class)
    for lesson in (2, 3):
        make_absence(pupil, lesson=lesson, reason=UNEXCUSED, is_confirmed=False)
    make_absence(other, lesson=2, reason=UNEXCUSED, is_confirmed=False)
    (day,) = listed(client, school_class)

    answers(day.pupils[0].facts[0].key, reason)
    assert places(pupil) == {2: (reason, True, None), 3: (UNEXCUSED, False, None)}

    answers(day.pupils[0].value, reason)
    assert places(pupil) == {2: (reason, True, None), 3: (reason, True, None)}
    assert places(other) == {2: (UNEXCUSED, False, None)}

    page = answers(day.value, reason)
    assert places(other) == {2: (reason, True, None)}
    assert listed(client, school_class) == []
    assert "1 отметка, причина" in words_of(page)
    assert AbsenceChange.objects.count() == 3  # what stood already was not written again


def test_what_a_colleague_answered_meanwhile_is_told_and_kept(client, answers, school_class, pupil):
    other = make_pupil(school_class)
    for one in (pupil, other):
        make_absence(one, lesson=2, reason=UNEXCUSED, is_confirmed=False)
    (day,) = listed(client, school_class)
    colleague = make_user(last_name="Орлова")
    Absence.objects.filter(pupil=pupil).update(reason=EXCUSED, is_confirmed=True, marked_by=colleague)

    page = answers(day.value, ILL)

    assert places(pupil) == {2: (EXCUSED, True, None)}
    assert places(other) == {2: (ILL, True, None)}
    assert "Калинина Милана, 2 урок: стоит У (Орлова П." in words_of(page)


def test_facts_of_another_class_are_not_answered(client, answers, school_class):
    stranger = make_pupil(make_class("7А", year=school_class.year))
    make_absence(stranger, lesson=2, reason=UNEXCUSED, is_confirmed=False)

    page = answers(f"{stranger.pk}.2", ILL)

    assert places(stranger) == {2: (UNEXCUSED, False, None)}
    assert stranger.list_name not in words_of(page)


@pytest.mark.parametrize("text", ["", "1", "2026-11-16:1.2:late", "2026-11-16::ill", "x:1.2:ill", "2026-11-16:1.x:ill"])
def test_junk_instead_of_an_answer_is_refused_in_words(client, answers, school_class, text):
    page = client.post(reverse("attendance:conflicts_answer", args=[school_class.pk]), {"answer": text}, follow=True)

    assert "Обновите страницу" in words_of(page)
