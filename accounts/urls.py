from django.urls import path

from accounts.views import security, sign_in

app_name = "accounts"
urlpatterns = [
    path("login/", sign_in.login, name="login"),
    path("logout/", sign_in.logout, name="logout"),
    path("rules/", sign_in.rules, name="rules"),
    path("password/", security.password, name="password"),
    path("security/", security.security, name="security"),
    path("security/sessions/<int:session_id>/end/", security.end_session, name="end_session"),
    path("security/sessions/end-others/", security.end_other_sessions, name="end_other_sessions"),
    path("security/compromise/", security.report, name="report_compromise"),
]
