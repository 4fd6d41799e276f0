"""The day sheet when the network is away: stored pages, presses that wait, and whose they are.

The network is a wire that the test cuts, so pages and service worker lose it alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from attendance.models import Absence, AbsenceChange, Announcement, ClosedMonth, RollCall
from journal.models import Enrolment, SchoolClass
from tests import databases
from tests.browser.conftest import FLAGS, PHONE
from tests.browser_programs import chromium
from tests.conftest import DEMO_PASSWORD
from tests.wire import Wire

TODAY, FRIDAY, OLD = date(2026, 11, 23), date(2026, 11, 20), date(2026, 10, 20)
KEY = "6f2c1f0e-1111-4222-8333-944445555666"
STORED = "caches.keys().then((names) => names.includes('sheets'))"


@pytest.fixture
def wire(site) -> Iterator[Wire]:
    wire = Wire(site.url)
    yield wire
    wire.close()


@pytest.fixture
def database(keeper, site, worker, django_db_blocker) -> Iterator[None]:
    """The ORM of the test reads and writes what the server does."""
    with django_db_blocker.unblock(), databases.using_copy(keeper.path(f"site_{worker}")):
        yield


@pytest.fixture
def seven_b(database) -> SchoolClass:
    return SchoolClass.objects.of_day(TODAY).get(grade=7, letter="Б")


@pytest.fixture
def phone(browser, page_for, site, tmp_path, wire) -> Iterator[Callable[[], Page]]:
    """`phone()` opens the browser of a teacher's phone; called again, it was closed and is opened anew.

    `phone(signed_in=False)` for a test that ends its session: the other tests share theirs.
    """
    opened: list[BrowserContext] = []

    def open_it(signed_in: bool = True) -> Page:
        if opened:
            opened[-1].close()
        context = browser.browser_type.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium(),
            args=FLAGS,
            headless=True,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            viewport=PHONE,
            has_touch=True,
            is_mobile=True,
        )
        context.set_default_timeout(30_000)
        opened.append(context)
        if signed_in and len(opened) == 1:
            page_for("teacher7b")
            context.add_cookies(site.signed_in["teacher7b"]["cookies"])
        return context.pages[0]

    yield open_it
    opened[-1].close()


def address(wire: Wire, school_class: SchoolClass, day: date = TODAY) -> str:
    return f"{wire.url}/attendance/classes/{school_class.pk}/{day}/"


def open_and_store(page: Page, url: str) -> None:
    """Opens the sheet; the copies of the last days are there when it returns."""
    page.goto(url)
    page.locator("html[data-copies=done]").wait_for()


def free_pupils(school_class: SchoolClass, day: date, count: int) -> list[int]:
    """Pupils of the class with nothing on the day."""
    rows = Enrolment.objects.filter(school_class=school_class).on_roll(day).order_by("pupil__sort_name")
    marked = Absence.objects.filter(date=day).values("pupil")
    return list(rows.exclude(pupil__in=marked).values_list("pupil", flat=True))[:count]


def button(page: Page, pupil: int, letter: str = "Б"):
    return page.locator(f"#p{pupil} .day__day .press", has_text=letter)


def standing(pupils: list[int], day: date = TODAY) -> dict[int, str]:
    rows = Absence.objects.filter(pupil__in=pupils, date=day, lesson=0)
    return dict(rows.values_list("pupil", "reason"))


def state(page: Page):
    return page.locator("#save-state")


def sign_in(page: Page, wire: Wire, login: str) -> None:
    page.goto(f"{wire.url}/accounts/login/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter", no_wait_after=True)
    page.wait_for_url(lambda url: "/login/" not in url)


def sign_out(page: Page) -> None:
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Выйти").click(no_wait_after=True)
    page.wait_for_url("**/accounts/login/**")


def test_five_marks_without_network_outlive_reload_and_the_closed_browser(phone, wire, seven_b):
    page, url = phone(), address(wire, seven_b)
    pupils = free_pupils(seven_b, TODAY, 5)
    open_and_store(page, url)
    wire.cut()
    for pupil in pupils:
        button(page, pupil).tap()
    expect(state(page)).to_contain_text("ждут отправки 5")
    page.reload()
    expect(state(page)).to_contain_text("ждут отправки 5")

    page = phone()
    page.goto(url)
    expect(page.locator("#stored")).to_contain_text("Это сохранённая копия")
    expect(page.locator(".press.is-ill[aria-pressed=true]")).not_to_have_count(0)
    assert [button(page, pupil).get_attribute("aria-pressed") for pupil in pupils] == ["true"] * 5
    assert standing(pupils) == {}
    wire.mend()

    expect(state(page)).to_contain_text("сохранено")
    assert standing(pupils) == dict.fromkeys(pupils, "ill")
    assert AbsenceChange.objects.filter(pupil__in=pupils, date=TODAY).count() == 5


def test_whoever_opened_today_opens_friday_without_network_and_other_pages_say_so(phone, wire, seven_b):
    page, pupils = phone(), free_pupils(seven_b, FRIDAY, 1)
    open_and_store(page, address(wire, seven_b))
    wire.cut()

    page.goto(f"{wire.url}/journal/classes/{seven_b.pk}/")
    expect(page.get_by_role("heading", name="Нет связи со школой")).to_be_visible()
    expect(page.locator("#copies li")).to_have_count(14)
    page.get_by_role("link", name="пятница, 20 ноября").tap()
    button(page, pupils[0], "У").tap()
    expect(state(page)).to_contain_text("ждут отправки 1")
    page.goto(f"{wire.url}/attendance/classes/{seven_b.pk}/")
    expect(page.locator("#stored")).to_be_visible()
    assert page.url == address(wire, seven_b)
    wire.mend()

    # The queue of Friday is sent from the sheet of Monday.
    expect(state(page)).to_contain_text("сохранено")
    assert standing(pupils, FRIDAY) == {pupils[0]: "excused"}


@pytest.mark.parametrize("trouble", ["silence", "break_server"])
def test_a_slow_or_broken_school_gives_the_stored_sheet(phone, wire, seven_b, trouble):
    page, url = phone(), address(wire, seven_b)
    open_and_store(page, url)

    getattr(wire, trouble)()
    page.goto(url)

    expect(page.locator("#stored")).to_contain_text("сохранённая копия")


def test_a_stored_sheet_shows_what_was_marked_after_it_was_stored(phone, wire, seven_b):
    page, (pupil,) = phone(), free_pupils(seven_b, TODAY, 1)
    open_and_store(page, address(wire, seven_b))
    button(page, pupil, "У").tap()
    expect(state(page)).to_contain_text("сохранено")
    wire.cut()

    page.reload()

    expect(page.locator("#stored")).to_be_visible()
    expect(button(page, pupil, "У")).to_have_attribute("aria-pressed", "true")
    button(page, pupil, "У").tap()
    wire.mend()
    expect(state(page)).to_contain_text("сохранено")
    assert standing([pupil]) == {}


def test_what_others_changed_meanwhile_is_asked_one_by_one_and_the_rest_is_saved(phone, page_for, site, wire, seven_b):
    page, url = phone(), address(wire, seven_b)
    one, two, mine = pupils = free_pupils(seven_b, TODAY, 3)
    open_and_store(page, url)
    wire.cut()
    for pupil in pupils:
        button(page, pupil).tap()
    button(page, two).tap()
    button(page, two, "Н").tap()
    expect(state(page)).to_contain_text("ждут отправки 5")
    deputy = page_for("deputy")
    deputy.goto(url.replace(wire.url, site.url))
    for pupil in (one, two):
        button(deputy, pupil, "У").click()
    expect(state(deputy)).to_contain_text("сохранено")
    wire.mend()

    question = page.get_by_role("alert")
    expect(question).to_contain_text("У, у вас — Б. Что оставить? Ещё таких: 1.")
    assert standing(pupils) == {one: "excused", two: "excused", mine: "ill"}
    question.get_by_role("button", name="Оставить: У").tap()
    expect(question).to_contain_text("У, у вас — Н. Что оставить?")
    question.get_by_role("button", name="Поставить: Н").tap()

    expect(state(page)).to_contain_text("сохранено")
    assert standing(pupils) == {one: "excused", two: "unexcused", mine: "ill"}


def test_signing_out_clears_the_stored_sheets_and_nobody_else_sends_what_waits(phone, wire, seven_b):
    page, url = phone(signed_in=False), address(wire, seven_b)
    (pupil,) = free_pupils(seven_b, TODAY, 1)
    sign_in(page, wire, "teacher7b")
    open_and_store(page, url)
    page.context.route("**/press/", lambda route: route.abort())
    button(page, pupil).tap()
    expect(state(page)).to_contain_text("ждут отправки 1")
    assert page.evaluate(STORED)

    sign_out(page)
    expect(page.locator("[name=login]")).to_be_visible()
    page.wait_for_function(f"{STORED}.then((stored) => !stored)")
    page.context.unroute("**/press/")
    sign_in(page, wire, "deputy")
    page.goto(url)
    expect(page.locator("#waiting")).to_contain_text("ждут отметки другого пользователя")
    expect(page.locator("#sheet[data-ready]")).to_be_visible()
    assert button(page, pupil).get_attribute("aria-pressed") == "false"
    assert standing([pupil]) == {}

    sign_out(page)
    sign_in(page, wire, "teacher7b")
    # «Сегодня», which opens now, sends too.
    expect(page.get_by_role("link", name="Отметить класс")).to_be_visible()
    page.goto(url)
    expect(button(page, pupil)).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("!Object.keys(localStorage).some((name) => name.startsWith('press:'))")
    assert Absence.objects.get(pupil=pupil, date=TODAY).marked_by.username == "teacher7b"


def test_an_ended_session_and_twelve_hours_clear_the_stored_sheets(phone, wire, seven_b):
    page, url = phone(), address(wire, seven_b)
    open_and_store(page, url)
    page.evaluate("""async () => (await caches.open('sheets')).put('/offline/owner/', new Response(JSON.stringify(
        {...await (await caches.match('/offline/owner/')).json(), since: Date.now() - 12 * 3600 * 1000 - 1})))""")
    wire.cut()
    page.goto(url)
    expect(page.get_by_role("heading", name="Нет связи со школой")).to_be_visible()
    assert not page.evaluate(STORED)

    wire.mend()
    open_and_store(page, url)
    assert page.evaluate(STORED)
    page.context.clear_cookies()
    page.wait_for_function(f"{STORED}.then((stored) => !stored)")  # the sheet asks for news and is told


def test_the_roll_call_waits_and_comes_after_the_presses_of_its_day(phone, wire, seven_b):
    page, url = phone(), address(wire, seven_b, FRIDAY)
    RollCall.objects.filter(school_class=seven_b, date=FRIDAY).delete()
    (pupil,) = free_pupils(seven_b, FRIDAY, 1)
    open_and_store(page, url)
    wire.cut()
    button(page, pupil).tap()
    page.get_by_role("button", name="Остальные здесь").tap()
    expect(page.locator(".actionbar")).to_contain_text("отметится, когда дойдёт очередь")
    page.reload()
    expect(page.locator(".actionbar")).to_contain_text("отметится, когда дойдёт очередь")
    wire.mend()

    expect(page.locator(".actionbar")).to_contain_text("отмечен в 08:")
    assert RollCall.objects.get(school_class=seven_b, date=FRIDAY).taken_by.username == "teacher7b"
    assert standing([pupil], FRIDAY) == {pupil: "ill"}


def test_two_of_thirty_by_three_taps_without_sideways_scrolling(phone, wire, seven_b):
    page, taps = phone(), 0
    RollCall.objects.filter(school_class=seven_b, date=OLD).delete()
    one, two = pupils = free_pupils(seven_b, OLD, 2)
    page.goto(address(wire, seven_b, OLD))
    expect(page.locator("#sheet[data-ready]")).to_be_visible()

    for target in (button(page, one), button(page, two), page.get_by_role("button", name="Остальные здесь")):
        target.tap()
        taps += 1

    expect(page.locator(".actionbar")).to_contain_text("отмечен в")
    assert (taps, standing(pupils, OLD)) == (3, {one: "ill", two: "ill"})
    assert RollCall.objects.filter(school_class=seven_b, date=OLD).exists()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = """() => [...document.querySelectorAll('.day .press, .day__name a, .actionbar .btn')]
        .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).length"""
    assert page.evaluate(small) == 0


def test_two_of_thirty_by_four_keys(page_for, site, seven_b):
    day = date(2026, 10, 21)
    RollCall.objects.filter(school_class=seven_b, date=day).delete()
    rows = Enrolment.objects.filter(school_class=seven_b).on_roll(day).order_by("pupil__sort_name")
    one, two = pupils = list(rows.values_list("pupil", flat=True)[:2])
    Absence.objects.filter(pupil__in=pupils, date=day).delete()
    page = page_for("teacher7b")
    page.goto(f"{site.url}/attendance/classes/{seven_b.pk}/{day}/")
    expect(page.locator("#sheet[data-ready]")).to_be_visible()

    for key in ("Comma", "ArrowDown", "Comma", "KeyG"):  # Б, down, Б, П in the Latin layout
        page.keyboard.press(key)

    expect(page.locator("aside [data-roll-call-done]")).to_contain_text("отмечен в")
    assert standing(pupils, day) == {one: "ill", two: "ill"}


def test_ctrl_z_takes_back_after_a_reload(page_for, site, seven_b):
    (pupil,) = free_pupils(seven_b, TODAY, 1)
    page = page_for("teacher7b")
    page.goto(f"{site.url}/attendance/classes/{seven_b.pk}/{TODAY}/")
    expect(page.locator("#sheet[data-ready]")).to_be_visible()
    button(page, pupil, "Н").click()
    expect(state(page)).to_contain_text("сохранено")
    page.reload()
    expect(page.locator("#sheet[data-ready]")).to_be_visible()
    expect(page.locator("#undo-words")).to_contain_text("Н → пусто")

    page.keyboard.press("Control+z")

    expect(button(page, pupil, "Н")).to_have_attribute("aria-pressed", "false")
    expect(state(page)).to_contain_text("сохранено")
    assert standing([pupil]) == {}
    assert AbsenceChange.objects.filter(pupil=pupil, date=TODAY, undoes__isnull=False).count() == 1


def test_a_lateness_gets_its_minutes_by_a_tap_or_typed(phone, wire, seven_b):
    page, (pupil,) = phone(), free_pupils(seven_b, TODAY, 1)
    page.goto(address(wire, seven_b))
    expect(page.locator("#sheet[data-ready]")).to_be_visible()
    page.locator(f"#p{pupil} .day__name a").tap()
    line = page.locator(f"#lessons{pupil} .lessons__one").nth(1)
    line.locator(".press.is-late").tap()
    line.get_by_role("button", name="опоздание на 10 минут").tap()
    expect(page.locator(f"#p{pupil} .day__note")).to_contain_text("на 10 мин")
    expect(state(page)).to_contain_text("сохранено")
    assert Absence.objects.get(pupil=pupil, date=TODAY).minutes == 10

    line.locator("input").fill("25")
    line.locator("input").press("Enter")
    page.locator("h1").tap()

    expect(page.locator(f"#p{pupil} .day__note")).to_contain_text("на 25 мин")
    expect(state(page)).to_contain_text("сохранено")
    assert Absence.objects.get(pupil=pupil, date=TODAY).minutes == 25
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_families_announced_is_confirmed_by_one_tap(phone, wire, seven_b):
    ill, away = pupils = free_pupils(seven_b, TODAY, 2)
    by = seven_b.class_teachers.first().teacher.user
    # The demo school has an announcement of its own for today.
    Announcement.objects.open().filter(date_to__gte=TODAY).update(withdrawn_at=timezone.now())
    fields = {"date_from": TODAY, "date_to": TODAY, "announced_by": by}
    Announcement.objects.create(pupil_id=ill, reason="ill", **fields)
    Announcement.objects.create(pupil_id=away, reason="excused", lessons=[1, 2], **fields)
    page = phone()
    page.goto(address(wire, seven_b))
    expect(page.locator("#sheet[data-ready]")).to_be_visible()

    page.get_by_role("button", name="Подтвердить все заявленные (2)").tap()

    expect(page.locator("#announced-all")).to_be_hidden()
    expect(state(page)).to_contain_text("сохранено")
    rows = Absence.objects.filter(pupil__in=pupils, date=TODAY).order_by("pupil", "lesson")
    found = {(pupil, lesson, reason) for pupil, lesson, reason in rows.values_list("pupil", "lesson", "reason")}
    assert found == {(ill, 0, "ill"), (away, 1, "excused"), (away, 2, "excused")}
    assert AbsenceChange.objects.filter(pupil__in=pupils, date=TODAY, source="parent").count() == 3


def test_what_the_journal_refuses_is_told_on_today_too(phone, wire, seven_b):
    (pupil,) = free_pupils(seven_b, TODAY, 1)
    page = phone()
    page.goto(f"{wire.url}/")
    account = page.locator('meta[name="account"]').get_attribute("content")
    sheet = f"/attendance/classes/{seven_b.pk}/{TODAY}/"
    press = {"kind": "press", "key": KEY, "page": sheet, "pupil": pupil, "place": 0, "expected": "", "puts": "late"}

    name = f"press:{account}:00000000000001:{KEY}"
    page.evaluate("([name, press]) => localStorage.setItem(name, JSON.stringify(press))", [name, press])
    page.reload()

    expect(page.get_by_role("alert")).to_contain_text(
        "23 ноября, весь день, О: не сохранено. Опоздание отмечают на уроке"
    )
    assert page.evaluate("name => localStorage.getItem(name)", name) is None
    assert not Absence.objects.filter(pupil=pupil, date=TODAY).exists()


def test_in_a_closed_month_the_deputy_is_asked_for_the_reason(page_for, site, seven_b):
    day = date(2026, 9, 22)
    deputy = page_for("deputy")
    closed_by = seven_b.class_teachers.first().teacher.user
    ClosedMonth.objects.get_or_create(month=day.replace(day=1), defaults={"closed_by": closed_by})
    (pupil,) = free_pupils(seven_b, day, 1)
    deputy.goto(f"{site.url}/attendance/classes/{seven_b.pk}/{day}/")
    expect(deputy.locator("#sheet[data-ready]")).to_be_visible()

    button(deputy, pupil).click()
    expect(state(deputy)).to_contain_text("сначала напишите причину")
    expect(deputy.locator("#why")).to_be_focused()
    deputy.keyboard.type("Справка найдена")
    deputy.keyboard.press("Enter")
    button(deputy, pupil).click()

    expect(state(deputy)).to_contain_text("сохранено")
    assert standing([pupil], day) == {pupil: "ill"}
    assert AbsenceChange.objects.get(pupil=pupil, date=day).why == "Справка найдена"
