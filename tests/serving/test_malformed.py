"""Bytes that are no HTTP: refused with 400 or an end, and never a traceback in the log."""

import logging

import pytest

from tests.serving.serving import served
from tests.serving.test_connections import APP, HEAD, PATIENT, WHOLE, alive, ended, opened

CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
UPGRADE = (
    b"GET /talk HTTP/1.1\r\nhost: hub\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\n"
)
KEY = b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
MASK = b"\0\0\0\0"


def frame(first: int, payload: bytes) -> bytes:
    """A masked frame of less than 126 bytes, as a client sends it."""
    return bytes((first, 0x80 | len(payload))) + MASK + payload


async def answered(sent: bytes, then: bytes = b"", *, leaves: bool = False) -> bytes:
    """All that the hub says to these bytes until the connection ends; it serves others after it.

    `then` is sent once it has begun to answer; who `leaves` sends nothing more then.
    """
    async with served(APP, PATIENT) as port:
        reader, writer = await opened(port)
        writer.write(sent)
        said = b""
        if then or leaves:
            said = await reader.readuntil(b"\r\n\r\n")
            writer.write(then)
        if leaves:
            writer.write_eof()
        said += await ended(reader)
        writer.close()
        assert await alive(port)
    return said


def quiet(caplog: pytest.LogCaptureFixture) -> bool:
    """One line at most was logged, by the event loop or anybody else, and no traceback."""
    shown = [record for record in caplog.records if record.levelno >= logging.WARNING]
    return len(shown) < 2 and not any(record.exc_info for record in shown)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        b"GET\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: hub\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        HEAD + b"x y: 1\r\n\r\n",
        HEAD + b"content-length: -1\r\n\r\n",
        HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
        HEAD + b"content-length: 2, 3\r\n\r\nhi!",
        HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n0\r\n\r\n",
        HEAD.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: gzip\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"zz\r\nhalf",
        CHUNKED + b"5\r\nwholeXX0\r\n\r\n",
        CHUNKED + b"ffffffffffffffffffffffff\r\n",
        CHUNKED + b"1\r\na\r\n0\r\nx y: 1\r\n\r\n",
        CHUNKED + b"-1\r\n",
    ],
    ids=[
        "tls", "line", "nul", "no-host", "header", "negative", "two-lengths",
        "list-of-lengths", "length-and-coding", "coding-and-length", "coding-in-1.0", "coding",
        "two-codings", "chunk-size", "chunk-end", "chunk-huge", "trailer", "chunk-negative",
    ],
)  # fmt: skip
async def test_malformed_bytes_are_400_and_the_end(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """In head and body; what the connection brings behind them is not read as a request."""
    said = await answered(sent + WHOLE)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert quiet(caplog), caplog.text


@pytest.mark.parametrize("path", [b"echo", b"refuse"])
async def test_whoever_serves_a_body_that_breaks_says_no_more(
    caplog: pytest.LogCaptureFixture, path: bytes
) -> None:
    """Whether it reads the body, or would answer without: the 400 has been said."""
    said = await answered(CHUNKED.replace(b"echo", path) + b"zz\r\n")
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert quiet(caplog), caplog.text


@pytest.mark.parametrize("behind", [b"zz\r\n", b"1\r\naX"], ids=["size", "end"])
async def test_a_body_that_breaks_behind_its_answer_just_ends(
    behind: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """There is nothing left to answer."""
    said = await answered(CHUNKED.replace(b"echo", b"refuse"), behind)
    assert said.startswith(b"HTTP/1.1 401 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert quiet(caplog), caplog.text


async def test_a_body_that_breaks_within_its_answer_ends_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The answer stops where it is: no second head in the midst of it."""
    said = await answered(CHUNKED.replace(b"POST /echo", b"GET /much"), b"zz\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"400" not in said
    assert quiet(caplog), caplog.text


@pytest.mark.parametrize(
    "sent",
    [
        UPGRADE + b"\r\n",
        UPGRADE + b"sec-websocket-key: short\r\n\r\n",
        UPGRADE.replace(b": 13", b": 99") + KEY + b"\r\n",
        UPGRADE.replace(b"GET", b"POST") + KEY + b"\r\n",
        UPGRADE + KEY + b"content-length: 4\r\n\r\nhalf",
        UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0") + KEY + b"\r\n",
        UPGRADE + KEY + b"sec-websocket-extensions: ;;\r\n\r\n",
        UPGRADE + KEY + b"x-a: \xff\xfe\r\n\r\n",
        UPGRADE.replace(b": websocket", b": h2c") + b"connection: close\r\n\r\n",
    ],
    ids=["no-key", "key", "version", "post", "body", "1.0", "extension", "bytes", "h2c"],
)
async def test_a_malformed_upgrade_is_answered(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused, or served as what it is; in either case without a traceback."""
    said = await answered(sent, leaves=True)
    assert said.startswith(b"HTTP/1.1 ")
    assert quiet(caplog), caplog.text


@pytest.mark.parametrize(
    "sent",
    [
        b"\x81\x02hi",
        frame(0x81, b"\xff\xfe"),
        frame(0xF1, b"hi"),
        frame(0x83, b"hi"),
        frame(0x80, b"hi"),
        frame(0x09, b"hi"),
        frame(0x88, b"\x01"),
        frame(0x88, b"\x00\x01"),
        frame(0x88, b"\x03\xe8\xff"),
        frame(0x01, b"hi") + frame(0x81, b"hi"),
        b"\x81\xff" + b"\xff" * 8,
    ],
    ids=[
        "unmasked", "utf-8", "reserved", "opcode", "continued", "ping", "close", "code", "reason",
        "interleaved", "huge",
    ],
)  # fmt: skip
async def test_a_malformed_frame_ends_the_socket(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """By a close frame (RFC 6455, 7.1.7)."""
    said = await answered(UPGRADE + KEY + b"\r\n", sent)
    assert said.startswith(b"HTTP/1.1 101 ")
    assert quiet(caplog), caplog.text
