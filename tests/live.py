"""Real servers for tests: gunicorn and the background worker on a free port of this machine."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests import databases


@dataclass
class Site:
    """A running server with its own copy of the demo school."""

    url: str
    database: str
    signed_in: dict[str, dict] = field(default_factory=dict)

    def manage(self, *arguments: str) -> None:
        """Runs a command of manage.py on this server's database."""
        databases.manage(*arguments, DATABASE_URL=self.database)


def production(**more: str) -> dict[str, str]:
    """The environment of a server as in production, but over plain http."""
    return {
        **os.environ,
        "DEBUG": "0",
        "HTTPS": "0",
        "SECRET_KEY": "secret-of-a-test-run",
        # The demo school was seeded with the development key.
        "FIELD_KEY": "development-only-field-key",
        "ALLOWED_HOSTS": "127.0.0.1",
        "TASKS": "database",
        **more,
    }


def die_with_tests() -> None:
    """In the child: Linux ends it when the test run is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@contextmanager
def serving(commands: list[list[str]], url: str, log: Path, environment: dict[str, str]) -> Iterator[None]:
    """Runs Python programs until the block ends; begins when the server answers."""
    with log.open("w") as output:
        processes = [
            subprocess.Popen(
                [sys.executable, *command],
                cwd=databases.ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_tests,
            )
            for command in commands
        ]
        try:
            wait_until_healthy(url, processes, log)
            yield
        finally:
            for process in processes:
                stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthy(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
        return answer.read() == b"ok"
    return False


def wait_until_healthy(url: str, processes: list[subprocess.Popen], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        if healthy(url):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


def stop(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
