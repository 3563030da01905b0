"""Query root of the feeds."""

import strawberry

from hub.model.people import Scope
from schema.feeds.types import Feed
from schema.projection import Info, root
from schema.selection import project


@strawberry.type
class FeedsQuery:
    """Roots about where the data comes from."""

    @root(Scope.FEEDS_READ, "Every feed and its health", zh="数据源")
    async def feeds(self, info: Info) -> list[Feed]:
        """By code."""
        return [Feed(row) for row in await info.context.services.transit.feeds(project(info))]
