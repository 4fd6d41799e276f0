"""For the proof that no press is lost: presses as they were sent, and what a database must hold after them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from attendance.models import Reason
from tests.live import NoAnswer, Visitor

Place = tuple[int, int]
"""Pupil and lesson."""

LINES = "SELECT key, pupil_id, lesson, old, new FROM attendance_absencechange WHERE date = '{day}' ORDER BY id"
STANDING = "SELECT pupil_id, lesson, reason FROM attendance_absence WHERE date = '{day}'"


@dataclass(frozen=True)
class Sent:
    """A press as a browser sends it."""

    key: UUID
    place: Place
    expected: str
    new: str

    @classmethod
    def at(cls, place: Place, expected: str, random: Random) -> Sent:
        """Another reason than the one that stands, or none."""
        reasons = {"", *(reason.value for reason in Reason if place[1] or reason != Reason.LATE)} - {expected}
        return cls(UUID(int=random.getrandbits(128), version=4), place, expected, random.choice(sorted(reasons)))

    @property
    def form(self) -> dict[str, str]:
        return {"press": f"{self.place[0]}:{self.place[1]}:{self.expected}:{self.new}", "key": str(self.key)}


@dataclass(frozen=True)
class Line:
    """A line of the history of absences."""

    key: UUID | None
    place: Place
    old: str
    new: str


def lines_of(rows: Iterable[tuple]) -> list[Line]:
    """Rows of LINES, in their order."""
    return [Line(UUID(str(key)) if key else None, (pupil, lesson), old, new) for key, pupil, lesson, old, new in rows]


def standing_of(rows: Iterable[tuple]) -> dict[Place, str]:
    """Rows of STANDING."""
    return {(pupil, lesson): reason for pupil, lesson, reason in rows}


def replay(before: dict[Place, str], lines: Iterable[Line]) -> dict[Place, str]:
    """What stands after the lines; each of them must begin where the one before it at its place ended."""
    state = dict(before)
    for line in lines:
        assert state.get(line.place, "") == line.old, f"the history has a gap before {line}"
        state[line.place] = line.new
    return {place: reason for place, reason in state.items() if reason}


def applied(lines: Iterable[Line], sent: Iterable[Sent]) -> set[UUID]:
    """Keys of the presses that made a line, once each and exactly as they were sent."""
    by_key = {press.key: press for press in sent}
    found: set[UUID] = set()
    for line in lines:
        assert line.key in by_key, f"nobody sent {line}"
        press = by_key[line.key]
        assert (press.place, press.expected, press.new) == (line.place, line.old, line.new)
        assert press.key not in found, f"applied twice: {press}"
        found.add(press.key)
    return found


@dataclass
class Tally:
    """What all clients together have seen so far; whoever kills waits for it."""

    acknowledged: list[Sent] = field(default_factory=list)
    resent: int = 0
    refusals: set[tuple[int, str]] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)
    failure: BaseException | None = None

    def add(self, press: Sent) -> None:
        with self.changed:
            self.acknowledged.append(press)
            self.changed.notify_all()

    def refuse(self, status: int, text: str) -> None:
        with self.changed:
            self.refusals.add((status, text))
            self.changed.notify_all()

    def wait_for(self, condition) -> None:
        with self.changed:
            came = self.changed.wait_for(lambda: self.failure or condition(), timeout=120)
        assert self.failure is None, f"a client stopped: {self.failure!r}"
        assert came, f"after two minutes only {len(self.acknowledged)} presses, refused: {self.refusals}"

    def wait_for_more(self, presses: int) -> None:
        """Until so many more presses have been acknowledged."""
        wanted = len(self.acknowledged) + presses
        self.wait_for(lambda: len(self.acknowledged) >= wanted)


class Presser(threading.Thread):
    """Somebody who marks own pupils without a pause and sends again, with the same key, what was not acknowledged."""

    def __init__(self, visitor: Visitor, sheet: str, places: dict[Place, str], seed: int, tally: Tally) -> None:
        super().__init__(name=f"presser with seed {seed}", daemon=True)
        self.visitor, self.sheet, self.places, self.tally = visitor, sheet, dict(places), tally
        self.random = Random(seed)
        self.enough = threading.Event()

    def run(self) -> None:
        try:
            while not self.enough.is_set():
                place = self.random.choice(sorted(self.places))
                press = Sent.at(place, self.places[place], self.random)
                while not self.is_acknowledged(press):
                    self.tally.resent += 1
                    self.enough.wait(0.05)  # a browser waits too
                self.places[place] = press.new
                self.tally.add(press)
        except BaseException as failure:
            with self.tally.changed:
                self.tally.failure = failure
                self.tally.changed.notify_all()

    def is_acknowledged(self, press: Sent) -> bool:
        try:
            status, text = self.visitor.ask(f"{self.sheet}press/", press.form, accept="application/json")
        except NoAnswer:
            return False
        if status != 200:
            assert status == 503, f"{self.name}: {press} was answered {status}: {text[:300]}"
            self.tally.refuse(status, text)
            return False
        stands = json.loads(text)["place"]
        assert (stands["reason"] if stands else "") == press.new, f"{self.name}: {press} acknowledged with {text}"
        return True
