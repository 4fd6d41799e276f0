"""Addresses of the journal. The register of marks is for reading: none of its views takes a POST."""

from django.urls import path

from journal.files import both
from journal.views import cells, exports, people, register

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
    # -- lists as files --
    *both("classes/list", exports.classes, "classes"),
    *both("classes/<int:class_id>/matrix/table", exports.matrix, "matrix"),
    *both(f"{_COURSE}topics/list", exports.topics, "topics"),
    *both("courses/list", exports.my_courses, "my_courses"),
    *both(f"{_OWN}topics/list", exports.own_topics, "own_topics"),
]
