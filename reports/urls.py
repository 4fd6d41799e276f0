from django.urls import path

from journal.files import both
from reports.views import exports, extracts, family, home, import_more, imports, jobs

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
    # -- groups --
    # -- movements --
    # -- consents and settings --
    # -- import --
    path("import/", imports.import_list, name="import_list"),
    path("import/<int:batch_id>/", imports.import_batch, name="import_batch"),
    path("import/<int:batch_id>/state/", imports.import_progress, name="import_progress"),
    path("import/<int:batch_id>/undo/", import_more.import_undo, name="import_undo"),
    *both("import/<int:batch_id>/rows", import_more.import_file, "import_rows", part="rows"),
    *both("import/<int:batch_id>/problems", import_more.import_file, "import_problems", part="problems"),
    *both("import/<int:batch_id>/differences", import_more.import_file, "import_differences", part="differences"),
    *both("import/list", import_more.import_list_file, "import_list"),
    path("classes/<int:class_id>/questions/", import_more.questions, name="questions"),
    *both("operator/missing", exports.missing, "operator_missing"),
    *both("overview/classes", exports.overview_classes, "overview_classes"),
    *both("classes/<int:class_id>/extracts/register", exports.extract_register, "extract_register"),
    *both("family/<int:pupil_id>/marks", exports.family_marks, "family_marks"),
    *both("family/<int:pupil_id>/absences", exports.family_absences, "family_absences"),
]
