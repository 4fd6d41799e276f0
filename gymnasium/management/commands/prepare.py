"""Everything between new code and a running server."""

import hashlib
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from gymnasium.management.commands.seed_demo import holds_data


class Command(BaseCommand):
    help = "Applies migrations, collects static files, fills an empty database with the demo school (DEMO, DEMO_SIZE)."

    def handle(self, *args: Any, **options: Any) -> None:
        new = not connection.introspection.table_names()
        call_command("migrate", interactive=False, verbosity=int(new))
        if not settings.DEBUG:
            self._collect_static()
        # Not by users: an import makes a school before anybody has a login.
        if os.environ.get("DEMO", "1") != "0" and not holds_data():
            call_command("seed_demo", size=os.environ.get("DEMO_SIZE") or "small")

    def _collect_static(self) -> None:
        """Hashing and compressing takes seconds, so only when a source changed."""
        target, sources = Path(settings.STATIC_ROOT), _static_sources()
        stamp = target.with_suffix(".stamp")  # beside the folder: what is in it gets served
        if (target / "staticfiles.json").is_file() and stamp.is_file() and stamp.read_text() == sources:
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(sources)


def _static_sources() -> str:
    """One word for the names, sizes and times of all static sources and for the rules that treat them."""
    digest = hashlib.sha256(Path(settings.BASE_DIR, "gymnasium", "storage.py").read_bytes())
    for finder in get_finders():
        for path, storage in finder.list(None):
            stat = os.stat(storage.path(path))
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
