"""Сводная ведомость посещаемости of the school: classes × terms, or one month, or the year, by reason.

The rule is that of the class's own table, so it is worked out class by class: a second or two for forty classes is
too long for a page, and the worker does it. The figures (no names among them) stay with the job; the page and the
files are read from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from attendance.queries import Totals, class_absences, sum_of
from attendance.table_cells import TOTAL_HEADS, total_values
from attendance.tables import last_day, month_name, months_of
from journal.calendar import Calendar, load_calendar
from journal.files import Value
from journal.models import AcademicYear, SchoolClass
from reports.jobs import JobError, JobRun, job_handler, start_job
from reports.models import Job

YEAR, TERMS = "year", "terms"
PART_HEADS = ("дней всего", "дней Б", "уроков всего", "уроков Б", "%")
"""Of each term, as domain.md §4 has it."""
WHOLE_SCHOOL = "Вся школа"


@dataclass(frozen=True)
class Line:
    """A class, a parallel or the school: its totals by period («2026-11», «quarter-2», «year»)."""

    name: str
    class_id: int | None
    grade: int | None
    by_period: dict[str, Totals]

    @property
    def is_sum(self) -> bool:
        return self.class_id is None


@dataclass(frozen=True)
class SchoolSummary:
    """What the page and the files show. `terms` and `months` are (key, name) of the periods begun."""

    year_id: int
    year: str
    until: date
    made_at: datetime
    months: list[tuple[str, str]]
    terms: list[tuple[str, str]]
    lines: list[Line]

    @property
    def periods(self) -> list[tuple[str, str]]:
        return [*self.months, *self.terms, (YEAR, f"{self.year} учебный год")]

    def title_of(self, period: str) -> str:
        return next((name for key, name in self.periods if key == period), "по периодам")

    def lines_of(self, period: str) -> list[tuple[Line, Totals]]:
        """Those that have the period at all: seniors have no quarters."""
        return [(line, line.by_period[period]) for line in self.lines if period in line.by_period]


def start_summary(year: AcademicYear, *, by: User, next_url: str) -> Job:
    """Queues the counting of the year up to today."""
    return start_job(kind=Job.Kind.ATTENDANCE_SUMMARY, owner=by, params={"year": year.pk}, next_url=next_url)


@job_handler(Job.Kind.ATTENDANCE_SUMMARY)
def count_school(job: JobRun) -> None:
    """One class after the other; a worker that comes back goes on with the class where the other stopped."""
    year = AcademicYear.objects.select_related("school").filter(pk=job.params["year"]).first()
    classes = [] if year is None else sorted(_classes(year), key=lambda row: (row.grade, row.letter))
    if year is None or not classes:
        raise JobError("Считать нечего: в этом учебном году нет классов.")
    today = timezone.localdate()
    calendar = load_calendar(year)
    rows: dict[str, Any] = dict(job.state.get("rows", {}))
    job.start(total=len(classes), done=len(rows))
    for school_class in classes:
        if str(school_class.pk) in rows:
            continue
        rows[str(school_class.pk)] = {
            "name": school_class.name,
            "grade": school_class.grade,
            "periods": {key: _packed(total) for key, total in class_periods(school_class, calendar, today).items()},
        }
        job.step()
        if len(rows) % 10 == 0:
            job.save_state(rows=rows)
    job.save_state(rows=rows, until=f"{min(today, year.date_to):%Y-%m-%d}", made_at=timezone.now().isoformat())
    job.finish(f"Классов: {len(classes)}.")


def class_periods(school_class: SchoolClass, calendar: Calendar, today: date) -> dict[str, Totals]:
    """The totals of a class by each period begun, from one reading of its year. Four queries."""
    year = calendar.year
    absences = class_absences(school_class, year.date_from, year.date_to, calendar, today=today)
    spans = {key: (start, end) for key, _, start, end in _spans(calendar, today, school_class.grade)}
    return {
        key: sum_of(absences.totals(pupil.pk, start, end) for pupil in absences.own.pupils)
        for key, (start, end) in spans.items()
    }


def latest_summary(user: User, year: AcademicYear, today: date) -> SchoolSummary | None:
    """The figures this person had counted last, while they are kept. Two queries."""
    jobs = Job.objects.filter(owner=user, kind=Job.Kind.ATTENDANCE_SUMMARY, status=Job.Status.DONE)
    found = jobs.filter(expires_at__gt=timezone.now(), params__year=year.pk).order_by("-finished_at").first()
    if found is None:
        return None
    state = found.params["_state"]
    calendar = load_calendar(year)
    until = date.fromisoformat(state["until"])
    lines = [
        Line(row["name"], int(pk), row["grade"], {key: _unpacked(one) for key, one in row["periods"].items()})
        for pk, row in state["rows"].items()
    ]
    # PostgreSQL keeps JSON in an order of its own.
    lines.sort(key=lambda line: (line.grade or 0, line.name))
    grades = sorted({line.grade for line in lines if line.grade is not None})
    spans = {key: name for grade in grades for key, name, *_ in _spans(calendar, until, grade)}
    return SchoolSummary(
        year_id=year.pk,
        year=year.name,
        until=until,
        made_at=timezone.localtime(datetime.fromisoformat(state["made_at"])),
        months=[(key, name) for key, name in spans.items() if key[:1].isdigit()],
        terms=[(key, name) for key, name in spans.items() if not key[:1].isdigit() and key != YEAR],
        lines=list(_with_sums(lines)),
    )


def _spans(calendar: Calendar, today: date, grade: int) -> Iterator[tuple[str, str, date, date]]:
    """(key, name, first day, last day) of the periods of a grade that have begun."""
    year = calendar.year
    for month in months_of(calendar):
        if month <= today:
            yield (
                f"{month:%Y-%m}", month_name(month),
                max(month, year.date_from), min(last_day(month), year.date_to),
            )  # fmt: skip
    for term in calendar.terms_for(grade):
        if term.date_from <= today:
            yield f"{term.scheme}-{term.number}", str(term), term.date_from, term.date_to
    yield YEAR, f"{year.name} учебный год", year.date_from, year.date_to


def _with_sums(lines: Sequence[Line]) -> Iterator[Line]:
    """Each parallel of several classes with its sum, and the school."""
    for grade in sorted({line.grade for line in lines if line.grade is not None}):
        of_grade = [line for line in lines if line.grade == grade]
        yield from of_grade
        if len(of_grade) > 1:
            yield _sum_line(f"{grade}-е классы", grade, of_grade)
    yield _sum_line(WHOLE_SCHOOL, None, lines)


def _sum_line(name: str, grade: int | None, lines: Sequence[Line]) -> Line:
    keys = dict.fromkeys(key for line in lines for key in line.by_period)
    sums = {key: sum_of(line.by_period[key] for line in lines if key in line.by_period) for key in keys}
    return Line(name, None, grade, sums)


def _classes(year: AcademicYear) -> list[SchoolClass]:
    return list(SchoolClass.objects.filter(year=year).select_related("year__school"))


def _packed(total: Totals) -> dict[str, Any]:
    return {
        "days": dict(total.days), "lessons": dict(total.lessons), "unknown": dict(total.unknown),
        "own": total.own_lessons, "late": total.late,
    }  # fmt: skip


def _unpacked(row: dict[str, Any]) -> Totals:
    return Totals(Counter(row["days"]), Counter(row["lessons"]), row["own"], row["late"], Counter(row["unknown"]))


# --- Files -----------------------------------------------------------------------------------------


def part_values(total: Totals | None) -> list[Value]:
    """A term's columns, under PART_HEADS; empty where the class has no such term."""
    if total is None:
        return [None] * len(PART_HEADS)
    percent = total.percent
    return [*total.days_figures()[:2], *total.lessons_figures()[:2], "—" if percent is None else percent]


def rows_for_file(summary: SchoolSummary, period: str) -> Iterator[list[Value]]:
    """A period by reason, or all terms and the year."""
    if period != TERMS:
        yield ["Класс", *TOTAL_HEADS]
        for line, total in summary.lines_of(period):
            yield [line.name, *total_values(total)]
        return
    heads = [f"{name}, {head}" for _, name in summary.terms for head in PART_HEADS]
    yield ["Класс", *heads, *(f"Год. {head}" for head in TOTAL_HEADS)]
    for line in summary.lines:
        figures = [value for key, _ in summary.terms for value in part_values(line.by_period.get(key))]
        yield [line.name, *figures, *total_values(line.by_period[YEAR])]
