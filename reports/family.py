"""The family's cabinet over one child. The same object as the paper extract stands behind it (`reports.extract`):
each page reads only its part, so that it stays within fifteen queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import F, QuerySet, Value

from attendance.announcements import lessons_words, numbers_of, spoken
from attendance.models import LETTERS, WHOLE_DAY, Reason
from journal.calendar import Calendar, load_calendar
from journal.lessons import ClassLessons, LessonPlace, Stay, pupil_lessons
from journal.means import grade_has_marks
from journal.models import (
    ControlWork,
    Course,
    Enrolment,
    Homework,
    Pupil,
    Recommendation,
    SchoolClass,
    Term,
)
from reports.extract.assemble import extract_of, subject_lines
from reports.extract.data import ExtractData, Period
from reports.extract.source import MarkRow, Source, range_needed, read_source
from reports.family_forecasts import Forecast, forecasts, nearest

NEWS_DAYS = timedelta(days=7)
CONTROL_AHEAD = timedelta(days=10)
HOMEWORK_BACK = timedelta(days=14)
NEWS_MARKS = 3


@dataclass(frozen=True, slots=True)
class Pill:
    """A child to switch to."""

    pupil_id: int
    label: str
    active: bool


@dataclass(frozen=True)
class Child:
    """The child a page is about, on a day. `school_class` is None before the first enrolment."""

    pupil: Pupil
    school_class: SchoolClass | None
    today: date
    pills: tuple[Pill, ...]
    stays: tuple[tuple[Stay, SchoolClass], ...] = ()
    """Every class the child has been in, the oldest first."""

    def class_on(self, day: date) -> SchoolClass | None:
        """Where the child studied on a day of this school year; the class of the page where nowhere."""
        for stay, school_class in self.stays:
            if stay.holds(day) and self.school_class and school_class.year_id == self.school_class.year_id:
                return school_class
        return self.school_class


@dataclass(frozen=True, slots=True)
class DiaryLesson:
    """A lesson in the diary: what it was about, what was to be prepared, what was set, what stands in the journal."""

    number: int
    title: str
    topic: str
    due: tuple[str, ...]
    given: tuple[str, ...]
    marks: tuple[MarkRow, ...]
    reason: str
    substitute: str
    room: str

    @property
    def letter(self) -> str:
        return LETTERS.get(self.reason, "")

    @property
    def reason_words(self) -> str:
        return Reason(self.reason).label if self.reason else ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An announcement that holds on a day of the diary."""

    start: date
    end: date
    words: str
    where: str
    by_id: int


@dataclass(frozen=True, slots=True)
class DiaryDay:
    date: date
    why_no_school: str
    lessons: tuple[DiaryLesson, ...]
    is_today: bool
    spoken: tuple[Spoken, ...] = ()

    @property
    def is_marked(self) -> bool:
        """Whether an absence stands at any lesson of the day."""
        return any(lesson.letter for lesson in self.lessons)


@dataclass(frozen=True, slots=True)
class News:
    """Something that came in the last days: a mark, an announced control work, a recommendation."""

    kind: str
    date: date
    subject: str
    words: str


@dataclass(frozen=True)
class Diary:
    days: tuple[DiaryDay, ...]
    is_week: bool
    previous: date | None
    next: date | None
    news: tuple[News, ...] = ()
    more_marks: int = 0
    nearest: Forecast | None = None


@dataclass(frozen=True)
class Marks:
    subjects: tuple[Forecast, ...]
    term: Term
    terms: tuple[Term, ...]
    has_marks: bool


def child_of(pupil: Pupil, children: Sequence[Pupil], today: date) -> Child:
    """The child with its class, and the pills of all children of the family. One query."""
    rows = Enrolment.objects.filter(pupil__in=[child.pk for child in children], date_from__lte=today)
    rows = rows.select_related("school_class__year__school").order_by("date_from")
    classes = {row.pupil_id: row.school_class for row in rows}
    pills = tuple(
        Pill(
            child.pk,
            ", ".join(filter(None, [child.first_name, classes[child.pk].name if child.pk in classes else ""])),
            child.pk == pupil.pk,
        )
        for child in children
    )
    stays = tuple((Stay(row.date_from, row.date_to), row.school_class) for row in rows if row.pupil_id == pupil.pk)
    return Child(pupil, classes.get(pupil.pk), today, pills, stays)


# --- Diary ----------------------------------------------------------------------------------------


def diary(child: Child, *, day: date | None = None, week: date | None = None) -> Diary | None:
    """A day (today or the next school day), or the days of a week; None without a class."""
    if child.school_class is None:
        return None
    calendar, grade = load_calendar(child.school_class.year), child.school_class.grade
    days = _days_shown(calendar, grade, child.today, day, week)
    start, end = _monday(days[0]), _monday(days[-1]) + timedelta(days=6)
    period = Period(min(start, child.today - NEWS_DAYS), max(end, child.today))
    source = _source(child, calendar, period, {"marks", "absences"}, (start - HOMEWORK_BACK, end))
    shown = _diary_days(child, days, source, (start - HOMEWORK_BACK, end), period)
    said = spoken(child.pupil.pk, days[0], days[-1])
    if week:
        shift = timedelta(weeks=1)
        shown = _with_spoken(shown, said)
        return Diary(shown, is_week=True, previous=start - shift, next=start + shift)
    marks = source.marks.get(child.pupil.pk, [])
    fresh = [row for row in reversed(marks) if child.today - NEWS_DAYS < row.date <= child.today]
    ahead, rows = _announced(child, source.lessons, said)
    return Diary(
        days=_with_spoken(shown, rows),
        is_week=False,
        previous=calendar.school_day_before(days[0], grade),
        next=calendar.school_day_after(days[0], grade),
        news=(*_mark_news(fresh[:NEWS_MARKS], source), *ahead),
        more_marks=max(0, len(fresh) - NEWS_MARKS),
        nearest=nearest(forecasts(child.pupil, source, subject_lines(child.pupil, source))),
    )


def _days_shown(calendar: Calendar, grade: int, today: date, day: date | None, week: date | None) -> list[date]:
    year = calendar.year
    if week:
        week = min(max(week, year.date_from), year.date_to)
        monday = _monday(week)
        days = [monday + timedelta(days=number) for number in range(calendar.school.week_days)]
        return sorted({*days, *calendar.school_days(monday, monday + timedelta(days=6), grade)})
    if day and year.date_from <= day <= year.date_to:
        return [day]
    if calendar.is_school_day(today, grade):
        return [today]
    return [calendar.school_day_after(today, grade) or calendar.school_day_before(today, grade) or today]


def _diary_days(
    child: Child, days: Sequence[date], source: Source, read: tuple[date, date], period: Period
) -> tuple[DiaryDay, ...]:
    """The days, each with the lessons of the class in which the child was on it: whoever changed class in the year
    keeps the diary of the former one. Queries of a second class only where a day asks for it."""
    sources = {source.school_class.pk: (source, _homework(child.pupil, source.lessons, *read))}
    shown = []
    for day in days:
        school_class = child.class_on(day) or source.school_class
        if school_class.pk not in sources:
            former = _source(
                replace(child, school_class=school_class), source.calendar, period, {"marks", "absences"}, read
            )
            sources[school_class.pk] = former, _homework(child.pupil, former.lessons, *read)
        shown.append(_diary_day(child, day, *sources[school_class.pk]))
    return tuple(shown)


def _diary_day(child: Child, day: date, source: Source, homework: dict) -> DiaryDay:
    lessons, pupil = source.lessons, child.pupil
    reasons = {row.lesson: row.reason for row in source.absences.get(pupil.pk, {}).get(day, ())}
    marks: dict[tuple[int, int], list[MarkRow]] = defaultdict(list)
    for row in source.marks.get(pupil.pk, ()):
        if row.date == day:
            marks[row.number, row.subject_id].append(row)
    rows = []
    for place in lessons.own(pupil.pk, day):
        course = lessons.courses[place.course_id]
        due, given = homework.get((day, place.number, place.course_id), ((), ()))
        rows.append(
            DiaryLesson(
                number=place.number,
                title=_title(course),
                topic=place.topic,
                due=tuple(due),
                given=tuple(given),
                marks=tuple(marks[place.number, course.subject_id]),
                reason=reasons.get(place.number, reasons.get(WHOLE_DAY, "")),
                substitute=place.substitute,
                room=place.room,
            )
        )
    no_school = source.calendar.why_no_school(day, source.school_class.grade)
    if not no_school and not lessons.on_roll(pupil.pk, day):
        no_school = "в этот день ребёнок в классе не числится"
    return DiaryDay(day, no_school, tuple(rows), day == child.today)


def _title(course: Course) -> str:
    return f"{course.subject.name} · {course.group.name}" if course.group else course.subject.name


def _homework(
    pupil: Pupil, lessons: ClassLessons, start: date, end: date
) -> dict[tuple[date, int, int], tuple[list[str], list[str]]]:
    """Homework by lesson (date, number, course): what was due at it, what was set at it. One query."""
    own = {day: lessons.own(pupil.pk, day) for day in sorted(lessons.places) if day >= start}
    rows = Homework.objects.filter(lesson__course__in=list(lessons.courses), lesson__date__range=(start, end))
    found: dict[tuple[date, int, int], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    fields = ("lesson__date", "lesson__number", "lesson__course_id", "text", "due_on")
    for day, number, course_id, text, due_on in rows.exclude(text="").order_by("pk").values_list(*fields):
        found[day, number, course_id][1].append(text)
        if place := _due_at(own, course_id, day, due_on):
            found[place.date, place.number, course_id][0].append(text)
    return found


def _due_at(own: dict[date, list[LessonPlace]], course_id: int, given: date, due_on: date | None) -> LessonPlace | None:
    """The lesson for which homework is to be done: of the date it names, else the course's next one."""
    for day, places in own.items():
        if day <= given or (due_on and day < due_on):
            continue
        if due_on and day > due_on:
            return None
        for place in places:
            if place.course_id == course_id:
                return place
    return None


def _mark_news(rows: Iterable[MarkRow], source: Source) -> list[News]:
    return [News("mark", row.date, source.subjects[row.subject_id].name, f"{row.value}, {row.kind}") for row in rows]


def _announced(child: Child, lessons: ClassLessons, said: QuerySet) -> tuple[list[News], list[tuple]]:
    """Control works ahead and fresh recommendations; and the rows of `said`, what the family announced for the day.
    One query for all: each is two or three lines of a page."""
    own = {place.course_id for day in lessons.places for place in lessons.own(child.pupil.pk, day)}
    control = ControlWork.objects.filter(
        course__in=own, date__gt=child.today, date__lte=child.today + CONTROL_AHEAD
    ).annotate(what=Value("control"), subject_name=F("course__subject__name"), words=F("title"))
    advice = Recommendation.objects.filter(
        pupil=child.pupil, date__gt=child.today - NEWS_DAYS, date__lte=child.today
    ).annotate(what=Value("advice"), subject_name=F("subject__name"), words=F("text"))
    # Columns of `said` that these have not.
    blank = {"until": F("date"), "numbers": Value(""), "by": Value(0)}
    names = ("what", "date", "subject_name", "words", *blank)
    news = [rows.order_by().annotate(**blank).values_list(*names) for rows in (control, advice)]
    rows = list(said.union(*news, all=True))
    found = [News(*row[:4]) for row in rows if row[0] != "spoken"]
    return sorted(found, key=lambda one: (one.kind != "control", one.date)), [r for r in rows if r[0] == "spoken"]


def _with_spoken(days: Iterable[DiaryDay], rows: Iterable[tuple]) -> tuple[DiaryDay, ...]:
    """The days, each with what the family announced for it."""
    said = [
        Spoken(start, end, words, lessons_words(numbers_of(numbers)), by_id)
        for _, start, words, _, end, numbers, by_id in rows
    ]
    return tuple(
        replace(day, spoken=tuple(one for one in said if not day.why_no_school and one.start <= day.date <= one.end))
        for day in days
    )


# --- Marks ----------------------------------------------------------------------------------------


def marks(child: Child, term_number: int | None = None) -> Marks | None:
    """Marks of a term (the running one by default), each subject with its forecast."""
    if child.school_class is None:
        return None
    calendar, grade = load_calendar(child.school_class.year), child.school_class.grade
    terms = [term for term in calendar.terms_for(grade) if term.date_from <= child.today]
    term = next((one for one in terms if one.number == term_number), None) or calendar.term_on(child.today, grade)
    if term is None:
        return None
    period = Period(term.date_from, max(term.date_from, min(term.date_to, child.today)))
    source = _source(child, calendar, period, {"marks", "results"})
    lines = subject_lines(child.pupil, source)
    return Marks(tuple(forecasts(child.pupil, source, lines)), term, tuple(terms), grade_has_marks(grade))


def calendar_of(child: Child) -> Calendar | None:
    """The calendar of the child's year; None before the first enrolment. One query."""
    return load_calendar(child.school_class.year) if child.school_class else None


# --- Absences, «Сведения» -------------------------------------------------------------------------


def absences(child: Child, calendar: Calendar | None) -> ExtractData | None:
    """Everything missed since the start of the year."""
    if child.school_class is None or calendar is None:
        return None
    year = child.school_class.year
    period = Period(year.date_from, max(year.date_from, min(child.today, year.date_to)))
    return extract_of(child.pupil, _source(child, calendar, period, {"absences"}))


def info(child: Child) -> ExtractData | None:
    """Timetable of the week, teachers, control works, recommendations, vacations."""
    if child.school_class is None:
        return None
    calendar = load_calendar(child.school_class.year)
    period = Period(child.today, child.today)
    data = extract_of(child.pupil, _source(child, calendar, period, {"control_works", "advice", "bells", "teacher"}))
    # Days without a single lesson: no timetable yet, or the child has left.
    return data if any(day.lessons for day in data.timetable) else replace(data, timetable=())


def _source(
    child: Child, calendar: Calendar, period: Period, parts: set[str], days: tuple[date, date] | None = None
) -> Source:
    """The `parts` of the child's data; lessons of `days`, or of all that an extract needs. The child is in a class."""
    assert child.school_class is not None
    start, end = days or range_needed(period, child.today)
    lessons = pupil_lessons(child.pupil, child.school_class, start, end, calendar)
    return read_source(
        child.school_class, calendar, period, child.today, lessons, [child.pupil.pk], parts=frozenset(parts)
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
