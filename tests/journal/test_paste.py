"""A block from a spreadsheet: whom and what each cell means, the preview, and the writing."""

import json
import re
from datetime import datetime
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from journal.models import Guardian, Guardianship, Pupil
from journal.paste import TooBig, read_block
from tests.factories import make_class, make_guardian, make_pupil, teacher_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


class World:
    """Three pupils: one with a mother, one with both parents, one with nobody."""

    def __init__(self) -> None:
        self.school_class = make_class("7Б")
        self.client = Client()
        self.client.force_login(teacher_user(self.school_class), backend="django.contrib.auth.backends.ModelBackend")
        self.url = reverse("journal:class_grid_paste", args=[self.school_class.pk])
        self.anna = make_pupil(self.school_class, last_name="Алёхина", first_name="Анна", patronymic="Ильинична")
        self.boris = make_pupil(self.school_class, last_name="Борисов", first_name="Борис", phone="67-46-30")
        self.vera = make_pupil(self.school_class, last_name="Власова", first_name="Вера")
        self.mother = make_guardian(self.anna, last_name="Алёхина", first_name="Мария")
        self.parent = make_guardian(self.boris, last_name="Борисова", first_name="Нина")
        self.father = make_guardian(self.boris, last_name="Борисов", first_name="Олег")
        Guardianship.objects.filter(guardian=self.father).update(kinship="father")

    def show(self, text, **data) -> str:
        self.answer = self.client.post(self.url, {"text": text, **data})
        return re.sub(r"\s+", " ", unescape(self.answer.content.decode()))

    def form(self) -> dict[str, str]:
        """The hidden fields of the preview's own form, for the second press."""
        html = self.answer.content.decode().split("data-once", 1)[1].split("</form>")[0]
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
        return {name: unescape(value) for name, value in found} | {"apply": "1"}

    def apply(self):
        return self.client.post(self.url, self.form(), follow=True)


@pytest.fixture
def world():
    return World()


def changed(html: str) -> list[tuple[str, ...]]:
    """Rows of «было → стало»."""
    table = html.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in html else ""
    rows = re.findall(r"<tr>(.*?)</tr>", table)
    return [
        tuple(re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row))
        for row in rows
    ]


def problems(html: str) -> list[str]:
    return re.findall(r'<span class="list__lead">\d+</span><span class="list__body">(.*?)</span>', html)


def test_a_block_with_a_heading_is_shown_and_then_written(world):
    html = world.show(
        "ФИО\tТелефон ученика\tАдрес\nалехина АННА\t8 935 4762524\tул. Мира, 1\nБорисов Борис\t67-46-30\t\n"
    )

    assert changed(html) == [
        ("Алёхина Анна", "Телефон", "пусто", "+7 935 476-25-24"), ("Алёхина Анна", "Адрес", "пусто", "ул. Мира, 1"),
    ]  # fmt: skip
    assert "изменится 2 · уже так 1 · не понято 0" in html
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.CHANGE).exists()

    answer = world.apply()

    world.anna.refresh_from_db()
    assert (world.anna.phone, world.anna.address) == ("+7 935 476-25-24", "ул. Мира, 1")
    assert "Записано 2 значения." in answer.content.decode()
    assert AuditEvent.objects.filter(action=AuditEvent.Action.CHANGE).count() == 1


def test_an_empty_cell_erases_nothing(world):
    assert "Менять нечего" in world.show("Ученик\tТелефон ученика\nБорисов Борис\t\nБорисов Борис\t67-46-30")


def test_unknown_names_and_bad_values_are_explained(world):
    html = world.show(
        "Ученик\tТелефон ученика\nАлехина Ана\t67-46-31\nСидоров Пётр\t67-46-32\nБорисов Борис\t12\n"
        "Власова Вера\t674633"
    )

    assert problems(html) == [
        "Ученика «Алехина Ана» здесь нет. Похоже на «Алёхина Анна Ильинична»: исправьте имя в таблице.",
        "Ученика «Сидоров Пётр» здесь нет.",
        "Борисов Борис: Телефон: в «12» 2 цифры. Ожидается 10 цифр после +7 или 8, например +7 935 476-25-24.",
    ]
    assert changed(html) == [("Власова Вера", "Телефон", "пусто", "67-46-33")]
    world.apply()
    world.vera.refresh_from_db()
    assert world.vera.phone == "67-46-33"


def test_guardians_are_told_by_name_by_kinship_or_by_being_the_only_one(world):
    html = world.show(
        "Ученик\tПредставитель\tРодство\tМобильный\tE-mail\n"
        "Алёхина А. И.\t\t\t9001112233\t\n"
        "Борисов Борис\tборисова нина\t\t9001112244\tnina@example.org\n"
        "Борисов Борис\t\tпапа\t9001112255\t\n"
        "Власова Вера\t\t\t9001112266\t"
    )

    assert [row[-1] for row in changed(html)] == [
        "+7 900 111-22-33", "+7 900 111-22-44", "nina@example.org", "+7 900 111-22-55",
    ]  # fmt: skip
    assert problems(html) == ["Власова Вера: представители не указаны."]


def test_several_guardians_without_a_word_whose_it_is(world):
    html = world.show("Ученик\tМобильный\nБорисов Борис\t9001112233")
    assert "представителей несколько (Борисова Нина, Борисов Олег). Добавьте столбец" in problems(html)[0]


def test_columns_of_mother_and_father(world):
    html = world.show("ФИО\tТелефон мамы\tТелефон папы\nБорисов Борис\t9001112233\t9001112244")
    world.apply()
    assert len(changed(html)) == 2
    assert Guardian.objects.get(pk=world.parent.pk).phone_mobile == "+7 900 111-22-33"
    assert Guardian.objects.get(pk=world.father.pk).phone_mobile == "+7 900 111-22-44"


def test_columns_without_a_heading_are_asked_for_and_chosen(world):
    text = "1\tАлёхина Анна\t674631\n2\tБорисов Борис\t674632"

    html = world.show(text)
    assert "Выберите, что в каком столбце" in html and changed(html) == []

    html = world.show(text, col0="", col1="pupil", col2="phone")
    assert [row[-1] for row in changed(html)] == ["67-46-31", "67-46-32"]
    world.apply()
    assert Pupil.objects.get(pk=world.anna.pk).phone == "67-46-31"


def test_a_block_pasted_into_a_cell_goes_down_from_pupil_to_pupil(world):
    html = world.show("674631\tА-1\n674632\tБ-2\n\n674633\tВ-3\n674634\tлишнее", start=f"p{world.anna.pk}-phone")

    assert [(row[0], row[-1]) for row in changed(html)] == [
        ("Алёхина Анна", "67-46-31"), ("Алёхина Анна", "А-1"), ("Борисов Борис", "67-46-32"), ("Борисов Борис", "Б-2"),
        ("Власова Вера", "67-46-33"), ("Власова Вера", "В-3"),
    ]  # fmt: skip
    assert problems(html) == ["Строк больше, чем учеников ниже выбранной клетки."]
    world.apply()
    assert Pupil.objects.get(pk=world.vera.pk).file_number == "В-3"


def test_a_block_pasted_into_a_guardians_cell(world):
    tie = Guardianship.objects.get(guardian=world.mother)
    html = world.show("9001112233\n9001112244\n9001112255", start=f"l{tie.pk}-phone_mobile")
    assert [row[0] for row in changed(html)] == ["Алёхина Анна", "Борисов Борис"]
    assert problems(html) == ["Власова Вера: нет 1-го представителя."]


def test_the_same_cell_twice_with_different_values(world):
    html = world.show("Ученик\tАдрес\nВласова Вера\tодин\nВласова Вера\tдва\nВласова Вера\tодин")
    assert [row[-1] for row in changed(html)] == ["один"]
    assert problems(html) == ["Власова Вера, Адрес: выше уже стоит другое значение. Оставьте одну строку."]


def test_namesakes_are_not_guessed(world):
    make_pupil(world.school_class, last_name="Власова", first_name="Вера", patronymic="Олеговна")
    html = world.show("Ученик\tАдрес\nВласова Вера\tодин\nВласова Вера Олеговна\tдва")
    assert [row[-1] for row in changed(html)] == ["два"]
    assert "таких здесь 2" in problems(html)[0]


def test_what_changed_during_the_preview_stops_the_whole_writing(world):
    world.show("Ученик\tТелефон ученика\tАдрес\nБорисов Борис\t67-46-99\tновый\nАлёхина Анна\t67-46-31\t")
    Pupil.objects.filter(pk=world.boris.pk).update(phone="67-46-55")

    answer = world.apply()

    html = unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "Ничего не записано" in html and "Борисов Борис, телефон: кто-то другой — «67-46-55»" in html
    world.boris.refresh_from_db()
    world.anna.refresh_from_db()
    assert (world.boris.phone, world.boris.address, world.anna.phone) == ("67-46-55", "", "")
    # The new preview shows what stands now, and its button writes.
    world.answer = answer
    world.apply()
    world.boris.refresh_from_db()
    assert (world.boris.phone, world.boris.address) == ("67-46-99", "новый")


def test_a_forged_confirmation_writes_only_what_the_text_says(world):
    world.show("Ученик\tАдрес\nВласова Вера\tодин")
    data = world.form() | {"shown": json.dumps({f"p{world.anna.pk}-address": ""})}
    assert world.client.post(world.url, data).status_code == 409
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.CHANGE).exists()


def test_the_own_file_goes_there_and_back_unchanged(world):
    from openpyxl import load_workbook

    Pupil.objects.filter(pk=world.anna.pk).update(phone="+7 900 111-22-33", address="=ул. Мира")
    Guardianship.objects.update(informing="paper_refused", informing_basis="заявление")
    file = world.client.get(reverse("journal:class_list_file", args=[world.school_class.pk, "xlsx"]))
    import io

    rows = load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True)
    text = "\n".join("\t".join("" if cell is None else str(cell) for cell in row) for row in rows)

    html = world.show(text)

    assert "Менять нечего" in html and problems(html) == []


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_nothing_pasted_is_told(world, text):
    assert "Вставьте строки из таблицы." in world.show(text)
    assert world.answer.status_code == 422


def test_too_much_is_refused_in_words(world):
    assert "Вставьте строки одного класса" in world.show("а\tб\n" * 301)
    with pytest.raises(TooBig):
        read_block("x" * 200_001)


def test_cells_with_line_breaks_and_quotes_are_read_as_excel_copies_them():
    assert read_block('а\t"б\nв"\r\nг\t"д ""е"""\n') == [["а", "б в"], ["г", 'д "е"']]
    assert read_block("а;б\nв;г") == [["а", "б"], ["в", "г"]]
    assert read_block("'+7 900\tб") == [["+7 900", "б"]]
