"""The signals of the whole school, as the worker last counted them."""

from __future__ import annotations

from django.db import models


class SchoolSignals(models.Model):
    """One row for the school. `rows` are plain values (see `attendance.school_signals`), replaced by each count.

    Own lessons of a thousand pupils over a year are too dear for a page: the worker counts them each morning, and when
    the deputy asks (`wanted_at`). `claimed_at` keeps two workers from counting at once.
    """

    made_at = models.DateTimeField("посчитано", null=True, blank=True)
    wanted_at = models.DateTimeField("просили пересчитать", null=True, blank=True)
    claimed_at = models.DateTimeField("считается с", null=True, blank=True)
    rows = models.JSONField("сигналы", default=list, blank=True)

    class Meta:
        verbose_name = "сигналы школы"
        verbose_name_plural = "сигналы школы"

    def __str__(self) -> str:
        return f"{self.made_at:%d.%m.%Y %H:%M}" if self.made_at else "не посчитано"
