"""The page «Выписки» of a class: who gets paper, when they last got it, and the register."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from journal.calendar import Calendar
from journal.models import Enrolment, Guardianship, Pupil, SchoolClass
from reports.extract.data import Period
from reports.extract.due import OnPaper, fresh_since, on_paper
from reports.extract.register import formed_extracts
from reports.models import Extract

REGISTER_ROWS = 60


@dataclass(frozen=True, slots=True)
class PupilLine:
    """A pupil of the class. `informing` is empty where nobody asked for paper."""

    pupil_id: int
    name: str
    informing: str
    guardian: str
    last_formed_on: date | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A line of the register. Without `may_open` the pupil has left: the line stays, the file is the deputy's."""

    id: int
    number: str
    pupil: str
    guardian: str
    period: Period
    formed_at: datetime
    formed_by: str
    pages: int
    sha256: str
    handed_over_at: datetime | None
    returned_at: datetime | None
    may_open: bool


@dataclass(frozen=True)
class ClassPage:
    pupils: tuple[PupilLine, ...]
    register: tuple[RegisterLine, ...]
    has_more: bool = False

    @property
    def on_paper(self) -> int:
        return sum(bool(line.informing) for line in self.pupils)

    @property
    def due(self) -> int:
        return sum(line.is_due for line in self.pupils)


def class_page(
    school_class: SchoolClass, user: User, today: date, calendar: Calendar, *, whole_register: bool = False
) -> ClassPage:
    """Pupils on the roll today and the newest lines of the register; four queries for any class."""
    pupils = [row.pupil for row in _on_roll(school_class, today).select_related("pupil").order_by("pupil__sort_name")]
    paper: dict[int, OnPaper] = {}
    for row in on_paper([pupil.pk for pupil in pupils]):
        paper.setdefault(row.guardianship.pupil_id, row)
    formed = formed_extracts().filter(pupil__in=pupils, kind=Extract.Kind.CURRENT).order_by()
    last = dict(formed.values_list("pupil").annotate(last=Max("formed_at")))
    since = fresh_since(today, calendar, school_class.grade)
    register = _register(school_class, user, {pupil.pk for pupil in pupils}, None if whole_register else REGISTER_ROWS)
    return ClassPage(
        pupils=tuple(_pupil_line(pupil, paper.get(pupil.pk), last.get(pupil.pk), since) for pupil in pupils),
        register=tuple(register[:REGISTER_ROWS] if not whole_register else register),
        has_more=not whole_register and len(register) > REGISTER_ROWS,
    )


def pupils_to_print(school_class: SchoolClass, user: User, period: Period, *, only_paper: bool) -> list[int]:
    """Ids of the class at the end of the period whom the user may still see, in the order of the class list."""
    rows = _on_roll(school_class, period.end).filter(pupil__in=Pupil.objects.visible_to(user))
    if only_paper:
        on_paper = Guardianship.objects.current().filter(informing__in=Guardianship.PAPER).values("pupil")
        rows = rows.filter(pupil__in=on_paper)
    return list(rows.order_by("pupil__sort_name", "pupil_id").values_list("pupil_id", flat=True))


def _on_roll(school_class: SchoolClass, day: date):
    return Enrolment.objects.on_roll(day).filter(school_class=school_class)


def _pupil_line(pupil: Pupil, paper: OnPaper | None, last: datetime | None, since: date) -> PupilLine:
    return PupilLine(
        pupil_id=pupil.pk,
        name=pupil.list_name,
        informing=paper.guardianship.get_informing_display() if paper else "",
        guardian=paper.guardianship.guardian.short_name if paper else "",
        last_formed_on=timezone.localdate(last) if last else None,
        is_due=paper is not None and (paper.last is None or paper.last < since),
    )


def _register(school_class: SchoolClass, user: User, here: Collection[int], limit: int | None) -> list[RegisterLine]:
    """The newest lines, one more than `limit`, so that the page knows whether there are older ones."""
    rows = formed_extracts().filter(school_class=school_class).select_related("pupil", "guardian", "formed_by")
    lines = []
    for row in rows.order_by("-sequence")[: limit + 1 if limit else None]:
        row.school_class = school_class  # already read: the number needs its name
        lines.append(_register_line(row, may_open=user.sees_whole_school or row.pupil_id in here))
    return lines


def _register_line(row: Extract, *, may_open: bool) -> RegisterLine:
    return RegisterLine(
        id=row.pk,
        number=row.number,
        pupil=row.pupil.list_name,
        guardian=row.guardian.short_name if row.guardian else "",
        period=Period(row.date_from, row.date_to),
        formed_at=row.formed_at,
        formed_by=row.formed_by.short_name,
        pages=row.pages,
        sha256=row.sha256,
        handed_over_at=row.handed_over_at,
        returned_at=row.returned_at,
        may_open=may_open,
    )
