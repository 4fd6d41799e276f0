"""Writing the personal data of pupils: the card and the special block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from journal.models import Pupil, SensitiveData
from journal.services.changes import edit_row

SNILS_TAKEN = "Такой СНИЛС уже записан у другого ученика. Сверьте оба номера с документами: у каждого человека он свой."
SENSITIVE_SUBJECT = "особые сведения"

Changes = Mapping[str, tuple[Any, Any]]


class Refused(Exception):
    """The register does not take the change; the sentence is for the person."""


def save_pupil(pupil: Pupil, changes: Changes, *, by: User, address: str | None) -> dict[str, tuple[Any, Any]]:
    """Write what was changed on the card; gives what really changed. `Conflict` where somebody was faster, `Refused`
    where another pupil got the same СНИЛС in this very moment."""
    try:
        return edit_row(pupil, changes, by=by, pupil_ids=[pupil.pk], subject="карточка", address=address)
    except IntegrityError:
        raise Refused(SNILS_TAKEN) from None


@transaction.atomic
def save_sensitive(pupil: Pupil, changes: Changes, *, by: User, address: str | None) -> dict[str, tuple[Any, Any]]:
    """Write the special block, whose row is made by its first fact. `Conflict` as above."""
    row, _ = SensitiveData.objects.get_or_create(pupil=pupil)
    return edit_row(row, changes, by=by, pupil_ids=[pupil.pk], subject=SENSITIVE_SUBJECT, address=address)
