"""The addresses of the whole application: each app brings its own."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from gymnasium import views

admin.site.site_header = admin.site.site_title = "Гимназия: рабочее место оператора"
admin.site.index_title = "Справочники и записи"
admin.site.site_url = "/"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("accounts/", include("accounts.urls")),
    path("journal/", include("journal.urls")),
    path("attendance/", include("attendance.urls")),
    path("reports/", include("reports.urls")),
    path("admin/", admin.site.urls),
]

if find_spec("gymnasium.home"):
    urlpatterns.insert(0, path("", include("gymnasium.home")))

handler400 = "gymnasium.views.bad_request"
handler403 = "gymnasium.views.forbidden"
handler404 = "gymnasium.views.not_found"
handler500 = "gymnasium.views.server_error"
