"""Addresses of the journal. The register of marks is for reading: none of its views takes a POST; people are edited."""

from django.urls import path

from journal.files import both
from journal.views import (
    access,
    cards,
    cells,
    consents,
    division,
    exports,
    groups,
    guardian_add,
    guardian_merge,
    guardians,
    movements,
    paste,
    people,
    people_grid,
    plans,
    purposes,
    register,
    school_classes,
)

app_name = "journal"

_COURSE = "classes/<int:class_id>/courses/<int:course_id>/"
_OWN = "courses/<int:course_id>/"
_GUARDIAN = "guardians/<int:guardian_id>/"
_GROUPS = "classes/<int:class_id>/groups/"
_CELL = "cells/<int:pupil_id>/<int:lesson_id>/"

urlpatterns = [
    path("classes/", people.classes, name="classes"),
    path("classes/<int:class_id>/", register.class_journal, name="class_journal"),
    path("classes/<int:class_id>/matrix/", cells.matrix, name="matrix"),
    path("classes/<int:class_id>/pupils/", people.class_pupils, name="class_list"),
    path("pupils/<int:pupil_id>/", cards.pupil, name="pupil"),
    # -- cards --
    path("pupils/", people.pupils, name="pupils"),
    path("pupils/<int:pupil_id>/edit/", cards.pupil_edit, name="pupil_edit"),
    path("pupils/<int:pupil_id>/fields/<slug:field>/", cards.pupil_field, name="pupil_field"),
    path("pupils/<int:pupil_id>/sensitive/", cards.pupil_sensitive, name="pupil_sensitive"),
    path("classes/<int:class_id>/pupils/list.<slug:suffix>", people.class_list_file, name="class_list_file"),
    path("classes/<int:class_id>/grid/", people_grid.class_grid, name="class_grid"),
    path("classes/<int:class_id>/grid/cell/", people_grid.class_grid_cell, name="class_grid_cell"),
    path("classes/<int:class_id>/grid/paste/", paste.class_grid_paste, name="class_grid_paste"),
    # -- guardians --
    path("classes/<int:class_id>/guardians/", guardians.class_guardians_page, name="class_guardians"),
    *both("classes/<int:class_id>/guardians", guardians.class_guardians_file, "class_guardians"),
    path("guardians/duplicates/", guardian_merge.guardian_duplicates, name="guardian_duplicates"),
    path(_GUARDIAN, guardians.guardian, name="guardian"),
    path(f"{_GUARDIAN}edit/", guardians.guardian_edit, name="guardian_edit"),
    path(f"{_GUARDIAN}merge/<int:other_id>/", guardian_merge.guardian_merge, name="guardian_merge"),
    path(f"{_GUARDIAN}pupils/<int:pupil_id>/", guardians.guardian_tie, name="guardian_tie"),
    path(f"{_GUARDIAN}pupils/<int:pupil_id>/end/", guardians.guardian_end, name="guardian_end"),
    path(f"{_GUARDIAN}pupils/<int:pupil_id>/restore/", guardians.guardian_restore, name="guardian_restore"),
    path(f"{_GUARDIAN}access/block/", access.access_block, name="guardian_block"),
    path(f"{_GUARDIAN}access/unblock/", access.access_unblock, name="guardian_unblock"),
    path(f"{_GUARDIAN}access/compromise/", access.access_report, name="guardian_compromise"),
    path("pupils/<int:pupil_id>/guardians/add/", guardian_add.guardian_add, name="guardian_add"),
    path("pupils/<int:pupil_id>/access/", access.pupil_access, name="pupil_access"),
    path("pupils/<int:pupil_id>/access/block/", access.access_block, name="pupil_block"),
    path("pupils/<int:pupil_id>/access/unblock/", access.access_unblock, name="pupil_unblock"),
    path("pupils/<int:pupil_id>/access/compromise/", access.access_report, name="pupil_compromise"),
    # -- groups --
    path(_GROUPS, groups.groups, name="groups"),
    *both("classes/<int:class_id>/groups", groups.groups_file, "groups"),
    path(f"{_GROUPS}<int:subject_id>/", division.division, name="division"),
    path(f"{_GROUPS}<int:subject_id>/join/", groups.group_join, name="group_join"),
    path(f"{_GROUPS}<int:subject_id>/<int:group_id>/", groups.group_save, name="group_save"),
    path("classes/<int:class_id>/plans/", plans.plans, name="plans"),
    *both("classes/<int:class_id>/plans", plans.plans_file, "plans"),
    path("pupils/<int:pupil_id>/plans/add/", plans.plan_add, name="plan_add"),
    path("plans/<int:plan_id>/", plans.plan, name="plan"),
    path("plans/<int:plan_id>/timetable/", plans.plan_timetable, name="plan_timetable"),
    # -- movements --
    path("classes/manage/", school_classes.school_classes, name="school_classes"),
    path("classes/<int:class_id>/manage/", school_classes.school_class, name="school_class"),
    path("classes/<int:class_id>/movements/", movements.class_page, name="movements"),
    *both("classes/<int:class_id>/movements", movements.class_file, "movements"),
    path("classes/<int:class_id>/arrival/", movements.arrival, name="movement_arrival"),
    path("pupils/<int:pupil_id>/departure/", movements.departure, name="movement_departure"),
    path("pupils/<int:pupil_id>/transfer/", movements.transfer, name="movement_transfer"),
    path("movements/<int:movement_id>/cancel/", movements.cancel_movement, name="movement_cancel"),
    # -- consents and settings --
    path("classes/<int:class_id>/consents/", consents.consents, name="consents"),
    *both("classes/<int:class_id>/consents", consents.consents_file, "consents"),
    path("pupils/<int:pupil_id>/consents/", consents.consent_pupil, name="consent_pupil"),
    path("consents/<int:consent_id>/", consents.consent, name="consent"),
    path("consent-purposes/", purposes.consent_purposes, name="consent_purposes"),
    path("consent-purposes/new/", purposes.consent_purpose_new, name="consent_purpose_new"),
    path("consent-purposes/<int:purpose_id>/", purposes.consent_purpose, name="consent_purpose"),
    # -- the register, read only --
    path(_COURSE, register.course, name="course"),
    path(f"{_COURSE}topics/", cells.topics, name="topics"),
    path(f"{_COURSE}{_CELL}", cells.cell, name="cell"),
    *both(f"{_COURSE}grid", register.course_file, "course"),
    path("courses/", register.my_courses, name="my_courses"),
    path(_OWN, register.own_course, name="own_course"),
    path(f"{_OWN}topics/", cells.own_topics, name="own_topics"),
    path(f"{_OWN}{_CELL}", cells.own_cell, name="own_cell"),
    *both(f"{_OWN}grid", register.own_course_file, "own_course"),
    # -- lists as files --
    *both("classes/list", exports.classes, "classes"),
    *both("classes/<int:class_id>/matrix/table", exports.matrix, "matrix"),
    *both(f"{_COURSE}topics/list", exports.topics, "topics"),
    *both("courses/list", exports.my_courses, "my_courses"),
    *both(f"{_OWN}topics/list", exports.own_topics, "own_topics"),
]
