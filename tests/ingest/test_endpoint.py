"""What sources post to the hub's own endpoint, over real sockets and on a real database."""

import asyncio
import gzip
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from feed_fakes import LINES
from push_rig import AREA, PATIENCE, connectors, post, process

import connectors as connectors_package
from hub import clock as hub_clock
from hub.errors import StartError
from hub.formats.common.signed_push import sign
from hub.ingest import endpoint, inlet
from hub.ingest.health import Health, Thresholds
from hub.ingest.plan import plan
from hub.ingest.pushed import Pushes, followed
from hub.settings import FeedSettings, Settings
from hub.store.driver import Store
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.transit import TransitRepository
from hub.store.leases import Lease
from liandong.http_routes import route_name
from liandong.process import Hub, ProcessRole
from tests.mobile.serving import served

EXAMPLES = Path(connectors_package.__file__).parent / "coach_profile" / "examples"
BODY = b"-\na 31.2 121.4"


def table(**keys: object) -> dict[str, object]:
    """A pushed feed under a name of its own, its secret in the path or the header."""
    return {"id": f"feed-{uuid4().hex[:8]}", "kind": "lines", "push": True, **keys}


@pytest.fixture
def secret(monkeypatch) -> str:
    monkeypatch.setenv("PUSH_SECRET", "open sesame")
    return "env:PUSH_SECRET"


async def vehicles(store: Store, feed: dict[str, object]) -> dict[str, float]:
    """Latitude of each vehicle of a feed as it is stored."""
    found = await TransitRepository(store).vehicles()
    return {
        row["native_id"]: row["location"]["coordinates"][1]
        for row in found
        if row["feed"] == feed["id"]
    }


async def kept(store: Store, feed: dict[str, object], clock) -> list[bytes]:
    since = clock() - timedelta(hours=1)
    return [one.body for one in await FeedRepository(store).raw_since(str(feed["id"]), since)]


async def shown(store: Store, feed: dict[str, object]) -> FeedRepository:
    """The feed has a document, as when some process answers for it."""
    repository = FeedRepository(store)
    await repository.save_status(str(feed["id"]), {"state": "STARTING"})
    return repository


async def test_what_was_answered_is_durable_kept_and_counted(store: Store, secret, clock):
    """After 200 the records, the raw bytes, the rejects and the totals are in the database."""
    feed = table(push_secret_ref=secret)
    repository = await shown(store, feed)
    async with process(store, feed) as url:
        body = b"-\na 31.2 121.4\nb 95 121.4"
        answer = await post(f"{url}/feeds/{feed['id']}/open%20sesame", body)
    assert (answer.status_code, answer.json()) == (200, {"taken": True})
    assert await vehicles(store, feed) == {"a": 31.2}
    assert await kept(store, feed, clock) == [body]
    status = await repository.get(str(feed["id"]))
    assert status["totals"] == {"payloads": 1, "accepted": 1, "rejected": 1, "bytes": len(body)}
    assert status["counts"] == {"accepted": 1, "rejected": 1, "entities": 2}
    assert status["last_received_at"] == status["push"]["received_at"]
    (reject,) = await repository.rejects(str(feed["id"]))
    assert reject["native_id"] == "b"


async def test_nobody_posts_without_the_secret(store: Store, secret, clock):
    """No secret or a wrong one is 401 and changes nothing; a Bearer token is as good."""
    feed = table(push_secret_ref=secret)
    async with process(store, feed) as url:
        there = f"{url}/feeds/{feed['id']}"
        for answer in (
            await post(there, BODY),
            await post(f"{there}/open", BODY),
            await post(there, BODY, authorization="Bearer wrong"),
            await post(there, BODY, authorization="Bearer"),
        ):
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "UNAUTHENTICATED"
            assert "sesame" not in answer.text
        assert await vehicles(store, feed) == {}
        assert await kept(store, feed, clock) == []
        assert (await post(there, BODY, authorization="Bearer open sesame")).status_code == 200
    assert await vehicles(store, feed) == {"a": 31.2}


async def test_that_somebody_is_denied_is_told_of_the_feed(store: Store, secret, clock):
    """Its reason says who was refused and why, for some minutes, and once a minute at most."""
    feed = table(push_secret_ref=secret)
    repository = await shown(store, feed)
    async with process(store, feed) as url:
        there = f"{url}/feeds/{feed['id']}/wrong"
        await post(there, BODY)
        first = Pushes.of(await repository.get(str(feed["id"])))
        clock.advance(seconds=30)
        await post(there, BODY)
        assert Pushes.of(await repository.get(str(feed["id"]))).denied_at == first.denied_at
        clock.advance(seconds=31)
        await post(there, BODY)
    after = Pushes.of(await repository.get(str(feed["id"])))
    assert after.denied_at is not None
    assert clock() - after.denied_at < timedelta(milliseconds=1)
    health = followed(Health(clock()), Pushes(), after)
    ages = Thresholds(timedelta(minutes=10), timedelta(minutes=20))
    reason = health.reason(ages, clock(), AREA.zone) or ""
    assert "A push from 127.0.0.1 was refused: The secret of this feed is not shown." in reason
    assert "sesame" not in reason
    assert "refused" not in (health.reason(ages, clock() + timedelta(minutes=5), AREA.zone) or "")


async def test_a_signature_that_does_not_hold_is_denied(store: Store, secret, clock):
    """The connector checks what is signed with secret_ref; denied, nothing is kept of it."""
    feed = table(secret_ref=secret)
    async with process(store, feed) as url:
        there = f"{url}/feeds/{feed['id']}"
        denied = await post(there, BODY, **{"x-signature": "guess"})
        assert denied.status_code == 401
        assert await kept(store, feed, clock) == []
        assert (await post(there, BODY, **{"x-signature": "open sesame"})).status_code == 200


async def test_a_feed_that_takes_no_pushes_is_not_found(store: Store, secret):
    """Unknown, polled and disabled feeds look the same from outside."""
    polled = table(push=False, url="http://127.0.0.1:9/")
    disabled = table(push_secret_ref=secret, enabled=False)
    async with process(store, polled, disabled) as url:
        for name in ("nobody", polled["id"], disabled["id"]):
            assert (await post(f"{url}/feeds/{name}", BODY)).status_code == 404


async def test_what_cannot_be_used_is_quarantined_and_empties_nothing(store: Store, secret, clock):
    """400 with the reason; the bytes are kept, what was known stays."""
    feed = table(secret_ref=secret)
    repository = await shown(store, feed)
    signed = {"x-signature": "open sesame"}
    async with process(store, feed) as url:
        there = f"{url}/feeds/{feed['id']}"
        await post(there, BODY, **signed)
        answer = await post(there, b"?", **signed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "NOT_DECODABLE")
    assert await vehicles(store, feed) == {"a": 31.2}
    assert await kept(store, feed, clock) == [BODY, b"?"]
    status = await repository.get(str(feed["id"]))
    assert status["push"]["trouble"].startswith("NOT_DECODABLE")
    assert status["totals"]["rejected"] == 1


async def test_a_body_larger_than_allowed_is_not_held(store: Store, secret):
    """413 for a body beyond max_bytes, as it is sent or unpacked; other encodings are 400."""
    feed = table(secret_ref=secret, max_bytes=10_000)
    async with process(store, feed) as url:
        there = f"{url}/feeds/{feed['id']}"
        assert (await post(there, b"x" * 10_001)).status_code == 413
        bomb = gzip.compress(b"\0" * 50_000_000)
        assert (await post(there, bomb[:9_000], **{"content-encoding": "gzip"})).status_code == 413
        assert (await post(there, b"x", **{"content-encoding": "br"})).status_code == 400


async def test_a_compressed_body_is_read(store: Store, secret):
    """Content-Encoding gzip is taken off."""
    feed = table(secret_ref=secret)
    headers = {"content-encoding": "gzip", "x-signature": "open sesame"}
    async with process(store, feed) as url:
        answer = await post(f"{url}/feeds/{feed['id']}", gzip.compress(BODY), **headers)
    assert answer.status_code == 200
    assert await vehicles(store, feed) == {"a": 31.2}


async def test_a_slow_or_crowding_source_is_told_to_come_again(store: Store, secret, monkeypatch):
    """A body that drips is 408; who comes while too many wait is 503, and others are not harmed."""
    monkeypatch.setattr(endpoint, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(endpoint, "MAX_WAITING", 1)
    slow, quick = table(secret_ref=secret), table(secret_ref=secret)
    signed = {"x-signature": "open sesame"}
    async with process(store, slow, quick) as url:
        port = int(url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /feeds/{slow['id']} HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n-"
        writer.write(head.encode())
        refused = 0
        while refused != 503:  # from the moment the slow one is being read
            refused = (await post(f"{url}/feeds/{slow['id']}", BODY, **signed)).status_code
        assert (await post(f"{url}/feeds/{quick['id']}", BODY, **signed)).status_code == 200
        async with asyncio.timeout(PATIENCE):
            assert b"408" in await reader.readline()
        assert (await post(f"{url}/feeds/{slow['id']}", BODY, **signed)).status_code == 200
        writer.close()


async def test_what_cannot_be_written_in_time_is_not_acknowledged(
    store: Store, secret, monkeypatch
):
    """While another process has the turn for long, 503; once it is free the same post is taken."""
    monkeypatch.setattr(inlet, "TURN_SECONDS", 0.3)
    feed = table(secret_ref=secret)
    other = Lease(store, f"push:{feed['id']}", "somebody else")
    assert await other.acquire()
    signed = {"x-signature": "open sesame"}
    async with process(store, feed) as url:
        there = f"{url}/feeds/{feed['id']}"
        refused = await post(there, BODY, **signed)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "RETRY_LATER")
        assert await vehicles(store, feed) == {}
        await other.release()
        assert (await post(there, BODY, **signed)).status_code == 200
    assert await vehicles(store, feed) == {"a": 31.2}


async def test_two_processes_take_turns_and_lose_nothing(store: Store, secret, clock):
    """What one process remembers is not believed after the other wrote: the last post stands."""
    feed = table(secret_ref=secret)
    signed = {"x-signature": "open sesame"}
    async with process(store, feed) as one, process(store, feed) as two:
        for url, lat in ((one, 31.1), (two, 31.2), (one, 31.1), (one, 31.3), (two, 31.1)):
            clock.advance(seconds=1)
            body = f"{int(clock().timestamp())}\na {lat} 121.4".encode()
            assert (await post(f"{url}/feeds/{feed['id']}", body, **signed)).status_code == 200
            assert await vehicles(store, feed) == {"a": lat}
        posts = [
            post(f"{url}/feeds/{feed['id']}", f"-\nv{number} 31.5 121.4".encode(), **signed)
            for number, url in enumerate([one, two] * 10)
        ]
        assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
    assert len(await vehicles(store, feed)) == 21
    assert len(await kept(store, feed, clock)) == 25


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"push": True}, ["push = true", "secret_ref"]),
        ({"push": True, "kind": "gtfs", "secret_ref": "env:PUSH_SECRET"}, ["cannot be pushed"]),
        ({"url": "http://a/", "push_secret_ref": "env:PUSH_SECRET"}, ["nobody posts"]),
        ({"push": True, "push_secret_ref": "env:NOT_SET_ANYWHERE"}, ["not set"]),
        (
            {"kind": "siri_et", "url": "http://a/", "options": {"subscribe": True}},
            ["options.subscribe", "push_secret_ref"],
        ),
        (
            {
                "kind": "siri_et",
                "push": True,
                "push_secret_ref": "env:PUSH_SECRET",
                "options": {"subscribe": True},
            },
            ["options.subscribe", "url"],
        ),
        (
            {
                "kind": "siri_et",
                "url": "http://a/",
                "options": {"subscribe": True, "transport": "lite"},
            },
            ["SIRI-Lite", "subscribe"],
        ),
        (
            {
                "kind": "siri_sm",
                "url": "http://a/",
                "push_secret_ref": "env:PUSH_SECRET",
                "options": {"subscribe": True},
            },
            ["monitoring_refs"],
        ),
    ],
)
def test_a_pushed_feed_that_cannot_work_is_refused_at_start(keys, said, secret):
    """One line: the feed, the key and what was expected; nobody may post unproven."""
    feed = FeedSettings.model_validate({"id": "pushed", "kind": "lines", **keys})
    with pytest.raises(StartError) as caught:
        plan(feed, connectors, AREA)
    assert all(part in str(caught.value) for part in said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keys", [{}, {"push": True, "url": "http://a/"}])
def test_a_feed_has_one_way_in(keys):
    """Exactly one of url, listen and push."""
    with pytest.raises(ValueError, match="exactly one of url, listen, push"):
        Settings.model_validate({"feeds": [{"id": "one", "kind": "lines", **keys}]})


def test_a_secret_in_the_path_does_not_reach_the_metrics():
    """Requests are counted by route: what stands behind /feeds is left out."""
    assert route_name("/feeds/rail-et/open-sesame") == "/feeds"


def test_the_tests_connector_is_polled_otherwise():
    """Having `accept` does not make a kind pushed: the feed's settings do."""
    feed = FeedSettings.model_validate({"id": "polled", "kind": "lines", "url": "http://a/"})
    assert not plan(feed, connectors, AREA).pushed
    assert LINES.accept is None


async def test_the_hub_itself_serves_the_endpoint(mongo_uri: str, secret, tmp_path, monkeypatch):
    """One process, all of it: a signed publication of a coach station is posted and kept."""
    monkeypatch.chdir(tmp_path)
    feed = {"id": "coach", "kind": "coach_profile", "push": True, "secret_ref": secret}
    configured = Settings.model_validate(
        {
            "hub": {
                "mongodb_uri": mongo_uri,
                "database": f"test_{uuid4().hex[:12]}",
                "data_dir": str(tmp_path),
            },
            "feeds": [feed],
        }
    )
    body = (EXAMPLES / "minimal.json").read_bytes()
    hub = await Hub.start(configured, roles=frozenset(ProcessRole), embedded=False)
    try:
        async with served(hub.app) as url:
            there = f"{url}/feeds/coach"
            assert (await post(there, body)).status_code == 401
            answer = await post(there, body, **sign(b"open sesame", hub_clock.now(), body))
            assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
            since = hub_clock.now() - timedelta(minutes=1)
            (stored,) = await FeedRepository(hub.store).raw_since("coach", since)
            assert stored.body == body
    finally:
        await hub.store.drop()
        await hub.stop()
