"""Behind `liandong feed check`: read one payload with the real connector, write nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack
from urllib.parse import urlsplit
from urllib.request import url2pathname
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx2
from pydantic import ValidationError

from hub import clock
from hub.complaints import ConfigError, complaints
from hub.connector import (
    Batch,
    Connector,
    Context,
    Envelope,
    Incrementality,
    Link,
    Record,
    Reference,
    options_of,
)
from hub.errors import PayloadError, Reason, RetryLater, UserFault
from hub.ingest.body import read_file
from hub.ingest.check_report import Report, report
from hub.ingest.gather import Gatherer, gather, located
from hub.model.facilities import FacilityCondition
from hub.model.parking import SharingStation
from hub.model.situations import Situation
from hub.settings import FEED_ZONE, FeedSettings

_ID = "feed-check"


class How(TypedDict, total=False):
    """How a source is read; see `read`."""

    static: str | None
    timezone: str | None
    at: datetime | None
    options: dict[str, Any] | None
    stop_places: frozenset[str]
    progress: Callable[[float], None] | None


def check(connector: Connector, source: str, **how: Unpack[How]) -> Report:
    """What lies behind `source`, counted; see `read`."""
    return report(connector.manifest.kind, read(connector, source, **how)[0])


def read(
    connector: Connector,
    source: str,
    *,
    static: str | None = None,
    timezone: str | None = None,
    at: datetime | None = None,
    options: dict[str, Any] | None = None,
    stop_places: frozenset[str] = frozenset(),
    progress: Callable[[float], None] | None = None,
) -> tuple[Batch, Reference | None]:
    """Decode and normalise what lies behind `source`, a file or an http(s) URL.

    The batch, and the static reference it was read against.

    `static` is the file or URL of the static reference, `timezone` the zone of times written
    without one. `at` is the moment the payload is taken to have arrived, against which times in
    the future are judged. Without it that is now for a URL; for a file it is the newest moment the
    payload itself speaks of (its `as_of`, else `told_at`), so that an archived file reads the same
    every year: it is read once as of now to learn that moment, and again as of then. `options` are
    the kind's own keys, as in `[feeds.options]`; `stop_places` those of an interchange, by native
    id, without which everything is kept. `progress` is told the share of a large file that is read.

    Raises PayloadError if the bytes are not what the kind reads; UserFault if `source`, `static`,
    `timezone` or `at` is unusable; RetryLater or FeedStopped if a URL gives nothing. Each says in
    one line what to do. Makes an event loop of its own for a URL: not to be called from within one.
    """
    if at is not None and at.tzinfo is None:
        raise UserFault("BAD_TIME", f"at = {at.isoformat()} has no zone.", hint="Add Z or +08:00.")
    now = clock.now()
    context = context_for(connector, timezone, options)
    context = replace(context, stop_places=stop_places, progress=progress)
    if static is not None:
        context = replace(context, reference=_reference(connector, static, context, now))
    raw = _read(connector, source, context, now, is_payload=True)
    raw = replace(raw, received_at=at or now)
    batch = connector.parse(raw, context)
    told_at = batch.as_of or batch.told_at
    if at is None and not _is_url(source) and told_at is not None and told_at < now:
        batch = connector.parse(replace(raw, received_at=told_at), context)
    return batch, context.reference


def lacks_static(connector: Connector, batch: Batch) -> bool:
    """Whether this, read without a static reference, has something to find in one.

    Of kinds whose journeys are matched anything; of others stop places and stations that they name.
    """
    if connector.load_reference is None or batch.matched_journeys or batch.matched_stops:
        return False
    if Reason.AMBIGUOUS_MATCH in connector.manifest.refuses:
        return bool(batch.entities)
    return any(map(_refers, batch.records))


def _refers(record: Record) -> bool:
    match record:
        case Situation():
            return bool(record.affects.stop_places)
        case FacilityCondition():
            return record.stop_place_id is not None
        case SharingStation():  # one by its id alone
            return record.position is None
    return False


def context_for(
    connector: Connector, timezone: str | None, options: dict[str, Any] | None = None
) -> Context:
    """The context of a feed nobody configured. Raises UserFault and StartError."""
    try:
        zone = ZoneInfo(timezone) if timezone else FEED_ZONE
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UserFault(
            "BAD_TIMEZONE",
            f"timezone {timezone!r} is not known.",
            hint="Give an IANA name such as Asia/Shanghai.",
        ) from error
    try:
        config = options_of(connector.manifest, options or {})
    except ValidationError as error:
        lacking = " cannot be read without options" if options is None else ": options"
        found = complaints(error, connector.manifest.config)
        raise ConfigError(found, f"kind {connector.manifest.kind}{lacking}") from error
    return Context(
        feed_id=_ID,
        dataset=_ID,
        mode=None,
        timezone=zone,
        incrementality=Incrementality.AUTO,
        config=config,
    )


def _reference(connector: Connector, static: str, context: Context, now: datetime) -> Reference:
    if connector.load_reference is None:
        raise UserFault(
            "NO_STATIC",
            f"kind {connector.manifest.kind} reads no static reference.",
            hint="Leave --static out.",
        )
    raw = _read(connector, static, context, now, is_payload=False)
    try:
        return connector.load_reference(raw, context)
    except PayloadError as error:
        raise PayloadError(
            error.reason, f"static {raw.source}: {error.message}", hint=error.hint
        ) from error


def _read(
    connector: Connector, source: str, context: Context, now: datetime, *, is_payload: bool
) -> Envelope:
    if _is_url(source):
        return asyncio.run(_fetch(connector, source, context, now, is_payload=is_payload))
    path = Path(source.removeprefix("file://"))
    manifest = connector.manifest
    limit = manifest.max_bytes if is_payload else manifest.max_static_bytes
    raw = _read_file(path, source, now, limit)
    if not is_payload:
        return raw

    async def beside(link: Link, base: str) -> Envelope:
        url = located(link, base)
        return _read_file(Path(url2pathname(urlsplit(url).path)), url, now, limit)

    return asyncio.run(gather(connector, context, raw, path.absolute().as_uri(), beside))


def _read_file(path: Path, source: str, now: datetime, limit: int) -> Envelope:
    try:
        if path.stat().st_size > limit:
            raise PayloadError(Reason.TOO_LARGE, f"{source} is larger than {limit} bytes.")
        return Envelope(read_file(path), now, path.name)
    except OSError as error:
        raise UserFault(
            "SOURCE_NOT_FOUND",
            f"{source} cannot be read: {error.strerror}.",
            hint="Give the path of one payload, or an http(s) URL.",
        ) from error


async def _fetch(
    connector: Connector, url: str, context: Context, now: datetime, *, is_payload: bool
) -> Envelope:
    request = connector.request(context, now) if is_payload and connector.request else None
    manifest = connector.manifest
    if not is_payload:
        manifest = replace(manifest, max_bytes=manifest.max_static_bytes)
        connector = replace(connector, manifest=manifest, follow_up=None)
    try:
        fetcher = Gatherer(_settings(manifest.kind, url), connector, None)
    except (httpx2.InvalidURL, ValidationError) as error:
        raise UserFault("SOURCE_NOT_FOUND", f"{url!r} is no URL.", hint="Look it over.") from error
    try:
        raw = await fetcher.get(context, request)
    except RetryLater as error:
        hint = error.hint or "See that the address is right and its server is up, then try again."
        raise RetryLater(error.message, hint=hint, after=error.after) from error
    finally:
        await fetcher.aclose()
    if raw is None:
        raise UserFault("SOURCE_NOT_FOUND", f"{fetcher.source} gave no body.")
    return raw


def _settings(kind: str, url: str) -> FeedSettings:
    """The limits of a feed nobody configured. An operator's own shell may reach private hosts."""
    return FeedSettings(id=_ID, kind=kind, url=url, allow_private=True)


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))
