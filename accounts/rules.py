"""The rules that everybody accepts at first entry (domain.md §9). A new text means a new version."""

RULES_VERSION = "2026-09"
