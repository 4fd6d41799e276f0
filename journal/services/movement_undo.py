"""Taking back a movement that was recorded by mistake: the roll and the groups stand as before, the trail tells it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User
from journal.models import GroupMembership, Mark, Movement
from journal.services import undo
from journal.services.changes import record_change
from journal.services.movements import TOLD, Kind
from journal.services.undo import CannotUndo, UndoLog


def why_not_cancelled(movement: Movement) -> list[str]:
    """Why the movement cannot be taken back, in sentences; none where it can."""
    if movement.transfer_id:
        return ["Это сделал перевод школы на следующий год: отменить можно только его целиком."]
    if not movement.undo:
        return ["Это движение внесено не на этой странице (импортом), отменить его здесь нельзя."]
    later = Movement.objects.filter(pupil=movement.pupil_id, pk__gt=movement.pk).order_by("pk").first()
    if later:
        what = f"{later.get_kind_display()}, {later.effective_on:%d.%m.%Y}"
        return [f"После него внесено: {what}. Сначала отмените ту запись."]
    log = UndoLog.from_json(movement.undo)
    return [*_built_since(movement, log), *undo.blockers(log)]


@transaction.atomic
def cancel(*, movement: Movement, reason: str, by: User) -> None:
    """Undo the last movement of a pupil exactly; CannotUndo says why not. The reason stays in the audit trail."""
    movement = Movement.objects.select_for_update(of=("self",)).get(pk=movement.pk)
    if reasons := why_not_cancelled(movement):
        raise CannotUndo(reasons)
    told: dict[str, tuple[Any, Any]] = {name: (value, None) for name in TOLD if (value := getattr(movement, name))}
    told["kind"] = (movement.get_kind_display(), None)
    told["note"] = (movement.note or None, f"отменено: {reason}")
    subject = f"движение отменено: {movement.get_kind_display()}"
    record_change(movement, told, by=by, pupil_ids=[movement.pupil_id], subject=subject)
    undo.undo(UndoLog.from_json(movement.undo))


def _built_since(movement: Movement, log: UndoLog) -> list[str]:
    """What was put down in the meantime for the pupil as the movement left him: after a departure that is nothing."""
    if movement.kind == Kind.DEPARTURE:
        return []
    day, since = movement.effective_on, movement.recorded_at
    found = []
    if marks := Mark.objects.filter(pupil=movement.pupil_id, lesson__date__gte=day, set_at__gt=since).count():
        found.append(f"С тех пор поставлено отметок: {marks}.")
    absences = movement.pupil.absences.filter(date__gte=day, marked_at__gt=since).count()  # type: ignore[attr-defined]
    if absences:
        found.append(f"С тех пор отмечено пропусков: {absences}.")
    own = set(log.created.get(GroupMembership._meta.label, ()))
    groups = GroupMembership.objects.filter(
        pupil=movement.pupil_id, date_from__gte=day, group__classes=movement.to_class
    )
    standing = set(groups.values_list("pk", flat=True)) - own
    if standing:
        found.append(f"С тех пор ученик включён в группы нового класса: {len(standing)}.")
    return found
