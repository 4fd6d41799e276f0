"""Pupils of the whole school with signals, for the deputy: counted by the worker, filtered here.

The rules are those of a class (`attendance.signals`), so that the list never says anything else than the page of the
class did that morning. What was answered since is read at the moment of looking.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from attendance.models import SchoolSignals, SignalNote
from attendance.signals import Kind, Signal, read_signals
from journal.calendar import load_calendar, year_of
from journal.models import Enrolment, Pupil, SchoolClass

COUNT_FROM = time(5, 0)
"""After midnight nothing has changed; before the first lesson everything should stand."""
GIVEN_UP = timedelta(minutes=15)
"""A count that has not ended by then died with its worker."""
PAGE = 60
OPEN, ANSWERED = "open", "answered"


@dataclass(frozen=True, slots=True)
class Filter:
    kind: str = ""
    grade: int | None = None
    class_id: int | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A signal of a pupil, and the answer to it."""

    pupil: Pupil
    school_class: SchoolClass
    kind: Kind
    words: str
    figure: str
    css: str
    note: SignalNote | None


@dataclass(frozen=True)
class SchoolPage:
    """`counts` are lines by kind for the other filters chosen; `shown` is one page of `lines`."""

    chosen: Filter
    made_at: datetime | None
    is_old: bool
    is_counting: bool
    classes: list[SchoolClass]
    counts: list[tuple[Kind, int]]
    lines: list[Line]
    shown: list[Line]
    number: int
    pages: int
    query: str

    @property
    def grades(self) -> list[int]:
        return sorted({row.grade for row in self.classes})

    @property
    def numbers(self) -> range:
        return range(1, self.pages + 1)

    @property
    def open_count(self) -> int:
        return sum(line.note is None for line in self.lines)


# --- Counting -------------------------------------------------------------------------------------


def ask_to_count(now: datetime) -> None:
    row = _row()
    SchoolSignals.objects.filter(pk=row.pk).update(wanted_at=now)


def count_if_due(now: datetime) -> bool:
    """Count where it is due and nobody else does; called by every worker twice a minute. Two queries while idle."""
    row = _row()
    local = timezone.localtime(now)
    made = timezone.localtime(row.made_at) if row.made_at else None
    is_new_day = (made is None or made.date() < local.date()) and local.time() >= COUNT_FROM
    is_wanted = row.wanted_at is not None and (row.made_at is None or row.wanted_at > row.made_at)
    if not (is_new_day or is_wanted):
        return False
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - GIVEN_UP)
    if not SchoolSignals.objects.filter(free, pk=row.pk, made_at=row.made_at).update(claimed_at=now):
        return False
    rows = list(count_school(now))
    # Asked again while it was counted: that wish still stands, since `made_at` is when the count began.
    SchoolSignals.objects.filter(pk=row.pk, claimed_at=now).update(rows=rows, made_at=now, claimed_at=None)
    return True


def count_school(now: datetime) -> Iterator[dict]:
    """The signals of every class of the day's school year, as JSON values. A calendar, and four queries a class."""
    today = timezone.localdate(now)
    year = year_of(today)
    if year is None:
        return
    calendar = load_calendar(year)
    for school_class in year.classes.all():
        for signal in read_signals(school_class, today, calendar):
            yield _stored(signal, school_class)


def _stored(signal: Signal, school_class: SchoolClass) -> dict:
    return {
        "pupil": signal.pupil.pk,
        "class": school_class.pk,
        "kind": signal.kind.value,
        "answers": sorted(signal.answers),
        "words": signal.words,
        "figure": signal.figure,
        "css": signal.css,
        "order": signal.order[:3],
    }


def _row() -> SchoolSignals:
    row = SchoolSignals.objects.order_by("pk").first()
    return row or SchoolSignals.objects.get_or_create(pk=1)[0]


# --- Reading --------------------------------------------------------------------------------------


def school_page(chosen: Filter, now: datetime, number: int | None) -> SchoolPage:
    """The lines that fit; of page `number`, or all. Five queries, whatever the sizes."""
    row = SchoolSignals.objects.order_by("pk").first()
    today = now.date()
    year = year_of(today)
    classes = sorted(year.classes.all(), key=lambda one: (one.grade, one.letter)) if year else []
    lines = _lines(row.rows, classes) if row and year else []
    fitting = [line for line in lines if _fits(line, chosen)]
    counts = Counter(line.kind for line in fitting)
    if chosen.kind:
        fitting = [line for line in fitting if line.kind == chosen.kind]
    pages = max(1, -(-len(fitting) // PAGE))
    number = min(max(number, 1), pages) if number else None
    shown = fitting[(number - 1) * PAGE : number * PAGE] if number else fitting
    made_at = timezone.localtime(row.made_at) if row and row.made_at else None
    return SchoolPage(
        chosen=chosen,
        made_at=made_at,
        is_old=made_at is not None and made_at.date() < today,
        is_counting=row is not None and row.wanted_at is not None and (not row.made_at or row.wanted_at > row.made_at),
        classes=classes,
        counts=[(kind, counts[kind]) for kind in Kind],
        lines=fitting,
        shown=shown,
        number=number or 1,
        pages=pages,
        query=_query(chosen),
    )


def rows_for_file(page: SchoolPage) -> Iterator[list]:
    yield ["Класс", "Ученик", "Сигнал", "Цифры", "Принято", "Кто принял", "Что сделано"]
    for line in page.shown:
        note = line.note
        answer = [note.at, note.by.short_name, note.note] if note else [None, "", ""]
        yield [line.school_class.name, line.pupil.list_name, line.kind.label, line.words, *answer]


def _lines(rows: Iterable[dict], classes: Iterable[SchoolClass]) -> list[Line]:
    """The kept rows with pupils, classes and answers; who left the class since is left out. Two queries."""
    by_class = {one.pk: one for one in classes}
    rows = [row for row in rows if row["class"] in by_class and row["kind"] in Kind.values]
    ids = {row["pupil"] for row in rows}
    today = timezone.localdate()
    year_end = max((one.year.date_to for one in by_class.values()), default=today)
    here = Enrolment.objects.filter(pupil__in=ids, school_class__in=by_class).on_roll(min(today, year_end))
    stays = {(stay.pupil_id, stay.school_class_id): stay.pupil for stay in here.select_related("pupil")}
    notes: dict[tuple[int, str], list[SignalNote]] = defaultdict(list)
    for note in SignalNote.objects.filter(pupil__in=ids).select_related("by"):
        notes[note.pupil_id, note.kind].append(note)
    found = []
    for row in rows:
        if pupil := stays.get((row["pupil"], row["class"])):
            answers = (note for note in notes[pupil.pk, row["kind"]] if note.key in row["answers"])
            line = Line(
                pupil, by_class[row["class"]], Kind(row["kind"]), row["words"], row["figure"], row["css"],
                next(answers, None),
            )  # fmt: skip
            found.append(((line.note is not None, *row["order"], pupil.sort_name), line))
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


def _fits(line: Line, chosen: Filter) -> bool:
    return (
        (chosen.grade is None or line.school_class.grade == chosen.grade)
        and (chosen.class_id is None or line.school_class.pk == chosen.class_id)
        and (chosen.state != OPEN or line.note is None)
        and (chosen.state != ANSWERED or line.note is not None)
    )


def _query(chosen: Filter) -> str:
    """The same choice in another address."""
    parts = {"kind": chosen.kind, "grade": chosen.grade, "class": chosen.class_id, "state": chosen.state}
    known = {OPEN, ANSWERED}
    return "&".join(f"{name}={value}" for name, value in parts.items() if value and (name != "state" or value in known))
