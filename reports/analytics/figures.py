"""A number with how it came about: «как посчитано» stands beside every number of a report.

The words are made here and nowhere else, so that the page, the paper and the workbook explain a number alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from journal.models import MarkValue
from journal.text import decimal_text, plural
from reports.formulas import Group, Indicators, class_quality, class_success, rounded

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Figure:
    """`counted` writes the division out, `left_out` says who is not in it and why; `previous` is the same number of
    the period before, None where there is none. Numbers are exact, rounded only when shown."""

    name: str
    value: Decimal | None
    counted: str = ""
    left_out: str = ""
    unit: str = "%"
    previous: Decimal | None = None
    places: int = 2

    @property
    def shown(self) -> str:
        """«86,96 %», «3,77», «25» (no places); «—» where there is nobody to count."""
        if self.value is None:
            return NOTHING
        return decimal_text(self.value, self.places) + (f"{NO_BREAK_SPACE}{self.unit}" if self.unit else "")

    @property
    def change(self) -> Decimal | None:
        """How much more than in the period before, in the number's own unit, as the difference of what is shown."""
        here, before = rounded(self.value, self.places), rounded(self.previous, self.places)
        return None if here is None or before is None else here - before

    @property
    def change_shown(self) -> str:
        """«+2,10», «−0,50», «без изменений»; empty without a period before."""
        change = self.change
        if change is None:
            return ""
        if not change:
            return "без изменений"
        return ("+" if change > 0 else MINUS) + decimal_text(abs(change), self.places)

    def after(self, before: Figure | None) -> Figure:
        """The same with the number of the period before."""
        return replace(self, previous=before.value if before else None)


@dataclass(frozen=True, slots=True)
class SubjectFigures:
    """The four numbers of a subject (domain.md §4)."""

    success: Figure
    quality: Figure
    sou: Figure
    mean: Figure

    def __iter__(self):
        return iter((self.success, self.quality, self.sou, self.mean))

    def after(self, before: SubjectFigures | None) -> SubjectFigures:
        if before is None:
            return self
        pairs = zip(self, before, strict=True)
        return SubjectFigures(*(one.after(earlier) for one, earlier in pairs))


def subject_figures(of: Indicators) -> SubjectFigures:
    """Успеваемость, качество, СОУ, средний балл of a set of period marks, each with how it came about."""
    counts, out = of.counts, left_out_words(of)
    numeric = {value: counts.get(value, 0) for value in ("5", "4", "3", "2", "1")}
    marks = sum(numeric.values())
    good = counts.get("5", 0) + counts.get("4", 0)
    not_attested = counts.get(MarkValue.NOT_ATTESTED, 0)
    fives, fours, threes = (counts.get(value, 0) for value in "543")
    weights = (("100", "5"), ("64", "4"), ("36", "3"), ("16", "2"), ("7", "1"), ("7", str(MarkValue.NOT_ATTESTED)))
    sou = " + ".join(f"{weight}·{counts[value]}" for weight, value in weights if counts.get(value))
    mean = " + ".join(f"{value}·{count}" for value, count in numeric.items() if count)
    mean_out = _joined([out.rstrip("."), f"н/а: {not_attested}" if not_attested else ""])
    return SubjectFigures(
        success=Figure(
            "Успеваемость", of.success, f"«5», «4», «3»: {fives} + {fours} + {threes} из {of.n}" if of.n else "", out
        ),
        quality=Figure("Качество", of.quality, f"«5» и «4»: {good} из {of.n}" if of.n else "", out),
        sou=Figure("СОУ", of.sou, f"({sou}) : {of.n}" if of.n else "", out),
        mean=Figure("Средний балл", of.mean, f"({mean}) : {marks}" if marks else "", mean_out, unit=""),
    )


def left_out_words(of: Indicators) -> str:
    """«освобождены: 1, без отметки за период: 1» — who is not in N, and why; empty where everybody is."""
    passed = of.counts.get(MarkValue.PASS, 0) + of.counts.get(MarkValue.FAIL, 0)
    return _joined(
        [
            f"освобождены: {of.counts[MarkValue.EXEMPT]}" if of.counts.get(MarkValue.EXEMPT) else "",
            f"зачёт вместо отметки: {passed}" if passed else "",
            f"без отметки за период: {of.empty}" if of.empty else "",
        ]
    )


def class_figures(groups: Mapping[int, frozenset[Group]]) -> tuple[Figure, Figure]:
    """Успеваемость and качество of the class, by pupils (domain.md §4): not the mean of the subjects' percentages."""
    pupils: Sequence[frozenset[Group]] = list(groups.values())
    counted = sum(Group.NO_RESULT not in one for one in pupils)
    excellent = sum(Group.EXCELLENT in one for one in pupils)
    good = sum(Group.GOOD in one for one in pupils)
    bad = sum(bool(one & {Group.FAILING, Group.NOT_ATTESTED}) for one in pupils)
    out = _joined([f"без результата: {len(pupils) - counted}" if len(pupils) > counted else ""])
    return (
        Figure(
            "Успеваемость класса",
            class_success(pupils),
            f"без «2» и н/а: {counted - bad} из {counted}" if counted else "",
            out,
        ),
        Figure(
            "Качество знаний класса",
            class_quality(pupils),
            f"отличники {excellent} и хорошисты {good} из {counted}" if counted else "",
            out,
        ),
    )


def mean_of_subjects(name: str, figures: Iterable[Figure]) -> Figure:
    """«В среднем по предметам»: the plain mean of the subjects' percentages, under a name of its own."""
    values = [figure.value for figure in figures if figure.value is not None]
    value = sum(values, Decimal(0)) / len(values) if values else None
    return Figure(
        name, value, f"среднее из {len(values)} {plural(len(values), 'предмета,предметов,предметов')}" if values else ""
    )


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
