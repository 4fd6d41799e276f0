"""What is to be seen this morning, above all in 7Б: who was ill yesterday, an open question, a contradiction."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from attendance.models import AbsenceDocument, Reason
from gymnasium.demo.days import FormDays, Note
from gymnasium.demo.world import Child, World

PARENTS_NOTES = [
    "семейные обстоятельства",
    "соревнования по плаванию",
    "посещение врача",
    "поездка с семьёй",
    "муниципальный этап олимпиады",
]


def mark_this_morning(world: World, tables: list[FormDays]) -> None:
    """In the classes that are marked already somebody is excused and somebody just did not come."""
    for index, table in enumerate(tables):
        if world.day in table.own and index % 3 < 2:
            child = _quiet_children(world, table, [world.day])[0]
            table.whole(child, world.day, reason=(Reason.UNEXCUSED, Reason.EXCUSED)[index % 3])


def happen(world: World, table: FormDays) -> None:
    """Needs four days of school before today; without them the year has only begun and nothing happened yet."""
    past = [day for day in table.days if day < world.day]
    if len(past) < 4:
        return
    recent = past[-4:]
    quiet = iter(_quiet_children(world, table, recent))
    _ill_since(table, next(quiet), recent[-2:])
    _ill_since(table, next(quiet), recent[-1:])
    _certificate(world, table, next(quiet), recent)
    _left_early(table, next(quiet), recent[-1])
    _truant(table, next(quiet), recent[-3:])
    _contradiction(world, table, next(quiet), recent[-1])
    _order(table, [next(quiet), next(quiet)], recent[0])
    _taken_back(table, next(quiet), recent[1])
    _seen(table, next(quiet), recent[-2])
    _came_late(table, next(quiet), recent[-3])


def _quiet_children(world: World, table: FormDays, days: list[date]) -> list[Child]:
    """Children who were there on all these days, without a login, in an order of their own."""
    children = [
        stay.child
        for stay in table.form.roll
        if stay.holds(world.day)
        and not stay.child.studies_at_home
        and stay.child.row.user_id is None
        and all(table.is_present(stay.child, day) for day in days)
    ]
    return world.rng("events").sample(children, len(children))


def _ill_since(table: FormDays, child: Child, days: list[date]) -> None:
    for day in days:
        table.whole(child, day, reason=Reason.ILL)


def _certificate(world: World, table: FormDays, child: Child, recent: list[date]) -> None:
    """A document that covers today and runs out tomorrow."""
    last = world.day + timedelta(days=1)
    document = AbsenceDocument(
        pupil=child.row,
        kind=AbsenceDocument.Kind.CERTIFICATE,
        reason=Reason.ILL,
        date_from=recent[-2],
        date_to=last,
        number="518",
        note="копия от родителей, оригинал принесут",
        added_by=table.form.teacher.user,
    )
    table.documents.append(document)
    for day in [*recent[-2:], world.day]:
        if day in table.own:
            table.whole(child, day, reason=Reason.ILL, document=document)


def _left_early(table: FormDays, child: Child, day: date) -> None:
    """A fact from the subject teachers: not at the last two lessons, nobody knows why."""
    for number in sorted(table.own[day][child])[-2:]:
        table.notes[child, day].append(Note(Reason.UNEXCUSED, number, is_confirmed=False))


def _truant(table: FormDays, child: Child, days: list[date]) -> None:
    for day in days:
        table.whole(child, day, reason=Reason.UNEXCUSED)


def _contradiction(world: World, table: FormDays, child: Child, day: date) -> None:
    """Absent the whole day, and yet the third lesson brought a mark: marks.py sees the child as present there."""
    table.whole(child, day, reason=Reason.UNEXCUSED, is_confirmed=False)
    world.contradiction = (child, day, sorted(table.own[day][child])[2])


def _order(table: FormDays, children: list[Child], day: date) -> None:
    """One order about several pupils: the same number, the same batch."""
    for child in children:
        document = AbsenceDocument(
            pupil=child.row,
            kind=AbsenceDocument.Kind.ORDER,
            reason=Reason.EXCUSED,
            date_from=day,
            date_to=day,
            number="64-у",
            note="муниципальный этап олимпиады",
            batch=UUID(int=64),
            added_by=table.form.teacher.user,
        )
        table.documents.append(document)
        table.whole(child, day, reason=Reason.EXCUSED, document=document)


def _taken_back(table: FormDays, child: Child, day: date) -> None:
    """A note put down for the wrong child: in the list of removed documents, and nowhere else."""
    teacher = table.form.teacher.user
    table.documents.append(
        AbsenceDocument(
            pupil=child.row,
            kind=AbsenceDocument.Kind.NOTE,
            reason=Reason.EXCUSED,
            date_from=day,
            date_to=day,
            note="посещение врача",
            added_by=teacher,
            removed_by=teacher,
        )
    )


def _seen(table: FormDays, child: Child, day: date) -> None:
    """The note of the parents says the whole day, a teacher saw the child at the last lesson."""
    table.whole(child, day, reason=Reason.EXCUSED)
    table.seen.append((child, day, sorted(table.own[day][child])[-1]))


def _came_late(table: FormDays, child: Child, day: date) -> None:
    """Marked ill in the morning, and yet late at the second lesson."""
    table.whole(child, day, reason=Reason.ILL)
    table.notes[child, day].append(Note(Reason.LATE, sorted(table.own[day][child])[1], minutes=20))
