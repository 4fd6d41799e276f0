"""What the builder of a division sends: who goes to which group, the groups to be made, what the page showed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict

from journal.models import Teacher
from journal.queries.divisions import Division, Seat
from journal.services.groups import Difference, NewGroup
from journal.text import normalise, row_number

MOST_NEW = 6
GIRLS, BOYS = ("дев",), ("мал", "юн", "пар")


@dataclass
class NewColumn:
    """A group that does not exist yet; `key` is −1 for the first."""

    key: int
    name: str = ""
    teacher_id: int | None = None


@dataclass
class Board:
    """The builder as a person left it. `seats` and `seen` are pupil id → group id, 0 for none, −n for a new group."""

    on: date
    shown_on: date
    seats: dict[int, int] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    new: list[NewColumn] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def seen_text(self) -> str:
        return pairs_text(self.seen)

    def new_groups(self, teachers: Mapping[int, Teacher]) -> list[NewGroup]:
        """The groups for the service; needs a board without errors."""
        return [NewGroup(column.name, teachers[column.teacher_id or 0]) for column in self.new]

    def add_column(self, names: Sequence[str], teacher_id: int | None = None) -> None:
        """One more new group with the next free name."""
        taken = {normalise(name) for name in [*names, *(column.name for column in self.new)]}
        number = next(number for number in range(1, 50) if f"{number} группа" not in taken)
        self.new.append(NewColumn(-len(self.new) - 1, f"{number} группа", teacher_id))


def fresh_board(division: Division, new: int = 0) -> Board:
    """The board of a page that is opened: what stands, and empty columns for new groups."""
    board = Board(division.on, division.on, dict(division.seated), dict(division.seated))
    for _ in range(min(new, MOST_NEW)):
        of_class = division.whole.teacher_id if division.whole and not division.columns else None
        board.add_column([column.name for column in division.columns], None if board.new else of_class)
    return board


def read_board(data: QueryDict, default: date) -> Board:
    """What was sent, before it is compared with what stands."""
    on = _date(data.get("on", ""))
    board = Board(on or default, _date(data.get("shown_on", "")) or on or default)
    if on is None:
        board.errors.append("Укажите, с какого дня действует деление: число, месяц и год.")
    names, teachers = data.getlist("new-name")[:MOST_NEW], data.getlist("new-teacher")
    for index, name in enumerate(names):
        teacher = row_number(teachers[index]) if index < len(teachers) else None
        board.new.append(NewColumn(-index - 1, " ".join(name.split())[:60], teacher))
    for key, value in data.items():
        if key.startswith("to-") and (pupil_id := row_number(key[3:])) is not None:
            board.seats[pupil_id] = _key(str(value))
    board.seen = pairs_from(data.get("seen", ""))
    return board


def settle(board: Board, division: Division) -> None:
    """Compare the board with the division of its day. What nobody touched follows what stands; where somebody else
    changed what the page showed, `differences` tell it and the person's own choice is kept beside it."""
    known = {0, *(column.group_id for column in division.columns), *(column.key for column in board.new)}
    same_day = board.on == board.shown_on
    seats = {}
    for seat in division.seats:
        shown = board.seen.get(seat.pupil_id, seat.group_id)
        wanted = board.seats.get(seat.pupil_id, shown)
        wanted = wanted if wanted in known else 0
        seats[seat.pupil_id] = wanted if wanted != shown else seat.group_id
        if same_day and shown != seat.group_id and wanted != seat.group_id:
            board.differences.append(Difference(seat.pupil_id, seat.name, wanted, seat.group_id, ""))
    board.seats = seats
    board.seen, board.shown_on = dict(division.seated), division.on


def check_new(board: Board, teachers: Mapping[int, Teacher]) -> None:
    """A new group needs a name and a teacher."""
    for number, column in enumerate(board.new, start=1):
        if not column.name:
            board.errors.append(f"Назовите {number}-ю новую группу, например «1 группа».")
        elif column.teacher_id not in teachers:
            board.errors.append(f"Выберите учителя для группы «{column.name}».")


# --- Quick ways -----------------------------------------------------------------------------------


def fill_halves(board: Board, seats: Sequence[Seat], keys: Sequence[int]) -> None:
    """Equal parts of the list, in its order."""
    free = [seat for seat in seats if not seat.on_plan]
    for index, seat in enumerate(free):
        board.seats[seat.pupil_id] = keys[index * len(keys) // len(free)]


def fill_by_sex(board: Board, seats: Sequence[Seat], columns: Sequence[tuple[int, str]]) -> None:
    """Girls and boys apart: by the names of the groups where they tell, else girls into the first."""
    girls = next((key for key, name in columns if normalise(name).startswith(GIRLS)), columns[0][0])
    others = [(key, name) for key, name in columns if key != girls]
    boys = next((key for key, name in others if normalise(name).startswith(BOYS)), others[0][0] if others else girls)
    for seat in seats:
        if not seat.on_plan:
            board.seats[seat.pupil_id] = boys if seat.sex == "m" else girls


def fill_last_year(board: Board, columns: Sequence[tuple[int, str]], last: Mapping[int, tuple[int, str]]) -> list[str]:
    """Groups of the year before: by name where a name is the same, else in order. Sentences say what is left."""
    by_name = {normalise(name): key for key, name in columns}
    target: dict[int, int] = {}
    old = dict(last.values())
    for pk, name in old.items():
        if normalise(name) in by_name:
            target[pk] = by_name[normalise(name)]
    free = [key for key, _ in columns if key not in target.values()]
    for pk in sorted(old, key=lambda pk: normalise(old[pk])):
        if pk not in target and free:
            target[pk] = free.pop(0)
    placed = 0
    for pupil_id, (pk, _) in last.items():
        if pk in target and pupil_id in board.seats:
            board.seats[pupil_id] = target[pk]
            placed += 1
    lost = sorted(name for pk, name in old.items() if pk not in target)
    notes = [f"Как в прошлом году распределены: {placed}."]
    if lost:
        notes.append(f"Групп стало меньше, ученики прошлогодних «{'», «'.join(lost)}» остались на месте.")
    return notes


def fill_pasted(board: Board, seats: Sequence[Seat], key: int, text: str) -> tuple[list[str], str]:
    """Put everybody named in the lines into a group. Sentences say which lines were not understood; those lines are
    given back, to be mended."""
    notes, left, placed = [], [], 0
    for line in text.splitlines()[:200]:
        words = _words(line)
        if not words:
            continue
        found = _named(words, seats)
        if len(found) == 1:
            board.seats[found[0].pupil_id] = key
            placed += 1
            continue
        left.append(line.strip())
        shown = line.strip()[:60]
        if found:
            names = ", ".join(seat.name for seat in found[:4])
            notes.append(f"«{shown}»: подходят несколько — {names}. Допишите имя.")
        else:
            notes.append(f"«{shown}»: такого ученика в классе нет. Проверьте фамилию и имя.")
    return [f"По списку распределены: {placed}.", *notes], "\n".join(left)


def _words(line: str) -> list[str]:
    """«12. Фёдоров И. П.» → «федоров», «и», «п»: numbers and signs of a list do not count."""
    text = normalise("".join(char if char.isalpha() or char == "-" else " " for char in line))
    return [word for word in text.split() if word.strip("-")]


def _named(words: Sequence[str], seats: Sequence[Seat]) -> list[Seat]:
    """Whose surname is the first word (or the second, «Иван Фёдоров») and whose name begins as the other does."""

    def fits(seat: Seat) -> bool:
        last, first = (normalise(part) for part in (seat.last_name, seat.first_name))
        surname = last.split()
        if words[: len(surname)] == surname:
            rest = words[len(surname) :]
            return not rest or first.startswith(rest[0])
        return len(words) >= 2 and words[-1] == last and first.startswith(words[0])

    found = [seat for seat in seats if fits(seat)]
    exact = [seat for seat in found if normalise(seat.first_name) in words]
    return exact if len(exact) == 1 else found


# --- Small texts ----------------------------------------------------------------------------------


def pairs_text(pairs: Mapping[int, int]) -> str:
    return " ".join(f"{pupil_id}:{key}" for pupil_id, key in pairs.items())


def pairs_from(text: str) -> dict[int, int]:
    found = {}
    for pair in text.split():
        pupil, _, key = pair.partition(":")
        if (pupil_id := row_number(pupil)) is not None:
            found[pupil_id] = _key(key)
    return found


def _key(text: str) -> int:
    number = row_number(text.removeprefix("-"))
    return 0 if number is None else (-number if text.startswith("-") else number)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
