"""Payloads that name further documents: fetched, bounded, guarded, and read as one."""

from dataclasses import replace
from pathlib import Path

import pytest
from feed_fakes import LINES, Answer, Asked, Origin, context_of, feed_settings

from hub import clock
from hub.connector import Connector, Context, Envelope, Link, Request
from hub.errors import FeedStopped, PayloadError, RetryLater
from hub.formats.common.bundle import unpack
from hub.ingest import gather as gathering
from hub.ingest.check import check
from hub.ingest.fetch import RateLimited, Unauthorised
from hub.ingest.gather import Gatherer, gather, located, sibling
from hub.ingest.spacing import Spacing
from hub.settings import FeedSettings


def named(envelope: Envelope, _context: Context) -> tuple[Link, ...]:
    """Each line `link URL` names a needed document, `maybe URL` one that is not."""
    lines = envelope.body.decode(errors="replace").splitlines()
    words = [line.split(" ", 1) for line in lines if " " in line]
    return tuple(
        Link(url.rpartition("/")[2], url, needed=word == "link")
        for word, url in words
        if word in {"link", "maybe"}
    )


INDEXED: Connector = replace(LINES, follow_up=named)


@pytest.fixture
async def gatherer_of():
    """Makes gatherers and closes their connections."""
    made: list[Gatherer] = []

    def make(feed: FeedSettings, connector: Connector = INDEXED) -> Gatherer:
        made.append(Gatherer(feed, connector, Spacing(0)))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


def site(origin: Origin, pages: dict[str, bytes | int]) -> None:
    """Serve these, with ETags; a number is a status."""

    def answer(asked: Asked) -> Answer:
        page = pages.get(asked.target, 404)
        if isinstance(page, int):
            return Answer(status=page)
        tag = f'"{hash(page)}"'
        if asked.headers.get("if-none-match") == tag:
            return Answer(status=304)
        return Answer(body=page, headers={"etag": tag})

    origin.answer = answer


async def got(gatherer: Gatherer, feed: FeedSettings) -> list[tuple[str, bytes]]:
    envelope = await gatherer.get(context_of(feed))
    assert envelope is not None
    return [(document.name, document.body) for document in unpack(envelope.body)]


async def test_what_an_index_names_comes_with_it(gatherer_of, origin: Origin):
    """Relative and absolute addresses, and what those name in turn; each once."""
    base = origin.url.removesuffix("/feed")
    pages: dict[str, bytes | int] = {
        "/feed": f"link a\nlink {base}/b\nlink a\nlink /feed".encode(),
        "/a": b"link /c",
        "/b": b"link /a",
        "/c": b"end",
    }
    site(origin, pages)
    feed = feed_settings(origin.url)
    found = await got(gatherer_of(feed), feed)
    assert found == [("", pages["/feed"]), ("a", b"link /c"), ("b", b"link /a"), ("c", b"end")]


async def test_a_payload_that_names_nothing_passes_untouched(gatherer_of, origin: Origin):
    """The bytes are the origin's own, and unchanged is None."""
    site(origin, {"/feed": b"plain"})
    feed = feed_settings(origin.url)
    gatherer = gatherer_of(feed)
    first = await gatherer.get(context_of(feed))
    assert first is not None
    assert first.body == b"plain"
    assert await gatherer.get(context_of(feed)) is None


async def test_a_part_that_changes_is_noticed_and_the_others_are_not_sent_again(
    gatherer_of, origin: Origin
):
    """Each document is asked for conditionally; the bundle has what is known of all."""
    pages: dict[str, bytes | int] = {"/feed": b"link /a\nlink /b", "/a": b"1", "/b": b"2"}
    site(origin, pages)
    feed = feed_settings(origin.url)
    gatherer = gatherer_of(feed)
    first = await got(gatherer, feed)
    assert await got(gatherer, feed) == first, "the same bytes: the poller sees that by the digest"
    pages["/a"] = b"3"
    assert await got(gatherer, feed) == [first[0], ("a", b"3"), ("b", b"2")]


async def test_a_document_is_fetched_once_while_its_edition_stays(gatherer_of, origin: Origin):
    """What the index says has not changed is not asked for; without a credential it is left out."""
    editions = ["1"]

    def follow(envelope: Envelope, context: Context) -> tuple[Link, ...]:
        return tuple(replace(link, edition=editions[0]) for link in named(envelope, context))

    pages: dict[str, bytes | int] = {"/feed": b"link /a", "/a": b"one"}
    site(origin, pages)
    feed = feed_settings(origin.url)
    gatherer = gatherer_of(feed, replace(LINES, follow_up=follow))
    first = await got(gatherer, feed)
    pages["/a"] = b"two"
    assert await got(gatherer, feed) == first
    assert [asked.target for asked in origin.asked] == ["/feed", "/a", "/feed"]
    editions[0] = "2"
    assert await got(gatherer, feed) == [("", b"link /a"), ("a", b"two")]


async def test_a_refusal_by_another_host_costs_only_its_document(gatherer_of, origin: Origin):
    """The credential is the feed's own host's: elsewhere none was given."""
    port = origin.url.removesuffix("/feed").rpartition(":")[2]
    index = f"maybe http://localhost:{port}/a\nlink /b".encode()
    site(origin, {"/feed": index, "/a": 401, "/b": b"2"})
    feed = feed_settings(origin.url)
    assert [name for name, _ in await got(gatherer_of(feed), feed)] == ["", "b"]


async def test_a_document_nobody_names_any_more_is_forgotten(gatherer_of, origin: Origin):
    """Named again it is fetched anew."""
    pages: dict[str, bytes | int] = {"/feed": b"link /a", "/a": b"1"}
    site(origin, pages)
    feed = feed_settings(origin.url)
    gatherer = gatherer_of(feed)
    await got(gatherer, feed)
    pages["/feed"] = b"plain"
    assert await got(gatherer, feed) == [("", b"plain")]
    pages["/feed"] = b"link /a"
    assert await got(gatherer, feed) == [("", b"link /a"), ("a", b"1")]


@pytest.mark.parametrize(
    ("status", "error"), [(404, RetryLater), (401, Unauthorised), (429, RateLimited)]
)
async def test_a_needed_document_that_cannot_be_had_fails_the_poll(
    gatherer_of, origin: Origin, status: int, error: type[Exception]
):
    """No half of a system is ever taken for the whole."""
    site(origin, {"/feed": b"link /a", "/a": status})
    feed = feed_settings(origin.url)
    with pytest.raises(error):
        await gatherer_of(feed).get(context_of(feed))


async def test_one_that_is_not_needed_is_left_out(gatherer_of, origin: Origin):
    """But a refused credential is never passed over."""
    pages: dict[str, bytes | int] = {"/feed": b"maybe /a\nlink /b", "/a": 500, "/b": b"2"}
    site(origin, pages)
    feed = feed_settings(origin.url)
    gatherer = gatherer_of(feed)
    assert [name for name, _ in await got(gatherer, feed)] == ["", "b"]
    pages["/a"] = 401
    with pytest.raises(Unauthorised):
        await got(gatherer, feed)


@pytest.mark.parametrize(
    "address", ["file:///etc/hostname", "ftp://x.test/a", "http://[", "gopher:x"]
)
async def test_an_index_leads_nowhere_but_to_the_web(gatherer_of, origin: Origin, address: str):
    """An index is somebody else's text: no file of this machine is read for it."""
    site(origin, {"/feed": f"link {address}".encode()})
    feed = feed_settings(origin.url)
    with pytest.raises(PayloadError):
        await gatherer_of(feed).get(context_of(feed))


async def test_an_index_may_not_lead_to_private_addresses(origin: Origin):
    """The guard holds for what is named as for the feed itself."""
    index = Envelope(f"link {origin.url}".encode(), clock.now(), "http://public.test/feed")
    feed = feed_settings("http://public.test/feed", allow_private=False)
    gatherer = Gatherer(feed, INDEXED, Spacing(0))
    gatherer._index = index
    try:
        with pytest.raises(FeedStopped):
            await gather(
                INDEXED, context_of(feed), index, "http://public.test/feed", gatherer._document
            )
    finally:
        await gatherer.aclose()
    assert origin.asked == []


async def test_the_secret_stays_with_the_feed_s_own_host(
    gatherer_of, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    """A document on another host (localhost for 127.0.0.1) is asked for without it."""
    monkeypatch.setenv("GATHER_SECRET", "s3cret")
    elsewhere = f"http://localhost:{origin.port}/b"
    site(origin, {"/feed": f"link /a\nlink {elsewhere}".encode(), "/a": b"1", "/b": b"2"})
    feed = feed_settings(
        origin.url,
        auth={"kind": "header", "name": "X-Key", "prefix": ""},
        secret_ref="env:GATHER_SECRET",
    )
    await got(gatherer_of(feed), feed)
    sent = {asked.target: asked.headers.get("x-key") for asked in origin.asked}
    assert sent == {"/feed": "s3cret", "/a": "s3cret", "/b": None}


async def test_the_headers_of_the_poll_hold_for_what_is_named(gatherer_of, origin: Origin):
    """The version an MDS feed asks for is asked for on every page."""
    site(origin, {"/feed": b"link /a", "/a": b"1"})
    feed = feed_settings(origin.url)
    await gatherer_of(feed).get(context_of(feed), Request(headers=(("Accept", "x/v2"),)))
    assert [asked.headers["accept"] for asked in origin.asked] == ["x/v2", "x/v2"]


async def test_there_is_an_end_to_what_is_fetched(
    gatherer_of, origin: Origin, monkeypatch: pytest.MonkeyPatch
):
    """Documents are counted, and their bytes together are capped by max_bytes."""
    monkeypatch.setattr(gathering, "MAX_DOCUMENTS", 5)
    site(origin, {f"/{n}": f"link /{n + 1}".encode() for n in range(50)} | {"/feed": b"link /0"})
    feed = feed_settings(origin.url)
    assert len(await got(gatherer_of(feed), feed)) == 5
    small = feed_settings(origin.url, max_bytes=60)
    with pytest.raises(PayloadError):
        await gatherer_of(small).get(context_of(small))


@pytest.mark.parametrize(
    ("index", "beside", "expected"),
    [
        ("gbfs.json", ["a.json"], "a.json"),
        ("city-gbfs.json", ["city-a.json", "a.json", "other-a.json"], "city-a.json"),
        ("city-gbfs.json", ["other-a.json", "a.json"], "a.json"),
        ("city-gbfs.json", ["city-name.json"], "city-name.json"),
    ],
)
def test_files_lie_beside_the_file_that_names_them(
    tmp_path: Path, index: str, beside: list[str], expected: str
):
    """By the last part of the address or the name, behind what the index's name begins with."""
    for name in (index, *beside):
        (tmp_path / name).write_text("x")
    assert sibling(tmp_path / index, Link("name", "https://x.test/1/a.json")).name == expected


@pytest.mark.parametrize("url", ["https://x.test/..", "https://x.test/", "a%2F..%2F..%2Fb", "b"])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, url: str):
    """Whatever an address says, it names a file of the same folder or none."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "b").write_text("secret")
    (folder / "index").write_text("x")
    with pytest.raises(FileNotFoundError):
        located(Link("", url), (folder / "index").as_uri())


def test_a_check_of_a_file_reads_its_siblings(tmp_path: Path):
    """And says which one is missing."""
    (tmp_path / "city-index").write_bytes(b"link https://x.test/rows")
    with pytest.raises(RetryLater, match="rows"):
        check(INDEXED, str(tmp_path / "city-index"))
    (tmp_path / "city-rows").write_bytes(b"1\na 1 2\nb 3 4")
    joined = replace(INDEXED, parse=lambda raw, context: LINES.parse(_last(raw), context))
    assert check(joined, str(tmp_path / "city-index")).entities == 2


def _last(raw: Envelope) -> Envelope:
    return replace(raw, content=unpack(raw.body)[-1].body)
