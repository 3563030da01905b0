"""One JT/T 808 terminal's connection: what arrives, what is written, what is answered."""

from datetime import datetime

from connectors.jtt.session import FROM_PLATFORM, FrameSession
from connectors.jtt808.reader import DIALECT, Reader, is_named
from hub.connector import Batch, Context, Exchange
from hub.errors import Reason
from hub.formats.jtt.t808 import (
    Frame,
    MessageId,
    Result,
    parts_request,
    platform_reply,
    registration_reply,
    time_reply,
)
from hub.formats.jtt.t808_position import carries_positions

MAX_TERMINALS = 10_000
"""Terminals that may authenticate over one connection (a gateway forwards for many)."""
_UNANSWERED = {
    MessageId.TERMINAL_REPLY,
    MessageId.PARAMETERS_REPLY,
    MessageId.ATTRIBUTES_REPLY,
    MessageId.POSITION_QUERY_REPLY,
    MessageId.CONTROL_REPLY,
}
"""Answers to commands; answering them would never end."""


class TerminalSession(FrameSession[Frame]):
    """The state machine of one TCP peer; satisfies `hub.connector.Session`.

    Answers in the edition the terminal speaks: registration with 0x8100, a query for the time with
    0x8004, everything else with 0x8001. Every sub-package is answered, since many terminals send
    the next one only then; the answer to the last one waits, as all others do, until the whole
    message is durable. Sub-packages missing when the last one has come are asked for (0x8003).
    """

    def __init__(self, context: Context) -> None:
        super().__init__(DIALECT)
        self._reader = Reader(context)
        self._authenticated: set[str] = set()

    def take(self, frame: Frame, at: datetime, exchange: Exchange) -> None:
        """Read a frame and answer it."""
        batch = exchange.batch
        if is_named(frame.terminal):
            batch.reject(Reason.BAD_VALUE, self.peer_id or "?", "no terminal has such a number.")
            return
        self.peer_id = self.peer_id or self._reader.native_id(frame.terminal)
        result = self._result(frame, at, exchange)
        if frame.message_id >= FROM_PLATFORM or frame.message_id in _UNANSWERED:
            return
        exchange.replies.append(self._reply(frame, result, at))
        if frame.part is not None:
            first, missing = self._reader.missing(frame)
            if missing:
                exchange.replies.append(parts_request(frame, self.next_serial(), first, missing))

    def _result(self, frame: Frame, at: datetime, exchange: Exchange) -> Result:
        batch = exchange.batch
        if frame.message_id == MessageId.LOGOUT:
            self._authenticated.discard(frame.terminal)
        if self._reader.config.require_authentication:
            if frame.message_id == MessageId.AUTHENTICATION:
                return self._authenticate(frame, batch)
            if carries_positions(frame) and frame.terminal not in self._authenticated:
                return self._refuse(frame, batch, "the terminal has not given its code.")
        refused = len(batch.rejects)
        message = self._reader.whole(frame, at, batch)
        if message is None:
            return Result.OK if len(batch.rejects) == refused else Result.NOT_SUPPORTED
        result = self._reader.read(message, at, batch)
        exchange.raw.extend(self._reader.archived(message))
        return result

    def _authenticate(self, frame: Frame, batch: Batch) -> Result:
        if self._reader.knows_code(frame) and len(self._authenticated) < MAX_TERMINALS:
            self._authenticated.add(frame.terminal)
            return Result.OK
        return self._refuse(frame, batch, "the code is not the one given at registration.")

    def _refuse(self, frame: Frame, batch: Batch, detail: str) -> Result:
        batch.reject(Reason.NOT_AUTHENTICATED, self._reader.native_id(frame.terminal), detail)
        return Result.FAILED

    def _reply(self, frame: Frame, result: Result, at: datetime) -> bytes:
        serial = self.next_serial()
        if frame.message_id == MessageId.REGISTRATION:
            return registration_reply(frame, serial, self._reader.code(frame.terminal))
        if frame.message_id == MessageId.TIME_QUERY:
            return time_reply(frame, serial, at)
        return platform_reply(frame, serial, result)
