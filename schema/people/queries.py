"""Query roots of people: who asks, the units, the officers."""

from types import NoneType
from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.errors import NotFound
from hub.model.people import Scope
from schema import enums
from schema.context import row_of
from schema.nodes import FIRST_DEFAULT, Connection, connect, decode_cursor, key_of, page_size
from schema.people.types import DutyCount, Me, Officer, Unit
from schema.projection import Info, Row, root
from schema.transit.arguments import After, First

if TYPE_CHECKING:
    from schema.context import SchemaContext

OfUnit = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only of this unit: id or code (单位).")
]
OnDuty = Annotated[
    bool | None, strawberry.argument(description="Only who is, or is not, on duty (在岗).")
]
Roles = Annotated[
    list[enums.Role] | None, strawberry.argument(description="Null: officers only (角色).")
]


@strawberry.type
class PeopleQuery:
    """Roots about people."""

    @root(Scope.ME_READ, "Who is asking", zh="当前账号")
    def me(self, info: Info) -> Me:
        """From the access token."""
        principal = info.context.principal
        return Me(
            {
                "_id": principal.account_id,
                "login": principal.login,
                "role": principal.role,
                "unit": principal.unit,
                "scopes": sorted(principal.scopes),
            }
        )

    @root(Scope.UNITS_READ, "Member units", zh="成员单位")
    async def units(self, info: Info) -> list[Unit]:
        """By code."""
        return [Unit(row_of(unit)) for unit in await info.context.services.units.all()]

    @root(Scope.OFFICERS_READ, "Officers the caller may see, by unit and login", zh="队员")
    async def officers(
        self,
        info: Info,
        unit: OfUnit = None,
        on_duty: OnDuty = None,
        roles: Roles = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Officer]:
        """Active accounts only."""
        found = await info.context.services.accounts.list_(
            info.context.viewer,
            first=page_size(first) + 1,
            after=decode_cursor(after, NoneType | str, str, str),
            roles=[enums.Role.OFFICER] if roles is None else roles,
            unit=None if unit is None else key_of(unit, "Unit", "unit"),
            on_duty=on_duty,
        )
        rows = [row_of(account) for account in found]
        if not rows:
            await known_unit(info.context, unit)
        return connect(rows, first=first, after=after, wrap=Officer, place=_place)

    @root(Scope.OFFICERS_READ, "How many officers each unit has, and on duty", zh="各单位在岗")
    async def duty_counts(self, info: Info) -> list[DutyCount]:
        """Of those the caller may see, by unit."""
        counts = await info.context.services.accounts.duty_counts(info.context.viewer)
        return [DutyCount(row) for row in counts]


async def known_unit(context: "SchemaContext", unit: str | None) -> None:
    """Raise NotFound for a filter by a unit nobody knows: no rows would read as "nothing there"."""
    if unit is not None and await context.load.unit.load(key_of(unit, "Unit", "unit")) is None:
        raise NotFound("Unit", unit, path=("unit",))


def _place(row: Row) -> tuple[object, ...]:
    return row["unit"], row["login"], row["_id"]
