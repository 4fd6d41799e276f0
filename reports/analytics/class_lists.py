"""Lists of a class by results: who studies how, in which subjects and with whom (domain.md §4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from journal.lessons import is_own
from journal.models import MarkValue
from journal.own_numbers import OwnNumbers, Rights
from reports.analytics.results import ClassResults, SubjectLine
from reports.formulas import Group

_NAMED: dict[Group, frozenset[str]] = {
    Group.ONE_FOUR: frozenset({"4"}),
    Group.ONE_THREE: frozenset({"3"}),
    Group.WITH_THREES: frozenset({"3"}),
    Group.FAILING: frozenset({"2", "1"}),
    Group.NOT_ATTESTED: frozenset({str(MarkValue.NOT_ATTESTED)}),
}
"""Of which results the subjects are named in a list."""
RULES: dict[Group, str] = {
    Group.EXCELLENT: "все отметки «5»",
    Group.GOOD: "нет отметок ниже «4», есть хотя бы одна «4»",
    Group.ONE_FOUR: "одна «4», остальные «5»; эти ученики стоят и среди хорошистов",
    Group.ONE_THREE: "одна «3», остальные «4» и «5»: резерв класса; эти ученики стоят и среди успевающих с «3»",
    Group.WITH_THREES: "нет «2» и н/а, есть хотя бы одна «3»",
    Group.FAILING: "есть хотя бы одна «2»",
    Group.NOT_ATTESTED: "есть хотя бы одно н/а",
    Group.NO_RESULT: "нет ни одной отметки за период: в расчёт не входят",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A pupil in a list, with the subjects the list is about; none in lists about all subjects."""

    pupil_id: int
    name: str
    subjects: tuple[SubjectLine, ...] = ()


@dataclass(frozen=True, slots=True)
class NameList:
    group: Group
    pupils: tuple[Listed, ...]

    @property
    def title(self) -> str:
        return self.group[0].upper() + self.group[1:]

    @property
    def rule(self) -> str:
        return RULES[self.group]

    @property
    def names_teachers(self) -> bool:
        """One mark decides: then whom to ask is named too."""
        return self.group in (Group.ONE_FOUR, Group.ONE_THREE)


@dataclass(frozen=True, slots=True)
class ClassLists:
    """Every list, in the order of the official report; `not_succeeding` has a pupil with a «2» and a н/а once."""

    lists: tuple[NameList, ...]
    not_succeeding: int

    def __iter__(self):
        return iter(self.lists)

    def of(self, group: Group) -> NameList:
        return next(one for one in self.lists if one.group == group)


def class_lists(results: ClassResults, own: OwnNumbers) -> ClassLists:
    """The lists of a class, pupils in the order of the class list; the teachers of a named subject are the pupil's
    own. No query."""
    lists = tuple(
        NameList(
            group,
            tuple(
                Listed(pupil.pupil_id, pupil.name, _named(results, own, pupil.pupil_id, group))
                for pupil in results.pupils
                if group in results.groups[pupil.pupil_id]
            ),
        )
        for group in Group
    )
    bad = {Group.FAILING, Group.NOT_ATTESTED}
    return ClassLists(lists, sum(bool(groups & bad) for groups in results.groups.values()))


def _named(results: ClassResults, own: OwnNumbers, pupil_id: int, group: Group) -> tuple[SubjectLine, ...]:
    wanted = _NAMED.get(group)
    if not wanted:
        return ()
    rights = own.rights(pupil_id, results.period.day)
    return tuple(
        replace(one, teachers=_own_teachers(one, rights)) if rights else one
        for one in results.subjects
        if results.result(pupil_id, one.subject_id).value in wanted
    )


def _own_teachers(subject: SubjectLine, rights: Rights) -> tuple[str, ...]:
    """Of the group or plan the pupil is in on the period's last day, else of the class."""
    return tuple(dict.fromkeys(one.teacher for one in subject.courses if one.teacher and is_own(one, *rights)))
