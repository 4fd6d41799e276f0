"""Families announce absences, withdraw and shorten them; the class teacher confirms or declines. One transaction each.

Every write takes the lock of the pupil's absences first and reads the announcement under it, so that of a parent who
withdraws and a teacher who confirms at one moment one wins and the other is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from attendance.announcements import dates_words, lessons_words, taken_days
from attendance.models import CAUSE_REASONS, Announcement, ClosedMonth
from attendance.services.places import lock_pupils
from journal.calendar import Calendar
from journal.lessons import Stay
from journal.models import Pupil
from journal.text import plural

SUBJECT = "заявление об отсутствии"
BACK_SCHOOL_DAYS = 3
"""Later than this a paper explains an absence: what was missed is settled by then."""
DAYS_AHEAD = timedelta(days=60)
"""A term ahead. Longer absences need an order or a note on paper anyway."""
LONGEST_TEXT = 300
GONE = "Семья уже отозвала это заявление. Обновите страницу."
DECLINED = "Классный руководитель уже отклонил это заявление. Если это ошибка, позвоните ему."


class CannotAnnounce(Exception):
    """The announcement cannot be taken, changed or decided; the message says in Russian why and what to do.

    `field` is the field of the form it is about; `standing` an open announcement that is in the way.
    """

    def __init__(self, words: str, field: str = "", standing: Announcement | None = None) -> None:
        super().__init__(words)
        self.field, self.standing = field, standing


@dataclass(frozen=True, slots=True)
class Wish:
    """What a family says. No lessons: whole days. `own` are the lessons of the one day, empty where unknown."""

    date_from: date
    date_to: date
    cause: str
    lessons: tuple[int, ...] = ()
    comment: str = ""
    own: frozenset[int] = frozenset()

    def is_told_by(self, row: Announcement) -> bool:
        told = (row.date_from, row.date_to, tuple(row.lessons), row.words, row.comment)
        return told == (self.date_from, self.date_to, self.lessons, Announcement.Cause(self.cause).label, self.comment)


def earliest_day(calendar: Calendar, grade: int, today: date) -> date:
    """The first day that may still be announced."""
    day = today
    for _ in range(BACK_SCHOOL_DAYS):
        day = calendar.school_day_before(day, grade) or day
    return day


@transaction.atomic
def announce(
    *,
    pupil: Pupil,
    grade: int,
    wish: Wish,
    calendar: Calendar,
    by: User,
    today: date,
    key: UUID | None = None,
    replaces: int | None = None,
    address: str | None = None,
) -> Announcement:
    """Announce an absence, in place of the own announcement `replaces` if one is named.

    The same form again (`key`), or the same words about the same days while they stand, announce nothing anew: the
    announcement there is comes back. CannotAnnounce where the dates are wrong or the days are announced already.
    """
    stays = [Stay(row.date_from, row.date_to) for row in lock_pupils([pupil.pk])]
    if key and (row := Announcement.objects.filter(key=key).first()):
        if row.pupil_id == pupil.pk and row.announced_by_id == by.pk and wish.is_told_by(row):
            return row
        key = None  # the form was taken back from the browser's memory and says something else now
    _check_wish(wish, pupil, calendar, grade, stays, today)
    old = _own_untouched(replaces, pupil, by) if replaces else None
    others = Announcement.objects.open().filter(pupil=pupil, date_from__lte=wish.date_to, date_to__gte=wish.date_from)
    for row in others.exclude(pk=old.pk if old else None).select_related("announced_by").order_by("pk"):
        if row.announced_by_id == by.pk and wish.is_told_by(row):
            return row
        raise _overlap(row, by)
    if old:
        _withdraw(old, by, address)
    row = Announcement.objects.create(
        key=key,
        pupil=pupil,
        date_from=wish.date_from,
        date_to=wish.date_to,
        lessons=sorted(wish.lessons),
        reason=CAUSE_REASONS[Announcement.Cause(wish.cause)],
        words=Announcement.Cause(wish.cause).label,
        comment=wish.comment,
        announced_by=by,
    )
    _record(row, by, address, old=None, new=_told(row))
    return row


@transaction.atomic
def withdraw(*, announcement: Announcement, by: User, address: str | None = None) -> Announcement:
    """Take the whole announcement back, while nothing of it is confirmed. A second time changes nothing."""
    row = under_lock(announcement)
    if row.withdrawn_at is None:
        _check_untouched(row)
        _withdraw(row, by, address)
    return row


@transaction.atomic
def come_back(
    *, announcement: Announcement, day: date, by: User, today: date, address: str | None = None
) -> Announcement:
    """«Вышел раньше»: from `day` on the announcement holds no more. CannotAnnounce for a day that is no coming one."""
    row = under_lock(announcement)
    _check_open(row)
    if row.date_to < day:
        return row  # sent twice
    if day < today:
        raise CannotAnnounce("Прошедшие дни отозвать нельзя: выберите сегодняшний день или более поздний.")
    if day <= row.date_from:
        raise CannotAnnounce("С этого дня отзывается всё заявление: нажмите «Отозвать».")
    if taken := sorted(one for one in taken_days([row.pk])[row.pk] if one >= day):
        raise CannotAnnounce(f"{_list(taken)} классный руководитель уже учёл. Выберите более поздний день.")
    before = _told(row)
    row.date_to = day - timedelta(days=1)
    row.save(update_fields=["date_to"])
    _record(row, by, address, old=before, new=_told(row))
    return row


@transaction.atomic
def decline(*, announcement: Announcement, note: str, by: User, address: str | None = None) -> Announcement:
    """The class teacher does not take it; the family reads `note`. What is confirmed already stays confirmed."""
    row = under_lock(announcement)
    if row.withdrawn_at is not None:
        raise CannotAnnounce(GONE)
    if row.declined_at is not None:
        return row
    note = note.strip()
    if not note:
        raise CannotAnnounce("Напишите, почему заявление отклонено: семья увидит эти слова.", "note")
    if len(note) > LONGEST_TEXT:
        raise CannotAnnounce(_too_long("Причина", note), "note")
    row.declined_by, row.declined_at, row.decline_note = by, timezone.now(), note
    row.save(update_fields=["declined_by", "declined_at", "decline_note"])
    _record(row, by, address, old=None, new={"отклонено": note})
    return row


def under_lock(announcement: Announcement) -> Announcement:
    lock_pupils([announcement.pupil_id])
    return Announcement.objects.get(pk=announcement.pk)


def _check_open(row: Announcement) -> None:
    """For the family."""
    if row.withdrawn_at is not None:
        raise CannotAnnounce("Это заявление уже отозвано.")
    if row.declined_at is not None:
        raise CannotAnnounce(DECLINED)


def _check_untouched(row: Announcement) -> None:
    _check_open(row)
    if taken := sorted(taken_days([row.pk])[row.pk]):
        raise CannotAnnounce(
            f"{_list(taken)} классный руководитель уже учёл. Отозвать можно только следующие дни; "
            "если учтено по ошибке, позвоните ему."
        )


def _own_untouched(announcement_id: int, pupil: Pupil, by: User) -> Announcement:
    row = Announcement.objects.filter(pk=announcement_id, pupil=pupil, announced_by=by).first()
    if row is None:
        raise CannotAnnounce("Прежнее заявление не найдено. Откройте список заявлений и попробуйте ещё раз.")
    _check_untouched(row)
    return row


def _withdraw(row: Announcement, by: User, address: str | None) -> None:
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    _record(row, by, address, old=_told(row), new={"отозвано": True})


def _check_wish(wish: Wish, pupil: Pupil, calendar: Calendar, grade: int, stays: Sequence[Stay], today: date) -> None:
    """Dates, lessons and words, without looking at other announcements."""
    if wish.cause not in Announcement.Cause.values:
        raise CannotAnnounce("Выберите причину: заболел(а), по семейным обстоятельствам или к врачу.", "cause")
    if len(wish.comment) > LONGEST_TEXT:
        raise CannotAnnounce(_too_long("Пояснение", wish.comment), "comment")
    _check_dates(wish, calendar, grade, today)
    days = calendar.school_days(wish.date_from, wish.date_to, grade)
    if not days:
        why = calendar.why_no_school(wish.date_from, grade)
        when = dates_words(wish.date_from, wish.date_to)
        raise CannotAnnounce(f"{when}: уроков нет ({why}), сообщать об этом не нужно.", "date_from")
    days = [day for day in days if any(stay.holds(day) for stay in stays)]
    if not days:
        raise CannotAnnounce(f"{pupil.first_name} в эти дни не числится в классе.", "date_from")
    _check_lessons(wish)
    if closed := closed_months(days):
        raise CannotAnnounce(
            f"Пропуски за {min(closed):%m.%Y} школа уже подвела. Отнесите заявление классному руководителю.",
            "date_from",
        )


def _check_dates(wish: Wish, calendar: Calendar, grade: int, today: date) -> None:
    if wish.date_to < wish.date_from:
        raise CannotAnnounce("День «по» раньше дня «с»: исправьте один из них.", "date_to")
    if wish.date_from < (earliest := earliest_day(calendar, grade, today)):
        raise CannotAnnounce(
            f"О прошедшем можно сообщить не больше чем за {BACK_SCHOOL_DAYS} учебных дня: с {earliest:%d.%m.%Y}. "
            "О более ранних днях напишите заявление на бумаге или принесите справку.",
            "date_from",
        )
    if wish.date_to > (last := calendar.year.date_to):
        raise CannotAnnounce(f"Учебный год заканчивается {last:%d.%m.%Y}: выберите день не позже.", "date_to")
    if wish.date_to > (latest := today + DAYS_AHEAD):
        raise CannotAnnounce(
            f"Заранее сообщают не больше чем за {DAYS_AHEAD.days} дней: до {latest:%d.%m.%Y}. "
            "О долгом отсутствии договоритесь с классным руководителем.",
            "date_to",
        )


def _check_lessons(wish: Wish) -> None:
    if not wish.lessons:
        return
    if wish.date_from != wish.date_to:
        raise CannotAnnounce("Уроки отмечают для одного дня. Несколько дней сообщите целиком.", "lessons")
    if wish.own and (strange := sorted(set(wish.lessons) - wish.own)):
        numbers = ", ".join(map(str, strange))
        raise CannotAnnounce(
            f"{dates_words(wish.date_from, wish.date_to)}: "
            f"{plural(len(strange), 'урока,уроков,уроков')} {numbers} у ребёнка нет. Отметьте уроки этого дня.",
            "lessons",
        )


def _overlap(row: Announcement, by: User) -> CannotAnnounce:
    """The days are announced already: the own announcement may be changed, the other guardian's stands."""
    when = f"{dates_words(row.date_from, row.date_to)}, {lessons_words(row.lessons)}: {row.words}"
    if row.announced_by_id != by.pk:
        return CannotAnnounce(
            f"Об этих днях уже сообщил другой представитель ({when}). Ещё раз сообщать не нужно; "
            "если там ошибка, изменить заявление может тот, кто его подал, или классный руководитель."
        )
    if taken := sorted(taken_days([row.pk])[row.pk]):
        return CannotAnnounce(
            f"Вы уже сообщили об этих днях ({when}), и {_list(taken)} классный руководитель учёл. "
            "Выберите другие дни или позвоните ему."
        )
    return CannotAnnounce(f"Вы уже сообщили об этих днях ({when}). Второе заявление не нужно.", standing=row)


def closed_months(days: Collection[date]) -> set[date]:
    months = {day.replace(day=1) for day in days}
    return set(ClosedMonth.objects.filter(month__in=months).values_list("month", flat=True))


def _too_long(what: str, text: str) -> str:
    extra = len(text) - LONGEST_TEXT
    letters = plural(extra, "знак,знака,знаков")
    return f"{what} не длиннее {LONGEST_TEXT} знаков: сократите на {extra} {letters}."


def _list(days: Iterable[date]) -> str:
    return ", ".join(f"{day:%d.%m}" for day in days)


def _told(row: Announcement) -> dict[str, object]:
    """What the audit trail keeps of it."""
    return {
        "с": f"{row.date_from}",
        "по": f"{row.date_to}",
        "уроки": list(row.lessons),
        "причина": row.words,
        "пояснение": row.comment,
    }


def _record(row: Announcement, by: User, address: str | None, *, old: object, new: object) -> None:
    AuditEvent.objects.create(
        actor=by,
        action=AuditEvent.Action.CHANGE,
        subject=SUBJECT,
        pupil_id=row.pupil_id,
        object_type="announcement",
        object_id=row.pk,
        old=old,
        new=new,
        address=address,
    )
