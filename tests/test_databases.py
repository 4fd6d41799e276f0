"""The ground the other tests stand on: empty, committed and demo databases stay apart."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import AuditEvent, User
from tests.databases import DEMO_DAY


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_empty(db, turn):
    assert User.objects.count() == 0
    User.objects.create(username="ivanova")


@pytest.mark.parametrize("turn", [1, 2])
def test_a_transactional_test_commits_and_leaves_nothing(transactional_db, turn):
    assert list(AuditEvent.objects.values_list("subject")) == []
    # A row of a table that refuses deletion: the next test starts empty all the same.
    AuditEvent.objects.create(action=AuditEvent.Action.READ, subject="карточка")
    seen = []

    def look():
        seen.extend(AuditEvent.objects.values_list("subject", flat=True))
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == ["карточка"]


def test_an_ordinary_test_is_in_a_transaction_again(db):
    assert connection.in_atomic_block
    assert AuditEvent.objects.count() == 0


def test_sqlite_queues_writers_and_keeps_a_log(db):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.transaction_mode == "IMMEDIATE"


@pytest.mark.parametrize("turn", [1, 2])
def test_the_demo_school_is_the_same_for_every_test(demo, turn):
    from django.utils import timezone

    assert timezone.localdate() == DEMO_DAY
    teacher = demo.user("teacher7b")
    assert teacher.own_classes == [demo.school_class("7Б")]
    with transaction.atomic():
        User.objects.filter(pk=teacher.pk).update(last_name="Изменена")


def test_the_demo_school_does_not_leak_into_ordinary_tests(db):
    assert User.objects.count() == 0
