"""Absent by the register and yet at a lesson: what contradicts what, decisions, undoing them (domain.md §2)."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from attendance.conflicts import Proof, conflicts, contradicted
from attendance.models import (
    Absence,
    AbsenceChange,
    AbsenceDocument,
    ClosedMonth,
    ConflictDecision,
    DocumentHold,
    PresenceFact,
    Reason,
)
from attendance.queries import late_minutes, marks_by_day
from tests.factories import (
    make_absence,
    make_class,
    make_course,
    make_lesson,
    make_mark,
    make_pupil,
    make_slot,
    make_user,
    teacher_user,
)
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
ILL, EXCUSED, UNEXCUSED, LATE = Reason.ILL, Reason.EXCUSED, Reason.UNEXCUSED, Reason.LATE
FIVE = Proof(3, "mark", "5")


@pytest.fixture(autouse=True)
def friday(clock):
    clock(datetime(2026, 11, 20, 14, 0))


@pytest.fixture
def school_class():
    """7Б with four lessons on Fridays, physics the third."""
    school_class = make_class("7Б")
    for number, subject in enumerate(("Алгебра", "Химия", "Физика", "История"), start=1):
        make_slot(make_course(school_class, subject), 5, number)
    return school_class


@pytest.fixture
def pupil(school_class):
    return make_pupil(school_class, last_name="Калинина", first_name="Милана")


@pytest.fixture
def teacher(client, school_class):
    user = teacher_user(school_class)
    enter(client, user)
    return user


def mark_at(school_class, pupil, number=3, value="4"):
    course = school_class.courses.get(subject__name=("Алгебра", "Химия", "Физика", "История")[number - 1])
    lesson = course.lessons.filter(date=FRIDAY, number=number).first() or make_lesson(course, FRIDAY, number)
    return make_mark(lesson, pupil, value)


def found(*pupils, start=FRIDAY, end=FRIDAY):
    return conflicts(pupils, marks_by_day([pupil.pk for pupil in pupils], start, end), start, end)


def standing(pupil):
    return {row.lesson: row.reason for row in Absence.objects.filter(pupil=pupil, date=FRIDAY)}


def url(school_class, name="conflicts"):
    return reverse(f"attendance:{name}", args=[school_class.pk])


def decide(client, school_class, who, choice, *, lesson=0, **fields):
    """Presses a button of the page as it stands: the hidden fields come from there."""
    (row,) = [
        (row, key)
        for row, key, _ in client.get(url(school_class)).context["conflicts"]
        if (row.pupil, row.lesson) == (who, lesson)
    ]
    data = {
        "pupil": who.pk, "day": FRIDAY.isoformat(), "lesson": lesson, "seen": row[0].stamp, "key": row[1],
        "choice": choice, "note": "",
    }  # fmt: skip
    return client.post(url(school_class, "conflicts_decide"), data | fields), data | fields


# --- The rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marks", "proofs", "places"),
    [
        ({0: ILL}, [FIVE], {0: (FIVE,)}),
        ({3: UNEXCUSED}, [FIVE], {3: (FIVE,)}),
        ({2: UNEXCUSED}, [FIVE], {}),  # absent at another lesson
        ({3: LATE}, [FIVE], {}),  # late is there
        ({}, [FIVE], {}),
        ({0: ILL, 3: UNEXCUSED}, [FIVE], {0: (FIVE,)}),
        ({0: ILL, 2: LATE}, [Proof(2, "late"), FIVE], {0: (Proof(2, "late"), FIVE)}),
    ],
)
def test_what_contradicts_what(marks, proofs, places):
    assert contradicted(marks, proofs) == places


@pytest.mark.parametrize("proof", [FIVE, Proof(12, "seen"), Proof(1, "late")])
def test_a_proof_is_read_back_from_its_key(proof):
    assert Proof.parse(proof.key) == proof


def test_a_mark_a_presence_and_a_lateness_speak_against_a_whole_day(school_class, pupil):
    make_absence(pupil, FRIDAY, reason=ILL)
    make_absence(pupil, FRIDAY, lesson=1, reason=LATE)
    mark_at(school_class, pupil, 3, "4")
    seen_by = make_user(last_name="Шилова", first_name="Зоя", patronymic="Марковна")
    PresenceFact.objects.create(pupil=pupil, date=FRIDAY, lesson=4, by=seen_by)

    (row,) = found(pupil)

    assert (row.day, row.lesson, row.letter, row.seen_at) == (FRIDAY, 0, "Б", (1, 3, 4))
    assert row.words == (
        "на 1-м уроке опоздание, а не пропуск; на 3-м уроке отметка 4, физика; "
        "на 4-м уроке учитель отметил: был на уроке, Шилова З. М."
    )


def test_a_mark_at_another_lesson_does_not_contradict_an_absence_at_a_lesson(school_class, pupil):
    make_absence(pupil, FRIDAY, lesson=2, reason=UNEXCUSED)
    mark_at(school_class, pupil, 3)
    assert found(pupil) == []

    mark_at(school_class, pupil, 2)
    assert [(row.lesson, row.words) for row in found(pupil)] == [(2, "на 2-м уроке отметка 4, химия")]


@pytest.mark.parametrize("value", ["осв", "н/а", "."])
def test_what_needs_no_presence_contradicts_nothing(school_class, pupil, value):
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3, value)

    assert found(pupil) == []


def test_of_another_day_or_pupil_nothing_is_taken(school_class, pupil):
    other = make_pupil(school_class)
    make_absence(pupil, FRIDAY, reason=ILL)
    make_absence(other, FRIDAY - timedelta(days=7), reason=ILL)
    mark_at(school_class, other)

    assert found(pupil, other, start=FRIDAY - timedelta(days=14)) == []


@pytest.mark.parametrize("kind", ["mark", "seen", "late"])
def test_the_sheet_tells_the_same_and_falls_silent_once_decided(client, teacher, school_class, pupil, kind):
    make_absence(pupil, FRIDAY, reason=ILL)
    if kind == "mark":
        mark_at(school_class, pupil)
    elif kind == "seen":
        PresenceFact.objects.create(pupil=pupil, date=FRIDAY, lesson=3, by=teacher)
    else:
        make_absence(pupil, FRIDAY, lesson=3, reason=LATE)
    sheet = reverse("attendance:day_sheet", args=[school_class.pk, FRIDAY])
    (row,) = found(pupil)

    def told():
        return [(row.pupil_id, letter, proof) for row, letter, proof in client.get(sheet).context["sheet"].conflicts]

    assert told() == [(pupil.pk, "Б", row.proofs[0])]

    ConflictDecision.objects.create(pupil=pupil, date=FRIDAY, lesson=0, proof=row.proofs[0].key, by=teacher)

    assert told() == []
    assert found(pupil) == []


def test_another_mark_at_a_decided_lesson_is_asked_again(school_class, pupil, teacher):
    make_absence(pupil, FRIDAY, reason=ILL)
    ConflictDecision.objects.create(pupil=pupil, date=FRIDAY, lesson=0, proof="mark:3:4", by=teacher)
    mark_at(school_class, pupil, 3, "4")
    assert found(pupil) == []

    mark_at(school_class, pupil, 4, "2")
    assert [row.seen_at for row in found(pupil)] == [(4,)]


# --- Decisions ------------------------------------------------------------------------------------


def test_was_at_the_lesson_leaves_the_other_own_lessons_with_reason_and_document(client, teacher, school_class, pupil):
    document = AbsenceDocument.objects.create(
        pupil=pupil, kind="certificate", reason=ILL, date_from=FRIDAY, date_to=FRIDAY, added_by=teacher
    )
    make_absence(pupil, FRIDAY, reason=ILL, document=document)
    DocumentHold.objects.create(
        document=document, pupil=pupil, date=FRIDAY, lesson=0, old_reason=UNEXCUSED, old_confirmed=False
    )
    make_absence(pupil, FRIDAY, lesson=2, reason=EXCUSED)
    mark_at(school_class, pupil, 3)

    decide(client, school_class, pupil, "at_lesson")

    rows = Absence.objects.filter(pupil=pupil, date=FRIDAY).values_list("lesson", "reason", "document")
    assert set(rows) == {(1, ILL, document.pk), (2, EXCUSED, None), (4, ILL, document.pk)}
    changes = AbsenceChange.objects.filter(pupil=pupil).values_list("lesson", "old", "new", "source", "by")
    assert set(changes) == {
        (0, ILL, "", "conflict", teacher.pk),
        (1, "", ILL, "conflict", teacher.pk),
        (4, "", ILL, "conflict", teacher.pk),
    }
    # Removing the document gives each lesson what it had found on the whole day.
    holds = DocumentHold.objects.filter(document=document).values_list("lesson", "old_reason", "old_confirmed")
    assert set(holds) == {(0, UNEXCUSED, False), (1, UNEXCUSED, False), (4, UNEXCUSED, False)}


def test_was_all_day_clears_the_day_and_the_lesson_but_not_what_was_said_of_other_lessons(
    client, teacher, school_class, pupil
):
    make_absence(pupil, FRIDAY, reason=ILL)
    make_absence(pupil, FRIDAY, lesson=3, reason=UNEXCUSED)
    make_absence(pupil, FRIDAY, lesson=4, reason=EXCUSED)
    mark_at(school_class, pupil, 3)

    decide(client, school_class, pupil, "all_day")

    assert standing(pupil) == {4: EXCUSED}


def test_absent_at_one_lesson_is_cleared_there_alone(client, teacher, school_class, pupil):
    make_absence(pupil, FRIDAY, lesson=2, reason=EXCUSED)
    make_absence(pupil, FRIDAY, lesson=3, reason=UNEXCUSED, is_confirmed=False)
    mark_at(school_class, pupil, 3)

    decide(client, school_class, pupil, "at_lesson", lesson=3)

    assert standing(pupil) == {2: EXCUSED}


def test_left_as_it_is_it_is_not_asked_again_and_can_be_asked_anew(client, teacher, school_class, pupil):
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3, "4")

    decide(client, school_class, pupil, "keep", note="работа сдана раньше")

    assert standing(pupil) == {0: ILL}
    row = ConflictDecision.objects.get()
    assert (row.proof, row.note, row.by) == ("mark:3:4", "работа сдана раньше", teacher)
    page = client.get(url(school_class))
    assert page.context["conflicts"] == []
    assert "на 3-м уроке отметка 4 · работа сдана раньше" in words_of(page)

    client.post(url(school_class, "conflicts_undo"), {"kept": str(row.pk)})

    assert not ConflictDecision.objects.exists()
    assert len(client.get(url(school_class)).context["conflicts"]) == 1
    event = AuditEvent.objects.get(object_type="conflictdecision")
    assert (event.pupil_id, event.old["note"]) == (pupil.pk, "работа сдана раньше")


@pytest.mark.parametrize("choice", ["at_lesson", "all_day", "keep"])
def test_every_decision_can_be_taken_back_exactly(client, teacher, school_class, pupil, choice):
    doctor = make_user()
    moment = datetime.fromisoformat("2026-11-20T05:30:00+00:00")
    document = AbsenceDocument.objects.create(
        pupil=pupil, kind="certificate", reason=ILL, date_from=FRIDAY, date_to=FRIDAY, added_by=teacher
    )
    make_absence(pupil, FRIDAY, reason=ILL, document=document, marked_by=doctor, marked_at=moment)
    DocumentHold.objects.create(document=document, pupil=pupil, date=FRIDAY, lesson=0)
    make_absence(pupil, FRIDAY, lesson=3, reason=UNEXCUSED, is_confirmed=False, marked_by=doctor, marked_at=moment)
    mark_at(school_class, pupil, 3)

    def everything():
        columns = ("lesson", "reason", "is_confirmed", "minutes", "document", "marked_by", "marked_at")
        return (
            sorted(Absence.objects.filter(pupil=pupil).values_list(*columns)),
            list(DocumentHold.objects.values_list("lesson")),
            list(ConflictDecision.objects.values_list("proof")),
        )

    before = everything()
    response, _ = decide(client, school_class, pupil, choice)
    assert everything() != before
    word = client.get(response.url).context["undo"]

    for _ in range(2):  # sent twice it acts once
        answer = client.post(url(school_class, "conflicts_undo"), {"word": word}, follow=True)
        assert "всё стоит, как до решения" in words_of(answer)
        assert everything() == before


def test_what_was_changed_since_is_not_taken_back(client, teacher, school_class, pupil):
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3)
    response, _ = decide(client, school_class, pupil, "at_lesson")
    word = client.get(response.url).context["undo"]
    Absence.objects.filter(pupil=pupil, lesson=4).update(reason=EXCUSED)

    answer = client.post(url(school_class, "conflicts_undo"), {"word": word}, follow=True)

    assert "с тех пор отметки этого дня изменили" in words_of(answer)
    assert standing(pupil) == {1: ILL, 2: ILL, 4: EXCUSED}


def test_a_word_of_another_class_undoes_nothing(client, teacher, school_class, pupil):
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3)
    response, _ = decide(client, school_class, pupil, "all_day")
    word = client.get(response.url).context["undo"]
    other = make_class("7А", year=school_class.year)
    enter(client, teacher_user(other))

    client.post(url(other, "conflicts_undo"), {"word": word})
    client.post(url(other, "conflicts_undo"), {"word": "подделка"})

    assert standing(pupil) == {}


@pytest.mark.parametrize("choice", ["at_lesson", "keep"])
def test_a_form_sent_twice_acts_once(client, teacher, school_class, pupil, choice):
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3)
    _, data = decide(client, school_class, pupil, choice)
    done = AbsenceChange.objects.count(), ConflictDecision.objects.count(), standing(pupil)

    again = client.post(url(school_class, "conflicts_decide"), data, follow=True)

    assert "Это уже решено" in words_of(again)
    assert (AbsenceChange.objects.count(), ConflictDecision.objects.count(), standing(pupil)) == done


def test_a_stale_page_changes_nothing_shows_both_and_keeps_what_was_typed(client, teacher, school_class, pupil):
    absence = make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3)
    stale = client.get(url(school_class)).context["conflicts"][0][0].stamp
    colleague = make_user(last_name="Орлова", first_name="Мария", patronymic="Сергеевна")
    Absence.objects.filter(pk=absence.pk).update(reason=EXCUSED, marked_by=colleague)

    response, _ = decide(client, school_class, pupil, "all_day", seen=stale, note="был у врача")

    assert response.status_code == 409
    assert standing(pupil) == {0: EXCUSED}
    assert "На странице стояло Б, теперь У (Орлова М. С." in words_of(response)
    assert 'value="был у врача"' in response.content.decode()


def test_a_new_proof_makes_a_page_stale_too(client, teacher, school_class, pupil):
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3)
    stale = client.get(url(school_class)).context["conflicts"][0][0].stamp
    mark_at(school_class, pupil, 4)

    response, _ = decide(client, school_class, pupil, "keep", seen=stale)

    assert (response.status_code, ConflictDecision.objects.count()) == (409, 0)


def test_without_a_timetable_the_day_cannot_be_split(client, teacher, school_class, pupil):
    make_absence(pupil, FRIDAY, reason=ILL)
    PresenceFact.objects.create(pupil=pupil, date=FRIDAY, lesson=3, by=teacher)
    for course in school_class.courses.all():
        course.slots.all().delete()

    response, _ = decide(client, school_class, pupil, "at_lesson", note="проверю")

    assert "Уроки этого дня неизвестны" in words_of(response)
    assert 'value="проверю"' in response.content.decode()
    assert standing(pupil) == {0: ILL}


def test_a_closed_month_is_changed_by_the_deputy_with_words_only(client, teacher, school_class, pupil):
    deputy = make_user(is_deputy=True)
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3)
    ClosedMonth.objects.create(month=date(2026, 11, 1), closed_by=deputy)

    response, _ = decide(client, school_class, pupil, "all_day", note="ошибка")
    assert "Месяц закрыт" in words_of(response)
    assert standing(pupil) == {0: ILL}

    enter(client, deputy)
    response, _ = decide(client, school_class, pupil, "all_day")
    assert "напишите в поле «Пояснение»" in words_of(response)
    assert standing(pupil) == {0: ILL}

    decide(client, school_class, pupil, "all_day", note="ошибка при переносе")
    assert standing(pupil) == {}
    assert AbsenceChange.objects.get(pupil=pupil).why == "ошибка при переносе"


def test_a_pupil_of_another_class_is_not_decided_about(client, teacher, school_class, pupil):
    stranger = make_pupil(make_class("7А", year=school_class.year))
    make_absence(stranger, FRIDAY, reason=ILL)
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3)

    response, _ = decide(client, school_class, pupil, "all_day", pupil=stranger.pk)

    assert "не было в списке класса 7Б" in words_of(response)
    assert standing(stranger) == {0: ILL}


def test_a_decision_of_the_pupils_next_class_is_not_forgotten_by_the_former_one(client, teacher, school_class, pupil):
    pupil.enrolments.update(date_to=FRIDAY - timedelta(days=1))
    now = make_class("7А", year=school_class.year)
    pupil.enrolments.create(school_class=now, date_from=FRIDAY)
    row = ConflictDecision.objects.create(pupil=pupil, date=FRIDAY, lesson=0, proof="mark:3:4", by=teacher_user(now))

    client.post(url(school_class, "conflicts_undo"), {"kept": str(row.pk)})
    assert ConflictDecision.objects.filter(pk=row.pk).exists()

    enter(client, teacher_user(now))
    client.post(url(now, "conflicts_undo"), {"kept": str(row.pk)})
    assert not ConflictDecision.objects.filter(pk=row.pk).exists()


# --- The page -------------------------------------------------------------------------------------


def test_days_off_the_roll_of_the_class_are_not_shown(client, teacher, school_class):
    gone = make_pupil(school_class, until=FRIDAY - timedelta(days=1), last_name="Ушедшая")
    make_absence(gone, FRIDAY, reason=ILL)
    make_absence(gone, FRIDAY, lesson=2, reason=UNEXCUSED, is_confirmed=False)
    mark_at(school_class, gone, 3)

    assert "Ушедшая" not in words_of(client.get(url(school_class)))


def test_a_term_narrows_the_list_and_its_files(client, teacher, school_class, pupil):
    october = date(2026, 10, 9)
    make_absence(pupil, october, lesson=1, reason=UNEXCUSED, is_confirmed=False)
    make_absence(pupil, FRIDAY, reason=ILL)
    mark_at(school_class, pupil, 3)

    def kinds(term):
        answer = client.get(url(school_class, "conflicts_csv"), {"term": term} if term else {})
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
        return [(row[0], row[1], row[4]) for row in rows[1:]]

    assert kinds("1") == [("причина не выяснена", "09.10.2026", "Н")]
    assert kinds("2") == [("противоречие", "20.11.2026", "Б")]
    assert kinds("") == kinds("1") + kinds("2")
    assert client.get(url(school_class), {"term": "4"}).status_code == 404
    assert AuditEvent.objects.filter(action="export", class_id=school_class.pk).count() == 5


@pytest.mark.parametrize("pupils", [2, 30])
def test_the_page_costs_the_same_for_any_class(client, teacher, school_class, pupils, django_assert_num_queries):
    for _ in range(pupils):
        pupil = make_pupil(school_class)
        make_absence(pupil, FRIDAY, reason=ILL)
        mark_at(school_class, pupil, 3)
        make_absence(pupil, FRIDAY - timedelta(days=7), lesson=2, reason=UNEXCUSED, is_confirmed=False)
        ConflictDecision.objects.create(pupil=pupil, date=FRIDAY, lesson=0, proof="seen:1", by=teacher)

    # session, user, teaching; calendar, audit; roll, courses, lessons; absences, unconfirmed, proofs, decisions, months
    with django_assert_num_queries(13):
        page = client.get(url(school_class))

    assert len(page.context["conflicts"]) == pupils


def test_minutes_of_lateness_are_summed_apart(school_class, pupil):
    other, punctual = make_pupil(school_class), make_pupil(school_class)
    make_absence(pupil, FRIDAY, lesson=1, reason=LATE, minutes=10)
    make_absence(pupil, FRIDAY, lesson=2, reason=LATE, minutes=5)
    make_absence(pupil, FRIDAY - timedelta(days=1), lesson=2, reason=LATE, minutes=40)
    make_absence(other, FRIDAY, lesson=1, reason=LATE)

    assert late_minutes([pupil.pk, other.pk, punctual.pk], FRIDAY, FRIDAY) == {pupil.pk: 15}
