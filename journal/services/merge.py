"""Two rows turn out to be one person: one stays, the other points to it and is shown nowhere any more.

Nothing is deleted. The audit tells everything: both rows as they were, which children, documents and logins moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import AuditEvent, User
from accounts.services import set_blocked
from journal.models import Guardian, Guardianship, Pupil
from journal.services.changes import plain, record_change
from journal.services.guardians import PERSON_FIELDS, TIE_FIELDS, BadGuardian, check_person

Kinship = Guardianship.Kinship
SUBJECT = "объединение представителей"


class CannotMerge(Exception):
    """These two cannot be merged; the text says why and what to do."""


class MergeChanged(Exception):
    """One of the two was changed after the preview. Nothing was written."""


@dataclass(frozen=True, slots=True)
class TieMove:
    """What happens to one tie of the row that goes: it moves, or is united with the tie that the child has already."""

    tie: Guardianship
    united_with: Guardianship | None
    result: dict[str, Any]

    @property
    def words(self) -> str:
        """«мать, информирование: электронная»: how the tie reads afterwards."""
        kinship, informing = Kinship(self.result["kinship"]), Guardianship.Informing(self.result["informing"])
        return f"{kinship.label}, информирование: {informing.label}"


@dataclass(frozen=True, slots=True)
class Followers:
    """Documents that follow the person: extracts, consents and whatever else names a guardian."""

    words: str
    model: type[models.Model]
    field: str
    ids: list[int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge would do; the preview shows it and the merge does exactly it."""

    stays: Guardian
    goes: Guardian
    differing: list[str]
    moves: list[TieMove]
    followers: list[Followers]
    staff_logins: list[int]
    stamp: str

    @property
    def two_logins(self) -> bool:
        return self.stays.user_id is not None and self.goes.user_id is not None


def may_merge(user: User, one: Guardian, other: Guardian) -> bool:
    """Whether every child of both is kept by the user; the deputy and the operator may always. At most two queries."""
    if user.keeps_all_people:
        return True
    children = set(Guardianship.objects.current().filter(guardian__in=[one, other]).values_list("pupil_id", flat=True))
    return children <= set(Pupil.objects.kept_by(user).filter(pk__in=children).values_list("pk", flat=True))


def plan_merge(stays: Guardian, goes: Guardian) -> Plan:
    """What would happen if `goes` were merged into `stays`."""
    differing = [name for name in PERSON_FIELDS if getattr(stays, name) != getattr(goes, name)]
    own = {tie.pupil_id: tie for tie in _ties(stays)}
    moves = [TieMove(tie, own.get(tie.pupil_id), _united(own.get(tie.pupil_id), tie)) for tie in _ties(goes)]
    staff = [row.user.pk for row in (stays, goes) if row.user and row.user.is_personnel]
    return Plan(stays, goes, differing, moves, _followers(goes), staff, _stamp(stays, goes, own.values(), moves))


@transaction.atomic
def merge(
    stays: Guardian,
    goes: Guardian,
    *,
    values: Mapping[str, Any],
    keep_login_of: int | None,
    stamp: str,
    by: User,
    address: str | None = None,
) -> Guardian:
    """Does what the preview showed. `values`: the value taken for each differing field; `keep_login_of`: whose login
    stays when both have one. Raises MergeChanged, CannotMerge."""
    rows = {row.pk: row for row in Guardian.objects.select_for_update().filter(pk__in=[stays.pk, goes.pk])}
    stays, goes = rows[stays.pk], rows[goes.pk]
    plan = plan_merge(stays, goes)
    if plan.stamp != stamp or stays.merged_into_id or goes.merged_into_id:
        raise MergeChanged
    _check(plan, values, by)
    pupil_ids = sorted({tie.pupil_id for tie in [*_ties(stays), *_ties(goes)]})
    before = _snapshot(stays), _snapshot(goes)
    logins = _settle_logins(plan, keep_login_of, by=by, address=address)
    for name in plan.differing:
        setattr(stays, name, values[name])
    stays.save()
    _move_ties(plan, by=by, address=address)
    followed = {one.words: f"{len(one.ids)}: {', '.join(map(str, one.ids))}" for one in plan.followers}
    for one in plan.followers:
        one.model._default_manager.filter(pk__in=one.ids).update(**{one.field: stays})
    goes.merged_into = stays
    goes.save(update_fields=["merged_into"])
    gone = {"merged_into": f"{stays.full_name}, запись № {stays.pk}", **followed, **logins}
    _record(stays, before[0], _snapshot(stays) | logins, by=by, pupil_ids=pupil_ids, address=address)
    _record(goes, before[1], gone, by=by, pupil_ids=pupil_ids, address=address)
    return stays


def _check(plan: Plan, values: Mapping[str, Any], by: User) -> None:
    if plan.stays.pk == plan.goes.pk:
        raise CannotMerge("Это одна и та же запись.")
    if plan.two_logins and len(plan.staff_logins) == 2:
        raise CannotMerge("У обоих вход сотрудника гимназии. Лишний вход сначала уберёт администратор системы.")
    merged = Guardian(**{name: values.get(name, getattr(plan.stays, name)) for name in PERSON_FIELDS})
    children = [tie.pupil for tie in _ties(plan.stays)] + [move.tie.pupil for move in plan.moves]
    try:
        check_person(merged, children, timezone.localdate(), by=by)
    except BadGuardian as error:
        raise CannotMerge(error.words) from error


def _ties(row: Guardian) -> list[Guardianship]:
    return list(row.guardianships.select_related("pupil").order_by("pk"))


def _united(own: Guardianship | None, moving: Guardianship) -> dict[str, Any]:
    """The values of the tie that remains. One in force beats an ended one, a known kinship «другое», and paper beats
    electronic: no family loses its paper unnoticed."""
    first, second = (own or moving), moving
    if own is not None and own.ended_on and not moving.ended_on:
        first, second = moving, own
    paper = second if second.on_paper and not second.ended_on and not first.on_paper else first
    return {
        "kinship": second.kinship if first.kinship == Kinship.OTHER else first.kinship,
        **{name: getattr(paper, name) for name in TIE_FIELDS if name != "kinship"},
        "ended_on": first.ended_on,
    }


def _move_ties(plan: Plan, *, by: User, address: str | None) -> None:
    """Ties go over; of two ties with one child the one that stays takes the united values, the other is ended."""
    for move in plan.moves:
        if move.united_with is None:
            tie = move.tie
            fields: dict[str, tuple[Any, Any]] = {"guardian": (plan.goes, plan.stays)}
            tie.guardian = plan.stays
            tie.save(update_fields=["guardian"])
        else:
            tie = move.united_with
            fields = {name: (getattr(tie, name), value) for name, value in move.result.items()}
            fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
            for name, (_, value) in fields.items():
                setattr(tie, name, value)
            tie.save(update_fields=list(fields) or None)
            if move.tie.ended_on is None:
                move.tie.ended_on = timezone.localdate()
                move.tie.save(update_fields=["ended_on"])
            fields["united_with"] = (
                {name: plain(name, getattr(move.tie, name)) for name in ("id", *TIE_FIELDS)}, tie.pk
            )  # fmt: skip
        record_change(tie, fields, by=by, pupil_ids=[tie.pupil_id], subject=SUBJECT, address=address)


def _settle_logins(plan: Plan, keep_login_of: int | None, *, by: User, address: str | None) -> dict[str, Any]:
    """The login that stays goes to the row that stays; a second one is blocked and remains with the other row."""
    stays, goes = plan.stays, plan.goes
    if goes.user is None:
        return {}
    if plan.staff_logins and plan.two_logins:  # never block a login of staff
        keep_login_of = stays.pk if stays.user_id in plan.staff_logins else goes.pk
    second = None
    if stays.user is None or keep_login_of == goes.pk:
        mine, theirs = stays.user, goes.user
        # One login belongs to one row: it is taken from here before it is given there.
        goes.user = stays.user = None
        goes.save(update_fields=["user"])
        stays.save(update_fields=["user"])
        stays.user, goes.user = theirs, mine
        stays.save(update_fields=["user"])
        goes.save(update_fields=["user"])
    if goes.user is not None:
        second = goes.user
        set_blocked(
            user=second, blocked=True, by=by, reason="второй вход того же человека после объединения", address=address
        )
    return {"login": stays.user.username, "blocked_login": second.username if second else ""}


def _followers(goes: Guardian) -> list[Followers]:
    """Rows of any table that name the guardian, whichever app they live in: the register does not import reports."""
    found = []
    for relation in Guardian._meta.related_objects:
        model, name = relation.related_model, relation.field.name
        if model in (Guardian, Guardianship):
            continue
        ids = list(model._default_manager.filter(**{name: goes}).order_by("pk").values_list("pk", flat=True))
        if ids:
            found.append(Followers(str(model._meta.verbose_name_plural), model, name, ids))
    return found


def _stamp(stays: Guardian, goes: Guardian, own: Any, moves: list[TieMove]) -> str:
    """Changes with anything that the preview shows."""
    ties = [*own, *(move.tie for move in moves)]
    shown = [
        *(getattr(row, name) for row in (stays, goes) for name in (*PERSON_FIELDS, "user_id", "merged_into_id")),
        *(getattr(tie, name) for tie in ties for name in ("pk", *TIE_FIELDS, "ended_on")),
    ]
    return salted_hmac("journal.merge", repr([(stays.pk, goes.pk), *map(str, shown)])).hexdigest()[:20]


def _snapshot(row: Guardian) -> dict[str, Any]:
    values = {name: plain(name, getattr(row, name)) for name in PERSON_FIELDS}
    return {**values, "login": row.user.username if row.user else ""}


def _record(row: Guardian, old: dict, new: dict, *, by: User, pupil_ids: list[int], address: str | None) -> None:
    """One event a child: the row as it was, whole, and what became of it."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=by, action=AuditEvent.Action.CHANGE, subject=SUBJECT, pupil_id=pupil_id, object_type="guardian",
            object_id=row.pk, old=old, new=new, address=address,
        )
        for pupil_id in pupil_ids or [None]  # type: ignore[list-item]
    )  # fmt: skip
