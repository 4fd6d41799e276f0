"""A prepared query gives the rows of the ordinary one, with SQL composed once."""

import threading
from datetime import date

import pytest
from django.db import connection
from django.db.models import BigIntegerField, DateField, F, FilteredRelation, Q
from django.db.models.sql.compiler import SQLCompiler

from accounts.prepared import Param, Prepared
from journal.models import Enrolment, Pupil
from tests.factories import make_class, make_pupil

SPRING = date(2027, 3, 1)


def on_roll(school_class, day):
    """Instances with a related one, in order; dates, numbers and a condition on «no end»."""
    return Enrolment.objects.filter(school_class=school_class).on_roll(day).select_related("pupil").order_by("pk")


PARAMS = (Param("school_class", BigIntegerField()), Param("day", DateField()))


@pytest.fixture
def two_classes(db):
    first, second = make_class("7А"), make_class("7Б")
    make_pupil(first)
    make_pupil(first, since=SPRING)
    make_pupil(second, until=SPRING)
    return first, second


def test_rows_are_those_of_the_ordinary_query(two_classes):
    prepared = Prepared(lambda: on_roll(*PARAMS))

    for school_class in two_classes:
        for day in (date(2026, 11, 16), SPRING, date(2027, 4, 1)):
            wanted = list(on_roll(school_class, day))
            found = prepared(school_class=school_class.pk, day=day)
            assert found == wanted
            assert [row.pupil.last_name for row in found] == [row.pupil.last_name for row in wanted]


def test_plain_values_come_converted_and_in_order(two_classes):
    def rows(day):
        since = FilteredRelation("enrolments", condition=Q(enrolments__date_from__lte=day))
        return Pupil.objects.annotate(stay=since, since=F("stay__date_from")).values_list("pk", "since").order_by("pk")

    prepared = Prepared(lambda: rows(Param("day", DateField())))

    assert prepared(day=date(2026, 12, 1)) == list(rows(date(2026, 12, 1)))
    assert prepared(day=SPRING) == list(rows(SPRING))
    assert {type(since) for _, since in prepared(day=SPRING)} == {date}


def test_sql_is_composed_once_and_asked_anew_each_time(two_classes, monkeypatch, django_assert_num_queries):
    prepared, composed, as_sql = Prepared(lambda: on_roll(*PARAMS)), [], SQLCompiler.as_sql

    def counted(self, *args, **kwargs):
        composed.append(self)
        return as_sql(self, *args, **kwargs)

    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    with django_assert_num_queries(3):
        rows = [prepared(school_class=two_classes[0].pk, day=SPRING) for _ in range(3)]

    assert len(composed) == 1
    make_pupil(two_classes[0])
    assert len(prepared(school_class=two_classes[0].pk, day=SPRING)) == len(rows[0]) + 1


def test_threads_ask_their_own_connections(transactional_db):
    school_class, prepared, found = make_class(), Prepared(lambda: on_roll(*PARAMS)), []
    pupil = make_pupil(school_class)
    prepared(school_class=school_class.pk, day=SPRING)

    def ask():
        for _ in range(20):
            found.extend(row.pupil_id for row in prepared(school_class=school_class.pk, day=SPRING))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [pupil.pk] * 80
