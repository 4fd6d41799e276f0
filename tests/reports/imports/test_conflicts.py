"""A file differs from the register: keep, take, or ask the class teacher. Nothing is decided silently."""

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from journal.models import Guardian, Guardianship, Pupil
from journal.services.changes import edit_row
from reports.imports.service import NotApplied
from reports.models import ImportBatch, ImportConflict
from tests import samples
from tests.factories import make_user
from tests.imports import load, load_school, look, people_table, words

pytestmark = pytest.mark.django_db

HEADING = ["ФИО", "Класс", "Дата рождения", "Адрес", "Телефон ученика", "СНИЛС"]
STORK = ["Аистова Вера Петровна", "7Б", "04.03.2013"]
OLD, NEW, THIRD = "г. Город, ул. Лесная, д. 4", "ул. Новая, 1", "ул. Третья, 3"


@pytest.fixture(autouse=True)
def school(db):
    load_school()


@pytest.fixture
def stork() -> Pupil:
    return Pupil.objects.get(last_name="Аистова")


def addresses(*values: str, **options) -> tuple[str, bytes]:
    people = [STORK, ["Гусева Дарья Андреевна", "7Б", "10.09.2013"], ["Зябликов Кирилл Олегович", "2А", "05.04.2018"]]
    rows = [[*who, value] for who, value in zip(people, values, strict=False)]
    return people_table(*rows, heading=HEADING[:4], **options)


def by_hand(person, field: str, value) -> None:
    who = make_user(last_name="Орлова", first_name="Мария")
    expected = getattr(person, field)
    edit_row(person, {field: (expected, value)}, by=who, pupil_ids=[person.pk], subject="карточка")


def lines(preview) -> list[dict]:
    return preview.to_json()["conflicts"]


# ---- what is a difference ----


def test_a_difference_waits_for_a_decision_and_nothing_is_written_before(stork):
    file = addresses(NEW)
    preview = look(file, conflicts="")
    assert (preview.changes, len(preview.undecided)) == (0, 1)
    only = lines(preview)[0]
    assert (only["who"], only["class"], only["field"]) == ("Аистова Вера Петровна", "7Б", "адрес")
    assert (only["current"], only["proposed"]) == (OLD, NEW)
    assert only["place"] == "список.xlsx, Лист1, строка 2"
    for without_bad_rows in (False, True):
        with pytest.raises(NotApplied, match="расходятся с журналом: 1"):
            load(file, conflicts="", without_bad_rows=without_bad_rows)


@pytest.mark.parametrize(("decision", "address"), [("keep", OLD), ("take", NEW), ("proposed", NEW)])
def test_keep_and_take(stork, decision, address):
    load(addresses(NEW), conflicts=decision)
    stork.refresh_from_db()
    assert stork.address == address
    assert AuditEvent.objects.filter(action="change", pupil_id=stork.pk).exists() is (address == NEW)


@pytest.mark.parametrize(
    ("field", "stands", "told"),
    [
        ("address", "г.Город,ул.Лесная,д.4", "Г. ГОРОД, ул. Лесная,  д. 4"),
        ("phone", "89001234567", "+7 (900) 123-45-67"),
        ("phone", "+7 900 123-45-67", "9001234567"),
    ],
)
def test_the_same_in_another_shape_is_no_difference(stork, field, stands, told):
    Pupil.objects.filter(pk=stork.pk).update(**{field: stands})
    values = {"address": [told, None], "phone": [None, told]}[field]
    preview = look(people_table([*STORK, *values], heading=HEADING[:5]), conflicts="")
    assert (preview.conflicts, preview.changes) == ([], 0)


def test_houses_that_only_look_alike_differ(stork):
    Pupil.objects.filter(pk=stork.pk).update(address="ул. Лесная, д. 1, 2")
    assert len(look(addresses("ул. Лесная, д. 12"), conflicts="").undecided) == 1


def test_what_is_empty_in_the_register_is_filled_without_asking(stork):
    load(people_table([*STORK, None, "8 900 123-45-67"], heading=HEADING[:5]), conflicts="")
    stork.refresh_from_db()
    assert (stork.phone, stork.address) == ("+7 900 123-45-67", OLD)


def test_every_personal_field_of_pupils_and_guardians_can_differ():
    mother = ("Аистова", "Нина", "Олеговна")
    file = samples.pupils_xlsx([("Аистова", "Вера", "Петровна", "М", date(2013, 3, 4), "7Б", mother)], **{
        "Номер личного дела": "Б-7", "Дата приема в школу": "02.09.2020", "Дата рождения Родителя 1": "15.05.1984",
        "Телефон мобильный": "8 900 000-00-01", "Пол Родителя 1": "М", "Степень родства": "бабушка",
    })  # fmt: skip
    Guardian.objects.filter(first_name="Нина").update(email="old@example.org", phone_home="67-46-30")
    # The birth date tells the mother from another woman of her name: here the pupil's own list says it is she.
    preview = look(("ученики.xlsx", file), conflicts="")
    assert {line["group"] for line in lines(preview)} == {
        "pupil.sex", "pupil.file_number", "pupil.admitted_on", "guardian.birth_date", "guardian.phone_mobile",
        "guardian.sex", "guardianship.kinship",
    }  # fmt: skip


def test_a_sex_that_only_follows_from_the_patronymic_says_nothing_against_the_register(stork):
    Pupil.objects.filter(pk=stork.pk).update(sex="m")
    assert look(people_table(STORK, heading=HEADING[:3]), conflicts="").conflicts == []


def test_a_snils_is_only_another_one(stork):
    file = people_table([*STORK, None, None, "087-654-303 00"], heading=HEADING)
    preview = look(file, conflicts="")
    stored = json.dumps(preview.to_json(), ensure_ascii=False)
    assert (lines(preview)[0]["current"], lines(preview)[0]["proposed"]) == ("другой", "другой")
    for digits in ("087-654-303", "08765430300", "112-233-445", "11223344595"):
        assert digits not in stored


def test_two_places_of_the_files_that_differ_are_an_error_not_a_guess():
    preview = look(addresses(NEW), ("другой.xlsx", addresses(THIRD)[1]), conflicts="")
    assert words(preview) == [f"Аистова Вера Петровна: здесь адрес «{NEW}», а в другом месте этих файлов «{THIRD}»."]
    assert preview.errors[0].place.column == "D «Адрес»"
    # A new pupil of two lists is no different.
    new = ["Чижова Анна Олеговна", "7Б", "01.08.2013"]
    one, other = (people_table([*new, address], heading=HEADING[:4]) for address in (NEW, THIRD))
    assert "здесь адрес" in words(look(one, ("другой.xlsx", other[1])))[0]


def test_a_guardian_merged_into_another_is_found_by_the_old_spelling():
    mother = Guardian.objects.get(first_name="Нина")
    Guardian.objects.create(last_name="Аистова", first_name="Нинель", patronymic="Олеговна", merged_into=mother)
    heading = ["ФИО", "Класс", "Дата рождения", "Родитель", "Телефон"]
    row = [*STORK, "Аистова Нинель Олеговна", samples.phone_of(samples.PUPILS[0][6])]
    preview = look(people_table(row, heading=heading), conflicts="")
    assert (preview.changes, preview.questions, preview.conflicts) == (0, [], [])


def test_a_guardian_whose_right_has_ended_is_not_brought_back():
    link = Guardianship.objects.get(guardian__first_name="Нина")
    Guardianship.objects.filter(pk=link.pk).update(ended_on=date(2026, 10, 1))
    preview = load(*samples.folder()[:1])
    assert [problem.what for problem in preview.notes] == [
        "Аистова Нина Олеговна больше не представляет ученика Аистова Вера Петровна (с 01.10.2026), "
        "а в файле записан представителем."
    ]
    link.refresh_from_db()
    assert link.ended_on == date(2026, 10, 1)


# ---- three values ----


def test_what_a_person_corrected_since_the_import_is_kept(stork):
    by_hand(stork, "address", NEW)
    one = lines(look(addresses(OLD), conflicts=""))[0]
    assert (one["proposal"], one["why"], one["by"]) == ("keep", "в файле то, что было до исправления", "Орлова М.")
    assert one["at"]


def test_the_last_import_is_the_base_even_after_several_corrections(stork):
    load(addresses(NEW))
    by_hand(stork := Pupil.objects.get(pk=stork.pk), "address", "ул. Четвёртая, 4")
    by_hand(Pupil.objects.get(pk=stork.pk), "address", THIRD)
    assert lines(look(addresses(NEW), conflicts=""))[0]["proposal"] == "keep"
    assert lines(look(addresses(OLD), conflicts=""))[0]["proposal"] == "ask"


def test_a_value_nobody_touched_since_an_import_is_replaced(stork):
    assert lines(look(addresses(NEW), conflicts=""))[0]["proposal"] == "take"
    load(addresses(NEW))
    assert lines(look(addresses(THIRD), conflicts=""))[0]["proposal"] == "take"


def test_a_third_value_is_for_the_class_teacher(stork):
    by_hand(stork, "address", NEW)
    one = lines(look(addresses(THIRD), conflicts=""))[0]
    assert (one["proposal"], one["why"]) == ("ask", "исправлено вручную, а в файле третье значение")


# ---- decisions ----


def test_a_row_goes_before_its_field_and_a_field_before_everything(stork):
    file = addresses(NEW, NEW, NEW)
    keys = {line["who"]: line["key"] for line in lines(look(file, conflicts=""))}
    answers = {"conflict:all": "keep", "conflict:pupil.address": "take", keys["Гусева Дарья Андреевна"]: "keep"}
    decided = {one["who"].split()[0]: one["decision"] for one in lines(look(file, answers=answers, conflicts=""))}
    assert decided == {"Аистова": "take", "Гусева": "keep", "Зябликов": "take"}
    assert look(file, answers={"conflict:all": "nonsense"}, conflicts="").undecided


def test_a_register_that_changed_after_the_preview_is_shown_again(stork):
    digest = look(addresses(NEW), conflicts="keep").digest()
    Pupil.objects.filter(pk=stork.pk).update(address=THIRD)
    with pytest.raises(NotApplied, match="журнал изменился"):
        load(addresses(NEW), conflicts="keep", expected_digest=digest)


def test_a_decision_about_a_file_seen_again_is_taken_once(stork):
    load(addresses(NEW))
    assert load(addresses(NEW)).changes == 0


# ---- the command ----


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "список.xlsx").write_bytes(addresses(NEW)[1])
    return str(tmp_path)


def test_the_command_takes_from_the_files_unless_told_otherwise(folder, stork, capsys):
    call_command("import_school", folder, "--conflicts", "keep")
    assert "Расхождения с журналом: оставить 1" in capsys.readouterr().out
    stork.refresh_from_db()
    assert stork.address == OLD
    call_command("import_school", folder)
    stork.refresh_from_db()
    assert stork.address == NEW
    call_command("import_school", folder)
    assert "Изменений нет." in capsys.readouterr().out


def test_the_command_asks_only_in_somebodys_name(folder, stork):
    with pytest.raises(CommandError, match="укажите --by"):
        call_command("import_school", folder, "--conflicts", "ask")
    with pytest.raises(CommandError, match="«nobody» нет"):
        call_command("import_school", folder, "--by", "nobody")
    operator = make_user(is_operator=True)
    call_command("import_school", folder, "--conflicts", "ask", "--by", operator.username)
    assert ImportConflict.objects.get().batch == ImportBatch.objects.get(owner=operator, status="applied")
