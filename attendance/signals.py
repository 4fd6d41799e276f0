"""Signals: what of the absences a class teacher should look at (domain.md §2).

Pure functions over lessons and marks that were read once; only `read_signals` asks the database.
The numbers of the rules stand here and in `attendance/clusters.py`, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import TextChoices

from attendance.clusters import PartDay, edge_clusters, weekday_cluster
from attendance.models import Reason
from attendance.queries import MissedDay, marks_by_day, missed_on
from journal.calendar import Calendar, load_calendar
from journal.dates import MONTHS_OF, day_month
from journal.lessons import ClassLessons, class_lessons
from journal.models import Pupil, SchoolClass, Sex
from journal.text import plural

UNEXCUSED_DAYS = 3
LOOK_BACK = timedelta(days=21)
"""A row that ended longer ago has been talked about, or is past talking about."""
MONTH_SHARE = 30
"""Percent of a month's lessons."""
CHRONIC_SHARE = 10
"""Percent of the year's lessons to date."""
CHRONIC_DAYS = 40
"""Own school days before chronic absence is told: about the first quarter. On the twentieth day one cold of two days
would be ten percent, and half a class has had it by then; on the fortieth it takes four days."""
DOUBLED = 2
"""A signal that was answered is told once more when its share or its row has doubled: six days, 60 %, 20 %."""
WEEKDAYS_MANY = ("понедельников", "вторников", "сред", "четвергов", "пятниц", "суббот", "воскресений")
WEEKDAYS_BY = ("понедельникам", "вторникам", "средам", "четвергам", "пятницам", "субботам", "воскресеньям")

Marks = Mapping[int, Mapping[date, Mapping[int, str]]]
"""What `attendance.queries.marks_by_day` returns: pupil id → date → lesson number → reason."""


class Kind(TextChoices):
    """The signals, the gravest first."""

    UNEXCUSED = "unexcused", "Н подряд"
    MONTH = "month", "много уроков за месяц"
    CHRONIC = "chronic", "много уроков за год"
    WEEKDAY = "weekday", "один и тот же день недели"
    FIRST = "first", "первые уроки"
    LAST = "last", "последние уроки"


GRAVITY = {kind: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Signal:
    """Something about a pupil's absences that wants an answer.

    `key` names the occasion: the same occasion keeps its key however its numbers grow, until they double. `answers`
    are the keys of notes that answer it. `words` tell the numbers, `figure` the one that matters most; `days` are the
    days it is about; `size` orders signals of one kind.
    """

    pupil: Pupil
    kind: Kind
    key: str
    words: str
    figure: str
    days: tuple[date, ...]
    size: float
    is_doubled: bool = False
    answers: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def css(self) -> str:
        return "is-unexcused" if self.kind in (Kind.UNEXCUSED, Kind.CHRONIC) or self.is_doubled else "is-excused"

    @property
    def order(self) -> tuple[int, int, float, str]:
        """What has doubled before all else, then by kind."""
        return -self.is_doubled, GRAVITY[self.kind], -self.size, self.pupil.sort_name


@dataclass(frozen=True)
class PupilYear:
    """A pupil's school year in the class, up to a day: what every rule looks at. `missed` holds marked days only;
    `common` are lessons of each day that the whole class has."""

    pupil: Pupil
    lessons: ClassLessons
    until: date
    missed: dict[date, MissedDay]
    common: Mapping[date, int]
    _own: dict[date, frozenset[int]] = field(default_factory=dict)

    def own(self, day: date) -> frozenset[int]:
        """Numbers of the own lessons of the day; several rules ask for the same ones."""
        if day not in self._own:
            self._own[day] = frozenset(place.number for place in self.lessons.own(self.pupil.pk, day))
        return self._own[day]

    def may_reach(self, percent: int, count: int, start: date, end: date) -> bool:
        """Whether `count` lessons can be so large a part of those of start..end. Lessons of the whole class are
        everybody's but those with a plan: whoever missed too little of these alone need not be counted exactly."""
        if not count or self.pupil.pk in self.lessons.plans:
            return bool(count)
        days = (day for day in self.common if start <= day <= end and self.lessons.on_roll(self.pupil.pk, day))
        return 100 * count >= percent * sum(self.common[day] for day in days)

    def own_days(self, start: date, end: date) -> list[date]:
        """Days of start..end, up to `until`, on which the pupil has lessons."""
        return [day for day in sorted(self.lessons.places) if start <= day <= min(end, self.until) and self.own(day)]

    def missed_lessons(self, start: date, end: date) -> list[tuple[date, int]]:
        """(day, lessons missed) for the days of start..end with any."""
        found = sorted((day, len(row.lessons)) for day, row in self.missed.items() if start <= day <= end)
        return [(day, count) for day, count in found if count]

    @property
    def verb(self) -> str:
        return "отсутствовала" if self.pupil.sex == Sex.FEMALE else "отсутствовал"


def window(today: date, calendar: Calendar) -> tuple[date, date]:
    """The days that signals look at: the school year, to the end of the month of today."""
    next_month = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    return calendar.year.date_from, min(next_month - timedelta(days=1), calendar.year.date_to)


def read_signals(school_class: SchoolClass, today: date, calendar: Calendar | None = None) -> list[Signal]:
    """Signals of the class, the gravest first. Five queries, four with a calendar."""
    calendar = calendar or load_calendar(school_class.year)
    start, end = window(today, calendar)
    lessons = class_lessons(school_class, start, end, calendar)
    marks = marks_by_day([pupil.pk for pupil in lessons.pupils], start, today)
    return signals(lessons, marks, today, calendar, school_class.grade)


def signals(lessons: ClassLessons, marks: Marks, today: date, calendar: Calendar, grade: int) -> list[Signal]:
    """Signals of pupils who are on the roll today, the gravest first; `lessons` must cover `window(today)`.

    After the end of the year they are those of its last day. Of a pupil who came from another class only the lessons
    in this one are counted, as everywhere in its tables.
    """
    year = calendar.year
    until = min(max(today, year.date_from), year.date_to)
    common = _common_lessons(lessons)
    found: list[Signal] = []
    for pupil in lessons.pupils:
        if pupil.pk not in marks or not lessons.on_roll(pupil.pk, until):
            continue
        view = _view(lessons, marks, pupil, until, calendar, common)
        found += filter(None, [unexcused_run(view, calendar, grade), chronic(view, calendar)])
        found += filter(None, (many_missed(view, month) for month in _months(until, year.date_from)))
        if term := calendar.term_on(until, grade):
            occasion = f"{year.date_from.year}-{term.number}"
            found += _cluster_signals(view, occasion, term.date_from, term.date_to)
    return sorted(found, key=lambda signal: signal.order)


def unexcused_run(view: PupilYear, calendar: Calendar, grade: int) -> Signal | None:
    """Three school days in a row missed whole without a good reason, of the last three weeks.

    Days without own lessons neither lengthen nor break a row; where no timetable is known at all, school days do.
    """
    bad = {day for day, missed in view.missed.items() if missed.day == Reason.UNEXCUSED}
    if len(bad) < UNEXCUSED_DAYS:
        return None
    known = bool(view.lessons.places)
    days = [
        day
        for day in sorted({*calendar.school_days(min(bad), view.until, grade), *bad})
        if day in bad or not known or view.own(day)
    ]
    run = last_run(days, bad, UNEXCUSED_DAYS)
    if not run or run[-1] < view.until - LOOK_BACK:
        return None
    first, count = f"{run[0]:%Y-%m-%d}", len(run)
    doubled = count >= DOUBLED * UNEXCUSED_DAYS
    # The occasion is the row, whatever became of its first days meanwhile: a note about any day of it answers it.
    firsts = {f"{day:%Y-%m-%d}" for day in run}
    days_words = f"{count} {plural(count, 'день,дня,дней')}"
    return Signal(
        pupil=view.pupil,
        kind=Kind.UNEXCUSED,
        key=_key(first, doubled),
        words=f"Н {days_words} подряд, {_dates(run)}",
        figure=days_words,
        days=run,
        size=count,
        is_doubled=doubled,
        answers=frozenset(_key(one, True) for one in firsts) | (frozenset() if doubled else frozenset(firsts)),
    )


def many_missed(view: PupilYear, month: date) -> Signal | None:
    """30 % of all the lessons of a month missed, those to come included, for whatever reason."""
    month_end = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    missed = view.missed_lessons(month, month_end)
    count = sum(lessons for _, lessons in missed)
    if not view.may_reach(MONTH_SHARE, count, month, month_end):
        return None
    own = sum(len(view.own(day)) for day in view.lessons.places if month <= day <= month_end)
    if not own or 100 * count < MONTH_SHARE * own:
        return None
    doubled = 100 * count >= DOUBLED * MONTH_SHARE * own
    percent = f"{100 * count // own} %"
    words = f"{percent} уроков {MONTHS_OF[month.month]}: {count} из {own}"
    return _signal(view, Kind.MONTH, f"{month:%Y-%m}", words, percent, missed, count / own, doubled)


def chronic(view: PupilYear, calendar: Calendar) -> Signal | None:
    """Ten percent of the lessons since the start of the year missed, for whatever reason, from the 40th day on."""
    start = calendar.year.date_from
    missed = view.missed_lessons(start, view.until)
    count = sum(lessons for _, lessons in missed)
    if not view.may_reach(CHRONIC_SHARE, count, start, view.until):
        return None
    own_days = view.own_days(start, view.until)
    own = sum(len(view.own(day)) for day in own_days)
    if len(own_days) < CHRONIC_DAYS or 100 * count < CHRONIC_SHARE * own:
        return None
    doubled = 100 * count >= DOUBLED * CHRONIC_SHARE * own
    percent = f"{_tenths(count, own)} %"
    words = f"{percent} уроков с {day_month(own_days[0])}: {count} из {own}"
    return _signal(view, Kind.CHRONIC, f"{start.year}", words, percent, missed, count / own, doubled)


def _cluster_signals(view: PupilYear, occasion: str, start: date, end: date) -> list[Signal]:
    """Absences of a term that cluster on a weekday, and on first or last lessons. A term, not a moving window: the
    occasion has a name, «понедельники II четверти», and so an answer holds to its end."""
    of_term = {day: missed for day, missed in view.missed.items() if start <= day <= min(end, view.until)}
    found = []
    whole = [day for day, missed in of_term.items() if missed.day]
    if cluster := weekday_cluster(whole, lambda: view.own_days(start, end)):
        count, weekday = len(cluster.days), cluster.weekday - 1
        words = f"{view.verb} {count} из {cluster.of} {WEEKDAYS_MANY[weekday]}: {_list(cluster.days)}"
        figure = f"по {WEEKDAYS_BY[weekday]}"
        days = [(day, 1) for day in cluster.days]
        found.append(_signal(view, Kind.WEEKDAY, f"{occasion}-{cluster.weekday}", words, figure, days, count))
    parts = [
        PartDay(day, view.own(day), frozenset(missed.lessons))
        for day, missed in of_term.items()
        if missed.lessons and not missed.day
    ]
    for edge in edge_clusters(parts):
        count, kind = len(edge.days), Kind.FIRST if edge.is_first else Kind.LAST
        what = "первого" if edge.is_first else "последнего"
        lacks = f"не было на {'первом' if edge.is_first else 'последнем'} уроке"
        words = f"{lacks} в {count} из {edge.of} дней с пропуском части уроков: {_list(edge.days)}"
        found.append(_signal(view, kind, occasion, words, f"без {what} урока", [(d, 1) for d in edge.days], count))
    return found


def last_run(days: Iterable[date], wanted: set[date], at_least: int) -> tuple[date, ...]:
    """The last row of neighbours among `days` that all are `wanted`, if it is long enough; else nothing."""
    run: list[date] = []
    last: tuple[date, ...] = ()
    for day in days:
        run = [*run, day] if day in wanted else []
        if len(run) >= at_least:
            last = tuple(run)
    return last


def _view(
    lessons: ClassLessons, marks: Marks, pupil: Pupil, until: date, calendar: Calendar, common: Mapping[date, int]
) -> PupilYear:
    view = PupilYear(pupil, lessons, until, {}, common)
    for day, of_day in _own(marks, pupil):
        if calendar.year.date_from <= day <= until and lessons.on_roll(pupil.pk, day):
            view.missed[day] = missed_on(view.own(day), of_day, calendar.school.missed_day_rule)
    return view


def _common_lessons(lessons: ClassLessons) -> dict[date, int]:
    """Lessons of each day that the class has together: the least that a pupil without a plan has."""
    return {
        day: len({row.number for row in rows if _is_everybodys(lessons, row.course_id)})
        for day, rows in lessons.places.items()
    }


def _is_everybodys(lessons: ClassLessons, course_id: int) -> bool:
    course = lessons.courses[course_id]
    return course.group_id is None and course.plan_id is None


def _months(until: date, first_day: date) -> list[date]:
    """This month and the one before: a month that has just ended is still to be answered for."""
    this = until.replace(day=1)
    before = (this - timedelta(days=1)).replace(day=1)
    return [month for month in (this, before) if month >= first_day.replace(day=1)]


def _signal(
    view: PupilYear,
    kind: Kind,
    occasion: str,
    words: str,
    figure: str,
    days: Sequence[tuple[date, int]],
    size: float,
    doubled: bool = False,
) -> Signal:
    answers = {_key(occasion, True)} | (set() if doubled else {occasion})
    dates = tuple(day for day, _ in days)
    return Signal(
        view.pupil, kind, _key(occasion, doubled), words, figure, dates, size, doubled, frozenset(answers)
    )  # fmt: skip


def _key(occasion: str, doubled: bool) -> str:
    return f"{occasion}x{DOUBLED}" if doubled else occasion


def _tenths(part: int, whole: int) -> str:
    """«12,4»: percent, cut and not rounded, so that 9,96 never reads as the 10 of the rule."""
    return f"{Decimal(1000 * part // whole) / 10}".replace(".", ",")


def _dates(run: Sequence[date]) -> str:
    """«с 12 по 16 ноября», «с 28 октября по 12 ноября»."""
    first, last = run[0], run[-1]
    since = str(first.day) if (first.year, first.month) == (last.year, last.month) else day_month(first)
    return f"с {since} по {day_month(last)}"


def _list(days: Iterable[date]) -> str:
    return ", ".join(f"{day:%d.%m}" for day in days)


def _own(marks: Marks, pupil: Pupil) -> Iterable[tuple[date, Mapping[int, str]]]:
    return marks.get(pupil.pk, {}).items()
