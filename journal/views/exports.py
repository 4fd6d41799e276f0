"""Lists of the journal's pages as files. Each opens to whom its page opens, and is recorded as an export."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import record_class, record_event, record_pupils
from accounts.models import AuditEvent
from journal.access import get_class_for
from journal.calendar import load_calendar
from journal.files import Value, table_response
from journal.queries.courses import course_label, courses_of_teacher
from journal.queries.matrix import matrix_of
from journal.queries.roll import parallels_of
from journal.queries.topics import topics_of
from journal.views.place import CoursePlace, chosen_term, class_place, own_place

EXPORT = AuditEvent.Action.EXPORT


@require_safe
def classes(request: HttpRequest, suffix: str) -> HttpResponse:
    """The classes one sees, with class teacher and size."""
    parallels = parallels_of(request.user, timezone.localdate())
    if not parallels and not request.user.keeps_all_people:
        raise Http404
    record_event(EXPORT, f"классы, {suffix.upper()}", by=request.user, request=request)
    table: list[list[Value]] = [["Параллель", "Класс", "Классный руководитель", "Замещает", "Учеников"]]
    table += [
        [parallel.grade, row.school_class.name, row.teacher, row.acting, row.size]
        for parallel in parallels
        for row in parallel.classes
    ]
    return table_response(suffix, "Классы", table, sheet="Классы")


@require_safe
def topics(request: HttpRequest, class_id: int, course_id: int, suffix: str) -> HttpResponse:
    return _topics(request, class_place(request, class_id=class_id, course_id=course_id), suffix)


@require_safe
def own_topics(request: HttpRequest, course_id: int, suffix: str) -> HttpResponse:
    return _topics(request, own_place(request, course_id=course_id), suffix)


def _topics(request: HttpRequest, place: CoursePlace, suffix: str) -> HttpResponse:
    """Topics tell nothing of a pupil, except whose plan it is."""
    what = f"темы, {suffix.upper()}"
    if place.course.plan or place.school_class:
        place.record(request, EXPORT, what, [place.course.plan.pupil_id] if place.course.plan else [])
    else:
        record_event(EXPORT, f"{what}: {place.label}"[:100], by=request.user, request=request)
    table: list[list[Value]] = [["Дата", "Урок", "Тема", "Задание", "К дате", "Примечание"]]
    for row in topics_of(place.course):
        notes = [f"замена: {row.substitute}" if row.substitute else "", "урок отменён" if row.is_cancelled else ""]
        due = row.tasks[0].due_on if row.tasks else None
        tasks = "; ".join(task.text for task in row.tasks)
        table.append([row.date, row.number, row.topic, tasks, due, ", ".join(filter(None, notes))])
    name = f"Темы {place.class_names} {place.label}".replace("·", "")
    return table_response(suffix, name, table, sheet=place.label)


@require_safe
def my_courses(request: HttpRequest, suffix: str) -> HttpResponse:
    """Courses the user teaches."""
    courses = courses_of_teacher(request.user, timezone.localdate())
    if not courses and not request.user.teacher_or_none:
        raise Http404
    pupil_ids = sorted({course.plan.pupil_id for course in courses if course.plan})
    record_event(EXPORT, f"мои предметы, {suffix.upper()}", by=request.user, request=request)
    record_pupils(request, EXPORT, f"мои предметы, {suffix.upper()}", pupil_ids=pupil_ids)
    table: list[list[Value]] = [["Предмет", "У кого", "Часов в неделю"]]
    table += [[course_label(course), course.audience, course.hours_per_week] for course in courses]
    return table_response(suffix, "Мои предметы", table, sheet="Мои предметы")


@require_safe
def matrix(request: HttpRequest, class_id: int, suffix: str) -> HttpResponse:
    """«Все предметы»: the mean and the period mark of each subject."""
    school_class = get_class_for(request.user, class_id)
    today = timezone.localdate()
    calendar = load_calendar(school_class.year)
    term = chosen_term(request, calendar, school_class.grade, today)
    record_class(request, EXPORT, f"журнал: все предметы, {suffix.upper()}", class_id=class_id)
    found = matrix_of(school_class, calendar=calendar, term=term, today=today)
    heads = [title for subject in found.subjects for title in (subject.name, f"{subject.name}, за период")]
    table: list[list[Value]] = [["№", "Ученик", *heads]]
    for number, row in enumerate(found.rows, start=1):
        values: list[Value] = [value for cell in row.cells for value in (cell.mean, cell.period_mark)]
        table.append([number, row.name, *values])
    name = f"Все предметы {school_class.name} {term}"
    return table_response(suffix, name, table, sheet="Все предметы", first_widths=(5, 32))
