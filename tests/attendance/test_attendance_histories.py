"""Any sequence of presses, undoings, documents, their removal, moves between groups and changes of the timetable: the
register and its totals against a model that keeps, for each place, who put what on top of what.

The model knows nothing of holds or chains: a place is a pile of layers, a document is a layer, removing it takes the
layer out wherever it lies, a press replaces the pile, and undoing the press brings the pile back.
"""

from datetime import date, datetime
from random import Random
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from attendance.models import Absence, AbsenceChange, AbsenceDocument
from attendance.queries import totals_by_pupil
from attendance.services import CannotMark, Press, mark_absence
from attendance.services.documents import Paper, add_documents, remove_documents
from journal.lessons import class_lessons
from tests.attendance.test_group_histories import DAYS, MONDAY, PUPILS, Raw, School, day, make_lesson_once
from tests.factories import make_slot

pytestmark = pytest.mark.django_db

TODAY = 7
"""The second Monday: presses fall on the days up to it, documents reach beyond."""
SESSION = "0123456789abcdef"
REASONS = ("ill", "excused", "unexcused", "late", "")

pupils = st.integers(0, PUPILS)
days = st.integers(0, DAYS - 1)
courses = st.integers(0, 4)
# Few pupils, days and lessons: what meets nothing tests nothing.
marked = st.sampled_from((0, 0, 0, PUPILS))
presses = st.tuples(
    st.just("press"),
    marked,
    st.sampled_from((2, 3, 3, TODAY, TODAY + 1)),
    st.sampled_from((0, 0, 1)),
    st.sampled_from(REASONS),
)
documents = st.tuples(
    st.just("document"), marked, st.integers(0, 3), st.integers(1, 8), st.sampled_from(("ill", "excused"))
)
marking = st.one_of(
    presses,
    presses,
    presses,
    documents,
    documents,
    st.tuples(st.just("remove"), st.integers(0, 3)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("undo")),
)
changing = st.one_of(
    st.tuples(st.just("move"), pupils, st.sampled_from(("it", "lang")), st.integers(0, 2), days),
    st.tuples(st.just("lesson"), courses, days, st.integers(1, 4), st.booleans()),
    st.tuples(st.just("slot"), courses, st.integers(1, 5), st.integers(1, 4), days),
    st.tuples(st.just("end"), courses, days),
)
steps = st.tuples(
    st.lists(marking, min_size=16, max_size=30),
    st.lists(changing, min_size=2, max_size=5),
    st.randoms(use_true_random=False),
)
stays = st.lists(st.tuples(st.integers(-2, 5), st.none() | st.integers(6, DAYS)), min_size=PUPILS, max_size=PUPILS)

Place = tuple[int, int, int]
"""Index of the pupil, number of the day, lesson (0 the whole day)."""


class Model:
    """Piles of layers: (document or None, reason), the lowest first. What stands is the top."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.piles: dict[Place, list[tuple[int | None, str]]] = {}
        self.in_force: set[int] = set()
        self.undoable: list[tuple[Place, str, str, list, UUID]] = []
        raw = Raw()
        self.roll = {
            (pupil, number)
            for pupil, row in enumerate(school.pupils)
            for number in range(DAYS)
            if raw.class_on(row, day(number)) is not None
        }

    def reason(self, place: Place) -> str:
        pile = self.piles.get(place)
        return pile[-1][1] if pile else ""

    def on_roll(self, pupil: int, number: int) -> bool:
        return (pupil, number) in self.roll

    def is_school_day(self, number: int) -> bool:
        return day(number).isoweekday() <= 5

    def press(self, place: Place, old: str, reason: str, key: UUID) -> None:
        self.undoable.append((place, old, reason, self.piles.pop(place, []), key))
        if reason:
            self.piles[place] = [(None, reason)]

    def give_back(self, place: Place, pile: list, old: str) -> None:
        kept = [layer for layer in pile if layer[0] is None or layer[0] in self.in_force]
        if pile and pile[-1] in kept:
            self.piles[place] = kept
        elif old:
            self.piles[place] = [(None, old)]
        else:
            self.piles.pop(place, None)

    def add(self, pk: int, pupil: int, first: int, last: int, reason: str) -> None:
        self.in_force.add(pk)
        marked_today = any(self.piles.get((pupil, TODAY, lesson)) for lesson in range(9))
        for number in range(first, last + 1):
            if not self.on_roll(pupil, number):
                continue
            for lesson in range(9):
                if self.reason((pupil, number, lesson)) not in ("", "late"):
                    self.piles[pupil, number, lesson].append((pk, reason))
            coming = number > TODAY or (number == TODAY and not marked_today)
            if coming and self.is_school_day(number) and not self.piles.get((pupil, number, 0)):
                self.piles[pupil, number, 0] = [(pk, reason)]

    def remove(self, pk: int) -> None:
        self.in_force.discard(pk)
        for place, pile in list(self.piles.items()):
            self.piles[place] = [layer for layer in pile if layer[0] != pk]

    def letters(self) -> set[tuple[int, date, int, str, int | None]]:
        return {
            (self.school.pupils[pupil].pk, day(number), lesson, pile[-1][1], pile[-1][0])
            for (pupil, number, lesson), pile in self.piles.items()
            if pile
        }


class Play:
    """Does each step by the services and in the model."""

    def __init__(self, school: School) -> None:
        self.school, self.model = school, Model(school)
        self.papers: list[AbsenceDocument] = []

    def class_of(self, pupil: int):
        return self.school.theirs if pupil == PUPILS else self.school.mine

    def mark(self, place: Place, press: Press) -> None:
        mark_absence(
            school_class=self.class_of(place[0]),
            day=day(place[1]),
            press=press,
            calendar=self.school.calendar,
            by=self.school.office,
            session=SESSION,
        )

    def press(self, pupil: int, number: int, lesson: int, reason: str) -> None:
        place = (pupil, number, lesson)
        if reason == "late" and not lesson:
            return
        old = self.model.reason(place)
        press = Press(self.school.pupils[pupil].pk, lesson, old, reason, uuid4())
        if number > TODAY or not (self.model.on_roll(pupil, number) and self.model.is_school_day(number)):
            with pytest.raises(CannotMark):
                self.mark(place, press)
            return
        self.mark(place, press)
        if old != reason:
            self.model.press(place, old, reason, press.key)

    def undo(self) -> None:
        if not self.model.undoable:
            return
        place, old, reason, pile, key = self.model.undoable.pop()
        if self.model.reason(place) != reason:
            return
        self.mark(place, Press(self.school.pupils[place[0]].pk, place[2], reason, old, uuid4(), undoes=key))
        self.model.give_back(place, pile, old)

    def document(self, pupil: int, first: int, length: int, reason: str) -> None:
        last = min(first + length, DAYS - 1)
        paper = Paper("certificate", reason, day(first), day(last), number=str(len(self.papers)))
        facts = {"pupil_ids": [self.school.pupils[pupil].pk], "calendar": self.school.calendar}
        if not any(self.model.on_roll(pupil, number) for number in range(first, last + 1)):
            with pytest.raises(CannotMark):
                add_documents(paper=paper, by=self.school.office, **facts)
            return
        (row,) = add_documents(paper=paper, by=self.school.office, **facts)
        self.papers.append(row)
        self.model.add(row.pk, pupil, first, last, reason)

    def remove(self, index: int) -> None:
        if self.papers:
            paper = self.papers[index % len(self.papers)]
            remove_documents(documents=[paper], calendar=self.school.calendar, by=self.school.office)
            self.model.remove(paper.pk)

    def move(self, pupil: int, key: str, group: int, number: int) -> None:
        self.school.move(pupil, key, group, number)

    def lesson(self, course: int, number: int, lesson: int, cancelled: bool) -> None:
        make_lesson_once(self.school.courses[course], day(number), lesson, is_cancelled=cancelled)

    def slot(self, course: int, weekday: int, lesson: int, number: int) -> None:
        row = self.school.courses[course]
        if not row.slots.filter(weekday=weekday, number=lesson).exists():
            make_slot(row, weekday, lesson, date_from=day(number))

    def end(self, course: int, number: int) -> None:
        row = self.school.courses[course]
        row.slots.filter(date_to=None, date_from__lte=day(number)).update(date_to=day(number))


@pytest.fixture(autouse=True)
def the_second_monday(clock):
    clock(datetime(2026, 11, 16, 12, 0))


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stays=stays, joins_on=days, steps=steps)
def test_any_sequence_ends_where_the_piles_say(stays, joins_on, steps):
    with transaction.atomic():
        school = School({"stays": stays, "held": set(), "marks": set(), "letters": {}, "joins_on": joins_on})
        play = Play(school)
        for name, *what in mixed(*steps):
            getattr(play, name)(*what)

            stands = set(Absence.objects.values_list("pupil", "date", "lesson", "reason", "document"))
            assert stands == play.model.letters(), (name, what)
        assert_history_is_a_chain()
        assert_totals(school)
        transaction.set_rollback(True)


def mixed(marking: list[tuple], changing: list[tuple], rng: Random) -> list[tuple]:
    """The changes of the school somewhere among the marking, both in their own order."""
    turns = [True] * len(marking) + [False] * len(changing)
    rng.shuffle(turns)
    first, second = iter(marking), iter(changing)
    return [next(first if turn else second) for turn in turns]


def assert_history_is_a_chain() -> None:
    """Each line begins where the line before ended, and the last one tells what stands."""
    stands = {(row.pupil_id, row.date, row.lesson): row.reason for row in Absence.objects.all()}
    ends: dict[tuple, str] = {}
    for row in AbsenceChange.objects.order_by("pk"):
        place = (row.pupil_id, row.date, row.lesson)
        assert row.old == ends.get(place, "")
        ends[place] = row.new
    assert {place: reason for place, reason in ends.items() if reason} == stands


def assert_totals(school: School) -> None:
    raw = Raw()
    for school_class in (school.mine, school.theirs):
        lessons = class_lessons(school_class, MONDAY, day(DAYS - 1), school.calendar)
        totals = totals_by_pupil(lessons, MONDAY, day(DAYS - 1), school.calendar.school)
        for pupil in lessons.pupils:
            total = totals[pupil.pk]
            assert (
                total.own_lessons, total.lessons, total.days, total.late, total.unknown_days
            ) == raw.totals(pupil, school_class.pk)  # fmt: skip
