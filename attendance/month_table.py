"""Табель of a month: pupils × days, letters in cells, totals, who closed it and what was changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, AbsenceChange, ClosedMonth, Reason, RollCall
from attendance.queries import ClassAbsences, MissedDay, Totals, class_absences, sum_of
from attendance.tables import Person, last_day, month_name, people_of
from journal.calendar import Calendar, days_between
from journal.dates import WEEKDAYS_SHORT, month_year
from journal.models import SchoolClass
from journal.text import initials

OFF_ROLL = "×"
NOT_MARKED = "—"
REASON_WORDS = {
    Reason.ILL: "болезнь",
    Reason.EXCUSED: "уважительная причина",
    Reason.UNEXCUSED: "неуважительная причина",
    Reason.LATE: "опоздание",
}


@dataclass(frozen=True, slots=True)
class Day:
    """A column of the month. `absent` and `partly` count pupils; `is_marked` says that the roll was called."""

    date: date
    no_school: str
    is_today: bool
    is_ahead: bool
    is_marked: bool
    absent: int
    partly: int

    @property
    def weekday(self) -> str:
        return WEEKDAYS_SHORT[self.date.weekday()]

    @property
    def absent_text(self) -> str:
        """«—» for a school day that nobody has marked: that nobody was absent is something else (domain.md §2)."""
        if self.no_school or self.is_ahead:
            return ""
        return str(self.absent) if self.absent or self.partly or self.is_marked else NOT_MARKED


@dataclass(frozen=True, slots=True)
class Cell:
    """A pupil on a day: «Б», «н2», «о», «Н?»; `look` is the reason that colours it, `title` tells it in words."""

    text: str = ""
    look: str = ""
    title: str = ""


EMPTY, OFF = Cell(), Cell(OFF_ROLL, "off", "не в классе")


@dataclass(frozen=True, slots=True)
class MonthRow:
    pupil: Person
    cells: list[Cell]
    total: Totals


@dataclass(frozen=True, slots=True)
class Closed:
    """Who closed the month, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LateChange:
    """A change of the register made after the month was closed."""

    at: datetime
    by: str
    pupil: str
    date: date
    lesson: int
    old: str
    new: str
    why: str

    @property
    def where(self) -> str:
        return f"{self.lesson} урок" if self.lesson else "весь день"


@dataclass(frozen=True)
class MonthTable:
    """Pupils × days of a month; no query is left inside."""

    school_class: SchoolClass
    month: date
    today: date
    days: list[Day]
    rows: list[MonthRow]
    total: Totals
    closed: Closed | None
    changes: list[LateChange] = field(default_factory=list)

    @property
    def title(self) -> str:
        return month_name(self.month)

    @property
    def period(self) -> str:
        """The title within a sentence: «ноябрь 2026»."""
        return month_year(self.month)

    @property
    def start(self) -> date:
        return self.days[0].date

    @property
    def end(self) -> date:
        return self.days[-1].date

    @property
    def until(self) -> date:
        """The last day that the totals count."""
        return max(self.start, min(self.end, self.today))

    @property
    def has_unknown(self) -> bool:
        return bool(self.total.unknown_days)

    @property
    def unmarked(self) -> int:
        """School days up to today on which nobody called the roll."""
        return sum(not (day.no_school or day.is_ahead or day.is_marked) for day in self.days)


def month_table(school_class: SchoolClass, month: date, calendar: Calendar, *, today: date) -> MonthTable:
    """The table of a month (its first day) of a class. Six queries, whatever the sizes."""
    start, end = max(month, calendar.year.date_from), min(last_day(month), calendar.year.date_to)
    absences = class_absences(school_class, start, end, calendar, today=today)
    closed, called = _closed_and_called(school_class, month, start, end)
    dates = list(days_between(start, end))
    rows = [
        MonthRow(person, _cells(absences, person.pupil_id, dates), absences.totals(person.pupil_id, start, end))
        for person in people_of(absences, start, end)
    ]
    return MonthTable(
        school_class=school_class,
        month=month,
        today=today,
        days=[_day(day, absences, called, calendar, school_class.grade) for day in dates],
        rows=rows,
        total=sum_of(row.total for row in rows),
        closed=closed,
        changes=_late_changes(absences, closed, start, end),
    )


def _cells(absences: ClassAbsences, pupil_id: int, dates: Sequence[date]) -> list[Cell]:
    missed = absences.missed.get(pupil_id, {})
    stays = absences.own.enrolments[pupil_id]
    cells = []
    for day in dates:
        if day in missed:
            cells.append(_cell(missed[day], _unconfirmed(absences, pupil_id, day)))
        elif any(stay.holds(day) for stay in stays):
            cells.append(EMPTY)
        else:
            cells.append(OFF)
    return cells


def _unconfirmed(absences: ClassAbsences, pupil_id: int, day: date) -> set[int]:
    return {lesson for pupil, on, lesson in absences.unconfirmed if (pupil, on) == (pupil_id, day)}


def _cell(missed: MissedDay, unconfirmed: set[int]) -> Cell:
    """The whole day: a capital letter. Single lessons: a small letter with their number. Lateness: «о»."""
    words = _words(missed)
    if missed.day:
        open_ = bool(unconfirmed & {WHOLE_DAY, *missed.lessons})
        return Cell(LETTERS[missed.day] + "?" * open_, missed.day, words + ", причина не выяснена" * open_)
    parts = []
    counts = Counter(missed.lessons.values())
    for reason in ABSENCE_REASONS:
        if counts[reason]:
            lessons = {number for number, own in missed.lessons.items() if own == reason}
            open_ = bool(unconfirmed & {WHOLE_DAY, *lessons})
            parts.append(f"{LETTERS[reason].lower()}{counts[reason]}{'?' * open_}")
            words += ", причина не выяснена" * open_
    if missed.late:
        parts.append("о" if missed.late == 1 else f"о{missed.late}")
    if not parts:
        return EMPTY
    look = max(counts, key=lambda reason: (counts[reason], ABSENCE_REASONS.index(Reason(reason))), default=Reason.LATE)
    return Cell(" ".join(parts), look, words)


def _words(missed: MissedDay) -> str:
    """«весь день, болезнь», «уроки 1, 2: болезнь; опоздание»."""
    reasons = [reason for reason in ABSENCE_REASONS if reason in missed.lessons.values()]
    late = ["опоздание" if missed.late == 1 else f"опозданий: {missed.late}"] if missed.late else []
    if missed.day and len(reasons) <= 1:
        known = "" if missed.timetable_known else ", расписание не загружено"
        return "; ".join([f"весь день, {REASON_WORDS[Reason(missed.day)]}{known}", *late])
    found = []
    for reason in reasons:
        numbers = [str(number) for number, own in missed.lessons.items() if own == reason]
        found.append(f"{'уроки' if len(numbers) > 1 else 'урок'} {', '.join(numbers)}: {REASON_WORDS[reason]}")
    return "; ".join([*(["весь день"] if missed.day else []), *found, *late])


def _day(day: date, absences: ClassAbsences, called: set[date], calendar: Calendar, grade: int) -> Day:
    of_day = [days[day] for days in absences.missed.values() if day in days]
    return Day(
        date=day,
        no_school=calendar.why_no_school(day, grade),
        is_today=day == absences.until,
        is_ahead=day > absences.until,
        is_marked=day in called,
        absent=sum(bool(missed.day) for missed in of_day),
        partly=sum(bool(missed.lessons) and not missed.day for missed in of_day),
    )


def _closed_and_called(
    school_class: SchoolClass, month: date, start: date, end: date
) -> tuple[Closed | None, set[date]]:
    """Who closed the month, and the days on which the roll of the class was called. One query for both."""

    def shaped(rows: QuerySet, what: str, day: str, who: str, when: str) -> QuerySet:
        names = [f"{who}__{part}" for part in ("last_name", "first_name", "patronymic")]
        return rows.order_by().annotate(what=Value(what), day=F(day)).values_list("what", "day", when, *names)

    calls = RollCall.objects.filter(school_class=school_class, date__range=(start, end))
    closed = ClosedMonth.objects.filter(month=month)
    rows = shaped(calls, "call", "date", "taken_by", "taken_at").union(
        shaped(closed, "month", "month", "closed_by", "closed_at"), all=True
    )
    found, called = None, set()
    for what, day, at, *name in rows:
        if what == "call":
            called.add(day)
        else:
            found = Closed(initials(*(part or "" for part in name)), timezone.localtime(at))
    return found, called


def _late_changes(absences: ClassAbsences, closed: Closed | None, start: date, end: date) -> list[LateChange]:
    """What was changed in the closed month, the newest first; only of days on which the pupil was in this class.

    A press there says why, also where the month was opened and closed again since. One query.
    """
    pupils = {pupil.pk: pupil for pupil in absences.own.pupils}
    after = ~Q(why="") | Q(at__gt=closed.at) if closed else ~Q(why="")
    rows = AbsenceChange.objects.filter(after, pupil__in=list(pupils), date__range=(start, end)).select_related("by")
    return [
        LateChange(
            at=timezone.localtime(row.at),
            by=row.by.short_name if row.by else "",
            pupil=pupils[row.pupil_id].list_name,
            date=row.date,
            lesson=row.lesson,
            old=LETTERS.get(row.old, "") or "нет отметки",
            new=LETTERS.get(row.new, "") or "нет отметки",
            why=row.why,
        )
        for row in rows
        if absences.own.on_roll(row.pupil_id, row.date)
    ]
