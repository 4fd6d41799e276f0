from django.urls import path

from attendance.views import day_sheet, documents
from journal.files import both

app_name = "attendance"
urlpatterns = [
    path("classes/<int:class_id>/", day_sheet.today, name="today"),
    path("classes/<int:class_id>/day/", day_sheet.go_to_day, name="go_to_day"),
    path("classes/<int:class_id>/<isodate:day>/", day_sheet.day_sheet, name="day_sheet"),
    path("classes/<int:class_id>/<isodate:day>/press/", day_sheet.press, name="press"),
    path("classes/<int:class_id>/<isodate:day>/roll-call/", day_sheet.roll_call, name="roll_call"),
    path("classes/<int:class_id>/<isodate:day>/state/", day_sheet.state, name="state"),
    # -- day sheet: undo, history --
    # -- announcements --
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
    # -- tables, closed months --
    # -- signals --
]
