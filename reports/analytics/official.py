"""«Отчёт классного руководителя» (domain.md §4): the computed report on a class and one free comment.

The numbers are those of the analytic report, the same object; only the face is that of an official form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import Action, record_event
from accounts.models import User
from journal.models import SchoolClass
from reports import pdf
from reports.analytics.class_report import ClassReport
from reports.analytics.periods import ReportPeriod
from reports.attendance_tables import class_teacher_on
from reports.models import ClassReportComment

LONGEST = 3000
STYLE = "pdf-class-report.css"


class CommentRefused(Exception):
    """The comment was not kept; the text says in Russian what to do."""


class CommentChanged(CommentRefused):
    """Somebody wrote meanwhile; `now` is the text that stands."""

    def __init__(self, now: str) -> None:
        super().__init__("Пока вы писали, комментарий изменил другой человек. Сравните оба текста и сохраните нужный.")
        self.now = now


@dataclass(frozen=True, slots=True)
class Comment:
    """What stands under the report. Without a row the text is empty."""

    text: str = ""
    by: str = ""
    at: str = ""


def comment_of(school_class: SchoolClass, period: ReportPeriod) -> Comment:
    """The comment of the class for the period. One query."""
    row = _rows(school_class, period).select_related("written_by").first()
    if row is None:
        return Comment()
    return Comment(row.text, row.written_by.short_name, f"{timezone.localtime(row.written_at):%d.%m.%Y %H:%M}")


@transaction.atomic
def save_comment(
    *,
    school_class: SchoolClass,
    period: ReportPeriod,
    text: str,
    was: str,
    by: User,
    request: HttpRequest | None = None,
) -> None:
    """Keeps the comment in place of the one the writer saw (`was`). CommentRefused where it is too long, CommentChanged
    where another text stands by now; the same text sent twice changes nothing."""
    text, was = _plain(text), _plain(was)
    if len(text) > LONGEST:
        raise CommentRefused(
            f"Комментарий длиннее {LONGEST} знаков: их {len(text)}. Сократите его и сохраните ещё раз."
        )
    row = _rows(school_class, period).select_for_update().first()
    stands = row.text if row else ""
    if text == stands:
        return
    if was != stands:
        raise CommentChanged(stands)
    if row is None:
        try:
            with transaction.atomic():
                row = ClassReportComment.objects.create(
                    school_class=school_class, term=period.term, text=text, written_by=by, written_at=timezone.now()
                )
        except IntegrityError:  # the first text of two people at once
            raise CommentChanged(_rows(school_class, period).get().text) from None
    else:
        row.text, row.written_by, row.written_at = text, by, timezone.now()
        row.save(update_fields=["text", "written_by", "written_at"])
    record_event(
        Action.CHANGE, f"комментарий к отчёту классного руководителя: {period.name}", by=by, request=request,
        class_id=school_class.pk, object_type="classreportcomment", object_id=row.pk,
        old={"text": stands}, new={"text": text},
    )  # fmt: skip


def official_pdf(report: ClassReport, comment: Comment, *, formed_on: date) -> pdf.Pdf:
    """The form on paper. One query: who leads the class."""
    context = {
        "report": report,
        "comment": comment,
        "school": report.school,
        "teacher": class_teacher_on(report.school_class, report.period.day),
        "formed_on": formed_on,
    }
    return pdf.pdf_of("reports/pdf/official_report.html", context, style=STYLE)


def _rows(school_class: SchoolClass, period: ReportPeriod):
    return ClassReportComment.objects.filter(school_class=school_class, term=period.term)


def _plain(text: str) -> str:
    """A browser sends line ends of its own kind."""
    return text.replace("\r\n", "\n").strip()
