"""The class as one table: a cell saved by itself, the page as one form, its files, the search of pupils."""

import csv
import io
import json
import re
from datetime import date, datetime
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import AuditEvent
from journal.cells import Cell, CellEdit
from journal.models import ClassTeacher, Enrolment, Guardian, Guardianship, Pupil
from journal.services.cells import CellsConflict, save_all_cells
from tests.factories import MONDAY, make_class, make_guardian, make_pupil, make_teacher, make_user, teacher_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def teacher(school_class):
    return teacher_user(school_class)


@pytest.fixture
def acting(school_class):
    person = make_teacher(last_name="Замещаева", first_name="Инна", patronymic="")
    ClassTeacher.objects.create(school_class=school_class, teacher=person, date_from=MONDAY, is_acting=True)
    return person.user


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(school_class, name="class_grid", *more):
    return reverse(f"journal:{name}", args=[school_class.pk, *more])


def tie_of(pupil, guardian) -> Guardianship:
    return Guardianship.objects.get(pupil=pupil, guardian=guardian)


def save(client, school_class, cell: str, seen: str, value: str):
    data = {"cell": cell, "seen": seen, "value": value}
    return client.post(url(school_class, "class_grid_cell"), data, HTTP_ACCEPT="application/json")


def changes() -> list[tuple]:
    rows = AuditEvent.objects.filter(action=AuditEvent.Action.CHANGE).order_by("pk")
    return list(rows.values_list("object_type", "pupil_id", "old", "new"))


# --- The page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("pupils", [5, 30])
def test_the_table_costs_the_same_for_any_class(teacher, school_class, pupils, django_assert_num_queries):
    for _ in range(pupils):
        make_guardian(make_pupil(school_class))
    client = browser(teacher)

    with django_assert_num_queries(6):  # session, user, own classes, pupils, guardians, audit
        html = client.get(url(school_class)).content.decode()

    assert html.count('class="sheet__pupil"') == pupils


def test_the_table_shows_who_is_here_and_who_answers_for_them(teacher, school_class):
    here = make_pupil(school_class, last_name="Тут")
    gone = make_pupil(school_class, last_name="Выбыл", until=date(2026, 10, 1))
    make_guardian(here, last_name="Мамина", phone_mobile="67-46-30")
    make_guardian(gone, last_name="Чужая")
    ended = make_guardian(here, last_name="Бывший")
    Guardianship.objects.filter(guardian=ended).update(ended_on=date(2026, 10, 1))

    html = browser(teacher).get(url(school_class)).content.decode()

    assert "Тут Анна" in html and "Мамина Ольга" in html and 'value="67-46-30"' in html
    for name in ("Выбыл", "Чужая", "Бывший"):
        assert name not in html


def test_what_people_wrote_is_escaped(teacher, school_class):
    pupil = make_pupil(school_class, last_name="<b>", address='"><script>alert(1)</script>')
    make_guardian(pupil, last_name="<i>", email='x"y@example.org')

    html = browser(teacher).get(url(school_class)).content.decode()

    assert "<script>alert" not in html and "<b>" not in html and "<i>" not in html
    assert (
        json.loads(unescape(re.search(r'name="seen" value="([^"]*)"', html)[1]))[f"p{pupil.pk}-address"]
        == pupil.address
    )


# --- One cell -------------------------------------------------------------------------------------


def test_a_cell_of_a_pupil_is_saved_and_told(teacher, school_class):
    pupil = make_pupil(school_class, phone="67-46-30")

    answer = save(browser(teacher), school_class, f"p{pupil.pk}-phone", "67-46-30", "8 935 4762524")

    assert (answer.status_code, answer.json()) == (200, {"value": "+7 935 476-25-24", "at": "08:20"})
    assert changes() == [("pupil", pupil.pk, {"phone": "67-46-30"}, {"phone": "+7 935 476-25-24"})]


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("phone_mobile", "9354762524", "+7 935 476-25-24"),
        ("phone_home", "8 (8652) 67-46-30", "+7 8652 67-46-30"),
        ("email", "Mama@Example.org", "Mama@Example.org"),
        ("informing", "paper_refused", "paper_refused"),
        ("informing_basis", "  заявление   № 5 ", "заявление № 5"),
        ("informing_since", "5 сентября 2026", date(2026, 9, 5)),
    ],
)
def test_each_cell_of_a_guardian_is_saved(teacher, school_class, field, typed, stored):
    pupil = make_pupil(school_class)
    tie = tie_of(pupil, make_guardian(pupil))
    seen = "electronic" if field == "informing" else ""

    assert save(browser(teacher), school_class, f"l{tie.pk}-{field}", seen, typed).status_code == 200

    tie.refresh_from_db()
    guardian = Guardian.objects.get(pk=tie.guardian_id)
    assert (getattr(tie, field) if field.startswith("informing") else getattr(guardian, field)) == stored


def test_a_guardian_of_two_children_is_told_on_both_cards(teacher, school_class):
    child, sibling = make_pupil(school_class), make_pupil(make_class("5А", year=school_class.year))
    tie = tie_of(child, make_guardian(child, sibling))

    save(browser(teacher), school_class, f"l{tie.pk}-email", "", "a@example.org")
    save(browser(teacher), school_class, f"l{tie.pk}-informing", "electronic", "paper_refused")

    assert {row[1] for row in changes() if row[0] == "guardian"} == {child.pk, sibling.pk}
    # How the school informs is a fact of one child.
    assert {row[1] for row in changes() if row[0] == "guardianship"} == {child.pk}


@pytest.mark.parametrize(
    ("cell", "typed", "words"),
    [
        ("phone_mobile", "123", "Ожидается 10 цифр"),
        ("email", "мама@дом", "не адрес почты"),
        ("informing", "голубем", "Возможны: «электронная»"),
        ("informing_since", "вчера", "не дата"),
        ("informing_basis", "x" * 201, "200"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words(teacher, school_class, cell, typed, words):
    pupil = make_pupil(school_class)
    tie = tie_of(pupil, make_guardian(pupil))

    answer = save(browser(teacher), school_class, f"l{tie.pk}-{cell}", "", typed)

    assert answer.status_code == 422 and words in answer.json()["refused"]
    assert changes() == []


def test_a_cell_that_somebody_changed_shows_both_values(teacher, acting, school_class):
    pupil = make_pupil(school_class, phone="67-46-30")
    cell = f"p{pupil.pk}-phone"
    save(browser(acting), school_class, cell, "67-46-30", "67-46-31")

    answer = save(browser(teacher), school_class, cell, "67-46-30", "67-46-32")

    assert (answer.status_code, answer.json()) == (
        409, {"stands": "67-46-31", "words": "67-46-31", "by": "Замещаева И.", "when": "в 08:20"},
    )  # fmt: skip
    assert Pupil.objects.get(pk=pupil.pk).phone == "67-46-31"
    # Having seen it, the person may insist.
    assert save(browser(teacher), school_class, cell, "67-46-31", "67-46-32").status_code == 200


def test_an_old_value_with_odd_spaces_can_be_replaced(teacher, school_class):
    pupil = make_pupil(school_class, address=" ул. Мира ")
    assert save(browser(teacher), school_class, f"p{pupil.pk}-address", " ул. Мира ", "ул. Новая").status_code == 200


@pytest.mark.parametrize("field", ["last_name", "birth_date", "snils", "user_id", "sort_name"])
def test_only_the_cells_of_the_table_can_be_written(teacher, school_class, field):
    pupil = make_pupil(school_class)
    assert save(browser(teacher), school_class, f"p{pupil.pk}-{field}", "", "2012-01-01").status_code == 422
    assert changes() == []


def test_pupils_of_another_class_are_not_reached(teacher, school_class):
    other = make_class("8А", year=school_class.year)
    foreign = make_pupil(other, phone="67-46-30")
    tie = tie_of(foreign, make_guardian(foreign))
    left = make_pupil(school_class, until=date(2026, 10, 1))
    client = browser(teacher)

    for cell in (f"p{foreign.pk}-phone", f"l{tie.pk}-email", f"p{left.pk}-phone", "p1" + "0" * 17 + "-phone", "x"):
        assert save(client, school_class, cell, "", "67-46-31").status_code == 422
    assert save(client, other, f"p{foreign.pk}-phone", "67-46-30", "67-46-31").status_code == 404
    assert changes() == []


def test_who_is_signed_out_is_told_so(client, school_class):
    answer = save(client, school_class, "p1-phone", "", "1")
    assert (answer.status_code, answer.json()) == (401, {"signed_out": True})


@pytest.mark.parametrize("pupils", [3, 30])
@pytest.mark.parametrize("who", ["teacher", "deputy"])
def test_a_cell_costs_the_same_for_any_class(teacher, school_class, who, pupils):
    for _ in range(pupils):
        pupil = make_pupil(school_class)
        guardian = make_guardian(pupil)
    cell = f"l{tie_of(pupil, guardian).pk}-email"
    client = browser(teacher if who == "teacher" else make_user(is_deputy=True))

    with CaptureQueriesContext(connection) as queries:
        assert save(client, school_class, cell, "", "a@example.org").status_code == 200

    # session, user, own classes, (class of the deputy), the ties of the guardian, the row, its write, history
    sent = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(sent) <= 8, sent


# --- The page as a form ---------------------------------------------------------------------------


def form_of(client, school_class) -> dict[str, str]:
    """What a browser without JavaScript would send back untouched."""
    html = client.get(url(school_class)).content.decode()
    seen = unescape(re.search(r'name="seen" value="([^"]*)"', html)[1])
    return {"seen": seen, **json.loads(seen)}


def test_the_form_writes_only_what_was_changed(teacher, school_class):
    pupil, other = make_pupil(school_class, phone="67-46-30"), make_pupil(school_class, phone="8 (8652) 67-46-30")
    tie = tie_of(pupil, make_guardian(pupil))
    client = browser(teacher)
    data = form_of(client, school_class) | {f"p{pupil.pk}-phone": "674631", f"l{tie.pk}-email": "a@example.org"}

    answer = client.post(url(school_class), data, follow=True)

    assert [(row[0], row[3]) for row in changes()] == [
        ("guardian", {"email": "a@example.org"}), ("pupil", {"phone": "67-46-31"}),
    ]  # fmt: skip
    assert "Сохранены 2 клетки." in answer.content.decode()
    assert Pupil.objects.get(pk=other.pk).phone == "8 (8652) 67-46-30"


def test_errors_and_conflicts_of_the_form_lose_no_input(teacher, acting, school_class):
    pupil = make_pupil(school_class, phone="67-46-30", address="а", file_number="1")
    client = browser(teacher)
    data = form_of(client, school_class)
    save(browser(acting), school_class, f"p{pupil.pk}-address", "а", "б")
    key = f"p{pupil.pk}"

    answer = client.post(
        url(school_class), data | {f"{key}-phone": "12", f"{key}-address": "в", f"{key}-file_number": "2"}
    )

    html = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert 'value="12"' in html and "Ожидается 10 цифр" in html
    assert 'value="в"' in html and "Замещаева И. в 08:20 изменил(а) это поле: «б»" in html
    pupil.refresh_from_db()
    assert (pupil.phone, pupil.address, pupil.file_number) == ("67-46-30", "б", "2")
    # The page now carries what it shows: the second press takes the own value.
    seen = re.search(r'name="seen" value="([^"]*)"', answer.content.decode())[1]
    client.post(url(school_class), {"seen": unescape(seen), f"{key}-address": "в"})
    pupil.refresh_from_db()
    assert pupil.address == "в"


def test_two_children_of_one_mother_in_one_class(teacher, school_class):
    one, other = make_pupil(school_class), make_pupil(school_class)
    mother = make_guardian(one, other)
    client = browser(teacher)
    data = form_of(client, school_class) | {f"l{tie_of(one, mother).pk}-email": "a@example.org"}

    assert client.post(url(school_class), data).status_code == 302

    assert Guardian.objects.get().email == "a@example.org"
    assert f'data-g="{mother.pk}"' in client.get(url(school_class)).content.decode()


@pytest.mark.parametrize("seen", ["", "не JSON", "[]", '{"x": "y", "p9-phone": 5}', "null"])
def test_a_broken_form_changes_nothing(teacher, school_class, seen):
    make_pupil(school_class)
    assert browser(teacher).post(url(school_class), {"seen": seen, "p9-phone": "67-46-30"}).status_code in (302, 422)
    assert changes() == []


def test_a_block_is_written_whole_or_not_at_all(teacher, acting, school_class):
    first, second = make_pupil(school_class, phone="1"), make_pupil(school_class, phone="2")
    edits = [
        CellEdit(Cell("p", first.pk, "phone"), "1", "67-46-30"),
        CellEdit(Cell("p", second.pk, "phone"), "старое", "67-46-31"),
    ]
    with pytest.raises(CellsConflict) as caught:
        save_all_cells(edits, class_id=school_class.pk, by=teacher, address=None)

    assert [cell.row for cell in caught.value.cells] == [second.pk]
    assert list(Pupil.objects.order_by("pk").values_list("phone", flat=True)) == ["1", "2"]
    assert changes() == []


# --- Files and the search -------------------------------------------------------------------------


def test_the_files_have_every_column_of_the_table(teacher, school_class):
    pupil = make_pupil(school_class, last_name="Тайнова", phone="+7 900 000-00-01", address="=1+1", file_number="Т-1")
    guardian = make_guardian(pupil, last_name="Мамина", phone_mobile="+7 900 000-00-02", email="a@example.org")
    Guardianship.objects.update(informing="paper_refused", informing_basis="заявление", informing_since=MONDAY)
    make_guardian(pupil, last_name="Вторая")
    make_pupil(school_class, last_name="Яшина")
    client = browser(teacher)

    text = client.get(url(school_class, "class_list_file", "csv")).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    book = load_workbook(io.BytesIO(client.get(url(school_class, "class_list_file", "xlsx")).content))

    assert rows[1] == [
        "1", "Тайнова Анна", "14.05.2013", "8 900 000-00-01", "Т-1", "'=1+1", guardian.full_name, "мать",
        "8 900 000-00-02", "", "a@example.org", "бумажная: отказ от электронной", "заявление", "16.11.2026",
    ]  # fmt: skip
    assert [row[6] for row in rows[1:]] == ["Мамина Ольга", "Вторая Ольга", ""]
    assert [cell.value for cell in next(book.active.iter_rows())] == rows[0]
    exported = AuditEvent.objects.filter(action=AuditEvent.Action.EXPORT).order_by("pk")
    assert [(e.subject, e.class_id) for e in exported] == [
        ("список класса, CSV", school_class.pk), ("список класса, XLSX", school_class.pk),
    ]  # fmt: skip
    assert client.get(url(school_class, "class_list_file", "exe")).status_code == 404


def search(user, text, page=""):
    return browser(user).get(reverse("journal:pupils"), {"q": text, "page": page})


def test_the_search_finds_across_the_school_without_case_and_yo(school_class):
    here = make_pupil(school_class, last_name="Фёдорова", first_name="Алёна")
    left = make_pupil(school_class, last_name="Федоров", sex="m", until=date(2026, 10, 1))
    make_pupil(make_class("8А", year=school_class.year), last_name="Иванова")

    for user in (make_user(is_deputy=True), make_user(is_operator=True)):
        html = search(user, "ФЕДОР").content.decode()
        assert here.full_name in html and "выбыл(а) 01.10.2026" in html and left.full_name in html
        assert "Иванова" not in html


def test_a_class_teacher_searches_the_own_class_only(teacher, school_class):
    make_pupil(school_class, last_name="Федорова")
    make_pupil(make_class("8А", year=school_class.year), last_name="Федосеева")
    make_pupil(school_class, last_name="Федотова", until=date(2026, 10, 1))

    html = search(teacher, "фед").content.decode()

    assert "Федорова" in html and "Федосеева" not in html and "Федотова" not in html
    assert browser(make_teacher().user).get(reverse("journal:pupils")).status_code == 404


def test_the_search_is_paged_and_recorded(school_class):
    for number in range(51):
        make_pupil(school_class, last_name=f"Петрова{number:02d}")
    deputy = make_user(is_deputy=True)

    first, second = search(deputy, "петр"), search(deputy, "петр", "2")

    assert "Петрова49" in first.content.decode() and "Петрова50" not in first.content.decode()
    assert "Петрова50" in second.content.decode() and "51 ученик" in second.content.decode()
    assert AuditEvent.objects.filter(subject="поиск ученика").count() == 51


@pytest.mark.parametrize("pupils", [3, 40])
def test_the_search_costs_the_same_for_any_number(school_class, pupils, django_assert_num_queries):
    for _ in range(pupils):
        make_pupil(school_class, last_name="Петрова")
    client = browser(make_user(is_deputy=True))
    with django_assert_num_queries(6):  # session, user, count, pupils, stays, audit; own classes are not asked for
        client.get(reverse("journal:pupils"), {"q": "петр"})


def test_nothing_found_says_what_to_do(school_class):
    assert "Никого не нашлось" in search(make_user(is_deputy=True), "ыыы").content.decode()
    assert Enrolment.objects.count() == 0
