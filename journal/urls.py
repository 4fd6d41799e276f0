"""Addresses of the journal. The register of marks is for reading: none of its views takes a POST."""

from django.urls import path

from journal.views import cells, movements, people, register, school_classes

app_name = "journal"

_COURSE = "classes/<int:class_id>/courses/<int:course_id>/"
_OWN = "courses/<int:course_id>/"
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
    # -- movements --
    path("classes/manage/", school_classes.school_classes, name="school_classes"),
    path("classes/<int:class_id>/manage/", school_classes.school_class, name="school_class"),
    path("classes/<int:class_id>/movements/", movements.class_page, name="movements"),
    path("classes/<int:class_id>/movements.xlsx", movements.class_file, {"suffix": "xlsx"}, name="movements_xlsx"),
    path("classes/<int:class_id>/movements.csv", movements.class_file, {"suffix": "csv"}, name="movements_csv"),
    path("classes/<int:class_id>/arrival/", movements.arrival, name="movement_arrival"),
    path("pupils/<int:pupil_id>/departure/", movements.departure, name="movement_departure"),
    path("pupils/<int:pupil_id>/transfer/", movements.transfer, name="movement_transfer"),
    path("movements/<int:movement_id>/cancel/", movements.cancel_movement, name="movement_cancel"),
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
