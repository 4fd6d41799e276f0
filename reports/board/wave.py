"""Волна болезней: how many are ill day by day, and which classes have come to the threshold of a quarantine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from attendance.models import LETTERS, Reason, RollCall
from attendance.school import Absent, absent_by_day_and_class
from journal.calendar import Calendar
from journal.dates import MONTHS_OF, day_month
from journal.files import Value
from journal.models import Enrolment, SchoolClass
from reports.charts import Column, LevelBars, LevelRow, Series, StackedBars, level_bars, stacked_bars
from reports.overview import WEEKS_OF_CHART, share

ILL = (Series(LETTERS[Reason.ILL], "болезнь", "is-ill"),)
SHARES = (*ILL, Series("+", "отсутствуют по другим причинам", "is-other"))


@dataclass(frozen=True, slots=True)
class ClassWave:
    """A class on the day. `days` are the school days in a row with the threshold reached, up to the day; of a class
    that is not marked yet, up to the day before."""

    class_id: int
    name: str
    grade: int
    pupils: int
    ill: int
    absent: int
    is_over: bool
    is_marked: bool
    days: int

    @property
    def ill_percent(self) -> int:
        return share(self.ill, self.pupils)

    @property
    def absent_percent(self) -> int:
        return share(self.absent, self.pupils)

    @property
    def words(self) -> str:
        """«порог, 3-й день подряд»."""
        if self.is_over:
            return f"порог, {self.days}-й день подряд" if self.days > 1 else "порог, первый день"
        if self.days:
            return f"не отмечен, прежде порог: {self.days} дн."
        return "" if self.is_marked else "не отмечен"


@dataclass(frozen=True)
class Wave:
    """Everything of the page."""

    threshold: int
    grades: list[int]
    grade: int | None
    days: StackedBars
    classes: list[ClassWave]
    shares: LevelBars

    @property
    def over(self) -> list[ClassWave]:
        return [row for row in self.classes if row.is_over]


def wave(calendar: Calendar, day: date, today: date, grade: int | None = None) -> Wave:
    """Six weeks up to the day, of the school or of a parallel. Four queries."""
    start = max(day - timedelta(weeks=WEEKS_OF_CHART), calendar.year.date_from)
    classes = list(calendar.year.classes.order_by("grade", "letter"))
    grades = sorted({row.grade for row in classes})
    chosen = grade if grade in grades else None
    found = absent_by_day_and_class(start, day)
    marked = set(RollCall.objects.filter(date=day).values_list("school_class", flat=True))
    wanted = [row for row in classes if chosen in (None, row.grade)]
    rolls = _rolls(start, day, calendar)
    threshold = calendar.school.quarantine_percent

    def is_over(class_id: int, on: date) -> bool:
        ill, pupils = _of(found, on, class_id).by_reason[Reason.ILL], rolls(class_id, on)
        return bool(pupils) and 100 * ill >= threshold * pupils

    rows = []
    for one in wanted:
        pupils = rolls(one.pk, day)
        if not pupils or not calendar.is_school_day(day, one.grade):
            continue
        absent, over = _of(found, day, one.pk), is_over(one.pk, day)
        rows.append(
            ClassWave(
                class_id=one.pk, name=one.name, grade=one.grade, pupils=pupils,
                ill=absent.by_reason[Reason.ILL], absent=absent.total, is_over=over, is_marked=one.pk in marked,
                days=_days_in_row(one, day, start, calendar, is_over, over=over, is_marked=one.pk in marked),
            )
        )  # fmt: skip
    # The illest first; those alike stay in the order of the school.
    rows.sort(key=lambda row: -row.ill / row.pupils)
    return Wave(
        threshold=threshold,
        grades=grades,
        grade=chosen,
        days=_chart(found, wanted, start, day, today, calendar),
        classes=rows,
        shares=_shares(rows, threshold),
    )


def rows_for_file(page: Wave) -> list[list[Value]]:
    """The classes of the day."""
    table: list[list[Value]] = [
        ["Класс", "Учеников", "Болеют", "Болеют, %", "Отсутствуют", "Отсутствуют, %", "Порог, %", "Порог достигнут",
         "Дней подряд"]
    ]  # fmt: skip
    table += [
        [row.name, row.pupils, row.ill, row.ill_percent, row.absent, row.absent_percent, page.threshold,
         "да" if row.is_over else "", row.days or ""]
        for row in page.classes
    ]  # fmt: skip
    return table


def _rolls(start: date, end: date, calendar: Calendar) -> Callable[[int, date], int]:
    """How many are on the roll of a class on a day. One query."""
    stays: dict[int, list[tuple[date, date | None]]] = {}
    rows = Enrolment.objects.filter(
        Q(date_to=None) | Q(date_to__gte=start), school_class__year=calendar.year, date_from__lte=end
    )
    for class_id, first, last in rows.order_by().values_list("school_class", "date_from", "date_to"):
        stays.setdefault(class_id, []).append((first, last))

    def on(class_id: int, day: date) -> int:
        return sum(first <= day and (last is None or day <= last) for first, last in stays.get(class_id, ()))

    return on


def _of(found: Mapping[date, Mapping[int, Absent]], day: date, class_id: int) -> Absent:
    return found.get(day, {}).get(class_id) or Absent()


def _days_in_row(
    one: SchoolClass, day: date, start: date, calendar: Calendar, is_over: Callable[[int, date], bool],
    *, over: bool, is_marked: bool,
) -> int:  # fmt: skip
    """School days in a row over the threshold, within the weeks shown. A class not marked yet may still be over it:
    what was up to yesterday is told."""
    if is_marked and not over:
        return 0
    count = int(over)
    before = calendar.school_day_before(day, one.grade)
    while before and before >= start and is_over(one.pk, before):
        count += 1
        before = calendar.school_day_before(before, one.grade)
    return count


def _chart(
    found: Mapping[date, Mapping[int, Absent]],
    classes: list[SchoolClass],
    start: date,
    end: date,
    today: date,
    calendar: Calendar,
) -> StackedBars:
    grades = {row.grade for row in classes}
    days = sorted({day for grade in grades for day in calendar.school_days(start, end, grade)})
    columns = []
    for one in days:
        ill = sum(_of(found, one, row.pk).by_reason[Reason.ILL] for row in classes)
        label = f"{one.day} {MONTHS_OF[one.month][:3]}" if one.weekday() == 0 or one == days[-1] else ""
        columns.append(Column("сегодня" if one == today else label, day_month(one), (ill,)))
    return stacked_bars(columns, ILL)


def _shares(rows: list[ClassWave], threshold: int) -> LevelBars:
    lines = [
        LevelRow(
            label=row.name,
            values=(row.ill, row.absent - row.ill),
            whole=row.pupils,
            note=f"{row.ill_percent} %" + (f" · {row.words}" if row.words else ""),
            is_over=row.is_over,
        )
        for row in rows
    ]
    return level_bars(lines, SHARES, level=threshold, name=f"порог {threshold} %")
