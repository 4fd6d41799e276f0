from django.urls import path

from reports.views import access, changes, extracts, family, home, imports, jobs, plan_changes

app_name = "reports"
urlpatterns = [
    path("overview/live/", home.overview_live, name="overview_live"),
    path("family/<int:pupil_id>/", family.diary, name="family"),
    path("family/<int:pupil_id>/marks/", family.marks, name="family_marks"),
    path("family/<int:pupil_id>/absences/", family.absences, name="family_absences"),
    path("family/<int:pupil_id>/info/", family.info, name="family_info"),
    path("classes/<int:class_id>/extracts/", extracts.class_extracts, name="class_extracts"),
    path("classes/<int:class_id>/extracts/print/", extracts.class_print, name="class_extracts_print"),
    path("pupils/<int:pupil_id>/extract/", extracts.extract, name="extract"),
    path("pupils/<int:pupil_id>/extract/print/", extracts.extract_print, name="extract_print"),
    path("extracts/<int:extract_id>/file/", extracts.extract_file, name="extract_file"),
    path("extracts/<int:extract_id>/handed-over/", extracts.extract_handed_over, name="extract_handed_over"),
    path("extracts/<int:extract_id>/returned/", extracts.extract_returned, name="extract_returned"),
    path("jobs/<int:job_id>/", jobs.job, name="job"),
    path("jobs/<int:job_id>/state/", jobs.job_state, name="job_state"),
    path("jobs/<int:job_id>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("jobs/<int:job_id>/result/", jobs.job_result, name="job_result"),
    # -- cards --
    # -- guardians --
    path("classes/<int:class_id>/access/", access.access_slips, name="access_slips"),
    path("guardians/<int:guardian_id>/access/slip/", access.access_slip, name="access_slip"),
    path("pupils/<int:pupil_id>/access/slip/", access.access_slip, name="pupil_access_slip"),
    path("jobs/<int:job_id>/result/delete/", jobs.job_delete_result, name="job_delete_result"),
    # -- groups --
    path("pupils/<int:pupil_id>/plans/preview/", plan_changes.plan_add_preview, name="plan_add_preview"),
    path("plans/<int:plan_id>/preview/", plan_changes.plan_preview, name="plan_preview"),
    path("classes/<int:class_id>/groups/<int:subject_id>/preview/", changes.division_preview, name="division_preview"),
    # -- movements --
    # -- consents and settings --
    # -- import --
    path("import/", imports.import_list, name="import_list"),
    path("import/<int:batch_id>/", imports.import_batch, name="import_batch"),
    path("import/<int:batch_id>/state/", imports.import_progress, name="import_progress"),
]
