"""A page of settings in two steps: a form; where the change touches what is recorded already, a preview with numbers;
then the change itself.

The confirmation carries what was shown (`confirm`, a digest) and what is wanted (the fields of the form). Where the
digest no longer fits, the preview is shown again with its new numbers and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.audit import address_of
from accounts.models import User
from journal.forms.base import EditForm
from journal.services.changes import Conflict
from journal.services.settings import (
    CannotChange,
    add_setting,
    change_setting,
    check_standing,
    lock_settings,
    remove_setting,
)

SOMEBODY_WAS_FASTER = "Не сохранено: в ту же минуту это изменил кто-то другой. Проверьте и сохраните ещё раз."
CHANGED_MEANWHILE = "Пока вы читали, записи изменились. Ниже новые числа: посмотрите их и подтвердите ещё раз."
NOT_CARRIED = {"csrfmiddlewaretoken", "confirm", "edit"}


class Shown(Protocol):
    """What a preview has to tell (see `reports.school.preview.Preview`)."""

    @property
    def digest(self) -> str: ...

    refusal: str


@dataclass(frozen=True)
class Step:
    """The words and the way back of one page of settings."""

    title: str
    back: str
    subject: str
    """What the audit trail calls the change."""
    hint: str = ""
    saved: str = "Сохранено."
    template: str = "settings/form.html"
    context: dict[str, Any] = field(default_factory=dict)


def settings_page(
    request: HttpRequest,
    form: EditForm,
    step: Step,
    *,
    preview: Callable[[dict[str, Any]], Shown | None] = lambda changes: None,
    removal: Callable[[], Shown | None] | None = None,
) -> HttpResponse:
    """The form, its preview, its saving. `removal`, where the row may be removed, shows what that touches."""
    answer = None
    if request.method == "POST" and "remove" in request.POST and removal is not None:
        answer = _remove(request, form.instance, step, removal)
    elif request.method == "POST" and form.is_valid() and "edit" not in request.POST:
        answer = _save(request, form, step, preview)
    context = {**step.context, "form": form, "step": step, "may_remove": removal is not None}
    return answer or TemplateResponse(request, step.template, context)


def _save(
    request: HttpRequest, form: EditForm, step: Step, preview: Callable[[dict[str, Any]], Shown | None]
) -> HttpResponse | None:
    """The answer after a save or with a preview; None where the form has something to say."""
    changes, row = form.changes(), form.instance
    is_new = row._state.adding
    if not changes and not is_new:
        messages.info(request, "Ничего не изменилось.")
        return redirect(step.back)
    try:
        if not is_new:
            check_standing(row, changes)
        if asked := _ask(request, step, preview(changes)):
            return asked
        with transaction.atomic():
            lock_settings()
            # Once more under the lock: somebody may have put another row beside this one.
            form.full_clean()
            if form.errors:
                return None
            _write(request.user, row, changes, step, is_new=is_new, address=address_of(request))
    except Conflict as conflict:
        form.show_conflict(conflict)
        return None
    except CannotChange as refusal:
        form.add_error(None, str(refusal))
        return None
    except IntegrityError:
        form.add_error(None, SOMEBODY_WAS_FASTER)
        return None
    messages.success(request, step.saved)
    return redirect(step.back)


def _write(by: User, row: Model, changes: dict[str, Any], step: Step, *, is_new: bool, address: str | None) -> None:
    if is_new:
        add_setting(row, by=by, subject=step.subject, address=address)
    else:
        change_setting(row, changes, by=by, subject=step.subject, address=address)


def _remove(request: HttpRequest, row: Model, step: Step, removal: Callable[[], Shown | None]) -> HttpResponse | None:
    if asked := _ask(request, step, removal()):
        return asked
    try:
        remove_setting(row, by=request.user, subject=step.subject, address=address_of(request))
    except CannotChange as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Удалено.")
    return redirect(step.back)


def _ask(request: HttpRequest, step: Step, shown: Shown | None) -> HttpResponse | None:
    """The page with the numbers, until this very preview is confirmed; None where the way is free."""
    confirmed = request.POST.get("confirm", "")
    if shown is None or (confirmed == shown.digest and not shown.refusal):
        return None
    if confirmed:
        messages.warning(request, CHANGED_MEANWHILE)
    carried = [(name, value) for name, values in request.POST.lists() if name not in NOT_CARRIED for value in values]
    context = {"preview": shown, "step": step, "carried": carried, "removes": "remove" in request.POST}
    return TemplateResponse(request, "settings/preview.html", context)
