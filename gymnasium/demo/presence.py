"""Who was absent: illness with a wave some weeks ago, notes of parents, truants, roll calls."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from random import Random

from django.utils import timezone

from attendance.models import (
    WHOLE_DAY,
    Absence,
    AbsenceChange,
    AbsenceDocument,
    ClosedMonth,
    DocumentHold,
    PresenceFact,
    Reason,
    RollCall,
)
from gymnasium.demo import events
from gymnasium.demo.days import FormDays, Note
from gymnasium.demo.world import Child, Form, World, moment
from journal.models import Course

ILL, EXCUSED, UNEXCUSED, LATE = Reason.ILL, Reason.EXCUSED, Reason.UNEXCUSED, Reason.LATE
WAVE_BEFORE, WAVE_DAYS, WAVE_HEIGHT = timedelta(days=18), 5.5, 4.5
UNMARKED_TODAY = {"small": ["7Б", "9А"], "full": ["7Б", "3В", "6Г", "9А"]}


def build_presence(world: World) -> None:
    """Absences with their history and documents, and a roll call a class and day."""
    tables = [_Season(world, form).run() for form in world.forms]
    for table in tables:
        if table.form.name == "7Б":
            events.happen(world, table)
    waiting = UNMARKED_TODAY[world.size]
    events.mark_this_morning(world, [table for table in tables if table.form.name not in waiting])
    AbsenceDocument.objects.bulk_create((row for table in tables for row in table.documents), batch_size=500)
    _date_documents(world, tables)
    for table in tables:
        _store(world, table)
    _call_rolls(world, tables)
    _close_months(world)


def own_lessons(world: World, form: Form) -> dict[date, dict[Child, dict[int, Course]]]:
    """Own lessons of each child by number, on each day of school up to today."""
    days = world.school_days(form.grade)
    own: dict[date, dict[Child, dict[int, Course]]] = {day: {} for day in days}
    for unit in form.all_units:
        for course in unit.courses:
            lessons = [(row.date, row.number) for row in world.lessons[course.pk] if not row.is_cancelled]
            weekday = world.calendar.timetable_weekday(world.day)
            lessons += [(world.day, number) for day, number in unit.places if day == weekday and world.day in own]
            for day, number in lessons:
                for stay in world.audience[course.pk]:
                    if stay.holds(day):
                        own[day].setdefault(stay.child, {})[number] = course
    return own


class _Season:
    """Lets the school year happen to the children of one class."""

    def __init__(self, world: World, form: Form) -> None:
        self.world = world
        self.rng = world.rng(f"presence {form.name}")
        self.table = FormDays(form, world.school_days(form.grade), own_lessons(world, form))
        self.catching = self.rng.uniform(0.6, 1.5)  # some classes were hit harder

    def run(self) -> FormDays:
        for stay in self.table.form.roll:
            if not stay.child.studies_at_home:
                self.live(stay.child, [day for day in self.table.days if stay.child in self.table.own[day]])
        if self.table.form.name in UNMARKED_TODAY[self.world.size]:
            self.forget_today()
        return self.table

    def live(self, child: Child, days: list[date]) -> None:
        left = 0
        for index, day in enumerate(days):
            if left:
                left -= 1
                continue
            if self.rng.random() < 0.0055 * child.frailty * self.catching * self.season(day):
                left = self.fall_ill(child, days[index:])
            elif self.rng.random() < 0.004:
                self.excuse(child, day)
            elif self.rng.random() < 0.0012 * child.carelessness:
                self.table.whole(child, day, reason=UNEXCUSED)
            elif day < self.world.day:
                self.single_lessons(child, day)

    def season(self, day: date) -> float:
        distance = (day - (self.world.day - WAVE_BEFORE)).days
        return 1 + WAVE_HEIGHT * math.exp(-((distance / WAVE_DAYS) ** 2) / 2)

    def fall_ill(self, child: Child, days: list[date]) -> int:
        """A run of school days, on return mostly with a certificate; how many days after the first it takes."""
        run = days[: self.rng.choice([2, 3, 3, 4, 5, 5, 6, 7])]
        unknown = self.rng.random() < 0.3  # on the first morning nobody knew why
        document = None
        is_over = run[-1] < self.world.day and len(days) > len(run)
        if is_over and len(run) > 2 and self.rng.random() < 0.85:
            document = self.document(child, AbsenceDocument.Kind.CERTIFICATE, ILL, run[0], run[-1])
        for day in run:
            before = UNEXCUSED if unknown and day == run[0] else ""
            self.table.whole(child, day, reason=ILL, document=document, before=before)
        return len(run) - 1

    def excuse(self, child: Child, day: date) -> None:
        document = None
        if self.rng.random() < 0.6:
            document = self.document(child, AbsenceDocument.Kind.NOTE, EXCUSED, day, day)
        self.table.whole(child, day, reason=EXCUSED, document=document)

    def document(self, child: Child, kind: str, reason: str, first: date, last: date) -> AbsenceDocument:
        row = AbsenceDocument(
            pupil=child.row,
            kind=kind,
            reason=reason,
            date_from=first,
            date_to=last,
            number=str(self.rng.randint(100, 999)) if kind == AbsenceDocument.Kind.CERTIFICATE else "",
            note="" if kind == AbsenceDocument.Kind.CERTIFICATE else self.rng.choice(events.PARENTS_NOTES),
            added_by=self.table.form.teacher.user,
        )
        self.table.documents.append(row)
        return row

    def single_lessons(self, child: Child, day: date) -> None:
        """Lateness, a skipped lesson, or leaving early for a good reason."""
        numbers = sorted(self.table.own[day][child])
        chance = self.rng.random()
        notes = self.table.notes[child, day]
        if chance < 0.009 * child.carelessness:
            notes.append(Note(LATE, numbers[0]))
        elif chance < 0.016 * child.carelessness:
            is_open = self.rng.random() < (0.6 if (self.world.day - day).days < 5 else 0.03)
            skipped = numbers[-1] if self.rng.random() < 0.5 else self.rng.choice(numbers)
            notes.append(Note(UNEXCUSED, skipped, is_confirmed=not is_open))
        elif chance > 0.994:
            notes.extend(Note(EXCUSED, number) for number in numbers[-self.rng.randint(1, 3) :])

    def forget_today(self) -> None:
        """The roll of this class is not yet called: today nobody is marked."""
        for child in self.table.own.get(self.world.day, {}):
            self.table.notes.pop((child, self.world.day), None)


def _date_documents(world: World, tables: list[FormDays]) -> None:
    """Each was brought on the next day of school; auto_now_add would say «now»."""
    for table in tables:
        for row in table.documents:
            after = world.calendar.school_day_after(row.date_to, table.form.grade) or world.day
            row.added_at = moment(min(after, world.day, max(row.date_from, world.day)), 8, 10)
            if row.date_to < world.day:
                row.added_at = moment(after, 8, 35)
            if row.removed_by:
                row.removed_at = row.added_at + timedelta(minutes=4)
    rows = [row for table in tables for row in table.documents]
    AbsenceDocument.objects.bulk_update(rows, ["added_at", "removed_at"], batch_size=300)


def _store(world: World, table: FormDays) -> None:
    rng, late = world.rng(f"times {table.form.name}"), world.rng(f"late {table.form.name}")
    absences: list[Absence] = []
    changes: list[AbsenceChange] = []
    holds: list[DocumentHold] = []
    for (child, day), notes in sorted(table.notes.items(), key=lambda item: (item[0][1], item[0][0].row.pk)):
        own = table.own[day].get(child, {})
        gone = {note.lesson for note in notes if note.reason != LATE}
        if gone:
            world.missing[child.row.pk, day] = set(own) if WHOLE_DAY in gone else gone
        for note in notes:
            if note.reason == LATE and note.minutes is None:
                note.minutes = late.choice([None, 3, 5, 5, 10, 10, 15, 25])
            by, at = _who_and_when(table, note, day, own, rng, world)
            absences.append(
                Absence(
                    pupil=child.row,
                    date=day,
                    lesson=note.lesson,
                    reason=note.reason,
                    is_confirmed=note.is_confirmed,
                    document=note.document,
                    minutes=note.minutes,
                    marked_by=by,
                    marked_at=at,
                )
            )
            changes += _history(table, child, day, note, by, at)
            if note.document:
                holds.append(_hold(note, child, day, by, at))
    Absence.objects.bulk_create(absences, batch_size=1000)
    AbsenceChange.objects.bulk_create(changes, batch_size=1000)
    DocumentHold.objects.bulk_create(holds, batch_size=1000)
    for child, day, number in table.seen:
        by, at = _at_lesson(table.own[day][child], number, day, late)
        PresenceFact.objects.create(pupil=child.row, date=day, lesson=number, by=by, at=at)


def _hold(note: Note, child: Child, day: date, by, at: datetime) -> DocumentHold:
    """What stood before the paper came: the letter of the morning, or nothing where the paper itself put it ahead."""
    hold = DocumentHold(document=note.document, pupil=child.row, date=day, lesson=note.lesson)
    if note.document and day < timezone.localtime(note.document.added_at).date():
        hold.old_reason, hold.old_marked_by, hold.old_marked_at = note.reason, by, at
    return hold


def _who_and_when(table: FormDays, note: Note, day: date, own: dict[int, Course], rng: Random, world: World):
    """The class teacher in the morning, or the subject teacher at the lesson."""
    if note.lesson == WHOLE_DAY or note.reason == EXCUSED:
        return table.form.teacher.user, _morning(world, day, rng)
    return _at_lesson(own, note.lesson, day, rng)


def _at_lesson(own: dict[int, Course], number: int, day: date, rng: Random):
    """The teacher of the lesson, some minutes after it has begun."""
    hour, minute = divmod(8 * 60 + 55 * (number - 1) + rng.randint(3, 12), 60)
    return own[number].teacher.user, moment(day, hour, minute, rng.randint(0, 59))


def _morning(world: World, day: date, rng: Random, *, is_roll_call: bool = False) -> datetime:
    """Twenty past eight or later; today a little earlier, so that a demo at 8:20 shows nothing of the future. The roll
    call comes after the marks: what is changed later is the exception that the deputy's board shows."""
    marks, calls = ((2, 14), (15, 18)) if day >= world.day else ((21, 44), (45, 55))
    minute = rng.randint(*(calls if is_roll_call else marks))
    return moment(min(day, world.day), 8, minute, rng.randint(0, 59))


def _history(table: FormDays, child: Child, day: date, note: Note, by, at: datetime) -> list[AbsenceChange]:
    source = AbsenceChange.Source.PRESS if by == table.form.teacher.user else AbsenceChange.Source.LESSON

    def change(old: str, new: str, **fields) -> AbsenceChange:
        fields = {"source": source, "by": by, "at": at, "minutes": note.minutes, **fields}
        return AbsenceChange(pupil=child.row, date=day, lesson=note.lesson, old=old, new=new, **fields)

    if not note.before:
        return [change("", note.reason)]
    later = at + timedelta(hours=3) if day < table.days[-1] else moment(day, 8, 19, 50)
    return [change("", note.before), change(note.before, note.reason, source=AbsenceChange.Source.PRESS, at=later)]


def _call_rolls(world: World, tables: list[FormDays]) -> None:
    rng = world.rng("roll calls")
    waiting = UNMARKED_TODAY[world.size]
    RollCall.objects.bulk_create(
        (
            RollCall(
                school_class=table.form.row,
                date=day,
                taken_by=table.form.teacher.user,
                taken_at=_morning(world, day, rng, is_roll_call=True),
            )
            for table in tables
            for day in table.days
            if day < world.day or table.form.name not in waiting
        ),
        batch_size=1000,
    )


def _close_months(world: World) -> None:
    """September is closed by the deputy from October on."""
    first = date(world.year.date_from.year, 9, 1)
    if world.day >= date(first.year, 10, 10):
        ClosedMonth.objects.create(month=first, closed_by=world.users["deputy"])
        ClosedMonth.objects.update(closed_at=moment(date(first.year, 10, 5), 15, 20))
