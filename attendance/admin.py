"""Absences and their history, to look at. They are written on the day sheet, which keeps who and when."""

from django.contrib import admin

from accounts.admin import ReadOnlyAdmin, TracedMixin
from attendance.models import Absence, AbsenceChange, AbsenceDocument, ClosedMonth, DocumentHold, RollCall, Scan


@admin.register(Absence)
class AbsenceAdmin(TracedMixin, ReadOnlyAdmin):
    list_display = ("date", "pupil", "lesson", "reason", "is_confirmed", "marked_by", "marked_at")
    list_filter = ("reason", "is_confirmed")
    list_select_related = ("pupil", "marked_by")
    search_fields = ("pupil__sort_name",)
    date_hierarchy = "date"


@admin.register(AbsenceChange)
class AbsenceChangeAdmin(TracedMixin, ReadOnlyAdmin):
    list_display = ("at", "by", "pupil", "date", "lesson", "old", "new", "source")
    list_filter = ("source",)
    list_select_related = ("pupil", "by")
    search_fields = ("pupil__sort_name", "by__username")
    date_hierarchy = "date"


@admin.register(AbsenceDocument)
class AbsenceDocumentAdmin(TracedMixin, ReadOnlyAdmin):
    list_display = ("pupil", "kind", "reason", "date_from", "date_to", "number", "removed_at")
    list_filter = ("kind", "reason")
    list_select_related = ("pupil",)
    search_fields = ("pupil__sort_name", "number")
    date_hierarchy = "date_from"


@admin.register(DocumentHold)
class DocumentHoldAdmin(TracedMixin, ReadOnlyAdmin):
    list_display = ("document", "pupil", "date", "lesson", "old_reason", "old_document")
    list_select_related = ("document", "pupil", "old_document")
    search_fields = ("pupil__sort_name",)


@admin.register(Scan)
class ScanAdmin(ReadOnlyAdmin):
    list_display = ("name", "type", "size", "added_by", "added_at")
    list_select_related = ("added_by",)


@admin.register(RollCall)
class RollCallAdmin(ReadOnlyAdmin):
    list_display = ("date", "school_class", "taken_by", "taken_at")
    list_select_related = ("school_class", "taken_by")
    date_hierarchy = "date"


@admin.register(ClosedMonth)
class ClosedMonthAdmin(ReadOnlyAdmin):
    list_display = ("month", "closed_by", "closed_at")
    list_select_related = ("closed_by",)
