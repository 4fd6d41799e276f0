"""Divisions of a class into study groups: who studies a subject in which group on a day (domain.md §6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Max, Q

from accounts.models import AuditEvent
from journal.lessons import Stay
from journal.models import (
    AcademicYear,
    Course,
    Enrolment,
    GroupMembership,
    Lesson,
    Pupil,
    SchoolClass,
    StudyGroup,
    Subject,
    Teacher,
)
from journal.text import normalise

FIRST_WEEKS = timedelta(days=21)
HISTORY_AT_MOST = 60


@dataclass(frozen=True, slots=True)
class Place:
    """A pupil's place in the class from a day on: `start` is the first day on the roll that is not before it."""

    pupil: Pupil
    start: date
    stay: Stay


@dataclass(frozen=True, slots=True)
class Seat:
    """A pupil on the builder. `group_id` is 0 where the pupil is in no group of this division; `elsewhere` names a
    group of another class that still holds the pupil; who studies the subject by a plan needs no group."""

    pupil_id: int
    number: int
    last_name: str
    first_name: str
    sex: str
    start: date
    group_id: int
    elsewhere: str = ""
    note: str = ""
    on_plan: bool = False

    @property
    def name(self) -> str:
        return f"{self.last_name} {self.first_name}"

    @property
    def short_name(self) -> str:
        return f"{self.last_name} {self.first_name[:1]}."


@dataclass(frozen=True)
class Column:
    """A group of the division. `others` are (class, how many of its pupils) of the other classes of a joined group."""

    group_id: int
    name: str
    teacher: str
    teacher_id: int | None
    hours: object
    classes: tuple[str, ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    members: tuple[str, ...] = ()

    @property
    def others_count(self) -> int:
        return sum(count for _, count in self.others)

    @property
    def others_words(self) -> str:
        """«8 из 7А, 6 из 7В»."""
        return ", ".join(f"{count} из {name}" for name, count in self.others)


@dataclass
class Division:
    """A subject of a class as it is divided on a day; no query is left inside. `whole` is the course of the whole
    class where there is one."""

    school_class: SchoolClass
    subject: Subject
    on: date
    columns: list[Column] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    whole: Course | None = None

    @property
    def seated(self) -> dict[int, int]:
        """pupil id → group id or 0: what a page of this division shows."""
        return {seat.pupil_id: seat.group_id for seat in self.seats}

    @property
    def unplaced(self) -> list[Seat]:
        return [seat for seat in self.seats if not seat.group_id and not seat.on_plan]

    def size(self, column: Column) -> int:
        own = sum(seat.group_id == column.group_id for seat in self.seats)
        return own + column.others_count


@dataclass(frozen=True, slots=True)
class MoveLine:
    """A line of the history: who put the pupil from where to where, and since which day it holds."""

    at: datetime | None
    by: str
    pupil: str
    old: str
    new: str
    since: date | None


def default_day(year: AcademicYear, today: date) -> date:
    """From which day a new division is meant to hold: the start of the year in its first weeks, then the next Monday
    (today where it is one)."""
    if today <= year.date_from + FIRST_WEEKS:
        return year.date_from
    monday = today + timedelta(days=-today.weekday() % 7)
    return min(monday, year.date_to)


def first_day(school_class: SchoolClass, subject: Subject, today: date) -> date:
    """The default day of a change of this division: not before what is written in the journal of the whole class.
    One query."""
    day = default_day(school_class.year, today)
    held = Lesson.objects.filter(course__school_class=school_class, course__subject=subject, is_cancelled=False)
    last = held.aggregate(last=Max("date"))["last"]
    return max(day, last + timedelta(days=1)) if last else day


def places_from(school_class: SchoolClass, day: date, today: date) -> dict[int, Place]:
    """Pupils who are on the roll of the class on the day or came later (by today), in list order. One query."""
    rows = (
        Enrolment.objects.filter(Q(date_to=None) | Q(date_to__gte=day), school_class=school_class)
        .filter(date_from__lte=max(day, today))
        .select_related("pupil")
    )
    found: dict[int, Place] = {}
    for row in sorted(rows, key=lambda row: (row.pupil.sort_name, row.pupil_id, row.date_from)):
        if row.pupil_id not in found:
            place = Place(row.pupil, max(day, row.date_from), Stay(row.date_from, row.date_to))
            found[row.pupil_id] = place
    return found


def groups_of(school_class: SchoolClass, day: date, subject: Subject | None = None) -> list[StudyGroup]:
    """Groups of the class (of one subject) that are open on the day, with subject and classes. Two queries."""
    rows = StudyGroup.objects.filter(Q(closed_on=None) | Q(closed_on__gt=day), classes=school_class)
    if subject is not None:
        rows = rows.filter(subject=subject)
    found = rows.filter(year=school_class.year_id).select_related("subject").prefetch_related("classes")
    return sorted(found, key=lambda group: (normalise(group.subject.name), normalise(group.name), group.pk))


def division_of(school_class: SchoolClass, subject: Subject, on: date, today: date) -> Division:
    """The division of the subject as it stands on the day (for who comes later: on the day of coming)."""
    places = places_from(school_class, on, today)
    groups = groups_of(school_class, on, subject)
    courses = _courses(school_class, groups, subject)
    whole = next((course for course in courses if course.school_class_id), None)
    rows = _memberships(groups, [subject.pk], list(places))
    by_pupil: dict[int, list[GroupMembership]] = defaultdict(list)
    for row in rows:
        by_pupil[row.pupil_id].append(row)
    on_plan = pupils_on_plan(list(places), [subject.pk], places)
    own = {group.pk for group in groups}
    seats = [
        _seat(number, place, by_pupil[pk], own, on, today, is_on_plan=(pk, subject.pk) in on_plan)
        for number, (pk, place) in enumerate(places.items(), start=1)
    ]
    division = Division(school_class, subject, on, seats=seats, whole=whole)
    division.columns = _columns(groups, courses, rows, seats, on, school_class)
    return division


def _courses(school_class: SchoolClass, groups: Collection[StudyGroup], subject: Subject | None = None) -> list[Course]:
    audience = Q(school_class=school_class) | Q(group__in=[group.pk for group in groups])
    rows = Course.objects.filter(audience).select_related("teacher", "subject")
    return list(rows.filter(subject=subject) if subject else rows)


def _memberships(
    groups: Collection[StudyGroup], subject_ids: Collection[int], pupil_ids: Collection[int]
) -> list[GroupMembership]:
    """Every membership in the groups, and those of the pupils in any group of the subjects. One query."""
    rows = GroupMembership.objects.filter(
        Q(group__in=[group.pk for group in groups]) | Q(pupil__in=pupil_ids, subject__in=subject_ids)
    )
    return list(rows.select_related("group").order_by("date_from"))


def _holds(row: GroupMembership, day: date) -> bool:
    return row.date_from <= day and (row.date_to is None or row.date_to >= day)


def _seat(
    number: int,
    place: Place,
    rows: Iterable[GroupMembership],
    own: set[int],
    on: date,
    today: date,
    *,
    is_on_plan: bool,
) -> Seat:
    row = next((row for row in rows if _holds(row, place.start)), None)
    group_id = row.group_id if row and row.group_id in own else 0
    notes = []
    if place.stay.date_from > on:
        notes.append(f"в классе с {place.stay.date_from:%d.%m}")
    if place.stay.date_to and place.stay.date_to < max(on, today):
        notes.append(f"в классе по {place.stay.date_to:%d.%m}")
    return Seat(
        pupil_id=place.pupil.pk,
        number=number,
        last_name=place.pupil.last_name,
        first_name=place.pupil.first_name,
        sex=place.pupil.sex,
        start=place.start,
        group_id=group_id,
        elsewhere=row.group.name if row and not group_id else "",
        note=", ".join(notes),
        on_plan=is_on_plan,
    )


def pupils_on_plan(
    pupil_ids: Collection[int], subject_ids: Collection[int], places: dict[int, Place]
) -> set[tuple[int, int]]:
    """(pupil id, subject id) of those who study the subject by an individual plan on their day. One query."""
    rows = Course.objects.filter(plan__pupil__in=pupil_ids, subject__in=subject_ids).select_related("plan")
    return {
        (course.plan.pupil_id, course.subject_id)
        for course in rows
        if course.plan and Stay(course.plan.date_from, course.plan.date_to).holds(places[course.plan.pupil_id].start)
    }


def _columns(
    groups: Iterable[StudyGroup],
    courses: Iterable[Course],
    rows: Iterable[GroupMembership],
    seats: Collection[Seat],
    on: date,
    school_class: SchoolClass,
) -> list[Column]:
    of_group = {course.group_id: course for course in courses if course.group_id}
    mine = {seat.pupil_id for seat in seats}
    strangers = [(row.group_id, row.pupil_id) for row in rows if row.pupil_id not in mine and _holds(row, on)]
    others = _others(strangers, on)
    columns = []
    for group in groups:
        course = of_group.get(group.pk)
        columns.append(
            Column(
                group_id=group.pk,
                name=group.name,
                teacher=course.teacher.short_name if course and course.teacher else "",
                teacher_id=course.teacher_id if course else None,
                hours=course.hours_per_week if course else 0,
                classes=tuple(sorted(c.name for c in group.classes.all() if c.pk != school_class.pk)),
                others=tuple(sorted(others[group.pk].items())),
                members=tuple(seat.name for seat in seats if seat.group_id == group.pk),
            )
        )
    return columns


def _others(strangers: Collection[tuple[int, int]], on: date) -> dict[int, Counter[str]]:
    """How many pupils of which other classes are in a group. One query, or none where nobody is."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    if not strangers:
        return found
    rows = Enrolment.objects.on_roll(on).filter(pupil__in={pk for _, pk in strangers}).select_related("school_class")
    class_of = {row.pupil_id: row.school_class.name for row in rows}
    for group_id, pupil_id in strangers:
        if pupil_id in class_of:
            found[group_id][class_of[pupil_id]] += 1
    return found


def divisions_of(school_class: SchoolClass, on: date, today: date) -> tuple[list[Division], list[Subject]]:
    """All divisions of the class on the day, and subjects that are taught to the whole class. Seven queries, one more
    where a group joins several classes."""
    places = places_from(school_class, on, today)
    groups = groups_of(school_class, on)
    courses = _courses(school_class, groups)
    subjects = {group.subject_id: group.subject for group in groups}
    rows = _memberships(groups, list(subjects), list(places))
    on_plan = pupils_on_plan(list(places), list(subjects), places)
    by_pupil: dict[tuple[int, int], list[GroupMembership]] = defaultdict(list)
    for row in rows:
        by_pupil[row.pupil_id, row.subject_id].append(row)
    divisions = []
    for pk, subject in subjects.items():
        of_subject = [group for group in groups if group.subject_id == pk]
        own = {group.pk for group in of_subject}
        seats = [
            _seat(number, place, by_pupil[pupil, pk], own, on, today, is_on_plan=(pupil, pk) in on_plan)
            for number, (pupil, place) in enumerate(places.items(), start=1)
        ]
        division = Division(school_class, subject, on, seats=seats)
        division.columns = _columns(
            of_subject, courses, [row for row in rows if row.subject_id == pk], seats, on, school_class
        )
        divisions.append(division)
    whole = {course.subject for course in courses if course.school_class_id and course.subject_id not in subjects}
    return divisions, sorted(whole, key=lambda subject: normalise(subject.name))


def joinable_groups(school_class: SchoolClass, subject: Subject, on: date) -> list[StudyGroup]:
    """Groups of other classes of the parallel that this class may join. Two queries."""
    rows = StudyGroup.objects.filter(
        Q(closed_on=None) | Q(closed_on__gt=on),
        subject=subject,
        year=school_class.year_id,
        classes__grade=school_class.grade,
    ).exclude(classes=school_class)
    found = rows.distinct().prefetch_related("classes")
    return sorted(found, key=lambda group: (sorted(c.name for c in group.classes.all()), normalise(group.name)))


def last_years_groups(
    school_class: SchoolClass, subject: Subject, pupil_ids: Collection[int]
) -> dict[int, tuple[int, str]]:
    """pupil id → (id, name) of the group of the subject in which the pupil ended the year before. One query."""
    rows = GroupMembership.objects.filter(
        pupil__in=pupil_ids,
        subject=subject,
        group__year__date_from__lt=school_class.year.date_from,
        group__year__date_to__gte=school_class.year.date_from - timedelta(days=366),
    )
    found: dict[int, tuple[int, str]] = {}
    for row in rows.select_related("group").order_by("date_from"):
        found[row.pupil_id] = (row.group_id, row.group.name)
    return found


def history_of(division: Division) -> list[MoveLine]:
    """Changes of the division, newest first: what the audit trail tells of its pupils. One query."""
    names = {seat.pupil_id: seat.name for seat in division.seats}
    events = AuditEvent.objects.filter(
        pupil_id__in=list(names), object_type="groupmembership", subject=trail_subject(division.subject)
    ).select_related("actor")
    lines = []
    for event in events[:HISTORY_AT_MOST]:
        old, new = event.old or {}, event.new or {}
        since = new.get("date_from")
        lines.append(
            MoveLine(
                at=event.at,
                by=event.actor.short_name if event.actor else "",
                pupil=names[event.pupil_id or 0],
                old=str(old.get("group") or ""),
                new=str(new.get("group") or ""),
                since=date.fromisoformat(since) if since else None,
            )
        )
    return lines


def trail_subject(subject: Subject) -> str:
    """How changes of groups of the subject are named in the audit trail."""
    return f"группы: {subject.name}"[:100]


def teachers() -> list[Teacher]:
    """Everybody who may teach, in the order of lists. One query."""
    return list(Teacher.objects.order_by("sort_name"))
