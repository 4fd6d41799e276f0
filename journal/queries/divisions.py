"""Divisions of a class into study groups: who studies a subject in which group on a day (domain.md §6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

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
    begins: date | None = None
    """The day from which the division holds, where it only begins after `on`: seats are told for that day."""

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


def default_day(year: AcademicYear, today: date) -> date:
    """From which day a new division is meant to hold: the start of the year in its first weeks, then the next Monday
    (today where it is one)."""
    if today <= year.date_from + FIRST_WEEKS:
        return year.date_from
    monday = today + timedelta(days=-today.weekday() % 7)
    return min(monday, year.date_to)


def subjects_for(school_class: SchoolClass) -> QuerySet:
    """Subjects with `written`: the last day that is written in the journal of the whole class."""
    held = Lesson.objects.filter(
        course__school_class=school_class, course__subject=OuterRef("pk"), is_cancelled=False
    ).order_by("-date")
    return Subject.objects.annotate(written=Subquery(held.values("date")[:1]))


def first_day(school_class: SchoolClass, written: date | None, today: date) -> date:
    """The default day of a change of a division: not before what is written in the journal of the whole class."""
    day = default_day(school_class.year, today)
    return max(day, written + timedelta(days=1)) if written else day


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
    """The division of the subject as it stands on the day (for who comes later: on the day of coming). Five queries,
    one more where a group joins several classes."""
    places = places_from(school_class, on, today)
    groups = groups_of(school_class, on, subject)
    source = _read(school_class, groups, [subject.pk], places, on)
    return _assembled(school_class, subject, on, today, source)


@dataclass(frozen=True)
class _Source:
    """Rows of some divisions of a class, read at once."""

    places: dict[int, Place]
    groups: list[StudyGroup]
    courses: list[Course]
    memberships: list[GroupMembership]
    on_plan: set[tuple[int, int]]
    others: dict[int, Counter[str]]


def _read(
    school_class: SchoolClass,
    groups: list[StudyGroup],
    subject_ids: Collection[int],
    places: dict[int, Place],
    on: date,
) -> _Source:
    """Courses of the class, its groups and its pupils' plans, and memberships. Two queries, a third where a group
    joins several classes."""
    of_groups = [group.pk for group in groups]
    courses = Course.objects.filter(
        Q(school_class=school_class) | Q(group__in=of_groups) | Q(plan__pupil__in=list(places))
    ).select_related("teacher", "subject", "plan")
    found = list(courses)
    on_plan = {
        (course.plan.pupil_id, course.subject_id)
        for course in found
        if course.plan and Stay(course.plan.date_from, course.plan.date_to).holds(places[course.plan.pupil_id].start)
    }
    rows = _memberships(groups, subject_ids, list(places))
    of_class = [course for course in found if not course.plan_id]
    return _Source(places, groups, of_class, rows, on_plan, _others(rows, places, on))


def _assembled(
    school_class: SchoolClass, subject: Subject, on: date, today: date, source: _Source, *, looks_ahead: bool = False
) -> Division:
    """The division of one of the subjects that were read. With `looks_ahead` one that only begins after the day is
    told as it begins: until then nobody is «not placed»."""
    groups = [group for group in source.groups if group.subject_id == subject.pk]
    courses = [course for course in source.courses if course.subject_id == subject.pk]
    rows = [row for row in source.memberships if row.subject_id == subject.pk]
    by_pupil: dict[int, list[GroupMembership]] = defaultdict(list)
    for row in rows:
        by_pupil[row.pupil_id].append(row)
    own = {group.pk for group in groups}
    begins = _begins(rows, own, source.places, on) if looks_ahead else None
    places = {pk: replace(place, start=max(place.start, begins or on)) for pk, place in source.places.items()}
    seats = [
        _seat(number, place, by_pupil[pk], own, begins or on, today, is_on_plan=(pk, subject.pk) in source.on_plan)
        for number, (pk, place) in enumerate(places.items(), start=1)
    ]
    whole = next((course for course in courses if course.school_class_id), None)
    columns = _columns(groups, courses, seats, source.others, school_class)
    return Division(school_class, subject, on, columns=columns, seats=seats, whole=whole, begins=begins)


def _memberships(
    groups: Collection[StudyGroup], subject_ids: Collection[int], pupil_ids: Collection[int]
) -> list[GroupMembership]:
    """Every membership in the groups, and those of the pupils in any group of the subjects. One query."""
    rows = GroupMembership.objects.filter(
        Q(group__in=[group.pk for group in groups]) | Q(pupil__in=pupil_ids, subject__in=subject_ids)
    )
    return list(rows.select_related("group").order_by("date_from"))


def _begins(rows: Iterable[GroupMembership], own: set[int], pupil_ids: Collection[int], on: date) -> date | None:
    """The first day after `on` that finds a pupil of the class in a group; None where the day itself finds one."""
    held = [row for row in rows if row.group_id in own and row.pupil_id in pupil_ids]
    if any(_holds(row, on) for row in held):
        return None
    return min((row.date_from for row in held if row.date_from > on), default=None)


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


def _columns(
    groups: Iterable[StudyGroup],
    courses: Iterable[Course],
    seats: Collection[Seat],
    others: dict[int, Counter[str]],
    school_class: SchoolClass,
) -> list[Column]:
    of_group = {course.group_id: course for course in courses if course.group_id}
    columns = []
    for group in groups:
        course = of_group.get(group.pk)
        columns.append(
            Column(
                group_id=group.pk,
                name=group.name,
                teacher=course.teacher.short_name if course and course.teacher else "",
                teacher_id=course.teacher_id if course else None,
                classes=tuple(sorted(c.name for c in group.classes.all() if c.pk != school_class.pk)),
                others=tuple(sorted(others[group.pk].items())),
                members=tuple(seat.name for seat in seats if seat.group_id == group.pk),
            )
        )
    return columns


def _others(rows: Iterable[GroupMembership], places: dict[int, Place], on: date) -> dict[int, Counter[str]]:
    """How many pupils of which other classes are in each group. One query, or none where nobody is."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    strangers = [(row.group_id, row.pupil_id) for row in rows if row.pupil_id not in places and _holds(row, on)]
    if not strangers:
        return found
    enrolments = Enrolment.objects.on_roll(on).filter(pupil__in={pk for _, pk in strangers})
    class_of = {row.pupil_id: row.school_class.name for row in enrolments.select_related("school_class")}
    for group_id, pupil_id in strangers:
        if pupil_id in class_of:
            found[group_id][class_of[pupil_id]] += 1
    return found


def divisions_of(school_class: SchoolClass, on: date, today: date) -> tuple[list[Division], list[Subject]]:
    """All divisions of the class on the day (one that begins later: as it begins), and subjects that are taught to the
    whole class. Five queries, one more where a group joins several classes."""
    places = places_from(school_class, on, today)
    groups = groups_of(school_class, on)
    subjects = {group.subject_id: group.subject for group in groups}
    source = _read(school_class, groups, list(subjects), places, on)
    divisions = [
        _assembled(school_class, subject, on, today, source, looks_ahead=True) for subject in subjects.values()
    ]
    whole = {course.subject for course in source.courses if course.school_class_id}
    undivided = [subject for subject in whole if subject.pk not in subjects]
    return divisions, sorted(undivided, key=lambda subject: normalise(subject.name))


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


def teachers() -> list[Teacher]:
    """Everybody who may teach, in the order of lists. One query."""
    return list(Teacher.objects.order_by("sort_name"))
