"""Many problems of one kind are one problem with many places: told once, not at each of thirty rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ALIKE_FROM = 3
"""So many make a group; one or two are told in full."""
SHOWN = 100
"""Places of a group on the page; the file has all of them."""

QUOTED = re.compile(r"«[^»]*»")
PERSON = re.compile(r"[А-ЯЁ][а-яё'’-]+(?:\s+[А-ЯЁ][а-яё'’-]+){1,3}(?:\s+(?:оглы|кызы))?")
NUMBERS = re.compile(r"\d+(?:[.:]\d+)*")
GAP = "…"

Problem = dict[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Problems of one kind. `what` is the sentence without what differs from place to place; for a lone problem, as
    it is."""

    what: str
    expected: str
    problems: list[Problem]

    @property
    def count(self) -> int:
        return len(self.problems)

    @property
    def is_many(self) -> bool:
        return len(self.problems) >= ALIKE_FROM

    @property
    def shown(self) -> list[Problem]:
        return self.problems[:SHOWN]

    @property
    def more(self) -> int:
        return max(0, len(self.problems) - SHOWN)

    @property
    def where(self) -> str:
        """«список.xlsx; журнал 7Б.xlsx»: the files it is about."""
        files = list(dict.fromkeys(problem["file"] for problem in self.problems))
        return "; ".join(files[:3]) + (f" и ещё {len(files) - 3}" if len(files) > 3 else "")


def alike(problems: Sequence[Problem]) -> list[Group]:
    """Groups in the order in which their first problem stands; biggest groups of the same order first."""
    by_kind: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        by_kind.setdefault((kind_of(problem["what"]), kind_of(problem["expected"])), []).append(problem)
    groups = []
    for (what, _), found in by_kind.items():
        if len(found) < ALIKE_FROM:
            groups += [Group(problem["what"], problem["expected"], [problem]) for problem in found]
            continue
        # What all of them say word for word is said word for word: «Класса 7Д нет», not «Класса … нет».
        told = {problem["what"] for problem in found}
        advice = {problem["expected"] for problem in found}
        groups.append(Group(told.pop() if len(told) == 1 else what, advice.pop() if len(advice) == 1 else "", found))
    return sorted(groups, key=lambda group: -group.count if group.is_many else 0)


def kind_of(sentence: str) -> str:
    """A sentence without names, values and numbers."""
    text = QUOTED.sub(f"«{GAP}»", sentence)
    text = PERSON.sub(GAP, text)
    text = NUMBERS.sub(GAP, text)
    text = re.sub(rf"^{GAP}\s*[:,]\s*", "", text)
    return text[:1].upper() + text[1:]
