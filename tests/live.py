"""Real servers for tests: gunicorn and the background worker on a free port of this machine; people who ask them."""

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
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode

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


@contextmanager
def serving(commands: list[list[str]], url: str, log: Path, environment: dict[str, str]) -> Iterator[None]:
    """Runs Python programs until the block ends; begins when the server answers."""
    with log.open("w") as output:
        processes = [run(command, output, environment) for command in commands]
        try:
            wait_until_healthy(url, processes, log)
            yield
        finally:
            for process in processes:
                stop(process)


def run(command: list[str], output, environment: dict[str, str]) -> subprocess.Popen:
    """A Python program as the leader of a process group of its own."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=databases.ROOT,
        env=environment,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_tests,
    )


class NoAnswer(Exception):
    """The connection broke or was refused: nobody knows whether the request was done."""


class Visitor:
    """A person at the server: cookies, the CSRF token, answers whole or not at all."""

    def __init__(self, url: str, cookies: CookieJar | None = None) -> None:
        self.url = url
        self.cookies = CookieJar() if cookies is None else cookies
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def sign_in(self, login: str, password: str) -> None:
        self.ask("/accounts/login/")
        self.ask("/accounts/login/", {"login": login, "password": password})

    def twin(self) -> "Visitor":
        """Another window of the same sign-in."""
        return Visitor(self.url, self.cookies)

    def ask(self, path: str, data: dict[str, str] | None = None, accept: str = "text/html") -> tuple[int, str]:
        """Status and text of the answer to GET, or to POST of `data`. NoAnswer where it did not come whole."""
        body = None if data is None else urlencode(data).encode()
        request = urllib.request.Request(f"{self.url}{path}", body, {"Accept": accept})
        request.add_header("X-CSRFToken", next((one.value or "" for one in self.cookies if one.name == "csrf"), ""))
        try:
            try:
                with self.opener.open(request, timeout=30) as answer:
                    return answer.status, answer.read().decode()
            except HTTPError as answer:
                with answer:
                    return answer.code, answer.read().decode()
        except (OSError, HTTPException) as broken:
            raise NoAnswer from broken


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


def die_with_tests() -> None:
    """In the child: Linux ends it when the test run is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def stop(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
