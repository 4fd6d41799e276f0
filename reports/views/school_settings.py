"""Settings of the school beside the calendar: bells, grading, attendance, documents, the sensitive block."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import address_of
from accounts.models import User
from journal.access import office_only
from journal.logo import LARGEST, NotALogo
from journal.models import BellPeriod, School, SchoolLogo, WorkKind
from journal.services.logo import remove_logo, save_logo
from journal.services.settings import CannotChange
from journal.text import row_number
from journal.views.steps import Step, settings_page
from reports.school.bells import BellsForm
from reports.school.forecasts import thresholds_preview, weights_preview
from reports.school.forms import AttendanceForm, DocumentsForm, GradingForm, SensitiveForm, WorkKindForm
from reports.school.missed import missed_day_preview
from reports.school.preview import Preview
from reports.school.services import MAIN_BELLS, bells_of, bells_text, permit_sensitive, remove_bells, save_bells

RECLASSIFY = {"threshold_5", "threshold_4", "threshold_3", "disputed_margin", "few_marks_term", "few_marks_half_year"}


# --- Bells ----------------------------------------------------------------------------------------


@require_safe
@office_only
def bells(request: HttpRequest) -> HttpResponse:
    """Every schedule of bells with its lessons."""
    found: dict[str, list[BellPeriod]] = {}
    for row in BellPeriod.objects.order_by("schedule", "number"):
        found.setdefault(row.schedule, []).append(row)
    schedules = sorted(found.items(), key=lambda item: (item[0] != MAIN_BELLS, item[0]))
    return TemplateResponse(request, "settings/bells.html", {"schedules": schedules, "main": MAIN_BELLS})


@require_http_methods(["GET", "POST"])
@office_only
def bell_schedule(request: HttpRequest) -> HttpResponse:
    """One schedule as a table of twelve lessons; `?schedule=` names it, without it a new one is made."""
    name = request.GET.get("schedule", "")
    standing = bells_of(name) if name else []
    if name and not standing:
        raise Http404
    form = BellsForm(request.POST or None, name=name, bells=standing)
    if request.method == "POST" and "remove" in request.POST and name:
        try:
            remove_bells(name, by=request.user, address=address_of(request))
        except CannotChange as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Расписание «{name}» удалено.")
        return redirect("reports:bells")
    if request.method == "POST" and form.is_valid():
        try:
            save_bells(
                old_name=name, name=form.cleaned_data["name"], shown=form.cleaned_data["shown"], bells=form.bells,
                by=request.user, address=address_of(request),
            )  # fmt: skip
        except CannotChange as refusal:
            form.add_error(None, str(refusal))
            form.data = {**form.data.dict(), "shown": bells_text(standing)}
        else:
            messages.success(request, "Расписание звонков сохранено.")
            return redirect("reports:bells")
    context = {"form": form, "name": name, "may_remove": bool(name) and name != MAIN_BELLS}
    return TemplateResponse(request, "settings/bell_schedule.html", context)


# --- Grading --------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@office_only
def grading(request: HttpRequest) -> HttpResponse:
    """Thresholds and kinds of work."""
    school = School.load()
    now = copy(school)  # the form writes what is wanted into `school`
    form = GradingForm(request.POST or None, instance=school)
    kinds = WorkKind.objects.annotate(used=Count("marks")).order_by("-weight", "name")
    step = Step(
        "Оценивание", reverse("reports:grading"), "настройки: оценивание",
        template="settings/grading.html", context={"kinds": kinds},
    )  # fmt: skip

    def preview(changes: dict[str, Any]) -> Preview | None:
        return thresholds_preview(now, form.instance, timezone.localdate()) if RECLASSIFY & set(changes) else None

    return settings_page(request, form, step, preview=preview)


@require_http_methods(["GET", "POST"])
@office_only
def work_kind_new(request: HttpRequest) -> HttpResponse:
    form = WorkKindForm(request.POST or None, instance=WorkKind())
    return settings_page(request, form, _kind_step("Новый вид работы"))


@require_http_methods(["GET", "POST"])
@office_only
def work_kind(request: HttpRequest, kind_id: int) -> HttpResponse:
    """A kind in use is never deleted; another weight is shown with what it changes."""
    kind = get_object_or_404(WorkKind, pk=kind_id)
    unused = not kind.is_default and not kind.marks.exists()
    form = WorkKindForm(request.POST or None, instance=kind)

    def preview(changes: dict[str, Any]) -> Preview | None:
        if "weight" not in changes:
            return None
        return weights_preview(kind_id, changes["weight"][1], timezone.localdate())

    return settings_page(
        request, form, _kind_step(kind.name.capitalize()), preview=preview, removal=(lambda: None) if unused else None
    )


def _kind_step(title: str) -> Step:
    hint = "Вид, по которому уже стоят отметки, не удаляют; вес учитывается в средневзвешенном балле."
    return Step(title, reverse("reports:grading"), "настройки: вид работы", hint=hint)


# --- Attendance, documents ------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@office_only
def attendance_rules(request: HttpRequest) -> HttpResponse:
    """What counts as a missed day, until when the roll is called, from when a class is watched."""
    school = School.load()
    now = copy(school)  # the form writes what is wanted into `school`
    form = AttendanceForm(request.POST or None, instance=school)
    step = Step(
        "Посещаемость",
        reverse("reports:attendance_rules"),
        "настройки: посещаемость",
        template="settings/attendance.html",
    )

    def preview(changes: dict[str, Any]) -> Preview | None:
        if "missed_day_rule" not in changes:
            return None
        return missed_day_preview(now.missed_day_rule, school.missed_day_rule, timezone.localdate())

    return settings_page(request, form, step, preview=preview)


@require_http_methods(["GET", "POST"])
@office_only
def documents(request: HttpRequest) -> HttpResponse:
    """The school as its documents name it, and every term of days or years."""
    form = DocumentsForm(request.POST or None, instance=School.load())
    step = Step(
        "Документы и сроки",
        reverse("reports:documents"),
        "настройки: документы и сроки",
        template="settings/documents.html",
        context={"has_logo": SchoolLogo.objects.exists()},
    )
    return settings_page(request, form, step)


@require_http_methods(["GET", "POST"])
@office_only
def logo(request: HttpRequest) -> HttpResponse:
    """The school's sign: the picture itself; a new one, or none any more."""
    if request.method != "POST":
        return HttpResponse(bytes(get_object_or_404(SchoolLogo).picture), content_type="image/png")
    address = address_of(request)
    if "remove" in request.POST:
        remove_logo(by=request.user, address=address)
        messages.success(request, "Знак школы убран. На новых выписках его не будет.")
        return redirect("reports:documents")
    upload = request.FILES.get("picture")
    try:
        # A file too large is not read to its end.
        save_logo(upload.read(LARGEST + 1) if upload else b"", by=request.user, address=address)
    except NotALogo as refusal:
        messages.error(request, f"Знак школы не изменён. {refusal}")
    else:
        messages.success(request, "Знак школы сохранён. Он будет на новых выписках.")
    return redirect("reports:documents")


# --- The sensitive block --------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@office_only
def sensitive(request: HttpRequest) -> HttpResponse:
    """Whether the school keeps the block at all, and who sees it. Only the deputy decides; the operator reads."""
    school = School.load()
    if request.method == "POST" and not request.user.sees_whole_school:
        raise Http404
    staff = User.objects.filter(Q(teacher__isnull=False) | Q(is_deputy=True) | Q(is_operator=True), is_active=True)
    if request.method == "POST" and "person" in request.POST:
        return _permit(request, staff)
    form = SensitiveForm(request.POST or None, instance=school)
    people = sorted(staff.distinct(), key=lambda user: (user.last_name, user.first_name, user.pk))
    context = {
        "school": school,
        "permitted": [user for user in people if user.sees_sensitive],
        "others": [user for user in people if not user.sees_sensitive],
        "may_decide": request.user.sees_whole_school,
    }
    step = Step(
        "Особые сведения", reverse("reports:sensitive"), "настройки: особые сведения",
        template="settings/sensitive.html", context=context,
    )  # fmt: skip
    return settings_page(request, form, step)


def _permit(request: HttpRequest, staff) -> HttpResponse:
    person = staff.filter(pk=row_number(request.POST["person"]) or 0).first()
    if person is None:
        messages.error(request, "Выберите сотрудника из списка.")
    else:
        permitted = request.POST.get("permitted") == "1"
        permit_sensitive(person, permitted=permitted, by=request.user, address=address_of(request))
        words = "теперь видит особые сведения" if permitted else "больше не видит особых сведений"
        messages.success(request, f"{person.short_name} {words}.")
    return redirect("reports:sensitive")
