"""What the pages of a transfer show: the draft with its choices, the report afterwards, the table as a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from journal.models import AcademicYear, Movement, Teacher, YearTransfer
from journal.text import normalise
from reports.models import Job
from reports.transfers.apply import undo_blockers
from reports.transfers.drafts import Option, class_options, pupil_options
from reports.transfers.plan import ClassPlan, PupilPlan, TargetPlan, TransferPlan, plan_of, split_name

Status = YearTransfer.Status
Kind = Movement.Kind
OptionGroups = list[tuple[str, list[Option]]]


@dataclass(frozen=True, slots=True)
class ClassChoice:
    row: ClassPlan
    options: list[Option]


@dataclass(frozen=True, slots=True)
class PupilChoice:
    """A pupil with what may be chosen. `value` is the decision made, empty for «as the class»."""

    row: PupilPlan
    groups: OptionGroups
    value: str


@dataclass(frozen=True)
class DraftPage:
    plan: TransferPlan
    classes: list[ClassChoice]
    undecided: list[PupilChoice]
    teachers: list[Option]
    open_target: str
    """The class of the new year whose teacher is being changed."""
    counts: list[tuple[str, int]]
    new_first: str

    def is_open(self, target: TargetPlan) -> bool:
        """Whether the page asks for the teacher of the class: where nobody follows by itself, and on request."""
        return not target.has_teacher and (not target.teacher_id or target.is_chosen or target.name == self.open_target)

    @property
    def targets(self) -> list[tuple[TargetPlan, bool]]:
        return [(target, self.is_open(target)) for target in self.plan.targets]


@dataclass(frozen=True, slots=True)
class ReportLine:
    pupil_id: int
    name: str
    from_class: str
    to_class: str
    kind: str
    label: str
    note: str


@dataclass(frozen=True)
class ReportPage:
    """What was written. `blockers` say why it cannot be taken back any more."""

    transfer: YearTransfer
    counts: list[tuple[str, int]]
    ways: list[tuple[str, str, int]]
    special: list[ReportLine]
    blockers: list[str]


@dataclass(frozen=True, slots=True)
class YearLine:
    """A school year in the list of transfers: its transfer, or the offer to begin one."""

    year: AcademicYear
    transfers: list[YearTransfer]
    may_start: bool


def year_lines() -> list[YearLine]:
    """The years that have begun, the newest first, each with its transfers. Two queries."""
    years = AcademicYear.objects.filter(date_from__lte=timezone.localdate()).order_by("-date_from")[:3]
    found = list(years)
    rows = YearTransfer.objects.filter(from_year__in=found).select_related("made_by").defer("undo", "decisions")
    return [
        YearLine(
            year,
            own := [row for row in rows if row.from_year_id == year.pk],
            may_start=not any(row.status in (Status.DRAFT, Status.APPLIED) for row in own),
        )
        for year in found
    ]


def open_job(transfer: YearTransfer) -> Job | None:
    """The work on the transfer that waits or runs. One query."""
    kinds = [Job.Kind.YEAR_TRANSFER, Job.Kind.TRANSFER_UNDO]
    return Job.objects.filter(kind__in=kinds, status__in=Job.OPEN, params__transfer_id=transfer.pk).first()


def draft_page(transfer: YearTransfer, *, open_target: str = "") -> DraftPage:
    """The draft with everything that may be chosen. One query more than the plan."""
    plan = plan_of(transfer)
    teachers = sorted(Teacher.objects.all(), key=lambda row: (row.sort_name, row.pk))
    stored = transfer.decisions.get("new_classes", [])
    return DraftPage(
        plan=plan,
        classes=[ClassChoice(row, class_options(row, plan)) for row in plan.classes],
        undecided=[pupil_choice(row, plan) for row in plan.undecided],
        teachers=[(str(row.pk), row.full_name) for row in teachers],
        open_target=open_target,
        counts=[(kind.label, plan.counts[kind]) for kind in Kind if plan.counts[kind]],
        new_first=", ".join(stored),
    )


def class_choices(plan: TransferPlan, class_id: int) -> list[PupilChoice]:
    """The pupils of a class with their choices."""
    return [pupil_choice(row, plan) for row in plan.pupils if row.class_id == class_id]


def pupil_choice(row: PupilPlan, plan: TransferPlan) -> PupilChoice:
    """What may be chosen for the pupil, and what is."""
    groups = pupil_options(split_name(row.class_name)[0], row.class_name, plan)
    return PupilChoice(row, groups, row.value if row.is_decided else "")


def report_page(transfer: YearTransfer) -> ReportPage:
    """The report of a written (or undone) transfer. Few queries, whatever the size of the school."""
    lines = _report_lines(transfer)
    ways = Counter((line.from_class, line.to_class or line.label) for line in lines)
    counts = Counter(line.kind for line in lines)
    return ReportPage(
        transfer=transfer,
        counts=[(kind.label, counts[kind]) for kind in Kind if counts[kind]],
        ways=[(old, new, count) for (old, new), count in ways.items()],
        special=[line for line in lines if line.kind != Kind.PROMOTION],
        blockers=undo_blockers(transfer) if transfer.status == Status.APPLIED else [],
    )


def _report_lines(transfer: YearTransfer) -> list[ReportLine]:
    rows = Movement.objects.filter(Q(transfer=transfer)).select_related("pupil", "from_class", "to_class")
    lines = [
        ReportLine(
            row.pupil_id,
            row.pupil.full_name,
            row.from_class.name if row.from_class else "",
            row.to_class.name if row.to_class else "",
            row.kind,
            row.get_kind_display(),
            row.note,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: (split_name(line.from_class), normalise(line.name), line.pupil_id))


def rows_for_file(transfer: YearTransfer) -> Iterator[list[str]]:
    """Every pupil: the plan of a draft, or what was written."""
    yield ["Класс", "Ученик", "Решение", "В класс", "Долги и примечания"]
    if transfer.status == Status.DRAFT:
        for row in plan_of(transfer).pupils:
            label = f"{row.label} (не решено)" if row.needs_decision else row.label
            yield [row.class_name, row.name, label, row.to, row.debts.words if row.debts else ""]
        return
    for line in _report_lines(transfer):
        yield [line.from_class, line.name, line.label, line.to_class, line.note]


def pupils_of(transfer: YearTransfer) -> list[int]:
    """Pupils whose names the file holds."""
    if transfer.status == Status.DRAFT:
        return [row.pupil_id for row in plan_of(transfer).pupils]
    return list(Movement.objects.filter(transfer=transfer).values_list("pupil", flat=True))
