"""What the sheet needs of a class and day beside the absences themselves, in one query.

The roll call, whether the month is closed, what families announced, and which presses of this sign-in can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.prepared import Param, Prepared
from attendance.announced import Announced
from attendance.models import WHOLE_DAY, AbsenceChange, Announcement, ClosedMonth, RollCall
from journal.lessons import pupils_of_day
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


def of_day(class_id: int, day: date, session: str = "") -> OfDay:
    """One UNION of four small tables: each of them alone would cost the page a query. Without `session` no steps."""
    rows = _read(class_id=class_id, day=day, month=day.replace(day=1), session=session)
    found = OfDay()
    for what, pk, at, *rest in sorted(rows, key=lambda row: row[1]):
        name, texts, numbers = initials(*(part or "" for part in rest[:3])), rest[3:6], rest[6:]
        _take(found, what, pk, timezone.localtime(at), name, texts, numbers)
    found.steps = found.steps[-UNDO_STEPS:]
    return found


def _rows() -> QuerySet:
    class_id: Any = Param("class_id", BigIntegerField())
    day: Any = Param("day", DateField())
    pupils = pupils_of_day(class_id, day)
    calls = RollCall.objects.filter(school_class=class_id, date=day)
    months = ClosedMonth.objects.filter(month=Param("month", DateField()))
    announced = Announcement.objects.open().filter(pupil__in=pupils, date_from__lte=day, date_to__gte=day)
    presses = AbsenceChange.objects.filter(pupil__in=pupils, date=day, session=Param("session", CharField()))
    presses = presses.filter(key__isnull=False, undoes=None).exclude(session="")
    taken_back = AbsenceChange.objects.filter(undoes=OuterRef("key"), date=OuterRef("date"), pupil=OuterRef("pupil"))
    presses = presses.filter(~Exists(taken_back))
    said = ("reason", "lessons", "comment")
    done = ("pupil_id", "lesson", "minutes")
    return _shaped(calls, "call", "taken_by", "taken_at").union(
        _shaped(months, "month", "closed_by", "closed_at"),
        _shaped(announced, "announced", "announced_by", "announced_at", texts=said, numbers=("pupil_id",)),
        _shaped(presses, "press", "by", "at", texts=("key", "old", "new"), numbers=done),
        all=True,
    )


_read = Prepared(_rows)


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
