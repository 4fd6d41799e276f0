"""A print of several classes by real workers: one is killed in the middle, and everybody is in the file once.

On PostgreSQL two workers share the parts; on SQLite, which has one writer, a second one is started after the first
was killed.
"""

import os
import signal
import subprocess
import sys
import time
from io import BytesIO

import pytest
from pypdf import PdfReader

from tests import databases, live

PUPILS = 9
"""Of each of three classes: two parts for each would be too little to be killed in, too much to wait for."""
ASK = f"""
from datetime import date
from accounts.models import User
from journal.models import Enrolment, SchoolClass
from reports.extract.batch import start_print
from reports.extract.data import Period
day = date(2026, 11, 20)
classes = SchoolClass.objects.filter(grade__in=[5, 7])
wanted = {{
    one.pk: list(Enrolment.objects.on_roll(day).filter(school_class=one).values_list("pupil_id", flat=True)[:{PUPILS}])
    for one in classes
}}
job = start_print(
    wanted, Period(date(2026, 11, 2), day), by=User.objects.get(username="deputy"), next_url="/", title="Выписки"
)
assert job.parts.count() == len(wanted) == 3
"""
DEADLINE = 150


@pytest.fixture
def school(keeper, worker, demo_template, django_db_blocker):
    """A demo school of the test's own, and its address."""
    name = f"prints_{worker}"
    with django_db_blocker.unblock():
        keeper.copy(demo_template, name)
        url = keeper.url(name)
    yield url
    with django_db_blocker.unblock():
        keeper.drop(name)


def start_worker(url, log):
    environment = live.production(DATABASE_URL=url, JOB_STALE_SECONDS="12")
    with log.open("a") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", "db_worker", "--interval", "0.2", "--no-startup-delay"],
            cwd=databases.ROOT, env=environment, stdout=output, stderr=output,
            start_new_session=True, preexec_fn=live.die_with_tests,
        )  # fmt: skip


def wait_until(condition, log):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain:\n{log.read_text()[-3000:]}"
        time.sleep(0.05)


def one(url, sql):
    return databases.rows(url, sql)[0][0]


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_print_loses_and_doubles_nobody(school, tmp_path):
    log = tmp_path / "workers.log"
    databases.manage("shell", "-c", ASK, DATABASE_URL=school, TASKS="database")
    formed = "SELECT COUNT(*) FROM reports_extractfile"
    workers = [start_worker(school, log)]
    if school.startswith("postgres"):
        workers.append(start_worker(school, log))
    try:
        wait_until(lambda: one(school, formed) >= 3, log)
        os.killpg(workers[0].pid, signal.SIGKILL)
        workers[0].wait()
        before = one(school, formed)
        if len(workers) == 1:
            workers.append(start_worker(school, log))
        done = "SELECT COUNT(*) FROM reports_job WHERE kind = 'extracts' AND status NOT IN ('waiting', 'running')"
        wait_until(lambda: one(school, done) == 1, log)
    finally:
        for process in workers:
            if process.poll() is None:
                live.stop(process)

    assert before < 3 * PUPILS, "everything was formed before the worker was killed"
    whole = "kind = 'extracts' AND status = 'done'"
    assert one(school, f"SELECT COUNT(*) FROM reports_job WHERE {whole}") == 1, log.read_text()[-3000:]
    lines = databases.rows(school, "SELECT sequence, pupil_id FROM reports_extract ORDER BY sequence")
    assert [sequence for sequence, _ in lines] == list(range(1, 3 * PUPILS + 1))  # no number is missing or given twice
    assert len({pupil for _, pupil in lines}) == 3 * PUPILS == one(school, formed)
    pieces = databases.rows(
        school,
        "SELECT content FROM reports_jobresultpiece JOIN reports_job ON result_id = reports_job.id "
        f"WHERE {whole} ORDER BY number",
    )
    content = b"".join(bytes(piece) for (piece,) in pieces)
    names = [
        f"{last} {first}"
        for last, first in databases.rows(
            school,
            "SELECT last_name, first_name FROM journal_pupil WHERE id IN (SELECT pupil_id FROM reports_extract)",
        )
    ]
    fronts = [
        text
        for page in PdfReader(BytesIO(content)).pages
        if "Выписка из электронного журнала" in (text := " ".join(page.extract_text().split()))
    ]
    assert len(fronts) == 3 * PUPILS
    assert sorted(name for text in fronts for name in names if name in text) == sorted(names)
    if school.startswith("postgres"):
        ids = databases.rows(school, "SELECT worker_ids FROM django_tasks_database_dbtaskresult")
        assert len({worker for (found,) in ids for worker in found}) == 2  # both took parts
