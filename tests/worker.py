"""The background worker with the tests' clock: by the machine's it would take the sessions of the demo morning for
expired ones and delete them."""

import os

from django.core.management import execute_from_command_line
from django.utils import timezone

from tests.clock import DEMO_MORNING, started_at

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gymnasium.settings")
timezone.now = started_at(DEMO_MORNING)
execute_from_command_line(["manage.py", "db_worker", "--interval", "0.2", "--no-startup-delay"])
