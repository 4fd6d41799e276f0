"""Consents of the families: most papers of September are there, a few are missing, one was withdrawn."""

from __future__ import annotations

from datetime import date, timedelta

from gymnasium.demo.world import Stay, World, moment
from journal.models import Consent, ConsentPurpose, Guardianship

SIGNED, AGREED = 0.95, 0.7
"""How many sign what is required, and what is not."""
WITHDRAWN = (10, 12)


def build_consents(world: World) -> None:
    """The first guardian signs in the first days of the year, or when the child arrives."""
    rng = world.rng("consents")
    first_guardian: dict[int, int] = {}
    for pupil_id, guardian_id in Guardianship.objects.order_by("pk").values_list("pupil_id", "guardian_id"):
        first_guardian.setdefault(pupil_id, guardian_id)
    purposes = list(ConsentPurpose.objects.order_by("pk"))
    rows: list[Consent] = []
    for form in world.forms:
        for stay in form.roll:
            if stay.last != date.max:
                continue
            day = _signed_on(world, stay, rng.randint(0, 9))
            for purpose in purposes:
                if rng.random() >= (SIGNED if purpose.is_required else AGREED):
                    continue
                rows.append(
                    Consent(
                        pupil=stay.child.row,
                        purpose=purpose,
                        guardian_id=first_guardian.get(stay.child.row.pk),
                        given_on=day,
                        note="бланк школы",
                        recorded_by=form.teacher.user if form.teacher else None,
                        recorded_at=moment(day, 8, 10),
                    )
                )
    _withdraw(world, rows)
    Consent.objects.bulk_create(rows, batch_size=1000)


def _signed_on(world: World, stay: Stay, later: int) -> date:
    return min(max(stay.first, world.year.date_from) + timedelta(days=later), world.day)


def _withdraw(world: World, rows: list[Consent]) -> None:
    """In October a family of 7Б changed its mind about photos."""
    day = date(world.year.date_from.year, *WITHDRAWN)
    if day >= world.day:
        return
    of_class = {stay.child.row.pk for stay in world.form("7Б").roll}
    row = next(r for r in rows if r.pupil_id in of_class and not r.purpose.is_required and r.given_on < day)
    row.withdrawn_on, row.note = day, "заявление об отзыве"
