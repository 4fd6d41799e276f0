"""`manage.py db_worker` with the tests' clock: by the real one every session of the demo's morning has expired."""

import os
import sys

from django.core.management import execute_from_command_line
from django.utils import timezone

from tests.clock import DEMO_MORNING, started_at

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gymnasium.settings")
    timezone.now = started_at(DEMO_MORNING)
    execute_from_command_line(["manage.py", "db_worker", *sys.argv[1:]])
