"""The history of a cell, topics, the matrix, the lists: what they tell, besides who may see them."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from journal.calendar import load_calendar
from journal.grid import body_html, workings
from journal.models import Homework, PeriodMark, WorkKind
from journal.queries.card import card_of
from journal.queries.history import history_of
from journal.queries.matrix import matrix_of
from journal.queries.register import Row
from journal.queries.roll import class_list, parallels_of
from journal.queries.topics import topics_of
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_guardian,
    make_lesson,
    make_mark,
    make_pupil,
    make_subject,
    make_teacher,
    make_user,
    teacher_user,
)
from tests.journal.test_register import register

pytestmark = pytest.mark.django_db
TODAY = datetime(2026, 11, 23).date()


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


def change(pupil, mark_id: int, old, new, by) -> None:
    AuditEvent.objects.create(
        actor=by, action=AuditEvent.Action.CHANGE, subject="отметка", object_type="mark",
        object_id=mark_id, pupil_id=pupil.pk, old=old, new=new,
    )  # fmt: skip


def test_a_cell_tells_what_stands_who_put_it_and_what_stood_before(school_class):
    pupil, neighbour = make_pupil(school_class), make_pupil(school_class)
    teacher = make_teacher(last_name="Шилова", first_name="Зоя", patronymic="Марковна").user
    lesson = make_lesson(make_course(school_class), MONDAY, 2)
    kind = WorkKind.objects.get(is_control=True)
    mark = make_mark(lesson, pupil, "5", kind=kind, comment="без ошибок", set_by=teacher)
    change(pupil, mark.pk, {"value": "4", "lesson": lesson.pk}, {"value": "5", "lesson": lesson.pk}, teacher)
    change(pupil, 10**6, {"value": "2", "lesson": lesson.pk}, None, teacher)  # erased since
    change(neighbour, 10**6, {"value": "3", "lesson": lesson.pk}, None, teacher)

    history = history_of(pupil, lesson)

    (standing,) = history.marks
    assert (standing.value, standing.kind, standing.weight) == ("5", "контрольная работа", 3)
    assert (standing.comment, standing.by) == ("без ошибок", "Шилова З.")
    assert [(c.old, c.new) for c in history.mark_changes] == [("2", ""), ("4", "5")]


def test_a_cell_tells_the_history_of_its_letter(school_class):
    pupil = make_pupil(school_class)
    by = make_user(last_name="Орлова", first_name="Мария")
    lesson = make_lesson(make_course(school_class), MONDAY, 2)
    pupil.absences.create(date=MONDAY, lesson=0, reason="excused")
    now = timezone.now()
    steps = [(0, "", "unexcused"), (0, "unexcused", "excused"), (5, "", "ill")]
    for number, (place, old, new) in enumerate(steps):
        at = now + timedelta(minutes=number)
        pupil.absence_changes.create(key=uuid4(), date=MONDAY, lesson=place, old=old, new=new, by=by, at=at)

    history = history_of(pupil, lesson)

    assert (history.letter.sign, history.is_whole_day) == ("У", True)
    assert [(c.place, c.old, c.new, c.by) for c in history.letter_changes] == [
        ("весь день", "Н", "У", "Орлова М."),
        ("весь день", "", "Н", "Орлова М."),
    ]


def test_topics_come_newest_first_with_tasks_and_substitutions(school_class):
    course = make_course(school_class)
    substitute = make_teacher(last_name="Заменова", first_name="Ада", patronymic="Львовна")
    old = make_lesson(course, MONDAY, 1, topic="Дроби")
    make_lesson(course, MONDAY, 2, topic="Степени", substitute=substitute)
    make_lesson(course, MONDAY + timedelta(1), 1, is_cancelled=True)
    Homework.objects.create(lesson=old, text="№ 12", due_on=MONDAY + timedelta(2))

    rows = topics_of(course)

    assert [(row.topic, row.substitute, row.is_cancelled) for row in rows] == [
        ("", "", True),
        ("Степени", "Заменова А. Л.", False),
        ("Дроби", "", False),
    ]
    assert [(task.text, task.due_on) for task in rows[2].tasks] == [("№ 12", MONDAY + timedelta(2))]


def matrix(school_class, number: int = 2):
    calendar = load_calendar(school_class.year)
    term = next(t for t in calendar.terms_for(school_class.grade) if t.number == number)
    return matrix_of(school_class, calendar=calendar, term=term, today=TODAY)


def test_the_matrix_holds_every_subject_once_and_the_same_means_as_the_registers(school_class):
    it = make_subject("Информатика")
    pupil, other = make_pupil(school_class), make_pupil(school_class)
    groups = [make_group(school_class, it, name, [p]) for name, p in (("1 группа", pupil), ("2 группа", other))]
    courses = [make_course(subject=it, group=group) for group in groups]
    algebra = make_course(school_class, "Алгебра")
    make_course(school_class, make_subject("Разговоры о важном", has_marks=False))
    control = WorkKind.objects.get(is_control=True)
    for course, child in ((courses[0], pupil), (courses[1], other), (algebra, pupil)):
        for number, value in enumerate(["5", "4", "4"], start=1):
            make_mark(make_lesson(course, MONDAY, number), child, value, kind=control if number == 1 else None)

    table = matrix(school_class)

    assert [subject.name for subject in table.subjects] == ["Алгебра", "Информатика"]
    by_pupil = {row.pupil_id: row.cells for row in table.rows}
    assert [cell.mean for cell in by_pupil[pupil.pk]] == [Decimal(23) / 5] * 2
    assert [cell.mean for cell in by_pupil[other.pk]] == [None, Decimal(23) / 5]
    for course, child, index in ((courses[0], pupil, 1), (courses[1], other, 1), (algebra, pupil, 0)):
        (row,) = [r for r in register(course, school_class).rows if r.pupil_id == child.pk]
        assert row.mean == by_pupil[child.pk][index].mean


@pytest.mark.parametrize(
    ("values", "few", "risk"), [("22", True, True), ("222", False, True), ("32", True, False), ("333", False, False)]
)
def test_the_matrix_flags_few_marks_and_a_two_ahead(school_class, values, few, risk):
    pupil = make_pupil(school_class)
    course = make_course(school_class)
    for number, value in enumerate(values, start=1):
        make_mark(make_lesson(course, MONDAY, number), pupil, value)

    table = matrix(school_class)

    ((cell,),) = [row.cells for row in table.rows]
    assert (cell.has_few, cell.at_risk) == (few, risk)
    assert table.risks == int(risk)


def test_the_matrix_carries_marks_from_another_class_once(school_class):
    other = make_class("7А", year=school_class.year)
    pupil = make_pupil(other, until=MONDAY)
    pupil.enrolments.create(school_class=school_class, date_from=MONDAY + timedelta(1))
    make_mark(make_lesson(make_course(other), MONDAY, 1), pupil, "3")
    make_mark(make_lesson(make_course(school_class), MONDAY + timedelta(2), 1), pupil, "5")

    ((cell,),) = [row.cells for row in matrix(school_class).rows]
    assert (cell.mean, cell.count) == (4, 2)


def test_the_matrix_shows_period_marks_of_its_term_only(school_class):
    pupil, course = make_pupil(school_class), make_course(school_class)
    for number, value in ((1, "4"), (2, "5")):
        term = school_class.year.terms.get(scheme="quarter", number=number)
        PeriodMark.objects.create(pupil=pupil, subject=course.subject, year=term.year, term=term, value=value)
    assert [row.cells[0].period_mark for row in matrix(school_class, 1).rows] == ["4"]


def test_how_a_mean_came_about_is_said_in_numbers():
    counted = [("5", Decimal("3.0")), ("5", Decimal("1.0")), ("4", Decimal("2.5"))]
    row = Row(1, "Анна", [], counted=counted, mean=Decimal(30) / Decimal("6.5"))
    assert workings(row) == "(5·3 + 5·1 + 4·2,5) / 6,5 = 4,62"
    row.carried = 1
    assert workings(row).endswith("из другой группы или класса: 1")


def test_markup_in_names_stays_text(school_class, client):
    evil = '<img src=x onerror="alert(1)">{pupil}'
    pupil = make_pupil(school_class, last_name=evil, first_name="&")
    course = make_course(school_class, evil)
    lesson = make_lesson(course, MONDAY, 1, topic=f'"{evil}')
    make_mark(lesson, pupil, "5", comment=evil)
    make_guardian(pupil, last_name=evil)
    body = body_html(register(course, school_class), cards_on=True)
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;{pupil} &amp;" in body

    client.force_login(teacher_user(school_class), backend="django.contrib.auth.backends.ModelBackend")
    ids = {"class_id": school_class.pk, "course_id": course.pk}
    for url in (
        reverse("journal:course", kwargs=ids),
        reverse("journal:topics", kwargs=ids),
        reverse("journal:cell", kwargs={**ids, "pupil_id": pupil.pk, "lesson_id": lesson.pk}),
        reverse("journal:matrix", args=[school_class.pk]),
        reverse("journal:class_list", args=[school_class.pk]),
        reverse("journal:pupil", args=[pupil.pk]),
    ):
        html = client.get(url).content.decode()
        assert "onerror=&quot;" in html and "<img src=x" not in html


def test_the_class_list_finds_and_keeps_the_numbers(school_class):
    names = ["Алёшин", "Белова", "Ёлкина"]
    pupils = {name: make_pupil(school_class, last_name=name, first_name="Лев") for name in names}
    make_pupil(school_class, last_name="Еремеев", first_name="Ян", until=MONDAY)
    make_pupil(school_class, last_name="Будущий", since=TODAY + timedelta(1))
    make_guardian(pupils["Ёлкина"], informing="paper_no_access", phone_mobile="+7 900")

    here, left = class_list(school_class, TODAY)
    assert [(row.number, row.pupil.last_name) for row in here] == list(enumerate(names, start=1))
    assert [row.pupil.last_name for row in left] == ["Еремеев"]

    here, left = class_list(school_class, TODAY, "ЕЛК лев")
    assert [(row.number, row.pupil.last_name) for row in here] == [(3, "Ёлкина")]
    assert [relation.on_paper for relation in here[0].guardianships] == [True]
    assert left == []


def test_classes_stand_by_parallel_with_teacher_and_size(school_class):
    year = school_class.year
    for name in ("7А", "10А", "2А"):
        make_class(name, year=year, teacher=make_teacher(last_name=f"Ведёт{name}", first_name="А", patronymic=""))
    make_pupil(school_class), make_pupil(school_class, until=MONDAY)

    parallels = parallels_of(make_user(is_deputy=True), TODAY)

    assert [(p.grade, [row.school_class.name for row in p.classes]) for p in parallels] == [
        (2, ["2А"]), (7, ["7А", "7Б"]), (10, ["10А"]),
    ]  # fmt: skip
    assert (parallels[1].classes[0].teacher, parallels[1].classes[1].size, parallels[1].size) == ("Ведёт7А А.", 1, 1)


def test_the_card_shows_the_newest_and_who_looked(school_class):
    pupil, neighbour = make_pupil(school_class), make_pupil(school_class)
    course = make_course(school_class)
    for number in range(1, 13):
        make_mark(make_lesson(course, MONDAY, number), pupil, "5" if number > 2 else "3")
    pupil.absences.create(date=MONDAY, lesson=0, reason="ill")
    pupil.absences.create(date=TODAY, lesson=3, reason="unexcused")
    looker = make_user()
    read = {"actor": looker, "action": AuditEvent.Action.READ}
    for fields in (
        {"subject": "карточка", "pupil_id": pupil.pk},
        {"subject": "карточка", "pupil_id": pupil.pk, "class_id": school_class.pk},
        {"subject": "журнал", "class_id": school_class.pk},
        {"subject": "выписка", "class_id": school_class.pk, "pupil_id": neighbour.pk},
        {"subject": "список", "class_id": make_class("8А", year=school_class.year).pk},
    ):
        AuditEvent.objects.create(**read, **fields)

    card = card_of(pupil, school_class, TODAY)

    assert [mark.value for mark in card.studies.marks] == ["5"] * 10
    assert [(row.date, row.letter.sign) for row in card.studies.letters] == [(TODAY, "Н"), (MONDAY, "Б")]
    # The same look twice on a day is told once; a look at a neighbour is not a look at this child.
    assert [event.subject for event in card.looks] == ["журнал", "карточка"]


def test_the_card_shows_the_snils_masked_only(school_class, client):
    pupil = make_pupil(school_class, snils="112-233-445 95")
    client.force_login(teacher_user(school_class), backend="django.contrib.auth.backends.ModelBackend")
    html = client.get(reverse("journal:pupil", args=[pupil.pk])).content.decode()
    assert "•••-•••-445 95" in html
    assert "112-233" not in html and "11223344595" not in html
