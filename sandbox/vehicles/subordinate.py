"""Where a JT/T 809 lower platform awaits the subordinate link (从链路) of the superior one."""

import asyncio
import contextlib

from sandbox.vehicles.link import frames
from sandbox.wire import jtt809
from sandbox.wire.jtt809 import Frame, Message

ACCEPTED, WRONG_CODE = b"\0", b"\1"
_ANSWERS: dict[int, Message] = {
    Message.DOWN_LINK_TEST: Message.DOWN_LINK_TEST_REPLY,
    Message.DOWN_LOGOUT: Message.DOWN_LOGOUT_REPLY,
}


class Subordinate:
    """The port, and its answers. `code` is what the main link's login was given."""

    def __init__(self, access_code: int) -> None:
        self.code = b""
        self._access_code = access_code
        self._serial = 0

    async def start(self, host: str) -> asyncio.Server:
        """Listen on a free port."""
        return await asyncio.start_server(self._serve, host, 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            async for inside in frames(reader, jtt809.BEGIN, jtt809.END):
                frame = jtt809.decode(inside)
                if frame is not None and not self._answer(frame, writer):
                    break
        writer.close()

    def _answer(self, frame: Frame, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; whether the link goes on."""
        if frame.message == Message.DOWN_LOGIN:
            right = bool(self.code) and frame.body == self.code
            self._write(writer, Message.DOWN_LOGIN_REPLY, ACCEPTED if right else WRONG_CODE)
            return right
        if (reply := _ANSWERS.get(frame.message)) is not None:
            self._write(writer, reply)
        return frame.message != Message.DOWN_LOGOUT

    def _write(self, writer: asyncio.StreamWriter, message: int, body: bytes = b"") -> None:
        self._serial = (self._serial + 1) & 0xFFFFFFFF
        writer.write(jtt809.encode(message, self._access_code, self._serial, body))
