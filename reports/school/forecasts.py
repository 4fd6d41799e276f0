"""Thresholds and weights: how many marks «прогноз» would change. The same means as on every page, both ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db.models import Count

from journal.calendar import load_calendar, year_of
from journal.means import Thresholds, expected_mark, has_few_marks, is_disputed, weighted_mean
from journal.models import NUMERIC_VALUES, AcademicYear, Enrolment, Mark, School, WorkKind
from reports.school.preview import ByClass, Line, Preview

Counts = Mapping[tuple[str, int], int]
"""How many marks of a value and a kind of work."""
Cell = tuple[int, str, str, Counts]
"""Grade, letter of the class, scheme of its terms, marks of one pupil in one subject."""

GIVEN_STAY = Line("Уже выставленные отметки за период не изменятся: меняются только прогноз и средние на страницах.")


def thresholds_preview(old: School, new: School, today: date) -> Preview:
    """What other thresholds, margin or «мало отметок» do to the current terms. A handful of queries."""
    weights = _weights()
    before, after = Thresholds.of(old), Thresholds.of(new)
    moved = ByClass(("станет выше", "станет ниже"))
    disputed = [0, 0]
    few = [0, 0]
    for grade, letter, scheme, counts in _cells(today):
        mean = _mean(counts, weights)
        _note(moved, grade, letter, expected_mark(mean, before), expected_mark(mean, after))
        _turn(disputed, is_disputed(mean, before), is_disputed(mean, after))
        number = sum(counts.values())
        _turn(few, has_few_marks(number, scheme, old), has_few_marks(number, scheme, new))
    lines = [_moved_line(moved), GIVEN_STAY]
    if any(disputed):
        lines.append(Line(f"Спорными станут прогнозов: {disputed[0]}, перестанут быть спорными: {disputed[1]}."))
    if any(few):
        lines.append(Line(f"Помету «мало отметок» получат: {few[0]}, потеряют: {few[1]}."))
    return Preview(tuple(lines), moved.all_heads, moved.rows)


def weights_preview(kind_id: int, weight: Decimal, today: date) -> Preview:
    """What another weight of one kind of work does to the means and forecasts of the current terms."""
    before = _weights()
    after = {**before, kind_id: weight}
    school = School.load()
    thresholds = Thresholds.of(school)
    moved = ByClass(("станет выше", "станет ниже"))
    means = 0
    for grade, letter, _, counts in _cells(today):
        if not any(kind == kind_id for _, kind in counts):
            continue
        old, new = _mean(counts, before), _mean(counts, after)
        means += old != new
        _note(moved, grade, letter, expected_mark(old, thresholds), expected_mark(new, thresholds))
    words = f"Средневзвешенный балл изменится, случаев (ученик и предмет): {means}."
    first = Line(words, is_warning=bool(means))
    return Preview((first, _moved_line(moved), GIVEN_STAY), moved.all_heads, moved.rows)


def _moved_line(moved: ByClass) -> Line:
    up, down = moved.totals
    if not up and not down:
        return Line("Прогноз за текущий период не изменится ни у кого.")
    words = f"Прогноз за текущий период изменится, случаев (ученик и предмет): {up + down}. "
    return Line(f"{words}Станет выше {up}, ниже {down}.", is_warning=True)


def _note(moved: ByClass, grade: int, letter: str, old: int | None, new: int | None) -> None:
    if old is not None and new is not None and old != new:
        moved.add(grade, letter, 0 if new > old else 1)


def _turn(counts: list[int], before: bool, after: bool) -> None:
    counts[0] += after and not before
    counts[1] += before and not after


def _weights() -> dict[int, Decimal]:
    return dict(WorkKind.objects.values_list("pk", "weight"))


def _mean(counts: Counts, weights: Mapping[int, Decimal]) -> Decimal | None:
    return weighted_mean((value, weights[kind] * n) for (value, kind), n in counts.items())


def _cells(today: date) -> list[Cell]:
    """Pupil × subject of the current terms, for the pupils on the roll today. One query a scheme beside the roll's."""
    year = year_of(today)
    if year is None:
        return []
    calendar = load_calendar(year)
    roll = _roll(year, min(today, year.date_to))
    windows: dict[tuple[date, date], set[int]] = defaultdict(set)
    for grade in range(2, 12):  # grade 1 has no marks
        if term := calendar.term_on(today, grade):
            windows[term.date_from, min(term.date_to, max(today, term.date_from))].add(grade)
    found: list[Cell] = []
    for (first, last), grades in windows.items():
        counts: dict[tuple[int, int], dict[tuple[str, int], int]] = defaultdict(dict)
        rows = Mark.objects.filter(
            value__in=NUMERIC_VALUES, lesson__date__range=(first, last), lesson__course__subject__has_marks=True
        )
        columns = ("pupil_id", "lesson__course__subject_id", "value", "kind_id")
        for pupil, subject, value, kind, n in rows.order_by().values_list(*columns).annotate(n=Count("pk")):
            if pupil in roll and roll[pupil][0] in grades:
                counts[pupil, subject][value, kind] = n
        for (pupil, _), own in counts.items():
            grade, letter = roll[pupil]
            found.append((grade, letter, calendar.school.scheme_for(grade), own))
    return found


def _roll(year: AcademicYear, day: date) -> dict[int, tuple[int, str]]:
    """Pupil → grade and letter of the class of the day."""
    rows = Enrolment.objects.on_roll(day).filter(school_class__year=year).order_by()
    return {
        pupil: (grade, letter)
        for pupil, grade, letter in rows.values_list("pupil_id", "school_class__grade", "school_class__letter")
    }
