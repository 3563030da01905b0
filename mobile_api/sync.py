"""What changed for this officer: page by page (`/sync`) or live (`/events`).

A place in it has one name, the cursor, whichever of the two tells it and whichever is asked to go
on from there. What is no cursor of this account, or of a place that is not kept any more, is
answered by the whole state, and by saying so first (`reset`): never by a guess, nor in silence.

Having read an order here does not mark it received: the app says so with `order.received`.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from hub.deadline import in_time
from hub.model.people import Principal, Scope
from hub.operations.telling.inbox import InboxChange, SyncPage
from hub.requests import EVENTS
from hub.store.faults import passes
from hub.transports import HEARTBEAT, patient
from mobile_api.context import MobileContext
from mobile_api.endpoint import Call, Endpoint
from mobile_api.models import EventsQuery, SyncChange, SyncQuery, SyncReply
from mobile_api.sessions import device_of
from mobile_api.streams import woken

log = structlog.get_logger()

RECHECK = 4.0
"""Seconds after which a quiet stream looks whether its session still stands."""
PAGE = 200


async def sync(call: Call[SyncQuery]) -> SyncReply:
    """One page of changes; a snapshot first, and whenever the cursor is not known any more."""
    account_id = call.caller.account_id
    since = decode_cursor(account_id, call.sent.since)
    page = await call.context.operations.sync(account_id, since, call.sent.limit)
    if device_id := device_of(call):
        await call.context.devices.heard(account_id, device_id)
    return SyncReply(
        changes=[_change(change) for change in page.changes],
        next_cursor=encode_cursor(account_id, page.next_cursor),
        limited=page.limited,
        reset=page.reset,
    )


async def events(call: Call[EventsQuery]) -> StreamingResponse:
    """The same changes, live, as server-sent events, until the session ends."""
    call.context.streams.require_room(call.caller.account_id)
    last = call.request.headers.get("last-event-id") or call.sent.since
    start = decode_cursor(call.caller.account_id, last)
    return _Events(_Stream(call.context, call.caller, device_of(call)).run(start))


class _Events(StreamingResponse):
    """A stream that is ended when the phone takes nothing of it."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type=EVENTS, headers=headers)
        self._events = events

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer; whatever ended it, its place is free then."""
        async with aclosing(self._events):
            await super().__call__(scope, receive, patient(scope, send))


class _Stream:
    """One phone's live stream."""

    def __init__(self, context: MobileContext, principal: Principal, device_id: str | None) -> None:
        self._context = context
        self._principal = principal
        self._device_id = device_id

    async def run(self, cursor: int | None) -> AsyncGenerator[bytes, None]:
        """Pages as events, heartbeats between them, and a last word on why it ended."""
        loop = asyncio.get_running_loop()
        with self._context.streams.flag(self._principal.account_id) as flag:
            yield b"retry: 2000\n\n"
            await self._listens()
            beat_at = loop.time() + HEARTBEAT
            while self._goes_on():
                try:
                    asked = self._context.operations.sync(self._principal.account_id, cursor, PAGE)
                    page = await in_time(asked, self._context.store.answers, waits_on=True)
                except Exception as error:
                    if not passes(error):
                        raise
                    yield _event("closed", {"code": "RETRY_LATER"})
                    return
                if not self._goes_on():
                    break
                for block in self._blocks(page):
                    yield block
                cursor = page.next_cursor
                if page.limited:
                    continue
                while not await woken(flag, RECHECK) and self._goes_on():
                    if loop.time() >= beat_at:
                        yield b": heartbeat\n\n"
                        beat_at = loop.time() + HEARTBEAT
                        await self._listens()
        code = "SHUTTING_DOWN" if self._context.streams.closed else "UNAUTHENTICATED"
        yield _event("closed", {"code": code})

    def _blocks(self, page: SyncPage) -> list[bytes]:
        """A page as events, each with its cursor as the id.

        The items of a snapshot carry no id, only the `synced` that ends it does: a phone cut off in
        the middle of one resumes from before it, not from behind it.
        """
        changes = [_change(change).model_dump(by_alias=True) for change in page.changes]
        if not page.reset:
            return [_event("change", one, self._cursor(one["seq"])) for one in changes]
        return [
            _event("reset", {}),
            *(_event("change", one) for one in changes),
            _event("synced", {"seq": page.next_cursor}, self._cursor(page.next_cursor)),
        ]

    def _cursor(self, seq: int) -> str:
        return encode_cursor(self._principal.account_id, seq)

    async def _listens(self) -> None:
        """Say that this phone hears what it is told; where that fails the next beat says so."""
        if self._device_id is None:
            return
        said = self._context.devices.heard(
            self._principal.account_id, self._device_id, listening=True
        )
        try:
            await in_time(said, self._context.store.answers)
        except Exception as error:
            if not passes(error):
                raise

    def _goes_on(self) -> bool:
        return not self._context.streams.closed and self._context.tokens.still_valid(
            self._principal
        )


def encode_cursor(account_id: str, seq: int) -> str:
    """Opaque text for a place in one account's stream."""
    return base64.urlsafe_b64encode(f"{seq}.{account_id}".encode()).decode().rstrip("=")


def decode_cursor(account_id: str, text: str | None) -> int | None:
    """The place behind `text`; None without one, and for what is no cursor of this account."""
    if text is None:
        return None
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    seq, _, owner = decoded.partition(".")
    known = owner == account_id and seq.isascii() and seq.isdigit() and len(seq) < 19
    return int(seq) if known else None


def _change(change: InboxChange) -> SyncChange:
    return SyncChange.model_validate(
        {"seq": change.seq, "entity": change.entity, "op": change.op, "data": change.data}
    )


def _event(name: str, data: dict[str, Any], cursor: str | None = None) -> bytes:
    head = f"id: {cursor}\n" if cursor is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="GET",
        path="/sync",
        name="sync",
        summary="同步 / What changed since the cursor",
        handler=sync,
        takes=SyncQuery,
        gives=SyncReply,
        scope=Scope.FIELD_WORK,
    ),
    Endpoint(
        method="GET",
        path="/events",
        name="events",
        summary="实时变更 / What changes, live",
        handler=events,
        takes=EventsQuery,
        scope=Scope.FIELD_WORK,
        media=EVENTS,
        problems=("RATE_LIMITED",),
    ),
)
