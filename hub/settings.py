"""Configuration: the only reader of the environment and of the configuration file.

`liandong.toml` holds `[hub]`, `[[feeds]]`, `[push.fcm]` and `[access]`; environment variables
(`LIANDONG_PORT`, `LIANDONG_DATA_DIR`, `LIANDONG_MONGODB_URI`, `LIANDONG_LOG`) override `[hub]`.
A bad file is refused at start with every fault in it: key, value and what was expected. Every key
is described here, and docs/configuration.md is generated from it.
"""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from hub import complaints
from hub.errors import StartError

AREAS = Path(__file__).parent / "areas"
DATABASE = "liandong"
ONE_ENDPOINT = "expected exactly one of url, listen, push = true"
LONGEST = timedelta(days=3660)
"""No duration is longer: later times than the calendar has would follow from it."""
DURATION = 'expected seconds, more than 0 and up to ten years, or ISO 8601 such as "PT90S"'
FEED_ZONE = ZoneInfo("Asia/Shanghai")
"""Of a feed's times that are written without a zone, where nothing else is configured."""
LONGEST_NAME = 63
"""Bytes of a database's name."""
MONGODBS_OWN = ("admin", "config", "local")
"""Databases in which there are no transactions."""
DATABASE_NAME = (
    "expected the name of a database: 1 to 63 bytes, no blank "
    f"and none of / \\ . \" $, and not {', '.join(MONGODBS_OWN)}, which are MongoDB's own"
)


def _timezone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError) as error:
        message = "expected an IANA time zone such as Asia/Shanghai"
        raise ValueError(message) from error


def _seconds(value: object) -> object:
    if not isinstance(value, int | float):
        return value
    try:
        return timedelta(0) if isinstance(value, bool) else timedelta(seconds=value)
    except (OverflowError, ValueError) as error:  # infinite or without end; no number (nan)
        raise ValueError(DURATION) from error


def _lasting(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= LONGEST:
        raise ValueError(DURATION)
    return value


def database_name(value: str) -> str:
    """The name itself. Raises ValueError if it can be none, or the database is MongoDB's own."""
    named = value and not set(value) & set('/\\."$\0 ') and len(value.encode()) <= LONGEST_NAME
    if not named or value in MONGODBS_OWN:
        raise ValueError(DATABASE_NAME)
    return value


def _slug(value: str) -> str:
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", value) is None:
        message = "expected 1 to 41 lower-case letters, digits and hyphens"
        raise ValueError(message)
    return value


def _readable(value: str) -> str:
    if urlsplit(value).scheme not in {"http", "https", "file"}:
        message = "expected an http, https or file URL"
        raise ValueError(message)
    return value


def _reachable(value: str) -> str:
    if re.fullmatch(r"https?://[^/?#]+(/[^?#]*)?", value) is None:
        message = "expected http(s)://HOST, a path may follow, and neither ? nor #"
        raise ValueError(message)
    return value


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError as error:
        message = "expected an address or a network such as 10.1.2.3 or 10.1.2.0/24"
        raise ValueError(message) from error
    return value


Slug = Annotated[str, AfterValidator(_slug)]
Network = Annotated[str, AfterValidator(_network)]
Readable = Annotated[str, AfterValidator(_readable)]
Reachable = Annotated[str, AfterValidator(_reachable)]
Zone = Annotated[ZoneInfo, BeforeValidator(_timezone)]
Seconds = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_lasting)]
"""A duration: a number of seconds, or ISO 8601 ("PT90S"); more than 0."""
Database = Annotated[str, AfterValidator(database_name)]
"""MongoDB's rules for the name of a database, as they are on every system but Windows."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.\[\]:-]+$")]
"""A page's origin as browsers send it (RFC 6454): scheme, host and port, in small letters."""


Section = TypeVar("Section", bound=_Section)


class FeedAuth(_Section):
    """How a poll proves who it is. The secret itself is read from `secret_ref`."""

    kind: Literal["header", "basic", "query_param"] = Field(
        description="where the secret goes; basic takes a secret of user:password"
    )
    name: str = Field(default="Authorization", description="name of the header or parameter")
    prefix: str = Field(default="", description="what stands before the secret, such as Bearer")


def _endpoints(feed: Mapping[str, object]) -> int:
    return sum(bool(feed.get(key)) for key in ("url", "listen", "push"))


class FeedSettings(_Section):
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
        if _endpoints({"url": self.url, "listen": self.listen, "push": self.push}) != 1:
            raise ValueError(ONE_ENDPOINT)
        return self


class HubSettings(_Section):
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


class FcmSettings(_Section):
    """Firebase Cloud Messaging, or anything that speaks its HTTP v1 interface."""

    credentials: Path = Field(description="the service account's JSON file")
    endpoint: str | None = Field(default=None, description="base address, if it is not Google's")


class WebPushSettings(_Section):
    """Web Push (RFC 8030), for the app in a browser. Its key is made at the first start."""

    contact: str = Field(
        pattern=r"^(mailto:\S+@\S+|https://\S+)$",
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


class PushSettings(_Section):
    """How phones are woken."""

    fcm: FcmSettings | None = Field(
        default=None, description="without it phones learn of orders by their own sync alone"
    )
    webpush: WebPushSettings | None = Field(
        default=None, description="without it a browser learns of orders while the app is open"
    )


class AccessSettings(_Section):
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


class OrderSettings(_Section):
    """How long a recipient has before the next person is asked."""

    accept_within: Seconds = Field(
        default=timedelta(seconds=60),
        description="what a recipient has to accept an order that says nothing else",
    )


class Settings(_Section):
    """The whole configuration, validated."""

    hub: HubSettings = Field(default=HubSettings(), description="the process")
    feeds: tuple[FeedSettings, ...] = Field(default=(), description="what it reads")
    push: PushSettings = Field(default=PushSettings(), description="how phones are woken")
    access: AccessSettings = Field(default=AccessSettings(), description="tokens")
    orders: OrderSettings = Field(default=OrderSettings(), description="orders")

    @model_validator(mode="after")
    def _ids_once(self) -> "Settings":
        if twice := _repeated(feed.id for feed in self.feeds):
            message = f"feeds: id {twice[0]!r} is used twice"
            raise ValueError(message)
        return self


ENVIRONMENT = {
    "LIANDONG_HOST": "host",
    "LIANDONG_PORT": "port",
    "LIANDONG_DATA_DIR": "data_dir",
    "LIANDONG_MONGODB_URI": "mongodb_uri",
    "LIANDONG_LOG": "log",
}
"""Variables of the environment, and the keys of `[hub]` that they go before."""


def load(file: Path | None = None, **hub_overrides: object) -> Settings:
    """Settings from a file (or none), the environment over it, and `hub_overrides` over both.

    Raises Unreadable with everything that is wrong: key, value, what was expected; StartError when
    the file is no TOML at all.
    """
    data = _read(file) if file is not None else {}
    hub = data.setdefault("hub", {})
    said_by: dict[str, str] = {}
    if isinstance(hub, dict):
        for variable, key in ENVIRONMENT.items():
            if value := os.environ.get(variable):
                hub[key] = value
                said_by[f"hub.{key}"] = variable
        hub.update({key: value for key, value in hub_overrides.items() if value is not None})
        if "database" not in hub:
            said_by["hub.database"] = "the path of mongodb_uri"
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise Unreadable(data, error, said_by, str(file or "configuration")) from error


class Unreadable(complaints.ConfigError):
    """A configuration with faults.

    `feeds` are those of its feeds that can be read for all that, `broken` the others: what each is
    called, and its table; `area` is the area it names. What is wrong with them can be told in the
    same breath.
    """

    def __init__(
        self, data: dict[str, Any], error: ValidationError, said_by: dict[str, str], what: str
    ) -> None:
        tables = data.get("feeds")
        self.tables = tables if isinstance(tables, list) else []
        self.said_by = said_by
        self.what = what
        hub = data.get("hub")
        named = hub.get("area", "") if isinstance(hub, dict) else ""
        self.area: str = named if isinstance(named, str) and named else HubSettings().area
        found = complaints.complaints(error, Settings, name=self._called)
        read = [(table, _one(FeedSettings, table)) for table in self.tables]
        self.feeds: tuple[FeedSettings, ...] = tuple(one for _, one in read if one is not None)
        self.broken = [
            (self._called(("feeds", place)), row)
            for place, (row, one) in enumerate(read)
            if one is None and isinstance(row, dict)
        ]
        found += [f"{feed}: {ONE_ENDPOINT}." for feed, row in self.broken if _endpoints(row) != 1]
        ids = (table.get("id") for table in self.tables if isinstance(table, dict))
        names = (one for one in ids if isinstance(one, str))
        twice = [f"feeds: id {one!r} is used twice." for one in _repeated(names)]
        super().__init__([*found, *twice], what)

    def _called(self, where: Sequence[int | str]) -> str:
        """As the writer of the file sees it: the feed's id, or which variable said it."""
        if len(where) > 1 and where[0] == "feeds" and isinstance(where[1], int):
            table = self.tables[where[1]]
            named = table.get("id") if isinstance(table, dict) else None
            feed = (
                f"feed {named}"
                if isinstance(named, str) and named
                else f"feed number {where[1] + 1}"
            )
            return f"{feed}: {complaints.dotted(where[2:])}" if where[2:] else feed
        key = complaints.dotted(where)
        return f"{self.said_by[key]} ({key})" if key in self.said_by else key


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StartError(f"{file}: no such configuration file.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise StartError(f"{file}: not a readable TOML file: {error}.") from error


def _one(model: type[Section], table: object) -> Section | None:
    try:
        return model.model_validate(table)
    except ValidationError:
        return None


def _repeated(names: Iterable[str]) -> list[str]:
    """Those that come more than once, once each."""
    return [name for name, times in Counter(names).items() if times > 1]


def secret(reference: str | None) -> str | None:
    """The secret behind `env:NAME` or `file:PATH`; None without a reference.

    Raises StartError when there is a reference and nothing behind it.
    """
    if reference is None:
        return None
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(rest)
        if value:
            return value
        raise StartError(f"secret_ref {reference!r}: the environment variable is not set.")
    if scheme == "file":
        try:
            return Path(rest).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise StartError(f"secret_ref {reference!r}: {error.strerror}.") from error
    raise StartError("secret_ref: expected env:NAME or file:PATH (never the secret itself).")


@lru_cache(maxsize=8)
def area_text(name: str) -> str:
    """The text of the area file: a name in the package's `areas/`, or a path that ends in .toml.

    Raises StartError if there is none, saying where it was looked for and which names there are.
    """
    named = not name.endswith(".toml")
    path = AREAS / f"{name}.toml" if named else Path(name).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if named:
            known = sorted(one.stem for one in AREAS.glob("*.toml"))
            message = f"hub.area = {name!r}: no area of this name is known."
            hint = f"Known: {', '.join(known)}. Or give the path of an area file: my-area.toml."
            raise StartError(message, hint=hint) from error
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StartError(
            f"hub.area = {name!r}: {path.absolute()} cannot be read: {why}.",
            hint="A path is from the folder the hub is started in.",
        ) from error


def samples_dir() -> Path:
    """Where the third-party sample feeds lie (`LIANDONG_SAMPLES`, for tests and benchmarks)."""
    return Path(os.environ.get("LIANDONG_SAMPLES", "../shared/data"))


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a process we start, with `extra` over it."""
    return {**os.environ, **extra}
