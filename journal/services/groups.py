"""Writing study groups: who studies in which group from which day, and making the groups (domain.md §6).

Memberships before the day of a change stay as they are, so the lessons, marks and absences of that time keep their
place. A change holds until the pupil's next known one; see `spans.put_in`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from journal.models import Course, GroupMembership, SchoolClass, StudyGroup, Subject, Teacher
from journal.queries.division_history import trail_subject
from journal.queries.divisions import Place, groups_of, places_from
from journal.services.changes import change_events
from journal.services.spans import DAY, Span, put_in, span_on
from journal.services.timetable import (
    carry_cancelled,
    carry_control_works,
    end_slots,
    give_slots,
    last_written,
    slots_from,
)
from journal.text import normalise


class GroupError(Exception):
    """The change is not possible; the sentence says why and what to do. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A pupil whose group somebody changed after the page was opened."""

    pupil_id: int
    name: str
    seen: int
    stands: int
    by: str


class DivisionChanged(Exception):
    """Somebody changed the division after the page was opened. Nothing was written."""

    def __init__(self, differences: list[Difference]) -> None:
        super().__init__("Пока страница была открыта, деление изменили.")
        self.differences = differences


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group to be made. In `seats` the first of them is −1, the second −2."""

    name: str
    teacher: Teacher


@dataclass(frozen=True, slots=True)
class Move:
    """A pupil who goes from one group to another (0: no group) from a day on."""

    pupil_id: int
    old: int
    new: int
    start: date
    names: tuple[str, str]
    pk: int | None = None
    """The membership that ends or is replaced."""


@dataclass
class Saved:
    """What was written: who moved, and the groups that were made."""

    moves: list[Move] = field(default_factory=list)
    made: list[StudyGroup] = field(default_factory=list)
    works: int = 0
    """Control works ahead that went along with the lessons."""


@transaction.atomic
def set_division(
    *,
    school_class: SchoolClass,
    subject: Subject,
    on: date,
    seats: Mapping[int, int],
    seen: Mapping[int, int] | None = None,
    new_groups: Sequence[NewGroup] = (),
    by: User,
    address: str | None = None,
) -> Saved:
    """Give each pupil of `seats` a group from the day on (0: none), making the new groups first.

    `seen` is what the page showed; where a pupil stands elsewhere by now, `DivisionChanged` is raised. Whoever comes
    to the class after the day begins on the day of coming. With the first groups of a subject the course of the whole
    class hands its lessons of the timetable to them. `GroupError` tells what cannot be.
    """
    check_day(school_class, on)
    lock_class(school_class)
    groups = groups_of(school_class, on, subject)
    places = places_from(school_class, on, timezone.localdate())
    _check_seats(seats, places, groups, new_groups)
    made, works = _make_groups(school_class, subject, on, groups, new_groups, by, address)
    by_key = {group.pk: group for group in groups} | {-number: group for number, group in enumerate(made, start=1)}
    spans, names = _spans(subject, places)
    own = {group.pk for group in groups}
    stands = {pk: _standing(spans[pk], place.start, own) for pk, place in places.items()}
    if seen is not None:
        _compare(seen, stands, seats, places)
    saved = Saved(made=made, works=works)
    changed: dict[int, list[Span]] = {}
    for pupil_id, key in seats.items():
        target = by_key[key].pk if key else 0
        if target == stands[pupil_id]:
            continue
        place = places[pupil_id]
        now = span_on(spans[pupil_id], place.start)
        changed[pupil_id] = put_in(spans[pupil_id], target, place.start, place.stay.date_to)
        words = (names.get(now.group_id, "") if now else "", by_key[key].name if key else "")
        pk = now.pk if now else None
        saved.moves.append(Move(pupil_id, stands[pupil_id], target, place.start, words, pk))
    write_spans(subject, spans, changed, saved.moves, by, address)
    return saved


def check_day(school_class: SchoolClass, on: date) -> None:
    """A division holds within the school year of its class."""
    year = school_class.year
    if not year.date_from <= on <= year.date_to:
        raise GroupError(f"Выберите день учебного года {year}: с {year.date_from:%d.%m.%Y} по {year.date_to:%d.%m.%Y}.")


def lock_class(school_class: SchoolClass) -> None:
    """One change of the groups of a class at a time."""
    SchoolClass.objects.select_for_update().get(pk=school_class.pk)


def _check_seats(
    seats: Mapping[int, int],
    places: Mapping[int, Place],
    groups: Iterable[StudyGroup],
    new_groups: Sequence[NewGroup],
) -> None:
    if set(seats) - set(places):
        raise GroupError("Пока страница была открыта, список класса изменился. Откройте деление ещё раз.")
    known = {0, *(group.pk for group in groups), *(-number for number in range(1, len(new_groups) + 1))}
    if set(seats.values()) - known:
        raise GroupError("Одной из групп в этот день уже нет. Откройте деление ещё раз.")
    taken = {normalise(group.name) for group in groups}
    for group in new_groups:
        check_name(group.name, taken)
        taken.add(normalise(group.name))


def check_name(name: str, taken: Collection[str]) -> None:
    if not name.strip():
        raise GroupError("Назовите группу, например «1 группа».")
    if len(name) > 40:
        raise GroupError("Название группы длиннее 40 знаков: сократите его.")
    if normalise(name) in taken:
        raise GroupError(f"Группа «{name}» в этом делении уже есть: назовите новую иначе.")


def _make_groups(
    school_class: SchoolClass,
    subject: Subject,
    on: date,
    groups: Collection[StudyGroup],
    new_groups: Sequence[NewGroup],
    by: User,
    address: str | None,
) -> tuple[list[StudyGroup], int]:
    """The groups with their courses, and how many control works ahead they took over.

    Lessons of the timetable come from the course of the whole class, which ends; in a subject that is divided already,
    from its first group, beside it.
    """
    if not new_groups:
        return [], 0
    whole = Course.objects.filter(school_class=school_class, subject=subject).first()
    parts = slots_from([whole], on) if whole else []
    model = whole
    if whole and parts:
        check_unwritten([whole], on, "Прошедшие уроки останутся в журнале всего класса.")
        end_slots([whole], on)
    elif groups:
        model = Course.objects.filter(group__in=groups, subject=subject).order_by("group__name", "pk").first() or whole
        parts = slots_from([model], on) if model else []
    made, courses = [], []
    for new in new_groups:
        group = StudyGroup.objects.create(year=school_class.year, subject=subject, name=new.name.strip())
        group.classes.add(school_class)
        hours = model.hours_per_week if model else 0
        courses.append(Course.objects.create(subject=subject, group=group, teacher=new.teacher, hours_per_week=hours))
        made.append(group)
        note_group(group, {}, {"name": group.name, "teacher": str(new.teacher), "date_from": on.isoformat()},
                   school_class, by, address)  # fmt: skip
    give_slots(parts, courses)
    if not whole or not parts:
        return made, 0
    carry_cancelled([whole], courses, on)
    return made, carry_control_works([whole], courses, on)


def check_unwritten(courses: Collection[Course], on: date, why: str) -> None:
    """A course does not end before what is written in its journal."""
    if last := last_written(courses, on):
        raise GroupError(
            f"По предмету уже записаны уроки по {last:%d.%m.%Y}. Выберите день не раньше {last + DAY:%d.%m.%Y}. {why}"
        )


def _spans(subject: Subject, places: Mapping[int, Place]) -> tuple[dict[int, list[Span]], dict[int, str]]:
    """Memberships of the pupils in the subject, locked, and names of the groups. One query."""
    rows = GroupMembership.objects.select_for_update(of=("self",)).filter(subject=subject, pupil__in=list(places))
    spans: dict[int, list[Span]] = defaultdict(list)
    names: dict[int, str] = {}
    for row in rows.select_related("group").order_by("date_from"):
        spans[row.pupil_id].append(Span(row.group_id, row.date_from, row.date_to, row.pk))
        names[row.group_id] = row.group.name
    return spans, names


def _standing(spans: Iterable[Span], day: date, own: Collection[int]) -> int:
    span = span_on(spans, day)
    return span.group_id if span and span.group_id in own else 0


def _compare(
    seen: Mapping[int, int],
    stands: Mapping[int, int],
    seats: Mapping[int, int],
    places: Mapping[int, Place],
) -> None:
    found = []
    for pupil_id, standing in stands.items():
        shown = seen.get(pupil_id, standing)
        if standing in (shown, seats.get(pupil_id)):
            continue
        name = places[pupil_id].pupil.list_name
        found.append(Difference(pupil_id, name, shown, standing, _who_changed(pupil_id)))
    if found:
        raise DivisionChanged(found)


def _who_changed(pupil_id: int) -> str:
    """Who changed the pupil's groups last; an empty string where the trail knows nobody."""
    events = AuditEvent.objects.filter(pupil_id=pupil_id, object_type="groupmembership").select_related("actor")
    event = events.first()
    return event.actor.short_name if event and event.actor else ""


def write_spans(
    subject: Subject,
    spans: Mapping[int, list[Span]],
    changed: Mapping[int, list[Span]],
    moves: Iterable[Move],
    by: User,
    address: str | None,
) -> None:
    """Turn the spans into rows: a handful of queries, however many pupils. Events name what each pupil's change was."""
    known = {span.pk: span for pupil_id in changed for span in spans[pupil_id] if span.pk}
    kept = {span.pk: span for new in changed.values() for span in new if span.pk}
    made = [
        GroupMembership(pupil_id=pk, subject=subject, group_id=s.group_id, date_from=s.first, date_to=s.last)
        for pk, new in changed.items()
        for s in new
        if s.pk is None
    ]
    altered = [
        GroupMembership(pk=pk, group_id=span.group_id, date_from=span.first, date_to=span.last)
        for pk, span in kept.items()
        if span != known[pk]
    ]
    try:
        with transaction.atomic():
            GroupMembership.objects.filter(pk__in=set(known) - set(kept)).delete()
            # First what becomes shorter, then what may grow into its place.
            for longer in (False, True):
                part = [row for row in altered if _is_longer(row, known[row.pk]) == longer]
                GroupMembership.objects.bulk_update(part, ["group", "date_from", "date_to"])
            GroupMembership.objects.bulk_create(made)
    except IntegrityError as error:
        raise GroupError(
            "В эти дни ученик уже состоит в другой группе этого предмета: группы меняли одновременно с вами. "
            "Откройте деление ещё раз."
        ) from error
    _record(subject, changed, moves, made, by, address)


def _is_longer(row: GroupMembership, before: Span) -> bool:
    return before.last is not None and (row.date_to is None or row.date_to > before.last)


def _record(
    subject: Subject,
    changed: Mapping[int, list[Span]],
    moves: Iterable[Move],
    made: Iterable[GroupMembership],
    by: User,
    address: str | None,
) -> None:
    """An event a pupil: it stands in the history of the card. One query."""
    new_rows = {(row.pupil_id, row.date_from): row for row in made}
    events = []
    for move in moves:
        span = span_on(changed[move.pupil_id], move.start)
        # A joined span keeps its row; of a pupil left without a group the row that ended is told.
        row = new_rows.get((move.pupil_id, move.start)) or GroupMembership(pk=span.pk if span else move.pk)
        old, new = move.names
        fields = {"group": (old or None, new or None), "date_from": (None, move.start)}
        events += change_events(
            row, fields, by=by, pupil_ids=[move.pupil_id], subject=trail_subject(subject), address=address
        )
    AuditEvent.objects.bulk_create(events)


def note_group(
    group: StudyGroup,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    school_class: SchoolClass,
    by: User,
    address: str | None,
) -> None:
    """A change of the group itself: it belongs to the class, not to a pupil."""
    AuditEvent.objects.create(
        actor=by,
        action=AuditEvent.Action.CHANGE,
        subject=trail_subject(group.subject),
        class_id=school_class.pk,
        object_type="studygroup",
        object_id=group.pk,
        old=dict(old),
        new=dict(new),
        address=address,
    )
