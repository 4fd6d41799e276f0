"""Writing cells of the class's table: one, those of a whole form, or a pasted block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from journal.cells import Cell, CellEdit, value_of_cell
from journal.models import Enrolment, Guardianship, Pupil, SchoolClass
from journal.services.changes import Conflict, Standing, edit_row

SUBJECT = "таблица класса"


class NotHere(Exception):
    """A cell of a pupil who is not on the roll of the class (any more)."""


@dataclass
class CellsConflict(Exception):
    """Somebody changed these cells after the page was opened. Nothing was written."""

    cells: dict[Cell, Standing]


@dataclass
class Outcome:
    """What became of the cells of a form: each was written (with the value that stands now) or met another's value."""

    saved: dict[Cell, Any] = field(default_factory=dict)
    conflicts: dict[Cell, Standing] = field(default_factory=dict)
    gone: list[Cell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Target:
    """The row behind a cell, and the pupils on whose cards it stands."""

    row: models.Model
    pupil_ids: tuple[int, ...]


def save_cell(edit: CellEdit, *, class_id: int, by: User, address: str | None) -> Any:
    """Write one cell; gives the value that stands now. `Conflict`, `NotHere`."""
    target = targets_of([edit.cell], class_id=class_id, user=by).get(edit.cell)
    if target is None:
        raise NotHere
    _write(target, [edit], by=by, address=address)
    return edit.value


def save_cells(edits: Sequence[CellEdit], *, class_id: int, by: User, address: str | None) -> Outcome:
    """Write the cells of a form, row by row: what can be written is, what met another's value is told."""
    targets = targets_of([edit.cell for edit in edits], class_id=class_id, user=by)
    outcome = Outcome(gone=[edit.cell for edit in edits if edit.cell not in targets])
    by_row: dict[tuple, list[CellEdit]] = defaultdict(list)
    for edit in edits:
        if edit.cell in targets:
            by_row[(edit.cell.model, edit.cell.row, edit.cell.kind)].append(edit)
    # Always in one order: two people who save at once wait for each other and never for ever.
    for own in sorted(by_row.values(), key=lambda own: _order(targets[own[0].cell])):
        _write_what_fits(targets[own[0].cell], own, outcome, by=by, address=address)
    return outcome


@transaction.atomic
def save_all_cells(edits: Sequence[CellEdit], *, class_id: int, by: User, address: str | None) -> int:
    """Write all or nothing; gives how many. `CellsConflict` with every cell in the way, `NotHere`."""
    outcome = save_cells(edits, class_id=class_id, by=by, address=address)
    if outcome.gone:
        raise NotHere
    if outcome.conflicts:
        raise CellsConflict(outcome.conflicts)
    return len(outcome.saved)


def targets_of(cells: Iterable[Cell], *, class_id: int, user: User) -> dict[Cell, Target]:
    """The rows behind cells of pupils who are on the roll of a class the user keeps; other cells are left out. A query
    for pupils and one for guardians, at any number of cells."""
    wanted = list(cells)
    roll = on_roll_of(class_id, user)
    found: dict[Cell, Target] = {}
    pupil_ids = {cell.row for cell in wanted if cell.kind == "p"}
    here = set(roll.filter(pupil__in=pupil_ids).values_list("pupil", flat=True)) if pupil_ids else set()
    tie_ids = {cell.row for cell in wanted if cell.kind == "l"}
    ties = _ties(tie_ids, roll) if tie_ids else {}
    for cell in wanted:
        if cell.kind == "p" and cell.row in here:
            found[cell] = Target(Pupil(pk=cell.row), (cell.row,))
        elif cell.kind == "l" and cell.row in ties:
            tie, children = ties[cell.row]
            row = tie if cell.model is Guardianship else tie.guardian
            found[cell] = Target(row, children if row is not tie else (tie.pupil_id,))
    return found


def on_roll_of(class_id: int, user: User) -> models.QuerySet[Enrolment]:
    """Enrolments of today (or of the last day of a past year) in a class the user keeps."""
    today = timezone.localdate()
    staying = Q(date_to=None) | Q(date_to__gte=today) | Q(date_to__gte=F("school_class__year__date_to"))
    rows = Enrolment.objects.filter(staying, school_class=class_id, date_from__lte=today)
    return rows if user.keeps_all_people else rows.filter(school_class__in=SchoolClass.objects.kept_by(user))


def _ties(tie_ids: set[int], roll: models.QuerySet[Enrolment]) -> dict[int, tuple[Guardianship, tuple[int, ...]]]:
    """Current ties of pupils on the roll, each with all children of its guardian: their cards tell the change too."""
    guardians = Guardianship.objects.filter(pk__in=tie_ids).values("guardian")
    is_here = models.Exists(roll.filter(pupil=models.OuterRef("pupil")))
    rows = list(
        Guardianship.objects.current()
        .filter(guardian__in=guardians)
        .select_related("guardian")
        .annotate(is_here=is_here)
        .order_by("pk")
    )
    children: dict[int, list[int]] = defaultdict(list)
    for tie in rows:
        children[tie.guardian_id].append(tie.pupil_id)
    return {
        tie.pk: (tie, tuple(children[tie.guardian_id]))
        for tie in rows
        if tie.pk in tie_ids and tie.is_here  # type: ignore[attr-defined]
    }


def _order(target: Target) -> tuple[str, int]:
    return str(target.row._meta.model_name), target.row.pk


def _write(target: Target, edits: Sequence[CellEdit], *, by: User, address: str | None) -> None:
    changes = {edit.cell.field: (value_of_cell(edit.cell.field, edit.seen), edit.value) for edit in edits}
    edit_row(target.row, changes, by=by, pupil_ids=target.pupil_ids, subject=SUBJECT, address=address)


def _write_what_fits(target: Target, edits: list[CellEdit], outcome: Outcome, *, by: User, address: str | None) -> None:
    """The cells of one row; those that met another's value are told, the others written."""
    try:
        _write(target, edits, by=by, address=address)
    except Conflict as conflict:
        fine = [edit for edit in edits if edit.cell.field not in conflict.fields]
        outcome.conflicts |= {
            edit.cell: conflict.fields[edit.cell.field] for edit in edits if edit.cell.field in conflict.fields
        }
        if fine:
            _write_what_fits(target, fine, outcome, by=by, address=address)
        return
    outcome.saved |= {edit.cell: edit.value for edit in edits}
