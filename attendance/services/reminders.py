"""«Класс ещё не отмечен»: reminders by the deputy's button and by the clock.

A reminder is a row: «Сегодня» and the day sheet show it until the roll call is taken, the worker sends its letter
(`attendance.services.letters`). Two presses and two clocks cannot both remind: the class is locked, and the database
keeps one reminder by the clock a class, day and person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.models import RollCall, RollCallReminder
from attendance.school import unmarked_classes
from journal.calendar import Calendar, load_calendar, year_of
from journal.leaders import Leader, leaders_on
from journal.models import SchoolClass

REPEAT_AFTER = timedelta(minutes=10)
CLOCK_LASTS = timedelta(hours=4)
"""A clock that was out of order is silent after so long: nobody wants this letter in the evening."""

NO_ADDRESS = "адрес почты не указан, его вносит администратор в строке учителя"
NO_SERVER = "почта школы не настроена"


class Outcome(StrEnum):
    SENT = "sent"
    RECENT = "recent"
    MARKED = "marked"
    NOBODY = "nobody"
    NO_SCHOOL = "no_school"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of reminding one class."""

    class_name: str
    outcome: Outcome
    who: str = ""
    at: datetime | None = None

    @property
    def words(self) -> str:
        clock = f"{timezone.localtime(self.at):%H:%M}" if self.at else ""
        again = f"{timezone.localtime(self.at + REPEAT_AFTER):%H:%M}" if self.at else ""
        return {
            Outcome.SENT: f"{self.class_name} ({self.who})",
            Outcome.RECENT: f"{self.class_name}: напоминание уже отправлено в {clock}. Повторить можно после {again}.",
            Outcome.MARKED: f"{self.class_name} уже отмечен в {clock}: напоминать не о чем.",
            Outcome.NOBODY: f"{self.class_name}: напомнить некому, {self.who}.",
            Outcome.NO_SCHOOL: f"{self.class_name}: сегодня уроков нет, {self.who}.",
        }[self.outcome]


def remind(class_ids: Iterable[int], *, calendar: Calendar, now: datetime, by: User | None) -> list[Answer]:
    """Remind who leads these classes that today's roll call is not taken; `by` None is the clock.

    Nobody is reminded twice within ten minutes, nor by the clock twice a day: the answer says when it was. The number
    of queries does not depend on the number of classes.
    """
    day = timezone.localtime(now).date()
    leaders = leaders_on(day)
    with transaction.atomic():
        rows = calendar.year.classes.filter(pk__in=list(class_ids)).order_by("pk")
        classes = list(rows.select_for_update(no_key=True))
        calls = RollCall.objects.filter(school_class__in=classes, date=day)
        taken = dict(calls.values_list("school_class", "taken_at"))
        earlier = {(row.school_class_id, row.to_id): row for row in reminders_of(day).filter(school_class__in=classes)}
        answers, wanted = [], []
        for one in sorted(classes, key=lambda one: (one.grade, one.letter)):
            leader = leaders.get(one.pk)
            answer = _refusal(one, day, calendar, leader, taken.get(one.pk)) or _repeated(one, leader, earlier, now)
            if answer is None and leader and leader.user:
                wanted.append(_row(one, day, leader, now, by, letters=calendar.school.remind_by_email))
                answer = Answer(one.name, Outcome.SENT, leader.teacher.short_name)
            if answer:
                answers.append(answer)
        RollCallReminder.objects.bulk_create(wanted, ignore_conflicts=by is None)
    return answers


def remind_due(now: datetime) -> list[Answer]:
    """What the clock does: at the hour of the settings, once, those of today's classes that are not marked.

    Reads only, until there is somebody to remind.
    """
    local = timezone.localtime(now)
    year = year_of(local.date())
    if year is None:
        return []
    hour = timezone.make_aware(datetime.combine(local.date(), year.school.roll_call_until))
    if not hour <= local < hour + CLOCK_LASTS:
        return []
    calendar = load_calendar(year)
    waiting = {row.pk for row in unmarked_classes(local.date(), calendar)}
    leaders = leaders_on(local.date())
    done = set(reminders_of(local.date()).filter(by=None).values_list("school_class", "to"))
    due = [pk for pk in waiting if (who := leaders.get(pk)) and who.user and (pk, who.user.pk) not in done]
    return remind(due, calendar=calendar, now=now, by=None) if due else []


def reminders_of(day: date) -> QuerySet[RollCallReminder]:
    """Reminders about the day, the newest last."""
    return RollCallReminder.objects.filter(date=day).order_by("sent_at", "pk")


def latest_reminder(school_class: SchoolClass, day: date) -> RollCallReminder | None:
    """What «Сегодня» and the day sheet show while the roll call is not taken. One query."""
    return reminders_of(day).filter(school_class=school_class).select_related("by").last()


def _refusal(
    one: SchoolClass, day: date, calendar: Calendar, leader: Leader | None, taken_at: datetime | None
) -> Answer | None:
    """Why nobody can be reminded of the class."""
    if reason := calendar.why_no_school(day, one.grade):
        return Answer(one.name, Outcome.NO_SCHOOL, reason)
    if taken_at:
        return Answer(one.name, Outcome.MARKED, at=taken_at)
    if leader is None:
        return Answer(one.name, Outcome.NOBODY, "классный руководитель не назначен")
    if leader.user is None:
        return Answer(one.name, Outcome.NOBODY, f"у {leader.teacher.short_name} нет входа в программу")
    return None


def _repeated(
    one: SchoolClass,
    leader: Leader | None,
    earlier: dict[tuple[int, int], RollCallReminder],
    now: datetime,
) -> Answer | None:
    user = leader.user if leader else None
    last = earlier.get((one.pk, user.pk)) if user else None
    if last and now - last.sent_at < REPEAT_AFTER:
        return Answer(one.name, Outcome.RECENT, at=last.sent_at)
    return None


def _row(
    one: SchoolClass, day: date, leader: Leader, now: datetime, by: User | None, *, letters: bool
) -> RollCallReminder:
    """The reminder with what is to become of its letter."""
    failure = ""
    if letters and not leader.email:
        failure = NO_ADDRESS
    elif letters and not settings.EMAIL_HOST:
        failure = NO_SERVER
    due = now if letters and not failure else None
    return RollCallReminder(
        school_class=one, date=day, to=leader.user, by=by, sent_at=now, failure=failure, letter_due_at=due
    )
