"""Documents over each other, presses and facts among them, in any order: against first principles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendance.models import Absence
from tests.attendance.office import Office, everything, standing
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


@pytest.fixture
def office(school_class):
    return Office(school_class, teacher_user(school_class))


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
