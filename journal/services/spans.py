"""What stands from when to when, and putting something else in from a day on. Pure: no database here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A pupil in a group, both days included; an open end is None. `pk` is None while no row holds it."""

    group_id: int
    first: date
    last: date | None
    pk: int | None = None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def span_on(spans: Iterable[Span], day: date) -> Span | None:
    return next((span for span in spans if span.holds(day)), None)


def put_in(spans: Iterable[Span], group_id: int, day: date, until: date | None = None) -> list[Span]:
    """The spans with the stretch that holds on `day` given to `group_id` (0: to nobody) from that day on.

    The stretch ends where it ended before: at its last day, before the next span, at `until` (the last day in the
    class). So a move that is already known for a later day stays as it is. A span that would begin on `day` itself
    never held and is replaced; neighbours of one group become one span.
    """
    before = [span for span in spans if span.last is not None and span.last < day]
    now = span_on(spans, day)
    later = sorted((span for span in spans if span.first > day), key=lambda span: span.first)
    last = _end_of_stretch(now, later, until)
    pk = None
    if now and now.first < day:
        before.append(replace(now, last=day - DAY))
    elif now:
        pk = now.pk
    if not group_id:
        return [*before, *later]
    new = Span(group_id, day, last, pk)
    return [*_joined(before, new, later)]


def _end_of_stretch(now: Span | None, later: list[Span], until: date | None) -> date | None:
    ends = [until, now.last if now else None, later[0].first - DAY if later else None]
    return min((end for end in ends if end is not None), default=None)


def _joined(before: list[Span], new: Span, later: list[Span]) -> list[Span]:
    """The new span as one with its neighbours of the same group."""
    rest = [*later]
    if rest and new.last is not None and rest[0].first == new.last + DAY and rest[0].group_id == new.group_id:
        new = replace(new, last=rest.pop(0).last)
    earlier = [*before]
    for span in before:
        if span.group_id == new.group_id and span.last == new.first - DAY:
            earlier.remove(span)
            new = replace(new, first=span.first, pk=span.pk)
    return [*earlier, new, *rest]
