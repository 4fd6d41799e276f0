from django.urls import path

from attendance.views import announcements, conflicts, day_sheet, documents, facts, history, months, signals, tables
from journal.files import both

app_name = "attendance"

_LESSON = "courses/<int:course_id>/<isodate:day>/<int:lesson>/absent/"
_CONFLICTS = "classes/<int:class_id>/conflicts"

urlpatterns = [
    path("classes/<int:class_id>/", day_sheet.today, name="today"),
    path("classes/<int:class_id>/day/", day_sheet.go_to_day, name="go_to_day"),
    path("classes/<int:class_id>/<isodate:day>/", day_sheet.day_sheet, name="day_sheet"),
    path("classes/<int:class_id>/<isodate:day>/press/", day_sheet.press, name="press"),
    path("classes/<int:class_id>/<isodate:day>/roll-call/", day_sheet.roll_call, name="roll_call"),
    path("classes/<int:class_id>/<isodate:day>/state/", day_sheet.state, name="state"),
    # -- day sheet: undo, history --
    path("classes/<int:class_id>/<isodate:day>/history/<int:pupil_id>/", history.day_history, name="history"),
    path("classes/<int:class_id>/changes/", history.changes, name="changes"),
    path("copies/", day_sheet.copies, name="copies"),
    # -- announcements --
    path("classes/<int:class_id>/announcements/", announcements.announcements, name="announcements"),
    path(
        "classes/<int:class_id>/announcements/<int:announcement_id>/confirm/",
        announcements.confirm,
        name="announcement_confirm",
    ),
    path(
        "classes/<int:class_id>/announcements/<int:announcement_id>/decline/",
        announcements.decline,
        name="announcement_decline",
    ),
    # -- documents --
    path("classes/<int:class_id>/documents/", documents.documents, name="documents"),
    *both("classes/<int:class_id>/documents", documents.documents_file, "documents"),
    path("classes/<int:class_id>/documents/new/", documents.new_document, name="document_new"),
    path("classes/<int:class_id>/documents/order/", documents.new_order, name="document_order"),
    path("classes/<int:class_id>/documents/<int:document_id>/", documents.document, name="document"),
    path("classes/<int:class_id>/documents/<int:document_id>/edit/", documents.edit_document, name="document_edit"),
    path(
        "classes/<int:class_id>/documents/<int:document_id>/remove/", documents.remove_document, name="document_remove"
    ),
    path("classes/<int:class_id>/documents/<int:document_id>/scan/", documents.document_scan, name="document_scan"),
    # -- facts from lessons, conflicts --
    path(_LESSON, facts.lesson, name="lesson"),
    path(f"{_LESSON}press/", facts.press, name="lesson_press"),
    path(f"{_LESSON}check/", facts.check, name="lesson_check"),
    path(f"{_CONFLICTS}/", conflicts.page, name="conflicts"),
    *both(_CONFLICTS, conflicts.page_file, "conflicts"),
    path(f"{_CONFLICTS}/answer/", conflicts.answer, name="conflicts_answer"),
    path(f"{_CONFLICTS}/decide/", conflicts.decide, name="conflicts_decide"),
    path(f"{_CONFLICTS}/undo/", conflicts.undo, name="conflicts_undo"),
    # -- tables, closed months --
    path("classes/<int:class_id>/table/", tables.month, name="table"),
    path("classes/<int:class_id>/table/term/", tables.term, name="table_term"),
    path("classes/<int:class_id>/table/year/", tables.year, name="table_year"),
    *both("classes/<int:class_id>/table/month", tables.file, "table", span="month"),
    *both("classes/<int:class_id>/table/term", tables.file, "table_term", span="term"),
    *both("classes/<int:class_id>/table/year", tables.file, "table_year", span="year"),
    path("months/", months.months, name="months"),
    path("months/<isodate:day>/", months.month, name="month"),
    # -- signals --
    path("classes/<int:class_id>/signals/", signals.class_signals, name="signals"),
    path("classes/<int:class_id>/signals/note/", signals.note, name="signal_note"),
    path("classes/<int:class_id>/signals/answer/", signals.change, name="signal_answer"),
    path("signals/", signals.school, name="school_signals"),
    path("signals/recount/", signals.school_recount, name="school_signals_recount"),
    *both("signals/list", signals.school_file, "school_signals"),
]
