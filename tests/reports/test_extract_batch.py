"""Extracts of many: parts that any worker takes, every pupil exactly once, numbers without gaps."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.utils import timezone
from pikepdf import Pdf as PikePdf
from pypdf import PdfReader

from accounts.models import AuditEvent
from reports import jobs
from reports.extract import batch, register
from reports.extract.batch import start_class_print, start_print
from reports.job_parts import state_of_parts
from reports.jobs import content_of
from reports.models import Extract, ExtractFile, Job, JobResult
from tests.factories import make_class, make_pupil, make_user, teacher_user
from tests.reports.extract_cast import MORNING, PERIOD, TODAY, make_cast

pytestmark = pytest.mark.django_db


def sequences():
    return list(Extract.objects.order_by("sequence").values_list("sequence", flat=True))


def pdf_text(content):
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def waiting_print(cast, owner, ids):
    """A print as it stands in the queue: one job, one part, nothing begun."""
    shared = {
        "date_from": PERIOD.start.isoformat(), "date_to": PERIOD.end.isoformat(), "formed_on": TODAY.isoformat(),
    }  # fmt: skip
    class_id = cast.school_class.pk
    whole = Job.objects.create(
        kind=Job.Kind.EXTRACTS, owner=owner, total=len(ids),
        params={**shared, "classes": {str(class_id): ids}, "title": "Выписки 7Б"},
    )  # fmt: skip
    part = Job.objects.create(
        kind=Job.Kind.CLASS_EXTRACTS, owner=owner, parent=whole, total=len(ids),
        params={**shared, "class_id": class_id, "pupil_ids": ids},
    )  # fmt: skip
    return whole, part


def test_a_class_is_printed_with_every_pupil_exactly_once_in_list_order():
    cast = make_cast()
    for name in ("Яковлев", "Белова", "Ёлкина"):
        make_pupil(cast.school_class, last_name=name)
    extracts = cast.all()
    ids = [extract.pupil_id for extract in extracts]

    job = start_class_print(cast.school_class, ids, PERIOD, by=make_user(), next_url="/")

    assert (job.status, job.done, job.message) == ("done", 4, "Выписок: 4, страниц: 8, порядковые номера 1–4.")
    pages = pdf_text(b"".join(content_of(job.result)))
    surnames = ["Белова", "Ёлкина", "Ермаков", "Яковлев"]
    assert [[name for name in surnames if name in pages[at]] for at in range(0, 8, 2)] == [[n] for n in surnames]
    assert list(Extract.objects.order_by("sequence").values_list("pupil", flat=True)) == ids
    assert set(Extract.objects.values_list("job", flat=True)) == {job.pk}
    assert AuditEvent.objects.filter(action=AuditEvent.Action.PRINT, pupil_id__in=ids).count() == 4


def test_a_joined_file_has_a_title_and_a_bookmark_a_pupil():
    cast = make_cast()
    make_pupil(cast.school_class, last_name="Белова", first_name="Яна")
    ids = [extract.pupil_id for extract in cast.all()]

    job = start_class_print(cast.school_class, ids, PERIOD, by=make_user(), next_url="/")

    with PikePdf.open(BytesIO(b"".join(content_of(job.result)))) as whole, whole.open_outline() as outline:
        assert [item.title for item in outline.root] == ["Белова Яна", "Ермаков Тимофей"]
        assert str(whole.docinfo["/Title"]) == "Выписки 7Б" and str(whole.Root.Lang) == "ru"


@pytest.mark.parametrize("count", [1, 15, 16, 17, 30, 33])
def test_a_class_is_cut_into_equal_parts_that_hold_everybody_once(count):
    parts = batch._shares(list(range(count)))

    assert [one for part in parts for one in part] == list(range(count))
    assert max(map(len, parts)) <= batch.PART
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_classes_of_a_school_become_an_archive_with_a_file_a_class(monkeypatch):
    monkeypatch.setattr(batch, "ONE_FILE", 2)
    cast = make_cast()
    other = make_class("7А", year=cast.school_class.year)
    theirs = [make_pupil(other, last_name=name).pk for name in ("Авдеев", "Жуков")]
    wanted = {cast.school_class.pk: [cast.pupil.pk], other.pk: theirs}

    job = start_print(wanted, PERIOD, by=make_user(), next_url="/", title="Выписки школы")

    assert (job.status, job.done) == ("done", 3)
    with ZipFile(BytesIO(b"".join(content_of(job.result)))) as archive:
        texts = {name: "".join(pdf_text(archive.read(name))) for name in archive.namelist()}
    surnames = ("Авдеев", "Жуков", "Ермаков")
    assert {name[:10]: [one for one in surnames if one in text] for name, text in texts.items()} == {
        "Выписки 7А": ["Авдеев", "Жуков"],
        "Выписки 7Б": ["Ермаков"],
    }


def test_a_part_cut_in_the_middle_goes_on_and_prints_nobody_twice():
    cast, owner = make_cast(), make_user()
    for _ in range(2):
        make_pupil(cast.school_class)
    extracts = cast.all()
    whole, part = waiting_print(cast, owner, [extract.pupil_id for extract in extracts])
    # What a worker killed after its first sheet leaves behind: one file, two numbers without, an open part.
    rows = register.reserve(extracts, by=owner, job=whole)
    register.store(rows[0], register.render(extracts[0], rows[0].number), by=owner)
    dead = timezone.now() - timedelta(minutes=10)
    Job.objects.filter(pk=part.pk).update(status=Job.Status.RUNNING, started_at=dead, heartbeat_at=dead)

    jobs.revive_stale_jobs()
    jobs.run_job.call(job_id=whole.pk)

    whole.refresh_from_db()
    assert (whole.status, whole.done) == ("done", 3), whole.message
    assert sequences() == [1, 2, 3]
    assert Extract.objects.values("pupil").distinct().count() == ExtractFile.objects.count() == 3
    assert Extract.objects.get(sequence=1).pk == rows[0].pk  # the finished one was not made again
    assert len(PdfReader(BytesIO(b"".join(content_of(whole.result)))).pages) == 6


def test_numbers_of_a_dead_attempt_and_abandoned_ones_are_all_used_again():
    cast, owner = make_cast(), make_user()
    make_pupil(cast.school_class)
    extracts = cast.all()
    whole, _ = waiting_print(cast, owner, [extract.pupil_id for extract in extracts])
    register.abandon([row.pk for row in register.reserve(extracts, by=make_user())])
    died = register.reserve(extracts, by=owner, job=whole)

    again = register.reserve(extracts, by=owner, job=whole, reuse=[row.pk for row in died])

    assert [row.sequence for row in again] == [1, 2] == sequences()


def test_a_pupil_who_cannot_be_printed_fails_the_whole_print_loudly():
    cast = make_cast()
    other = make_class("7А", year=cast.school_class.year)
    stranger = make_pupil(other)
    wanted = {cast.school_class.pk: [cast.pupil.pk, stranger.pk], other.pk: [stranger.pk]}

    job = start_print(wanted, PERIOD, by=make_user(), next_url="/", title="Выписки")

    assert job.status == Job.Status.FAILED
    assert "не нашлось: 1" in job.message
    assert not Extract.objects.exists() and not hasattr(job, "result")
    assert set(job.parts.values_list("status", flat=True)) == {Job.Status.FAILED, Job.Status.CANCELLED}


def test_a_part_given_up_fails_the_whole():
    cast, owner = make_cast(), make_user()
    whole, part = waiting_print(cast, owner, [cast.pupil.pk])
    dead = timezone.now() - timedelta(minutes=10)
    params = {**part.params, "_attempts": jobs.MAX_ATTEMPTS}
    Job.objects.filter(pk=part.pk).update(status="running", started_at=dead, heartbeat_at=dead, params=params)

    jobs.revive_stale_jobs()

    whole.refresh_from_db()
    assert whole.status == Job.Status.FAILED and "трижды" in whole.message


def test_a_lost_line_of_the_register_stops_the_joining():
    cast, owner = make_cast(), make_user()
    make_pupil(cast.school_class)
    ids = [extract.pupil_id for extract in cast.all()]
    whole, _ = waiting_print(cast, owner, ids)
    [row] = register.reserve([cast.extract()], by=owner, job=whole)
    register.store(row, register.render(cast.extract(), row.number), by=owner)

    jobs.run_job.call(job_id=whole.pk)

    whole.refresh_from_db()
    assert (whole.status, "Готовы 1 выписок из 2" in whole.message) == (Job.Status.FAILED, True)


def test_stopping_ends_parts_too_and_gives_the_other_numbers_back():
    cast, owner = make_cast(), make_user()
    for _ in range(2):
        make_pupil(cast.school_class)
    whole, part = waiting_print(cast, owner, [extract.pupil_id for extract in cast.all()])
    Job.objects.filter(pk=part.pk).update(status=Job.Status.RUNNING, started_at=timezone.now())
    other = Job.objects.create(kind=Job.Kind.CLASS_EXTRACTS, owner=owner, parent=whole, params=part.params)

    jobs.cancel_job(whole)

    whole.refresh_from_db(), part.refresh_from_db(), other.refresh_from_db()
    assert (whole.status, part.cancel_requested, other.status) == (Job.Status.CANCELLED, True, Job.Status.CANCELLED)


def test_a_running_part_that_is_stopped_keeps_what_is_formed(monkeypatch):
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0)
    cast, owner = make_cast(), make_user()
    for _ in range(2):
        make_pupil(cast.school_class)
    _, part = waiting_print(cast, owner, [extract.pupil_id for extract in cast.all()])
    stored = register.store

    def store_and_stop(*args, **kwargs):
        stored(*args, **kwargs)
        Job.objects.filter(pk=part.pk).update(cancel_requested=True)

    monkeypatch.setattr(register, "store", store_and_stop)
    jobs.run_job.call(job_id=part.pk)

    part.refresh_from_db()
    assert (part.status, register.formed_extracts().count()) == (Job.Status.CANCELLED, 1)
    monkeypatch.undo()
    assert register.form_extract(cast.extract(), by=make_user()).sequence == 2


def test_progress_is_the_sum_of_the_parts(client, clock):
    clock(MORNING)
    cast = make_cast()
    owner = teacher_user(cast.school_class)
    ids = [cast.pupil.pk, make_pupil(cast.school_class).pk]
    whole, part = waiting_print(cast, owner, ids)
    begun = timezone.now() - timedelta(seconds=40)
    Job.objects.filter(pk=part.pk).update(
        status="running", started_at=begun, heartbeat_at=timezone.now(), done=6, total=9
    )
    Job.objects.create(kind=Job.Kind.CLASS_EXTRACTS, owner=owner, parent=whole, total=3)
    client.force_login(owner)

    page = client.get(f"/reports/jobs/{whole.pk}/").content.decode()

    assert state_of_parts(whole).total == 12
    assert "Готово 6 из 12, осталось примерно" in page
    assert client.get(f"/reports/jobs/{part.pk}/").status_code == 404  # the person sees the whole only


def test_the_file_of_a_print_is_for_its_owner_who_still_has_the_class(client, clock):
    clock(MORNING)
    cast = make_cast()
    owner = teacher_user(cast.school_class)
    job = start_class_print(cast.school_class, [cast.pupil.pk], PERIOD, by=owner, next_url="/")
    path = f"/reports/jobs/{job.pk}/result/"

    for other in (make_user(is_deputy=True), teacher_user(make_class("7А", year=cast.school_class.year))):
        client.force_login(other)
        assert client.get(path).status_code == 404
    client.force_login(owner)
    assert client.get(path).getvalue() == b"".join(content_of(JobResult.objects.get()))
    assert AuditEvent.objects.filter(subject="выписки", pupil_id=cast.pupil.pk).exists()
    cast.school_class.class_teachers.update(date_to=TODAY - timedelta(days=1))
    client.force_login(owner)
    assert client.get(path).status_code == 404


def test_only_one_print_of_a_person_is_open_however_many_parts_it_has():
    cast, owner = make_cast(), make_user()
    whole, _ = waiting_print(cast, owner, [cast.pupil.pk])
    Job.objects.create(kind=Job.Kind.CLASS_EXTRACTS, owner=owner, parent=whole)

    again = start_class_print(cast.school_class, [cast.pupil.pk], PERIOD, by=owner, next_url="/")

    assert (again.pk, again.is_new) == (whole.pk, False)
