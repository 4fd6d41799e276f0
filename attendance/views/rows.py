"""The rows of the day sheet as HTML.

Three hundred buttons are too many for template variables (design.md §7): plain strings take a tenth of the time.
Only names and notes come from people, and they are escaped here; everything else is our own numbers and words.
"""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from attendance.models import ABSENCE_REASONS, LETTERS, WHOLE_DAY, Reason
from attendance.sheet import Sheet, SheetRow, Standing
from journal.dates import day_month

OFFER_WORDS = {
    # reason: (of a boy, of a girl)
    Reason.ILL: ("болел", "болела"),
    Reason.EXCUSED: ("не был", "не была"),
    Reason.UNEXCUSED: ("не был", "не была"),
}
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


def _row(sheet: Sheet, row: SheetRow, is_open: bool) -> str:
    cells = "".join(_cell(row, column.number) for column in sheet.columns)
    name = escape(row.name)
    expanded = "true" if is_open else "false"
    target = f"?open={row.pupil_id}#p{row.pupil_id}"
    if sheet.columns:
        name = f'<a href="{target}" aria-expanded="{expanded}">{name}</a>'
    return (
        f'<tr id="p{row.pupil_id}" tabindex="-1"><td class="day__no">{row.number}</td>'
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
    stands = standing.reason if standing else ""
    # A fact without a reason yet is not pressed: pressing its letter confirms it.
    pressed = stands == reason and standing is not None and standing.is_confirmed
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
    return f'<td class="day__lesson" data-n="{number}"{mark}><span class="cell{look}">{letter}</span></td>'


def _note(sheet: Sheet, row: SheetRow) -> str:
    if row.offer and sheet.is_editable:
        words = f"{_when(sheet)} {OFFER_WORDS[Reason(row.offer)][row.is_girl]}"
        value = f"{row.pupil_id}:{WHOLE_DAY}::{row.offer}"
        letter = LETTERS[row.offer]
        return (
            f'<button class="offer" name="press" value="{value}" aria-label="{words}: поставить {letter}">'
            f"{words} → {letter}</button>"
        )
    return escape(row.note)


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
        f'<span class="presses">{_presses(row, number, sheet.is_editable, late=True)}</span></div>'
        for number, subject in row.own.items()
    )
    body = lessons or '<p class="hint">В этот день у ученика нет своих уроков.</p>'
    place = {"class_id": sheet.school_class.pk, "day": sheet.day, "pupil_id": row.pupil_id}
    body += f'<p class="hint"><a href="{reverse("attendance:history", kwargs=place)}">История дня</a></p>'
    return (
        f'<tr class="day__open" id="lessons{row.pupil_id}"><td colspan="{len(sheet.columns) + 4}">'
        f'<div class="lessons">{body}</div></td></tr>'
    )
