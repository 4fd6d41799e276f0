"""What the sheet needs of a class and day beside the absences themselves, in one query.

The roll call, whether the month is closed, what families announced, and which presses of this sign-in can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import CharField, F, IntegerField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from attendance.announced import Announced
from attendance.models import WHOLE_DAY, AbsenceChange, Announcement, ClosedMonth, RollCall
from journal.models import SchoolClass
from journal.text import initials

UNDO_STEPS = 20
"""How many presses can be taken back one after the other."""
TEXTS = ("text1", "text2", "text3")
NUMBERS = ("number1", "number2", "number3")


@dataclass(frozen=True, slots=True)
class Step:
    """A press of this sign-in that nobody has taken back: at the place it put `new` where `old` stood."""

    key: UUID
    pupil_id: int
    lesson: int
    old: str
    new: str
    minutes: int | None


@dataclass
class OfDay:
    """See above. `steps` are the oldest first."""

    roll_call: tuple[str, datetime] | None = None
    month_is_closed: bool = False
    announced: dict[int, Announced] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def of_day(school_class: SchoolClass, day: date, pupil_ids: Iterable[int], session: str = "") -> OfDay:
    """One UNION of four small tables: each of them alone would cost the page a query."""
    pupils = list(pupil_ids)
    calls = RollCall.objects.filter(school_class=school_class, date=day)
    months = ClosedMonth.objects.filter(month=day.replace(day=1))
    announced = Announcement.objects.open().filter(pupil__in=pupils, date_from__lte=day, date_to__gte=day)
    presses = AbsenceChange.objects.filter(pupil__in=pupils, date=day, session=session, key__isnull=False)
    taken_back = AbsenceChange.objects.filter(undoes=OuterRef("key"), date=day, pupil=OuterRef("pupil"))
    parts = [
        _shaped(calls, "call", "taken_by", "taken_at"),
        _shaped(months, "month", "closed_by", "closed_at"),
        _shaped(
            announced,
            "announced",
            "announced_by",
            "announced_at",
            texts=("reason", "lessons", "comment"),
            numbers=("pupil_id",),
        ),
    ]
    if session:
        presses = presses.filter(undoes=None).annotate(gone=Subquery(taken_back.values("pk")[:1])).filter(gone=None)
        numbers = ("pupil_id", "lesson", "minutes")
        parts.append(_shaped(presses, "press", "by", "at", texts=("key", "old", "new"), numbers=numbers))
    found = OfDay()
    for what, pk, at, *rest in sorted(parts[0].union(*parts[1:], all=True), key=lambda row: row[1]):
        name, texts, numbers_ = initials(*(part or "" for part in rest[:3])), rest[3:6], rest[6:]
        _take(found, what, pk, timezone.localtime(at), name, texts, numbers_)
    found.steps = found.steps[-UNDO_STEPS:]
    return found


def _take(found: OfDay, what: str, pk: int, at: datetime, by: str, texts: list[str], numbers: list[int]) -> None:
    if what == "call":
        found.roll_call = (by.strip(), at)
    elif what == "month":
        found.month_is_closed = True
    elif what == "announced":
        reason, lessons, comment = texts
        places = tuple(json.loads(lessons)) or (WHOLE_DAY,)
        found.announced[numbers[0]] = Announced(pk, reason, places, comment, by.strip(), at)
    else:
        key, old, new = texts
        found.steps.append(Step(UUID(key), numbers[0], numbers[1], old, new, numbers[2]))


def _shaped(
    rows: QuerySet, what: str, who: str, when: str, *, texts: tuple[str, ...] = (), numbers: tuple[str, ...] = ()
) -> QuerySet:
    """The rows in the columns that all four share."""
    text: dict[str, Cast] = {name: Cast(Value(""), TextField()) for name in TEXTS}
    text |= {name: Cast(F(field_), TextField()) for name, field_ in zip(TEXTS, texts, strict=False)}
    number: dict[str, Cast] = {name: Cast(Value(None), IntegerField()) for name in NUMBERS}
    number |= {name: Cast(F(field_), IntegerField()) for name, field_ in zip(NUMBERS, numbers, strict=False)}
    names = [f"{who}__{part}" for part in ("last_name", "first_name", "patronymic")]
    shaped = rows.order_by().annotate(what=Value(what, CharField()), **text, **number)
    return shaped.values_list("what", "pk", when, *names, *TEXTS, *NUMBERS)


def still_standing(
    steps: list[Step], standing: Mapping[tuple[int, int], tuple[str, int | None]], user_id: int
) -> list[Step]:
    """The steps that can be taken back as the sheet stands now: (pupil, lesson) → (reason, author's id).

    Going back from the newest: where somebody else has changed a place meanwhile, its steps are over.
    """
    now = dict(standing)
    over: set[tuple[int, int]] = set()
    kept: list[Step] = []
    for step in reversed(steps):
        place = (step.pupil_id, step.lesson)
        reason, author = now.get(place, ("", user_id))
        if place in over or reason != step.new or (reason and author != user_id):
            over.add(place)
            continue
        now[place] = (step.old, user_id)
        kept.append(step)
    return kept[::-1]
