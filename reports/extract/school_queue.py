"""The queue and the register of extracts of the whole school, for the deputy (design.md §5.9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from journal.calendar import Calendar
from journal.files import Value
from journal.models import Enrolment, Guardianship, SchoolClass
from reports.extract.due import fresh_since, on_paper
from reports.extract.register import formed_extracts
from reports.models import Extract

PAGE = 100
NEVER, PERIOD, OLD = "выписки ещё не было", "закончился учебный период", "прошло {} дней и больше"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A guardian on paper. `why` is empty where the last extract is fresh."""

    pupil_id: int
    pupil: str
    guardian: str
    informing: str
    last: date | None
    why: str

    @property
    def is_due(self) -> bool:
        return bool(self.why)


@dataclass(frozen=True, slots=True)
class ClassQueue:
    class_id: int
    name: str
    grade: int
    pupils: int
    waiting: tuple[Waiting, ...]

    @property
    def due(self) -> int:
        return sum(one.is_due for one in self.waiting)


@dataclass(frozen=True)
class SchoolQueue:
    classes: tuple[ClassQueue, ...]

    @property
    def on_paper(self) -> int:
        return sum(len(one.waiting) for one in self.classes)

    @property
    def due(self) -> int:
        return sum(one.due for one in self.classes)

    @property
    def pupils(self) -> int:
        return sum(one.pupils for one in self.classes)

    def shown(self, grade: int | None, *, only_due: bool) -> list[ClassQueue]:
        """Classes with somebody to show, of one parallel or all."""
        return [one for one in self.classes if grade in (None, one.grade) and (one.due if only_due else True)]


def school_queue(calendar: Calendar, today: date) -> SchoolQueue:
    """Who gets paper and who must get it now, class by class. Four queries, whatever the sizes."""
    classes = list(SchoolClass.objects.filter(year=calendar.year).order_by("grade", "letter"))
    roll: dict[int, list[int]] = {one.pk: [] for one in classes}
    day = min(today, calendar.year.roll_ends_on)
    rows = Enrolment.objects.on_roll(day).filter(school_class__in=classes)
    class_of = {}
    for pupil_id, class_id in rows.order_by().values_list("pupil_id", "school_class_id"):
        roll[class_id].append(pupil_id)
        class_of[pupil_id] = class_id
    waiting: dict[int, list[Waiting]] = {one.pk: [] for one in classes}
    by_id = {one.pk: one for one in classes}
    papers = Guardianship.objects.filter(informing__in=Guardianship.PAPER).values("pupil")
    on_roll = Enrolment.objects.on_roll(day).filter(school_class__in=classes, pupil__in=papers).order_by()
    for one in on_paper(on_roll.values_list("pupil_id", flat=True)):
        tie = one.guardianship
        grade = by_id[class_of[tie.pupil_id]].grade
        waiting[class_of[tie.pupil_id]].append(
            Waiting(
                tie.pupil_id, tie.pupil.list_name, tie.guardian.short_name, str(tie.get_informing_display()), one.last,
                why_due(one.last, today, calendar, grade),
            )
        )  # fmt: skip
    return SchoolQueue(
        tuple(ClassQueue(one.pk, one.name, one.grade, len(roll[one.pk]), tuple(waiting[one.pk])) for one in classes)
    )


def why_due(last: date | None, today: date, calendar: Calendar, grade: int) -> str:
    """Why an extract must be printed today, in words; empty where it need not (domain.md §5)."""
    if last is None:
        return NEVER
    if last >= fresh_since(today, calendar, grade):
        return ""
    days = calendar.school.extract_every_days
    return OLD.format(days) if (today - last).days >= days else PERIOD


def queue_rows(queue: Sequence[ClassQueue]) -> Iterator[list[Value]]:
    """The queue as a file."""
    yield ["Класс", "Ученик", "Кому", "Форма информирования", "Последняя выписка", "Почему пора"]
    for school_class in queue:
        for one in school_class.waiting:
            yield [school_class.name, one.pupil, one.guardian, one.informing, one.last, one.why]


# --- The register ---------------------------------------------------------------------------------


class State:
    """What of a line is still to be done."""

    TO_HAND_OVER, NO_SLIP, RETURNED = "to_hand_over", "no_slip", "returned"
    NAMES = {TO_HAND_OVER: "не вручена", NO_SLIP: "вручена, корешка нет", RETURNED: "корешок возвращён"}


@dataclass(frozen=True, slots=True)
class Wanted:
    class_id: int | None = None
    state: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None


def register_rows(wanted: Wanted) -> QuerySet[Extract]:
    """Lines of the whole school that fit, the newest first."""
    rows = formed_extracts().select_related("pupil", "guardian", "formed_by", "school_class")
    if wanted.class_id is not None:
        rows = rows.filter(school_class=wanted.class_id)
    if wanted.kind in Extract.Kind.values:
        rows = rows.filter(kind=wanted.kind)
    if wanted.state == State.TO_HAND_OVER:
        rows = rows.filter(handed_over_at=None)
    elif wanted.state == State.NO_SLIP:
        rows = rows.filter(handed_over_at__isnull=False, returned_at=None)
    elif wanted.state == State.RETURNED:
        rows = rows.filter(returned_at__isnull=False)
    days = Q()
    if wanted.since:
        days &= Q(formed_at__date__gte=wanted.since)
    if wanted.until:
        days &= Q(formed_at__date__lte=wanted.until)
    return rows.filter(days).order_by("-sequence")


def register_table(rows: QuerySet[Extract]) -> Iterator[list[Value]]:
    """The register as a file."""
    yield ["Номер", "Вид", "Ученик", "Кому", "Период с", "по", "Сформирована", "Кем", "Листов", "Вручена",
           "Корешок возвращён", "SHA-256"]  # fmt: skip
    for row in rows.iterator(chunk_size=500):
        guardian = row.guardian.short_name if row.guardian else ""
        yield [
            row.number, str(row.get_kind_display()), row.pupil.list_name, guardian, row.date_from, row.date_to,
            row.formed_at, row.formed_by.short_name, row.pages, row.handed_over_at, row.returned_at, row.sha256,
        ]  # fmt: skip
