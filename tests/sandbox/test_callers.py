"""What of the sandbox calls others: terminals, a platform, pushes, SIRI notifications."""

import asyncio
import hmac
import struct
from binascii import crc_hqx
from collections.abc import AsyncIterator
from functools import reduce
from hashlib import sha256
from operator import xor
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sandbox_process import SIRI, SandboxProcess

NS = {"s": SIRI}


async def _post(sandbox: SandboxProcess, body: str) -> etree._Element:
    async with sandbox.client() as client:
        answer = await client.post("/railway/siri", content=body)
    return etree.fromstring(answer.content)


class Listener:
    """A TCP server that keeps what it was sent and answers by a function."""

    def __init__(self, end: bytes, answer: Any) -> None:
        self.end, self.answer = end, answer
        self.got: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                read = await reader.readuntil(self.end)
                if len(read) > 1:
                    self.got.put_nowait(read)
                    if (reply := self.answer(read)) is not None:
                        writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def _plain_808(read: bytes) -> bytes:
    plain = read.strip(b"\x7e").replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    assert reduce(xor, plain) == 0
    return plain


def _answer_808(read: bytes) -> bytes:
    """0x8100 to a registration and 0x8001 to all else, in the terminal's own edition."""
    plain = _plain_808(read)
    message, attributes = struct.unpack_from(">HH", plain)
    head = plain[4:15] if attributes & 0x4000 else plain[4:10]
    serial = plain[4 + len(head) : 6 + len(head)]
    registered = message == 0x0100
    body = serial + (b"\0CODE" if registered else plain[:2] + b"\0")
    content = struct.pack(">HH", 0x8100 if registered else 0x8001, len(body) | attributes & 0x4000)
    content += head + b"\0\0" + body
    content += bytes([reduce(xor, content)])
    return b"\x7e" + content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def _plain_809(read: bytes) -> bytes:
    plain = read.rpartition(b"\x5b")[2][:-1]
    for escaped, byte in ((b"\x5a\x01", b"\x5b"), (b"\x5a\x02", b"\x5a")):
        plain = plain.replace(escaped, byte)
    plain = plain.replace(b"\x5e\x01", b"\x5d").replace(b"\x5e\x02", b"\x5e")
    assert crc_hqx(plain, 0xFFFF) == 0
    assert int.from_bytes(plain[:4], "big") == len(plain) + 2
    return plain


def _answer_809(read: bytes) -> bytes | None:
    """0x1002 to a login, 0x1006 to a link test."""
    plain = _plain_809(read)
    message = int.from_bytes(plain[8:10], "big")
    body = {0x1001: b"\0\0\0\0\1", 0x1005: b""}.get(message)
    return None if body is None else _frame_809(message + 1, body)


def _frame_809(message: int, body: bytes = b"") -> bytes:
    head = struct.pack(">IIHI", 26 + len(body), 1, message, 1) + b"\1\0\0\0\0\0\0\0" + body
    content = head + struct.pack(">H", crc_hqx(head, 0xFFFF))
    for byte, escaped in ((b"\x5a", b"\x5a\2"), (b"\x5b", b"\x5a\1"), (b"\x5e", b"\x5e\2")):
        content = content.replace(byte, escaped)
    return b"\x5b" + content.replace(b"\x5d", b"\x5e\1") + b"\x5d"


@pytest.fixture
async def posts(tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """A sandbox whose vehicles and coach terminal call servers of the test's own."""
    pushed: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(headers["content-length"]))
        pushed.put_nowait((headers, body))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        writer.close()

    one, two = Listener(b"\x7e", _answer_808), Listener(b"\x5d", _answer_809)
    servers = [
        await asyncio.start_server(handler, "127.0.0.1", 0)
        for handler in (one.serve, two.serve, web)
    ]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    sandbox = await SandboxProcess.start(
        tmp_path, "--taxis", "0", "--jtt808", f"127.0.0.1:{ports[0]}",
        "--jtt809", f"127.0.0.1:{ports[1]}", "--coach-secret", "s3",
        "--coach-push", f"http://127.0.0.1:{ports[2]}/push",
    )  # fmt: skip
    yield {"808": one.got, "809": two.got, "push": pushed, "web": ports[2], "sandbox": sandbox}
    assert await sandbox.stop() == 0
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_what_calls_the_hub_speaks_its_protocol(posts):
    """808 terminals of both editions and an 809 platform report; a push is signed."""
    async with asyncio.timeout(60):
        editions = set()
        while len(editions) < 2:
            plain = _plain_808(await posts["808"].get())
            if plain[:2] == b"\x02\x00":
                newer = bool(plain[2] & 0x40)
                at = 17 if newer else 12
                lat = int.from_bytes(plain[at + 8 : at + 12], "big") / 1e6
                assert 31.1 < lat < 31.4
                editions.add(newer)
        while (plain := _plain_809(await posts["809"].get()))[8:10] != b"\x12\x00":
            assert plain[8:10] == b"\x10\x01"
        data = plain[22:-2]
        assert data[:21].rstrip(b"\0").decode("gbk").startswith("沪E")
        assert data[22:24] == b"\x12\x02"
        headers, body = await posts["push"].get()
        stamp = headers["x-liandong-timestamp"]
        digest = hmac.new(b"s3", stamp.encode() + b"." + body, sha256).hexdigest()
        assert headers["x-liandong-signature"] == f"v1={digest}"


async def test_the_platform_awaits_the_subordinate_link(posts):
    """At the port of its login: the login's code is accepted and another refused; it answers."""
    async with asyncio.timeout(60):
        login = _plain_809(await posts["809"].get())
        host, port = login[34:66].rstrip(b"\0").decode(), int.from_bytes(login[66:68], "big")
        while _plain_809(await posts["809"].get())[8:10] != b"\x12\x00":
            pass  # the login is answered, then it reports
        for code, result in ((b"\0\0\0\2", 1), (b"\0\0\0\1", 0)):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(_frame_809(0x9001, code))
            answer = _plain_809(await reader.readuntil(b"\x5d"))
            assert (answer[8:10], answer[22]) == (b"\x90\x02", result)
            if not result:
                writer.write(b"noise" + _frame_809(0x9005) + _frame_809(0x9003))
                for reply in (b"\x90\x06", b"\x90\x04"):
                    assert _plain_809(await reader.readuntil(b"\x5d"))[8:10] == reply
            assert await reader.read() == b""
            writer.close()


async def test_a_subscription_is_notified_until_it_is_ended(posts):
    """A SubscriptionRequest is granted, delivered to, and ended; ending it twice is refused."""
    address = f"http://127.0.0.1:{posts['web']}/siri"
    body = (
        f'<Siri xmlns="{SIRI}"><SubscriptionRequest><RequestorRef>me</RequestorRef>'
        f"<ConsumerAddress>{address}</ConsumerAddress>"
        "<SubscriptionContext><HeartbeatInterval>PT1S</HeartbeatInterval></SubscriptionContext>"
        "<FacilityMonitoringSubscriptionRequest>"
        "<SubscriptionIdentifier>one</SubscriptionIdentifier>"
        "<InitialTerminationTime>2099-01-01T00:00:00Z</InitialTerminationTime>"
        "<FacilityMonitoringRequest/></FacilityMonitoringSubscriptionRequest>"
        "</SubscriptionRequest></Siri>"
    )
    end = (
        f'<Siri xmlns="{SIRI}"><TerminateSubscriptionRequest><RequestorRef>me</RequestorRef>'
        "<SubscriptionRef>one</SubscriptionRef></TerminateSubscriptionRequest></Siri>"
    )
    granted = await _post(posts["sandbox"], body)
    assert granted.findtext(".//s:ResponseStatus/s:Status", "", NS) == "true"
    seen: set[str] = set()
    async with asyncio.timeout(60):
        while seen != {"ServiceDelivery", "HeartbeatNotification"}:
            _, got = await posts["push"].get()
            if got.startswith(b"<?xml"):
                root = etree.fromstring(got)
                seen.add(etree.QName(root[0]).localname)
                if (ref := root.find(".//s:SubscriptionRef", NS)) is not None:
                    assert ref.text == "one"
    answers = [await _post(posts["sandbox"], end) for _ in range(2)]
    statuses = [a.findtext(".//s:TerminationResponseStatus/s:Status", "", NS) for a in answers]
    assert statuses == ["true", "false"]
    unusable = await _post(posts["sandbox"], body.replace(address, "nowhere"))
    assert unusable.find(".//s:ErrorCondition", NS) is not None
