"""How the application starts and stops as a program."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import databases, live

# DEBUG said aloud: the secrets that script/setup made for this machine are then not looked at.
BARE = {key: value for key, value in os.environ.items() if key not in {"SECRET_KEY", "FIELD_KEY", "TASKS"}}
BARE["DEBUG"] = "0"
SECRETS = {"SECRET_KEY": "s", "FIELD_KEY": "f", "ALLOWED_HOSTS": "journal.example"}


def settings_in_production(code: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", f"from gymnasium import settings; {code}"],
        cwd=databases.ROOT,
        env={**BARE, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_stops_the_start_with_one_clear_line(missing):
    given = {name: value for name, value in SECRETS.items() if name != missing}
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=databases.ROOT,
        env={**BARE, **given},
        capture_output=True,
        text=True,
    )

    assert result.returncode != 0
    assert len(result.stderr.splitlines()) == 1
    assert missing in result.stderr


def test_production_cookies_are_bound_to_the_host():
    result = settings_in_production(
        "print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE,"
        " settings.SECURE_HSTS_SECONDS > 0, settings.SECURE_SSL_REDIRECT)",
        **SECRETS,
    )

    assert result.stdout.split() == ["__Host-session", "__Host-csrf", "True", "True", "True"]


def test_sqlite_keeps_what_was_acknowledged_at_power_loss():
    result = settings_in_production(
        "print(settings.DATABASES['default']['OPTIONS'])", **SECRETS, DATABASE_URL="sqlite:////tmp/x.sqlite3"
    )

    assert "synchronous=FULL" in result.stdout
    assert "'transaction_mode': 'IMMEDIATE'" in result.stdout


def children_of(pid: int) -> dict[str, int]:
    """Process numbers of the server's two programs, by name."""
    listing = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    lines = [line.split(None, 1) for line in listing.splitlines()]
    return {("worker" if "db_worker" in command else "web"): int(number) for number, command in lines}


def wait_for(condition, seconds: float = 20):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return value


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def supervisor(keeper, worker, collected_static, empty_template, django_db_blocker, tmp_path):
    """`script/supervisor` on a copy of the empty database: the process and its address."""
    name, port = f"start_{worker}", live.free_port()
    with django_db_blocker.unblock():
        keeper.copy(empty_template, name)
        database = keeper.url(name)
    environment = live.production(
        STATIC_ROOT=str(collected_static), DATABASE_URL=database, PORT=str(port), WEB_WORKERS="1"
    )
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "script/supervisor"], cwd=databases.ROOT, env=environment, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        live.wait_until_healthy(url, [process], tmp_path / "log")
        yield process, url
    finally:
        # Also when it never became healthy: a supervisor left behind would try for ever.
        live_children = children_of(process.pid)
        process.kill()
        process.wait()
    for pid in live_children.values():
        wait_for(lambda pid=pid: not alive(pid))
    with django_db_blocker.unblock():
        keeper.drop(name)


def test_a_program_that_dies_is_started_again(supervisor):
    process, url = supervisor
    before = wait_for(lambda: (found := children_of(process.pid)) and len(found) == 2 and found)

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    wait_for(lambda: len(after := children_of(process.pid)) == 2 and not set(after.values()) & set(before.values()))
    wait_for(lambda: live.healthy(url))


def test_both_programs_come_back_after_the_database_was_away(supervisor, keeper, worker):
    if isinstance(keeper, databases.SQLite):
        pytest.skip("PostgreSQL only")
    process, url = supervisor
    assert live.healthy(url)

    keeper.end_connections(f"start_{worker}")

    wait_for(lambda: live.healthy(url))
    wait_for(lambda: len(children_of(process.pid)) == 2)


def test_both_programs_end_with_the_server(supervisor):
    process, _ = supervisor
    children = wait_for(lambda: (found := children_of(process.pid)) and len(found) == 2 and found)

    process.terminate()

    assert process.wait(30) == 0
    assert not any(alive(pid) for pid in children.values())


def test_nothing_is_left_behind_when_the_server_is_killed(supervisor):
    process, url = supervisor
    children = wait_for(lambda: (found := children_of(process.pid)) and len(found) == 2 and found)

    process.kill()
    process.wait()

    for pid in children.values():
        wait_for(lambda pid=pid: not alive(pid))
    assert not live.healthy(url)


def run_on(database: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    given = {**BARE, "DEBUG": "1", "DATABASE_URL": f"sqlite:///{database}", **environment}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=databases.ROOT, env=given, capture_output=True, text=True
    )


def test_a_school_without_logins_is_never_filled_with_the_demo(tmp_path):
    database = tmp_path / "school.sqlite3"
    files = tmp_path / "files"
    files.mkdir()
    files.joinpath("pupils.csv").write_bytes(csv_of_pupils())

    # Neither command needs anything done before: the file of the database does not even exist.
    imported = run_on(database, "import_school", str(files))
    prepared = run_on(database, "prepare")

    assert "ученики: новые 2" in imported.stdout, imported.stdout + imported.stderr
    assert (prepared.returncode, prepared.stdout) == (0, "")


def test_the_demo_school_needs_no_tables_made_before(tmp_path):
    result = run_on(tmp_path / "demo.sqlite3", "seed_demo", "--date", "2026-11-23")

    assert "Пароль для всех: Demo-2026-gymnasium" in result.stdout, result.stderr


def csv_of_pupils() -> bytes:
    lines = [
        "ФИО;Класс;Дата рождения;Пол;Родитель;Телефон;Адрес",
        "Волков Иван Петрович;7Б;14.05.2013;м;Волкова Анна Ивановна;+7 900 000-00-01;ул. Мира, д. 1",
        "Зайцева Ольга Ивановна;7Б;15.06.2013;ж;Зайцев Иван Олегович;+7 900 000-00-02;ул. Мира, д. 2",
    ]
    return "\r\n".join(lines).encode("cp1251")
