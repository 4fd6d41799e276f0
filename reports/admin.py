"""The register of extracts, jobs and imports, to look at. Files are never shown here."""

from django.contrib import admin

from accounts.admin import ReadOnlyAdmin, TracedMixin
from reports.models import Extract, ImportBatch, Job


@admin.register(Extract)
class ExtractAdmin(TracedMixin, ReadOnlyAdmin):
    list_display = ("number", "kind", "pupil", "date_from", "date_to", "formed_by", "formed_at", "handed_over_at")
    list_filter = ("kind",)
    list_select_related = ("pupil", "school_class", "formed_by")
    search_fields = ("pupil__sort_name", "=sequence")
    date_hierarchy = "formed_at"

    @admin.display(description="номер", ordering="sequence")
    def number(self, extract: Extract) -> str:
        return extract.number


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "owner", "status", "done", "total", "finished_at")
    list_filter = ("kind", "status")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "owner", "status", "applied_at")
    list_filter = ("status",)
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    # The preview holds rows of personal data by the thousand: its page shows them, with a trace.
    exclude = ("preview", "answers")
