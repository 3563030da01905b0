"""The hub's own HTTP endpoint for feeds whose source posts: `/feeds/{feed_id}`. No web framework.

Every process that serves HTTP has one, and a request is taken, written and answered by the process
it comes to: turns keep two of them apart (`hub.ingest.turn`). Whether the feed lives is judged by
the process that holds the feed's lease, from what was written (`hub.ingest.pushed`).

Nothing is read of a request before its secret is right, no more than `max_bytes` is held of it, and
only so many requests of a feed wait at a time; the others are told to come again.
"""

import asyncio
import hmac
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog

from hub import clock, settings
from hub.connector import Envelope
from hub.errors import AccessDenied, FeedStopped, LiandongError, PayloadError, Reason, RetryLater
from hub.ingest.body import COMPRESSED, inflated, paced, pieces
from hub.ingest.inlet import Inlet, Setting
from hub.ingest.plan import Connectors, Plan, moved, plans
from hub.ingest.pushed import DENIED_EVERY
from hub.ingest.spacing import Spacing
from hub.model.area import Area
from hub.requests import JSON, BodyRefused, bearer, read_body
from hub.settings import Settings
from hub.spool import Spool
from hub.store.driver import Store
from hub.store.feeds.archive import MEGABYTE

BODY_SECONDS = 30.0
"""Within this a request's body must have arrived."""
MAX_WAITING = 32
"""Requests of one feed being read or waiting to be written."""
IN_HAND = 2
"""How many times `max_bytes` the bodies of one feed may hold together."""

Answer = tuple[int, str, bytes]
"""Status, content type, body."""

log = structlog.get_logger()


class Endpoint:
    """Takes what is posted to this process. Making one validates its feeds; `aclose` it."""

    def __init__(
        self,
        store: Store,
        configured: Settings,
        area: Area,
        connectors: Connectors,
        *,
        spacing: Spacing | None = None,
    ) -> None:
        """Raises StartError, telling of every feed that cannot work as configured."""
        setting = Setting(
            store,
            frozenset(area.stop_places),
            configured.hub.raw_megabytes * MEGABYTE,
            spacing or Spacing(),
        )
        enabled = [feed for feed in configured.feeds if feed.enabled]
        planned = plans(enabled, connectors, area)
        self._gates = {one.feed.id: _Gate(one, setting) for one in planned if one.pushed}

    async def move(self, area: Area) -> None:
        """Read and write for these stop places; returns when nothing is written for others."""
        for gate in self._gates.values():
            await gate.move(area)

    async def aclose(self) -> None:
        """Stop what runs behind answers that were given, and close the connections."""
        for gate in self._gates.values():
            await gate.aclose()

    async def handle(
        self,
        feed_id: str,
        headers: Mapping[str, str],
        body: AsyncIterable[bytes],
        peer: str,
        *,
        secret: str | None = None,
    ) -> Answer:
        """Answer one POST. `headers` are by lower-case name, `secret` is what the path ends with.

        200 means durable. 400 cannot be used, 401 and 403 not allowed, 404 no such feed, 408 too
        slow, 413 too large, 503 come again.
        """
        gate = self._gates.get(feed_id)
        if gate is None:
            return _said(404, "NOT_FOUND", "No feed of this name takes pushes.")
        try:
            gate.admit(headers, secret)
            return await gate.take(headers, body, peer)
        except AccessDenied as error:
            await gate.denied(peer, error)
            return _said(403 if error.code == "FORBIDDEN" else 401, error.code, str(error))
        except PayloadError as error:
            status = 413 if error.reason is Reason.TOO_LARGE else 400
            return _said(status, error.reason, str(error))
        except BodyRefused as refused:
            return _said(refused.status, refused.code, str(refused))
        except (RetryLater, FeedStopped) as error:
            return _said(503, "RETRY_LATER", str(error))


class _Gate:
    """One feed's limits and secrets, before its inlet."""

    def __init__(self, one: Plan, setting: Setting) -> None:
        self._feed = one.feed
        self._max_bytes = one.feed.max_bytes or one.connector.manifest.max_bytes
        self._inlet = Inlet(one, setting)
        self._shown = settings.secret(one.feed.push_secret_ref)
        signing = settings.secret(one.feed.secret_ref)
        self._signing = signing.encode() if signing is not None else None
        self._waiting = 0
        self._held = 0
        self._denying = False
        self._denied_at: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._fetch_again = False

    async def aclose(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)
        await self._inlet.aclose()

    async def move(self, area: Area) -> None:
        """Have the inlet read for these stop places, if they are others to its feed."""
        there = moved(self._inlet.plan, area)
        if there is not self._inlet.plan:
            await self._inlet.move(there, frozenset(area.stop_places))

    def admit(self, headers: Mapping[str, str], secret: str | None) -> None:
        """Raise AccessDenied unless the secret is shown, in the path or as a Bearer token."""
        if self._shown is None:
            return
        for given in (secret or "", bearer(headers.get("authorization"))):
            if given and hmac.compare_digest(given.encode(), self._shown.encode()):
                return
        raise AccessDenied("UNAUTHENTICATED", "The secret of this feed is not shown.")

    async def denied(self, peer: str, error: AccessDenied) -> None:
        """Somebody was not let in: logged once until somebody is, and shown while it goes on."""
        if not self._denying:
            log.warning("push denied", feed=self._feed.id, peer=peer)
        self._denying = True
        now = clock.now()
        if self._denied_at is None or now - self._denied_at >= DENIED_EVERY:
            self._denied_at = now
            await self._inlet.denied(f"拒绝了推送 A push from {peer} was refused: {error}")

    async def take(
        self, headers: Mapping[str, str], body: AsyncIterable[bytes], peer: str
    ) -> Answer:
        """Read, write, answer."""
        if self._waiting >= MAX_WAITING:
            raise RetryLater(f"{MAX_WAITING} requests of this feed are waiting already.")
        self._waiting += 1
        held = _Held()
        try:
            content = await read_body(
                self._holding(held, body), headers, most=self._max_bytes, seconds=BODY_SECONDS
            )
            envelope = Envelope(
                await self._plain(content, headers),
                clock.now(),
                f"push:{self._feed.id} from {peer}",
                headers.get("content-type"),
            )
            accepted = await self._inlet.take(envelope, headers, self._signing)
        finally:
            self._waiting -= 1
            self._held -= held.bytes
        self._denying = False
        if accepted.heard is not None and accepted.heard.data_ready:
            self._fetch_soon()
        return accepted.status, accepted.content_type, accepted.body

    async def _holding(self, held: "_Held", body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The chunks of a body, as long as there is room for them beside the feed's others."""
        async for chunk in body:
            if self._held + len(chunk) > IN_HAND * self._max_bytes:
                raise RetryLater("Too much is being received for this feed already.")
            self._held += len(chunk)
            held.bytes += len(chunk)
            yield chunk

    async def _plain(self, content: bytes, headers: Mapping[str, str]) -> bytes | Spool:
        """The body without its Content-Encoding."""
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding == "identity":
            return content
        if encoding not in COMPRESSED:
            raise PayloadError(Reason.NOT_DECODABLE, f"Content-Encoding {encoding!r} is not read.")
        return await inflated(paced(pieces(content)), self._max_bytes)

    def _fetch_soon(self) -> None:
        """Fetch behind the answer: the producer waits for its acknowledgement first."""
        if self._fetching is not None and not self._fetching.done():
            self._fetch_again = True
            return
        self._fetching = asyncio.create_task(self._fetch(), name=f"supply {self._feed.id}")

    async def _fetch(self) -> None:
        while True:
            self._fetch_again = False
            try:
                await self._inlet.fetch()
            except LiandongError as error:
                log.warning("data not fetched", feed=self._feed.id, detail=str(error))
            if not self._fetch_again:
                return


@dataclass(slots=True)
class _Held:
    """How much of one body is held."""

    bytes: int = 0


def _said(status: int, code: str, message: str) -> Answer:
    return status, JSON, orjson.dumps({"error": {"code": code, "message": message}})
