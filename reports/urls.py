from django.urls import path

from reports.views import family, home, imports

app_name = "reports"
urlpatterns = [
    path("overview/live/", home.overview_live, name="overview_live"),
    path("family/<int:pupil_id>/", family.diary, name="family"),
    path("family/<int:pupil_id>/marks/", family.marks, name="family_marks"),
    path("family/<int:pupil_id>/absences/", family.absences, name="family_absences"),
    path("family/<int:pupil_id>/info/", family.info, name="family_info"),
    path("import/", imports.import_list, name="import_list"),
    path("import/<int:batch_id>/", imports.import_batch, name="import_batch"),
    path("import/<int:batch_id>/state/", imports.import_progress, name="import_progress"),
]
