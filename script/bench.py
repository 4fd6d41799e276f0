"""Measures the pages of a demo school; started by script/bench, which sets the environment.

Every page is asked through the whole middleware in this process, warm, with the floor page right before each time:
what disturbs the machine disturbs both. Queries are counted apart, so counting costs no time.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "script")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gymnasium.settings")

DAY = date(2026, 11, 23)
BRACKETS = {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"}  # of a transaction
MORNING = datetime(2026, 11, 23, 8, 20)
RED, GREEN, PLAIN = ("\033[31m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
YES = f"{GREEN}да{PLAIN}"


@dataclass(frozen=True)
class Budget:
    """The figures of the design; None where it gives none."""

    queries: int | None = None
    ratio: float | None = None
    kilobytes: float | None = None
    milliseconds: float | None = None


@dataclass
class Page:
    """What is asked, by whom; `url` raises NoReverseMatch while the page does not exist yet."""

    name: str
    login: str
    url: Callable[[], str]
    budget: Budget = field(default_factory=Budget)
    data: Iterator[dict] | None = None  # of a POST
    before: Callable[[], None] = lambda: None
    status: int = 200
    repeats: int | None = None


@dataclass
class Result:
    name: str
    budget: Budget
    queries: int = 0
    kilobytes: float = 0
    wall: float = 0
    cpu: float = 0
    ratio: float = 0
    ratio_cpu: float = 0
    by_cpu: bool = True
    unmeasured: str = ""

    @property
    def counts(self) -> float:
        """The ratio that is held against the budget."""
        return self.ratio_cpu if self.by_cpu else self.ratio

    def verdict(self) -> str:
        """«да», or by what the budget is exceeded."""
        if self.unmeasured:
            return self.unmeasured
        if self.budget == Budget():
            return "—"
        over = []
        if self.budget.queries is not None and self.queries > self.budget.queries:
            over.append(f"запросы +{self.queries - self.budget.queries}")
        if self.budget.ratio is not None and self.counts > self.budget.ratio:
            over.append(f"время ×{self.counts / self.budget.ratio:.2f}")
        if self.budget.kilobytes is not None and self.kilobytes > self.budget.kilobytes:
            over.append(f"КБ +{self.kilobytes - self.budget.kilobytes:.0f}")
        spent = self.cpu if self.by_cpu else self.wall
        if self.budget.milliseconds is not None and spent > self.budget.milliseconds:
            over.append(f"мс +{spent - self.budget.milliseconds:.0f}")
        return f"{RED}{', '.join(over)}{PLAIN}" if over else YES


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=["small", "full"], default="full")
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--only", default="", help="only pages whose name holds this word")
    parser.add_argument("--years", type=int, default=1, help="measure once more with so many years of data, say 10")
    parser.add_argument("what", nargs="?", choices=["pdf"], help="«pdf»: only the print of extracts, the school's too")
    parser.add_argument("--class-extracts", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()

    prepare_django()
    if options.class_extracts:
        print(json.dumps(measure_class_extracts(options.class_extracts)))
        return 0
    seconds = seed(options.size)
    if options.what == "pdf":
        good = show_class_extracts()
        return 0 if show_school_extracts() and good else 1
    bench = Bench(options.repeats)
    results = bench.measure_all(options.only)
    show(results, bench, seconds, options.size)
    if options.years > 1:
        return 0 if show_years(results, bench, options) else 1
    good = all(result.verdict() in ("нет", "—", YES) for result in results)
    if not options.only or "выпис" in options.only:
        good &= show_class_extracts()
    if not options.only or "перевод" in options.only:
        good &= show_transfer()
    return 0 if good else 1


def prepare_django() -> None:
    """The production settings, the addresses with the floor, and the clock of the demo school's morning."""
    import django
    from django.conf import settings

    settings.ROOT_URLCONF = "bench_urls"
    django.setup()
    from django.utils import timezone

    real_now = timezone.now
    shift = timezone.make_aware(MORNING) - real_now()
    timezone.now = lambda: real_now() + shift


def seed(size: str) -> float:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    begun = time.perf_counter()
    call_command("seed_demo", size=size, date=DAY, stdout=io.StringIO())
    seconds = time.perf_counter() - begun
    know_the_tables()
    return seconds


def know_the_tables() -> None:
    """On PostgreSQL autovacuum would do it a minute later. SQLite works without, in production too."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def all_pages() -> list[Page]:
    from django.contrib.auth import get_user_model
    from django.urls import reverse

    from attendance.models import RollCall
    from journal.models import Course, Enrolment, SchoolClass

    class_7b = SchoolClass.objects.of_day(DAY).get(grade=7, letter="Б")
    roll = list(
        Enrolment.objects.on_roll(DAY)
        .filter(school_class=class_7b)
        .order_by("pupil__sort_name")
        .values_list("pupil", flat=True)
    )
    course = Course.objects.get(school_class=class_7b, subject__name="Алгебра")
    parent = get_user_model().objects.get(username="parent7b")
    child = parent.own_children[0].pk
    well = roll[0]
    sheet = {"class_id": class_7b.pk, "day": DAY}
    presses = cycle([{"press": f"{well}:0::ill"}, {"press": f"{well}:0:ill:"}])
    printed = iter(roll)

    return [
        Page("вход", "", lambda: reverse("accounts:login"), Budget(ratio=2)),
        Page(f"лист посещаемости, {len(roll)} учеников", "teacher7b",
             lambda: reverse("attendance:day_sheet", kwargs=sheet), Budget(10, 8, 60)),
        Page("табель: месяц", "teacher7b", lambda: reverse("attendance:table", args=[class_7b.pk]), Budget(12, 12)),
        Page("табель: четверть", "teacher7b", lambda: reverse("attendance:table_term", args=[class_7b.pk]),
             Budget(12, 12)),
        Page("табель: год", "teacher7b", lambda: reverse("attendance:table_year", args=[class_7b.pk]), Budget(12, 12)),
        Page("одна отметка", "teacher7b", lambda: reverse("attendance:press", kwargs=sheet), Budget(8),
             data=presses),
        Page("весь класс: перекличка", "teacher7b", lambda: reverse("attendance:roll_call", kwargs=sheet), Budget(12),
             data=cycle([{}]), before=lambda: RollCall.objects.filter(school_class=class_7b, date=DAY).delete()),
        Page("журнал: предмет и четверть", "teacher7b",
             lambda: reverse("journal:course", args=[class_7b.pk, course.pk]), Budget(12, 12)),
        Page("журнал: все предметы", "teacher7b", lambda: reverse("journal:matrix", args=[class_7b.pk]),
             Budget(12, 12)),
        Page("отчёт по классу", "teacher7b", lambda: reverse("reports:class_report", args=[class_7b.pk]),
             Budget(20, 25)),
        Page("отчёт об ученике", "teacher7b", lambda: reverse("reports:pupil_report", args=[well])),
        *(
            Page(f"аналитика: {words}", "deputy", lambda name=name: reverse(f"reports:{name}"), Budget(20, 40, 150))
            for name, words in (
                ("analytics", "школа"), ("analytics_classes", "классы"), ("analytics_subjects", "предметы"),
                ("analytics_teachers", "учителя"), ("analytics_risk", "группа риска"),
                ("analytics_controls", "контрольные"), ("analytics_years", "по годам"),
            )
        ),
        Page("аналитика: школа за год, прогноз", "deputy",
             lambda: f"{reverse('reports:analytics')}?period=year", Budget(20, None, 150, milliseconds=1000)),
        Page("очередь выписок школы", "deputy", lambda: reverse("reports:extract_queue")),
        Page("«Сегодня» классного руководителя", "teacher7b", lambda: reverse("home")),
        Page("обзор школы", "deputy", lambda: reverse("home"), Budget(20, 40, 150)),
        Page("обзор школы, живая часть", "deputy", lambda: reverse("reports:overview_live")),
        Page("первая страница семьи", "parent7b", lambda: reverse("home"), Budget(15, 10)),
        Page("дневник ребёнка", "parent7b", lambda: reverse("reports:family", args=[child]), Budget(15, 10)),
        Page("отметки ребёнка", "parent7b", lambda: reverse("reports:family_marks", args=[child]), Budget(15, 10)),
        Page("карточка ученика", "teacher7b", lambda: reverse("journal:pupil", args=[well])),
        Page("выписки класса", "teacher7b", lambda: reverse("reports:class_extracts", args=[class_7b.pk])),
        Page("выписка, страница", "teacher7b", lambda: reverse("reports:extract", args=[well])),
        Page("выписка, PDF", "teacher7b", lambda: reverse("reports:extract_print", args=[next(printed)]),
             Budget(milliseconds=250), data=cycle([{}]), status=302, repeats=20),
    ]  # fmt: skip


def _quickest(times: list[tuple[float, float]]) -> list[float]:
    """Wall and CPU time that only a tenth undercuts."""
    return [sorted(column)[len(column) // 10] for column in zip(*times, strict=True)]


class WrongAnswer(Exception):
    """The page answered with another status than the one that means it worked."""


class Bench:
    """Asks pages and the floor in turns."""

    def __init__(self, repeats: int) -> None:
        from django.db import connection

        self.repeats = repeats
        self.floors: list[float] = []
        # SQLite works inside this process, so its CPU time tells all. PostgreSQL works elsewhere: then the clock on
        # the wall counts, unless the machine is busy with other things.
        self.is_busy = os.getloadavg()[0] > 0.75 * (os.cpu_count() or 1)
        self.by_cpu = connection.vendor == "sqlite" or self.is_busy

    def client(self, login: str):
        from django.contrib.auth import get_user_model
        from django.test import Client

        client = Client(headers={"accept": "text/html,application/xhtml+xml"})
        if login:
            user = get_user_model().objects.get(username=login)
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def measure_all(self, only: str) -> list[Result]:
        return [self.measure(page) for page in all_pages() if only in page.name]

    def measure(self, page: Page) -> Result:
        from django.urls import NoReverseMatch

        result = Result(page.name, page.budget, by_cpu=self.by_cpu)
        try:
            page.url()
            self.fill(result, page)
        except NoReverseMatch:
            result.unmeasured = "нет"  # the page does not exist yet
        except WrongAnswer as wrong:
            result.unmeasured = f"ответ {wrong}"
        return result

    def fill(self, result: Result, page: Page) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client, floor_client = self.client(page.login), self.client("teacher7b")
        self.floor(floor_client)
        for _ in range(2):  # warm: templates compiled, caches filled
            self.ask(client, page)
        with CaptureQueriesContext(connection) as queries:
            response, *_ = self.ask(client, page)
        result.queries = sum(query["sql"].split()[0] not in BRACKETS for query in queries.captured_queries)
        result.kilobytes = len(response.content) / 1024
        floors, times = [], []
        for _ in range(page.repeats or self.repeats):
            floors.append(self.floor(floor_client))
            times.append(self.ask(client, page)[1:])
        result.wall, result.cpu = (1000 * statistics.median(column) for column in zip(*times, strict=True))
        quick, quick_floor = _quickest(times), _quickest(floors)
        result.ratio, result.ratio_cpu = quick[0] / quick_floor[0], quick[1] / quick_floor[1]
        self.floors.append(quick_floor[0])

    def ask(self, client, page: Page):
        page.before()
        url = page.url()
        data = next(page.data) if page.data is not None else None
        begun, cpu = time.perf_counter(), time.process_time()
        if data is None:
            response = client.get(url)
        else:
            accept = "text/html" if page.status == 302 else "application/json"
            response = client.post(url, data, headers={"accept": accept})
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
        if response.status_code != page.status:
            raise WrongAnswer(response.status_code)
        return response, wall, cpu

    def floor(self, client) -> tuple[float, float]:
        begun, cpu = time.perf_counter(), time.process_time()
        response = client.get("/bench/floor/")
        assert response.status_code == 200, response.status_code
        return time.perf_counter() - begun, time.process_time() - cpu


HEADS = ("страница", "запросы", "бюджет", "КБ", "бюджет", "мс", "мс CPU", "×пол", "бюджет", "укладывается")
WIDTHS = (36, 7, 6, 6, 6, 8, 8, 13, 6, 12)
LEGEND = """«мс» и «мс CPU»: медианы. «×пол»: по самым быстрым, в скобках по процессорному времени.
BEGIN и COMMIT не считаются запросами. С бюджетом сравнивается {counted}."""
BY_CPU, BY_WALL = "процессорное время", "время по часам"
BUSY = "процессорное время (машина занята другим, часы ненадёжны)"


def show(results: list[Result], bench: Bench, seconds: float, size: str) -> None:
    from django.db import connection

    from journal.models import Mark, Pupil

    floor = 1000 * min(bench.floors, default=0)
    pupils, marks = Pupil.objects.count(), Mark.objects.count()
    print(f"\n{connection.display_name}, школа {size}: учеников {pupils}, отметок {marks}, создана за {seconds:.1f} с.")
    counted = BUSY if bench.is_busy else BY_CPU if bench.by_cpu else BY_WALL
    print(f"Пол: {floor:.2f} мс. {LEGEND.format(counted=counted)}\n")
    print(_line(HEADS))
    for row in results:
        print(_line([row.name, *["—"] * 8, row.verdict()] if row.unmeasured else _cells(row)))


YEARS_RATIO = 1.5
YEARS_HEADS = ("страница", "запросы", "мс", "мс потом", "×пол", "×пол потом", "во столько раз", "укладывается")
YEARS_WIDTHS = (36, 9, 8, 8, 6, 11, 14, 12)


def show_years(before: list[Result], bench: Bench, options: argparse.Namespace) -> bool:
    """The same pages again, with the years before filled in. True where none of them minds."""
    from bench_years import fill_years

    begun = time.perf_counter()
    filled = fill_years(options.years - 1)
    know_the_tables()
    rows = ", ".join(f"{name} {number}" for name, number in filled.items())
    print(f"\n{options.years} лет, записаны за {time.perf_counter() - begun:.0f} с: {rows}.\n")
    print(_line(YEARS_HEADS, YEARS_WIDTHS))
    good = True
    for old, new in zip(before, bench.measure_all(options.only), strict=True):
        if unmeasured := old.unmeasured or new.unmeasured:
            print(_line([old.name, *["—"] * 6, unmeasured], YEARS_WIDTHS))
            continue
        times = new.counts / old.counts
        fits = times <= YEARS_RATIO and new.queries == old.queries
        good &= fits
        queries = str(new.queries) if new.queries == old.queries else f"{old.queries} → {new.queries}"
        spent = [f"{row.cpu if row.by_cpu else row.wall:.1f}" for row in (old, new)]
        ratios = [f"{old.counts:.1f}", f"{new.counts:.1f}", f"{times:.2f}"]
        print(_line([old.name, queries, *spent, *ratios, YES if fits else f"{RED}НЕТ{PLAIN}"], YEARS_WIDTHS))
    return good


def _cells(row: Result) -> list[str]:
    budget = row.budget
    return [
        row.name,
        str(row.queries),
        _or_dash(budget.queries),
        f"{row.kilobytes:.0f}",
        _or_dash(budget.kilobytes),
        f"{row.wall:.1f}",
        f"{row.cpu:.1f}",
        f"{row.ratio:.1f} ({row.ratio_cpu:.1f})",
        _or_dash(budget.ratio),
        row.verdict(),
    ]


def _line(cells: Iterable[str], widths: tuple[int, ...] = WIDTHS) -> str:
    first, *others = (f"{cell:{'<' if i == 0 else '>'}{widths[i]}}" for i, cell in enumerate(cells))
    return "  ".join([first, *others])


def _or_dash(number: float | None) -> str:
    return "—" if number is None else f"{number:g}"


def measure_class_extracts(class_id: int) -> dict:
    """Prints the extracts of a class in this process, as a worker does that has printed before; run alone, so that its
    memory is its own."""
    from accounts.models import User
    from journal.calendar import load_calendar
    from journal.models import Enrolment, SchoolClass
    from reports.extract import batch, register
    from reports.extract.query import class_extracts, default_period

    school_class = SchoolClass.objects.select_related("year__school").get(pk=class_id)
    ids = list(Enrolment.objects.on_roll(DAY).filter(school_class=school_class).values_list("pupil", flat=True))
    period = default_period(load_calendar(school_class.year), school_class.grade, DAY)
    register.render(class_extracts(school_class, period, formed_on=DAY, pupil_ids=ids[:1])[0], "")
    begun, cpu = time.perf_counter(), time.process_time()
    job = batch.start_class_print(school_class, ids, period, by=User.objects.get(username="deputy"), next_url="/")
    return {
        "pupils": len(ids),
        "status": job.status,
        "message": job.message,
        "wall": time.perf_counter() - begun,
        "cpu": time.process_time() - cpu,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def show_class_extracts() -> bool:
    """One class in a process of its own: CPU a pupil, peak memory. True where both are within budget."""
    from journal.models import SchoolClass

    class_7b = SchoolClass.objects.of_day(DAY).get(grade=7, letter="Б")
    command = [sys.executable, __file__, "--class-extracts", str(class_7b.pk)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"\nвыписки класса: не удалось\n{done.stderr}")
        return False
    found = json.loads(done.stdout.splitlines()[-1])
    cpu = 1000 * found["cpu"] / found["pupils"]
    good = found["status"] == "done" and cpu <= 150 and found["megabytes"] <= 300
    word = YES if good else f"{RED}НЕТ{PLAIN}"
    print(
        f"\nВыписки класса, {found['pupils']} учеников: {cpu:.0f} мс CPU на ученика (бюджет 150), "
        f"{found['megabytes']:.0f} МБ (бюджет 300), {found['wall']:.1f} с: {word}. {found['message']}"
    )
    return good


SCHOOL_SECONDS = 180
START_SCHOOL = """
from accounts.models import User
from journal.calendar import load_calendar
from journal.models import SchoolClass
from reports.extract.batch import start_print
from reports.extract.class_page import pupils_to_print
from reports.extract.query import default_period
deputy = User.objects.get(username="deputy")
classes = list(SchoolClass.objects.of_day(DAY).select_related("year__school"))
period = default_period(load_calendar(classes[0].year), 5, DAY)
wanted = {one.pk: pupils_to_print(one, deputy, period, only_paper=False) for one in classes}
start_print(wanted, period, by=deputy, next_url="/", title="Выписки школы")
"""


def show_school_extracts() -> bool:
    """The whole school by two workers, as programs of their own. True where it is within budget."""
    from django.db import connection
    from django.db.models import Sum

    from reports.models import Extract, ExtractFile, Job

    environment = {**os.environ, "TASKS": "database"}
    start = f"from datetime import date\nDAY = date({DAY.year}, {DAY.month}, {DAY.day})\n{START_SCHOOL}"
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "shell", "-v", "0", "-c", start], env=environment, check=True)
    connection.close()
    begun = time.perf_counter()
    worker = [*manage, "db_worker", "--batch", "--interval", "0.5", "--no-startup-delay"]
    workers = [subprocess.Popen(worker, env=environment, stderr=subprocess.DEVNULL) for _ in range(2)]
    for process in workers:
        process.wait()
    # Whoever ended first may have left the joining to nobody.
    while Job.objects.filter(kind=Job.Kind.EXTRACTS, status__in=Job.OPEN).exists():
        subprocess.run(worker, env=environment, stderr=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - begun
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    job = Job.objects.filter(kind=Job.Kind.EXTRACTS).latest("created_at")
    made = Extract.objects.filter(job=job)
    megabytes = sum(len(bytes(row.content)) for row in ExtractFile.objects.filter(extract__job=job).iterator()) / 2**20
    good = job.status == "done" and seconds <= SCHOOL_SECONDS and spent.ru_maxrss / 1024 <= 300
    word = YES if good else f"{RED}НЕТ{PLAIN}"
    print(
        f"\nВыписки школы, два исполнителя: {made.count()} учеников, {made.aggregate(n=Sum('pages'))['n']} страниц, "
        f"{megabytes:.0f} МБ, {seconds:.0f} с (бюджет {SCHOOL_SECONDS}), наибольший процесс "
        f"{spent.ru_maxrss / 1024:.0f} МБ (бюджет 300): {word}. {job.message}"
    )
    return good


TRANSFER_SECONDS = 20


def show_transfer() -> bool:
    """The whole school to the next year and back, as the worker does it. True where writing is within budget."""
    from accounts.models import User
    from journal.calendar import year_of
    from journal.models import YearTransfer
    from reports.transfers import drafts
    from reports.transfers.apply import apply_transfer, undo_transfer
    from reports.transfers.plan import plan_of

    deputy = User.objects.get(username="deputy")
    row = drafts.start(from_year=year_of(DAY), by=deputy)
    drafts.save_order(transfer=row, number="1", dated=DAY, by=deputy)
    undecided = {one.pupil_id: (one.kind, one.to) for one in plan_of(row).undecided}
    drafts.save_decisions(transfer=row, by=deputy, pupils=undecided)
    row = YearTransfer.objects.get(pk=row.pk)
    digest = plan_of(row).digest
    begun = time.perf_counter()
    plan = apply_transfer(transfer=row, digest=digest, by=deputy)
    written = time.perf_counter()
    undo_transfer(transfer=row, by=deputy)
    back = time.perf_counter()
    good = written - begun < TRANSFER_SECONDS
    word = YES if good else f"{RED}НЕТ{PLAIN}"
    print(
        f"\nПеревод школы, {len(plan.pupils)} учеников: {written - begun:.1f} с (бюджет {TRANSFER_SECONDS}), "
        f"отмена {back - written:.1f} с: {word}."
    )
    return good


if __name__ == "__main__":
    sys.exit(main())
