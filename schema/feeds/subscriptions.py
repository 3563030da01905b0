"""Subscription root of the feeds."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import strawberry

from hub.model.people import Scope
from hub.store.feeds.freshness import feed_state
from schema.events import Event, live
from schema.feeds.types import Feed
from schema.live.source import Arguments, LiveSource
from schema.projection import Row
from schema.transit.arguments import Resume

if TYPE_CHECKING:
    from schema.context import SchemaContext


async def _rows(context: "SchemaContext", _arguments: Arguments) -> list[Row]:
    return list(await context.services.transit.feeds())


@strawberry.type
class FeedsSubscription:
    """Live roots about where the data comes from."""

    @live(
        Scope.FEEDS_READ,
        "Feeds and their health, live",
        LiveSource(
            collections=frozenset({"feeds"}),
            rows=_rows,
            wrap=Feed,
            volatile=lambda row, context: feed_state(row, context.now),
        ),
        zh="数据源",
    )
    async def feeds(self, after: Resume = None) -> AsyncGenerator[Event[Feed], None]:
        """As the query."""
        raise NotImplementedError
