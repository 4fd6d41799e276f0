"""What counts as a missed day: how many days of pupils another rule changes over the year so far."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from attendance.models import ABSENCE_REASONS, WHOLE_DAY, Absence, Reason
from attendance.queries import missed_on
from journal.calendar import load_calendar, year_of
from journal.lessons import class_lessons
from journal.models import Enrolment, SchoolClass
from reports.school.preview import ByClass, Line, Preview

ENOUGH = 3
"""Lessons after which the two rules can differ at all (domain.md §2)."""


def missed_day_preview(old: str, new: str, today: date) -> Preview:
    """Days of pupils that begin or cease to count as missed. Only days on which the rules can differ are worked out,
    class by class: the rest is the same under both."""
    year = year_of(today)
    if year is None:
        return Preview()
    calendar = load_calendar(year)
    end = min(today, year.date_to)
    changed = ByClass(("станут пропущенными", "перестанут"))
    doubtful = _doubtful(year.date_from, end)
    classes = SchoolClass.objects.select_related("year__school").in_bulk(list(doubtful))
    for class_id, marks in doubtful.items():
        school_class = classes[class_id]
        days = {day for _, day in marks}
        lessons = class_lessons(school_class, min(days), max(days), calendar)
        for (pupil_id, day), letters in marks.items():
            own = [place.number for place in lessons.own(pupil_id, day)]
            before, after = missed_on(own, letters, old).day, missed_on(own, letters, new).day
            if bool(before) != bool(after):
                changed.add(school_class.grade, school_class.letter, 0 if after else 1)
    up, down = changed.totals
    if not up and not down:
        return Preview((Line("В этом году ни один день не изменится: итоги пропусков останутся прежними."),))
    line = Line(
        f"С начала года изменится дней у учеников: {up + down}. Станут пропущенными: {up}, перестанут: {down}.",
        is_warning=True,
    )
    kept = Line("Число пропущенных уроков и буквы в табеле не изменятся.")
    return Preview((line, kept), changed.all_heads, changed.rows)


def _doubtful(start: date, end: date) -> dict[int, dict[tuple[int, date], dict[int, str]]]:
    """Class → (pupil, day) → letters, for the days on which the rules can differ: three lessons marked one by one, or a
    whole day of which the pupil came late to a lesson. Two queries."""
    letters: dict[tuple[int, date], dict[int, str]] = defaultdict(dict)
    rows = Absence.objects.between(start, end).order_by()
    for pupil, day, lesson, reason in rows.values_list("pupil_id", "date", "lesson", "reason"):
        letters[pupil, day][lesson] = reason
    doubtful = {key: found for key, found in letters.items() if _may_differ(found)}
    stays: dict[int, list[tuple[date, date | None, int]]] = defaultdict(list)
    enrolments = Enrolment.objects.overlapping(start, end).order_by()
    for pupil, since, until, class_id in enrolments.values_list("pupil_id", "date_from", "date_to", "school_class_id"):
        stays[pupil].append((since, until, class_id))
    found: dict[int, dict[tuple[int, date], dict[int, str]]] = defaultdict(dict)
    for (pupil, day), own in doubtful.items():
        for since, until, class_id in stays[pupil]:
            if since <= day and (until is None or day <= until):
                found[class_id][pupil, day] = own
    return found


def _may_differ(letters: dict[int, str]) -> bool:
    if letters.get(WHOLE_DAY) in ABSENCE_REASONS:
        return Reason.LATE in letters.values()
    return sum(reason in ABSENCE_REASONS for reason in letters.values()) >= ENOUGH
