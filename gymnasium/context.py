"""What every page's frame shows: the sections a person works in, and who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.functional import SimpleLazyObject

from gymnasium.demo.accounts import ACCOUNTS, PASSWORD
from journal.models import School


@dataclass(frozen=True)
class Section:
    """A part of the application: its first page, and the views (or whole namespaces) that belong to it."""

    label: str
    icon: str
    view: str
    also: tuple[str, ...] = ()

    def holds(self, view_name: str) -> bool:
        return self.fit(view_name) > 0

    def fit(self, view_name: str) -> int:
        """How closely the view belongs here; 0 where it does not. The name itself says more than any prefix of it."""
        if view_name == self.view:
            return len(view_name) + 1
        return max((len(prefix) for prefix in self.also if view_name.startswith(prefix)), default=0)


@dataclass(frozen=True)
class NavItem:
    label: str
    icon: str
    url: str
    active: bool


TODAY = Section("Сегодня", "sun", "home")
SECURITY = Section("Безопасность", "shield-check", "accounts:security", ("accounts:",))
HELP = Section("Помощь", "question-mark-circle", "help")
CLASS_SECTIONS = (
    Section("Посещаемость", "clipboard-document-check", "attendance:today", ("attendance:",)),
    Section(
        "Журнал",
        "table-cells",
        "journal:class_journal",
        ("journal:course", "journal:topics", "journal:matrix", "journal:cell"),
    ),
    Section(
        "Класс",
        "user-group",
        "journal:class_list",
        (
            "journal:pupil",
            "journal:class_grid",
            "journal:class_guardians",
            "journal:guardian",
            "journal:groups",
            "journal:division",
            "journal:plan",
            "reports:division",
            "reports:plan",
            "journal:movement",
            "journal:consent",
            "reports:checklist",
            "reports:access",
            "reports:questions",
        ),
    ),
    # -- reports --
    Section(
        "Отчёты",
        "chart-bar",
        "reports:class_report",
        (
            "reports:class_report_",
            "reports:pupil_report",
            "reports:official_report",
            "reports:marks_summary",
            "reports:journal_archive",
        ),
    ),
    Section("Выписки", "document-text", "reports:class_extracts", ("reports:extract", "reports:job")),
)
CLASS_TABS = (
    # What a class teacher does with the people of the class: a row of tabs over each of these pages.
    Section("Список", "", "journal:class_list", ("journal:pupil",)),
    Section("Таблица", "", "journal:class_grid", ("journal:class_grid_",)),
    Section("Представители", "", "journal:class_guardians", ("journal:guardian", "reports:access_slips")),
    Section("Группы", "", "journal:groups", ("journal:division", "reports:division")),
    Section("Планы", "", "journal:plans", ("journal:plan", "reports:plan")),
    Section("Движение", "", "journal:movements", ("journal:movement",)),
    Section("Согласия", "", "journal:consents", ("journal:consent",)),
    Section("Начало года", "", "reports:checklist"),
)
ATTENDANCE_TABS = (
    # Over each page of «Посещаемость» of a class.
    Section("Лист", "", "attendance:today", ("attendance:day_sheet", "attendance:go_to_day", "attendance:history")),
    Section("Заявления", "", "attendance:announcements", ("attendance:announcement",)),
    Section("Справки", "", "attendance:documents", ("attendance:document",)),
    Section("Табель", "", "attendance:table", ("attendance:table_",)),
    Section("Противоречия", "", "attendance:conflicts", ("attendance:conflicts",)),
    Section("Сигналы", "", "attendance:signals", ("attendance:signal",)),
    Section("Изменения", "", "attendance:changes"),
)
SETTINGS_VIEWS = (
    "reports:school_settings",
    "reports:calendar",
    "reports:bell",
    "reports:grading",
    "reports:work_kind",
    "reports:attendance_rules",
    "reports:documents",
    "reports:sensitive",
    "journal:consent_purpose",
)
SETTINGS = Section("Настройки", "adjustments-horizontal", "reports:school_settings", SETTINGS_VIEWS)
SETTINGS_TABS = (
    Section("Календарь", "", "reports:calendar", ("reports:calendar",)),
    Section("Звонки", "", "reports:bells", ("reports:bell",)),
    Section("Оценивание", "", "reports:grading", ("reports:work_kind",)),
    Section("Посещаемость", "", "reports:attendance_rules"),
    Section("Документы и сроки", "", "reports:documents"),
    Section("Цели согласий", "", "journal:consent_purposes", ("journal:consent_purpose",)),
    Section("Особые сведения", "", "reports:sensitive"),
)
OVERVIEW_TABS = (
    # The deputy's morning.
    Section("Обзор", "", "home"),
    Section("Отсутствующие", "", "reports:overview_absent"),
    Section("Волна болезней", "", "reports:overview_wave"),
    Section("Столовая", "", "reports:overview_canteen"),
)
REPORT_TABS: tuple[Section, ...] = (
    # Over each page of «Отчёты» of a class.
    # -- class report --
    Section("Класс", "", "reports:class_report", ("reports:class_report_",)),
    Section("Ученики", "", "reports:pupil_reports", ("reports:pupil_report",)),
    Section("Отчёт классного руководителя", "", "reports:official_report", ("reports:official_report_",)),
    Section("Сводная ведомость", "", "reports:marks_summary", ("reports:marks_summary_",)),
    Section("Архив журнала", "", "reports:journal_archive", ("reports:journal_archive_",)),
)
ANALYTICS_TABS: tuple[Section, ...] = (
    # Over each page of the deputy's «Аналитика».
    Section("Школа", "", "reports:analytics"),
    Section("Классы", "", "reports:analytics_classes"),
    Section("Предметы", "", "reports:analytics_subjects"),
    Section("Учителя", "", "reports:analytics_teachers"),
    Section("Группа риска", "", "reports:analytics_risk"),
    Section("Контрольные", "", "reports:analytics_controls"),
    Section("По годам", "", "reports:analytics_years"),
)
EXTRACT_TABS: tuple[Section, ...] = (
    # Over each page of «Выписки» of the school.
    Section("Очередь", "", "reports:extract_queue"),
    Section("Реестр", "", "reports:extract_register_all"),
    Section("Проверка", "", "reports:extract_check"),
)
QUESTIONS = Section("Вопросы", "", "reports:questions")
"""The last tab, only while an import has left questions about the class."""
DEPUTY = (
    Section("Обзор", "chart-bar", "home", ("reports:overview",)),
    Section("Аналитика", "presentation-chart-line", "reports:analytics", ("reports:analytics",)),
    Section(
        "Выписки",
        "document-text",
        "reports:extract_queue",
        ("reports:extract_queue", "reports:extract_register_all", "reports:extract_check", "reports:job"),
    ),
    Section(
        "Классы",
        "user-group",
        "journal:classes",
        (
            "journal:",
            "attendance:",
            "reports:class",
            "reports:extract",
            "reports:transfer",
            "reports:alphabet_book",
            "reports:movement_report",
            "reports:attendance_",
            "reports:division",
            "reports:plan",
            "reports:checklist",
        ),
    ),
    SETTINGS,
    SECURITY,
)
OPERATOR = (
    Section("Главная", "home", "home"),
    Section(
        "Классы",
        "user-group",
        "journal:classes",
        (
            "journal:",
            "reports:alphabet_book",
            "reports:movement_report",
            "reports:division",
            "reports:plan",
            "reports:checklist",
        ),
    ),
    Section("Импорт", "arrow-up-tray", "reports:import_list", ("reports:import", "reports:job")),
    SETTINGS,
    Section("Администрирование", "cog-6-tooth", "admin:index"),
    SECURITY,
)
FAMILY = (
    Section("Дневник", "book-open", "reports:family", ("home",)),
    Section("Оценки", "academic-cap", "reports:family_marks"),
    Section(
        "Пропуски", "calendar-days", "reports:family_absences", ("reports:family_announce", "reports:family_withdraw")
    ),
    Section("Сведения", "information-circle", "reports:family_info"),
)
TEACHER = (
    Section("Мои уроки", "sun", "home", ("attendance:lesson",)),
    Section("Мои предметы", "table-cells", "journal:my_courses", ("journal:own_",)),
    HELP,
    SECURITY,
)
NOBODY = (Section("Главная", "home", "home"), HELP, SECURITY)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html. Lazy: a fragment or a PDF that shows no frame pays nothing for it."""
    return {
        "nav": SimpleLazyObject(lambda: navigation(request)),
        "class_nav": SimpleLazyObject(lambda: class_navigation(request)),
        "class_tabs": SimpleLazyObject(lambda: class_tabs(request)),
        "settings_tabs": SimpleLazyObject(lambda: _items(request, SETTINGS_TABS)),
        "overview_tabs": SimpleLazyObject(lambda: _items(request, OVERVIEW_TABS)),
        "analytics_tabs": SimpleLazyObject(lambda: _items(request, ANALYTICS_TABS)),
        "extract_tabs": SimpleLazyObject(lambda: _items(request, EXTRACT_TABS)),
        "nav_user": SimpleLazyObject(lambda: signed_in(request)),
        "demo_accounts": SimpleLazyObject(demo_accounts),
        "demo_password": PASSWORD,
    }


def demo_accounts() -> list[dict[str, str]]:
    """Who may try the demo school; nobody anywhere else."""
    if not School.objects.filter(is_demo=True).exists():
        return []
    return [{"login": login, "who": who} for login, who in ACCOUNTS.items()]


def signed_in(request: HttpRequest) -> dict[str, Any]:
    """Name and role in the heading of the page, and whether of the staff; empty for a stranger."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"name": user.short_name, "role": user.role_words, "is_personnel": user.is_personnel}


def navigation(request: HttpRequest) -> list[NavItem]:
    """The sections of the person's main role. Asks only what `User` keeps for the whole request."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    if user.is_deputy:
        return _items(request, DEPUTY)
    if user.is_operator:
        return _items(request, OPERATOR)
    if _works_in_own_class(user):
        return [*_items(request, (TODAY,)), *_items(request, CLASS_SECTIONS, class_id=_own_class_id(request))]
    if user.teacher_or_none:
        return _items(request, TEACHER)
    if user.own_children:
        return _items(request, FAMILY, pupil_id=_own_child_id(request))
    return _items(request, NOBODY)


def class_navigation(request: HttpRequest) -> list[NavItem]:
    """The sections of the class a page is about, for those whose main navigation leads elsewhere (a deputy)."""
    class_id = _page_class_id(request)
    user = getattr(request, "user", None)
    if class_id is None or user is None or not user.is_authenticated or _works_in_own_class(user):
        return []
    if user.sees_whole_school or any(school_class.pk == class_id for school_class in user.own_classes):
        return _items(request, CLASS_SECTIONS, class_id=class_id)
    return []  # the operator keeps people only: the tabs of «Класс» are enough


def class_tabs(request: HttpRequest) -> list[NavItem]:
    """The tabs of «Посещаемость», «Отчёты» or «Класс» on a page that belongs to one of them; none elsewhere."""
    class_id = _page_class_id(request)
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    for tabs in (ATTENDANCE_TABS, REPORT_TABS):
        if class_id is not None and any(section.holds(view_name) for section in tabs):
            return _items(request, tabs, class_id=class_id)
    sections = (*CLASS_TABS, QUESTIONS)
    if class_id is None or not any(section.holds(view_name) for section in sections):
        return []
    own = next((one for one in request.user.own_classes if one.pk == class_id), None)
    wanted = getattr(own, "has_questions", False) or QUESTIONS.holds(view_name)
    return _items(request, sections if wanted else CLASS_TABS, class_id=class_id)


def _works_in_own_class(user: Any) -> bool:
    """Whether the main navigation is that of a class teacher."""
    return not user.is_deputy and not user.is_operator and bool(user.own_classes)


def _own_class_id(request: HttpRequest) -> int:
    """The class of the page if it is one's own, else the first own one."""
    own = [school_class.pk for school_class in request.user.own_classes]
    page = _page_class_id(request)
    return page if page in own else own[0]


def _own_child_id(request: HttpRequest) -> int:
    """The child of the page, else the first own one."""
    own = [child.pk for child in request.user.own_children]
    page = request.resolver_match.kwargs.get("pupil_id") if request.resolver_match else None
    return page if page in own else own[0]


def _page_class_id(request: HttpRequest) -> int | None:
    match = request.resolver_match
    return match.kwargs.get("class_id") if match else None


def _items(request: HttpRequest, sections: tuple[Section, ...], **kwargs: int) -> list[NavItem]:
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    return _items_of(view_name, sections, tuple(kwargs.items()), get_script_prefix())


@lru_cache(maxsize=2048)
def _items_of(
    view_name: str, sections: tuple[Section, ...], kwargs: tuple[tuple[str, int], ...], prefix: str
) -> list[NavItem]:
    """Kept: the items follow from nothing else, and putting ten addresses together is dear. Nobody changes the list."""
    # Of a whole namespace and a part of it, the part is lit.
    nearest = max(sections, key=lambda section: section.fit(view_name))
    return [
        NavItem(
            section.label,
            section.icon,
            reverse(section.view, kwargs=dict(kwargs)),
            section is nearest and section.holds(view_name),
        )
        for section in sections
    ]
