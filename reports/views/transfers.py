"""The transfer of the school to the next year: the deputy's pages (domain.md §6)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import Action, record_class, record_event, record_pupils
from accounts.models import User
from journal.access import get_class_for
from journal.files import table_response
from journal.forms.dates import DateInput
from journal.models import AcademicYear, YearTransfer
from journal.text import row_number
from reports.transfers import drafts, jobs, pages
from reports.transfers.drafts import NotDecided
from reports.transfers.plan import Kind, PupilPlan, TransferPlan, plan_of, split_name

Status = YearTransfer.Status


class OrderForm(forms.Form):
    """The order of the whole transfer."""

    order_number = forms.CharField(label="Приказ №", max_length=30)
    order_date = forms.DateField(label="Дата приказа", widget=DateInput())


def get_transfer_for(user: User, transfer_id: int) -> YearTransfer:
    """A transfer, or 404: it is the deputy's work."""
    if not user.sees_whole_school:
        raise Http404
    rows = YearTransfer.objects.select_related("from_year__school", "made_by")
    return get_object_or_404(rows, pk=transfer_id)


@require_http_methods(["GET", "POST"])
def transfers(request: HttpRequest) -> HttpResponse:
    """Years with their transfers; «Начать» makes a draft."""
    if not request.user.sees_whole_school:
        raise Http404
    if request.method == "POST":
        years = AcademicYear.objects.filter(pk=row_number(request.POST.get("year", "")))
        row = drafts.start(from_year=get_object_or_404(years), by=request.user)
        return redirect("reports:transfer", transfer_id=row.pk)
    return TemplateResponse(request, "reports/transfers.html", {"lines": pages.year_lines()})


@require_http_methods(["GET", "POST"])
def transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """One transfer at whatever stage it is: the draft with its dry run, or the report."""
    row = get_transfer_for(request.user, transfer_id)
    if request.method == "POST":
        return _act(request, row)
    job = pages.open_job(row)
    if row.status == Status.DRAFT:
        return _show_draft(request, row, job=job)
    page = pages.report_page(row)
    record_pupils(request, Action.READ, "перевод на следующий год", pupil_ids=[line.pupil_id for line in page.special])
    return TemplateResponse(request, "reports/transfer_report.html", {"transfer": row, "page": page, "job": job})


@require_http_methods(["GET", "POST"])
def transfer_class(request: HttpRequest, transfer_id: int, class_id: int) -> HttpResponse:
    """Decisions about the pupils of one class."""
    row = get_transfer_for(request.user, transfer_id)
    school_class = get_class_for(request.user, class_id)
    if school_class.year_id != row.from_year_id or row.status != Status.DRAFT:
        raise Http404
    plan = plan_of(row)
    if request.method == "POST":
        own = [one for one in plan.pupils if one.class_id == class_id]
        if _save_pupils(request, row, plan, own):
            messages.success(request, f"{school_class}: решения записаны.")
            return redirect("reports:transfer", transfer_id=transfer_id)
        return redirect("reports:transfer_class", transfer_id=transfer_id, class_id=class_id)
    record_class(request, Action.READ, "перевод на следующий год", class_id=class_id)
    context = {
        "transfer": row,
        "school_class": school_class,
        "plan": plan,
        "class_plan": next(one for one in plan.classes if one.school_class.pk == class_id),
        "choices": pages.class_choices(plan, class_id),
    }
    return TemplateResponse(request, "reports/transfer_class.html", context)


@require_safe
def transfer_file(request: HttpRequest, transfer_id: int, suffix: str) -> HttpResponse:
    """Every pupil with the decision, as XLSX or CSV."""
    row = get_transfer_for(request.user, transfer_id)
    rows = list(pages.rows_for_file(row))
    record_pupils(request, Action.EXPORT, "перевод на следующий год", pupil_ids=pages.pupils_of(row))
    name = f"Перевод из {row.from_year.name.replace('/', '-')}"
    return table_response(suffix, name, rows, sheet="Перевод", first_widths=(8, 36))


def _show_draft(request: HttpRequest, row: YearTransfer, *, job: Any = None, order: OrderForm | None = None):
    page = pages.draft_page(row, open_target=request.GET.get("teacher", ""))
    shown = {choice.row.pupil_id for choice in page.undecided} | {one.pupil_id for one in page.plan.special}
    record_pupils(request, Action.READ, "перевод на следующий год", pupil_ids=sorted(shown))
    initial = {"order_number": row.order_number, "order_date": row.order_date}
    context = {"transfer": row, "page": page, "job": job, "order": order or OrderForm(initial=initial)}
    return TemplateResponse(request, "reports/transfer.html", context)


def _act(request: HttpRequest, row: YearTransfer) -> HttpResponse:
    """The pressed button decides; on a transfer that is written already a draft's button changes nothing."""
    if pages.open_job(row):
        messages.info(request, "Перевод как раз выполняется. Дождитесь конца.")
    elif "undo" in request.POST and row.status == Status.APPLIED:
        job = jobs.start_undo(row, by=request.user, next_url=reverse("reports:transfer", args=[row.pk]))
        return redirect("reports:job", job_id=job.pk)
    elif row.status != Status.DRAFT:
        messages.error(request, "Этот перевод уже выполнен: решения больше не меняются.")
    elif "discard" in request.POST:
        drafts.discard(transfer=row, by=request.user)
        messages.success(request, "Черновик удалён. В школе ничего не изменилось.")
        return redirect("reports:transfers")
    elif "apply" in request.POST:
        return _apply(request, row)
    elif "order" in request.POST:
        form = OrderForm(request.POST)
        if not form.is_valid():
            return _show_draft(request, row, order=form)
        data = form.cleaned_data
        drafts.save_order(transfer=row, number=data["order_number"], dated=data["order_date"], by=request.user)
        messages.success(request, "Приказ записан.")
    else:
        _save(request, row)
    return redirect("reports:transfer", transfer_id=row.pk)


def _apply(request: HttpRequest, row: YearTransfer) -> HttpResponse:
    plan = plan_of(row)
    if plan.problems:
        messages.error(request, "Перевод ещё не готов: " + " ".join(plan.problems))
    elif request.POST.get("digest") != plan.digest:
        messages.error(request, "Пока страница была открыта, списки или решения изменились. Посмотрите ещё раз.")
    else:
        back = reverse("reports:transfer", args=[row.pk])
        job = jobs.start_apply(row, digest=plan.digest, by=request.user, next_url=back)
        record_event(
            Action.CHANGE, "перевод года: выполнение", by=request.user, request=request,
            object_type="yeartransfer", object_id=row.pk, new={"digest": plan.digest},
        )  # fmt: skip
        return redirect("reports:job", job_id=job.pk)
    return redirect("reports:transfer", transfer_id=row.pk)


def _save(request: HttpRequest, row: YearTransfer) -> None:
    """Decisions about pupils, classes and teachers: whichever of them the pressed form holds."""
    plan = plan_of(row)
    if "pupils" in request.POST or "everybody" in request.POST:
        if _save_pupils(request, row, plan, plan.undecided):
            messages.success(request, "Решения записаны.")
        return
    try:
        _save_classes(request, row, plan)
    except NotDecided as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Классы и руководители записаны.")


def _save_classes(request: HttpRequest, row: YearTransfer, plan: TransferPlan) -> None:
    sent = request.POST
    classes = {
        one.school_class.pk: drafts.read_class(one, plan, sent[f"class-{one.school_class.pk}"])
        for one in plan.classes
        if f"class-{one.school_class.pk}" in sent
    }
    known = {int(pk): name for pk, name in pages.draft_page(row).teachers}
    teachers = {
        one.name: drafts.read_teacher(sent[f"teacher-{one.name}"], known)
        for one in plan.targets
        if f"teacher-{one.name}" in sent
    }
    new = drafts.read_new_classes(sent["new_classes"]) if "new_classes" in sent else None
    drafts.save_decisions(transfer=row, by=request.user, classes=classes, teachers=teachers, new_classes=new)


def _save_pupils(request: HttpRequest, row: YearTransfer, plan: TransferPlan, pupils: list[PupilPlan]) -> bool:
    """The decisions sent about these pupils; «всех условно» and «всех обычно» decide about all of them at once."""
    everybody = request.POST.get("everybody", "")
    chosen: dict[int, tuple[str, str] | None] = {}
    try:
        for pupil in pupils:
            if everybody:
                chosen[pupil.pupil_id] = _bulk(pupil, everybody)
            else:
                stands = pupil.value if pupil.is_decided else ""
                value = request.POST.get(f"pupil-{pupil.pupil_id}", stands)
                if value != stands:
                    chosen[pupil.pupil_id] = drafts.read_pupil(pupil, plan, value)
    except NotDecided as refusal:
        messages.error(request, str(refusal))
        return False
    drafts.save_decisions(transfer=row, by=request.user, pupils=chosen)
    return True


def _bulk(pupil: PupilPlan, everybody: str) -> tuple[str, str]:
    """One decision for all who need one: conditionally on, where that exists, or as the class goes."""
    may = pupil.to and split_name(pupil.class_name)[0] not in drafts.NO_CONDITION_AFTER
    if everybody == Kind.CONDITIONAL and may:
        return Kind.CONDITIONAL.value, pupil.to
    return pupil.kind, pupil.to
