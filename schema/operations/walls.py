"""Walls: type, query, mutation and subscription roots; `hub.operations.walls` decides."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from hub.access.walls import spelled
from hub.model.people import Scope
from hub.operations.walls.actions import approve_wall, end_wall, refuse_wall, wall_request
from hub.operations.walls.store import WallRows
from hub.store.documents import SessionDoc, WallRequestDoc
from schema import enums
from schema.context import row_of
from schema.listing import Page, listing
from schema.nodes import Node, key_of, node_type
from schema.operations.audit import AuditEntry, acted_on
from schema.operations.common import Keyed, Payload, at_desk, attempt
from schema.people.types import Officer
from schema.policy import SIGNED_IN
from schema.projection import Info, adds, computed, described, entity, root, stored, value

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.WALLS_READ
RUN_OUT_SECONDS = 60.0
"""How late it may be shown that a wall's session has run out: nothing is written then."""
Code = Annotated[
    str, strawberry.argument(description="What the screen shows, however it is typed (代码).")
]


@node_type
@entity(policy=READ)
class Wall(Node):
    """A screen of the centre that only shows (大屏). It says every 15 s that it lives."""

    name: str = stored("wall.name", "What it was called when it was let be", zh="名称")
    pages: list[enums.WallPage] = stored("wall.pages", "What it shows, in turn", zh="页面")
    turn_seconds: int = stored("wall.turn_seconds", "Seconds of each page", zh="翻页间隔")
    approved_at: datetime = stored("created_at", "Since when it is a wall", zh="批准时间")
    heard_at: datetime | None = stored(
        "wall.heard_at",
        "When it last said that it lives; silent for a minute, it is dead",
        zh="最近联系",
    )
    page: enums.WallPage | None = stored("wall.page", "What it showed then", zh="当前页面")
    frame_age_seconds: float | None = stored(
        "wall.frame_age_s", "How old its picture was then", zh="画面时延"
    )
    held: bool = stored("wall.held", "Whether it stood still at something red then", zh="停页")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The wall, if it stands and the caller may see it."""
        return cls.of(await context.load.of(WallRows).load(key))

    @computed(needs=("wall.approved_by",), zh="批准人", policy=Scope.PEOPLE_READ)
    async def approved_by(self, context: "SchemaContext") -> Officer | None:
        """Who has let it be a wall."""
        return await Officer.load(context, self.doc["wall"]["approved_by"])


@adds(AuditEntry, "wall")
@computed(needs=("action", "target"), zh="大屏", policy=READ)
async def _of_act(self: AuditEntry, context: "SchemaContext") -> Wall | None:
    """The wall it was about; null if about none, or not the caller's to see."""
    key = acted_on(self, "wall")
    return await Wall.load(context, key) if key else None


@value(policy=READ)
class WallRequest:
    """A screen that asks to be a wall (大屏申请)."""

    code: str = described("What it shows", zh="代码")
    address: str | None = described("Where it asks from", zh="来源地址")
    asked_at: datetime = described("Since when", zh="申请时间")
    expires_at: datetime = described("Until when the code is good", zh="失效时间")
    answered: bool = described("Whether somebody has answered it", zh="已答复")


@value(policy=SIGNED_IN)
class WallRequestPayload(Payload):
    """What became of the screen's wish."""

    request: WallRequest | None = described("The wish after it; null with errors", zh="大屏申请")


@value(policy=SIGNED_IN)
class WallPayload(Payload):
    """What became of the wall."""

    wall: Wall | None = described("The wall as it was; null with errors", zh="大屏")


@strawberry.input(description="That a screen may be a wall (批准大屏).")
class ApproveWallInput(Keyed):
    """Which screen, and what it shall show."""

    code: str = strawberry.field(description="What the screen shows (代码).")
    name: str = strawberry.field(description="What to call it, as 大厅左屏 (名称).")
    pages: list[enums.WallPage] = strawberry.field(
        description="What it shows, in this order, each once (页面)."
    )
    turn_seconds: int = strawberry.field(
        default=20, description="Seconds of each page, 5 to 600 (翻页间隔)."
    )


@strawberry.input(description="That a screen may be no wall (拒绝大屏).")
class RefuseWallInput(Keyed):
    """Which screen."""

    code: str = strawberry.field(description="What the screen shows (代码).")


@strawberry.input(description="The end of a wall (断开大屏).")
class EndWallInput(Keyed):
    """Which wall."""

    wall: strawberry.ID = strawberry.field(description="The wall (大屏).")


@listing(
    READ,
    "Walls",
    Wall,
    zh="大屏",
    by="created_at",
    collections={"sessions"},
    concerns=lambda change, _given, _context: (
        change.document is None or change.document.get("wall") is not None
    ),
    refresh_s=RUN_OUT_SECONDS,
)
async def _walls(context: "SchemaContext", page: Page) -> list[SessionDoc]:
    """Those that are let be, silent ones too."""
    rows = context.services.of(WallRows)
    return await rows.page(context.viewer, first=page.first, after=page.after)


@strawberry.type
class Query:
    """Roots about walls."""

    walls = _walls.asked

    @root(READ, "A wall by its id; null if not the caller's to see", zh="大屏")
    async def wall(self, info: Info, id: strawberry.ID) -> Wall | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Wall.load(info.context, key_of(id, "Wall", "id"))

    @root(Scope.WALLS_WRITE, "The screen that shows this code now", zh="大屏申请")
    async def wall_request(self, info: Info, code: Code) -> WallRequest:
        """Refused like a guess where none does."""
        return _shown(await wall_request(*at_desk(info), code))


@strawberry.type
class Subscription:
    """Walls, live."""

    walls = _walls.followed


@strawberry.type
class Mutation:
    """What is done about walls."""

    @root(Scope.WALLS_WRITE, "Let the screen that shows this code be a wall", zh="批准大屏")
    async def approve_wall(self, info: Info, input: ApproveWallInput) -> WallRequestPayload:  # noqa: A002
        """Once per clientMutationId; it is given its session when it next asks."""

        async def work() -> WallRequestDoc:
            return await approve_wall(
                *at_desk(info),
                code=input.code,
                name=input.name,
                pages=input.pages,
                turn_seconds=input.turn_seconds,
                key=input.client_mutation_id,
            )

        return await _answered(input.client_mutation_id, work)

    @root(Scope.WALLS_WRITE, "Refuse the screen that shows this code", zh="拒绝大屏")
    async def refuse_wall(self, info: Info, input: RefuseWallInput) -> WallRequestPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> WallRequestDoc:
            return await refuse_wall(*at_desk(info), code=input.code, key=input.client_mutation_id)

        return await _answered(input.client_mutation_id, work)

    @root(Scope.WALLS_WRITE, "End a wall: it goes dark within seconds", zh="断开大屏")
    async def end_wall(self, info: Info, input: EndWallInput) -> WallPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> SessionDoc:
            return await end_wall(
                *at_desk(info),
                wall_id=key_of(input.wall, "Wall", "wall"),
                key=input.client_mutation_id,
            )

        document, errors = await attempt(work)
        return WallPayload(
            client_mutation_id=input.client_mutation_id,
            user_errors=errors,
            wall=Wall(row_of(document)) if document else None,
        )


async def _answered(key: str, work: Callable[[], Awaitable[WallRequestDoc]]) -> WallRequestPayload:
    document, errors = await attempt(work)
    return WallRequestPayload(
        client_mutation_id=key,
        user_errors=errors,
        request=_shown(document) if document else None,
    )


def _shown(request: WallRequestDoc) -> WallRequest:
    return WallRequest(
        code=spelled(request.user_code),
        address=request.address,
        asked_at=request.asked_at,
        expires_at=request.expires_at,
        answered=request.answered_at is not None,
    )
