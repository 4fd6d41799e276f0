"""Everything between new code and a running server."""

import os
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Applies migrations, collects static files, fills an empty database with the demo school (DEMO, DEMO_SIZE)."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=1 if self._is_new() else 0)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, clear=False, verbosity=0)
        if os.environ.get("DEMO", "1") != "0" and not get_user_model().objects.exists():
            call_command("seed_demo", size=os.environ.get("DEMO_SIZE") or "small")

    def _is_new(self) -> bool:
        from django.db import connection

        return not connection.introspection.table_names()
