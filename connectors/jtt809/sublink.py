"""The subordinate link (从链路): the hub calls the lower platform back, as the superior platform.

A pure state machine, like the main link's: it is given bytes and the time and says what to send.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from connectors.jtt.session import FrameSession
from connectors.jtt809.reader import DIALECT, Reader
from hub.connector import Context, Exchange
from hub.errors import PayloadError, Reason
from hub.formats.jtt.t809 import Message, MessageId, encode_message

MISSED_TESTS = 3
"""Link tests without any message of the lower platform after which the link is dead."""
ANSWER_WITHIN = timedelta(seconds=20)
"""For the answer to the login (0x9002)."""
GOODBYE_WITHIN = timedelta(seconds=3)
"""For the answer to the logout (0x9004)."""
_ENDS = {
    MessageId.DOWN_DISCONNECT_REPLY: "it was closed in agreement.",
    MessageId.CLOSE_INFORM: "the platform closes its links (0x1008).",
}
_REFUSALS = {1: "the verify code is wrong", 2: "the platform has no room, try later"}


class LinkState(StrEnum):
    """Where a subordinate link is in its life."""

    OPENING = "OPENING"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class SubordinateLink(FrameSession[Message]):
    """One subordinate link; satisfies `hub.connector.Outgoing`.

    `login` is the login that was accepted on the main link: its access code, edition and version
    are spoken here too. A link test goes out every `heartbeat_s`. What the lower platform sends
    here because its main link is down is read as there, once it has accepted the link.
    """

    def __init__(self, context: Context, login: Message, at: datetime) -> None:
        super().__init__(DIALECT)
        self._reader = Reader(context)
        self._login = login
        self._code = self._reader.verify_code(login.access_code).to_bytes(4, "big")
        self._every = timedelta(seconds=self._reader.config.heartbeat_s)
        self._since = self._heard = self._tested = at
        self.peer_id: str = self._reader.platform_id(login.access_code)
        self.state = LinkState.OPENING
        self.ended: str | None = None

    @property
    def standing(self) -> bool:
        """Whether the lower platform has accepted the link."""
        return self.state is LinkState.OPEN

    def opening(self, at: datetime) -> bytes:
        """The request (0x9001) to send first, with the code the main link's login was given."""
        return self._message(MessageId.DOWN_CONNECT, self._code, at)

    def closing(self, at: datetime) -> bytes:
        """The request (0x9003) that ends the link; the answer to it closes."""
        self.state, self._since = LinkState.CLOSING, at
        return self._message(MessageId.DOWN_DISCONNECT, self._code, at)

    def tick(self, at: datetime) -> bytes:
        """A link test (0x9005) when one is due, else nothing; gives a silent link up."""
        if self.state is LinkState.OPENING and at - self._since > ANSWER_WITHIN:
            self._end("the platform does not answer the subordinate login.")
        elif self.state is LinkState.CLOSING and at - self._since > GOODBYE_WITHIN:
            self._end("the platform does not answer the logout.")
        elif self.state is LinkState.OPEN and at - self._heard > self._every * MISSED_TESTS:
            self._end("the platform has been silent for too long.")
        if self.state is not LinkState.OPEN or at - self._tested < self._every:
            return b""
        self._tested = at
        return self._message(MessageId.DOWN_LINK_TEST, b"", at)

    def take(self, frame: Message, at: datetime, exchange: Exchange) -> None:
        """Follow the link's life, and read the data that comes here."""
        self._heard = at
        if frame.message_id == MessageId.DOWN_CONNECT_REPLY:
            self._answered(frame)
        elif frame.message_id in _ENDS:
            self._end(_ENDS[MessageId(frame.message_id)])
        elif self.state is LinkState.OPENING:
            said = "the platform has not accepted the link."
            exchange.batch.reject(Reason.NOT_AUTHENTICATED, self.peer_id, said)
            return
        elif frame.message_id == MessageId.LINK_TEST:
            exchange.replies.append(self._message(MessageId.LINK_TEST_REPLY, b"", at))
        self._reader.read(frame, at, exchange.batch, live=True)
        exchange.raw.extend(self._reader.archived(frame))
        exchange.close = self.state is LinkState.CLOSED

    def _answered(self, frame: Message) -> None:
        if self.state is not LinkState.OPENING:
            return
        try:
            result = self._reader.decrypted(frame).body[:1]
        except PayloadError as error:
            self._end(f"the platform's answer cannot be read: {error}")
            return
        if result == b"\x00":
            self.state = LinkState.OPEN
            return
        why = _REFUSALS.get(result[0] if result else 0, "without a reason")
        self._end(f"the platform refuses the subordinate login: {why} (0x9002, {result.hex()}).")

    def _end(self, why: str) -> None:
        self.state, self.ended = LinkState.CLOSED, why

    def _message(self, message_id: MessageId, body: bytes, at: datetime) -> bytes:
        time = None if self._login.time is None else at
        code, version = self._login.access_code, self._login.version
        return encode_message(Message(message_id, code, self.next_serial(), body, time, version))
