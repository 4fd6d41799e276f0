"""Putting the school's sign on its papers, and taking it off."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from journal.logo import logo_of
from journal.models import School, SchoolLogo
from journal.services.changes import NO_PUPIL, record_change
from journal.services.settings import lock_settings

SUBJECT = "настройки: знак школы"


@transaction.atomic
def save_logo(content: bytes, *, by: User, address: str | None = None) -> SchoolLogo:
    """The sign from now on; papers formed before keep theirs. NotALogo where it is no such picture."""
    picture = logo_of(content)
    lock_settings()
    school = School.load()
    if school._state.adding:
        school.save()
    logo, is_new = SchoolLogo.objects.update_or_create(school=school, defaults={"picture": picture})
    _record(logo, None if is_new else "прежний знак", "новый знак", by=by, address=address)
    return logo


@transaction.atomic
def remove_logo(*, by: User, address: str | None = None) -> None:
    """Papers are without a sign from now on."""
    lock_settings()
    for logo in SchoolLogo.objects.all():
        _record(logo, "прежний знак", None, by=by, address=address)
        logo.delete()


def _record(logo: SchoolLogo, was: str | None, became: str | None, *, by: User, address: str | None) -> None:
    record_change(logo, {"picture": (was, became)}, by=by, pupil_ids=NO_PUPIL, subject=SUBJECT, address=address)
