"""JT/T 809's subordinate link over real sockets: made, kept, made again, ended; or not allowed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from connectors.jtt809 import CONNECTOR
from connectors.jtt809.reader import DIALECT
from hub.connector import options_of
from hub.formats.jtt.t809 import LoginResult, MessageId
from hub.model.common import Mode
from hub.model.feeds import LinkState
from tests.connectors.jtt_rig import PATIENCE, Peer, Rig, RigOf, dynamic, login, report, up

ACCEPTED = b"\x00"
NAME = "platform 31010001"


class Lower:
    """A lower platform's port for the subordinate link: each connection is taken by the test."""

    def __init__(self) -> None:
        self._calls: asyncio.Queue[Peer] = asyncio.Queue()
        self._peers: list[Peer] = []
        self.port = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peers.append(Peer(DIALECT, reader, writer))
        self._calls.put_nowait(self._peers[-1])

    async def call(self) -> Peer:
        """The next connection of the hub."""
        return await asyncio.wait_for(self._calls.get(), PATIENCE)

    async def stands(self, result: bytes = ACCEPTED) -> Peer:
        """The next connection, its login (0x9001) answered."""
        peer = await self.call()
        assert (await peer.answer()).message_id == MessageId.DOWN_CONNECT
        peer.send(up(MessageId.DOWN_CONNECT_REPLY, result))
        return peer

    @property
    def untouched(self) -> bool:
        return not self._peers

    async def close(self) -> None:
        for peer in self._peers:
            peer.writer.close()
            with suppress(ConnectionError):
                await peer.writer.wait_closed()


@pytest.fixture
async def lower() -> AsyncIterator[Lower]:
    mine = Lower()
    server = await asyncio.start_server(mine.accept, "127.0.0.1", 0)
    mine.port = server.sockets[0].getsockname()[1]
    yield mine
    server.close()
    await mine.close()
    await server.wait_closed()


async def logged_in(rig: Rig, lower: Lower, host: str = "127.0.0.1") -> Peer:
    platform = await rig.call()
    platform.send(login(host=host, port=lower.port))
    assert (await platform.answer()).body[0] == LoginResult.OK
    return platform


async def shown(rig: Rig) -> dict:
    """The feed's document, and in it the callback's row."""
    await rig.monitor.save()
    return await rig.repository.get(rig.feed.id)


async def eventually(true) -> None:
    """What no message tells: until the hub has noticed that somebody hung up."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110  # nobody but the hub's own state tells
            await asyncio.sleep(0.01)


async def test_the_link_is_opened_kept_alive_and_ended_by_the_logout(
    rig_of: RigOf, lower: Lower, clock
):
    """0x9001 with the login's code, a test every minute, 0x9003 after a logout; health says UP."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    platform = await rig.call()
    platform.send(login(port=lower.port))
    code = (await platform.answer()).body[1:]
    link = await lower.call()
    opening = await link.answer()
    assert (opening.message_id, opening.body) == (MessageId.DOWN_CONNECT, code)
    link.send(up(MessageId.DOWN_CONNECT_REPLY, ACCEPTED))
    await eventually(lambda: rig.monitor.beside[NAME].link is LinkState.UP)
    (row,) = (await shown(rig))["callbacks"]
    assert row == {
        "name": NAME,
        "address": f"127.0.0.1:{lower.port}",
        "link_state": "UP",
        "detail": None,
    }
    for _ in range(2):
        clock.advance(seconds=60)
        assert (await link.answer()).message_id == MessageId.DOWN_LINK_TEST
        link.send(up(MessageId.DOWN_LINK_TEST_REPLY))
    platform.send(up(MessageId.LOGOUT, bytes(12)))
    assert (await platform.answer()).message_id == MessageId.LOGOUT_REPLY
    assert (await link.answer()).message_id == MessageId.DOWN_DISCONNECT
    link.send(up(MessageId.DOWN_DISCONNECT_REPLY))
    assert await link.closed()
    assert (await shown(rig))["callbacks"] == []


@pytest.mark.parametrize(
    ("host", "hosts", "private", "why"),
    [
        ("127.0.0.1", [], False, "a private or local address"),
        ("127.0.0.1", ["127.0.0.0/8"], False, "a private or local address"),
        ("127.0.0.1", ["192.0.2.7"], True, "none of the hosts listed"),
        ("127.0.0.2", [], True, "not where it calls from"),
        ("169.254.169.254", [], True, "not where it calls from"),
        ("localhost", [], True, "not where it calls from"),
        ("2130706433", [], True, "not where it calls from"),
        ("::ffff:127.0.0.1", [], True, "not where it calls from"),
    ],
)
async def test_an_address_that_is_not_allowed_is_not_called(
    rig_of: RigOf, lower: Lower, clock, host, hosts, private, why
):
    """It is said to the platform and in the health, and costs nothing else: data is stored."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=private, subordinate_hosts=hosts)
    platform = await logged_in(rig, lower, host)
    told = await platform.answer()
    assert (told.message_id, told.body) == (MessageId.DOWN_DISCONNECT_INFORM, b"\x00")
    platform.send(dynamic(report(clock())), up(MessageId.LINK_TEST))
    assert (await platform.answer()).message_id == MessageId.LINK_TEST_REPLY
    assert len(await rig.vehicles()) == 1
    status = await shown(rig)
    assert (status["state"], status["link_state"]) == ("HEALTHY", "UP")
    assert [row["link_state"] for row in status["callbacks"]] == ["REFUSED"]
    assert why in status["detail"]
    assert lower.untouched


async def test_a_listed_name_is_called(rig_of: RigOf, lower: Lower):
    """A name that the options list may be used, in any case of its letters."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True, subordinate_hosts=["LOCALHOST"])
    await logged_in(rig, lower, "localhost")
    await lower.stands()


async def test_no_link_is_opened_where_none_is_asked_for_or_wanted(rig_of: RigOf, lower: Lower):
    """A login without a port asks for none; the option switches it off."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    await logged_in(rig, Lower())
    other = await rig_of("jtt809", Mode.COACH, allow_private=True, subordinate_link=False)
    await logged_in(other, lower)
    for one in (rig, other):
        assert (await shown(one))["callbacks"] == []
    assert lower.untouched


async def test_a_refused_login_is_shown_and_tried_again(rig_of: RigOf, lower: Lower):
    """0x9002 with another result than 0: the platform is told, the health says why, and so on."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    platform = await logged_in(rig, lower)
    refused = await lower.stands(b"\x01")
    assert await refused.closed()
    told = await platform.answer()
    assert (told.message_id, told.body) == (MessageId.DOWN_DISCONNECT_INFORM, b"\x00")
    status = await shown(rig)
    assert "verify code is wrong" in status["detail"]
    assert [row["link_state"] for row in status["callbacks"]] == ["DOWN"]
    await lower.stands()
    await eventually(lambda: rig.monitor.beside[NAME].link is LinkState.UP)
    assert "verify code" not in (await shown(rig))["detail"]


async def test_a_platform_whose_login_is_refused_shows_in_the_state(rig_of: RigOf, clock):
    """DEGRADED while it goes on, with the platform and why; over once its login succeeds."""
    rig = await rig_of("jtt809", Mode.COACH, password="another")
    platform = await rig.call()
    platform.send(login())
    assert (await platform.answer()).body[0] == LoginResult.WRONG_PASSWORD
    status = await shown(rig)
    assert status["state"] == "DEGRADED"
    assert "login refused: WRONG_PASSWORD" in status["detail"]
    clock.advance(seconds=181)
    assert "refused" not in (await shown(rig))["detail"]


async def test_a_link_that_breaks_is_made_again(rig_of: RigOf, lower: Lower):
    """The break is told over the main link (0x9007, 1), and the next link says 0x9001 again."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    platform = await logged_in(rig, lower)
    for _ in range(2):
        link = await lower.stands()
        await eventually(lambda: rig.monitor.beside[NAME].link is LinkState.UP)
        link.writer.transport.abort()
        told = await platform.answer()
        assert (told.message_id, told.body) == (MessageId.DOWN_DISCONNECT_INFORM, b"\x01")
        assert rig.monitor.beside[NAME].link is LinkState.DOWN


async def test_a_silent_link_is_given_up(rig_of: RigOf, lower: Lower, clock):
    """Three tests without an answer: the connection is closed, and another is made."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    platform = await logged_in(rig, lower)
    link = await lower.stands()
    await eventually(lambda: rig.monitor.beside[NAME].link is LinkState.UP)
    clock.advance(seconds=181)
    assert (await platform.answer()).message_id == MessageId.DOWN_DISCONNECT_INFORM
    assert await link.closed()
    assert "silent" in (await shown(rig))["detail"]
    await lower.stands()


@pytest.mark.parametrize("noise", [b"\x5b\x00\x5d" * 64, b"\x00\xff" * 200_000])
async def test_garbage_on_the_link_harms_nothing(rig_of: RigOf, lower: Lower, clock, noise):
    """What is no frame is dropped, a run of broken ones ends the link; the main link goes on."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    platform = await logged_in(rig, lower)
    link = await lower.stands()
    await eventually(lambda: rig.monitor.beside[NAME].link is LinkState.UP)
    link.send(noise)
    if noise.startswith(b"\x5b"):
        assert (await platform.answer()).message_id == MessageId.DOWN_DISCONNECT_INFORM
        assert "not the protocol" in (await shown(rig))["detail"]
    platform.send(dynamic(report(clock())), up(MessageId.LINK_TEST))
    assert (await platform.answer()).message_id == MessageId.LINK_TEST_REPLY
    assert len(await rig.vehicles()) == 1


async def test_either_link_carries_the_data_when_the_other_is_down(
    rig_of: RigOf, lower: Lower, clock
):
    """The main link gone, positions and link tests of the subordinate one are written, answered.

    When that breaks too nobody is called: the platform logs in again first.
    """
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    platform = await logged_in(rig, lower)
    link = await lower.stands()
    await eventually(lambda: rig.monitor.beside[NAME].link is LinkState.UP)
    platform.writer.transport.abort()
    await eventually(lambda: not rig.receiver.connections)
    link.send(up(MessageId.DISCONNECT_INFORM, b"\x00"), dynamic(report(clock())))
    link.send(up(MessageId.LINK_TEST))
    assert (await link.answer()).message_id == MessageId.LINK_TEST_REPLY
    assert len(await rig.vehicles()) == 1
    status = await shown(rig)
    assert (status["state"], status["link_state"]) == ("HEALTHY", "UP")
    link.writer.transport.abort()
    await eventually(lambda: not rig.monitor.beside)
    assert (await shown(rig))["link_state"] == "CONNECTING"
    await logged_in(rig, lower)
    await lower.stands()


async def test_data_before_the_link_is_accepted_is_refused(rig_of: RigOf, lower: Lower, clock):
    """Whoever listens there has not shown yet that it is the platform."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    await logged_in(rig, lower)
    link = await lower.call()
    link.send(dynamic(report(clock())), up(MessageId.DOWN_CONNECT_REPLY, ACCEPTED))
    link.send(up(MessageId.LINK_TEST))
    assert (await link.answer()).message_id == MessageId.DOWN_CONNECT
    assert (await link.answer()).message_id == MessageId.LINK_TEST_REPLY
    assert await rig.vehicles() == []
    rejects = await rig.repository.rejects(rig.feed.id)
    assert {reject["reason"] for reject in rejects} == {"NOT_AUTHENTICATED"}


async def test_a_second_login_replaces_the_link(rig_of: RigOf, lower: Lower):
    """A platform that came back gets a new link; the one it may have forgotten is closed."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    await logged_in(rig, lower)
    first = await lower.stands()
    await logged_in(rig, lower)
    await lower.stands()
    assert await first.closed()


async def test_a_hub_that_stops_says_goodbye(rig_of: RigOf, lower: Lower):
    """0x9003 goes out while the feed drains, and its answer ends the wait."""
    rig = await rig_of("jtt809", Mode.COACH, allow_private=True)
    await logged_in(rig, lower)
    link = await lower.stands()
    await eventually(lambda: rig.monitor.beside[NAME].link is LinkState.UP)
    stopping = asyncio.create_task(rig.stop())
    assert (await link.answer()).message_id == MessageId.DOWN_DISCONNECT
    link.send(up(MessageId.DOWN_DISCONNECT_REPLY))
    assert await link.closed()
    await stopping


def test_a_network_that_is_none_is_refused_at_start():
    """A list that could never match is an error of the configuration, not a silent refusal."""
    with pytest.raises(ValueError, match="subordinate_hosts"):
        options_of(CONNECTOR.manifest, {"subordinate_hosts": ["10.0.0.0/33"]})
