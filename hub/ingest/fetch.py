"""Acquire: the bytes behind a feed's URL, within limits of time and size.

Errors by what can be done: RetryLater (network, 5xx, 429), FeedStopped (a person must act),
PayloadError (too large, broken compression).
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx2

from hub import clock, settings
from hub.connector import MAX_BYTES, Envelope, Request
from hub.errors import FeedStopped, PayloadError, Reason, RetryLater
from hub.ingest.backoff import Backoff
from hub.ingest.body import COMPRESSED, check_size, inflated, paced, read_file
from hub.ingest.guard import Resolve, pinned, resolve
from hub.ingest.spacing import Spacing
from hub.settings import FeedSettings
from hub.spool import Gathered, Spool

SLOWEST = 1_000_000
"""Bytes a second above which a body that takes longer than the timeout is waited for."""
FULL_EVERY = 10
"""Every tenth request asks for the whole body: some servers answer 304 wrongly."""
MAX_PARTS = 100
"""Parts of one answer that are asked for in a row (SIRI MoreData)."""
MAX_REDIRECTS = 3
_DEFAULT_PORT = {"http": 80, "https": 443}
_REDIRECTS = {301, 302, 303, 307, 308}


class Unauthorised(FeedStopped):
    """The other side refuses our credential (401, 403)."""


class RateLimited(RetryLater):
    """The other side asks us to come less often (429)."""


@cache
def _tls() -> ssl.SSLContext:
    """One for all feeds: reading the trusted certificates stops the event loop for a while."""
    return httpx2.create_ssl_context(trust_env=False)


class Fetcher:
    """Fetches one URL of one feed again and again. `aclose` it.

    Conditional requests by ETag and Last-Modified; the caller compares bodies all the same.
    The secret goes to the host of the feed's `url` only, never into `source` or a message.
    """

    def __init__(
        self,
        feed: FeedSettings,
        url: str,
        *,
        max_bytes: int = MAX_BYTES,
        spacing: Spacing | None = None,
        resolver: Resolve = resolve,
    ) -> None:
        """`max_bytes` is the kind's, where the feed's settings name none."""
        self._feed = feed
        self._max_bytes = feed.max_bytes or max_bytes
        self._url = httpx2.URL(url)
        self._spacing = spacing or Spacing()
        self._resolver = resolver
        self._secret = self._own_secret()
        self._validators: dict[str, str] = {}
        self._asked = 0
        # No environment: a proxy set there would resolve names itself, behind the guard.
        self._client = httpx2.AsyncClient(
            trust_env=False,
            verify=_tls(),
            follow_redirects=False,
            timeout=feed.timeout.total_seconds(),
            limits=httpx2.Limits(max_connections=2, max_keepalive_connections=1),
        )

    @property
    def source(self) -> str:
        """The URL without credentials."""
        return str(self._url.copy_with(userinfo=b""))

    def backoff(self, interval: timedelta) -> Backoff:
        """How to wait after failures with this host, which is asked every `interval`."""
        host = self._url.host or None
        return Backoff(self._feed.id, interval, host=host, spacing=self._spacing)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def forget(self) -> None:
        """Ask for the whole body next time."""
        self._validators = {}

    async def get(self, request: Request | None = None) -> Envelope | None:
        """The body now; None if the server says it has not changed.

        Raises RetryLater, Unauthorised, FeedStopped or PayloadError (TOO_LARGE, NOT_DECODABLE).
        """
        if self._url.scheme == "file":
            return await asyncio.to_thread(self._read_file)
        limit = self._feed.timeout.total_seconds()
        try:
            async with asyncio.timeout(limit) as deadline:
                return await self._over_http(request or Request(), deadline)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise RetryLater(f"{self.source} did not answer within {limit:g} s.") from error
        except httpx2.HTTPError as error:
            raise RetryLater(f"{self.source}: {_first_line(error)}.") from error
        except OSError as error:
            raise RetryLater(f"{self.source} cannot be kept on disk: {error.strerror}.") from error

    async def _over_http(self, request: Request, deadline: asyncio.Timeout) -> Envelope | None:
        host, port = self._url.host, self._url.port or _DEFAULT_PORT[self._url.scheme]
        await self._spacing.turn(host)
        address = await pinned(
            host, port, allow_private=self._feed.allow_private, resolver=self._resolver
        )
        self._asked += 1
        if self._asked % FULL_EVERY == 0:
            self.forget()
        url = self._url
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._client.send(self._built(request, url, address), stream=True)
            try:
                if response.status_code not in _REDIRECTS:
                    received = await self._received(response, deadline)
                    self._spacing.answered(host, self._feed.id)
                    return received
                url = self._followed(url, response)
            finally:
                await response.aclose()
        raise FeedStopped(f"{self.source} redirects more than {MAX_REDIRECTS} times.")

    def _built(self, request: Request, url: httpx2.URL, address: str) -> httpx2.Request:
        """The request, addressed to the pinned address but named after the host."""
        headers = httpx2.Headers(dict(request.headers))
        headers.update({"accept-encoding": "gzip", "user-agent": "liandong"})
        headers["host"] = url.netloc.decode("ascii")
        if request.method == "GET":
            headers.update(self._validators)
        auth = self._feed.auth
        if auth is not None and self._secret is not None:
            if auth.kind == "header":
                joint = " " if auth.prefix[-1:].isalnum() else ""
                headers[auth.name] = f"{auth.prefix}{joint}{self._secret}"
            elif auth.kind == "query_param":
                url = url.copy_add_param(auth.name, self._secret)
        built = self._client.build_request(
            request.method,
            url.copy_with(host=address),
            headers=headers,
            content=request.body,
            extensions={"sni_hostname": url.host},
        )
        if auth is not None and auth.kind == "basic" and self._secret is not None:
            user, _, password = self._secret.partition(":")
            return next(httpx2.BasicAuth(user, password).auth_flow(built))
        return built

    def _followed(self, url: httpx2.URL, response: httpx2.Response) -> httpx2.URL:
        """Where a redirect leads, if that is the same host. Raises FeedStopped if not."""
        target = url.join(response.headers.get("location", ""))
        same_host = (target.host, target.port) == (url.host, url.port)
        downgraded = url.scheme == "https" and target.scheme != "https"
        if not same_host or downgraded or target.scheme not in _DEFAULT_PORT:
            shown = target.copy_with(userinfo=b"", query=None, fragment=None)
            raise FeedStopped(
                f"{self.source} redirects to {shown}, which is not followed.",
                hint="Set the url of the feed to the new address.",
            )
        return target

    async def _received(
        self, response: httpx2.Response, deadline: asyncio.Timeout
    ) -> Envelope | None:
        if response.status_code == httpx2.codes.NOT_MODIFIED and self._validators:
            return None
        self._check_status(response)
        body = await self._body(response, deadline)
        self._validators = {
            name: response.headers[header]
            for name, header in (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
            if header in response.headers
        }
        return Envelope(body, clock.now(), self.source, response.headers.get("content-type"))

    def _check_status(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status == httpx2.codes.OK:
            return
        said = f"{self.source} answered {status}"
        if status in {401, 403}:
            given = f"the secret behind {self._feed.secret_ref!r}" if self._secret else "no secret"
            raise Unauthorised(
                f"{said} ({given} was sent).",
                hint="Ask the operator for access and set auth and secret_ref.",
            )
        after = _retry_after(response.headers.get("retry-after"))
        kind = RateLimited if status == httpx2.codes.TOO_MANY_REQUESTS else RetryLater
        raise kind(f"{said}.", after=after)

    async def _body(self, response: httpx2.Response, deadline: asyncio.Timeout) -> bytes | Spool:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding in COMPRESSED:
            return await inflated(paced(_in_time(response, deadline)), self._max_bytes)
        if encoding != "identity":
            raise PayloadError(
                Reason.NOT_DECODABLE, f"Content-Encoding {encoding!r} was not asked for."
            )
        body = Gathered()
        async for chunk in paced(_in_time(response, deadline)):
            check_size(body.size + len(chunk), self._max_bytes)
            body.write(chunk)
        return body.done()

    def _read_file(self) -> Envelope:
        path = Path(url2pathname(urlsplit(str(self._url)).path))
        try:
            check_size(path.stat().st_size, self._max_bytes)
            return Envelope(read_file(path), clock.now(), self.source)
        except OSError as error:
            raise RetryLater(f"{self.source}: {error.strerror}.") from error

    def _own_secret(self) -> str | None:
        home = httpx2.URL(self._feed.url or "")
        if (home.host, home.scheme) != (self._url.host, self._url.scheme):
            return None
        return settings.secret(self._feed.secret_ref)


async def _in_time(response: httpx2.Response, deadline: asyncio.Timeout) -> AsyncIterator[bytes]:
    """The body as it comes; what is large has longer, as long as it comes at a fair speed."""
    latest, came = deadline.when(), 0
    async for chunk in response.aiter_raw():
        came += len(chunk)
        if latest is not None:
            deadline.reschedule(latest + came / SLOWEST)
        yield chunk


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from delta-seconds or an HTTP date (RFC 9110, 10.2.3); None if neither."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return clock.seconds_until(moment)


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__
