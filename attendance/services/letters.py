"""Letters of reminders, by the school's SMTP server. The worker sends them, outside of any transaction.

Each try is claimed first by one UPDATE that only one worker can win, and that at once sets the time of the next try: a
worker that dies in the middle leaves the letter to the next one. What went wrong stands in the reminder, in words for
the deputy. A letter holds the class, the day and a link: no pupil's name, no number.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from attendance.models import RollCall, RollCallReminder
from journal.dates import WEEKDAYS, day_month
from journal.leaders import email_of
from journal.models import School

logger = logging.getLogger(__name__)

PAUSES = [timedelta(minutes=minutes) for minutes in (2, 5, 10, 20, 30)]
"""Until the next try; each is longer than a try can take (`EMAIL_TIMEOUT` a step). After the last one: no more."""
MARKED_MEANWHILE = "не понадобилось: класс отметили раньше"


class ServerAway(Exception):
    """The server cannot be worked with now, by no letter; the words say why."""


class LetterRefused(Exception):
    """This one letter was not taken; `for_good` where another try would end alike."""

    def __init__(self, words: str, *, for_good: bool) -> None:
        super().__init__(words)
        self.for_good = for_good


def send_due_letters() -> int:
    """Every letter whose time has come; how many went out. Never raises because of the server."""
    _drop_needless()
    due = list(_due().select_related("school_class", "to__teacher").order_by("letter_due_at", "pk"))
    if not due:
        return 0
    school, sent = School.load(), 0
    server = get_connection()
    away = ""
    for row in due:
        if not _claim(row):
            continue  # another worker has it
        try:
            if away:  # each would wait for the same silence
                raise ServerAway(away)
            _send(server, row, school)
        except ServerAway as error:
            away = str(error)
            _failed(row, away)
        except LetterRefused as error:
            _failed(row, str(error), for_good=error.for_good)
        else:
            _rows(row).update(mailed_at=timezone.now(), failure="", letter_due_at=None)
            sent += 1
    _close(server)
    return sent


def letter_of(row: RollCallReminder, address: str, school: School) -> EmailMessage:
    """The reminder as a letter."""
    name, day = row.school_class.name, f"{WEEKDAYS[row.date.weekday()]}, {day_month(row.date)}"
    link = settings.SITE_URL + reverse("attendance:day_sheet", args=[row.school_class_id, row.date])
    body = (
        f"Здравствуйте!\n\nКласс {name} ещё не отмечен: {day}. Срок переклички: {school.roll_call_until:%H:%M}.\n\n"
        f"Отметить класс:\n{link}\n\n"
        "Если отсутствующих нет, нажмите на этой странице «Остальные присутствуют».\n\n"
        f"{school.name}, журнал классного руководителя. Это письмо отправила программа, отвечать на него не нужно.\n"
    )
    # The same letter sent again after an accident is recognised by its name.
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    headers = {"Message-ID": f"<roll-call-{row.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(f"{name} не отмечен: {day}", body, to=[address], headers=headers)


def _send(server: BaseEmailBackend, row: RollCallReminder, school: School) -> None:
    """Raises ServerAway or LetterRefused."""
    teacher = getattr(row.to, "teacher", None)
    address = email_of(teacher) if teacher else row.to.email
    if not address:
        raise LetterRefused("адрес почты не указан", for_good=True)
    try:
        server.open()
    except smtplib.SMTPAuthenticationError as error:
        raise ServerAway("почтовый сервер не принял логин и пароль школы") from error
    except (OSError, ValueError) as error:  # of smtplib every exception is an OSError
        logger.warning("mail server: %s", error)
        raise ServerAway("почтовый сервер недоступен") from error
    try:
        server.send_messages([letter_of(row, address, school)])
    except smtplib.SMTPRecipientsRefused as error:
        code = next((code for code, _ in error.recipients.values()), 0)
        raise LetterRefused(f"почтовый сервер не принял адрес (ответ {code})", for_good=code >= 500) from error
    except smtplib.SMTPResponseException as error:
        _close(server)
        words = f"почтовый сервер не принял письмо (ответ {error.smtp_code})"
        raise LetterRefused(words, for_good=False) from error
    except OSError as error:
        _close(server)
        logger.warning("mail server: %s", error)
        raise ServerAway("связь с почтовым сервером оборвалась") from error
    except ValueError as error:  # an address that is none, a line break in a heading
        raise LetterRefused("адрес почты написан с ошибкой", for_good=True) from error


def _close(server: BaseEmailBackend) -> None:
    try:
        server.close()
    except OSError as error:
        logger.warning("mail server: %s", error)


def _due():
    return RollCallReminder.objects.filter(letter_due_at__lte=timezone.now(), mailed_at=None)


def _drop_needless() -> None:
    """Letters of classes that are marked by now, and of days gone by."""
    called = Exists(RollCall.objects.filter(school_class=OuterRef("school_class"), date=OuterRef("date")))
    needless = RollCallReminder.objects.filter(letter_due_at__isnull=False)
    today = timezone.localdate()
    if needless.filter(Q(called) | Q(date__lt=today)).exists():  # a write only where there is something to write
        needless.filter(called).update(letter_due_at=None, failure=MARKED_MEANWHILE)
        needless.filter(date__lt=today).update(letter_due_at=None)


def _claim(row: RollCallReminder) -> bool:
    """Whether this try is ours."""
    pause = PAUSES[row.letter_tries] if row.letter_tries < len(PAUSES) else None
    return bool(
        RollCallReminder.objects.filter(pk=row.pk, letter_tries=row.letter_tries, mailed_at=None)
        .filter(letter_due_at__isnull=False)
        .update(letter_tries=F("letter_tries") + 1, letter_due_at=timezone.now() + pause if pause else None)
    )


def _failed(row: RollCallReminder, words: str, *, for_good: bool = False) -> None:
    fields = {"failure": words[:300], **({"letter_due_at": None} if for_good else {})}
    _rows(row).update(**fields)


def _rows(row: RollCallReminder):
    return RollCallReminder.objects.filter(pk=row.pk)
