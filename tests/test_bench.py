"""script/bench measures pages that exist: its list must not fall behind the pages."""

import importlib.util
import sys

import pytest
from django.urls import NoReverseMatch

from tests.databases import ROOT


@pytest.fixture
def bench(settings, monkeypatch):
    """The module of the script, with the addresses it measures under."""
    monkeypatch.syspath_prepend(str(ROOT / "script"))
    settings.ROOT_URLCONF = "bench_urls"
    spec = importlib.util.spec_from_file_location("bench", ROOT / "script" / "bench.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench", module)
    spec.loader.exec_module(module)
    return module


def test_every_page_of_the_bench_answers(demo, bench):
    runner = bench.Bench(repeats=1)
    missing = []
    for page in bench.all_pages():
        try:
            runner.ask(runner.client(page.login), page)
        except (NoReverseMatch, bench.WrongAnswer) as wrong:
            missing.append((page.name, str(wrong)))

    assert missing == []


def test_floor_reads_session_and_user_and_nothing_else(demo, bench, django_assert_num_queries):
    runner = bench.Bench(repeats=1)
    client = runner.client("teacher7b")
    runner.floor(client)

    with django_assert_num_queries(2):
        runner.floor(client)


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        ({"queries": 10, "ratio_cpu": 8.0, "kilobytes": 60.0}, "да"),
        ({"queries": 12, "ratio_cpu": 16.0, "kilobytes": 61.0}, "запросы +2, время ×2.00, КБ +1"),
        ({"unmeasured": "нет"}, "нет"),
    ],
)
def test_verdict_names_what_is_over_budget(bench, measured, verdict):
    assert bench.Result("лист", bench.Budget(10, 8, 60), **measured).verdict() == verdict


def test_page_without_a_budget_gets_no_verdict(bench):
    assert bench.Result("карточка", bench.Budget(), queries=99, ratio_cpu=99).verdict() == "—"
