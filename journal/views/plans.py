"""Individual plans and study at home. What is written has been shown first (`reports.views.plan_changes`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import Action, address_of, record_class, record_pupils
from journal.access import get_class_kept_by, get_pupil_kept_by
from journal.files import table_response
from journal.forms.plans import (
    PlanForm,
    PlanSubjects,
    read_day,
    read_places,
    subjects_formset,
    subjects_in_order,
)
from journal.models import Course, IndividualPlan, Pupil, SchoolClass, Subject, Teacher
from journal.queries.card import class_of
from journal.queries.divisions import default_day, teachers
from journal.queries.plans import Week, courses_of_plan, plans_of_class, pupils_without_plan, week_of
from journal.services.plans import PlanError, change_plan, open_plan, set_timetable, state_of
from journal.text import row_number

DEFAULT_ROOM = "на дому"


@dataclass
class PlanPage:
    """A new or a standing plan while a request is answered."""

    pupil: Pupil
    school_class: SchoolClass
    plan: IndividualPlan | None
    courses: list[Course]
    subjects: dict[int, Subject]
    teachers: dict[int, Teacher]
    form: PlanForm
    lines: PlanSubjects

    @property
    def state(self) -> str:
        return state_of(self.plan, self.courses) if self.plan else ""


@require_safe
def plans(request: HttpRequest, class_id: int) -> HttpResponse:
    """Plans of the class; `?pupil=5` leads to a new one."""
    school_class = get_class_kept_by(request.user, class_id)
    if pupil_id := row_number(request.GET.get("pupil", "")):
        return redirect("journal:plan_add", pupil_id=pupil_id)
    today = timezone.localdate()
    rows = plans_of_class(school_class, today)
    record_class(request, Action.READ, "индивидуальные планы", class_id=class_id)
    context = {
        "school_class": school_class,
        "rows": rows,
        "pupils": pupils_without_plan(school_class, rows, today),
    }
    return TemplateResponse(request, "journal/plans.html", context)


@require_safe
def plans_file(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The plans of the class, a row a subject."""
    school_class = get_class_kept_by(request.user, class_id)
    found = plans_of_class(school_class, timezone.localdate())
    pupil_ids = sorted({row.pupil.pk for row in found})
    what = f"индивидуальные планы, {suffix.upper()}"
    record_pupils(request, Action.EXPORT, what, pupil_ids=pupil_ids, class_id=class_id)
    rows: list[list] = [["Ученик", "Вид", "Приказ №", "от", "С", "По", "Предмет", "Часов", "Учитель"]]
    for row in found:
        order = [row.plan.get_kind_display(), row.plan.order_number, day_text(row.plan.order_date)]
        dates = [day_text(row.plan.date_from), day_text(row.plan.date_to)]
        rows += [
            [
                row.pupil.full_name, *order, *dates,
                course.subject.name, course.hours_per_week, course.teacher.full_name if course.teacher else "",
            ]
            for course in row.courses
        ]  # fmt: skip
    return table_response(suffix, f"Планы {school_class}", rows, sheet=f"Планы {school_class}")


def day_text(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


@require_http_methods(["GET", "HEAD", "POST"])
def plan_add(request: HttpRequest, pupil_id: int) -> HttpResponse:
    """A new plan; `?like=7` begins with the subjects of another plan of the pupil, to change them from a day on."""
    pupil = get_pupil_kept_by(request.user, pupil_id)
    page = plan_page(request, pupil, None)
    if request.method != "POST" or request.POST.get("do") != "save":
        return show_plan(request, page)
    if not (page.form.is_valid() and page.lines.is_valid()):
        return show_plan(request, page)
    try:
        plan = open_plan(pupil=pupil, **written(page), **_who(request))
    except PlanError as error:
        return show_plan(request, page, [str(error)])
    messages.success(request, "План записан. Теперь внесите расписание ученика.")
    return redirect(f"{reverse('journal:plan', args=[plan.pk])}#timetable")


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """A plan: the order, subjects, the pupil's own timetable, what of the class it replaces."""
    standing = get_plan_kept_by(request, plan_id)
    page = plan_page(request, standing.pupil, standing)
    if request.method != "POST" or request.POST.get("do") != "save":
        return show_plan(request, page)
    if not (page.form.is_valid() and page.lines.is_valid()):
        return show_plan(request, page)
    try:
        change_plan(plan=standing, seen=request.POST.get("seen"), **written(page), **_who(request))
    except PlanError as error:
        return show_plan(request, page, [str(error)])
    messages.success(request, "План сохранён.")
    return redirect("journal:plan", plan_id=plan_id)


@require_POST
def plan_timetable(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The pupil's own week from a day on, as it was shown; anything else goes back to the page."""
    standing = get_plan_kept_by(request, plan_id)
    page = plan_page(request, standing.pupil, standing, data=False)
    if request.POST.get("do") != "save":
        return show_plan(request, page)
    try:
        set_timetable(plan=standing, school_class=page.school_class, **sent_week(request), **_who(request))
    except PlanError as error:
        return show_plan(request, page, [str(error)])
    messages.success(request, "Расписание ученика сохранено.")
    return redirect(f"{reverse('journal:plan', args=[plan_id])}#timetable")


def get_plan_kept_by(request: HttpRequest, plan_id: int) -> IndividualPlan:
    """The plan of a pupil whose data the user keeps, or 404."""
    rows = IndividualPlan.objects.filter(pupil__in=Pupil.objects.kept_by(request.user)).select_related("pupil")
    return get_object_or_404(rows, pk=plan_id)


def plan_page(request: HttpRequest, pupil: Pupil, standing: IndividualPlan | None, *, data: bool = True) -> PlanPage:
    """Reads what the forms need; they are bound to what was sent unless `data` is off."""
    today = timezone.localdate()
    school_class = class_of(pupil, today)
    if school_class is None:
        raise Http404
    courses = courses_of_plan(standing) if standing else _courses_like(request, pupil)
    subjects, staff = subjects_in_order(), teachers()
    sent = request.POST if request.method == "POST" and data else None
    initial: dict[str, Any] = {"date_from": default_day(school_class.year, today)}
    if standing:
        names = ("kind", "order_number", "order_date", "date_from", "date_to")
        initial = {name: getattr(standing, name) for name in names}
    elif courses:
        initial |= {"ends_previous": True, "kind": courses[0].plan.kind if courses[0].plan else ""}
    form = PlanForm(
        sent,
        initial=initial,
        prefix="plan",
        is_office=request.user.keeps_all_people,
        is_new=standing is None,
    )
    more = 3 if sent and request.POST.get("do") == "add" else 0
    return PlanPage(
        pupil=pupil,
        school_class=school_class,
        plan=standing,
        courses=courses if standing else [],
        subjects={subject.pk: subject for subject in subjects},
        teachers={teacher.pk: teacher for teacher in staff},
        form=form,
        lines=subjects_formset(sent, subjects, staff, courses, more=more),
    )


def written(page: PlanPage) -> dict[str, Any]:
    """What the forms say, for the services; needs valid forms."""
    return {
        "facts": page.form.facts(),
        "subjects": page.lines.subjects(page.subjects, page.teachers),
        **{
            name: page.form.cleaned_data[name]
            for name in ("ends_previous", "sets_study_form")
            if name in page.form.fields
        },
    }


def sent_week(request: HttpRequest) -> dict[str, Any]:
    """The timetable as it was sent, for the service; `PlanError` where no day is given."""
    on = read_day(request.POST.get("on", ""))
    if on is None:
        raise PlanError("Укажите, с какого дня действует расписание: число, месяц и год.")
    return {
        "on": on,
        "places": read_places(request.POST),
        "room": request.POST.get("room", ""),
        "seen": request.POST.get("seen-week"),
    }


def show_plan(request: HttpRequest, page: PlanPage, errors: Sequence[str] = ()) -> HttpResponse:
    """The page of the plan. What was typed stays, also in the timetable."""
    record_pupils(request, Action.READ, "индивидуальный план", pupil_ids=[page.pupil.pk], class_id=page.school_class.pk)
    context: dict[str, Any] = {
        "page": page,
        "plan": page.plan,
        "pupil": page.pupil,
        "school_class": page.school_class,
        "errors": errors,
        "error": _has_errors(page),
    }
    if page.plan:
        on = _week_day(request, page.plan, page.school_class)
        week = week_of(page.pupil, page.courses, page.school_class, on, page.school_class.year.school.week_days)
        if request.method == "POST" and "seen-week" in request.POST:
            _keep_sent(week, read_places(request.POST))
        context |= {
            "week": week,
            "room": request.POST.get("room", DEFAULT_ROOM if page.plan.kind == IndividualPlan.Kind.HOME else ""),
        }
    status = 422 if errors or _has_errors(page) else 200
    return TemplateResponse(request, "journal/plan.html", context, status=status)


def _has_errors(page: PlanPage) -> bool:
    if not page.form.is_bound or not page.lines.is_bound:
        return False
    return bool(page.form.errors or any(page.lines.errors) or page.lines.non_form_errors())


def _keep_sent(week: Week, places: Mapping[tuple[int, int], int]) -> None:
    """What the person chose stays in the cells, beside what stands there with the class."""
    week.rows = [
        (number, [replace(cell, course_id=places.get((cell.weekday, number))) for cell in cells])
        for number, cells in week.rows
    ]


def _week_day(request: HttpRequest, standing: IndividualPlan, school_class: SchoolClass) -> date:
    """From which day the timetable is shown and changed: as asked, else the default, inside the plan."""
    asked = request.POST.get("on") or request.GET.get("on", "")
    day = read_day(asked) or default_day(school_class.year, timezone.localdate())
    day = max(day, standing.date_from)
    return min(day, standing.date_to) if standing.date_to else day


def _courses_like(request: HttpRequest, pupil: Pupil) -> list[Course]:
    like = row_number(request.GET.get("like", ""))
    found = pupil.plans.filter(pk=like).first() if like else None
    return courses_of_plan(found) if found else []


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "address": address_of(request)}
