"""What reports keep: the register of paper extracts, background jobs, imports of files."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from journal.models import Guardian, Pupil, SchoolClass, Term


class Extract(models.Model):
    """A line of the extract register (domain.md §5). The file itself lies in ExtractFile, byte for byte."""

    class Kind(models.TextChoices):
        CURRENT = "current", "выписка из журнала"
        TRANSFER = "transfer", "выписка при переводе"

    kind = models.CharField("вид", max_length=8, choices=Kind, default=Kind.CURRENT)
    sequence = models.PositiveIntegerField("порядковый номер", unique=True)
    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="extracts")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, verbose_name="класс", related_name="extracts")
    guardian = models.ForeignKey(
        Guardian, models.PROTECT, verbose_name="представитель", related_name="extracts", null=True, blank=True
    )
    date_from = models.DateField("период с")
    date_to = models.DateField("по")
    formed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто сформировал", related_name="+"
    )
    formed_at = models.DateTimeField("сформирована", auto_now_add=True)
    pages = models.PositiveSmallIntegerField("страниц")
    sha256 = models.CharField("SHA-256 файла", max_length=64)
    # Which parts were chosen to be on the sheet (reports.extract.blocks); empty: all of them.
    blocks = models.JSONField("состав", default=list, blank=True)
    code = models.CharField("код содержания", max_length=16, blank=True, help_text="Стоит на листе и в QR-коде")
    # Of a transfer extract only: where to, and the outgoing number and date of the office's own register.
    destination = models.CharField("куда переходит", max_length=300, blank=True)
    outgoing_number = models.CharField("исходящий номер", max_length=40, blank=True)
    # The job that formed it: a print of the school that died goes on from these lines.
    job = models.ForeignKey(
        "reports.Job", models.SET_NULL, verbose_name="задание", related_name="extracts", null=True, blank=True
    )
    handed_over_at = models.DateTimeField("вручена", null=True, blank=True)
    returned_at = models.DateTimeField("корешок возвращён", null=True, blank=True)

    class Meta:
        verbose_name = "выписка"
        verbose_name_plural = "реестр выписок"
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["pupil", "formed_at"], name="reports_extract_pupil"),
            models.Index(fields=["school_class", "-sequence"], name="reports_extract_class"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "pupil"], condition=Q(job__isnull=False), name="reports_extract_once_a_job"
            ),
            models.CheckConstraint(condition=Q(date_to__gte=F("date_from")), name="reports_extract_dates_sane"),
            models.CheckConstraint(condition=Q(pages__gte=1), name="reports_extract_has_pages"),
        ]

    def __str__(self) -> str:
        return f"Выписка № {self.number}"

    @property
    def number(self) -> str:
        """«7Б-118»; needs the class loaded."""
        return f"{self.school_class.name}-{self.sequence}"


class ExtractFile(models.Model):
    """The PDF as it was handed out. Apart from Extract, so that lists never load it."""

    extract = models.OneToOneField(
        Extract, models.PROTECT, verbose_name="выписка", related_name="file", primary_key=True
    )
    content = models.BinaryField("PDF")

    class Meta:
        verbose_name = "файл выписки"
        verbose_name_plural = "файлы выписок"

    def __str__(self) -> str:
        return str(self.pk)


class Job(models.Model):
    """Long work done by the worker: what it is, how far it is, what came of it."""

    class Kind(models.TextChoices):
        CLASS_EXTRACTS = "class_extracts", "выписки класса: часть печати"
        IMPORT_READ = "import_read", "чтение файлов"
        IMPORT_APPLY = "import_apply", "запись импорта"
        IMPORT_UNDO = "import_undo", "отмена импорта"
        ACCESS_SLIPS = "access_slips", "листки с паролями"
        YEAR_TRANSFER = "year_transfer", "перевод на следующий год"
        TRANSFER_UNDO = "transfer_undo", "отмена перевода"
        ALPHABET_BOOK = "alphabet_book", "алфавитная книга"
        ATTENDANCE_SUMMARY = "attendance_summary", "посещаемость по классам"
        EXTRACTS = "extracts", "выписки"
        PUPIL_REPORTS = "pupil_reports", "отчёты об учениках"
        SCHOOL_REPORT = "school_report", "аналитика школы"
        JOURNAL_ARCHIVE = "journal_archive", "архивная печать журнала"

    class Status(models.TextChoices):
        WAITING = "waiting", "ждёт"
        RUNNING = "running", "идёт"
        DONE = "done", "готово"
        FAILED = "failed", "не удалось"
        CANCELLED = "cancelled", "отменено"

    OPEN = (Status.WAITING, Status.RUNNING)

    kind = models.CharField("вид", max_length=20, choices=Kind)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="чьё", related_name="jobs")
    # A part of a larger job (a class of the school's print): any worker takes it, the person sees the whole only.
    parent = models.ForeignKey(
        "self", models.CASCADE, verbose_name="часть задания", related_name="parts", null=True, blank=True
    )
    params = models.JSONField("условия", default=dict)
    status = models.CharField("состояние", max_length=9, choices=Status, default=Status.WAITING)
    done = models.PositiveIntegerField("сделано", default=0)
    total = models.PositiveIntegerField("всего", default=0)
    message = models.CharField("сообщение", max_length=500, blank=True)
    cancel_requested = models.BooleanField("просят остановить", default=False)
    created_at = models.DateTimeField("создано", auto_now_add=True)
    started_at = models.DateTimeField("начато", null=True, blank=True)
    heartbeat_at = models.DateTimeField("жив", null=True, blank=True)
    finished_at = models.DateTimeField("закончено", null=True, blank=True)
    expires_at = models.DateTimeField("хранится до", null=True, blank=True)

    class Meta:
        verbose_name = "задание"
        verbose_name_plural = "задания"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "kind"],
                condition=Q(status__in=["waiting", "running"], parent=None),
                name="reports_one_open_job_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_status_display()}"


class JobResult(models.Model):
    """The file a job made; for its owner only, until it expires."""

    job = models.OneToOneField(Job, models.CASCADE, verbose_name="задание", related_name="result", primary_key=True)
    name = models.CharField("имя файла", max_length=150)
    content_type = models.CharField("тип", max_length=100)
    size = models.PositiveBigIntegerField("байт", default=0)

    class Meta:
        verbose_name = "результат задания"
        verbose_name_plural = "результаты заданий"

    def __str__(self) -> str:
        return self.name

    @property
    def is_archive(self) -> bool:
        return self.content_type == "application/zip"


class JobResultPiece(models.Model):
    """A piece of the file: the print of a school is never in memory whole."""

    result = models.ForeignKey(JobResult, models.CASCADE, verbose_name="результат", related_name="pieces")
    number = models.PositiveIntegerField("номер")
    content = models.BinaryField("содержимое")

    class Meta:
        verbose_name = "часть файла"
        verbose_name_plural = "части файлов"
        constraints = [models.UniqueConstraint(fields=["result", "number"], name="reports_piece_of_result_once")]

    def __str__(self) -> str:
        return f"{self.result_id}, {self.number}"


class ClassReportComment(models.Model):
    """The one free comment of «Отчёт классного руководителя»: of a class and a term, or of the year."""

    school_class = models.ForeignKey(SchoolClass, models.PROTECT, verbose_name="класс", related_name="report_comments")
    term = models.ForeignKey(Term, models.PROTECT, verbose_name="период", related_name="+", null=True, blank=True)
    text = models.TextField("комментарий", max_length=3000, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="+")
    written_at = models.DateTimeField("когда", default=timezone.now)

    class Meta:
        verbose_name = "комментарий к отчёту"
        verbose_name_plural = "комментарии к отчётам"
        constraints = [
            models.UniqueConstraint(fields=["school_class", "term"], name="reports_one_comment_a_term"),
            models.UniqueConstraint(
                fields=["school_class"], condition=Q(term=None), name="reports_one_comment_of_the_year"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class ImportBatch(models.Model):
    """Files of one import: read, shown to the operator, answered, confirmed."""

    class Status(models.TextChoices):
        READING = "reading", "читается"
        PREVIEW = "preview", "ждёт решения"
        APPLYING = "applying", "записывается"
        APPLIED = "applied", "записано"
        FAILED = "failed", "не удалось"
        DISCARDED = "discarded", "отменено"
        UNDOING = "undoing", "возвращается"
        UNDONE = "undone", "запись отменена"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто", related_name="imports")
    status = models.CharField("состояние", max_length=9, choices=Status, default=Status.READING)
    created_at = models.DateTimeField("загружено", auto_now_add=True)
    applied_at = models.DateTimeField("записано", null=True, blank=True)
    job = models.ForeignKey(Job, models.SET_NULL, verbose_name="задание", related_name="+", null=True, blank=True)
    preview = models.JSONField("предпросмотр", default=dict, blank=True)
    answers = models.JSONField("ответы на вопросы", default=dict, blank=True)
    without_bad_rows = models.BooleanField("без строк с ошибками", default=False)
    undo = models.JSONField("для отмены", default=dict, blank=True, editable=False)
    undone_at = models.DateTimeField("запись отменена", null=True, blank=True)

    class Meta:
        verbose_name = "импорт"
        verbose_name_plural = "импорты"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Импорт {self.created_at:%d.%m.%Y %H:%M}"

    @property
    def may_be_undone(self) -> bool:
        """It is written; whether something leans on it is another, longer question."""
        return self.status == self.Status.APPLIED


class ImportFile(models.Model):
    """One uploaded file of a batch."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, verbose_name="импорт", related_name="files")
    name = models.CharField("имя файла", max_length=200)
    content = models.BinaryField("содержимое")

    class Meta:
        verbose_name = "файл импорта"
        verbose_name_plural = "файлы импорта"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class ImportConflict(models.Model):
    """A value of a file that differs from what stands, put to the class teacher: keep or take."""

    class Answer(models.TextChoices):
        KEEP = "keep", "оставить прежнее"
        TAKE = "take", "взять из файла"

    batch = models.ForeignKey(ImportBatch, models.PROTECT, verbose_name="импорт", related_name="conflicts")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, verbose_name="класс", related_name="import_questions")
    pupil = models.ForeignKey(Pupil, models.PROTECT, verbose_name="ученик", related_name="import_questions")
    object_type = models.CharField("вид записи", max_length=20, help_text="pupil, guardian или guardianship")
    object_id = models.BigIntegerField("номер записи")
    field = models.CharField("поле", max_length=30)
    # Values as the register keeps them, a date in ISO form; СНИЛС encrypted.
    current = models.CharField("стоит", max_length=300, blank=True)
    proposed = models.CharField("в файле", max_length=300, blank=True)
    answer = models.CharField("ответ", max_length=4, choices=Answer, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="кто ответил", related_name="+", null=True, blank=True
    )
    answered_at = models.DateTimeField("когда", null=True, blank=True)

    class Meta:
        verbose_name = "вопрос учителю"
        verbose_name_plural = "вопросы учителям"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "object_type", "object_id", "field", "pupil"], name="reports_import_asks_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pupil}: {self.field}"
