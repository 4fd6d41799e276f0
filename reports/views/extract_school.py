"""«Выписки» of the school for the deputy: the queue, the register; and the check of a sheet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import Action, record_event, record_pupils
from accounts.models import User
from journal.access import deputy_only
from journal.calendar import Calendar, load_calendar, year_of
from journal.files import table_response
from journal.models import SchoolClass
from journal.text import row_number
from reports.extract import batch, register
from reports.extract.checking import LARGEST_FILE, CannotCheck, Checked, check_file, check_text
from reports.extract.class_page import pupils_to_print
from reports.extract.query import default_period
from reports.extract.school_queue import (
    PAGE,
    ClassQueue,
    SchoolQueue,
    State,
    Wanted,
    queue_rows,
    register_rows,
    register_table,
    school_queue,
)
from reports.forms import ExtractForm
from reports.models import Extract
from reports.views.extracts import KEPT_BLOCKS

NOBODY = SchoolQueue(())


@require_safe
@deputy_only
def queue(request: HttpRequest) -> HttpResponse:
    """Who gets paper, class by class, and who must get it now."""
    calendar, found = _queue()
    shown = _shown(request, found)
    record_pupils(request, Action.READ, "очередь выписок", pupil_ids=[w.pupil_id for one in shown for w in one.waiting])
    context = {
        "queue": found,
        "shown": shown,
        "grades": sorted({one.grade for one in found.classes}),
        "grade": row_number(request.GET.get("grade", "")),
        "only_due": request.GET.get("due") == "1",
        "form": _form(request, calendar) if calendar else None,
    }
    return TemplateResponse(request, "reports/extract_queue.html", context)


@require_safe
@deputy_only
def queue_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The queue as shown, as XLSX or CSV."""
    _, found = _queue()
    shown = _shown(request, found)
    record_pupils(
        request, Action.EXPORT, "очередь выписок", pupil_ids=[w.pupil_id for one in shown for w in one.waiting]
    )
    return table_response(suffix, "Очередь выписок", queue_rows(shown), sheet="Очередь выписок")


@require_POST
@deputy_only
def queue_print(request: HttpRequest) -> HttpResponse:
    """Prints for those chosen, for all who must get paper, or for the whole school."""
    calendar, found = _queue()
    back = reverse("reports:extract_queue")
    form = _form(request, calendar) if calendar else None
    if form is None or (form.is_bound and not form.is_valid()):
        words = " ".join(message for errors in form.errors.values() for message in errors) if form else ""
        messages.error(request, words or "Учебный год не заведён: печатать нечего.")
        return redirect(back)
    who = request.POST.get("who", "")
    wanted, title = _whom(request, found, who, form, request.user)
    if not any(wanted.values()):
        messages.warning(request, "Печатать некому: отметьте учеников или выберите другой период.")
        return redirect(back)
    job = batch.start_print(wanted, form.period, blocks=form.chosen_blocks, by=request.user, next_url=back, title=title)
    if not job.is_new:
        messages.info(request, "Предыдущая печать ещё идёт. Дождитесь её конца или остановите.")
    return redirect("reports:job", job_id=job.pk)


def _whom(
    request: HttpRequest, found: SchoolQueue, who: str, form: ExtractForm, user: User
) -> tuple[dict[int, list[int]], str]:
    """Class id → pupils, and the name of the file."""
    if who == "school":
        classes = {one.pk: one for one in SchoolClass.objects.filter(pk__in=[one.class_id for one in found.classes])}
        return {
            pk: pupils_to_print(one, user, form.period, only_paper=False) for pk, one in classes.items()
        }, "Выписки школы"
    chosen = {row_number(text) for text in request.POST.getlist("pupil")}
    return {
        one.class_id: _once(w.pupil_id for w in one.waiting if (w.is_due if who == "due" else w.pupil_id in chosen))
        for one in found.classes
    }, "Выписки, кому пора" if who == "due" else "Выписки выбранным"


def _once(ids: Iterable[int]) -> list[int]:
    """A pupil with two parents on paper gets one sheet."""
    return list(dict.fromkeys(ids))


@require_safe
@deputy_only
def register_page(request: HttpRequest) -> HttpResponse:
    """The register of the school, a hundred lines a page."""
    wanted = _wanted(request)
    pages = Paginator(register_rows(wanted), PAGE)
    page = pages.get_page(request.GET.get("page"))
    record_pupils(request, Action.READ, "реестр выписок", pupil_ids={row.pupil_id for row in page.object_list})
    year = year_of(timezone.localdate())
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": page,
        "wanted": wanted,
        "classes": year.classes.order_by("grade", "letter") if year else [],
        "states": State.NAMES.items(),
        "kinds": Extract.Kind.choices,
        "query": query.urlencode(),
    }
    return TemplateResponse(request, "reports/extract_register_all.html", context)


@require_safe
@deputy_only
def register_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The register as filtered, as XLSX or CSV."""
    rows = register_rows(_wanted(request))
    record_event(Action.EXPORT, "реестр выписок школы", by=request.user, request=request)
    return table_response(suffix, "Реестр выписок", register_table(rows), sheet="Реестр выписок")


@require_POST
def register_note(request: HttpRequest) -> HttpResponse:
    """«Вручены» or «Корешки возвращены» for the lines ticked, of those the person may see."""
    ids = [pk for text in request.POST.getlist("extract") if (pk := row_number(text))]
    rows = list(register.extracts_visible_to(request.user).filter(pk__in=ids))
    count = register.note_several(rows, what=request.POST.get("what", ""), by=request.user, request=request)
    if not ids:
        messages.warning(request, "Отметьте выписки в первом столбце.")
    else:
        messages.success(request, f"Отмечено выписок: {count}.")
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("home")
    return redirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Is the sheet genuine? For the deputy, and for class teachers about the own class's extracts."""
    user = request.user
    if not (user.sees_whole_school or user.own_classes):
        raise Http404
    rows = register.extracts_visible_to(user).select_related("pupil", "school_class", "guardian", "formed_by")
    context: dict[str, object] = {"typed": request.POST.get("text", "").strip()[:200]}
    if request.method == "POST":
        try:
            found = _checked(request, rows)
        except CannotCheck as refusal:
            context["refusal"] = str(refusal)
        else:
            context["found"] = found
            _record(request, found)
    status = 422 if "refusal" in context else 200
    return TemplateResponse(request, "reports/extract_check.html", context, status=status)


def _checked(request: HttpRequest, rows) -> Checked:
    upload = request.FILES.get("file")
    if upload is not None:
        # A byte more than allowed is enough to refuse it.
        return check_file(rows, upload.read(LARGEST_FILE + 1))
    return check_text(rows, request.POST.get("text", ""))


def _record(request: HttpRequest, found: Checked) -> None:
    details = {"pupil_id": found.row.pupil_id, "class_id": found.row.school_class_id} if found.row else {}
    record_event(Action.READ, f"проверка выписки: {found.verdict}", by=request.user, request=request, **details)


def _queue() -> tuple[Calendar | None, SchoolQueue]:
    today = timezone.localdate()
    year = year_of(today)
    if year is None:
        return None, NOBODY
    calendar = load_calendar(year)
    return calendar, school_queue(calendar, today)


def _shown(request: HttpRequest, found: SchoolQueue) -> list[ClassQueue]:
    return found.shown(row_number(request.GET.get("grade", "")), only_due=request.GET.get("due") == "1")


def _form(request: HttpRequest, calendar: Calendar) -> ExtractForm:
    today = timezone.localdate()
    form = ExtractForm(
        request.POST if request.method == "POST" else request.GET,
        first_day=calendar.year.date_from,
        today=today,
        default=default_period(calendar, 5, today),
        kept=request.session.get(KEPT_BLOCKS, ()),
    )
    if form.tells_blocks and form.is_valid():
        request.session[KEPT_BLOCKS] = list(form.chosen_blocks)
    return form


def _wanted(request: HttpRequest) -> Wanted:
    data = request.GET
    return Wanted(
        class_id=row_number(data.get("class", "")),
        state=data.get("state", ""),
        kind=data.get("kind", ""),
        since=_date(data.get("since", "")),
        until=_date(data.get("until", "")),
    )


def _date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
