"""Столовая: how many of each class eat today. Numbers only: the paper goes to people who need no names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db.models import Count, Q

from attendance.models import RollCall
from attendance.school import away_at_lunch
from journal.calendar import Calendar
from journal.files import Value
from journal.models import SchoolClass


@dataclass(frozen=True, slots=True)
class CanteenRow:
    """A class. Until it is marked, everybody of its list is expected; `away` are those known to be absent."""

    class_id: int
    name: str
    pupils: int
    away: int
    marked_at: datetime | None

    @property
    def meals(self) -> int:
        return self.pupils - self.away if self.marked_at else self.pupils


@dataclass(frozen=True, slots=True)
class Meals:
    """A sum over classes: those marked and those not yet are told apart."""

    marked: int
    waiting: int
    waiting_classes: int
    pupils: int

    @property
    def total(self) -> int:
        return self.marked + self.waiting

    @classmethod
    def of(cls, rows: Iterable[CanteenRow]) -> Meals:
        found = list(rows)
        waiting = [row for row in found if not row.marked_at]
        return cls(
            marked=sum(row.meals for row in found if row.marked_at),
            waiting=sum(row.meals for row in waiting),
            waiting_classes=len(waiting),
            pupils=sum(row.pupils for row in found),
        )


@dataclass(frozen=True, slots=True)
class Parallel:
    grade: int
    rows: list[CanteenRow]
    sum: Meals


@dataclass(frozen=True)
class Canteen:
    """Everything of the page and of the paper."""

    day: date
    now: datetime
    parallels: list[Parallel]
    total: Meals

    @property
    def halves(self) -> list[list[Parallel]]:
        """The parallels in two columns of about the same height, for one sheet of paper."""
        heights = [len(one.rows) + 2 for one in self.parallels]
        half, left = sum(heights) / 2, 0.0
        for place, height in enumerate(heights):
            if left + height / 2 > half:
                return [self.parallels[:place], self.parallels[place:]]
            left += height
        return [self.parallels, []]


def canteen(calendar: Calendar, day: date, now: datetime) -> Canteen:
    """Meals by class, parallel and school. Three queries."""
    on_roll = Q(enrolments__date_from__lte=day) & (Q(enrolments__date_to=None) | Q(enrolments__date_to__gte=day))
    classes: Iterable[SchoolClass] = calendar.year.classes.annotate(
        pupils=Count("enrolments", filter=on_roll)
    ).order_by("grade", "letter")
    taken = dict(RollCall.objects.filter(date=day).values_list("school_class", "taken_at"))
    away = away_at_lunch(day)
    shown = [row for row in classes if row.pupils and calendar.is_school_day(day, row.grade)]  # type: ignore[attr-defined]
    parallels = []
    for grade, found in groupby(shown, key=lambda row: row.grade):
        rows = [
            CanteenRow(row.pk, row.name, row.pupils, away.get(row.pk, 0), taken.get(row.pk))  # type: ignore[attr-defined]
            for row in found
        ]
        parallels.append(Parallel(grade, rows, Meals.of(rows)))
    return Canteen(day, now, parallels, Meals.of(row for one in parallels for row in one.rows))


def rows_for_file(page: Canteen) -> list[list[Value]]:
    """A row a class, then the parallels, then the school."""
    table: list[list[Value]] = [["Класс", "По списку", "Нет на обеде", "К обеду", "Перекличка", "Данные на"]]
    for parallel in page.parallels:
        for row in parallel.rows:
            away = row.away if row.marked_at else None
            table.append([row.name, row.pupils, away, row.meals, row.marked_at or "не отмечен: по списку", page.now])
    table += [
        [f"{one.grade}-е классы", one.sum.pupils, None, one.sum.total, _waiting(one.sum), page.now]
        for one in page.parallels
    ]
    return [*table, ["Всего", page.total.pupils, None, page.total.total, _waiting(page.total), page.now]]


def _waiting(meals: Meals) -> str:
    return f"из них по списку неотмеченных классов: {meals.waiting}" if meals.waiting_classes else ""
