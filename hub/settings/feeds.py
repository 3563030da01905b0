"""`[[feeds]]`: what is read, from where, and how often."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from hub.settings.values import Readable, Seconds, Section, Slug, Zone

ONE_ENDPOINT = "expected exactly one of url, listen, push = true"
FEED_ZONE = ZoneInfo("Asia/Shanghai")
"""Of a feed's times that are written without a zone, where nothing else is configured."""


class FeedAuth(Section):
    """How a poll proves who it is. The secret itself is read from `secret_ref`."""

    kind: Literal["header", "basic", "query_param"] = Field(
        description="where the secret goes; basic takes a secret of user:password"
    )
    name: str = Field(default="Authorization", description="name of the header or parameter")
    prefix: str = Field(default="", description="what stands before the secret, such as Bearer")


def endpoints(feed: Mapping[str, object]) -> int:
    """How many of `url`, `listen`, `push` a feed's table says; one is right."""
    return sum(bool(feed.get(key)) for key in ("url", "listen", "push"))


class FeedSettings(Section):
    """One feed: what is read, from where, and how it is called."""

    id: Slug = Field(description="name of the feed; lower-case letters, digits, hyphens")
    kind: str = Field(description="one of the kinds of [feeds.md](feeds.md)")
    mode: str | None = Field(
        default=None,
        description="RAIL, METRO, COACH, TAXI, ...: overrules or stands in for what the payload "
        "says",
    )
    dataset: Slug | None = Field(
        default=None,
        description="namespace of the feed's ids; its `id` if not given. Feeds that speak of the "
        "same ids share one: a timetable and its real-time feed",
    )
    url: Readable | None = Field(
        default=None,
        description="http, https or file: what is polled, or where the hub subscribes. Exactly one "
        "of `url`, `listen`, `push`",
    )
    listen: str | None = Field(default=None, description="host:port for a TCP server feed")
    push: bool = Field(default=False, description="the source posts to this hub, at `/feeds/{id}`")
    push_secret_ref: str | None = Field(
        default=None,
        description="`env:NAME` or `file:PATH`: what whoever posts must show; see Pushes and "
        "subscriptions in [feeds.md](feeds.md)",
    )
    static_url: Readable | None = Field(
        default=None,
        description="the timetable that real-time ids are resolved against: a GTFS zip, NeTEx or "
        "TransXChange (XML or a zip of it). Of a netex feed: a NeTEx file with the stop places it "
        "refers to",
    )
    interval: Seconds = Field(default=timedelta(seconds=20), description="between two polls")
    timeout: Seconds = Field(
        default=timedelta(seconds=10),
        description="until a poll is given up; a body that comes at 1 MB/s or faster has longer",
    )
    timezone: Zone = Field(default=FEED_ZONE, description="zone of times written without one")
    auth: FeedAuth | None = Field(default=None, description="how a poll shows the secret")
    secret_ref: str | None = Field(
        default=None, description="`env:NAME` or `file:PATH`; never the secret itself"
    )
    incrementality: Literal["full", "differential", "auto"] = Field(
        default="auto",
        description="whether a message replaces what was told before; auto: as the message says",
    )
    warn_after: Seconds | None = Field(
        default=None,
        description="age at which the feed and its values are STALE; four intervals if none, the "
        "kind's at most: see Silence in [feeds.md](feeds.md)",
    )
    expire_after: Seconds | None = Field(
        default=None, description="age at which the feed is DOWN and its values UNKNOWN; likewise"
    )
    max_bytes: int | None = Field(
        default=None,
        gt=0,
        description="largest payload and static reference; the kind's if none (64 MiB; a "
        "timetable 1 GiB)",
    )
    allow_private: bool = Field(
        default=False,
        description="whether the host, or one that a peer asks to be called back at, may have a "
        "private or loopback address",
    )
    priority: int = Field(
        default=0,
        description="of two fresh sources of one thing the higher is shown; see Two feeds of one "
        "thing in [feeds.md](feeds.md)",
    )
    enabled: bool = Field(default=True, description="false: the feed is DISABLED")
    options: dict[str, Any] = Field(
        default_factory=dict, description="the kind's own keys: see its page"
    )

    @property
    def namespace(self) -> str:
        """The dataset whose ids this feed speaks of: its own id unless shared."""
        return self.dataset or self.id

    @model_validator(mode="after")
    def _one_endpoint(self) -> "FeedSettings":
        if endpoints({"url": self.url, "listen": self.listen, "push": self.push}) != 1:
            raise ValueError(ONE_ENDPOINT)
        return self
