"""Feeds and their health."""

from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from hub.errors import Reason
from hub.model.people import Scope
from hub.store.feeds.freshness import feed_reason, feed_state
from schema import enums
from schema.enums import worded
from schema.feeds.reasons import MEANINGS
from schema.nodes import Node, keyed, node_type
from schema.projection import Entity, Row, computed, embedded, entity, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.FEEDS_READ
worded(
    Reason,
    "Why an entity, or a part of one, was refused (拒收原因).",
    MEANINGS,
    name="RejectReason",
)


@entity(policy=READ)
class FeedCounts(Entity):
    """What the last payload held (最近一次数据): accepted + rejected = entities."""

    accepted: int = stored("accepted", "Entities used, whole or in part", zh="接受")
    rejected: int = stored("rejected", "Entities refused", zh="拒收")
    entities: int = stored("entities", "Entities the payload listed", zh="总数")


@entity(policy=READ)
class FeedTotals(Entity):
    """What has come in so far (累计)."""

    payloads: int = stored("payloads", "Payloads", zh="报文数")
    accepted: int = stored("accepted", "Entities used", zh="接受")
    rejected: int = stored("rejected", "Entities refused", zh="拒收")


@entity(policy=READ)
class RejectCount(Entity):
    """How often something was refused for one reason (拒收原因)."""

    reason: Reason = stored("reason", "Why", zh="原因")
    count: int = stored("count", "How often", zh="次数")


@entity(policy=READ)
class FeedCallback(Entity):
    """A connection the hub opened because a peer asked for it (回连, 809 从链路)."""

    name: str = stored("name", "The peer that asked", zh="对端")
    address: str = stored("address", "Where it asks to be called, in its own words", zh="地址")
    link_state: enums.LinkState = stored("link_state", "Health of the connection", zh="链路状态")
    detail: str | None = stored("detail", "What is wrong, in a sentence", zh="说明")


_AGES = ("state", "data_as_of", "stale_at", "down_at", "warn_after_s", "expire_after_s")
"""By which the state of a feed is judged anew."""


@node_type
@entity(policy=READ)
class Feed(Node):
    """A feed (数据源) and its health."""

    kept_in = "feeds"

    code: str = keyed("Id in the configuration", zh="代码")
    kind: str = stored("kind", "Connector that reads it", zh="接入方式")
    mode: enums.Mode | None = stored("mode", "Mode of transport", zh="运输方式")
    link_state: enums.LinkState | None = stored(
        "link_state", "Health of the connection; null where it is switched off", zh="链路状态"
    )
    last_received_at: datetime | None = stored(
        "last_received_at", "When the last payload came in", zh="最近接收"
    )
    data_as_of: datetime | None = stored(
        "data_as_of", "The source's own time of its last data", zh="数据时间"
    )
    rejects: list[RejectCount] = embedded(
        "rejects", "Why entities of the last payload were refused", zh="拒收原因"
    )
    notes: list[RejectCount] = embedded(
        "notes", "Why parts of accepted entities were refused", zh="部分拒收原因"
    )
    callbacks: list[FeedCallback] = embedded(
        "callbacks", "Connections the hub opened because peers asked for them", zh="回连"
    )
    changed_at: datetime | None = stored("changed_at", "When the state changed", zh="状态变更时间")
    priority: int | None = stored(
        "priority", "Of two fresh sources of one call the higher is shown", zh="优先级"
    )

    @computed(needs=_AGES, zh="数据源状态")
    def state(self, context: "SchemaContext") -> enums.FeedState:
        """Health of its data, by its age now: true also when nobody reads the feed any more."""
        return feed_state(self.doc, context.now)

    @computed(needs=(*_AGES, "detail"), zh="说明")
    def detail(self, context: "SchemaContext") -> str | None:
        """Why it is in its state, and what else is wrong, in a sentence; null if nothing is."""
        return feed_reason(self.doc, context.now, context.services.area.zone)

    @computed(needs=("silent_after_s", "warn_after_s"), zh="过期阈值")
    def warn_after_seconds(self, _context: "SchemaContext") -> int | None:
        """After so long without anything new it is STALE; its values also by their own age."""
        return _whole(self.doc.get("silent_after_s", self.doc.get("warn_after_s")))

    @computed(needs=("lost_after_s", "expire_after_s"), zh="失效阈值")
    def expire_after_seconds(self, _context: "SchemaContext") -> int | None:
        """After so long without anything new it is DOWN, and its values are unknown."""
        return _whole(self.doc.get("lost_after_s", self.doc.get("expire_after_s")))

    @computed(needs=("counts",), zh="最近一次数据")
    def counts(self, _context: "SchemaContext") -> FeedCounts:
        """What the last payload held; zeros before the first."""
        return FeedCounts({**_NOTHING, **(self.doc.get("counts") or {})})

    @computed(needs=("totals",), zh="累计")
    def totals(self, _context: "SchemaContext") -> FeedTotals:
        """What has come in so far."""
        return FeedTotals({**_NOTHING, **(self.doc.get("totals") or {})})


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else ceil(seconds)


_NOTHING: Row = {"accepted": 0, "rejected": 0, "entities": 0, "payloads": 0}
