"""Makes one pupil's extract from what `query` has read. Pure: no query, no clock."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from attendance.models import ABSENCE_REASONS, WHOLE_DAY, Absence, Reason
from attendance.queries import MissedDay, Totals, missed_on
from journal.dates import WEEKDAYS
from journal.lessons import LessonPlace
from journal.means import Thresholds, expected_mark, grade_has_marks, has_few_marks, is_disputed, weighted_mean
from journal.models import NUMERIC_VALUES, Course, Guardianship, Pupil, Scheme, School, Teacher, Term
from journal.names_in_cases import dative, genitive
from reports.extract.blocks import known_blocks
from reports.extract.data import (
    NO_BREAK_SPACE,
    AbsenceLine,
    Absences,
    AbsenceTotal,
    AdviceLine,
    ControlLine,
    DayLine,
    ExtractData,
    HomeworkLine,
    LessonLine,
    MarkLine,
    SubjectLine,
    TeacherLine,
    VacationLine,
)
from reports.extract.source import AHEAD, MarkRow, Source

_SIGN_AND_NUMBER = re.compile(r"([§№]) (?=\d)")


@dataclass(frozen=True)
class _View:
    """One pupil in the data of the class. `own` holds the own lessons of each day, asked for many times."""

    pupil: Pupil
    source: Source
    own: dict[date, list[LessonPlace]] = field(init=False)
    courses: list[Course] = field(init=False)

    def __post_init__(self) -> None:
        lessons = self.source.lessons
        own = {day: lessons.own(self.pupil.pk, day) for day in sorted(lessons.places)}
        object.__setattr__(self, "own", own)
        # One course a subject, the latest (a pupil may change the group), in the order of lists.
        latest = {
            lessons.courses[p.course_id].subject_id: lessons.courses[p.course_id] for d in own.values() for p in d
        }
        # A plan holds in its subjects before it has a timetable: its teachers are the pupil's.
        planned = lessons.plan_courses(self.pupil.pk, self.source.formed_on)
        latest |= {course.subject_id: course for course in planned}
        in_order = sorted(latest.values(), key=lambda course: (course.subject.name, course.pk))
        object.__setattr__(self, "courses", in_order)

    @property
    def is_whole_plan(self) -> bool:
        """Every subject with marks is of the plan: the heading says so once, the lines need not."""
        return all(course.plan for course in self.courses if course.subject.has_marks)

    def on_roll(self, day: date) -> bool:
        return self.source.lessons.on_roll(self.pupil.pk, day)

    def lessons_on(self, day: date) -> list[LessonPlace]:
        return self.own.get(day, [])

    def lessons_of(self, day: date) -> list[LessonPlace] | None:
        """Own lessons of the day in this class, or in the class the pupil was in then; None where in none."""
        if self.on_roll(day):
            return self.lessons_on(day)
        pk = self.pupil.pk
        return next((one.own(pk, day) for one in self.source.earlier.get(pk, ()) if one.on_roll(pk, day)), None)


def subject_lines(pupil: Pupil, source: Source) -> tuple[SubjectLine, ...]:
    """The subjects alone, for a page that shows nothing else of the extract."""
    return _subjects(_View(pupil, source))


def extract_of(pupil: Pupil, source: Source, blocks: Sequence[str] = ()) -> ExtractData:
    """The extract of one pupil out of the data of the class; `blocks` are the parts to show, empty: all."""
    view = _View(pupil, source)
    school = source.calendar.school
    previous = source.previous_term
    ties = source.paper_guardians.get(pupil.pk, [])
    return ExtractData(
        pupil_id=pupil.pk,
        class_id=source.school_class.pk,
        pupil=pupil.full_name,
        pupil_short=pupil.list_name,
        class_name=source.school_class.name,
        school=_school_name(school),
        class_teacher=source.class_teacher,
        period=source.period,
        formed_on=source.formed_on,
        term=str(source.term),
        term_roman=source.term.roman,
        term_word=Term.NAMES[Scheme(source.term.scheme)],
        previous_roman=previous.roman if previous else "",
        has_marks=grade_has_marks(source.school_class.grade),
        subjects=_subjects(view),
        absences=_absences(view),
        homework=_homework(view),
        control_works=_control_works(view),
        advice=_advice(view),
        timetable=_timetable(view),
        teachers=_teachers(view),
        vacations=_vacations(source),
        is_draft_calendar=not source.calendar.year.is_approved,
        left_on=_left_on(view),
        plan=_plan_word(view.courses),
        blocks=known_blocks(blocks),
        pupil_genitive=genitive(pupil),
        addressee=", ".join(_addressee(tie) for tie in ties),
        guardian_id=ties[0].guardian_id if ties else None,
    )


def _addressee(tie: Guardianship) -> str:
    """«Петровой Анне Ивановне (мать)»."""
    return f"{dative(tie.guardian, kinship=tie.kinship)} ({tie.get_kinship_display()})"


def _school_name(school: School) -> str:
    """The full name, with the city where the name does not tell it («…города Ставрополя»)."""
    name = school.full_name or school.name
    return name if not school.city or school.city[:-1] in name else f"{name}, г.{NO_BREAK_SPACE}{school.city}"


def _plan_word(courses: list[Course]) -> str:
    return next((course.plan.get_kind_display() for course in courses if course.plan), "")


def _left_on(view: _View) -> date | None:
    """The last day on the roll, when it is before the day of forming."""
    stays = view.source.lessons.enrolments.get(view.pupil.pk, ())
    if any(stay.date_to is None or stay.date_to >= view.source.formed_on for stay in stays):
        return None
    return max((stay.date_to for stay in stays if stay.date_to), default=None)


def _subjects(view: _View) -> tuple[SubjectLine, ...]:
    """Subjects with marks: those the pupil has lessons in, and those that have marks from before, of lessons or of the
    periods shown."""
    source = view.source
    if not grade_has_marks(source.school_class.grade):
        return ()
    marks: dict[int, list[MarkRow]] = defaultdict(list)
    for row in source.marks.get(view.pupil.pk, ()):
        marks[row.subject_id].append(row)
    by_subject = {course.subject_id: course for course in view.courses if course.subject.has_marks}
    shown = {source.term.pk, getattr(source.previous_term, "pk", None)}
    given = {pk for pk, term_id in source.period_marks.get(view.pupil.pk, ()) if term_id in shown}
    ids = sorted({*by_subject, *marks, *given}, key=lambda pk: (source.subjects[pk].name, pk))
    return tuple(_subject(view, pk, by_subject.get(pk), marks[pk]) for pk in ids)


def _subject(view: _View, subject_id: int, course: Course | None, rows: list[MarkRow]) -> SubjectLine:
    source = view.source
    school, term = source.calendar.school, source.term
    thresholds = Thresholds.of(school)
    of_term = [row for row in rows if term.date_from <= row.date <= term.date_to]
    numeric = sum(row.value in NUMERIC_VALUES for row in of_term)
    mean = weighted_mean((row.value, row.weight) for row in of_term)
    results = source.period_marks.get(view.pupil.pk, {})
    previous = source.previous_term
    # Of a term that is over nothing is expected any more: what was not given is not there (domain.md §4).
    runs = source.formed_on <= term.date_to
    return SubjectLine(
        subject=source.subjects[subject_id].name,
        note=_course_note(course, is_whole_plan=view.is_whole_plan),
        teacher=_initials(course.teacher) if course and course.teacher else "",
        marks=tuple(
            MarkLine(row.value, row.date, row.kind, row.is_control, row.short)
            for row in rows
            if source.period.start <= row.date <= source.period.end
        ),
        mean=mean,
        previous=results.get((subject_id, previous.pk), "") if previous else "",
        result=results.get((subject_id, term.pk), ""),
        expected=expected_mark(mean, thresholds) if runs else None,
        is_unsure=runs and (has_few_marks(numeric, term.scheme, school) or is_disputed(mean, thresholds)),
    )


def _kept_together(text: str) -> str:
    """No line ends between «§» or «№» and its number."""
    return _SIGN_AND_NUMBER.sub(rf"\1{NO_BREAK_SPACE}", text)


def _initials(teacher: Teacher) -> str:
    """No line ends inside «Орлова М. С.»."""
    return teacher.short_name.replace(" ", NO_BREAK_SPACE)


def _course_note(course: Course | None, *, is_whole_plan: bool) -> str:
    if course is None:
        return ""
    if course.plan:
        if is_whole_plan:
            return ""
        return "индивидуальный план" if course.plan.kind == course.plan.Kind.INDIVIDUAL else "на дому"
    return course.group.name.replace(" ", NO_BREAK_SPACE) if course.group else ""


def _absences(view: _View) -> Absences:
    totals = Totals()
    lines: list[AbsenceLine] = []
    marks = view.source.absences.get(view.pupil.pk, {})
    rule = view.source.calendar.school.missed_day_rule
    for day in sorted(marks):
        places = view.lessons_of(day)
        if places is None:
            continue
        own = [place.number for place in places]
        missed = missed_on(own, {row.lesson: row.reason for row in marks[day]}, rule)
        totals.add(missed)
        lines.extend(_day_lines(day, own, missed, marks[day]))
    return Absences(
        lines=tuple(_joined(lines, view.source)),
        totals=tuple(
            AbsenceTotal(reason.label, totals.days[reason], totals.lessons[reason], totals.unknown[reason])
            for reason in ABSENCE_REASONS
            if totals.days[reason] or totals.lessons[reason]
        ),
        late=totals.late,
        unknown_days=totals.unknown_days,
    )


def _day_lines(day: date, own: list[int], missed: MissedDay, rows: list[Absence]) -> list[AbsenceLine]:
    """A line a reason of the day; lateness has its own."""
    marks = {row.lesson: row for row in rows}
    if not missed.timetable_known:
        return [_line(day, marks[WHOLE_DAY], (), None, whole=True)]
    by_reason: dict[str, list[int]] = defaultdict(list)
    for number, reason in missed.lessons.items():
        by_reason[reason].append(number)
    late = [number for number in own if (row := marks.get(number)) and row.reason == Reason.LATE]
    if late:
        by_reason[Reason.LATE] = late
    whole = len(by_reason) == 1 and len(missed.lessons) == len(set(own))
    return [
        _line(day, marks.get(numbers[0]) or marks[WHOLE_DAY], tuple(numbers), len(numbers), whole=whole)
        for numbers in by_reason.values()
    ]


def _line(day: date, row: Absence, numbers: tuple[int, ...], lessons: int | None, *, whole: bool) -> AbsenceLine:
    return AbsenceLine(
        start=day,
        end=day,
        numbers=numbers,
        is_whole_day=whole,
        reason=Reason(row.reason).label,
        lessons=lessons,
        is_confirmed=row.is_confirmed,
        document=row.document.get_kind_display() if row.document else "",
    )


def _joined(lines: list[AbsenceLine], source: Source) -> list[AbsenceLine]:
    """Whole days in a row for one reason become one line: a week of illness is one fact."""
    grade = source.school_class.grade
    joined: list[AbsenceLine] = []
    for line in lines:
        last = joined[-1] if joined else None
        if (
            last
            and last.is_whole_day
            and line.is_whole_day
            and (last.reason, last.is_confirmed, last.document) == (line.reason, line.is_confirmed, line.document)
            and source.calendar.school_day_after(last.end, grade) == line.start
        ):
            known = last.lessons is not None and line.lessons is not None
            joined[-1] = AbsenceLine(
                start=last.start,
                end=line.end,
                numbers=(),
                is_whole_day=True,
                reason=line.reason,
                lessons=(last.lessons or 0) + (line.lessons or 0) if known else None,
                is_confirmed=line.is_confirmed,
                document=line.document,
            )
        else:
            joined.append(line)
    return joined


def _homework(view: _View) -> tuple[HomeworkLine, ...]:
    """Homework due after the day of forming; without a date of its own it is due at the course's next lesson."""
    source = view.source
    lines = []
    for row in source.homework:
        course = source.lessons.courses[row.lesson.course_id]
        due = row.due_on or _next_lesson(view, row.lesson.course_id, row.lesson.date)
        if due is None or due <= source.formed_on or due > source.formed_on + AHEAD:
            continue
        given_to_pupil = any(p.lesson_id == row.lesson_id for p in view.lessons_on(row.lesson.date))
        if given_to_pupil and view.on_roll(due):
            lines.append(HomeworkLine(due, course.subject.name, _kept_together(row.text)))
    return tuple(sorted(lines, key=lambda line: (line.due, line.subject)))


def _next_lesson(view: _View, course_id: int, after: date) -> date | None:
    days = (day for day, places in view.own.items() if day > after and any(p.course_id == course_id for p in places))
    return next(days, None)


def _control_works(view: _View) -> tuple[ControlLine, ...]:
    own = {course.pk: course for course in view.courses}
    return tuple(
        ControlLine(row.date, own[row.course_id].subject.name, _kept_together(row.title))
        for row in view.source.control_works
        if row.course_id in own
    )


def _advice(view: _View) -> tuple[AdviceLine, ...]:
    return tuple(
        AdviceLine(row.date, row.subject.name, _initials(row.teacher), _kept_together(row.text))
        for row in view.source.advice.get(view.pupil.pk, ())
    )


def _timetable(view: _View) -> tuple[DayLine, ...]:
    """For each weekday the nearest school day ahead; in vacations the last one behind."""
    source = view.source
    if _left_on(view):
        return ()
    days = source.calendar.school_days(source.formed_on - AHEAD, source.formed_on + AHEAD, source.school_class.grade)
    ahead = [day for day in days if day > source.formed_on]
    behind = [day for day in reversed(days) if day <= source.formed_on]
    nearest: dict[int, date] = {}
    for day in [*ahead, *behind]:
        nearest.setdefault(day.isoweekday(), day)
    return tuple(_day(view, nearest[weekday]) for weekday in sorted(nearest))


def _day(view: _View, day: date) -> DayLine:
    source = view.source
    lessons = []
    for place in view.lessons_on(day):
        bell = source.bells.get(place.number)
        subject = source.lessons.courses[place.course_id].subject.name
        lessons.append(LessonLine(place.number, subject, place.room, bell.starts if bell else None, place.substitute))
    return DayLine(day, WEEKDAYS[day.weekday()].capitalize(), tuple(lessons))


def _teachers(view: _View) -> tuple[TeacherLine, ...]:
    return tuple(
        TeacherLine(
            course.subject.name, course.teacher.full_name, _course_note(course, is_whole_plan=view.is_whole_plan)
        )
        for course in view.courses
        if course.teacher
    )


def _vacations(source: Source) -> tuple[VacationLine, ...]:
    grade, today = source.school_class.grade, source.formed_on
    return tuple(
        VacationLine(row.name, row.date_from, row.date_to)
        for row in sorted(source.calendar.vacations, key=lambda row: row.date_from)
        if row.date_to > today and row.grade_from <= grade <= row.grade_to
    )
