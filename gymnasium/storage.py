"""Static files under names that carry their content's hash, compressed beforehand."""

from django.core.files.base import File
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names also inside `import` of our ES modules; the optional fonts may be absent."""

    support_js_module_import_aggregation = True

    def hashed_name(self, name: str, content: File | None = None, filename: str | None = None) -> str:
        try:
            return super().hashed_name(name, content, filename)
        except ValueError:
            # The fonts are made from packages that a machine may lack; the system's own font stands in.
            if name.startswith("fonts/"):
                return name
            raise
