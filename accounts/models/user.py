"""Who may enter: people with personal logins, what their roles may do, the rules they accepted."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models


class UserManager(DjangoUserManager["User"]):
    """`createsuperuser` makes the first operator of an empty installation."""

    use_in_migrations = False

    def create_superuser(self, username: str, email: str | None = None, password: str | None = None, **fields: Any):
        return super().create_superuser(username, email, password, is_operator=True, **fields)


class User(AbstractUser):
    """One person, one login. Roles are facts about the person; several can hold at once (domain.md §1).

    A class teacher, a subject teacher, a guardian and a pupil are told by their rows in `journal`; only what no
    row tells stands here as a flag.
    """

    patronymic = models.CharField("отчество", max_length=150, blank=True)
    is_deputy = models.BooleanField("заместитель директора или директор", default=False)
    is_operator = models.BooleanField("администратор системы", default=False)
    must_change_password = models.BooleanField("сменить пароль при входе", default=False)
    one_time_until = models.DateTimeField(
        "одноразовый пароль действует до", null=True, blank=True, editable=False, help_text="Пусто: без срока"
    )
    sees_sensitive = models.BooleanField(
        "видит особые сведения", default=False, help_text="Группа здоровья, физкультурная группа, социальный статус"
    )
    # A copy of the newest RulesAcceptance, so that the check on every page costs no query.
    rules_version = models.CharField("принятая версия правил", max_length=20, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "пользователь"
        verbose_name_plural = "пользователи"
        ordering = ["last_name", "first_name", "username"]

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, [self.last_name, self.first_name, self.patronymic]))

    @property
    def short_name(self) -> str:
        """«Орлова М. С.», or the login where no name is known."""
        initials = " ".join(f"{name[0]}." for name in (self.first_name, self.patronymic) if name)
        return f"{self.last_name} {initials}".strip() or self.username

    def one_time_expired(self, now: datetime) -> bool:
        """The password that the school gave has outlived its days and was never changed for an own one."""
        return self.must_change_password and self.one_time_until is not None and self.one_time_until < now

    # What a role may do. Views and querysets ask these, never compare roles themselves.

    @property
    def sees_whole_school(self) -> bool:
        return self.is_active and self.is_deputy

    @property
    def may_import(self) -> bool:
        return self.is_active and self.is_operator

    @property
    def keeps_all_people(self) -> bool:
        """Keeps the personal data of every class: cards, guardians, groups, movements. Marks are another matter."""
        return self.is_active and (self.is_deputy or self.is_operator)

    @property
    def is_personnel(self) -> bool:
        """Staff of the school: shorter sessions (design.md §9)."""
        return self.is_deputy or self.is_operator or self.teacher_or_none is not None

    # The rows that tell a role belong to `journal`, above this app; they are reached through their reverse
    # relations, so nothing is imported from there.

    @cached_property
    def teacher_or_none(self) -> Any:
        """The person's `journal.Teacher`, or None."""
        return self._teaching[0]

    @cached_property
    def own_classes(self) -> list[Any]:
        """`journal.SchoolClass` rows of which the person is class teacher today."""
        return self._teaching[1]

    @cached_property
    def own_children(self) -> list[Any]:
        """`journal.Pupil` rows the person is guardian of, and the person's own row; one query a request."""
        return self._related("pupil").family_of(self)

    @cached_property
    def _teaching(self) -> tuple[Any, list[Any]]:
        # Nearly every page asks for both: one query a request.
        return self._related("teacher").teaching_of(self)

    def _related(self, name: str) -> Any:
        return self._meta.get_field(name).related_model

    @cached_property
    def role_words(self) -> str:
        """What stands beside the name in the heading of each page."""
        if self.is_deputy:
            return "заместитель директора"
        if self.is_operator:
            return "администратор"
        if self.own_classes:
            return "классный руководитель " + ", ".join(c.name for c in self.own_classes)
        if self.teacher_or_none:
            return "учитель"
        if any(child.user_id == self.pk for child in self.own_children):
            return "ученик"
        return "семья" if self.own_children else ""

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        # The operator's tool is the whole of Django admin; there is no finer split to keep. Being a superuser adds
        # nothing: who is no operator any more would keep that.
        return self.may_import

    def has_module_perms(self, app_label: str) -> bool:
        return self.may_import


class RulesAcceptance(models.Model):
    """The user read and accepted a version of the rules (domain.md §9)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="пользователь", related_name="rules"
    )
    version = models.CharField("версия правил", max_length=20)
    accepted_at = models.DateTimeField("принято", auto_now_add=True)

    class Meta:
        verbose_name = "принятие правил"
        verbose_name_plural = "принятия правил"
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="accounts_rules_accepted_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.version}"


class UserSession(models.Model):
    """A sign-in that lives: what the user sees in «Безопасность» and can end (domain.md §9)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name="пользователь", related_name="user_sessions"
    )
    session_key = models.CharField("ключ сеанса", max_length=40, unique=True)
    device = models.CharField("устройство", max_length=200, blank=True)
    address = models.GenericIPAddressField("адрес", null=True, blank=True)
    started_at = models.DateTimeField("вход", auto_now_add=True)
    ended_at = models.DateTimeField("завершён", null=True, blank=True)

    class Meta:
        verbose_name = "сеанс"
        verbose_name_plural = "сеансы"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.user}, {self.device}, {self.started_at:%d.%m.%Y %H:%M}"
