"""Background jobs: one runner each, nothing twice, nothing lost."""

from datetime import timedelta
from tempfile import TemporaryFile

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from reports import jobs
from reports.extract.batch import start_class_print
from reports.jobs import JobCancelled, JobLost, JobRun, ResultFile, content_of, store_result
from reports.management.commands.db_worker import _take_care
from reports.models import Job, JobResult
from tests.factories import make_pupil, make_user, teacher_user
from tests.reports.extract_cast import MORNING, PERIOD, make_cast

pytestmark = pytest.mark.django_db
KIND = Job.Kind.EXTRACTS


def running_job(**fields):
    now = timezone.now()
    fields = {"started_at": now, "heartbeat_at": now, **fields}
    owner = fields.pop("owner", None) or make_user()
    return Job.objects.create(kind=KIND, owner=owner, status=Job.Status.RUNNING, **fields)


def test_an_open_job_of_the_same_owner_and_kind_is_given_again():
    owner, other = make_user(), make_user()
    first = running_job(owner=owner, params={"class_id": 1})

    again = jobs.start_job(kind=KIND, owner=owner, params={"class_id": 2})
    theirs = jobs.start_job(kind=KIND, owner=other, params={"class_id": 2, "pupil_ids": []})

    assert (again.pk, again.is_new, again.params) == (first.pk, False, {"class_id": 1})
    assert theirs.is_new and theirs.pk != first.pk


def test_progress_result_and_end_are_kept_for_the_owner():
    job = running_job()
    run = JobRun(job)

    run.start(total=3)
    run.step(2, message="ещё одна")
    job.refresh_from_db()
    assert (job.done, job.total, job.message) == (2, 3, "ещё одна")
    run.step()
    run.finish("Всё.", ResultFile("итог.pdf", b"%PDF-1"))

    job.refresh_from_db()
    assert (job.status, job.done, job.message) == (Job.Status.DONE, 3, "Всё.")
    assert job.expires_at - job.finished_at == jobs.RESULT_KEPT
    assert b"".join(content_of(job.result)) == b"%PDF-1"


def test_stopping_ends_the_work_at_its_next_step():
    job = running_job()
    run = JobRun(job)
    run.start(total=5)

    jobs.cancel_job(job)

    with pytest.raises(JobCancelled):
        run.step(message="дальше")


def test_a_waiting_job_is_stopped_at_once_and_never_runs():
    job = Job.objects.create(kind=KIND, owner=make_user(), params={})

    jobs.cancel_job(job)
    jobs.run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.started_at) == (Job.Status.CANCELLED, None)


def test_a_runner_that_lost_its_job_can_write_nothing():
    job = running_job(heartbeat_at=timezone.now() - timedelta(hours=1))
    slow = JobRun(job)
    Job.objects.filter(pk=job.pk).update(started_at=timezone.now() + timedelta(seconds=1))  # another worker's

    for act in (lambda: slow.start(1), lambda: slow.step(message="я жив"), lambda: slow.save_state(x=1), slow.finish):
        with pytest.raises(JobLost):
            act()
    assert not JobResult.objects.exists()


def test_a_job_that_is_taken_or_done_is_not_run_again():
    cast = make_cast()
    job = start_class_print(cast.school_class, [cast.pupil.pk], PERIOD, by=make_user(), next_url="")
    assert job.status == Job.Status.DONE, job.message
    ended = job.finished_at

    jobs.run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert job.finished_at == ended
    assert cast.pupil.extracts.count() == 1


def test_the_job_of_a_dead_worker_runs_again_and_a_living_one_is_left_alone():
    cast = make_cast()
    living = running_job(heartbeat_at=timezone.now() - timedelta(seconds=20))
    owner = make_user()
    dead = Job.objects.create(
        kind=Job.Kind.CLASS_EXTRACTS,
        parent=Job.objects.create(kind=KIND, owner=owner),
        owner=owner,
        status=Job.Status.RUNNING,
        started_at=timezone.now() - timedelta(minutes=5),
        heartbeat_at=timezone.now() - jobs.STALE_AFTER - timedelta(seconds=1),
        params={
            "class_id": cast.school_class.pk,
            "pupil_ids": [cast.pupil.pk],
            "date_from": "2026-11-02",
            "date_to": "2026-11-23",
            "formed_on": "2026-11-23",
            "_attempts": 1,
        },
    )

    assert jobs.revive_stale_jobs() == [dead.pk]
    assert jobs.revive_stale_jobs() == []

    dead.refresh_from_db()
    living.refresh_from_db()
    assert (dead.status, dead.params["_attempts"]) == (Job.Status.DONE, 2)
    assert living.status == Job.Status.RUNNING


def test_a_job_that_kills_its_worker_each_time_is_given_up():
    old = timezone.now() - timedelta(hours=1)
    job = running_job(started_at=old, heartbeat_at=old, params={"_attempts": jobs.MAX_ATTEMPTS})

    assert jobs.revive_stale_jobs() == []

    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert "администратору" in job.message


def test_a_large_file_is_kept_in_pieces_and_given_out_whole(monkeypatch):
    monkeypatch.setattr(jobs, "PIECE", 4)
    job, source = running_job(), TemporaryFile()  # noqa: SIM115 (storing closes it)
    source.write(b"0123456789")

    store_result(job.pk, ResultFile("a.zip", source, "application/zip"))
    store_result(job.pk, ResultFile("a.zip", b"abcdefgh"))  # in the place of the first

    assert source.closed
    assert [len(piece.content) for piece in job.result.pieces.order_by("number")] == [4, 4]
    assert (job.result.size, b"".join(content_of(job.result))) == (8, b"abcdefgh")


def test_results_do_not_outlive_their_time():
    fresh, old = running_job(), running_job()
    for job in (fresh, old):
        JobRun(job).finish("", ResultFile("a.pdf", b"1"))
    Job.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    jobs.delete_expired_results()

    assert list(JobResult.objects.values_list("job", flat=True)) == [fresh.pk]


def test_the_worker_forgets_what_has_expired_and_nothing_else():
    now = timezone.now()
    tasks = [
        DBTaskResult.objects.create(
            task_path="reports.jobs.run_job",
            args_kwargs={"args": [], "kwargs": {"job_id": 1}},
            backend_name="default",
            run_after=now,
            exception_class_path="",
            traceback="",
            finished_at=finished_at,
        )
        for finished_at in (None, now - timedelta(hours=1), now - jobs.RESULT_KEPT - timedelta(hours=1))
    ]
    for key, hours in (("alive", 1), ("over", -1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=hours))

    _take_care()

    assert set(DBTaskResult.objects.values_list("pk", flat=True)) == {tasks[0].pk, tasks[1].pk}
    assert list(Session.objects.values_list("session_key", flat=True)) == ["alive"]


# --- Pages ----------------------------------------------------------------------------------------


def test_the_page_and_the_file_are_for_the_owner_only(client, clock):
    clock(MORNING)
    cast = make_cast()
    make_pupil(cast.school_class, last_name="Щукин")
    owner, stranger = teacher_user(cast.school_class), make_user(is_deputy=True)
    job = start_class_print(cast.school_class, [cast.pupil.pk], PERIOD, by=owner, next_url="/")
    paths = [f"/reports/jobs/{job.pk}/", f"/reports/jobs/{job.pk}/state/", f"/reports/jobs/{job.pk}/result/"]

    client.force_login(stranger)
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]
    assert client.post(f"/reports/jobs/{job.pk}/cancel/").status_code == 404
    client.force_login(owner)
    assert "Выписка готова, страниц: 2" in client.get(paths[0]).content.decode()
    answer = client.get(paths[2])
    assert answer.getvalue().startswith(b"%PDF") and answer["Cache-Control"].count("no-store")


def test_an_expired_result_is_gone(client):
    job = running_job()
    JobRun(job).finish("", ResultFile("a.pdf", b"1"))
    Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    client.force_login(job.owner)

    assert client.get(f"/reports/jobs/{job.pk}/result/").status_code == 404
    assert "Срок хранения файла вышел" in client.get(f"/reports/jobs/{job.pk}/").content.decode()


def test_the_page_of_a_running_job_reloads_itself_without_scripts(client):
    job = running_job(done=12, total=28)
    client.force_login(job.owner)

    page = client.get(f"/reports/jobs/{job.pk}/").content.decode()

    assert "Готово 12 из 28" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'action="/reports/jobs/{job.pk}/cancel/"' in page
