"""A web server and a PostgreSQL that a test may kill: what they acknowledged must be there afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests import databases, live


class MortalServer:
    """A gunicorn of several processes that can be killed without a word and started again on the same port."""

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        self.url = f"http://127.0.0.1:{live.free_port()}"
        self.log, self.environment = log, environment
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "MortalServer":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process:
            live.stop(self.process)

    def start(self) -> None:
        # Loaded once, before the workers part: a start is most of what such a test takes.
        command = ["-m", "gunicorn", "tests.wsgi", "--preload", "--no-control-socket", "--bind", self.url[7:]]
        with self.log.open("a") as output:
            self.process = live.run([*command, "--workers", "2", "--threads", "4"], output, self.environment)
        live.wait_until_healthy(self.url, [self.process], self.log)

    def kill(self) -> None:
        """SIGKILL to the master and its workers at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class MortalCluster:
    """A PostgreSQL of a test's own with the durability of production; it can be killed as by a failing machine.

    Nothing here switches off fsync or synchronous_commit, unlike script/postgres.
    """

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.directory = Path(tempfile.mkdtemp(prefix="gymnasium-mortal.", dir="/tmp"))
        self.process: subprocess.Popen | None = None
        # As root PostgreSQL refuses to run: then its own account does.
        self.account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if self.account:
            shutil.chown(self.directory, "postgres", "postgres")
        self.directory.chmod(0o755)

    def __enter__(self) -> "MortalCluster":
        data, log = str(self.directory / "data"), self.directory / "log"
        with log.open("a") as output:
            options = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
            subprocess.run(
                [str(self.programs / "initdb"), "-D", data, *options],
                check=True,
                cwd="/",
                stdout=output,
                stderr=output,
                **self.account,
            )
        self.start()
        self.run("CREATE ROLE gymnasium LOGIN", user="postgres", database="postgres")
        self.run("CREATE DATABASE gymnasium OWNER gymnasium", user="postgres", database="postgres")
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory)

    def start(self) -> None:
        """Up, recovered from whatever happened before."""
        options = ["-k", str(self.directory), "-c", "listen_addresses=", "-c", "max_connections=40"]
        with (self.directory / "log").open("a") as output:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.directory / "data"), *options],
                cwd="/",
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=live.die_with_tests,
                **self.account,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(Exception):
                self.run("SELECT 1", user="postgres", database="postgres")
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.directory / 'log').read_text()}")

    def kill(self) -> None:
        """SIGKILL to the postmaster and then to every process of it, none of which can tidy up."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)  # or it would notice dying children and start others
        children = _children_of(self.process.pid)
        for pid in (self.process.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        # Only when the last of them is gone does the shared memory belong to nobody.
        while any(_parent_of(pid) for pid in children):
            time.sleep(0.01)

    def run(self, sql: str, *, user: str = "gymnasium", database: str = "gymnasium") -> list[tuple]:
        return databases.rows(f"postgres:///{database}?host={self.directory}&user={user}", sql)

    def fill_from(self, url: str) -> None:
        """Everything another database holds."""
        dump = [str(self.programs / "pg_dump"), "--no-owner", "--no-privileges", url]
        load = [str(self.programs / "psql"), "-q", "-1", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", self.url]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as source:
            subprocess.run(load, stdin=source.stdout, check=True)
        assert source.returncode == 0

    @property
    def url(self) -> str:
        return f"postgres:///gymnasium?host={self.directory}&user=gymnasium"


def _children_of(parent: int) -> list[int]:
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if _parent_of(pid) == parent]


def _parent_of(pid: int) -> int | None:
    """None where the process has ended."""
    try:
        state, parent, *_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else int(parent)


def postgres_programs() -> Path | None:
    """Where initdb and postgres are installed, the newest of them; on Debian that is outside PATH."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found.sort(key=lambda path: float(path.parent.name), reverse=True)
    if initdb := shutil.which("initdb"):
        found.append(Path(initdb).parent)
    return next((path for path in found if (path / "postgres").exists()), None)
