"""manage.py seed_demo: a living demo school, the same for the same size and date (design.md §3)."""

from datetime import date
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from accounts.models import User
from gymnasium.demo.accounts import ACCOUNTS, PASSWORD
from gymnasium.demo.build import build_school
from journal.models import AcademicYear, Pupil, School, SchoolClass, Subject, Teacher


class Command(BaseCommand):
    help = "Создаёт учебную школу с вымышленными людьми. Только в пустой базе данных."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=["small", "full"], default="small", help="small: 6 классов, full: 40")
        parser.add_argument(
            "--date", type=_date, default=None, help="сегодня учебной школы, ГГГГ-ММ-ДД; иначе нынешний день"
        )

    def handle(self, *args: Any, size: str, **options: Any) -> None:
        if not connection.introspection.table_names():
            call_command("migrate", interactive=False, verbosity=0)
        if holds_data():
            raise CommandError("В базе данных уже есть записи: учебная школа создаётся только в пустой базе.")
        world = build_school(size, options["date"] or timezone.localdate(), tell=self.tell(options["verbosity"]))
        self.stdout.write(
            f"Учебная школа на {world.day:%d.%m.%Y}: классов {len(world.forms)}, учеников {Pupil.objects.count()}."
        )
        self.stdout.write(f"Пароль для всех: {PASSWORD}")
        for login, who in ACCOUNTS.items():
            user = world.users[login]
            self.stdout.write(f"  {login:<11} {user.full_name}, {who}")

    def tell(self, verbosity: int):
        return lambda line: self.stdout.write(f"… {line}") if verbosity > 1 else None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"Дата «{text}» не понята: нужна в виде ГГГГ-ММ-ДД, например 2026-11-23.") from None


def holds_data() -> bool:
    """Migrations alone leave no rows in these tables, and a school cannot be without them."""
    return any(model.objects.exists() for model in (User, School, AcademicYear, SchoolClass, Pupil, Teacher, Subject))
