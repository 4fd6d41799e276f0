"""The dry run: what the transfer would do, class by class and pupil by pupil. Reads only; no query is left inside."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from journal.means import grade_has_marks
from journal.models import AcademicYear, Movement, SchoolClass, Teacher, YearTransfer
from journal.text import normalise
from reports.transfers.source import Debts, Resident, Source, read_source

Kind = Movement.Kind
GRADUATION = "graduation"
"""Stands for a class in place of the name of the next one."""
LEAVES = (Kind.GRADUATION, Kind.DEPARTURE)
NEW_TEACHER_GRADES = (1, 5, 10)
"""Here a class gets another teacher, or is put together anew: the deputy chooses."""
LAST_GRADE = 11


@dataclass(frozen=True, slots=True)
class PupilPlan:
    """What happens to a pupil. `to` is the name of the next class, empty for who leaves the school."""

    pupil_id: int
    name: str
    enrolment_id: int
    ends: date | None
    class_id: int
    class_name: str
    kind: str
    to: str
    is_decided: bool
    debts: Debts | None

    @property
    def label(self) -> str:
        return Kind(self.kind).label

    @property
    def needs_decision(self) -> bool:
        """Marks propose a conditional transfer: the deputy says, never the program (domain.md §6)."""
        return self.debts is not None and not self.is_decided

    @property
    def is_regular(self) -> bool:
        return self.kind == Kind.PROMOTION

    @property
    def value(self) -> str:
        """The decision as forms write it: «conditional:8Б»."""
        return f"{self.kind}:{self.to}"


@dataclass(frozen=True)
class ClassPlan:
    """A class of the year that ends. `target` is empty where the class graduates."""

    school_class: SchoolClass
    target: str
    size: int
    kinds: Counter

    @property
    def undecided(self) -> int:
        return self.kinds["undecided"]

    @property
    def special(self) -> list[tuple[str, int]]:
        """(name, pupils) of everything but the ordinary way of the class."""
        own = Kind.PROMOTION if self.target else Kind.GRADUATION
        return [(kind.label, self.kinds[kind]) for kind in Kind if kind != own and self.kinds[kind]]


@dataclass
class TargetPlan:
    """A class of the year to come. `pk` is None while it is to be made; `enrolled` are in it already."""

    name: str
    pk: int | None = None
    size: int = 0
    enrolled: int = 0
    sources: Counter = field(default_factory=Counter)
    teacher_id: int | None = None
    teacher: str = ""
    has_teacher: bool = False
    is_chosen: bool = False

    @property
    def grade(self) -> int:
        return split_name(self.name)[0]

    @property
    def from_words(self) -> str:
        """«7Б 28, повторно 1»."""
        return ", ".join(f"{name} {count}" for name, count in self.sources.items())


@dataclass(frozen=True)
class TransferPlan:
    """Everything the deputy looks at before writing."""

    transfer: YearTransfer
    from_year: AcademicYear
    year_name: str
    new_year: AcademicYear | None
    first_day: date
    last_day: date
    classes: list[ClassPlan]
    pupils: list[PupilPlan]
    targets: list[TargetPlan]
    problems: list[str]
    notes: list[str]
    ended_groups: int
    ended_plans: int

    @property
    def counts(self) -> Counter:
        return Counter(row.kind for row in self.pupils)

    @property
    def undecided(self) -> list[PupilPlan]:
        return [row for row in self.pupils if row.needs_decision]

    @property
    def special(self) -> list[PupilPlan]:
        """Everybody who is not simply taken over to the next class."""
        return [row for row in self.pupils if not row.is_regular]

    @property
    def digest(self) -> str:
        """Tells this plan from another one: what is written is what was shown."""
        transfer = self.transfer
        rows: list[Any] = [transfer.order_number, str(transfer.order_date), self.year_name]
        rows += sorted([row.enrolment_id, row.kind, row.to, str(row.ends)] for row in self.pupils)
        rows += sorted([row.name, row.pk or 0, row.teacher_id or 0] for row in self.targets)
        return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()[:32]

    @property
    def new_classes(self) -> int:
        return sum(row.pk is None for row in self.targets)

    @property
    def new_teachers(self) -> int:
        return sum(bool(row.teacher_id) and not row.has_teacher for row in self.targets)

    @property
    def stay(self) -> int:
        """Pupils who get a place in the new year."""
        return sum(bool(row.to) for row in self.pupils)


def plan_of(transfer: YearTransfer) -> TransferPlan:
    """The plan by the decisions made so far. Twelve queries, whatever the size of the school."""
    source = read_source(transfer.from_year)
    decisions = Decisions.of(transfer)
    goals = {row.pk: decisions.classes.get(row.pk) or default_target(row, source.classes) for row in source.classes}
    pupils = [_pupil(row, goals, decisions, source) for row in source.residents]
    pupils.sort(key=lambda row: (split_name(row.class_name), normalise(row.name), row.pupil_id))
    classes = [
        ClassPlan(
            row, "" if goals[row.pk] == GRADUATION else goals[row.pk], sum(kinds.values()) - kinds["undecided"], kinds
        )
        for row in source.classes
        for kinds in [_kinds(pupils, row.pk)]
    ]
    targets = _targets(classes, pupils, decisions, source)
    return TransferPlan(
        transfer=transfer,
        from_year=transfer.from_year,
        year_name=source.year_name,
        new_year=source.new_year,
        first_day=source.first_day,
        last_day=source.first_day - timedelta(days=1),
        classes=classes,
        pupils=pupils,
        targets=targets,
        problems=_problems(transfer, pupils, source),
        notes=_notes(pupils, targets, source),
        ended_groups=source.open_memberships,
        ended_plans=source.open_plans,
    )


@dataclass(frozen=True)
class Decisions:
    """What the deputy has decided, out of the JSON of the transfer: class → next name, pupil → (kind, class)."""

    classes: Mapping[int, str]
    pupils: Mapping[int, tuple[str, str]]
    teachers: Mapping[str, int]
    new_classes: tuple[str, ...]

    @classmethod
    def of(cls, transfer: YearTransfer) -> Decisions:
        stored = transfer.decisions
        return cls(
            {int(pk): name for pk, name in stored.get("classes", {}).items()},
            {int(pk): (kind, to) for pk, (kind, to) in stored.get("pupils", {}).items()},
            stored.get("teachers", {}),
            tuple(stored.get("new_classes", ())),
        )


def split_name(name: str) -> tuple[int, str]:
    """«10А» → (10, «А»)."""
    digits = "".join(char for char in name if char.isdigit())
    return int(digits), name[len(digits) :]


def default_target(school_class: SchoolClass, classes: list[SchoolClass]) -> str:
    """7Б → 8Б. From 9 to 10 only where the school has that letter among its tenth classes; 11 graduates."""
    following = f"{school_class.grade + 1}{school_class.letter}"
    if school_class.grade == LAST_GRADE:
        return GRADUATION
    if school_class.grade == 9 and following not in {row.name for row in classes}:
        return GRADUATION
    return following


def _pupil(row: Resident, goals: Mapping[int, str], decisions: Decisions, source: Source) -> PupilPlan:
    goal = goals[row.class_id]
    kind, to = decisions.pupils.get(row.pupil_id, ("", ""))
    is_decided = bool(kind)
    if not is_decided:
        kind, to = (Kind.GRADUATION.value, "") if goal == GRADUATION else (Kind.PROMOTION.value, goal)
    elif not to and kind not in LEAVES:
        to = goal  # «as the class», with another kind
    return PupilPlan(
        row.pupil_id, row.name, row.enrolment_id, row.ends, row.class_id, source.names[row.class_id], kind, to,
        is_decided, source.debts.get(row.pupil_id),
    )  # fmt: skip


def _kinds(pupils: list[PupilPlan], class_id: int) -> Counter:
    own = [row for row in pupils if row.class_id == class_id]
    counts = Counter(row.kind for row in own)
    counts["undecided"] = sum(row.needs_decision for row in own)
    return counts


def _targets(
    classes: list[ClassPlan], pupils: list[PupilPlan], decisions: Decisions, source: Source
) -> list[TargetPlan]:
    """Classes of the new year: those of the mapping, of single decisions, of the new first grade, and those that
    exist already."""
    found: dict[str, TargetPlan] = {}
    names = [*(row.target for row in classes if row.target), *(row.to for row in pupils if row.to)]
    for name in sorted({*names, *decisions.new_classes, *source.new_classes}, key=split_name):
        found[name] = TargetPlan(name, source.new_classes.get(name), enrolled=source.enrolled.get(name, 0))
    for row in pupils:
        if row.to:
            label = f"{row.class_name} повторно" if row.kind == Kind.REPEAT else row.class_name
            found[row.to].size += 1
            found[row.to].sources[label] += 1
    for name, target in found.items():
        _lead(target, [row for row in classes if row.target == name], decisions, source)
    return list(found.values())


def _lead(target: TargetPlan, sources: list[ClassPlan], decisions: Decisions, source: Source) -> None:
    """Who leads the class: the one appointed already, the one chosen, else the teacher who goes on with the class."""
    chosen = decisions.teachers.get(target.name)
    appointed = source.appointed.get(target.name)
    teacher: Teacher | None = None
    if appointed:
        teacher, target.has_teacher = appointed, True
    elif chosen is not None:
        teacher, target.is_chosen = source.teachers.get(chosen), True
    elif target.grade not in NEW_TEACHER_GRADES and len(sources) == 1:
        teacher = source.leaders.get(sources[0].school_class.pk)
    if teacher:
        target.teacher_id, target.teacher = teacher.pk, teacher.full_name


def _problems(transfer: YearTransfer, pupils: list[PupilPlan], source: Source) -> list[str]:
    """What must be settled before anything is written."""
    found = []
    if not transfer.order_number or not transfer.order_date:
        found.append("Укажите номер и дату приказа о переводе.")
    if undecided := sum(row.needs_decision for row in pupils):
        found.append(f"Не решено, переводить ли учеников с «2» или «н/а»: {undecided}. Решите о каждом ниже.")
    lost = [row for row in pupils if not row.to and row.kind not in LEAVES]
    lost += [row for row in pupils if row.to == GRADUATION]
    if lost:
        found.append(f"Не сказано, в какой класс: {_names(lost)}.")
    if odd := [row for row in pupils if row.ends is not None]:
        found.append(
            f"В списке указан последний день позже {source.first_day - timedelta(days=1):%d.%m.%Y}: {_names(odd)}. "
            "Исправьте движение этих учеников."
        )
    if not pupils:
        found.append("Переводить некого: в классах этого года никто не числится.")
    return found


def _notes(pupils: list[PupilPlan], targets: list[TargetPlan], source: Source) -> list[str]:
    """What the deputy should know and may leave as it is."""
    found = []
    if not source.is_over:
        found.append(
            "Учебный год ещё идёт: старые классы остаются в силе до его последнего дня, "
            "но решения рано считать окончательными."
        )
    if without := [row.name for row in targets if not row.teacher_id]:
        found.append(f"Без классного руководителя: {', '.join(without)}. Его можно назначить и позже.")
    if empty := [row.name for row in targets if not row.size and not row.enrolled]:
        found.append(f"Пока без учеников: {', '.join(empty)}.")
    if source.acting:
        found.append(f"Замещения закончатся с годом: {', '.join(source.acting)}.")
    unmarked = sum(
        grade_has_marks(split_name(row.class_name)[0]) and row.pupil_id not in source.marked for row in pupils
    )
    if unmarked:
        found.append(f"Без единой отметки за период: {unmarked}. О них программа ничего не предлагает, проверьте сами.")
    if source.marked and not source.has_year_marks:
        found.append("Годовых отметок ещё нет: ученики с «2» и «н/а» найдены по последнему периоду.")
    found.append(
        "Подгруппы, предметы с учителями и расписание нового года строят заново; прошлогодние подгруппы "
        "можно скопировать в построителе групп."
    )
    if source.new_year is None:
        found.append(
            f"Календарь {source.year_name} заводится по образцу, с пометкой «проект»: проверьте каникулы, "
            "внесите праздники и переносы."
        )
    return found


def _names(rows: list[PupilPlan], shown: int = 5) -> str:
    more = f" и ещё {len(rows) - shown}" if len(rows) > shown else ""
    return ", ".join(f"{row.name} ({row.class_name})" for row in rows[:shown]) + more
