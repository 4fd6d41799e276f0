"""Rows that look like one person: suggestions over the school, preview of a merge, the merge itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import Action, address_of, record_event, record_pupils
from journal.access import get_guardian_kept_by
from journal.forms.guardians import MergeForm
from journal.models import Guardian, Guardianship, Pupil
from journal.queries.guardians import classes_on, school_pairs
from journal.services.merge import CannotMerge, MergeChanged, Plan, may_merge, merge, plan_merge


@require_safe
def guardian_duplicates(request: HttpRequest) -> HttpResponse:
    """Pairs over the whole school, for the deputy and the operator."""
    if not request.user.keeps_all_people:
        raise Http404
    pairs = school_pairs(request.user, timezone.localdate())
    record_event(Action.READ, "похожие представители по школе", by=request.user, request=request)
    return TemplateResponse(request, "journal/guardian_duplicates.html", {"pairs": pairs})


@require_http_methods(["GET", "POST"])
def guardian_merge(request: HttpRequest, guardian_id: int, other_id: int) -> HttpResponse:
    """The preview: which row stays (the first of the address), which values, children, logins, documents; and «go»."""
    stays = get_guardian_kept_by(request.user, guardian_id)
    goes = get_guardian_kept_by(request.user, other_id)
    if stays.pk == goes.pk or not may_merge(request.user, stays, goes):
        raise Http404
    plan = plan_merge(stays, goes)
    form = MergeForm(request.POST or None, plan=plan)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            stays = _merge(request, form, plan)
        except MergeChanged:
            form = MergeForm(plan=plan)
            problem = "Пока страница была открыта, данные изменились. Проверьте выбор ещё раз."
        except CannotMerge as error:
            problem = str(error)
        else:
            messages.success(request, f"Объединено: теперь это один представитель, {stays.full_name}.")
            return redirect("journal:guardian", guardian_id=stays.pk)
    pupils = Pupil.objects.kept_by(request.user).filter(guardianships__guardian__in=[stays, goes]).distinct()
    kept = set(pupils.values_list("pk", flat=True))
    record_pupils(request, Action.READ, "объединение представителей", pupil_ids=sorted(kept))
    context = {"plan": plan, "form": form, "problem": problem, "classes": _children(plan), "kept": kept}
    return TemplateResponse(request, "journal/guardian_merge.html", context)


def _merge(request: HttpRequest, form: MergeForm, plan: Plan) -> Guardian:
    return merge(
        plan.stays, plan.goes, values=form.values(), keep_login_of=form.keep_login_of(),
        stamp=form.cleaned_data["stamp"], by=request.user, address=address_of(request),
    )  # fmt: skip


def _children(plan: Plan) -> list[tuple[Guardian, list[str]]]:
    """Of each row: the children of today, with their classes."""
    rows = (plan.stays, plan.goes)
    ties = list(Guardianship.objects.current().filter(guardian__in=rows).select_related("pupil").order_by("pk"))
    classes = classes_on({tie.pupil_id for tie in ties}, timezone.localdate())

    def words(tie: Guardianship) -> str:
        school_class = classes.get(tie.pupil_id)
        kin = tie.get_kinship_display()
        return f"{tie.pupil.list_name}{f', {school_class}' if school_class else ''} ({kin})"

    return [(row, [words(tie) for tie in ties if tie.guardian_id == row.pk]) for row in rows]
