"""Movements of a class and of the school: who came, who left, how many were on the roll.

A stay is an enrolment. A stay that begins the day after another one of the same pupil ended in another class of the
year came over from it; any other beginning is an arrival. So every figure follows from the roll itself, also where
nobody recorded an order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from journal.calendar import Calendar, load_calendar
from journal.models import Enrolment, Movement, SchoolClass

DAY = timedelta(days=1)
OWN_KINDS = (Movement.Kind.ARRIVAL, Movement.Kind.DEPARTURE, Movement.Kind.CLASS_CHANGE)
"""Movements of single pupils; the others belong to the change of years."""


@dataclass(frozen=True, slots=True)
class RollStay:
    pupil_id: int
    class_id: int
    date_from: date
    date_to: date | None


@dataclass(frozen=True, slots=True)
class RollCount:
    """The roll of a class between two days. `came` and `went` are changes of class inside the school."""

    at_start: int = 0
    arrived: int = 0
    left: int = 0
    came: int = 0
    went: int = 0
    at_end: int = 0

    def __add__(self, other: RollCount) -> RollCount:
        return RollCount(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class MovementLine:
    """A movement as lists show it. `is_ahead`: its day has not come yet."""

    pk: int
    pupil_id: int
    name: str
    kind: str
    label: str
    order_number: str
    order_date: date | None
    effective_on: date
    from_class: str
    to_class: str
    place: str
    note: str
    recorded: str
    is_ahead: bool
    can_cancel: bool

    @property
    def order(self) -> str:
        """«№ 44-у от 09.10.2026»."""
        number = f"№ {self.order_number}" if self.order_number else ""
        day = f"от {self.order_date:%d.%m.%Y}" if self.order_date else ""
        return " ".join(filter(None, [number, day]))

    @property
    def where(self) -> str:
        """«из 7А в 7Б», «в 7Б; СОШ № 7»."""
        classes = " ".join(
            filter(None, [self.from_class and f"из {self.from_class}", self.to_class and f"в {self.to_class}"])
        )
        return "; ".join(filter(None, [classes, self.place]))


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """The roll in a term (or the year): what the class teacher's report needs (domain.md §4)."""

    label: str
    date_from: date
    date_to: date
    count: RollCount


@dataclass(frozen=True)
class ClassMovements:
    """The page «Движение» of a class; no query is left inside."""

    lines: list[MovementLine]
    periods: list[PeriodCount]


def class_movements(school_class: SchoolClass, today: date) -> ClassMovements:
    """Movements of the class in its year and the roll by terms. Three queries."""
    rows = Movement.objects.filter(Q(from_class=school_class) | Q(to_class=school_class))
    year = school_class.year
    stays = stays_of(
        Enrolment.objects.filter(
            pupil__in=Enrolment.objects.filter(school_class=school_class).values("pupil"), school_class__year=year
        )
    )
    calendar = load_calendar(year)
    periods = [
        PeriodCount(label, start, end, count_roll(stays, since, end).get(school_class.pk, RollCount()))
        for label, start, since, end in _periods(calendar, school_class.grade, today)
    ]
    return ClassMovements(movement_lines(rows, today), periods)


def _periods(calendar: Calendar, grade: int, today: date) -> list[tuple[str, date, date, date]]:
    """(name, first day, day counted from, last day) of the terms begun and of the year.

    A term is counted from the end of the one before: who comes in the vacations belongs to the term that follows.
    """
    year = calendar.year
    found, before = [], year.date_from
    for term in calendar.terms_for(grade):
        if term.date_from > today:
            break
        end = min(term.date_to, today)
        found.append((str(term), term.date_from, before, end))
        before = term.date_to
    if today >= year.date_from:
        found.append(("Учебный год", year.date_from, year.date_from, min(today, year.roll_ends_on)))
    return found


def movement_lines(rows, today: date) -> list[MovementLine]:
    """Movements, the newest first. One query."""
    found = rows.select_related("pupil", "from_class", "to_class", "recorded_by").order_by("-effective_on", "-pk")
    return [
        MovementLine(
            pk=row.pk,
            pupil_id=row.pupil_id,
            name=row.pupil.full_name,
            kind=row.kind,
            label=row.get_kind_display(),
            order_number=row.order_number,
            order_date=row.order_date,
            effective_on=row.effective_on,
            from_class=row.from_class.name if row.from_class else "",
            to_class=row.to_class.name if row.to_class else "",
            place=row.place,
            note=row.note,
            recorded=row.recorded_by.short_name if row.recorded_by else "",
            is_ahead=row.effective_on > today,
            can_cancel=bool(row.undo),
        )
        for row in found
    ]


def stays_of(rows) -> list[RollStay]:
    """Enrolments as plain stays. One query."""
    fields = ("pupil_id", "school_class_id", "date_from", "date_to")
    return [RollStay(*row) for row in rows.order_by("date_from").values_list(*fields)]


def count_roll(stays: Iterable[RollStay], start: date, end: date) -> Mapping[int, RollCount]:
    """Class id → its roll in start..end: who was there on the first day, who came and went after it up to the last.

    Always at_start + arrived + came − left − went = at_end. Both stays of a pupil who left and came back count.
    """
    own = list(stays)
    ends = {(stay.pupil_id, stay.date_to + DAY): stay.class_id for stay in own if stay.date_to}
    begins = {(stay.pupil_id, stay.date_from): stay.class_id for stay in own}
    totals: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(RollCount.__slots__, 0))
    for stay in own:
        of_class = totals[stay.class_id]
        gone_on = stay.date_to + DAY if stay.date_to else None
        of_class["at_start"] += stay.date_from <= start and (gone_on is None or start < gone_on)
        of_class["at_end"] += stay.date_from <= end and (gone_on is None or end < gone_on)
        if start < stay.date_from <= end:
            inside = ends.get((stay.pupil_id, stay.date_from), stay.class_id) != stay.class_id
            of_class["came" if inside else "arrived"] += 1
        if gone_on and start < gone_on <= end:
            inside = begins.get((stay.pupil_id, gone_on), stay.class_id) != stay.class_id
            of_class["went" if inside else "left"] += 1
    return {class_id: RollCount(**found) for class_id, found in totals.items()}


MOVEMENT_HEADS = (
    "Действует с", "Движение", "Ученик", "Из класса", "В класс", "Откуда или куда", "Приказ №", "Дата приказа",
    "Примечание", "Кто внёс",
)  # fmt: skip


def lines_for_file(lines: Iterable[MovementLine]) -> list[list[str]]:
    """The list of the page as rows of a file, heading first."""
    return [
        list(MOVEMENT_HEADS),
        *(
            [
                f"{line.effective_on:%d.%m.%Y}", line.label, line.name, line.from_class, line.to_class, line.place,
                line.order_number, f"{line.order_date:%d.%m.%Y}" if line.order_date else "", line.note, line.recorded,
            ]
            for line in lines
        ),
    ]  # fmt: skip
