"""Addresses of the journal. The register of marks is for reading: none of its views takes a POST."""

from django.urls import path

from journal.views import cells, consents, people, purposes, register

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
    path("classes/<int:class_id>/consents/", consents.consents, name="consents"),
    path("classes/<int:class_id>/consents.xlsx", consents.consents_file, {"suffix": "xlsx"}, name="consents_xlsx"),
    path("classes/<int:class_id>/consents.csv", consents.consents_file, {"suffix": "csv"}, name="consents_csv"),
    path("pupils/<int:pupil_id>/consents/", consents.consent_pupil, name="consent_pupil"),
    path("consents/<int:consent_id>/", consents.consent, name="consent"),
    path("consent-purposes/", purposes.consent_purposes, name="consent_purposes"),
    path("consent-purposes/new/", purposes.consent_purpose_new, name="consent_purpose_new"),
    path("consent-purposes/<int:purpose_id>/", purposes.consent_purpose, name="consent_purpose"),
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
