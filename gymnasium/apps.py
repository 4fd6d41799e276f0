"""Application configuration."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig
from django.urls import register_converter

from gymnasium.converters import IsoDateConverter


class GymnasiumConfig(AppConfig):
    name = "gymnasium"
    verbose_name = "Гимназия"

    def ready(self) -> None:
        # Converters are global by name, so the apps use `<isodate:day>` without importing from here.
        register_converter(IsoDateConverter, "isodate")


class StaticFilesConfig(DjangoStaticFilesConfig):
    """Leaves out what no page uses: the start is quicker, and less is served that somebody has to watch."""

    ignore_patterns = [
        *DjangoStaticFilesConfig.ignore_patterns,
        *("*.map", "*.rtl.*", "bootstrap-grid*", "bootstrap-reboot*", "bootstrap-utilities*"),
        *("bootstrap.css", "bootstrap.js", "bootstrap.bundle.js", "bootstrap.esm.js"),
        *("htmx-2.js", "htmx-4*", "htmax-4*", "ext", "django-htmx.js"),
        *("jquery.js", "select2.full.js", "xregexp.js", "select2/i18n/[!r]*", "*/select2/i18n/[!r]*"),
    ]
