from django.urls import path

from attendance.views import announcements, day_sheet

app_name = "attendance"
urlpatterns = [
    path("classes/<int:class_id>/", day_sheet.today, name="today"),
    path("classes/<int:class_id>/day/", day_sheet.go_to_day, name="go_to_day"),
    path("classes/<int:class_id>/<isodate:day>/", day_sheet.day_sheet, name="day_sheet"),
    path("classes/<int:class_id>/<isodate:day>/press/", day_sheet.press, name="press"),
    path("classes/<int:class_id>/<isodate:day>/roll-call/", day_sheet.roll_call, name="roll_call"),
    path("classes/<int:class_id>/<isodate:day>/state/", day_sheet.state, name="state"),
    # -- day sheet: undo, history --
    # -- announcements --
    path("classes/<int:class_id>/announcements/", announcements.announcements, name="announcements"),
    path(
        "classes/<int:class_id>/announcements/<int:announcement_id>/confirm/",
        announcements.confirm,
        name="announcement_confirm",
    ),
    path(
        "classes/<int:class_id>/announcements/<int:announcement_id>/decline/",
        announcements.decline,
        name="announcement_decline",
    ),
    # -- documents --
    # -- facts from lessons, conflicts --
    # -- tables, closed months --
    # -- signals --
]
