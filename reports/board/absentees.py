"""Отсутствующие школы: who is absent on a day, why, since when, with a paper or without. Plain values out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from django.db.models import F, Q

from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, Absence, AbsenceDocument, Reason
from attendance.queries import main_reason
from attendance.school import Absent, day_reason
from journal.calendar import Calendar
from journal.files import Value
from journal.text import row_number

UNKNOWN = "unknown"
REASONS = (
    (str(Reason.ILL), "Б болезнь"),
    (str(Reason.EXCUSED), "У уважительная"),
    (str(Reason.UNEXCUSED), "Н неуважительная"),
    (UNKNOWN, "причина не выяснена"),
)
GROUPINGS = (("class", "по классам"), ("grade", "по параллелям"), ("reason", "по причинам"))
PAPERS = (("yes", "есть"), ("no", "нет"))
EXTENTS = (("day", "весь день"), ("part", "часть уроков"))


@dataclass(frozen=True, slots=True)
class Line:
    """A pupil of the day. `lessons` are the missed ones, empty for the whole day; `since` is the first of the school
    days in a row missed whole."""

    class_id: int
    class_name: str
    grade: int
    pupil_id: int
    name: str
    reason: str
    is_confirmed: bool
    counts: bool
    lessons: tuple[int, ...]
    since: date
    days: int
    document: str

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]

    @property
    def reason_words(self) -> str:
        return Reason(self.reason).label if self.is_confirmed else "причина не выяснена"

    @property
    def where(self) -> str:
        if not self.lessons:
            return "весь день"
        return f"{'уроки' if len(self.lessons) > 1 else 'урок'} {', '.join(map(str, self.lessons))}"


@dataclass(frozen=True)
class Filter:
    """What of the day is shown; anything unknown in an address shows all."""

    reason: str = ""
    grade: int | None = None
    class_id: int | None = None
    paper: str = ""
    extent: str = ""
    by: str = "class"

    @classmethod
    def of(cls, data: Mapping[str, str]) -> Filter:
        def one_of(name: str, known: Iterable[tuple[str, str]], default: str = "") -> str:
            return data.get(name, "") if data.get(name, "") in dict(known) else default

        return cls(
            reason=one_of("reason", REASONS),
            grade=row_number(data.get("grade", "")),
            class_id=row_number(data.get("class", "")),
            paper=one_of("paper", PAPERS),
            extent=one_of("extent", EXTENTS),
            by=one_of("by", GROUPINGS, "class"),
        )

    def takes(self, line: Line) -> bool:
        reason = UNKNOWN if not line.is_confirmed else line.reason
        return (
            self.reason in ("", reason)
            and self.grade in (None, line.grade)
            and self.class_id in (None, line.class_id)
            and (not self.paper or (self.paper == "yes") == bool(line.document))
            and (not self.extent or (self.extent == "day") == (not line.lessons))
        )

    @property
    def is_on(self) -> bool:
        return bool(self.reason or self.grade or self.class_id or self.paper or self.extent)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Sum:
    """Absentees of a parallel, in numbers; the same rule as on «Обзор»."""

    grade: int
    absent: Absent = field(default_factory=Absent)

    @property
    def counts(self) -> list[int]:
        return [self.absent.by_reason[reason] for reason in ABSENCE_REASONS]


@dataclass(frozen=True)
class Absentees:
    """Everything of the page: the lines chosen, and the sums of the whole day."""

    lines: list[Line]
    groups: list[Group]
    sums: list[Sum]
    total: Absent
    grades: list[int]
    classes: list[tuple[int, str]]

    @property
    def total_counts(self) -> list[int]:
        return [self.total.by_reason[reason] for reason in ABSENCE_REASONS]


def absentees(calendar: Calendar, day: date, chosen: Filter) -> Absentees:
    """The day of the school. Two queries, whatever its size."""
    everybody = _lines(calendar, day)
    sums: dict[int, Absent] = defaultdict(Absent)
    for line in everybody:
        if line.counts:
            sums[line.grade].by_reason[line.reason] += 1
        else:
            sums[line.grade].partly += 1
    lines = [line for line in everybody if chosen.takes(line)]
    return Absentees(
        lines=lines,
        groups=_grouped(lines, chosen.by),
        sums=[Sum(grade, sums[grade]) for grade in sorted(sums)],
        total=sum(sums.values(), Absent()),
        grades=sorted({line.grade for line in everybody}),
        classes=list({line.class_id: line.class_name for line in everybody}.items()),
    )


def rows_for_file(page: Absentees) -> list[list[Value]]:
    """The lines chosen, in the order of classes."""
    table: list[list[Value]] = [
        ["Класс", "Ученик", "Причина", "Пояснение", "Что пропускает", "Нет с", "Учебных дней", "Документ"]
    ]
    table += [
        [line.class_name, line.name, line.letter, line.reason_words, line.where, line.since, line.days,
         line.document or "нет"]
        for line in page.lines
    ]  # fmt: skip
    return table


def _lines(calendar: Calendar, day: date) -> list[Line]:
    # All conditions in one filter(): they are about the same enrolment.
    still = Q(pupil__enrolments__date_to=None) | Q(pupil__enrolments__date_to__gte=day)
    rows = (
        Absence.objects.absences()
        .filter(still, date=day, pupil__enrolments__date_from__lte=day)
        .select_related("pupil", "document")
        .annotate(
            class_id=F("pupil__enrolments__school_class"),
            grade=F("pupil__enrolments__school_class__grade"),
            class_letter=F("pupil__enrolments__school_class__letter"),
        )
        .order_by("grade", "class_letter", "pupil__sort_name", "pupil", "lesson")
    )
    of_pupils = [list(marks) for _, marks in groupby(rows, key=lambda row: row.pupil_id)]
    earlier = _whole_days([marks[0].pupil_id for marks in of_pupils], calendar.year.date_from, day)
    return [_line(marks, earlier[marks[0].pupil_id], calendar, day) for marks in of_pupils]


def _whole_days(pupil_ids: list[int], start: date, end: date) -> dict[int, set[date]]:
    """Days missed whole, by pupil. One query."""
    found: dict[int, set[date]] = defaultdict(set)
    rows = Absence.objects.absences().filter(pupil__in=pupil_ids, lesson=WHOLE_DAY).between(start, end)
    for pupil_id, day in rows.order_by().values_list("pupil", "date"):
        found[pupil_id].add(day)
    return found


def _line(marks: list[Absence], earlier: set[date], calendar: Calendar, day: date) -> Line:
    first = marks[0]
    reasons = {row.lesson: row.reason for row in marks}
    counted = day_reason(reasons)
    reason = counted or main_reason(Counter(reasons.values()))
    since, days = _run(earlier, calendar, day, first.grade) if WHOLE_DAY in reasons else (day, 1)  # type: ignore[attr-defined]
    document = next((row.document for row in marks if row.document), None)
    return Line(
        class_id=first.class_id,  # type: ignore[attr-defined]
        class_name=f"{first.grade}{first.class_letter}",  # type: ignore[attr-defined]
        grade=first.grade,  # type: ignore[attr-defined]
        pupil_id=first.pupil_id,
        name=first.pupil.list_name,
        reason=reason,
        is_confirmed=all(row.is_confirmed for row in marks),
        counts=bool(counted),
        lessons=() if WHOLE_DAY in reasons else tuple(sorted(reasons)),
        since=since,
        days=days,
        document=_paper(document) if document else "",
    )


def _run(missed: set[date], calendar: Calendar, day: date, grade: int) -> tuple[date, int]:
    """The first of the school days in a row missed whole, up to the day, and how many they are."""
    since, days = day, 1
    before = calendar.school_day_before(since, grade)
    while before and before in missed:
        since, days = before, days + 1
        before = calendar.school_day_before(since, grade)
    return since, days


def _paper(document: AbsenceDocument) -> str:
    number = f" № {document.number}" if document.number else ""
    return f"{document.get_kind_display()}{number}, {document.date_from:%d.%m}–{document.date_to:%d.%m}"


def _grouped(lines: list[Line], by: str) -> list[Group]:
    keys: dict[str, Callable[[Line], tuple[int, str]]] = {
        "class": lambda line: (0, line.class_name),
        "grade": lambda line: (line.grade, f"{line.grade}-е классы"),
        "reason": lambda line: _reason_key(line),
    }
    key = keys[by]
    # By class the order of the lines is the order of the school; sorting is stable.
    ordered = lines if by == "class" else sorted(lines, key=key)
    return [Group(title, list(found)) for (_, title), found in groupby(ordered, key=key)]


def _reason_key(line: Line) -> tuple[int, str]:
    known = [name for name, _ in REASONS]
    name = line.reason if line.is_confirmed else UNKNOWN
    return known.index(name), dict(REASONS)[name]
