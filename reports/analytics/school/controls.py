"""Control works of the year against the rules, and how many each class has a week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from journal.calendar import Calendar
from journal.models import ControlWork, SchoolClass, TimetableSlot
from journal.text import normalise
from reports.analytics.school.control_rules import WEEKS, Rule, Work, broken_rules, by_week
from reports.analytics.school.tables import AnalyticsPage, Cell, Row, Section, text
from reports.report_charts import HeatRow, heat_map

STEPS = (Decimal(-1), Decimal(-2), Decimal(-3))
"""The heat map is the darker the lower its number: counts go in with a minus."""


_RULES = "; ".join(str(rule.label) for rule in Rule)


@dataclass(frozen=True, slots=True)
class Wanted:
    rule: str = ""
    class_id: int | None = None
    subject_id: int | None = None


def controls_page(calendar: Calendar, wanted: Wanted) -> AnalyticsPage:
    """What breaks the rules, and the year by weeks. Four queries, whatever the sizes."""
    classes = {one.pk: one for one in SchoolClass.objects.filter(year=calendar.year).order_by("grade", "letter")}
    rows = {row.pk: row for row in _rows(calendar)}
    works = list(_works(rows.values(), classes, calendar))
    fitting = [
        one
        for one in broken_rules(works, calendar.school.control_gap_days)
        if wanted.rule in ("", one.rule)
        and wanted.class_id in (None, one.work.class_id)
        and wanted.subject_id in (None, one.work.subject_id)
    ]
    broken = tuple(
        Row(
            (
                Cell(f"{one.work.date:%d.%m.%Y}", one.work.date),
                text(classes[one.work.class_id].name),
                text(rows[one.work.pk].course.subject.name),
                text(rows[one.work.pk].title),
                text(str(one.rule.label)),
                text(one.words),
                text(rows[one.work.pk].approved_reason or "не согласовано"),
            )
        )
        for one in fitting
    )
    subjects = {row.course.subject_id: row.course.subject.name for row in rows.values()}
    sections = (
        Section(
            "broken", f"Нарушения правил: {len(fitting)}",
            ("Дата", "Класс", "Предмет", "Работа", "Правило", "Числа", "Согласование"), broken,
            f"Правила: {_RULES}. Часы в год: уроки по расписанию × {WEEKS} недели.",
            "Нарушений нет." if works else "В графике нет контрольных работ.",
        ),
        _weeks(works, classes, calendar),
    )  # fmt: skip
    more = {
        "rules": list(Rule), "classes": list(classes.values()),
        "subjects": sorted(subjects.items(), key=lambda pair: normalise(pair[1])),
    }  # fmt: skip
    sub = f"{calendar.year.name} учебный год · работ в графике: {len(rows)}"
    return AnalyticsPage("Контрольные работы", sub, sections, more=more)


def _rows(calendar: Calendar):
    span = (calendar.year.date_from, calendar.year.date_to)
    rows = ControlWork.objects.filter(date__range=span).select_related("course__subject", "course__group")
    return rows.prefetch_related("course__group__classes").order_by("date", "pk")


def _works(rows, classes: dict[int, SchoolClass], calendar: Calendar):
    """A work of a group is a work of each of its classes."""
    slots = _slots(calendar)
    for row in rows:
        course = row.course
        if course.plan_id:
            continue  # of one pupil, not of a class
        ids = [one.pk for one in course.group.classes.all()] if course.group_id else [course.school_class_id]
        weekday = calendar.timetable_weekday(row.date)
        for class_id in ids:
            if class_id not in classes:
                continue
            of_day = [slot for slot in slots.get((class_id, weekday), ()) if slot.holds(row.date)]
            own = [slot.number for slot in of_day if slot.course_id == course.pk]
            numbers = [slot.number for slot in of_day]
            weekly = sum(
                slot.course_id == course.pk and slot.holds(row.date)
                for day in range(1, 8)
                for slot in slots.get((class_id, day), ())
            )
            yield Work(
                pk=row.pk, class_id=class_id, grade=classes[class_id].grade, subject_id=course.subject_id,
                course_id=course.pk, date=row.date, number=own[0] if own else None, first=min(numbers, default=None),
                last=max(numbers, default=None), weekly=weekly,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Slot:
    course_id: int
    number: int
    start: date
    end: date | None

    def holds(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


def _slots(calendar: Calendar) -> dict[tuple[int, int], list[_Slot]]:
    """(class id, weekday) → places in the timetable of the class and of its groups. One query."""
    year = calendar.year
    rows = TimetableSlot.objects.filter(
        Q(date_to=None) | Q(date_to__gte=year.date_from), date_from__lte=year.date_to, course__plan=None
    ).order_by()
    found: dict[tuple[int, int], list[_Slot]] = defaultdict(list)
    for weekday, number, start, end, course_id, class_id, group_class in rows.values_list(
        "weekday", "number", "date_from", "date_to", "course_id", "course__school_class_id", "course__group__classes"
    ):
        if class_id or group_class:
            found[class_id or group_class, weekday].append(_Slot(course_id, number, start, end))
    return found


def _weeks(works: Sequence[Work], classes: dict[int, SchoolClass], calendar: Calendar) -> Section:
    """Classes × weeks that have any work."""
    monday_of = {work.date: work.date - timedelta(days=work.date.weekday()) for work in works}
    counts, mondays = by_week(works, monday_of), sorted(set(monday_of.values()))
    heads = [f"{monday:%d.%m}" for monday in mondays]
    shown = [one for one in classes.values() if any((one.pk, monday) in counts for monday in mondays)]
    rows = tuple(
        Row((text(one.name), *(Cell(str(counts.get((one.pk, m), "")), counts.get((one.pk, m)), is_number=True)
                               for m in mondays)))
        for one in shown
    )  # fmt: skip
    heat = heat_map(
        [HeatRow(one.name, [str(counts[one.pk, m]) if (one.pk, m) in counts else None for m in mondays])
         for one in shown],
        heads, steps=STEPS, decimals=0,
    ) if rows else None  # fmt: skip
    return Section(
        "weeks", "Работ в неделю", ("Класс", *heads), rows, "Неделя названа по понедельнику.",
        "В графике нет контрольных работ.", heat=heat,
    )  # fmt: skip
