"""Copies of databases for tests: the demo school, and throw-away copies of the empty one.

A copy is a file on SQLite and `CREATE DATABASE … TEMPLATE` on PostgreSQL: both take a moment, so a test never
has to clean up after itself row by row.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connections

from tests.clock import DEMO_DAY

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "journal", "attendance", "reports", "gymnasium")


class SQLite:
    """Databases are files in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, name: str) -> str:
        return str(self.directory / f"{name}.sqlite3")

    def exists(self, name: str) -> bool:
        return Path(self.path(name)).exists()

    def create(self, name: str) -> None:
        self.drop(name)

    def copy(self, source: str, target: str) -> None:
        self.drop(target)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(self.path(target))) as new:
            old.backup(new)

    def rename(self, old: str, new: str) -> None:
        with closing(sqlite3.connect(self.path(old))) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # folds the log into the file
        Path(self.path(old)).rename(self.path(new))

    def drop(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(self.path(name) + suffix).unlink(missing_ok=True)

    def url(self, name: str) -> str:
        return f"sqlite:///{self.path(name)}"


class PostgreSQL:
    """Databases of the server that DATABASE_URL names."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def path(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def _parameters(self) -> dict:
        return connections["default"].get_connection_params()

    def _run(self, sql: str, *names: str) -> list[tuple]:
        import psycopg2
        from psycopg2 import sql as compose

        parameters = {k: v for k, v in self._parameters().items() if k not in ("dbname", "cursor_factory")}
        with closing(psycopg2.connect(dbname="postgres", **parameters)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(compose.SQL(sql).format(*map(compose.Identifier, names)))
                return cursor.fetchall() if cursor.description else []

    def exists(self, name: str) -> bool:
        return (self.path(name),) in self._run("SELECT datname FROM pg_database")

    def create(self, name: str) -> None:
        self.drop(name)
        self._run("CREATE DATABASE {}", self.path(name))

    def copy(self, source: str, target: str) -> None:
        self.drop(target)
        self._run("CREATE DATABASE {} TEMPLATE {}", self.path(target), source)

    def rename(self, old: str, new: str) -> None:
        self._run("ALTER DATABASE {} RENAME TO {}", self.path(old), self.path(new))

    def drop(self, name: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.path(name))

    def drop_all(self) -> None:
        """Everything this run made."""
        for (name,) in self._run("SELECT datname FROM pg_database"):
            if name.startswith(f"{self.prefix}_"):
                self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def end_connections(self, name: str) -> None:
        """What a restart of the server does to everybody connected."""
        own = self.path(name).replace("'", "")
        self._run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{own}'")

    def url(self, name: str) -> str:
        parameters = {
            k: v for k, v in self._parameters().items() if k in ("host", "port", "user", "password", "options") and v
        }
        return f"postgres:///{quote(self.path(name))}?{urlencode(parameters)}"


def rows(url: str, sql: str) -> list[tuple]:
    """What a query gives on the database of the URL, past Django and its connections."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(sql).fetchall()
    import psycopg2

    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []


Databases = SQLite | PostgreSQL


def databases(directory: Path, run_name: str) -> Databases:
    """The keeper of copies for the database this run uses."""
    if connections["default"].vendor == "sqlite":
        return SQLite(directory)
    return PostgreSQL(run_name)


@contextmanager
def using_copy(name: str) -> Iterator[None]:
    """The default connection of all threads goes to another database meanwhile."""
    database = settings.DATABASES["default"]
    own = database["NAME"]
    connections["default"].close()
    database["NAME"] = connections["default"].settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections["default"].close()
        database["NAME"] = connections["default"].settings_dict["NAME"] = own


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Workers of one run, and runs of one machine, take turns."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def manage(*arguments: str, **environment: str) -> None:
    """Runs a command of manage.py in its own process; its output is shown when it fails."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{result.stdout}\n{result.stderr}")


def build_empty(keeper: Databases, run_directory: Path) -> str:
    """A migrated database, made once a run."""
    with one_at_a_time(run_directory / "empty.lock"):
        if not keeper.exists("empty"):
            keeper.create("empty_part")
            manage("migrate", "--verbosity=0", DATABASE_URL=keeper.url("empty_part"))
            keeper.rename("empty_part", "empty")
        return keeper.path("empty")


def build_demo(keeper: Databases, cache: Path) -> str:
    """The demo school of the tests' day, made once a run; on SQLite kept between runs of the same code."""
    with one_at_a_time(cache / "demo.lock"):
        if keeper.exists("demo"):
            return keeper.path("demo")
        kept = cache / f"demo-{_code_hash()}.sqlite3"
        if isinstance(keeper, SQLite) and kept.exists():
            shutil.copy(kept, keeper.path("demo"))
            return keeper.path("demo")
        keeper.create("demo_part")
        url = keeper.url("demo_part")
        manage("migrate", "--verbosity=0", DATABASE_URL=url)
        manage("seed_demo", "--size=small", f"--date={DEMO_DAY}", DATABASE_URL=url)
        keeper.rename("demo_part", "demo")
        if isinstance(keeper, SQLite):
            for old in cache.glob("demo-*.sqlite3"):
                old.unlink()
            shutil.copy(keeper.path("demo"), kept)
        return keeper.path("demo")


def _code_hash() -> str:
    """A hash of the code that can change what the demo school holds: everything but the pages."""
    digest = hashlib.sha256(str(DEMO_DAY).encode())
    pages = ("views", "templatetags", "urls.py", "forms.py", "admin.py", "middleware.py", "__pycache__")
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not any(part in pages for part in path.relative_to(ROOT).parts):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
