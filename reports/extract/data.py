"""What an extract says. Plain values only: templates and the PDF need no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from hashlib import sha256

from journal.dates import MONTHS_OF, day_month
from journal.models import MarkValue
from journal.text import plural
from reports.extract.blocks import ALL_BLOCKS, Block

LONG_ADVICE = 500
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Period:
    """From–to, both included."""

    start: date
    end: date

    def __str__(self) -> str:
        """«9–20 ноября 2026», «28 сентября – 9 октября 2026»."""
        return f"{span(self.start, self.end)} {self.end.year}"


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One mark of the period. `short` is the kind of work in a few letters, none for the usual one."""

    value: str
    date: date
    kind: str
    is_control: bool = False
    short: str = ""

    @property
    def shown(self) -> str:
        """A debt is a point in the journal; a parent reads a word."""
        return "долг" if self.value == MarkValue.OWED else self.value


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """A subject: marks of the period, mean of the term so far, results of terms."""

    subject: str
    note: str
    teacher: str
    marks: tuple[MarkLine, ...]
    mean: Decimal | None
    previous: str
    result: str
    expected: int | None
    is_unsure: bool

    @property
    def is_forecast(self) -> bool:
        return not self.result and self.expected is not None

    @property
    def shown_result(self) -> str:
        """The period mark once it is given, before that the expected one, «*» where it may well change."""
        if self.result:
            return self.result
        if self.expected is None:
            return "—"
        return f"{self.expected}*" if self.is_unsure else str(self.expected)


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """Absence or lateness on a day, or on days in a row for one reason. `lessons` None: no timetable known."""

    start: date
    end: date
    numbers: tuple[int, ...]
    is_whole_day: bool
    reason: str
    lessons: int | None
    is_confirmed: bool = True
    document: str = ""

    @property
    def dates(self) -> str:
        first, last = f"{self.start:%d.%m}", f"{self.end:%d.%m}"
        return first if first == last else f"{first}–{last}"

    @property
    def places(self) -> str:
        """«весь день», «дни целиком», «урок 3», «уроки 1, 3–5»."""
        if self.is_whole_day:
            return "весь день" if self.start == self.end else "дни целиком"
        return f"{'урок' if len(self.numbers) == 1 else 'уроки'} {runs(self.numbers)}"

    @property
    def why(self) -> str:
        reason = self.reason if self.is_confirmed else f"{self.reason}, причина не выяснена"
        return f"{reason} ({self.document})" if self.document else reason


@dataclass(frozen=True, slots=True)
class AbsenceTotal:
    """Days and lessons missed for one reason; of `unknown_days` the lessons are not known."""

    reason: str
    days: int
    lessons: int
    unknown_days: int = 0

    @property
    def lessons_words(self) -> str:
        return _lessons_words(self.lessons, self.unknown_days)


@dataclass(frozen=True, slots=True)
class Absences:
    """Everything missed in the period. `unknown_days` of `days` have no timetable, so their lessons are not known."""

    lines: tuple[AbsenceLine, ...] = ()
    totals: tuple[AbsenceTotal, ...] = ()
    late: int = 0
    unknown_days: int = 0

    @property
    def lessons_words(self) -> str:
        return _lessons_words(self.lessons, self.unknown_days)

    @property
    def days(self) -> int:
        return sum(total.days for total in self.totals)

    @property
    def lessons(self) -> int:
        return sum(total.lessons for total in self.totals)


def _lessons_words(lessons: int, unknown_days: int) -> str:
    """«12 уроков»; a day without a timetable is never told as no lesson (domain.md §2)."""
    if unknown_days and not lessons:
        return "уроки неизвестны"
    if unknown_days:
        return f"не меньше {lessons} {plural(lessons, 'урока,уроков,уроков')}"
    return f"{lessons} {plural(lessons, 'урок,урока,уроков')}"


@dataclass(frozen=True, slots=True)
class HomeworkLine:
    due: date
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class ControlLine:
    date: date
    subject: str
    title: str


@dataclass(frozen=True, slots=True)
class AdviceLine:
    date: date
    subject: str
    teacher: str
    text: str


@dataclass(frozen=True, slots=True)
class LessonLine:
    number: int
    subject: str
    room: str = ""
    starts: time | None = None
    substitute: str = ""


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day of the timetable; the nearest school day of its weekday, so replacements are seen."""

    date: date
    weekday: str
    lessons: tuple[LessonLine, ...]


@dataclass(frozen=True, slots=True)
class TeacherLine:
    subject: str
    teacher: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class VacationLine:
    name: str
    start: date
    end: date

    @property
    def dates(self) -> str:
        return span(self.start, self.end)


@dataclass(frozen=True)
class ExtractData:
    """One pupil's extract. Nothing in it is of another child."""

    pupil_id: int
    class_id: int
    pupil: str
    pupil_short: str
    class_name: str
    school: str
    class_teacher: str
    period: Period
    formed_on: date
    term: str
    term_roman: str
    term_word: str
    previous_roman: str
    has_marks: bool
    subjects: tuple[SubjectLine, ...]
    absences: Absences
    homework: tuple[HomeworkLine, ...]
    control_works: tuple[ControlLine, ...]
    advice: tuple[AdviceLine, ...]
    timetable: tuple[DayLine, ...]
    teachers: tuple[TeacherLine, ...]
    vacations: tuple[VacationLine, ...]
    is_draft_calendar: bool
    left_on: date | None = None
    plan: str = ""
    pupil_genitive: str = ""
    addressee: str = ""
    """«Петровой Анне Ивановне (мать)»: who is on paper, in the dative; empty where nobody asked for paper. A family
    gets one sheet: two guardians both stand here."""
    blocks: tuple[str, ...] = ()
    """Which parts the sheet shows; empty: all of them."""
    guardian_id: int | None = field(default=None, compare=False)

    @property
    def shown(self) -> tuple[str, ...]:
        """Names of the parts that stand on the sheet."""
        return self.blocks or ALL_BLOCKS

    @property
    def has_back(self) -> bool:
        """Whether anything stands on the back of the sheet."""
        return bool({Block.TIMETABLE, Block.TEACHERS, Block.VACATIONS} & set(self.shown))

    @property
    def back_words(self) -> str:
        """«Расписание, педагоги и каникулы»: what the back holds, in words."""
        words = [Block(name).label for name in (Block.TIMETABLE, Block.TEACHERS, Block.VACATIONS) if name in self.shown]
        return (", ".join(words[:-1]) + " и " * (len(words) > 1) + words[-1]).capitalize() if words else ""

    @property
    def kinds_words(self) -> str:
        """What the letters at the marks stand for: «К: контрольная работа, С: самостоятельная работа»."""
        kinds = {(mark.short, mark.kind) for line in self.subjects for mark in line.marks if mark.short}
        return ", ".join(f"{short}: {kind}" for short, kind in sorted(kinds))

    @property
    def result_word(self) -> str:
        """The heading of the last column: what is given and what is only expected are never told by one word."""
        if not self.has_forecast:
            return "Итог"
        return "Итог или ожидаемый" if self.is_mixed else "Ожидается"

    @property
    def has_forecast(self) -> bool:
        return any(line.is_forecast for line in self.subjects)

    @property
    def is_mixed(self) -> bool:
        """Some results are given and others still expected: each of the latter says so."""
        return self.has_forecast and any(line.result for line in self.subjects)

    @property
    def is_unsure(self) -> bool:
        """Whether the sheet has to explain «*»."""
        return any(line.shown_result.endswith("*") for line in self.subjects)

    @property
    def has_long_advice(self) -> bool:
        """Too long for half of the page's width."""
        return sum(len(line.text) for line in self.advice) > LONG_ADVICE

    @property
    def homework_dates(self) -> str:
        """«24–25 ноября» of all homework."""
        return span(self.homework[0].due, self.homework[-1].due) if self.homework else ""

    @property
    def code(self) -> str:
        """A short digest of the contents, printed and kept in the file: two sheets with one code say the same."""
        return code_of(self)


def code_of(contents: object) -> str:
    """The digest of a paper's contents in twelve signs: short enough to be read out."""
    return sha256(repr(contents).encode()).hexdigest()[:12].upper()


def span(start: date, end: date) -> str:
    """«12 ноября», «9–20 ноября», «31 декабря – 10 января»."""
    if start == end:
        return day_month(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{end.day} {MONTHS_OF[end.month]}"
    return f"{day_month(start)} – {day_month(end)}"


def runs(numbers: Iterable[int]) -> str:
    """«1, 3–5» of 1, 3, 4, 5."""
    groups: list[list[int]] = []
    for number in sorted(numbers):
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in groups)
