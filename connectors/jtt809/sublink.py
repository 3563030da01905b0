"""The subordinate link (从链路): the hub calls the lower platform back, as the superior platform.

A pure state machine, like the main link's: it is given bytes and the time and says what to send.
The hub's receiver only listens, and nothing in the hub opens this connection yet: a hub that does
not is still given everything over the main link, which carries all that this connector reads.
Whoever runs it must hold the address in a login against the hub's list of hosts first.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from connectors.jtt809.reader import DIALECT, Reader
from connectors.jtt_session import FrameSession
from hub.connector import Context, Exchange
from hub.formats.jtt809 import Message, MessageId, encode_message

TEST_EVERY = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(minutes=3)
"""Without any message of the lower platform for so long the link is dead."""


class LinkState(StrEnum):
    """Where a subordinate link is in its life."""

    OPENING = "OPENING"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class SubordinateLink(FrameSession[Message]):
    """One subordinate link: `opening` once connected, `receive` what comes, `tick` each second.

    `login` is the login that was accepted on the main link: its access code, edition and version
    are spoken here too. CLOSED means: close the connection, and connect again after a while if the
    main link still stands.
    """

    def __init__(self, context: Context, login: Message, at: datetime) -> None:
        super().__init__(DIALECT)
        self._reader = Reader(context)
        self._login = login
        self._code = self._reader.verify_code(login.access_code)
        self._heard = self._tested = at
        self.peer_id = self._reader.platform_id(login.access_code)
        self.state = LinkState.OPENING

    def opening(self, at: datetime) -> bytes:
        """The request (0x9001) to send first, with the code the main link's login was given."""
        return self._message(MessageId.DOWN_CONNECT, self._code.to_bytes(4, "big"), at)

    def closing(self, at: datetime) -> bytes:
        """The request (0x9003) that ends the link; the answer to it closes."""
        self.state = LinkState.CLOSING
        return self._message(MessageId.DOWN_DISCONNECT, self._code.to_bytes(4, "big"), at)

    def tick(self, at: datetime) -> bytes:
        """A link test (0x9005) when one is due, else nothing; gives a silent link up."""
        if at - self._heard > GIVE_UP_AFTER:
            self.state = LinkState.CLOSED
        if self.state is not LinkState.OPEN or at - self._tested < TEST_EVERY:
            return b""
        self._tested = at
        return self._message(MessageId.DOWN_LINK_TEST, b"", at)

    def take(self, frame: Message, at: datetime, exchange: Exchange) -> None:
        """Follow the link's life; data that comes here because the main link is down is read."""
        self._heard = at
        if frame.message_id == MessageId.DOWN_CONNECT_REPLY:
            self.state = LinkState.OPEN if frame.body[:1] == b"\x00" else LinkState.CLOSED
        elif frame.message_id in {MessageId.DOWN_DISCONNECT_REPLY, MessageId.CLOSE_INFORM}:
            self.state = LinkState.CLOSED
        self._reader.read(frame, at, exchange.batch, live=True)
        exchange.raw.extend(self._reader.archived(frame))
        exchange.close = self.state is LinkState.CLOSED

    def _message(self, message_id: MessageId, body: bytes, at: datetime) -> bytes:
        time = None if self._login.time is None else at
        code, version = self._login.access_code, self._login.version
        return encode_message(Message(message_id, code, self.next_serial(), body, time, version))
