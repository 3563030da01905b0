"""The main link: a lower platform's connection to the hub, which is the superior platform."""

from datetime import datetime
from hmac import compare_digest

from connectors.jtt.session import FrameSession
from connectors.jtt809.reader import DIALECT, Reader
from connectors.jtt809.sublink import SubordinateLink
from hub.connector import Callback, Context, Exchange
from hub.errors import PayloadError, Reason
from hub.formats.jtt.t809 import (
    Login,
    LoginResult,
    Message,
    MessageId,
    decode_login,
    encode_message,
    login_reply,
)

MAX_FAILED_LOGINS = 5
_UNREACHABLE, _BROKEN = b"\x00", b"\x01"
"""Why there is no subordinate link (0x9007)."""


class MainLink(FrameSession[Message]):
    """The state machine of one TCP peer; satisfies `hub.connector.Session`.

    Answers login (0x1002), logout (0x1004) and link tests (0x1006), in the edition and version of
    the request; dynamic data has no answer of its own in the standard. Nothing but a login counts
    before a login has succeeded. A peer that fails five logins is disconnected with the next.
    A login also says where the subordinate link is awaited: `callback`, until the logout. That this
    link is not there is told over the main one (0x9007).
    """

    def __init__(self, context: Context) -> None:
        super().__init__(DIALECT)
        self._context = context
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
            exchange.replies.append(self._to(frame, MessageId.LINK_TEST_REPLY, b"", at))
        elif frame.message_id == MessageId.LOGOUT:
            self._logged_in, self.callback = False, None
            exchange.replies.append(self._to(frame, MessageId.LOGOUT_REPLY, b"", at))

    def _log_in(self, frame: Message, at: datetime, exchange: Exchange) -> None:
        if self._failed >= MAX_FAILED_LOGINS:
            exchange.batch.reject(
                Reason.NOT_AUTHENTICATED, self.peer_id or "?", "too many logins have failed."
            )
            exchange.close = True
            return
        try:
            login = decode_login(self._reader.decrypted(frame))
            result = self._judge(login, frame.access_code)
        except PayloadError:
            login, result = None, LoginResult.OTHER
        self._logged_in = result is LoginResult.OK
        self.callback = self._callback(frame, login) if login and self._logged_in else None
        if not self._logged_in:
            self._failed += 1
            exchange.batch.reject(
                Reason.NOT_AUTHENTICATED, self.peer_id or "?", f"login refused: {result.name}"
            )
        code = self._reader.verify_code(frame.access_code) if self._logged_in else 0
        body = login_reply(result, code)
        exchange.replies.append(self._to(frame, MessageId.LOGIN_REPLY, body, at))

    def _judge(self, login: Login, access_code: int) -> LoginResult:
        config = self._reader.config
        if config.access_code not in {None, access_code}:
            return LoginResult.WRONG_ACCESS_CODE
        if config.user not in {None, login.user}:
            return LoginResult.UNKNOWN_USER
        if config.password is not None and not compare_digest(
            login.password.encode(), config.password.encode()
        ):
            return LoginResult.WRONG_PASSWORD
        return LoginResult.OK

    def _callback(self, frame: Message, login: Login) -> Callback | None:
        """Where the subordinate link is awaited; None where the platform names no address."""
        config = self._reader.config
        if not (config.subordinate_link and login.host and login.port):
            return None

        def lost(at: datetime, stood: bool) -> bytes:
            code = _BROKEN if stood else _UNREACHABLE
            return self._to(frame, MessageId.DOWN_DISCONNECT_INFORM, code, at)

        return Callback(
            name=self._reader.platform_id(frame.access_code),
            host=login.host,
            port=login.port,
            hosts=config.subordinate_hosts,
            dial=lambda at: SubordinateLink(self._context, frame, at),
            lost=lost,
        )

    def _to(self, request: Message, message_id: MessageId, body: bytes, at: datetime) -> bytes:
        """A message in the edition and version of the request."""
        time = None if request.time is None else at
        code, version = request.access_code, request.version
        return encode_message(Message(message_id, code, self.next_serial(), body, time, version))
