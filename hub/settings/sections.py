"""The other tables of the file, and all of them together."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, model_validator

from hub.settings.feeds import FeedSettings
from hub.settings.values import Contact, Database, Network, Origin, Reachable, Seconds, Section

DATABASE = "liandong"


class HubSettings(Section):
    """The process itself."""

    host: str = Field(default="127.0.0.1", description="address it listens on; 0.0.0.0: any")
    port: int = Field(default=8000, ge=1, le=65535, description="port it listens on")
    data_dir: Path = Field(
        default=Path(".liandong"), description="folder of the signing key and the embedded database"
    )
    mongodb_uri: str | None = Field(
        default=None,
        description="address of the replica set; without it the embedded database of `data_dir`",
    )
    database: Database = Field(
        default=DATABASE,
        description="name of the database; if not given, the one named in the path of "
        "`mongodb_uri` (mongodb://HOST/NAME)",
    )
    area: str = Field(
        default="shanghai-railway-station",
        description="the area: a name this software brings, or the path of an area file (below), "
        "which ends in .toml; like every path here, from the folder the hub is started in",
    )
    clock_url: str | None = Field(
        default=None, description="clock of a sandbox that runs at another speed; never in service"
    )
    log: Literal["console", "json"] = Field(default="console", description="form of the log")
    raw_days: int = Field(default=3, ge=0, description="days for which raw messages are kept")
    raw_megabytes: int = Field(
        default=1024, ge=0, description="how much of each feed's raw messages is kept, as stored"
    )
    history_hours: int = Field(
        default=48, ge=0, description="hours for which what was shown is kept; 0: not at all"
    )
    history_megabytes: int = Field(
        default=1024, ge=1, description="how much of that is kept: the oldest goes first"
    )
    public_url: Reachable | None = Field(
        default=None,
        description="where the outside reaches this hub; producers are told it in subscriptions",
    )
    allowed_origins: tuple[Origin, ...] = Field(
        default=(), description="pages of other hosts that may call this hub, over HTTP and sockets"
    )
    connections_per_address: int = Field(
        default=1000,
        ge=0,
        description="0: no bound, as behind a proxy, from whose address all connections come",
    )
    trusted_proxies: tuple[Network, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="addresses and networks of proxies, whose `X-Forwarded-For` says who calls; "
        "from all others that header counts for nothing",
    )
    live_queries: int = Field(
        default=500, ge=1, description="different live queries that one process follows"
    )
    live_megabytes: int = Field(
        default=256,
        ge=4,
        description="memory that they hold in one process; one account's hold a quarter at most",
    )

    @model_validator(mode="before")
    @classmethod
    def _database_of_the_address(cls, data: Any) -> Any:  # noqa: ANN401  # as pydantic has it
        uri = data.get("mongodb_uri") if isinstance(data, dict) else None
        if isinstance(uri, str) and "database" not in data and (name := _database_in(uri)):
            return {**data, "database": name}
        return data


def _database_in(uri: str) -> str:
    """The database in the path of a MongoDB address; empty without one."""
    try:
        return unquote(urlsplit(uri).path.removeprefix("/"))
    except ValueError:  # the driver says what is wrong with it
        return ""


class FcmSettings(Section):
    """Firebase Cloud Messaging, or anything that speaks its HTTP v1 interface."""

    credentials: Path = Field(description="the service account's JSON file")
    endpoint: str | None = Field(default=None, description="base address, if it is not Google's")


class WebPushSettings(Section):
    """Web Push (RFC 8030), for the app in a browser. Its key is made at the first start."""

    contact: Contact = Field(
        description="whom a push service may write to about what this hub sends: mailto: or https:",
    )
    key: Path | None = Field(
        default=None,
        description="P-256 key (PEM) that browsers know this hub by; else one in `data_dir`",
    )
    allow_private: bool = Field(
        default=False,
        description="whether a push service may have a private or loopback address",
    )


class PushSettings(Section):
    """How phones are woken."""

    fcm: FcmSettings | None = Field(
        default=None, description="without it phones learn of orders by their own sync alone"
    )
    webpush: WebPushSettings | None = Field(
        default=None, description="without it a browser learns of orders while the app is open"
    )


class AccessSettings(Section):
    """Lifetimes of sessions, the signing key (made on first start), and an account's live share."""

    access_minutes: int = Field(default=15, ge=1, description="lifetime of an access token")
    refresh_days: int = Field(
        default=30, ge=1, description="how long a phone that is not used stays signed in"
    )
    signing_key: Path | None = Field(
        default=None,
        description="Ed25519 key (PEM) of the tokens and the audit log; else one in `data_dir`",
    )
    connections_per_person: int = Field(
        default=20,
        ge=1,
        description="WebSockets and event streams at a time of an officer's or liaison's account",
    )
    connections_per_shared_account: int = Field(
        default=1_000,
        ge=1,
        description="the same of an account of the command centre or of a partner application",
    )
    subscriptions_per_account: int = Field(
        default=1_000, ge=1, description="live subscriptions at a time, over all its connections"
    )
    live_queries_per_account: int = Field(
        default=50, ge=1, description="different live queries at a time"
    )


class OrderSettings(Section):
    """How long a recipient has before the next person is asked."""

    accept_within: Seconds = Field(
        default=timedelta(seconds=60),
        description="what a recipient has to accept an order that says nothing else",
    )


class Settings(Section):
    """The whole configuration, validated."""

    hub: HubSettings = Field(default=HubSettings(), description="the process")
    feeds: tuple[FeedSettings, ...] = Field(default=(), description="what it reads")
    push: PushSettings = Field(default=PushSettings(), description="how phones are woken")
    access: AccessSettings = Field(default=AccessSettings(), description="tokens")
    orders: OrderSettings = Field(default=OrderSettings(), description="orders")

    @model_validator(mode="after")
    def _ids_once(self) -> "Settings":
        if twice := repeated(feed.id for feed in self.feeds):
            message = f"feeds: id {twice[0]!r} is used twice"
            raise ValueError(message)
        return self


def repeated(names: Iterable[str]) -> list[str]:
    """Those that come more than once, once each."""
    return [name for name, times in Counter(names).items() if times > 1]
