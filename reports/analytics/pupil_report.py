"""The analytic report on one pupil: safe to hand to a parent, for nothing of another child is in it (domain.md §4).

It stands on the same data as the paper extract (reports/extract), over the whole year and with what follows from the
marks: how a mean came about, what is lacking to the next mark, the line over the year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from attendance.models import LETTERS, Reason
from journal.calendar import Calendar, days_between
from journal.lessons import pupil_lessons
from journal.means import Thresholds, grade_has_marks, has_few_marks, is_disputed, weighted_mean
from journal.models import NUMERIC_VALUES, MarkValue, Pupil, SchoolClass
from reports.analytics.figures import Figure
from reports.analytics.periods import ReportPeriod, previous_of
from reports.analytics.pupil_list import ONE_PUPIL
from reports.analytics.pupil_trend import Month, trend
from reports.extract.assemble import extract_of, subject_lines
from reports.extract.data import AbsenceLine, ExtractData, Period, SubjectLine
from reports.extract.source import MarkRow, Source, range_needed, read_source
from reports.family_forecasts import Forecast, forecasts
from reports.formulas import Group, groups_of_pupil

PARTS = frozenset({"marks", "results", "absences", "control_works", "advice", "teacher"})


@dataclass(frozen=True, slots=True)
class PupilSubject:
    """A subject of the report. `before` is the weighted mean of the period before; `distance` is how far the mean is
    from the next mark's threshold, None where there is nothing above."""

    line: SubjectLine
    counted: str
    lacking: str
    marks: int
    before: Decimal | None
    distance: Decimal | None
    is_few: bool
    is_disputed: bool

    @property
    def value(self) -> str:
        """The mark given for the period, or the expected one."""
        return self.line.result or (str(self.line.expected) if self.line.expected else "")

    @property
    def is_forecast(self) -> bool:
        return self.line.is_forecast

    @property
    def mean(self) -> Figure:
        """The weighted mean, with how it came about and the change against the period before."""
        return Figure("Средний балл", self.line.mean, self.counted, unit="", previous=self.before)

    @property
    def doubts(self) -> str:
        """«мало отметок, спорная»."""
        words = ["мало отметок"] * self.is_few + ["спорная"] * self.is_disputed
        return ", ".join(words) if self.is_forecast else ""


@dataclass(frozen=True, slots=True)
class Debt:
    """A work the pupil owes: «долг» in the journal."""

    subject: str
    date: date
    kind: str


@dataclass(frozen=True)
class PupilReport:
    """Everything of the report; no query is left inside. `extract` is of the period: absences, control works ahead,
    recommendations, teacher, school."""

    period: ReportPeriod
    before: ReportPeriod | None
    extract: ExtractData
    subjects: tuple[PupilSubject, ...]
    overall: Figure
    groups: frozenset[Group]
    months: tuple[Month, ...]
    debts: tuple[Debt, ...]
    absent_days: dict[date, str]
    school_days: frozenset[date]
    year_start: date
    week_days: int
    formed_on: date

    @property
    def has_marks(self) -> bool:
        return self.extract.has_marks

    @property
    def is_forecast(self) -> bool:
        return any(one.is_forecast for one in self.subjects)

    @property
    def kind(self) -> str:
        """«прогноз на 23.11.2026», «итоги»."""
        if self.is_forecast:
            return f"прогноз на {self.period.day:%d.%m.%Y}"
        return "итоги" if self.period.is_over else f"на {self.period.day:%d.%m.%Y}"

    @property
    def stands(self) -> list[str]:
        """In which lists the pupil stands, in words: «есть «2»»."""
        return [ONE_PUPIL[group] for group in Group if group in self.groups]

    @property
    def shows_median(self) -> bool:
        return any(month.of_class is not None for month in self.months)


def pupil_report(
    pupil: Pupil,
    school_class: SchoolClass,
    period: ReportPeriod,
    periods: Sequence[ReportPeriod],
    calendar: Calendar,
    *,
    today: date,
) -> PupilReport:
    """The report on a pupil of the class for a term. The number of queries does not depend on the class."""
    year_start = calendar.year.date_from
    whole = Period(year_start, max(period.day, year_start))
    lessons = pupil_lessons(pupil, school_class, *range_needed(whole, today), calendar)
    source = read_source(school_class, calendar, whole, today, lessons, [pupil.pk], parts=PARTS)
    of_term = _within(source, Period(period.start, period.day), pupil.pk)
    before = previous_of(periods, period)
    found = forecasts(pupil, of_term, subject_lines(pupil, of_term))
    subjects = tuple(_subject(one, source, pupil.pk, before, calendar) for one in found)
    year_absences = extract_of(pupil, source).absences.lines
    return PupilReport(
        period=period,
        before=before,
        extract=extract_of(pupil, of_term),
        subjects=subjects,
        overall=_overall(source, pupil.pk, period, before),
        groups=groups_of_pupil(one.value for one in subjects),
        months=trend(pupil.pk, school_class, year_start, period.day) if grade_has_marks(school_class.grade) else (),
        debts=_debts(source, pupil.pk),
        absent_days=_letters(year_absences),
        school_days=frozenset(calendar.school_days(year_start, period.day, school_class.grade)),
        year_start=year_start,
        week_days=calendar.school.week_days,
        formed_on=today,
    )


def _within(source: Source, period: Period, pupil_id: int) -> Source:
    """The same data with absences and shown marks of the period only."""
    days = source.absences.get(pupil_id, {})
    kept = {day: rows for day, rows in days.items() if period.start <= day <= period.end}
    return replace(source, period=period, absences={pupil_id: kept})


def _subject(
    one: Forecast, source: Source, pupil_id: int, before: ReportPeriod | None, calendar: Calendar
) -> PupilSubject:
    rows = [row for row in source.marks.get(pupil_id, ()) if source.subjects[row.subject_id].name == one.line.subject]
    of_term = [row for row in rows if source.term.date_from <= row.date <= source.term.date_to]
    numeric = sum(row.value in NUMERIC_VALUES for row in of_term)
    thresholds, mean = Thresholds.of(calendar.school), one.line.mean
    return PupilSubject(
        line=one.line,
        counted=one.counted,
        lacking=one.lacking,
        marks=numeric,
        before=_mean(rows, before) if before else None,
        distance=_distance(mean, thresholds) if one.line.is_forecast else None,
        is_few=mean is not None and has_few_marks(numeric, source.term.scheme, calendar.school),
        is_disputed=is_disputed(mean, thresholds),
    )


def _distance(mean: Decimal | None, thresholds: Thresholds) -> Decimal | None:
    """To the nearest threshold above the mean."""
    above = [threshold - mean for threshold in thresholds if mean is not None and threshold > mean]
    return min(above, default=None)


def _mean(rows: Iterable[MarkRow], period: ReportPeriod) -> Decimal | None:
    return weighted_mean((row.value, row.weight) for row in rows if period.start <= row.date <= period.end)


def _overall(source: Source, pupil_id: int, period: ReportPeriod, before: ReportPeriod | None) -> Figure:
    """The weighted mean over all subjects."""
    rows = source.marks.get(pupil_id, [])
    count = sum(row.value in NUMERIC_VALUES and period.start <= row.date <= period.end for row in rows)
    return Figure(
        "Средний балл по всем предметам",
        _mean(rows, period),
        f"средневзвешенное по отметкам: {count}" if count else "",
        unit="",
        previous=_mean(rows, before) if before else None,
    )


def _debts(source: Source, pupil_id: int) -> tuple[Debt, ...]:
    """Works owed to this day, the oldest first."""
    rows = source.marks.get(pupil_id, ())
    return tuple(
        Debt(source.subjects[row.subject_id].name, row.date, row.kind) for row in rows if row.value == MarkValue.OWED
    )


_LETTER_OF = {str(Reason(reason).label): letter for reason, letter in LETTERS.items()}


def _letters(lines: Iterable[AbsenceLine]) -> dict[date, str]:
    """Day → letter; of a day with several reasons the absence that stands first, lateness last."""
    found: dict[date, str] = {}
    for line in lines:
        letter = _LETTER_OF[line.reason]
        for day in days_between(line.start, line.end):
            if day not in found or found[day] == LETTERS[Reason.LATE]:
                found[day] = letter
    return found
