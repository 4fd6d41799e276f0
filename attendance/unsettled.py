"""«Противоречия»: what of a class's absences waits for a word of the class teacher, and what was left as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from attendance.conflicts import Conflict, Decided, conflicts, decided
from attendance.models import ClosedMonth
from attendance.queries import marks_by_day
from attendance.unconfirmed import DayFacts, facts_by_day, unconfirmed
from journal.calendar import Calendar
from journal.files import Value
from journal.lessons import class_lessons
from journal.models import SchoolClass, Term


@dataclass(frozen=True)
class Unsettled:
    """The list of a class for a period; no query is left inside. `term` None is the whole year so far."""

    term: Term | None
    terms: list[Term]
    days: list[DayFacts]
    conflicts: list[Conflict]
    decided: list[Decided]
    closed_months: frozenset[date]

    @property
    def facts(self) -> int:
        return sum(len(day.facts) for day in self.days)

    @property
    def period(self) -> str:
        return str(self.term) if self.term else "учебный год"

    def is_closed(self, day: date) -> bool:
        return day.replace(day=1) in self.closed_months


def unsettled(school_class: SchoolClass, calendar: Calendar, today: date, term: Term | None) -> Unsettled:
    """The list of the term, or of the year up to today. Eight queries, whatever the sizes."""
    start = term.date_from if term else school_class.year.date_from
    end = min(term.date_to if term else school_class.year.date_to, today)
    begun = [one for one in calendar.terms_for(school_class.grade) if one.date_from <= today]
    lessons = class_lessons(school_class, start, end, calendar)
    marks = {
        pupil_id: {day: of_day for day, of_day in days.items() if lessons.on_roll(pupil_id, day)}
        for pupil_id, days in marks_by_day([pupil.pk for pupil in lessons.pupils], start, end).items()
    }
    return Unsettled(
        term=term,
        terms=begun,
        days=facts_by_day(unconfirmed(lessons.pupils, start, end), lessons),
        # Newest first: what happened this week can still be asked about.
        conflicts=sorted(conflicts(lessons.pupils, marks, start, end), key=lambda row: row.day, reverse=True),
        decided=[row for row in decided(lessons.pupils, start, end) if lessons.on_roll(row.pupil.pk, row.day)],
        closed_months=frozenset(ClosedMonth.objects.values_list("month", flat=True)),
    )


def rows_for_file(page: Unsettled) -> list[list[Value]]:
    """The list as a table; the first row is the heading."""
    table: list[list[Value]] = [["Что", "Дата", "Ученик", "Где", "Отметка", "Подробности", "Кто", "Пояснение"]]
    for day in page.days:
        for fact in day.facts:
            name = fact.pupil.list_name
            table.append(["причина не выяснена", fact.day, name, fact.where, fact.letter, "", fact.by, ""])
    for row in page.conflicts:
        table.append(["противоречие", row.day, row.pupil.list_name, row.place, row.letter, row.words, "", ""])
    for kept in page.decided:
        what = "оставлено как есть"
        table.append([what, kept.day, kept.pupil.list_name, kept.place, "", kept.words, kept.by, kept.note])
    return table
