"""Addresses of the journal. The register of marks is for reading: none of its views takes a POST."""

from django.urls import path

from journal.views import cells, division, groups, people, plans, register

app_name = "journal"

_COURSE = "classes/<int:class_id>/courses/<int:course_id>/"
_OWN = "courses/<int:course_id>/"
_GROUPS = "classes/<int:class_id>/groups/"
_CELL = "cells/<int:pupil_id>/<int:lesson_id>/"

urlpatterns = [
    path("classes/", people.classes, name="classes"),
    path("classes/<int:class_id>/", register.class_journal, name="class_journal"),
    path("classes/<int:class_id>/matrix/", cells.matrix, name="matrix"),
    path("classes/<int:class_id>/pupils/", people.class_pupils, name="class_list"),
    path("pupils/<int:pupil_id>/", people.pupil, name="pupil"),
    # -- cards --
    # -- guardians --
    # -- groups --
    path(_GROUPS, groups.groups, name="groups"),
    path("classes/<int:class_id>/groups.xlsx", groups.groups_file, {"suffix": "xlsx"}, name="groups_xlsx"),
    path("classes/<int:class_id>/groups.csv", groups.groups_file, {"suffix": "csv"}, name="groups_csv"),
    path(f"{_GROUPS}<int:subject_id>/", division.division, name="division"),
    path(f"{_GROUPS}<int:subject_id>/join/", groups.group_join, name="group_join"),
    path(f"{_GROUPS}<int:subject_id>/<int:group_id>/", groups.group_save, name="group_save"),
    path("classes/<int:class_id>/plans/", plans.plans, name="plans"),
    path("classes/<int:class_id>/plans.xlsx", plans.plans_file, {"suffix": "xlsx"}, name="plans_xlsx"),
    path("classes/<int:class_id>/plans.csv", plans.plans_file, {"suffix": "csv"}, name="plans_csv"),
    path("pupils/<int:pupil_id>/plans/add/", plans.plan_add, name="plan_add"),
    path("plans/<int:plan_id>/", plans.plan, name="plan"),
    path("plans/<int:plan_id>/timetable/", plans.plan_timetable, name="plan_timetable"),
    # -- movements --
    # -- consents and settings --
    # -- the register, read only --
    path(_COURSE, register.course, name="course"),
    path(f"{_COURSE}topics/", cells.topics, name="topics"),
    path(f"{_COURSE}{_CELL}", cells.cell, name="cell"),
    path(f"{_COURSE}grid.xlsx", register.course_file, {"suffix": "xlsx"}, name="course_xlsx"),
    path(f"{_COURSE}grid.csv", register.course_file, {"suffix": "csv"}, name="course_csv"),
    path("courses/", register.my_courses, name="my_courses"),
    path(_OWN, register.own_course, name="own_course"),
    path(f"{_OWN}topics/", cells.own_topics, name="own_topics"),
    path(f"{_OWN}{_CELL}", cells.own_cell, name="own_cell"),
    path(f"{_OWN}grid.xlsx", register.own_course_file, {"suffix": "xlsx"}, name="own_course_xlsx"),
    path(f"{_OWN}grid.csv", register.own_course_file, {"suffix": "csv"}, name="own_course_csv"),
]
