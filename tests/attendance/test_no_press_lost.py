"""What was answered «сохранено» is there, once: whoever presses beside it, and whatever is killed meanwhile.

Three stories: two people press and repeat at the same moments; the web server is killed in the middle of saving; the
PostgreSQL is.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from attendance.models import Absence, AbsenceChange, RollCall
from tests.attendance.pressing import (
    LINES,
    STANDING,
    Line,
    Place,
    Presser,
    Sent,
    Tally,
    applied,
    lines_of,
    replay,
    standing_of,
)
from tests.databases import DEMO_DAY, rows
from tests.factories import MONDAY, make_class, make_pupil, make_user, teacher_user
from tests.live import Visitor, production
from tests.mortal import MortalCluster, MortalServer, postgres_programs
from tests.pages import enter

ROUNDS = 40


# --- Two people at one sheet ----------------------------------------------------------------------


class Person(Thread):
    """Somebody at the sheet who presses, repeats, takes back, and believes what the answers tell."""

    def __init__(self, user, sheet: dict, places: list[Place], seed: int, gate: Barrier) -> None:
        super().__init__(name=f"person with seed {seed}")
        # Two windows of one sign-in: the same press can come from both at once.
        self.windows = [enter(Client(), user)]
        self.windows.append(Client())
        self.windows[1].cookies = self.windows[0].cookies
        self.sheet, self.random, self.gate = sheet, Random(seed), gate
        self.belief: dict[Place, str] = dict.fromkeys(places, "")
        self.sent: list[Sent] = []
        self.acknowledged: list[Sent] = []
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            acts: list[Callable[[], None]] = [self.press, self.press, self.press_twice_at_once]
            acts += [self.repeat_an_old_one, self.press_the_same_again, self.undo, self.call_the_roll]
            for _ in range(ROUNDS):
                self.gate.wait(60)
                self.random.choice(acts)()
        except BaseException as failure:
            self.failure = failure
            self.gate.abort()
        finally:
            connection.close()

    def press(self) -> None:
        place = self.random.choice(sorted(self.belief))
        self.send(Sent.at(place, self.belief[place], self.random))

    def press_twice_at_once(self) -> None:
        """As a browser whose first try seems to hang."""
        place = self.random.choice(sorted(self.belief))
        self.send(Sent.at(place, self.belief[place], self.random), times=2)

    def press_the_same_again(self) -> None:
        """The same result by another key."""
        if self.acknowledged:
            old = self.acknowledged[-1]
            self.send(Sent(UUID(int=self.random.getrandbits(128), version=4), old.place, old.expected, old.new))

    def undo(self) -> None:
        if self.acknowledged:
            old = self.acknowledged[-1]
            self.send(Sent(UUID(int=self.random.getrandbits(128), version=4), old.place, old.new, old.expected))

    def repeat_an_old_one(self) -> None:
        """A press that was saved, sent again long after, by both windows: it is acknowledged and does nothing."""
        keys = set(AbsenceChange.objects.values_list("key", flat=True))
        saved = [press for press in self.acknowledged if press.key in keys]
        if saved:
            answers = self.ask(self.random.choice(saved), times=2)
            assert [status for status, _ in answers] == [200, 200], answers

    def call_the_roll(self) -> None:
        answer = self.windows[0].post(reverse("attendance:roll_call", kwargs=self.sheet), headers=JSON)
        assert answer.status_code == 200, answer.content

    def send(self, press: Sent, times: int = 1) -> None:
        self.sent.append(press)
        seen = len(history_of(press.place))
        answers = self.ask(press, times)
        for status, text in answers:
            assert status in (200, 409), f"{press} was answered {status}: {text}"
            if status == 409:
                self.belief[press.place] = json.loads(text)["mismatch"]["reason"]
        if 200 not in [status for status, _ in answers]:
            return
        self.acknowledged.append(press)
        self.belief[press.place] = press.new
        # Acknowledged: while the answer was under way, this stood at the place, put there by this press or another.
        history = history_of(press.place)
        assert press.new in ["", *(line.new for line in history)][seen:], f"{press} never stood in {history}"

    def ask(self, press: Sent, times: int) -> list[tuple[int, str]]:
        """Statuses and texts of the answers to the press, sent from so many windows at once."""
        url, answers = reverse("attendance:press", kwargs=self.sheet), []

        def ask(window: Client) -> None:
            window.raise_request_exception = False
            answer = window.post(url, press.form, headers=JSON)
            answers.append((answer.status_code, answer.content.decode()[:2000]))

        def ask_beside(window: Client) -> None:
            try:
                ask(window)
            finally:
                connection.close()

        beside = [Thread(target=ask_beside, args=[window]) for window in self.windows[1:times]]
        for thread in beside:
            thread.start()
        ask(self.windows[0])
        for thread in beside:
            thread.join()
        return answers


JSON = {"accept": "application/json"}


def history_of(place: Place) -> list[Line]:
    found = AbsenceChange.objects.filter(date=MONDAY, pupil=place[0], lesson=place[1]).order_by("pk")
    return lines_of(found.values_list("key", "pupil", "lesson", "old", "new"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_people_at_once_lose_nothing_and_repeat_nothing(transactional_db, clock, seed):
    clock(datetime(2026, 11, 16, 8, 20))
    school_class, deputy = make_class(), make_user(is_deputy=True)
    pupil = make_pupil(school_class)
    places = [(pupil.pk, lesson) for lesson in (0, 1)]  # few, so that they meet at one all the time
    sheet, gate = {"class_id": school_class.pk, "day": MONDAY}, Barrier(2)
    people = [
        Person(user, sheet, places, 10 * seed + number, gate)
        for number, user in enumerate([teacher_user(school_class), deputy])
    ]

    for person in people:
        person.start()
    for person in people:
        person.join()

    failures = {person.name: person.failure for person in people if person.failure}
    assert not failures, failures
    lines = lines_of(AbsenceChange.objects.order_by("pk").values_list("key", "pupil", "lesson", "old", "new"))
    done = applied(lines, [press for person in people for press in person.sent])
    # An acknowledged press without a line found its result standing already (`Person.send` saw to that).
    assert done <= {press.key for person in people for press in person.acknowledged}
    assert len(done) > ROUNDS / 2, "hardly anything was pressed: the test proves nothing"
    assert replay({}, lines) == standing_of(Absence.objects.values_list("pupil", "lesson", "reason"))
    assert RollCall.objects.count() == 1


# --- The server or the database is killed ---------------------------------------------------------


@contextmanager
def pressing(url: str, database: str, seed: int) -> Iterator[Tally]:
    """Four windows of a class teacher press on pupils of their own until the block ends; then what the database holds
    is compared with what was acknowledged."""
    ((class_id,),) = rows(database, "SELECT id FROM journal_schoolclass WHERE grade = 7 AND letter = 'Б'")
    visitor, sheet, day = Visitor(url), f"/attendance/classes/{class_id}/{DEMO_DAY}/", DEMO_DAY.isoformat()
    visitor.sign_in("teacher7b", "Demo-2026-gymnasium")
    before = standing_of(rows(database, STANDING.format(day=day)))
    known = len(rows(database, LINES.format(day=day)))
    pupils = rows(database, ON_ROLL.format(class_id=class_id, day=day))
    tally, pressers = Tally(), []
    for number in range(4):
        own = [(pupil, lesson) for (pupil,) in pupils[number::4] for lesson in (0, 1, 2)]
        places = {place: before.get(place, "") for place in own}
        pressers.append(Presser(visitor.twin(), sheet, places, seed + number, tally))
    for presser in pressers:
        presser.start()
    try:
        yield tally
    finally:
        for presser in pressers:
            presser.enough.set()
        for presser in pressers:
            presser.join(60)
    assert tally.failure is None, tally.failure
    assert not any(presser.is_alive() for presser in pressers), "a press is still not acknowledged"
    lines = lines_of(rows(database, LINES.format(day=day)))[known:]
    # Each acknowledged press made its line, nothing else did; the rest follows from the chain.
    assert applied(lines, tally.acknowledged) == {press.key for press in tally.acknowledged}
    assert replay(before, lines) == standing_of(rows(database, STANDING.format(day=day)))


# Without a mark of the day: no fact that waits for its reason, which a press on the whole day would answer too.
ON_ROLL = """
    SELECT pupil_id FROM journal_enrolment AS stay WHERE school_class_id = {class_id}
    AND date_from <= '{day}' AND (date_to IS NULL OR date_to >= '{day}')
    AND NOT EXISTS (SELECT 1 FROM attendance_absence AS own WHERE own.pupil_id = stay.pupil_id AND own.date = '{day}')
    ORDER BY pupil_id
"""


def test_killing_the_server_loses_no_acknowledged_press(
    keeper, demo_template, worker, collected_static, tmp_path, django_db_blocker
):
    name = f"killed_{worker}"
    with django_db_blocker.unblock():
        keeper.copy(demo_template, name)
        database = keeper.url(name)
    environment = production(STATIC_ROOT=str(collected_static), DATABASE_URL=database)
    with (
        MortalServer(tmp_path / "server.log", environment) as server,
        pressing(server.url, database, seed=100) as tally,
    ):
        for _ in range(5):
            tally.wait_for_more(25)
            server.kill()
            server.start()
        tally.wait_for_more(25)
    assert tally.resent, "every kill fell between two presses"
    with django_db_blocker.unblock():
        keeper.drop(name)


def test_killing_postgresql_loses_no_acknowledged_press(
    keeper, demo_template, collected_static, tmp_path, django_db_blocker
):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only: the run on PostgreSQL does it")
    if (programs := postgres_programs()) is None:
        pytest.skip("no PostgreSQL programs to start a cluster of its own (apt: postgresql)")
    with django_db_blocker.unblock():
        demo = keeper.url("demo")
    with MortalCluster(programs) as cluster:
        cluster.fill_from(demo)
        safe = [cluster.run(f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")]
        assert safe == [[("on",)]] * 3
        environment = production(STATIC_ROOT=str(collected_static), DATABASE_URL=cluster.url)
        with MortalServer(tmp_path / "server.log", environment) as server:
            with pressing(server.url, cluster.url, seed=200) as tally:
                for _ in range(3):
                    tally.wait_for_more(25)
                    tally.refusals.clear()
                    cluster.kill()
                    tally.wait_for(lambda: tally.refusals)
                    cluster.start()
                    tally.wait_for_more(25)  # the application is back by itself
            (refusal,) = {text for _, text in tally.refusals}
    assert "Журнал вернётся сам" in refusal
