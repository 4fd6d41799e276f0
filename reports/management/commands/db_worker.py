"""`manage.py db_worker`: the queue's own worker, which also takes care of our jobs and of what has expired.

Named like the command of django-tasks-db on purpose: whoever starts a worker by its documentation gets this one.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from django.db import DatabaseError, connections
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Command as QueueWorker

from accounts.services import delete_expired_sessions
from attendance.school_signals import count_if_due
from reports.jobs import delete_expired_results, delete_finished_tasks, revive_stale_jobs

logger = logging.getLogger(__name__)

CARE_SECONDS = 30


class Command(QueueWorker):
    help = "Выполняет фоновые задания: печать, импорт. Возвращает в очередь задания погибших исполнителей."

    def handle(self, **options: Any) -> None:
        _take_care()
        # Workers watch over each other: a dead one's job goes on without anybody starting anything.
        threading.Thread(target=_keep_taking_care, daemon=True).start()
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
