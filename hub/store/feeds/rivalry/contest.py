"""What one feed's writer must know of the other feeds that speak of its journeys."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from hub import clock
from hub.settings import FeedSettings
from hub.store import raw
from hub.store.driver import Document, Store, Tx
from hub.store.feeds.memory import Seen
from hub.store.feeds.rivalry import rivals

FRESH_FOR = timedelta(seconds=90)
"""How long a feed's data counts as fresh where nothing says."""

SEEN = ("fp", "observed_at", "as_of", "told_as")
"""Fields of a layer by which its feed remembers what it said; see `seen_in`."""


def seen_in(layer: Document) -> Seen:
    """What a feed remembers of a journey, from the layer that is stored."""
    return Seen(
        layer["fp"], layer.get("as_of"), layer.get("observed_at"), told_as=layer.get("told_as")
    )


class Contest:
    """Journeys that others speak of too, and the rule that decides between them now."""

    def __init__(self, store: Store, feed: FeedSettings) -> None:
        self._store = store
        self._db = store.db
        self._feed = feed

    async def ids(self) -> frozenset[str]:
        """Contested journeys that this feed speaks of.

        They are decided anew with each of its messages, also unchanged ones: what has changed may
        be that the other source has fallen silent.
        """
        mine = self._db[raw.JOURNEYS].find({"contested": self._feed.id}, {"_id": 1})
        return frozenset([journey["_id"] async for journey in mine])

    async def unshown(self) -> list[tuple[str, Seen]]:
        """What this feed says of journeys as a whole while another source is shown."""
        mine = self._db[raw.JOURNEYS].find({"contested": self._feed.id}, {"rivals": 1})
        return [
            (journey["_id"], seen_in(layer))
            async for journey in mine
            for layer in journey["rivals"]
            if layer["feed"] == self._feed.id
        ]

    async def rank(self, tx: Tx, journeys: Iterable[Document]) -> rivals.Rank | None:
        """The rule over what is known of all feeds now; None if none of these needs it."""
        if not any(rivals.contested(journey, self._feed.id) for journey in journeys):
            return None
        feeds = await feeds_as_known(self._store, self._feed, tx)
        return rivals.ranking(feeds, clock.now(), fresh_for=FRESH_FOR)


async def feeds_as_known(
    store: Store, feed: FeedSettings, tx: Tx, *, as_of: datetime | None = None
) -> list[Document]:
    """What the rule needs of all feeds: of `feed` as it is set up, its data being of `as_of`."""
    feeds = await standings(store, tx)
    mine = next((one for one in feeds if one["_id"] == feed.id), {"_id": feed.id})
    ours = {**mine, "priority": feed.priority}
    if feed.warn_after is not None:
        ours["warn_after_s"] = feed.warn_after.total_seconds()
    if as_of is not None:
        ours["data_as_of"] = max(as_of, mine.get("data_as_of") or as_of)
    for silence in ("stale_at", "before"):
        ours.pop(silence, None)  # it speaks just now
    return [*(one for one in feeds if one["_id"] != feed.id), ours]


async def standings(store: Store, tx: Tx | None = None) -> list[Document]:
    """What the rule needs of all feeds, as they are stored."""
    wanted = dict.fromkeys(("priority", "warn_after_s", "data_as_of", "stale_at", "before"), 1)
    return await store.db[raw.FEEDS].find({}, wanted, session=tx).to_list()
