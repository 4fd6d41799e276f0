"""Who may open what: every address of the application, as every demo person and as strangers.

`OPENS` is the whole table. An address that is not in it fails the test: a new page says whom it is for.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from attendance.models import AbsenceDocument, Scan, ScanFile
from journal.models import (
    ConsentPurpose,
    Course,
    DayOff,
    Enrolment,
    IndividualPlan,
    Lesson,
    Movement,
    Pupil,
    School,
    SchoolLogo,
    WorkKind,
    YearTransfer,
)
from reports.jobs import ResultFile, store_result
from reports.models import Extract, ExtractFile, ImportBatch, Job
from tests.factories import make_guardian, make_user

OWN_CLASS = {"teacher7b", "deputy"}
KEEPERS = {"teacher7b", "deputy", "operator"}
"""Who keeps the personal data of 7Б."""
OFFICE = {"deputy", "operator"}
EVERYBODY = {
    "deputy", "operator", "teacher5a", "teacher7a", "teacher7b", "teacher10a", "subject1",
    "parent7b", "parent2", "pupil7b", "stranger",
}  # fmt: skip
FAMILY = {"parent7b", "pupil7b"}
TEACHERS = {"deputy", "teacher5a", "teacher7a", "teacher7b", "teacher10a", "subject1"}
PUBLIC = {"healthz", "service_worker", "offline", "accounts:login"}
POST_ONLY: dict[str, set[str]] = {
    "accounts:logout": EVERYBODY,
    "accounts:end_session": EVERYBODY,
    "accounts:end_other_sessions": EVERYBODY,
    "accounts:report_compromise": EVERYBODY,
    "attendance:press": OWN_CLASS,
    "attendance:roll_call": OWN_CLASS,
    # -- signals --
    "attendance:signal_note": OWN_CLASS,
    "attendance:signal_answer": OWN_CLASS,
    "attendance:school_signals_recount": {"deputy"},
    "attendance:lesson_press": {"subject1"},
    "attendance:lesson_check": {"subject1"},
    "attendance:conflicts_answer": OWN_CLASS,
    "attendance:conflicts_decide": OWN_CLASS,
    "attendance:conflicts_undo": OWN_CLASS,
    "reports:class_extracts_print": OWN_CLASS,
    "reports:extract_print": OWN_CLASS,
    "reports:extract_handed_over": OWN_CLASS,
    "reports:extract_returned": OWN_CLASS,
    "reports:job_cancel": {"teacher7b"},
    "reports:attendance_summary_start": {"deputy"},
    # -- cards --
    "journal:pupil_field": KEEPERS,
    "journal:class_grid_cell": KEEPERS,
    # -- guardians --
    "journal:guardian_restore": KEEPERS,
    "journal:guardian_unblock": KEEPERS,
    "journal:pupil_unblock": KEEPERS,
    "reports:access_slip": KEEPERS,
    "reports:pupil_access_slip": KEEPERS,
    "reports:job_delete_result": {"teacher7b"},
    # -- groups --
    "journal:group_save": KEEPERS,
    "journal:group_join": OFFICE,
    "journal:plan_timetable": KEEPERS,
    "reports:division_preview": KEEPERS,
    "reports:plan_add_preview": KEEPERS,
    "reports:plan_preview": KEEPERS,
    # -- movements --
    "reports:alphabet_book_print": OFFICE,
    # -- consents and settings --
    "reports:calendar_new_year": OFFICE,
    "reports:calendar_approve": OFFICE,
    # -- import --
    # -- attendance of the school --
    "reports:overview_remind": {"deputy"},
    # -- announcements --
    "attendance:announcement_confirm": OWN_CLASS,
    "attendance:announcement_decline": OWN_CLASS,
    "reports:family_withdraw": {"parent7b"},  # whoever announced it
    # -- official report --
    "reports:official_report_comment": OWN_CLASS,
    "reports:pupil_reports_print": OWN_CLASS,
    # -- extracts of the school --
    "reports:extract_queue_print": {"deputy"},
    "reports:extract_register_note": EVERYBODY,
    "reports:journal_archive_print": OWN_CLASS,
}


def files(name: str, people: set[str]) -> dict[str, set[str]]:
    """A list as a file opens to whom its page opens."""
    return {f"{name}_{suffix}": people for suffix in ("xlsx", "csv")}


OPENS: dict[str, set[str]] = {
    "home": EVERYBODY,
    "help": EVERYBODY,
    "guide": EVERYBODY,
    "accounts:rules": EVERYBODY,
    "accounts:password": EVERYBODY,
    "accounts:security": EVERYBODY,
    "attendance:today": OWN_CLASS,
    "attendance:go_to_day": OWN_CLASS,
    "attendance:day_sheet": OWN_CLASS,
    "attendance:state": OWN_CLASS,
    # -- signals --
    "attendance:signals": OWN_CLASS,
    "attendance:history": OWN_CLASS,
    "attendance:changes": OWN_CLASS,
    "attendance:school_signals": {"deputy"},
    "attendance:table": OWN_CLASS,
    "attendance:table_term": OWN_CLASS,
    "attendance:table_year": OWN_CLASS,
    **files("attendance:table", OWN_CLASS),
    **files("attendance:table_term", OWN_CLASS),
    **files("attendance:table_year", OWN_CLASS),
    "attendance:months": {"deputy"},
    "attendance:month": {"deputy"},
    "reports:attendance_month_pdf": OWN_CLASS,
    "reports:attendance_term_pdf": OWN_CLASS,
    "reports:attendance_year_pdf": OWN_CLASS,
    "reports:attendance_summary": {"deputy"},
    **files("reports:attendance_summary", {"deputy"}),
    "attendance:copies": EVERYBODY,  # of own classes only: an empty list for most
    # The lesson of the addresses is given by subject1; the class teacher has the sheet.
    "attendance:lesson": {"subject1", "deputy"},
    "attendance:conflicts": OWN_CLASS,
    **files("attendance:conflicts", OWN_CLASS),
    "journal:classes": {"deputy", "operator", "teacher5a", "teacher7a", "teacher7b", "teacher10a"},
    "journal:class_journal": OWN_CLASS,
    "journal:matrix": OWN_CLASS,
    "journal:class_list": KEEPERS,
    "journal:pupil": KEEPERS,
    "journal:course": OWN_CLASS,
    "journal:topics": OWN_CLASS,
    "journal:cell": OWN_CLASS,
    "journal:course_xlsx": OWN_CLASS,
    "journal:course_csv": OWN_CLASS,
    "reports:overview_live": {"deputy"},
    **{f"reports:overview_{name}": {"deputy"} for name in ("absent", "wave", "canteen", "canteen_pdf")},
    **files("reports:overview_absent", {"deputy"}),
    **files("reports:overview_wave", {"deputy"}),
    **files("reports:overview_canteen", {"deputy"}),
    "reports:family": FAMILY,
    "reports:family_marks": FAMILY,
    "reports:family_absences": FAMILY,
    "reports:family_info": FAMILY,
    "reports:family_announcements": FAMILY,
    "reports:family_announce": {"parent7b"},  # the pupil reads, only a guardian announces
    "attendance:announcements": OWN_CLASS,
    "reports:class_extracts": OWN_CLASS,
    "reports:extract": OWN_CLASS,
    "reports:extract_file": OWN_CLASS,
    "reports:import_list": {"operator"},
    "reports:import_batch": {"operator"},
    "reports:import_progress": {"operator"},
    "reports:job_list": TEACHERS | {"operator"},
    # A job exists for its owner only, not even for the deputy.
    "reports:job": {"teacher7b"},
    "reports:job_state": {"teacher7b"},
    "reports:job_result": {"teacher7b"},
    # The course of the addresses is taught by subject1: these are the teacher's own pages.
    "journal:my_courses": TEACHERS,
    "journal:own_course": {"subject1"},
    "journal:own_topics": {"subject1"},
    "journal:own_cell": {"subject1"},
    "journal:own_course_xlsx": {"subject1"},
    "journal:own_course_csv": {"subject1"},
    # -- documents --
    "attendance:documents": OWN_CLASS,
    **files("attendance:documents", OWN_CLASS),
    "attendance:document_new": OWN_CLASS,
    "attendance:document_order": OWN_CLASS,
    "attendance:document": OWN_CLASS,
    "attendance:document_edit": OWN_CLASS,
    "attendance:document_remove": OWN_CLASS,
    "attendance:document_scan": OWN_CLASS,
    # -- cards --
    "journal:pupils": {"deputy", "operator", "teacher5a", "teacher7a", "teacher7b", "teacher10a"},
    "journal:pupil_edit": KEEPERS,
    "journal:pupil_sensitive": set(),  # nobody while the school keeps no special block
    "journal:class_list_file": KEEPERS,
    "journal:class_grid": KEEPERS,
    "journal:class_grid_paste": KEEPERS,
    # -- guardians --
    "journal:class_guardians": KEEPERS,
    "journal:class_guardians_xlsx": KEEPERS,
    "journal:class_guardians_csv": KEEPERS,
    "journal:guardian": KEEPERS,
    "journal:guardian_edit": KEEPERS,
    "journal:guardian_tie": KEEPERS,
    "journal:guardian_end": KEEPERS,
    "journal:guardian_add": KEEPERS,
    "journal:guardian_merge": KEEPERS,
    "journal:guardian_duplicates": OFFICE,
    "journal:guardian_block": KEEPERS,
    "journal:guardian_compromise": KEEPERS,
    "journal:pupil_access": KEEPERS,
    "journal:pupil_block": KEEPERS,
    "journal:pupil_compromise": KEEPERS,
    "reports:access_slips": KEEPERS,
    # -- groups --
    "journal:groups": KEEPERS,
    "journal:groups_xlsx": KEEPERS,
    "journal:groups_csv": KEEPERS,
    "journal:division": KEEPERS,
    "journal:plans": KEEPERS,
    "journal:plans_xlsx": KEEPERS,
    "journal:plans_csv": KEEPERS,
    "journal:plan_add": KEEPERS,
    "journal:plan": KEEPERS,
    # -- movements --
    "journal:school_classes": OFFICE,
    "journal:school_class": OFFICE,
    "journal:movements": KEEPERS,
    "journal:movements_xlsx": KEEPERS,
    "journal:movements_csv": KEEPERS,
    "journal:movement_arrival": OFFICE,
    "journal:movement_departure": OFFICE,
    "journal:movement_transfer": OFFICE,
    "journal:movement_cancel": OFFICE,
    "reports:transfers": {"deputy"},
    "reports:transfer": {"deputy"},
    "reports:transfer_class": {"deputy"},
    "reports:transfer_xlsx": {"deputy"},
    "reports:transfer_csv": {"deputy"},
    "reports:alphabet_book": OFFICE,
    "reports:alphabet_book_xlsx": OFFICE,
    "reports:alphabet_book_csv": OFFICE,
    "reports:movement_report": OFFICE,
    "reports:movement_report_xlsx": OFFICE,
    "reports:movement_report_csv": OFFICE,
    "reports:movement_report_pdf": OFFICE,
    # -- consents and settings --
    "journal:consents": KEEPERS,
    "journal:consents_xlsx": KEEPERS,
    "journal:consents_csv": KEEPERS,
    "journal:consent_pupil": KEEPERS,
    "journal:consent": KEEPERS,
    "journal:consent_purposes": OFFICE,
    "journal:consent_purpose_new": OFFICE,
    "journal:consent_purpose": OFFICE,
    "reports:checklist": KEEPERS,
    "reports:checklists": OFFICE,
    "reports:checklists_xlsx": OFFICE,
    "reports:checklists_csv": OFFICE,
    "reports:school_settings": OFFICE,
    "reports:calendar": OFFICE,
    "reports:calendar_rhythm": OFFICE,
    "reports:calendar_year": OFFICE,
    "reports:calendar_term_new": OFFICE,
    "reports:calendar_vacation_new": OFFICE,
    "reports:calendar_day_new": OFFICE,
    "reports:calendar_day": OFFICE,
    "reports:calendar_term": OFFICE,
    "reports:calendar_vacation": OFFICE,
    "reports:bells": OFFICE,
    "reports:bell_schedule": OFFICE,
    "reports:grading": OFFICE,
    "reports:work_kind_new": OFFICE,
    "reports:work_kind": OFFICE,
    "reports:attendance_rules": OFFICE,
    "reports:documents": OFFICE,
    "reports:logo": OFFICE,
    "reports:sensitive": OFFICE,
    # -- import --
    "reports:import_undo": {"operator"},
    "reports:questions": KEEPERS,
    **files("reports:import_rows", {"operator"}),
    **files("reports:import_problems", {"operator"}),
    **files("reports:import_differences", {"operator"}),
    **files("reports:import_list", {"operator"}),
    **files("reports:operator_missing", {"operator"}),
    **files("attendance:school_signals", {"deputy"}),
    **files("reports:overview_classes", {"deputy"}),
    **files("reports:extract_register", OWN_CLASS),
    **files("reports:family_marks", FAMILY),
    **files("reports:family_absences", FAMILY),
    **files("journal:classes", {"deputy", "operator", "teacher5a", "teacher7a", "teacher7b", "teacher10a"}),
    **files("journal:matrix", OWN_CLASS),
    **files("journal:topics", OWN_CLASS),
    **files("journal:my_courses", TEACHERS),
    **files("journal:own_topics", {"subject1"}),
    "reports:class_report": OWN_CLASS,
    "reports:class_report_pdf": OWN_CLASS,
    **files("reports:class_report", OWN_CLASS),
    # -- official report --
    "reports:pupil_report": OWN_CLASS,
    "reports:pupil_report_pdf": OWN_CLASS,
    "reports:pupil_reports": OWN_CLASS,
    "reports:family_report": FAMILY,
    "reports:family_report_pdf": FAMILY,
    "reports:marks_summary": OWN_CLASS,
    "reports:marks_summary_pdf": OWN_CLASS,
    **files("reports:marks_summary", OWN_CLASS),
    "reports:official_report": OWN_CLASS,
    "reports:official_report_pdf": OWN_CLASS,
    **files("reports:official_report", OWN_CLASS),
    **{
        f"reports:analytics{part}{tail}": {"deputy"}
        for part in ("", "_classes", "_subjects", "_teachers", "_risk", "_controls", "_years")
        for tail in ("", "_pdf", "_xlsx", "_csv")
    },
    # -- extracts of the school --
    "reports:extract_queue": {"deputy"},
    **files("reports:extract_queue", {"deputy"}),
    "reports:extract_register_all": {"deputy"},
    **files("reports:extract_register_all", {"deputy"}),
    "reports:extract_check": {"deputy", "teacher5a", "teacher7a", "teacher7b", "teacher10a"},
    "reports:transfer_extract": OWN_CLASS,
    "reports:journal_archive": OWN_CLASS,
}
SKIPPED = {"admin"}  # Django admin answers everybody but the operator with its own sign-in: tested below.


def addresses(resolver: URLResolver, namespace: str = "") -> list[tuple[str, list[str]]]:
    """(name with namespace, parameters) of every address below."""
    found = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace not in SKIPPED:
                inner = f"{pattern.namespace}:" if pattern.namespace else namespace
                found += addresses(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.append((namespace + pattern.name, list(pattern.pattern.converters)))
    return found


ADDRESSES = addresses(get_resolver())


@pytest.fixture
def seven_b(demo):
    """What the addresses need, all of 7Б: ids by parameter name, and the names nobody else may see."""
    school_class = demo.school_class("7Б")
    rows = Enrolment.objects.filter(school_class=school_class).on_roll(demo.day)
    child = Pupil.objects.get(user__username="pupil7b")
    courses = Course.objects.of_class(school_class).filter(teacher__user__username="subject1")
    lesson = Lesson.objects.filter(course__in=courses, marks__pupil=child).first()
    return {
        "names": [pupil.list_name for pupil in Pupil.objects.filter(pk__in=rows.values("pupil"))],
        "child": child,
        "ids": {
            "class_id": school_class.pk,
            "day": date(2026, 11, 20),
            "pupil_id": child.pk,
            "course_id": lesson.course_id,
            "lesson_id": lesson.pk,
            "session_id": 10**9,
            "name": "teacher",
            **made(school_class, child, demo),
        },
    }


def made(school_class, child, demo) -> dict[str, int | str]:
    """What people of 7Б made, by the parameter that an address calls it by: an extract, a job with its result…"""
    teacher = demo.user("teacher7b")
    extract = Extract.objects.create(
        sequence=10**6, pupil=child, school_class=school_class, date_from=demo.day, date_to=demo.day,
        formed_by=teacher, pages=1, sha256="0" * 64,
    )  # fmt: skip
    ExtractFile.objects.create(extract=extract, content=b"%PDF-1.7")
    job = Job.objects.create(
        kind=Job.Kind.EXTRACTS,
        owner=teacher,
        status=Job.Status.DONE,
        params={"class_id": school_class.pk},
        expires_at=timezone.now() + timedelta(days=1),
    )
    SchoolLogo.objects.create(school=School.load(), picture=b"\x89PNG")
    store_result(job.pk, ResultFile("7Б.pdf", b"%PDF-1.7"))
    batch = ImportBatch.objects.create(owner=demo.user("operator"), status=ImportBatch.Status.PREVIEW)
    guardian = child.guardianships.get(guardian__user__username="parent7b").guardian
    group = school_class.groups.first()
    plan = IndividualPlan.objects.get(pupil__enrolments__school_class=school_class)
    return {
        "extract_id": extract.pk, "job_id": job.pk, "batch_id": batch.pk,
        "guardian_id": guardian.pk, "other_id": make_guardian(child).pk,
        "group_id": group.pk, "subject_id": group.subject_id, "plan_id": plan.pk,
        "transfer_id": YearTransfer.objects.create(from_year=school_class.year, made_by=demo.user("deputy")).pk,
        "movement_id": Movement.objects.filter(to_class=school_class).first().pk,
        "field": "phone", "suffix": "xlsx", "document_id": document_with_scan(child, teacher),
        "lesson": 1,  # on Friday the 20th that of subject1 in 7Б
        "announcement_id": child.announcements.create(
            date_from=demo.day + timedelta(days=3), date_to=demo.day + timedelta(days=3), reason="ill",
            announced_by=demo.user("parent7b"),
        ).pk,
        **settings_of(school_class, child),
    }  # fmt: skip


def document_with_scan(child, teacher) -> int:
    """A paper of the child for a Saturday: it touches no absence."""
    scan = Scan.objects.create(name="Скан.pdf", type="pdf", size=8, sha256="0" * 64, added_by=teacher)
    ScanFile.objects.create(scan=scan, content=b"%PDF-1.7")
    document = AbsenceDocument.objects.create(
        pupil=child, kind="note", reason="excused", date_from=date(2026, 11, 21), date_to=date(2026, 11, 21),
        added_by=teacher, scan=scan,
    )  # fmt: skip
    return document.pk


def settings_of(school_class, child) -> dict[str, int]:
    """A consent of the child, and rows of the school's settings."""
    year = school_class.year
    consent = child.consents.first() or child.consents.create(
        purpose=ConsentPurpose.objects.first(), given_on=year.date_from
    )
    return {
        "consent_id": consent.pk,
        "purpose_id": consent.purpose_id,
        "year_id": year.pk,
        "term_id": year.terms.first().pk,
        "vacation_id": year.vacations.first().pk,
        "day_id": DayOff.objects.filter(date__range=(year.date_from, year.date_to)).first().pk,
        "kind_id": WorkKind.objects.get(is_default=True).pk,
    }


def url_of(name: str, parameters: list[str], ids: dict) -> str:
    return reverse(name, kwargs={parameter: ids[parameter] for parameter in parameters})


def client_of(demo, login: str) -> Client:
    if login != "stranger":
        return demo.client(login)
    client = Client()
    client.force_login(make_user(username="stranger"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def foreign_names(login: str, seven_b: dict) -> list[str]:
    """Names of 7Б that must not stand on any page of this person."""
    if login in OWN_CLASS or login in {"operator", "subject1"}:
        return []
    if login in FAMILY:
        own = {seven_b["child"].list_name}
    else:
        children = Pupil.objects.filter(guardianships__guardian__user__username=login)
        # A teacher of an individual plan teaches this one pupil and has to know whom.
        of_plan = Pupil.objects.filter(plans__courses__teacher__user__username=login)
        own = {pupil.list_name for pupil in [*children, *of_plan]}
    return [name for name in seven_b["names"] if name not in own]


def test_every_address_is_in_the_table():
    known = {*PUBLIC, *POST_ONLY, *OPENS}

    assert {name for name, _ in ADDRESSES} == known


@pytest.mark.parametrize(("name", "parameters"), ADDRESSES, ids=[name for name, _ in ADDRESSES])
def test_an_anonymous_visitor_is_led_to_the_sign_in(seven_b, client, name, parameters):
    if name in PUBLIC:
        return
    url = url_of(name, parameters, seven_b["ids"])
    response = client.post(url) if name in POST_ONLY else client.get(url)

    if name in ("attendance:state", "journal:class_grid_cell"):  # the script of the page asks, not a person
        assert (response.status_code, response.json()) == (401, {"signed_out": True})
    else:
        assert (response.status_code, response.url.partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize("login", sorted(EVERYBODY))
def test_a_page_opens_to_whom_it_is_for_and_does_not_exist_for_others(demo, seven_b, login):
    client = client_of(demo, login)
    hidden = foreign_names(login, seven_b)
    for name, parameters in ADDRESSES:
        if name in PUBLIC or name in POST_ONLY:
            continue
        response = client.get(url_of(name, parameters, seven_b["ids"]), follow=True)
        body = response.getvalue().decode(errors="ignore")
        wanted = 200 if login in OPENS[name] else 404
        assert response.status_code == wanted, f"{login}: {name}"
        assert [one for one in hidden if one in body] == [], f"{login}: {name}"


@pytest.mark.parametrize("login", sorted(EVERYBODY - OWN_CLASS))
def test_what_only_the_own_class_may_do_does_not_exist_for_others(demo, seven_b, login):
    client = client_of(demo, login)
    for name, parameters in ADDRESSES:
        if name not in POST_ONLY or login in POST_ONLY[name]:
            continue
        response = client.post(url_of(name, parameters, seven_b["ids"]))
        assert response.status_code == 404, f"{login}: {name}"


@pytest.mark.parametrize("login", sorted(EVERYBODY - {"operator"}))
def test_only_the_operator_enters_the_admin(demo, login):
    response = client_of(demo, login).get(reverse("admin:journal_pupil_changelist"), follow=True)

    assert response.redirect_chain or response.status_code in (403, 404)
    assert "Ученики" not in response.content.decode()
