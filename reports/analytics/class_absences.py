"""Absences of a class in a period by reason, and how results stand beside them (domain.md §2, §4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from attendance.models import ABSENCE_REASONS, LETTERS, Reason
from attendance.queries import ClassAbsences, Totals, class_absences, sum_of
from journal.calendar import Calendar
from journal.models import SchoolClass
from journal.own_numbers import OwnNumbers
from reports.analytics.figures import Figure, subject_figures
from reports.analytics.periods import ReportPeriod
from reports.analytics.results import ClassResults
from reports.formulas import subject_indicators

FEWEST = 3
"""A smaller group is not compared: its mean would tell of one or two children, not of absences."""
_SHARES = (("до 5 %", Decimal(5)), ("5–10 %", Decimal(10)), ("больше 10 %", None))


@dataclass(frozen=True, slots=True)
class PupilAbsences:
    """`is_here` is false of who has left by the last day of the period."""

    pupil_id: int
    name: str
    is_here: bool
    totals: Totals


@dataclass(frozen=True, slots=True)
class ReasonLine:
    letter: str
    name: str
    days: int
    lessons: int | str


@dataclass(frozen=True, slots=True)
class ShareGroup:
    """Pupils who missed a share of their lessons. `figure` is the mean of all their results; None in a group too small
    to be compared."""

    label: str
    pupils: int
    figure: Figure | None

    @property
    def mean(self) -> Decimal | None:
        return self.figure.value if self.figure else None

    @property
    def is_small(self) -> bool:
        return self.pupils < FEWEST


@dataclass(frozen=True)
class AbsenceReport:
    """`pupils` are all who were on the roll in the period; `total` is of them. `unknown` pupils have no lessons in the
    timetable: they are in no share group. `own` tells whose lessons are whose."""

    pupils: tuple[PupilAbsences, ...]
    total: Totals
    attendance: Figure
    shares: tuple[ShareGroup, ...]
    unknown: int
    own: OwnNumbers

    @property
    def has_timetable(self) -> bool:
        return bool(self.total.own_lessons)

    @property
    def reasons(self) -> list[ReasonLine]:
        lessons = self.total.lessons_figures()[1:]
        return [
            ReasonLine(LETTERS[reason], str(Reason(reason).label), self.total.days[reason], count)
            for reason, count in zip(ABSENCE_REASONS, lessons, strict=True)
        ]

    @property
    def is_comparable(self) -> bool:
        """At least two groups large enough to stand beside each other."""
        return sum(one.mean is not None for one in self.shares) > 1


def absence_report(
    school_class: SchoolClass,
    period: ReportPeriod,
    before: ReportPeriod | None,
    results: ClassResults,
    calendar: Calendar,
    *,
    today: date,
) -> AbsenceReport:
    """Absences in the period up to its last day that counts. Four queries, the period before included."""
    start = before.start if before else period.start
    found = class_absences(school_class, start, period.day, calendar, today=today)
    pupils = tuple(_pupils(found, period))
    total = sum_of(one.totals for one in pupils)
    attendance = attendance_figure(total)
    if before:
        earlier = sum_of(found.totals(pupil.pk, before.start, before.day) for pupil in found.own.pupils)
        attendance = attendance.after(attendance_figure(earlier))
    here = [one for one in pupils if one.is_here]
    return AbsenceReport(
        pupils=pupils,
        total=total,
        attendance=attendance,
        shares=_shares(here, results),
        unknown=sum(not one.totals.own_lessons for one in here),
        own=found.own,
    )


def attendance_figure(total: Totals) -> Figure:
    """Посещаемость: own lessons attended of those held while on the roll (domain.md §2)."""
    exact = total.attendance_percent
    attended = total.own_lessons - total.lessons_all
    out = f"дни без расписания: {total.unknown_days}" if total.unknown_days else ""
    return Figure(
        "Посещаемость",
        None if exact is None else Decimal(str(exact)),
        f"посещено уроков: {attended} из {total.own_lessons}" if total.own_lessons else "",
        out,
    )


def _pupils(found: ClassAbsences, period: ReportPeriod) -> Iterable[PupilAbsences]:
    for pupil in found.own.pupils:
        stays = found.own.enrolments[pupil.pk]
        if any(stay.date_from <= period.day and (stay.date_to or period.day) >= period.start for stay in stays):
            totals = found.totals(pupil.pk, period.start, period.day)
            yield PupilAbsences(pupil.pk, pupil.list_name, found.own.on_roll(pupil.pk, period.day), totals)


def _shares(pupils: Sequence[PupilAbsences], results: ClassResults) -> tuple[ShareGroup, ...]:
    """Pupils of the period's last day by the share of lessons missed, each group with the mean of its results."""
    groups: list[list[int]] = [[] for _ in _SHARES]
    for one in pupils:
        if one.totals.own_lessons:
            groups[_share_of(one.totals)].append(one.pupil_id)
    return tuple(
        ShareGroup(label, len(ids), _mean(ids, results) if len(ids) >= FEWEST else None)
        for (label, _), ids in zip(_SHARES, groups, strict=True)
    )


def _share_of(totals: Totals) -> int:
    share = Decimal(100 * totals.lessons_all) / totals.own_lessons
    return next(index for index, (_, top) in enumerate(_SHARES) if top is None or share <= top)


def _mean(pupil_ids: Iterable[int], results: ClassResults) -> Figure:
    values = (value for pk in pupil_ids for value in results.values_of_pupil(pk).values())
    return subject_figures(subject_indicators(values)).mean
