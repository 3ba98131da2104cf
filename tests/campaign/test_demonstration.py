"""The demonstration: invented people, the same for the same seed, at any size."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from sqlalchemy import func, select

from app import clock, personal
from app.auth import holding, passwords
from app.auth.models import Account, RoleAssignment
from app.auth.roles import ROLES
from app.campaign import demonstration, id_numbers
from app.campaign.demonstration import households, names, town
from app.campaign.errors import Conflict
from app.campaign.models import Campaign, Extract, Household, Member, Staff, Village, WorkGroup
from app.db import Database
from app.engine import definitions
from app.engine.actor import Actor
from tests.engine import drawing as d
from tests.shipped import PROPERTIES


@pytest.fixture
def keys() -> None:
    personal.install("5a" * 32)


def test_the_town_is_as_large_as_shashi_and_every_role_is_held() -> None:
    place = town.build(650, random.Random(1))
    assert (len(place.villages), len(place.groups), len(place.staff)) == (9, 25, 82)
    held = Counter(role for person in place.staff for role, _scope in person.roles)
    assert set(held) == set(ROLES)
    for group in place.groups:
        assert {role for person in place.staff for role, scope in person.roles if scope == group.code} == {
            "investigator",
            "instructor",
            "group_leader",
        }
    for person in place.staff:
        assert len({"admin", "security_admin", "auditor"} & {role for role, _scope in person.roles}) <= 1


def test_numbers_are_valid_and_nobodys() -> None:
    """509999 has 99 where GB/T 2260 knows 01–70 and 90 only; phones begin with 10, which no network gives out."""
    place = town.build(650, random.Random(1))
    homes = list(households.build(place, 650, 1))
    numbers = [member.id_number for home in homes for member in home.members]
    assert len(numbers) == len(set(numbers)) > 1500
    assert all(number.startswith("509999") and id_numbers.is_valid(number) for number in numbers)
    assert not re.fullmatch(r"0[1-9]|[1-6]\d|70|90", names.AREA[2:4])
    for home in homes:
        heads = [member for member in home.members if member.relation == "head"]
        assert [member.name for member in heads] == [home.head]
        for member in home.members:
            assert id_numbers.birth_date(member.id_number) == member.birth_date
            assert id_numbers.sex(member.id_number) == member.sex
        assert not home.phone or home.phone.startswith("10")


def test_kinds_and_deliberate_differences() -> None:
    homes = list(households.build(town.build(650, random.Random(1)), 650, 1))
    assert Counter(home.kind for home in homes) == {"registered": 400, "key_general": 250}
    differing = sum(1 for home in homes if len({str(sorted(values.items(), key=str)) for values in home.extracts.values()}) > 1)
    assert 40 <= differing <= 120
    below = [home for home in homes if households.per_capita(dict(home.facts), len(home.members)) < 4000]
    assert 1 <= len(below) <= 40


def test_the_same_seed_gives_the_same_people_another_seed_others() -> None:
    def built(seed: int, size: int = 130) -> list[object]:
        return list(households.build(town.build(size, random.Random(f"town:{seed}")), size, seed))

    assert built(1) == built(1)
    assert built(1) != built(2)


@pytest.mark.parametrize("size", [650, 1300, 6500])
def test_larger_demonstrations_grow_in_proportion(size: int) -> None:
    place = town.build(size, random.Random(1))
    assert len(place.villages) == 9 * size // 650
    assert len({village.name for village in place.villages}) == len(place.villages)
    assert sum(households.group_sizes(place, size)) == size


@pytest.mark.parametrize("size", [1, 12, 30, 130])
def test_a_small_demonstration_has_just_as_many_households(size: int) -> None:
    """Also where there are fewer households than groups."""
    place = town.build(size, random.Random(1))
    made = list(households.build(place, size, 1))
    planned = dict(zip((group.code for group in place.groups), households.group_sizes(place, size), strict=True))
    assert len(made) == size
    assert Counter(home.work_group for home in made) == Counter({code: count for code, count in planned.items() if count})


def test_loading_writes_it_once_and_finds_it_again(db: Database, keys: None) -> None:
    with pytest.raises(Conflict):
        demonstration.load(db, households=130, seed=1)  # nothing says its dates
    root = d.diagram("campaign", d.start(), d.user("a"), d.end(), flows="s>a>e", properties=PROPERTIES)
    db.in_transaction(lambda session: definitions.deploy(session, {"campaign.bpmn": root}, Actor("cli"), now=clock.now()))
    first = demonstration.load(db, households=130, seed=1)
    again = demonstration.load(db, households=130, seed=1)
    assert (first.created, again.created) == (True, False)
    assert (again.campaign_id, again.households, again.staff) == (first.campaign_id, 130, 82)
    with db.reading() as session:
        campaign = session.get_one(Campaign, first.campaign_id)
        assert (campaign.demonstration, campaign.state) == (True, "running")
        rows = {model: session.scalar(select(func.count()).select_from(model)) for model in (Village, WorkGroup, Staff, Account)}
        assert rows == {Village: 9, WorkGroup: 25, Staff: 82, Account: 82}
        assert holding.breaches(session, clock.now()) == []
        assert session.scalar(select(func.count()).select_from(Extract)) == 130 * 7
        hashes = set(session.scalars(select(Account.password_hash)))
        assert len(hashes) == 1
        assert passwords.verify(demonstration.PASSWORD, hashes.pop())
        assert all(session.scalars(select(Account.demonstration))), "refused in production"
        crew = dict(
            session.execute(select(RoleAssignment.scope, RoleAssignment.username).where(RoleAssignment.role == "investigator")).all()
        )
        for home in session.scalars(select(Household)):
            assert home.investigator == crew[home.work_group]
            assert home.planned_on is not None
        assert all(personal.is_encrypted(text) for text in session.scalars(select(Member.id_number_cipher)))


def test_the_console_names_an_account_for_every_role() -> None:
    text = demonstration.welcome()
    place = {person.username: person for person in town.build(650, random.Random("town:1")).staff}
    listed = [line.split()[0] for line in text.splitlines()[1:-1]]
    assert set(listed) <= set(place)
    assert {role for username in listed for role, _scope in place[username].roles} == set(ROLES)
    assert demonstration.PASSWORD in text
