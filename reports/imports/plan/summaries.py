"""Planning of period marks from summary sheets."""

from __future__ import annotations

from collections import Counter

from django.utils import timezone

from journal.models import PeriodMark, Pupil, SchoolClass, Subject, Term
from reports.imports.read.rows import PeriodMarkRow, SummarySheet

from .class_roll import ClassRoll
from .courses import Courses, subject_key
from .planner import Context

SCHEME_NAMES = {"quarter": "четверти", "half_year": "полугодия", "trimester": "триместры"}


class SummaryPlanner:
    def __init__(self, context: Context, courses: Courses) -> None:
        self.context, self.staged, self.courses = context, context.staged, courses
        self.now = timezone.now()
        pupils = {row.pk: row for row in context.register.pupils if row.pk}
        subjects = {row.pk: row for row in courses.subjects.values() if row.pk}
        self.marks: dict[tuple[int, int, str, int | None], PeriodMark] = {}
        for mark in PeriodMark.objects.filter(year=context.year):
            mark.pupil, mark.subject = pupils[mark.pupil_id], subjects[mark.subject_id]
            self.marks[id(mark.pupil), id(mark.subject), mark.kind, mark.term_id] = mark

    def plan(self, sheet: SummarySheet) -> None:
        school_class = self.context.school_class(sheet.class_name, sheet.place)
        if school_class is None:
            return
        is_year = sheet.period_kind == "year"
        term = None if is_year else self._term(sheet, school_class)
        if term is None and not is_year:
            return
        roll = ClassRoll(self.context, school_class)
        pupils = {str(name): roll.find(name, place) for place, name in sheet.pupils}
        subjects = self._subjects(sheet, school_class)
        counts: Counter = Counter()
        for row in sheet.marks:
            pupil, subject = pupils[str(row.pupil)], subjects.get(row.subject)
            if pupil and subject:
                self._plan_mark(row, pupil, subject, term, counts)
        for status, number in counts.items():
            self.context.count("period_mark", status, f"{school_class.name}: {term or 'год'}", sheet.place, number)

    def _term(self, sheet: SummarySheet, school_class: SchoolClass) -> Term | None:
        scheme = self.context.calendar.school.scheme_for(school_class.grade)
        for term in self.context.calendar.terms:
            if term.scheme == scheme == sheet.period_kind and term.number == sheet.period_number:
                return term
        self.context.error(
            sheet.place,
            f"У {school_class.name} периоды — {SCHEME_NAMES[scheme]}, а ведомость названа иначе.",
            "Исправьте период над таблицей или деление года в настройках школы.",
        )
        return None

    def _subjects(self, sheet: SummarySheet, school_class: SchoolClass) -> dict[str, Subject]:
        """Column title → subject; an unknown title is said once, not at each pupil."""
        taught = {subject_key(course.subject.name): course.subject for course in self.courses.of_class(school_class)}
        known = taught or self.courses.subjects
        found: dict[str, Subject] = {}
        for row in {row.subject: row for row in sheet.marks}.values():
            if subject := known.get(subject_key(row.subject)):
                found[row.subject] = subject
            else:
                self.context.error(
                    sheet.place,
                    f"В {school_class.name} нет предмета «{row.subject}».",
                    "Проверьте заголовок столбца; предметы класса берутся из расписания.",
                )
        return found

    def _plan_mark(
        self, row: PeriodMarkRow, pupil: Pupil, subject: Subject, term: Term | None, counts: Counter
    ) -> None:
        kind = PeriodMark.Kind.TERM if term else PeriodMark.Kind.YEAR
        key = (id(pupil), id(subject), str(kind), term.pk if term else None)
        if not self.context.agrees(("period_mark", *key), row.value, row.place):
            return
        mark = self.marks.get(key)
        if mark is not None and mark.value == row.value:
            counts["unchanged"] += 1
            return
        if term and term.is_closed:
            self.context.error(
                row.place, f"{row.pupil}, {row.subject}: {term} уже закрыт, отметка {row.value} не записана.",
                "После закрытия отметки меняет только заместитель директора.",
            )  # fmt: skip
            return
        if mark is None:
            mark = PeriodMark(pupil=pupil, subject=subject, year=self.context.year, kind=str(kind), term=term,
                              value=row.value, set_by=self.context.by, set_at=self.now)  # fmt: skip
            self.marks[key] = self.staged.add(mark)
            counts["new"] += 1
            return
        fields = [("отметка", mark.value, row.value)]
        self.context.change("period_mark", f"{row.pupil}, {row.subject}, {term or 'год'}", row.place, fields)
        for field, value in (("value", row.value), ("set_by", self.context.by), ("set_at", self.now)):
            self.staged.set(mark, field, value)
