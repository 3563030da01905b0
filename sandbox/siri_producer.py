"""The railway's SIRI producer: answers, keeps subscriptions, notifies, and says that it lives."""

import asyncio
import contextlib
from dataclasses import dataclass

import httpx2
from lxml import etree

from sandbox.feeds import Feeds
from sandbox.wire.siri import PRODUCER, child, iso, put, root_of
from sandbox.wire.siri_request import (
    CheckStatusRequest,
    ServiceRequest,
    SubscriptionRequest,
    TerminateRequest,
    Wish,
)

NOTIFY_SECONDS = 5.0
"""Real seconds between two notifications; each tells everything that holds."""
HEADERS = {"Content-Type": "text/xml; charset=utf-8"}


@dataclass(slots=True)
class Held:
    """One subscription: whose it is, what it asks for, and what sends its notifications."""

    subscriber: str
    address: str
    wish: Wish
    sender: "asyncio.Task[None] | None" = None


class Producer:
    """Answers every request of a consumer. An instance belongs to the running loop."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._clock = feeds.day.clock
        self._started = self._clock.posix()
        self._held: dict[tuple[str, str], Held] = {}
        self._beats: dict[tuple[str, str], asyncio.Task[None]] = {}

    def answer(
        self, request: ServiceRequest | SubscriptionRequest | TerminateRequest | CheckStatusRequest
    ) -> bytes:
        """The answer to a request that could be read."""
        match request:
            case ServiceRequest():
                return self._feeds.siri(request)
            case SubscriptionRequest():
                return self._subscribe(request)
            case TerminateRequest():
                return self._terminate(request)
            case CheckStatusRequest():
                return self._status(request)

    async def aclose(self) -> None:
        """Stop notifying."""
        tasks = [*self._beats.values(), *(one.sender for one in self._held.values() if one.sender)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- subscriptions ---------------------------------------------------------------------------

    def _subscribe(self, request: SubscriptionRequest) -> bytes:
        """Take up every subscription; one of the same name is replaced."""
        loop = asyncio.get_running_loop()
        root, response = self._response("SubscriptionResponse", request.request_ref)
        for wish in request.wishes:
            key = (request.subscriber, wish.identifier)
            self._end(key)
            held = self._held[key] = Held(request.subscriber, request.address, wish)
            held.sender = loop.create_task(self._notify(key, held))
            status = child(response, "ResponseStatus")
            put(status, "ResponseTimestamp", iso(self._clock.posix()))
            put(status, "SubscriberRef", request.subscriber)
            put(status, "SubscriptionRef", wish.identifier)
            put(status, "Status", "true")
            put(status, "ValidUntil", iso(wish.until))
        put(response, "ServiceStartedTime", iso(self._started))
        if request.heartbeat is not None:
            self._beat_for(request.subscriber, request.address, request.heartbeat)
        return _encoded(root)

    def _terminate(self, request: TerminateRequest) -> bytes:
        root, response = self._response("TerminateSubscriptionResponse", request.request_ref)
        mine = [name for subscriber, name in self._held if subscriber == request.subscriber]
        for identifier in request.identifiers or mine:
            status = child(response, "TerminationResponseStatus")
            put(status, "ResponseTimestamp", iso(self._clock.posix()))
            put(status, "SubscriberRef", request.subscriber)
            put(status, "SubscriptionRef", identifier)
            if self._end((request.subscriber, identifier)):
                put(status, "Status", "true")
                continue
            put(status, "Status", "false")
            put(child(child(status, "ErrorCondition"), "UnknownSubscriptionError"), "ErrorText",
                "no such subscription")  # fmt: skip
        return _encoded(root)

    def _status(self, request: CheckStatusRequest) -> bytes:
        root, response = self._response("CheckStatusResponse", request.request_ref)
        put(response, "Status", "true")
        put(response, "ServiceStartedTime", iso(self._started))
        return _encoded(root)

    def _end(self, key: tuple[str, str]) -> bool:
        held = self._held.pop(key, None)
        if held is None:
            return False
        if held.sender is not None:
            held.sender.cancel()
        gone = (held.subscriber, held.address)
        if gone not in {(one.subscriber, one.address) for one in self._held.values()}:
            beat = self._beats.pop(gone, None)
            if beat is not None:
                beat.cancel()
        return True

    # -- what is sent ----------------------------------------------------------------------------

    async def _notify(self, key: tuple[str, str], held: Held) -> None:
        """Deliver at once and then again and again, until the subscription's time is over."""
        while self._clock.posix() < held.wish.until:
            if self._feeds.gates["railway"].silent() is None:
                subscription = (held.subscriber, held.wish.identifier)
                await _post(
                    held.address, self._feeds.siri_notification(held.wish.request, subscription)
                )
            await asyncio.sleep(NOTIFY_SECONDS)
        self._end(key)

    def _beat_for(self, subscriber: str, address: str, every: float) -> None:
        key = (subscriber, address)
        if (old := self._beats.pop(key, None)) is not None:
            old.cancel()
        self._beats[key] = asyncio.get_running_loop().create_task(self._beat(address, every))

    async def _beat(self, address: str, every: float) -> None:
        while True:
            await asyncio.sleep(max(1.0, self._clock.real(every)))
            if self._feeds.gates["railway"].silent() is None:
                root = root_of()
                beat = child(root, "HeartbeatNotification")
                put(beat, "RequestTimestamp", iso(self._clock.posix()))
                put(beat, "ProducerRef", PRODUCER)
                put(beat, "Status", "true")
                put(beat, "ServiceStartedTime", iso(self._started))
                await _post(address, _encoded(root))

    def _response(
        self, name: str, request_ref: str | None
    ) -> tuple[etree._Element, etree._Element]:
        root = root_of()
        response = child(root, name)
        put(response, "ResponseTimestamp", iso(self._clock.posix()))
        put(response, "ProducerRef" if name == "CheckStatusResponse" else "ResponderRef", PRODUCER)
        if request_ref:
            put(response, "RequestMessageRef", request_ref)
        return root, response


async def _post(address: str, body: bytes) -> None:
    """Send; a consumer that cannot be reached misses it, and gets the next."""
    with contextlib.suppress(httpx2.HTTPError):
        async with httpx2.AsyncClient(timeout=10, verify=False, trust_env=False) as client:
            await client.post(address, content=body, headers=HEADERS)


def _encoded(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
