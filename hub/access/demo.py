"""The people of the demonstration: accounts that exist where the embedded database is used only."""

from dataclasses import dataclass

from hub.model.area import Area
from hub.model.common import Name
from hub.model.operations import Role

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

    Numbers for names: they are nobody's.
    """
    codes = [unit.code for unit in area.units]
    people = [
        DemoPerson("admin", Role.ADMIN, Name("系统管理员", "Administrator")),
        DemoPerson("commander", Role.COMMANDER, Name("指挥长", "Commander")),
        DemoPerson("watch", Role.WATCH, Name("值班员", "Watch officer")),
        DemoPerson("liaison", Role.LIAISON, Name("联络员", "Liaison officer"), LIAISON_UNIT),
        DemoPerson("partner", Role.PARTNER, Name("合作单位应用", "Partner client"), PARTNER_UNIT),
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
