"""«Мои файлы»: own work of the last days, found again after its page was left."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reports.job_list import job_lines
from reports.jobs import RESULT_KEPT, ResultFile, store_result
from reports.models import Job
from tests.factories import make_class, make_user, teacher_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven_b():
    return make_class("7Б")


@pytest.fixture
def owner(seven_b):
    return teacher_user(seven_b)


def a_job(owner, *, days_ago=0, kept=None, kind=Job.Kind.EXTRACTS, file="", **fields):
    job = Job.objects.create(
        owner=owner, kind=kind, expires_at=timezone.now() + (kept or timedelta(hours=1)),
        **{"status": Job.Status.DONE, **fields},
    )  # fmt: skip
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    if file:
        store_result(job.pk, ResultFile(file, b"%PDF"))
    return job


def of(seven_b):
    return {"classes": {str(seven_b.pk): [1]}}


def test_own_files_are_found_again_newest_first(client, seven_b, owner):
    old = a_job(owner, days_ago=1, params=of(seven_b), file="Выписки 7Б.pdf", message="Выписок: 28.")
    open_one = a_job(owner, params={"class_id": seven_b.pk}, kind=Job.Kind.PUPIL_REPORTS, status=Job.Status.RUNNING)
    a_job(make_user(is_deputy=True), params=of(seven_b), file="Чужое.pdf")
    a_job(owner, parent=old, kind=Job.Kind.CLASS_EXTRACTS)
    client.force_login(owner)

    page = client.get("/reports/jobs/").content.decode()

    assert [line.job for line in job_lines(owner)] == [open_one, old]
    assert page.index("Отчёты об учениках, 7Б") < page.index("Выписки, 7Б") and "Готовится." in page
    assert "Выписок: 28." in page and f"/reports/jobs/{old.pk}/result/" in page and "Чужое" not in page


def test_what_expired_is_gone_after_its_days_and_never_offered(owner, seven_b):
    a_job(owner, days_ago=RESULT_KEPT.days + 1, kept=-timedelta(hours=1), params=of(seven_b))
    long_kept = a_job(owner, days_ago=RESULT_KEPT.days + 1, params=of(seven_b), file="a.pdf")
    expired = a_job(owner, kept=-timedelta(minutes=1), params=of(seven_b), file="b.pdf")

    assert [(line.job, line.result and line.result.name) for line in job_lines(owner)] == [
        (expired, None),
        (long_kept, "a.pdf"),
    ]


def test_a_lost_class_takes_its_files_along(client, owner, seven_b):
    a_job(owner, params=of(seven_b), file="Выписки 7Б.pdf")
    seven_b.class_teachers.update(date_to=timezone.localdate() - timedelta(days=1))
    client.force_login(owner)

    page = client.get("/reports/jobs/").content.decode()

    assert "Выписки" not in page.partition("<main")[2] and "Файлов нет" in page


def test_a_role_lost_takes_its_files_along():
    office = make_user(is_operator=True)
    job = a_job(office, kind=Job.Kind.ALPHABET_BOOK, file="Алфавитная книга.pdf")
    assert [line.job for line in job_lines(office)] == [job]
    office.is_operator = False

    assert job_lines(office) == []


@pytest.mark.parametrize("jobs", [1, 20])
def test_many_jobs_cost_two_queries(owner, seven_b, jobs, django_assert_num_queries):
    for _ in range(jobs):
        a_job(owner, params=of(seven_b), file="a.pdf")
    assert owner.own_classes == [seven_b]  # known on every page

    with django_assert_num_queries(2):
        assert len(job_lines(owner)) == jobs
