"""What the operator leaves to the class teacher: two values, one press each."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from journal.models import ClassTeacher, Enrolment, Guardian, Pupil, SchoolClass, Teacher
from journal.services.changes import edit_row
from reports.imports.undoing import undo_batch, undo_plan
from reports.models import ImportBatch, ImportConflict
from tests.clock import DEMO_MORNING
from tests.factories import make_pupil, make_user
from tests.imports import TODAY, load, load_school, look, people_table

pytestmark = pytest.mark.django_db

OLD, NEW, THIRD = "г. Город, ул. Лесная, д. 4", "ул. Новая, 1", "ул. Третья, 3"
HEADING = ["ФИО", "Класс", "Дата рождения", "Адрес", "СНИЛС", "Родитель", "Дата рождения родителя", "Телефон"]
STORK = ["Аистова Вера Петровна", "7Б", "04.03.2013"]
MOTHER = ["Аистова Нина Олеговна", "14.05.1984", "8 900 111-22-33"]


@pytest.fixture(autouse=True)
def morning(clock):
    clock(DEMO_MORNING)


@pytest.fixture
def operator():
    return make_user(is_operator=True, last_name="Операторов", first_name="Олег")


@pytest.fixture
def school_class(db) -> SchoolClass:
    load_school()
    return SchoolClass.objects.get(grade=7)


@pytest.fixture
def teacher(school_class, client):
    """The class teacher of 7Б, signed in."""
    user = make_user(last_name="Орлова", first_name="Мария")
    Teacher.objects.filter(last_name="Орлова").update(user=user)
    client.force_login(user)
    return user


def ask(operator, *rows) -> ImportBatch:
    batch = ImportBatch.objects.create(owner=operator, status="applied")
    rows = rows or ([*STORK, NEW, "087-654-303 00", *MOTHER],)
    preview = load(people_table(*rows, heading=HEADING), by=operator, batch_id=batch.pk, conflicts="ask")
    ImportBatch.objects.filter(pk=batch.pk).update(
        undo=preview.undo, preview=preview.to_json(), applied_at=batch.created_at
    )
    return batch


def address(school_class) -> str:
    return reverse("reports:questions", args=[school_class.pk])


def questions(client, school_class) -> dict:
    return {row.field: row for row in client.get(address(school_class)).context["rows"]}


def press(client, school_class, **data) -> str:
    return client.post(address(school_class), data, follow=True).content.decode()


def test_both_values_are_shown_and_nothing_has_changed_yet(client, teacher, operator, school_class):
    ask(operator)
    page = client.get(address(school_class)).content.decode()
    assert OLD in page and NEW in page
    assert "+7 900 111-22-33" in page
    assert "Спрашивает Операторов О." in page
    assert "087" not in page and "112-233" not in page and page.count("другой") == 2
    stork = Pupil.objects.get(last_name="Аистова")
    assert (stork.address, ImportConflict.objects.count()) == (OLD, 3)
    event = AuditEvent.objects.filter(action="read", subject="вопросы импорта").get()
    assert (event.actor, event.pupil_id, event.class_id) == (teacher, stork.pk, school_class.pk)


def test_taking_writes_through_the_card_and_tells_it(client, teacher, operator, school_class):
    ask(operator)
    rows = questions(client, school_class)
    told = press(client, school_class, one=f"{rows['адрес'].token}=take")
    assert "Взято из файла: 1." in told
    stork = Pupil.objects.get(last_name="Аистова")
    assert stork.address == NEW
    event = AuditEvent.objects.filter(action="change", object_type="pupil", object_id=stork.pk).first()
    assert (event.actor, event.old, event.new) == (teacher, {"address": OLD}, {"address": NEW})
    answered = ImportConflict.objects.get(field="address")
    assert (answered.answer, answered.answered_by) == ("take", teacher)
    assert set(questions(client, school_class)) == {"СНИЛС", "телефон мобильный"}


def test_a_snils_is_taken_from_its_encrypted_place(client, teacher, operator, school_class):
    ask(operator)
    stored = ImportConflict.objects.get(field="snils")
    assert "087654" not in stored.proposed and "112233" not in stored.current
    press(client, school_class, one=f"{questions(client, school_class)['СНИЛС'].token}=take")
    assert Pupil.objects.get(last_name="Аистова").snils == "08765430300"
    assert AuditEvent.objects.filter(action="change").first().new == {"snils": "изменён"}


def test_a_snils_that_somebody_else_has_by_now_is_refused_in_words(client, teacher, operator, school_class):
    ask(operator)
    other = make_pupil()
    other.snils = "087-654-303 00"
    other.save()
    told = press(client, school_class, one=f"{questions(client, school_class)['СНИЛС'].token}=take")
    assert "такое значение уже у другого человека" in told
    assert ImportConflict.objects.get(field="snils").answer == ""


def test_keeping_changes_nothing_and_is_recorded(client, teacher, operator, school_class):
    ask(operator)
    told = press(client, school_class, one=f"{questions(client, school_class)['адрес'].token}=keep")
    assert "Оставлено прежнее: 1." in told
    assert Pupil.objects.get(last_name="Аистова").address == OLD
    assert AuditEvent.objects.filter(subject="вопрос импорта: оставлено прежнее (адрес)", actor=teacher).count() == 1


def test_all_at_once(client, teacher, operator, school_class):
    ask(operator)
    shown = [row.token for row in questions(client, school_class).values()]
    assert "Взято из файла: 3." in press(client, school_class, all="take", shown=shown)
    assert Guardian.objects.get(first_name="Нина").phone_mobile == "+7 900 111-22-33"
    assert "Вопросов нет" in client.get(address(school_class)).content.decode()


def test_a_value_that_changed_meanwhile_is_shown_not_overwritten(client, teacher, operator, school_class):
    ask(operator)
    token = questions(client, school_class)["адрес"].token
    stork = Pupil.objects.get(last_name="Аистова")
    edit_row(stork, {"address": (OLD, THIRD)}, by=operator, pupil_ids=[stork.pk], subject="карточка")

    told = press(client, school_class, one=f"{token}=take")

    assert f"теперь там «{THIRD}»" in told
    assert "После вопроса значение изменили." in told
    assert Pupil.objects.get(pk=stork.pk).address == THIRD
    # The page has shown it now: the next press counts.
    press(client, school_class, one=f"{questions(client, school_class)['адрес'].token}=take")
    assert Pupil.objects.get(pk=stork.pk).address == NEW


@pytest.mark.parametrize(
    "data", [{}, {"one": "x"}, {"one": "1:abc=nonsense"}, {"all": "take"}, {"one": "9" * 30 + ":a=keep"}]
)
def test_a_press_that_says_nothing_is_answered_in_words(client, teacher, operator, school_class, data):
    ask(operator)
    told = press(client, school_class, **data)
    assert "Ответ не понят" in told or "уже ответили" in told
    assert ImportConflict.objects.filter(answer="").count() == 3


def test_the_same_press_twice_answers_once(client, teacher, operator, school_class):
    ask(operator)
    token = questions(client, school_class)["адрес"].token
    press(client, school_class, one=f"{token}=keep")
    assert "уже ответили" in press(client, school_class, one=f"{token}=take")
    assert Pupil.objects.get(last_name="Аистова").address == OLD


def test_another_class_teacher_finds_neither_page_nor_question(client, teacher, operator, school_class):
    ask(operator)
    token = questions(client, school_class)["адрес"].token
    other = SchoolClass.objects.get(grade=2)
    stranger = make_user()
    Teacher.objects.filter(last_name="Чайкина").update(user=stranger)
    client.force_login(stranger)
    assert client.get(address(school_class)).status_code == 404
    assert client.post(address(school_class), {"one": f"{token}=take"}).status_code == 404
    # A question of another class is not answered through one's own.
    press(client, other, one=f"{token}=take")
    assert Pupil.objects.get(last_name="Аистова").address == OLD


def test_a_child_who_moves_takes_the_question_along(client, teacher, operator, school_class):
    ask(operator)
    other = SchoolClass.objects.get(grade=2)
    stay = Enrolment.objects.get(pupil__last_name="Аистова")
    Enrolment.objects.filter(pk=stay.pk).update(date_to=date(2026, 11, 1))
    Enrolment.objects.create(pupil=stay.pupil, school_class=other, date_from=date(2026, 11, 2))
    assert questions(client, school_class) == {}
    client.force_login(make_user(is_deputy=True))
    assert len(client.get(address(other)).context["rows"]) == 3


# ---- where the teacher learns of it ----


def test_the_tab_and_the_line_of_today_are_there_only_while_something_is_open(client, teacher, operator, school_class):
    class_list, home = reverse("journal:class_list", args=[school_class.pk]), reverse("home")

    def told() -> tuple[bool, bool]:
        link = f'href="{address(school_class)}"'
        return link in client.get(class_list).content.decode(), link in client.get(home).content.decode()

    assert told() == (False, False)
    ask(operator)
    assert told() == (True, True)
    shown = [row.token for row in questions(client, school_class).values()]
    press(client, school_class, all="keep", shown=shown)
    assert told() == (False, False)


@pytest.mark.parametrize("rows", [1, 5])
def test_the_page_costs_the_same_for_any_number_of_questions(
    client, teacher, operator, school_class, rows, django_assert_num_queries
):
    names = ["Аистова Вера Петровна", "Берёзкин Фёдор Ильич", "Воробьёв Глеб Львович", "Гусева Дарья Андреевна",
             "Дятлов Егор Максимович"]  # fmt: skip
    born = ["04.03.2013", "06.05.2013", "08.07.2013", "10.09.2013", "12.11.2013"]
    ask(operator, *([name, "7Б", day, NEW] for name, day in list(zip(names, born, strict=True))[:rows]))
    client.get(address(school_class))
    with django_assert_num_queries(7):  # session, user, teacher with classes, questions, their pupils, changes, record
        assert len(client.get(address(school_class)).context["rows"]) == rows


# ---- what the import knows of it ----


def test_an_open_question_is_not_asked_again_and_a_kept_value_is_proposed_to_be_kept(
    client, teacher, operator, school_class
):
    ask(operator)
    file = people_table([*STORK, NEW], heading=HEADING[:4])
    again = look(file, conflicts="")
    assert [(one.decision, one.is_asked) for one in again.conflicts] == [("ask", True)]
    assert (again.undecided, again.to_ask) == ([], [])
    ask(operator, [*STORK, NEW])
    assert ImportConflict.objects.filter(field="address").count() == 1

    press(client, school_class, one=f"{questions(client, school_class)['адрес'].token}=keep")
    assert look(file, conflicts="").conflicts[0].proposal == "keep"


def test_what_the_operator_takes_after_all_needs_no_answer(client, teacher, operator, school_class):
    ask(operator)
    load(people_table([*STORK, NEW], heading=HEADING[:4]), by=operator, conflicts="take")
    closed = ImportConflict.objects.get(field="address")
    assert (closed.answer, closed.answered_by) == ("take", operator)
    assert "адрес" not in questions(client, school_class)


def test_the_page_of_the_import_counts_the_answers(client, teacher, operator, school_class):
    batch = ask(operator)
    press(client, school_class, one=f"{questions(client, school_class)['адрес'].token}=take")
    client.force_login(operator)
    page = client.get(reverse("reports:import_batch", args=[batch.pk])).content.decode()
    assert "отвечено 1 из 3" in page
    assert "Взято из файла: 1." in page
    assert "7Б: 2" in page


def test_undoing_takes_questions_along_unless_a_value_was_taken(client, teacher, operator, school_class):
    batch = ask(operator)
    press(client, school_class, one=f"{questions(client, school_class)['адрес'].token}=keep")
    assert undo_plan(batch_of(batch)).reasons == []
    other = ask(operator, [*STORK, THIRD])
    press(client, school_class, one=f"{questions(client, school_class)['адрес'].token}=take")
    assert undo_plan(batch_of(other)).reasons == [
        "Классные руководители уже взяли значения из этих файлов: Аистова Вера."
    ]
    undo_batch(batch.pk, by=operator)
    assert not ImportConflict.objects.filter(batch=batch).exists()


def batch_of(batch: ImportBatch) -> ImportBatch:
    return ImportBatch.objects.get(pk=batch.pk)


def test_who_leads_the_class_no_more_sees_no_questions(client, teacher, operator, school_class):
    ask(operator)
    ClassTeacher.objects.filter(school_class=school_class).update(date_to=TODAY - timedelta(days=1))
    assert client.get(address(school_class)).status_code == 404
