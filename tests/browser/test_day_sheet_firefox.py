"""The day sheet without network in Firefox: the other engine, the same promises."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from attendance.models import Absence, AbsenceChange
from journal.models import Enrolment, SchoolClass
from tests import databases
from tests.browser_programs import firefox
from tests.conftest import DEMO_PASSWORD
from tests.firefox import Firefox
from tests.wire import Wire

TODAY = date(2026, 11, 23)


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Firefox]:
    program = firefox()
    if not program:
        pytest.skip("no Firefox (apt: firefox-esr)")
    window = Firefox(program, tmp_path)
    yield window
    window.kill()


@pytest.fixture
def database(keeper, site, worker, django_db_blocker) -> Iterator[None]:
    """The ORM of the test reads what the server wrote."""
    with django_db_blocker.unblock(), databases.using_copy(keeper.path(f"site_{worker}")):
        yield


@pytest.mark.slow
def test_a_mark_without_network_outlives_reload_and_closed_browser(window, site, database):
    school_class = SchoolClass.objects.of_day(TODAY).get(grade=7, letter="Б")
    rows = Enrolment.objects.filter(school_class=school_class).on_roll(TODAY)
    pupil = rows.exclude(pupil__in=Absence.objects.filter(date=TODAY).values("pupil")).first().pupil_id
    wire = Wire(site.url)
    sheet = f"{wire.url}/attendance/classes/{school_class.pk}/{TODAY}/"
    says = "document.getElementById('save-state').textContent.includes(arguments[0])".replace("arguments", "args")
    window.start()
    window.open(f"{wire.url}/accounts/login/")
    window.type("[name=login]", "teacher7b")
    window.type("[name=password]", DEMO_PASSWORD)
    window.click("form [type=submit]")
    window.wait_for("!location.pathname.includes('/login/')")
    window.open(sheet)
    window.wait_for("document.documentElement.dataset.copies === 'done'")

    wire.cut()
    window.click(f"#p{pupil} .press.is-ill")
    window.wait_for(says, "ждут отправки 1")
    window.open(sheet)
    window.wait_for("document.getElementById('stored').textContent.includes('сохранённая копия')")
    window.quit()
    window.start()
    window.open(sheet)
    window.wait_for(f"document.querySelector('#p{pupil} .press.is-ill').getAttribute('aria-pressed') === 'true'")
    assert not Absence.objects.filter(pupil=pupil, date=TODAY).exists()
    wire.mend()

    window.wait_for(says, "сохранено")
    assert Absence.objects.get(pupil=pupil, date=TODAY).reason == "ill"
    assert AbsenceChange.objects.filter(pupil=pupil, date=TODAY).count() == 1
    wire.close()
