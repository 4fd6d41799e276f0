"""Documents: what they take, what they prefill, and that removing them restores exactly what stood before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import permutations
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent
from attendance.models import Absence, AbsenceChange, AbsenceDocument, ClosedMonth, DocumentHold, RollCall
from attendance.services import CannotMark, Press, mark_absence
from attendance.services.document_places import WhyNeeded
from attendance.services.documents import (
    Paper,
    add_documents,
    answer_fact,
    change_documents,
    paper_of,
    remove_documents,
    stamp_of,
)
from attendance.services.places import Origin, Standing, lock_pupils, put
from journal.calendar import load_calendar
from tests.factories import MONDAY, make_absence, make_class, make_pupil, make_user, teacher_user

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (MONDAY + timedelta(days=n) for n in range(1, 6))
NEXT_MONDAY = MONDAY + timedelta(days=7)


@pytest.fixture(autouse=True)
def wednesday_morning(clock):
    clock(datetime(2026, 11, 18, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


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


@pytest.fixture
def office(school_class):
    return Office(school_class, teacher_user(school_class))


def standing(pupil):
    """(date, lesson) → (reason, confirmed, document)."""
    rows = Absence.objects.filter(pupil=pupil)
    return {(row.date, row.lesson): (row.reason, row.is_confirmed, row.document_id) for row in rows}


def everything(pupil):
    """All columns of the absences, but not their own numbers: a place that comes back is another row."""
    names = [f.attname for f in Absence._meta.concrete_fields if f.attname != "id"]
    return sorted(map(repr, Absence.objects.filter(pupil=pupil).values_list(*names)))


# --- What a document takes ------------------------------------------------------------------------


def test_it_gives_its_reason_to_every_absence_inside_its_dates_but_not_to_lateness(school_class, office):
    pupil = make_pupil(school_class)
    make_absence(pupil, MONDAY, reason="unexcused")
    make_absence(pupil, TUESDAY, lesson=3, reason="unexcused", is_confirmed=False)
    make_absence(pupil, TUESDAY, lesson=1, reason="late", minutes=10)
    make_absence(pupil, MONDAY - timedelta(days=3), reason="unexcused")

    document = office.add(pupil, end=TUESDAY)

    assert standing(pupil) == {
        (MONDAY - timedelta(days=3), 0): ("unexcused", True, None),
        (MONDAY, 0): ("ill", True, document.pk),
        (TUESDAY, 3): ("ill", True, document.pk),
        (TUESDAY, 1): ("late", True, None),
    }
    change = AbsenceChange.objects.get(date=TUESDAY)
    assert (change.old, change.new, change.source, change.document) == ("unexcused", "ill", "document", document)


def test_past_days_are_not_invented_and_coming_school_days_are_prefilled(school_class, office):
    pupil = make_pupil(school_class)

    document = office.add(pupil, end=NEXT_MONDAY)

    days = [WEDNESDAY, THURSDAY, FRIDAY, NEXT_MONDAY]  # neither the weekend nor Monday and Tuesday that were
    assert standing(pupil) == {(day, 0): ("ill", True, document.pk) for day in days}


@pytest.mark.parametrize("why_not", ["roll call", "lateness"])
def test_today_is_not_prefilled_once_it_is_known(school_class, office, why_not):
    pupil = make_pupil(school_class)
    if why_not == "roll call":
        RollCall.objects.create(school_class=school_class, date=WEDNESDAY)
    else:
        make_absence(pupil, WEDNESDAY, lesson=1, reason="late")

    office.add(pupil, start=WEDNESDAY, end=THURSDAY)

    assert (WEDNESDAY, 0) not in standing(pupil)
    assert (THURSDAY, 0) in standing(pupil)


def test_only_days_on_the_roll_of_the_own_class_are_touched(school_class, office):
    before = make_class("7А", year=school_class.year)
    pupil = make_pupil(before, until=MONDAY)
    pupil.enrolments.create(school_class=school_class, date_from=TUESDAY, date_to=THURSDAY)
    make_absence(pupil, MONDAY, reason="unexcused")
    make_absence(pupil, TUESDAY, reason="unexcused")

    document = office.add(pupil)

    assert {day for (day, _), found in standing(pupil).items() if found[2] == document.pk} == {
        TUESDAY, WEDNESDAY, THURSDAY,
    }  # fmt: skip
    by_deputy = office.add(pupil, number="13", by=make_user(is_deputy=True))
    assert standing(pupil)[MONDAY, 0] == ("ill", True, by_deputy.pk)


def test_a_pupil_off_the_roll_and_dates_outside_the_year_are_refused(school_class, office):
    pupil = make_pupil(school_class, until=MONDAY)

    with pytest.raises(CannotMark, match="нет в списке класса"):
        office.add(pupil, start=TUESDAY)
    with pytest.raises(CannotMark, match="учебного года"):
        office.add(pupil, start=date(2026, 8, 1))
    with pytest.raises(CannotMark, match="раньше первого"):
        office.add(pupil, start=FRIDAY, end=MONDAY)
    assert not AbsenceDocument.objects.exists()


def test_the_same_paper_sent_twice_is_one_document(school_class, office):
    pupil, other = make_pupil(school_class), make_pupil(school_class)

    first = office.add(pupil, kind="order", reason="excused")
    assert office.add(pupil, kind="order", reason="excused") == first
    assert (DocumentHold.objects.count(), AuditEvent.objects.count()) == (3, 1)

    # The order sent again with one pupil more gains just this one.
    [again, new] = office.add(pupil, other, kind="order", reason="excused")
    assert again == first
    assert new.pupil == other
    assert AbsenceDocument.objects.count() == 2


# --- A closed month -------------------------------------------------------------------------------


def test_a_closed_month_is_changed_by_the_deputy_with_a_reason_only(school_class, office):
    pupil = make_pupil(school_class)
    make_absence(pupil, MONDAY, reason="unexcused")
    make_absence(pupil, date(2026, 10, 30) - timedelta(days=14), reason="unexcused")
    ClosedMonth.objects.create(month=date(2026, 10, 1), closed_by=make_user(is_deputy=True))
    start, deputy = date(2026, 10, 12), make_user(is_deputy=True)

    with pytest.raises(CannotMark, match="заместитель директора"):
        office.add(pupil, start=start)
    with pytest.raises(WhyNeeded, match="октября"):
        office.add(pupil, start=start, by=deputy)
    assert not AbsenceDocument.objects.exists()
    # A paper that reaches into the month but changes nothing there is nobody's business.
    office.remove(office.add(pupil, start=date(2026, 10, 19)))

    document = office.add(pupil, start=start, by=deputy, why="справка пришла поздно")
    whys = AbsenceChange.objects.filter(document=document).values_list("date__month", "why")
    assert set(whys) == {(10, "справка пришла поздно"), (11, "")}

    with pytest.raises(CannotMark, match="заместитель директора"):
        office.remove(document)
    with pytest.raises(WhyNeeded):
        office.change(document, by=deputy, date_from=MONDAY)
    office.remove(document, by=deputy, why="не тот ученик")
    assert {found[0] for found in standing(pupil).values()} == {"unexcused"}


# --- Removing and correcting ----------------------------------------------------------------------


def test_removing_restores_reason_state_author_and_time(school_class, office):
    pupil, colleague = make_pupil(school_class), make_user()
    then = timezone.now() - timedelta(days=1)
    make_absence(pupil, MONDAY, reason="unexcused", is_confirmed=False, marked_by=colleague, marked_at=then)
    make_absence(pupil, TUESDAY, lesson=2, reason="ill", marked_by=None, marked_at=then)  # from an import
    before = everything(pupil)

    document = office.add(pupil)
    assert everything(pupil) != before
    office.remove(document)

    assert everything(pupil) == before
    document.refresh_from_db()
    assert (document.removed_by, document.removed_at is not None) == (office.by, True)
    assert not document.holds.exists()


def test_a_removed_document_is_not_removed_again(school_class, office):
    pupil = make_pupil(school_class)
    document = office.add(pupil)
    office.remove(document)
    at = AbsenceDocument.objects.get().removed_at
    office.press(pupil, TUESDAY, 0, "ill")

    assert office.remove(document) == []
    assert AbsenceDocument.objects.get().removed_at == at
    assert standing(pupil) == {(TUESDAY, 0): ("ill", True, None)}


def test_a_press_over_the_document_stays_when_the_document_goes(school_class, office):
    pupil = make_pupil(school_class)
    make_absence(pupil, MONDAY, reason="unexcused")
    document = office.add(pupil)
    office.press(pupil, MONDAY, 0, "excused")
    office.press(pupil, WEDNESDAY, 0, "")

    office.remove(document)

    assert standing(pupil) == {(MONDAY, 0): ("excused", True, None)}


def test_an_undone_press_gives_the_place_back_and_removal_still_restores(school_class, office):
    pupil, key = make_pupil(school_class), uuid4()
    make_absence(pupil, MONDAY, reason="unexcused")
    document = office.add(pupil)
    office.press(pupil, MONDAY, 0, "excused", key=key)
    office.press(pupil, MONDAY, 0, "ill", undoes=key)
    assert standing(pupil)[MONDAY, 0] == ("ill", True, document.pk)

    office.remove(document)

    assert standing(pupil) == {(MONDAY, 0): ("unexcused", True, None)}


def test_a_press_undone_after_an_older_document_went_does_not_bring_that_one_back(school_class, office):
    pupil, key = make_pupil(school_class), uuid4()
    make_absence(pupil, MONDAY, reason="unexcused")
    older = office.add(pupil, reason="excused", kind="note")
    newer = office.add(pupil)
    office.press(pupil, MONDAY, 0, "unexcused", key=key)
    office.remove(older)
    office.press(pupil, MONDAY, 0, "ill", undoes=key)
    assert standing(pupil)[MONDAY, 0] == ("ill", True, newer.pk)

    office.remove(newer)

    assert standing(pupil) == {(MONDAY, 0): ("unexcused", True, None)}


def test_a_document_without_holds_leaves_the_letters_and_goes(school_class, office):
    pupil = make_pupil(school_class)
    document = AbsenceDocument.objects.create(
        pupil=pupil, kind="certificate", reason="ill", date_from=MONDAY, date_to=MONDAY, added_by=office.by
    )
    make_absence(pupil, MONDAY, document=document)

    office.remove(document)

    assert standing(pupil) == {(MONDAY, 0): ("ill", True, None)}


def test_extending_takes_the_new_days_only(school_class, office):
    pupil = make_pupil(school_class)
    document = office.add(pupil, start=MONDAY, end=THURSDAY)
    office.press(pupil, WEDNESDAY, 0, "")  # came all the same

    office.change(document, date_to=NEXT_MONDAY)

    assert sorted(day for day, _ in standing(pupil)) == [THURSDAY, FRIDAY, NEXT_MONDAY]
    office.change(document, date_to=FRIDAY)
    assert sorted(day for day, _ in standing(pupil)) == [THURSDAY, FRIDAY]
    event = AuditEvent.objects.latest("pk")
    assert (event.old, event.new) == ({"date_to": "2026-11-23"}, {"date_to": "2026-11-20"})


def test_a_correction_made_from_an_old_page_is_refused(school_class, office):
    document = office.add(make_pupil(school_class))
    seen = stamp_of(document)
    office.change(document, note="оригинал принесли")

    with pytest.raises(CannotMark, match="документ изменили"):
        office.change(document, seen=seen, note="")
    assert AbsenceDocument.objects.get().note == "оригинал принесли"


# --- A fact from a lesson -------------------------------------------------------------------------


def test_a_fact_inside_the_dates_is_answered_at_once_and_comes_back_with_the_removal(school_class, office):
    pupil, teacher = make_pupil(school_class), make_user()
    office.add(pupil, reason="excused", kind="note", end=TUESDAY)
    document = office.add(pupil, end=TUESDAY)

    row = office.fact(pupil, TUESDAY, 4, teacher)

    assert (row.reason, row.is_confirmed, row.document, row.marked_by) == ("ill", True, document, office.by)
    change = AbsenceChange.objects.latest("pk")
    assert (change.old, change.new, change.source, change.by) == ("unexcused", "ill", "document", teacher)
    office.remove(document)
    row = Absence.objects.get()
    assert (row.reason, row.is_confirmed, row.document, row.marked_by) == ("unexcused", False, None, teacher)


def test_a_fact_outside_the_dates_or_under_a_removed_document_waits_for_its_reason(school_class, office):
    pupil, teacher = make_pupil(school_class), make_user()
    office.remove(office.add(pupil, end=TUESDAY))

    for day in (TUESDAY, WEDNESDAY):
        row = office.fact(pupil, day, 4, teacher)
        assert (row.reason, row.is_confirmed, row.document) == ("unexcused", False, None)


# --- Any order of documents and presses ------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_three_documents_over_each_other_go_in_any_order(school_class, office, order):
    pupil = make_pupil(school_class)
    make_absence(pupil, MONDAY, reason="unexcused", is_confirmed=False, marked_by=make_user())
    before, reasons = everything(pupil), ["ill", "excused", "ill"]
    rows = [office.add(pupil, reason=reason, number=str(number)) for number, reason in enumerate(reasons)]
    left = [0, 1, 2]

    for number in order:
        office.remove(rows[number])
        left.remove(number)
        expected = (reasons[left[-1]], True, rows[left[-1]].pk) if left else ("unexcused", False, None)
        assert standing(pupil)[MONDAY, 0] == expected

    assert everything(pupil) == before


def test_another_reason_reaches_places_under_a_later_document(school_class, office):
    pupil = make_pupil(school_class)
    lower, upper = office.add(pupil), office.add(pupil, number="13")

    office.change(lower, reason="excused")
    assert standing(pupil)[FRIDAY, 0] == ("ill", True, upper.pk)
    office.remove(upper)

    assert standing(pupil)[FRIDAY, 0] == ("excused", True, lower.pk)


def test_a_fact_in_a_place_held_before_is_remembered_anew(school_class, office):
    pupil, teacher = make_pupil(school_class), make_user()
    make_absence(pupil, MONDAY, lesson=4, reason="excused")
    document = office.add(pupil)
    office.press(pupil, MONDAY, 4, "")
    office.fact(pupil, MONDAY, 4, teacher)

    office.remove(document)

    assert standing(pupil) == {(MONDAY, 4): ("unexcused", False, None)}


DAYS = [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
PLACES = [(day, lesson) for day in DAYS for lesson in (0, 2)]


@dataclass
class Model:
    """From first principles: a place is what was put by hand last, under the documents in force that took it since,
    in the order in which they took it. A mark is (reason, confirmed, who, when)."""

    base: dict = field(default_factory=dict)
    stacks: dict = field(default_factory=dict)
    papers: dict = field(default_factory=dict)
    """document → [from, to, reason]; those in force, oldest first."""

    def top(self, place):
        stack = self.stacks.get(place)
        return stack[-1][1] if stack else self.base.get(place)

    def top_document(self, place):
        stack = self.stacks.get(place)
        return stack[-1][0] if stack else None

    def take(self, document, by, now, days):
        reason = self.papers[document][2]
        for place in PLACES:
            top = self.top(place)
            is_absence = top is not None and top[0] != "late"
            is_coming = place[1] == 0 and (
                place[0] > WEDNESDAY
                or (place[0] == WEDNESDAY and not any(self.top((WEDNESDAY, lesson)) for lesson in (0, 2)))
            )
            if place[0] in days and (is_absence or (top is None and is_coming)):
                self.stacks.setdefault(place, []).append((document, (reason, True, by, now)))

    def leave(self, document, days):
        for place, stack in self.stacks.items():
            if place[0] in days:
                stack[:] = [item for item in stack if item[0] != document]

    def hand(self, place, mark):
        self.base[place] = mark
        self.stacks[place] = []

    def state(self):
        return {place: (*self.top(place), self.top_document(place)) for place in PLACES if self.top(place)}


# Mostly over one another: days that lie apart tell nothing of chains.
spans = st.tuples(st.sampled_from([0, 0, 1, 2]), st.sampled_from([2, 3, 4, 4]))
reasons = st.sampled_from(["ill", "excused"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), spans, reasons),
        st.tuples(st.just("remove"), st.integers(0, 3)),
        st.tuples(st.just("change"), st.integers(0, 3), spans, reasons),
        st.tuples(
            st.just("press"), st.integers(0, 2), st.sampled_from([0, 2]),
            st.sampled_from(["", "ill", "excused", "unexcused", "late"]),
        ),
        st.tuples(st.just("fact"), st.integers(0, 2)),
    ),
    min_size=2,
    max_size=8,
)  # fmt: skip
adding = st.tuples(st.just("add"), spans, reasons)
ending = st.lists(st.tuples(st.just("remove"), st.integers(0, 3)), min_size=3, max_size=3)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=adding, second=adding, middle=steps, last=ending)
def test_any_order_of_documents_presses_and_facts_ends_as_first_principles_say(
    school_class, office, monkeypatch, first, second, middle, last
):
    sid = transaction.savepoint()
    try:
        _live_through([("press", 0, 0, "unexcused"), first, second, *middle, *last], school_class, office, monkeypatch)
    finally:
        transaction.savepoint_rollback(sid)


def _live_through(steps, school_class, office, monkeypatch):
    pupil, teacher = make_pupil(school_class), make_user()
    model, rows, minute = Model(), {}, datetime(2026, 11, 18, 8, 0)
    for number, (what, *args) in enumerate(steps):
        now = timezone.make_aware(minute + timedelta(minutes=number))
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        in_force = list(model.papers)
        if what == "add":
            (first, last), reason = args
            document = office.add(pupil, start=DAYS[first], end=DAYS[last], reason=reason, number=str(number))
            rows[document.pk] = document
            model.papers[document.pk] = [DAYS[first], DAYS[last], reason]
            model.take(document.pk, office.by.pk, now, DAYS[first : last + 1])
        elif what == "remove" and in_force:
            pk = in_force[args[0] % len(in_force)]
            office.remove(rows[pk])
            del model.papers[pk]
            model.leave(pk, DAYS)
        elif what == "change" and in_force:
            pk, ((first, last), reason) = in_force[args[0] % len(in_force)], args[1:]
            office.change(rows[pk], date_from=DAYS[first], date_to=DAYS[last], reason=reason)
            was, became = model.papers[pk], [DAYS[first], DAYS[last], reason]
            model.papers[pk] = became
            model.leave(pk, [day for day in DAYS if not became[0] <= day <= became[1]])
            if reason != was[2]:
                for stack in model.stacks.values():
                    stack[:] = [
                        (one, (reason, True, office.by.pk, now)) if one == pk else (one, mark) for one, mark in stack
                    ]
            entering = [day for day in DAYS if became[0] <= day <= became[1] and not was[0] <= day <= was[1]]
            model.take(pk, office.by.pk, now, entering)
        elif what == "press":
            day, lesson, new = DAYS[args[0]], *args[1:]
            top = model.top((day, lesson))
            if (lesson == 0 and new == "late") or (top[:2] if top else ("", True)) == (new, True):
                continue
            office.press(pupil, day, lesson, new)
            model.hand((day, lesson), (new, True, office.by.pk, now) if new else None)
            if lesson == 0 and new and (other := model.top((day, 2))) and not other[1]:
                model.hand((day, 2), (new, True, office.by.pk, now))
        elif what == "fact":
            place = (DAYS[args[0]], 2)
            if model.top(place):
                continue
            office.fact(pupil, place[0], 2, teacher)
            model.hand(place, ("unexcused", False, teacher.pk, now))
            covering = [pk for pk, (first, last, _) in model.papers.items() if first <= place[0] <= last]
            if covering:
                newest = covering[-1]
                model.stacks[place] = [(newest, (model.papers[newest][2], True, office.by.pk, now))]
        found = {
            (row.date, row.lesson): (row.reason, row.is_confirmed, row.marked_by_id, row.marked_at, row.document_id)
            for row in Absence.objects.filter(pupil=pupil)
        }
        assert found == model.state(), (number, what, args)
