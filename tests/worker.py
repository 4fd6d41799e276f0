"""manage.py with the tests' clock, for the worker beside the server that browser tests drive: `python -m tests.worker
db_worker …`. By the machine's own clock it would find the sessions of the demo's morning expired."""

import os
import sys

import django
from django.core.management import execute_from_command_line
from django.utils import timezone

from tests.clock import DEMO_MORNING, started_at

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gymnasium.settings")
    django.setup()
    timezone.now = started_at(DEMO_MORNING)
    execute_from_command_line(["manage.py", *sys.argv[1:]])
