"""Units, officers, and who is asking."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import strawberry
from strawberry.dataloader import DataLoader

from hub.errors import AccessDenied
from hub.model.ids import global_id
from hub.model.people import Scope
from hub.store.devices import Positions
from schema import enums
from schema.common import Position
from schema.context import row_of
from schema.enums import worded
from schema.languages import Language, said
from schema.nodes import Node, keyed, node_type
from schema.policy import Policy
from schema.projection import (
    Entity,
    Projection,
    Row,
    computed,
    declare,
    entity,
    named,
    spoken,
    stored,
)

if TYPE_CHECKING:
    from schema.context import SchemaContext


@node_type
@entity(policy=Scope.UNITS_READ, keys=("id",))
class Unit(Node):
    """A member unit (成员单位) of the joint command."""

    code: str = keyed("Its code", zh="代码")
    name: str | None = named("name", "Name", zh="名称")
    kind: enums.UnitKind = stored("kind", "What sort of unit it is", zh="单位类型")
    note: str | None = stored("note", "Remark", zh="备注")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The unit, if there is one."""
        row = await context.load.unit.load(key)
        return cls.of(row)


@entity(policy=Scope.OFFICERS_READ)
class OfficerPosition(Entity):
    """Where a person on duty was last (队员位置)."""

    at: datetime = stored("at", "The phone's time of it", zh="定位时间")
    accuracy_metres: float | None = stored(
        "accuracy_m", "Radius in which the phone takes itself to be", zh="精度"
    )

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position:
        """The place."""
        lon, lat = self.doc["location"]["coordinates"]
        return Position({"lat": lat, "lon": lon})


class Whereabouts:
    """Where people are, for one request: all that are asked for in one look.

    `looked` writes down a look at what says how far away somebody is.
    """

    def __init__(self, context: "SchemaContext") -> None:
        async def batch(keys: list[str]) -> list[Row | None]:
            found = await Positions().whereabouts(context.principal, keys)
            return [row_of(found[key]) if key in found else None for key in keys]

        async def written(keys: list[str]) -> list[None]:
            await Positions().looked(context.principal, keys)
            return [None for _ in keys]

        self.looked: DataLoader[str, None] = DataLoader(load_fn=written)
        self.last: DataLoader[str, Row | None] = DataLoader(load_fn=batch)


@node_type
@entity(policy=Scope.PEOPLE_READ)
class Officer(Node):
    """A person who can be ordered, or who orders (队员): whoever of them the caller may see."""

    login: str = stored("login", "Login name", zh="登录名")
    name: str | None = named("name", "Name", zh="姓名")
    role: enums.Role = stored("role", "What the account is", zh="角色")
    on_duty: bool = stored("duty.on", "Whether signed in for duty", zh="在岗")
    on_duty_since: datetime | None = stored("duty.since", "Since when", zh="签到时间")
    post: str | None = stored("duty.post", "At which post", zh="岗位")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The person, if the caller may see them."""
        row = await context.load.officer.load(key)
        return cls.of(row)

    @computed(needs=("unit",), zh="所属单位", policy=Scope.UNITS_READ)
    async def unit(self, context: "SchemaContext") -> Unit | None:
        """The unit they belong to."""
        return await unit_of(context, self.doc.get("unit"))

    @computed(needs=("id",), zh="最近位置", policy=Scope.OFFICERS_READ)
    async def last_position(self, context: "SchemaContext") -> OfficerPosition | None:
        """Where they were last since they signed in for duty; null off duty and where not told.

        The centre may look, and a liaison at its unit's officers; each look is on the audit log.
        Never in a live query, of which nobody knows who looks.
        """
        if context.shared:
            raise AccessDenied(
                "FORBIDDEN", "位置只能查询，不能订阅 / Positions are queried, never followed live."
            )
        row = await context.part(Whereabouts).last.load(self.doc["_id"])
        return None if row is None else OfficerPosition(row)


@entity(policy=Scope.OFFICERS_READ)
class DutyCount(Entity):
    """How many officers a unit has (各单位在岗)."""

    officers: int = stored("officers", "Officers who may sign in", zh="队员人数")
    on_duty: int = stored("on_duty", "Of them on duty", zh="在岗人数")

    @computed(needs=("_id",), zh="单位", policy=Scope.UNITS_READ)
    async def unit(self, context: "SchemaContext") -> Unit | None:
        """Which unit; null for those of none."""
        return await unit_of(context, self.doc["_id"])


HUB = "hub"
"""What stands in the place of an account where the hub itself did something."""


def person(path: str, text: str, *, zh: str, policy: Policy = Scope.PEOPLE_READ) -> Any:  # noqa: ANN401  # a field stands for its value's type
    """The person whose account id is stored at `path`: null where that is nobody's, or the hub's.

    Also where they are not the caller's to see, which looks the same.
    """

    async def read(source: Entity, context: "SchemaContext") -> Officer | None:
        key = source.doc.get(path)
        return await Officer.load(context, key) if key and key != HUB else None

    said = f"{text}; null for nobody, or not the caller's to see"
    return declare(Projection(policy, (path,), read=read), said, zh)


worded(
    Scope,
    "What an account may do (权限): ORDERS_READ is `orders:read` in the manuals and in errors.",
    {one: f"{one.meaning[0].upper()}{one.meaning[1:]} ({one.zh})." for one in Scope},
    name="AccountScope",
)


@entity(policy=Scope.ME_READ)
class Me(Entity):
    """Who is asking (当前账号)."""

    login: str = stored("login", "Login name", zh="登录名")
    role: enums.Role = stored("role", "What the account is", zh="角色")
    scopes: list[Scope] = stored("scopes", "What it may do", zh="权限")

    @computed(zh="账号")
    def account(self, _context: "SchemaContext") -> strawberry.ID:
        """The id of its Officer node."""
        return strawberry.ID(global_id("Officer", self.doc["_id"]))

    @spoken(zh="姓名")
    async def name(self, context: "SchemaContext", language: Language) -> str | None:
        """Name."""
        row = await context.load.officer.load(self.doc["_id"])
        return said((row or {}).get("name"), language)

    @computed(zh="所属单位", policy=Scope.UNITS_READ)
    async def unit(self, context: "SchemaContext") -> Unit | None:
        """The unit it belongs to."""
        return await unit_of(context, self.doc.get("unit"))


async def unit_of(context: "SchemaContext", code: str | None) -> Unit | None:
    """The unit of this code; None for none."""
    return await Unit.load(context, code) if code else None


async def units_of(context: "SchemaContext", codes: list[str]) -> list[Unit]:
    """The units of these codes, in their order; unknown codes are left out."""
    return [Unit(row) for row in await context.load.unit.load_many(codes) if row is not None]


async def officers_of(context: "SchemaContext", ids: list[str]) -> list[Officer]:
    """Those of the accounts that the caller may see, in their order."""
    return [Officer(row) for row in await context.load.officer.load_many(ids) if row is not None]
