"""Configuration: the only reader of the environment and of the configuration file.

`liandong.toml` holds `[hub]`, `[[feeds]]`, `[push.fcm]` and `[access]`; environment variables
(`LIANDONG_PORT`, `LIANDONG_DATA_DIR`, `LIANDONG_MONGODB_URI`, `LIANDONG_LOG`) override `[hub]`.
A bad file is refused at start with the key, the value and what was expected.
"""

import os
import tomllib
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hub.errors import StartError

AREAS = Path(__file__).parent / "areas"


def _timezone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError) as error:
        message = "expected an IANA time zone such as Asia/Shanghai"
        raise ValueError(message) from error


def _seconds(value: object) -> object:
    return timedelta(seconds=value) if isinstance(value, int | float) else value


Zone = Annotated[ZoneInfo, BeforeValidator(_timezone)]
Seconds = Annotated[timedelta, BeforeValidator(_seconds)]
"""A duration: a number of seconds, or ISO 8601 ("PT90S")."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.\[\]:-]+$")]
"""A page's origin as browsers send it (RFC 6454): scheme, host and port, in small letters."""


class FeedAuth(_Section):
    """How a poll proves who it is. The secret itself is read from `secret_ref`."""

    kind: Literal["header", "basic", "query_param"]
    name: str = "Authorization"
    prefix: str = ""


class FeedSettings(_Section):
    """One `[[feeds]]` table."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    kind: str
    mode: str | None = None
    dataset: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    url: str | None = None
    listen: str | None = Field(default=None, description="host:port for a TCP server feed")
    push: bool = Field(default=False, description="the source posts to this hub: /feeds/{id}")
    push_secret_ref: str | None = Field(
        default=None, description="env:NAME or file:PATH: what whoever posts must show"
    )
    static_url: str | None = None
    interval: Seconds = timedelta(seconds=20)
    timeout: Seconds = timedelta(seconds=10)
    timezone: Zone = ZoneInfo("Asia/Shanghai")
    auth: FeedAuth | None = None
    secret_ref: str | None = Field(
        default=None, description="env:NAME or file:PATH; never the secret itself"
    )
    incrementality: Literal["full", "differential", "auto"] = "auto"
    warn_after: Seconds | None = None
    expire_after: Seconds | None = None
    max_bytes: int | None = Field(
        default=None, gt=0, description="largest payload and static reference; the kind's if none"
    )
    allow_private: bool = Field(
        default=False,
        description="the feed's host may be a private or loopback address; so may a peer's",
    )
    priority: int = Field(
        default=0, description="of two fresh sources of one thing the higher is shown"
    )
    enabled: bool = True
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def namespace(self) -> str:
        """The dataset whose ids this feed speaks of: its own id unless shared."""
        return self.dataset or self.id

    @model_validator(mode="after")
    def _one_endpoint(self) -> "FeedSettings":
        if [self.url is not None, self.listen is not None, self.push].count(True) != 1:
            message = f"feed {self.id}: expected exactly one of url, listen, push = true"
            raise ValueError(message)
        for key, url in (("url", self.url), ("static_url", self.static_url)):
            if url is not None and urlsplit(url).scheme not in {"http", "https", "file"}:
                message = f"feed {self.id}: {key} {url!r} is no http, https or file URL"
                raise ValueError(message)
        return self


class HubSettings(_Section):
    """`[hub]`."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    data_dir: Path = Path(".liandong")
    mongodb_uri: str | None = None
    database: str = "liandong"
    area: str = "shanghai-railway-station"
    clock_url: str | None = None
    log: Literal["console", "json"] = "console"
    raw_days: int = Field(default=3, ge=0, description="how long raw messages are kept")
    raw_megabytes: int = Field(
        default=1024, ge=0, description="how much of each feed's raw messages is kept, as stored"
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#]+(/[^?#]*)?$",
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


class FcmSettings(_Section):
    """`[push.fcm]`: Firebase Cloud Messaging, or anything that speaks its HTTP v1 interface."""

    credentials: Path
    endpoint: str | None = None


class PushSettings(_Section):
    """`[push]`."""

    fcm: FcmSettings | None = None


class AccessSettings(_Section):
    """`[access]`: lifetimes, and where the signing key lies (made on first start)."""

    access_minutes: int = Field(default=15, ge=1)
    refresh_days: int = Field(default=30, ge=1)
    signing_key: Path | None = None


class OrderSettings(_Section):
    """`[orders]`: how long a recipient has before the next person is asked."""

    accept_within: Seconds = timedelta(seconds=60)


class Settings(_Section):
    """The whole configuration, validated."""

    hub: HubSettings = HubSettings()
    feeds: tuple[FeedSettings, ...] = ()
    push: PushSettings = PushSettings()
    access: AccessSettings = AccessSettings()
    orders: OrderSettings = OrderSettings()

    @model_validator(mode="after")
    def _ids_once(self) -> "Settings":
        seen: set[str] = set()
        for feed in self.feeds:
            if feed.id in seen:
                message = f"feeds: id {feed.id!r} is used twice"
                raise ValueError(message)
            seen.add(feed.id)
        return self


_ENVIRONMENT = {
    "LIANDONG_HOST": "host",
    "LIANDONG_PORT": "port",
    "LIANDONG_DATA_DIR": "data_dir",
    "LIANDONG_MONGODB_URI": "mongodb_uri",
    "LIANDONG_LOG": "log",
}


def load(file: Path | None = None, **hub_overrides: object) -> Settings:
    """Settings from a file (or none), the environment over it, and `hub_overrides` over both.

    Raises StartError, with the key, the value and what was expected.
    """
    data: dict[str, Any] = {}
    if file is not None:
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise StartError(f"{file}: no such configuration file.") from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise StartError(f"{file}: not a readable TOML file: {error}.") from error
    hub = data.setdefault("hub", {})
    if isinstance(hub, dict):
        for variable, key in _ENVIRONMENT.items():
            if value := os.environ.get(variable):
                hub[key] = value
        hub.update({key: value for key, value in hub_overrides.items() if value is not None})
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise StartError(f"{file or 'configuration'}: {describe(error)}") from error


def describe(error: ValidationError) -> str:
    """The first complaint of a validation in one line: key, value, what was expected."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
    if first["type"] == "extra_forbidden":
        return f"{key}: no such key."
    if first["type"] == "missing":
        return f"{key}: is missing."
    shown = repr(first["input"])
    return f"{key} = {shown if len(shown) < 80 else shown[:77] + '...'}: {first['msg']}."


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
    """The text of the area file: a name in the package's `areas/`, or a path.

    Raises StartError if there is none.
    """
    path = Path(name) if name.endswith(".toml") else AREAS / f"{name}.toml"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"hub.area = {name!r}: {path} cannot be read ({error.strerror})."
        ) from error


def samples_dir() -> Path:
    """Where the third-party sample feeds lie (`LIANDONG_SAMPLES`, for tests and benchmarks)."""
    return Path(os.environ.get("LIANDONG_SAMPLES", "../shared/data"))


def child_environment(**extra: str) -> dict[str, str]:
    """The environment for a process we start, with `extra` over it."""
    return {**os.environ, **extra}
