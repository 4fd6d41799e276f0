"""Two small drawings of one pupil: a line among words, and a calendar of absences. The larger charts: `reports.charts`.

Colours and sizes stand in the markup as attributes that suit paper in black and white, because WeasyPrint gives no
style sheet to a drawing; on the screen css/small-charts.css overrides them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from journal.dates import MONTHS_OF, day_month

Number = Decimal | float | int

SPARK_WIDTH, SPARK_HEIGHT, EDGE = 96, 24, 3


def sparkline(
    values: Sequence[Number | None], *, title: str, low: Number | None = None, high: Number | None = None
) -> SafeString:
    """A line of values from left to right with a dot at the last one; gaps where a value is None. `title` says in
    words what it shows. An empty string where there is no value at all."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return SafeString("")
    bottom = float(low) if low is not None else min(known)
    top = float(high) if high is not None else max(known)
    step = (SPARK_WIDTH - 2 * EDGE) / max(len(values) - 1, 1)

    def at(place: int, value: Number) -> tuple[int, int]:
        part = (min(max(float(value), bottom), top) - bottom) / (top - bottom) if top > bottom else 0.5
        return round(EDGE + place * step), round(SPARK_HEIGHT - EDGE - part * (SPARK_HEIGHT - 2 * EDGE))

    lines, last = [], (0, 0)
    for run in _runs(values):
        points = [at(place, value) for place, value in run]
        last = points[-1]
        if len(points) > 1:
            lines.append(" ".join(f"{x},{y}" for x, y in points))
    # Safe: whole numbers of our own; the only text is escaped.
    drawn = "".join(f'<polyline points="{one}" fill="none" stroke="#333" stroke-width="1.5"/>' for one in lines)
    return mark_safe(
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" width="{SPARK_WIDTH}" height="{SPARK_HEIGHT}"'
        f' role="img" aria-label="{escape(title)}">{drawn}<circle cx="{last[0]}" cy="{last[1]}" r="2.5"/></svg>'
    )


def _runs(values: Sequence[Number | None]) -> Iterator[list[tuple[int, Number]]]:
    """Values in a row, each with its place."""
    run: list[tuple[int, Number]] = []
    for place, value in enumerate(values):
        if value is not None:
            run.append((place, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


CELL, GAP, NAMES, HEAD = 16, 2, 26, 18
SHORT_WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
NAMED_LETTERS = {"Б": "болезнь", "У": "уважительная причина", "Н": "неуважительная причина", "О": "опоздание"}
CSS_OF = {"Б": "is-ill", "У": "is-excused", "Н": "is-unexcused", "О": "is-late"}


@dataclass(frozen=True, slots=True)
class AbsenceCalendar:
    """What reports/svg/absence_calendar.html draws: weeks from left to right, a row a weekday, letters in the cells.
    `days` are (day, letter) once more for the table."""

    drawing: SafeString
    width: int
    height: int
    days: tuple[tuple[date, str], ...]

    @property
    def is_empty(self) -> bool:
        return not self.days

    @property
    def rows(self) -> list[tuple[str, str]]:
        """«12 ноября», «болезнь»."""
        return [(day_month(day), NAMED_LETTERS.get(letter, letter)) for day, letter in self.days]


def absence_calendar(
    days: Mapping[date, str], start: date, end: date, *, school_days: Collection[date], week_days: int = 5
) -> AbsenceCalendar:
    """The calendar of start..end: a letter (Б, У, Н, О) on days with an absence, an empty frame on other school days,
    nothing on days off. Days outside of start..end are left out."""
    first = start - timedelta(days=start.weekday())
    weeks = max(1, (end - first).days // 7 + 1)
    told = {day: letter for day, letter in days.items() if start <= day <= end}
    rows = max([week_days, *(day.isoweekday() for day in told)])
    parts, named = [_weekday(number) for number in range(rows)], 0
    for week in range(weeks):
        monday = first + timedelta(weeks=week)
        left = NAMES + week * (CELL + GAP)
        month = max(monday, start).month
        if month != named:
            named = month
            parts.append(f'<text x="{left}" y="12" font-size="11" fill="#333">{MONTHS_OF[month][:3]}</text>')
        for number in range(rows):
            day = monday + timedelta(days=number)
            if start <= day <= end and (day in told or day in school_days):
                parts.append(_cell(day, told.get(day, ""), left, HEAD + number * (CELL + GAP)))
    return AbsenceCalendar(
        drawing=mark_safe("".join(parts)),  # whole numbers and words of our own; letters are escaped
        width=NAMES + weeks * (CELL + GAP),
        height=HEAD + rows * (CELL + GAP),
        days=tuple(sorted(told.items())),
    )


def _weekday(number: int) -> str:
    y = HEAD + number * (CELL + GAP) + 12
    return f'<text x="0" y="{y}" font-size="11" fill="#333">{SHORT_WEEKDAYS[number]}</text>'


def _cell(day: date, letter: str, x: int, y: int) -> str:
    if not letter:
        return (
            f'<rect class="days__free" x="{x}" y="{y}" width="{CELL}" height="{CELL}" rx="3" fill="none"'
            ' stroke="#bbb" stroke-width="0.7"/>'
        )
    return format_html(
        '<g class="days__day {}"><title>{}: {}</title>'
        '<rect x="{}" y="{}" width="{}" height="{}" rx="3" fill="#ddd" stroke="#333" stroke-width="0.7"/>'
        '<text x="{}" y="{}" text-anchor="middle" font-size="11" font-weight="bold" fill="#000">{}</text></g>',
        CSS_OF.get(letter, ""), day_month(day), NAMED_LETTERS.get(letter, letter),
        x, y, CELL, CELL, x + CELL // 2, y + 12, letter,
    )  # fmt: skip
