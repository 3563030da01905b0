"""One terminal's connection: what arrives, what is written, what is answered."""

from datetime import datetime

from connectors.jtt.session import FROM_PLATFORM, FrameSession
from connectors.jtt905.taxi import DIALECT, Taxis
from hub.connector import Batch, Context, Exchange
from hub.errors import Reason
from hub.formats.jtt.t905 import (
    Frame,
    MessageId,
    Result,
    encode_frame,
    platform_reply,
    registration_reply,
)
from hub.formats.jtt.t905_position import positions_of, without_personal_data

MAX_TERMINALS = 10_000
"""Terminals that may authenticate over one connection (a gateway forwards for many)."""
_UNANSWERED = {MessageId.TERMINAL_REPLY, MessageId.POSITION_QUERY_REPLY}


class TerminalSession(FrameSession[Frame]):
    """The state machine of one TCP peer; satisfies `hub.connector.Session`.

    Answers registration (0x8100), authentication, heartbeat, positions, sign-in, sign-out and
    trips (0x8001). Broken frames are counted and not answered: who sent them is not certain.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(DIALECT)
        self._taxis = Taxis(context)
        self._authenticated: set[str] = set()

    def take(self, frame: Frame, at: datetime, exchange: Exchange) -> None:
        """Read a message and answer it."""
        self.peer_id = self.peer_id or self._taxis.native_id(frame.terminal)
        result = self._result(frame, at, exchange.batch)
        if result is not Result.FAILED and positions_of(frame) is not None:
            exchange.raw.append(encode_frame(without_personal_data(frame)))
        if frame.message_id >= FROM_PLATFORM or frame.message_id in _UNANSWERED:
            return
        exchange.replies.append(self._reply(frame, result))

    def _result(self, frame: Frame, at: datetime, batch: Batch) -> Result:
        required = self._taxis.config.require_authentication
        if frame.message_id == MessageId.AUTHENTICATION and required:
            return self._authenticate(frame, batch)
        unknown = frame.terminal not in self._authenticated
        if required and unknown and positions_of(frame) is not None:
            batch.reject(
                Reason.NOT_AUTHENTICATED,
                self._taxis.native_id(frame.terminal),
                "the terminal has not given its authentication code.",
            )
            return Result.FAILED
        return self._taxis.read(frame, at, batch)

    def _authenticate(self, frame: Frame, batch: Batch) -> Result:
        if self._taxis.knows_code(frame) and len(self._authenticated) < MAX_TERMINALS:
            self._authenticated.add(frame.terminal)
            return Result.OK
        batch.reject(
            Reason.NOT_AUTHENTICATED,
            self._taxis.native_id(frame.terminal),
            "the authentication code is not the one given at registration.",
        )
        return Result.FAILED

    def _reply(self, frame: Frame, result: Result) -> bytes:
        serial = self.next_serial()
        if frame.message_id == MessageId.REGISTRATION:
            return registration_reply(frame, serial, self._taxis.code(frame.terminal))
        return platform_reply(frame, serial, result)
