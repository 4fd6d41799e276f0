from django.urls import path

from attendance.views import conflicts, day_sheet, facts
from journal.files import both

app_name = "attendance"

_LESSON = "courses/<int:course_id>/<isodate:day>/<int:lesson>/absent/"
_CONFLICTS = "classes/<int:class_id>/conflicts"

urlpatterns = [
    path("classes/<int:class_id>/", day_sheet.today, name="today"),
    path("classes/<int:class_id>/day/", day_sheet.go_to_day, name="go_to_day"),
    path("classes/<int:class_id>/<isodate:day>/", day_sheet.day_sheet, name="day_sheet"),
    path("classes/<int:class_id>/<isodate:day>/press/", day_sheet.press, name="press"),
    path("classes/<int:class_id>/<isodate:day>/roll-call/", day_sheet.roll_call, name="roll_call"),
    path("classes/<int:class_id>/<isodate:day>/state/", day_sheet.state, name="state"),
    # -- day sheet: undo, history --
    # -- announcements --
    # -- documents --
    # -- facts from lessons, conflicts --
    path(_LESSON, facts.lesson, name="lesson"),
    path(f"{_LESSON}press/", facts.press, name="lesson_press"),
    path(f"{_LESSON}check/", facts.check, name="lesson_check"),
    path(f"{_CONFLICTS}/", conflicts.page, name="conflicts"),
    *both(_CONFLICTS, conflicts.page_file, "conflicts"),
    path(f"{_CONFLICTS}/answer/", conflicts.answer, name="conflicts_answer"),
    path(f"{_CONFLICTS}/decide/", conflicts.decide, name="conflicts_decide"),
    path(f"{_CONFLICTS}/undo/", conflicts.undo, name="conflicts_undo"),
    # -- tables, closed months --
    # -- signals --
]
