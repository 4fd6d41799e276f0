from django.urls import path

from reports.views import access, books, changes, extracts, family, home, imports, jobs, plan_changes, transfers

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
    path("transfers/", transfers.transfers, name="transfers"),
    path("transfers/<int:transfer_id>/", transfers.transfer, name="transfer"),
    path("transfers/<int:transfer_id>/classes/<int:class_id>/", transfers.transfer_class, name="transfer_class"),
    path("transfers/<int:transfer_id>/list.xlsx", transfers.transfer_file, {"suffix": "xlsx"}, name="transfer_xlsx"),
    path("transfers/<int:transfer_id>/list.csv", transfers.transfer_file, {"suffix": "csv"}, name="transfer_csv"),
    path("books/alphabet/", books.alphabet_book, name="alphabet_book"),
    path("books/alphabet/book.xlsx", books.alphabet_file, {"suffix": "xlsx"}, name="alphabet_book_xlsx"),
    path("books/alphabet/book.csv", books.alphabet_file, {"suffix": "csv"}, name="alphabet_book_csv"),
    path("books/alphabet/print/", books.alphabet_print, name="alphabet_book_print"),
    path("books/movement/", books.movement_report, name="movement_report"),
    path("books/movement/report.xlsx", books.movement_file, {"suffix": "xlsx"}, name="movement_report_xlsx"),
    path("books/movement/report.csv", books.movement_file, {"suffix": "csv"}, name="movement_report_csv"),
    path("books/movement/report.pdf", books.movement_pdf, name="movement_report_pdf"),
    # -- consents and settings --
    # -- import --
    path("import/", imports.import_list, name="import_list"),
    path("import/<int:batch_id>/", imports.import_batch, name="import_batch"),
    path("import/<int:batch_id>/state/", imports.import_progress, name="import_progress"),
]
