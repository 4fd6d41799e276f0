"""The operator's pages: upload, preview, questions, confirmation. Nobody else sees them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEvent
from journal.models import AcademicYear, Mark, Pupil
from reports.imports import batches
from reports.models import ImportBatch, ImportFile, Job
from tests import samples
from tests.factories import make_class, make_user, teacher_user
from tests.imports import load_school, pupils_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    user = make_user(is_operator=True, last_name="Операторов")
    client.force_login(user)
    return user


def upload(client, *files: tuple[str, bytes]) -> ImportBatch:
    """Send files as the form does; the worker has read them when this returns."""
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    answer = client.post(reverse("reports:import_list"), {"uploads": sent})
    batch = ImportBatch.objects.latest("pk")
    assert answer.url == address(batch)
    return batch


def address(batch: ImportBatch) -> str:
    return reverse("reports:import_batch", args=[batch.pk])


def page(client, batch: ImportBatch, **query) -> str:
    return client.get(address(batch), query).content.decode()


def confirm(client, batch: ImportBatch, **fields) -> str:
    batch.refresh_from_db()
    answer = client.post(address(batch), {"confirm": "1", "digest": batch.preview["digest"], **fields}, follow=True)
    batch.refresh_from_db()
    return answer.content.decode()


def test_the_whole_way_from_files_to_the_register(client, operator):
    batch = upload(client, *samples.folder())

    shown = page(client, batch)
    assert "Что изменится" in shown
    assert "Аистова Вера Петровна, 7Б" in shown
    assert "Записать " in shown
    assert Pupil.objects.count() == 0, "a preview writes nothing"
    assert AcademicYear.objects.count() == 0

    done = confirm(client, batch)
    assert "Импорт записан" in done
    assert (batch.status, Pupil.objects.count(), Mark.objects.count()) == ("applied", 9, 18)
    assert Mark.objects.first().set_by == operator
    event = AuditEvent.objects.get(action=AuditEvent.Action.IMPORT)
    assert (event.actor, event.object_id) == (operator, batch.pk)


def test_the_same_files_once_more_say_that_nothing_changes(client, operator):
    load_school()
    batch = upload(client, *samples.folder())
    shown = page(client, batch)
    assert "Изменений нет" in shown
    assert "Записать " not in shown


def test_errors_stop_the_import_until_told_otherwise(client, operator):
    bad = pupils_file(("Чижова", "Анна", "Олеговна", "Ж", samples.date(2033, 1, 1), "7Б", None))
    batch = upload(client, *samples.folder(), ("ещё.xlsx", bad[1]))
    shown = page(client, batch)
    assert "дата рождения 01.01.2033 в будущем" in shown
    assert "файл «ещё.xlsx», лист «Ученики», строка 2, столбец E «Дата рождения ученика»" in shown

    refused = confirm(client, batch)
    assert "без строк с ошибками" in refused
    assert (batch.status, Pupil.objects.count()) == ("preview", 0)

    assert "без строк с ошибками" in confirm(client, batch, without_bad_rows="1")
    assert (batch.status, Pupil.objects.count()) == ("applied", 9)


def test_an_unreadable_file_is_told_in_words_beside_the_good_ones(client, operator):
    batch = upload(client, ("список.xlsx", samples.encrypted_xlsx()), ("пустой.csv", b""), *samples.folder())
    shown = page(client, batch)
    assert "Файл защищён паролем." in shown
    assert "снимите пароль" in shown
    assert "Файл пуст." in shown
    assert "Аистова Вера Петровна, 7Б" in shown


def test_a_question_is_answered_on_the_page(client, operator):
    load_school()
    stork = Pupil.objects.get(last_name="Аистова")
    near = ("Аистова", "Верона", "Петровна", "Ж", stork.birth_date, "7Б", None)
    batch = upload(client, pupils_file(near))
    batch.refresh_from_db()
    question = batch.preview["questions"][0]
    assert "Это тот же ученик: Аистова Вера Петровна, 7Б" in page(client, batch)
    assert "ответьте на вопросы" in confirm(client, batch)

    client.post(address(batch), {"answer": "1", question["key"]: f"same:{stork.pk}"})

    # Who it is has been said; which spelling is right is another question.
    assert "решите, что делать с расхождениями" in confirm(client, batch)
    client.post(address(batch), {"decide_all": "take"})
    shown = page(client, batch)
    assert "имя: Вера → <strong>Верона</strong>" in shown
    confirm(client, batch)
    stork.refresh_from_db()
    assert stork.first_name == "Верона"


def test_a_page_that_has_grown_old_writes_nothing(client, operator):
    batch = upload(client, *samples.folder())
    batch.refresh_from_db()
    answer = client.post(address(batch), {"confirm": "1", "digest": "0" * 64}, follow=True)
    assert "Предпросмотр обновился" in answer.content.decode()
    assert Pupil.objects.count() == 0


def test_a_register_that_changed_meanwhile_is_shown_anew(client, operator):
    batch = upload(client, *samples.folder())
    load_school()
    told = confirm(client, batch)
    assert "журнал изменился" in told
    assert "Изменений нет" in told
    assert batch.status == "preview"


def test_confirming_twice_writes_once(client, operator):
    batch = upload(client, *samples.folder())
    batch.refresh_from_db()
    assert batches.confirm(batch, without_bad_rows=False, by=operator) is True
    assert batches.confirm(batch, without_bad_rows=False, by=operator) is False
    assert Job.objects.filter(kind=Job.Kind.IMPORT_APPLY).count() == 1


def test_an_import_that_is_discarded_leaves_no_personal_data(client, operator):
    batch = upload(client, *samples.folder())
    client.post(address(batch), {"discard": "1"})
    batch.refresh_from_db()
    assert (batch.status, batch.preview, ImportFile.objects.count()) == ("discarded", {}, 0)
    assert "Импорт отменён" in page(client, batch)


def test_a_written_import_cannot_be_discarded(client, operator):
    batch = upload(client, *samples.folder())
    confirm(client, batch)
    client.post(address(batch), {"discard": "1"})
    batch.refresh_from_db()
    assert (batch.status, ImportFile.objects.count()) == ("applied", 7)


def test_rows_are_filtered_by_kind_and_state(client, operator):
    load_school()
    address_file = samples.pupils_csv().replace("д. 4".encode("cp1251"), "д. 5".encode("cp1251"))
    batch = upload(client, ("список.csv", address_file))
    client.post(address(batch), {"decide_all": "take"})
    changed = page(client, batch, kind="pupil", status="changed")
    unchanged = page(client, batch, kind="pupil", status="unchanged")
    assert "Аистова Вера Петровна, 7Б" in changed
    assert "Гусева Дарья Андреевна, 7Б" not in changed
    assert "Гусева Дарья Андреевна, 7Б" in unchanged
    assert '"><script>' not in page(client, batch, kind='"><script>')


def test_names_from_a_file_are_escaped(client, operator):
    heading = ["ФИО", "Класс", "Дата рождения", "Пол"]
    row = ["<img src=x onerror=alert(1)>", "7Б", "05.09.2013", "м"]
    batch = upload(client, ("<b>x</b>.xlsx", samples.workbook({"<i>": [heading, row]})))
    shown = page(client, batch)
    assert "<img" not in shown
    assert "<b>x</b>" not in shown
    assert "&lt;img" in shown


def test_looking_at_a_preview_is_recorded(client, operator):
    batch = upload(client, *samples.folder())
    page(client, batch)
    event = AuditEvent.objects.get(action=AuditEvent.Action.READ)
    assert (event.actor, event.object_id, event.subject) == (operator, batch.pk, "предпросмотр импорта")


def test_a_job_that_failed_can_be_started_again(client, operator):
    batch = upload(client, *samples.folder())
    ImportBatch.objects.filter(pk=batch.pk).update(status="reading")
    Job.objects.filter(pk=batch.job_id).update(status="failed", message="Работа трижды прерывалась.")
    shown = page(client, batch)
    assert "Работа трижды прерывалась." in shown
    part = client.get(reverse("reports:import_progress", args=[batch.pk])).content.decode()
    # The open page learns it too, and stops asking.
    assert "data-live-done" in part and 'name="reread"' in part and 'name="stop"' not in part
    client.post(address(batch), {"reread": "1"})
    assert "Что изменится" in page(client, batch)


def test_while_the_worker_reads_the_page_says_how_far_it_is(client, operator):
    batch = upload(client, *samples.folder())
    ImportBatch.objects.filter(pk=batch.pk).update(status="reading")
    Job.objects.filter(pk=batch.job_id).update(status="running", done=3, total=8)
    assert "Сделано 3 из 8." in page(client, batch)
    state = client.get(reverse("reports:import_progress", args=[batch.pk])).content.decode()
    assert "Сделано 3 из 8." in state
    assert "<html" not in state


def test_reading_can_be_stopped_and_started_again(client, operator, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}  # nobody reads: the job waits
    batch = upload(client, *samples.folder())
    client.post(address(batch), {"stop": "1"})
    batch.refresh_from_db()
    assert batch.job.status == "cancelled"
    assert "Остановлено" in page(client, batch)
    client.post(address(batch), {"reread": "1"})
    assert "Файлы читаются" in page(client, batch)


def test_nothing_chosen_and_too_much_chosen(client, operator, monkeypatch):
    assert "Выберите хотя бы один файл" in client.post(reverse("reports:import_list")).content.decode()
    monkeypatch.setattr("reports.imports.forms.MAX_BYTES", 10)
    sent = {"uploads": [SimpleUploadedFile("список.csv", b"x" * 11)]}
    assert "разделите его на части" in client.post(reverse("reports:import_list"), sent).content.decode()
    assert ImportBatch.objects.count() == 0


def test_the_list_shows_what_was_loaded_before(client, operator):
    batch = upload(client, *samples.folder())
    shown = client.get(reverse("reports:import_list")).content.decode()
    assert address(batch) in shown
    assert "ученики.xlsx" in shown
    assert "и ещё 3" in shown


@pytest.mark.parametrize("who", ["deputy", "teacher", "stranger"])
def test_nobody_but_the_operator_finds_these_pages(client, who):
    owner = make_user(is_operator=True)
    batch = batches.create_batch(uploads=[SimpleUploadedFile(*pupils_file(*samples.PUPILS))], by=owner)
    others = {
        "deputy": lambda: make_user(is_deputy=True),
        "teacher": lambda: teacher_user(make_class()),
        "stranger": make_user,
    }
    client.force_login(others[who]())
    for url in (reverse("reports:import_list"), address(batch), reverse("reports:import_progress", args=[batch.pk])):
        answer = client.get(url)
        assert answer.status_code == 404
        assert "Аистова" not in answer.content.decode()
    assert client.post(address(batch), {"discard": "1"}).status_code == 404
    assert ImportFile.objects.count() == 1
