"""Acquire over HTTP: limits, conditional requests, credentials, and where a URL may lead."""

import asyncio
import gzip
import random
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address

import pytest
from feed_fakes import Answer, Origin, feed_settings

from hub.connector import Request
from hub.errors import FeedStopped, PayloadError, Reason, RetryLater
from hub.ingest.fetch import FULL_EVERY, Fetcher, RateLimited, Unauthorised
from hub.ingest.guard import forbidden, pinned
from hub.ingest.spacing import Spacing
from hub.spool import Spool


@pytest.fixture
async def fetcher_of():
    made: list[Fetcher] = []

    def make(url: str, **more: object) -> Fetcher:
        extra = {key: more.pop(key) for key in ("resolver", "spacing") if key in more}
        feed = feed_settings(more.pop("feed_url", url), **more)
        made.append(Fetcher(feed, url, **extra))
        return made[-1]

    yield make
    for fetcher in made:
        await fetcher.aclose()


async def test_a_body_is_fetched_with_its_type_and_time(origin: Origin, fetcher_of, clock):
    """The envelope says what came, from where, and when by the hub's clock."""
    origin.answer = lambda _: Answer(body=b"hello", headers={"content-type": "text/plain"})
    envelope = await fetcher_of(origin.url).get()
    assert (envelope.body, envelope.content_type) == (b"hello", "text/plain")
    assert (envelope.source, envelope.received_at) == (origin.url, clock())
    assert origin.asked[0].headers["host"] == f"127.0.0.1:{origin.port}"


async def test_an_unchanged_body_is_not_sent_again_but_is_asked_for_now_and_then(
    origin: Origin, fetcher_of
):
    """ETag and Last-Modified are given back; every tenth request asks for everything."""

    def answer(asked):
        if "if-none-match" in asked.headers:
            return Answer(304)
        return Answer(body=b"1", headers={"etag": '"v1"', "last-modified": "yesterday"})

    origin.answer = answer
    fetcher = fetcher_of(origin.url)
    got = [await fetcher.get() for _ in range(FULL_EVERY)]
    assert [envelope is not None for envelope in got] == [True, *[False] * 8, True]
    assert origin.asked[1].headers["if-none-match"] == '"v1"'
    assert origin.asked[1].headers["if-modified-since"] == "yesterday"


async def test_a_304_nobody_asked_for_is_an_error(origin: Origin, fetcher_of):
    """A server that answers 304 to an unconditional request has sent nothing."""
    origin.answer = lambda _: Answer(304)
    with pytest.raises(RetryLater, match="304"):
        await fetcher_of(origin.url).get()


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (Answer(500), RetryLater, "answered 500"),
        (Answer(404), RetryLater, "answered 404"),
        (Answer(401), Unauthorised, "Ask the operator"),
        (Answer(403), Unauthorised, "answered 403"),
        (Answer(429, headers={"retry-after": "120"}), RateLimited, "answered 429"),
        (Answer(302, headers={"location": "http://127.0.0.2/x"}), FeedStopped, "redirects to"),
        (Answer(302, headers={"location": "http://169.254.169.254/"}), FeedStopped, "redirects"),
        (Answer(302, headers={"location": "file:///etc/passwd"}), FeedStopped, "redirects to"),
        (Answer(302, headers={"location": "/again"}), FeedStopped, "more than 3 times"),
        (Answer(body=b"x", headers={"content-encoding": "br"}), PayloadError, "not asked for"),
        (
            Answer(body=b"not gzip" * 9, headers={"content-encoding": "gzip"}),
            PayloadError,
            "broken",
        ),
        (
            Answer(body=gzip.compress(b"x" * 99)[:-9], headers={"content-encoding": "gzip"}),
            PayloadError,
            "cut off",
        ),
        (Answer(body=b"x", headers={"content-length": "9"}), RetryLater, "did not answer"),
    ],
)
async def test_an_answer_that_is_no_body_says_what_to_do(
    origin: Origin, fetcher_of, answer, error, said
):
    """Each failure is of the kind that decides what happens next, in one line."""
    origin.answer = lambda _: answer
    with pytest.raises(error, match=said) as caught:
        await fetcher_of(origin.url, timeout=0.5).get()
    assert "\n" not in str(caught.value)


async def test_retry_after_is_read_as_seconds_or_as_a_date(origin: Origin, fetcher_of, clock):
    """The wait the server asks for reaches the caller, in either form of RFC 9110."""
    fetcher = fetcher_of(origin.url)
    moment = clock() + timedelta(seconds=90)
    date = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    for value, wait in (("120", 120), (date, 90), ("soon", None)):
        origin.answer = lambda _, value=value: Answer(503, headers={"retry-after": value})
        with pytest.raises(RetryLater) as caught:
            await fetcher.get()
        assert caught.value.after == (None if wait is None else pytest.approx(wait, abs=1))


async def test_a_server_that_hangs_costs_no_more_than_the_timeout(origin: Origin, fetcher_of):
    """The timeout covers the whole exchange, not each read."""
    origin.answer = lambda _: Answer(hang=True)
    with pytest.raises(RetryLater, match=r"within 0\.2 s"):
        await fetcher_of(origin.url, timeout=0.2).get()


async def test_nobody_listening_is_a_retry(fetcher_of, unused_port):
    """A refused connection may succeed later."""
    with pytest.raises(RetryLater):
        await fetcher_of(f"http://127.0.0.1:{unused_port}/").get()


@pytest.mark.parametrize("encoding", ["identity", "gzip", "file"])
async def test_a_large_body_lies_on_disk(origin: Origin, fetcher_of, tmp_path, encoding):
    """However it comes, what is over the bound is a file, with the same bytes and digest."""
    body = random.Random(1).randbytes(100_000) * 100
    file = tmp_path / "large"
    file.write_bytes(body)
    packed = gzip.compress(body, 1) if encoding == "gzip" else body
    origin.answer = lambda _: Answer(body=packed, headers={"content-encoding": encoding})
    url = file.as_uri() if encoding == "file" else origin.url
    envelope = await fetcher_of(url).get()
    assert isinstance(envelope.content, Spool)
    assert (envelope.size, envelope.sha256) == (len(body), sha256(body).hexdigest())
    assert envelope.open().read() == body


async def test_a_large_body_that_comes_fast_has_longer_than_the_timeout(origin: Origin, fetcher_of):
    """A megabyte buys a second: what comes after the timeout is taken, what stops is given up."""
    origin.answer = lambda _: Answer(body=b"x" * 600_000, late=(b"x", b"x"))
    assert (await fetcher_of(origin.url, timeout=0.5).get()).size == 600_002
    origin.answer = lambda _: Answer(body=b"x" * 600_000, headers={"content-length": "600002"})
    with pytest.raises(RetryLater, match="did not answer"):
        await fetcher_of(origin.url, timeout=0.5).get()


async def test_bodies_are_capped_before_and_after_decompression(origin: Origin, fetcher_of):
    """A large body and a bomb are refused while they are read; a body at the cap passes."""
    bomb = gzip.compress(b"\x00" * 20_000_000)
    for body, headers in ((b"x" * 2000, {}), (bomb, {"content-encoding": "gzip"})):
        origin.answer = lambda _, body=body, headers=headers: Answer(body=body, headers=headers)
        with pytest.raises(PayloadError) as caught:
            await fetcher_of(origin.url, max_bytes=1000).get()
        assert caught.value.reason is Reason.TOO_LARGE
    exact = gzip.compress(b"y" * 600) + gzip.compress(b"z" * 400)
    origin.answer = lambda _: Answer(body=exact, headers={"content-encoding": "gzip"})
    envelope = await fetcher_of(origin.url, max_bytes=1000).get()
    assert envelope.body == b"y" * 600 + b"z" * 400


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"kind": "header", "name": "X-Key"}, "x-key", "canary"),
        ({"kind": "header", "prefix": "Bearer"}, "authorization", "Bearer canary"),
        ({"kind": "basic"}, "authorization", "Basic Y2FuYXJ5Og=="),
    ],
)
async def test_the_secret_is_sent_as_configured(
    origin: Origin, fetcher_of, monkeypatch, auth, header, value
):
    """Header with prefix, or basic: read from the environment, never from the file."""
    monkeypatch.setenv("FEED_KEY", "canary")
    await fetcher_of(origin.url, auth=auth, secret_ref="env:FEED_KEY").get()
    assert origin.asked[0].headers[header] == value


async def test_the_secret_is_in_no_message_and_no_source(origin: Origin, fetcher_of, monkeypatch):
    """A key in the query is sent to the server and shown to nobody."""
    monkeypatch.setenv("FEED_KEY", "canary")
    auth = {"kind": "query_param", "name": "key"}
    fetcher = fetcher_of(origin.url + "?a=1", auth=auth, secret_ref="env:FEED_KEY")
    envelope = await fetcher.get()
    assert origin.asked[0].target == "/feed?a=1&key=canary"
    assert "canary" not in envelope.source
    origin.answer = lambda _: Answer(403)
    with pytest.raises(Unauthorised) as caught:
        await fetcher.get()
    assert "canary" not in str(caught.value)


async def test_the_secret_goes_to_no_other_host(origin: Origin, fetcher_of, monkeypatch):
    """A static_url elsewhere does not see the key of the feed's own host."""
    monkeypatch.setenv("FEED_KEY", "canary")
    fetcher = fetcher_of(
        origin.url,
        feed_url="https://operator.example/rt",
        auth={"kind": "header"},
        secret_ref="env:FEED_KEY",
    )
    await fetcher.get()
    assert "authorization" not in origin.asked[0].headers


async def test_a_request_of_the_connector_is_sent_as_it_is(origin: Origin, fetcher_of):
    """A SIRI request is a POST with its body; it is never conditional."""
    origin.answer = lambda _: Answer(body=b"<Siri/>", headers={"etag": '"1"'})
    fetcher = fetcher_of(origin.url)
    request = Request("POST", (("content-type", "application/xml"),), b"<ask/>")
    for _ in range(2):
        assert await fetcher.get(request) is not None
    asked = origin.asked[1]
    assert (asked.method, asked.body) == ("POST", b"<ask/>")
    assert asked.headers["content-type"] == "application/xml"
    assert "if-none-match" not in asked.headers


async def test_a_redirect_within_the_host_is_followed(origin: Origin, fetcher_of):
    """Operators move paths; the same host may say so."""

    def answer(asked):
        if asked.target == "/feed":
            return Answer(301, headers={"location": "/v2"})
        return Answer(body=b"moved")

    origin.answer = answer
    assert (await fetcher_of(origin.url).get()).body == b"moved"


async def test_a_file_is_read_and_capped(tmp_path, fetcher_of):
    """file:// reads a local file, within max_bytes; a missing one is a retry."""
    file = tmp_path / "feed.txt"
    file.write_bytes(b"12345")
    assert (await fetcher_of(file.as_uri()).get()).body == b"12345"
    with pytest.raises(PayloadError):
        await fetcher_of(file.as_uri(), max_bytes=4).get()
    with pytest.raises(RetryLater, match="No such file"):
        await fetcher_of((tmp_path / "none").as_uri()).get()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "localhost",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
    ],
)
async def test_private_addresses_are_refused_in_every_spelling(origin: Origin, fetcher_of, host):
    """Loopback, private, link-local, mapped, translated: nothing is asked there."""
    url = f"http://{host}:{origin.port}/"
    with pytest.raises((FeedStopped, RetryLater)) as caught:
        await fetcher_of(url, allow_private=False, timeout=1).get()
    assert "answered" not in str(caught.value)
    assert origin.asked == []


async def test_a_name_with_one_private_address_is_refused(origin: Origin, fetcher_of):
    """Rebinding by a second answer does not work: all addresses are judged."""

    async def resolver(_host, _port):
        return ["93.184.216.34", "127.0.0.1"]

    with pytest.raises(FeedStopped, match="allow_private"):
        await fetcher_of("http://feed.example/", allow_private=False, resolver=resolver).get()


async def test_the_address_judged_is_the_address_used(origin: Origin, fetcher_of):
    """The name is resolved once; the connection goes to that address, named after the host."""
    asked: list[str] = []

    async def resolver(host, _port):
        asked.append(host)
        return ["127.0.0.1"]

    url = f"http://feed.example:{origin.port}/x"
    await fetcher_of(url, resolver=resolver).get()
    assert asked == ["feed.example"]
    assert origin.asked[0].headers["host"] == f"feed.example:{origin.port}"


async def test_a_name_that_does_not_resolve_is_a_retry():
    """DNS comes back."""

    async def resolver(_host, _port):
        raise OSError

    with pytest.raises(RetryLater):
        await pinned("nowhere.example", 80, allow_private=False, resolver=resolver)


def test_public_addresses_are_allowed():
    """An address of the open internet is refused by nobody."""
    for text in ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"):
        assert forbidden(ip_address(text)) is None


async def test_requests_to_one_host_are_spaced(origin: Origin, fetcher_of):
    """Feeds of one host ask one after the other; another host does not wait for them."""
    loop = asyncio.get_running_loop()
    times: list[float] = []

    def answer(_asked) -> Answer:
        times.append(loop.time())
        return Answer(body=b"1")

    origin.answer = answer
    spacing = Spacing(0.2)
    same = [fetcher_of(origin.url, spacing=spacing) for _ in range(3)]
    other = fetcher_of(origin.url.replace("127.0.0.1", "localhost"), spacing=spacing)
    await asyncio.gather(*(fetcher.get() for fetcher in (*same, other)))
    times.sort()
    assert times[1] - times[0] < 0.2
    assert times[2] - times[1] > 0.1
    assert times[3] - times[2] > 0.1


async def test_a_bomb_is_refused_by_its_ratio_long_before_its_size(origin: Origin, fetcher_of):
    """A few kilobytes that unpack to megabytes are none; text that packs well is read."""
    headers = {"content-encoding": "gzip"}
    origin.answer = lambda _: Answer(body=gzip.compress(bytes(8_000_000)), headers=headers)
    with pytest.raises(PayloadError, match="unpacks to over") as caught:
        await fetcher_of(origin.url).get()
    assert caught.value.reason is Reason.TOO_LARGE
    text = "".join(f"<StopPointRef>{number % 5000:06d}</StopPointRef>" for number in range(90_000))
    origin.answer = lambda _: Answer(body=gzip.compress(text.encode()), headers=headers)
    assert (await fetcher_of(origin.url).get()).body == text.encode()


async def test_a_name_is_judged_at_every_request(origin: Origin, fetcher_of):
    """A name that leads elsewhere the second time (rebinding) is refused the second time."""
    answers = iter((["127.0.0.1"], ["224.0.0.1"]))

    async def resolver(_host, _port):
        return next(answers)

    fetcher = fetcher_of(f"http://feed.example:{origin.port}/x", resolver=resolver)
    assert await fetcher.get() is not None
    with pytest.raises(FeedStopped, match=r"224\.0\.0\.1"):
        await fetcher.get()
    assert len(origin.asked) == 1
