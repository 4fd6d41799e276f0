"""The addresses of the whole application: each app brings its own."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django_tasks_db.models import DBTaskResult

from accounts.views import sign_in
from gymnasium import offline, views

admin.site.site_header = admin.site.site_title = "Гимназия: рабочее место оператора"
admin.site.index_title = "Справочники и записи"
admin.site.site_url = "/"
apps.get_app_config("axes").verbose_name = "Попытки входа"
admin.site.unregister(DBTaskResult)  # the work has its own pages, with words instead of tracebacks

urlpatterns = [
    path("", include("gymnasium.home")),
    path("healthz", views.healthz, name="healthz"),
    path("sw.js", offline.service_worker, name="service_worker"),
    path("offline/", offline.offline, name="offline"),
    path("accounts/", include("accounts.urls")),
    path("journal/", include("journal.urls")),
    path("attendance/", include("attendance.urls")),
    path("reports/", include("reports.urls")),
    # Django admin brings doors of its own, which know nothing of session clocks, rules and the audit trail.
    path("admin/login/", views.admin_sign_in),
    path("admin/password_change/", RedirectView.as_view(pattern_name="accounts:password")),
    path("admin/logout/", sign_in.logout),
    path("admin/", admin.site.urls),
]

handler400 = "gymnasium.views.bad_request"
handler403 = "gymnasium.views.forbidden"
handler404 = "gymnasium.views.not_found"
handler500 = "gymnasium.views.server_error"
