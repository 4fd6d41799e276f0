"""What every test may use. docs/testing.md tells which fixture fits which test.

An ordinary test gets an empty database and makes what it needs with tests/factories.py. A test that asks for
`demo` (or carries the mark) gets the demo school, inside a transaction that is rolled back.
"""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from tests import databases, live
from tests.clock import DEMO_MORNING, started_at
from tests.pages import enter

DEMO_PASSWORD = "Demo-2026-gymnasium"


def pytest_configure(config: pytest.Config) -> None:
    # A busy machine is no fault of a rule: how long something may take is said by tests that measure it.
    hypothesis.settings.register_profile("school", deadline=None)
    hypothesis.settings.load_profile("school")
    # One round instead of a million: the tests are not about hashing.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # One name for this run, known here and in every worker.
    if not hasattr(config, "workerinput") and not getattr(config.option, "testrunuid", None):
        config.option.testrunuid = uuid4().hex


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leaves nothing on a PostgreSQL server that somebody lent by DATABASE_URL."""
    if not hasattr(session.config, "workerinput") and databases.connections["default"].vendor == "postgresql":
        databases.PostgreSQL(_run_name(session.config)).drop_all()


def _run_name(config: pytest.Config) -> str:
    run = getattr(config, "workerinput", {}).get("testrunuid") or config.option.testrunuid
    return f"test_{run[:8]}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("demo"):
            item.add_marker(pytest.mark.django_db)
    # A long test that begins last keeps one processor waiting for the other.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


# --- Databases ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, run_directory: Path) -> None:
    """On SQLite the tests use a file as the application does: one in memory locks and logs differently."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database["TEST"]["NAME"] = str(run_directory / f"empty-{worker}.sqlite3")
        # Nobody pulls the plug on a test; waiting for the disk would only make it slow.
        database["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"


@pytest.fixture(scope="session")
def keeper(run_directory: Path, request: pytest.FixtureRequest) -> databases.Databases:
    """Makes and drops databases beside the one of the tests."""
    return databases.databases(run_directory, _run_name(request.config))


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this worker of xdist; «master» where the tests run in one process."""
    return os.environ.get("PYTEST_XDIST_WORKER", "master")


@pytest.fixture(scope="session")
def empty_template(keeper: databases.Databases, run_directory: Path, django_db_blocker) -> str:
    """A migrated database without rows, for programs that run beside the tests."""
    with django_db_blocker.unblock():
        return databases.build_empty(keeper, run_directory)


@pytest.fixture(scope="session")
def demo_template(keeper: databases.Databases, django_db_blocker) -> str:
    """The demo school, seeded once a run; nobody writes to it, everybody copies it."""
    with django_db_blocker.unblock():
        return databases.build_demo(keeper, databases.ROOT / "var" / "tests")


@pytest.fixture(scope="session")
def demo_copy(keeper: databases.Databases, demo_template: str, worker: str, django_db_blocker) -> Iterator[str]:
    """This worker's demo school for tests inside transactions."""
    name = f"demo_{worker}"
    with django_db_blocker.unblock():
        keeper.copy(demo_template, name)
    yield keeper.path(name)
    with django_db_blocker.unblock():
        keeper.drop(name)


@pytest.fixture
def _chosen_database(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Points the connection to the demo school, to a throw-away copy, or leaves it at the empty database."""
    demo = "demo" in request.fixturenames or request.node.get_closest_marker("demo")
    marker = request.node.get_closest_marker("django_db")
    transactional = "transactional_db" in request.fixturenames or bool(marker and marker.kwargs.get("transaction"))
    if not demo and not transactional:
        yield
        return

    keeper, worker = request.getfixturevalue("keeper"), request.getfixturevalue("worker")
    source = request.getfixturevalue("demo_copy") if demo else settings.DATABASES["default"]["NAME"]
    with django_db_blocker.unblock():
        if not transactional:
            with databases.using_copy(source):
                yield
            return
        # A transactional test really commits, and the tables that only grow refuse to be emptied after it.
        name = f"scratch_{worker}"
        databases.connections["default"].close()
        keeper.copy(source, name)
        with databases.using_copy(keeper.path(name)):
            yield
        keeper.drop(name)


@pytest.fixture
def _emptied_without_guards(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a transactional test: lets Django empty the throw-away copy, whose triggers would refuse."""
    yield
    connection = databases.connections["default"]
    if "scratch_" in str(connection.settings_dict["NAME"]) and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (trigger,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{trigger}"')


@pytest.fixture
def _django_db_helper(_chosen_database: None, _django_db_helper: None, _emptied_without_guards: None) -> None:
    """pytest-django's own fixture between ours: the order of the arguments is the order of setting up."""


# --- Time -----------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """`clock(datetime(2026, 11, 20, 23, 50))` sets Django's clock (Moscow time), which then runs on."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", started_at(moment))

    return set_to


@pytest.fixture
def sign_in(client: Client) -> Callable[..., Client]:
    """`sign_in(user)` gives the client of that user."""
    return lambda user: enter(client, user)


# --- The demo school ------------------------------------------------------------------------------


@pytest.fixture
def demo(db: None, clock: Callable[[datetime], None]) -> "Demo":
    """The demo school on its Monday morning, 23.11.2026 08:20."""
    clock(DEMO_MORNING)
    return Demo()


class Demo:
    """Shortcuts into the demo school."""

    password = DEMO_PASSWORD
    day = databases.DEMO_DAY

    def user(self, login: str):
        return get_user_model().objects.get(username=login)

    def client(self, login: str) -> Client:
        """A browser of the test client that this person is signed in with."""
        client = Client()
        client.force_login(self.user(login), backend="django.contrib.auth.backends.ModelBackend")
        return client

    def school_class(self, name: str):
        """«7Б» → the class of this year."""
        from journal.models import SchoolClass

        return SchoolClass.objects.of_day(self.day).get(grade=int(name[:-1]), letter=name[-1])


# --- Real servers ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def collected_static(run_directory: Path) -> Path:
    """Static files as production serves them, collected once a run."""
    target = run_directory / "static"
    with databases.one_at_a_time(run_directory / "static.lock"):
        if not (target / "staticfiles.json").exists():
            environment = live.production(STATIC_ROOT=str(target))
            databases.manage("collectstatic", "--noinput", "--verbosity=0", **environment)
    return target


@pytest.fixture(scope="module")
def site(
    keeper: databases.Databases, demo_template: str, worker: str, collected_static: Path, django_db_blocker
) -> Iterator[live.Site]:
    """A server of this module with a copy of the demo school; its clock shows the demo's morning."""
    name = f"site_{worker}"
    with django_db_blocker.unblock():
        keeper.copy(demo_template, name)
        database = keeper.url(name)
    url = f"http://127.0.0.1:{live.free_port()}"
    commands = [
        ["-m", "gunicorn", "tests.wsgi", "--bind", url[7:], "--threads", "4", "--no-control-socket"],
        ["-m", "tests.worker", "--interval", "0.2", "--no-startup-delay"],
    ]
    log = collected_static.parent / f"site-{worker}.log"
    environment = live.production(STATIC_ROOT=str(collected_static), DATABASE_URL=database)
    with live.serving(commands, url, log, environment):
        yield live.Site(url, database)
    with django_db_blocker.unblock():
        keeper.drop(name)
