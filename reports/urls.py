from django.urls import path

from reports.views import calendar, checklist, extracts, family, home, imports, jobs, school_settings

app_name = "reports"

_YEAR = "settings/calendar/<int:year_id>/"

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
    path("classes/<int:class_id>/checklist/", checklist.class_checklist, name="checklist"),
    path("checklists/", checklist.checklists, name="checklists"),
    path("checklists.xlsx", checklist.checklists_file, {"suffix": "xlsx"}, name="checklists_xlsx"),
    path("checklists.csv", checklist.checklists_file, {"suffix": "csv"}, name="checklists_csv"),
    path("settings/", calendar.school_settings, name="school_settings"),
    path("settings/calendar/", calendar.calendar, name="calendar"),
    path("settings/calendar/rhythm/", calendar.calendar_rhythm, name="calendar_rhythm"),
    path("settings/calendar/new-year/", calendar.calendar_new_year, name="calendar_new_year"),
    path(f"{_YEAR}", calendar.calendar_year, name="calendar_year"),
    path(f"{_YEAR}approve/", calendar.calendar_approve, name="calendar_approve"),
    path(f"{_YEAR}terms/new/", calendar.calendar_term_new, name="calendar_term_new"),
    path(f"{_YEAR}vacations/new/", calendar.calendar_vacation_new, name="calendar_vacation_new"),
    path(f"{_YEAR}days/new/", calendar.calendar_day_new, name="calendar_day_new"),
    path(f"{_YEAR}days/<int:day_id>/", calendar.calendar_day, name="calendar_day"),
    path("settings/calendar/terms/<int:term_id>/", calendar.calendar_term, name="calendar_term"),
    path("settings/calendar/vacations/<int:vacation_id>/", calendar.calendar_vacation, name="calendar_vacation"),
    path("settings/bells/", school_settings.bells, name="bells"),
    path("settings/bells/schedule/", school_settings.bell_schedule, name="bell_schedule"),
    path("settings/grading/", school_settings.grading, name="grading"),
    path("settings/grading/kinds/new/", school_settings.work_kind_new, name="work_kind_new"),
    path("settings/grading/kinds/<int:kind_id>/", school_settings.work_kind, name="work_kind"),
    path("settings/attendance/", school_settings.attendance_rules, name="attendance_rules"),
    path("settings/documents/", school_settings.documents, name="documents"),
    path("settings/sensitive/", school_settings.sensitive, name="sensitive"),
    # -- import --
    path("import/", imports.import_list, name="import_list"),
    path("import/<int:batch_id>/", imports.import_batch, name="import_batch"),
    path("import/<int:batch_id>/state/", imports.import_progress, name="import_progress"),
]
