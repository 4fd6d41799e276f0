"""What the deputy decides before the transfer is written. Each save changes only what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import Action, record_event
from accounts.models import User
from journal.models import AcademicYear, YearTransfer
from journal.text import row_number
from reports.transfers.plan import GRADUATION, LAST_GRADE, LEAVES, ClassPlan, Kind, PupilPlan, TransferPlan, split_name

Status = YearTransfer.Status
_NAME = re.compile(r"^(1[01]|[1-9])([А-ЯЁ]{1,3})$")
NO_CONDITION_AFTER = (9, LAST_GRADE)
"""After the ninth and eleventh grades one passes the examinations or does not: there is no conditional way on."""


class NotDecided(Exception):
    """The decision is impossible; the words say why and what to do."""


def start(*, from_year: AcademicYear, by: User) -> YearTransfer:
    """A new draft, or the one that exists."""
    try:
        with transaction.atomic():
            row = YearTransfer.objects.create(from_year=from_year, made_by=by)
            _record("перевод года: начат", row, by, {"from_year": from_year.name})
            return row
    except IntegrityError:
        return YearTransfer.objects.get(from_year=from_year, status__in=[Status.DRAFT, Status.APPLIED])


@transaction.atomic
def discard(*, transfer: YearTransfer, by: User) -> bool:
    """Forget a draft; False where it is written already."""
    row = _locked(transfer)
    if row is None:
        return False
    _record("перевод года: черновик удалён", row, by, {"from_year": row.from_year.name})
    row.delete()
    return True


@transaction.atomic
def save_order(*, transfer: YearTransfer, number: str, dated: date, by: User) -> None:
    """The order of the whole transfer."""
    if row := _locked(transfer):
        row.order_number, row.order_date = number, dated
        row.save(update_fields=["order_number", "order_date"])
        _record("перевод года: приказ", row, by, {"order_number": number, "order_date": dated.isoformat()})


@transaction.atomic
def save_decisions(
    *,
    transfer: YearTransfer,
    by: User,
    classes: Mapping[int, str] | None = None,
    pupils: Mapping[int, tuple[str, str] | None] | None = None,
    teachers: Mapping[str, int] | None = None,
    new_classes: Iterable[str] | None = None,
) -> None:
    """Add to the decisions what is given; None for a pupil takes the decision back. Nothing on a written transfer."""
    row = _locked(transfer)
    if row is None:
        return
    decisions: dict[str, Any] = {"classes": {}, "pupils": {}, "teachers": {}, "new_classes": [], **row.decisions}
    told: dict[str, Any] = {}
    if classes:
        decisions["classes"] |= {str(pk): name for pk, name in classes.items()}
        told["classes"] = {str(pk): name for pk, name in classes.items()}
    if pupils:
        chosen = {str(pk): list(found) for pk, found in pupils.items() if found}
        gone = {str(pk) for pk, found in pupils.items() if not found}
        decisions["pupils"] = {pk: found for pk, found in decisions["pupils"].items() if pk not in gone} | chosen
        told["pupils"] = {**chosen, **dict.fromkeys(gone, "")}
    if teachers:
        decisions["teachers"] |= teachers
        told["teachers"] = dict(teachers)
    if new_classes is not None:
        decisions["new_classes"] = sorted(set(new_classes), key=split_name)
        told["new_classes"] = decisions["new_classes"]
    if decisions != row.decisions:
        row.decisions = decisions
        row.save(update_fields=["decisions"])
        _record("перевод года: решения", row, by, told)


def _locked(transfer: YearTransfer) -> YearTransfer | None:
    """The draft under a lock; None once it is written, undone or gone."""
    rows = YearTransfer.objects.select_related("from_year").select_for_update(of=("self",))
    return rows.filter(pk=transfer.pk, status=Status.DRAFT).first()


def _record(subject: str, row: YearTransfer, by: User, new: dict[str, Any]) -> None:
    record_event(Action.CHANGE, subject, by=by, object_type="yeartransfer", object_id=row.pk, new=new)


# --- What may be chosen ---------------------------------------------------------------------------


Option = tuple[str, str]
"""Value and words of a choice."""


def class_options(row: ClassPlan, plan: TransferPlan) -> list[Option]:
    """Where a class may go: the letters the school has, and graduation after 9 and 11."""
    school_class = row.school_class
    options: list[Option] = []
    if school_class.grade < LAST_GRADE:
        letters = {one.school_class.letter for one in plan.classes} | {school_class.letter}
        letters |= {split_name(one.name)[1] for one in plan.targets if one.grade == school_class.grade + 1}
        options = [(name, name) for letter in sorted(letters) for name in [f"{school_class.grade + 1}{letter}"]]
    if school_class.grade in NO_CONDITION_AFTER:
        options.append((GRADUATION, "выпуск"))
    return options


def pupil_options(grade: int, name: str, plan: TransferPlan) -> list[tuple[str, list[Option]]]:
    """Groups of choices for a pupil of the class `name`: on, conditionally on, once more, away."""
    following = [one.name for one in plan.targets if one.grade == grade + 1]
    same = [one.name for one in plan.targets if one.grade == grade] or [name]
    groups = []
    if following:
        groups.append(("Перевести", [(f"{Kind.PROMOTION}:{one}", f"в {one}") for one in following]))
    if following and grade not in NO_CONDITION_AFTER:
        groups.append(("Перевести условно", [(f"{Kind.CONDITIONAL}:{one}", f"условно в {one}") for one in following]))
    groups.append(("Оставить на повторный год", [(f"{Kind.REPEAT}:{one}", f"повторно в {one}") for one in same]))
    away = [(f"{Kind.DEPARTURE}:", "выбывает")]
    if grade in NO_CONDITION_AFTER:
        away.insert(0, (f"{Kind.GRADUATION}:", "выпуск"))
    groups.append(("Уходит", away))
    return groups


def read_class(row: ClassPlan, plan: TransferPlan, value: str) -> str:
    """The chosen next class; NotDecided where it is no choice."""
    if value not in {option for option, _ in class_options(row, plan)}:
        raise NotDecided(f"{row.school_class} нельзя перевести в «{value}». Выберите класс следующей параллели.")
    return value


def read_pupil(row: PupilPlan, plan: TransferPlan, value: str) -> tuple[str, str] | None:
    """The decision about a pupil: kind and class; None takes it back. NotDecided where it is no choice."""
    if not value:
        return None
    options = pupil_options(split_name(row.class_name)[0], row.class_name, plan)
    if value not in {option for _, group in options for option, _ in group}:
        raise NotDecided(f"{row.name}: такого решения нет. Выберите из списка ещё раз.")
    kind, _, to = value.partition(":")
    return kind, "" if kind in LEAVES else to


def read_new_classes(text: str) -> list[str]:
    """«1А, 1Б» → names of first classes to be made; NotDecided where one is no class of grade 1."""
    names = [part.strip().upper() for part in re.split(r"[,;\s]+", text) if part.strip()]
    for name in names:
        if not _NAME.match(name) or split_name(name)[0] != 1:
            raise NotDecided(f"«{name}» — не первый класс. Напишите через запятую, например: 1А, 1Б.")
    return names


def read_teacher(value: str, teachers: Mapping[int, Any]) -> int:
    """The chosen teacher; 0 for nobody yet. NotDecided where there is no such teacher."""
    if not value:
        return 0
    pk = row_number(value)
    if pk is None or pk not in teachers:
        raise NotDecided("Такого учителя нет. Выберите из списка ещё раз.")
    return pk
