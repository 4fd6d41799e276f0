"""Pages of study groups: the list, its files, the builder and its quick ways, two people at once, strangers."""

import csv
import io
import re
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from journal.models import Course, GroupMembership, IndividualPlan
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_pupil,
    make_school,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)
from tests.pages import words_of

pytestmark = pytest.mark.django_db
NEXT = MONDAY + timedelta(days=7)


@pytest.fixture(autouse=True)
def wednesday(clock):
    clock(datetime(2026, 11, 18, 9, 0))


class World:
    """7Б with Информатика in two groups; four pupils, one of them in no group."""

    def __init__(self):
        self.school_class = make_class("7Б")
        self.user = teacher_user(self.school_class)
        self.it = make_subject("Информатика")
        names = [("Абрамова", "Анна", "f"), ("Ёлкин", "Семён", "m"), ("Котов", "Иван", "m"), ("Котов", "Пётр", "m")]
        self.pupils = [make_pupil(self.school_class, last_name=a, first_name=b, sex=c) for a, b, c in names]
        self.first = make_group(self.school_class, self.it, "1 группа", self.pupils[:2])
        self.second = make_group(self.school_class, self.it, "2 группа", self.pupils[2:3])
        self.teacher = make_teacher(last_name="Шилова")
        for number, group in enumerate((self.first, self.second), start=3):
            make_slot(make_course(subject=self.it, group=group, teacher=self.teacher), 1, number)

    def url(self, name: str, **more) -> str:
        ids = {"class_id": self.school_class.pk}
        if name not in ("groups", "groups_xlsx", "groups_csv"):
            ids["subject_id"] = self.it.pk
        namespace = "reports" if name.endswith("preview") else "journal"
        return reverse(f"{namespace}:{name}", kwargs={**ids, **more})

    def board(self, seats=None, on=NEXT, seen=None, **more) -> dict:
        """What the builder sends: everybody where they are, but those of `seats`."""
        standing = dict(
            zip((p.pk for p in self.pupils), (self.first.pk, self.first.pk, self.second.pk, 0), strict=True)
        )
        wanted = standing | {pupil.pk: key for pupil, key in (seats or {}).items()}
        return {
            "on": on.isoformat(),
            "shown_on": on.isoformat(),
            "seen": " ".join(f"{pk}:{key}" for pk, key in (seen or standing).items()),
            **{f"to-{pk}": str(key) for pk, key in wanted.items()},
            **more,
        }


@pytest.fixture
def world():
    return World()


def seats_of(response) -> dict[str, int]:
    """name → the group that is checked on the builder."""
    found = re.findall(r'value="(-?\d+)" aria-label="([^:"]+): [^"]*" checked', response.content.decode())
    return {name: int(key) for key, name in found}


# --- The list ---------------------------------------------------------------------------------------


def test_the_list_tells_sizes_teachers_and_who_is_in_no_group(world, sign_in):
    make_school(group_size_warning=1)

    text = words_of(sign_in(world.user).get(world.url("groups")))

    assert "не распределены: 1 Котов П." in text
    assert "2 1 группа больше 1 Шилова М. С." in text
    assert "1 2 группа Шилова М. С." in text


def test_who_studies_by_a_plan_needs_no_group(world, sign_in):
    plan = IndividualPlan.objects.create(pupil=world.pupils[3], date_from=date(2026, 10, 5))
    make_course(subject=world.it, plan=plan)

    text = words_of(sign_in(world.user).get(world.url("groups")))

    assert "не распределены" not in text


def test_the_files_hold_who_is_where(world, sign_in):
    answer = sign_in(world.user).get(world.url("groups_csv"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    assert rows == [
        ["№", "Ученик", "Информатика"],
        ["1", "Абрамова Анна", "1 группа · Шилова М. С."],
        ["2", "Ёлкин Семён", "1 группа · Шилова М. С."],
        ["3", "Котов Иван", "2 группа · Шилова М. С."],
        ["4", "Котов Пётр", "не распределён(а)"],
    ]
    assert AuditEvent.objects.filter(action="export", subject="группы, CSV", class_id=world.school_class.pk).exists()


def test_a_subject_of_the_whole_class_leads_to_a_new_division(world, sign_in):
    physics = make_course(world.school_class, "Физика")

    answer = sign_in(world.user).get(world.url("groups"), {"subject": physics.subject_id, "new": 3}, follow=True)

    assert answer.content.decode().count('name="new-name"') == 3
    assert "сейчас учится весь класс" in words_of(answer)


@pytest.mark.parametrize("pupils", [3, 30])
@pytest.mark.parametrize(("name", "queries"), [("groups", 9), ("division", 12)])
def test_pages_cost_the_same_for_any_class(world, sign_in, pupils, name, queries, django_assert_num_queries):
    for _ in range(pupils):
        make_pupil(world.school_class)
    client = sign_in(world.user)

    with django_assert_num_queries(queries):
        answer = client.get(world.url(name))

    assert answer.status_code == 200


def test_a_division_leaves_a_trace(world, sign_in):
    sign_in(world.user).get(world.url("division"))

    event = AuditEvent.objects.get(action="read")
    assert (event.subject, event.class_id) == ("деление: Информатика", world.school_class.pk)


@pytest.mark.parametrize("name", ["groups", "groups_csv", "division"])
def test_strangers_find_nothing(world, sign_in, name):
    strangers = [world.teacher.user, teacher_user(make_class("8А", year=world.school_class.year)), make_user()]
    for user in strangers:
        answer = sign_in(user).get(world.url(name))
        assert answer.status_code == 404
        assert "Котов" not in answer.content.decode()


@pytest.mark.parametrize("name", ["division", "division_preview", "group_join"])
def test_strangers_write_nothing(world, sign_in, name):
    before = list(GroupMembership.objects.values())

    answer = sign_in(world.teacher.user).post(
        world.url(name), world.board({world.pupils[3]: world.first.pk}, do="save")
    )

    assert answer.status_code == 404
    assert list(GroupMembership.objects.values()) == before


# --- The builder ------------------------------------------------------------------------------------


def test_what_is_sent_is_shown_first_and_written_after(world, sign_in):
    client = sign_in(world.user)
    sent = world.board({world.pupils[3]: world.second.pk})

    preview = client.post(world.url("division_preview"), sent)

    assert "Котов Пётр не распределён(а) → 2 группа" in words_of(preview)
    assert GroupMembership.objects.filter(pupil=world.pupils[3]).count() == 0

    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', preview.content.decode()))
    client.post(world.url("division"), {**hidden, "do": "save"})

    (row,) = GroupMembership.objects.filter(pupil=world.pupils[3])
    assert (row.group, row.date_from, row.date_to) == (world.second, NEXT, None)


def test_back_from_the_preview_everything_typed_is_there(world, sign_in):
    physics = make_course(world.school_class, "Физика")
    make_slot(physics, 2, 2)
    client, url = sign_in(world.user), {"subject_id": physics.subject_id}
    sent = {
        "on": "2026-11-30", "shown_on": "2026-11-30",
        "new-name": ["альфа", "бета"], "new-teacher": [str(make_teacher().pk), str(make_teacher().pk)],
        f"to-{world.pupils[0].pk}": "-1", f"to-{world.pupils[1].pk}": "-2",
    }  # fmt: skip

    preview = client.post(world.url("division_preview", **url), sent)
    assert "весь класс → альфа" in words_of(preview)
    assert not Course.objects.filter(group__name="альфа").exists()
    hidden: dict[str, list[str]] = {}
    for key, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', preview.content.decode()):
        hidden.setdefault(key, []).append(value)
    back = client.post(world.url("division", **url), {**hidden, "do": "edit"})

    assert seats_of(back)["Абрамова Анна"] == -1
    assert 'value="бета"' in back.content.decode()
    assert 'value="2026-11-30"' in back.content.decode()


def test_a_new_group_needs_a_teacher(world, sign_in):
    sent = world.board(**{"new-name": ["3 группа"], "new-teacher": [""]})

    answer = sign_in(world.user).post(world.url("division_preview"), sent)

    assert answer.status_code == 422
    assert "Выберите учителя для группы «3 группа»." in words_of(answer)


@pytest.mark.parametrize("on", ["", "31.11.2026", "2026-13-01"])
def test_a_day_that_is_none_is_explained(world, sign_in, on):
    answer = sign_in(world.user).post(world.url("division_preview"), {**world.board(), "on": on})

    assert "Укажите, с какого дня действует деление" in words_of(answer)


def test_two_people_see_both_choices(world, sign_in):
    sent = world.board({world.pupils[3]: world.first.pk})
    colleague = make_user(is_deputy=True, last_name="Завучева", first_name="Анна")
    sign_in(colleague).post(world.url("division"), world.board({world.pupils[3]: world.second.pk}, do="save"))

    answer = sign_in(world.user).post(world.url("division"), {**sent, "do": "save"})

    assert answer.status_code == 409
    assert "Котов Пётр: сейчас «2 группа» (Завучева А. , 09:00), у вас «1 группа»" in words_of(answer).replace(
        "Завучева А.,", "Завучева А. ,"
    )
    assert seats_of(answer)["Котов Пётр"] == world.first.pk
    assert GroupMembership.objects.get(pupil=world.pupils[3]).group == world.second


def test_the_history_says_who_moved_whom(world, sign_in):
    client = sign_in(world.user)
    client.post(world.url("division"), world.board({world.pupils[0]: world.second.pk}, do="save"))

    text = words_of(client.get(world.url("division")))

    assert "Абрамова Анна: 1 группа → 2 группа с 23.11.2026, внесено 18.11.2026 09:00" in text
    assert world.user.short_name in text


# --- Quick ways -------------------------------------------------------------------------------------


def filled(world, sign_in, do: str, **more) -> dict[str, int]:
    return seats_of(sign_in(world.user).post(world.url("division"), world.board(do=do, **more)))


def test_halves_go_by_the_list(world, sign_in):
    one, two = world.first.pk, world.second.pk
    assert list(filled(world, sign_in, "halves").values()) == [one, one, two, two]


def test_by_sex(world, sign_in):
    one, two = world.first.pk, world.second.pk
    assert list(filled(world, sign_in, "sex").values()) == [one, two, two, two]


def test_by_sex_follows_the_names_of_the_groups(world, sign_in):
    world.first.name, world.second.name = "мальчики", "девочки"
    world.first.save()
    world.second.save()

    found = filled(world, sign_in, "sex")

    assert (found["Ёлкин Семён"], found["Абрамова Анна"]) == (world.first.pk, world.second.pk)


def test_a_list_of_names_is_understood_and_what_is_not_is_explained(world, sign_in):
    names = "1. ЕЛКИН семен\nКотов П.\nАнна Абрамова;\nКотов\nНиктоев Иван\n\n"

    answer = sign_in(world.user).post(
        world.url("division"), world.board(do="paste", names=names, **{"paste-to": world.second.pk})
    )

    two = world.second.pk
    assert seats_of(answer) == {"Абрамова Анна": two, "Ёлкин Семён": two, "Котов Иван": two, "Котов Пётр": two}
    text = words_of(answer)
    assert "По списку распределены: 3." in text
    assert "«Котов»: подходят несколько — Котов Иван, Котов Пётр. Допишите имя." in text
    assert "«Никтоев Иван»: такого ученика в классе нет." in text
    assert "Котов\nНиктоев Иван</textarea>" in answer.content.decode()


def test_as_last_year(world, sign_in):
    old = make_class("6Б", year=make_year(2025))
    year = {"date_from": date(2025, 9, 1), "date_to": date(2026, 5, 31)}
    for pupil, name in zip(world.pupils, ("2 группа", "сильные"), strict=False):
        GroupMembership.objects.create(group=make_group(old, world.it, name), pupil=pupil, **year)

    found = filled(world, sign_in, "last_year")

    assert found["Абрамова Анна"] == world.second.pk  # the same name
    assert found["Ёлкин Семён"] == world.first.pk  # the name that is left
    assert found["Котов Иван"] == world.second.pk  # unknown last year: stays


def test_without_a_division_last_year_it_is_said(world, sign_in):
    answer = sign_in(world.user).post(world.url("division"), world.board(do="last_year"))

    assert "В прошлом году этот предмет этим ученикам на группы не делили." in words_of(answer)


def test_a_quick_way_can_be_taken_back(world, sign_in):
    html = sign_in(world.user).post(world.url("division"), world.board(do="clear")).content.decode()

    assert f'data-back="{world.first.pk}"' in html


# --- Small changes of a group -------------------------------------------------------------------------


def test_a_teacher_changes_the_own_group_but_not_a_joined_one(world, sign_in):
    url = world.url("group_save", group_id=world.first.pk)
    data = {"name": "сильные", "teacher": world.teacher.pk, "seen-name": "1 группа", "seen-teacher": world.teacher.pk}
    sign_in(world.user).post(url, data)
    world.first.refresh_from_db()
    assert world.first.name == "сильные"

    world.first.classes.add(make_class("7А", year=world.school_class.year))

    assert sign_in(world.user).post(url, {**data, "name": "иные"}).status_code == 404
    office = sign_in(make_user(is_operator=True))
    office.post(url, {**data, "name": "иные", "seen-name": "сильные"})
    world.first.refresh_from_db()
    assert world.first.name == "иные"


def test_only_the_office_joins_classes(world, sign_in):
    other = make_class("7А", year=world.school_class.year)
    make_pupil(other)
    url = reverse("journal:group_join", args=[other.pk, world.it.pk])
    data = {"group": world.first.pk, "on": "2026-11-23"}

    assert sign_in(teacher_user(other)).post(url, data).status_code == 404
    answer = sign_in(make_user(is_deputy=True)).post(url, data, follow=True)

    assert "Класс 7А присоединён к группе «1 группа»" in words_of(answer)
    assert "2 из 7Б" in words_of(answer)


def test_a_group_with_pupils_is_not_closed(world, sign_in):
    answer = sign_in(world.user).post(
        world.url("group_save", group_id=world.first.pk), {"do": "close", "on": "2026-11-23"}, follow=True
    )

    assert "ещё есть ученики: 2" in words_of(answer)
