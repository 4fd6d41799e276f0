"""The differences of a preview as the operator decides them: by field for all, by class, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .plan.conflicts import ALL, ASK, DECISIONS, KEEP, PROPOSED, TAKE

CHOICES = {**DECISIONS, PROPOSED: "как предложено"}
WHOSE = {"pupil": "ученики", "guardian": "представители", "guardianship": "родство"}
WORDS = {KEEP: "оставить", TAKE: "взять из файла", ASK: "спросить учителя", "": "не решено"}


@dataclass(slots=True)
class FieldGroup:
    """All differences of one field: how many, how many wait, in which classes."""

    group: str
    name: str
    answer: str
    total: int = 0
    undecided: int = 0
    decided: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)

    @property
    def key(self) -> str:
        return f"conflict:{self.group}"

    @property
    def by_class(self) -> list[tuple[str, int]]:
        return sorted(self.classes.items(), key=lambda item: (len(item[0]), item[0]))

    @property
    def told(self) -> str:
        """«взять из файла 40, не решено 5»."""
        return ", ".join(f"{WORDS[one]} {self.decided[one]}" for one in (KEEP, TAKE, ASK, "") if self.decided[one])


@dataclass
class Board:
    """The differences of a preview, plain."""

    groups: list[FieldGroup]
    rows: list[dict[str, Any]]
    undecided: int
    proposals: Counter[str]

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)


def board(preview: Mapping[str, Any], answers: Mapping[str, str], *, group: str = "", class_name: str = "") -> Board:
    """Groups of all differences, and the rows of a chosen field or class."""
    groups: dict[str, FieldGroup] = {}
    rows, proposals = [], Counter[str]()
    for one in preview.get("conflicts", []):
        whose = WHOSE.get(one["group"].partition(".")[0], "")
        answer = answers.get(f"conflict:{one['group']}", "")
        found = groups.setdefault(one["group"], FieldGroup(one["group"], f"{one['field']} ({whose})", answer))
        found.total += 1
        found.undecided += not one["decision"]
        found.decided[one["decision"]] += 1
        found.classes[one["class"]] += 1
        proposals[one["proposal"]] += 1
        if (not group or one["group"] == group) and (not class_name or one["class"] == class_name):
            own = answers.get(one["key"], "")
            rows.append({**one, "own": own, "words": WORDS[one["decision"]], "proposed_words": WORDS[one["proposal"]]})
    ordered = sorted(groups.values(), key=lambda one: (-one.total, one.name))
    return Board(ordered, rows, preview.get("undecided", 0), proposals)


def chosen(posted: Mapping[str, str], preview: Mapping[str, Any]) -> dict[str, str]:
    """What the form says, only for differences that are there; an empty value takes a decision back."""
    differences = preview.get("conflicts", [])
    known = {one["key"] for one in differences} | {f"conflict:{one['group']}" for one in differences}
    return {key: value for key, value in posted.items() if key in known and (value in CHOICES or not value)}


def for_all(choice: str, answers: Mapping[str, str]) -> dict[str, str]:
    """One decision for everything: what was decided of single fields and rows before does not hold any more."""
    kept = {key: value for key, value in answers.items() if not key.startswith("conflict:")}
    return {**kept, ALL: choice} if choice in CHOICES else dict(answers)
