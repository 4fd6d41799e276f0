"""The operator's tool over people who may enter, and the ground of every other admin page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.audit import record_pupils
from accounts.models import AuditEvent, NoticeAction, RulesAcceptance, SecurityNotice, User, UserSession


def folded(text: str) -> str:
    """As `journal.text.normalise` does, which stands above this app: case and ё/е do not matter in a search."""
    return text.casefold().replace("ё", "е")


class OperatorAdmin(admin.ModelAdmin):
    """Search in folded names; a row that the database refuses is said in words, not by an error page."""

    list_per_page = 50
    show_full_result_count = False

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        return super().get_search_results(request, queryset, folded(search_term))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Two new rows of one form may clash with each other; no form sees that, the constraint does.
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            self.message_user(request, f"Не сохранено: {_why(self.model, error)}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def _why(model: type[Model], error: IntegrityError) -> str:
    """The kind words of the constraint that refused, wherever it stands."""
    models = [model, *(relation.related_model for relation in model._meta.related_objects)]
    for constraint in (c for found in models for c in found._meta.constraints):
        if constraint.name in str(error):
            return str(constraint.get_violation_error_message())
    return "строки противоречат друг другу или уже записанному."


class KeptAdmin(OperatorAdmin):
    """Rows that history needs: corrected, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin):
    """Rows that only the application itself writes: here they are looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class TracedMixin:
    """Opening a row about a pupil here is a look at personal data like any other: it is recorded."""

    def pupil_ids_of(self, row: Any) -> list[int]:
        return [row.pupil_id]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().change_view(request, object_id, *args, **kwargs)
        if request.method == "GET" and response.status_code == 200:
            row = self.get_object(request, object_id)
            what = f"{self.opts.verbose_name} (администрирование)"
            record_pupils(request, AuditEvent.Action.READ, what, pupil_ids=self.pupil_ids_of(row))
        return response


class OneTimePasswordForm(AdminPasswordChangeForm):
    """A password that the operator gives is good for one entry."""

    def save(self, commit: bool = True) -> User:
        # Without a term: the operator hands it over in person.
        self.user.must_change_password, self.user.one_time_until = True, None
        return super().save(commit)


@admin.register(User)
class UserAdmin(KeptAdmin, DjangoUserAdmin):
    list_display = ("username", "full_name", "role", "is_active", "last_login")
    list_filter = ("is_active", "is_deputy", "is_operator", "must_change_password")
    # The folded names of the rows that tell who the person is; the own columns are not folded.
    search_fields = (
        "username", "last_name", "teacher__sort_name", "guardian__sort_name", "pupil__sort_name",
    )  # fmt: skip
    ordering = ("last_name", "first_name", "username")
    readonly_fields = ("last_login", "date_joined", "rules_version")
    filter_horizontal = ()
    change_password_form = OneTimePasswordForm
    fieldsets = (
        (None, {"fields": ("username", "password", "must_change_password")}),
        ("Имя", {"fields": ("last_name", "first_name", "patronymic", "email")}),
        ("Роли", {"fields": ("is_active", "is_deputy", "is_operator", "is_staff", "sees_sensitive")}),
        ("Сведения", {"fields": ("last_login", "date_joined", "rules_version")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
        ("Имя", {"fields": ("last_name", "first_name", "patronymic")}),
    )

    @admin.display(description="имя", ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.full_name

    @admin.display(description="роль")
    def role(self, user: User) -> str:
        # Not `role_words`: that asks for classes and children of each row.
        return "заместитель директора" if user.is_deputy else "администратор" if user.is_operator else ""

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.must_change_password = True
        super().save_model(request, obj, form, change)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "subject", "pupil_id", "class_id", "address")
    list_filter = ("action",)
    list_select_related = ("actor",)
    search_fields = ("=pupil_id", "actor__username", "actor__teacher__sort_name", "subject")
    search_help_text = "Логин или имя сотрудника, номер ученика, что смотрели"
    date_hierarchy = "at"


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "device", "address", "started_at", "ended_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__teacher__sort_name", "address")
    date_hierarchy = "started_at"
    exclude = ("session_key",)  # whoever reads it could enter as that person

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        # Nor is it guessed letter by letter: ?session_key__startswith=a
        return not lookup.startswith("session_key") and super().lookup_allowed(lookup, value, request)


@admin.register(RulesAcceptance)
class RulesAcceptanceAdmin(ReadOnlyAdmin):
    list_display = ("user", "version", "accepted_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__teacher__sort_name")
    list_filter = ("version",)


class NoticeActionInline(admin.TabularInline):
    model = NoticeAction
    extra = 0
    readonly_fields = ("by", "at", "text")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(SecurityNotice)
class SecurityNoticeAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "kind", "user", "learned_on", "deadline", "acknowledged_at", "closed_at")
    list_filter = ("kind",)
    list_select_related = ("user",)
    date_hierarchy = "opened_at"
    inlines = (NoticeActionInline,)


# Roles are facts about a person here; groups with their rights would be a second truth.
admin.site.unregister(Group)
