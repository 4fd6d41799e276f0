"""Is it the same person? Pure comparisons of names and dates."""

from datetime import date

from journal.text import normalise

NEAR_LETTERS = 2


def distance(one: str, other: str, limit: int = NEAR_LETTERS) -> int:
    """Letters to change, add or drop to make one word of the other; stops counting above the limit."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    previous = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        current = [row]
        for column, right in enumerate(other, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (left != right)))
        if min(current) > limit:
            return limit + 1
        previous = current
    return min(previous[-1], limit + 1)


def names_are_near(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """One of surname, name, patronymic differs by at most two letters, or surname and name are swapped.

    A patronymic that one of the two lacks does not speak against them.
    """
    mine, theirs = [tuple(normalise(part) for part in name) for name in (one, other)]
    if (mine[0], mine[1]) == (theirs[1], theirs[0]):
        return True
    differing = 0
    for index, (left, right) in enumerate(zip(mine, theirs, strict=True)):
        if left == right or (index == 2 and not (left and right)):
            continue
        if distance(left, right) > NEAR_LETTERS:
            return False
        differing += 1
    return differing <= 1


def dates_are_near(one: date, other: date) -> bool:
    """Day and month swapped, or one digit different, or two neighbouring digits swapped."""
    if (one.day, one.month, one.year) == (other.month, other.day, other.year):
        return True
    left, right = f"{one:%d%m%Y}", f"{other:%d%m%Y}"
    wrong = [index for index in range(8) if left[index] != right[index]]
    if len(wrong) == 1:
        return True
    return len(wrong) == 2 and left[wrong[0]] == right[wrong[1]] and left[wrong[1]] == right[wrong[0]]
