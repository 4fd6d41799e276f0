"""`manage.py db_worker`: the queue's own worker, which also takes care of our jobs and of what has expired.

Named like the command of django-tasks-db on purpose: whoever starts a worker by its documentation gets this one.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Command as QueueWorker

from accounts.services import delete_expired_sessions
from attendance.school_signals import count_if_due
from attendance.services.letters import send_due_letters
from attendance.services.reminders import remind_due
from reports.jobs import delete_expired_results, delete_finished_tasks, revive_stale_jobs

logger = logging.getLogger(__name__)

CARE_SECONDS = min(30, max(1, settings.JOB_STALE_SECONDS // 3))
CLOCK_SECONDS = 15


class Command(QueueWorker):
    help = (
        "Выполняет фоновые задания: печать, импорт; напоминает о перекличке. "
        "Возвращает в очередь задания погибших исполнителей."
    )

    def handle(self, **options: Any) -> None:
        _take_care()
        # Workers watch over each other: a dead one's job goes on without anybody starting anything.
        threading.Thread(target=_keep_taking_care, daemon=True).start()
        # A thread of its own: a mail server that keeps silent holds up neither jobs nor the care for them.
        threading.Thread(target=_keep_the_clock, daemon=True).start()
        super().handle(**options)


def _keep_taking_care() -> None:
    while True:
        threading.Event().wait(CARE_SECONDS)
        _take_care()
        connections.close_all()


def _take_care() -> None:
    try:
        revive_stale_jobs()
        delete_expired_results()
        delete_finished_tasks()
        delete_expired_sessions()
    except DatabaseError:
        logger.warning("jobs were not looked after: the database is away or busy", exc_info=True)
    try:
        count_if_due(timezone.now())
    except Exception:  # one class that cannot be counted must not keep dead jobs from being found
        logger.exception("the signals of the school were not counted")


def _keep_the_clock() -> None:
    while True:
        ring()
        connections.close_all()
        threading.Event().wait(CLOCK_SECONDS)


def ring() -> None:
    """What is due at this hour of the school's day. Any number of workers may ring at once."""
    try:
        remind_due(timezone.now())
        send_due_letters()
    except DatabaseError:
        logger.warning("the clock: the database is away or busy", exc_info=True)
    except Exception:  # whatever it is, the clock goes on
        logger.exception("the clock failed")
