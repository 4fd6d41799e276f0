"""Rules for control works (domain.md §7). Pure: works with their places in the timetable in, broken rules out.

«One class not more often than once in 2.5 weeks a subject» is checked class by class: the classes of a parallel that
write the same work on neighbouring days do not break it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db.models import TextChoices

SHARE = 10
"""Percent of the subject's yearly hours."""
WEEKS = 34


class Rule(TextChoices):
    SHARE = "share", "не больше 10 % часов предмета за год"
    ONE_A_DAY = "one_a_day", "не больше одной работы в день у класса"
    EDGE = "edge", "не на первом и не на последнем уроке"
    OFTEN = "often", "по предмету не чаще раза в 2,5 недели"
    GRADE_ONE = "grade_one", "в первом классе не проводятся"


@dataclass(frozen=True, slots=True)
class Work:
    """A control work of one class, or of a group of it: `course_id` tells the groups apart. `number` is its lesson by
    the timetable, None where none is known; `first` and `last` are those of the class's day; `weekly` are the
    subject's lessons a week."""

    pk: int
    class_id: int
    grade: int
    subject_id: int
    course_id: int
    date: date
    number: int | None = None
    first: int | None = None
    last: int | None = None
    weekly: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule broken by a work; `words` are its numbers."""

    work: Work
    rule: Rule
    words: str


def broken_rules(works: Iterable[Work], fewest_days: int) -> list[Broken]:
    """Every rule each work breaks, in the order of dates. `fewest_days`: from one work of a subject to the next, by
    the school's setting."""
    known = sorted(works, key=lambda work: (work.date, work.pk))
    found: list[Broken] = []
    by_course: dict[tuple[int, int], list[Work]] = defaultdict(list)
    by_day: dict[tuple[int, date], dict[int, Work]] = defaultdict(dict)
    for work in known:
        by_course[work.class_id, work.course_id].append(work)
        # Groups that write in one subject on one day write one work of the class.
        by_day[work.class_id, work.date].setdefault(work.subject_id, work)
        if work.grade == 1:
            found.append(Broken(work, Rule.GRADE_ONE, "1 класс"))
        if edge := _edge(work):
            found.append(Broken(work, Rule.EDGE, edge))
    for same_day in by_day.values():
        words = f"работ в этот день: {len(same_day)}"
        found += [Broken(work, Rule.ONE_A_DAY, words) for work in list(same_day.values())[1:]]
    for own in by_course.values():
        found += _often(own, fewest_days)
        found += _share(own)
    return sorted(found, key=lambda one: (one.work.date, one.work.pk, list(Rule).index(one.rule)))


def _edge(work: Work) -> str:
    """Subjects of one hour a week may stand on an edge where their only lesson stands there."""
    if work.number is None or work.first is None or work.first == work.last or work.weekly <= 1:
        return ""
    if work.number == work.first:
        return f"урок {work.number}, первый"
    return f"урок {work.number}, последний" if work.number == work.last else ""


def _often(own: Sequence[Work], fewest_days: int) -> list[Broken]:
    return [
        Broken(later, Rule.OFTEN, f"прошло дней: {(later.date - before.date).days}, нужно {fewest_days}")
        for before, later in pairwise(own)
        if 0 < (later.date - before.date).days < fewest_days
    ]


def _share(own: Sequence[Work]) -> list[Broken]:
    """The works beyond ten percent of the yearly hours, each an hour long."""
    hours = max((work.weekly for work in own), default=0) * WEEKS
    if not hours:
        return []
    return [
        Broken(work, Rule.SHARE, f"работ {place} при {hours} часах в год")
        for place, work in enumerate(own, start=1)
        if 100 * place > SHARE * hours
    ]


def by_week(works: Iterable[Work], monday_of: Mapping[date, date]) -> dict[tuple[int, date], int]:
    """(class id, Monday) → how many works; those of groups in one subject on one day are one."""
    counts: dict[tuple[int, date], int] = defaultdict(int)
    for class_id, day, _ in {(work.class_id, work.date, work.subject_id) for work in works}:
        counts[class_id, monday_of[day]] += 1
    return counts
