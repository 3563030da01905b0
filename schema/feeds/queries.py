"""Query root of the feeds."""

import strawberry

from hub.model.people import Scope
from schema.feeds.types import Feed
from schema.nodes import key_of
from schema.projection import Info, root
from schema.selection import project


@strawberry.type
class FeedsQuery:
    """Roots about where the data comes from."""

    @root(Scope.FEEDS_READ, "Every feed and its health", zh="数据源")
    async def feeds(self, info: Info) -> list[Feed]:
        """By code."""
        return [Feed(row) for row in await info.context.services.transit.feeds(project(info))]

    @root(Scope.FEEDS_READ, "A feed by its id or code; null if there is none", zh="数据源")
    async def feed(self, info: Info, id: strawberry.ID) -> Feed | None:  # noqa: A002
        """As configured."""
        return await Feed.load(info.context, key_of(id, "Feed", "id"))
