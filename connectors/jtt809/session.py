"""The main link: a lower platform's connection to the hub, which is the superior platform."""

from datetime import datetime
from hmac import compare_digest

from connectors.jtt809.reader import DIALECT, Reader
from connectors.jtt_session import FrameSession
from hub.connector import Context, Exchange
from hub.errors import PayloadError, Reason
from hub.formats.jtt809 import (
    LoginResult,
    Message,
    MessageId,
    decode_login,
    encode_message,
    login_reply,
)

MAX_FAILED_LOGINS = 5


class MainLink(FrameSession[Message]):
    """The state machine of one TCP peer; satisfies `hub.connector.Session`.

    Answers login (0x1002), logout (0x1004) and link tests (0x1006), in the edition and version of
    the request; dynamic data has no answer of its own in the standard. Nothing but a login counts
    before a login has succeeded. A peer that fails five logins is disconnected with the next.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(DIALECT)
        self._reader = Reader(context)
        self._logged_in = False
        self._failed = 0

    def take(self, frame: Message, at: datetime, exchange: Exchange) -> None:
        """Read a message and answer it."""
        self.peer_id = self.peer_id or self._reader.platform_id(frame.access_code)
        if frame.message_id == MessageId.LOGIN:
            self._log_in(frame, at, exchange)
            return
        if not self._logged_in:
            exchange.batch.reject(
                Reason.NOT_AUTHENTICATED, self.peer_id, "the platform has not logged in."
            )
            return
        self._reader.read(frame, at, exchange.batch, live=True)
        exchange.raw.extend(self._reader.archived(frame))
        if frame.message_id == MessageId.LINK_TEST:
            self._answer(frame, MessageId.LINK_TEST_REPLY, b"", at, exchange)
        elif frame.message_id == MessageId.LOGOUT:
            self._logged_in = False
            self._answer(frame, MessageId.LOGOUT_REPLY, b"", at, exchange)

    def _log_in(self, frame: Message, at: datetime, exchange: Exchange) -> None:
        if self._failed >= MAX_FAILED_LOGINS:
            exchange.batch.reject(
                Reason.NOT_AUTHENTICATED, self.peer_id or "?", "too many logins have failed."
            )
            exchange.close = True
            return
        result = self._judge(frame)
        self._logged_in = result is LoginResult.OK
        if not self._logged_in:
            self._failed += 1
            exchange.batch.reject(
                Reason.NOT_AUTHENTICATED, self.peer_id or "?", f"login refused: {result.name}"
            )
        code = self._reader.verify_code(frame.access_code) if self._logged_in else 0
        self._answer(frame, MessageId.LOGIN_REPLY, login_reply(result, code), at, exchange)

    def _judge(self, frame: Message) -> LoginResult:
        config = self._reader.config
        try:
            login = decode_login(self._reader.decrypted(frame))
        except PayloadError:
            return LoginResult.OTHER
        if config.access_code not in {None, frame.access_code}:
            return LoginResult.WRONG_ACCESS_CODE
        if config.user not in {None, login.user}:
            return LoginResult.UNKNOWN_USER
        if config.password is not None and not compare_digest(
            login.password.encode(), config.password.encode()
        ):
            return LoginResult.WRONG_PASSWORD
        return LoginResult.OK

    def _answer(
        self, to: Message, message_id: MessageId, body: bytes, at: datetime, exchange: Exchange
    ) -> None:
        time = None if to.time is None else at
        plain = Message(message_id, to.access_code, self.next_serial(), body, time, to.version)
        exchange.replies.append(encode_message(plain))
