"""Recording and withdrawing consents to process personal data (domain.md §6). Nothing is ever deleted here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from journal.models import Consent, ConsentPurpose, Guardian, Guardianship, Pupil
from journal.services.changes import edit_row, plain

SUBJECT = "согласие на обработку данных"


class CannotRecord(Exception):
    """The consent cannot be recorded; the message says in Russian why and what to do."""


@dataclass(frozen=True)
class Given:
    """What came of it: the new consents, and those in force already, which stay as they are."""

    recorded: list[Consent]
    standing: list[Consent]


@transaction.atomic
def give_consents(
    *,
    purpose_id: int,
    given_on: date,
    givers: Mapping[int, int | None],
    note: str = "",
    by: User,
    address: str | None = None,
) -> Given:
    """Record the same consent of many pupils at once: `givers` maps the pupil to the guardian who gave it.

    Who has such a consent in force keeps it. CannotRecord, and nothing is written, where a date or a giver is wrong.
    """
    # The purpose is locked: two people with the same stack of papers go one after another.
    purpose = ConsentPurpose.objects.select_for_update().filter(pk=purpose_id).first()
    if purpose is None or not purpose.is_active:
        raise CannotRecord("Эта цель больше не используется: выберите другую или верните её в настройках школы.")
    pupils = Pupil.objects.in_bulk(list(givers))
    _check_dates(given_on, pupils.values())
    guardians = _check_givers(givers, pupils)
    standing: list[Consent] = []
    withdrawn: dict[int, date] = {}
    for row in Consent.objects.filter(purpose=purpose, pupil__in=pupils).select_related("pupil"):
        if row.withdrawn_on is None:
            standing.append(row)
        else:
            withdrawn[row.pupil_id] = max(row.withdrawn_on, withdrawn.get(row.pupil_id, row.withdrawn_on))
    has_it = {row.pupil_id for row in standing}
    new = [pk for pk in givers if pk not in has_it]
    if earlier := [pk for pk in new if pk in withdrawn and given_on < withdrawn[pk]]:
        pk = earlier[0]
        raise CannotRecord(
            f"{pupils[pk].list_name}: прежнее согласие отозвано {withdrawn[pk]:%d.%m.%Y}. "
            "Новое не может быть дано раньше: исправьте дату."
        )
    rows = Consent.objects.bulk_create(
        Consent(
            pupil=pupils[pk],
            purpose=purpose,
            guardian=guardians.get(givers[pk]),
            given_on=given_on,
            note=note,
            recorded_by=by,
            recorded_at=timezone.now(),
        )
        for pk in new
    )
    AuditEvent.objects.bulk_create(_event(row, by, address) for row in rows)
    return Given(rows, standing)


@transaction.atomic
def change_consent(
    *, consent: Consent, changes: Mapping[str, tuple[Any, Any]], by: User, address: str | None = None
) -> dict[str, tuple[Any, Any]]:
    """Correct or withdraw one consent; `changes` as for `edit_row`, whose `Conflict` it may raise.

    CannotRecord where the dates contradict each other or another consent for the purpose.
    """
    ConsentPurpose.objects.select_for_update().get(pk=consent.purpose_id)
    fresh = Consent.objects.select_related("pupil").get(pk=consent.pk)
    for name, (_, wanted) in changes.items():
        setattr(fresh, name, wanted)
    _check_dates(fresh.given_on, [fresh.pupil])
    if "guardian" in changes:
        _check_givers(
            {fresh.pupil_id: changes["guardian"][1] and changes["guardian"][1].pk}, {fresh.pupil_id: fresh.pupil}
        )
    if fresh.withdrawn_on and fresh.withdrawn_on < fresh.given_on:
        raise CannotRecord(f"Отозвать согласие раньше, чем оно дано ({fresh.given_on:%d.%m.%Y}), нельзя.")
    if fresh.withdrawn_on and fresh.withdrawn_on > timezone.localdate():
        raise CannotRecord("Дата отзыва ещё не наступила: запишите отзыв в тот день, когда он получен.")
    for other in Consent.objects.filter(pupil=fresh.pupil_id, purpose=fresh.purpose_id).exclude(pk=fresh.pk):
        if _overlap(fresh, other):
            until = f"по {other.withdrawn_on:%d.%m.%Y}" if other.withdrawn_on else "и действует"
            raise CannotRecord(f"Такое согласие уже есть: с {other.given_on:%d.%m.%Y} {until}. Исправьте даты.")
    return edit_row(consent, changes, by=by, pupil_ids=[consent.pupil_id], subject=SUBJECT, address=address)


def _overlap(one: Consent, other: Consent) -> bool:
    """Days of withdrawal belong to nobody: on the same day a new consent may be given."""
    return one.given_on < (other.withdrawn_on or date.max) and other.given_on < (one.withdrawn_on or date.max)


def _check_dates(given_on: date, pupils: Iterable[Pupil]) -> None:
    if given_on > timezone.localdate():
        raise CannotRecord("Дата согласия ещё не наступила: запишите его, когда документ будет подписан.")
    for pupil in pupils:
        if given_on < pupil.birth_date:
            raise CannotRecord(f"{pupil.list_name}: дата согласия раньше даты рождения. Проверьте год.")


def _check_givers(givers: Mapping[int, int | None], pupils: Mapping[int, Pupil]) -> dict[int | None, Guardian]:
    """Every giver is a guardian of that very pupil; the guardians by number. One query."""
    ties = Guardianship.objects.current().filter(pupil__in=list(givers)).select_related("guardian")
    known = {(tie.pupil_id, tie.guardian_id): tie.guardian for tie in ties}
    for pupil_id, guardian_id in givers.items():
        if guardian_id is not None and (pupil_id, guardian_id) not in known:
            raise CannotRecord(
                f"{pupils[pupil_id].list_name}: выбранный человек больше не представитель ученика. Обновите страницу."
            )
    return {guardian.pk: guardian for guardian in known.values()}


def _event(consent: Consent, by: User, address: str | None) -> AuditEvent:
    """As `record_change` writes it, but all of a stack of papers in one insert."""
    fields = {
        "purpose": consent.purpose,
        "given_on": consent.given_on,
        "guardian": str(consent.guardian) if consent.guardian else "",
        "note": consent.note,
    }
    return AuditEvent(
        actor=by,
        action=AuditEvent.Action.CHANGE,
        subject=SUBJECT,
        pupil_id=consent.pupil_id,
        object_type="consent",
        object_id=consent.pk,
        old=dict.fromkeys(fields),
        new={name: plain(name, value) for name, value in fields.items()},
        address=address,
    )
