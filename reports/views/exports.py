"""Lists of the reports' pages as files. Each opens to whom its page opens, and is recorded as an export."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import Action, record_class, record_event
from journal.access import get_child_for, get_class_for
from journal.calendar import load_calendar
from journal.files import Value, table_response
from journal.text import row_number
from reports import family as cabinet
from reports import overview as school_overview
from reports.extract.class_page import class_page
from reports.operator import operator_page


@require_safe
def extract_register(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """The whole register of extracts of a class."""
    school_class = get_class_for(request.user, class_id)
    record_class(request, Action.EXPORT, f"реестр выписок, {suffix.upper()}", class_id=class_id)
    calendar = load_calendar(school_class.year)
    page = class_page(school_class, request.user, timezone.localdate(), calendar, whole_register=True)
    table: list[list[Value]] = [
        ["Номер", "Ученик", "Представитель", "Период с", "по", "Сформирована", "Кем", "Страниц", "Вручена",
         "Корешок возвращён", "SHA-256"],
        *(
            [row.number, row.pupil, row.guardian, row.period.start, row.period.end, row.formed_at, row.formed_by,
             row.pages, row.handed_over_at, row.returned_at, row.sha256]
            for row in page.register
        ),
    ]  # fmt: skip
    return table_response(suffix, f"Реестр выписок {school_class.name}", table, sheet=f"Выписки {school_class.name}")


@require_safe
def overview_classes(request: HttpRequest, suffix: str) -> HttpResponse:
    """The deputy's table of the day: classes with their absentees and roll calls."""
    if not request.user.sees_whole_school:
        raise Http404
    figures = school_overview.day_figures(timezone.localtime())
    record_event(Action.EXPORT, f"обзор классов, {suffix.upper()}", by=request.user, request=request)
    table: list[list[Value]] = [
        ["Класс", "Учеников", "Отсутствуют", "Б", "У", "Н", "Доля, %", "Порог болеющих", "Перекличка",
         "Кто отметил", "Изменений после отметки", "Последнее изменение", "Классный руководитель", "Напоминание"]
    ]  # fmt: skip
    table += [
        [row.school_class.name, row.pupils, row.absent.total, row.ill, row.excused, row.unexcused, row.percent,
         "превышен" if row.over_threshold else "", row.roll_call_at, row.taken_by,
         row.changed.count if row.changed else "", row.changed.last if row.changed else None, row.teacher,
         row.reminder.sent_at if row.reminder else None]
        for row in (figures.rows if figures else ())
    ]  # fmt: skip
    name = f"Обзор классов {figures.day:%d.%m.%Y}" if figures else "Обзор классов"
    return table_response(suffix, name, table, sheet="Классы")


@require_safe
def missing(request: HttpRequest, suffix: str) -> HttpResponse:
    """«Чего не хватает» of the operator's first page."""
    if not request.user.may_import:
        raise Http404
    record_event(Action.EXPORT, f"чего не хватает, {suffix.upper()}", by=request.user, request=request)
    page = operator_page(timezone.localdate())
    table: list[list[Value]] = [["Чего не хватает", "Что сделать", "Какие"]]
    table += [[row.what, row.todo, row.all_names or row.names] for row in page.missing]
    return table_response(suffix, "Чего не хватает", table, sheet="Чего не хватает")


@require_safe
def family_marks(request: HttpRequest, pupil_id: int, suffix: str) -> HttpResponse:
    """A row a mark of the period shown, with the mean and the result of its subject."""
    child = _child(request, pupil_id)
    page = cabinet.marks(child, row_number(request.GET.get("term", "")))
    _record(request, child, "оценки", suffix)
    table: list[list[Value]] = [["Предмет", "Дата", "Отметка", "Вид работы", "Средний балл", "За период", "Учитель"]]
    for one in page.subjects if page and page.has_marks else ():
        line = one.line
        ending: list[Value] = [line.mean, line.result, line.teacher]
        table += [[line.subject, mark.date, mark.shown, mark.kind, *ending] for mark in line.marks]
        if not line.marks:
            table.append([line.subject, None, "", "", *ending])
    name = f"Оценки {child.pupil.list_name}" + (f" {page.term}" if page else "")
    return table_response(suffix, name, table, sheet="Оценки")


@require_safe
def family_absences(request: HttpRequest, pupil_id: int, suffix: str) -> HttpResponse:
    """A row an absence since the start of the year, with its reason."""
    child = _child(request, pupil_id)
    page = cabinet.absences(child, cabinet.calendar_of(child))
    _record(request, child, "пропуски", suffix)
    table: list[list[Value]] = [["С", "По", "Что пропущено", "Уроков", "Причина"]]
    for line in page.absences.lines if page else ():
        table.append([line.start, line.end, line.places, line.lessons, line.why])
    return table_response(suffix, f"Пропуски {child.pupil.list_name}", table, sheet="Пропуски")


def _child(request: HttpRequest, pupil_id: int) -> cabinet.Child:
    pupil = get_child_for(request.user, pupil_id)
    return cabinet.child_of(pupil, request.user.own_children, timezone.localdate())


def _record(request: HttpRequest, child: cabinet.Child, words: str, suffix: str) -> None:
    subject = f"кабинет семьи: {words}, {suffix.upper()}"
    record_event(Action.EXPORT, subject, by=request.user, request=request, pupil_id=child.pupil.pk)
