"""Accounts and units: seeding, finding, and who sees whom."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hub.access.demo import demo_people, seed_demo
from hub.errors import UserFault
from hub.model.area import Area, parse_area
from hub.model.people import Role, Viewer
from hub.settings import area_text
from hub.store.documents import AccountDoc, Duty, NameDoc, UnitDoc
from hub.store.driver import Store
from hub.store.people import AccountKey, Accounts, Units

CENTRE = Viewer("watch", Role.WATCH, None)


@pytest.fixture
async def account(accounts: Accounts) -> AsyncIterator[AccountDoc]:
    """An account of the test's own, gone after it."""
    made = await accounts.add(
        login="test-officer",
        password_hash="x",
        role=Role.OFFICER,
        name=NameDoc(zh="测试"),
        unit="RPS",
    )
    yield made
    await made.delete()


async def everybody(accounts: Accounts, viewer: Viewer, *, page: int = 7) -> list[str]:
    """Logins of the whole listing, read page by page."""
    logins: list[str] = []
    after: AccountKey | None = None
    while rows := await accounts.list_(viewer, first=page, after=after):
        logins += [row.login for row in rows]
        after = (rows[-1].unit, rows[-1].login, rows[-1].id)
    return logins


async def test_the_demo_has_forty_officers_on_duty_over_sixteen_units(
    accounts: Accounts, area: Area
) -> None:
    """Forty numbered officers are spread over the units in turn, all on duty."""
    officers = await accounts.list_(CENTRE, first=200, roles={Role.OFFICER}, on_duty=True)
    demo = [row for row in officers if row.demo]
    assert {row.login for row in demo} == {f"officer{number}" for number in range(1, 41)}
    by_login = {row.login: row for row in demo}
    codes = [unit.code for unit in area.units]
    assert len(codes) == 16
    assert by_login["officer1"].unit == by_login["officer17"].unit == codes[0]
    assert by_login["officer1"].name == NameDoc(zh="队员 01", en="Officer 01")


async def test_the_demo_has_one_account_of_each_other_role(accounts: Accounts) -> None:
    """admin, commander, watch, liaison of the railway police and partner of the coach terminal."""
    found = await accounts.by_logins_or_ids(["admin", "commander", "watch", "liaison", "partner"])
    assert {login: (row.role, row.unit) for login, row in found.items()} == {
        "admin": (Role.ADMIN, None),
        "commander": (Role.COMMANDER, None),
        "watch": (Role.WATCH, None),
        "liaison": (Role.LIAISON, "RPS"),
        "partner": (Role.PARTNER, "CCT"),
    }


async def test_seeding_again_changes_nothing(accounts: Accounts, area: Area) -> None:
    """A second seeding keeps hashes, duty and number of accounts as they are."""
    await accounts.set_duty("officer9", Duty(on=False))
    before = {row.id: row.model_dump() for row in await AccountDoc.find_all().to_list()}
    await seed_demo(accounts, area)
    await Units().seed(area)
    after = {row.id: row.model_dump() for row in await AccountDoc.find_all().to_list()}
    assert after == before
    await accounts.set_duty("officer9", Duty(on=True))
    assert await UnitDoc.find_all().count() == len(area.units)


async def test_seeding_with_another_password_replaces_it_everywhere(
    accounts: Accounts, area: Area
) -> None:
    """A new demo password takes the place of the old one on every demo account, and on no other."""
    before = await AccountDoc.find({"demo": True}).to_list()
    await seed_demo(accounts, area, "another password")
    changed = await AccountDoc.find({"demo": True}).to_list()
    assert {row.password_hash for row in changed}.isdisjoint({row.password_hash for row in before})
    await seed_demo(accounts, area)


async def test_paging_shows_everybody_once(accounts: Accounts) -> None:
    """Pages of any size add up to all accounts in the order (unit, login), units' absence first."""
    whole = [row.login for row in await accounts.list_(CENTRE, first=500)]
    assert whole[:3] == ["admin", "commander", "watch"]
    for page in (1, 7, 45):
        assert await everybody(accounts, CENTRE, page=page) == whole
    assert len(whole) == len(set(whole)) == 45


@pytest.mark.parametrize("role", [Role.LIAISON, Role.PARTNER])
async def test_a_unit_sees_its_own_officers(accounts: Accounts, role: Role) -> None:
    """A liaison or partner sees itself and its unit's officers, and nobody else's."""
    login = "liaison" if role is Role.LIAISON else "partner"
    unit = "RPS" if role is Role.LIAISON else "CCT"
    seen = await accounts.list_(Viewer(login, role, unit), first=500)
    assert {row.unit for row in seen} == {unit}
    assert {row.role for row in seen} == {role, Role.OFFICER}


async def test_a_unitless_liaison_sees_only_itself(accounts: Accounts) -> None:
    """Without a unit there is nobody to see: absence of a unit is not a unit."""
    assert await everybody(accounts, Viewer("liaison", Role.LIAISON, None)) == ["liaison"]


async def test_an_officer_sees_itself_and_who_gives_orders(accounts: Accounts) -> None:
    """An officer's listing is the officer; a colleague of the same unit is not visible either, but
    who at the centre has given an order is, to whom it was given; not to a partner."""
    viewer = Viewer("officer1", Role.OFFICER, "SAO")
    assert await everybody(accounts, viewer) == ["officer1"]
    asked = ["officer1", "officer17", "watch"]
    assert set(await accounts.visible(viewer, asked)) == {"officer1", "watch"}
    assert set(await accounts.visible(Viewer("partner", Role.PARTNER, "RWS"), asked)) == set()


async def test_filters_stay_inside_the_row_policy(accounts: Accounts) -> None:
    """Asking for another unit's officers by filter shows a liaison nothing."""
    viewer = Viewer("liaison", Role.LIAISON, "RPS")
    assert await accounts.list_(viewer, first=10, unit="SAO") == []
    assert set(await accounts.visible(viewer, ["officer1", "officer3"])) == {"officer3"}


async def test_accounts_are_found_by_login_or_id(accounts: Accounts) -> None:
    """Names may be logins or ids; unknown ones are left out, order and repeats do no harm."""
    found = await accounts.by_logins_or_ids(["officer2", "nobody", "officer1", "officer2"])
    assert list(found) == ["officer2", "officer1"]
    assert await accounts.by_login("nobody") is None
    assert await accounts.by_id("nobody") is None


async def test_an_inactive_account_is_not_found_to_be_ordered(
    accounts: Accounts, account: AccountDoc
) -> None:
    """An account that is kept out neither appears in listings nor can be named."""
    assert await accounts.set_active(account.id, active=False)
    assert await accounts.by_logins_or_ids([account.login]) == {}
    assert account.login not in await everybody(accounts, CENTRE)
    assert not await accounts.set_active("nobody", active=False)


async def test_a_login_is_taken_once(accounts: Accounts, account: AccountDoc) -> None:
    """A second account of the same login is refused and the first is untouched."""
    with pytest.raises(UserFault) as caught:
        await accounts.add(
            login=account.login,
            password_hash="y",
            role=Role.ADMIN,
            name=NameDoc(zh="另一人"),
        )
    assert caught.value.code == "LOGIN_TAKEN"
    stored = await accounts.by_id(account.id)
    assert stored is not None
    assert (stored.role, stored.password_hash) == (Role.OFFICER, "x")


async def test_duty_is_part_of_a_transaction(accounts: Accounts, store: Store) -> None:
    """Duty set in a transaction that fails is not set."""

    async def work(tx: object) -> None:
        assert await accounts.set_duty("officer5", Duty(on=False), tx=tx)  # type: ignore[arg-type]
        raise UserFault("NO", "no")

    with pytest.raises(UserFault):
        await store.transaction(work)
    stored = await accounts.by_id("officer5")
    assert stored is not None
    assert stored.duty.on
    assert not await accounts.set_duty("nobody", Duty(on=True))


def test_demo_people_are_numbered_not_named(area: Area) -> None:
    """No demonstration account carries a person's name."""
    officers = [person for person in demo_people(area) if person.role is Role.OFFICER]
    assert all(person.name.zh and person.name.zh.startswith("队员 ") for person in officers)


@pytest.mark.parametrize("units", [(), ("GATE",)])
def test_an_area_has_its_demonstration_whatever_units_it_names(units):
    """Nobody is of a unit that is not there."""
    area = parse_area(area_text("shanghai-railway-station"))
    kept = tuple(replace(area.units[0], code=code) for code in units)
    people = demo_people(replace(area, units=kept))
    assert {person.unit for person in people} - {None} == set(units)
