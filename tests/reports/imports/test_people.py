"""Whose row is it? Never a double silently, never a wrong child."""

from datetime import date

import pytest

from accounts.models import AuditEvent
from journal.models import Enrolment, GroupMembership, Guardian, Movement, Pupil
from reports.imports.service import NotApplied
from tests import samples
from tests.factories import make_class, make_year
from tests.imports import load, load_school, look, people_table, pupils_file, words

pytestmark = pytest.mark.django_db

STORK, BIRCH, SPARROW = samples.PUPILS[:3]


@pytest.fixture(autouse=True)
def school(db):
    load_school()


def changed(pupil: tuple, *, last=None, first=None, middle=None, born=None, class_name=None) -> tuple:
    return (last or pupil[0], first or pupil[1], pupil[2] if middle is None else middle, pupil[3], born or pupil[4],
            class_name or pupil[5], None)  # fmt: skip


@pytest.mark.parametrize(
    "same",
    [
        changed(BIRCH, last="Березкин", first="Федор"),
        changed(BIRCH, last="БЕРЁЗКИН", first="ФЁДОР", middle="ИЛЬИЧ"),
        changed(BIRCH, middle=""),
        changed(BIRCH, class_name="7 «Б»"),
    ],
)
def test_the_same_child_in_other_letters_is_no_change(same):
    preview = look(pupils_file(same))
    assert (preview.changes, preview.errors, preview.questions) == (0, [], [])


@pytest.mark.parametrize(
    "near",
    [
        changed(STORK, first="Вира"),
        changed(STORK, last="Аестова"),
        changed(STORK, last="Вера", first="Аистова"),
        changed(STORK, born=date(2013, 4, 3)),
        changed(STORK, born=date(2013, 3, 14)),
        changed(STORK, born=date(2014, 3, 4)),
    ],
)
def test_a_near_match_is_asked_and_nothing_is_written_before_the_answer(near):
    file = pupils_file(near)
    preview = look(file)
    assert [len(preview.questions), preview.changes] == [1, 0]
    assert "похож" in preview.questions[0].text
    with pytest.raises(NotApplied, match="вопросы без ответа"):
        load(file)
    assert Pupil.objects.count() == 9


def test_the_answer_the_same_child_corrects_the_name():
    file = pupils_file(changed(STORK, first="Верона"))
    question = look(file).questions[0]
    same = next(value for value, label in question.options if "тот же" in label)

    load(file, answers={question.key: same})

    stork = Pupil.objects.get(birth_date=STORK[4])
    assert (stork.first_name, stork.sort_name) == ("Верона", "аистова верона петровна")
    event = AuditEvent.objects.get(action=AuditEvent.Action.CHANGE)
    assert (event.pupil_id, event.old, event.new) == (stork.pk, {"first_name": "Вера"}, {"first_name": "Верона"})


def test_the_answer_another_child_makes_a_new_one():
    file = pupils_file(changed(STORK, born=date(2014, 3, 4)))
    question = look(file).questions[0]

    load(file, answers={question.key: "new"})

    assert Pupil.objects.filter(last_name="Аистова").count() == 2
    assert look(file).questions == [], "what was decided is not asked again"


def test_an_answer_that_no_option_offers_is_not_taken():
    file = pupils_file(changed(STORK, first="Вира"))
    question = look(file).questions[0]
    assert len(look(file, answers={question.key: "same:999999"}).questions) == 1


def test_without_bad_rows_leaves_the_unanswered_out():
    load(pupils_file(changed(STORK, first="Вира")), without_bad_rows=True)
    assert Pupil.objects.count() == 9


def test_twins_of_one_list_are_two_children():
    twin = ("Аистова", "Вара", "Петровна", "Ж", STORK[4], "7Б", None)
    load(pupils_file(STORK, twin))
    assert Pupil.objects.filter(birth_date=STORK[4]).count() == 2


def test_a_slip_between_two_lists_of_one_import_is_asked():
    new = ("Иволгина", "Юлия", "Олеговна", "Ж", date(2013, 8, 9), "7Б", None)
    row = ["Иволгина Юля Олеговна", "7Б", "09.08.2013", "ж"]
    assert len(look(pupils_file(new), people_table(row)).questions) == 1


def test_what_a_file_leaves_empty_stays():
    load(people_table(["Аистова Вера", "7Б", "04.03.2013", ""]))
    stork = Pupil.objects.get(last_name="Аистова")
    assert (stork.patronymic, stork.address, stork.sex) == ("Петровна", "г. Город, ул. Лесная, д. 4", "f")


def test_a_change_is_shown_field_by_field():
    heading = ["ФИО", "Класс", "Дата рождения", "Адрес"]
    preview = load(people_table(["Аистова Вера Петровна", "7Б", "04.03.2013", "ул. Новая, 1"], heading=heading))
    row = next(row for row in preview.rows if row.kind == "pupil")
    assert (row.status, row.title) == ("changed", "Аистова Вера Петровна, 7Б")
    assert row.fields == [("адрес", "г. Город, ул. Лесная, д. 4", "ул. Новая, 1")]


def test_a_changed_phone_of_a_guardian_is_recorded_with_each_child():
    heading = ["ФИО", "Класс", "Дата рождения", "Родитель", "Дата рождения родителя", "Телефон"]
    row = ["Берёзкин Фёдор Ильич", "7Б", "06.05.2013", "Берёзкина Алла Юрьевна", "14.05.1984", "8 900 111-22-33"]
    load(people_table(row, heading=heading))
    events = AuditEvent.objects.filter(action=AuditEvent.Action.CHANGE, object_type="guardian")
    children = Pupil.objects.filter(last_name__startswith="Берёзкин")
    assert set(events.values_list("pupil_id", flat=True)) == {child.pk for child in children}
    assert events[0].new == {"phone_mobile": "+7 900 111-22-33"}


def test_a_snils_stays_out_of_the_audit_trail():
    heading = ["ФИО", "Класс", "Дата рождения", "СНИЛС"]
    load(people_table(["Аистова Вера Петровна", "7Б", "04.03.2013", "087-654-303 00"], heading=heading))
    event = AuditEvent.objects.get(action=AuditEvent.Action.CHANGE)
    assert (event.old, event.new) == ({"snils": "изменён"}, {"snils": "изменён"})
    assert Pupil.objects.get(last_name="Аистова").snils == "08765430300"


# ---- errors of meaning ----


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (["Щеглова Анна Ильинична", "7Д", "05.06.2013", "ж"], "Класса 7Д нет в 2026/27 учебном году."),
        (["Щеглова Анна Ильинична", "7Б", "05.06.2033", "ж"], "дата рождения 05.06.2033 в будущем"),
        (["Щеглова Анна Ильинична", "7Б", "05.06.1963", "ж"], "на 1 сентября ученику 63"),
        (["Щеглова Анна", "7Б", "05.06.2013", ""], "не указан пол"),
    ],
)
def test_a_row_that_cannot_be(row, what):
    file = people_table(row, ["Чижова Анна Ильинична", "7Б", "05.07.2013", "ж"])
    preview = look(file)
    assert what in words(preview)[0]
    assert preview.errors[0].place.row == 2
    assert preview.errors[0].expected
    with pytest.raises(NotApplied, match="без строк с ошибками"):
        load(file)
    assert Pupil.objects.count() == 9, "a file with an error writes nothing"

    load(file, without_bad_rows=True)
    assert set(Pupil.objects.filter(first_name="Анна").values_list("last_name", flat=True)) == {"Чижова"}


def test_a_snils_of_somebody_else():
    heading = ["ФИО", "Класс", "Дата рождения", "СНИЛС"]
    preview = look(people_table(["Берёзкин Фёдор Ильич", "7Б", "06.05.2013", "112-233-445 95"], heading=heading))
    assert "такой же СНИЛС уже у другого ученика (Аистова Вера Петровна)" in words(preview)[0]


def test_the_same_snils_twice_in_one_file():
    heading = ["ФИО", "Класс", "Дата рождения", "СНИЛС"]
    rows = [
        ["Чижова Анна Ильинична", "7Б", "05.06.2013", "087-654-303 00"],
        ["Щеглова Анна Ильинична", "7Б", "05.07.2013", "087-654-303 00"],
    ]
    preview = look(people_table(*rows, heading=heading))
    assert [problem.place.row for problem in preview.errors] == [3]


def test_one_child_in_two_classes_of_one_file():
    preview = look(pupils_file(STORK, changed(STORK, class_name="2А")))
    assert "записан дважды" in words(preview)[0]


def test_a_list_of_this_year_after_the_transfer_to_the_next():
    pupil = Pupil.objects.get(last_name="Аистова")
    here = pupil.enrolments.get()
    here.date_to = date(2027, 8, 31)
    here.save()
    pupil.enrolments.create(school_class=make_class("8Б", year=make_year(2027)), date_from=date(2027, 9, 1))

    preview = look(people_table(["Аистова Вера Петровна", "7Б", "04.03.2013", "ж"]))

    assert not preview.errors
    assert words(look(people_table(["Аистова Вера Петровна", "2А", "04.03.2013", "ж"])))


def test_another_class_without_a_date_is_an_error():
    preview = look(people_table(["Аистова Вера Петровна", "2А", "04.03.2013", "ж"]))
    assert "числится в 7Б, а в файле — в 2А" in words(preview)[0]


def test_another_class_with_a_date_is_a_transfer():
    load(pupils_file(changed(STORK, class_name="2А"), **{"Дата зачисления/перевода": "12.10.2026"}))
    stays = Enrolment.objects.filter(pupil__last_name="Аистова").order_by("date_from")
    assert [(str(stay.school_class), stay.date_from, stay.date_to) for stay in stays] == [
        ("7Б", date(2026, 8, 28), date(2026, 10, 11)), ("2А", date(2026, 10, 12), None),
    ]  # fmt: skip
    order = Movement.objects.get(kind=Movement.Kind.CLASS_CHANGE)
    assert (str(order.from_class), str(order.to_class), order.order_number) == ("7Б", "2А", "12")


def test_who_has_left_comes_back_only_with_a_new_date():
    Enrolment.objects.filter(pupil__last_name="Аистова").update(date_to=date(2026, 10, 9))
    assert "выбыл 09.10.2026" in words(look(pupils_file(STORK)))[0]
    load(pupils_file(STORK, **{"Дата зачисления/перевода": "09.11.2026"}))
    assert Enrolment.objects.filter(pupil__last_name="Аистова", date_to=None).get().date_from == date(2026, 11, 9)


def test_a_guardian_in_other_letters_is_the_same_and_a_near_one_is_asked():
    heading = ["ФИО", "Класс", "Дата рождения", "Родитель", "Телефон"]
    phone = samples.phone_of(STORK[6])

    def row(parent):
        return people_table(["Аистова Вера Петровна", "7Б", "04.03.2013", parent, phone], heading=heading)

    assert look(row("АИСТОВА НИНА ОЛЕГОВНА")).changes == 0
    question = look(row("Аистова Инна Олеговна")).questions[0]
    assert "похоже на представителя" in question.text
    load(row("Аистова Инна Олеговна"), answers={question.key: "other"})
    assert Guardian.objects.filter(last_name="Аистова").count() == 2


def test_a_child_of_another_subgroup_is_not_moved_silently():
    rows = samples.journal_sheet(
        "Информатика", "2 группа", "Орлова Мария Сергеевна", [(samples.MON_7, 2)], {"Аистова Вера": [5]}
    )
    preview = look(("журнал.xlsx", samples.workbook({"Информатика": rows})))
    assert "уже состоит в группе «1 группа»" in words(preview)[0]
    assert GroupMembership.objects.filter(pupil__last_name="Аистова").count() == 1
