"""The class teacher's hands over documents, presses and facts, and what stands afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from django.db import transaction

from attendance.models import Absence, AbsenceChange
from attendance.services import Press, mark_absence
from attendance.services.documents import (
    Paper,
    add_documents,
    answer_fact,
    change_documents,
    paper_of,
    remove_documents,
)
from attendance.services.places import Origin, Standing, lock_pupils, put
from journal.calendar import load_calendar
from tests.factories import MONDAY

FRIDAY = MONDAY + timedelta(days=4)


@dataclass
class Office:
    """The class teacher's hands."""

    school_class: object
    by: object

    @cached_property
    def calendar(self):
        return load_calendar(self.school_class.year)

    def add(self, *pupils, start=MONDAY, end=FRIDAY, reason="ill", by=None, why="", **fields):
        fields = {"kind": "certificate", "number": "12", **fields}
        paper = Paper(reason=reason, date_from=start, date_to=end, **fields)
        ids = [pupil.pk for pupil in pupils]
        rows = add_documents(pupil_ids=ids, paper=paper, calendar=self.calendar, by=by or self.by, why=why)
        return rows[0] if len(rows) == 1 else rows

    def change(self, document, by=None, seen="", why="", **fields):
        document.refresh_from_db()
        paper = replace(paper_of(document), **fields)
        return change_documents(
            documents=[document], paper=paper, calendar=self.calendar, by=by or self.by, seen=seen, why=why
        )

    def remove(self, *documents, by=None, why=""):
        return remove_documents(documents=documents, calendar=self.calendar, by=by or self.by, why=why)

    def press(self, pupil, day, lesson, new, key=None, undoes=None):
        row = Absence.objects.filter(pupil=pupil, date=day, lesson=lesson).first()
        press = Press(pupil.pk, lesson, row.reason if row else "", new, key=key, undoes=undoes)
        return mark_absence(
            school_class=self.school_class,
            day=day,
            press=press,
            calendar=self.calendar,
            by=self.by,
            session="0123456789abcdef",
        )

    def fact(self, pupil, day, lesson, by):
        with transaction.atomic():
            lock_pupils([pupil.pk])
            origin = Origin(by, AbsenceChange.Source.LESSON)
            row = put(None, pupil.pk, day, lesson, Standing("unexcused", is_confirmed=False), origin)
            return answer_fact(row, origin)


def standing(pupil):
    """(date, lesson) → (reason, confirmed, document)."""
    rows = Absence.objects.filter(pupil=pupil)
    return {(row.date, row.lesson): (row.reason, row.is_confirmed, row.document_id) for row in rows}


def everything(pupil):
    """All columns of the absences, but not their own numbers: a place that comes back is another row."""
    names = [f.attname for f in Absence._meta.concrete_fields if f.attname != "id"]
    return sorted(map(repr, Absence.objects.filter(pupil=pupil).values_list(*names)))
