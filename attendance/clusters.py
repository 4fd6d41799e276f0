"""Do absences cluster on a weekday, on first or last lessons? Arithmetic of chance, no database (domain.md §2).

A rule that cries wolf is soon read by nobody. So three things are asked of a cluster: that there are enough days to
speak of, that they are the larger part of what was missed, and that chance alone would hardly make them. The chance is
that of *any* weekday, or of either edge of the day, standing out: a pupil with six absences has five weekdays on which
four of them may fall, and without that correction one such pupil in twenty would be told for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb

WEEKDAY_DAYS = 4
"""Days missed on the weekday: three Mondays of a term still are a cold, a journey and a dentist."""
WEEKDAY_SHARE = 60
"""Percent of the days missed. An illness of a week misses each weekday once, one of a month a fifth on each."""
EDGE_DAYS = 5
"""Days on which the edge was missed: a lesson is missed more easily than a day, by a doctor's hour or a late bus."""
EDGE_SHARE = 70
"""Percent of the days missed in part. Whoever comes late for a good reason also leaves early for one."""
CHANCE = 0.01
"""How likely chance alone may make such a cluster at most."""
EDGES = 2


@dataclass(frozen=True, slots=True)
class WeekdayCluster:
    """`days` missed of the `of` own school days on this weekday (1 is Monday)."""

    weekday: int
    days: tuple[date, ...]
    of: int


@dataclass(frozen=True, slots=True)
class PartDay:
    """A day of which some lessons were missed and some not, by numbers."""

    day: date
    own: frozenset[int]
    missed: frozenset[int]


@dataclass(frozen=True, slots=True)
class EdgeCluster:
    """`days` on which the first (or last) own lesson was missed, of the `of` days missed in part."""

    is_first: bool
    days: tuple[date, ...]
    of: int


def weekday_cluster(missed: Collection[date], own_days: Callable[[], Iterable[date]]) -> WeekdayCluster | None:
    """The weekday on which the missed days cluster, among the pupil's own school days, which are asked for only where
    enough days were missed."""
    found = Counter(day.isoweekday() for day in missed)
    if not found:
        return None
    [(weekday, count)] = found.most_common(1)
    if count < WEEKDAY_DAYS or 100 * count < WEEKDAY_SHARE * len(missed):
        return None
    days = {*own_days(), *missed}
    per_weekday = Counter(day.isoweekday() for day in days)
    chance = hypergeometric_tail(count, drawn=len(missed), marked=per_weekday[weekday], total=len(days))
    if chance * len(per_weekday) >= CHANCE:
        return None
    of_weekday = tuple(sorted(day for day in missed if day.isoweekday() == weekday))
    return WeekdayCluster(weekday, of_weekday, per_weekday[weekday])


def edge_clusters(days: Sequence[PartDay]) -> list[EdgeCluster]:
    """Whether the first and whether the last lesson is what is missed, of days missed in part.

    By chance the edge is among the missed lessons of a day as often as these are of its lessons: two missed of six
    hit the first in one case of three.
    """
    found = []
    chances = [len(day.missed) / len(day.own) for day in days]
    for is_first in (True, False):
        edge = min if is_first else max
        hit = tuple(sorted(day.day for day in days if edge(day.own) in day.missed))
        if len(hit) < EDGE_DAYS or 100 * len(hit) < EDGE_SHARE * len(days):
            continue
        if at_least_tail(len(hit), chances) * EDGES < CHANCE:
            found.append(EdgeCluster(is_first, hit, len(days)))
    return found


def hypergeometric_tail(at_least: int, *, drawn: int, marked: int, total: int) -> float:
    """Of `total` days, `marked` of them Mondays, `drawn` are taken by chance: how likely `at_least` are Mondays."""
    ways = (comb(marked, k) * comb(total - marked, drawn - k) for k in range(at_least, min(marked, drawn) + 1))
    return sum(ways) / comb(total, drawn)


def at_least_tail(at_least: int, chances: Iterable[float]) -> float:
    """How likely at least so many of independent events happen, each with its own chance."""
    spread = [1.0]  # spread[k]: how likely exactly k of the events so far happened
    for chance in chances:
        without, with_it = [*spread, 0.0], [0.0, *spread]
        spread = [a * (1 - chance) + b * chance for a, b in zip(without, with_it, strict=True)]
    return sum(spread[at_least:])
