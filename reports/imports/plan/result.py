"""What an import would do, as plain data: counts, rows, problems, questions. The preview shows exactly this."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from reports.imports.read.errors import Problem

from .conflicts import ASK, Difference, line

NEW, CHANGED, UNCHANGED, REMOVED = "new", "changed", "unchanged", "removed"
STATUS_NAMES = {NEW: "новые", CHANGED: "изменённые", UNCHANGED: "без изменений", REMOVED: "снимаются"}
KIND_NAMES = {
    "year": "учебный год",
    "school": "школа",
    "class": "классы",
    "teacher": "учителя",
    "class_teacher": "классные руководители",
    "pupil": "ученики",
    "enrolment": "зачисления",
    "movement": "приказы о движении",
    "guardian": "представители",
    "guardianship": "родство",
    "subject": "предметы",
    "group": "подгруппы",
    "course": "курсы",
    "membership": "участие в подгруппах",
    "slot": "места в расписании",
    "bell": "звонки",
    "lesson": "уроки",
    "homework": "домашние задания",
    "mark": "отметки",
    "absence": "пропуски",
    "period_mark": "отметки за периоды",
}


@dataclass(slots=True)
class Row:
    """One line of the preview: what, its state, where in the files, and for a change field by field."""

    kind: str
    status: str
    title: str
    place: str = ""
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    count: int = 1


@dataclass(slots=True)
class Question:
    """A near match that only a person can decide."""

    key: str
    text: str
    place: str
    options: list[tuple[str, str]]


@dataclass
class Preview:
    """The result of planning. `problems` of single rows keep only these rows out."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[Difference] = field(default_factory=list)
    # What takes the import back, once it is written; kept apart from what is shown.
    undo: dict[str, Any] = field(default_factory=dict)

    @property
    def undecided(self) -> list[Difference]:
        """Differences from the register that wait for the operator."""
        return [one for one in self.conflicts if not one.decision]

    @property
    def to_ask(self) -> list[Difference]:
        """Differences that go to class teachers with this import; what was asked before is not asked again."""
        return [one for one in self.conflicts if one.decision == ASK and not one.is_asked]

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.is_note]

    @property
    def notes(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.is_note]

    def counts(self) -> dict[str, Counter]:
        """Kind → status → how many, in the order of the register."""
        found: dict[str, Counter] = {}
        for row in self.rows:
            found.setdefault(row.kind, Counter())[row.status] += row.count
        return {kind: found[kind] for kind in KIND_NAMES if kind in found}

    @property
    def changes(self) -> int:
        return sum(row.count for row in self.rows if row.status != UNCHANGED)

    def to_json(self) -> dict[str, Any]:
        """What ImportBatch.preview keeps."""
        return {
            "digest": self.digest(),
            "files": self.files,
            "counts": {kind: dict(counter) for kind, counter in self.counts().items()},
            "changes": self.changes,
            "rows": [[r.kind, r.status, r.title, r.place, r.fields, r.count] for r in self.rows],
            "errors": [_problem(problem) for problem in self.errors],
            "notes": [_problem(problem) for problem in self.notes],
            "questions": [
                {"key": q.key, "text": q.text, "place": q.place, "options": q.options} for q in self.questions
            ],
            "conflicts": [line(one) for one in self.conflicts],
            "undecided": len(self.undecided),
            "to_ask": len(self.to_ask),
        }

    def digest(self) -> str:
        """Tells whether what will be written is still what was shown."""
        shown = [[r.kind, r.status, r.title, r.fields, r.count] for r in self.rows if r.status != UNCHANGED]
        differences = [[one.key, str(one.stands), one.decision] for one in self.conflicts]
        return hashlib.sha256(json.dumps([shown, differences], ensure_ascii=False).encode()).hexdigest()


def _problem(problem: Problem) -> dict[str, str]:
    place = problem.place
    return {
        "file": place.file,
        "sheet": place.sheet,
        "row": str(place.row or ""),
        "column": place.column,
        "what": problem.what,
        "expected": problem.expected,
    }
