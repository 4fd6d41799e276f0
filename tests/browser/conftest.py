"""A real browser against a real server with the demo school on its Monday morning, 23.11.2026 08:20.

Each module gets a server and a copy of the demo school of its own, so its tests may change what they like.
Tests here are marked `browser` by themselves.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests import databases
from tests.browser_programs import chromium
from tests.conftest import DEMO_PASSWORD

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


# --- The server -----------------------------------------------------------------------------------


@dataclass
class Site:
    """A running server with its own copy of the demo school."""

    url: str
    database: str
    signed_in: dict[str, dict] = field(default_factory=dict)

    def manage(self, *arguments: str) -> None:
        """Runs a command of manage.py on this server's database."""
        databases.manage(*arguments, DATABASE_URL=self.database)


@pytest.fixture(scope="session")
def collected_static(run_directory: Path) -> Path:
    """Static files as production serves them, collected once a run."""
    target = run_directory / "static"
    with databases.one_at_a_time(run_directory / "static.lock"):
        if not (target / "staticfiles.json").exists():
            databases.manage("collectstatic", "--noinput", "--verbosity=0", **_production(STATIC_ROOT=str(target)))
    return target


@pytest.fixture(scope="module")
def site(
    keeper: databases.Databases, demo_template: str, worker: str, collected_static: Path, django_db_blocker
) -> Iterator[Site]:
    """The server of this module: gunicorn and the background worker, as script/server runs them."""
    name = f"site_{worker}"
    with django_db_blocker.unblock():
        keeper.copy(demo_template, name)
        database = keeper.url(name)
    port = _free_port()
    log = collected_static.parent / f"site-{worker}.log"
    environment = _production(STATIC_ROOT=str(collected_static), DATABASE_URL=database, TASKS="database")
    web = ["-m", "gunicorn", "tests.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4", "--no-control-socket"]
    work = ["manage.py", "db_worker", "--interval", "0.2", "--no-startup-delay"]
    with log.open("w") as output:
        processes = [
            subprocess.Popen(
                [sys.executable, *command],
                cwd=databases.ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            for command in (web, work)
        ]
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/healthz", processes, log)
            yield Site(f"http://127.0.0.1:{port}", database)
        finally:
            for process in processes:
                _stop(process)
            with django_db_blocker.unblock():
                keeper.drop(name)


def _production(**more: str) -> dict[str, str]:
    """The environment of a server as in production, but over plain http."""
    return {
        **os.environ,
        "DEBUG": "0",
        "HTTPS": "0",
        "SECRET_KEY": "secret-of-a-test-run",
        # The demo school was seeded with the development key.
        "FIELD_KEY": "development-only-field-key",
        "ALLOWED_HOSTS": "127.0.0.1",
        **more,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(url: str, processes: list[subprocess.Popen], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        with suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.read() == b"ok":
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


def _stop(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


# --- The browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if not program:
        pytest.skip("no Chromium (apt: chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page_for(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """`page_for(login=None, phone=False, **context options)` opens a window of its own, signed in or not.

    A page whose script fails or that breaks the content security policy fails its test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(login: str | None = None, *, phone: bool = False, **options) -> Page:
        size = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if phone else {"viewport": DESKTOP}
        if login and login not in site.signed_in:
            site.signed_in[login] = _sign_in(browser, site, login)
        context = browser.new_context(
            base_url=site.url,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            storage_state=site.signed_in[login] if login else None,
            **{**size, **options},
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(message, faults))
        return page

    yield open_page

    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def page_as(page_for: Callable[..., Page]) -> Callable[..., Page]:
    """`page_as("teacher7b", phone=True)`: signed in, with the home page open."""

    def open_home(login: str, **options) -> Page:
        page = page_for(login, **options)
        page.goto("/")
        return page

    return open_home


def _note(message: ConsoleMessage, faults: list[str]) -> None:
    # A request that fails is for the test to judge; a broken policy or script never is.
    if message.type == "error" and not message.text.startswith("Failed to load resource"):
        faults.append(message.text)


def _sign_in(browser: Browser, site: Site, login: str) -> dict:
    """Signs in through the form, as a person does; the session is kept for the other tests of the module."""
    context = browser.new_context(base_url=site.url, locale="ru-RU")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    state = context.storage_state()
    context.close()
    return state
