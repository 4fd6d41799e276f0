"""Static files under names that carry their content's hash, compressed beforehand."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.base import File
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names also inside `import` of our own ES modules; fonts and source maps may be absent."""

    # Only our modules: libraries hold `import` in comments and of files that they do not bring.
    patterns = (
        *HashedFilesMixin.patterns,
        ("js/*.js", HashedFilesMixin._js_module_import_aggregation_patterns[1]),
    )

    def hashed_name(self, name: str, content: File | None = None, filename: str | None = None) -> str:
        try:
            return super().hashed_name(name, content, filename)
        except ValueError:
            # The fonts are made from packages that a machine may lack; the system's own font stands in.
            # Source maps are left out (apps.py).
            if name.startswith("fonts/") or name.rstrip().endswith(".map"):
                return name
            raise
