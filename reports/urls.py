from django.urls import URLPattern, path

from journal.files import both
from reports.views import (
    access,
    analytics,
    announcements,
    archive,
    attendance_tables,
    board,
    books,
    calendar,
    changes,
    checklist,
    class_report,
    exports,
    extract_school,
    extracts,
    family,
    home,
    import_more,
    imports,
    jobs,
    marks_summary,
    official_report,
    plan_changes,
    pupil_report,
    school_settings,
    transfer_extract,
    transfers,
)

app_name = "reports"

_YEAR = "settings/calendar/<int:year_id>/"


def _analytics(tail: str) -> list[URLPattern]:
    """A page of the school's analytics with its paper and its files."""
    name = f"analytics_{tail.rstrip('/')}" if tail else "analytics"
    route = f"analytics/{tail}"
    return [
        path(route, analytics.page, {"name": name}, name=name),
        path(f"{route}report.pdf", analytics.page_pdf, {"name": name}, name=f"{name}_pdf"),
        *(
            path(
                f"{route}tables.{end}",
                analytics.page_file,
                {"name": name, "suffix": end},
                name=f"{name}_{end}",
            )
            for end in ("xlsx", "csv")
        ),
    ]


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
    path("jobs/", jobs.job_list, name="job_list"),
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
    *both("transfers/<int:transfer_id>/list", transfers.transfer_file, "transfer"),
    path("books/alphabet/", books.alphabet_book, name="alphabet_book"),
    *both("books/alphabet/book", books.alphabet_file, "alphabet_book"),
    path("books/alphabet/print/", books.alphabet_print, name="alphabet_book_print"),
    path("books/movement/", books.movement_report, name="movement_report"),
    *both("books/movement/report", books.movement_file, "movement_report"),
    path("books/movement/report.pdf", books.movement_pdf, name="movement_report_pdf"),
    # -- consents and settings --
    path("classes/<int:class_id>/checklist/", checklist.class_checklist, name="checklist"),
    path("checklists/", checklist.checklists, name="checklists"),
    *both("checklists", checklist.checklists_file, "checklists"),
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
    path("settings/documents/logo/", school_settings.logo, name="logo"),
    path("settings/sensitive/", school_settings.sensitive, name="sensitive"),
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
    # -- attendance: tables on paper --
    *(
        path(
            f"classes/<int:class_id>/attendance/{span}.pdf",
            attendance_tables.table_on_paper,
            {"span": span},
            name=f"attendance_{span}_pdf",
        )
        for span in ("month", "term", "year")
    ),
    path("attendance/summary/", attendance_tables.summary, name="attendance_summary"),
    path("attendance/summary/start/", attendance_tables.summary_start, name="attendance_summary_start"),
    *both("attendance/summary/table", attendance_tables.summary_file, "attendance_summary"),
    # -- attendance of the school: board, reminders, canteen --
    path("overview/remind/", board.remind_classes, name="overview_remind"),
    path("overview/absent/", board.absent, name="overview_absent"),
    *both("overview/absent/list", board.absent_file, "overview_absent"),
    path("overview/wave/", board.wave, name="overview_wave"),
    *both("overview/wave/classes", board.wave_file, "overview_wave"),
    path("overview/canteen/", board.canteen, name="overview_canteen"),
    *both("overview/canteen/list", board.canteen_file, "overview_canteen"),
    path("overview/canteen/list.pdf", board.canteen_pdf, name="overview_canteen_pdf"),
    # -- family: announcements --
    path("family/<int:pupil_id>/announcements/", announcements.announcements, name="family_announcements"),
    path("family/<int:pupil_id>/announcements/new/", announcements.announce_absence, name="family_announce"),
    path(
        "family/<int:pupil_id>/announcements/<int:announcement_id>/withdraw/",
        announcements.withdraw_announcement,
        name="family_withdraw",
    ),
    # -- class report --
    path("classes/<int:class_id>/report/", class_report.class_report_page, name="class_report"),
    path("classes/<int:class_id>/report.pdf", class_report.class_report_pdf, name="class_report_pdf"),
    *both("classes/<int:class_id>/report/table", class_report.class_report_file, "class_report"),
    # -- official report, summary sheet, pupils --
    path("classes/<int:class_id>/report/marks/", marks_summary.marks_summary, name="marks_summary"),
    path("classes/<int:class_id>/report/marks.pdf", marks_summary.marks_summary_pdf, name="marks_summary_pdf"),
    *both("classes/<int:class_id>/report/marks", marks_summary.marks_summary_file, "marks_summary"),
    path("pupils/<int:pupil_id>/report/", pupil_report.pupil_report_page, name="pupil_report"),
    path("pupils/<int:pupil_id>/report.pdf", pupil_report.pupil_report_pdf, name="pupil_report_pdf"),
    path("family/<int:pupil_id>/report/", pupil_report.family_report, name="family_report"),
    path("family/<int:pupil_id>/report.pdf", pupil_report.family_report_pdf, name="family_report_pdf"),
    path("classes/<int:class_id>/report/pupils/", pupil_report.pupil_reports, name="pupil_reports"),
    path("classes/<int:class_id>/report/pupils/print/", pupil_report.pupil_reports_print, name="pupil_reports_print"),
    path("classes/<int:class_id>/report/official/", official_report.official_report, name="official_report"),
    path(
        "classes/<int:class_id>/report/official/comment/",
        official_report.official_report_comment,
        name="official_report_comment",
    ),
    path("classes/<int:class_id>/report/official.pdf", official_report.official_report_pdf, name="official_report_pdf"),
    *both("classes/<int:class_id>/report/official", official_report.official_report_file, "official_report"),
    # -- school analytics --
    *(
        one
        for tail in ("", "classes/", "subjects/", "teachers/", "risk/", "controls/", "years/")
        for one in _analytics(tail)
    ),
    # -- extracts of the school --
    path("extracts/", extract_school.queue, name="extract_queue"),
    *both("extracts/queue", extract_school.queue_file, "extract_queue"),
    path("extracts/print/", extract_school.queue_print, name="extract_queue_print"),
    path("extracts/register/", extract_school.register_page, name="extract_register_all"),
    *both("extracts/register/table", extract_school.register_file, "extract_register_all"),
    path("extracts/note/", extract_school.register_note, name="extract_register_note"),
    path("extracts/check/", extract_school.check, name="extract_check"),
    path("pupils/<int:pupil_id>/extract/transfer/", transfer_extract.transfer_extract_page, name="transfer_extract"),
    # -- parts of jobs --
    # -- archive --
    path("classes/<int:class_id>/archive/", archive.journal_archive, name="journal_archive"),
    path("classes/<int:class_id>/archive/print/", archive.journal_archive_print, name="journal_archive_print"),
    *both("operator/missing", exports.missing, "operator_missing"),
    *both("overview/classes", exports.overview_classes, "overview_classes"),
    *both("classes/<int:class_id>/extracts/register", exports.extract_register, "extract_register"),
    *both("family/<int:pupil_id>/marks", exports.family_marks, "family_marks"),
    *both("family/<int:pupil_id>/absences", exports.family_absences, "family_absences"),
]
