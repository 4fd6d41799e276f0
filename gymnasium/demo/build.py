"""Makes the demo school step by step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import RulesAcceptance
from gymnasium.demo import (
    announcements,
    consents,
    families,
    home_study,
    lessons,
    marks,
    people,
    presence,
    staff,
    timetable,
)
from gymnasium.demo.accounts import PASSWORD
from gymnasium.demo.world import World, moment
from journal.calendar import load_calendar
from journal.models import School
from journal.services.calendar import create_year

# One hash for all: hashing each anew would take longer than everything else, and it has to come out the same again.
SALT = "demoSchoolNumber24"


@transaction.atomic
def build_school(size: str, day: date, tell: Callable[[str], None] = lambda line: None) -> World:
    """The whole demo school as it stands on the morning of `day`."""
    School(
        name="Гимназия № 24",
        full_name="Муниципальное автономное общеобразовательное учреждение «Гимназия № 24»",
        director="Воскресенский Аркадий Павлович",
        badge="24",
        is_demo=True,
    ).save()
    year = create_year(start_year_of(day))
    calendar = load_calendar(year)
    world = World(size, min(day, _last_school_day(calendar)), year, calendar, make_password(PASSWORD, SALT))
    tell("классы, учителя, расписание")
    staff.build_classes(world)
    staff.build_courses(world)
    timetable.build_timetable(world)
    tell("ученики и семьи")
    found = people.build_pupils(world)
    people.build_groups(world)
    families.build_guardians(world, found)
    home_study.build_home_study(world)
    consents.build_consents(world)
    tell("уроки")
    lessons.build_lessons(world)
    tell("посещаемость")
    presence.build_presence(world)
    announcements.build_announcements(world)
    tell("отметки")
    marks.build_marks(world)
    _accept_rules(world)
    return world


def start_year_of(day: date) -> int:
    """The school year of the day; in summer the one that has just ended."""
    return day.year if day.month >= 9 else day.year - 1


def _last_school_day(calendar) -> date:
    return calendar.school_days(calendar.year.date_from, calendar.year.date_to, 11)[-1]


def _accept_rules(world: World) -> None:
    users = sorted(world.users.values(), key=lambda user: user.pk)
    RulesAcceptance.objects.bulk_create(RulesAcceptance(user=user, version=user.rules_version) for user in users)
    # auto_now_add overrides what a new row carries; only an update sets the day of the demo school.
    RulesAcceptance.objects.update(accepted_at=moment(world.year.date_from, 9, 30))
