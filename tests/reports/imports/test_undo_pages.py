"""Undoing and deciding from the pages: what the operator sees and presses."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from journal.models import Guardian, Mark, Pupil
from reports.imports import batches
from reports.models import ImportBatch, ImportConflict, ImportFile, Job
from tests import samples
from tests.factories import make_user
from tests.imports import load_school

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    user = make_user(is_operator=True, last_name="Операторов")
    client.force_login(user)
    return user


def upload(client, *files: tuple[str, bytes]) -> ImportBatch:
    client.post(reverse("reports:import_list"), {"uploads": [SimpleUploadedFile(*file) for file in files]})
    return ImportBatch.objects.latest("pk")


def address(batch: ImportBatch, view: str = "import_batch") -> str:
    return reverse(f"reports:{view}", args=[batch.pk])


def write(client, batch: ImportBatch) -> ImportBatch:
    batch.refresh_from_db()
    client.post(address(batch), {"confirm": "1", "digest": batch.preview["digest"]})
    batch.refresh_from_db()
    assert batch.status == "applied"
    return batch


def post(client, batch: ImportBatch, **data) -> str:
    answer = client.post(address(batch), data, follow=True)
    batch.refresh_from_db()
    return answer.content.decode()


# ---- undo ----


def test_the_whole_way_back(client, operator):
    batch = write(client, upload(client, *samples.folder()))
    assert address(batch, "import_undo") in client.get(address(batch)).content.decode()

    plan = client.get(address(batch, "import_undo")).content.decode()
    assert "Отменить запись импорта?" in plan
    assert "ученики" in plan
    assert Pupil.objects.count() == 9, "looking undoes nothing"

    done = client.post(address(batch, "import_undo"), follow=True).content.decode()
    batch.refresh_from_db()
    assert (batch.status, Pupil.objects.count(), Mark.objects.count()) == ("undone", 0, 0)
    assert "Запись импорта отменена" in done
    assert Job.objects.get(kind=Job.Kind.IMPORT_UNDO).status == "done"
    # The files are personal data: nobody needs them any more.
    client.post(address(batch), {"discard": "1"})
    assert ImportFile.objects.count() == 0


def test_a_hindrance_is_told_before_and_after_the_press(client, operator):
    batch = write(client, upload(client, *samples.folder()))
    Guardian.objects.filter(first_name="Клавдия").update(email="new@example.org")

    shown = client.get(address(batch, "import_undo")).content.decode()
    assert "С тех пор изменены представители: Воробьёва Клавдия Ивановна." in shown
    assert "<button" not in shown.split("<main")[1].split("</main>")[0]

    told = client.post(address(batch, "import_undo"), follow=True).content.decode()
    batch.refresh_from_db()
    assert "Запись не отменена." in told
    assert (batch.status, Pupil.objects.count()) == ("applied", 9)


def test_pressing_twice_undoes_once(client, operator):
    batch = write(client, upload(client, *samples.folder()))
    assert batches.start_undo(batch, by=operator) is True
    assert batches.start_undo(batch, by=operator) is False
    told = client.post(address(batch, "import_undo"), follow=True).content.decode()
    assert "уже отменён" in told


@pytest.mark.parametrize("status", ["preview", "reading", "undone"])
def test_what_is_not_written_has_no_page_of_undoing(client, operator, status):
    batch = upload(client, *samples.folder())
    ImportBatch.objects.filter(pk=batch.pk).update(status=status)
    assert client.get(address(batch, "import_undo")).url == address(batch)
    client.post(address(batch, "import_undo"))
    batch.refresh_from_db()
    assert batch.status == status


def test_an_undoing_that_never_began_can_be_left(client, operator, settings):
    batch = write(client, upload(client, *samples.folder()))
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    client.post(address(batch, "import_undo"))
    assert "Запись отменяется" in client.get(address(batch)).content.decode()
    assert "Остановлено" in post(client, batch, stop="1")
    post(client, batch, stay="1")
    assert (batch.status, Pupil.objects.count()) == ("applied", 9)


@pytest.mark.parametrize("view", ["import_batch", "import_undo"])
@pytest.mark.parametrize("pupils", [3, 9])
def test_pages_cost_the_same_for_any_number_of_rows(client, operator, django_assert_num_queries, view, pupils):
    batch = write(client, upload(client, ("ученики.xlsx", samples.pupils_xlsx(samples.PUPILS[:pupils]))))
    client.get(address(batch, view))
    # Of the page of undoing nearly all ask, kind by kind, whether anything leans on the rows (purposes of consent,
    # which a first import makes too, are two of them).
    with django_assert_num_queries({"import_batch": 5, "import_undo": 66}[view]):
        client.get(address(batch, view))


# ---- differences ----


@pytest.fixture
def differing(client, operator) -> ImportBatch:
    """Addresses of all nine pupils are others, and the phones of two mothers."""
    load_school()
    text = samples.pupils_csv().decode("cp1251").replace("ул. Лесная", "ул. Новая")
    return upload(client, ("список.csv", text.encode("cp1251")))


def test_differences_are_grouped_by_field_and_class(client, differing):
    page = client.get(address(differing))
    board = page.context["board"]
    assert [(group.name, group.total, group.by_class) for group in board.groups] == [
        ("адрес (ученики)", 9, [("2А", 3), ("7Б", 6)])
    ]
    shown = page.content.decode()
    assert "Расхождения с журналом: 9" in shown
    assert "Не решено расхождений: 9" in shown
    only = client.get(address(differing), {"field": "pupil.address", "class": "2А"})
    assert {row["class"] for row in only.context["differences"]} == {"2А"}


def test_nothing_is_written_before_everything_is_decided(client, differing):
    assert "Сначала решите" in post(client, differing, confirm="1", digest=differing.preview["digest"])
    differing.refresh_from_db()
    assert differing.status == "preview"


def test_one_button_decides_everything(client, differing):
    post(client, differing, decide_all="proposed")
    assert (differing.preview["undecided"], differing.preview["changes"]) == (0, 9)
    write(client, differing)
    assert Pupil.objects.filter(address__contains="Новая").count() == 9


def test_a_field_for_all_and_a_row_apart(client, differing):
    key = next(one["key"] for one in differing.preview["conflicts"] if one["who"].startswith("Аистова"))
    other = next(one["key"] for one in differing.preview["conflicts"] if one["who"].startswith("Гусева"))
    post(client, differing, decide="1", **{"conflict:pupil.address": "take", key: "keep", other: "ask"})
    write(client, differing)
    assert Pupil.objects.filter(address__contains="Новая").count() == 7
    assert ImportConflict.objects.get().pupil.last_name == "Гусева"


def test_a_decision_can_be_taken_back_and_nonsense_is_none(client, differing):
    post(client, differing, decide="1", **{"conflict:pupil.address": "take"})
    assert differing.preview["undecided"] == 0
    post(client, differing, decide="1", **{"conflict:pupil.address": "", "conflict:nonsense": "take"})
    assert (differing.preview["undecided"], differing.answers) == (9, {})
    post(client, differing, decide="1", **{"conflict:pupil.address": "nonsense"})
    post(client, differing, decide_all="nonsense")
    assert differing.preview["undecided"] == 9


def test_asking_about_everything_sends_questions_and_changes_nothing(client, differing):
    shown = post(client, differing, decide_all="ask")
    assert "Отправить вопросы" in shown
    write(client, differing)
    assert ImportConflict.objects.count() == 9
    assert not Pupil.objects.filter(address__contains="Новая").exists()
    assert "отвечено 0 из 9" in client.get(address(differing)).content.decode()


# ---- similar problems ----


def test_thirty_errors_of_one_kind_are_one_line_with_thirty_places(client, operator):
    load_school()
    heading = ["ФИО", "Класс", "Дата рождения", "Пол"]
    names = [f"Щеглова {name} Ильинична" for name in ("Анна", "Инна", "Нина", "Зоя", "Яна")]
    rows = [[name, "7Д", f"0{at + 1}.06.2013", "ж"] for at, name in enumerate(names)]
    rows += [["Чижова Анна Ильинична", "7Б", "31.02.2013", "ж"]]
    rows += [[f"Галкина {name}", "7Б", f"1{at}.06.2013", ""] for at, name in enumerate(("Вера", "Лада", "Ада"))]
    batch = upload(client, ("список.xlsx", samples.workbook({"Лист": [heading, *rows]})))
    groups = client.get(address(batch)).context["errors"]
    assert [(group.what, group.count) for group in groups] == [
        ("Класса 7Д нет в 2026/27 учебном году.", 5),
        ("Не указан пол.", 3),
        ("Дата рождения: такого дня нет — «31.02.2013».", 1),
    ]
    assert [problem["row"] for problem in groups[0].problems] == ["2", "3", "4", "5", "6"]
