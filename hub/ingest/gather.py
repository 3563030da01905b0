"""The whole of a payload: what lies behind a feed's URL, with the documents that it names.

Most payloads name none and pass through untouched. Of an index (`Connector.follow_up`) the
documents are fetched like the payload itself: same limits, same guard against private addresses,
same headers of a GET, conditional requests; and the secret goes to the host of the feed's `url`
only.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx2

from hub.connector import Connector, Context, Envelope, Link, Request
from hub.errors import FeedStopped, PayloadError, Reason, RetryLater
from hub.formats.common.bundle import MAX_DOCUMENTS, Document, pack
from hub.ingest.backoff import Backoff
from hub.ingest.fetch import Fetcher, RateLimited, Unauthorised
from hub.ingest.spacing import Spacing
from hub.settings import FeedSettings

CONTENT_TYPE = "application/vnd.liandong.bundle"

Fetch = Callable[[Link, str], Awaitable[Envelope]]


class Gatherer:
    """Fetches the payload of one feed again and again. `aclose` it."""

    def __init__(self, feed: FeedSettings, connector: Connector, spacing: Spacing | None) -> None:
        self._feed = feed
        self._connector = connector
        self._spacing = spacing
        self._max_bytes = feed.max_bytes or connector.manifest.max_bytes
        self._root = self._fetcher(feed.url or "")
        self._index: Envelope | None = None
        self._fetchers: dict[str, Fetcher] = {}
        self._bodies: dict[str, Envelope] = {}
        self._editions: dict[str, str] = {}
        self._named: set[str] = set()
        self._asking: Request | None = None

    @property
    def source(self) -> str:
        """The feed's URL without credentials."""
        return self._root.source

    def backoff(self) -> Backoff:
        """How to wait after failures."""
        return self._root.backoff(self._feed.interval)

    async def aclose(self) -> None:
        """Close the connections."""
        for fetcher in (self._root, *self._fetchers.values()):
            await fetcher.aclose()

    def forget(self) -> None:
        """Ask for every document anew next time."""
        for fetcher in (self._root, *self._fetchers.values()):
            fetcher.forget()

    async def get(self, context: Context, request: Request | None = None) -> Envelope | None:
        """The payload now; None if nothing of it has changed by the word of its servers.

        Raises what `Fetcher.get` does; a document that is not needed is left out instead.
        """
        self._asking = request if request is not None and request.method == "GET" else None
        envelope = await self._root.get(request)
        if self._connector.follow_up is None:
            return envelope
        self._index = index = envelope or self._index
        if index is None:
            return None
        self._named = set()
        whole = await gather(self._connector, context, index, self._feed.url or "", self._document)
        await self._drop((self._bodies.keys() | self._fetchers.keys()) - self._named)
        if whole is index:
            return envelope
        if whole.size > self._max_bytes:
            raise PayloadError(
                Reason.TOO_LARGE, f"All documents are larger than max_bytes={self._max_bytes}."
            )
        return whole

    async def _document(self, link: Link, base: str) -> Envelope:
        url = located(link, base)
        self._named.add(url)
        if link.edition is not None:
            return await self._edition(url, link.edition)
        if url not in self._fetchers:
            self._fetchers[url] = self._fetcher(url)
        found = await self._fetchers[url].get(self._asking)
        if found is not None:
            self._bodies[url] = found
        return self._bodies[url]

    def _fetcher(self, url: str) -> Fetcher:
        return Fetcher(self._feed, url, max_bytes=self._max_bytes, spacing=self._spacing)

    async def _edition(self, url: str, edition: str) -> Envelope:
        """A document that is fetched once, over a connection that is not kept."""
        if self._editions.get(url) != edition:
            fetcher = self._fetcher(url)
            try:
                found = await fetcher.get(self._asking)
            finally:
                await fetcher.aclose()
            if found is None:
                raise RetryLater(f"{url[:200]} gave no body.")
            self._bodies[url], self._editions[url] = found, edition
        return self._bodies[url]

    async def _drop(self, urls: set[str]) -> None:
        """Nobody names these any more."""
        for url in urls:
            self._bodies.pop(url, None)
            self._editions.pop(url, None)
            if url in self._fetchers:
                await self._fetchers.pop(url).aclose()


async def gather(
    connector: Connector, context: Context, index: Envelope, url: str, fetch: Fetch
) -> Envelope:
    """`index` itself if it names no document, else one bundle of it and all that it leads to.

    `fetch` is given a link and the address of the document that has it, which for the index is
    `url`. The bundle arrived when its last document did.
    """
    if connector.follow_up is None:
        return index
    documents = [Document("", index.body)]
    received_at = index.received_at
    todo = [(link, url) for link in connector.follow_up(index, context)]
    seen = {url}
    while todo and len(documents) < MAX_DOCUMENTS:
        link, base = todo.pop(0)
        address = joined(base, link)
        if address in seen:
            continue
        seen.add(address)
        found = await _had(link, base, fetch)
        if found is None:
            continue
        documents.append(Document(link.name, found.body))
        received_at = max(received_at, found.received_at)
        here = base if urlsplit(base).scheme == "file" else address
        todo += [(further, here) for further in connector.follow_up(found, context)]
    if len(seen) == 1:
        return index
    return replace(
        index, content=pack(documents), received_at=received_at, content_type=CONTENT_TYPE
    )


def located(link: Link, base: str) -> str:
    """The URL of a link in the document at `base`.

    What a web address names lies on the web; what a file names lies beside it, by `sibling`.
    Raises PayloadError if the link leads elsewhere, FileNotFoundError if no such file is there.
    """
    if urlsplit(base).scheme == "file":
        return sibling(Path(unquote(urlsplit(base).path)), link).absolute().as_uri()
    url = joined(base, link)
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise PayloadError(Reason.BAD_VALUE, f"{link.name}: {link.url[:200]!r} is no web address.")
    return url


def joined(base: str, link: Link) -> str:
    """The absolute URL of a link in the document at `base`. Raises PayloadError if it is none."""
    try:
        return str(httpx2.URL(urljoin(base, link.url)))
    except (ValueError, httpx2.InvalidURL) as error:
        raise PayloadError(
            Reason.BAD_VALUE, f"{link.name}: {link.url[:200]!r} is no address."
        ) from error


def sibling(index: Path, link: Link) -> Path:
    """The file beside `index` that a link names.

    That is the last part of the link's path, or the link's name with the suffix of the index;
    either as it is, or behind what the index's own name begins with: a saved `city-gbfs.json`
    has `city-station_status.json` beside it. The longest beginning counts. Nothing outside the
    folder is ever read. Raises FileNotFoundError.
    """
    last = unquote(urlsplit(link.url).path).rpartition("/")[2]
    wanted = {last, f"{link.name}{index.suffix}"} - {"", index.suffix}
    found = [
        (len(beginning), path)
        for path in index.parent.iterdir()
        for name in wanted
        if path.name.endswith(name) and path != index and path.is_file()
        if index.name.startswith(beginning := path.name.removesuffix(name))
    ]
    if not found:
        raise FileNotFoundError(f"{link.name}: no file {last!r} beside {index.name}")
    return max(found)[1]


async def _had(link: Link, base: str, fetch: Fetch) -> Envelope | None:
    """A document, or None where it cannot be had and need not be."""
    try:
        return await fetch(link, base)
    except RateLimited:
        raise
    except Unauthorised:
        if link.needed or urlsplit(joined(base, link)).hostname == urlsplit(base).hostname:
            raise  # the feed's own host: its credential is what was refused
    except (RetryLater, FeedStopped, PayloadError):
        if link.needed:
            raise
    except FileNotFoundError as error:
        if link.needed:
            raise RetryLater(f"{error}.") from error
    return None
