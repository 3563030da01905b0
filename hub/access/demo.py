"""The people of the demonstration: accounts that exist where the embedded database is used only."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub import clock
from hub.access.passwords import hash_password, verify
from hub.model.area import Area
from hub.model.common import Name
from hub.model.people import Role
from hub.store.documents import AccountDoc, Duty, NameDoc
from hub.store.people import Accounts

PASSWORD = "liandong-demo"  # noqa: S105  # printed by `make run`; refused on any other database
OFFICERS = 40
LIAISON_UNIT = "RPS"
PARTNER_UNIT = "CCT"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A demonstration account before it is stored. The login is the id as well."""

    login: str
    role: Role
    name: Name
    unit: str | None = None


def demo_people(area: Area) -> list[DemoPerson]:
    """The centre, a liaison, a partner client and forty officers over the area's units in turn.

    Numbers for names: they are nobody's. Of an area without units nobody has one.
    """
    codes: Sequence[str | None] = [unit.code for unit in area.units] or [None]

    def one_of(code: str) -> str | None:
        return code if code in codes else codes[0]

    people = [
        DemoPerson("admin", Role.ADMIN, Name("系统管理员", "Administrator")),
        DemoPerson("commander", Role.COMMANDER, Name("指挥长", "Commander")),
        DemoPerson("watch", Role.WATCH, Name("值班员", "Watch officer")),
        DemoPerson(
            "liaison", Role.LIAISON, Name("联络员", "Liaison officer"), one_of(LIAISON_UNIT)
        ),
        DemoPerson(
            "partner", Role.PARTNER, Name("合作单位应用", "Partner client"), one_of(PARTNER_UNIT)
        ),
    ]
    people += [
        DemoPerson(
            f"officer{number}",
            Role.OFFICER,
            Name(f"队员 {number:02}", f"Officer {number:02}"),
            codes[(number - 1) % len(codes)],
        )
        for number in range(1, OFFICERS + 1)
    ]
    return people


async def seed_demo(accounts: Accounts, area: Area, password: str = PASSWORD) -> list[DemoPerson]:
    """Make the demonstration accounts that are missing; call it on the embedded database only.

    Officers begin on duty, so that they can be ordered at once. One hash serves all of them: the
    password is printed on the screen anyway.
    """
    shared = await accounts.demo_hash()
    if shared is None or not await verify(shared, password):
        shared = await hash_password(password)
    people = demo_people(area)
    await accounts.seed_demo([_account(person, shared) for person in people], shared)
    return people


def _account(person: DemoPerson, password_hash: str) -> AccountDoc:
    now = clock.now()
    return AccountDoc(
        id=person.login,
        login=person.login,
        password_hash=password_hash,
        role=person.role,
        unit=person.unit,
        name=NameDoc(zh=person.name.zh, en=person.name.en),
        duty=Duty(on=True, since=now) if person.role is Role.OFFICER else Duty(),
        demo=True,
        created_at=now,
    )
