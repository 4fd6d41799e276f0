"""The clock of tests: the demo school stands still on a Monday morning in term.

Only Django's `timezone.now()` is moved; the application asks no other clock.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

DEMO_DAY = date(2026, 11, 23)
DEMO_MORNING = datetime(2026, 11, 23, 8, 20, tzinfo=ZoneInfo("Europe/Moscow"))


def started_at(moment: datetime) -> Callable[[], datetime]:
    """A `now()` that shows this moment first and then runs at normal speed."""
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    shift: timedelta = moment - real_now()
    return lambda: real_now() + shift


real_now = timezone.now
