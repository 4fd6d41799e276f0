"""A weekly timetable in which no teacher is in two places and no class has a hole in its day."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random

from gymnasium.demo.curriculum import CRAFT, ROOMS
from gymnasium.demo.world import Form, Place, Unit, World
from journal.models import Teacher, TimetableSlot

DAYS = 5
FIRST_LESSON_OF_MONDAY: Place = (1, 1)
CLASH, REPEAT = 100, 6


def build_timetable(world: World) -> None:
    """Finds places for all units and stores them as slots since the first of September."""
    week = _Week(world.forms, world.rng("timetable"))
    week.solve()
    week.store()
    rooms = _rooms(world)
    TimetableSlot.objects.bulk_create(
        (
            TimetableSlot(
                course=course,
                weekday=weekday,
                number=number,
                room=rooms[course.teacher.pk],
                date_from=world.year.date_from,
            )
            for form in world.forms
            for unit in form.units
            for course in unit.courses
            for weekday, number in unit.places
        ),
        batch_size=2000,
    )


class _Week:
    """A local search: lessons of a class change places until the number of clashes is nought."""

    def __init__(self, forms: list[Form], rng: Random) -> None:
        self.forms = forms
        self.rng = rng
        self.grid: dict[Form, dict[Place, Unit]] = {}
        self.busy: dict[Place, Counter[Teacher]] = defaultdict(Counter)
        for form in forms:
            self.grid[form] = self.first_try(form)
            for place, unit in self.grid[form].items():
                self.occupy(place, unit, 1)

    def first_try(self, form: Form) -> dict[Place, Unit]:
        talks, *others = form.units
        lessons = [unit for unit in others for _ in range(unit.hours)]
        self.rng.shuffle(lessons)
        lengths = [(len(lessons) + 1) // DAYS + (day < (len(lessons) + 1) % DAYS) for day in range(DAYS)]
        places = [(day + 1, number + 1) for day in range(DAYS) for number in range(lengths[day])]
        places.remove(FIRST_LESSON_OF_MONDAY)
        return {FIRST_LESSON_OF_MONDAY: talks, **dict(zip(places, lessons, strict=True))}

    def occupy(self, place: Place, unit: Unit, step: int) -> None:
        for course in unit.courses:
            self.busy[place][course.teacher] += step

    def solve(self) -> None:
        """Whole rounds over all classes: every lesson that is badly placed takes the best other place.

        With at most 22 hours a teacher the clashes are gone after a round or two; the others tidy up.
        """
        for round_number in range(100):
            bad = [(form, place) for form in self.forms for place in self.grid[form] if self.cost_at(form, place)]
            if round_number > 25 and not any(self.cost_at(*item) >= CLASH for item in bad):
                return
            self.rng.shuffle(bad)
            for form, place in bad:
                if self.cost_at(form, place):
                    self.improve(form, place)
        raise RuntimeError("расписание учебной школы не сложилось")

    def improve(self, form: Form, place: Place) -> None:
        """Swap with the place that makes the class's week cheapest; ties and small losses keep the search moving."""
        if place == FIRST_LESSON_OF_MONDAY:
            return
        best, best_gain = None, None
        for other in self.grid[form]:
            if other in (place, FIRST_LESSON_OF_MONDAY) or self.grid[form][other] is self.grid[form][place]:
                continue
            before = self.pair_cost(form, place, other)
            self.swap(form, place, other)
            gain = before - self.pair_cost(form, place, other) + self.rng.random()
            self.swap(form, place, other)
            if best_gain is None or gain > best_gain:
                best, best_gain = other, gain
        if best and best_gain > -0.5:
            self.swap(form, place, best)

    def swap(self, form: Form, one: Place, two: Place) -> None:
        grid = self.grid[form]
        self.occupy(one, grid[one], -1)
        self.occupy(two, grid[two], -1)
        grid[one], grid[two] = grid[two], grid[one]
        self.occupy(one, grid[one], 1)
        self.occupy(two, grid[two], 1)

    def pair_cost(self, form: Form, one: Place, two: Place) -> int:
        return self.cost_at(form, one) + self.cost_at(form, two)

    def cost_at(self, form: Form, place: Place) -> int:
        """What is wrong with the lesson at the place: a teacher elsewhere, the same subject twice a day."""
        unit = self.grid[form][place]
        busy = self.busy[place]
        cost = CLASH * sum(busy[course.teacher] > 1 for course in unit.courses)
        day, number = place
        others = [n for n in range(1, 8) if n != number and self.grid[form].get((day, n)) is unit]
        if unit.subject == CRAFT and unit.hours == 2:
            # Craft comes as a pair.
            return cost + (0 if len(others) == 1 and abs(others[0] - number) == 1 else REPEAT)
        return cost + REPEAT * len(others)

    def store(self) -> None:
        for grid in self.grid.values():
            for place in sorted(grid):
                grid[place].places.append(place)


def _rooms(world: World) -> dict[int, str]:
    """One room a teacher, as in most schools; teachers of sport share out the halls."""
    numbers = iter([str(floor * 100 + room) for floor in (2, 3, 1, 4) for room in range(1, 31)])
    rooms: dict[int, str] = {}
    for chair, teachers in sorted(world.chairs.items()):
        for index, teacher in enumerate(teachers, start=1):
            name = ROOMS.get(chair, "")
            rooms[teacher.pk] = f"{name} {index}".strip() if name else next(numbers)
    return rooms
