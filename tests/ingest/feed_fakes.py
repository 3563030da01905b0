"""A scripted HTTP origin on a loopback socket, and a connector of the tests' own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from hub.connector import (
    Batch,
    Connector,
    ConnectorConfig,
    Context,
    Envelope,
    Incrementality,
    Manifest,
    Transport,
)
from hub.errors import PayloadError, Reason
from hub.model.common import Mode, Position
from hub.model.vehicles import VehiclePosition
from hub.settings import FeedSettings


@dataclass
class Answer:
    """One scripted answer; `hang` never sends it, each of `late` comes 0.3 s later."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    late: tuple[bytes, ...] = ()

    def wire(self) -> bytes:
        headers = {"content-length": str(len(self.body + b"".join(self.late))), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Said", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Origin:
    """Answers each request by `answer(request)`; remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Answer] = lambda _asked: Answer()
        self.port = 0
        self.arrived = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().strip().split("\r\n")
                method, target, _ = first.split(" ")
                headers = {
                    name.lower(): value for name, value in (line.split(": ", 1) for line in lines)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                asked = Asked(method, target, headers, body)
                self.asked.append(asked)
                self.arrived.set()
                answer = self.answer(asked)
                if answer.hang:
                    await asyncio.Event().wait()
                writer.write(answer.wire())
                for late in answer.late:
                    await asyncio.sleep(0.3)
                    writer.write(late)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


def feed_settings(url: str | None = None, **more: object) -> FeedSettings:
    """Settings of a feed under a name of its own."""
    data: dict[str, object] = {
        "id": f"feed-{uuid4().hex[:8]}",
        "kind": "lines",
        "url": url,
        "allow_private": True,
        "timeout": 2,
        "interval": 3600,
    }
    return FeedSettings.model_validate(data | more)


def lines(envelope: Envelope, context: Context) -> Batch:
    """`as-of` in POSIX seconds, then one vehicle a line: id lat lon."""
    try:
        head, *rows = envelope.body.decode().splitlines()
        batch = Batch(entities=len(rows))
        batch.as_of = datetime.fromtimestamp(int(head), UTC) if head != "-" else None
    except ValueError as error:
        raise PayloadError(Reason.NOT_DECODABLE, "not lines") from error
    for row in rows:
        name, lat, lon = row.split(" ")
        if float(lat) > 90:
            batch.reject(Reason.POSITION_OUT_OF_RANGE, name, f"latitude {lat}")
            continue
        batch.records.append(
            VehiclePosition(
                id=f"{context.dataset}:{name}",
                dataset=context.dataset,
                native_id=name,
                mode=Mode.COACH,
                position=Position(float(lat), float(lon)),
                observed_at=batch.as_of or envelope.received_at,
            )
        )
    return batch


LINES = Connector(
    manifest=Manifest(
        kind="lines",
        standard="lines of the tests",
        modes=frozenset({Mode.COACH}),
        transport=Transport.POLL,
        fresh_for=timedelta(seconds=90),
        expires_after=timedelta(minutes=5),
        reads="vehicles",
        drops="nothing",
        refuses=frozenset(Reason),
    ),
    parse=lines,
)


def context_of(feed: FeedSettings) -> Context:
    return Context(
        feed_id=feed.id,
        dataset=feed.namespace,
        mode=Mode.COACH,
        timezone=ZoneInfo("Asia/Shanghai"),
        incrementality=Incrementality.AUTO,
        config=ConnectorConfig(),
    )
