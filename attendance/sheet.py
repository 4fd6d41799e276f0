"""The day sheet as plain rows: who is absent on a day, what stands where, what may be done (design.md §5.2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, DateField, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import User
from accounts.prepared import Param, Prepared
from attendance.announced import Announced, free_places
from attendance.conflicts import Proof, contradicted, first_proof
from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, Absence, AbsenceDocument, Reason
from attendance.of_day import Step, of_day, still_standing
from attendance.queries import MissedDay, missed_on
from journal.calendar import Calendar
from journal.dates import day_month
from journal.lessons import ClassLessons, class_lessons, pupils_of_day
from journal.models import Pupil, School, SchoolClass, Sex
from journal.text import initials

# How far back a run of days («болеет с 20 ноября») is followed.
RUN_DAYS = 21
PAPERS = dict(AbsenceDocument.Kind.choices)
WORDS = {Reason.ILL: "болеет", Reason.EXCUSED: "отсутствует", Reason.UNEXCUSED: "нет без причины"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in one place of the sheet, who put it and when."""

    reason: str
    is_confirmed: bool
    by: str
    at: datetime
    by_id: int | None
    minutes: int | None
    """Of a lateness, if somebody named them."""

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]


@dataclass(frozen=True, slots=True)
class Column:
    """A lesson of the day: its number and what the class has then («инф», «инф/анг» where groups differ)."""

    number: int
    label: str
    title: str


@dataclass
class SheetRow:
    """A pupil of the day. `standing` maps lesson number (0 the whole day) → what stands there; `own` are the numbers
    of the pupil's own lessons; `offer` is yesterday's reason, proposed and not set."""

    pupil_id: int
    number: int
    name: str
    is_girl: bool
    own: dict[int, str]
    standing: dict[int, Standing]
    missed: MissedDay
    note: str = ""
    offer: str = ""
    announced: Announced | None = None

    @property
    def announced_places(self) -> tuple[int, ...]:
        """Places of the day's lessons that the family announced and that wait to be confirmed."""
        if self.announced is None:
            return ()
        answered = {lesson: here.reason for lesson, here in self.standing.items() if here.is_confirmed}
        places = free_places(self.announced.lessons, answered)
        return tuple(number for number in places if number == WHOLE_DAY or number in self.own)

    @property
    def whole(self) -> Standing | None:
        return self.standing.get(WHOLE_DAY)

    @property
    def is_absent(self) -> bool:
        return bool(self.missed.day or (self.whole and self.whole.reason in ABSENCE_REASONS))


@dataclass
class Sheet:
    """Everything the page of a day shows; no query is left inside."""

    school_class: SchoolClass
    day: date
    today: date
    no_school: str
    read_only: str
    columns: list[Column]
    rows: list[SheetRow]
    conflicts: list[tuple[SheetRow, str, Proof]]
    """(row, letter that stands, what speaks against it)."""
    roll_call: tuple[str, datetime] | None
    previous: date | None
    next: date | None
    changed: tuple[str, datetime] | None = None
    month_is_closed: bool = False
    steps: list[Step] = field(default_factory=list)
    """Own presses that can be taken back, the oldest first."""
    counts: Counter = field(default_factory=Counter)

    @property
    def is_editable(self) -> bool:
        return not (self.no_school or self.read_only)

    @property
    def announced(self) -> int:
        """Pupils whose family announced something that waits to be confirmed."""
        return sum(bool(row.announced_places) for row in self.rows)

    @property
    def absent(self) -> int:
        return sum(row.is_absent for row in self.rows)

    @property
    def partly(self) -> int:
        """Pupils who miss some lessons, not the day."""
        return sum(bool(row.missed.lessons) and not row.is_absent for row in self.rows)

    @property
    def late(self) -> int:
        return sum(row.missed.late > 0 for row in self.rows)

    @property
    def by_letter(self) -> list[tuple[str, str, int]]:
        """(reason, letter, pupils absent the day for it) for Б, У, Н."""
        return [(reason, LETTERS[reason], self.counts[reason]) for reason in ABSENCE_REASONS]


def day_sheet(
    school_class: SchoolClass, day: date, *, user: User, calendar: Calendar, today: date, session: str = ""
) -> Sheet:
    """The sheet of a class on a day; `session` is the print of the sign-in, for undoing. Five queries, whatever the
    size of the class."""
    grade = school_class.grade
    lessons = class_lessons(school_class, day, day, calendar)
    standing = _standing(school_class.pk, day)
    beside = of_day(school_class.pk, day, session)
    sheet = Sheet(
        school_class=school_class,
        day=day,
        today=today,
        no_school=calendar.why_no_school(day, grade),
        read_only=why_read_only(day, today=today, month_is_closed=beside.month_is_closed, user=user),
        columns=_columns(lessons, day),
        rows=[],
        conflicts=[],
        roll_call=beside.roll_call,
        previous=calendar.school_day_before(day, grade),
        next=calendar.school_day_after(day, grade),
        month_is_closed=beside.month_is_closed,
    )
    for number, pupil in enumerate(lessons.pupils, start=1):
        history = standing.get(pupil.pk, {})
        here = history.get(day, {})
        row = _row(number, pupil, lessons, here, calendar.school, day)
        row.note, row.offer = _note(history, day, calendar, grade, sheet.previous)
        row.announced = beside.announced.get(pupil.pk)
        sheet.rows.append(row)
        sheet.conflicts += _conflicts(row, here)
        if row.is_absent:
            sheet.counts[row.missed.day or (row.whole.reason if row.whole else "")] += 1
    sheet.changed = _last_change(sheet.rows)
    places = {(row.pupil_id, n): (here.reason, here.by_id) for row in sheet.rows for n, here in row.standing.items()}
    sheet.steps = still_standing(beside.steps, places, user.pk)
    return sheet


def why_read_only(day: date, *, today: date, month_is_closed: bool, user: User) -> str:
    """Why nothing can be pressed on the day, in words for the teacher; an empty string where it can."""
    if day > today:
        return "Этот день ещё не наступил: отметить можно будет в сам день."
    if month_is_closed and not user.sees_whole_school:
        return "Месяц закрыт. Изменить отметку может заместитель директора."
    return ""


@dataclass(frozen=True, slots=True)
class _Mark(Standing):
    """A row of absences: also on what paper, and the key of a proof that contradicts it (`conflicts.Proof`)."""

    paper: str
    contradicted: str


History = Mapping[date, Mapping[int, _Mark]]
"""What stands, or stood, for one pupil: date → lesson → row."""


def _standing_rows() -> QuerySet:
    """Absences of the class's pupils on the day, and their whole days of the last weeks."""
    day: Any = Param("day", DateField())
    class_id: Any = Param("class_id", BigIntegerField())
    return (
        Absence.objects.filter(Q(date=day) | Q(lesson=WHOLE_DAY), pupil__in=pupils_of_day(class_id, day))
        .filter(date__range=(Param("since", DateField()), day))
        .order_by()
        # Asked of the day itself only: what contradicted earlier is no matter of this sheet.
        .annotate(contradicted=Case(When(date=day, then=first_proof()), default=Value("")))
        .values_list(
            *("pupil_id", "date", "lesson", "reason", "is_confirmed", "marked_at", "marked_by_id", "minutes"),
            "contradicted",
            *("document__kind", "document__date_to"),
            *(f"marked_by__{name}" for name in ("username", "last_name", "first_name", "patronymic")),
        )
    )


_read_standing = Prepared(_standing_rows)


def _standing(class_id: int, day: date) -> dict[int, dict[date, dict[int, _Mark]]]:
    """History of each pupil that has one. One query."""
    found: dict[int, dict[date, dict[int, _Mark]]] = defaultdict(lambda: defaultdict(dict))
    rows = _read_standing(class_id=class_id, day=day, since=day - timedelta(days=RUN_DAYS))
    for pupil_id, on, lesson, reason, is_confirmed, at, by_id, minutes, proof, kind, until, username, *name in rows:
        by = initials(*name) or username if username else ""
        paper = f"{PAPERS[kind]} до {day_month(until)}" if kind else ""
        at = timezone.localtime(at)
        found[pupil_id][on][lesson] = _Mark(reason, is_confirmed, by, at, by_id, minutes, paper, proof or "")
    return found


def _columns(lessons: ClassLessons, day: date) -> list[Column]:
    subjects: dict[int, dict[str, str]] = defaultdict(dict)
    for place in lessons.of_day(day):
        subject = lessons.courses[place.course_id].subject
        subjects[place.number][subject.short] = subject.name
    return [Column(number, "/".join(found), ", ".join(found.values())) for number, found in sorted(subjects.items())]


def _row(
    number: int, pupil: Pupil, lessons: ClassLessons, standing: Mapping[int, _Mark], school: School, day: date
) -> SheetRow:
    own = {place.number: lessons.courses[place.course_id].subject.name for place in lessons.own(pupil.pk, day)}
    missed = missed_on(own, {lesson: mark.reason for lesson, mark in standing.items()}, school.missed_day_rule)
    return SheetRow(pupil.pk, number, pupil.list_name, pupil.sex == Sex.FEMALE, own, dict(standing), missed)


def _note(history: History, day: date, calendar: Calendar, grade: int, yesterday: date | None) -> tuple[str, str]:
    """Words beside the row and the reason to offer: what stands, since when, on what paper; else yesterday's."""
    here = history.get(day, {})
    whole = here.get(WHOLE_DAY)
    if any(not mark.is_confirmed for mark in here.values()):
        return "причина не выяснена", ""
    if whole and whole.reason in ABSENCE_REASONS:
        since = _run_start(history, day, calendar, grade)
        words = [f"{WORDS[Reason(whole.reason)]} с {day_month(since)}"] if since < day else []
        if whole.paper:
            words.append(whole.paper)
        elif since < day and whole.reason == Reason.ILL:
            words.append("справки нет")
        return " · ".join(words), ""
    before = history.get(yesterday, {}).get(WHOLE_DAY) if yesterday and not here else None
    return "", before.reason if before and before.reason in ABSENCE_REASONS else ""


def _run_start(history: History, day: date, calendar: Calendar, grade: int) -> date:
    """The first of the school days in a row, up to the day, that are missed whole for the same reason."""
    start, reason = day, _whole_reason(history, day)
    while reason and (before := calendar.school_day_before(start, grade)):
        if _whole_reason(history, before) != reason:
            break
        start = before
    return start


def _whole_reason(history: History, day: date) -> str:
    whole = history.get(day, {}).get(WHOLE_DAY)
    return whole.reason if whole else ""


def _conflicts(row: SheetRow, standing: Mapping[int, _Mark]) -> list[tuple[SheetRow, str, Proof]]:
    proofs = [Proof.parse(own.contradicted) for own in standing.values() if own.contradicted]
    found = contradicted({lesson: own.reason for lesson, own in standing.items()}, proofs)
    return [
        (row, standing[place].letter, replace(proof, subject=row.own.get(proof.lesson, "")))
        for place, against in found.items()
        for proof in against
    ]


def _last_change(rows: list[SheetRow]) -> tuple[str, datetime] | None:
    standing = [place for row in rows for place in row.standing.values()]
    newest = max(standing, key=lambda place: place.at, default=None)
    return (newest.by, newest.at) if newest else None
