"""The static reference of a feed: loaded before its first payload, looked at again every hour."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta

import structlog

from hub import clock
from hub.connector import Connector, Context, Envelope, Reference
from hub.errors import FeedStopped, PayloadError, RetryLater
from hub.ingest.decode import called
from hub.ingest.fetch import Fetcher
from hub.ingest.spacing import Spacing
from hub.settings import FeedSettings

CHECK_EVERY = timedelta(hours=1)

log = structlog.get_logger()


def static_fetcher(feed: FeedSettings, connector: Connector, spacing: Spacing) -> Fetcher | None:
    """What fetches the feed's `static_url`, if it has one, within the kind's bounds."""
    if feed.static_url is None:
        return None
    most = connector.manifest.max_static_bytes
    return Fetcher(feed, feed.static_url, max_bytes=most, spacing=spacing)


class ReferenceKeeper:
    """Keeps the reference behind `static_url` current.

    It is read anew when its content changed, and when the local day did: which journeys run is a
    matter of the day. Without a `static_url` there is none, and that is the connector's to judge.
    What was loaded is given to `keep`, for the archive. `trouble` says why it could not be read
    anew, None where it could.
    """

    def __init__(
        self,
        feed: FeedSettings,
        connector: Connector,
        fetcher: Fetcher | None,
        keep: Callable[[Envelope], Awaitable[None]],
    ) -> None:
        self._feed = feed
        self._keep = keep
        self._load = connector.load_reference
        self._fetcher = fetcher
        self._current: Reference | None = None
        self._digest: str | None = None
        self._day: date | None = None
        self._check_at: datetime | None = None
        self._backoff = fetcher.backoff(feed.interval) if fetcher is not None else None
        self.trouble: str | None = None

    @property
    def missing(self) -> bool:
        """Whether a reference is wanted and was never loaded."""
        return self._fetcher is not None and self._load is not None and self._current is None

    async def current(self, context: Context) -> Reference | None:
        """The reference now.

        Before the first one is loaded its errors are raised; later they are logged and the last
        good reference stays.
        """
        now = clock.now()
        if self._fetcher is None or self._load is None or not self._due(now):
            return self._current
        try:
            await self._refresh(self._fetcher, context, self._today(now))
        except (RetryLater, FeedStopped, PayloadError) as error:
            self._fetcher.forget()
            if self._current is None:
                raise
            self._kept(error)
        else:
            self._check_at, self.trouble = now + CHECK_EVERY, None
            if self._backoff is not None:
                self._backoff.succeeded()
        return self._current

    def _due(self, now: datetime) -> bool:
        if self._check_at is None or now >= self._check_at:
            return True
        return self.trouble is None and self._today(now) != self._day

    def _kept(self, error: RetryLater | FeedStopped | PayloadError) -> None:
        """It stays, and is asked for again: soon, where that may help."""
        if self.trouble is None:
            log.warning("reference kept", feed=self._feed.id, detail=str(error))
        self.trouble = f"基础数据未更新 What was read before is used: {error}"
        if self._backoff is not None:
            if isinstance(error, RetryLater):
                wait = self._backoff.failed(error.after)
            else:
                wait = self._backoff.refused()
            self._check_at = clock.now() + timedelta(seconds=wait)

    async def _refresh(self, fetcher: Fetcher, context: Context, today: date) -> None:
        if today != self._day:
            fetcher.forget()
        envelope = await fetcher.get()
        if envelope is None or (envelope.sha256 == self._digest and today == self._day):
            return
        if self._load is None:
            return
        try:
            self._current = await called(self._load, envelope, context, what="reference")
        except PayloadError as error:
            raise PayloadError(
                error.reason, f"static_url {envelope.source}: {error.message}", hint=error.hint
            ) from error
        await self._keep(envelope)
        self._digest, self._day = envelope.sha256, today
        log.info("reference loaded", feed=self._feed.id, version=self._current.version)

    def _today(self, now: datetime) -> date:
        return now.astimezone(self._feed.timezone).date()
