"""How near the next mark is: the weighted mean written out, and what is lacking, in the words of a family's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from journal.means import Thresholds, marks_to_reach
from journal.models import Pupil
from reports.extract.data import SubjectLine
from reports.extract.source import MarkRow, Source

COUNT_WORDS = ("", "одной", "двух", "трёх", "четырёх", "пяти", "шести", "семи", "восьми", "девяти")
MARK_WORDS = {5: ("пятёрки", "пятёрок"), 4: ("четвёрки", "четвёрок"), 3: ("тройки", "троек")}


@dataclass(frozen=True, slots=True)
class Forecast:
    """A subject on the page of marks: its line of the extract, how the mean came about, what is lacking."""

    line: SubjectLine
    counted: str
    lacking: str
    steps: int | None


def forecasts(pupil: Pupil, source: Source, lines: Iterable[SubjectLine]) -> list[Forecast]:
    """The subjects with their weighted mean written out, and what is lacking to the next mark."""
    thresholds = Thresholds.of(source.calendar.school)
    term = source.term
    of_term: dict[str, list[MarkRow]] = defaultdict(list)
    for row in source.marks.get(pupil.pk, ()):
        if term.date_from <= row.date <= term.date_to:
            of_term[source.subjects[row.subject_id].name].append(row)
    found = []
    for line in lines:
        weighed = [(row.value, row.weight) for row in of_term[line.subject]]
        target = line.expected + 1 if line.expected and line.expected < 5 and not line.result else None
        steps = marks_to_reach(target, weighed, thresholds) if target else None
        found.append(Forecast(line, counted(weighed), lacking(target, steps), steps))
    return found


def counted(weighed: Sequence[tuple[str, Decimal]]) -> str:
    """«(5·3 + 4 + 4) : 5» — the weighted mean as a pupil would write it; an empty string without a number."""
    numeric = [(value, weight) for value, weight in weighed if value.isdigit()]
    parts = [value if weight == 1 else f"{value}·{_number(weight)}" for value, weight in numeric]
    return f"({' + '.join(parts)}) : {_number(sum(weight for _, weight in numeric))}" if parts else ""


def lacking(target: int | None, steps: int | None) -> str:
    """«До пятёрки не хватает двух пятёрок подряд.»"""
    if not target or not steps:
        return ""
    one, many = MARK_WORDS[target]
    count = COUNT_WORDS[steps] if steps < len(COUNT_WORDS) else str(steps)
    return f"До {one} не хватает {count} {one if steps == 1 else many}{' подряд' if steps > 1 else ''}."


def nearest(found: Iterable[Forecast]) -> Forecast | None:
    """The subject where the next mark is nearest: worth a word on the first page."""
    reachable = [one for one in found if one.steps and one.steps <= 3 and one.line.mean]
    return min(reachable, key=lambda one: (one.steps, -(one.line.mean or 0)), default=None)


def _number(value: Decimal | int) -> str:
    return f"{Decimal(value).normalize():f}".replace(".", ",")
