"""The rows of the day sheet as HTML.

Three hundred buttons are too many for template variables (design.md §7): plain strings take a tenth of the time.
Only names and notes come from people, and they are escaped here; everything else is our own numbers and words.
"""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from attendance.models import ABSENCE_REASONS, LETTERS, LONGEST_LATENESS, WHOLE_DAY, Reason
from attendance.of_day import Step
from attendance.sheet import Sheet, SheetRow, Standing
from journal.dates import day_month

OFFER_WORDS = {
    # reason: (of a boy, of a girl)
    Reason.ILL: ("болел", "болела"),
    Reason.EXCUSED: ("не был", "не была"),
    Reason.UNEXCUSED: ("не был", "не была"),
}
ANNOUNCED_WORDS = {
    # reason: (of a boy, of a girl)
    Reason.ILL: ("болен", "больна"),
    Reason.EXCUSED: ("не будет", "не будет"),
}
USUAL_MINUTES = (5, 10, 15)
WEEKDAY_WORDS = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")


def sheet_rows(sheet: Sheet, *, opened: int | None = None) -> SafeString:
    """All rows of the table body; `opened` is the pupil whose lessons stand open under the row."""
    parts = []
    for row in sheet.rows:
        parts.append(_row(sheet, row, row.pupil_id == opened))
        if row.pupil_id == opened:
            parts.append(_open_lessons(sheet, row))
    # Safe: built above from escaped names and our own constants.
    return mark_safe("".join(parts))


def wire(reason: str, minutes: int | None) -> str:
    """A reason as presses carry it: «late-10» is a lateness of ten minutes."""
    return f"{reason}-{minutes}" if minutes else reason


def step_words(sheet: Sheet, step: Step) -> dict[str, str]:
    """A press that can be taken back: the value of its button, and what would happen in words."""
    name = next((row.name for row in sheet.rows if row.pupil_id == step.pupil_id), "")
    where = f"{step.lesson} урок" if step.lesson else "весь день"
    stands, stood = (LETTERS.get(reason, "пусто") for reason in (step.new, step.old))
    value = f"{step.key} {step.pupil_id}:{step.lesson}:{wire(step.new, step.minutes)}:{step.old}"
    return {"value": value, "words": f"{name}, {where}: {stands} → {stood}"}


def _row(sheet: Sheet, row: SheetRow, is_open: bool) -> str:
    cells = "".join(_cell(row, column.number) for column in sheet.columns)
    name = escape(row.name)
    expanded = "true" if is_open else "false"
    target = f"?open={row.pupil_id}#p{row.pupil_id}"
    if sheet.columns:
        name = f'<a href="{target}" aria-expanded="{expanded}">{name}</a>'
    girl = " data-girl" if row.is_girl else ""
    return (
        f'<tr id="p{row.pupil_id}"{girl} tabindex="-1"><td class="day__no">{row.number}</td>'
        f'<th scope="row" class="day__name">{name}</th>'
        f'<td class="day__day"><span class="presses">{_presses(row, WHOLE_DAY, sheet.is_editable)}</span></td>'
        f'{cells}<td class="day__note">{_note(sheet, row)}</td></tr>'
    )


def _presses(row: SheetRow, lesson: int, is_editable: bool, *, late: bool = False) -> str:
    """Buttons Б У Н (and О at a lesson). The value says what it replaces and what it puts."""
    standing = row.standing.get(lesson)
    reasons = (*ABSENCE_REASONS, Reason.LATE) if late else ABSENCE_REASONS
    return "".join(_press(row, lesson, reason, standing, is_editable) for reason in reasons)


def _press(row: SheetRow, lesson: int, reason: Reason, standing: Standing | None, is_editable: bool) -> str:
    stands = wire(standing.reason, standing.minutes) if standing else ""
    # A fact without a reason yet is not pressed: pressing its letter confirms it.
    pressed = standing is not None and standing.reason == reason and standing.is_confirmed
    value = f"{row.pupil_id}:{lesson}:{stands}:{'' if pressed else reason.value}"
    return (
        f'<button class="press is-{reason.value}" name="press" value="{value}" aria-pressed="{str(pressed).lower()}"'
        f' aria-label="{reason.label}"{"" if is_editable else " disabled"}>{LETTERS[reason]}</button>'
    )


def _cell(row: SheetRow, number: int) -> str:
    if number not in row.own:
        return '<td class="day__lesson"></td>'
    standing = row.standing.get(number) or row.whole
    look, letter = (f" is-{standing.reason}", standing.letter) if standing else ("", "")
    own = row.standing.get(number)
    # What stands at the lesson itself, for the script; the letter may come from the whole day. A fact still waits for
    # its reason: its letter, pressed again, confirms it and does not clear.
    mark = f' data-mark="{own.reason}"{"" if own.is_confirmed else " data-fact"}' if own else ""
    if own and own.minutes:
        mark += f' data-minutes="{own.minutes}" title="{_late_words(row, own.minutes)}"'
    return f'<td class="day__lesson" data-n="{number}"{mark}><span class="cell{look}">{letter}</span></td>'


def _note(sheet: Sheet, row: SheetRow) -> str:
    """Words of what stands, how late, and offers: what the family announced, else yesterday's reason."""
    late = ", ".join(_late_words(row, here.minutes) for here in row.standing.values() if here.minutes)
    parts = [f"<span data-late>{late}</span>"] if late else []
    if row.announced_places and sheet.is_editable:
        parts.append(_announced(row))
    elif row.offer and sheet.is_editable:
        words = f"{_when(sheet)} {OFFER_WORDS[Reason(row.offer)][row.is_girl]}"
        value = f"{row.pupil_id}:{WHOLE_DAY}::{row.offer}"
        letter = LETTERS[row.offer]
        parts.append(
            f'<button class="offer" name="press" value="{value}" aria-label="{words}: поставить {letter}">'
            f"{words} → {letter}</button>"
        )
    if row.note:
        parts.append(escape(row.note))
    return " ".join(parts)


def _late_words(row: SheetRow, minutes: int) -> str:
    return f"{'опоздала' if row.is_girl else 'опоздал'} на {minutes} мин"


def _announced(row: SheetRow) -> str:
    """One press confirms what the family announced: all its places where nothing stands yet."""
    if row.announced is None:
        return ""
    places, reason = row.announced_places, row.announced.reason
    where = "" if places == (WHOLE_DAY,) else f" (урок {', '.join(map(str, places))})"
    words = f"заявлено родителем: {ANNOUNCED_WORDS[Reason(reason)][row.is_girl]}{where}"
    told = " · ".join(filter(None, [row.announced.comment, f"{row.announced.by}, {row.announced.at:%d.%m %H:%M}"]))
    return (
        f'<button class="offer offer--family" name="confirm" value="{row.announced.announcement_id}"'
        f' data-places="{" ".join(map(str, places))}" data-reason="{reason}" title="{escape(told)}">'
        f"{words} → {LETTERS[reason]}</button>"
    )


def _when(sheet: Sheet) -> str:
    """The school day before, as a teacher says it: on Monday that is not yesterday but «в пятницу»."""
    before = sheet.previous or sheet.day
    days = (sheet.day - before).days
    if days <= 1:
        return "вчера"
    if days < len(WEEKDAY_WORDS):
        return WEEKDAY_WORDS[before.weekday()]
    return day_month(before)


def _open_lessons(sheet: Sheet, row: SheetRow) -> str:
    lessons = "".join(
        f'<div class="lessons__one"><span class="lessons__name">{number} {escape(subject)}</span>'
        f'<span class="presses">{_presses(row, number, sheet.is_editable, late=True)}</span>'
        f"{_minutes(row, number) if sheet.is_editable else ''}</div>"
        for number, subject in row.own.items()
    )
    body = lessons or '<p class="hint">В этот день у ученика нет своих уроков.</p>'
    place = {"class_id": sheet.school_class.pk, "day": sheet.day, "pupil_id": row.pupil_id}
    body += f'<p class="hint"><a href="{reverse("attendance:history", kwargs=place)}">История дня</a></p>'
    return (
        f'<tr class="day__open" id="lessons{row.pupil_id}"><td colspan="{len(sheet.columns) + 4}">'
        f'<div class="lessons">{body}</div></td></tr>'
    )


def _minutes(row: SheetRow, number: int) -> str:
    """How late: the usual minutes by one press, any others by the field. Only where a lateness stands."""
    here = row.standing.get(number)
    if here is None or here.reason != Reason.LATE:
        return ""
    start = f"{row.pupil_id}:{number}:{wire(here.reason, here.minutes)}:{Reason.LATE}"
    usual = "".join(
        f'<button class="press press--minutes" name="press" value="{start}-{minutes}" data-minutes="{minutes}"'
        f' aria-pressed="{str(here.minutes == minutes).lower()}" aria-label="опоздание на {minutes} минут">{minutes}'
        "</button>"
        for minutes in USUAL_MINUTES
    )
    return (
        f'<span class="lessons__late">на {usual}'
        f'<input class="form-control" type="number" inputmode="numeric" min="1" max="{LONGEST_LATENESS}"'
        f' name="minutes-{row.pupil_id}-{number}" value="{here.minutes or ""}" aria-label="на сколько минут">'
        f' мин <button class="btn btn-plain btn-sm" name="press" value="{start}" data-minutes-typed>Записать</button>'
        "</span>"
    )
