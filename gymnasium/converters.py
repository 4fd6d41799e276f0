"""Path converters. They are registered once at the start (apps.py) and known by name everywhere."""

from datetime import date


class IsoDateConverter:
    """`2026-11-23` in a path is a date in the view; an impossible date is an unknown page.

    So is a day that no school lives in: at the ends of what a date can hold, the day before or after does not exist.
    """

    regex = r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return value.isoformat() if isinstance(value, date) else value
