"""Writing the transfer, all or nothing, and taking it back exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import AuditEvent, User
from attendance.models import Absence, AbsenceDocument, RollCall
from journal.models import (
    AcademicYear,
    ClassTeacher,
    Enrolment,
    Lesson,
    Mark,
    Movement,
    PeriodMark,
    Scheme,
    SchoolClass,
    Term,
    YearTransfer,
)
from journal.services import undo
from journal.services.calendar import create_year_told
from journal.services.undo import CannotUndo, UndoLog
from reports.transfers.plan import TransferPlan, plan_of, split_name
from reports.transfers.source import open_memberships_of, open_plans_of

Status = YearTransfer.Status
CHUNK = 500
Tell = Callable[[str], None]


class NotApplied(Exception):
    """Nothing was written; the words say why."""


@transaction.atomic
def apply_transfer(*, transfer: YearTransfer, digest: str, by: User, tell: Tell = lambda words: None) -> TransferPlan:
    """Write exactly the plan of this digest: the year, its classes and teachers, the end of the old stays and the
    new ones, a movement a pupil. NotApplied where the plan is another one by now, or not complete."""
    row = YearTransfer.objects.select_related("from_year__school").select_for_update(of=("self",)).get(pk=transfer.pk)
    if row.status != Status.DRAFT:
        raise NotApplied("Этот перевод уже выполнен или отменён.")
    plan = plan_of(row)
    if plan.problems:
        raise NotApplied(" ".join(plan.problems))
    if plan.digest != digest:
        raise NotApplied("Пока вы смотрели, списки или решения изменились. Проверьте перевод ещё раз.")
    log = UndoLog()
    tell("Заводим учебный год и классы")
    classes = _classes(plan, _year(plan, log), log)
    _class_teachers(plan, classes, log)
    tell("Переводим учеников")
    _end(Enrolment.objects.filter(pk__in=[one.enrolment_id for one in plan.pupils]), plan.last_day, log)
    _end(open_memberships_of(plan.from_year, plan.last_day), plan.last_day, log)
    _end(open_plans_of(plan.last_day), plan.last_day, log)
    _enrolments(plan, classes, log)
    _movements(plan, row, classes, log, by)
    log.seal()
    row.status, row.applied_at, row.undo = Status.APPLIED, timezone.now(), log.to_json()
    row.save(update_fields=["status", "applied_at", "undo"])
    _tell_pupils(plan, by)
    return plan


def undo_blockers(transfer: YearTransfer) -> list[str]:
    """Why the transfer cannot be taken back, in sentences. Something of the new year is put down already."""
    log = UndoLog.from_json(transfer.undo)
    first_day = _first_day(transfer)
    made = Movement.objects.filter(transfer=transfer)
    newest = made.aggregate(pk=Max("pk"))["pk"] or 0
    later = Movement.objects.filter(pupil__in=made.values("pupil"), pk__gt=newest)
    facts = {
        "Внесены движения переведённых учеников": later,
        "Отмечены пропуски нового года": Absence.objects.filter(date__gte=first_day),
        "Внесены справки за дни нового года": AbsenceDocument.objects.filter(date_to__gte=first_day),
    }
    if AcademicYear._meta.label not in log.created:
        # The year stood before: what was put into it need not lean on anything the transfer made.
        facts |= {
            "Проведены переклички нового года": RollCall.objects.filter(date__gte=first_day),
            "Проведены уроки нового года": Lesson.objects.filter(date__gte=first_day),
            "Поставлены отметки нового года": Mark.objects.filter(lesson__date__gte=first_day),
            "Поставлены итоги нового года": PeriodMark.objects.filter(year__date_from__gte=first_day),
        }
    found = [f"{words}: {count}." for words, rows in facts.items() if (count := rows.count())]
    return [*found, *undo.blockers(log)]


@transaction.atomic
def undo_transfer(*, transfer: YearTransfer, by: User) -> None:
    """Everything stands as before the transfer; CannotUndo says what has been built on it."""
    row = YearTransfer.objects.select_for_update().get(pk=transfer.pk)
    if row.status != Status.APPLIED:
        raise CannotUndo(["Этот перевод не выполнен или уже отменён."])
    if reasons := undo_blockers(row):
        raise CannotUndo(reasons)
    moved = Movement.objects.filter(transfer=row).select_related("pupil", "from_class", "to_class")
    events = [_event(one, by, "перевод на следующий год отменён", back=True) for one in moved]
    undo.undo(UndoLog.from_json(row.undo))
    row.status, row.undone_at, row.undo = Status.UNDONE, timezone.now(), {}
    row.save(update_fields=["status", "undone_at", "undo"])
    AuditEvent.objects.bulk_create(events, batch_size=CHUNK)


def _first_day(transfer: YearTransfer) -> date:
    day = Movement.objects.filter(transfer=transfer).values_list("effective_on", flat=True).first()
    return day or transfer.from_year.roll_ends_on + timedelta(days=1)


def _year(plan: TransferPlan, log: UndoLog) -> AcademicYear:
    """The year to come: the one that stands, or a new draft with its terms, vacations and days off."""
    if plan.new_year:
        return plan.new_year
    year, made = create_year_told(plan.first_day.year)
    log.add_created([*made, *_copy_missing_schemes(plan.from_year, year)])
    return year


def _copy_missing_schemes(old: AcademicYear, new: AcademicYear) -> list[Term]:
    """A school of trimesters has trimesters again, a year later."""
    made = set(Term.objects.filter(year=new).values_list("scheme", flat=True))
    return [
        Term.objects.create(
            year=new,
            scheme=term.scheme,
            number=term.number,
            date_from=_a_year_later(term.date_from),
            date_to=_a_year_later(term.date_to),
        )
        for term in Term.objects.filter(year=old, scheme__in=set(Scheme.values) - made)
    ]


def _a_year_later(day: date) -> date:
    """The same day of the next year; 28 February after a 29th."""
    return day.replace(year=day.year + 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


def _classes(plan: TransferPlan, year: AcademicYear, log: UndoLog) -> dict[str, int]:
    """Classes of the new year by name, the missing ones made."""
    missing = [split_name(one.name) for one in plan.targets if one.pk is None]
    made = SchoolClass.objects.bulk_create(SchoolClass(year=year, grade=grade, letter=rest) for grade, rest in missing)
    log.add_created(made)
    return {one.name: one.pk for one in plan.targets if one.pk} | {one.name: one.pk for one in made}


def _class_teachers(plan: TransferPlan, classes: dict[str, int], log: UndoLog) -> None:
    rows = ClassTeacher.objects.filter(school_class__year=plan.from_year, date_from__lte=plan.last_day)
    _end(rows.exclude(date_to__lte=plan.last_day), plan.last_day, log)
    made = ClassTeacher.objects.bulk_create(
        ClassTeacher(school_class_id=classes[one.name], teacher_id=one.teacher_id, date_from=plan.first_day)
        for one in plan.targets
        if one.teacher_id and not one.has_teacher
    )
    log.add_created(made)


def _end(rows: models.QuerySet[Any], last_day: date, log: UndoLog) -> None:
    """The dated rows end on the last day of the year."""
    found = list(rows.only("pk", "date_to"))
    for row in found:
        log.add_changed(row, {"date_to": (row.date_to, last_day)})
    for part in _chunks([row.pk for row in found]):
        rows.model._base_manager.filter(pk__in=part).update(date_to=last_day)


def _enrolments(plan: TransferPlan, classes: dict[str, int], log: UndoLog) -> None:
    made = Enrolment.objects.bulk_create(
        (
            Enrolment(pupil_id=one.pupil_id, school_class_id=classes[one.to], date_from=plan.first_day)
            for one in plan.pupils
            if one.to
        ),
        batch_size=CHUNK,
    )
    log.add_created(made)


def _movements(plan: TransferPlan, row: YearTransfer, classes: dict[str, int], log: UndoLog, by: User) -> None:
    now = timezone.now()
    made = Movement.objects.bulk_create(
        (
            Movement(
                pupil_id=one.pupil_id,
                kind=one.kind,
                order_number=row.order_number,
                order_date=row.order_date,
                effective_on=plan.first_day,
                from_class_id=one.class_id,
                to_class_id=classes[one.to] if one.to else None,
                note=f"долги: {one.debts.words}"[:200] if one.debts and one.kind == Movement.Kind.CONDITIONAL else "",
                recorded_by=by,
                recorded_at=now,
                transfer=row,
            )
            for one in plan.pupils
        ),
        batch_size=CHUNK,
    )
    log.add_created(made)


def _tell_pupils(plan: TransferPlan, by: User) -> None:
    """One event a pupil, as for every movement."""
    rows = Movement.objects.filter(transfer=plan.transfer).select_related("pupil", "from_class", "to_class")
    events = [_event(one, by, f"движение: {one.get_kind_display()}") for one in rows]
    AuditEvent.objects.bulk_create(events, batch_size=CHUNK)


def _event(row: Movement, by: User, subject: str, *, back: bool = False) -> AuditEvent:
    told = {
        "kind": row.get_kind_display(),
        "order_number": row.order_number,
        "order_date": row.order_date.isoformat() if row.order_date else None,
        "effective_on": row.effective_on.isoformat(),
        "from_class": row.from_class.name if row.from_class else None,
        "to_class": row.to_class.name if row.to_class else None,
    }
    empty = dict.fromkeys(told)
    return AuditEvent(
        actor=by,
        action=AuditEvent.Action.CHANGE,
        subject=subject,
        pupil_id=row.pupil_id,
        object_type="movement",
        object_id=row.pk,
        old=told if back else empty,
        new=empty if back else told,
    )


def _chunks(pks: list[int]) -> Iterable[list[int]]:
    return (pks[at : at + CHUNK] for at in range(0, len(pks), CHUNK))
