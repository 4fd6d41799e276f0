"""The day sheet as plain rows: who is absent on a day, what stands where, what may be done (design.md §5.2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import User
from attendance.conflicts import Proof, contradicted, first_proof
from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, Absence, ClosedMonth, Reason, RollCall
from attendance.queries import MissedDay, missed_on
from journal.calendar import Calendar
from journal.dates import day_month
from journal.lessons import ClassLessons, class_lessons
from journal.models import Pupil, School, SchoolClass, Sex
from journal.text import initials

# How far back a run of days («болеет с 20 ноября») is followed.
RUN_DAYS = 21
WORDS = {Reason.ILL: "болеет", Reason.EXCUSED: "отсутствует", Reason.UNEXCUSED: "нет без причины"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in one place of the sheet, who put it and when."""

    reason: str
    is_confirmed: bool
    by: str
    at: datetime

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
    counts: Counter = field(default_factory=Counter)

    @property
    def is_editable(self) -> bool:
        return not (self.no_school or self.read_only)

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


def day_sheet(school_class: SchoolClass, day: date, *, user: User, calendar: Calendar, today: date) -> Sheet:
    """The sheet of a class on a day. Five queries, whatever the size of the class."""
    grade = school_class.grade
    lessons = class_lessons(school_class, day, day, calendar)
    standing = _standing([pupil.pk for pupil in lessons.pupils], day)
    roll_call, month_is_closed = _roll_call_and_month(school_class, day)
    sheet = Sheet(
        school_class=school_class,
        day=day,
        today=today,
        no_school=calendar.why_no_school(day, grade),
        read_only=why_read_only(day, today=today, month_is_closed=month_is_closed, user=user),
        columns=_columns(lessons, day),
        rows=[],
        conflicts=[],
        roll_call=roll_call,
        previous=calendar.school_day_before(day, grade),
        next=calendar.school_day_after(day, grade),
    )
    for number, pupil in enumerate(lessons.pupils, start=1):
        history = standing.get(pupil.pk, {})
        here = history.get(day, {})
        row = _row(number, pupil, lessons, here, calendar.school, day)
        row.note, row.offer = _note(history, day, calendar, grade, sheet.previous)
        sheet.rows.append(row)
        sheet.conflicts += _conflicts(row, here)
        if row.is_absent:
            sheet.counts[row.missed.day or (row.whole.reason if row.whole else "")] += 1
    sheet.changed = _last_change(sheet.rows)
    return sheet


def why_read_only(day: date, *, today: date, month_is_closed: bool, user: User) -> str:
    """Why nothing can be pressed on the day, in words for the teacher; an empty string where it can."""
    if day > today:
        return "Этот день ещё не наступил: отметить можно будет в сам день."
    if month_is_closed and not user.sees_whole_school:
        return "Месяц закрыт. Изменить отметку может заместитель директора."
    return ""


def _standing(pupil_ids: list[int], day: date) -> dict[int, dict[date, dict[int, Absence]]]:
    """Absences of the day, and whole days of the last weeks: pupil → date → lesson → row, with author, document and,
    on the day itself, the key of a proof that contradicts it (`conflicts.Proof`). One query."""
    rows = (
        Absence.objects.filter(Q(date=day) | Q(lesson=WHOLE_DAY), pupil__in=pupil_ids)
        .between(day - timedelta(days=RUN_DAYS), day)
        .select_related("marked_by", "document")
        .only(
            *("pupil_id", "date", "lesson", "reason", "is_confirmed", "marked_at"),
            *(f"marked_by__{name}" for name in ("username", "last_name", "first_name", "patronymic")),
            *("document__kind", "document__date_to"),
        )
        # Asked of the day itself only: what contradicted earlier is no matter of this sheet.
        .annotate(contradicted=Case(When(date=day, then=first_proof()), default=Value("")))
    )
    found: dict[int, dict[date, dict[int, Absence]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        found[row.pupil_id][row.date][row.lesson] = row
    return found


def _roll_call_and_month(school_class: SchoolClass, day: date) -> tuple[tuple[str, datetime] | None, bool]:
    """Who took the roll call and when, and whether the month is closed. One query for both."""

    def shaped(rows: QuerySet, what: str, who: str, when: str) -> QuerySet:
        names = [f"{who}__{part}" for part in ("last_name", "first_name", "patronymic")]
        return rows.order_by().annotate(what=Value(what)).values_list("what", when, *names)

    calls = shaped(RollCall.objects.filter(school_class=school_class, date=day), "call", "taken_by", "taken_at")
    months = shaped(ClosedMonth.objects.filter(month=day.replace(day=1)), "month", "closed_by", "closed_at")
    found = {row[0]: row[1:] for row in calls.union(months, all=True)}
    if "call" not in found:
        return None, "month" in found
    at, last, first, patronymic = found["call"]
    return (initials(last or "", first or "", patronymic or ""), timezone.localtime(at)), "month" in found


def _columns(lessons: ClassLessons, day: date) -> list[Column]:
    subjects: dict[int, dict[str, str]] = defaultdict(dict)
    for place in lessons.of_day(day):
        subject = lessons.courses[place.course_id].subject
        subjects[place.number][subject.short] = subject.name
    return [Column(number, "/".join(found), ", ".join(found.values())) for number, found in sorted(subjects.items())]


def _row(
    number: int, pupil: Pupil, lessons: ClassLessons, absences: Mapping[int, Absence], school: School, day: date
) -> SheetRow:
    own = {place.number: lessons.courses[place.course_id].subject.name for place in lessons.own(pupil.pk, day)}
    standing = {
        lesson: Standing(
            row.reason,
            row.is_confirmed,
            row.marked_by.short_name if row.marked_by else "",
            timezone.localtime(row.marked_at),
        )
        for lesson, row in absences.items()
    }
    missed = missed_on(own, {lesson: row.reason for lesson, row in absences.items()}, school.missed_day_rule)
    return SheetRow(pupil.pk, number, pupil.list_name, pupil.sex == Sex.FEMALE, own, standing, missed)


def _note(
    history: Mapping[date, Mapping[int, Absence]], day: date, calendar: Calendar, grade: int, yesterday: date | None
) -> tuple[str, str]:
    """Words beside the row and the reason to offer: what stands, since when, on what paper; else yesterday's."""
    here = history.get(day, {})
    whole = here.get(WHOLE_DAY)
    since = _run_start(history, day, calendar, grade)
    if any(not row.is_confirmed for row in here.values()):
        return "причина не выяснена", ""
    if whole and whole.reason in ABSENCE_REASONS:
        words = [f"{WORDS[Reason(whole.reason)]} с {day_month(since)}"] if since < day else []
        if whole.document:
            words.append(f"{whole.document.get_kind_display()} до {day_month(whole.document.date_to)}")
        elif since < day and whole.reason == Reason.ILL:
            words.append("справки нет")
        return " · ".join(words), ""
    before = history.get(yesterday, {}).get(WHOLE_DAY) if yesterday and not here else None
    return "", before.reason if before and before.reason in ABSENCE_REASONS else ""


def _run_start(history: Mapping[date, Mapping[int, Absence]], day: date, calendar: Calendar, grade: int) -> date:
    """The first of the school days in a row, up to the day, that are missed whole for the same reason."""
    start, reason = day, _whole_reason(history, day)
    while reason and (before := calendar.school_day_before(start, grade)):
        if _whole_reason(history, before) != reason:
            break
        start = before
    return start


def _whole_reason(history: Mapping[date, Mapping[int, Absence]], day: date) -> str:
    whole = history.get(day, {}).get(WHOLE_DAY)
    return whole.reason if whole else ""


def _conflicts(row: SheetRow, absences: Mapping[int, Any]) -> list[tuple[SheetRow, str, Proof]]:
    # Absences with `contradicted`, which only _standing knows to add.
    proofs = [Proof.parse(absence.contradicted) for absence in absences.values() if absence.contradicted]
    found = contradicted({lesson: absence.reason for lesson, absence in absences.items()}, proofs)
    return [
        (row, absences[place].letter, replace(proof, subject=row.own.get(proof.lesson, "")))
        for place, against in found.items()
        for proof in against
    ]


def _last_change(rows: list[SheetRow]) -> tuple[str, datetime] | None:
    standing = [place for row in rows for place in row.standing.values()]
    newest = max(standing, key=lambda place: place.at, default=None)
    return (newest.by, newest.at) if newest else None
