"""The deputy's «Обзор»: which classes have not marked yet, who is absent and why (design.md §5.11).

Plain values out; the number of queries does not depend on the number of classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import add

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import SecurityNotice
from attendance.models import LETTERS, Reason, RollCall, RollCallReminder
from attendance.school import (
    COUNTED_WORDS,
    Absent,
    Changed,
    absent_by_class,
    absent_by_day,
    changed_after_roll_call,
)
from attendance.services.reminders import reminders_of
from journal.calendar import Calendar, load_calendar, year_of
from journal.dates import MONTHS_OF, day_month
from journal.leaders import Leader, leaders_on
from journal.models import SchoolClass, Term
from reports.charts import Column, Series, StackedBars, stacked_bars

WEEKS_OF_CHART = 6
SERIES = (
    Series(LETTERS[Reason.ILL], "болезнь", "is-ill"),
    Series(LETTERS[Reason.EXCUSED], "уважительная", "is-excused"),
    Series(LETTERS[Reason.UNEXCUSED], "неуважительная", "is-unexcused"),
)
COUNTED = COUNTED_WORDS


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class in the table of the day: not marked, marked, or changed after that."""

    school_class: SchoolClass
    pupils: int
    absent: Absent
    roll_call: RollCall | None
    changed: Changed | None
    leader: Leader | None
    reminder: RollCallReminder | None
    threshold: int

    @property
    def roll_call_at(self) -> datetime | None:
        return self.roll_call.taken_at if self.roll_call else None

    @property
    def taken_by(self) -> str:
        return self.roll_call.taken_by.short_name if self.roll_call and self.roll_call.taken_by else ""

    @property
    def teacher(self) -> str:
        return self.leader.teacher.short_name if self.leader else "классный руководитель не назначен"

    @property
    def teacher_note(self) -> str:
        return self.leader.note if self.leader else ""

    @property
    def may_be_reminded(self) -> bool:
        return self.leader is not None and self.leader.user is not None

    @property
    def ill(self) -> int:
        return self.absent.by_reason[Reason.ILL]

    @property
    def excused(self) -> int:
        return self.absent.by_reason[Reason.EXCUSED]

    @property
    def unexcused(self) -> int:
        return self.absent.by_reason[Reason.UNEXCUSED]

    @property
    def percent(self) -> int:
        return share(self.absent.total, self.pupils)

    @property
    def over_threshold(self) -> bool:
        """So many are ill that a quarantine is to be considered (setting «порог болеющих в классе»)."""
        return bool(self.pupils) and 100 * self.ill >= self.threshold * self.pupils


@dataclass(frozen=True, slots=True)
class NoticeBadge:
    words: str
    is_late: bool


@dataclass(frozen=True)
class DayFigures:
    """What changes while classes mark: the part of the page that is asked again every half minute."""

    now: datetime
    day: date
    rows: list[ClassRow]
    total: Absent
    pupils: int

    @property
    def is_today(self) -> bool:
        return self.day == self.now.date()

    @property
    def unmarked(self) -> list[ClassRow]:
        return [row for row in self.rows if row.roll_call_at is None]

    @property
    def to_remind(self) -> list[ClassRow]:
        return [row for row in self.unmarked if row.may_be_reminded]

    @property
    def marked_count(self) -> int:
        return len(self.rows) - len(self.unmarked)

    @property
    def ill(self) -> int:
        return self.total.by_reason[Reason.ILL]

    @property
    def excused(self) -> int:
        return self.total.by_reason[Reason.EXCUSED]

    @property
    def unexcused(self) -> int:
        return self.total.by_reason[Reason.UNEXCUSED]

    @property
    def percent(self) -> float | None:
        return 100 * self.total.total / self.pupils if self.pupils else None


@dataclass(frozen=True)
class Overview:
    figures: DayFigures
    chart: StackedBars
    notices: list[NoticeBadge]
    term: Term | None
    week: int
    why_no_school: str
    next_day: date | None


def overview(now: datetime) -> Overview | None:
    """Everything of the page at this moment; None before the first school year exists."""
    today = now.date()
    calendar = calendar_on(today)
    if calendar is None:
        return None
    grades = range(1, 12)
    day = shown_day(calendar, today)
    term = calendar.term_on(today, grade=5)
    no_school = "" if day == today else calendar.why_no_school(today, grade=5)
    next_days = [found for grade in grades if (found := calendar.school_day_after(today, grade))] if no_school else []
    return Overview(
        figures=_figures(now, day, calendar),
        chart=_chart(calendar, day),
        notices=[_badge(notice, now) for notice in SecurityNotice.objects.filter(closed_at=None).order_by("deadline")],
        term=term,
        week=_week_of(term, today) if term else 0,
        why_no_school=no_school,
        next_day=min(next_days, default=None),
    )


def day_figures(now: datetime) -> DayFigures | None:
    """The live part alone."""
    calendar = calendar_on(now.date())
    return _figures(now, shown_day(calendar, now.date()), calendar) if calendar else None


def share(part: int, whole: int) -> int:
    """Percent, rounded half up."""
    return (200 * part + whole) // (2 * whole) if whole else 0


def calendar_on(today: date) -> Calendar | None:
    year = year_of(today)
    return load_calendar(year) if year else None


def shown_day(calendar: Calendar, today: date) -> date:
    """Today, or the last day on which some grade had school."""
    grades = range(1, 12)
    if any(calendar.is_school_day(today, grade) for grade in grades):
        return today
    before = [found for grade in grades if (found := calendar.school_day_before(today, grade))]
    return max(before, default=today)


def _figures(now: datetime, day: date, calendar: Calendar) -> DayFigures:
    on_roll = Q(enrolments__date_from__lte=day) & (Q(enrolments__date_to=None) | Q(enrolments__date_to__gte=day))
    classes = calendar.year.classes.annotate(pupils=Count("enrolments", filter=on_roll)).order_by("grade", "letter")
    roll_calls = {row.school_class_id: row for row in RollCall.objects.filter(date=day).select_related("taken_by")}
    leaders, absent, changed = leaders_on(day), absent_by_class(day), changed_after_roll_call(day)
    reminders = {row.school_class_id: row for row in reminders_of(day).select_related("by")}
    rows = [
        ClassRow(
            row,
            row.pupils,
            absent.get(row.pk, Absent()),
            roll_calls.get(row.pk),
            changed.get(row.pk),
            leaders.get(row.pk),
            reminders.get(row.pk),
            threshold=calendar.school.quarantine_percent,
        )
        for row in classes
        if calendar.is_school_day(day, row.grade)
    ]
    return DayFigures(
        now=now,
        day=day,
        rows=rows,
        total=reduce(add, (row.absent for row in rows), Absent()),
        pupils=sum(row.pupils for row in rows),
    )


def _chart(calendar: Calendar, day: date) -> StackedBars:
    start = max(day - timedelta(weeks=WEEKS_OF_CHART), calendar.year.date_from)
    absent = absent_by_day(start, day)
    days = calendar.school_days(start, day, grade=5)
    today = timezone.localdate()
    columns = [
        Column(
            label="сегодня" if one == today else _short(one) if one.weekday() == 0 or one == days[-1] else "",
            title=day_month(one),
            values=tuple(absent[one][reason] for reason in (Reason.ILL, Reason.EXCUSED, Reason.UNEXCUSED)),
        )
        for one in days
    ]
    return stacked_bars(columns, SERIES)


def _short(day: date) -> str:
    return f"{day.day} {MONTHS_OF[day.month][:3]}"


def _week_of(term: Term, day: date) -> int:
    """Number of the calendar week within the term."""
    first = term.date_from - timedelta(days=term.date_from.weekday())
    return max(1, (day - first).days // 7 + 1)


def _badge(notice: SecurityNotice, now: datetime) -> NoticeBadge:
    """«Сообщение о безопасности: компрометация входа · осталось 6 ч»."""
    what = f"Сообщение: {notice.get_kind_display()}"
    due = day_month(notice.deadline)
    if notice.deadline < now.date():
        return NoticeBadge(f"{what} · срок истёк {due}", is_late=True)
    end = timezone.make_aware(datetime.combine(notice.deadline + timedelta(days=1), time.min))
    hours = int((end - now).total_seconds() // 3600)
    left = f"осталось {hours} ч" if hours < 48 else f"срок до конца {due}"
    return NoticeBadge(f"{what} · {left}", is_late=False)
